/* Parameters of methods: their types, and the way from JSON to checked values. */
#ifndef BGPD_API_PARAMS_H
#define BGPD_API_PARAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/jsonrpc.h"
#include "base/prefix.h"
#include "daemon/query.h"
#include "wire/community.h"
#include "wire/family.h"
#include "wire/rd.h"

enum param_type {
    PARAM_TEXT,         /* -> text */
    PARAM_MESSAGE,      /* what people say to each other -> text */
    PARAM_CONFIG,       /* the text of a configuration, which may hold secrets -> text */
    PARAM_NAME,         /* what that is called -> text */
    PARAM_FLAG,         /* -> flag */
    PARAM_UINT32,       /* -> number */
    PARAM_METRIC,       /* -> metric */
    PARAM_COUNT,        /* 1 and up -> number */
    PARAM_PEERS,        /* "all", one of those below, or a list of them -> peers */
    PARAM_PEER,         /* an address, with an interface perhaps, or a network -> peer */
    PARAM_SOURCE,       /* the same, or "API" or "Config" -> source, and peer where it is one */
    PARAM_PREFIX,       /* -> prefix */
    PARAM_PLACE,        /* the same -> prefix; flag: it is an address */
    PARAM_RD,           /* -> rd */
    PARAM_FAMILY,       /* -> family */
    PARAM_ROUTE_FAMILY, /* one whose routes are written by a prefix -> family */
    PARAM_AFI,          /* -> number: 1 or 2 */
    PARAM_AS,           /* -> number */
    PARAM_COMMUNITY,    /* -> community */
    PARAM_PATH_REGEX,   /* an expression on AS paths -> text */
    PARAM_ROUTE_LIST,   /* a list of routes -> number: enum route_query_kind */
    PARAM_COUNT_BY,     /* what routes have in common -> number: enum route_count_by */
    PARAM_KIND,         /* routes or flows -> flag: flows */
    PARAM_ROV,          /* a state of the origin -> number: enum rov_state */
    /* What config/route.h judges: -> text, list or numbers. */
    PARAM_ROUTE_PREFIX,
    PARAM_ROUTE_RD,
    PARAM_LABELS, /* a list, or one number */
    PARAM_NEXT_HOP,
    PARAM_ORIGIN,
    PARAM_AS_PATH,     /* a list, or one text of words */
    PARAM_COMMUNITIES, /* the same */
    PARAM_AGGREGATOR,  /* as text, or as it is shown -> text, which may be that of list */
    PARAM_ROUTER_ID,
    PARAM_CLUSTER_LIST, /* a list, or one text of words */
    PARAM_ACTION,
    PARAM_RULES, /* a list of texts */
    /* Names -> list. */
    PARAM_POLICIES,
    PARAM_MARKS,
    PARAM_AIM,
    PARAM_TAGS,
    PARAM_LABEL,       /* a short text of any kind -> text */
    PARAM_TAG,         /* one without spaces -> text */
    PARAM_TTL,         /* "10m", or seconds -> number: seconds */
    PARAM_POLICY_PEER, /* -> text */
    PARAM_CURSOR,
    PARAM_ITEMS, /* a list that may be very long -> number: of its items */
    PARAM_TYPE_COUNT,
};

#define PARAM_NAME_MAX_BYTES 255u

struct param {
    const char *name; /* NULL ends a table */
    enum param_type type;
    bool required;
    const char *help;
};

struct param_list {
    char **items; /* owned, and so is each */
    size_t count;
};

struct param_peers {
    struct scoped_prefix *items; /* owned */
    size_t count;
    bool all; /* these are networks for all addresses there are */
};

struct param_numbers {
    uint32_t *items; /* owned */
    size_t count;
};

/* The value of one parameter; the member that its type names is set. */
struct param_value {
    bool given;       /* false: absent or null; the rest is zero */
    bool borrowed;    /* what is owned below is another's */
    const char *text; /* borrowed from the request */
    bool flag;
    uint32_t number;
    uint64_t metric;
    struct prefix prefix;
    uint8_t rd[RD_BYTES];
    struct scoped_prefix peer;
    struct param_peers peers;
    enum route_source_kind source;
    enum family family;
    struct community community;
    struct param_list list;
    struct param_numbers numbers;
};

/* Appends what a value of a type must be, for people ("an IP address or network"), and as a JSON
 * schema. */
void param_put_expected(enum param_type type, struct strbuf *out);
void param_put_schema(enum param_type type, struct strbuf *out);

/* Checks `json` (an array: by position; an object: by name; NULL: none) against the parameters in
 * `params` and fills `ret_values`, one for each, in the same order. Returns 0, or ERR_INVALID with
 * *error (code, message, and data that name the parameter and what was expected) set; in both cases
 * the values are to be released. */
int params_bind(const struct param *params, const json_t *json, struct param_value *ret_values,
                struct jsonrpc_error *error);
/* The same of an object among many: what it does not say is as `common` says, a value for each of
 * the parameters (NULL: there is none), which are borrowed until the values are released. */
int params_bind_item(const struct param *params, const json_t *json,
                     const struct param_value *const *common, struct param_value *ret_values,
                     struct jsonrpc_error *error);
void params_release(const struct param *params, struct param_value *values);

/* Sets *error to "Invalid params: NAME: PROBLEM" with the data {"param": NAME, "expected":
 * EXPECTED}. */
void params_error(struct jsonrpc_error *error, const char *name, const char *problem,
                  const char *expected);

size_t params_count(const struct param *params);
/* Where a parameter is among them; params_count() when there is none. */
size_t params_find(const struct param *params, const char *name);

#endif
