/* Which files of a configuration were written since it was read. */
#ifndef BGPD_CONFIG_LOOK_H
#define BGPD_CONFIG_LOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct config_look;

/* Begins to look at all of them. NULL: it can't be done now. To be released. */
struct config_look *config_look_start(const struct config *c);
/* Whether it has seen all of them. */
bool config_look_is_done(const struct config_look *look);
/* Of one that is done, in the order of their paths: the next that was written since, or is gone;
 * borrowed. NULL: there are no more. *at begins with 0. */
const char *config_look_next(const struct config_look *look, size_t *at);
/* Also of one that is not done; NULL is allowed. */
void config_look_release(struct config_look *look);

#endif
