/* A client of the daemon's JSON-RPC API. */
#ifndef BGPD_CLI_CLIENT_H
#define BGPD_CLI_CLIENT_H

#include <jansson.h>
#include <stdint.h>

#include "base/json_split.h"
#include "base/strbuf.h"

struct client {
    const char *host; /* name or address, IPv6 with or without brackets; borrowed */
    uint16_t port;
    char *token;         /* bearer token, or NULL; owned */
    struct strbuf error; /* why the last call failed, for people; may have several lines */
};

void client_release(struct client *c);

/* Reads the bearer token from the first line of a file. ERR_IO, ERR_INVALID with client.error. */
int client_load_token(struct client *c, const char *path);

/* Calls a method; takes over `params` (an object, or NULL). With `on_item`, the items of the list
 * that is the result (or its member "routes") are handed to it one by one as they arrive, and are
 * missing from *ret_result. Returns
 *   0            *ret_result is the result (a new reference)
 *   ERR_IO       nobody answers there, or the connection broke
 *   ERR_INVALID  what answers does not speak JSON-RPC
 *   ERR_STATE    the daemon's answer is an error
 * or what on_item returned when that was not 0 (ERR_INVALID: the text is no JSON); client.error
 * says why in the three cases. */
int client_call(struct client *c, const char *method, json_t *params, json_split_item on_item,
                void *ctx, json_t **ret_result);

#endif
