/* Views, and what they make of paths. */
#include "rib/view.h"

#include <stdlib.h>

#include "base/mem.h"
#include "wire/attr_local.h"

/* Attribute sets of which it is kept what views make of them. */
#define KEPT_RUNS 4096u

void rib_views_init(struct rib_views *views, struct rib *rib)
{
    *views = (struct rib_views){.kept = kept_runs_new(rib, KEPT_RUNS)};
}

void rib_views_release(struct rib_views *views)
{
    kept_runs_free(views->kept);
    free(views->at);
}

/* --- coming and going --- */

struct rib_view *rib_view_for(struct rib_views *views, struct policy_chain *chain,
                              struct policy_neighbor *peer)
{
    if (!chain)
        return NULL;
    if (!chain->looks_at_peer)
        peer = NULL;
    for (uint32_t i = 0; i < views->count; i++) {
        struct rib_view *view = views->at[i];
        if (view->peer != peer || !policy_chain_equal(view->chain, chain))
            continue;
        views->changes += view->chain != chain;
        policy_chain_ref(chain); /* the same, but perhaps in other lines of the file */
        policy_chain_unref(view->chain);
        view->chain = chain;
        return rib_view_ref(view);
    }
    struct rib_view *view = mem_alloc(sizeof(*view));
    *view = (struct rib_view){.refs = 1, .chain = policy_chain_ref(chain)};
    view->peer = peer ? policy_neighbor_ref(peer) : NULL;
    views->at = mem_resize(views->at, views->count + 1, sizeof(struct rib_view *));
    return views->at[views->count++] = view;
}

struct rib_view *rib_view_ref(struct rib_view *view)
{
    if (view)
        view->refs++;
    return view;
}

void rib_view_unref(struct rib_views *views, struct rib_view *view)
{
    if (!view || --view->refs > 0)
        return;
    uint32_t i = 0;
    while (views->at[i] != view)
        i++;
    views->at[i] = views->at[--views->count];
    policy_chain_unref(view->chain);
    policy_neighbor_unref(view->peer);
    free(view);
}

/* --- paths --- */

struct policy_scene rib_view_scene(const struct rib *rib, const struct rib_audience *who,
                                   const struct rib_entry *e, uint32_t source, uint32_t attrs)
{
    static const enum policy_origin origins[] = {
        [RIB_SOURCE_PEER] = POLICY_FROM_PEER,
        [RIB_SOURCE_API] = POLICY_FROM_API,
        [RIB_SOURCE_CONFIG] = POLICY_FROM_CONFIG,
    };
    const struct export_profile *t = who->profile;
    enum rib_source_kind kind = rib_source_at(rib, source)->kind;
    if (kind == RIB_SOURCE_CONFIG &&
        attr_local_of(rib_attrs_span(rib_attrs_at(&rib->attrs, attrs))).by_api)
        kind = RIB_SOURCE_API;
    return (struct policy_scene){
        .direction = POLICY_EXPORT,
        .origin = origins[kind],
        .source = rib->sources.life[source].neighbor,
        .peer = who->view->peer,
        .local_as = t->local_as,
        .own_next_hop = span_of(t->next_hop, t->next_hop_len_bytes),
        .family = (enum family)t->family,
        .key = rib_table_key(&rib->tables[t->family], e),
    };
}

/* What is told of attributes that policy has accepted. */
static struct rib_told judge(const struct rib *rib, const struct rib_audience *who,
                             const struct rib_entry *e, uint32_t attrs, uint32_t source)
{
    const struct rib_exported what = {who->profile, attrs, source};
    bool always;
    struct rib_told told = {.why = rib_export_judge_message(rib, &what, e, &always)};
    told.for_prefix = !always;
    if (told.why == RIB_TOLD)
        told.attrs = attrs;
    return told;
}

struct rib_told rib_view_told_in_general(struct rib_views *views, const struct rib *rib,
                                         const struct rib_audience *who, const struct rib_entry *e,
                                         uint32_t attrs, uint32_t source,
                                         struct rib_differ *ret_differ)
{
    const struct rib_view *view = who->view;
    const struct kept_run_key key = {.chain = view->chain,
                                     .peer = view->peer,
                                     .asker = who->group,
                                     .source = source,
                                     .attrs = attrs};
    const struct policy_scene scene = rib_view_scene(rib, who, e, source, attrs);
    struct policy_run *run = kept_runs_for(views->kept, &key, &scene);
    struct policy_outcome *outcome = policy_run_for(run, scene.key);
    outcome->routes -= views->uncounted;
    struct rib_told told = {.why = RIB_WITHHELD_POLICY};
    ret_differ->all = outcome->all_differ;
    ret_differ->count = outcome->differing_count;
    ret_differ->asns = outcome->differing_count ? policy_run_differing(run, outcome) : NULL;
    if (outcome->accepted && !outcome->all_differ)
        told = judge(rib, who, e, kept_outcome_attrs(views->kept, &key, outcome), source);
    told.rule = outcome->rule;
    told.for_prefix |= view->chain->looks_at_key;
    return told;
}

struct rib_told rib_view_told(struct rib_views *views, const struct rib *rib,
                              const struct rib_audience *who, const struct rib_entry *e,
                              uint32_t attrs, uint32_t source)
{
    struct rib_differ nobody;
    if (!who->view)
        return judge(rib, who, e, attrs, source);
    return rib_view_told_in_general(views, rib, who, e, attrs, source, &nobody);
}
