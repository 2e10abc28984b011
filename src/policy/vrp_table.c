/* The table of VRPs: a tree of prefixes, each with a list of VRPs, the first of which stands in the
 * item of the prefix, as most have one alone. RFC 6811 §2. */
#include "policy/vrp_table.h"

#include <assert.h>
#include <string.h>

/* A VRP of a prefix. */
struct item {
    uint32_t as;
    uint32_t next;    /* id of the next one of the prefix; 0: the last */
    uint16_t sources; /* that have it */
    uint8_t max_length;
};

/* A prefix that has one: as many address bytes as its family has. */
struct covering {
    uint32_t as;
    uint32_t next;
    uint16_t sources;
    uint8_t max_length;
    uint8_t len_bits;
    uint8_t bytes[16];
};

int vrp_compare(const struct vrp *a, const struct vrp *b)
{
    int order = prefix_compare(&a->prefix, &b->prefix);
    if (order != 0)
        return order;
    if (a->max_length != b->max_length)
        return a->max_length < b->max_length ? -1 : 1;
    return a->as < b->as ? -1 : a->as > b->as;
}

const char *rov_state_text(enum rov_state state)
{
    static const char *const texts[ROV_STATES] = {
        [ROV_NOT_FOUND] = "not-found", [ROV_VALID] = "valid", [ROV_INVALID] = "invalid"};
    return texts[state];
}

static uint8_t address_bytes_of(uint8_t ip_version)
{
    return ip_version == IP_V4 ? 4 : 16;
}

static struct vrp_family *family_of(struct vrp_table *t, uint8_t ip_version)
{
    return &t->families[ip_version == IP_V6];
}

void vrp_table_init(struct vrp_table *t)
{
    *t = (struct vrp_table){0};
    slab_init(&t->more, sizeof(struct item));
    for (unsigned i = 0; i < 2; i++) {
        struct vrp_family *f = &t->families[i];
        uint8_t bytes = address_bytes_of(i == 0 ? IP_V4 : IP_V6);
        slab_init(&f->prefixes, offsetof(struct covering, bytes) + bytes);
        tree_init(&f->tree, &f->prefixes, offsetof(struct covering, bytes),
                  offsetof(struct covering, len_bits), bytes);
    }
}

void vrp_table_release(struct vrp_table *t)
{
    for (unsigned i = 0; i < 2; i++) {
        tree_release(&t->families[i].tree);
        slab_release(&t->families[i].prefixes);
    }
    slab_release(&t->more);
}

static struct covering *covering_at(const struct vrp_family *f, uint32_t id)
{
    return slab_at(&f->prefixes, id);
}

static struct item *item_at(const struct vrp_table *t, uint32_t id)
{
    return slab_at(&t->more, id);
}

/* --- changing --- */

/* The prefix of a VRP, made when there is none: then nobody has its first VRP yet. */
static struct covering *find_or_make(struct vrp_family *f, const struct prefix *p)
{
    struct tree_place place;
    uint32_t id = tree_locate(&f->tree, p->bytes, p->len_bits, &place);
    if (id != 0)
        return covering_at(f, id);
    id = slab_alloc(&f->prefixes);
    struct covering *c = covering_at(f, id);
    memcpy(c->bytes, p->bytes, f->tree.key_bytes);
    c->len_bits = p->len_bits;
    tree_insert_at(&f->tree, &place, id);
    return c;
}

static bool is_item(const struct item *item, const struct vrp *vrp)
{
    return item->as == vrp->as && item->max_length == vrp->max_length;
}

static bool is_first(const struct covering *c, const struct vrp *vrp)
{
    return c->as == vrp->as && c->max_length == vrp->max_length;
}

bool vrp_table_add(struct vrp_table *t, const struct vrp *vrp)
{
    struct vrp_family *f = family_of(t, vrp->prefix.version);
    struct covering *c = find_or_make(f, &vrp->prefix);
    t->changes++;
    if (c->sources == 0) {
        c->as = vrp->as;
        c->max_length = vrp->max_length;
    }
    uint32_t id = c->next;
    uint16_t *sources = is_first(c, vrp) ? &c->sources : NULL;
    while (!sources && id != 0) {
        struct item *item = item_at(t, id);
        sources = is_item(item, vrp) ? &item->sources : NULL;
        id = item->next;
    }
    if (!sources) {
        if (t->more.used == 0)
            slab_alloc(&t->more); /* and stays: most come and go one at a time */
        id = slab_alloc(&t->more);
        struct item *item = item_at(t, id);
        *item = (struct item){.as = vrp->as, .next = c->next, .max_length = vrp->max_length};
        sources = &item->sources;
        c->next = id;
    }
    assert(*sources < VRP_SOURCES_MAX);
    f->count += *sources == 0;
    return (*sources)++ == 0;
}

/* The first VRP of a prefix is gone: another one takes its place, or the prefix goes, too. */
static void remove_first(struct vrp_table *t, struct vrp_family *f, uint32_t id)
{
    struct covering *c = covering_at(f, id);
    if (c->next == 0) {
        tree_remove(&f->tree, id);
        slab_free(&f->prefixes, id);
        return;
    }
    uint32_t next = c->next;
    const struct item *item = item_at(t, next);
    c->as = item->as;
    c->max_length = item->max_length;
    c->sources = item->sources;
    c->next = item->next;
    slab_free(&t->more, next);
}

bool vrp_table_remove(struct vrp_table *t, const struct vrp *vrp)
{
    struct vrp_family *f = family_of(t, vrp->prefix.version);
    uint32_t id = tree_find(&f->tree, vrp->prefix.bytes, vrp->prefix.len_bits);
    assert(id != 0);
    t->changes++;
    struct covering *c = covering_at(f, id);
    if (is_first(c, vrp)) {
        if (--c->sources > 0)
            return false;
        remove_first(t, f, id);
        f->count--;
        return true;
    }
    uint32_t *link = &c->next;
    while (!is_item(item_at(t, *link), vrp))
        link = &item_at(t, *link)->next;
    struct item *item = item_at(t, *link);
    if (--item->sources > 0)
        return false;
    uint32_t gone = *link;
    *link = item->next;
    slab_free(&t->more, gone);
    f->count--;
    return true;
}

/* --- asking --- */

static bool matches(uint8_t max_length, uint32_t vrp_as, uint8_t len_bits, uint32_t as)
{
    return as != 0 && vrp_as == as && len_bits <= max_length;
}

static bool any_matches(const struct vrp_table *t, const struct covering *c, uint8_t len_bits,
                        uint32_t as)
{
    if (matches(c->max_length, c->as, len_bits, as))
        return true;
    for (uint32_t id = c->next; id != 0; id = item_at(t, id)->next)
        if (matches(item_at(t, id)->max_length, item_at(t, id)->as, len_bits, as))
            return true;
    return false;
}

enum rov_state vrp_table_validate(const struct vrp_table *t, uint8_t ip_version,
                                  const uint8_t *address_bytes, uint8_t len_bits, uint32_t as)
{
    const struct vrp_family *f = &t->families[ip_version == IP_V6];
    uint32_t ids[TREE_COVERING_MAX];
    unsigned count = tree_covering(&f->tree, address_bytes, len_bits, ids);
    for (unsigned i = 0; i < count; i++)
        if (any_matches(t, covering_at(f, ids[i]), len_bits, as))
            return ROV_VALID;
    return count > 0 ? ROV_INVALID : ROV_NOT_FOUND;
}

void vrp_table_fetch(const struct vrp_table *t, uint8_t ip_version,
                     const uint8_t *const *address_bytes, const uint8_t *len_bits, unsigned count)
{
    const struct vrp_family *f = &t->families[ip_version == IP_V6];
    struct tree_way ways[TREE_WAYS_MAX];
    unsigned way_count = 0;
    if (f->count == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        way_count = tree_way_add(ways, way_count, &f->tree, address_bytes[i], len_bits[i]);
    tree_fetch(ways, way_count);
}

void vrp_table_each_covering(const struct vrp_table *t, uint8_t ip_version,
                             const uint8_t *address_bytes, uint8_t len_bits,
                             void (*each)(void *ctx, const struct vrp *vrp), void *ctx)
{
    const struct vrp_family *f = &t->families[ip_version == IP_V6];
    uint32_t ids[TREE_COVERING_MAX];
    unsigned count = tree_covering(&f->tree, address_bytes, len_bits, ids);
    for (unsigned i = 0; i < count; i++) {
        const struct covering *c = covering_at(f, ids[i]);
        struct vrp vrp = {.prefix = prefix_make(ip_version, c->len_bits, c->bytes),
                          .max_length = c->max_length,
                          .as = c->as};
        each(ctx, &vrp);
        for (uint32_t id = c->next; id != 0; id = item_at(t, id)->next) {
            vrp.max_length = item_at(t, id)->max_length;
            vrp.as = item_at(t, id)->as;
            each(ctx, &vrp);
        }
    }
}
