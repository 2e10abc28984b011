/* Going back from a change to what the API originates. */
#ifndef BGPD_DAEMON_ORIGINATED_UNDO_H
#define BGPD_DAEMON_ORIGINATED_UNDO_H

#include <stdint.h>

#include "config/route.h"
#include "daemon/originated.h"

/* What there was to a key and aim, and what was made of it. */
struct originated_undo {
    uint32_t id;     /* of the record */
    uint32_t number; /* of the change; another one since then, and there is no way back */
    uint32_t attrs;  /* a reference, as the texts are; 0: there was none */
    uint32_t owner;
    uint32_t label;
    uint32_t tags;
    uint32_t created_unix_s;
    uint32_t changed_unix_s;
    uint64_t expires_mono_ms;
};

/* To be called before originated_put, and with its view after it. */
void originated_undo_note(struct speaker *s, const struct static_route *route,
                          const struct originated_terms *terms, struct originated_undo *ret_undo);
void originated_undo_change(struct speaker *s, const struct originated_view *view,
                            struct originated_undo *undo);
/* Goes back, unless what was changed has been changed again. Either this or the next one ends it.
 */
void originated_undo_run(struct speaker *s, struct originated_undo *undo);
void originated_undo_release(struct speaker *s, struct originated_undo *undo);

#endif
