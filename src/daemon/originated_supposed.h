/* What there would be, were the items of a call carried out that were only looked at: so each of
 * them is judged as if those before it had been. Internal to originated, but for who holds it. */
#ifndef BGPD_DAEMON_ORIGINATED_SUPPOSED_H
#define BGPD_DAEMON_ORIGINATED_SUPPOSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/originate_limits.h"
#include "wire/family.h"

struct speaker;

/* Begins as zeroes. */
struct originated_supposed {
    struct supposed_slot *slots;   /* owned; open addressing: what differs from what there is */
    size_t size;                   /* 0, or a power of two */
    size_t used;                   /* less than half of it */
    struct supposed_owner *owners; /* owned; by the number of the text */
    uint32_t owners_size;
};

/* Where a route can stand. */
struct originated_place {
    enum family family;
    struct nlri_key key; /* borrowed */
    uint32_t aim;
    uint32_t id; /* of the record that is there; 0: none */
};

/* What stands there. */
struct originated_standing {
    bool is_there;
    uint8_t kind;   /* enum originate_kind */
    uint32_t owner; /* the number of the text */
};

/* What stands at a place if all is so; `supposed` may be NULL. */
struct originated_standing originated_standing_at(const struct speaker *s,
                                                  const struct originated_supposed *supposed,
                                                  const struct originated_place *place);
/* Supposes that this stands there now. */
void originated_suppose(struct speaker *s, struct originated_supposed *supposed,
                        const struct originated_place *place,
                        const struct originated_standing *standing);
/* How many an owner has of a kind if all is so; `supposed` may be NULL. */
uint32_t originated_supposed_count(const struct speaker *s,
                                   const struct originated_supposed *supposed, uint32_t owner,
                                   enum originate_kind kind);
/* All is as it is. */
void originated_supposed_release(struct speaker *s, struct originated_supposed *supposed);

#endif
