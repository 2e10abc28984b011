/* Communities as policies name them: one, or a pattern that many match. */
#ifndef BGPD_POLICY_COMMUNITY_PATTERN_H
#define BGPD_POLICY_COMMUNITY_PATTERN_H

#include "policy/digest.h"
#include "policy/text_error.h"
#include "policy/variable.h"
#include "wire/admin.h"
#include "wire/community.h"

/* Numbers that a field may be, from `low` to `high`, or the variable that stands there. */
struct community_field {
    uint32_t low;
    uint32_t high;
    unsigned variable; /* enum policy_variable; 0: none */
};

enum community_shape {
    COMMUNITY_SHAPE_ONE,      /* one community */
    COMMUNITY_SHAPE_NUMBERS,  /* "65000:*", "65000:1:100-199" */
    COMMUNITY_SHAPE_ADMIN,    /* "target:65000:*" */
    COMMUNITY_SHAPE_ADMIN_V6, /* "target:[2001:db8::1]:*" */
    COMMUNITY_SHAPE_NAME,     /* "target:*": all of that name */
    COMMUNITY_SHAPE_ALL,      /* "*": every community */
};

/* Borrows nothing but static storage. */
struct community_pattern {
    enum community_shape shape;
    unsigned kinds;             /* 1 << enum community_kind: those that may match */
    unsigned variables;         /* enum policy_variable that it mentions */
    struct community community; /* ONE; of ADMIN_V6 the address */
    const struct community_name *name;
    uint8_t forms;                    /* of ADMIN: 1 << enum admin_form */
    struct community_field fields[3]; /* of NUMBERS, 2 or 3; of ADMIN holder and number; of ADMIN_V6
                                         the number */
};

/* Reads a community as community_parse does, or a pattern of such: in place of a number, "*", a
 * range "100-199" or a variable may stand. Of extended communities those that have an AS number or
 * address and a number ("target", "origin", "redirect") are taken so; of others "*" stands for all
 * that follows the name. "*" alone is every community. ERR_INVALID or ERR_RANGE, and *ret_error
 * says what was expected. */
int community_pattern_parse(const char *text, struct community_pattern *ret_pattern,
                            struct text_error *ret_error);
/* Likewise, but what community_pattern_make can make something of: no "*", no range. */
int community_pattern_parse_exact(const char *text, struct community_pattern *ret_pattern,
                                  struct text_error *ret_error);

/* Whether a community matches; a variable without a value, or with one for which there is no room,
 * matches nothing. */
bool community_pattern_matches(const struct community_pattern *p, const struct community *c,
                               const struct policy_values *values);
/* Whether it may match for peers of one AS, found from the community: then this is *ret_as. For a
 * pattern with {peer.as} only. */
bool community_pattern_find_peer_as(const struct community_pattern *p, const struct community *c,
                                    const struct policy_values *values, uint32_t *ret_as);
/* Makes the community of one that was read by community_pattern_parse_exact. False: a variable has
 * no value, or one for which there is no room. */
bool community_pattern_make(const struct community_pattern *p, const struct policy_values *values,
                            struct community *ret_community);

void community_pattern_digest(const struct community_pattern *p, struct policy_digest *d);

#endif
