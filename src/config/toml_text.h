/* The text of a TOML document as statements, told apart without regard to whether they are right:
 * what is needed to go on after one that is not. Internal to config. */
#ifndef BGPD_CONFIG_TOML_TEXT_H
#define BGPD_CONFIG_TOML_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum toml_statement_kind {
    TOML_NOTHING, /* a blank line, or a comment */
    TOML_HEADER,  /* [table] or [[table]], or what lacks brackets of one */
    TOML_PAIR,    /* key = value, or what is meant to be one */
};

/* Whole lines. */
struct toml_statement {
    enum toml_statement_kind kind;
    size_t start;
    size_t end;     /* after its last line feed, or where the text ends */
    size_t equals;  /* of a pair: the '=', or `end` when its first line has none */
    bool is_open;   /* what begins at open_at is not closed in it */
    size_t open_at; /* a bracket or a quote, or the '=' in front of lines that lack a bracket */
    bool is_torn;   /* the string that begins at torn_at, the first such, ends with its line */
    size_t torn_at;
    uint32_t line; /* its first one, from 1 */
    uint32_t line_count;
};

/* The statement that begins at `start`, the beginning of line `line`. One whose brackets are not
 * closed ends in front of a line that can only be another statement. */
struct toml_statement toml_statement_at(const char *text, size_t len_bytes, size_t start,
                                        uint32_t line);

/* The end of a string that starts at `pos` with a quote: after its closing quotes, or at the end
 * of the line (of the text, for a multi-line string) when they are missing. */
size_t toml_skip_string(const char *text, size_t len_bytes, size_t pos, bool *ret_closed);

/* The part of a bare word that starts at `pos`: letters, digits, '_' and '-'. */
size_t toml_skip_word(const char *text, size_t len_bytes, size_t pos);
/* Likewise of blanks and tabs. */
size_t toml_skip_blanks(const char *text, size_t len_bytes, size_t pos);

#ifdef __cplusplus
}
#endif

#endif
