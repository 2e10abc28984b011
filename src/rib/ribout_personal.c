/* Personal slots of a group.
 *
 * A slot exists for each entry and config source in use whose path the entry has, from the moment
 * that the source is in use and its entries were looked at, or the entry was. Nobody walks before
 * that is done. When nobody uses a source any more, its slots say nothing to anybody, and go. */
#include "rib/ribout_personal.h"

#include "base/mem.h"
#include "base/time.h"

/* Entries between two looks at the clock. */
#define LOOK_ENTRIES 64u

static bool is_used(const struct ribout_group *g, uint32_t config_source)
{
    const struct personal_source *source = personal_source_of(g, config_source);
    return source && source->users > 0;
}

/* --- slots --- */

static struct personal_slot *slot_find(const struct ribout_group *g, uint32_t entry,
                                       uint32_t source)
{
    return personal_slot_find(&g->personals.slots, entry, source);
}

/* The slot of a source, made when there is none. */
static struct personal_slot *slot_make(struct ribout_group *g, uint32_t entry, uint32_t source)
{
    struct personal_slot *found = slot_find(g, entry, source);
    if (found)
        return found;
    bool is_first;
    struct personal_slot *slot = personal_slot_make(&g->personals.slots, entry, source, &is_first);
    rib_table_at(g->table, entry)->out_refs += is_first;
    rib_source_ref(&g->rib->sources, source);
    return slot;
}

void personal_set_attrs(struct ribout *out, struct ribout_group *g, struct personal_slot *slot,
                        uint32_t attrs)
{
    uint32_t before = slot->attrs;
    g->personals.told += (attrs != 0);
    g->personals.told -= (before != 0);
    slot->attrs = attrs ? rib_attrs_ref(&out->rib->attrs, attrs) : 0;
    if (before != 0)
        rib_attrs_unref(&out->rib->attrs, before);
}

/* When it was the last one, perhaps nothing else refers to the entry. */
static void slot_drop(struct ribout *out, struct ribout_group *g, uint32_t entry,
                      struct personal_slot *slot)
{
    personal_set_attrs(out, g, slot, 0);
    rib_source_unref(&g->rib->sources, slot->source);
    if (!personal_slot_drop(&g->personals.slots, entry, slot))
        return;
    rib_table_at(g->table, entry)->out_refs--;
    rib_entry_settle(g->table, entry);
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
        return personal_as_told(slot);
    if (told.version == 0 || version_after(slot->version, told.version))
        told.version = slot->version;
    return told;
}

uint32_t personal_attrs_for(const struct ribout_group *g, struct rib_entry *e, uint32_t source)
{
    enum rib_withheld why;
    const struct rib_path *path = group_select(g, source, e, &why);
    return path ? path->attrs : 0;
}

void personal_add_slots(struct ribout_group *g, uint32_t id, struct rib_entry *e)
{
    for (unsigned i = 0; i < rib_entry_path_count(e); i++) {
        uint32_t source = rib_entry_path(e, i)->source;
        if (g->rib->sources.at[source].kind == RIB_SOURCE_CONFIG && is_used(g, source))
            slot_make(g, id, source);
    }
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
    struct personal_source *source = personal_source_of(g, config_source);
    if (source && --source->users == 0)
        begin(g, source);
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
    personal_set_attrs(out, g, slot, personal_attrs_for(g, rib_table_at(g->table, id), source));
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
        while ((all = personal_slots_of(&g->personals.slots, entry)).count > 0)
            slot_drop(out, g, entry, &all.slots[all.count - 1]);
    }
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
            counted->more +=
                is_told(m, personal_as_told(slot)) - is_told(m, personal_told(g, id, 0));
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
