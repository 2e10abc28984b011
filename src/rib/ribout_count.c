/* Counting what members are told.
 *
 * That is what the slots of the group say (`advertised`), with what concerns all but special
 * parties (`more` of the group), and with what concerns the member (its own `more`). Without
 * policies the slots say it, and only what a member is told of the layers below is counted. A
 * change adds to each what it means to most members, to special ones, and to who is left out. New
 * members are counted in a round over all entries, all that have come by then together, beside the
 * walks of the group; a change of what the round has not come to is not theirs. */
#include "rib/ribout_count.h"

#include "base/time.h"
#include "rib/ribout_personal.h"

/* Entries between two looks at the clock, and what they may cost. */
#define LOOK_ENTRIES 256u
#define LOOK_COST    1024u

/* The same where slots say it, but for what is personal, and for who is left out. */
static uint32_t count_slots(struct ribout_member *m)
{
    struct ribout_group *g = m->group;
    uint32_t told = g->advertised + (uint32_t)personal_more(m);
    if (m->source == 0)
        return told;
    const struct hop *hop = hops_find(&g->hops, &m->address);
    return told - group_source_at(g, m->source)->advertised - (hop ? hop->routes : 0);
}

uint32_t count_told(struct ribout_member *m)
{
    const struct ribout_group *g = m->group;
    if (!group_counts(g))
        return count_slots(m);
    if (m->told.state != RIBOUT_COUNTED)
        return m->told.last;
    if (!g->has_policies)
        return count_slots(m) + (uint32_t)m->told.more;
    return g->advertised + (uint32_t)g->more + (uint32_t)m->told.more;
}

/* Whether what becomes of an entry is added for a member. */
static bool counts(const struct ribout_group *g, const struct ribout_member *m, uint32_t id)
{
    return m->told.state == RIBOUT_COUNTED ||
           (m->told.state == RIBOUT_COUNTING && id < g->round.pos);
}

static void add(const struct ribout_group *g, struct ribout_member *m, uint32_t id, int32_t more)
{
    if (counts(g, m, id))
        m->told.more += more;
}

static void add_party(const struct ribout_group *g, const struct ribout_party *party, uint32_t id,
                      int32_t more)
{
    for (struct ribout_member *m = party->first; m && more != 0; m = m->party_next)
        add(g, m, id, more);
}

static int32_t is_told(struct class_view view)
{
    return view.told != 0;
}

/* Who is left out of a class is not told what it is. */
static void add_left_out(const struct ribout_group *g, uint32_t id, const struct group_class *class,
                         struct class_view view, int32_t more)
{
    struct ribout_member *m = view.told ? class_left_out(g, class, class_told(view)) : NULL;
    if (m)
        add(g, m, id, more);
}

/* Where there are layers, what who is left out is told instead has been found. */
static void add_singles(struct ribout_group *g, uint32_t id, const struct class_rest *rest)
{
    for (uint32_t i = 0; i < rest->single_count; i++)
        add(g, rest->singles[i].member, id, rest->singles[i].more);
}

void count_change(struct ribout_group *g, uint32_t id, struct ribout_slot said,
                  struct ribout_slot next, const struct class_rest *rest)
{
    int32_t slots = (next.attrs != 0) - (said.attrs != 0);
    int32_t most = is_told(rest->now) - is_told(rest->had);
    if (!g->has_policies) {
        add_singles(g, id, rest);
        return;
    }
    g->more += most - slots;
    if (g->round.running && id >= g->round.pos)
        g->round.common -= most;
    for (uint32_t i = 0; i < rest->special_count; i++) {
        const struct class_special *special = &rest->specials[i];
        add_party(g, special->party, id, is_told(special->now) - is_told(special->had) - most);
    }
    if (rest->is_packed) {
        add_singles(g, id, rest);
        return;
    }
    add_left_out(g, id, &rest->class, rest->had, 1);
    add_left_out(g, id, &rest->class, rest->now, -1);
    for (uint32_t i = 0; i < rest->special_count; i++) {
        const struct class_special *special = &rest->specials[i];
        const uint32_t name = party_name(special->party);
        const struct group_class class = {.parties = &name, .count = 1};
        add_left_out(g, id, &class, special->had, 1);
        add_left_out(g, id, &class, special->now, -1);
    }
}

/* --- rounds --- */

void count_anew(struct ribout_group *g)
{
    if (!count_is_stale(g) || g->table->retell)
        return;
    for (uint32_t i = 0; i < g->member_count; i++) {
        struct ribout_member *m = g->members[i];
        m->told.last = count_told(m);
        m->told.state = RIBOUT_UNCOUNTED;
    }
    g->uncounted = g->member_count;
    g->round.running = false;
    g->counted_retells = g->table->retells;
}

static void begin_round(struct ribout_group *g)
{
    g->round = (struct ribout_round){.running = true, .pos = 1};
    for (uint32_t i = 0; i < g->member_count; i++) {
        struct ribout_member *m = g->members[i];
        if (m->told.state == RIBOUT_COUNTED)
            continue;
        m->told.state = RIBOUT_COUNTING;
        m->told.more = g->has_policies ? -(int32_t)g->advertised - g->more : 0;
    }
}

static void end_round(struct ribout_group *g)
{
    for (uint32_t i = 0; i < g->member_count; i++) {
        struct ribout_member *m = g->members[i];
        if (m->told.state != RIBOUT_COUNTING)
            continue;
        m->told.state = RIBOUT_COUNTED;
        m->told.more += g->round.common;
        g->uncounted--;
    }
    g->round.running = false;
}

/* Marks the parties of those that are being counted. */
static void mark_counting(struct ribout *out, const struct ribout_group *g)
{
    struct party_marks *marks = classes_marks(out->classes);
    party_mark_begin(marks);
    for (uint32_t i = 0; i < g->member_count; i++)
        if (g->members[i]->told.state == RIBOUT_COUNTING)
            party_mark_one(marks, g->members[i]);
}

/* What those of a class that are being counted are told of an entry, beside what all are. */
static uint32_t count_class(void *ctx, uint32_t id, const struct group_class *class,
                            struct class_view told, struct class_view other)
{
    struct ribout_group *g = ctx;
    (void)other;
    if (class->one && class->one->told.state == RIBOUT_COUNTING)
        class->one->told.more += is_told(told);
    if (!g->has_policies)
        return 0; /* slots say it of all others */
    if (class->but)
        g->round.common += is_told(told);
    for (unsigned i = 0; i < 2; i++)
        if (class->without[i] && class->without[i]->told.state == RIBOUT_COUNTING)
            class->without[i]->told.more -= is_told(told);
    for (uint32_t i = 0; i < class->count; i++) {
        struct ribout_party *party = g->parties[class->parties[i] & ~PACK_PARTY];
        int32_t more = class->but ? -is_told(told) : is_told(told);
        for (struct ribout_member *m = party->first; m; m = m->party_next)
            if (m->told.state == RIBOUT_COUNTING)
                m->told.more += more;
    }
    struct ribout_member *left_out = told.told ? class_left_out(g, class, class_told(told)) : NULL;
    if (left_out && left_out->told.state == RIBOUT_COUNTING)
        left_out->told.more--;
    (void)id;
    return 0;
}

/* Whether there is something of an entry that members may be told, and slots alone do not say. */
static bool may_be_told(const struct ribout_group *g, uint32_t id)
{
    if (!g->has_policies)
        return layers_of(&g->layers, id).count > 0;
    const struct ribout_slot *slot = group_slot(g, id);
    return (slot && slot->attrs != 0) || personal_slots_of(&g->personals.slots, id).count > 0;
}

bool count_work(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns)
{
    if (g->uncounted == 0)
        return false;
    if (!g->round.running)
        begin_round(g);
    struct delivery d = {.out = out, .group = g};
    uint32_t end = slab_end(&g->table->entries);
    mark_counting(out, g);
    out->cost = 0;
    for (uint32_t looks = 1; g->round.pos < end; looks++) {
        uint32_t id = g->round.pos;
        if (may_be_told(g, id))
            class_each(&d, NULL, id, count_class, g);
        else if (!group_slot(g, id) && !personal_page_of(&g->personals.slots, id))
            id |= SLAB_CHUNK_ITEMS - 1; /* no page: on to the next */
        g->round.pos = id + 1;
        if (looks % LOOK_ENTRIES != 0 && out->cost < LOOK_COST)
            continue;
        if (time_mono_ns() >= deadline_ns)
            return true;
        out->cost = 0;
    }
    end_round(g);
    return g->uncounted > 0;
}
