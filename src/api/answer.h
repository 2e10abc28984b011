/* One request body, as it arrives, and the answer to it, made piece by piece.
 *
 * Calls that change something are carried out first, in their order, whether the client waits for
 * the answer or not; where their answers would hold more than some MiB, the rest follows as the
 * client takes them. Calls that only read are carried out while the answer is being written: so a
 * batch of long lists needs no more memory than one of them, and one needs next to none. */
#ifndef BGPD_API_ANSWER_H
#define BGPD_API_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/jsonrpc.h"
#include "api/methods.h"

struct answer;

/* Nothing has arrived yet. `env` is borrowed until answer_free. */
struct answer *answer_new(struct method_env *env, const struct caller *caller,
                          enum jsonrpc_form form);
void answer_free(struct answer *a); /* NULL is allowed */

/* More of the body has arrived; all of it has. */
void answer_feed(struct answer *a, const char *data, size_t len_bytes);
void answer_end(struct answer *a);
/* Of lines: no more of them are carried out, and the answer ends with an error that says so. */
void answer_cut(struct answer *a);
/* Memory for what has arrived and was not worked off, and for answers that wait, about. */
size_t answer_held_bytes(const struct answer *a);

/* Carries out what changes something, until it is done (true) or time_mono_ns() has reached
 * `deadline_ns`: then it is to be called again. Of a document there is nothing before its end; of
 * lines what has arrived, and at the end more than once. */
bool answer_prepare(struct answer *a, uint64_t deadline_ns);
/* True when what is not done yet waits for a reload, or for the disk, before the end of which it is
 * of no use to call again. */
bool answer_is_pending(const struct answer *a);
/* Once prepared, at the end: false when all calls were notifications, so that no answer is due. */
bool answer_wants_answer(const struct answer *a);

/* Makes more of the answer until `want_bytes` of it are ready, or all of it, or the deadline has
 * come, or the tables need a pause. At least one step is made, whatever the deadline. */
void answer_fill(struct answer *a, size_t want_bytes, uint64_t deadline_ns);
/* Takes up to `max_bytes` that are ready; returns how many. */
size_t answer_take(struct answer *a, char *ret_bytes, size_t max_bytes);
size_t answer_ready_bytes(const struct answer *a);
/* True when answer_fill has nothing more to make. */
bool answer_complete(const struct answer *a);

#endif
