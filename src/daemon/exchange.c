/* Routes on their way: from a session into the RIB, and the profile they get on the way out. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "daemon/state.h"
#include "rib/export.h"
#include "wire/flowspec.h"
#include "wire/nlri.h"
#include "wire/nlri_set.h"

/* --- in --- */

static void announce_flows(struct rib *rib, const struct update_nlri *run,
                           struct rib_announcement *a, const struct attr_block *attrs)
{
    uint8_t buf[FLOW_MAX_BYTES];
    size_t len_bytes;
    struct reader r = reader_over(run->bytes);
    a->received = a->attrs = rib_attrs_intern(&rib->attrs, attr_block_span(attrs), &attrs->hot);
    while (flow_next(&r, family_info(run->family)->ip_version, buf, &len_bytes) == 1)
        rib_announce(rib, run->family, &(struct rib_key){.flow = span_of(buf, len_bytes)}, a);
    rib_attrs_unref(&rib->attrs, a->attrs);
}

/* Withdraws the flows of a run but for those that the same message announces; NULL: none. */
static void withdraw_flows(struct rib *rib, const struct update_nlri *run, uint32_t source,
                           const struct nlri_set *announced)
{
    uint8_t buf[FLOW_MAX_BYTES];
    size_t len_bytes;
    struct reader r = reader_over(run->bytes);
    while (flow_next(&r, family_info(run->family)->ip_version, buf, &len_bytes) == 1) {
        struct rib_key key = {.flow = span_of(buf, len_bytes)};
        if (!announced || !nlri_set_has_flow(announced, key.flow))
            rib_withdraw(rib, run->family, &key, source, 0);
    }
}

/* The same for prefixes, which the decoder has checked: they are added to the run of withdrawals
 * that was begun in the batch. */
static void withdraw_prefixes(struct speaker *s, const struct update_nlri *run,
                              const struct nlri_set *announced)
{
    const uint8_t ip_version = family_info(run->family)->ip_version;
    struct reader r = reader_over(run->bytes);
    while (reader_left(&r) > 0) {
        struct prefix *p = rib_batch_add(&s->rib, &s->batch, run->family);
        nlri_next(&r, ip_version, p);
        if (announced && nlri_set_has_prefix(announced, p))
            rib_batch_drop_last(&s->batch);
    }
}

/* RFC 4271 §6.3: a semantically incorrect prefix is ignored, with a line in the log. */
static void ignore_martian(struct neighbor *n, const struct prefix *p)
{
    char text[PREFIX_TEXT_MAX];
    n->martians++;
    if (n->martian_logged)
        return;
    n->martian_logged = true;
    log_warning("peer %s: %s cannot be routed: it and others like it are ignored",
                peer_name(n->session), prefix_format(p, text));
}

/* Adds prefixes to the run of announcements; what cannot be routed is left out. */
static void announce_prefixes(struct speaker *s, struct neighbor *n, const struct update_nlri *run)
{
    const uint8_t ip_version = family_info(run->family)->ip_version;
    struct reader r = reader_over(run->bytes);
    while (reader_left(&r) > 0) {
        struct prefix *p = rib_batch_add(&s->rib, &s->batch, run->family);
        nlri_next(&r, ip_version, p);
        if (judge_is_martian(ip_version, p->len_bits, p->bytes) && !n->rules.accept_martians) {
            ignore_martian(n, p);
            rib_batch_drop_last(&s->batch);
        }
    }
}

static void withdraw_run(struct speaker *s, const struct neighbor *n, const struct update_nlri *run,
                         const struct nlri_set *announced)
{
    if (family_info(run->family)->is_flow) {
        withdraw_flows(&s->rib, run, n->source, announced);
        return;
    }
    rib_batch_withdraw(&s->rib, &s->batch, n->source, 0);
    withdraw_prefixes(s, run, announced);
}

/* RFC 4271 §4.3: a prefix that the message both withdraws and announces is announced. */
static void withdraw_unannounced(struct speaker *s, const struct neighbor *n,
                                 const struct update *u, const struct update_nlri *run)
{
    if (run->family == FAMILY_NONE)
        return;
    if (!nlri_set_is_needed(u, run->family)) {
        withdraw_run(s, n, run, NULL);
        return;
    }
    struct nlri_set announced;
    nlri_set_init(&announced, u, run->family, s->rib.attrs.seed);
    withdraw_run(s, n, run, &announced);
    nlri_set_release(&announced);
}

static void announce_run(struct speaker *s, struct neighbor *n, const struct update_nlri *run,
                         const struct attr_block *attrs)
{
    if (run->family == FAMILY_NONE)
        return;
    if (!attrs) { /* RFC 7606: treat as withdrawn */
        withdraw_run(s, n, run, NULL);
        return;
    }
    struct rib_announcement a = {
        .source = n->source,
        .reject = judge_attrs(&s->judge, &n->rules, attr_block_span(attrs), &attrs->hot),
        .now_mono_s = time_mono_s(),
    };
    if (family_info(run->family)->is_flow) {
        announce_flows(&s->rib, run, &a, attrs);
        return;
    }
    rib_batch_announce(&s->rib, &s->batch, &a, attr_block_span(attrs), &attrs->hot);
    announce_prefixes(s, n, run);
}

/* RFC 4486 §4: the data of the Cease are AFI, SAFI and the limit. */
static void check_limit(struct speaker *s, struct neighbor *n, enum family family)
{
    if (family == FAMILY_NONE || n->source == 0)
        return;
    uint32_t limit = n->block->config->max_prefixes[family];
    const struct rib_source *source = rib_source_at(&s->rib, n->source);
    /* What waits in the batch adds a path for each prefix at most. */
    if (limit == 0 || source->path_count[family] + s->batch.item_count <= limit)
        return;
    rib_batch_apply(&s->rib, &s->batch);
    if (source->path_count[family] <= limit)
        return;
    const struct family_info *info = family_info(family);
    log_warning("peer %s: more than %" PRIu32 " %s prefixes, the limit of max_prefixes",
                peer_name(n->session), limit, info->config_name);
    uint8_t data[7];
    struct writer w = writer_over(data, sizeof(data));
    writer_u16(&w, info->afi);
    writer_u8(&w, info->safi);
    writer_u32(&w, limit);
    struct notification cease =
        notification_make(NOTIFY_CEASE, NOTIFY_CEASE_MAX_PREFIXES, writer_span(&w));
    peer_notify(n->session, &cease);
}

void neighbor_update(struct speaker *s, struct neighbor *n, const struct update *u)
{
    enum family announced[] = {u->reach.family, u->mp_reach.family};
    withdraw_unannounced(s, n, u, &u->withdrawn);
    withdraw_unannounced(s, n, u, &u->mp_unreach);
    announce_run(s, n, &u->reach, u->attrs);
    announce_run(s, n, &u->mp_reach, u->mp_attrs);
    for (unsigned i = 0; i < 2; i++)
        check_limit(s, n, announced[i]);
    speaker_wake(s);
}

void neighbor_check_limits(struct speaker *s, struct neighbor *n)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        check_limit(s, n, (enum family)f);
}

/* --- out --- */

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
    if (info->is_flow)
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
        {ADVERTISE_CONFIG, RIB_SOURCE_CONFIG},
        {ADVERTISE_PEER, RIB_SOURCE_PEER},
    };
    unsigned kinds = 0;
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (config->advertise_sources & map[i].advertise)
            kinds |= 1u << map[i].kind;
    return (uint8_t)kinds;
}

static struct export_profile export_profile_of(const struct speaker *s, const struct neighbor *n,
                                               enum family family)
{
    const struct config_peer *config = n->block->config;
    const struct peer_session *session = peer_session(n->session);
    struct export_profile t = {0};
    t.family = (uint8_t)family;
    t.local_as = config->local_as;
    t.cluster_id = session->ibgp ? s->config->cluster_id : 0;
    t.link = peer_link(n->session);
    /* FRR ends a session on which more than 5,200 bytes of flows come in one UPDATE. */
    t.max_message_bytes =
        family_info(family)->is_flow ? MESSAGE_MAX_BYTES : (uint16_t)session->max_message_bytes;
    t.source_kinds = kinds_of(config);
    t.ebgp = !session->ibgp;
    t.as4 = session->negotiated.as4;
    t.next_hop_self = config->next_hop_self;
    t.reflector_client = config->route_reflector_client;
    t.route_server_client = config->route_server_client;
    t.interpret_communities = config->interpret_communities;
    own_next_hop(s, &t, n, family);
    return t;
}

/* What was learned from others cannot be told without an address of ours. */
static void warn_of_next_hop(const struct neighbor *n, const struct export_profile *t)
{
    const struct family_info *info = family_info((enum family)t->family);
    bool may_need_it = (t->source_kinds & (1u << RIB_SOURCE_PEER)) && (t->ebgp || t->next_hop_self);
    if (t->next_hop_len_bytes == 0 && !info->is_flow && may_need_it)
        log_warning("peer %s: %s routes of other peers cannot be sent: over this session there is "
                    "no next hop for them; set next_hop_ipv4",
                    peer_name(n->session), info->config_name);
}

void neighbor_up(struct speaker *s, struct neighbor *n)
{
    const struct peer_session *session = peer_session(n->session);
    struct rib_source source = {
        .kind = RIB_SOURCE_PEER,
        .ibgp = session->ibgp,
        .reflector_client = n->block->config->route_reflector_client,
        .route_server_client = n->block->config->route_server_client,
        .local_as = n->block->config->local_as,
        .link = peer_link(n->session),
        .router_id = session->remote_bgp_id,
        .addr = n->addr,
    };
    n->source = rib_source_add(&s->rib, &source);
    review_join(s, n);
    for (unsigned f = 0; f < FAMILY_COUNT; f++) {
        if (!family_in(session->negotiated.families, (enum family)f))
            continue;
        struct export_profile t = export_profile_of(s, n, (enum family)f);
        n->members[f] =
            ribout_join(&s->out, &t, peer_queue(n->session), n->source, n->block->config_source);
        warn_of_next_hop(n, &t);
    }
    speaker_wake(s);
}

void neighbor_down(struct speaker *s, struct neighbor *n)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++) {
        if (n->members[f])
            ribout_leave(&s->out, n->members[f]);
        n->members[f] = NULL;
    }
    rib_batch_apply(&s->rib, &s->batch);
    if (n->source != 0) {
        review_leave(s, n);
        rib_source_down(&s->rib, n->source);
    }
    n->source = 0;
    speaker_wake(s);
}

void neighbor_update_export(struct speaker *s, struct neighbor *n)
{
    if (n->source != 0 &&
        rib_source_set_client(&s->rib, n->source, n->block->config->route_reflector_client,
                              n->block->config->route_server_client))
        review_retell(s, n);
    for (unsigned f = 0; f < FAMILY_COUNT; f++) {
        if (!n->members[f])
            continue;
        struct export_profile t = export_profile_of(s, n, (enum family)f);
        ribout_move(&s->out, n->members[f], &t);
    }
    speaker_wake(s);
}

void neighbor_own_routes(struct neighbor *n)
{
    for (unsigned f = 0; f < FAMILY_COUNT; f++)
        if (n->members[f])
            ribout_set_config_source(n->members[f], n->block->config_source);
}

/* --- our own --- */

static struct rib_key key_of(const struct static_route *route)
{
    return (struct rib_key){.prefix = route->prefix, .flow = route->flow};
}

void route_originate(struct speaker *s, uint32_t source, const struct static_route *route)
{
    struct attr_hot hot = attr_hot_of(route->attrs);
    uint32_t set = rib_attrs_intern(&s->rib.attrs, route->attrs, &hot);
    struct rib_key key = key_of(route);
    struct rib_announcement a = {
        .source = source, .received = set, .attrs = set, .now_mono_s = time_mono_s()};
    rib_announce(&s->rib, route->family, &key, &a);
    rib_attrs_unref(&s->rib.attrs, set);
    speaker_wake(s);
}

bool route_retract(struct speaker *s, uint32_t source, const struct static_route *route)
{
    struct rib_key key = key_of(route);
    bool found = rib_withdraw(&s->rib, route->family, &key, source, 0);
    speaker_wake(s);
    return found;
}

static bool is_told(const struct speaker *s, const struct neighbor *n, enum family family,
                    const struct rib_path *path)
{
    struct attr_export unused;
    const struct ribout_member *m = n->members[family];
    return m && !ribout_member_is_next_hop(m, path) &&
           rib_export_attrs(&s->rib, ribout_member_profile(m), path->attrs, path->source,
                            &unused) == RIB_TOLD;
}

unsigned peer_block_count_told(const struct speaker *s, const struct peer_block *b,
                               const struct static_route *route)
{
    struct rib_key key = key_of(route);
    const struct rib_path *path =
        b->config_source ? rib_find_path(&s->rib, route->family, &key, b->config_source) : NULL;
    unsigned count = 0;
    for (uint32_t i = 0; path && i < b->neighbor_count; i++)
        count += is_told(s, b->neighbors[i], route->family, path);
    return count;
}
