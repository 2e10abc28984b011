/* Regular expressions on an AS path as text, "65001 65002 {65003 65004}". Permitted are digits,
 * blanks, ".", "[...]", "(...)", "|", "*", "+", "?", "{n,m}", "^", "$", and "_", which is the
 * start, the end, or a blank, comma or bracket. Counted and immutable. */
#ifndef BGPD_POLICY_PATH_REGEX_H
#define BGPD_POLICY_PATH_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "policy/text_error.h"

struct path_regex;

enum {
    PATH_REGEX_MAX_BYTES = 16384, /* of an expression */
    PATH_REGEX_MAX_NESTING = 100, /* of "(" */
    PATH_REGEX_MAX_REPEAT = 255,  /* in "{n,m}" */
};

/* An expression with one reference; the last unref frees it. ERR_INVALID; ERR_RANGE where it is
 * beyond a limit; *ret_error says where and what is permitted. */
int path_regex_compile(const char *text, struct path_regex **ret_regex,
                       struct text_error *ret_error);
struct path_regex *path_regex_ref(struct path_regex *regex);
void path_regex_unref(struct path_regex *regex); /* NULL is fine */
/* As it was written; borrowed. Those of the same text are the same. */
const char *path_regex_text(const struct path_regex *regex);
/* An AS without which no path has it, as 65001 in "^65001_"; 0: none is known. */
uint32_t path_regex_needed_as(const struct path_regex *regex);

/* What matching needs beside the expression: made once and used again, for one match at a time.
 * Of at most PATH_REGEX_SCRATCH_MAX_BYTES. */
struct path_regex_scratch;
enum { PATH_REGEX_SCRATCH_MAX_BYTES = 2 * 1024 * 1024 };
struct path_regex_scratch *path_regex_scratch_new(void);
void path_regex_scratch_free(struct path_regex_scratch *scratch); /* NULL is fine */
/* From now on does only about a millisecond's work for a path of usual length: for expressions of
 * those who are not to be trusted. What takes more is PATH_REGEX_UNFINISHED. */
void path_regex_scratch_limit(struct path_regex_scratch *scratch);
/* From now on matches as on machines for which pcre2 compiles nothing. */
void path_regex_scratch_no_jit(struct path_regex_scratch *scratch);

/* Puts the text of an AS_PATH value (4-octet ASNs, checked) in place of what is in `text`. */
void path_regex_put_path(struct span as_path_value, struct strbuf *text);

enum path_regex_result {
    PATH_REGEX_NO,
    PATH_REGEX_YES,
    PATH_REGEX_UNFINISHED, /* not known: too much work. Whoever asks refuses the route. */
};
/* Whether the expression is found in the text of a path. Without recursion, in bounded time and
 * memory: only with long paths and expressions that are in many states at once it is not known. */
enum path_regex_result path_regex_match(const struct path_regex *regex,
                                        struct path_regex_scratch *scratch,
                                        const struct strbuf *path_text);

#endif
