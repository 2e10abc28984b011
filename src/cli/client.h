/* A client of the daemon's JSON-RPC API. */
#ifndef BGPD_CLI_CLIENT_H
#define BGPD_CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/json_split.h"
#include "base/strbuf.h"

/* What kind of failure the last one was. */
enum client_problem {
    CLIENT_LOCAL,       /* on this side */
    CLIENT_MISUSED,     /* what the person says, on the command line or beside it */
    CLIENT_UNREACHABLE, /* nobody answers there, or what does is no daemon */
    CLIENT_BAD_VALUE,   /* the daemon says that a parameter is wrong */
    CLIENT_REFUSED,     /* the daemon's answer is another error */
};

/* Zero-initialised but for host and port. */
struct client {
    const char *host; /* name or address, IPv6 with or without brackets, or "unix:PATH"; borrowed */
    uint16_t port;
    bool tls;       /* it is to show a certificate */
    const char *ca; /* file of those who may vouch for that; NULL: those of the system; borrowed */
    unsigned timeout_s; /* of a call as a whole; 0: none, but silence has one */
    char *token;        /* bearer token, or NULL; owned */
    void *connection;   /* libcurl's handle, which keeps it for further calls; NULL before; owned */
    struct strbuf error; /* why the last call failed, for people; may have several lines */
    enum client_problem problem;
    json_t *rpc_error; /* that the daemon answered with, or NULL; owned */
    json_t *cursor;    /* that stands beside the result of the last call; owned, NULL: none */
};

void client_release(struct client *c);

/* Notes a failure on this side, in place of another one. */
void client_fail(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the bearer token from the first line of a file. ERR_IO (errno says why), ERR_INVALID, with
 * client.error. */
int client_load_token(struct client *c, const char *path);

/* Calls a method; takes over `params` (an object, or NULL). With `on_item`, the items of the list
 * that is the result (or its member "routes" or "settings") are handed to it one by one as they
 * arrive, and are missing from *ret_result. Returns 0            *ret_result is the result (a new
 * reference) ERR_IO       nobody answers there, or the connection broke ERR_INVALID  what answers
 * does not speak JSON-RPC ERR_STATE    the daemon's answer is an error or what on_item returned
 * when that was not 0 (ERR_INVALID: the text is no JSON); client.error says why in the three cases.
 */
int client_call(struct client *c, const char *method, json_t *params, json_split_item on_item,
                void *ctx, json_t **ret_result);

/* Sends a JSON document as it is, a batch of calls for example, that has an answer. *ret_answer is
 * the answer's document (a new reference). Returns 0, ERR_IO or ERR_INVALID as client_call. */
int client_exchange(struct client *c, const char *document, json_t **ret_answer);

/* Appends what an error of an answer says, "MESSAGE (parameter P: expected E)" and the lines of
 * data.errors below it; false, with nothing appended, for what is no such error. */
bool client_add_error(struct strbuf *out, json_t *error);

/* An item of the last answer turned out to be no route, or the like: says so as client_call does of
 * what does not speak JSON-RPC, and returns ERR_INVALID. */
int client_not_json_rpc(struct client *c);

#endif
