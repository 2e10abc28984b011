/* Personal slots: a cell for each entry, in blocks where one has any, in pages that follow the
 * chunks of the entries. Where there are none, a walk or a change sees that by the page.
 *
 * A slot exists for each entry and config source in use whose path the entry has, from the moment
 * that the source is in use and its entries were looked at, or the entry was. Nobody walks before
 * that is done. When nobody uses a source any more, its slots say nothing to anybody, and go. */
#include "rib/ribout_personal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "rib/ribout_group.h"

/* Entries between two looks at the clock. */
#define LOOK_ENTRIES 64u

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

/* --- slots --- */

static struct personal_source *source_of(const struct ribout_group *g, uint32_t config_source)
{
    return config_source < g->by_source_size ? g->by_source[config_source].personal : NULL;
}

static bool is_used(const struct ribout_group *g, uint32_t config_source)
{
    const struct personal_source *source = source_of(g, config_source);
    return source && source->users > 0;
}

/* Index of the first slot that is not before that of a source. */
static uint32_t slot_place(struct personal_slots all, uint32_t source)
{
    uint32_t from = 0;
    uint32_t to = all.count;
    while (from < to) {
        uint32_t middle = (from + to) / 2;
        if (all.slots[middle].source < source)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct personal_slot *slot_find(const struct ribout_group *g, uint32_t entry,
                                       uint32_t source)
{
    struct personal_slots all = personal_slots_of(&g->personals, entry);
    uint32_t at = slot_place(all, source);
    return at < all.count && all.slots[at].source == source ? &all.slots[at] : NULL;
}

static struct personal_block **block_of(struct personals *p, uint32_t entry)
{
    uint32_t in_page = entry & (SLAB_CHUNK_ITEMS - 1);
    return &p->pages[entry >> SLAB_CHUNK_BITS]->blocks[in_page / PERSONAL_BLOCK_CELLS];
}

static union personal_cell *cell_of(struct personals *p, uint32_t entry)
{
    return &(*block_of(p, entry))->cells[entry % PERSONAL_BLOCK_CELLS];
}

static union personal_cell *make_cell(struct personals *p, uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    if (page >= p->page_count) {
        p->pages = mem_resize(p->pages, page + 1, sizeof(struct personal_page *));
        while (p->page_count <= page)
            p->pages[p->page_count++] = NULL;
    }
    if (!p->pages[page])
        p->pages[page] = mem_zalloc(sizeof(struct personal_page));
    struct personal_block **block = block_of(p, entry);
    if (!*block) {
        *block = mem_zalloc(sizeof(struct personal_block));
        p->pages[page]->used++;
    }
    return cell_of(p, entry);
}

/* Makes room for another slot of an entry that has some. */
static void grow(union personal_cell *cell)
{
    struct personal_many many = cell->many;
    if (cell->one.kind == PERSONAL_ONE) {
        many = (struct personal_many){.count = 1, .size_bits = 1, .kind = PERSONAL_MANY};
        many.slots = mem_resize(NULL, 2, sizeof(*many.slots));
        many.slots[0] = cell->one;
    } else if (many.count == 1u << many.size_bits) {
        many.size_bits++;
        many.slots = mem_resize(many.slots, (size_t)1 << many.size_bits, sizeof(*many.slots));
    }
    cell->many = many;
}

/* The slot of a source, made when there is none. */
static struct personal_slot *slot_make(struct ribout_group *g, uint32_t entry, uint32_t source)
{
    const struct personal_slot slot = {.source = source, .kind = PERSONAL_ONE};
    union personal_cell *cell = make_cell(&g->personals, entry);
    if (cell->one.kind == PERSONAL_NONE) {
        (*block_of(&g->personals, entry))->used++;
        rib_table_at(g->table, entry)->out_refs++;
        cell->one = slot;
        return &cell->one;
    }
    struct personal_slot *found = slot_find(g, entry, source);
    if (found)
        return found;
    grow(cell);
    struct personal_many *many = &cell->many;
    uint32_t at = slot_place((struct personal_slots){many->slots, many->count}, source);
    memmove(&many->slots[at + 1], &many->slots[at], (many->count - at) * sizeof(slot));
    many->count++;
    many->slots[at] = slot;
    return &many->slots[at];
}

/* The entry has no slots any more, and perhaps nothing else refers to it. */
static void cell_release(struct ribout_group *g, uint32_t entry)
{
    struct personal_page **page = &g->personals.pages[entry >> SLAB_CHUNK_BITS];
    struct personal_block **block = block_of(&g->personals, entry);
    *cell_of(&g->personals, entry) = (union personal_cell){0};
    if (--(*block)->used == 0) {
        free(*block);
        *block = NULL;
        (*page)->used--;
    }
    if ((*page)->used == 0) {
        free(*page);
        *page = NULL;
    }
    rib_table_at(g->table, entry)->out_refs--;
    rib_entry_settle(g->table, entry);
}

static void set_attrs(struct ribout *out, struct ribout_group *g, struct personal_slot *slot,
                      uint32_t attrs)
{
    uint32_t before = slot->attrs;
    g->personals.told += (attrs != 0);
    g->personals.told -= (before != 0);
    slot->attrs = attrs ? rib_attrs_ref(&out->rib->attrs, attrs) : 0;
    if (before != 0)
        rib_attrs_unref(&out->rib->attrs, before);
}

static void slot_drop(struct ribout *out, struct ribout_group *g, uint32_t entry,
                      struct personal_slot *slot)
{
    union personal_cell *cell = cell_of(&g->personals, entry);
    struct personal_many *many = &cell->many;
    set_attrs(out, g, slot, 0);
    if (cell->one.kind == PERSONAL_MANY) {
        size_t after = (size_t)(many->slots + --many->count - slot);
        memmove(slot, slot + 1, after * sizeof(*slot));
        if (many->count > 0)
            return;
        free(many->slots);
    }
    cell_release(g, entry);
}

static struct ribout_slot as_told(const struct personal_slot *slot)
{
    return (struct ribout_slot){slot->attrs, slot->source, slot->version};
}

struct ribout_slot personal_told(const struct ribout_group *g, uint32_t entry,
                                 uint32_t config_source)
{
    const struct ribout_slot *group = group_slot(g, entry);
    struct ribout_slot told = group ? *group : (struct ribout_slot){0};
    const struct personal_slot *slot = config_source ? slot_find(g, entry, config_source) : NULL;
    if (!slot)
        return told;
    if (slot->in_force)
        return as_told(slot);
    if (told.version == 0 || version_after(slot->version, told.version))
        told.version = slot->version;
    return told;
}

/* What an entry's path of a config source, which it has, makes its members be told. */
static uint32_t attrs_for(const struct ribout_group *g, struct rib_entry *e, uint32_t source)
{
    enum rib_withheld why;
    const struct rib_path *path = rib_export_select(g->rib, &g->profile, source, e, &why);
    return path ? path->attrs : 0;
}

/* --- config sources --- */

/* Its slots are to be made, or unmade. */
static void begin(struct ribout_group *g, struct personal_source *source)
{
    g->personals.unsettled -= source->pos != PERSONAL_SETTLED;
    source->pos = rib_source_next_entry(g->rib, source->source, g->table, 1);
    if (source->pos == 0)
        source->pos = PERSONAL_SETTLED;
    g->personals.unsettled += source->pos != PERSONAL_SETTLED;
}

static struct personal_source *add_source(struct ribout_group *g, uint32_t config_source)
{
    struct personals *p = &g->personals;
    struct personal_source *source = mem_zalloc(sizeof(*source));
    source->source = config_source;
    source->pos = PERSONAL_SETTLED;
    p->sources = mem_resize(p->sources, p->source_count + 1, sizeof(struct personal_source *));
    p->sources[p->source_count++] = source;
    return g->by_source[config_source].personal = source;
}

void personal_use(struct ribout_group *g, uint32_t config_source)
{
    if (config_source == 0 || !rib_export_tells_config(&g->profile))
        return;
    struct group_source *known = group_source_at(g, config_source);
    struct personal_source *source = known->personal;
    known->is_local = true;
    if (!source)
        source = add_source(g, config_source);
    if (source->users++ == 0)
        begin(g, source);
}

void personal_unuse(struct ribout_group *g, uint32_t config_source)
{
    struct personal_source *source = source_of(g, config_source);
    if (source && --source->users == 0)
        begin(g, source);
}

void personal_count_member(struct ribout_group *g, uint32_t config_source, int change)
{
    struct personal_source *source = source_of(g, config_source);
    if (source)
        source->members += (uint32_t)change;
}

/* Makes the slot of an entry that the source has a path of. Its members have been told nothing yet:
 * no new version is needed. */
static void come_into_use(struct ribout *out, struct ribout_group *g, uint32_t id, uint32_t source)
{
    struct personal_slot *slot = slot_make(g, id, source);
    if (slot->in_force)
        return;
    slot->in_force = true;
    slot->version = g->version;
    set_attrs(out, g, slot, attrs_for(g, rib_table_at(g->table, id), source));
}

static void go_out_of_use(struct ribout *out, struct ribout_group *g, uint32_t id, uint32_t source)
{
    struct personal_slot *slot = slot_find(g, id, source);
    if (slot)
        slot_drop(out, g, id, slot);
}

/* Goes on with the entries of a source; false when time is up. */
static bool look_at_entries(struct ribout *out, struct ribout_group *g,
                            struct personal_source *source, uint64_t deadline_ns)
{
    for (uint32_t looks = 1;; looks++) {
        uint32_t id = rib_source_next_entry(g->rib, source->source, g->table, source->pos);
        if (id == 0)
            break;
        if (source->users > 0)
            come_into_use(out, g, id, source->source);
        else
            go_out_of_use(out, g, id, source->source);
        source->pos = id + 1;
        if (looks % LOOK_ENTRIES == 0 && time_mono_ns() >= deadline_ns)
            return false;
    }
    source->pos = PERSONAL_SETTLED;
    g->personals.unsettled--;
    return true;
}

bool personal_work(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    const struct personals *p = &g->personals;
    for (uint32_t i = 0; p->unsettled > 0 && i < p->source_count; i++)
        if (p->sources[i]->pos != PERSONAL_SETTLED &&
            !look_at_entries(out, g, p->sources[i], deadline_ns))
            return true;
    return false;
}

void personal_release_page(struct ribout *out, struct ribout_group *g, uint32_t page)
{
    uint32_t end = (page + 1) << SLAB_CHUNK_BITS;
    for (uint32_t entry = page << SLAB_CHUNK_BITS; entry < end; entry++) {
        struct personal_slots all;
        while ((all = personal_slots_of(&g->personals, entry)).count > 0)
            slot_drop(out, g, entry, &all.slots[all.count - 1]);
    }
}

void personal_release(struct ribout_group *g)
{
    for (uint32_t i = 0; i < g->personals.source_count; i++)
        free(g->personals.sources[i]);
    free(g->personals.sources);
    free(g->personals.pages);
}

/* --- what is counted --- */

static bool is_told(const struct ribout_member *m, struct ribout_slot slot)
{
    return slot.attrs != 0 && group_left_out(m->group, slot.attrs, slot.source) != m;
}

int32_t personal_more(struct ribout_member *m)
{
    const struct ribout_group *g = m->group;
    struct personal_count *counted = &m->counted;
    if (!is_used(g, m->config_source) || (counted->group == g && counted->version == g->version))
        return is_used(g, m->config_source) ? counted->more : 0;
    bool is_final = g->personals.unsettled == 0;
    *counted = (struct personal_count){.group = is_final ? g : NULL, .version = g->version};
    uint32_t id = 0;
    while ((id = rib_source_next_entry(g->rib, m->config_source, g->table, id + 1)) != 0) {
        const struct personal_slot *slot = slot_find(g, id, m->config_source);
        if (slot && slot->in_force)
            counted->more += is_told(m, as_told(slot)) - is_told(m, personal_told(g, id, 0));
    }
    return counted->more;
}

/* --- tombstones --- */

bool personal_is_tombstone(const struct ribout_group *g, uint32_t entry, uint32_t config_source,
                           uint32_t version)
{
    const struct personal_slot *slot = slot_find(g, entry, config_source);
    return slot && !slot->in_force && slot->version == version;
}

void personal_bury(struct ribout *out, struct ribout_group *g, uint32_t entry,
                   uint32_t config_source, uint32_t version)
{
    if (personal_is_tombstone(g, entry, config_source, version))
        slot_drop(out, g, entry, slot_find(g, entry, config_source));
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
    if (!d->pack || source_of(g, source)->members == 0 || (is_nothing && !change->live_pass))
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
        attrs = slot->attrs == path->attrs ? path->attrs : attrs_for(g, e, slot->source);
    if (path && slot->in_force && slot->attrs == attrs)
        return true;
    struct ribout_slot had = slot->in_force ? as_told(slot) : change->said;
    struct ribout_slot now = change->next;
    if (path)
        now = (struct ribout_slot){attrs, slot->source, g->version};
    pack_class(d, id, slot->source, had, now, change);
    set_attrs(d->out, g, slot, attrs);
    slot->version = g->version;
    slot->in_force = path != NULL;
    if (!path)
        group_add_tombstone(d->out, g, id, slot->source);
    return true;
}

/* Makes the slots that an entry's paths call for. */
static void add_slots(struct ribout_group *g, uint32_t id, struct rib_entry *e)
{
    for (unsigned i = 0; i < rib_entry_path_count(e); i++) {
        uint32_t source = rib_entry_path(e, i)->source;
        if (g->rib->sources[source].kind == RIB_SOURCE_CONFIG && is_used(g, source))
            slot_make(g, id, source);
    }
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
        add_slots(g, id, e);
    struct personal_slots all = personal_slots_of(&g->personals, id);
    for (uint32_t i = 0; i < all.count; i++) {
        struct personal_slot *slot = &all.slots[i];
        const struct personal_source *source = source_of(g, slot->source);
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
    struct personal_source *source = source_of(g, config_source);
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
    const struct personal_source *source = g ? source_of(g, config_source) : NULL;
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
    struct personal_slots own = personal_slots_of(&g->personals, entry);
    struct personal_slots others = {0};
    uint32_t at_own = 0;
    uint32_t at_others = 0;
    uint32_t source;
    uint32_t members = 0;
    uint32_t sum = 0;
    classes->count = 0;
    if (other)
        others = personal_slots_of(&other->personals, entry);
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
