/* Widths, as the C library's character tables have them, and safe characters. */
#include "cli/text.h"

#include <inttypes.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"

size_t text_width(const char *text)
{
    size_t width = 0;
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t c;
        size_t len = utf8_read(text, left, &c);
        int columns = len > 0 ? wcwidth((wchar_t)c) : 1;
        width += columns < 0 ? 1 : (size_t)columns;
        len += len == 0;
        text += len;
        left -= len;
    }
    return width;
}

void text_add_printable(struct strbuf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t c;
        size_t len = utf8_read(text, left, &c);
        if (len == 0 || utf8_is_harmful(c) || wcwidth((wchar_t)c) < 0)
            strbuf_add_char(out, '?');
        else
            strbuf_add_bytes(out, text, len);
        len += len == 0;
        text += len;
        left -= len;
    }
}

void text_add_json(struct strbuf *out, const char *json)
{
    size_t left = strlen(json);
    size_t len;
    uint32_t c;
    for (; left > 0 && (len = utf8_read(json, left, &c)) > 0; json += len, left -= len) {
        /* Line ends stand between values, where no escape may be. */
        if (c >= ' ' && utf8_is_harmful(c))
            strbuf_printf(out, "\\u%04" PRIx32, c);
        else
            strbuf_add_bytes(out, json, len);
    }
}
