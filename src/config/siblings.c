/* Addresses of peers by AS, sorted once. They are texts of the file; networks from which peers may
 * come are no addresses. */
#include "config/siblings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/aspath.h"

struct sibling {
    uint32_t as;
    const struct toml_node *address; /* borrowed */
};

/* The peers of one AS: what `siblings_of` gives. */
struct family_of_as {
    uint32_t as;
    struct toml_node table;
    struct toml_node parameter;
};

struct siblings {
    struct toml_node *addresses; /* owned: of all, by AS */
    struct family_of_as *at;     /* owned; in order of their AS */
    size_t count;
};

/* What a peer or its group says on a key; NULL. */
static const struct toml_node *value_of(const struct loader *l, const struct toml_node *peer,
                                        const char *key)
{
    const struct toml_node *own = loader_find(peer, key);
    const struct toml_node *name = loader_find(peer, "group");
    const struct toml_node *groups = loader_find(l->root, "groups");
    if (own || !name || name->type != TOML_STRING || !groups || groups->type != TOML_TABLE)
        return own;
    const struct toml_node *group = loader_find(groups, name->as.string);
    return group && group->type == TOML_TABLE ? loader_find(group, key) : NULL;
}

static bool read_sibling(const struct loader *l, const struct toml_node *peer,
                         struct sibling *ret_sibling)
{
    if (peer->type != TOML_TABLE)
        return false;
    const struct toml_node *as = value_of(l, peer, "remote_as");
    const struct toml_node *address = loader_find(peer, "remote_ip");
    if (!as || !address || address->type != TOML_STRING || strchr(address->as.string, '/'))
        return false;
    ret_sibling->address = address;
    if (as->type == TOML_INTEGER && as->as.integer > 0 && as->as.integer <= UINT32_MAX)
        ret_sibling->as = (uint32_t)as->as.integer;
    else if (as->type != TOML_STRING || aspath_parse_as(as->as.string, &ret_sibling->as) != 0)
        return false;
    return true;
}

static int compare_siblings(const void *a, const void *b)
{
    const struct sibling *x = a;
    const struct sibling *y = b;
    int order = loader_place_compare(x->address->place, y->address->place);
    return x->as != y->as ? (x->as > y->as) - (x->as < y->as) : order;
}

/* Adds the addresses from `from` on that are of one AS; returns where they end. */
static size_t add_family(struct siblings *all, const struct sibling *sorted, size_t from,
                         size_t count)
{
    struct family_of_as *family = &all->at[all->count++];
    size_t to = from;
    for (; to < count && sorted[to].as == sorted[from].as; to++)
        all->addresses[to] = *sorted[to].address;
    family->as = sorted[from].as;
    family->parameter = (struct toml_node){.type = TOML_ARRAY,
                                           .place = sorted[from].address->place,
                                           .key_place = sorted[from].address->place,
                                           .key = SIBLINGS_PARAMETER,
                                           .as.list = {&all->addresses[from], to - from}};
    return to;
}

struct siblings *siblings_new(const struct loader *l)
{
    const struct toml_node *peers = loader_find(l->root, "peers");
    size_t size = peers && peers->type == TOML_ARRAY ? peers->as.list.count : 0;
    struct sibling *sorted = mem_resize(NULL, size + 1, sizeof(*sorted));
    struct siblings *all = mem_zalloc(sizeof(*all));
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += read_sibling(l, &peers->as.list.items[i], &sorted[count]);
    if (count > 0)
        qsort(sorted, count, sizeof(*sorted), compare_siblings);
    all->addresses = mem_resize(NULL, count + 1, sizeof(*all->addresses));
    all->at = mem_resize(NULL, count + 1, sizeof(*all->at));
    for (size_t from = 0; from < count;)
        from = add_family(all, sorted, from, count);
    for (size_t i = 0; i < all->count; i++)
        all->at[i].table =
            (struct toml_node){.type = TOML_TABLE, .as.list = {&all->at[i].parameter, 1}};
    free(sorted);
    return all;
}

void siblings_free(struct siblings *all)
{
    if (!all)
        return;
    free(all->addresses);
    free(all->at);
    free(all);
}

const struct toml_node *siblings_of(const struct siblings *all, uint32_t as)
{
    size_t from = 0;
    size_t to = all->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (all->at[middle].as < as)
            from = middle + 1;
        else
            to = middle;
    }
    return from < all->count && all->at[from].as == as ? &all->at[from].table : NULL;
}
