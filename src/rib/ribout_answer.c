/* Answers: what members are told of an entry.
 *
 * They are made by what decides it, with no hits counted. A group of route server clients is asked
 * for one path after the other, by preference. */
#include "rib/ribout_answer.h"

#include "rib/ribout_layer.h"
#include "rib/ribout_personal.h"

/* outcome_alone for who only wants to know. */
static struct rib_told look_at_outcome(struct ribout *out, const struct ribout_group *g,
                                       const struct ribout_party *party, const struct rib_entry *e,
                                       uint32_t attrs, uint32_t source)
{
    out->views.uncounted = true;
    struct rib_told told = outcome_alone(out, g, party, e, attrs, source);
    out->views.uncounted = false;
    return told;
}

/* --- what was told --- */

bool ribout_member_slot(struct ribout *out, const struct ribout_member *m, uint32_t entry,
                        struct ribout_slot *ret_slot)
{
    const struct ribout_group *g = m->group;
    struct layered said = {.slot = personal_told(g, entry, m->config_source)};
    const uint32_t source = said.slot.source;
    if (said.slot.attrs == 0)
        return false;
    if (rib_source_at(g->rib, source)->kind != RIB_SOURCE_CONFIG)
        said.below = layers_of(&g->layers, entry);
    out->views.uncounted = true;
    struct class_view view = layers_told(out, g, m->party, entry, &said);
    if (view.told != 0 && group_left_out(g, view.told, view.slot.source) == m)
        view = layers_told_below(out, g, m->party, m, entry, &said, &view);
    out->views.uncounted = false;
    if (view.told == 0)
        return false;
    *ret_slot = (struct ribout_slot){view.told, view.slot.source, view.slot.version};
    return true;
}

/* --- what is to be told --- */

bool ribout_member_is_next_hop(const struct ribout_member *m, uint32_t source, uint32_t attrs)
{
    const struct ribout_group *g = m->group;
    bool is_ours = g->rib->sources.at[source].kind != RIB_SOURCE_PEER;
    return is_ours && attrs != 0 && group_next_hop_member(g, attrs) == m;
}

/* What a party is told of a path that its group may know of. */
static struct rib_told told_of(struct ribout *out, const struct ribout_group *g,
                               const struct ribout_party *party, const struct rib_entry *e,
                               const struct rib_path *path)
{
    if (!g->has_policies) /* a message can say it: group_select has seen to that */
        return (struct rib_told){.attrs = path->attrs};
    return look_at_outcome(out, g, party, e, path->attrs, path->source);
}

/* What a member is told of the one path that it is told, or not: of a static route of its own, or
 * of the best path. */
static struct rib_told told_of_best(struct ribout *out, const struct ribout_member *m,
                                    struct rib_entry *e, const struct rib_path *candidate)
{
    const struct ribout_group *g = m->group;
    struct rib_told told = {0};
    if (candidate && candidate->source == m->source)
        return (struct rib_told){.why = RIB_WITHHELD_OWN};
    const struct rib_path *path = group_select(g, m->config_source, e, &told.why);
    if (path)
        told = told_of(out, g, m->party, e, path);
    if (path && ribout_member_is_next_hop(m, path->source, told.attrs))
        return (struct rib_told){.why = RIB_WITHHELD_NEXT_HOP_IS_PEER, .rule = told.rule};
    return told;
}

/* What a party is told of a path, one among several. */
static struct rib_told judge_for_party(struct ribout *out, const struct ribout_group *g,
                                       const struct ribout_party *party, const struct rib_entry *e,
                                       const struct rib_path *path)
{
    const struct rib_told told = {
        .why = rib_export_judge(g->rib, &g->profile, path, e, !g->has_policies)};
    return told.why == RIB_TOLD ? told_of(out, g, party, e, path) : told;
}

static struct rib_told judge_for_member(struct ribout *out, const struct ribout_member *m,
                                        const struct rib_entry *e, const struct rib_path *path)
{
    if (path->source == m->source)
        return (struct rib_told){.why = RIB_WITHHELD_OWN};
    const struct rib_told told = judge_for_party(out, m->group, m->party, e, path);
    if (ribout_member_is_next_hop(m, path->source, told.attrs))
        return (struct rib_told){.why = RIB_WITHHELD_NEXT_HOP_IS_PEER, .rule = told.rule};
    return told;
}

/* Ranks the paths of an entry for those of a group who have a config source; false when they are
 * told one certain path or none. */
static bool rank_for(struct ribout *out, const struct ribout_group *g, uint32_t config_source,
                     struct rib_entry *e)
{
    const struct rib_path *path =
        g->layered ? rib_export_candidate(g->rib, &g->profile, config_source, e) : NULL;
    if (!path || rib_source_at(g->rib, path->source)->kind == RIB_SOURCE_CONFIG)
        return false;
    rib_decide_rank(g->rib, e, g->profile.source_kinds, &out->ranking);
    return out->ranking.count > 0;
}

struct rib_told ribout_member_told(struct ribout *out, const struct ribout_member *m,
                                   uint32_t entry, const struct rib_path **ret_path)
{
    const struct ribout_group *g = m->group;
    struct rib_entry *e = rib_table_at(g->table, entry);
    struct rib_told first = {0};
    *ret_path = rib_export_candidate(g->rib, &g->profile, m->config_source, e);
    if (!rank_for(out, g, m->config_source, e))
        return told_of_best(out, m, e, *ret_path);
    for (uint32_t i = 0; i < out->ranking.count; i++) {
        const struct rib_path *path = rib_entry_path(e, out->ranking.order[i]);
        const struct rib_told told = judge_for_member(out, m, e, path);
        if (i == 0)
            first = told;
        if (told.why != RIB_TOLD)
            continue;
        *ret_path = path;
        return told;
    }
    return first;
}

void ribout_member_each_passed(struct ribout *out, const struct ribout_member *m, uint32_t entry,
                               ribout_passed each, void *ctx)
{
    const struct ribout_group *g = m->group;
    struct rib_entry *e = rib_table_at(g->table, entry);
    if (!rank_for(out, g, m->config_source, e))
        return;
    for (uint32_t i = 0; i < out->ranking.count; i++) {
        const struct rib_path *path = rib_entry_path(e, out->ranking.order[i]);
        const struct rib_told told = judge_for_member(out, m, e, path);
        if (told.why == RIB_TOLD)
            return;
        each(ctx, path, &told);
    }
}

bool ribout_member_takes_own(struct ribout *out, const struct ribout_member *m, uint32_t entry,
                             const struct rib_path *path)
{
    const struct ribout_group *g = m->moving_to ? m->moving_to : m->group;
    const struct rib_audience who = {&g->profile, m->moving_to ? m->moving_to_view : m->view,
                                     g->number};
    out->views.uncounted = true;
    struct rib_told told = rib_view_told(&out->views, g->rib, &who, rib_table_at(g->table, entry),
                                         path->attrs, path->source);
    out->views.uncounted = false;
    return told.attrs != 0 && !ribout_member_is_next_hop(m, path->source, told.attrs);
}

/* --- answers of groups --- */

struct asking {
    struct ribout *out;
    const struct ribout_group *group;
    struct rib_entry *entry;
    uint32_t id;
    void (*each)(void *ctx, const struct ribout_answer *answer);
    void *ctx;
};

static void answer(const struct asking *a, const struct rib_path *path, enum rib_withheld why,
                   uint32_t members)
{
    if (members > 0)
        a->each(a->ctx, &(struct ribout_answer){path, why, members});
}

/* The member that is not told a path, as these attributes, because it is its own, or goes to
 * itself; NULL. */
static const struct ribout_member *left_out_of(const struct ribout_group *g,
                                               const struct rib_path *path, uint32_t attrs)
{
    if (g->rib->sources.at[path->source].kind != RIB_SOURCE_PEER)
        return group_next_hop_member(g, attrs);
    return path->source < g->by_source_size ? g->by_source[path->source].member : NULL;
}

/* For the members of a party who are told the first of several paths that they may have. */
static void answer_by_rank(const struct asking *a, const struct ribout_party *party,
                           uint32_t members)
{
    const struct ribout_group *g = a->group;
    const struct rib_ranking *ranking = &a->out->ranking;
    const struct rib_path *path = NULL;
    struct rib_told told = {0};
    enum rib_withheld why_first = RIB_TOLD;
    for (uint32_t i = 0; i < ranking->count && told.attrs == 0; i++) {
        path = rib_entry_path(a->entry, ranking->order[i]);
        told = judge_for_party(a->out, g, party, a->entry, path);
        if (i == 0)
            why_first = told.why;
    }
    if (told.attrs == 0)
        path = rib_entry_path(a->entry, ranking->order[0]);
    const struct ribout_member *m = left_out_of(g, path, told.attrs ? told.attrs : path->attrs);
    bool leaves_out = m && m->party == party;
    if (told.attrs == 0) {
        leaves_out &= m && m->source == path->source;
        answer(a, path, RIB_WITHHELD_OWN, leaves_out);
        answer(a, path, why_first, members - leaves_out);
        return;
    }
    answer(a, path, RIB_TOLD, members - leaves_out);
    if (!leaves_out)
        return;
    told = ribout_member_told(a->out, m, a->id, &path);
    answer(a, path, told.why, 1);
}

/* For the members of a party (NULL: those in none). */
static void answer_party(const struct asking *a, const struct ribout_party *party, uint32_t members)
{
    const struct ribout_group *g = a->group;
    const uint32_t config_source = party ? party->config_source : 0;
    struct rib_told told = {0};
    if (rank_for(a->out, g, config_source, a->entry)) {
        answer_by_rank(a, party, members);
        return;
    }
    const struct rib_path *path = group_select(g, config_source, a->entry, &told.why);
    if (path)
        told = told_of(a->out, g, party, a->entry, path);
    const struct ribout_member *m = told.attrs ? left_out_of(g, path, told.attrs) : NULL;
    uint32_t left_out = m && m->party == party;
    bool is_ours = path && g->rib->sources.at[path->source].kind != RIB_SOURCE_PEER;
    answer(a, path, is_ours ? RIB_WITHHELD_NEXT_HOP_IS_PEER : RIB_WITHHELD_OWN, left_out);
    answer(a, path, told.why, members - left_out);
}

static void answer_group(const struct asking *a)
{
    const struct ribout_group *g = a->group;
    uint32_t others = g->member_count;
    for (uint32_t i = 0; i < g->party_count; i++) {
        const struct ribout_party *party = g->parties[i];
        if (!party || party->members == 0)
            continue;
        answer_party(a, party, party->members);
        others -= party->members;
    }
    if (others > 0)
        answer_party(a, NULL, others);
}

void ribout_each_answer(struct ribout *out, const struct rib_table *t, uint32_t entry,
                        enum rib_source_kind kind,
                        void (*each)(void *ctx, const struct ribout_answer *answer), void *ctx)
{
    for (uint32_t i = 0; i < out->group_count; i++) {
        const struct ribout_group *g = out->groups[i];
        const struct asking a = {out, g, rib_table_at(t, entry), entry, each, ctx};
        if (g->table == t && (g->profile.source_kinds & (1u << kind)))
            answer_group(&a);
    }
}
