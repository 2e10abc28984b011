/* One request body and the answer to it, made piece by piece.
 *
 * Calls that change something are carried out first, in their order, whether the client waits for
 * the answer or not. Calls that only read are carried out while the answer is being written: so a
 * batch of long lists needs no more memory than one of them, and one needs next to none. */
#ifndef BGPD_API_EXCHANGE_H
#define BGPD_API_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/methods.h"

struct exchange;

/* Who asks. */
struct exchange_client {
    bool may_change;    /* may call methods that change something */
    const char *reason; /* why not, for people; static */
    char name[64];      /* for the log */
};

/* Takes `body` apart; it is not needed afterwards. `env` is borrowed until exchange_free. */
struct exchange *exchange_new(const struct method_env *env, const struct exchange_client *client,
                              const char *body, size_t len_bytes);
void exchange_free(struct exchange *e); /* NULL is allowed */

/* Carries out what changes something, until it is done (true) or time_mono_ns() has reached
 * `deadline_ns`: then it is to be called again. */
bool exchange_prepare(struct exchange *e, uint64_t deadline_ns);
/* Once prepared: false when all calls were notifications, so that no answer is due. */
bool exchange_wants_answer(const struct exchange *e);

/* Makes more of the answer until `want_bytes` of it are ready, or all of it, or the deadline has
 * come, or the tables need a pause. At least one step is made, whatever the deadline. */
void exchange_fill(struct exchange *e, size_t want_bytes, uint64_t deadline_ns);
/* Takes up to `max_bytes` that are ready; returns how many. */
size_t exchange_take(struct exchange *e, char *ret_bytes, size_t max_bytes);
size_t exchange_ready_bytes(const struct exchange *e);
/* True when exchange_fill has nothing more to make. */
bool exchange_complete(const struct exchange *e);

#endif
