/* Classes: a class with a config source for each personal slot of an entry, and one of all others.
 */
#include "rib/ribout_class.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rib/ribout_personal.h"
#include "rib/ribout_tombstone.h"

struct group_classes {
    uint32_t *sources; /* owned: config sources whose members are a class of their own */
    uint32_t count;
    uint32_t size;
    uint32_t cohort; /* number of the last one that was marked */
};

struct group_classes *group_classes_new(void)
{
    return mem_zalloc(sizeof(struct group_classes));
}

void group_classes_free(struct group_classes *classes)
{
    free(classes->sources);
    free(classes);
}

static void add_class(struct group_classes *classes, uint32_t source)
{
    if (classes->count == classes->size) {
        classes->size = classes->size ? classes->size * 2 : 16;
        classes->sources = mem_resize(classes->sources, classes->size, sizeof(*classes->sources));
    }
    classes->sources[classes->count++] = source;
}

/* --- changes --- */

/* Makes room for another change of a class with a config source. */
static void make_room(struct delivery *d)
{
    if (d->extra + 2 > RIBOUT_EXTRA_ITEMS)
        delivery_flush(d);
    d->extra += 2;
}

/* What is told of an entry, before and after a change of the group's slot. */
struct change {
    struct ribout_slot said;
    struct ribout_slot next;
    bool live_pass; /* a member hears of it in a pass that may not have come to what was before */
    struct group_comparison *last;
};

static void pack_class(struct delivery *d, uint32_t id, uint32_t source, struct ribout_slot had,
                       struct ribout_slot now, const struct change *change)
{
    const struct ribout_group *g = d->group;
    const struct group_class class = {.only = source};
    bool is_nothing = had.attrs == 0 && now.attrs == 0;
    if (!d->pack || personal_source_of(g, source)->members == 0 ||
        (is_nothing && !change->live_pass))
        return;
    make_room(d);
    bool same = group_looks_the_same(g, &g->profile, had, now, change->last);
    const struct group_saying before = {had, class_left_out(g, &class, had)};
    const struct group_saying after = {now, class_left_out(g, &class, now)};
    group_pack_change(d->pack, id, &class, before, after, same && !change->live_pass, false);
}

/* Brings one slot up to date; whether its members were told, or are, otherwise than the group. */
static bool update_slot(struct delivery *d, uint32_t id, struct rib_entry *e,
                        struct personal_slot *slot, const struct change *change)
{
    struct ribout_group *g = d->group;
    const struct rib_path *path = rib_entry_path_of(e, slot->source);
    if (!path && !slot->in_force)
        return false;
    uint32_t attrs = 0;
    if (path)
        attrs = !g->view && slot->attrs == path->attrs
                    ? path->attrs
                    : personal_attrs_for(d->out, g, e, slot->source);
    if (path && slot->in_force && slot->attrs == attrs)
        return true;
    struct ribout_slot had = slot->in_force ? personal_as_told(slot) : change->said;
    struct ribout_slot now = change->next;
    if (path)
        now = (struct ribout_slot){attrs, slot->source, g->version};
    pack_class(d, id, slot->source, had, now, change);
    personal_set_attrs(d->out, g, slot, attrs);
    slot->version = g->version;
    slot->in_force = path != NULL;
    if (!path)
        group_add_tombstone(d->out, g, id, slot->source);
    return true;
}

bool personal_update(struct delivery *d, uint32_t id, struct rib_entry *e, struct ribout_slot said,
                     struct ribout_slot next, bool live_pass, struct group_comparison *last,
                     struct group_class *ret_rest)
{
    struct ribout_group *g = d->group;
    struct group_classes *classes = d->out->classes;
    const struct change change = {said, next, live_pass, last};
    uint32_t members = 0;
    classes->count = 0;
    if (e->flags & ENTRY_HAS_LOCAL)
        personal_add_slots(g, id, e);
    struct personal_slots all = personal_slots_of(&g->personals.slots, id);
    for (uint32_t i = 0; i < all.count; i++) {
        struct personal_slot *slot = &all.slots[i];
        const struct personal_source *source = personal_source_of(g, slot->source);
        if (!update_slot(d, id, e, slot, &change))
            continue;
        add_class(classes, source->source);
        members += source->members;
    }
    *ret_rest = (struct group_class){.but = classes->sources, .but_count = classes->count};
    return members < g->member_count;
}

/* --- walks --- */

static void mark(struct ribout_group *g, uint32_t config_source, uint32_t cohort)
{
    struct personal_source *source = personal_source_of(g, config_source);
    if (!source || source->users == 0)
        return;
    if (source->cohort != cohort)
        source->in_cohort = 0;
    source->cohort = cohort;
    source->in_cohort++;
}

void personal_mark(struct ribout *out, struct ribout_group *g, struct ribout_group *other,
                   struct ribout_member *const *members, uint32_t count)
{
    uint32_t cohort = ++out->classes->cohort;
    for (uint32_t i = 0; i < count; i++) {
        mark(g, members[i]->config_source, cohort);
        if (other)
            mark(other, members[i]->config_source, cohort);
    }
}

/* How many of those that were marked have a config source. */
static uint32_t marked(const struct group_classes *classes, const struct ribout_group *g,
                       uint32_t config_source)
{
    const struct personal_source *source = g ? personal_source_of(g, config_source) : NULL;
    return source && source->cohort == classes->cohort ? source->in_cohort : 0;
}

/* The next source of two arrays of slots; 0: there is none. */
static uint32_t next_source(struct personal_slots a, uint32_t *at_a, struct personal_slots b,
                            uint32_t *at_b)
{
    uint32_t in_a = *at_a < a.count ? a.slots[*at_a].source : UINT32_MAX;
    uint32_t in_b = *at_b < b.count ? b.slots[*at_b].source : UINT32_MAX;
    uint32_t least = in_a < in_b ? in_a : in_b;
    *at_a += in_a == least;
    *at_b += in_b == least;
    return least == UINT32_MAX ? 0 : least;
}

uint32_t personal_each_class(struct delivery *d, const struct ribout_group *other, uint32_t entry,
                             uint32_t member_count, personal_visit visit, void *ctx)
{
    static const struct ribout_slot none;
    const struct ribout_group *g = d->group;
    struct group_classes *classes = d->out->classes;
    struct personal_slots own = personal_slots_of(&g->personals.slots, entry);
    struct personal_slots others = {0};
    uint32_t at_own = 0;
    uint32_t at_others = 0;
    uint32_t source;
    uint32_t members = 0;
    uint32_t sum = 0;
    classes->count = 0;
    if (other)
        others = personal_slots_of(&other->personals.slots, entry);
    while ((source = next_source(own, &at_own, others, &at_others)) != 0) {
        uint32_t count = marked(classes, g, source);
        if (count == 0)
            count = marked(classes, other, source);
        if (count == 0)
            continue;
        const struct group_class class = {.only = source};
        add_class(classes, source);
        members += count;
        make_room(d);
        sum += visit(ctx, entry, &class, personal_told(g, entry, source),
                     other ? personal_told(other, entry, source) : none);
    }
    const struct group_class rest = {.but = classes->sources, .but_count = classes->count};
    if (members < member_count)
        sum += visit(ctx, entry, &rest, personal_told(g, entry, 0),
                     other ? personal_told(other, entry, 0) : none);
    return sum;
}
