/* For tests with real sockets on loopback: a speaker (env, listener, one peer, and a record of what
 * it reported), and a hand-driven end of a connection. */
#ifndef BGPD_TESTS_SESSION_FIXTURE_H
#define BGPD_TESTS_SESSION_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../net/net_fixture.h"
#include "base/span.h"
#include "net/listener.h"
#include "session/peer.h"
#include "wire/message.h"
#include "wire/notification.h"

struct speaker {
    struct net *net;
    struct config_peer config; /* of its peer */
    struct peer_env *env;
    struct listener *listener;
    struct peer *peer;
    bool dynamic; /* makes its peer when a connection comes */
    bool refuse_input;

    unsigned accepted;
    unsigned established;
    unsigned down;
    enum session_down_reason reason;
    unsigned updates;
    unsigned updates_since_refusal;
    uint8_t last_nlri[64];
    size_t last_nlri_len_bytes;
    unsigned refreshes;
    enum family refreshed;
    unsigned writable;
};

/* A speaker that listens on `address` (port chosen by the kernel) with AS 65000 and a peer entry
 * for `remote` in AS 65000 that is passive; change `config` before speaker_start. */
void speaker_init(struct speaker *s, struct net *net, const char *address, const char *remote);
/* Makes the peer (unless dynamic) and starts it. */
void speaker_start(struct speaker *s);
/* Where it listens. */
struct endpoint speaker_endpoint(const struct speaker *s);
void speaker_release(struct speaker *s);
/* Two speakers that know each other; the first one connects. */
void speaker_pair(struct speaker *a, struct speaker *b, struct net *net);

/* One end of a TCP connection in the hand of the test. */
struct raw {
    struct net *net;
    int fd;
    bool eof;
    uint8_t *input;
    size_t taken_bytes;                          /* from the front of the input */
    size_t len_bytes;                            /* of the input, with what was taken */
    uint8_t message[MESSAGE_MAX_EXTENDED_BYTES]; /* the last one taken */
    struct span body;                            /* of it */
};

#define RAW_INPUT_BYTES (256 * 1024)

void raw_connect(struct raw *r, struct net *net, const char *from, struct endpoint to);
/* A listening socket; its port goes to *ret_port. */
int raw_listen(const char *address, uint16_t *ret_port);
/* Waits for a connection. */
void raw_accept(struct raw *r, struct net *net, int listen_fd);
void raw_close(struct raw *r);
void raw_send(struct raw *r, struct span bytes);
/* Looks for input; true when a whole message was taken, its type is in *ret_type. */
bool raw_take(struct raw *r, uint8_t *ret_type);
/* Waits for a message, which must have this type. */
void raw_expect(struct raw *r, enum message_type type);
/* Waits for a NOTIFICATION, passing over other messages, and for the end of the connection. */
struct notification raw_expect_end(struct raw *r);
void raw_send_open(struct raw *r, uint32_t as, uint16_t hold_time_s, uint32_t bgp_id);
void raw_send_keepalive(struct raw *r);
/* OPEN and KEEPALIVE both ways, as AS 65000 with this identifier. */
void raw_handshake(struct raw *r, uint16_t hold_time_s, uint32_t bgp_id);

/* An UPDATE that announces 10.`n`.0.0/16. */
struct span sample_update(uint8_t n);

#endif
