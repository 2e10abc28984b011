/* What a group of peers is told.
 *
 * Two questions are kept apart: which path (a static route for the peers alone, or the best one of
 * those that may be told at all), and whether it may go to these peers. */
#include "rib/export.h"

#include "rib/decide.h"

/* --- which path --- */

static bool kind_allowed(const struct export_profile *t, uint8_t kind)
{
    return (t->source_kinds & (1u << kind)) != 0;
}

/* The best path among those that may be told to the group at all. */
static const struct rib_path *best_allowed(const struct rib *rib, const struct export_profile *t,
                                           struct rib_entry *e)
{
    const struct rib_source *source = &rib->sources.at[e->best.source];
    bool is_dead = e->best_usable && rib_path_is_dead(rib, &e->best); /* and is still there */
    if (e->best_usable && !is_dead && kind_allowed(t, source->kind))
        return &e->best;
    if (!is_dead && !(e->flags & ENTRY_HAS_LOCAL))
        return NULL; /* all paths are of one kind */
    int best = rib_decide_best(rib, e, t->source_kinds, false);
    return best < 0 ? NULL : rib_entry_path(e, (unsigned)best);
}

/* The static route for the peers alone. */
static const struct rib_path *own_static(const struct export_profile *t, uint32_t config_source,
                                         struct rib_entry *e)
{
    if (config_source == 0 || !(e->flags & ENTRY_HAS_LOCAL) || !rib_export_tells_config(t))
        return NULL;
    return rib_entry_path_of(e, config_source);
}

/* The path that the peers are told, if they may be. */
static const struct rib_path *preferred(const struct rib *rib, const struct export_profile *t,
                                        uint32_t config_source, struct rib_entry *e)
{
    const struct rib_path *path = own_static(t, config_source, e);
    return path ? path : best_allowed(rib, t, e);
}

const struct rib_path *rib_export_candidate(const struct rib *rib, const struct export_profile *t,
                                            uint32_t config_source, struct rib_entry *e)
{
    const struct rib_path *path = preferred(rib, t, config_source, e);
    if (!path && e->best.source != 0 && rib->sources.at[e->best.source].kind != RIB_SOURCE_CONFIG)
        path = &e->best; /* of a source that is not allowed, or not usable */
    return path;
}

/* --- whether it may be told --- */

/* Rules for what was learned from a peer; what BGPd originates may be told to all. Communities of
 * the clients of a route server are for the clients to act on (RFC 7947 §2.2.4). */
static enum rib_withheld judge_learned(const struct export_profile *t, const struct rib_source *s,
                                       const struct rib_relation *r, const struct attr_hot *hot)
{
    bool acts = !r->transparent || t->interpret_communities;
    if (acts && (hot->flags & ATTR_NO_ADVERTISE))
        return RIB_WITHHELD_NO_ADVERTISE;
    if (t->lacks_for_customers &&
        (s->only_to_customer != 0 || (hot->flags & ATTR_HAS_ONLY_TO_CUSTOMER)))
        return RIB_WITHHELD_FOR_CUSTOMERS;
    if (r->border) {
        bool is_bound = (hot->flags & (ATTR_NO_EXPORT | ATTR_NO_EXPORT_SUBCONFED)) != 0;
        return acts && is_bound ? RIB_WITHHELD_NO_EXPORT : RIB_TOLD;
    }
    bool is_inside =
        s->session_kind == SESSION_INTERNAL && !s->reflector_client && !t->reflector_client;
    return is_inside ? RIB_WITHHELD_INTERNAL : RIB_TOLD;
}

static bool has_too_many_labels(const struct export_profile *t, const struct rib_attrs *attrs)
{
    return family_info((enum family)t->family)->has_labels &&
           attr_labels(rib_attrs_span(attrs)).len_bytes > (size_t)t->max_labels * LABEL_BYTES;
}

static size_t nlri_bytes(const struct rib *rib, const struct export_profile *t, uint32_t attrs,
                         const struct rib_entry *e)
{
    const struct rib_table *table = &rib->tables[t->family];
    return table->info->len_bytes(table->info, rib_attrs_nlri(rib, table, e, attrs));
}

/* Whether the attributes are so short that any NLRI fits into a message with them, whatever the
 * way to the group adds. */
static bool is_small(const struct export_profile *t, const struct rib_attrs *attrs)
{
    /* Headers, ASNs, next hop, LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST, ONLY_TO_CUSTOMER. */
    enum { ADDED_BYTES = 128 };
    const struct family_info *info = family_info((enum family)t->family);
    size_t most = 2 * attrs->len_bytes + ADDED_BYTES; /* twice: AS4_PATH */
    return update_reach_bytes((enum family)t->family, most, 32, info->nlri_max_bytes) <=
           t->max_message_bytes;
}

/* Whether the route fits into a message to these peers. */
static bool fits(const struct rib *rib, const struct export_profile *t,
                 const struct rib_exported *what, const struct rib_entry *e)
{
    struct rib_look look = rib_look(rib, t, what->attrs, what->source);
    return look.is_told &&
           update_reach_bytes((enum family)t->family, look.attrs_bytes, look.next_hop_len_bytes,
                              nlri_bytes(rib, t, what->attrs, e)) <= t->max_message_bytes;
}

enum rib_withheld rib_export_judge_message(const struct rib *rib, const struct rib_exported *what,
                                           const struct rib_entry *e, bool *ret_always)
{
    const struct export_profile *t = what->profile;
    const struct rib_source *source = &rib->sources.at[what->source];
    const struct rib_attrs *attrs = rib_attrs_at(&rib->attrs, what->attrs);
    const struct rib_relation r = rib_relate(t, source);
    enum rib_withheld why = rib_judge_next_hop(t, source, &r, attrs);
    if (why == RIB_TOLD && has_too_many_labels(t, attrs))
        why = RIB_WITHHELD_LABELS;
    *ret_always = why != RIB_TOLD || is_small(t, attrs);
    if (!*ret_always && !fits(rib, t, what, e))
        why = RIB_WITHHELD_TOO_LARGE;
    return why;
}

/* Whether these peers may know of it. */
static enum rib_withheld judge_path(const struct rib *rib, const struct export_profile *t,
                                    const struct rib_path *path)
{
    const struct rib_source *source = &rib->sources.at[path->source];
    const struct rib_relation r = rib_relate(t, source);
    if (!r.learned)
        return RIB_TOLD;
    return judge_learned(t, source, &r, &rib_attrs_at(&rib->attrs, path->attrs)->hot);
}

static enum rib_withheld judge(const struct rib *rib, const struct export_profile *t,
                               const struct rib_path *path, const struct rib_entry *e,
                               bool *ret_always)
{
    const struct rib_exported what = {t, path->attrs, path->source};
    enum rib_withheld why = judge_path(rib, t, path);
    *ret_always = true;
    return why != RIB_TOLD ? why : rib_export_judge_message(rib, &what, e, ret_always);
}

enum rib_withheld rib_export_judge(const struct rib *rib, const struct export_profile *t,
                                   const struct rib_path *path, const struct rib_entry *e,
                                   bool whole)
{
    bool always;
    return whole ? judge(rib, t, path, e, &always) : judge_path(rib, t, path);
}

static enum rib_withheld why_no_path(const struct rib *rib, const struct rib_entry *e)
{
    bool is_usable = e->best_usable && rib_decide_usable(rib, &e->best);
    return is_usable ? RIB_WITHHELD_SOURCE : RIB_WITHHELD_UNUSABLE;
}

static const struct rib_path *select_path(const struct rib *rib, const struct export_profile *t,
                                          uint32_t config_source, struct rib_entry *e,
                                          enum rib_withheld *ret_why, bool *ret_always)
{
    *ret_always = false;
    const struct rib_path *path = preferred(rib, t, config_source, e);
    *ret_why = path ? judge(rib, t, path, e, ret_always) : why_no_path(rib, e);
    return *ret_why == RIB_TOLD ? path : NULL;
}

const struct rib_path *rib_export_select(const struct rib *rib, const struct export_profile *t,
                                         uint32_t config_source, struct rib_entry *e,
                                         enum rib_withheld *ret_why)
{
    bool always;
    return select_path(rib, t, config_source, e, ret_why, &always);
}

const struct rib_path *rib_export_choose(const struct rib *rib, const struct export_profile *t,
                                         uint32_t config_source, struct rib_entry *e,
                                         enum rib_withheld *ret_why)
{
    const struct rib_path *path = preferred(rib, t, config_source, e);
    *ret_why = path ? judge_path(rib, t, path) : why_no_path(rib, e);
    return *ret_why == RIB_TOLD ? path : NULL;
}

const struct rib_path *rib_export_select_first(const struct rib *rib,
                                               const struct export_profile *t, struct rib_entry *e,
                                               struct rib_export_memo *memo)
{
    enum rib_withheld why;
    bool always;
    const struct rib_path *path = select_path(rib, t, 0, e, &why, &always);
    if (always) /* else it is another path that decides */
        *memo = (struct rib_export_memo){e->best.attrs, e->best.source, path != NULL};
    return path;
}
