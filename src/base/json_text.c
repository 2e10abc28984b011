/* Strings with what cannot stand in them as escapes (RFC 8259 §7). */
#include "base/json_text.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/utf8.h"

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

void json_text_add(struct strbuf *out, const char *text, size_t len_bytes)
{
    strbuf_add_char(out, '"');
    const uint8_t *s = (const uint8_t *)text;
    for (size_t i = 0; i < len_bytes;) {
        size_t plain = i;
        while (plain < len_bytes && is_plain(s[plain]))
            plain++;
        strbuf_add_bytes(out, s + i, plain - i);
        i = plain;
        if (i < len_bytes)
            i += put_special(out, s + i, len_bytes - i);
    }
    strbuf_add_char(out, '"');
}
