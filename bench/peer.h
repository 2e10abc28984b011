/* One BGP session of the load generator: connects from an address of its own, says OPEN, keeps the
 * session alive, writes a prepared stream and counts what comes back. */
#ifndef BGPD_BENCH_PEER_H
#define BGPD_BENCH_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "held.h"
#include "stream.h"

enum peer_state { PEER_DOWN, PEER_CONNECTING, PEER_OPEN_SENT, PEER_ESTABLISHED };

enum { PEER_MESSAGE_MAX = 4096, PEER_CONTROL_MAX = 512 };

/* What all sessions share. */
struct session_settings {
    struct sockaddr_in target;
    uint16_t hold_time_s;
    int epoll;
    const struct target *expect; /* borrowed */
};

struct peer {
    const struct session_settings *settings; /* borrowed */
    int fd;                                  /* -1 when down */
    enum peer_state state;
    bool wanted; /* is to be connected, again and again until it is */
    bool lost;   /* an established session ended that was not closed by us */
    bool watching_output;
    struct in_addr local;
    uint32_t as;
    struct held held;
    const uint8_t *out; /* borrowed: a stream being sent */
    size_t out_len_bytes, out_sent_bytes;
    size_t out_boundary_bytes; /* a message starts here; at most out_sent_bytes + one message */
    uint8_t
        control[PEER_CONTROL_MAX]; /* OPEN and KEEPALIVEs, sent between messages of the stream */
    size_t control_len_bytes;
    uint8_t carry[PEER_MESSAGE_MAX]; /* the start of a message whose rest has not come yet */
    size_t carry_len_bytes;
    uint64_t next_keepalive_ns;
    uint64_t last_keepalive_ns; /* received */
    uint64_t keepalive_gap_ns;  /* the longest time between two received ones */
    uint64_t bytes_received, bytes_sent, updates_received;
    uint8_t notification[2]; /* code and subcode of the last one received */
};

void peer_init(struct peer *p, const struct session_settings *settings, struct in_addr local,
               uint32_t as, uint32_t sender);
void peer_release(struct peer *p);

/* Starts connecting; a refused connection is tried again by the next call. */
void peer_connect(struct peer *p);
/* Closes the connection without a NOTIFICATION, as a crash would. */
void peer_close(struct peer *p);

/* Starts sending `stream`, which must live until it is sent. */
void peer_send(struct peer *p, const struct stream *stream);
bool peer_is_sending(const struct peer *p);

/* Handles what epoll reports. */
void peer_event(struct peer *p, uint32_t events);
/* Sends keepalives that are due. */
void peer_tick(struct peer *p, uint64_t now_ns);

#endif
