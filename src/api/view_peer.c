/* JSON views of peers. What is only known while a session is up is null at other times; a network
 * has no session of its own. */
#include "api/view_peer.h"

#include <stdio.h>

#include "base/time.h"
#include "wire/family.h"
#include "wire/open.h"

enum { PEER_NAME_MAX = 64 };

/* Its address (with the scope of a link-local one), or its network. `buf` is returned. */
static const char *peer_view_name(const struct speaker_peer *peer, char *buf)
{
    if (peer->session)
        snprintf(buf, PEER_NAME_MAX, "%s", peer_name(peer->session));
    else
        prefix_format(&peer->remote.prefix, buf);
    return buf;
}

static bool is_up(const struct speaker_peer *peer)
{
    return peer->session && peer_established(peer->session);
}

static const char *state_name(const struct speaker_peer *peer)
{
    if (!peer->enabled)
        return "Disabled";
    if (!peer->session)
        return peer->closed[0] ? fsm_state_name(FSM_IDLE) : "Listening";
    return fsm_state_name(peer_state(peer->session));
}

/* `value`, or null when it is not known. */
static void put_known(struct jsonw *w, const char *key, bool known, uint64_t value)
{
    if (known)
        jsonw_uint(w, key, value);
    else
        jsonw_null(w, key);
}

static void put_router_id(struct jsonw *w, const struct speaker_peer *peer)
{
    if (!is_up(peer)) {
        jsonw_null(w, "router_id");
        return;
    }
    char text[IP_TEXT_MAX];
    struct ip_addr id = ip_from_v4(peer_session(peer->session)->remote_bgp_id);
    jsonw_text(w, "router_id", ip_format(&id, text));
}

static void put_uptime(struct jsonw *w, const struct speaker_peer *peer, const struct time_now *now)
{
    if (!is_up(peer)) {
        jsonw_null(w, "connect_time");
        jsonw_null(w, "uptime");
        return;
    }
    const struct peer_session *session = peer_session(peer->session);
    char text[TIME_TEXT_MAX];
    uint64_t up_s = time_age_s_of(now, session->established_mono_ms);
    jsonw_int(w, "connect_time", time_unix_s_of(now, session->established_mono_ms));
    jsonw_text(w, "uptime", time_format_duration(up_s, text));
}

/* What was wrong last, and when. A network has no moment for it: what it shows holds now. */
static void put_last_error(struct jsonw *w, const struct speaker_peer *peer,
                           const struct time_now *now)
{
    const char *text = peer->session ? peer_last_error(peer->session) : peer->closed;
    bool has_time = text[0] && peer->session;
    uint64_t at_ms = has_time ? peer_last_error_mono_ms(peer->session) : 0;
    char age[TIME_TEXT_MAX];
    jsonw_text(w, "last_error", text[0] ? text : NULL);
    if (has_time)
        jsonw_int(w, "last_error_at", time_unix_s_of(now, at_ms));
    else
        jsonw_null(w, "last_error_at");
    jsonw_text(w, "last_error_age",
               has_time ? time_format_duration(time_age_s_of(now, at_ms), age) : NULL);
    jsonw_bool(w, "last_error_current", text[0] && !is_up(peer));
}

/* Since when there is no session, and why the last one ended. */
static void put_down(struct jsonw *w, const struct speaker_peer *peer, const struct time_now *now)
{
    bool down = peer->session && !is_up(peer);
    uint64_t since_ms = down ? peer_down_mono_ms(peer->session) : 0;
    const char *reason = down ? peer_down_reason(peer->session) : "";
    char age[TIME_TEXT_MAX];
    if (down)
        jsonw_int(w, "down_since", time_unix_s_of(now, since_ms));
    else
        jsonw_null(w, "down_since");
    jsonw_text(w, "down_age",
               down ? time_format_duration(time_age_s_of(now, since_ms), age) : NULL);
    jsonw_text(w, "down_reason", reason[0] ? reason : NULL);
}

/* Keys that wait for its next session. */
static void put_pending(struct jsonw *w, const struct speaker_peer *peer)
{
    config_key_set keys = peer->session ? peer_pending(peer->session) : 0;
    const char *key;
    unsigned bit = 0;
    jsonw_array(w, "pending");
    while ((key = config_next_peer_key(keys, &bit)) != NULL)
        jsonw_text(w, NULL, key);
    jsonw_array_end(w);
}

static void put_held_back(struct jsonw *w, const struct speaker_peer *peer)
{
    struct strbuf text = {0};
    if (peer->session)
        peer_describe_setback(peer->session, &text);
    jsonw_text(w, "held_back", text.len_bytes ? strbuf_text(&text) : NULL);
    strbuf_release(&text);
}

void peer_view_put_summary(struct jsonw *w, const char *key, const struct speaker_peer *peer,
                           const struct time_now *now)
{
    const struct peer_counters none = {0};
    const struct peer_counters *counters = peer->session ? peer_counters(peer->session) : &none;
    bool up = is_up(peer);
    char name[PEER_NAME_MAX];
    jsonw_object(w, key);
    jsonw_text(w, "peer", peer_view_name(peer, name));
    jsonw_bool(w, "enabled", peer->enabled);
    put_router_id(w, peer);
    jsonw_uint(w, "remote_asn", peer->config->remote_as);
    jsonw_uint(w, "local_asn", peer->config->local_as);
    put_known(w, "msg_received", peer->session, counters->messages_received);
    put_known(w, "msg_sent", peer->session, counters->messages_sent);
    put_uptime(w, peer, now);
    jsonw_text(w, "state", state_name(peer));
    put_known(w, "prefixes_received", up, peer->prefixes_received);
    put_known(w, "prefixes_accepted", up, peer->prefixes_accepted);
    put_known(w, "prefixes_advertised", up, peer->prefixes_advertised);
    jsonw_text(w, "description", peer->config->description);
    put_last_error(w, peer, now);
    put_held_back(w, peer);
    put_pending(w, peer);
    jsonw_bool(w, "dynamic", peer->session && peer_is_dynamic(peer->session));
    put_down(w, peer, now);
    jsonw_object_end(w);
}

/* Seconds since a moment; null when it never came. */
static void put_seconds_since(struct jsonw *w, const char *key, uint64_t mono_ms,
                              const struct time_now *now)
{
    put_known(w, key, mono_ms != 0, time_age_s_of(now, mono_ms));
}

static void put_endpoint(struct jsonw *w, const struct endpoint *end)
{
    char text[IP_ENDPOINT_TEXT_MAX];
    jsonw_text(w, NULL, ip_format_endpoint(&end->addr, end->port, text));
}

/* The role that we have in the session, or are to have in the next one, and that of the peer. */
static void put_roles(struct jsonw *w, const struct speaker_peer *peer,
                      const struct peer_session *session)
{
    bool is_external = config_peer_kind(peer->config) == SESSION_EXTERNAL;
    enum role configured = is_external ? peer->config->role : ROLE_NONE;
    jsonw_text(w, "role", role_name(session ? session->role : configured));
    jsonw_text(w, "remote_role", role_name(session ? session->remote_role : ROLE_NONE));
}

static void put_connection(struct jsonw *w, const struct speaker_peer *peer)
{
    if (!is_up(peer)) {
        jsonw_null(w, "tcp_connection");
        return;
    }
    const struct peer_session *session = peer_session(peer->session);
    jsonw_array(w, "tcp_connection");
    put_endpoint(w, &session->local);
    put_endpoint(w, &session->remote);
    jsonw_array_end(w);
}

static void put_capability(void *ctx, const char *text)
{
    jsonw_text(ctx, NULL, text);
}

static void put_families(struct jsonw *w, const struct speaker_peer *peer)
{
    struct speaker_channel c;
    jsonw_array(w, "families");
    for (unsigned i = 0; speaker_peer_channel(peer, i, &c); i++)
        if (c.state == CHANNEL_UP)
            jsonw_text(w, NULL, family_info(c.family)->name);
    jsonw_array_end(w);

    jsonw_object(w, "prefixes");
    for (unsigned i = 0; speaker_peer_channel(peer, i, &c); i++) {
        if (c.state != CHANNEL_UP)
            continue;
        jsonw_object(w, family_info(c.family)->name);
        jsonw_uint(w, "received", c.received);
        jsonw_uint(w, "accepted", c.accepted);
        jsonw_uint(w, "advertised", c.advertised);
        jsonw_object_end(w);
    }
    jsonw_object_end(w);
}

/* "up"; "down: prefix limit, retry in 291 s" */
static void put_channel_state(struct jsonw *w, const struct speaker_peer *peer,
                              const struct speaker_channel *c)
{
    static const char *const names[] = {
        [CHANNEL_DOWN] = "down",
        [CHANNEL_LIMITED] = "down: ",
        [CHANNEL_NOT_NEGOTIATED] = "not negotiated",
        [CHANNEL_UP] = "up",
    };
    struct strbuf text = {0};
    bool limited = c->state == CHANNEL_LIMITED;
    strbuf_add(&text, names[c->state]);
    if (limited)
        peer_describe_setback(peer->session, &text);
    jsonw_text(w, "state", strbuf_text(&text));
    put_known(w, "retry_s", limited, limited ? peer_held_back_s(peer->session) : 0);
    strbuf_release(&text);
}

static void put_limit(struct jsonw *w, const struct config_limit *limit)
{
    if (limit->limit == 0) {
        jsonw_null(w, "limit");
        return;
    }
    jsonw_object(w, "limit");
    jsonw_uint(w, "limit", limit->limit);
    jsonw_uint(w, "warn_percent", limit->warn_percent);
    jsonw_text(w, "action", config_limit_action_names[limit->action]);
    put_known(w, "restart_s", limit->restart_s, limit->restart_s);
    jsonw_text(w, "count", config_limit_count_names[limit->count]);
    jsonw_object_end(w);
}

static void put_channels(struct jsonw *w, const struct speaker_peer *peer)
{
    struct speaker_channel c;
    jsonw_array(w, "channels");
    for (unsigned i = 0; speaker_peer_channel(peer, i, &c); i++) {
        bool up = c.state == CHANNEL_UP;
        jsonw_object(w, NULL);
        jsonw_text(w, "family", family_info(c.family)->name);
        put_channel_state(w, peer, &c);
        put_known(w, "received", up, c.received);
        put_known(w, "accepted", up, c.accepted);
        put_known(w, "advertised", up, c.advertised);
        jsonw_bool(w, "end_of_rib", up && c.end_of_rib);
        put_limit(w, &c.limit);
        jsonw_bool(w, "warned", c.near_limit);
        jsonw_bool(w, "exceeded", c.over_limit);
        put_known(w, "ignored", up, c.ignored);
        jsonw_object_end(w);
    }
    jsonw_array_end(w);
}

void peer_view_put_detail(struct jsonw *w, const char *key, const struct speaker_peer *peer,
                          const struct time_now *now)
{
    const struct peer_counters none = {0};
    const struct peer_counters *counters = peer->session ? peer_counters(peer->session) : &none;
    const struct peer_session *session = is_up(peer) ? peer_session(peer->session) : NULL;
    jsonw_object(w, key);
    peer_view_put_summary(w, "summary", peer, now);
    jsonw_uint(w, "hold_timer", peer->config->hold_time_s);
    put_known(w, "hold_timer_interval", session, session ? session->keepalive_s : 0);
    put_known(w, "hold_time", session, session ? session->hold_time_s : 0);
    put_seconds_since(w, "last_received", counters->last_received_mono_ms, now);
    put_seconds_since(w, "last_sent", counters->last_sent_mono_ms, now);
    put_connection(w, peer);
    put_roles(w, peer, session);
    jsonw_array(w, "capabilities");
    if (session)
        open_describe_capabilities(peer_remote_capabilities(peer->session), put_capability, w);
    jsonw_array_end(w);
    put_families(w, peer);
    put_channels(w, peer);
    jsonw_object(w, "messages");
    jsonw_uint(w, "updates_received", counters->updates_received);
    jsonw_uint(w, "updates_sent", counters->updates_sent);
    jsonw_object_end(w);
    jsonw_uint(w, "problems", counters->problems);
    jsonw_uint(w, "martians_ignored", peer->martians_ignored);
    jsonw_uint(w, "times_established", counters->times_established);
    put_last_error(w, peer, now);
    jsonw_object_end(w);
}
