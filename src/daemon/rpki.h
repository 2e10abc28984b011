/* Where VRPs and ASPAs come from beside the configuration: RTR caches, and files. What they have is
 * told to daemon/validation, difference by difference, in slices. */
#ifndef BGPD_DAEMON_RPKI_H
#define BGPD_DAEMON_RPKI_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/service.h"
#include "daemon/validation.h"
#include "rpki/caches.h"
#include "rpki/vrp_file.h"

/* A file, and what of it validation has been told. */
struct rpki_file {
    struct vrp_file *file; /* owned */
    struct validation_list list;
    struct rpki_entries *told; /* a reference: what the list is to have, or has; NULL: nothing */
    bool leaves;               /* it is not in the configuration any more */
};

struct rpki {
    struct rpki_caches caches;
    struct rpki_file **files; /* owned array of owned files; in the order of the configuration, then
                                 those that leave */
    size_t file_count;
    bool is_changing; /* some source has not passed on all that it says by now */
};

extern const struct service rpki_service;

/* True while a thread reads a file: see speaker_is_loading. */
bool rpki_is_loading(const struct rpki *r);

#endif
