/* Writes JSON text into a strbuf: the one way in which answers are made.
 *
 * Members of objects have a key, elements of arrays have NULL for one. Commas and escapes are set
 * here, so the result is well-formed as long as every container that was opened is closed. */
#ifndef BGPD_API_JSONW_H
#define BGPD_API_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct jsonw {
    struct strbuf *out; /* borrowed */
    bool comma;         /* a value stands in front of the next one */
};

static inline struct jsonw jsonw_over(struct strbuf *out)
{
    return (struct jsonw){.out = out};
}

void jsonw_object(struct jsonw *w, const char *key);
void jsonw_object_end(struct jsonw *w);
void jsonw_array(struct jsonw *w, const char *key);
void jsonw_array_end(struct jsonw *w);

/* A string; NULL is written as null. Bytes that are not UTF-8 become U+FFFD. */
void jsonw_text(struct jsonw *w, const char *key, const char *text);
void jsonw_text_bytes(struct jsonw *w, const char *key, const char *text, size_t len_bytes);
void jsonw_uint(struct jsonw *w, const char *key, uint64_t value);
void jsonw_int(struct jsonw *w, const char *key, int64_t value);
void jsonw_bool(struct jsonw *w, const char *key, bool value);
void jsonw_null(struct jsonw *w, const char *key);
/* A value that is JSON text already. */
void jsonw_raw(struct jsonw *w, const char *key, const char *json, size_t len_bytes);

#endif
