/* UTF-8 (RFC 3629), and text that others wrote. */
#include "base/utf8.h"

size_t utf8_read(const void *text, size_t len_bytes, uint32_t *ret_char)
{
    static const struct {
        uint8_t mask;
        uint8_t lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    const uint8_t *bytes = text;
    for (size_t len = 1; len <= 4 && len <= len_bytes; len++) {
        if ((bytes[0] & forms[len - 1].mask) != forms[len - 1].lead)
            continue;
        uint32_t c = bytes[0] & (uint8_t)~forms[len - 1].mask;
        for (size_t i = 1; i < len; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (bytes[i] & 0x3f);
        }
        if (c < forms[len - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *ret_char = c;
        return len;
    }
    return 0;
}

bool utf8_is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void utf8_add_foreign(struct strbuf *out, const void *text, size_t len_bytes)
{
    const uint8_t *bytes = text;
    for (size_t at = 0; at < len_bytes;) {
        uint32_t c = 0;
        size_t len = utf8_read(bytes + at, len_bytes - at, &c);
        if (len == 0 || utf8_is_harmful(c))
            strbuf_add_char(out, '?');
        else
            strbuf_add_bytes(out, bytes + at, len);
        at += len > 0 ? len : 1;
    }
}
