/* The last word to connections that are not taken: a Cease, Connection Rejected or another one
 * (RFC 4486 §4), and the end. */
#ifndef BGPD_SESSION_REFUSALS_H
#define BGPD_SESSION_REFUSALS_H

#include <stdint.h>
#include <uv.h>

struct refusals;

struct refusals *refusals_new(uv_loop_t *loop);
/* Closes what is still open; the memory goes when the loop has let go of the handle. */
void refusals_free(struct refusals *r);
/* Takes over a non-blocking connected socket: sends a Cease with this subcode, and closes soon.
 * Never waits; what the socket does not take at once is not sent. */
void refusals_send(struct refusals *r, int fd, uint8_t cease_subcode);

#endif
