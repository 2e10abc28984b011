/* Links by index, and addresses by the network that they attach: two chained hash tables.
 *
 * An address is found by each length of prefix that occurs, from the longest on. The address of a
 * point-to-point link is not in the network of the other end: it is kept as a network of its own
 * beside it. */
#include "net/link_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_BUCKETS = 64 };

struct link_address {
    struct link_address *next;
    struct prefix network;
    struct ip_addr own;
    uint32_t link;
    uint32_t stamp;
    bool usable;
};

void link_table_release(struct link_table *t)
{
    link_table_begin(t);
    link_table_sweep(t);
    free(t->links);
    free(t->addresses);
    *t = (struct link_table){0};
}

/* --- links --- */

static struct link **link_bucket(struct link **links, size_t buckets, uint32_t index)
{
    return &links[hash_mix(index) & (buckets - 1)];
}

static void grow_links(struct link_table *t)
{
    size_t buckets = t->link_buckets ? 2 * t->link_buckets : FIRST_BUCKETS;
    struct link **links = mem_zalloc(buckets * sizeof(struct link *));
    for (size_t i = 0; i < t->link_buckets; i++) {
        struct link *next;
        for (struct link *link = t->links[i]; link; link = next) {
            next = link->next;
            struct link **bucket = link_bucket(links, buckets, link->index);
            link->next = *bucket;
            *bucket = link;
        }
    }
    free(t->links);
    t->links = links;
    t->link_buckets = buckets;
}

const struct link *link_table_find(const struct link_table *t, uint32_t index)
{
    const struct link *link =
        t->link_count > 0 ? *link_bucket(t->links, t->link_buckets, index) : NULL;
    while (link && link->index != index)
        link = link->next;
    return link;
}

static bool remove_link(struct link_table *t, uint32_t index)
{
    const struct link *gone = link_table_find(t, index);
    if (!gone)
        return false;
    struct link **at = link_bucket(t->links, t->link_buckets, index);
    while (*at != gone)
        at = &(*at)->next;
    struct link *link = *at;
    *at = link->next;
    free(link);
    t->link_count--;
    return true;
}

static struct link *add_link(struct link_table *t, uint32_t index)
{
    if (t->link_count >= LINK_TABLE_LINKS_MAX) {
        t->overfull = true;
        return NULL;
    }
    if (t->link_count >= t->link_buckets)
        grow_links(t);
    struct link *link = mem_zalloc(sizeof(*link));
    struct link **bucket = link_bucket(t->links, t->link_buckets, index);
    *link = (struct link){.next = *bucket, .index = index, .life = ++t->lives};
    *bucket = link;
    t->link_count++;
    return link;
}

bool link_table_put_link(struct link_table *t, const struct netlink_link *news)
{
    if (news->gone)
        return remove_link(t, news->index);
    struct link *link = (struct link *)(uintptr_t)link_table_find(t, news->index);
    bool changed = !link || link->up != news->up || link->loopback != news->loopback ||
                   strcmp(link->name, news->name) != 0;
    if (!link)
        link = add_link(t, news->index);
    if (!link)
        return false;
    if (link->up && !news->up)
        link->life = ++t->lives;
    link->up = news->up;
    link->loopback = news->loopback;
    link->stamp = t->stamp;
    memcpy(link->name, news->name, sizeof(link->name));
    return changed;
}

/* --- addresses --- */

/* Every link has the link-local network: there the link is a part of the key. */
static struct link_address **address_bucket(struct link_address **addresses, size_t buckets,
                                            const struct prefix *network, uint32_t link)
{
    struct ip_addr addr = prefix_address(network);
    bool scoped = network->version == IP_V6 && ip_is_link_local(&addr);
    uint64_t hash = hash_bytes(network, sizeof(*network)) ^ (scoped ? hash_mix(link) : 0);
    return &addresses[hash & (buckets - 1)];
}

static void grow_addresses(struct link_table *t)
{
    size_t buckets = t->address_buckets ? 2 * t->address_buckets : FIRST_BUCKETS;
    struct link_address **addresses = mem_zalloc(buckets * sizeof(struct link_address *));
    for (size_t i = 0; i < t->address_buckets; i++) {
        struct link_address *next;
        for (struct link_address *a = t->addresses[i]; a; a = next) {
            next = a->next;
            struct link_address **bucket = address_bucket(addresses, buckets, &a->network, a->link);
            a->next = *bucket;
            *bucket = a;
        }
    }
    free(t->addresses);
    t->addresses = addresses;
    t->address_buckets = buckets;
}

static uint32_t *length_count(struct link_table *t, const struct prefix *network)
{
    return &t->network_lengths[network->version == IP_V6][network->len_bits];
}

static void remove_address(struct link_table *t, struct link_address **at)
{
    struct link_address *a = *at;
    *at = a->next;
    --*length_count(t, &a->network);
    t->address_count--;
    free(a);
}

static bool put_one_address(struct link_table *t, const struct prefix *network,
                            const struct netlink_address *news)
{
    if (t->address_count >= t->address_buckets)
        grow_addresses(t);
    struct link_address **bucket =
        address_bucket(t->addresses, t->address_buckets, network, news->link);
    struct link_address **at = bucket;
    while (*at && !((*at)->link == news->link && prefix_equal(&(*at)->network, network) &&
                    ip_equal(&(*at)->own, &news->own)))
        at = &(*at)->next;
    struct link_address *a = *at;
    if (news->gone) {
        if (a)
            remove_address(t, at);
        return a != NULL;
    }
    bool changed = !a || a->usable != news->usable;
    if (!a && t->address_count >= LINK_TABLE_ADDRESSES_MAX) {
        t->overfull = true;
        return false;
    }
    if (!a) {
        a = mem_zalloc(sizeof(*a));
        *a = (struct link_address){
            .next = *bucket, .network = *network, .own = news->own, .link = news->link};
        *bucket = a;
        ++*length_count(t, network);
        t->address_count++;
    }
    a->usable = news->usable;
    a->stamp = t->stamp;
    return changed;
}

bool link_table_put_address(struct link_table *t, const struct netlink_address *news)
{
    bool changed = put_one_address(t, &news->network, news);
    struct prefix host = prefix_from_ip(&news->own);
    if (!prefix_contains_ip(&news->network, &news->own))
        changed |= put_one_address(t, &host, news);
    return changed;
}

/* The first of the addresses whose networks contain `addr`, the longest first, that `is_wanted`.
 * `link` is the one of a link-local address. */
static const struct link_address *
search(const struct link_table *t, const struct ip_addr *addr, uint32_t link,
       bool (*is_wanted)(const struct link_table *t, const struct link_address *a,
                         const struct ip_addr *addr))
{
    if (t->address_count == 0)
        return NULL;
    unsigned longest = prefix_max_bits(addr->version);
    for (unsigned len = longest + 1; len-- > 0;) {
        if (t->network_lengths[addr->version == IP_V6][len] == 0)
            continue;
        struct prefix network = prefix_make(addr->version, (uint8_t)len, addr->bytes);
        const struct link_address *a =
            *address_bucket(t->addresses, t->address_buckets, &network, link);
        for (; a; a = a->next)
            if (prefix_equal(&a->network, &network) && is_wanted(t, a, addr))
                return a;
    }
    return NULL;
}

static bool is_own(const struct link_table *t, const struct link_address *a,
                   const struct ip_addr *addr)
{
    (void)t;
    return memcmp(a->own.bytes, addr->bytes, sizeof(addr->bytes)) == 0;
}

static bool is_own_and_usable(const struct link_table *t, const struct link_address *a,
                              const struct ip_addr *addr)
{
    return a->usable && is_own(t, a, addr);
}

static bool is_up(const struct link_table *t, const struct link_address *a,
                  const struct ip_addr *addr)
{
    (void)addr;
    const struct link *link = link_table_find(t, a->link);
    return link && link->up;
}

static bool is_up_and_usable(const struct link_table *t, const struct link_address *a,
                             const struct ip_addr *addr)
{
    return a->usable && is_up(t, a, addr);
}

static bool is_known(const struct link_table *t, const struct link_address *a,
                     const struct ip_addr *addr)
{
    (void)addr;
    return link_table_find(t, a->link) != NULL;
}

bool link_table_has_address(const struct link_table *t, const struct ip_addr *addr, uint32_t link)
{
    return search(t, addr, link, is_own_and_usable) != NULL;
}

void link_table_each_address(const struct link_table *t,
                             void (*each)(void *ctx, const struct ip_addr *addr, const char *link),
                             void *ctx)
{
    for (size_t i = 0; i < t->address_buckets; i++)
        for (const struct link_address *a = t->addresses[i]; a; a = a->next) {
            const struct link *link = link_table_find(t, a->link);
            const char *name = link ? link->name : "";
            struct ip_addr addr = a->own;
            if (ip_is_link_local(&addr))
                snprintf(addr.interface, sizeof(addr.interface), "%s", name);
            each(ctx, &addr, name);
        }
}

bool link_table_reaches(const struct link_table *t, const struct ip_addr *addr, uint32_t link)
{
    return search(t, addr, link, is_up_and_usable) != NULL;
}

const struct link *link_table_via(const struct link_table *t, const struct ip_addr *addr)
{
    if (search(t, addr, 0, is_own))
        return NULL;
    const struct link_address *longest = search(t, addr, 0, is_known);
    const struct link_address *up = search(t, addr, 0, is_up);
    if (up && up->network.len_bits == longest->network.len_bits)
        longest = up;
    return longest ? link_table_find(t, longest->link) : NULL;
}

/* --- accounts --- */

void link_table_begin(struct link_table *t)
{
    t->stamp++;
    t->overfull = false;
}

bool link_table_sweep(struct link_table *t)
{
    bool changed = false;
    for (size_t i = 0; i < t->link_buckets; i++) {
        struct link **at = &t->links[i];
        while (*at) {
            struct link *link = *at;
            if (link->stamp == t->stamp) {
                at = &link->next;
                continue;
            }
            *at = link->next;
            free(link);
            t->link_count--;
            changed = true;
        }
    }
    for (size_t i = 0; i < t->address_buckets; i++) {
        struct link_address **at = &t->addresses[i];
        while (*at) {
            if ((*at)->stamp == t->stamp) {
                at = &(*at)->next;
                continue;
            }
            remove_address(t, at);
            changed = true;
        }
    }
    return changed;
}
