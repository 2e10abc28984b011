/* The last word to connections that are not taken, and the end. */
#ifndef BGPD_NET_REFUSALS_H
#define BGPD_NET_REFUSALS_H

#include <uv.h>

#include "base/span.h"

struct refusals;

struct refusals *refusals_new(uv_loop_t *loop);
/* Closes what is still open; the memory goes when the loop has let go of the handle. */
void refusals_free(struct refusals *r);
/* Takes over a non-blocking connected socket: sends a message, and closes soon. Never waits; what
 * the socket does not take at once is not sent. */
void refusals_send(struct refusals *r, int fd, struct span last);

#endif
