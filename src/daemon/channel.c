/* Channels: what a neighbour is told of a family, and by which export profile; how many prefixes it
 * may send. RFC 4271 §5.1.3, RFC 4760 §3, RFC 2545, RFC 8950 (next hops); RFC 4486 §4 (limits). */
#include "daemon/channel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/state.h"
#include "rib/export.h"

/* --- export profiles --- */

/* Our IPv4 address towards a peer with an IPv6 session and without RFC 8950: the configured one, or
 * the router id where that is an address of ours; false when there is none. */
static bool own_ipv4(const struct speaker *s, const struct config_peer *config,
                     struct ip_addr *ret_addr)
{
    *ret_addr = config->next_hop_ipv4;
    if (ret_addr->version == IP_V4)
        return true;
    *ret_addr = ip_from_v4(config->router_id);
    return own_addrs_has(&s->judge.addrs, ret_addr);
}

/* Our own next hop towards the peer: the session's local address, where the family can carry it. */
static void own_next_hop(const struct speaker *s, struct export_profile *t,
                         const struct neighbor *n, enum family family)
{
    const struct peer_session *session = peer_session(n->session);
    const struct ip_addr *local = &session->local.addr;
    const struct family_info *info = family_info(family);
    if (!info->has_next_hop)
        return;
    t->extended_next_hop = family_in(session->negotiated.extended_next_hop, family);
    if (info->ip_version == IP_V4 && local->version == IP_V4) {
        t->next_hop_len_bytes = 4;
        memcpy(t->next_hop, local->bytes, 4);
    } else if (info->ip_version == IP_V4 && !t->extended_next_hop) {
        struct ip_addr own;
        if (!own_ipv4(s, n->block->config, &own))
            return;
        t->next_hop_len_bytes = 4;
        memcpy(t->next_hop, own.bytes, 4);
    } else if (local->version == IP_V4) {
        struct ip_addr mapped = ip_v4_mapped(local);
        t->next_hop_len_bytes = 16;
        memcpy(t->next_hop, mapped.bytes, 16);
    } else {
        t->next_hop_len_bytes = 16;
        memcpy(t->next_hop, local->bytes, 16);
        if (ip_is_link_local(local)) { /* RFC 2545 §3: the link-local one comes second */
            t->next_hop_len_bytes = 32;
            memcpy(t->next_hop + 16, local->bytes, 16);
        }
    }
}

static uint8_t kinds_of(const struct config_peer *config)
{
    static const struct {
        uint8_t advertise;
        uint8_t kind;
    } map[] = {
        {ADVERTISE_API, RIB_SOURCE_API},
        /* Their own routes: static ones, and those of the API that are aimed at them. Of these
         * only what they may be told is in the RIB. */
        {ADVERTISE_API | ADVERTISE_CONFIG, RIB_SOURCE_CONFIG},
        {ADVERTISE_PEER, RIB_SOURCE_PEER},
    };
    unsigned kinds = 0;
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (config->advertise_sources & map[i].advertise)
            kinds |= 1u << map[i].kind;
    return (uint8_t)kinds;
}

struct policy_own_next_hop channel_own_next_hop(const struct speaker *s, const struct neighbor *n,
                                                enum family family)
{
    struct export_profile t = {0};
    struct policy_own_next_hop own = {0};
    own_next_hop(s, &t, n, family);
    own.len_bytes = t.next_hop_len_bytes;
    memcpy(own.bytes, t.next_hop, t.next_hop_len_bytes);
    return own;
}

static struct export_profile export_profile_of(const struct speaker *s, const struct neighbor *n,
                                               enum family family)
{
    const struct config_peer *config = n->block->config;
    const struct peer_session *session = peer_session(n->session);
    const struct family_info *info = family_info(family);
    struct export_profile t = {0};
    t.family = (uint8_t)family;
    t.local_as = config->local_as;
    t.cluster_id = session->kind == SESSION_INTERNAL ? s->config->cluster_id : 0;
    t.link = peer_link(n->session);
    t.max_message_bytes = (uint16_t)session->max_message_bytes;
    if (info->message_max_bytes > 0 && t.max_message_bytes > info->message_max_bytes)
        t.max_message_bytes = info->message_max_bytes;
    if (info->has_labels) {
        uint8_t several = session->negotiated.labels[family];
        t.max_labels = several > 0 ? several : 1;
    }
    t.source_kinds = kinds_of(config);
    t.session_kind = (uint8_t)session->kind;
    t.as4 = session->negotiated.as4;
    t.next_hop_self = config->next_hop_self;
    t.reflector_client = config->route_reflector_client;
    t.route_server_client = config->route_server_client;
    t.interpret_communities = config->interpret_communities;
    t.marks_for_customers = info->is_unicast && role_looks_down(session->role);
    t.lacks_for_customers = info->is_unicast && role_looks_up(session->role);
    own_next_hop(s, &t, n, family);
    return t;
}

/* What was learned from others cannot be told without an address of ours. */
static void warn_of_next_hop(const struct neighbor *n, const struct export_profile *t)
{
    const struct family_info *info = family_info((enum family)t->family);
    bool may_need_it = (t->source_kinds & (1u << RIB_SOURCE_PEER)) &&
                       (t->session_kind == SESSION_EXTERNAL || t->next_hop_self);
    if (t->next_hop_len_bytes == 0 && info->has_next_hop && may_need_it)
        log_warning("peer %s: %s routes of other peers cannot be sent: over this session there is "
                    "no next hop for them; set next_hop_ipv4",
                    peer_name(n->session), info->name);
}

/* --- limits --- */

/* RFC 4486 §4: the data of the Cease are AFI, SAFI and the limit. */
static void end_session(const struct channel *c)
{
    const struct family_info *info = family_info(c->family);
    uint8_t data[7];
    struct writer w = writer_over(data, sizeof(data));
    writer_u16(&w, info->afi);
    writer_u8(&w, info->safi);
    writer_u32(&w, c->limit.config.limit);
    struct notification cease =
        notification_make(NOTIFY_CEASE, NOTIFY_CEASE_MAX_PREFIXES, writer_span(&w));
    peer_notify(c->neighbor->session, &cease, c->limit.config.restart_s);
}

/* The number that the limit is about. */
static uint32_t counted(const struct speaker *s, const struct channel *c)
{
    return c->limit.config.count == LIMIT_ACCEPTED ? channel_accepted(s, c)
                                                   : channel_received(s, c);
}

static void say(const struct channel *c, enum limit_event event, uint32_t count)
{
    static const char *const consequences[] = {
        [LIMIT_WARN] = ": they are taken all the same",
        [LIMIT_IGNORE_NEW] = ": new ones are ignored",
        [LIMIT_SHUTDOWN] = "",
    };
    const struct config_limit *limit = &c->limit.config;
    struct peer *session = c->neighbor->session;
    const char *accepted = limit->count == LIMIT_ACCEPTED ? "accepted " : "";
    const char *family = family_info(c->family)->name;
    if (event == LIMIT_NEARS)
        peer_log_limit(session, LOG_LEVEL_WARNING,
                       "%" PRIu32 " %s%s prefixes, and the limit of max_prefixes is %" PRIu32,
                       count, accepted, family, limit->limit);
    else if (event == LIMIT_EXCEEDED)
        peer_log_limit(session, LOG_LEVEL_WARNING,
                       "more than %" PRIu32 " %s%s prefixes, the limit of max_prefixes%s",
                       limit->limit, accepted, family, consequences[limit->action]);
    else if (event == LIMIT_KEPT)
        peer_log_limit(session, LOG_LEVEL_INFO,
                       "%" PRIu32 " %s%s prefixes, within the limit of max_prefixes again", count,
                       accepted, family);
}

/* Asks for prefixes that are not there as they were `missed` ("ignored"), and says why now. */
static void ask_again(const struct channel *c, const char *why, const char *missed)
{
    struct peer *session = c->neighbor->session;
    const char *family = family_info(c->family)->name;
    if (peer_request_refresh(session, c->family) == 0)
        peer_log_limit(session, LOG_LEVEL_INFO,
                       "route refresh requested: %s %s prefixes that were %s", why, family, missed);
    else
        peer_log_limit(
            session, LOG_LEVEL_WARNING,
            "%s prefixes that were %s come with the next session: there is no route refresh",
            family, missed);
}

void channel_ask_again(const struct channel *c)
{
    ask_again(c, "there is room for", "ignored");
}

static void ask_for_filtered(const struct channel *c)
{
    ask_again(c, "policy may accept", "rejected and not kept");
}

/* Says and does what the limit asks for; the channel may be gone from its place afterwards. */
static void look_at_limit(struct speaker *s, struct channel *c)
{
    uint64_t now_ms = time_mono_ms();
    uint64_t ignored = channel_ignored(s, c);
    uint32_t count = counted(s, c);
    enum limit_event event = limit_note(&c->limit, count, ignored, now_ms);
    c->look_at = limit_next(&c->limit);
    say(c, event, count);
    if (limit_asks_again(&c->limit, count, ignored, now_ms))
        channel_ask_again(c);
    if (event == LIMIT_EXCEEDED && c->limit.config.action == LIMIT_SHUTDOWN)
        end_session(c);
}

void channel_check_limit(struct speaker *s, struct channel *c)
{
    if (c->look_at == UINT32_MAX) /* most have no limit: that costs nothing */
        return;
    /* What waits in the batch adds a path for each prefix at most. */
    if (counted(s, c) + s->batch.item_count < c->look_at)
        return;
    rib_batch_apply(&s->rib, &s->batch);
    if (counted(s, c) >= c->look_at)
        look_at_limit(s, c);
}

/* New prefixes are ignored by the RIB. */
static void limit_source(struct speaker *s, const struct channel *c)
{
    const struct config_limit *limit = &c->limit.config;
    bool ignores = limit->limit != 0 && limit->action == LIMIT_IGNORE_NEW;
    uint32_t most = ignores ? limit->limit : RIB_ANY_NUMBER;
    bool received = limit->count == LIMIT_RECEIVED;
    rib_source_set_most(&s->rib.sources, c->neighbor->source, c->family,
                        received ? most : RIB_ANY_NUMBER, received ? RIB_ANY_NUMBER : most);
}

/* One after the other: a session may end by each of them. */
static void look_at_limits(struct speaker *s, struct neighbor *n)
{
    for (unsigned i = 0; n->up && i < n->channel_count; i++)
        if (n->channels[i].member)
            look_at_limit(s, &n->channels[i]);
}

void channels_change_limits(struct speaker *s, struct neighbor *n)
{
    for (unsigned i = 0; n->up && i < n->channel_count; i++)
        limit_source(s, &n->channels[i]);
    look_at_limits(s, n);
}

static void tick_neighbor(void *ctx, struct neighbor *n)
{
    look_at_limits(ctx, n);
}

static void tick(struct speaker *s)
{
    speaker_each_neighbor(s, tick_neighbor, s);
}

const struct service channels_service = {.name = "channels", .tick = tick};

/* --- policies --- */

void channels_judge_again(struct speaker *s, struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].import || n->channels[i].rejects_aspa)
            review_channel(s, &n->channels[i]);
}

void channels_change_policies(struct speaker *s, struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++) {
        struct channel *c = &n->channels[i];
        if (c->member && c->import_differs)
            review_channel(s, c);
        if (c->member && c->import_asks)
            ask_for_filtered(c);
        c->import_differs = c->import_asks = false;
        channel_update_export(s, c);
    }
}

/* --- coming and going --- */

struct channel *channel_find(const struct neighbor *n, enum family family)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].family == family)
            return &n->channels[i];
    return NULL;
}

struct ribout_member *channel_member(const struct neighbor *n, enum family family)
{
    const struct channel *c = channel_find(n, family);
    return c ? c->member : NULL;
}

/* Policies that are the same are taken over, too: they stand in other lines, perhaps. */
static void take_policies(struct channel *c, const struct config_channel *config)
{
    bool differs = !policy_chain_equal(c->import, config->import);
    c->import_asks |= !c->keep_filtered && (differs || config->keep_filtered);
    c->import_differs |= differs || c->keep_filtered != config->keep_filtered ||
                         c->validate_flows != config->validate_flows ||
                         c->rejects_aspa != config->reject_aspa_invalid;
    policy_chain_unref(c->import);
    policy_chain_unref(c->export);
    c->import = policy_chain_ref(config->import);
    c->export = policy_chain_ref(config->export);
    c->keep_filtered = config->keep_filtered;
    c->validate_flows = config->validate_flows;
    c->rejects_aspa = config->reject_aspa_invalid;
}

/* A family that the configuration does not have any more stays, until the end of the session, what
 * it was. */
static void configure(struct channel *c, const struct config_channel *config)
{
    if (!config)
        return;
    if (!config_limit_equal(&c->limit.config, &config->max_prefixes))
        limit_change(&c->limit, &config->max_prefixes);
    take_policies(c, config);
}

static void release(struct channel *c)
{
    policy_chain_unref(c->import);
    policy_chain_unref(c->export);
}

void channels_settle(struct neighbor *n)
{
    family_set wanted = n->block->config->families;
    if (n->up)
        wanted |= peer_session(n->session)->negotiated.families;
    struct channel *channels = NULL;
    unsigned count = 0;
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        if (!family_in(wanted, f))
            continue;
        const struct channel *old = channel_find(n, f);
        channels = mem_resize(channels, count + 1, sizeof(*channels));
        channels[count] = old ? *old : (struct channel){.neighbor = n, .family = f};
        configure(&channels[count++], config_peer_channel(n->block->config, f));
    }
    for (unsigned i = 0; i < n->channel_count; i++)
        if (!family_in(wanted, n->channels[i].family))
            release(&n->channels[i]);
    free(n->channels);
    n->channels = channels;
    n->channel_count = count;
}

void channels_release(struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        release(&n->channels[i]);
    free(n->channels);
    n->channels = NULL;
    n->channel_count = 0;
}

static struct ribout_outbound outbound_of(const struct speaker *s, const struct channel *c)
{
    return (struct ribout_outbound){
        .profile = export_profile_of(s, c->neighbor, c->family),
        .policy = c->export,
        .peer = c->neighbor->known_as,
    };
}

static void channel_up(struct speaker *s, struct channel *c)
{
    const struct neighbor *n = c->neighbor;
    struct ribout_outbound what = outbound_of(s, c);
    c->member =
        ribout_join(&s->out, &what, peer_queue(n->session), n->source, n->block->config_source);
    warn_of_next_hop(n, &what.profile);
    limit_begin(&c->limit);
    limit_source(s, c);
    c->look_at = limit_next(&c->limit);
    c->end_of_rib = c->import_differs = c->import_asks = false;
}

void channels_up(struct speaker *s, struct neighbor *n)
{
    s->previews.sessions++;
    family_set negotiated = peer_session(n->session)->negotiated.families;
    channels_settle(n); /* the configuration may have changed since the OPENs */
    for (unsigned i = 0; i < n->channel_count; i++)
        if (family_in(negotiated, n->channels[i].family))
            channel_up(s, &n->channels[i]);
}

void channels_down(struct speaker *s, struct neighbor *n)
{
    s->previews.sessions++;
    for (unsigned i = 0; i < n->channel_count; i++) {
        if (n->channels[i].member)
            ribout_leave(&s->out, n->channels[i].member);
        n->channels[i].member = NULL;
    }
}

void channel_update_export(struct speaker *s, struct channel *c)
{
    if (!c->member)
        return;
    struct ribout_outbound what = outbound_of(s, c);
    ribout_move(&s->out, c->member, &what);
}

/* --- reading --- */

/* What there is from the peer; NULL before its first session. */
static const struct rib_adj_in *adj_in(const struct speaker *s, const struct channel *c)
{
    uint32_t source = c->neighbor->source;
    return source != 0 ? rib_source_adj_in(&s->rib.sources, source, c->family) : NULL;
}

uint32_t channel_received(const struct speaker *s, const struct channel *c)
{
    const struct rib_adj_in *in = adj_in(s, c);
    return in ? in->paths : 0;
}

uint32_t channel_accepted(const struct speaker *s, const struct channel *c)
{
    const struct rib_adj_in *in = adj_in(s, c);
    return in ? rib_adj_in_accepted(in) : 0;
}

uint64_t channel_ignored(const struct speaker *s, const struct channel *c)
{
    const struct rib_adj_in *in = adj_in(s, c);
    return in ? in->ignored : 0;
}

uint32_t channel_advertised(const struct channel *c)
{
    return c->member ? ribout_member_advertised(c->member) : 0;
}
