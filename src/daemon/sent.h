/* How attributes look as peers are sent them. */
#ifndef BGPD_DAEMON_SENT_H
#define BGPD_DAEMON_SENT_H

#include "rib/look.h"

/* The canonical form of the attributes that a group is sent. */
void sent_attrs(const struct rib *rib, const struct rib_exported *what,
                struct attr_block *ret_attrs);

#endif
