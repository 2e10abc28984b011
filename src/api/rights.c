/* What a token lets its holder announce and withdraw.
 *
 * What the holder of any token announces belongs to the name of the token. The role "originate"
 * cannot say otherwise, and neither changes nor withdraws what is not its own. */
#include "api/rights.h"

#include <string.h>

#include "daemon/aim.h"

/* The token of a caller who may only originate; NULL: there are no such limits. */
static const struct token *limiting_token(const struct method_call *call)
{
    const struct caller *caller = call->caller;
    return caller->token && caller->access < ACCESS_FULL ? caller->token : NULL;
}

int rights_settle(struct method_call *call, struct originated_terms *terms)
{
    const struct token *token = limiting_token(call);
    if (call->caller->token && !terms->owner)
        terms->owner = call->caller->token->name;
    if (!token)
        return 0;
    if (strcmp(terms->owner, token->name) != 0)
        return method_fail(call, JSONRPC_FORBIDDEN,
                           "owner: what is announced with this token belongs to %s", token->name);
    terms->own_alone = true;
    if (terms->to_count == 0) {
        terms->to = (const char *const *)token->to;
        terms->to_count = token->to_count;
    }
    return 0;
}

static int check_aim(struct method_call *call, const struct token *token,
                     const struct originated_terms *terms)
{
    for (size_t i = 0; i < terms->to_count && token->to_count > 0; i++)
        if (!aim_item_within(call->env->speaker, terms->to[i], (const char *const *)token->to,
                             token->to_count))
            return method_fail(call, JSONRPC_FORBIDDEN,
                               "to: with this token nothing may be aimed at '%.64s'", terms->to[i]);
    return 0;
}

/* "192.0.2.0/24 WHAT": what is in the way of the caller. */
static int fail_route(struct method_call *call, const struct static_route *route, const char *what)
{
    struct strbuf name = {0};
    static_route_format_key(route, &name);
    int code = method_fail(call, JSONRPC_FORBIDDEN, "%s %s", strbuf_text(&name), what);
    strbuf_release(&name);
    return code;
}

int rights_check(struct method_call *call, const struct static_route *route,
                 const struct originated_terms *terms)
{
    const struct token *token = limiting_token(call);
    if (!token)
        return 0;
    if (!token_permits(token, (enum family)route->family, static_route_key(route)))
        return fail_route(call, route, "is outside of the prefixes of the token");
    return check_aim(call, token, terms);
}

int rights_fail_owner(struct method_call *call, const struct static_route *route, const char *owner)
{
    struct strbuf what = {0};
    if (owner[0] != '\0')
        strbuf_printf(&what, "belongs to %s, not to the holder of this token", owner);
    else
        strbuf_add(&what, "does not belong to the holder of this token");
    int code = fail_route(call, route, strbuf_text(&what));
    strbuf_release(&what);
    return code;
}
