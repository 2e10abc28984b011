/* Methods that show and control peers. */
#include <string.h>

#include "api/handlers.h"
#include "api/methods.h"
#include "api/view_peer.h"
#include "base/err.h"

/* Which peers are to be written, and how. */
struct peer_listing {
    struct method_call *call;
    const struct scoped_prefix *only; /* NULL: all */
    bool with_members;                /* a network stands for the dynamic peers in it, too */
    bool first_only;                  /* the result is one peer, not a list */
    void (*put)(struct jsonw *w, const char *key, const struct speaker_peer *peer);
    unsigned count;
};

static bool is_listed(const struct peer_listing *listing, const struct speaker_peer *peer)
{
    if (listing->first_only && listing->count > 0)
        return false;
    if (!listing->only || scoped_prefix_names(listing->only, &peer->remote))
        return true;
    return listing->with_members && peer->session && peer_is_dynamic(peer->session) &&
           prefix_covers(&listing->only->prefix, &peer->remote.prefix);
}

static void put_listed(void *ctx, const struct speaker_peer *peer)
{
    struct peer_listing *listing = ctx;
    if (!is_listed(listing, peer))
        return;
    listing->count++;
    listing->put(&listing->call->out, NULL, peer);
}

static void put_list(struct method_call *call, const struct peer_listing *which)
{
    struct peer_listing listing = *which;
    listing.call = call;
    jsonw_array(&call->out, NULL);
    speaker_each_peer(call->env->speaker, put_listed, &listing);
    jsonw_array_end(&call->out);
}

static int no_such_peer(struct method_call *call, const struct scoped_prefix *peer)
{
    char text[PREFIX_TEXT_MAX];
    char addr[IP_TEXT_MAX];
    struct ip_addr ip = prefix_address(&peer->prefix);
    memcpy(ip.interface, peer->interface, sizeof(ip.interface));
    return method_fail(call, JSONRPC_NOT_FOUND, "no peer %s",
                       prefix_is_host(&peer->prefix) ? ip_format(&ip, addr)
                                                     : prefix_format(&peer->prefix, text));
}

int handle_show_peers(struct method_call *call)
{
    put_list(call, &(struct peer_listing){.put = peer_view_put_summary});
    return 0;
}

int handle_show_peer_detail(struct method_call *call)
{
    const struct param_value *peer = method_param(call, "peer");
    if (!peer->given) {
        put_list(call, &(struct peer_listing){.put = peer_view_put_detail});
        return 0;
    }
    struct peer_listing listing = {
        .call = call, .only = &peer->peer, .first_only = true, .put = peer_view_put_detail};
    speaker_each_peer(call->env->speaker, put_listed, &listing);
    return listing.count > 0 ? 0 : no_such_peer(call, &peer->peer);
}

static int fail_control(struct method_call *call, int err, const char *why)
{
    if (err == ERR_EXISTS)
        return method_fail_param(call, "peer",
                                 "there are several, on different interfaces: name one "
                                 "(\"fe80::1%eth0\")");
    return method_fail(call, JSONRPC_FAILED, "%s", why);
}

/* The end of a method that controls peers: their summaries, or what went wrong. */
static int answer_control(struct method_call *call, int err, const struct scoped_prefix *peer)
{
    if (err == ERR_NOT_FOUND)
        return no_such_peer(call, peer);
    if (err)
        return fail_control(call, err, err_text(err));
    put_list(call, &(struct peer_listing){
                       .only = peer, .with_members = true, .put = peer_view_put_summary});
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
        return no_such_peer(call, peer);
    if (err)
        return fail_control(call, err, "no established session that negotiated route refresh");
    jsonw_object(&call->out, NULL);
    jsonw_array(&call->out, "families");
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        if (family_in(sent, f))
            jsonw_text(&call->out, NULL, family_info(f)->config_name);
    jsonw_array_end(&call->out);
    jsonw_object_end(&call->out);
    return 0;
}
