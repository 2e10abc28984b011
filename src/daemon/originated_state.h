/* What the API originates, on disk where that is wanted. Internal to originated. */
#ifndef BGPD_DAEMON_ORIGINATED_STATE_H
#define BGPD_DAEMON_ORIGINATED_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct originated;
struct speaker;

/* Opens the file of the configuration, if it names one. An error with why appended. */
int originated_open_store(struct speaker *s, struct strbuf *error);
/* Puts what is in it among the records and into the RIB: the blocks are there, and no session is.
 */
void originated_restore(struct speaker *s);
/* Has a record written, or what is written of it removed. */
void originated_store(struct speaker *s, uint32_t id);
void originated_forget(struct speaker *s, uint32_t id);

/* Of originated: puts a record in place; false: the RIB does not take it. */
bool originated_put_in_place(struct speaker *s, uint32_t id);
/* Likewise: gives it a lease that ends then; 0: it has none. */
void originated_set_lease(struct originated *o, uint32_t id, uint64_t ends_mono_ms);

#endif
