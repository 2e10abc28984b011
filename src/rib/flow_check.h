/* Whether a flow may be used: it is held against the best unicast route to the prefix that its
 * packets go to (RFC 8955 §6, RFC 8956 §6, RFC 9117), and again when unicast routes change.
 *
 * Which flows are held is for the caller to say: it asks about them as they come, and registers
 * their entries. Where there are none nothing of this costs anything. */
#ifndef BGPD_RIB_FLOW_CHECK_H
#define BGPD_RIB_FLOW_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/flow_index.h"
#include "rib/rib.h"

/* A flow of a peer, by its attributes as they were received. */
struct flow_claim {
    enum family family;
    struct nlri_key key;
    uint32_t source; /* index of a rib_source */
    const struct attr_hot *hot;
};

/* What it is held against; entries of the table of unicast routes, 0 for none. */
struct flow_held {
    uint32_t cover; /* the best match */
    uint32_t other; /* within the destination, of another AS */
};

/* Makes the index ready for a flow that is about to come, so that what is found of its destination
 * is kept; nothing where it names none. */
void flow_check_expect(struct rib *rib, enum family family, struct nlri_key key);
/* Whether the flow may be used now: RIB_ACCEPTED, or why not. RIB_REJECT_FLOW_PENDING: more routes
 * must be looked at than can be at once; flow_check_step will, if the entry is registered. */
enum rib_reject flow_check(struct rib *rib, const struct flow_claim *claim,
                           struct flow_held *ret_held);

/* Has the entry of a flow judged again when what it is held against changes, from now on; or not
 * any more. */
void flow_check_register(struct rib *rib, enum family family, uint32_t entry);
void flow_check_unregister(struct rib *rib, enum family family, uint32_t entry);

/* Entries of a table for which there are `flows` that may have another best path, decided: before
 * those that nothing refers to are removed. In time proportional to their number. */
void flow_check_note(struct rib *rib, const struct rib_table *t, const uint32_t *ids,
                     uint32_t count);

/* Judges some flows again that may have to be: `budget` is about how many entries are looked at.
 * True while there are more. */
bool flow_check_step(struct rib *rib, enum family family, uint32_t budget, rib_judge judge,
                     void *ctx);

#endif
