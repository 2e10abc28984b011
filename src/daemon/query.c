/* Reading the RIBs in slices.
 *
 * A query goes through a list of scans: per family, and for advertised routes per peer and family.
 * A scan is a cursor over the table. Where a prefix or an RD is asked for, a table whose keys stand
 * in a tree is gone through by runs: the keys with one RD, or all of them where there are no RDs.
 * In each the tree is asked for what is wanted, and then for the next RD, so that the work is that
 * of the RDs and of what is found. Flows, which have two prefixes and an order of their own, are
 * all looked at, some at a time. Between two calls a query holds only keys and counted attribute
 * sets, so that everything may change meanwhile.
 *
 * The longest prefix is the longest that has a route which the filter takes: where there is none,
 * the next shorter one is looked at. A step ends by the clock, which is looked at when as much has
 * been done as takes some microseconds. */
#include "daemon/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/channel.h"
#include "daemon/query_attrs.h"
#include "daemon/query_originated.h"
#include "daemon/sent.h"
#include "daemon/state.h"
#include "rib/ribout_answer.h"

/* Work between two looks at the clock, in entries and paths looked at. */
#define WORK_PER_LOOK 64u
struct route_query {
    struct speaker *s;
    struct route_filter filter;
    struct ip_addr peer; /* advertised: the peer of the present scan; IP_NONE before the first */
    enum family family;
    bool scanning;        /* the cursor stands in `family` */
    bool looking;         /* for what is wanted: some was looked at, and there is more */
    bool in_run;          /* the cursor stands in a run */
    uint8_t rd[RD_BYTES]; /* of the run */
    struct rib_cursor cursor;
    unsigned path_index;      /* of its next path; 0: go on to the next entry */
    unsigned work;            /* since the last look at the clock */
    bool found_in_run;        /* a route of the run was returned */
    struct query_attrs attrs; /* what the filter says of attributes */
    uint32_t last;            /* attribute set, counted: what the last view was made of */
    uint32_t last_source;
    uint64_t last_changes; /* of sources, so far */
    struct export_profile last_profile;
    struct attr_block *exported; /* advertised: attributes as sent; owned */
    bool exported_wanted;        /* whether the filter takes these */
    struct strbuf reason;        /* why the last path is not used, or not sent */
    struct query_originated originated;
};

/* --- scans --- */

static bool family_wanted(const struct route_query *q, enum family family)
{
    const struct route_filter *f = &q->filter;
    if (f->families != 0 && !family_in(f->families, family))
        return false;
    const struct family_info *info = family_info(family);
    return (f->match == MATCH_ANY || info->ip_version == f->prefix.version) &&
           (!f->has_rd || info->rd_bytes > 0);
}

struct peer_search {
    const struct route_query *q;
    const struct ip_addr *after; /* NULL: from the first on */
    const struct neighbor *found;
};

static void consider_peer(void *ctx, struct neighbor *n)
{
    struct peer_search *search = ctx;
    const struct route_filter *f = &search->q->filter;
    if (!n->up || (f->has_to && !scoped_prefix_contains_ip(&f->to, &n->addr)))
        return;
    if (search->after && ip_compare(&n->addr, search->after) <= 0)
        return;
    if (!search->found || ip_compare(&n->addr, &search->found->addr) < 0)
        search->found = n;
}

/* The established peer with the next higher address; NULL at the end. */
static const struct neighbor *next_peer(const struct route_query *q)
{
    struct peer_search search = {.q = q};
    if (q->peer.version != IP_NONE)
        search.after = &q->peer;
    speaker_each_neighbor(q->s, consider_peer, &search);
    return search.found;
}

/* The peer of the present scan; NULL when it is gone. */
static const struct neighbor *present_peer(const struct route_query *q)
{
    const struct peer_block *b = speaker_match(q->s, &q->peer);
    return b ? peer_block_find(b, &q->peer) : NULL;
}

static void start_scan(struct route_query *q, enum family family)
{
    rib_cursor_release(&q->cursor);
    q->family = family;
    q->scanning = true;
    q->in_run = false;
    q->path_index = 0;
    rib_cursor_init(&q->cursor, &q->s->rib.tables[family]);
}

/* Goes on to the next scan; false when there is none. */
static bool next_scan(struct route_query *q)
{
    bool per_peer = q->filter.kind == ROUTES_ADVERTISED;
    unsigned family = q->scanning ? q->family + 1u : 0;
    if (per_peer && q->peer.version == IP_NONE)
        family = FAMILY_COUNT;
    for (;;) {
        for (; family < FAMILY_COUNT; family++)
            if (family_wanted(q, (enum family)family)) {
                start_scan(q, (enum family)family);
                return true;
            }
        const struct neighbor *n = per_peer ? next_peer(q) : NULL;
        if (!n)
            return false;
        q->peer = n->addr;
        family = 0;
    }
}

/* Whether a route has a prefix that is asked for. */
static bool key_wanted(void *ctx, struct nlri_key key)
{
    static const enum nlri_relation relations[] = {
        [MATCH_EXACT] = NLRI_EQUALS,
        [MATCH_LONGEST] = NLRI_COVERS,
        [MATCH_LONGER] = NLRI_WITHIN,
    };
    const struct route_query *q = ctx;
    const struct family_info *info = family_info(q->family);
    return q->filter.match == MATCH_ANY ||
           info->relates(info, key, relations[q->filter.match], &q->filter.prefix);
}

/* The next run: false when there is none. */
static bool next_run(struct route_query *q)
{
    size_t rd_bytes = family_info(q->family)->rd_bytes;
    uint8_t last[NLRI_TREE_MAX_BYTES];
    if (rd_bytes == 0 || q->filter.has_rd) {
        memcpy(q->rd, q->filter.rd, rd_bytes);
        return !q->in_run;
    }
    if (q->in_run) {
        memset(last, 0xff, sizeof(last));
        memcpy(last, q->rd, rd_bytes);
        struct nlri_key end = {last, 8u * family_info(q->family)->key_bytes};
        rib_cursor_seek(&q->cursor, end, false);
    }
    if (rib_cursor_next(&q->cursor) == 0)
        return false;
    memcpy(q->rd, q->cursor.last.bytes, rd_bytes);
    return true;
}

/* The next shorter entry that covers the one where the cursor stands, or 0. */
static uint32_t next_shorter(struct route_query *q)
{
    const struct rib_table *t = &q->s->rib.tables[q->family];
    struct nlri_key key = q->cursor.last;
    uint8_t bytes[NLRI_TREE_MAX_BYTES];
    if (key.len <= 8u * family_info(q->family)->rd_bytes)
        return 0;
    memcpy(bytes, key.bytes, t->key_bytes);
    key = (struct nlri_key){bytes, key.len - 1};
    uint32_t id = rib_table_longest(t, key);
    if (id != 0)
        rib_cursor_seek(&q->cursor, rib_table_key(t, rib_table_at(t, id)), false);
    return id;
}

/* The next entry of the run that is wanted, or 0. */
static uint32_t next_of_run(struct route_query *q)
{
    if (q->filter.match == MATCH_EXACT)
        return 0; /* there is one, which was looked at */
    if (q->filter.match == MATCH_LONGEST)
        return q->found_in_run ? 0 : next_shorter(q);
    uint32_t id = rib_cursor_next(&q->cursor);
    bool is_of_run =
        id != 0 && memcmp(q->cursor.last.bytes, q->rd, family_info(q->family)->rd_bytes) == 0;
    return is_of_run && key_wanted(q, q->cursor.last) ? id : 0;
}

/* The first entry of the run that is wanted, or 0. */
static uint32_t first_of_run(struct route_query *q)
{
    const struct rib_table *t = &q->s->rib.tables[q->family];
    const struct route_filter *f = &q->filter;
    size_t rd_bytes = family_info(q->family)->rd_bytes;
    uint8_t bytes[RD_BYTES + sizeof(f->prefix.bytes)] = {0};
    struct nlri_key key = {bytes, (uint32_t)(8 * rd_bytes) + f->prefix.len_bits};
    memcpy(bytes, q->rd, rd_bytes);
    memcpy(bytes + rd_bytes, f->prefix.bytes, sizeof(f->prefix.bytes));
    q->in_run = true;
    q->found_in_run = false;
    rib_cursor_seek(&q->cursor, key, true);
    if (f->match == MATCH_ANY || f->match == MATCH_LONGER)
        return next_of_run(q);
    uint32_t id = f->match == MATCH_EXACT ? rib_table_find(t, key) : rib_table_longest(t, key);
    if (id != 0)
        rib_cursor_seek(&q->cursor, rib_table_key(t, rib_table_at(t, id)), false);
    return id;
}

/* The next entry that is wanted of a table by runs, or 0: there is none, or none was found yet. */
static uint32_t next_by_runs(struct route_query *q)
{
    uint32_t id = q->in_run ? next_of_run(q) : 0;
    q->looking = false;
    for (unsigned runs = 0; id == 0; runs++) {
        q->looking = runs == WORK_PER_LOOK;
        if (q->looking || !next_run(q))
            return 0;
        id = first_of_run(q);
    }
    return id;
}

/* The next entry of the scan, or 0: there is none, or none was found yet (q->looking). */
static uint32_t next_entry(struct route_query *q)
{
    if (q->filter.match == MATCH_ANY && !q->filter.has_rd)
        return rib_cursor_next(&q->cursor);
    if (family_info(q->family)->key_bytes > 0)
        return next_by_runs(q);
    bool end;
    uint32_t id = rib_cursor_next_wanted(&q->cursor, key_wanted, q, WORK_PER_LOOK, &end);
    q->looking = id == 0 && !end;
    return id;
}

/* --- views --- */

static const enum route_source_kind source_kinds[] = {
    [RIB_SOURCE_PEER] = ROUTE_SOURCE_PEER,
    [RIB_SOURCE_API] = ROUTE_SOURCE_API,
    [RIB_SOURCE_CONFIG] = ROUTE_SOURCE_CONFIG,
};

/* Of what kind the source of a path is. What the API has aimed at some peers is among their own. */
static enum route_source_kind source_kind_of(const struct speaker *s, uint32_t source,
                                             uint32_t attrs)
{
    const struct rib_source *from = rib_source_at(&s->rib, source);
    bool by_api = from->kind == RIB_SOURCE_CONFIG &&
                  attr_local_of(rib_attrs_span(rib_attrs_at(&s->rib.attrs, attrs))).by_api;
    return by_api ? ROUTE_SOURCE_API : source_kinds[from->kind];
}

static void view_source(const struct speaker *s, uint32_t source, uint32_t attrs,
                        struct route_view *view)
{
    const struct rib_source *from = rib_source_at(&s->rib, source);
    view->source = source_kind_of(s, source, attrs);
    view->source_peer = from->addr;
    if (from->kind == RIB_SOURCE_CONFIG)
        view->to_peer = from->addr;
}

/* What it is a route to; the labels are those of a set of attributes that stays in memory. */
static void view_nlri(const struct speaker *s, enum family family, struct nlri_key key,
                      uint32_t attrs, struct route_view *view)
{
    view->family = family;
    view->nlri.key = key;
    if (family_info(family)->has_labels)
        view->nlri.labels = attr_labels(rib_attrs_span(rib_attrs_at(&s->rib.attrs, attrs)));
}

/* What whom a route comes from says of whom it is for. */
static void view_mark(const struct speaker *s, const struct rib_table *t, uint32_t source,
                      uint32_t attrs, struct route_view *view)
{
    const struct attr_hot *hot = &rib_attrs_at(&s->rib.attrs, attrs)->hot;
    if (t->info->is_unicast && !(hot->flags & ATTR_HAS_ONLY_TO_CUSTOMER))
        view->only_to_customer = rib_source_at(&s->rib, source)->only_to_customer;
}

/* What is known of the origin of a path, and of the path. */
static void view_validation(const struct speaker *s, enum family family, struct nlri_key key,
                            const struct rib_path *path, struct route_view *view)
{
    const struct policy_neighbor *from = s->rib.sources.life[path->source].neighbor;
    if (!policy_validates(family))
        return;
    if (vrp_table_count(&s->validation.vrps) > 0)
        view->rov = rov_state_text(validation_rov_of(s, family, key, path));
    if (s->validation.aspas.count > 0 && from && from->role != ROLE_NONE)
        view->aspa = aspa_state_text(validation_aspa_of(s, family, path));
}

struct route_view route_view_of(const struct speaker *s, const struct rib_table *t,
                                const struct rib_entry *e, const struct rib_path *path,
                                uint32_t attrs)
{
    struct route_view view = {
        .received_mono_s = path->received_mono_s,
        .attrs = rib_attrs_span(rib_attrs_at(&s->rib.attrs, attrs)),
        .best = path == &e->best && e->best_usable,
    };
    view_source(s, path->source, attrs, &view);
    view_nlri(s, t->family, rib_table_key(t, e), attrs, &view);
    view_mark(s, t, path->source, attrs, &view);
    view_validation(s, t->family, view.nlri.key, path, &view);
    return view;
}

bool route_view_find(const struct speaker *s, enum family family, struct nlri_key key,
                     uint32_t source, struct route_view *ret_view)
{
    const struct rib_table *t = &s->rib.tables[family];
    uint32_t entry = rib_table_find(t, key);
    struct rib_entry *e = entry ? rib_table_at(t, entry) : NULL;
    const struct rib_path *path = e ? rib_entry_path_of(e, source) : NULL;
    if (!path)
        return false;
    *ret_view = route_view_of(s, t, e, path, path->attrs);
    return true;
}

/* Remembers what a view is made of, so that it stays in memory; true when that is what the one
 * before was made of. */
static bool same_as_last(struct route_query *q, uint32_t attrs)
{
    if (q->last == attrs)
        return true;
    rib_attrs_unref(&q->s->rib.attrs, q->last);
    q->last = rib_attrs_ref(&q->s->rib.attrs, attrs);
    return false;
}

static bool state_wanted(const struct route_query *q, const struct rib_entry *e,
                         const struct rib_path *path)
{
    return !q->filter.has_rov ||
           (path && policy_validates(q->family) &&
            validation_rov_of(q->s, q->family, rib_table_key(&q->s->rib.tables[q->family], e),
                              path) == q->filter.rov);
}

/* Whether routes of this source, with this set of attributes, are wanted. */
static bool source_wanted(const struct route_query *q, uint32_t id, uint32_t attrs)
{
    const struct rib_source *source = rib_source_at(&q->s->rib, id);
    const struct route_filter *f = &q->filter;
    if (f->has_from &&
        (source->kind != RIB_SOURCE_PEER || !scoped_prefix_contains_ip(&f->from, &source->addr)))
        return false;
    return !f->has_own || source_kind_of(q->s, id, attrs) == f->own;
}

/* The attribute set that a list shows of a path. */
static uint32_t shown_attrs(const struct route_query *q, const struct rib_path *path)
{
    return q->filter.kind == ROUTES_LEARNED ? path->received : path->attrs;
}

static bool path_wanted(struct route_query *q, const struct rib_entry *e, unsigned index)
{
    const struct rib_path *path = index == 0 ? &e->best : &e->more[index - 1];
    const struct route_filter *f = &q->filter;
    if (rib_path_is_dead(&q->s->rib, path) || (f->filtered && path->reject == RIB_ACCEPTED))
        return false;
    if (f->best_only && (index != 0 || !e->best_usable))
        return false;
    return source_wanted(q, path->source, path->received) &&
           query_attrs_match(&q->attrs, shown_attrs(q, path), &q->work) && state_wanted(q, e, path);
}

static void view_path(struct route_query *q, uint32_t entry, const struct rib_path *path,
                      struct route_view *ret_view)
{
    const struct rib_table *t = &q->s->rib.tables[q->family];
    uint32_t id = shown_attrs(q, path);
    same_as_last(q, id);
    *ret_view = route_view_of(q->s, t, rib_table_at(t, entry), path, id);
    ret_view->filtered = import_reject_text(q->s, q->family, path, &q->reason);
    ret_view->filtered_by = import_reject_place(q->s, q->family, path);
}

/* Makes what the member was sent of a slot, unless it is as the last one was; false when the filter
 * does not take that. */
static bool export_slot(struct route_query *q, const struct ribout_member *m,
                        const struct ribout_slot *slot)
{
    const struct export_profile *t = ribout_member_profile(m);
    bool same = q->last_source == slot->source && q->last_changes == q->s->rib.sources.changes &&
                memcmp(&q->last_profile, t, sizeof(*t)) == 0;
    same = same_as_last(q, slot->attrs) && same;
    if (!same) {
        sent_attrs(&q->s->rib, &(struct rib_exported){t, slot->attrs, slot->source}, q->exported);
        q->exported_wanted = query_attrs_accept(&q->attrs, attr_block_span(q->exported), &q->work);
    }
    q->last_source = slot->source;
    q->last_changes = q->s->rib.sources.changes;
    q->last_profile = *t;
    return q->exported_wanted;
}

/* Whether the entry was advertised to the peer of the scan, and if so, how. */
static bool view_advertised(struct route_query *q, const struct neighbor *n, uint32_t entry,
                            struct route_view *ret_view)
{
    const struct ribout_member *m = channel_member(n, q->family);
    struct ribout_slot slot;
    if (!m || !ribout_member_slot(&q->s->out, m, entry, &slot) ||
        !source_wanted(q, slot.source, slot.attrs) || !export_slot(q, m, &slot))
        return false;
    struct rib_entry *e = rib_table_at(&q->s->rib.tables[q->family], entry);
    const struct rib_path *path = rib_entry_path_of(e, slot.source);
    if (!state_wanted(q, e, path))
        return false;
    *ret_view = (struct route_view){
        .received_mono_s = path ? path->received_mono_s : 0,
        .attrs = attr_block_span(q->exported),
    };
    view_source(q->s, slot.source, slot.attrs, ret_view);
    view_nlri(q->s, q->family, q->cursor.last, slot.attrs, ret_view);
    ret_view->to_peer = q->peer;
    if (path)
        view_validation(q->s, q->family, q->cursor.last, path, ret_view);
    return true;
}

/* Why it is withheld: "policy transit-out rule 3", where that is why. */
static void view_why(struct route_query *q, const struct channel *c, const struct rib_told *told,
                     struct route_view *view)
{
    view->withheld = rib_withheld_text(told->why);
    if (told->why != RIB_WITHHELD_POLICY || !c->export)
        return;
    view->withheld_by = policy_chain_place(c->export, told->rule);
    strbuf_clear(&q->reason);
    strbuf_add(&q->reason, "policy ");
    policy_place_format(&view->withheld_by, &q->reason);
    view->withheld = strbuf_text(&q->reason);
}

/* Whether the entry has a route that the peer of the scan is not sent, and why: as it is here. */
static bool view_withheld(struct route_query *q, const struct neighbor *n, uint32_t entry,
                          struct route_view *ret_view)
{
    const struct ribout_member *m = channel_member(n, q->family);
    struct ribout_slot slot;
    if (!m || ribout_member_slot(&q->s->out, m, entry, &slot))
        return false;
    const struct rib_path *path;
    struct rib_told told = ribout_member_told(&q->s->out, m, entry, &path);
    if (told.why == RIB_TOLD)
        return false;
    if (!path || rib_path_is_dead(&q->s->rib, path) ||
        !source_wanted(q, path->source, path->attrs) ||
        !query_attrs_match(&q->attrs, shown_attrs(q, path), &q->work) ||
        !state_wanted(q, rib_table_at(&q->s->rib.tables[q->family], entry), path))
        return false;
    view_path(q, entry, path, ret_view);
    view_why(q, channel_find(n, q->family), &told, ret_view);
    ret_view->to_peer = q->peer;
    return true;
}

/* --- the query --- */

/* Notes that something was looked at; true when it is time to stop. */
static bool time_is_up(struct route_query *q, uint64_t deadline_ns)
{
    if (++q->work < WORK_PER_LOOK)
        return false;
    q->work = 0;
    return time_mono_ns() >= deadline_ns;
}

static enum route_query_step step_advertised(struct route_query *q, uint64_t deadline_ns,
                                             struct route_view *ret_view)
{
    const struct neighbor *n = q->scanning ? present_peer(q) : NULL;
    while (!time_is_up(q, deadline_ns)) {
        uint32_t entry = n ? next_entry(q) : 0;
        if (entry == 0 && n && q->looking) {
            q->work = WORK_PER_LOOK;
            continue;
        }
        if (entry == 0) {
            if (!next_scan(q))
                return QUERY_END;
            q->work = WORK_PER_LOOK; /* it went through all peers */
            n = present_peer(q);
            continue;
        }
        bool found = q->filter.withheld ? view_withheld(q, n, entry, ret_view)
                                        : view_advertised(q, n, entry, ret_view);
        if (found)
            return QUERY_ROUTE;
    }
    return QUERY_YIELD;
}

/* The entry whose paths are next: the present one while it has further paths. */
static uint32_t entry_in_turn(struct route_query *q)
{
    if (q->path_index == 0)
        return next_entry(q);
    const struct rib_table *t = &q->s->rib.tables[q->family];
    uint32_t entry = rib_table_find(t, q->cursor.last);
    if (entry != 0 && q->path_index < rib_entry_path_count(rib_table_at(t, entry)))
        return entry;
    q->path_index = 0;
    return next_entry(q);
}

static enum route_query_step step_paths(struct route_query *q, uint64_t deadline_ns,
                                        struct route_view *ret_view)
{
    while (!time_is_up(q, deadline_ns)) {
        uint32_t entry = q->scanning ? entry_in_turn(q) : 0;
        if (entry == 0 && q->looking) {
            q->work = WORK_PER_LOOK;
            continue;
        }
        if (entry == 0) {
            if (!next_scan(q))
                return QUERY_END;
            continue;
        }
        struct rib_entry *e = rib_table_at(&q->s->rib.tables[q->family], entry);
        unsigned count = q->filter.best_only ? 1 : rib_entry_path_count(e);
        for (unsigned index = q->path_index; index < count; index++) {
            if (!path_wanted(q, e, index)) {
                if (index + 1 < count && time_is_up(q, deadline_ns)) {
                    q->path_index = index + 1;
                    return QUERY_YIELD;
                }
                continue;
            }
            q->path_index = index + 1 < count ? index + 1 : 0;
            view_path(q, entry, rib_entry_path(e, index), ret_view);
            return QUERY_ROUTE;
        }
        q->path_index = 0;
    }
    return QUERY_YIELD;
}

/* As the RIB has it, or, where it is not there, as it would be. */
static enum route_query_step step_originated(struct route_query *q, uint64_t deadline_ns,
                                             struct route_view *ret_view)
{
    bool more;
    if (!query_originated_next(&q->originated, deadline_ns, &more))
        return more ? QUERY_YIELD : QUERY_END;
    const struct originated_view *found = &q->originated.found;
    if (found->source == 0 ||
        !route_view_find(q->s, found->family, found->key, found->source, ret_view))
        *ret_view = (struct route_view){.family = found->family,
                                        .nlri = {found->key, attr_labels(found->attrs)},
                                        .source = ROUTE_SOURCE_API,
                                        .attrs = found->attrs};
    ret_view->originated = found;
    return QUERY_ROUTE;
}

enum route_query_step route_query_next(struct route_query *q, uint64_t deadline_ns,
                                       struct route_view *ret_view)
{
    if (q->filter.kind == ROUTES_ORIGINATED)
        return step_originated(q, deadline_ns, ret_view);
    enum route_query_step step = q->filter.kind == ROUTES_ADVERTISED
                                     ? step_advertised(q, deadline_ns, ret_view)
                                     : step_paths(q, deadline_ns, ret_view);
    q->found_in_run = q->found_in_run || step == QUERY_ROUTE;
    return step;
}

/* --- cursors --- */

/* The position as bytes: family, next path, peer, key; written in hex. */
#define POSITION_HEAD_BYTES (1 + 2 + 1 + 16 + IP_INTERFACE_MAX)
#define POSITION_MAX_BYTES  (POSITION_HEAD_BYTES + NLRI_MAX_BYTES)

void route_query_cursor(const struct route_query *q, struct strbuf *out)
{
    uint8_t buf[POSITION_MAX_BYTES];
    struct writer w = writer_over(buf, sizeof(buf));
    if (q->filter.kind == ROUTES_ORIGINATED) {
        writer_u32(&w, q->originated.at);
        strbuf_add_hex(out, buf, writer_len(&w), sizeof(buf));
        return;
    }
    writer_u8(&w, (uint8_t)q->family);
    writer_u16(&w, (uint16_t)q->path_index);
    writer_u8(&w, q->peer.version);
    writer_bytes(&w, q->peer.bytes, sizeof(q->peer.bytes));
    writer_bytes(&w, q->peer.interface, sizeof(q->peer.interface));
    struct nlri_key key = q->cursor.last;
    const struct family_info *info = family_info(q->family);
    if (info->key_bytes > 0)
        writer_u8(&w, (uint8_t)key.len);
    writer_bytes(&w, key.bytes, nlri_key_bytes(info, key));
    strbuf_add_hex(out, buf, writer_len(&w), sizeof(buf));
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int decode_hex(const char *text, uint8_t *ret_bytes, size_t size, size_t *ret_len)
{
    size_t len = strlen(text);
    if (len % 2 != 0 || len / 2 > size)
        return ERR_INVALID;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]);
        int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return ERR_INVALID;
        ret_bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_len = len / 2;
    return 0;
}

/* The key after the head of a position. */
static int read_key(struct reader *r, enum family family, struct nlri_key *ret_key)
{
    uint8_t in_tree = family_info(family)->key_bytes;
    uint32_t len = in_tree > 0 ? reader_u8(r) : (uint32_t)reader_left(r);
    struct span bytes = in_tree > 0 ? reader_take(r, in_tree) : reader_rest(r);
    if (!reader_ok(r) || reader_left(r) > 0 || bytes.len_bytes == 0 ||
        (in_tree > 0 && len > 8u * in_tree))
        return ERR_INVALID;
    *ret_key = (struct nlri_key){bytes.data, len};
    return 0;
}

static int resume(struct route_query *q, const char *text)
{
    uint8_t buf[POSITION_MAX_BYTES] = {0};
    size_t len;
    if (decode_hex(text, buf, sizeof(buf), &len))
        return ERR_INVALID;
    struct reader r = reader_over(span_of(buf, len));
    if (q->filter.kind == ROUTES_ORIGINATED) {
        q->originated.at = reader_u32(&r);
        return reader_ok(&r) && reader_left(&r) == 0 && q->originated.at < UINT32_MAX ? 0
                                                                                      : ERR_INVALID;
    }
    uint8_t family = reader_u8(&r);
    uint16_t path_index = reader_u16(&r);
    struct ip_addr peer = {.version = reader_u8(&r)};
    reader_copy(&r, peer.bytes, sizeof(peer.bytes));
    reader_copy(&r, peer.interface, sizeof(peer.interface));
    peer.interface[sizeof(peer.interface) - 1] = '\0';
    struct nlri_key key;
    if (!reader_ok(&r) || family >= FAMILY_COUNT || !family_wanted(q, (enum family)family) ||
        (peer.version != IP_NONE) != (q->filter.kind == ROUTES_ADVERTISED) ||
        read_key(&r, (enum family)family, &key))
        return ERR_INVALID;
    q->peer = peer;
    start_scan(q, (enum family)family);
    rib_cursor_seek(&q->cursor, key, false);
    memcpy(q->rd, key.bytes, family_info(q->family)->rd_bytes);
    q->in_run = true;
    q->found_in_run = true; /* the position is behind a route */
    q->path_index = path_index;
    return 0;
}

int route_query_new(struct speaker *s, const struct route_filter *filter, const char *position,
                    struct route_query **ret_query)
{
    struct route_query *q = mem_zalloc(sizeof(*q));
    q->s = s;
    q->filter = *filter;
    query_attrs_init(&q->attrs, &s->rib.attrs, filter);
    if (filter->kind == ROUTES_ORIGINATED)
        query_originated_init(&q->originated, s, &q->filter, &q->attrs);
    if (filter->kind == ROUTES_ADVERTISED)
        q->exported = mem_alloc(sizeof(*q->exported));
    int err = position ? resume(q, position) : 0;
    if (err) {
        route_query_free(q);
        return err;
    }
    *ret_query = q;
    return 0;
}

void route_query_free(struct route_query *q)
{
    if (!q)
        return;
    rib_cursor_release(&q->cursor);
    rib_attrs_unref(&q->s->rib.attrs, q->last);
    query_attrs_release(&q->attrs);
    query_originated_release(&q->originated);
    free(q->exported);
    strbuf_release(&q->reason);
    free(q);
}
