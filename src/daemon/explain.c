/* Explanations.
 *
 * The keys are those that a query of all routes finds. Of each its paths are gone through by index,
 * and then the neighbours, in slices; nothing but the key is kept from one slice to the next. Steps
 * of policies, which the run lends for the moment, are copied. */
#include "daemon/explain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "daemon/channel.h"
#include "daemon/flows.h"
#include "daemon/sent.h"
#include "daemon/state.h"
#include "rib/decide.h"
#include "rib/ribout_answer.h"

/* What is looked at between two looks at the clock. */
#define WORK_PER_LOOK 16u

enum stage {
    AT_KEYS,
    AT_PATHS,
    AT_PEERS,
};

struct explain {
    struct speaker *s;
    struct explain_question question;
    struct route_query *keys; /* owned */
    enum stage stage;
    enum family family; /* of the present key: */
    uint8_t key[NLRI_MAX_BYTES];
    uint32_t key_len; /* 0: none so far */
    unsigned path_index;
    struct speaker_peer_cursor peers;
    unsigned work;              /* since the last look at the clock */
    struct policy_run *run;     /* owned */
    struct policy_chain *chain; /* that was asked last: a reference; NULL: none so far */
    struct explain_rule *rules; /* owned: what it has said */
    size_t rule_count;
    size_t rule_size;
    struct span *copies; /* owned array of owned copies of the attributes of these */
    size_t copy_count;
    struct vrp *vrps; /* owned: that cover the present path; NULL until there are some */
    size_t vrp_count;
    struct strbuf reason;
    struct attr_block *sent;       /* owned */
    struct explain_passed *passed; /* owned: by the neighbour that is told of last */
    size_t passed_count;
    size_t passed_size;
};

struct explain *explain_new(struct speaker *s, const struct explain_question *question)
{
    struct route_filter filter = {
        .kind = ROUTES_LOC_RIB,
        .families = question->families,
        .match = question->match,
        .prefix = question->prefix,
        .has_rd = question->has_rd,
    };
    struct explain *x = mem_zalloc(sizeof(*x));
    x->s = s;
    x->question = *question;
    memcpy(filter.rd, question->rd, sizeof(filter.rd));
    route_query_new(s, &filter, NULL, &x->keys);
    x->run = policy_run_new(s->import.scratch);
    x->sent = mem_alloc(sizeof(*x->sent));
    return x;
}

static void forget_rules(struct explain *x)
{
    for (size_t i = 0; i < x->copy_count; i++)
        free((void *)(uintptr_t)x->copies[i].data);
    x->rule_count = x->copy_count = 0;
    policy_chain_unref(x->chain);
    x->chain = NULL;
}

void explain_free(struct explain *x)
{
    if (!x)
        return;
    forget_rules(x);
    free(x->rules);
    free(x->copies);
    free(x->vrps);
    route_query_free(x->keys);
    policy_run_free(x->run);
    strbuf_release(&x->reason);
    free(x->sent);
    free(x->passed);
    free(x);
}

/* --- keys --- */

static struct nlri_key present_key(const struct explain *x)
{
    return (struct nlri_key){x->key, x->key_len};
}

static bool is_present(const struct explain *x, const struct route_view *route)
{
    return x->key_len > 0 && x->family == route->family &&
           nlri_key_equal(family_info(x->family), present_key(x), route->nlri.key);
}

/* Goes on to the next key: the query has a route for each path. */
static enum explain_step next_key(struct explain *x, uint64_t deadline_ns,
                                  struct explain_view *ret_view)
{
    struct route_view route;
    do {
        enum route_query_step step = route_query_next(x->keys, deadline_ns, &route);
        if (step != QUERY_ROUTE)
            return step == QUERY_END ? EXPLAIN_END : EXPLAIN_YIELD;
    } while (is_present(x, &route));
    x->family = route.family;
    x->key_len = route.nlri.key.len;
    memcpy(x->key, route.nlri.key.bytes, nlri_key_bytes(family_info(x->family), route.nlri.key));
    x->path_index = 0;
    x->peers = (struct speaker_peer_cursor){0};
    x->stage = AT_PATHS;
    ret_view->family = x->family;
    ret_view->nlri = (struct nlri){.key = present_key(x)};
    return EXPLAIN_KEY;
}

/* The entry of the present key, its best path decided; 0: it has gone. */
static uint32_t present_entry(struct explain *x)
{
    struct rib_table *t = &x->s->rib.tables[x->family];
    uint32_t entry = rib_table_find(t, present_key(x));
    if (entry != 0)
        rib_entry_decide(&x->s->rib, t, entry);
    return entry;
}

/* --- policies --- */

/* A copy of attributes. Before a rule they mostly are what they were after the last one. */
static struct span keep(struct explain *x, struct span bytes)
{
    if (x->copy_count > 0 && span_equal(x->copies[x->copy_count - 1], bytes))
        return x->copies[x->copy_count - 1];
    uint8_t *copy = mem_alloc(bytes.len_bytes + 1);
    if (bytes.len_bytes > 0)
        memcpy(copy, bytes.data, bytes.len_bytes);
    return x->copies[x->copy_count++] = span_of(copy, bytes.len_bytes);
}

static void add_rule(void *ctx, const struct policy_step *step)
{
    struct explain *x = ctx;
    struct policy_place place = policy_chain_place(x->chain, step->rule);
    if (!place.rule)
        return; /* a default sets nothing */
    if (x->rule_count == x->rule_size) {
        x->rule_size = x->rule_size ? 2 * x->rule_size : 8;
        x->rules = mem_resize(x->rules, x->rule_size, sizeof(*x->rules));
        x->copies = mem_resize(x->copies, 2 * x->rule_size, sizeof(*x->copies));
    }
    struct explain_rule *rule = &x->rules[x->rule_count++];
    rule->place = place;
    rule->before = keep(x, step->before);
    rule->after = keep(x, step->after);
}

/* What a chain makes of the route of a scene. */
static struct explain_policy ask(struct explain *x, struct policy_chain *chain,
                                 const struct policy_scene *scene)
{
    forget_rules(x);
    x->chain = policy_chain_ref(chain);
    const struct policy_outcome *outcome = policy_run_explain(x->run, chain, scene, add_rule, x);
    return (struct explain_policy){
        .asked = true,
        .accepted = outcome->accepted,
        .unknown = outcome->unknown,
        .by = policy_chain_place(chain, outcome->rule),
        .rules = x->rules,
        .rule_count = x->rule_count,
    };
}

/* The scene with the attributes of a set. */
static struct policy_scene with_attrs(const struct speaker *s, struct policy_scene scene,
                                      uint32_t id)
{
    const struct rib_attrs *set = rib_attrs_at(&s->rib.attrs, id);
    scene.attrs = rib_attrs_span(set);
    scene.hot = &set->hot;
    return scene;
}

/* --- paths --- */

/* Paths that are wanted: that of the peers in question, and the best one. */
static bool path_wanted(const struct explain *x, const struct rib_path *path, unsigned index)
{
    const struct explain_question *q = &x->question;
    const struct rib_source *source = rib_source_at(&x->s->rib, path->source);
    if (rib_path_is_dead(&x->s->rib, path))
        return false;
    return !q->has_peer || index == 0 ||
           (source->kind == RIB_SOURCE_PEER && scoped_prefix_contains_ip(&q->peer, &source->addr));
}

static struct explain_held held_against(const struct explain *x, enum family family, uint32_t entry)
{
    const struct rib_table *t = &x->s->rib.tables[family];
    if (entry == 0)
        return (struct explain_held){0};
    const struct rib_entry *e = rib_table_at(t, entry);
    return (struct explain_held){
        .is_there = true,
        .route = route_view_of(x->s, t, e, &e->best, e->best.received),
        .neighbor_as = rib_attrs_at(&x->s->rib.attrs, e->best.received)->hot.neighbor_as,
    };
}

/* A flow that nothing rejects before has come to that. */
static void explain_validation(const struct explain *x, const struct rib_path *path,
                               struct nlri_key key, struct explain_validation *ret)
{
    const struct rib_source *source = rib_source_at(&x->s->rib, path->source);
    const struct neighbor *n = source->kind == RIB_SOURCE_PEER ? source->user : NULL;
    const struct channel *c = n ? channel_find(n, x->family) : NULL;
    if (!c || !flows_are_validated(c) || rib_reject_is_before_flow(path->reject))
        return;
    struct flow_held held;
    ret->asked = true;
    ret->why = rib_reject_text(flows_judge(x->s, c, key, path, &held));
    ret->cover = held_against(x, family_of_destinations(x->family), held.cover);
    ret->other = held_against(x, family_of_destinations(x->family), held.other);
}

/* A path that nothing but policy rejects has come to that. */
static void explain_import(struct explain *x, const struct rib_path *path, struct nlri_key key,
                           struct explain_path *ret)
{
    const struct rib_source *source = rib_source_at(&x->s->rib, path->source);
    const struct neighbor *n = source->kind == RIB_SOURCE_PEER ? source->user : NULL;
    const struct channel *c = n ? channel_find(n, x->family) : NULL;
    if (!c || !policy_chain_has_policies(c->import) ||
        (path->reject != RIB_ACCEPTED && path->reject < RIB_REJECT_POLICY))
        return;
    struct policy_scene scene = with_attrs(x->s, import_scene(x->s, c), path->received);
    scene.key = key;
    ret->import = ask(x, c->import, &scene);
    ret->pending = review_is_pending(x->s, c);
}

static void explain_choice(const struct explain *x, struct rib_entry *e, unsigned index,
                           struct explain_path *ret)
{
    if (index == 0 || !e->best_usable)
        return;
    struct rib_settled settled = rib_decide_settled(&x->s->rib, e, index);
    ret->step = rib_step_text(settled.step);
    ret->has_preferred = settled.step < RIB_STEP_UNUSABLE;
    if (!ret->has_preferred)
        return;
    struct route_view preferred = route_view_of(x->s, &x->s->rib.tables[x->family], e,
                                                rib_entry_path(e, settled.against), e->best.attrs);
    ret->preferred = preferred.source;
    ret->preferred_peer = preferred.source_peer;
}

static void add_vrp(void *ctx, const struct vrp *vrp)
{
    struct explain *x = ctx;
    if (!x->vrps)
        x->vrps = mem_resize(NULL, EXPLAIN_VRPS, sizeof(*x->vrps));
    if (x->vrp_count < EXPLAIN_VRPS)
        x->vrps[x->vrp_count++] = *vrp;
}

/* The VRPs that decide over the origin of a path. */
static void explain_origin(struct explain *x, const struct rib_path *path, struct nlri_key key,
                           struct explain_path *ret)
{
    const struct vrp_table *vrps = &x->s->validation.vrps;
    if (!policy_validates(x->family) || vrp_table_count(vrps) == 0)
        return;
    x->vrp_count = 0;
    vrp_table_each_covering(vrps, family_info(x->family)->ip_version, key.bytes, (uint8_t)key.len,
                            add_vrp, x);
    ret->has_vrps = true;
    ret->origin_as = validation_origin_as(x->s, path);
    ret->vrps = x->vrps;
    ret->vrp_count = x->vrp_count;
}

static void explain_path(struct explain *x, struct rib_entry *e, unsigned index,
                         struct explain_path *ret)
{
    const struct rib_table *t = &x->s->rib.tables[x->family];
    const struct rib_path *path = rib_entry_path(e, index);
    *ret = (struct explain_path){.route = route_view_of(x->s, t, e, path, path->attrs)};
    ret->route.filtered = import_reject_text(x->s, x->family, path, &x->reason);
    ret->route.filtered_by = import_reject_place(x->s, x->family, path);
    explain_validation(x, path, ret->route.nlri.key, &ret->validation);
    explain_import(x, path, ret->route.nlri.key, ret);
    explain_origin(x, path, ret->route.nlri.key, ret);
    explain_choice(x, e, index, ret);
}

/* Notes that something was looked at; true when it is time to stop. */
static bool time_is_up(struct explain *x, unsigned work, uint64_t deadline_ns)
{
    x->work += work;
    if (x->work < WORK_PER_LOOK)
        return false;
    x->work = 0;
    return time_mono_ns() >= deadline_ns;
}

static enum explain_step next_path(struct explain *x, uint64_t deadline_ns,
                                   struct explain_view *ret_view)
{
    uint32_t entry = present_entry(x);
    struct rib_entry *e = entry ? rib_table_at(&x->s->rib.tables[x->family], entry) : NULL;
    unsigned count = e ? rib_entry_path_count(e) : 0;
    while (x->path_index < count) {
        unsigned index = x->path_index++;
        if (!path_wanted(x, rib_entry_path(e, index), index)) {
            if (time_is_up(x, 1, deadline_ns))
                return EXPLAIN_YIELD;
            continue;
        }
        explain_path(x, e, index, &ret_view->path);
        x->work += e->flags & ENTRY_HAS_MED ? count : 1; /* all of them were looked at */
        return EXPLAIN_PATH;
    }
    x->stage = x->question.peers ? AT_PEERS : AT_KEYS;
    return EXPLAIN_YIELD;
}

/* --- neighbours --- */

/* The export policy, where the route has come to it. */
static void explain_export(struct explain *x, const struct channel *c, struct rib_entry *e,
                           const struct rib_path *path, const struct rib_told *told,
                           struct explain_peer *ret)
{
    if (!c->export || !path || (told->why != RIB_TOLD && told->why < RIB_WITHHELD_POLICY))
        return;
    struct rib_view view = {.chain = c->export, .peer = c->neighbor->known_as};
    const struct rib_audience who = {.profile = ribout_member_profile(c->member), .view = &view};
    struct policy_scene scene = with_attrs(
        x->s, rib_view_scene(&x->s->rib, &who, e, path->source, path->attrs), path->attrs);
    ret->export = ask(x, c->export, &scene);
    if (told->why != RIB_WITHHELD_POLICY || ret->export.accepted)
        return;
    ret->why_by = ret->export.by;
    strbuf_clear(&x->reason);
    strbuf_add(&x->reason, "policy ");
    policy_place_format(&ret->why_by, &x->reason);
    ret->why = strbuf_text(&x->reason);
}

/* What a channel is told of an entry now, and of which path; *ret_pending: it was told another
 * thing. */
static struct rib_told told_now(struct explain *x, const struct channel *c, uint32_t entry,
                                const struct rib_path **ret_path, bool *ret_pending)
{
    struct rib *rib = &x->s->rib;
    const struct export_profile *profile = ribout_member_profile(c->member);
    struct ribout_slot slot;
    bool has_slot = ribout_member_slot(&x->s->out, c->member, entry, &slot);
    if (has_slot)
        rib_attrs_ref(&rib->attrs, slot.attrs);
    const struct rib_told told = ribout_member_told(&x->s->out, c->member, entry, ret_path);
    *ret_pending = ribout_member_is_moving(c->member) || has_slot != (told.why == RIB_TOLD);
    if (!*ret_pending && has_slot && *ret_path) {
        const struct rib_exported was = {profile, slot.attrs, slot.source};
        const struct rib_exported is = {profile, told.attrs, (*ret_path)->source};
        *ret_pending = !rib_export_equal(rib, &was, &is);
    }
    if (has_slot)
        rib_attrs_unref(&rib->attrs, slot.attrs);
    return told;
}

/* The paths of an entry that a channel is not told. */
struct passing {
    struct explain *x;
    const struct channel *channel;
    struct rib_entry *entry;
};

static void add_passed(void *ctx, const struct rib_path *path, const struct rib_told *told)
{
    const struct passing *p = ctx;
    struct explain *x = p->x;
    const struct route_view view =
        route_view_of(x->s, &x->s->rib.tables[x->family], p->entry, path, path->attrs);
    if (x->passed_count == x->passed_size) {
        x->passed_size = x->passed_size ? 2 * x->passed_size : 8;
        x->passed = mem_resize(x->passed, x->passed_size, sizeof(*x->passed));
    }
    struct explain_passed *passed = &x->passed[x->passed_count++];
    *passed = (struct explain_passed){.source = view.source,
                                      .source_peer = view.source_peer,
                                      .why = rib_withheld_text(told->why)};
    if (told->why == RIB_WITHHELD_POLICY && p->channel->export)
        passed->why_by = policy_chain_place(p->channel->export, told->rule);
}

static void explain_passed(struct explain *x, const struct channel *c, uint32_t entry,
                           struct explain_peer *ret)
{
    struct passing passing = {x, c, rib_table_at(&x->s->rib.tables[x->family], entry)};
    x->passed_count = 0;
    ribout_member_each_passed(&x->s->out, c->member, entry, add_passed, &passing);
    x->work += (unsigned)x->passed_count;
    ret->passed = x->passed;
    if (!ret->why || x->passed_count > 1) /* else that is said already */
        ret->passed_count = x->passed_count;
}

static void explain_channel(struct explain *x, const struct channel *c, uint32_t entry,
                            struct explain_peer *ret)
{
    struct rib *rib = &x->s->rib;
    const struct rib_table *t = &rib->tables[x->family];
    struct rib_entry *e = rib_table_at(t, entry);
    const struct rib_path *path;
    bool pending;
    const struct rib_told told = told_now(x, c, entry, &path, &pending);
    ret->why = rib_withheld_text(told.why);
    ret->has_route = path && !rib_path_is_dead(rib, path);
    if (!ret->has_route)
        return;
    ret->pending = pending;
    ret->route = route_view_of(x->s, t, e, path, path->attrs);
    ret->route.to_peer = ret->addr;
    if (told.why == RIB_TOLD) {
        const struct rib_exported what = {ribout_member_profile(c->member), told.attrs,
                                          path->source};
        sent_attrs(rib, &what, x->sent);
        ret->route.attrs = attr_block_span(x->sent);
        ret->route.only_to_customer = 0; /* there it is an attribute */
    }
    explain_export(x, c, e, path, &told, ret);
    ret->route.withheld = ret->why;
    ret->route.withheld_by = ret->why_by;
    explain_passed(x, c, entry, ret);
}

static void explain_peer(struct explain *x, const struct neighbor *n, uint32_t entry,
                         struct explain_peer *ret)
{
    const struct channel *c = channel_find(n, x->family);
    *ret = (struct explain_peer){.addr = n->addr};
    if (!n->up)
        ret->why = "no session";
    else if (!c)
        ret->why = "not among the families of the peer";
    else if (!c->member)
        ret->why = "the family was not negotiated";
    else
        explain_channel(x, c, entry, ret);
}

static enum explain_step next_peer(struct explain *x, uint64_t deadline_ns,
                                   struct explain_view *ret_view)
{
    struct speaker_peer peer;
    uint32_t entry = present_entry(x);
    while (entry != 0 && speaker_next_peer(x->s, &x->peers, &peer)) {
        const struct explain_question *q = &x->question;
        if (peer.neighbor && (!q->has_peer || scoped_prefix_covers(&q->peer, &peer.remote))) {
            explain_peer(x, peer.neighbor, entry, &ret_view->peer);
            return EXPLAIN_PEER;
        }
        if (time_is_up(x, 1, deadline_ns))
            return EXPLAIN_YIELD;
    }
    x->stage = AT_KEYS;
    return EXPLAIN_YIELD;
}

enum explain_step explain_next(struct explain *x, uint64_t deadline_ns,
                               struct explain_view *ret_view)
{
    for (;;) {
        enum stage stage = x->stage;
        enum explain_step step = stage == AT_PATHS   ? next_path(x, deadline_ns, ret_view)
                                 : stage == AT_PEERS ? next_peer(x, deadline_ns, ret_view)
                                                     : next_key(x, deadline_ns, ret_view);
        if (step != EXPLAIN_YIELD || stage == x->stage)
            return step;
        if (time_is_up(x, WORK_PER_LOOK, deadline_ns))
            return EXPLAIN_YIELD;
    }
}
