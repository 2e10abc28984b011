/* What a group of peers is told.
 *
 * Three questions are kept apart: which path (a static route for the peers alone, or the best one
 * of those that may be told at all), whether it may go to these peers, and how it looks to them.
 * The last is a pure function of attributes, source and profile, so that two routes are compared
 * by comparing what the peers would get. */
#include "rib/export.h"

#include <string.h>

#include "rib/decide.h"
#include "rib/look.h"

const char *rib_withheld_text(enum rib_withheld why)
{
    static const char *const texts[] = {
        [RIB_WITHHELD_UNUSABLE] = "no usable path",
        [RIB_WITHHELD_SOURCE] = "not among advertise_sources",
        [RIB_WITHHELD_OWN] = "learned from this peer",
        [RIB_WITHHELD_NO_ADVERTISE] = "community NO_ADVERTISE",
        [RIB_WITHHELD_NO_EXPORT] = "community NO_EXPORT",
        [RIB_WITHHELD_INTERNAL] = "from an internal peer to another one, neither being a client",
        [RIB_WITHHELD_NEXT_HOP_FAMILY] = "IPv6 next hop, and RFC 8950 was not negotiated",
        [RIB_WITHHELD_NO_NEXT_HOP] = "no own next hop for this family (next_hop_ipv4)",
        [RIB_WITHHELD_LINK_LOCAL] = "link-local next hop of another link",
        [RIB_WITHHELD_NEXT_HOP_IS_PEER] = "the next hop is the peer itself",
        [RIB_WITHHELD_LABELS] = "more labels than the peer takes (RFC 8277)",
        [RIB_WITHHELD_TOO_LARGE] = "too large for a message to this peer",
    };
    return texts[why];
}

/* What a source is to the peers of a profile. */
struct relation {
    bool learned;     /* else it is of BGPd itself */
    bool transparent; /* between two clients of the route server: RFC 7947 §2.2 */
    bool other_as;    /* learned in a session of another AS of ours than that of these peers */
    bool border;      /* routes pass the border of an AS on their way. Between the internal peers of
                         two ASNs of ours there is one, too */
};

static inline struct relation relate(const struct export_profile *t, const struct rib_source *s)
{
    struct relation r = {.learned = s->kind == RIB_SOURCE_PEER};
    r.other_as = r.learned && s->local_as != t->local_as;
    r.border =
        t->session_kind == SESSION_EXTERNAL || (s->session_kind == SESSION_INTERNAL && r.other_as);
    r.transparent = t->route_server_client && s->route_server_client && r.learned &&
                    t->session_kind == SESSION_EXTERNAL;
    return r;
}

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

const struct rib_path *rib_export_candidate(const struct rib *rib, const struct export_profile *t,
                                            uint32_t config_source, struct rib_entry *e)
{
    const struct rib_path *path = own_static(t, config_source, e);
    if (!path)
        path = best_allowed(rib, t, e);
    if (!path && e->best.source != 0 && rib->sources.at[e->best.source].kind != RIB_SOURCE_CONFIG)
        path = &e->best; /* of a source that is not allowed, or not usable */
    return path;
}

/* --- how it looks --- */

static void set_next_hop(struct attr_export *x, const uint8_t *bytes, uint8_t len_bytes)
{
    x->next_hop_len_bytes = len_bytes;
    memcpy(x->next_hop, bytes, len_bytes);
}

/* The next hop that a route is told with. */
enum hop {
    HOP_KEPT,
    HOP_OWN,    /* ours: RFC 4271 §5.1.3 */
    HOP_GLOBAL, /* the global address of two, without the link-local one */
};

/* Whether our next hop can take the place of that of a route; what BGPd originates has the one that
 * it was given. */
static bool can_be_own(const struct export_profile *t, const struct relation *r)
{
    return r->learned && family_has_own_next_hop(family_info((enum family)t->family));
}

/* Link-local next hops go on where the peers are on the same link (RFC 2545 §3): else the global
 * one alone, or ours. What BGPd originates is for the link of the peers, where they are on one. */
static enum rib_withheld leave_link(const struct export_profile *t, const struct rib_source *s,
                                    const struct relation *r, struct span next_hop,
                                    enum hop *ret_hop)
{
    bool is_here = t->link != 0 && (!r->learned || s->link == t->link);
    struct ip_addr first = ip_from_bytes(IP_V6, next_hop.data);
    struct ip_addr last = /* of 32 bytes the second one */
        ip_from_bytes(IP_V6, next_hop.data + (next_hop.len_bytes - 16));
    if (is_here || !ip_is_link_local(&last))
        return RIB_TOLD;
    if (!ip_is_link_local(&first))
        *ret_hop = HOP_GLOBAL;
    else if (t->next_hop_len_bytes >= 16 && !r->transparent && can_be_own(t, r))
        *ret_hop = HOP_OWN;
    else
        return RIB_WITHHELD_LINK_LOCAL;
    return RIB_TOLD;
}

static enum rib_withheld choose_next_hop(const struct export_profile *t, const struct rib_source *s,
                                         const struct relation *r, const struct rib_attrs *attrs,
                                         enum hop *ret_hop)
{
    size_t len_bytes = attrs->hot.next_hop_len_bytes;
    enum rib_withheld why = RIB_TOLD;
    *ret_hop = HOP_KEPT;
    if (len_bytes == 0) /* flows */
        return RIB_TOLD;
    bool is_self =
        (r->border && !r->transparent) || (t->next_hop_self && s->session_kind == SESSION_EXTERNAL);
    if (is_self && can_be_own(t, r))
        *ret_hop = HOP_OWN;
    else if (len_bytes > 4)
        why = leave_link(t, s, r, span_of(attrs->bytes + attrs->hot.next_hop_offset, len_bytes),
                         ret_hop);
    if (*ret_hop == HOP_OWN)
        len_bytes = t->next_hop_len_bytes;
    if (why == RIB_TOLD && len_bytes == 0)
        why = RIB_WITHHELD_NO_NEXT_HOP;
    else if (why == RIB_TOLD && len_bytes > 4 && !t->extended_next_hop &&
             family_info((enum family)t->family)->ip_version == IP_V4)
        why = RIB_WITHHELD_NEXT_HOP_FAMILY;
    return why;
}

/* The path of another AS of ours goes through that AS (RFC 7705 §3); a path is never empty beyond
 * the border, not even for the clients of a route server. */
static void export_as_path(struct attr_export *x, const struct export_profile *t,
                           const struct rib_source *s, const struct relation *r,
                           const struct attr_hot *hot)
{
    if (r->transparent && hot->as_path_offset != 0)
        return;
    if (t->session_kind == SESSION_EXTERNAL)
        x->prepend[x->prepend_count++] = t->local_as;
    if (r->other_as)
        x->prepend[x->prepend_count++] = s->local_as;
}

enum rib_withheld rib_export_attrs(const struct rib *rib, const struct export_profile *t,
                                   uint32_t attrs, uint32_t source, struct attr_export *ret_export)
{
    const struct rib_source *s = &rib->sources.at[source];
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    const struct relation r = relate(t, s);
    struct attr_export *x = ret_export;
    *x = (struct attr_export){.as4 = t->as4, .session_kind = t->session_kind};
    x->border = r.border;
    x->transparent = r.transparent;
    x->strip_med = r.learned && r.border && !r.transparent;
    if (r.learned && s->session_kind == SESSION_INTERNAL && !r.border) {
        x->reflect = true;
        x->originator_id = s->router_id;
        x->cluster_id = t->cluster_id;
    }
    export_as_path(x, t, s, &r, &set->hot);
    enum hop hop;
    enum rib_withheld why = choose_next_hop(t, s, &r, set, &hop);
    if (hop == HOP_OWN)
        set_next_hop(x, t->next_hop, t->next_hop_len_bytes);
    else if (hop == HOP_GLOBAL)
        set_next_hop(x, set->bytes + set->hot.next_hop_offset, 16);
    return why;
}

/* Whether the same attributes are changed in the same way. */
static bool is_exported_alike(const struct rib *rib, const struct rib_exported *a,
                              const struct rib_exported *b)
{
    struct attr_export export_a;
    struct attr_export export_b;
    return rib_export_attrs(rib, a->profile, a->attrs, a->source, &export_a) == RIB_TOLD &&
           rib_export_attrs(rib, b->profile, b->attrs, b->source, &export_b) == RIB_TOLD &&
           memcmp(&export_a, &export_b, sizeof(export_a)) == 0;
}

bool rib_export_equal(const struct rib *rib, const struct rib_exported *a,
                      const struct rib_exported *b)
{
    const struct rib_attrs *set_a = rib_attrs_at(&rib->attrs, a->attrs);
    const struct rib_attrs *set_b = rib_attrs_at(&rib->attrs, b->attrs);
    if (a->source == b->source && a->profile == b->profile &&
        update_differ_at_once(rib_attrs_span(set_a), &set_a->hot, rib_attrs_span(set_b),
                              &set_b->hot))
        return false;
    if (a->attrs == b->attrs && is_exported_alike(rib, a, b))
        return true;
    struct rib_look look_a = rib_look(rib, a->profile, a->attrs, a->source);
    struct rib_look look_b = rib_look(rib, b->profile, b->attrs, b->source);
    return look_a.is_told && look_b.is_told && look_a.attrs_bytes == look_b.attrs_bytes &&
           look_a.next_hop_len_bytes == look_b.next_hop_len_bytes && look_a.digest == look_b.digest;
}

/* --- whether it may be told --- */

/* Rules for what was learned from a peer; what BGPd originates may be told to all. Communities of
 * the clients of a route server are for the clients to act on (RFC 7947 §2.2.4). */
static enum rib_withheld judge_learned(const struct export_profile *t, const struct rib_source *s,
                                       const struct relation *r, const struct attr_hot *hot)
{
    bool acts = !r->transparent || t->interpret_communities;
    if (acts && (hot->flags & ATTR_NO_ADVERTISE))
        return RIB_WITHHELD_NO_ADVERTISE;
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

static size_t nlri_bytes(const struct rib *rib, const struct export_profile *t,
                         const struct rib_path *path, const struct rib_entry *e)
{
    const struct rib_table *table = &rib->tables[t->family];
    return table->info->len_bytes(table->info, rib_path_nlri(rib, table, e, path));
}

/* Whether the attributes are so short that any NLRI fits into a message with them, whatever the
 * way to the group adds. */
static bool is_small(const struct export_profile *t, const struct rib_attrs *attrs)
{
    /* Headers, ASNs, next hop, LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST. */
    enum { ADDED_BYTES = 128 };
    const struct family_info *info = family_info((enum family)t->family);
    size_t most = 2 * attrs->len_bytes + ADDED_BYTES; /* twice: AS4_PATH */
    return update_reach_bytes((enum family)t->family, most, 32, info->nlri_max_bytes) <=
           t->max_message_bytes;
}

/* Whether the route fits into a message to these peers. */
static bool fits(const struct rib *rib, const struct export_profile *t, const struct rib_path *path,
                 const struct rib_entry *e)
{
    struct rib_look look = rib_look(rib, t, path->attrs, path->source);
    return look.is_told &&
           update_reach_bytes((enum family)t->family, look.attrs_bytes, look.next_hop_len_bytes,
                              nlri_bytes(rib, t, path, e)) <= t->max_message_bytes;
}

/* *ret_always: the answer is that for all prefixes with these attributes from this source. */
static enum rib_withheld judge(const struct rib *rib, const struct export_profile *t,
                               const struct rib_path *path, const struct rib_entry *e,
                               bool *ret_always)
{
    const struct rib_source *source = &rib->sources.at[path->source];
    const struct rib_attrs *attrs = rib_attrs_at(&rib->attrs, path->attrs);
    const struct relation r = relate(t, source);
    enum hop hop;
    enum rib_withheld why = RIB_TOLD;
    if (r.learned)
        why = judge_learned(t, source, &r, &attrs->hot);
    if (why == RIB_TOLD)
        why = choose_next_hop(t, source, &r, attrs, &hop);
    if (why == RIB_TOLD && has_too_many_labels(t, attrs))
        why = RIB_WITHHELD_LABELS;
    *ret_always = why != RIB_TOLD || is_small(t, attrs);
    if (!*ret_always && !fits(rib, t, path, e))
        why = RIB_WITHHELD_TOO_LARGE;
    return why;
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
    const struct rib_path *path = own_static(t, config_source, e);
    if (!path)
        path = best_allowed(rib, t, e);
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
