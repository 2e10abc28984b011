/* What the log says of clients of the API: what they changed, and what was refused to them.
 *
 * Lines have a limit for each client and method, and what was done to peers for each of them, so
 * that none hides another. */
#ifndef BGPD_API_CALL_LOG_H
#define BGPD_API_CALL_LOG_H

#include <jansson.h>
#include <stdbool.h>

#include "api/caller.h"
#include "api/jsonrpc.h"
#include "api/params.h"
#include "api/place.h"
#include "base/log_limit.h"

/* The limits, empty; log_sources_release at the end. */
struct log_sources call_log_sources(void);

/* A call of the method `name`, one that changes something: that it was carried out, or, when *error
 * has a code, why not. `json` are the parameters as they came; NULL: none. */
void call_log_change(struct log_sources *sources, const struct caller *caller, const char *name,
                     const struct param *params, const json_t *json,
                     const struct jsonrpc_error *error);

/* Appends the parameters of a call as they came, for people: "192.0.2.0/24 next hop 10.0.0.1,
 * communities 65000:1", at most some 1,000 bytes; and why it failed, at most some 300. */
void call_log_describe(const struct param *params, const json_t *json, struct strbuf *out);
void call_log_reason(const struct jsonrpc_error *error, struct strbuf *out);

/* A connection or a request was refused, or ended early: `what` ("connection", static) and `why`
 * ("refused: …"). `known` is false for a client that is neither on this machine nor has shown the
 * token. */
void call_log_refusal(struct log_sources *sources, const struct client_place *client, bool known,
                      const char *what, const char *why, ...) __attribute__((format(printf, 5, 6)));

#endif
