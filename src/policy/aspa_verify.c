/* Verifying AS paths.
 *
 * The draft counts the ASNs of the path, of which those that follow themselves count once, from the
 * origin, A(1), to the neighbour, A(N). Here they are gone through once as they stand, from the
 * neighbour on, by hops: what counts of all of them is where up, seen from the origin, a hop leads
 * to no provider for the first time, which is the last such hop of the way, and likewise down from
 * the neighbour.
 *
 * draft-ietf-sidrops-aspa-verification §5.2 to 5.6. */
#include "policy/aspa_verify.h"

#include "base/reader.h"
#include "wire/aspath.h"

const char *aspa_state_text(enum aspa_state state)
{
    static const char *const texts[ASPA_STATES] = {
        [ASPA_UNKNOWN] = "unknown", [ASPA_VALID] = "valid", [ASPA_INVALID] = "invalid"};
    return texts[state];
}

/* One way along the path: hops are counted from 1. */
struct hops {
    uint32_t count;
    uint32_t last_not_up;      /* the last one that leads up to no provider; 0: none */
    uint32_t last_not_sure_up; /* or of which that is not known */
    uint32_t first_not_down;   /* the first one that leads down from no provider */
    uint32_t first_not_sure_down;
};

/* The hop between the AS that is nearer to us and the one that is nearer to the origin. */
static void take_hop(const struct aspa_table *t, struct hops *h, uint32_t near, uint32_t far)
{
    enum aspa_hop up = aspa_table_hop(t, far, near);
    enum aspa_hop down = aspa_table_hop(t, near, far);
    h->count++;
    if (up == ASPA_NOT_PROVIDER)
        h->last_not_up = h->count;
    if (up != ASPA_PROVIDER)
        h->last_not_sure_up = h->count;
    if (down == ASPA_NOT_PROVIDER && h->first_not_down == 0)
        h->first_not_down = h->count;
    if (down != ASPA_PROVIDER && h->first_not_sure_down == 0)
        h->first_not_sure_down = h->count;
}

/* Goes along the path; false: it has something that is no sequence. *ret_first is its first AS; 0:
 * it is empty. */
static bool take_hops(const struct aspa_table *t, struct span as_path, struct hops *h,
                      uint32_t *ret_first)
{
    struct reader r = reader_over(as_path);
    uint32_t near = 0;
    while (reader_left(&r) > 0) {
        if (reader_u8(&r) != ASPATH_SEQUENCE)
            return false;
        for (unsigned left = reader_u8(&r); left > 0; left--) {
            uint32_t far = reader_u32(&r);
            if (near == 0)
                *ret_first = far;
            else if (far != near)
                take_hop(t, h, near, far);
            near = far;
        }
    }
    return true;
}

/* How long the ramp up from the origin is, in ASNs, when this hop is the first one that does not
 * belong to it; 0: all do. */
static uint32_t up_ramp(const struct hops *h, uint32_t hop)
{
    return h->count + 1 - hop;
}

static uint32_t down_ramp(const struct hops *h, uint32_t hop)
{
    return hop == 0 ? h->count + 1 : hop;
}

enum aspa_state aspa_verify(const struct aspa_table *t, enum role ours, uint32_t neighbor_as,
                            struct span as_path)
{
    struct hops h = {0};
    uint32_t first = 0;
    if (ours == ROLE_NONE)
        return ASPA_UNKNOWN;
    if (!take_hops(t, as_path, &h, &first) || first == 0)
        return ASPA_INVALID;
    if (first != neighbor_as && ours != ROLE_RS_CLIENT)
        return ASPA_INVALID;
    bool downstream = ours == ROLE_CUSTOMER;
    uint32_t length = h.count + 1;
    uint32_t most = up_ramp(&h, h.last_not_up);
    uint32_t least = up_ramp(&h, h.last_not_sure_up);
    if (downstream) {
        most += down_ramp(&h, h.first_not_down);
        least += down_ramp(&h, h.first_not_sure_down);
    }
    if (most < length)
        return ASPA_INVALID;
    return least < length ? ASPA_UNKNOWN : ASPA_VALID;
}
