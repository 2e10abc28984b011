/* What clients have changed, or were refused, and what has changed by itself: the latest of it,
 * kept to be asked for. */
#ifndef BGPD_API_AUDIT_H
#define BGPD_API_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/caller.h"
#include "api/jsonrpc.h"
#include "base/strbuf.h"
#include "daemon/speaker.h"

struct param;

/* A call; everything is owned. */
struct audit_entry {
    uint64_t number; /* from 1 up, over all of them */
    int64_t at_unix_s;
    const char *method;         /* static, as what follows is */
    const struct param *params; /* of it */
    struct client_place place;
    char *token;      /* its name; NULL: it came without one of these */
    const char *by;   /* it was no client, but this; static; NULL */
    char *owner;      /* then: whose it was; NULL: nobody's */
    char *text;       /* the call as it came, or what it was about */
    bool is_call;     /* it is the former, which is read once somebody asks */
    char *error;      /* why not; NULL: it was carried out */
    uint64_t repeats; /* how often the same came again after it */
};

/* The latest, in a ring. */
struct audit_ring {
    struct audit_entry *entries; /* owned; NULL before the first */
    size_t size;
    size_t count;
    size_t next; /* where the next one goes */
};

/* Those of clients of whom there may be any number have a ring of their own, lest they wash away
 * what others did; so have leases, of which very many may end at once. */
struct audit {
    struct audit_ring known;
    struct audit_ring strangers;
    struct audit_ring leases;
    uint64_t last_number;
};

/* Zero-initialised is empty. */
void audit_release(struct audit *audit);

/* A call that has ended; all borrowed, the name of the method and its parameters for ever. */
struct audit_event {
    const struct caller *caller;
    const char *method;
    const struct param *params;
    const struct jsonrpc_call *call;
    const struct jsonrpc_error *error; /* without a code: it was carried out */
};

/* Keeps it, beside `size` - 1 others; 0: none are kept. */
void audit_add(struct audit *audit, size_t size, const struct audit_event *event);

/* The same of what no client has asked for. */
void audit_add_deed(struct audit *audit, size_t size, const struct speaker_deed *deed);

/* The first one with a number above this; NULL. Borrowed until the next is added. */
const struct audit_entry *audit_after(const struct audit *audit, uint64_t number);
/* What it was about, for people ("192.0.2.0/24 next hop 10.0.0.1"), and whose: the name of the
 * token, else the owner that the call names; "": nobody's. Both appended. */
void audit_describe(const struct audit_entry *entry, struct strbuf *what, struct strbuf *owner);

#endif
