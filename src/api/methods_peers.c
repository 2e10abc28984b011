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
        .has_only = peer->given, .only = peer->peer, .put = peer_view_put_detail};
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

static int fail_control(struct method_call *call, int err, const char *why)
{
    if (err == ERR_EXISTS)
        return method_fail_param(call, "peer", "there are several, on different interfaces",
                                 "the address with its interface (\"fe80::1%eth0\")");
    return method_fail(call, JSONRPC_FAILED, "%s", why);
}

/* The end of a method that controls peers: their summaries, or what went wrong. */
static int answer_control(struct method_call *call, int err, const struct scoped_prefix *peer)
{
    if (err == ERR_NOT_FOUND)
        return method_fail_peer(call, peer);
    if (err)
        return fail_control(call, err, err_text(err));
    struct peer_selection named = {.has_only = true, .only = *peer, .put = peer_view_put_summary};
    call->stream = peer_stream_new(call->env->speaker, &named);
    return 0;
}

int handle_enable_peer(struct method_call *call)
{
    const struct scoped_prefix *peer = &method_param(call, "peer")->peer;
    return answer_control(call, speaker_enable_peer(call->env->speaker, peer), peer);
}

int handle_disable_peer(struct method_call *call)
{
    const struct scoped_prefix *peer = &method_param(call, "peer")->peer;
    const char *message = method_param(call, "message")->text;
    return answer_control(call, speaker_disable_peer(call->env->speaker, peer, message), peer);
}

int handle_reset_peer(struct method_call *call)
{
    const struct scoped_prefix *peer = &method_param(call, "peer")->peer;
    const char *message = method_param(call, "message")->text;
    return answer_control(call, speaker_reset_peer(call->env->speaker, peer, message), peer);
}

int handle_refresh_peer(struct method_call *call)
{
    const struct scoped_prefix *peer = &method_param(call, "peer")->peer;
    const struct param_value *family = method_param(call, "family");
    family_set wanted = FAMILY_ALL;
    if (family->given)
        wanted = FAMILY_BIT(family->family);
    family_set sent = 0;
    int err = speaker_refresh_peer(call->env->speaker, peer, wanted, &sent);
    if (err == ERR_NOT_FOUND)
        return method_fail_peer(call, peer);
    if (err)
        return fail_control(call, err, "no established session that negotiated route refresh");
    jsonw_object(&call->out, NULL);
    jsonw_array(&call->out, "families");
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(sent, f))
            jsonw_text(&call->out, NULL, family_info(f)->name);
    jsonw_array_end(&call->out);
    jsonw_object_end(&call->out);
    return 0;
}
