/* Going back from a change to what the API originates. */
#ifndef BGPD_DAEMON_ORIGINATED_UNDO_H
#define BGPD_DAEMON_ORIGINATED_UNDO_H

#include <stdint.h>

#include "daemon/originated.h"

/* What there was to a key and aim, and what was made of it. */
struct originated_undo {
    uint32_t id;                      /* of the record */
    uint32_t number;                  /* of the change; another one since then, and there is no way
                                         back */
    struct originated_content before; /* references; without attributes: there was none */
    uint64_t lease_before_ms;
};

/* Of a plan that was carried out, and is no dry run: what there was goes over. */
void originated_undo_keep(struct speaker *s, struct originated_plan *plan,
                          struct originated_undo *ret_undo);
/* Goes back, unless what was changed has been changed again. Either this or the next one ends it.
 */
void originated_undo_run(struct speaker *s, struct originated_undo *undo);
void originated_undo_release(struct speaker *s, struct originated_undo *undo);

#endif
