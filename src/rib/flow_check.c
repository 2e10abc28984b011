/* Holding flows against unicast routes.
 *
 * A flow is feasible when (RFC 8955 §6 as RFC 9117 §4.1 has it)
 *   a  it names the prefix that its packets go to (RFC 8956 §6: without an offset),
 *   b  its originator is that of the best match, which is the best route of the longest unicast
 *      prefix that covers the destination; or it is from within our AS, its AS_PATH being empty,
 *   c  no prefix within the destination has a best route of another neighbouring AS than the best
 *      match;
 * and, from an external peer, its AS_PATH begins with the AS that the best match's begins with
 * (RFC 9117 §4.2). Where b holds by the empty AS_PATH there is no route that c could compare with.
 *
 * What is found of c is kept with the destination, beside the AS for which it holds: that there is
 * no other one, or the prefix of one. So a change of a unicast route is compared with that of each
 * destination that covers it, and only the loss of a known other one, or another AS of the best
 * match, has the routes within looked through again: in slices, in the order of keys. Destinations
 * within a changed prefix are put into a queue where that may be their best match; a prefix with
 * very many of these asks for a sweep over all destinations instead, which goes round by id, so
 * that any number of such changes is one sweep. */
#include "rib/flow_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Unicast entries that may be looked at without waiting, in a step or between two steps. */
#define WALK_AT_ONCE 1024u
/* Destinations within a changed prefix that are looked at one by one. */
#define FEW_DESTINATIONS 64u

/* --- unicast routes --- */

static const struct attr_hot *received_hot(const struct rib *rib, const struct rib_path *path)
{
    return &rib_attrs_at(&rib->attrs, path->received)->hot;
}

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return bits % 8 == 0 || ((a[whole] ^ b[whole]) & (0xff00u >> bits % 8) & 0xff) == 0;
}

/* The best path of an entry; NULL: none can be used. */
static const struct rib_path *best_path(struct rib *rib, struct rib_table *t, uint32_t id)
{
    rib_entry_decide(rib, t, id);
    const struct rib_entry *e = rib_table_at(t, id);
    return e->best_usable ? &e->best : NULL;
}

/* The entry of the best match; 0. */
static uint32_t find_cover(struct rib *rib, struct rib_table *t, const uint8_t *bytes,
                           uint8_t len_bits)
{
    for (;;) {
        uint32_t id = tree_longest(&t->tree, bytes, len_bits);
        if (id == 0 || best_path(rib, t, id))
            return id;
        uint8_t longest = rib_table_at(t, id)->len_bits;
        if (longest == 0)
            return 0;
        len_bits = (uint8_t)(longest - 1);
    }
}

static struct flow_cover cover_of(const struct rib *rib, const struct rib_table *t, uint32_t id)
{
    if (id == 0)
        return (struct flow_cover){0};
    const struct rib_entry *e = rib_table_at(t, id);
    const struct attr_hot *hot = received_hot(rib, &e->best);
    return (struct flow_cover){
        .is_there = true,
        .len_bits = e->len_bits,
        .generation = e->best.generation,
        .source = e->best.source,
        .as = hot->neighbor_as,
        .originator = (hot->flags & ATTR_HAS_ORIGINATOR_ID) ? hot->originator_id : 0,
    };
}

static bool cover_equal(const struct flow_cover *a, const struct flow_cover *b)
{
    return a->is_there == b->is_there && a->len_bits == b->len_bits &&
           a->generation == b->generation && a->source == b->source && a->as == b->as &&
           a->originator == b->originator;
}

/* --- routes within a destination --- */

static void know_others(struct flow_destination *d, enum flow_others others, uint32_t as,
                        const struct rib_entry *other)
{
    d->others = (uint8_t)others;
    d->others_as = as;
    d->wants_walk = false;
    if (others != FLOW_OTHERS_SOME)
        return;
    d->other_len = other->len_bits;
    memset(d->other_bytes, 0, sizeof(d->other_bytes));
    memcpy(d->other_bytes, other->key.bytes, (other->len_bits + 7u) / 8);
}

static bool is_of_another(struct rib *rib, struct rib_table *t, uint32_t id, uint32_t as)
{
    const struct rib_path *best = best_path(rib, t, id);
    return best && received_hot(rib, best)->neighbor_as != as;
}

/* The entry of the other one that is known; 0: it is none beside this AS. */
static uint32_t known_other(struct rib *rib, struct rib_table *t, const struct flow_destination *d,
                            uint32_t as)
{
    uint32_t id = tree_find(&t->tree, d->other_bytes, d->other_len);
    return id != 0 && is_of_another(rib, t, id, as) ? id : 0;
}

static void begin_walk(struct rib_cursor *c, const struct rib_table *t, const uint8_t *bytes,
                       uint8_t len_bits)
{
    rib_cursor_init(c, t);
    rib_cursor_seek(c, (struct nlri_key){bytes, len_bits}, false);
}

/* Goes on through the routes within a destination; *budget is what may be looked at. *ret_other is
 * the entry of one of another AS. */
static enum flow_others walk_on(struct rib *rib, struct rib_table *t, struct rib_cursor *c,
                                const struct prefix *within, uint32_t as, uint32_t *budget,
                                uint32_t *ret_other)
{
    for (; *budget > 0; --*budget) {
        uint32_t id = rib_cursor_next(c);
        if (id == 0 || !bits_equal(rib_table_at(t, id)->key.bytes, within->bytes, within->len_bits))
            return FLOW_OTHERS_NONE;
        if (is_of_another(rib, t, id, as)) {
            *ret_other = id;
            return FLOW_OTHERS_SOME;
        }
    }
    return FLOW_OTHERS_UNKNOWN;
}

static enum flow_others walk_at_once(struct rib *rib, struct rib_table *t,
                                     const struct prefix *within, uint32_t as, uint32_t *budget,
                                     uint32_t *ret_other)
{
    struct rib_cursor c;
    begin_walk(&c, t, within->bytes, within->len_bits);
    enum flow_others others = walk_on(rib, t, &c, within, as, budget, ret_other);
    rib_cursor_release(&c);
    return others;
}

/* Has the flows of a destination judged again in their turn. */
static void judge_later(struct flow_index *x, uint32_t id)
{
    flow_destination_at(x, id)->must_judge = true;
    flow_index_enqueue(x, id);
}

/* What is to be said of the routes within a destination, beside an AS: what is known, or else what
 * can be found at once. */
static enum flow_others find_others(struct rib *rib, struct rib_table *t, uint32_t id,
                                    const struct prefix *within, uint32_t as, uint32_t *ret_other)
{
    struct flow_index *x = rib->flows[t->family];
    struct flow_destination *d = flow_destination_at(x, id);
    if (d->others == FLOW_OTHERS_NONE && d->others_as == as)
        return FLOW_OTHERS_NONE;
    *ret_other = d->others == FLOW_OTHERS_SOME ? known_other(rib, t, d, as) : 0;
    if (*ret_other != 0) {
        d->others_as = as;
        return FLOW_OTHERS_SOME;
    }
    if (d->wants_walk)
        return FLOW_OTHERS_UNKNOWN;
    enum flow_others others = walk_at_once(rib, t, within, as, &x->walk_left, ret_other);
    know_others(d, others, as, *ret_other ? rib_table_at(t, *ret_other) : NULL);
    if (others == FLOW_OTHERS_UNKNOWN) {
        d->wants_walk = true;
        judge_later(x, id);
    }
    return others;
}

/* The same where nothing is kept of the destination (id 0). */
static enum flow_others look_for_others(struct rib *rib, struct rib_table *t, uint32_t id,
                                        const struct prefix *within, uint32_t as,
                                        uint32_t *ret_other)
{
    uint32_t budget = WALK_AT_ONCE;
    return id != 0 ? find_others(rib, t, id, within, as, ret_other)
                   : walk_at_once(rib, t, within, as, &budget, ret_other);
}

/* --- the conditions --- */

/* RFC 8955 §6: the originator is what ORIGINATOR_ID says, or the address of the peer. A router is
 * known by its id to reflectors, so a route that came from it directly is compared by that. */
static bool is_originator(const struct rib_source *source, uint32_t originator)
{
    const struct ip_addr addr = ip_from_v4(originator);
    return (source->session_kind == SESSION_INTERNAL && source->router_id == originator) ||
           ip_equal(&source->addr, &addr);
}

static bool same_originator(const struct rib *rib, const struct flow_claim *claim,
                            const struct flow_cover *cover)
{
    const struct rib_source *source = rib_source_at(rib, claim->source);
    const struct rib_source *other = rib_source_at(rib, cover->source);
    uint32_t id = (claim->hot->flags & ATTR_HAS_ORIGINATOR_ID) ? claim->hot->originator_id : 0;
    if (other->kind != RIB_SOURCE_PEER)
        return false;
    if (id != 0 && cover->originator != 0)
        return id == cover->originator;
    if (id != 0 || cover->originator != 0)
        return is_originator(id != 0 ? other : source, id != 0 ? id : cover->originator);
    return ip_equal(&source->addr, &other->addr);
}

enum rib_reject flow_check(struct rib *rib, const struct flow_claim *claim,
                           struct flow_held *ret_held)
{
    struct rib_table *t = &rib->tables[family_of_destinations(claim->family)];
    const struct family_info *info = family_info(claim->family);
    bool is_internal = rib_source_at(rib, claim->source)->session_kind == SESSION_INTERNAL;
    struct prefix to;
    *ret_held = (struct flow_held){0};
    if (!info->destination(info, claim->key, &to))
        return RIB_REJECT_FLOW_DESTINATION;
    if (is_internal && claim->hot->as_path_len == 0)
        return RIB_ACCEPTED;
    struct flow_index *x = rib->flows[claim->family];
    const uint32_t id = x ? flow_index_find(x, &to) : 0;
    ret_held->cover = find_cover(rib, t, to.bytes, to.len_bits);
    const struct flow_cover cover = cover_of(rib, t, ret_held->cover);
    /* What is not known of yet may be gone again before it is. */
    if (id != 0 && !cover_equal(&cover, &flow_destination_at(x, id)->cover))
        judge_later(x, id);
    if (ret_held->cover == 0)
        return RIB_REJECT_FLOW_ROUTE;
    if (!same_originator(rib, claim, &cover))
        return RIB_REJECT_FLOW_ORIGINATOR;
    if (!is_internal && (cover.as == 0 || claim->hot->neighbor_as != cover.as))
        return RIB_REJECT_FLOW_AS;
    switch (look_for_others(rib, t, id, &to, cover.as, &ret_held->other)) {
    case FLOW_OTHERS_SOME:
        return RIB_REJECT_FLOW_MORE_SPECIFIC;
    case FLOW_OTHERS_UNKNOWN:
        return RIB_REJECT_FLOW_PENDING;
    case FLOW_OTHERS_NONE:
        break;
    }
    return RIB_ACCEPTED;
}

/* --- which flows --- */

static struct flow_index *index_for(struct rib *rib, enum family family)
{
    enum family unicast = family_of_destinations(family);
    if (!rib->flows[family]) {
        struct flow_index *x = flow_index_new(rib->tables[unicast].key_bytes);
        x->walk_left = WALK_AT_ONCE;
        rib->flows[family] = rib->flows[unicast] = x;
    }
    return rib->flows[family];
}

/* Where there are no flows any more, unicast routes are not looked at. */
static void drop_if_empty(struct rib *rib, enum family family)
{
    struct flow_index *x = rib->flows[family];
    if (!x || !flow_index_is_empty(x))
        return;
    flow_index_free(x);
    rib->flows[family] = rib->flows[family_of_destinations(family)] = NULL;
}

void flow_check_expect(struct rib *rib, enum family family, struct nlri_key key)
{
    const struct family_info *info = family_info(family);
    struct prefix to;
    if (info->destination(info, key, &to))
        flow_index_find_or_add(index_for(rib, family), &to);
}

void flow_check_register(struct rib *rib, enum family family, uint32_t entry)
{
    const struct rib_table *t = &rib->tables[family];
    struct prefix to;
    const struct rib_entry *e = rib_table_at(t, entry);
    if (e->best.source == 0 || !t->info->destination(t->info, rib_table_key(t, e), &to))
        return;
    struct flow_index *x = index_for(rib, family);
    flow_index_attach(x, flow_index_find_or_add(x, &to), entry);
}

void flow_check_unregister(struct rib *rib, enum family family, uint32_t entry)
{
    if (!rib->flows[family])
        return;
    flow_index_detach(rib->flows[family], entry);
    drop_if_empty(rib, family);
}

/* --- changes --- */

static bool is_known_other(const struct flow_destination *d, const struct rib_entry *e)
{
    return d->others == FLOW_OTHERS_SOME && d->other_len == e->len_bits &&
           bits_equal(d->other_bytes, e->key.bytes, e->len_bits);
}

/* A route within a destination has come, gone, or changed. */
static void note_within(struct flow_index *x, uint32_t id, const struct rib_entry *e, bool usable,
                        uint32_t as)
{
    struct flow_destination *d = flow_destination_at(x, id);
    bool is_other = usable && as != d->others_as;
    bool is_found = is_other && (d->others == FLOW_OTHERS_NONE || d->wants_walk);
    bool is_lost = !is_other && is_known_other(d, e);
    if (!is_found && !is_lost)
        return;
    if (is_found)
        know_others(d, FLOW_OTHERS_SOME, d->others_as, e);
    else
        d->others = FLOW_OTHERS_UNKNOWN;
    judge_later(x, id);
}

/* A route that covers a destination has come, gone, or changed. */
static void note_cover(struct flow_index *x, uint32_t id, const struct rib_entry *e, bool usable)
{
    const struct flow_cover *cover = &flow_destination_at(x, id)->cover;
    bool is_cover = cover->is_there && e->len_bits == cover->len_bits;
    bool is_longer = !cover->is_there || e->len_bits > cover->len_bits;
    if (is_cover || (is_longer && usable))
        flow_index_enqueue(x, id);
}

static void note_entry(const struct rib *rib, struct flow_index *x, const struct rib_entry *e)
{
    const uint8_t *bytes = e->key.bytes;
    const bool usable = e->best_usable;
    const uint32_t as = usable ? received_hot(rib, &e->best)->neighbor_as : 0;
    for (uint8_t bits = e->len_bits; bits > 0;) {
        uint32_t id = tree_longest(&x->tree, bytes, (uint8_t)(bits - 1));
        if (id == 0)
            break;
        note_within(x, id, e, usable, as);
        bits = flow_destination_at(x, id)->len_bits;
    }
    struct tree_iter it;
    unsigned count = 0;
    tree_iter_seek(&it, &x->tree, bytes, e->len_bits, true);
    for (uint32_t id; (id = tree_iter_next(&it)) != 0;) {
        if (!bits_equal(flow_destination_at(x, id)->bytes, bytes, e->len_bits))
            return;
        if (++count > FEW_DESTINATIONS) {
            x->sweep_left = slab_end(&x->destinations);
            return;
        }
        note_cover(x, id, e, usable);
    }
}

void flow_check_note(struct rib *rib, const struct rib_table *t, const uint32_t *ids,
                     uint32_t count)
{
    for (uint32_t i = 0; i < count && rib->flows[t->family]; i++) {
        const struct rib_entry *e = rib_table_at(t, ids[i]);
        if (!t->info->destination)
            note_entry(rib, rib->flows[t->family], e);
        else if (e->best.source == 0)
            flow_check_unregister(rib, t->family, ids[i]);
    }
}

/* --- steps --- */

struct step {
    struct rib *rib;
    struct rib_table *flows;
    struct rib_table *unicast;
    struct flow_index *x;
    rib_judge judge;
    void *ctx;
    uint32_t budget;
};

static void pay(struct step *s, uint32_t cost)
{
    s->budget -= cost < s->budget ? cost : s->budget;
}

static struct prefix prefix_of(const struct step *s, const struct flow_destination *d)
{
    struct prefix p = {.version = s->unicast->info->ip_version, .len_bits = d->len_bits};
    memcpy(p.bytes, d->bytes, sizeof(p.bytes));
    return p;
}

/* Whether the flows of a destination are held against another route than when that was last looked
 * for. */
static bool look_at_cover(struct step *s, struct flow_destination *d, struct flow_cover *ret_cover)
{
    *ret_cover =
        cover_of(s->rib, s->unicast, find_cover(s->rib, s->unicast, d->bytes, d->len_bits));
    return !cover_equal(ret_cover, &d->cover);
}

/* Begins with the next destination; false: there is none. */
static bool take_destination(struct step *s)
{
    struct flow_index *x = s->x;
    struct flow_cover cover;
    x->present = flow_index_dequeue(x);
    if (x->present == 0)
        return false;
    struct flow_destination *d = flow_destination_at(x, x->present);
    bool differs = look_at_cover(s, d, &cover);
    pay(s, 1);
    d->cover = cover;
    x->next_flow = differs || d->must_judge ? d->flows : 0;
    d->must_judge = false;
    return true;
}

static void end_walk(struct flow_index *x)
{
    if (x->walk.is_open)
        rib_cursor_release(&x->walk.cursor);
    x->walk.is_open = false;
}

/* Looks through the routes within the present destination; its flows are judged afterwards. */
static void walk_present(struct step *s, struct flow_destination *d)
{
    struct flow_index *x = s->x;
    const struct prefix within = prefix_of(s, d);
    uint32_t other = 0;
    if (!x->walk.is_open || x->walk.as != d->cover.as) {
        end_walk(x);
        begin_walk(&x->walk.cursor, s->unicast, within.bytes, within.len_bits);
        x->walk.is_open = true;
        x->walk.as = d->others_as = d->cover.as;
    }
    enum flow_others others =
        walk_on(s->rib, s->unicast, &x->walk.cursor, &within, x->walk.as, &s->budget, &other);
    if (others == FLOW_OTHERS_UNKNOWN)
        return;
    know_others(d, others, x->walk.as, other ? rib_table_at(s->unicast, other) : NULL);
    judge_later(x, x->present);
}

static void judge_next_flow(struct step *s)
{
    uint32_t id = s->x->next_flow;
    uint32_t walk_left = s->x->walk_left;
    s->x->next_flow = s->x->links[id].next;
    rib_rejudge(s->rib, s->flows, id, s->judge, s->ctx);
    pay(s, 1 + rib_entry_path_count(rib_table_at(s->flows, id)) + walk_left - s->x->walk_left);
}

/* Works at the present destination; true when it is done with. */
static bool work_on_present(struct step *s)
{
    struct flow_index *x = s->x;
    struct flow_destination *d = flow_destination_at(x, x->present);
    while (s->budget > 0 && x->next_flow != 0)
        judge_next_flow(s);
    if (x->next_flow != 0)
        return false;
    if (d->flows != 0 && d->wants_walk && s->budget > 0)
        walk_present(s, d);
    return d->flows == 0 || !d->wants_walk;
}

static void leave_present(struct step *s)
{
    uint32_t done = s->x->present;
    end_walk(s->x);
    s->x->present = 0;
    flow_index_settle(s->x, done);
}

/* Goes on with the sweep over all destinations. */
static void sweep(struct step *s)
{
    struct flow_index *x = s->x;
    struct flow_cover cover;
    uint32_t end = slab_end(&x->destinations);
    for (; x->sweep_left > 0 && s->budget > 0; x->sweep_left--, x->sweep_pos++) {
        if (x->sweep_pos >= end)
            x->sweep_pos = 0;
        if (slab_chunk_empty(&x->destinations, x->sweep_pos))
            continue;
        struct flow_destination *d = flow_destination_at(x, x->sweep_pos);
        pay(s, 1);
        if (d->in_use && look_at_cover(s, d, &cover))
            flow_index_enqueue(x, x->sweep_pos);
    }
}

bool flow_check_step(struct rib *rib, enum family family, uint32_t budget, rib_judge judge,
                     void *ctx)
{
    struct step s = {.rib = rib,
                     .flows = &rib->tables[family],
                     .x = rib->flows[family],
                     .judge = judge,
                     .ctx = ctx,
                     .budget = budget};
    if (!s.x)
        return false;
    s.unicast = &rib->tables[family_of_destinations(family)];
    s.x->walk_left = WALK_AT_ONCE;
    while (s.budget > 0 && (s.x->present != 0 || take_destination(&s)))
        if (work_on_present(&s))
            leave_present(&s);
    sweep(&s);
    bool more = s.x->present != 0 || s.x->queue.first != 0 || s.x->sweep_left > 0;
    drop_if_empty(rib, family);
    return more;
}
