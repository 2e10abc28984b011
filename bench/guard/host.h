/* The daemon without sockets, clock or loop: bytes of UPDATEs go in, queues of messages come out,
 * and a call is a loop turn. What happens between is the daemon's own code. */
#ifndef BGPD_BENCH_GUARD_HOST_H
#define BGPD_BENCH_GUARD_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "daemon/state.h"

/* What stands in for a session: established at once, writes to nowhere. */
struct peer {
    struct peer_session session;
    struct msgq queue;
    struct neighbor neighbor;
    struct span input; /* borrowed: UPDATEs that were not read yet */
    uint64_t updates_sent;
};

struct host {
    struct speaker speaker;
    struct config config;
    struct config_peer peer_config; /* all peers have the same */
    struct peer_block block;
    struct peer *peers; /* owned */
    uint32_t peer_count;
    size_t read_bytes; /* how much of its input a peer gets in during one turn, about */
    struct update_decoder *decoder; /* owned */
};

/* External peers 0 … peer_count - 1 of AS first_as and up, all down. */
void host_init(struct host *h, uint32_t peer_count, uint32_t first_as, bool route_server);
/* Ends all sessions and frees everything. */
void host_release(struct host *h);

void host_up(struct host *h, uint32_t peer);
void host_down(struct host *h, uint32_t peer);

/* One turn of the loop; true while there is more to do. */
bool host_turn(struct host *h);
/* Turns until all input is read, spread, and sent. */
void host_run(struct host *h);

/* How many prefixes the peer is told at present. */
uint32_t host_advertised(const struct host *h, uint32_t peer, enum family family);

#endif
