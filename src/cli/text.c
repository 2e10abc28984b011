/* Widths and safe characters, as the C library's character tables have them. */
#include "cli/text.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* Reads one character; returns its length in bytes, 1 for a byte that starts none. */
static size_t next_char(const char *text, size_t left_bytes, wchar_t *ret_char)
{
    mbstate_t state = {0};
    size_t len = mbrtowc(ret_char, text, left_bytes, &state);
    if (len == (size_t)-1 || len == (size_t)-2 || len == 0) {
        *ret_char = L'?';
        return 1;
    }
    return len;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    size_t left = strlen(text);
    while (left > 0) {
        wchar_t c;
        size_t len = next_char(text, left, &c);
        int columns = wcwidth(c);
        width += columns < 0 ? 1 : (size_t)columns;
        text += len;
        left -= len;
    }
    return width;
}

void text_add_printable(struct strbuf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        wchar_t c;
        size_t len = next_char(text, left, &c);
        if (iswcntrl((wint_t)c) || wcwidth(c) < 0)
            strbuf_add_char(out, '?');
        else
            strbuf_add_bytes(out, text, len);
        text += len;
        left -= len;
    }
}
