/* A growing, always NUL-terminated string. */
#ifndef BGPD_BASE_STRBUF_H
#define BGPD_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
    char *data; /* owned; never NULL after the first append; use strbuf_text() */
    size_t len_bytes;
    size_t size_bytes;
};

void strbuf_release(struct strbuf *s);
/* Empties it and keeps the memory. */
void strbuf_clear(struct strbuf *s);
/* The text, "" when nothing was appended; borrowed until the next change. */
const char *strbuf_text(const struct strbuf *s);
/* The text as an owned string (free()); the buffer is empty afterwards. */
char *strbuf_take(struct strbuf *s);
/* Makes room for this many more bytes and a NUL, so that adding them does not move the others. */
void strbuf_reserve(struct strbuf *s, size_t more_bytes);
void strbuf_add(struct strbuf *s, const char *text);
void strbuf_add_bytes(struct strbuf *s, const void *data, size_t len_bytes);
void strbuf_add_char(struct strbuf *s, char c);
/* In decimal digits: what is written a million times need not have a format. */
void strbuf_add_u32(struct strbuf *s, uint32_t number);
void strbuf_printf(struct strbuf *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *s, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Lower-case hex of `len_bytes` bytes, at most `max_bytes` of them ("…" follows when cut). */
void strbuf_add_hex(struct strbuf *s, const void *data, size_t len_bytes, size_t max_bytes);
/* Appends texts in their order by bytes, each once, with `separator` between; sorts the array. */
void strbuf_add_sorted(struct strbuf *s, const char **texts, size_t count, const char *separator);

#endif
