/* The blocks of peers of one configuration become those of the next. */
#ifndef BGPD_DAEMON_RELOAD_BLOCKS_H
#define BGPD_DAEMON_RELOAD_BLOCKS_H

#include "daemon/service.h"

/* The sessions' part of a reload: the speaker has the blocks of its configuration afterwards, and
 * `before` of its reload says what their routes were made of. */
void reload_blocks(struct speaker *s, const struct config *old, struct reload_summary *sum);

#endif
