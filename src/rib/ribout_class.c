/* Classes. The special parties of an entry are those with a config source that has a personal slot,
 * and those whose policies make another thing of the group's slot, and of the layers below it, than
 * most do. Of these, who are told the same before and after are a class; all others are the last
 * one. Where there are layers, a member that is left out of what its class is told, or was, is a
 * class of its own: it is told something below that. */
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
    struct class_single *singles; /* owned */
    uint32_t single_count;
    uint32_t single_size;
    struct layer_views views[OUTCOME_SIDES];
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
    free(classes->singles);
    for (unsigned side = 0; side < OUTCOME_SIDES; side++)
        free(classes->views[side].others);
    free(classes->marks.parties);
    free(classes);
}

struct party_marks *classes_marks(struct group_classes *classes)
{
    return &classes->marks;
}

/* --- special parties --- */

void class_end(struct ribout *out)
{
    outcomes_let_go(out);
}

static void begin_look(struct ribout *out)
{
    out->looks++;
    out->classes->count = out->classes->single_count = 0;
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

/* What a party is told, asked for it alone: by a slot of its own, or the group's with what is below
 * that. */
static struct class_view view_alone(struct ribout *out, const struct ribout_group *g,
                                    const struct ribout_party *party, uint32_t entry,
                                    const struct layered *said)
{
    /* The slot may be about to say something else, and its set to go. */
    outcome_hold(out, said->slot.attrs);
    struct class_view view = layers_told(out, g, party, entry, said);
    outcome_hold(out, view.told);
    return view;
}

/* What a group says of an entry, and what comes of that. */
struct side {
    struct layered said;
    const struct outcomes *o; /* of the slot alone; NULL: there are no policies, or parties are
                                 asked one by one */
    const struct layer_views *views; /* of all layers; NULL: everybody is told something by the
                                        slot, or there are no layers */
};

/* All parties are asked. */
static struct side side_of(struct ribout *out, struct ribout_group *g, const struct layered *said,
                           uint32_t entry, enum outcome_side when)
{
    struct side side = {.said = *said};
    struct layer_views *views = &out->classes->views[when];
    if (!g->has_policies)
        return side;
    side.o = outcomes_of(out, g, said->slot, entry, when);
    if (said->below.count > 0 && outcomes_refuse(side.o)) {
        layer_views_find(out, g, said, entry, when, views);
        side.views = views;
    }
    return side;
}

/* What one is told by what the group says: as most, or as a party, which has it since `version`. */
static struct class_view view_of(const struct side *side, const struct ribout_party *party,
                                 uint32_t version)
{
    struct class_view view = {.slot = side->said.slot, .told = side->said.slot.attrs};
    if (side->views) {
        const struct layer_view *other = layer_view_of(side->views, party);
        view = other ? other->view : side->views->common;
    } else if (side->o && view.told != 0) {
        view.told = outcome_for(side->o, party);
    }
    view.slot.version = version;
    return view;
}

/* The parties that may be told another thing than most, by their index; NULL: there are no more. */
static struct ribout_party *other_party(const struct side *side, uint32_t index)
{
    if (side->views)
        return index < side->views->count ? side->views->others[index].party : NULL;
    return side->o && index < side->o->count ? side->o->others[index].party : NULL;
}

/* Whether a party is one of them. */
static bool is_other(const struct side *side, const struct ribout_party *party)
{
    return side->views ? layer_view_of(side->views, party) != NULL
                       : outcome_for(side->o, party) != side->o->common;
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
                                   uint32_t config_source, const struct layered *had,
                                   const struct layered *now)
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
    struct layered had = change->said;
    struct layered now = change->next;
    if (slot->in_force)
        had = (struct layered){.slot = personal_as_told(slot)};
    if (stays)
        now = had;
    else if (path)
        now = (struct layered){.slot = {attrs, slot->source, g->version}};
    add_with_config_source(d, change, slot->source, &had, &now);
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

static void add_others(struct ribout *out, const struct side *side)
{
    struct ribout_party *party;
    for (uint32_t i = 0; (party = other_party(side, i)) != NULL; i++)
        add_special(out, party);
}

/* Adds those whose policies make another thing of what the group says. */
static void add_by_policy(struct delivery *d, const struct side *before, const struct side *now)
{
    struct group_classes *classes = d->out->classes;
    uint32_t first = classes->count;
    add_others(d->out, before);
    add_others(d->out, now);
    for (uint32_t i = first; i < classes->count; i++) {
        struct class_special *special = &classes->specials[i];
        special->had = view_of(before, special->party, before->said.slot.version);
        special->now = view_of(now, special->party, now->said.slot.version);
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

/* What a class, or a member, had and is about to be told. */
struct views {
    struct class_view had;
    struct class_view now;
};

static bool look_the_same(const struct delivery *d, const struct views *views,
                          struct group_comparison *last)
{
    const struct ribout_group *g = d->group;
    return views_are_one(views->had, views->now) ||
           group_looks_the_same(g, &g->profile, class_told(views->had), class_told(views->now),
                                last);
}

/* Packs what a class must be told; whether it is another thing than before. */
static bool pack_class(struct delivery *d, const struct class_change *change,
                       const struct views *views, const struct group_class *class,
                       struct group_comparison *last)
{
    const struct ribout_group *g = d->group;
    const struct group_saying before =
        class_had(g, views->had, class_left_out(g, class, class_told(views->had)));
    const struct group_saying now = {.slot = class_told(views->now),
                                     .left_out = class_left_out(g, class, class_told(views->now))};
    bool is_nothing = now.slot.attrs == 0 && !before.may_be_told;
    bool same = look_the_same(d, views, last);
    bool is_heard = !is_nothing && !(same && before.left_out == now.left_out);
    if (!is_heard && !change->live_pass)
        return false;
    if (d->pack && !views_are_one(views->had, views->now)) {
        make_room(d);
        group_pack_change(d->pack, change->id, class, before, now, same && !change->live_pass,
                          false);
    }
    return true;
}

/* --- changes of layers --- */

static void add_single(struct ribout *out, struct ribout_member *m, int32_t more)
{
    struct group_classes *classes = out->classes;
    if (more == 0)
        return;
    if (classes->single_count == classes->single_size) {
        classes->single_size = classes->single_size ? classes->single_size * 2 : 16;
        classes->singles =
            mem_resize(classes->singles, classes->single_size, sizeof(*classes->singles));
    }
    classes->singles[classes->single_count++] = (struct class_single){m, more};
}

/* What a member is told that is left out of what its class is. */
static struct class_view view_below(struct delivery *d, const struct class_change *change,
                                    const struct ribout_member *m, const struct layered *said,
                                    const struct class_view *view)
{
    struct class_view below =
        layers_told_below(d->out, d->group, m->party, m, change->id, said, view);
    outcome_hold(d->out, below.told);
    return below;
}

static int32_t is_told(const struct class_view *view)
{
    return view->told != 0;
}

/* A class of `members` that hears of a change of layers. */
struct change_of_class {
    const struct class_change *change;
    struct group_class class;
    uint32_t members;
    struct views views;
    bool is_announced; /* what is told now, to all in the class */
    struct class_memo *memo;
    unsigned without; /* so many are not of it, but classes of their own */
};

/* How many more entries a member is told than before: than its class is, or, where slots say that,
 * of what is below them. */
static int32_t more_of(const struct ribout_group *g, const struct change_of_class *c,
                       const struct views *views, bool was_left_out, bool is_left_out)
{
    const int32_t now = is_told(&views->now);
    const int32_t had = is_told(&views->had);
    if (g->has_policies)
        return now - had - (is_told(&c->views.now) - is_told(&c->views.had));
    return (is_left_out ? now : 0) - (was_left_out ? had : 0);
}

/* A member that is left out of what its class is told, or was. Whether it hears of the change. */
static bool change_single(struct delivery *d, struct change_of_class *c, struct ribout_member *m,
                          bool was_left_out, bool is_left_out)
{
    const struct class_change *change = c->change;
    struct views views = c->views;
    d->out->views.uncounted = true; /* what was told has been counted */
    if (was_left_out)
        views.had = view_below(d, change, m, &change->said, &views.had);
    d->out->views.uncounted = false;
    if (is_left_out)
        views.now = view_below(d, change, m, &change->next, &views.now);
    add_single(d->out, m, more_of(d->group, c, &views, was_left_out, is_left_out));
    if (!is_left_out && c->is_announced &&
        (change->live_pass || !look_the_same(d, &views, &c->memo->single)))
        return true; /* it takes what all are sent */
    c->class.without[c->without++] = m;
    return pack_class(d, change, &views, &(struct group_class){.one = m}, &c->memo->single);
}

/* Packs what all in a class must be told; whether it is another thing than before. */
static bool change_class(struct delivery *d, struct change_of_class *c,
                         struct group_comparison *last)
{
    const struct ribout_group *g = d->group;
    struct ribout_member *before = class_left_out(g, &c->class, class_told(c->views.had));
    struct ribout_member *now = class_left_out(g, &c->class, class_told(c->views.now));
    bool is_heard = false;
    c->is_announced =
        c->views.now.told != 0 && (c->change->live_pass || !look_the_same(d, &c->views, last));
    if (before)
        is_heard |= change_single(d, c, before, true, before == now);
    if (now && now != before)
        is_heard |= change_single(d, c, now, false, true);
    if (c->members > c->without)
        is_heard |= pack_class(d, c->change, &c->views, &c->class, last);
    return is_heard;
}

/* --- all that becomes of an entry --- */

/* Special parties from one on, up to another, are a class. */
static bool change_specials(struct delivery *d, const struct class_change *change, uint32_t first,
                            uint32_t end, const struct group_class *class, struct class_memo *memo)
{
    const struct class_special *special = &d->out->classes->specials[first];
    struct change_of_class c = {.change = change,
                                .class = *class,
                                .members = members_of(d->out->classes, first, end),
                                .views = {special->had, special->now},
                                .memo = memo};
    if (c.members == 0)
        return false;
    if (change->said.below.count + change->next.below.count > 0)
        return change_class(d, &c, &memo->special);
    return pack_class(d, change, &c.views, class, &memo->special);
}

static void change_rest(struct delivery *d, const struct class_change *change,
                        struct class_memo *memo, struct class_rest *rest)
{
    struct group_classes *classes = d->out->classes;
    struct change_of_class c = {.change = change,
                                .class = rest->class,
                                .members =
                                    d->group->member_count - members_of(classes, 0, classes->count),
                                .views = {rest->had, rest->now},
                                .memo = memo};
    rest->is_told = rest->others_hear;
    if (rest->is_heard)
        rest->is_told |= change_class(d, &c, &memo->rest);
    rest->is_packed = true;
    rest->singles = classes->singles;
    rest->single_count = classes->single_count;
}

void class_update(struct delivery *d, const struct class_change *change, struct class_memo *memo,
                  struct class_rest *ret_rest)
{
    struct ribout_group *g = d->group;
    struct group_classes *classes = d->out->classes;
    const struct side before = side_of(d->out, g, &change->said, change->id, OUTCOME_BEFORE);
    const struct side now = side_of(d->out, g, &change->next, change->id, OUTCOME_NOW);
    begin_look(d->out); /* parties were looked at before */
    if (g->personals.source_count > 0)
        update_personals(d, change);
    if (g->has_policies)
        add_by_policy(d, &before, &now);
    const uint32_t *names = settle_specials(d->out);
    sort_classes(classes);
    *ret_rest = (struct class_rest){
        .class = {.parties = names, .count = classes->count, .but = true},
        .is_heard = members_of(classes, 0, classes->count) < g->member_count,
        .had = view_of(&before, NULL, change->said.slot.version),
        .now = view_of(&now, NULL, change->next.slot.version),
        .specials = classes->specials,
        .special_count = classes->count,
    };
    for (uint32_t i = 0, next; i < classes->count; i = next) {
        struct group_class class = take_class(classes, i, &next);
        ret_rest->others_hear |= change_specials(d, change, i, next, &class, memo);
    }
    if (change->said.below.count + change->next.below.count > 0)
        change_rest(d, change, memo, ret_rest);
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
static void add_walking_by_policy(struct delivery *d, const struct side *now,
                                  const struct side *other)
{
    struct ribout *out = d->out;
    const struct party_marks *marks = &out->classes->marks;
    struct ribout_party *party;
    for (uint32_t i = 0; (party = other_party(now, i)) != NULL; i++)
        if (party_marked(marks, party) > 0)
            add_special(out, party);
    for (uint32_t i = 0; other && other_party(other, 0) && i < marks->count; i++) {
        party = marks->parties[i];
        if (party->left && is_other(other, party->left))
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

static struct layered said_of(const struct ribout_group *g, uint32_t entry)
{
    const struct ribout_slot *slot = group_slot(g, entry);
    struct layered said = {.below = layers_of(&g->layers, entry)};
    if (slot)
        said.slot = *slot;
    return said;
}

/* A group whose parties a walk asks about an entry. */
struct asked {
    struct ribout_group *group;
    struct side side;
};

static struct asked ask_about(struct delivery *d, struct ribout_group *g, uint32_t entry, bool few,
                              enum outcome_side when)
{
    const struct layered said = said_of(g, entry);
    struct asked asked = {.group = g, .side.said = said};
    if (!few)
        asked.side = side_of(d->out, g, &said, entry, when);
    return asked;
}

/* What a party (NULL: others) is told of an entry by a group. */
static struct class_view view_in(struct delivery *d, const struct asked *asked,
                                 const struct ribout_party *party, uint32_t entry)
{
    const struct ribout_group *g = asked->group;
    uint32_t config_source = party ? party->config_source : 0;
    struct layered said = {.slot = personal_told(g, entry, config_source)};
    bool is_own = config_source != 0 && said.slot.source == config_source;
    if (!is_own && (asked->side.o || !g->has_policies))
        return view_of(&asked->side, party, said.slot.version);
    if (!is_own)
        said.below = asked->side.said.below;
    return view_alone(d->out, g, party, entry, &said);
}

/* Adds those marked that may be told, or have been, another thing than others. */
static void add_walking_parties(struct delivery *d, bool few, uint32_t entry,
                                const struct asked *now, const struct asked *other)
{
    begin_look(d->out);
    if (few) {
        add_marked(d->out);
    } else {
        add_walking(d, other ? other->group : NULL, entry);
        add_walking_by_policy(d, &now->side, other ? &other->side : NULL);
    }
}

/* A walk at an entry. */
struct visit {
    struct delivery *d;
    uint32_t entry;
    const struct asked *now;
    const struct asked *other; /* NULL */
    class_visit visit;
    void *ctx;
};

/* What a member that walks is told that is left out of what its class is, by a group. */
static struct class_view walking_below(const struct visit *v, const struct asked *asked,
                                       const struct ribout_party *party,
                                       const struct ribout_member *m, const struct class_view *view)
{
    struct ribout *out = v->d->out;
    struct class_view below =
        layers_told_below(out, asked->group, party, m, v->entry, &asked->side.said, view);
    outcome_hold(out, below.told);
    return below;
}

/* A member that is left out of what its class is told, or was, is a class of its own. */
static uint32_t visit_single(const struct visit *v, struct group_class *class, unsigned without,
                             struct ribout_member *m, const struct views *of_class,
                             bool was_left_out, bool is_left_out)
{
    struct views views = *of_class;
    class->without[without] = m;
    if (is_left_out)
        views.now = walking_below(v, v->now, m->party, m, &views.now);
    v->d->out->views.uncounted = true;
    if (was_left_out)
        views.had = walking_below(v, v->other, m->party ? m->party->left : NULL, m, &views.had);
    v->d->out->views.uncounted = false;
    make_room(v->d);
    return v->visit(v->ctx, v->entry, &(struct group_class){.one = m}, views.now, views.had);
}

static uint32_t visit_class(const struct visit *v, struct group_class class,
                            const struct views *views)
{
    const struct party_marks *marks = &v->d->out->classes->marks;
    struct ribout_group *g = v->d->group;
    struct ribout_member *now = NULL;
    struct ribout_member *before = NULL;
    unsigned without = 0;
    uint32_t sum = 0;
    if (v->now->side.said.below.count > 0 || (v->other && v->other->side.said.below.count > 0)) {
        now = class_left_out(g, &class, class_told(views->now));
        if (v->other)
            before = class_was_left_out(g, v->other->group, &class, class_told(views->had));
    }
    if (now && party_has_marked(marks, now))
        sum += visit_single(v, &class, without++, now, views, now == before, true);
    if (before && before != now && party_has_marked(marks, before))
        sum += visit_single(v, &class, without++, before, views, true, false);
    return sum + v->visit(v->ctx, v->entry, &class, views->now, views->had);
}

/* What special parties are told, and were. */
static void find_walking_views(const struct visit *v, bool few)
{
    struct delivery *d = v->d;
    struct group_classes *classes = d->out->classes;
    for (uint32_t i = 0; i < classes->count; i++) {
        struct class_special *special = &classes->specials[i];
        d->out->views.uncounted = few && !d->pack; /* it is told elsewhere */
        special->now = view_in(d, v->now, special->party, v->entry);
        d->out->views.uncounted = true; /* what was told has been counted */
        if (v->other)
            special->had = view_in(d, v->other, special->party->left, v->entry);
        d->out->views.uncounted = false;
    }
}

static uint32_t marked_of(const struct group_classes *classes)
{
    uint32_t members = 0;
    for (uint32_t i = 0; i < classes->count; i++)
        members += party_marked(&classes->marks, classes->specials[i].party);
    return members;
}

uint32_t class_each(struct delivery *d, struct ribout_group *other, uint32_t entry,
                    class_visit visit, void *ctx)
{
    struct group_classes *classes = d->out->classes;
    const bool few = are_few(d->out, d->group, other);
    const struct asked now = ask_about(d, d->group, entry, few, OUTCOME_NOW);
    struct asked before = {0};
    if (other)
        before = ask_about(d, other, entry, few, OUTCOME_BEFORE);
    const struct visit v = {d, entry, &now, other ? &before : NULL, visit, ctx};
    uint32_t sum = 0;
    add_walking_parties(d, few, entry, &now, v.other);
    const uint32_t *names = settle_specials(d->out);
    find_walking_views(&v, few);
    const bool has_rest = marked_of(classes) < classes->marks.members;
    sort_classes(classes);
    for (uint32_t i = 0, next; i < classes->count; i = next) {
        const struct views views = {.had = classes->specials[i].had,
                                    .now = classes->specials[i].now};
        make_room(d);
        const struct group_class class = take_class(classes, i, &next);
        sum += visit_class(&v, class, &views);
    }
    if (has_rest) {
        const struct group_class rest = {.parties = names, .count = classes->count, .but = true};
        struct views views = {.now = view_in(d, &now, NULL, entry)};
        if (other)
            views.had = view_in(d, &before, NULL, entry);
        sum += visit_class(&v, rest, &views);
    }
    class_end(d->out);
    return sum;
}
