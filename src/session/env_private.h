/* What peers share, for the peers. Internal to session/. */
#ifndef BGPD_SESSION_ENV_PRIVATE_H
#define BGPD_SESSION_ENV_PRIVATE_H

#include <stdint.h>
#include <uv.h>

#include "net/links.h"
#include "net/refusals.h"
#include "session/connection.h"

/* Who is told when interfaces or addresses have changed. Embedded in a peer. */
struct env_member {
    void (*look_at_links)(struct env_member *m);
    struct env_member *prev;
    struct env_member *next;
    uint32_t links_seen; /* links_version when it last looked */
};

struct session_handler;

struct peer_env {
    struct connection_commons commons;
    const struct session_handler *handler; /* borrowed */
    void *ctx;                             /* borrowed */
    struct env_member *first;              /* list of all members */
    struct env_member *last;
    struct links *links;       /* owned */
    uint32_t links_version;    /* counts their changes */
    uv_idle_t look;            /* active while members have not looked at the last one */
    struct refusals *refusals; /* owned */
    uint64_t attempts_ms;      /* when the loop began the turn with the last attempt to connect */
    unsigned attempts;         /* in that turn */
};

void env_add(struct peer_env *env, struct env_member *m);
void env_remove(struct peer_env *env, struct env_member *m);

#endif
