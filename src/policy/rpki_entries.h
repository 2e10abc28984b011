/* VRPs and ASPAs that a source has as a list: static entries, a file. Counted; immutable once
 * settled. */
#ifndef BGPD_POLICY_RPKI_ENTRIES_H
#define BGPD_POLICY_RPKI_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/aspa_table.h"
#include "policy/vrp_table.h"

struct rpki_entries {
    uint32_t refs;
    struct vrp *vrps; /* owned; settled: in the order of vrp_compare, each once */
    size_t vrp_count;
    size_t vrp_size;
    struct aspa *aspas; /* owned; settled: by customer, each once */
    size_t aspa_count;
    size_t aspa_size;
};

/* An empty list with one reference. */
struct rpki_entries *rpki_entries_new(void);
struct rpki_entries *rpki_entries_ref(struct rpki_entries *e); /* NULL is allowed */
void rpki_entries_unref(struct rpki_entries *e);               /* likewise */

void rpki_entries_add_vrp(struct rpki_entries *e, const struct vrp *vrp);
/* Takes over the providers. */
void rpki_entries_add_aspa(struct rpki_entries *e, struct aspa *aspa);
/* Sorts them; what several say of a customer is united. */
void rpki_entries_settle(struct rpki_entries *e);

/* Of settled ones; NULL: there are none. */
bool rpki_entries_equal(const struct rpki_entries *a, const struct rpki_entries *b);

/* Goes through what differs between two lists. Begins with a cursor that is zero-initialised. */
struct rpki_entries_cursor {
    size_t old_vrp, new_vrp;
    size_t old_aspa, new_aspa;
};
/* One of these is not NULL; borrowed. */
struct rpki_entries_change {
    const struct vrp *vrp_goes, *vrp_comes;
    const struct aspa *aspa_goes, *aspa_comes; /* both, where a customer has others */
};
/* Looks at the next entry; false at the end. What is in both lists is told with all NULL. */
bool rpki_entries_next(const struct rpki_entries *from, const struct rpki_entries *to,
                       struct rpki_entries_cursor *at, struct rpki_entries_change *ret_change);

#endif
