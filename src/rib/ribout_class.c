/* Classes. The special parties of an entry are those with a config source that has a personal slot,
 * and those whose policies make another thing of the group's slot than most do. Of these, who are
 * told the same before and after are a class; all others are the last one. */
#include "rib/ribout_class.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rib/ribout_personal.h"
#include "rib/ribout_tombstone.h"

struct group_classes {
    struct class_special *specials; /* owned; of the present entry, by number of the party */
    uint32_t count;
    uint32_t size;
    uint32_t *names; /* owned: of the parties of a class, and of all special ones */
    uint32_t name_size;
    uint32_t *held; /* owned: attributes that policies made for special parties; counted */
    uint32_t held_count;
    uint32_t held_size;
    struct party_marks marks;
};

struct group_classes *group_classes_new(void)
{
    return mem_zalloc(sizeof(struct group_classes));
}

void group_classes_free(struct group_classes *classes)
{
    free(classes->specials);
    free(classes->names);
    free(classes->held);
    free(classes->marks.parties);
    free(classes);
}

struct party_marks *classes_marks(struct group_classes *classes)
{
    return &classes->marks;
}

/* --- special parties --- */

/* What policies made is not kept anywhere else, and its id would become another set's. */
static uint32_t hold(struct ribout *out, uint32_t attrs)
{
    struct group_classes *classes = out->classes;
    if (attrs == 0)
        return 0;
    if (classes->held_count == classes->held_size) {
        classes->held_size = classes->held_size ? classes->held_size * 2 : 16;
        classes->held = mem_resize(classes->held, classes->held_size, sizeof(*classes->held));
    }
    return classes->held[classes->held_count++] = rib_attrs_ref(&out->rib->attrs, attrs);
}

void class_end(struct ribout *out)
{
    struct group_classes *classes = out->classes;
    for (uint32_t i = 0; i < classes->held_count; i++)
        rib_attrs_unref(&out->rib->attrs, classes->held[i]);
    classes->held_count = 0;
}

static void begin_look(struct ribout *out)
{
    out->looks++;
    out->classes->count = 0;
}

/* Adds a party, unless it is there. */
static struct class_special *add_special(struct ribout *out, struct ribout_party *party)
{
    struct group_classes *classes = out->classes;
    if (party->looked_at == out->looks)
        return NULL;
    party->looked_at = out->looks;
    if (classes->count == classes->size) {
        classes->size = classes->size ? classes->size * 2 : 16;
        classes->specials =
            mem_resize(classes->specials, classes->size, sizeof(*classes->specials));
    }
    struct class_special *special = &classes->specials[classes->count++];
    *special = (struct class_special){.party = party};
    return special;
}

static int compare_specials(const void *a, const void *b)
{
    uint32_t x = ((const struct class_special *)a)->party->number;
    uint32_t y = ((const struct class_special *)b)->party->number;
    return x < y ? -1 : x > y;
}

/* All are there: their names, ascending. */
static const uint32_t *settle_specials(struct ribout *out)
{
    struct group_classes *classes = out->classes;
    out->cost += classes->count;
    if (classes->count > 1)
        qsort(classes->specials, classes->count, sizeof(*classes->specials), compare_specials);
    if (classes->name_size < 2 * classes->count) {
        classes->name_size = 4 * classes->count;
        classes->names = mem_resize(classes->names, classes->name_size, sizeof(*classes->names));
    }
    for (uint32_t i = 0; i < classes->count; i++)
        classes->names[i] = party_name(classes->specials[i].party);
    return classes->names;
}

/* What a party is told by a slot that is its own, not the group's. */
static struct class_view view_alone(struct ribout *out, const struct ribout_group *g,
                                    const struct ribout_party *party, uint32_t entry,
                                    struct ribout_slot slot)
{
    /* The slot may be about to say something else, and its set to go. */
    struct class_view view = {slot, hold(out, slot.attrs)};
    if (slot.attrs != 0 && g->has_policies)
        view.told = hold(out, outcome_alone(out, g, party, rib_table_at(g->table, entry),
                                            slot.attrs, slot.source)
                                  .attrs);
    return view;
}

/* What one is told by the group's slot: as most, or as a party; `o` NULL: there are no policies. */
static struct class_view view_of(const struct outcomes *o, const struct ribout_party *party,
                                 struct ribout_slot slot)
{
    bool is_own = !o || slot.attrs == 0;
    return (struct class_view){slot, is_own ? slot.attrs : outcome_for(o, party)};
}

/* --- one class after the other --- */

static bool views_are_one(struct class_view a, struct class_view b)
{
    return a.told == b.told && a.slot.attrs == b.slot.attrs && a.slot.source == b.slot.source &&
           a.slot.version == b.slot.version;
}

static int compare_views(const struct class_view *a, const struct class_view *b)
{
    if (a->told != b->told)
        return a->told < b->told ? -1 : 1;
    if (a->slot.attrs != b->slot.attrs)
        return a->slot.attrs < b->slot.attrs ? -1 : 1;
    if (a->slot.source != b->slot.source)
        return a->slot.source < b->slot.source ? -1 : 1;
    return a->slot.version < b->slot.version ? -1 : a->slot.version > b->slot.version;
}

static int compare_told(const void *a, const void *b)
{
    const struct class_special *x = a;
    const struct class_special *y = b;
    int order = compare_views(&x->now, &y->now);
    if (order == 0)
        order = compare_views(&x->had, &y->had);
    return order ? order : compare_specials(a, b);
}

/* It is known what special parties are told: those of a class come to stand together. */
static void sort_classes(struct group_classes *classes)
{
    if (classes->count > 1)
        qsort(classes->specials, classes->count, sizeof(*classes->specials), compare_told);
}

/* The class that begins with special party `first`; *ret_next is the first one of the next. */
static struct group_class take_class(struct group_classes *classes, uint32_t first,
                                     uint32_t *ret_next)
{
    uint32_t *names = classes->names + classes->count;
    const struct class_special *like = &classes->specials[first];
    uint32_t i = first;
    for (; i < classes->count; i++) {
        const struct class_special *special = &classes->specials[i];
        if (!views_are_one(special->now, like->now) || !views_are_one(special->had, like->had))
            break;
        names[i - first] = party_name(special->party);
    }
    *ret_next = i;
    return (struct group_class){.parties = names, .count = i - first};
}

/* --- changes --- */

/* Makes room for another change of a class. */
static void make_room(struct delivery *d)
{
    if (d->extra + 2 > RIBOUT_EXTRA_ITEMS)
        delivery_flush(d);
    d->extra += 2;
}

/* What the parties with a config source had, and what they get, before policies. */
static void add_with_config_source(struct delivery *d, const struct class_change *change,
                                   uint32_t config_source, struct ribout_slot had,
                                   struct ribout_slot now)
{
    const struct ribout_group *g = d->group;
    for (uint32_t i = 0; i < g->party_count; i++) {
        struct ribout_party *party = g->parties[i];
        struct class_special *special =
            party && party->config_source == config_source ? add_special(d->out, party) : NULL;
        if (!special)
            continue;
        special->had = view_alone(d->out, g, party, change->id, had);
        special->now = view_alone(d->out, g, party, change->id, now);
    }
}

/* Brings one slot up to date, and notes its parties where they were told, or are, otherwise than
 * the group. */
static void update_personal(struct delivery *d, const struct class_change *change,
                            struct personal_slot *slot)
{
    struct ribout_group *g = d->group;
    const struct rib_path *path = rib_entry_path_of(change->entry, slot->source);
    if (!path && !slot->in_force)
        return;
    uint32_t attrs = 0;
    if (path)
        attrs = slot->attrs == path->attrs && slot->in_force
                    ? path->attrs
                    : personal_attrs_for(g, change->entry, slot->source);
    const bool stays = path && slot->in_force && slot->attrs == attrs;
    const struct ribout_slot had = slot->in_force ? personal_as_told(slot) : change->said;
    struct ribout_slot now = change->next;
    if (stays)
        now = had;
    else if (path)
        now = (struct ribout_slot){attrs, slot->source, g->version};
    add_with_config_source(d, change, slot->source, had, now);
    if (stays)
        return;
    personal_set_attrs(d->out, g, slot, attrs);
    slot->version = g->version;
    slot->in_force = path != NULL;
    if (!path)
        group_add_tombstone(d->out, g, change->id, slot->source);
}

static void update_personals(struct delivery *d, const struct class_change *change)
{
    struct ribout_group *g = d->group;
    if (change->entry->flags & ENTRY_HAS_LOCAL)
        personal_add_slots(g, change->id, change->entry);
    struct personal_slots all = personal_slots_of(&g->personals.slots, change->id);
    for (uint32_t i = 0; i < all.count; i++)
        update_personal(d, change, &all.slots[i]);
}

static void add_others(struct ribout *out, const struct outcomes *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        add_special(out, o->others[i].party);
}

/* Adds those whose policies make another thing of what the group says. */
static void add_by_policy(struct delivery *d, const struct class_change *change,
                          const struct outcomes *before, const struct outcomes *now)
{
    struct group_classes *classes = d->out->classes;
    uint32_t first = classes->count;
    add_others(d->out, before);
    add_others(d->out, now);
    for (uint32_t i = first; i < classes->count; i++) {
        struct class_special *special = &classes->specials[i];
        special->had = view_of(before, special->party, change->said);
        special->now = view_of(now, special->party, change->next);
    }
}

/* How many there are in special parties from one on, up to another. */
static uint32_t members_of(const struct group_classes *classes, uint32_t first, uint32_t end)
{
    uint32_t members = 0;
    for (uint32_t i = first; i < end; i++)
        members += classes->specials[i].party->members;
    return members;
}

/* Packs what a class must be told; whether it is another thing than before. */
static bool pack_class(struct delivery *d, const struct class_change *change,
                       const struct class_special *special, const struct group_class *class,
                       struct group_comparison *last)
{
    const struct ribout_group *g = d->group;
    const struct group_saying before =
        class_had(g, special->had, class_left_out(g, class, class_told(special->had)));
    const struct group_saying now = {.slot = class_told(special->now),
                                     .left_out =
                                         class_left_out(g, class, class_told(special->now))};
    bool is_nothing = now.slot.attrs == 0 && !before.may_be_told;
    bool same = views_are_one(special->had, special->now) ||
                group_looks_the_same(g, &g->profile, before.slot, now.slot, last);
    bool is_heard = !is_nothing && !(same && before.left_out == now.left_out);
    if (!is_heard && !change->live_pass)
        return false;
    if (d->pack && !views_are_one(special->had, special->now)) {
        make_room(d);
        group_pack_change(d->pack, change->id, class, before, now, same && !change->live_pass,
                          false);
    }
    return true;
}

void class_update(struct delivery *d, const struct class_change *change,
                  struct group_comparison *last, struct class_rest *ret_rest)
{
    struct ribout_group *g = d->group;
    struct group_classes *classes = d->out->classes;
    const struct outcomes *before = NULL;
    const struct outcomes *now = NULL;
    begin_look(d->out);
    if (g->has_policies) {
        before = outcomes_of(d->out, g, change->said, change->id, OUTCOME_BEFORE);
        now = outcomes_of(d->out, g, change->next, change->id, OUTCOME_NOW);
        begin_look(d->out); /* they were looked at as well */
    }
    if (g->personals.source_count > 0)
        update_personals(d, change);
    if (g->has_policies)
        add_by_policy(d, change, before, now);
    const uint32_t *names = settle_specials(d->out);
    sort_classes(classes);
    *ret_rest = (struct class_rest){
        .class = {.parties = names, .count = classes->count, .but = true},
        .is_heard = members_of(classes, 0, classes->count) < g->member_count,
        .had = view_of(before, NULL, change->said),
        .now = view_of(now, NULL, change->next),
        .specials = classes->specials,
        .special_count = classes->count,
    };
    for (uint32_t i = 0, next; i < classes->count; i = next) {
        struct group_class class = take_class(classes, i, &next);
        if (members_of(classes, i, next) > 0)
            ret_rest->others_hear |= pack_class(d, change, &classes->specials[i], &class, last);
    }
}

/* --- walks --- */

/* Adds those marked that have a personal slot of an entry in their group, or had one in the other
 * that they left. */
static void add_walking(struct delivery *d, const struct ribout_group *other, uint32_t entry)
{
    const struct party_marks *marks = &d->out->classes->marks;
    const struct personal_table *own = &d->group->personals.slots;
    const struct personal_table *others = other ? &other->personals.slots : NULL;
    bool has_own = personal_slots_of(own, entry).count > 0;
    bool has_others = others && personal_slots_of(others, entry).count > 0;
    for (uint32_t i = 0; i < marks->count && (has_own || has_others); i++) {
        struct ribout_party *party = marks->parties[i];
        const struct ribout_party *left = party->left;
        if ((has_own && personal_slot_find(own, entry, party->config_source)) ||
            (has_others && left && personal_slot_find(others, entry, left->config_source)))
            add_special(d->out, party);
    }
}

/* Adds those marked whose policies make, or made, another thing of the entry. */
static void add_walking_by_policy(struct delivery *d, const struct outcomes *now,
                                  const struct outcomes *other)
{
    struct ribout *out = d->out;
    const struct party_marks *marks = &out->classes->marks;
    for (uint32_t i = 0; now && i < now->count; i++)
        if (party_marked(marks, now->others[i].party) > 0)
            add_special(out, now->others[i].party);
    for (uint32_t i = 0; other && other->count > 0 && i < marks->count; i++) {
        struct ribout_party *party = marks->parties[i];
        if (party->left && outcome_for(other, party->left) != other->common)
            add_special(out, party);
    }
}

/* Whether those marked are so few that it takes less to ask each for itself: a single one is, whose
 * policy is then the only one that is asked. */
static bool are_few(const struct ribout *out, const struct ribout_group *g,
                    const struct ribout_group *other)
{
    uint32_t cost = outcomes_cost(g) + (other ? outcomes_cost(other) : 0);
    return out->classes->marks.count <= 1 || 4 * out->classes->marks.count < cost;
}

static void add_marked(struct ribout *out)
{
    const struct party_marks *marks = &out->classes->marks;
    for (uint32_t i = 0; i < marks->count; i++)
        add_special(out, marks->parties[i]);
}

/* What a party (NULL: others) is told of an entry by a group; `o` NULL: it is asked for itself. */
static struct class_view view_in(struct delivery *d, const struct ribout_group *g,
                                 const struct ribout_party *party, uint32_t entry,
                                 const struct outcomes *o)
{
    uint32_t config_source = party ? party->config_source : 0;
    struct ribout_slot slot = personal_told(g, entry, config_source);
    bool is_own = config_source != 0 && slot.source == config_source;
    if (is_own || (!o && g->has_policies))
        return view_alone(d->out, g, party, entry, slot);
    return view_of(o, party, slot);
}

static const struct outcomes *outcomes_in(struct delivery *d, struct ribout_group *g,
                                          uint32_t entry, enum outcome_side side)
{
    static const struct ribout_slot nothing;
    const struct ribout_slot *slot = group_slot(g, entry);
    return g->has_policies ? outcomes_of(d->out, g, slot ? *slot : nothing, entry, side) : NULL;
}

/* Adds those marked that may be told, or have been, another thing than others. */
static void add_walking_parties(struct delivery *d, struct ribout_group *other, uint32_t entry,
                                const struct outcomes *o, const struct outcomes *o_other)
{
    begin_look(d->out);
    if (are_few(d->out, d->group, other)) {
        add_marked(d->out);
    } else {
        add_walking(d, other, entry);
        add_walking_by_policy(d, o, o_other);
    }
}

uint32_t class_each(struct delivery *d, struct ribout_group *other, uint32_t entry,
                    class_visit visit, void *ctx)
{
    static const struct class_view nothing;
    struct ribout_group *g = d->group;
    struct group_classes *classes = d->out->classes;
    bool few = are_few(d->out, g, other);
    const struct outcomes *o = few ? NULL : outcomes_in(d, g, entry, OUTCOME_NOW);
    const struct outcomes *o_other =
        few || !other ? NULL : outcomes_in(d, other, entry, OUTCOME_BEFORE);
    uint32_t members = 0;
    uint32_t sum = 0;
    add_walking_parties(d, other, entry, o, o_other);
    const uint32_t *names = settle_specials(d->out);
    for (uint32_t i = 0; i < classes->count; i++) {
        struct class_special *special = &classes->specials[i];
        members += party_marked(&classes->marks, special->party);
        d->out->views.uncounted = few && !d->pack; /* it is told elsewhere */
        special->now = view_in(d, g, special->party, entry, o);
        d->out->views.uncounted = true; /* what was told has been counted */
        if (other)
            special->had = view_in(d, other, special->party->left, entry, o_other);
        d->out->views.uncounted = false;
    }
    sort_classes(classes);
    for (uint32_t i = 0, next; i < classes->count; i = next) {
        const struct class_special special = classes->specials[i];
        make_room(d);
        const struct group_class class = take_class(classes, i, &next);
        sum += visit(ctx, entry, &class, special.now, special.had);
    }
    const struct group_class rest = {.parties = names, .count = classes->count, .but = true};
    if (members < classes->marks.members)
        sum += visit(ctx, entry, &rest, view_in(d, g, NULL, entry, o),
                     other ? view_in(d, other, NULL, entry, o_other) : nothing);
    class_end(d->out);
    return sum;
}
