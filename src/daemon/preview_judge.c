/* Judging an entry twice.
 *
 * What each peer has sent is judged by both import policies. Where that differs, a copy of the
 * entry is made with the paths as they would be, and the best of them selected as the RIB does it.
 * Then each audience is asked what it is told of the one and of the other entry, in general
 * (policy/run.h). Members of an audience for whom that may be another thing (it is their own route,
 * they have a static one, are the next hop, or have an AS that the policy looks for) are asked
 * about one by one, and taken out of what is counted for all. Clients of the route server are asked
 * of one path after the other, by preference, until one is told. */
#include "daemon/preview_judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/state.h"
#include "rib/decide.h"
#include "rib/export.h"
#include "rib/ribout_answer.h"
#include "rib/view.h"

/* Attribute sets of which it is kept what policies say of them. */
#define KEPT_IN  1024u
#define KEPT_OUT 4096u
/* Paths that are ranked while a policy is asked. */
#define RANKED_PATHS_A_WORK 8u

void preview_judge_init(struct preview_judge *j, struct rib *rib, struct preview_plan *plan,
                        bool lists)
{
    *j = (struct preview_judge){.rib = rib, .plan = plan, .lists = lists};
    j->in = kept_runs_new_uncounted(rib, KEPT_IN);
    j->out = kept_runs_new_uncounted(rib, KEPT_OUT);
    j->marks = mem_zalloc((plan->channel_count + 1) * sizeof(*j->marks));
}

static void unref_pair(struct preview_judge *j, const struct preview_pair *pair)
{
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        rib_attrs_unref(&j->rib->attrs, pair->of[when].attrs);
}

void preview_judge_clear(struct preview_judge *j)
{
    for (uint32_t i = 0; i < j->found_count; i++)
        unref_pair(j, &j->found[i].pair);
    j->found_count = 0;
}

void preview_judge_release(struct preview_judge *j)
{
    preview_judge_clear(j);
    kept_runs_free(j->in);
    kept_runs_free(j->out);
    free(j->more);
    free(j->held);
    free(j->except);
    free(j->marks);
    rib_ranking_release(&j->ranking);
    free(j->found);
}

/* --- what is needed for a while --- */

static uint32_t hold(struct preview_judge *j, uint32_t attrs)
{
    if (j->held_count == j->held_size) {
        j->held_size = j->held_size ? 2 * j->held_size : 16;
        j->held = mem_resize(j->held, j->held_size, sizeof(*j->held));
    }
    return j->held[j->held_count++] = rib_attrs_ref(&j->rib->attrs, attrs);
}

static void let_go(struct preview_judge *j)
{
    while (j->held_count > 0)
        rib_attrs_unref(&j->rib->attrs, j->held[--j->held_count]);
}

static void add_found(struct preview_judge *j, enum policy_direction direction, uint32_t channel,
                      const struct preview_pair *pair)
{
    if (j->found_count == j->found_size) {
        j->found_size = j->found_size ? 2 * j->found_size : 16;
        j->found = mem_resize(j->found, j->found_size, sizeof(*j->found));
    }
    j->found[j->found_count++] = (struct preview_found){direction, channel, *pair};
    j->work++;
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        if (pair->of[when].attrs != 0)
            rib_attrs_ref(&j->rib->attrs, pair->of[when].attrs);
}

/* A change that concerns one channel. */
static void note(struct preview_judge *j, enum policy_direction direction, uint32_t channel,
                 const struct rib_table *t, const struct rib_entry *e,
                 const struct preview_pair *pair)
{
    struct preview_channel *c = &j->plan->channels[channel];
    struct preview_tally *tally = direction == POLICY_IMPORT ? &c->in : &c->out;
    if (!c->wanted)
        return;
    preview_tally_add(tally, pair, 1);
    if (tally->kept[pair->kind] < PREVIEW_EXAMPLES)
        preview_tally_keep(tally, j->rib, t->info, rib_table_key(t, e), pair, NULL, 0);
    if (j->lists)
        add_found(j, direction, channel, pair);
}

/* --- what comes in --- */

static struct policy_scene scene_of(const struct preview_judge *j, const struct preview_channel *c,
                                    enum preview_when when)
{
    const struct policy_neighbor *who = c->who[when];
    const struct policy_own_next_hop *own =
        &who->own_next_hop[family_info(c->family)->ip_version == IP_V6];
    return (struct policy_scene){
        .direction = POLICY_IMPORT,
        .origin = POLICY_FROM_PEER,
        .source = who,
        .peer = who,
        .local_as = who->local_as,
        .own_next_hop = span_of(own->bytes, own->len_bytes),
        .family = c->family,
        .validation = &j->plan->s->validation.by,
    };
}

/* By the policy of a channel, which is asked about a path that nothing else rejects. */
static struct preview_outcome import_outcome(struct preview_judge *j,
                                             const struct preview_channel *c,
                                             enum preview_when when, const struct rib_path *path,
                                             struct nlri_key key)
{
    struct preview_outcome out = {.accepted = true,
                                  .cause = PREVIEW_CAUSE_NO_POLICY,
                                  .attrs = path->received,
                                  .source = path->source};
    j->work++;
    if (!c->import[when])
        return out;
    const struct policy_scene scene = scene_of(j, c, when);
    const struct kept_run_key kept = {.chain = c->import[when],
                                      .peer = c->who[when],
                                      .asker = import_asker(j->plan->s, c->family),
                                      .source = path->source,
                                      .attrs = path->received};
    struct policy_outcome *outcome = policy_run_for(kept_runs_for(j->in, &kept, &scene), key);
    out.accepted = outcome->accepted;
    out.cause = outcome->rule;
    if (out.accepted)
        out.attrs = hold(j, kept_outcome_attrs(j->in, &kept, outcome));
    return out;
}

static enum preview_kind kind_of(const struct preview_outcome *now,
                                 const struct preview_outcome *then)
{
    if (now->accepted != then->accepted)
        return then->accepted ? PREVIEW_ACCEPTED : PREVIEW_REJECTED;
    return now->accepted && now->attrs != then->attrs ? PREVIEW_DIFFERENT : PREVIEW_SAME;
}

/* What the path is now stands in it; why it is, the policy is asked for what changes alone. */
static struct preview_pair judge_path(struct preview_judge *j, const struct preview_channel *c,
                                      const struct rib_path *path, struct nlri_key key)
{
    struct preview_pair pair = {
        .of = {{.accepted = path->reject == RIB_ACCEPTED,
                .attrs = path->attrs,
                .source = path->source},
               import_outcome(j, c, PREVIEW_THEN, path, key)},
    };
    pair.kind = kind_of(&pair.of[PREVIEW_NOW], &pair.of[PREVIEW_THEN]);
    if (pair.kind != PREVIEW_SAME)
        pair.of[PREVIEW_NOW].cause = import_outcome(j, c, PREVIEW_NOW, path, key).cause;
    return pair;
}

/* Of our own routes, what is noted of them is all that may differ. */
static struct preview_pair judge_local(struct preview_judge *j, enum family family,
                                       const struct rib_path *path, struct nlri_key key)
{
    struct policy_chain *chain = j->plan->local_import;
    struct preview_outcome now = {.accepted = true, .attrs = path->attrs, .source = path->source};
    struct preview_outcome then = now;
    then.attrs = path->received;
    if (chain) {
        const struct policy_scene scene = import_local_scene(j->plan->s, family, path->source);
        const struct kept_run_key kept = {.chain = chain,
                                          .asker = import_asker(j->plan->s, family),
                                          .source = path->source,
                                          .attrs = path->received};
        struct policy_outcome *outcome = policy_run_for(kept_runs_for(j->in, &kept, &scene), key);
        then.attrs = hold(j, kept_outcome_attrs(j->in, &kept, outcome));
    }
    return (struct preview_pair){.of = {now, then}, .kind = kind_of(&now, &then)};
}

/* Whether more differs than what is noted for export policies. */
static bool is_worth_telling(const struct preview_judge *j, const struct preview_pair *pair)
{
    const struct preview_outcome *now = &pair->of[PREVIEW_NOW];
    const struct preview_outcome *then = &pair->of[PREVIEW_THEN];
    return now->accepted != then->accepted ||
           !attr_equal_but_for_validation(
               rib_attrs_span(rib_attrs_at(&j->rib->attrs, now->attrs)),
               rib_attrs_span(rib_attrs_at(&j->rib->attrs, then->attrs)));
}

/* --- the entry as it would be --- */

static void copy_entry(struct preview_judge *j, const struct rib_table *t,
                       const struct rib_entry *e)
{
    size_t key_bytes = t->key_bytes > 0 ? t->key_bytes : sizeof(e->key.opaque);
    memset(&j->after, 0, sizeof(j->after));
    memcpy(&j->after, e, rib_entry_bytes(key_bytes));
    if (e->more_count > j->more_size) {
        j->more_size = e->more_count + 16u;
        j->more = mem_resize(j->more, j->more_size, sizeof(*j->more));
    }
    if (e->more_count > 0)
        memcpy(j->more, e->more, e->more_count * sizeof(*j->more));
    j->after.more = j->more;
    j->after.flags |= ENTRY_HAS_MED | ENTRY_HAS_WEIGHT; /* a policy may have set one */
}

static void change_path(struct preview_judge *j, unsigned index, const struct preview_outcome *then)
{
    struct rib_path *path = rib_entry_path(&j->after, index);
    path->reject = then->accepted ? RIB_ACCEPTED : RIB_REJECT_POLICY;
    path->attrs = then->attrs;
    if (index == 0)
        j->after.best_usable = false;
}

/* As when paths are judged again (rib_rejudge). */
static void select_again(struct preview_judge *j)
{
    struct rib_entry *e = &j->after;
    int best = rib_decide_best(j->rib, e, RIB_DECIDE_KINDS_ALL, e->best_usable);
    if (best > 0)
        rib_entry_to_front(e, (unsigned)best);
    e->best_usable = best >= 0;
}

/* Whether policy may have a say in it. */
static bool is_open(const struct preview_judge *j, const struct rib_path *path)
{
    return !rib_path_is_dead(j->rib, path) &&
           (path->reject == RIB_ACCEPTED || path->reject >= RIB_REJECT_POLICY);
}

/* Judges all paths; the entry as it would be, which is the entry itself where nothing changes. */
static struct rib_entry *judge_paths(struct preview_judge *j, const struct rib_table *t,
                                     struct rib_entry *e)
{
    const struct nlri_key key = rib_table_key(t, e);
    const unsigned count = rib_entry_path_count(e);
    bool changed = false;
    for (unsigned i = 0; i < count; i++) {
        const struct rib_path *path = rib_entry_path(e, i);
        const struct preview_channel *c = preview_plan_of(j->plan, path->source, t->family);
        const bool is_ours = rib_source_at(j->rib, path->source)->kind != RIB_SOURCE_PEER;
        if ((is_ours ? !j->plan->local_differs : !c || !c->import_differs) || !is_open(j, path))
            continue;
        struct preview_pair pair =
            is_ours ? judge_local(j, t->family, path, key) : judge_path(j, c, path, key);
        if (pair.kind == PREVIEW_SAME)
            continue;
        if (!changed)
            copy_entry(j, t, e);
        changed = true;
        change_path(j, i, &pair.of[PREVIEW_THEN]);
        if (!is_ours && is_worth_telling(j, &pair))
            note(j, POLICY_IMPORT, (uint32_t)(c - j->plan->channels), t, e, &pair);
    }
    if (changed)
        select_again(j);
    return changed ? &j->after : e;
}

/* --- what goes out --- */

/* An audience that is asked about. */
struct asking {
    const struct preview_audience *audience;
    const struct rib_table *table;
    struct rib_entry *of[PREVIEW_TIMES];
};

/* Who is asked about. */
struct asked {
    const struct preview_channel *channel; /* NULL: all in general */
    bool all_differ;                       /* then: each may be told something else */
    const uint32_t *asns;                  /* or those with these ASNs */
    uint32_t asn_count;
};

/* What the policy makes of a path that may be told. */
static struct preview_outcome export_policy(struct preview_judge *j, const struct asking *a,
                                            enum preview_when when, const struct rib_path *path,
                                            struct asked *asked)
{
    struct policy_chain *chain = a->audience->export[when];
    struct preview_outcome out = {.accepted = true,
                                  .cause = PREVIEW_CAUSE_NO_POLICY,
                                  .attrs = path->attrs,
                                  .source = path->source};
    if (!chain)
        return out;
    struct policy_neighbor *peer =
        asked->channel && chain->looks_at_peer ? asked->channel->who[when] : NULL;
    const struct rib_view view = {.chain = chain, .peer = peer};
    const struct rib_audience who = {&a->audience->profile, &view, a->audience->number};
    struct policy_scene scene =
        rib_view_scene(j->rib, &who, a->of[when], path->source, path->attrs);
    const struct preview_channel *from =
        preview_plan_of(j->plan, path->source, a->audience->family);
    if (from)
        scene.source = from->who[when];
    const struct kept_run_key kept = {.chain = chain,
                                      .peer = peer,
                                      .asker = a->audience->number * PREVIEW_TIMES + when,
                                      .source = path->source,
                                      .attrs = path->attrs};
    struct policy_run *run = kept_runs_for(j->out, &kept, &scene);
    struct policy_outcome *outcome = policy_run_for(run, scene.key);
    asked->all_differ = outcome->all_differ;
    asked->asn_count = outcome->differing_count;
    asked->asns = outcome->differing_count > 0 ? policy_run_differing(run, outcome) : NULL;
    out.accepted = outcome->accepted && !outcome->all_differ;
    out.cause = outcome->rule;
    if (out.accepted)
        out.attrs = hold(j, kept_outcome_attrs(j->out, &kept, outcome));
    return out;
}

static void withhold(struct preview_outcome *out, enum rib_withheld why)
{
    out->accepted = false;
    out->cause = PREVIEW_CAUSE_WITHHELD + why;
}

/* What those who are asked about are told of a path that may be told. */
static struct preview_outcome outcome_of_path(struct preview_judge *j, const struct asking *a,
                                              enum preview_when when, struct asked *asked,
                                              const struct rib_path *path)
{
    bool always;
    struct preview_outcome out = export_policy(j, a, when, path, asked);
    const struct rib_exported what = {&a->audience->profile, out.attrs, out.source};
    enum rib_withheld why = RIB_TOLD;
    if (out.accepted)
        why = rib_export_judge_message(j->rib, &what, a->of[when], &always);
    if (out.accepted && why != RIB_TOLD)
        withhold(&out, why);
    return out;
}

/* What those who are asked about are told; *ret_path is what that is about, NULL: none. */
static struct preview_outcome export_outcome(struct preview_judge *j, const struct asking *a,
                                             enum preview_when when, struct asked *asked,
                                             const struct rib_path **ret_path)
{
    const uint32_t config_source = asked->channel ? asked->channel->config_source : 0;
    struct preview_outcome out = {0};
    enum rib_withheld why;
    j->work++;
    *ret_path = rib_export_choose(j->rib, &a->audience->profile, config_source, a->of[when], &why);
    if (*ret_path)
        return outcome_of_path(j, a, when, asked, *ret_path);
    withhold(&out, why);
    return out;
}

/* The same of one of several paths for clients of the route server, who are told the first one that
 * they may have. */
static struct preview_outcome ranked_outcome(struct preview_judge *j, const struct asking *a,
                                             enum preview_when when, struct asked *asked,
                                             const struct rib_path *path)
{
    struct preview_outcome out = {.attrs = path->attrs, .source = path->source};
    j->work++;
    enum rib_withheld why =
        rib_export_judge(j->rib, &a->audience->profile, path, a->of[when], false);
    if (why == RIB_TOLD)
        return outcome_of_path(j, a, when, asked, path);
    withhold(&out, why);
    return out;
}

/* Ranks the paths for those who are told the first that they may have; false: it is the best one or
 * none, or a static route of their own. */
static bool rank(struct preview_judge *j, const struct asking *a, enum preview_when when,
                 const struct preview_channel *c)
{
    const struct export_profile *t = &a->audience->profile;
    if (!t->route_server_client)
        return false;
    const struct rib_path *path =
        rib_export_candidate(j->rib, t, c ? c->config_source : 0, a->of[when]);
    if (!path || rib_source_at(j->rib, path->source)->kind == RIB_SOURCE_CONFIG)
        return false;
    rib_decide_rank(j->rib, a->of[when], t->source_kinds, &j->ranking);
    j->work += j->ranking.count / RANKED_PATHS_A_WORK;
    return j->ranking.count > 0;
}

/* What is told of a path to one of those in general is not told to whom it comes from, or goes to.
 */
static void leave_out(const struct preview_channel *c, const struct rib_path *path,
                      struct preview_outcome *out)
{
    if (path->source == c->source)
        withhold(out, RIB_WITHHELD_OWN);
    else if (out->accepted && c->member &&
             ribout_member_is_next_hop(c->member, out->source, out->attrs))
        withhold(out, RIB_WITHHELD_NEXT_HOP_IS_PEER);
}

/* What one of them is told. */
static struct preview_outcome outcome_for(struct preview_judge *j, const struct asking *a,
                                          enum preview_when when, const struct preview_channel *c)
{
    struct asked asked = {.channel = c};
    struct preview_outcome first = {0};
    if (!rank(j, a, when, c)) {
        const struct rib_path *path;
        first = export_outcome(j, a, when, &asked, &path);
        if (path)
            leave_out(c, path, &first);
        return first;
    }
    for (uint32_t i = 0; i < j->ranking.count; i++) {
        const struct rib_path *path = rib_entry_path(a->of[when], j->ranking.order[i]);
        struct preview_outcome out = ranked_outcome(j, a, when, &asked, path);
        leave_out(c, path, &out);
        if (out.accepted)
            return out;
        if (i == 0)
            first = out;
    }
    return first;
}

/* What is told is compared as it is sent. */
static enum preview_kind export_kind(const struct preview_judge *j, const struct asking *a,
                                     const struct preview_outcome *now,
                                     const struct preview_outcome *then)
{
    const struct export_profile *t = &a->audience->profile;
    if (!now->accepted || !then->accepted)
        return kind_of(now, then);
    if (now->attrs == then->attrs && now->source == then->source)
        return PREVIEW_SAME;
    const struct rib_exported before = {t, now->attrs, now->source};
    const struct rib_exported after = {t, then->attrs, then->source};
    return rib_export_equal(j->rib, &before, &after) ? PREVIEW_SAME : PREVIEW_DIFFERENT;
}

static void except(struct preview_judge *j, uint32_t channel)
{
    if (j->marks[channel] == j->round)
        return;
    j->marks[channel] = j->round;
    if (j->except_count == j->except_size) {
        j->except_size = j->except_size ? 2 * j->except_size : 16;
        j->except = mem_resize(j->except, j->except_size, sizeof(*j->except));
    }
    j->except[j->except_count++] = channel;
    j->work++;
}

/* The first of the channels of an audience whose AS is not below. */
static uint32_t first_with(const struct preview_judge *j, const struct preview_audience *audience,
                           uint32_t as)
{
    uint32_t low = 0;
    uint32_t high = audience->channel_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (j->plan->channels[audience->channels[middle]].who[PREVIEW_NOW]->as < as)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Those of whom the policy may say another thing than of all in general. */
static void except_differing(struct preview_judge *j, const struct preview_audience *audience,
                             const struct asked *asked)
{
    for (uint32_t i = 0; asked->all_differ && i < audience->channel_count; i++)
        except(j, audience->channels[i]);
    for (uint32_t k = 0; k < asked->asn_count; k++) {
        uint32_t as = asked->asns[k];
        for (uint32_t i = first_with(j, audience, as); i < audience->channel_count; i++) {
            if (j->plan->channels[audience->channels[i]].who[PREVIEW_NOW]->as != as)
                break;
            except(j, audience->channels[i]);
        }
    }
}

/* Those to whom a path, of which the audience is told this, goes back. */
static void except_owners(struct preview_judge *j, const struct asking *a,
                          const struct rib_path *path, uint32_t attrs)
{
    const struct preview_audience *audience = a->audience;
    const struct preview_channel *own = preview_plan_of(j->plan, path->source, audience->family);
    if (rib_source_at(j->rib, path->source)->kind == RIB_SOURCE_PEER) {
        if (own && &j->plan->audiences[own->audience] == audience)
            except(j, (uint32_t)(own - j->plan->channels));
        return;
    }
    j->work += audience->channel_count;
    for (uint32_t i = 0; i < audience->channel_count; i++) {
        const struct preview_channel *c = &j->plan->channels[audience->channels[i]];
        if (c->member && ribout_member_is_next_hop(c->member, path->source, attrs))
            except(j, audience->channels[i]);
    }
}

/* Those with a static route of their own. */
static void except_static(struct preview_judge *j, const struct asking *a)
{
    const struct preview_audience *audience = a->audience;
    struct rib_entry *e = a->of[PREVIEW_NOW];
    if (!(e->flags & ENTRY_HAS_LOCAL) || !rib_export_tells_config(&audience->profile))
        return;
    j->work += audience->channel_count;
    for (uint32_t i = 0; i < audience->channel_count; i++) {
        const struct preview_channel *c = &j->plan->channels[audience->channels[i]];
        if (c->config_source != 0 && rib_entry_path_of(e, c->config_source))
            except(j, audience->channels[i]);
    }
}

/* Asks about those that are not told what the others are. */
static void judge_exceptions(struct preview_judge *j, const struct asking *a,
                             const struct preview_pair *all)
{
    for (uint32_t i = 0; i < j->except_count; i++) {
        struct preview_channel *c = &j->plan->channels[j->except[i]];
        if (!c->wanted)
            continue;
        struct preview_pair pair;
        for (unsigned when = 0; when < PREVIEW_TIMES; when++)
            pair.of[when] = outcome_for(j, a, (enum preview_when)when, c);
        pair.kind = export_kind(j, a, &pair.of[PREVIEW_NOW], &pair.of[PREVIEW_THEN]);
        if (all->kind != PREVIEW_SAME)
            preview_tally_add(&c->out, all, -1);
        if (pair.kind != PREVIEW_SAME)
            note(j, POLICY_EXPORT, j->except[i], a->table, a->of[PREVIEW_NOW], &pair);
    }
}

/* Whether a change that all members but the exceptions share is to be kept as an example: while
 * some of those whom it concerns have few. Who has few is excepted from some that are kept. */
static bool wants_example(const struct preview_judge *j, const struct preview_audience *audience,
                          enum preview_kind kind)
{
    const struct preview_tally *tally = &audience->tally;
    unsigned kept = tally->kept[kind];
    if (j->except_count >= audience->channel_count || kept == PREVIEW_EXAMPLES_KEPT)
        return false;
    if (kept < PREVIEW_EXAMPLES)
        return true;
    for (size_t i = 0; i < tally->example_count; i++) {
        const struct preview_example *e = &tally->examples[i];
        for (uint32_t k = 0; e->pair.kind == kind && k < e->except_count; k++) {
            const struct preview_channel *c = &j->plan->channels[e->except[k]];
            if (j->marks[e->except[k]] != j->round && kept - c->excepted[kind] < PREVIEW_EXAMPLES)
                return true;
        }
    }
    return false;
}

static void keep_example(struct preview_judge *j, struct preview_audience *audience,
                         const struct asking *a, const struct preview_pair *pair)
{
    if (!wants_example(j, audience, pair->kind))
        return;
    preview_tally_keep(&audience->tally, j->rib, a->table->info,
                       rib_table_key(a->table, a->of[PREVIEW_NOW]), pair, j->except,
                       j->except_count);
    for (uint32_t i = 0; i < j->except_count; i++)
        j->plan->channels[j->except[i]].excepted[pair->kind]++;
}

/* Counts a change for all members of an audience but the exceptions. */
static void note_all(struct preview_judge *j, struct preview_audience *audience,
                     const struct asking *a, const struct preview_pair *pair)
{
    preview_tally_add(&audience->tally, pair, 1);
    keep_example(j, audience, a, pair);
    for (uint32_t i = 0; j->lists && i < audience->channel_count; i++) {
        uint32_t channel = audience->channels[i];
        const struct preview_channel *c = &j->plan->channels[channel];
        if (c->wanted && !c->gone && j->marks[channel] != j->round)
            add_found(j, POLICY_EXPORT, channel, pair);
    }
}

/* What all of an audience are told in general, and who is excepted from that; *ret_none: it is of
 * use for none. */
static struct preview_outcome outcome_for_all(struct preview_judge *j, const struct asking *a,
                                              enum preview_when when, bool *ret_none)
{
    struct asked asked = {0};
    struct preview_outcome first = {0};
    const struct rib_path *path;
    if (!rank(j, a, when, NULL)) {
        first = export_outcome(j, a, when, &asked, &path);
        except_differing(j, a->audience, &asked);
        *ret_none |= asked.all_differ;
        if (path)
            except_owners(j, a, path, first.attrs);
        return first;
    }
    for (uint32_t i = 0; i < j->ranking.count; i++) {
        path = rib_entry_path(a->of[when], j->ranking.order[i]);
        asked = (struct asked){0};
        const struct preview_outcome out = ranked_outcome(j, a, when, &asked, path);
        except_differing(j, a->audience, &asked);
        *ret_none |= asked.all_differ;
        except_owners(j, a, path, out.attrs);
        if (out.accepted)
            return out;
        if (i == 0)
            first = out;
    }
    return first;
}

static void judge_audience(struct preview_judge *j, struct preview_audience *audience,
                           const struct rib_table *t, struct rib_entry *now, struct rib_entry *then)
{
    const struct asking a = {audience, t, {now, then}};
    struct preview_pair pair;
    bool none = false;
    j->except_count = 0;
    j->round++;
    for (unsigned when = 0; when < PREVIEW_TIMES; when++)
        pair.of[when] = outcome_for_all(j, &a, (enum preview_when)when, &none);
    except_static(j, &a);
    pair.kind =
        none ? PREVIEW_SAME : export_kind(j, &a, &pair.of[PREVIEW_NOW], &pair.of[PREVIEW_THEN]);
    judge_exceptions(j, &a, &pair);
    if (pair.kind != PREVIEW_SAME)
        note_all(j, audience, &a, &pair);
}

void preview_judge_entry(struct preview_judge *j, struct rib_table *t, uint32_t id)
{
    struct rib_entry *now = rib_table_at(t, id);
    if (now->best.source == 0)
        return;
    struct rib_entry *then = judge_paths(j, t, now);
    for (uint32_t i = 0; i < j->plan->audience_count; i++) {
        struct preview_audience *audience = &j->plan->audiences[i];
        if (audience->family == t->family && audience->wanted_count > 0 &&
            (then != now || audience->differs))
            judge_audience(j, audience, t, now, then);
    }
    let_go(j);
}
