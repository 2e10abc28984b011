/* Carries out commands of ExaBGP's text API and calls of BGPd's, many in one request, in their
 * order. Keeps count of what was announced (cli/ledger.h), waits for a daemon that is away, and
 * announces all of it again to one that was started anew. */
#ifndef BGPD_CLI_STEER_H
#define BGPD_CLI_STEER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/client.h"
#include "cli/exa_call.h"
#include "cli/ledger.h"

struct steer {
    struct client *client; /* borrowed */
    struct ledger ledger;
    const char *own_address[2]; /* what "next-hop self" is, of IPv4 and IPv6; NULL: that of the
                                   sessions; borrowed */
    const char *owner;          /* of what commands announce; NULL: none; borrowed */
    uint32_t ttl_s;             /* the lease of what is announced and has none of its own, renewed
                                   by steer_look; 0: none */
    uint64_t renew_at_ms;
    /* Lets time pass; false when it is time to end. */
    bool (*pause)(void *ctx, int timeout_ms);
    void *ctx;
    bool impatient;   /* nobody is waited for */
    json_int_t pid;   /* of the daemon; 0 before the first answer */
    char *router_id;  /* its own; owned */
    json_t *own_hops; /* what was announced with our own address as the next hop, as it was asked
                         for, by what it is called; owned */
    char *sessions;   /* by which that address was found; owned */
    json_t *peers;    /* show_peer_detail, of a moment ago; owned */
    uint64_t peers_at_ms;
};

/* A line, or what else is to be carried out as one. */
struct steer_job {
    json_t *calls; /* a list of {"method", "params"}; owned */
    bool is_json;  /* one call whose answer is wanted as it is */
    bool failed;
    char *problem;  /* what failed first; NULL: nothing; owned */
    json_t *answer; /* of a call with `is_json`: its JSON-RPC answer; owned */
};

void steer_job_release(struct steer_job *job);

void steer_init(struct steer *s, struct client *client);
void steer_release(struct steer *s);

/* To be called each second or so. Asks the daemon who it is, and announces everything again where
 * it is not the one of before, or where leases are to be renewed; and what has our own address as
 * the next hop where sessions have come with another one. 0, or an error as client_call, with
 * client.error. */
int steer_look(struct steer *s);
/* The neighbors, as show_peer_detail has them, asked for anew when what is known is older than a
 * second: borrowed until the next call. NULL with client.error. */
const json_t *steer_peers(struct steer *s);

/* Makes calls of a command: who is meant, what "self" is. Waits up to half a minute for a session
 * where our own address is wanted and none is up. 0 with the calls in *ret_calls (a new list);
 * ERR_INVALID with why not in *problem; an error of client_call with client.error. */
int steer_prepare(struct steer *s, const struct exa_command *c, json_t **ret_calls,
                  struct strbuf *problem);

/* Carries out the jobs, and notes in each how that went. To withdraw what is not announced is no
 * failure, but of a call with `is_json`. 0, or an error of client_exchange with client.error;
 * ERR_STATE where it was time to end. */
int steer_run(struct steer *s, struct steer_job *jobs, size_t count);

/* Withdraws all that was announced. As steer_run. */
int steer_withdraw_all(struct steer *s);

#endif
