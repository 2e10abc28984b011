/* What a policy sees: a route, where it comes from, and who it is asked for. */
#ifndef BGPD_POLICY_SCENE_H
#define BGPD_POLICY_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"
#include "wire/attr.h"
#include "wire/family.h"
#include "wire/session_kind.h"

struct path_text;
struct policy_rov_answer;
struct policy_validation;

enum policy_direction { POLICY_IMPORT, POLICY_EXPORT, POLICY_DIRECTIONS };

/* Where a route comes from. */
enum policy_origin { POLICY_FROM_PEER, POLICY_FROM_API, POLICY_FROM_CONFIG };

/* A neighbour as policies know it. Counted and immutable: who has changed is another one. */
struct policy_neighbor {
    uint32_t refs;
    uint32_t as;
    uint32_t local_as; /* ours, towards it */
    enum session_kind kind;
    uint8_t role; /* enum role: ours, towards it */
    struct ip_addr addr;
    const char *name;  /* owned; its address where it has none */
    const char *group; /* owned; "": it is in none */
    /* Ours towards it in IPv4 and in IPv6 families: what "self" is on import. */
    struct policy_own_next_hop {
        uint8_t len_bytes; /* 4, 16 or 32; 0: there is none */
        uint8_t bytes[32]; /* what is beyond that is 0 */
    } own_next_hop[2];
};

/* A new one with one reference. The texts are copied. */
struct policy_neighbor *policy_neighbor_new(const struct policy_neighbor *what);
struct policy_neighbor *policy_neighbor_ref(struct policy_neighbor *n);
void policy_neighbor_unref(struct policy_neighbor *n); /* NULL is allowed */
bool policy_neighbor_equal(const struct policy_neighbor *a, const struct policy_neighbor *b);

/* Everything is borrowed. */
struct policy_scene {
    enum policy_direction direction;
    enum policy_origin origin;
    const struct policy_neighbor *source; /* of POLICY_FROM_PEER, else NULL */
    /* Whose policy it is: on import the source; on export whom the route is told, or NULL where
     * that is asked for all at once (policy/run.h). */
    const struct policy_neighbor *peer;
    uint32_t local_as;        /* ours, towards whose policy it is */
    struct span own_next_hop; /* likewise: 4, 16 or 32 bytes; empty: there is none */

    enum family family;
    struct nlri_key key;
    struct span attrs;          /* canonical, as they are by now */
    const struct attr_hot *hot; /* of these */
    /* What it is validated by, where that has not been noted of it (wire/attr_local.h); NULL: what
     * was noted is all that is known. */
    const struct policy_validation *validation;

    /* Of whoever evaluates (policy/run.h): what tests of AS paths need, and what was found of the
     * origin that was asked about last. */
    struct path_text *path_text;
    struct policy_rov_answer *rov_answer; /* NULL: it is not kept */
};

/* What stands in for a value in a policy that serves many: "{peer.as}". Bits. */
enum policy_variable {
    POLICY_PEER_AS = 1 << 0,
    POLICY_PEER_ADDRESS = 1 << 1,
    POLICY_PEER_NAME = 1 << 2,
    POLICY_LOCAL_AS = 1 << 3,
    POLICY_ORIGIN_AS = 1 << 4,   /* the last AS of the path; 0: there is none */
    POLICY_NEIGHBOR_AS = 1 << 5, /* the first one */
    /* What differs from one peer to the next. */
    POLICY_OF_PEER = POLICY_PEER_AS | POLICY_PEER_ADDRESS | POLICY_PEER_NAME,
};

#endif
