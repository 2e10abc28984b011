/* What is known of the origin and of the path of a route. */
#ifndef BGPD_POLICY_VALIDATION_H
#define BGPD_POLICY_VALIDATION_H

#include "policy/aspa_verify.h"
#include "policy/policy.h"
#include "policy/scene.h"
#include "policy/vrp_table.h"
#include "wire/attr_local.h"

/* What routes are validated by. Borrowed; NULL: there are none. */
struct policy_validation {
    const struct vrp_table *vrps;
    const struct aspa_table *aspas;
};

/* What VRPs said last, which is mostly asked about once more by the next rule. Zero-initialised
 * there is none. */
struct policy_rov_answer {
    const struct vrp_table *vrps; /* NULL: nothing was asked */
    uint64_t changes;             /* of these, then */
    uint32_t as;
    uint8_t ip_version;
    uint8_t len_bits;
    uint8_t address_bytes[16];
    enum rov_state state;
};

/* Whether origins and paths of routes of a family are validated: unicast alone. The others are not
 * found and unknown. */
static inline bool policy_validates(enum family family)
{
    return family_info(family)->is_unicast;
}

/* The AS that a route with these canonical attributes began in: a route without a path began in
 * `local_as`. 0: it is not known (RFC 6811 §2). */
uint32_t policy_origin_as(struct span attrs, uint32_t local_as);
/* Of a route of a family: what its origin is. */
enum rov_state policy_rov_of(const struct policy_validation *v, enum family family,
                             struct nlri_key key, struct span attrs, uint32_t local_as);
/* And what its path is, which came from this neighbour; NULL: from none. As long as there is no
 * ASPA nothing is verified, not even what needs none. */
enum aspa_state policy_aspa_of(const struct policy_validation *v, enum family family,
                               const struct policy_neighbor *source, struct span attrs);

/* The states of the route of a scene, of which these kinds (ATTR_ROV, ATTR_ASPA) are wanted: as was
 * noted of it, else by what it is validated by. Bits of enum attr_validation. */
unsigned policy_states_of(const struct policy_scene *scene, unsigned kinds);
/* The condition that a route has a state (one bit); static storage. */
const struct policy_condition *policy_condition_of_state(uint8_t state);

#endif
