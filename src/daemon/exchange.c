/* Routes on their way into the RIB: from a session, and our own. */
#include "base/log.h"
#include "base/time.h"
#include "daemon/channel.h"
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

/* The session may have ended, by the limit of another family. */
static void check_limit(struct speaker *s, const struct neighbor *n, enum family family)
{
    struct channel *c = n->source != 0 ? channel_find(n, family) : NULL;
    if (c)
        channel_check_limit(s, c);
}

static void note_end_of_rib(const struct neighbor *n, enum family family)
{
    struct channel *c = channel_find(n, family);
    if (c)
        c->end_of_rib = true;
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
    if (u->end_of_rib != FAMILY_NONE)
        note_end_of_rib(n, u->end_of_rib);
    speaker_wake(s);
}

/* --- out --- */

void neighbor_up(struct speaker *s, struct neighbor *n)
{
    const struct peer_session *session = peer_session(n->session);
    struct rib_source source = {
        .kind = RIB_SOURCE_PEER,
        .session_kind = (uint8_t)session->kind,
        .reflector_client = n->block->config->route_reflector_client,
        .route_server_client = n->block->config->route_server_client,
        .local_as = n->block->config->local_as,
        .link = peer_link(n->session),
        .router_id = session->remote_bgp_id,
        .addr = n->addr,
    };
    n->source = rib_source_add(&s->rib, &source);
    review_join(s, n);
    channels_up(s, n);
    speaker_wake(s);
}

void neighbor_down(struct speaker *s, struct neighbor *n)
{
    channels_down(s, n);
    rib_batch_apply(&s->rib, &s->batch);
    if (n->source != 0) {
        review_leave(s, n);
        rib_source_down(&s->rib, n->source);
    }
    n->source = 0;
    channels_settle(n);
    speaker_wake(s);
}

void neighbor_update_export(struct speaker *s, struct neighbor *n)
{
    if (n->source != 0 &&
        rib_source_set_client(&s->rib, n->source, n->block->config->route_reflector_client,
                              n->block->config->route_server_client))
        review_retell(s, n);
    for (unsigned i = 0; i < n->channel_count; i++)
        channel_update_export(s, &n->channels[i]);
    speaker_wake(s);
}

void neighbor_own_routes(struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].member)
            ribout_set_config_source(n->channels[i].member, n->block->config_source);
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
    const struct ribout_member *m = channel_member(n, family);
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
