/* Routes on their way into the RIB: from a session, and our own. */
#include "base/log.h"
#include "base/time.h"
#include "daemon/channel.h"
#include "daemon/flows.h"
#include "daemon/state.h"
#include "rib/export.h"
#include "rib/ribout_answer.h"
#include "wire/nlri_set.h"

/* --- in --- */

/* RFC 4271 §6.3: a semantically incorrect prefix is ignored, with a line in the log. */
static void ignore_martian(struct neighbor *n, const struct family_info *f, struct nlri nlri)
{
    n->martians++;
    if (n->martian_logged)
        return;
    n->martian_logged = true;
    struct strbuf text = {0};
    f->format(f, nlri, &text);
    log_warning("peer %s: %s cannot be routed: it and others like it are ignored",
                peer_name(n->session), strbuf_text(&text));
    strbuf_release(&text);
}

/* Reads NLRI, which the decoder has checked, to where the batch has room for them; how many. */
static size_t read_some(struct speaker *s, const struct family_info *f, struct reader *r,
                        struct nlri *ret_nlri)
{
    size_t most;
    uint8_t *room = rib_batch_room(&s->rib, &s->batch, &most);
    return f->read(f, r, room, ret_nlri, most);
}

/* Withdraws what is in a run of NLRI but for what the same message announces; NULL: nothing. */
static void withdraw_run(struct speaker *s, const struct neighbor *n, const struct update_nlri *run,
                         const struct nlri_set *announced)
{
    const struct family_info *f = family_info(run->family);
    struct nlri nlri[NLRI_AT_ONCE];
    struct reader r = reader_over(run->bytes);
    rib_batch_withdraw(&s->rib, &s->batch, n->source, 0);
    while (reader_left(&r) > 0) {
        size_t count = read_some(s, f, &r, nlri);
        for (size_t i = 0; i < count; i++)
            if (!announced || !nlri_set_has(announced, nlri[i].key))
                rib_batch_add(&s->batch, run->family, nlri[i].key);
        rib_batch_keep(&s->batch, f, nlri, count);
    }
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

/* Whether it is left out, as it cannot be routed. */
static inline bool is_left_out(struct neighbor *n, const struct family_info *f, struct nlri nlri)
{
    if (!nlri_is_martian(f, nlri.key) || n->rules.accept_martians)
        return false;
    ignore_martian(n, f, nlri);
    return true;
}

/* Adds NLRI to the run of announcements. */
__attribute__((always_inline)) static inline void add_some(struct speaker *s, struct neighbor *n,
                                                           const struct import_run *run,
                                                           const struct nlri *nlri, size_t count)
{
    enum family family = run->channel->family;
    const struct family_info *f = family_info(family);
    for (size_t i = 0; i < count; i++)
        if (!is_left_out(n, f, nlri[i]))
            rib_batch_add(&s->batch, family, nlri[i].key);
}

/* The same for those that the import policy has taken, each to the run of what it makes of it. */
static __attribute__((noinline)) void choose_some(struct speaker *s, struct neighbor *n,
                                                  const struct import_run *run,
                                                  const struct nlri *nlri, size_t count)
{
    enum family family = run->channel->family;
    const struct family_info *f = family_info(family);
    uint32_t names[NLRI_AT_ONCE];
    uint32_t chosen = 0; /* none yet */
    uint32_t routes = 0;
    import_look(s, names);
    for (size_t i = 0; i < count; i++) {
        if (is_left_out(n, f, nlri[i]))
            continue;
        if (names[i] != chosen) {
            if (routes > 0)
                import_count(s, chosen, routes);
            import_choose(s, run, names[i]);
            chosen = names[i];
            routes = 0;
        }
        rib_batch_add(&s->batch, family, nlri[i].key);
        routes++;
    }
    if (routes > 0)
        import_count(s, chosen, routes);
}

/* How many of the NLRI, from the first one on, have the same labels. */
static size_t count_alike(const struct family_info *f, const struct nlri *nlri, size_t count)
{
    size_t alike = f->has_labels ? 1 : count;
    while (alike < count && span_equal(nlri[alike].labels, nlri[0].labels))
        alike++;
    return alike;
}

/* What is announced with these attributes, as far as it does not depend on the NLRI. */
static struct rib_announcement judge_run(const struct speaker *s, const struct neighbor *n,
                                         const struct family_info *f,
                                         const struct attr_block *attrs)
{
    return (struct rib_announcement){
        .source = n->source,
        .reject =
            (uint16_t)judge_attrs(&s->judge, &n->rules, f, attr_block_span(attrs), &attrs->hot),
        .now_mono_s = time_mono_s(),
    };
}

static void begin_announcing(struct speaker *s, const struct import_run *run, bool has_policy)
{
    if (has_policy)
        import_begin(s, run);
    else
        rib_batch_announce(&s->rib, &s->batch, &run->what, run->received, NULL, run->labels);
}

/* Announces what is in a run of NLRI. */
static void announce_keys(struct speaker *s, struct neighbor *n, struct import_run *import,
                          const struct update_nlri *run, const struct attr_block *attrs)
{
    const struct family_info *f = family_info(run->family);
    bool has_policy = import->channel->import;
    struct nlri nlri[NLRI_AT_ONCE];
    struct reader r = reader_over(run->bytes);
    bool is_begun = false;
    while (reader_left(&r) > 0) {
        size_t count = read_some(s, f, &r, nlri);
        if (has_policy)
            import_take(s, import->channel, nlri, count);
        if (!is_begun) {
            import->what = judge_run(s, n, f, attrs);
            if (import->what.reject == RIB_ACCEPTED)
                import->what.reject =
                    (uint16_t)import_verify(s, import->channel, import->received.canonical);
            has_policy &= import->what.reject == RIB_ACCEPTED;
        }
        /* Labels belong to the path: where they change, so do the attributes. */
        for (size_t i = 0, alike; i < count; i += alike) {
            alike = count_alike(f, &nlri[i], count - i);
            import->labels = nlri[i].labels;
            if (!is_begun || f->has_labels)
                begin_announcing(s, import, has_policy);
            is_begun = true;
            if (has_policy && alike < count)
                import_take(s, import->channel, &nlri[i], alike);
            if (has_policy)
                choose_some(s, n, import, &nlri[i], alike);
            else
                add_some(s, n, import, &nlri[i], alike);
        }
        rib_batch_keep(&s->batch, f, nlri, count);
    }
    if (has_policy)
        import_end(s);
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
    struct import_run import = {
        .channel = channel_find(n, run->family),
        .received = {attr_block_span(attrs), &attrs->hot},
    };
    if (flows_are_validated(import.channel)) {
        import.what = judge_run(s, n, family_info(run->family), attrs);
        if (import.what.reject == RIB_ACCEPTED) {
            flows_announce(s, &import, run->bytes);
            return;
        }
    }
    announce_keys(s, n, &import, run, attrs);
}

/* The session may have ended, by the limit of another family. */
static void check_limit(struct speaker *s, const struct neighbor *n, enum family family)
{
    if (family == FAMILY_NONE || !n->up)
        return;
    struct channel *c = channel_find(n, family);
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

/* What a neighbour is as a source, in its present session. */
static struct rib_source source_of(struct neighbor *n)
{
    const struct peer_session *session = peer_session(n->session);
    return (struct rib_source){
        .kind = RIB_SOURCE_PEER,
        .session_kind = (uint8_t)session->kind,
        .reflector_client = n->block->config->route_reflector_client,
        .route_server_client = n->block->config->route_server_client,
        .local_as = n->block->config->local_as,
        .link = peer_link(n->session),
        .router_id = session->remote_bgp_id,
        .only_to_customer = role_looks_up(session->role) ? session->remote_as : 0,
        .addr = n->addr,
        .user = n,
    };
}

/* Who a neighbour is to policies from now on, in its present session; true: another one. */
static bool neighbor_make_known(const struct speaker *s, struct neighbor *n)
{
    const struct peer_session *session = peer_session(n->session);
    const struct config_peer *config = n->block->config;
    char addr[IP_TEXT_MAX];
    const struct policy_neighbor what = {
        .as = session->remote_as,
        .local_as = config->local_as,
        .kind = session->kind,
        .role = session->role,
        .addr = n->addr,
        .name = config->name ? config->name : ip_format(&n->addr, addr),
        .group = config->group ? config->group : "",
        .own_next_hop = {channel_own_next_hop(s, n, FAMILY_IPV4_UNICAST),
                         channel_own_next_hop(s, n, FAMILY_IPV6_UNICAST)},
    };
    if (n->known_as && policy_neighbor_equal(n->known_as, &what))
        return false;
    policy_neighbor_unref(n->known_as);
    n->known_as = policy_neighbor_new(&what);
    return true;
}

void neighbor_up(struct speaker *s, struct neighbor *n)
{
    struct rib_source source = source_of(n);
    neighbor_make_known(s, n);
    if (n->source == 0)
        n->source = rib_source_add(&s->rib.sources, &source);
    rib_source_update(&s->rib, n->source, &source, n->known_as);
    n->up = true;
    review_join(s, n);
    channels_up(s, n);
    speaker_wake(s);
}

void neighbor_down(struct speaker *s, struct neighbor *n)
{
    channels_down(s, n);
    rib_batch_apply(&s->rib, &s->batch);
    if (n->up) {
        review_leave(s, n);
        rib_source_down(&s->rib, n->source);
    }
    n->up = false;
    channels_settle(n);
    speaker_wake(s);
}

void neighbor_update_export(struct speaker *s, struct neighbor *n)
{
    if (n->up) {
        struct rib_source source = source_of(n);
        if (neighbor_make_known(s, n))
            channels_judge_again(s, n);
        if (rib_source_update(&s->rib, n->source, &source, n->known_as))
            review_retell(s, n);
    }
    for (unsigned i = 0; i < n->channel_count; i++)
        channel_update_export(s, &n->channels[i]);
    speaker_wake(s);
}

void neighbor_own_routes(struct speaker *s, struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].member)
            ribout_set_config_source(&s->out, n->channels[i].member, n->block->config_source);
}

/* --- our own --- */

void route_originate(struct speaker *s, uint32_t source, enum family family, struct nlri_key key,
                     uint32_t attrs)
{
    struct rib_announcement a = {.source = source,
                                 .received = attrs,
                                 .attrs = import_note_local(s, family, key, source, attrs),
                                 .now_mono_s = time_mono_s()};
    rib_announce(&s->rib, family, key, &a);
    speaker_wake(s);
}

void route_retract(struct speaker *s, uint32_t source, enum family family, struct nlri_key key)
{
    rib_withdraw(&s->rib, family, key, source, 0);
    speaker_wake(s);
}

unsigned peer_block_count_told(struct speaker *s, const struct peer_block *b, enum family family,
                               struct nlri_key key)
{
    struct rib_table *t = &s->rib.tables[family];
    uint32_t entry = b->config_source ? rib_table_find(t, key) : 0;
    const struct rib_path *path =
        entry ? rib_entry_path_of(rib_table_at(t, entry), b->config_source) : NULL;
    unsigned count = 0;
    for (uint32_t i = 0; path && i < b->neighbor_count; i++) {
        const struct ribout_member *m = channel_member(b->neighbors[i], family);
        count += m && ribout_member_takes_own(&s->out, m, entry, path);
    }
    return count;
}
