/* Routes as people write and read them: what `parse`, `judge` and `show` of a family
 * (wire/family_row.h) take and give. */
#ifndef BGPD_WIRE_NLRI_TEXT_H
#define BGPD_WIRE_NLRI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "wire/family_row.h"

/* The parts of a route that a person may give. */
enum nlri_text_part {
    NLRI_TEXT_PREFIX = 1 << 0,
    NLRI_TEXT_RULES = 1 << 1,
    NLRI_TEXT_RD = 1 << 2,
    NLRI_TEXT_LABELS = 1 << 3, /* they belong to the path: a route is withdrawn without them */
};

enum { LABEL_MAX = (1 << 20) - 1 }; /* 20 bits (RFC 3032 §2.1) */

/* A route as it was written; all of it is borrowed, and what is NULL or 0 was not given. */
struct nlri_text {
    const char *prefix;
    const char *const *rules; /* of flows: "matches" */
    size_t rule_count;
    const char *rd;         /* as rd_parse reads it (wire/rd.h) */
    const uint32_t *labels; /* of the stack, the top first */
    size_t label_count;
    /* Of the path: a family looks at them in `judge` alone. */
    const char *action;             /* of flows */
    const char *const *communities; /* wire/community.h says what is understood */
    size_t community_count;
};

/* Which parts (bits of enum nlri_text_part) were given. */
static inline uint8_t nlri_text_parts(const struct nlri_text *text)
{
    return (uint8_t)((text->prefix ? NLRI_TEXT_PREFIX : 0) |
                     (text->rule_count > 0 ? NLRI_TEXT_RULES : 0) | (text->rd ? NLRI_TEXT_RD : 0) |
                     (text->label_count > 0 ? NLRI_TEXT_LABELS : 0));
}

/* Names the field of a route a problem is in: for an index into a list, `index` is 0-based, else
 * -1. */
struct route_problem {
    const char *field; /* "prefix", "next_hop", "communities", …; static */
    int index;
    bool missing;       /* the field is required and was not given */
    bool is_warning;    /* it can be so, and is hardly meant */
    struct strbuf text; /* what is wrong and what was expected, without the field; release it */
};

/* One of the fields that a route is shown with: words, or numbers in decimal. */
struct nlri_field {
    const char *name; /* "prefix", "rules"; static */
    const char *const *words;
    size_t count;
    bool is_list; /* else there is one */
    bool are_numbers;
};

#endif
