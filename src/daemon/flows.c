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

enum rib_reject flows_judge_new(struct speaker *s, const struct channel *c, struct nlri_key key,
                                const struct attr_hot *hot)
{
    const struct flow_claim claim = {
        .family = c->family, .key = key, .source = c->neighbor->source, .hot = hot};
    struct flow_held held;
    flow_check_expect(&s->rib, c->family, key);
    return flow_check(&s->rib, &claim, &held);
}

void flows_taken_in(struct speaker *s, const struct channel *c, const struct update_nlri *run)
{
    const struct family_info *f = family_info(c->family);
    const struct rib_table *t = &s->rib.tables[c->family];
    uint8_t bytes[NLRI_ROOM_BYTES];
    struct nlri nlri[NLRI_AT_ONCE];
    struct reader r = reader_over(run->bytes);
    for (size_t count; (count = f->read(f, &r, bytes, nlri, NLRI_AT_ONCE)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            uint32_t entry = rib_table_find(t, nlri[i].key);
            if (entry != 0)
                flow_check_register(&s->rib, c->family, entry);
        }
    }
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
        const struct rib_table *t = &s->rib.tables[f];
        if (!t->flows || !t->info->destination)
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
