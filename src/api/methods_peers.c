/* Methods that show and control peers. */
#include "api/handlers.h"
#include "api/methods.h"
#include "api/view_peer.h"
#include "base/err.h"

int handle_show_peers(struct method_call *call)
{
    struct peer_selection all = {.put = peer_view_put_summary};
    call->stream = peer_stream_new(call->env->speaker, &all);
    return 0;
}

int handle_show_peer_detail(struct method_call *call)
{
    const struct param_value *peer = method_param(call, "peer");
    struct peer_selection selection = {
        .only = &peer->peer, .only_count = peer->given, .put = peer_view_put_detail};
    if (peer->given && !speaker_knows_peer(call->env->speaker, &peer->peer))
        return method_fail_peer(call, &peer->peer);
    if (!peer->given || !prefix_is_host(&peer->peer.prefix)) {
        call->stream = peer_stream_new(call->env->speaker, &selection);
        return 0;
    }
    struct speaker_peer_cursor cursor = {0};
    struct speaker_peer found;
    while (speaker_next_peer(call->env->speaker, &cursor, &found)) {
        if (!peer_is_selected(&selection, &found))
            continue;
        peer_view_put_detail(&call->out, NULL, &found, &call->now);
        return 0;
    }
    return method_fail_peer(call, &peer->peer);
}

static int fail_control(struct method_call *call, const struct scoped_prefix *peer, int err)
{
    char text[IP_TEXT_MAX];
    struct ip_addr addr = prefix_address(&peer->prefix);
    struct strbuf problem = {0};
    if (err == ERR_NOT_FOUND)
        return method_fail_peer(call, peer);
    if (err != ERR_EXISTS)
        return method_fail(call, JSONRPC_FAILED, "%s", err_text(err));
    strbuf_printf(&problem, "%s: there are several, on different interfaces",
                  ip_format(&addr, text));
    int code = method_fail_param(call, "peer", strbuf_text(&problem),
                                 "the address with its interface (\"fe80::1%eth0\")");
    strbuf_release(&problem);
    return code;
}

/* What is done to the peers that one name stands for. */
typedef int (*peer_act)(void *ctx, struct speaker *s, const struct scoped_prefix *peer);

/* Does something to all peers that the call names, or to none where one name is wrong. Returns 0,
 * or the code of the error of the call. */
static int act_on_peers(struct method_call *call, peer_act act, void *ctx)
{
    const struct param_peers *peers = &method_param(call, "peer")->peers;
    struct speaker *speaker = call->env->speaker;
    size_t known = 0;
    for (size_t i = 0; i < peers->count; i++) {
        int err = speaker_check_peer(speaker, &peers->items[i]);
        if (err && !(peers->all && err == ERR_NOT_FOUND))
            return fail_control(call, &peers->items[i], err);
        known += !err;
    }
    if (known == 0)
        return method_fail(call, JSONRPC_NOT_FOUND, "there are no peers");
    for (size_t i = 0; i < peers->count; i++) {
        int err = act(ctx, speaker, &peers->items[i]);
        if (err && !(peers->all && err == ERR_NOT_FOUND))
            return fail_control(call, &peers->items[i], err);
    }
    return 0;
}

/* A method that controls peers, and answers with their summaries. */
static int control(struct method_call *call, peer_act act, void *ctx)
{
    const struct param_peers *peers = &method_param(call, "peer")->peers;
    struct peer_selection named = {
        .only = peers->items, .only_count = peers->count, .put = peer_view_put_summary};
    int code = act_on_peers(call, act, ctx);
    if (!code)
        call->stream = peer_stream_new(call->env->speaker, &named);
    return code;
}

static int enable(void *ctx, struct speaker *s, const struct scoped_prefix *peer)
{
    (void)ctx;
    return speaker_enable_peer(s, peer);
}

int handle_enable_peer(struct method_call *call)
{
    return control(call, enable, NULL);
}

/* What ends sessions has a message as its context. */
static int disable(void *ctx, struct speaker *s, const struct scoped_prefix *peer)
{
    const char *const *message = ctx;
    return speaker_disable_peer(s, peer, *message);
}

int handle_disable_peer(struct method_call *call)
{
    const char *message = method_param(call, "message")->text;
    return control(call, disable, &message);
}

static int reset(void *ctx, struct speaker *s, const struct scoped_prefix *peer)
{
    const char *const *message = ctx;
    return speaker_reset_peer(s, peer, *message);
}

int handle_reset_peer(struct method_call *call)
{
    const char *message = method_param(call, "message")->text;
    return control(call, reset, &message);
}

struct refreshed {
    family_set wanted;
    family_set sent;
};

/* One that cannot be asked is passed over: it is enough when one of all can. */
static int refresh(void *ctx, struct speaker *s, const struct scoped_prefix *peer)
{
    struct refreshed *r = ctx;
    family_set sent = 0;
    int err = speaker_refresh_peer(s, peer, r->wanted, &sent);
    r->sent |= err ? 0 : sent;
    return err == ERR_STATE ? 0 : err;
}

int handle_refresh_peer(struct method_call *call)
{
    const struct param_value *family = method_param(call, "family");
    struct refreshed r = {.wanted = family->given ? FAMILY_BIT(family->family) : FAMILY_ALL};
    int code = act_on_peers(call, refresh, &r);
    if (code)
        return code;
    if (r.sent == 0)
        return method_fail(call, JSONRPC_FAILED,
                           "no established session that negotiated route refresh");
    jsonw_object(&call->out, NULL);
    jsonw_array(&call->out, "families");
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(r.sent, f))
            jsonw_text(&call->out, NULL, family_info(f)->name);
    jsonw_array_end(&call->out);
    jsonw_object_end(&call->out);
    return 0;
}
