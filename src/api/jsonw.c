/* Writes JSON text (RFC 8259) into a strbuf.
 *
 * Lists of routes are long, and building a tree of values for each route only to print it costs
 * several times what printing it does; therefore text is written directly. Keys are literals of
 * this program and are not escaped. */
#include "api/jsonw.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static void put_key(struct jsonw *w, const char *key)
{
    if (w->comma)
        strbuf_add_char(w->out, ',');
    w->comma = true;
    if (!key)
        return;
    strbuf_add_char(w->out, '"');
    strbuf_add(w->out, key);
    strbuf_add_bytes(w->out, "\":", 2);
}

static void open_container(struct jsonw *w, const char *key, char bracket)
{
    put_key(w, key);
    strbuf_add_char(w->out, bracket);
    w->comma = false;
}

static void close_container(struct jsonw *w, char bracket)
{
    strbuf_add_char(w->out, bracket);
    w->comma = true;
}

void jsonw_object(struct jsonw *w, const char *key)
{
    open_container(w, key, '{');
}

void jsonw_object_end(struct jsonw *w)
{
    close_container(w, '}');
}

void jsonw_array(struct jsonw *w, const char *key)
{
    open_container(w, key, '[');
}

void jsonw_array_end(struct jsonw *w)
{
    close_container(w, ']');
}

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Writes what cannot stand as it is at the start of `s`; returns how many bytes that were. */
static size_t put_special(struct strbuf *out, const uint8_t *s, size_t left)
{
    static const char short_escapes[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (short_escapes[s[0]]) {
        strbuf_add_char(out, '\\');
        strbuf_add_char(out, short_escapes[s[0]]);
        return 1;
    }
    if (s[0] < 0x20 || s[0] == 0x7f) {
        strbuf_printf(out, "\\u%04x", s[0]);
        return 1;
    }
    uint32_t c;
    size_t len = utf8_read(s, left, &c);
    if (len == 0) {
        strbuf_add(out, "\xef\xbf\xbd");
        return 1;
    }
    strbuf_add_bytes(out, s, len);
    return len;
}

void jsonw_text_bytes(struct jsonw *w, const char *key, const char *text, size_t len_bytes)
{
    put_key(w, key);
    strbuf_add_char(w->out, '"');
    const uint8_t *s = (const uint8_t *)text;
    for (size_t i = 0; i < len_bytes;) {
        size_t plain = i;
        while (plain < len_bytes && is_plain(s[plain]))
            plain++;
        strbuf_add_bytes(w->out, s + i, plain - i);
        i = plain;
        if (i < len_bytes)
            i += put_special(w->out, s + i, len_bytes - i);
    }
    strbuf_add_char(w->out, '"');
}

void jsonw_text(struct jsonw *w, const char *key, const char *text)
{
    if (text)
        jsonw_text_bytes(w, key, text, strlen(text));
    else
        jsonw_null(w, key);
}

void jsonw_uint(struct jsonw *w, const char *key, uint64_t value)
{
    char digits[20];
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    jsonw_raw(w, key, digits + start, sizeof(digits) - start);
}

void jsonw_int(struct jsonw *w, const char *key, int64_t value)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)value);
    jsonw_raw(w, key, text, (size_t)len);
}

void jsonw_bool(struct jsonw *w, const char *key, bool value)
{
    jsonw_raw(w, key, value ? "true" : "false", value ? 4 : 5);
}

void jsonw_null(struct jsonw *w, const char *key)
{
    jsonw_raw(w, key, "null", 4);
}

void jsonw_raw(struct jsonw *w, const char *key, const char *json, size_t len_bytes)
{
    put_key(w, key);
    strbuf_add_bytes(w->out, json, len_bytes);
}
