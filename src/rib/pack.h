/* Packing: collects announcements and withdrawals for one update group, gathers those that share
 * attributes, and encodes each gathering once, whoever it goes to. */
#ifndef BGPD_RIB_PACK_H
#define BGPD_RIB_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "rib/export.h"
#include "wire/msgbuf.h"

/* Who a message is for: everybody but the peer that a route came from, or that peer alone. */
struct pack_audience {
    uint32_t source; /* of the peer meant; 0 with `only` false: everybody */
    bool only;
};

struct pack;

/* Room for `capacity` items between two calls of pack_encode. */
struct pack *pack_new(uint32_t capacity);
void pack_free(struct pack *p);

/* Adds one entry. `attrs` are borrowed until pack_encode; NULL: a withdrawal. `source` is where the
 * path came from. */
void pack_add(struct pack *p, uint32_t entry, struct rib_attrs *attrs, uint32_t source,
              struct pack_audience audience);

/* Takes a finished buffer; the reference stays the packer's. */
typedef void (*pack_emit)(void *ctx, struct pack_audience audience, struct msgbuf *buf);

/* Encodes everything that was added, hands it out, and is empty again. Routes whose attributes do
 * not fit into one message are withdrawn instead (RFC 8654 §4 for the analogous case). */
void pack_encode(struct pack *p, const struct rib *rib, const struct rib_table *table,
                 const struct rib_treatment *treatment, pack_emit emit, void *ctx);

#endif
