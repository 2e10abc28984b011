/* A growing, always NUL-terminated string. */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text_sort.h"

void strbuf_reserve(struct strbuf *s, size_t more_bytes)
{
    size_t need = s->len_bytes + more_bytes + 1;
    if (need <= s->size_bytes)
        return;
    size_t size = s->size_bytes ? s->size_bytes : 64;
    while (size < need)
        size *= 2;
    s->data = mem_realloc(s->data, size);
    s->size_bytes = size;
}

void strbuf_release(struct strbuf *s)
{
    free(s->data);
    *s = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *s)
{
    s->len_bytes = 0;
    if (s->data)
        s->data[0] = '\0';
}

const char *strbuf_text(const struct strbuf *s)
{
    return s->data ? s->data : "";
}

char *strbuf_take(struct strbuf *s)
{
    strbuf_reserve(s, 0);
    s->data[s->len_bytes] = '\0';
    char *text = s->data;
    *s = (struct strbuf){0};
    return text;
}

void strbuf_add_bytes(struct strbuf *s, const void *data, size_t len_bytes)
{
    strbuf_reserve(s, len_bytes);
    if (len_bytes > 0)
        memcpy(s->data + s->len_bytes, data, len_bytes);
    s->len_bytes += len_bytes;
    s->data[s->len_bytes] = '\0';
}

void strbuf_add(struct strbuf *s, const char *text)
{
    strbuf_add_bytes(s, text, strlen(text));
}

void strbuf_add_char(struct strbuf *s, char c)
{
    strbuf_add_bytes(s, &c, 1);
}

void strbuf_add_u32(struct strbuf *s, uint32_t number)
{
    char digits[10];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    strbuf_add_bytes(s, digits + at, sizeof(digits) - at);
}

void strbuf_vprintf(struct strbuf *s, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len > 0) {
        strbuf_reserve(s, (size_t)len);
        vsnprintf(s->data + s->len_bytes, (size_t)len + 1, format, again);
        s->len_bytes += (size_t)len;
    }
    va_end(again);
}

void strbuf_printf(struct strbuf *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_vprintf(s, format, args);
    va_end(args);
}

void strbuf_add_hex(struct strbuf *s, const void *data, size_t len_bytes, size_t max_bytes)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    size_t shown = len_bytes < max_bytes ? len_bytes : max_bytes;
    for (size_t i = 0; i < shown; i++) {
        strbuf_add_char(s, digits[bytes[i] >> 4]);
        strbuf_add_char(s, digits[bytes[i] & 15]);
    }
    if (shown < len_bytes)
        strbuf_add(s, "…");
}

void strbuf_add_sorted(struct strbuf *s, const char **texts, size_t count, const char *separator)
{
    text_sort(texts, count);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(texts[i - 1], texts[i]) != 0)
            strbuf_printf(s, "%s%s", i > 0 ? separator : "", texts[i]);
}
