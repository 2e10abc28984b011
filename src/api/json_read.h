/* JSON text to values. What is no good for us is refused beside what is no JSON: a member that is
 * there twice, U+0000 in a string (so that every string is a C string), a number that is too large,
 * brackets nested too deeply. */
#ifndef BGPD_API_JSON_READ_H
#define BGPD_API_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    JSON_READ_DEPTH_MAX = 64,
    JSON_READ_NAME_MAX_BYTES = 1023, /* of a member */
};

struct json_read_problem {
    const char *text;    /* static, for people */
    size_t offset_bytes; /* of where it was found */
};

/* The value that a text is: a new reference. NULL with *ret_problem. */
json_t *json_read(const char *text, size_t len_bytes, struct json_read_problem *ret_problem);
/* Whether a text is JSON (RFC 8259), nested no more deeply than that: without making anything of
 * it, some ten times as fast. False with *ret_problem. */
bool json_check(const char *text, size_t len_bytes, struct json_read_problem *ret_problem);

#ifdef __cplusplus
}
#endif

#endif
