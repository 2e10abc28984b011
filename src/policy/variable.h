/* Variables: what stands in for a value in a policy that serves many, "{peer.as}". */
#ifndef BGPD_POLICY_VARIABLE_H
#define BGPD_POLICY_VARIABLE_H

#include "policy/scene.h"
#include "policy/text_error.h"

/* Those that are an AS number. */
#define POLICY_VARIABLES_AS                                                                        \
    (POLICY_PEER_AS | POLICY_LOCAL_AS | POLICY_ORIGIN_AS | POLICY_NEIGHBOR_AS)

/* Whether a text is meant to be a variable: it begins with "{". */
bool policy_variable_is_meant(const char *text);
/* Reads "{peer.as}", all of `len_bytes` bytes at `at` within `text`; `permitted` are the variables
 * (enum policy_variable) that make sense there. ERR_INVALID, and *ret_error says what was
 * expected. */
int policy_variable_parse(const char *text, const char *at, size_t len_bytes, unsigned permitted,
                          unsigned *ret_variable, struct text_error *ret_error);

/* What variables stand for. */
struct policy_values {
    uint32_t peer_as; /* 0: there is none, here and in what follows */
    uint32_t local_as;
    uint32_t origin_as;
    uint32_t neighbor_as;
    const struct ip_addr *peer_address; /* borrowed; NULL: there is none */
    const char *peer_name;              /* borrowed; NULL: there is none */
    bool any_address;                   /* asked whether it may be: {peer.address} may be any */
};

/* Whether any variable of POLICY_OF_PEER may match something. */
static inline bool policy_values_have_peer(const struct policy_values *values)
{
    return values->peer_as != 0 || values->peer_address || values->any_address;
}

/* Those of a scene, as far as `variables` mentions them: mostly there are none. */
struct policy_values policy_values_found(const struct policy_scene *scene, unsigned variables);
static inline struct policy_values policy_values_of(const struct policy_scene *s,
                                                    unsigned variables)
{
    return variables != 0 ? policy_values_found(s, variables) : (struct policy_values){0};
}
/* The value of a variable of POLICY_VARIABLES_AS; 0: it has none, which matches nothing. */
uint32_t policy_values_as(const struct policy_values *values, unsigned variable);

#endif
