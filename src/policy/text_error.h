/* Where a text that a person wrote is wrong, and how. */
#ifndef BGPD_POLICY_TEXT_ERROR_H
#define BGPD_POLICY_TEXT_ERROR_H

#include <stddef.h>

#include "base/strbuf.h"

/* Zero-initialised says nothing. */
struct text_error {
    size_t line;       /* from 1 */
    size_t column;     /* from 1, in bytes; 0: not known */
    struct strbuf say; /* owned: what is wrong and what was expected; one line, all printable */
};

void text_error_release(struct text_error *e);

/* Says what is wrong at a column of the first line, in place of what it said before: "'WORD' " in
 * front of the formatted text, or that alone when the word is empty. Long words are cut. */
void text_error_say(struct text_error *e, size_t column, const char *word, size_t word_bytes,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with a value, that of `err`, which the compiler sees to be an error where it is one. */
#define text_error_at(e, err, ...) (text_error_say((e), __VA_ARGS__), text_error_code(err))

static inline int text_error_code(int err)
{
    return err;
}

#endif
