/* Flows that are held against unicast routes: which they are, and judging them again in slices of
 * loop turns. Validation looks at attributes as they were received (RFC 8955 §6, RFC 9117). */
#include "daemon/flows.h"

#include "daemon/channel.h"
#include "daemon/state.h"

/* Entries and paths of a slice. */
#define FLOWS_SLICE 256u

bool flows_are_validated(const struct channel *c)
{
    return c->validate_flows && family_info(c->family)->destination;
}

/* Has the batch announce one of them. */
static void announce_one(struct speaker *s, const struct import_run *run, struct nlri_key key)
{
    const struct channel *c = run->channel;
    struct rib_announcement what = run->what;
    const struct flow_claim claim = {c->family, key, what.source, run->received.hot};
    struct flow_held held;
    flow_check_expect(&s->rib, c->family, key);
    what.reject = (uint16_t)flow_check(&s->rib, &claim, &held);
    if (what.reject == RIB_ACCEPTED && c->import) {
        const struct nlri nlri = {.key = key};
        uint32_t name;
        import_take(s, c, &nlri, 1);
        import_look(s, &name);
        import_choose(s, run, name);
        import_count(s, name, 1);
    } else {
        rib_batch_announce(&s->rib, &s->batch, &what, run->received, NULL, run->labels);
    }
    rib_batch_add(&s->batch, c->family, key);
}

/* They have been taken in: they are judged again from now on when what they are held against
 * changes. */
static void register_all(struct speaker *s, enum family family, struct span bytes)
{
    const struct family_info *f = family_info(family);
    uint8_t keys[NLRI_ROOM_BYTES];
    struct nlri nlri[NLRI_AT_ONCE];
    struct reader r = reader_over(bytes);
    for (size_t count; (count = f->read(f, &r, keys, nlri, NLRI_AT_ONCE)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            uint32_t entry = rib_table_find(&s->rib.tables[family], nlri[i].key);
            if (entry != 0)
                flow_check_register(&s->rib, family, entry);
        }
    }
}

void flows_announce(struct speaker *s, const struct import_run *run, struct span bytes)
{
    enum family family = run->channel->family;
    const struct family_info *f = family_info(family);
    struct nlri nlri[NLRI_AT_ONCE];
    struct reader r = reader_over(bytes);
    rib_batch_apply(&s->rib, &s->batch);
    if (run->channel->import)
        import_begin(s, run);
    while (reader_left(&r) > 0) {
        size_t most;
        uint8_t *room = rib_batch_room(&s->rib, &s->batch, &most);
        size_t count = f->read(f, &r, room, nlri, most);
        for (size_t i = 0; i < count; i++)
            announce_one(s, run, nlri[i].key);
        rib_batch_keep(&s->batch, f, nlri, count);
    }
    if (run->channel->import)
        import_end(s);
    rib_batch_apply(&s->rib, &s->batch);
    register_all(s, family, bytes);
}

enum rib_reject flows_judge(struct speaker *s, const struct channel *c, struct nlri_key key,
                            const struct rib_path *path, struct flow_held *ret_held)
{
    const struct flow_claim claim = {
        .family = c->family,
        .key = key,
        .source = path->source,
        .hot = &rib_attrs_at(&s->rib.attrs, path->received)->hot,
    };
    return flow_check(&s->rib, &claim, ret_held);
}

/* The channel that a path has come by; NULL. */
static const struct channel *channel_of(const struct speaker *s, enum family family,
                                        const struct rib_path *path)
{
    if (path->source == 0 || rib_path_is_dead(&s->rib, path))
        return NULL;
    const struct neighbor *n = rib_source_at(&s->rib, path->source)->user;
    return n ? channel_find(n, family) : NULL;
}

void flows_settle(struct speaker *s, const struct rib_table *t, const struct rib_entry *e)
{
    uint32_t entry = rib_table_find(t, rib_table_key(t, e));
    bool is_validated = false;
    for (unsigned i = 0; i <= e->more_count && !is_validated; i++) {
        const struct channel *c = channel_of(s, t->family, i == 0 ? &e->best : &e->more[i - 1]);
        is_validated = c && flows_are_validated(c);
    }
    if (is_validated)
        flow_check_register(&s->rib, t->family, entry);
    else
        flow_check_unregister(&s->rib, t->family, entry);
}

/* --- the service --- */

static struct rib_verdict judge_again(void *ctx, const struct rib_table *t,
                                      const struct rib_entry *e, const struct rib_path *path)
{
    struct speaker *s = ctx;
    const struct channel *c = channel_of(s, t->family, path);
    return c && flows_are_validated(c) ? review_judge(s, c, t, e, path) : rib_verdict_same(path);
}

static bool work(struct speaker *s, uint64_t deadline_ns)
{
    (void)deadline_ns;
    bool more = false;
    bool has_work = false;
    for (enum family f = 0; f < FAMILY_COUNT; f++) {
        if (!s->rib.flows[f] || !family_info(f)->destination)
            continue;
        has_work = true;
        more |= flow_check_step(&s->rib, f, FLOWS_SLICE, judge_again, s);
    }
    if (has_work && !more)
        import_judged(s);
    /* What is dirty now is shown to the update groups in the next turn. */
    return more || (has_work && speaker_dirty_count(s) > 0);
}

const struct service flows_service = {
    .name = "flows",
    .work = work,
    .share_percent = 25,
    .makes_changes = true,
};
