/* Why a port cannot be had, for people: who has it, or what it takes to have it.
 *
 * The system tells which sockets listen, and of which user; whose they are is found by looking
 * through the open files of processes, as far as we may. */
#ifndef BGPD_NET_HOLDER_H
#define BGPD_NET_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/strbuf.h"

/* A listening socket, as in a line of /proc/net/tcp or tcp6. */
struct holder_socket {
    struct endpoint where;
    uint32_t user_id;
    uint64_t inode;
};

/* Reads a line; false when it is not about a listening socket. */
bool holder_parse(const char *line, struct holder_socket *ret_socket);

/* Whether a socket that listens at `held` can be why none can at `wanted`. */
bool holder_is_in_the_way(const struct endpoint *held, const struct endpoint *wanted);

/* Appends what can be said about the error (errno) of an attempt to listen at `where`, in brackets:
 * " (by gobgpd, process 1234)"; or nothing. Looks for a process for about `limit_ms` at most. */
void holder_explain(const struct endpoint *where, int error, unsigned limit_ms, struct strbuf *out);

#endif
