/* Judging again what changes of VRPs and ASPAs concern.
 *
 * Prefixes whose VRPs have changed wait in a ring. Of each, the entries that it covers are gone
 * through, a slice at a time, by a cursor that survives changes. When too many wait, one pass over
 * all tables (daemon/review) does for all. A change meanwhile is looked at by the pass where that
 * has not begun, else it waits in turn.
 *
 * Paths have no index by the ASNs in them: a pass looks for those of customers that have changed.
 * What changes during a pass is for the next one. */
#include "daemon/revalidate.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "daemon/channel.h"
#include "daemon/state.h"
#include "wire/aspath.h"

/* Prefixes that may wait. */
#define PREFIXES_MAX 16384u
/* Customers that are told apart. */
#define CUSTOMERS_MAX 4096u
/* Entries and paths of a slice. */
#define SLICE 64u
/* For how long what has changed waits for sources that are not through with what they have to say.
 */
#define WAIT_MAX_MS 2000u

/* --- on what it depends --- */

/* Whether what becomes of the routes of a channel depends on validation of these kinds. */
static unsigned depends_on(const struct policy_chain *import, bool rejects_aspa, bool has_role)
{
    unsigned kinds = 0;
    if (import_depends(import, ATTR_ROV))
        kinds |= ATTR_ROV;
    if (import_depends(import, ATTR_ASPA) || (rejects_aspa && has_role))
        kinds |= ATTR_ASPA;
    return kinds;
}

static bool channel_depends(const struct channel *c, unsigned kind)
{
    bool has_role = c->neighbor->known_as && c->neighbor->known_as->role != ROLE_NONE;
    return (depends_on(c->import, c->rejects_aspa, has_role) & kind) != 0;
}

void revalidate_configure(struct speaker *s, const struct config *config)
{
    unsigned depends = depends_on(config->local_import, false, false);
    for (size_t i = 0; i < config->peer_count; i++) {
        const struct config_peer *peer = &config->peers[i];
        for (size_t k = 0; k < peer->channel_count; k++)
            depends |= depends_on(peer->channels[k].import, peer->channels[k].reject_aspa_invalid,
                                  peer->role != ROLE_NONE);
    }
    s->validation.again.depends = depends;
}

static void end_walk(struct revalidate *r)
{
    if (r->has_cursor)
        rib_cursor_release(&r->cursor);
    r->has_cursor = r->walking = false;
}

void revalidate_release(struct revalidate *r)
{
    end_walk(r);
    free(r->prefixes);
    u32_set_release(&r->customers);
    u32_set_release(&r->passing);
}

/* --- what has changed --- */

static void mark_neighbor(void *ctx, struct neighbor *n)
{
    for (unsigned i = 0; i < n->channel_count; i++)
        if (n->channels[i].member && channel_depends(&n->channels[i], ATTR_ROV))
            review_channel(ctx, &n->channels[i]);
}

/* One pass does for all that wait. */
static void judge_all(struct speaker *s)
{
    struct revalidate *r = &s->validation.again;
    end_walk(r);
    r->count = 0;
    r->all = false;
    speaker_each_neighbor(s, mark_neighbor, s);
    review_local(s);
    r->all_in_pass = s->review.last_pass;
}

/* Whether a pass that has not begun will look at all that VRPs concern. */
static bool all_will_be_judged(const struct speaker *s)
{
    uint32_t pass = s->validation.again.all_in_pass;
    return pass > s->review.pass || (pass == s->review.pass && !s->review.walk.running);
}

void revalidate_prefix(struct speaker *s, const struct prefix *prefix)
{
    struct revalidate *r = &s->validation.again;
    if (!revalidate_asks_origins(r))
        return;
    if (r->all || all_will_be_judged(s))
        return;
    if (!r->prefixes)
        r->prefixes = mem_resize(NULL, PREFIXES_MAX, sizeof(*r->prefixes));
    const struct prefix *last = &r->prefixes[(r->first + r->count - 1) % PREFIXES_MAX];
    if (r->count > 0 && prefix_covers(last, prefix))
        return;
    if (r->count == PREFIXES_MAX)
        r->all = true;
    else
        r->prefixes[(r->first + r->count++) % PREFIXES_MAX] = *prefix;
    speaker_wake(s);
}

void revalidate_customer(struct speaker *s, uint32_t customer)
{
    struct revalidate *r = &s->validation.again;
    if (!(r->depends & ATTR_ASPA) || r->any_customer)
        return;
    u32_set_add(&r->customers, customer);
    if (r->customers.count >= CUSTOMERS_MAX) {
        u32_set_settle(&r->customers);
        r->any_customer = r->customers.count > CUSTOMERS_MAX / 2;
    }
    speaker_wake(s);
}

void revalidate_customers(struct speaker *s)
{
    if (!(s->validation.again.depends & ATTR_ASPA))
        return;
    s->validation.again.any_customer = true;
    speaker_wake(s);
}

/* --- judging --- */

static struct rib_verdict judge_origin(void *ctx, const struct rib_table *t,
                                       const struct rib_entry *e, const struct rib_path *path)
{
    struct speaker *s = ctx;
    const struct rib_source *source = rib_source_at(&s->rib, path->source);
    if (source->kind != RIB_SOURCE_PEER)
        return review_judge_local(s, t, e, path);
    struct neighbor *n = source->user;
    const struct channel *c = n ? channel_find(n, t->family) : NULL;
    return c && channel_depends(c, ATTR_ROV) ? review_judge(s, c, t, e, path)
                                             : rib_verdict_same(path);
}

/* Goes on with the entries that a prefix covers; true when it is done with. */
static bool walk(struct speaker *s, uint32_t *budget)
{
    struct revalidate *r = &s->validation.again;
    struct rib_table *t = &s->rib.tables[r->family];
    while (*budget > 0) {
        uint32_t id = rib_cursor_next(&r->cursor);
        const struct rib_entry *e = id ? rib_table_at(t, id) : NULL;
        if (!e || !t->info->relates(t->info, rib_table_key(t, e), NLRI_WITHIN, &r->within))
            return true;
        uint32_t cost = rib_entry_path_count(e) + 1;
        *budget -= cost < *budget ? cost : *budget;
        rib_rejudge(&s->rib, t, id, judge_origin, s);
    }
    return false;
}

/* The next table of what the prefix may cover, from a family on; false: there is none. */
static bool begin_table(struct speaker *s, unsigned family)
{
    struct revalidate *r = &s->validation.again;
    for (; family < FAMILY_COUNT; family++) {
        const struct family_info *info = family_info((enum family)family);
        if (!policy_validates((enum family)family) || info->ip_version != r->within.version)
            continue;
        r->family = (enum family)family;
        rib_cursor_init(&r->cursor, &s->rib.tables[family]);
        rib_cursor_seek(&r->cursor, (struct nlri_key){r->within.bytes, r->within.len_bits}, true);
        r->has_cursor = true;
        return true;
    }
    return false;
}

static void judge_prefixes(struct speaker *s)
{
    struct revalidate *r = &s->validation.again;
    uint32_t budget = SLICE;
    while (budget > 0 && (r->walking || r->count > 0)) {
        bool has_table = true;
        if (!r->walking) {
            r->within = r->prefixes[r->first];
            r->first = (r->first + 1) % PREFIXES_MAX;
            r->count--;
            r->walking = true;
            budget--;
            has_table = begin_table(s, 0);
        } else if (walk(s, &budget)) {
            unsigned next = r->family + 1u;
            rib_cursor_release(&r->cursor);
            r->has_cursor = false;
            has_table = begin_table(s, next);
        }
        if (!has_table)
            end_walk(r);
    }
}

/* Whether the pass is about a path. */
static bool is_concerned(const struct revalidate *r, struct span attrs)
{
    struct span as_path;
    return r->passing_any ||
           (attr_find(attrs, ATTR_AS_PATH, &as_path) && aspath_count_in(as_path, &r->passing) > 0);
}

static struct rib_verdict judge_aspa(void *ctx, const struct rib_table *t,
                                     const struct rib_entry *e, const struct rib_path *path)
{
    struct speaker *s = ctx;
    const struct rib_source *source = rib_source_at(&s->rib, path->source);
    struct neighbor *n = source->kind == RIB_SOURCE_PEER ? source->user : NULL;
    const struct channel *c = n ? channel_find(n, t->family) : NULL;
    if (!c || !policy_validates(t->family) || !channel_depends(c, ATTR_ASPA) ||
        !is_concerned(&s->validation.again,
                      rib_attrs_span(rib_attrs_at(&s->rib.attrs, path->received))))
        return rib_verdict_same(path);
    return review_judge(s, c, t, e, path);
}

/* A pass is to be about what has changed until now. */
static void begin_pass(struct revalidate *r)
{
    u32_set_release(&r->passing);
    r->passing = r->customers;
    r->passing_any = r->any_customer;
    r->customers = (struct u32_set){0};
    r->any_customer = false;
    u32_set_settle(&r->passing);
}

static void judge_paths(struct speaker *s)
{
    struct revalidate *r = &s->validation.again;
    if (!r->pass.running && r->customers.count == 0 && !r->any_customer)
        return;
    if (!r->pass.running)
        begin_pass(r);
    rib_review_step(&s->rib, &r->pass, SLICE, judge_aspa, s);
}

/* While a source goes over from one state of its records to the next, routes would be judged by
 * half of each, told so, and judged and told once more. */
static bool may_wait(struct speaker *s)
{
    struct revalidate *r = &s->validation.again;
    if (!s->rpki.is_changing) {
        r->since_ms = 0;
        return false;
    }
    uint64_t now_ms = time_mono_ms();
    if (r->since_ms == 0)
        r->since_ms = now_ms;
    return now_ms < r->since_ms + WAIT_MAX_MS;
}

static bool has_more(const struct revalidate *r)
{
    return r->all || r->walking || r->count > 0 || r->pass.running || r->customers.count > 0 ||
           r->any_customer;
}

bool revalidate_step(struct speaker *s)
{
    struct revalidate *r = &s->validation.again;
    if (!has_more(r))
        return false;
    if (may_wait(s))
        return false; /* the sources keep the loop turning */
    if (r->all)
        judge_all(s);
    judge_prefixes(s);
    judge_paths(s);
    if (has_more(r))
        return true;
    if (!s->review.walk.running)
        import_judged(s);
    return false;
}
