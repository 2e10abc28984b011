/* A line of ExaBGP's text API, cut into words that know where they stand. */
#ifndef BGPD_CLI_EXA_WORDS_H
#define BGPD_CLI_EXA_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct exa_word {
    const char *text; /* of exa_words.text */
    uint32_t column;  /* where it stands, from 1 */
    bool is_sign;     /* one of [ ] ( ) { } ; , without quotes */
};

struct exa_words {
    char *text; /* owned: all words, each with a NUL */
    struct exa_word *words;
    size_t count;
    size_t next;          /* the word to be taken */
    uint32_t end_column;  /* behind the line */
    struct strbuf *error; /* borrowed: gets what is wrong, "column 7: …" */
};

enum { EXA_LINE_MAX_BYTES = 1 << 20 };

/* Cuts a line, which need not end with a NUL. Blanks, and "\n" written as two characters, are
 * between words; what stands in quotes is one; a word that begins with "#" ends the line.
 * ERR_INVALID with *error where it is not UTF-8 or a quote is open. Release in any case. */
int exa_words_read(struct exa_words *w, const char *line, size_t len_bytes, struct strbuf *error);
void exa_words_release(struct exa_words *w);

/* The word to be taken next, without taking it; NULL at the end. */
const char *exa_peek(const struct exa_words *w);
/* Whether `text` comes next, as it stands or in other case. */
bool exa_next_is(const struct exa_words *w, const char *text);
/* Takes it if it does. */
bool exa_take_if(struct exa_words *w, const char *text);
/* Takes the next word; NULL, with *error, where there is none, or a sign. `what` is expected. */
const char *exa_take(struct exa_words *w, const char *what);

/* Says what is wrong with the word that was taken last (exa_fail) or comes next
 * (exa_fail_next). ERR_INVALID. */
int exa_fail(struct exa_words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
int exa_fail_next(struct exa_words *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes "VALUE" or "[ VALUE … ]" and calls `each` for every value, which has been taken. Stops with
 * what that returns when it is not 0. */
int exa_take_list(struct exa_words *w, const char *what,
                  int (*each)(struct exa_words *w, const char *value, void *ctx), void *ctx);

#endif
