/* The methods of the API: one table, from which calls are checked and carried out, and from which
 * `rpc.discover` and the reference in docs/api.md are made. */
#ifndef BGPD_API_METHODS_H
#define BGPD_API_METHODS_H

#include <stdint.h>

#include "api/audit.h"
#include "api/caller.h"
#include "api/jsonrpc.h"
#include "api/jsonw.h"
#include "api/params.h"
#include "api/route_counts.h"
#include "api/stream.h"
#include "api/view_route.h"
#include "base/log_limit.h"
#include "base/time.h"
#include "daemon/speaker.h"

/* What all calls work on; borrowed by each of them. */
struct method_env {
    struct speaker *speaker;
    const struct config *config; /* NULL: the speaker's; else there is no speaker, and only what
                                    asks nothing else can be carried out */
    struct route_renderer *renderer;
    struct route_counts_room *counts;
    const struct listening *listening;             /* of the API */
    const struct local_listening *local_listening; /* likewise, in the file system */
    bool listens_as_told;     /* where that is, is not for the configuration to say */
    uint64_t started_mono_ms; /* of the daemon */
    struct log_sources log;   /* of clients, see api/call_log.h */
    struct audit audit;       /* likewise */
};

/* One call on its way: what the function of a method gets. */
struct method_call {
    const struct method_env *env;
    const struct caller *caller;
    const struct method *method;
    struct time_now now;              /* what times in the result are derived from */
    const struct param_value *values; /* in the order of method->params; see method_param */
    const json_t *params;             /* what these were read from; NULL: none */
    struct text_queue *items;         /* as in struct jsonrpc_call */
    struct jsonw out;                 /* where the result goes, one JSON value */
    struct stream *stream;            /* set instead: the result is this stream; owned */
    uint64_t *ticket;           /* 0 at first; what a method that is pending has to remember */
    struct jsonrpc_error error; /* set by method_fail */
};

/* Beside the codes of JSON-RPC, which are negative. */
enum { METHOD_PENDING = 1 };

/* Parameters of one method at most, with the end of the list. */
#define METHOD_PARAMS_MAX 32

struct method {
    const char *name;
    enum access access; /* that it takes; more than ACCESS_READ: it changes something */
    const char *help;
    struct param params[METHOD_PARAMS_MAX];
    const char *result;      /* what comes back, for people */
    const char *result_type; /* JSON schema type: "array" or "object"; NULL: either */
    /* Carries the call out: 0 with a result or a stream, METHOD_PENDING to be called again in a
     * later loop turn, else the code given to method_fail. */
    int (*run)(struct method_call *call);
};

/* The table; *ret_count rows, in the order in which the reference shows them. */
const struct method *methods_table(size_t *ret_count);
const struct method *method_find(const char *name); /* NULL */
/* The name that is probably meant by one that there is not; NULL when none is near. */
const char *method_nearest(const char *name);

/* What is called, and by whom; all borrowed. */
struct method_request {
    const struct method *method;
    const struct caller *caller; /* who may */
    const json_t *params;        /* NULL: none */
    struct text_queue *items;    /* those of struct jsonrpc_call; NULL: none */
};

/* Carries out a call: binds the parameters, and runs the method. Returns 0 with the result written
 * to `out`, or with *ret_stream set to the stream that it is (to be freed; it borrows the caller
 * and the items); METHOD_PENDING when it is to be called again with the same *ticket (0 at first);
 * else the code of *error, which is to be released. */
int method_run(const struct method_env *env, const struct method_request *request, uint64_t *ticket,
               struct strbuf *out, struct stream **ret_stream, struct jsonrpc_error *error);

/* For the functions of methods. */

/* The value of the parameter `name`, which the method has. */
const struct param_value *method_param(const struct method_call *call, const char *name);
/* The same of one that the method may not have: then it is not given. */
const struct param_value *method_param_if(const struct method_call *call, const char *name);
/* Sets the error of the call and returns `code`. */
int method_fail(struct method_call *call, enum jsonrpc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for a parameter whose value turned out to be unusable: `problem` says what is wrong with
 * it, `expected` what it should have been (NULL: what its type expects). */
int method_fail_param(struct method_call *call, const char *name, const char *problem,
                      const char *expected);
/* The same for the name of a peer, or a network, that stands for none. */
int method_fail_peer(struct method_call *call, const struct scoped_prefix *peer);

/* The reference for docs/api.md, in Markdown. */
void methods_put_markdown(struct strbuf *out);

#endif
