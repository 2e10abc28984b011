/* Who calls methods, and what they may do.
 *
 * A token says what its holder may do. Without one it is where the client is that counts. A web
 * page that a user of this machine has open can make their browser send requests from here, with
 * whatever the browser knows: so what comes from a page changes nothing, token or not. A client
 * behind a proxy is not on this machine.
 *
 * A token that is none counts for less than no token: whoever shows one means to be somebody. */
#include "api/caller.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "api/host.h"

/* The token of an Authorization header (RFC 6750 §2.1); NULL: it holds none. */
static const char *bearer_of(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    return authorization + sizeof(scheme) - 1;
}

/* Whether this is the token of api_token_file. */
static bool is_full_token(const struct config *config, const struct token_hash *hash)
{
    struct token_hash own;
    return config->api_token && config->api_token[0] != '\0' &&
           token_hash_of(config->api_token, strlen(config->api_token), &own) == 0 &&
           token_hash_equal(&own, hash);
}

/* What the token of a client is; false: it is none. *ret_token: the one of api_tokens, or NULL. */
static bool find_token(const struct config *config, const char *bearer,
                       const struct token **ret_token)
{
    struct token_hash hash;
    if (!bearer || bearer[0] == '\0' || token_hash_of(bearer, strlen(bearer), &hash) != 0)
        return false;
    *ret_token = tokens_find(config->tokens, &hash);
    return is_full_token(config, &hash) || *ret_token;
}

bool caller_has_token(const struct config *config, const char *authorization)
{
    const struct token *token;
    return find_token(config, bearer_of(authorization), &token);
}

/* Whether the request was sent to a name of this machine. Clients that are no browsers may leave
 * the name out (HTTP/1.0). */
static bool is_host_ours(const struct config *config, const char *host)
{
    char own_name[UV_MAXHOSTNAMESIZE] = "";
    size_t size = sizeof(own_name);
    if (uv_os_gethostname(own_name, &size) != 0)
        own_name[0] = '\0';
    return !host || host_is_ours(host, own_name, config->api_hosts, config->api_host_count);
}

/* The caller may do no more than this. */
static void limit(struct caller *caller, enum access access, const char *reason)
{
    if (caller->access <= access)
        return;
    caller->access = access;
    caller->reason = reason;
}

static void grant_by_token(struct caller *caller, const struct config *config,
                           const struct token *token)
{
    static const char *const reasons[ACCESS_COUNT] = {
        [ACCESS_READ] = "the role of the token is \"read\"",
        [ACCESS_ORIGINATE] = "the role of the token is \"originate\"",
    };
    if (!token)
        return;
    caller->tokens = tokens_ref(config->tokens);
    caller->token = token;
    limit(caller, token->access, reasons[token->access]);
}

static void grant_by_place(struct caller *caller, const struct config *config, bool local,
                           bool name_ours)
{
    static const char *const reasons[ACCESS_COUNT] = {
        [ACCESS_NONE] = "it takes a bearer token (api_loopback is \"none\")",
        [ACCESS_READ] = "it takes a bearer token (api_loopback is \"read\")",
    };
    limit(caller, config->api_loopback, reasons[config->api_loopback]);
    if (!local)
        limit(caller, ACCESS_READ, "it takes a loopback client or a bearer token");
    else if (!name_ours)
        limit(caller, ACCESS_READ,
              "the Host header is neither an address, localhost nor the name of this machine: "
              "list the name in api_hosts to allow it");
}

struct caller caller_identify(const struct config *config, const struct caller_signs *signs)
{
    struct caller caller = {.access = ACCESS_FULL, .place = signs->place};
    const struct token *token = NULL;
    const char *bearer = bearer_of(signs->authorization);
    bool local = place_is_local(&signs->place) && !signs->proxied;
    bool host_ours = local && is_host_ours(config, signs->host);
    /* No browser connects to a file, so that what clients call us there says nothing. */
    bool by_file = local && place_is_file(&signs->place);
    bool is_known = find_token(config, bearer, &token);
    if (is_known)
        grant_by_token(&caller, config, token);
    else
        grant_by_place(&caller, config, local, host_ours || by_file);
    if (bearer && !is_known) {
        limit(&caller, ACCESS_READ, NULL);
        caller.reason = "the bearer token is not valid";
    }
    if (signs->origin && !(host_ours && signs->host && host_is_origin(signs->host, signs->origin)))
        limit(&caller, ACCESS_READ,
              "the request comes from a web page (it has an Origin header that is not the API's)");
    caller.stranger = !is_known && caller.access <= ACCESS_READ;
    return caller;
}

struct caller caller_copy(const struct caller *caller)
{
    struct caller copy = *caller;
    tokens_ref(copy.tokens);
    return copy;
}

void caller_release(struct caller *caller)
{
    tokens_unref(caller->tokens);
    *caller = (struct caller){0};
}

void caller_put_name(const struct caller *caller, struct strbuf *out)
{
    char text[PLACE_TEXT_MAX];
    strbuf_add(out, place_format(&caller->place, text));
    if (caller->token)
        strbuf_printf(out, " (%s)", caller->token->name);
}
