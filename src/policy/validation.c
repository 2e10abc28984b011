/* What is known of the origin and of the path of a route: looked up where it came in, noted for
 * those who see it later. RFC 6811 §2; draft-ietf-sidrops-aspa-verification §6.2. */
#include "policy/validation.h"

#include <string.h>

#include "policy/match_rows.h"
#include "wire/aspath.h"

uint32_t policy_origin_as(struct span attrs, uint32_t local_as)
{
    struct span as_path;
    if (!attr_find(attrs, ATTR_AS_PATH, &as_path) || as_path.len_bytes == 0)
        return local_as;
    return aspath_origin_as(as_path);
}

enum rov_state policy_rov_of(const struct policy_validation *v, enum family family,
                             struct nlri_key key, struct span attrs, uint32_t local_as)
{
    if (!v->vrps || !policy_validates(family))
        return ROV_NOT_FOUND;
    return vrp_table_validate(v->vrps, family_info(family)->ip_version, key.bytes, (uint8_t)key.len,
                              policy_origin_as(attrs, local_as));
}

/* The same for a scene. */
static enum rov_state rov_of_scene(const struct policy_scene *scene)
{
    const struct vrp_table *vrps = scene->validation->vrps;
    struct policy_rov_answer *answer = scene->rov_answer;
    if (!answer || !vrps || !policy_validates(scene->family))
        return policy_rov_of(scene->validation, scene->family, scene->key, scene->attrs,
                             scene->local_as);
    struct policy_rov_answer asked = {
        .vrps = vrps,
        .changes = vrps->changes,
        .as = policy_origin_as(scene->attrs, scene->local_as),
        .ip_version = family_info(scene->family)->ip_version,
        .len_bits = (uint8_t)scene->key.len,
    };
    unsigned len_bytes = asked.ip_version == IP_V4 ? 4 : 16;
    bool again = answer->vrps == asked.vrps && answer->changes == asked.changes &&
                 answer->as == asked.as && answer->ip_version == asked.ip_version &&
                 answer->len_bits == asked.len_bits &&
                 memcmp(answer->address_bytes, scene->key.bytes, len_bytes) == 0;
    if (again)
        return answer->state;
    memcpy(asked.address_bytes, scene->key.bytes, len_bytes);
    asked.state =
        vrp_table_validate(vrps, asked.ip_version, asked.address_bytes, asked.len_bits, asked.as);
    *answer = asked;
    return asked.state;
}

enum aspa_state policy_aspa_of(const struct policy_validation *v, enum family family,
                               const struct policy_neighbor *source, struct span attrs)
{
    struct span as_path = span_of(NULL, 0);
    if (!v->aspas || v->aspas->count == 0 || !policy_validates(family) || !source ||
        source->kind != SESSION_EXTERNAL)
        return ASPA_UNKNOWN;
    attr_find(attrs, ATTR_AS_PATH, &as_path);
    return aspa_verify(v->aspas, (enum role)source->role, source->as, as_path);
}

unsigned policy_states_of(const struct policy_scene *scene, unsigned kinds)
{
    unsigned states = 0;
    if (scene->hot->flags & ATTR_HAS_LOCAL)
        states = attr_local_of(scene->attrs).validation & kinds;
    if (states != 0 || !scene->validation)
        return states;
    if (kinds & ATTR_ROV)
        states |= (unsigned)ATTR_ROV_NOT_FOUND << rov_of_scene(scene);
    if (kinds & ATTR_ASPA)
        states |= (unsigned)ATTR_ASPA_UNKNOWN
                  << policy_aspa_of(scene->validation, scene->family, scene->source, scene->attrs);
    return states;
}

/* --- conditions --- */

static const unsigned values[] = {
    ATTR_ROV_NOT_FOUND, ATTR_ROV_VALID,  ATTR_ROV_INVALID,
    ATTR_ASPA_UNKNOWN,  ATTR_ASPA_VALID, ATTR_ASPA_INVALID,
};

#define CONDITION(row, index)                                                                      \
    {                                                                                              \
        .junction = POLICY_MATCH, .match = &(row), .value = (void *)(uintptr_t)&values[index]      \
    }

const struct policy_condition *policy_condition_of_state(uint8_t state)
{
    static const struct policy_condition conditions[] = {
        CONDITION(policy_match_rov, 0),  CONDITION(policy_match_rov, 1),
        CONDITION(policy_match_rov, 2),  CONDITION(policy_match_aspa, 3),
        CONDITION(policy_match_aspa, 4), CONDITION(policy_match_aspa, 5),
    };
    return &conditions[__builtin_ctz(state)];
}
