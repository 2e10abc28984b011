/* Writes JSON text (RFC 8259) into a strbuf.
 *
 * Lists of routes are long, and building a tree of values for each route only to print it costs
 * several times what printing it does; therefore text is written directly. Keys are literals of
 * this program and are not escaped. */
#include "api/jsonw.h"

#include <stdio.h>
#include <string.h>

#include "base/json_text.h"

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

void jsonw_text_bytes(struct jsonw *w, const char *key, const char *text, size_t len_bytes)
{
    put_key(w, key);
    json_text_add(w->out, text, len_bytes);
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
