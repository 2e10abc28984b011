/* Routes on disk: a SQLite database that a thread writes. Changes are put into a queue; the thread
 * takes all that there are into one transaction, so that many wait for the disk together. Knows
 * nothing of the speaker. */
#ifndef BGPD_DAEMON_ROUTE_STORE_H
#define BGPD_DAEMON_ROUTE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/span.h"
#include "base/strbuf.h"

/* A route as it is on disk. Texts are never NULL. Times are of Unix, so that they mean the same
 * after a restart. */
struct stored_route {
    const char *family; /* its name */
    struct span key;
    uint32_t key_len; /* as in struct nlri_key */
    const char *aim;
    struct span attrs; /* canonical (wire/attr.h); not of one that goes */
    const char *owner;
    const char *label;
    const char *tags;
    int64_t created_unix_s;
    int64_t changed_unix_s;
    int64_t expires_unix_ms; /* 0: never */
};

struct route_store;

/* Opens the database, which is made when there is none, and locks it. `progress` is called on the
 * loop when something that was put in has come to disk, or cannot. NULL, with why appended. */
struct route_store *route_store_open(uv_loop_t *loop, const char *path, void (*progress)(void *ctx),
                                     void *ctx, struct strbuf *error);
/* Hands over all routes. To be called before the first change. An error with why appended. */
int route_store_load(struct route_store *store,
                     void (*each)(void *ctx, const struct stored_route *route), void *ctx,
                     struct strbuf *error);
/* Waits until all is on disk, or the disk refuses, and closes the database. The store is gone when
 * the loop has closed its handle. NULL is fine. */
void route_store_close(struct route_store *store);

/* Puts a route in, in place of the one of this family, key and aim, or takes that out. All is
 * copied. The number of the change. */
uint64_t route_store_put(struct route_store *store, const struct stored_route *route);
uint64_t route_store_take(struct route_store *store, const struct stored_route *route);
/* Whether a change, and all before it, is on disk. */
bool route_store_has(struct route_store *store, uint64_t number);
/* Why changes do not come to disk at present, appended unless `out` is NULL; false: they do. */
bool route_store_problem(struct route_store *store, struct strbuf *out);

#endif
