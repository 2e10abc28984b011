/* What received paths are judged by, and their being judged again when that changes.
 *
 * The rules of a session are made when it comes up, and again with a reload and when our addresses
 * change. A neighbour whose rules are others than before, or all of them when it is we who changed,
 * is marked for a pass over the tables, which goes on in slices of loop turns. A change during a
 * pass marks for the one that follows: the present one goes on, by what holds now, so that it ends
 * however often something changes. */
#include "daemon/review.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/channel.h"
#include "daemon/flows.h"
#include "daemon/state.h"

/* Entries and paths of a slice: judging a path takes as long as it is, and as policies do. */
#define REVIEW_SLICE    64u
#define TESTS_OF_A_PATH 16u

/* --- whose paths --- */

/* The pass that sees what has changed by now. */
static uint32_t next_pass(struct speaker *s)
{
    uint32_t pass = s->review.pass + (s->review.walk.running ? 1 : 0);
    if (s->review.last_pass < pass)
        s->review.last_pass = pass;
    return pass;
}

static void mark(struct speaker *s, struct neighbor *n)
{
    n->review_pass = next_pass(s);
}

void review_channel(struct speaker *s, struct channel *c)
{
    c->review_pass = next_pass(s);
    speaker_wake(s);
}

void review_local(struct speaker *s)
{
    s->review.local_pass = next_pass(s);
    speaker_wake(s);
}

bool review_is_pending(const struct speaker *s, const struct channel *c)
{
    return c->review_pass >= s->review.pass || c->neighbor->review_pass >= s->review.pass;
}

void review_retell(struct speaker *s, struct neighbor *n)
{
    mark(s, n);
    n->retell_pass = n->review_pass;
}

static bool rules_equal(const struct judge_rules *a, const struct judge_rules *b)
{
    return a->first_as == b->first_as && a->allow_own_as == b->allow_own_as &&
           strcmp(a->link, b->link) == 0 && a->accept_martians == b->accept_martians &&
           a->role == b->role && a->remote_as == b->remote_as;
}

static void ask_for_martians(const struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].member && family_info(n->channels[i].family)->is_martian)
            channel_ask_again(&n->channels[i]);
}

/* Brings the rules of a neighbour up to date; `ours`: who we are has changed as well. */
static void update_rules(struct speaker *s, struct neighbor *n, bool ours)
{
    if (!n->up)
        return;
    struct judge_rules rules =
        judge_rules_of(&s->judge, n->block->config, peer_session(n->session));
    bool changed = !rules_equal(&rules, &n->rules);
    bool wants_martians = rules.accept_martians && !n->rules.accept_martians;
    n->rules = rules;
    if (ours || changed)
        mark(s, n);
    if (wants_martians && n->martians > 0)
        ask_for_martians(n);
}

struct rules_update {
    struct speaker *s;
    bool ours; /* who we are has changed: that concerns all */
};

static void update_one(void *ctx, struct neighbor *n)
{
    const struct rules_update *u = ctx;
    update_rules(u->s, n, u->ours);
    if (n->up && n->local.version == IP_V6)
        neighbor_update_export(u->s, n); /* what is our IPv4 next hop towards it may have changed */
}

static void update_all(struct speaker *s, bool ours)
{
    struct rules_update u = {s, ours};
    s->review.addr_changes = s->judge.addrs.changes;
    speaker_each_neighbor(s, update_one, &u);
    speaker_wake(s);
}

/* --- who we are --- */

static void take_configured(struct speaker *s)
{
    const struct config *c = s->config;
    struct own_addrs_list list = {0};
    for (size_t i = 0; i < c->bgp_socket_count; i++)
        own_addrs_list_add(&list, &c->bgp_sockets[i].addr, "");
    for (size_t i = 0; i < c->peer_count; i++)
        own_addrs_list_add(&list, &c->peers[i].local_address, "");
    own_addrs_replace(&s->judge.addrs, &s->review.configured, &list);
}

static void list_address(void *ctx, const struct ip_addr *addr, const char *link)
{
    own_addrs_list_add(ctx, addr, link);
}

static void take_interfaces(struct speaker *s)
{
    struct own_addrs_list list = {0};
    peers_each_own_address(s->env, list_address, &list);
    own_addrs_replace(&s->judge.addrs, &s->review.interfaces, &list);
    speaker_wake(s);
}

static void reconfigure(struct speaker *s, const struct config *old, struct reload_summary *sum)
{
    (void)old;
    (void)sum;
    bool ours = judge_configure(&s->judge, s->config);
    take_configured(s);
    update_all(s, ours || s->review.addr_changes != s->judge.addrs.changes);
}

static int init(struct speaker *s, struct strbuf *error)
{
    (void)error;
    s->review.pass = 1;
    return 0;
}

static void start(struct speaker *s)
{
    reconfigure(s, NULL, NULL);
    take_interfaces(s);
}

static void release(struct speaker *s)
{
    struct own_addrs_list none = {0};
    own_addrs_replace(&s->judge.addrs, &s->review.configured, &none);
    own_addrs_replace(&s->judge.addrs, &s->review.interfaces, &none);
    judge_release(&s->judge);
}

/* --- sessions --- */

void review_join(struct speaker *s, struct neighbor *n)
{
    const struct peer_session *session = peer_session(n->session);
    n->local = session->local.addr;
    own_addrs_add(&s->judge.addrs, &n->local, "");
    n->rules = judge_rules_of(&s->judge, n->block->config, session);
    n->review_pass = n->retell_pass = 0;
    for (unsigned i = 0; i < n->channel_count; i++)
        n->channels[i].review_pass = 0;
    n->martian_logged = false;
}

void review_leave(struct speaker *s, struct neighbor *n)
{
    own_addrs_remove(&s->judge.addrs, &n->local);
}

/* --- the pass --- */

static bool is_martian(const struct rib_table *t, const struct rib_entry *e)
{
    return nlri_is_martian(t->info, rib_table_key(t, e));
}

/* By what holds of the neighbour itself, and then by the channel, if there is one. */
static struct rib_verdict judge_path(struct speaker *s, struct neighbor *n, const struct channel *c,
                                     const struct rib_table *t, const struct rib_entry *e,
                                     const struct rib_path *path)
{
    if (!n->rules.accept_martians && is_martian(t, e)) {
        n->martians++;
        return (struct rib_verdict){.removed = true};
    }
    const struct rib_attrs *set = rib_attrs_at(&s->rib.attrs, path->received);
    struct rib_verdict verdict = {.reject = (uint16_t)judge_attrs(&s->judge, &n->rules, t->info,
                                                                  rib_attrs_span(set), &set->hot),
                                  .attrs = path->received};
    struct flow_held held;
    if (verdict.reject == RIB_ACCEPTED && c && flows_are_validated(c))
        verdict.reject = (uint16_t)flows_judge(s, c, rib_table_key(t, e), path, &held);
    if (verdict.reject == RIB_ACCEPTED && c)
        verdict.reject = (uint16_t)import_verify(s, c, rib_attrs_span(set));
    if (verdict.reject == RIB_ACCEPTED && c && c->import)
        verdict = import_judge(s, c, path, rib_table_key(t, e));
    return verdict;
}

struct rib_verdict review_judge(struct speaker *s, const struct channel *c,
                                const struct rib_table *t, const struct rib_entry *e,
                                const struct rib_path *path)
{
    return judge_path(s, c->neighbor, c, t, e, path);
}

struct rib_verdict review_judge_local(struct speaker *s, const struct rib_table *t,
                                      const struct rib_entry *e, const struct rib_path *path)
{
    return (struct rib_verdict){.attrs = import_note_local(s, t->family, rib_table_key(t, e),
                                                           path->source, path->received)};
}

static struct rib_verdict judge_again(void *ctx, const struct rib_table *t,
                                      const struct rib_entry *e, const struct rib_path *path)
{
    struct speaker *s = ctx;
    const struct rib_source *source = rib_source_at(&s->rib, path->source);
    if (source->kind != RIB_SOURCE_PEER)
        return s->review.local_pass < s->review.pass ? rib_verdict_same(path)
                                                     : review_judge_local(s, t, e, path);
    struct neighbor *n = source->user;
    const struct channel *c = n ? channel_find(n, t->family) : NULL;
    if (!n || (n->review_pass < s->review.pass && (!c || c->review_pass < s->review.pass)))
        return rib_verdict_same(path);
    if (t->info->destination && (s->rib.flows[t->family] || (c && flows_are_validated(c))))
        flows_settle(s, t, e);
    struct rib_verdict verdict = judge_path(s, n, c, t, e, path);
    rib_review_spend(&s->review.walk, import_judge_cost(s) / TESTS_OF_A_PATH);
    verdict.retell = n->retell_pass >= s->review.pass;
    return verdict;
}

/* What the next slice asks the VRPs about. */
static void fetch_vrps(const struct speaker *s)
{
    const struct rib_table *t = &s->rib.tables[s->review.walk.family];
    const uint8_t *address_bytes[REVIEW_SLICE / 2];
    uint8_t len_bits[REVIEW_SLICE / 2];
    unsigned count = 0;
    if (!policy_validates(s->review.walk.family) || !revalidate_asks_origins(&s->validation.again))
        return;
    uint32_t end = slab_end(&t->entries);
    for (uint32_t id = s->review.walk.pos; id < end && count < REVIEW_SLICE / 2; id++) {
        if (slab_chunk_empty(&t->entries, id))
            break;
        const struct rib_entry *e = rib_table_at(t, id);
        if (!(e->flags & ENTRY_IN_USE))
            continue;
        address_bytes[count] = e->key.bytes;
        len_bits[count++] = e->len_bits;
    }
    vrp_table_fetch(&s->validation.vrps, t->info->ip_version, address_bytes, len_bits, count);
}

static bool judge_some(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    if (s->review.addr_changes != s->judge.addrs.changes)
        update_all(s, true);
    if (s->review.last_pass < s->review.pass)
        return false;
    if (s->review.walk.running)
        fetch_vrps(s);
    if (rib_review_step(&s->rib, &s->review.walk, REVIEW_SLICE, judge_again, s)) {
        s->review.pass++;
        if (s->review.last_pass < s->review.pass) {
            rib_retold(&s->rib);
            import_judged(s);
        }
    }
    return s->review.last_pass >= s->review.pass;
}

const struct service review_service = {
    .name = "review",
    .init = init,
    .start = start,
    .reconfigure = reconfigure,
    .links_changed = take_interfaces,
    .work = judge_some,
    .share_percent = 25,
    .makes_changes = true,
    .release = release,
};
