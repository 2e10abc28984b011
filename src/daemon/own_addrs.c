/* The addresses that are ours: a chained hash table with counts, and a word that tells most others
 * apart. */
#include "daemon/own_addrs.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* The last four bytes tell addresses apart best. */
static uint32_t last_bytes(const struct ip_addr *addr)
{
    uint32_t last;
    memcpy(&last, addr->bytes + ip_len_bytes(addr->version) - sizeof(last), sizeof(last));
    return be32toh(last);
}

static bool is_nobodys(const struct ip_addr *addr)
{
    return addr->version == IP_NONE || ip_is_unspecified(addr);
}

/* The chain of an address. */
static struct own_addr **chain_of(const struct own_addrs *own, const struct ip_addr *addr)
{
    uint64_t hash = hash_bytes(addr->bytes, sizeof(addr->bytes));
    return &own->buckets[hash & (own->bucket_count - 1)];
}

/* The item of an address that is not mapped; NULL. */
static struct own_addr *find(const struct own_addrs *own, const struct ip_addr *addr)
{
    struct own_addr *item = own->count > 0 ? *chain_of(own, addr) : NULL;
    while (item && !ip_equal(&item->addr, addr))
        item = item->next;
    return item;
}

static void grow(struct own_addrs *own)
{
    struct own_addrs wider = {.bucket_count = own->bucket_count ? own->bucket_count * 2 : 8};
    wider.buckets = mem_zalloc(wider.bucket_count * sizeof(struct own_addr *));
    for (uint32_t i = 0; i < own->bucket_count; i++) {
        struct own_addr *next;
        for (struct own_addr *item = own->buckets[i]; item; item = next) {
            next = item->next;
            struct own_addr **chain = chain_of(&wider, &item->addr);
            item->next = *chain;
            *chain = item;
        }
    }
    free(own->buckets);
    own->buckets = wider.buckets;
    own->bucket_count = wider.bucket_count;
}

static struct own_addr *insert(struct own_addrs *own, const struct ip_addr *addr)
{
    if (own->count == own->bucket_count)
        grow(own);
    struct own_addr **chain = chain_of(own, addr);
    struct own_addr *item = mem_zalloc(sizeof(*item));
    *item = (struct own_addr){.next = *chain, .addr = *addr};
    *chain = item;
    own->count++;
    own->filter |= u32_set_bit(last_bytes(addr));
    own->changes++;
    return item;
}

/* Notes the interface of an address, where it is known. */
static void set_link(struct own_addrs *own, struct own_addr *item, const char *link)
{
    if (link[0] == '\0' || strcmp(item->link, link) == 0)
        return;
    snprintf(item->link, sizeof(item->link), "%s", link);
    own->changes++;
}

void own_addrs_add(struct own_addrs *own, const struct ip_addr *addr, const char *link)
{
    if (is_nobodys(addr))
        return;
    struct ip_addr key = ip_unmapped(addr);
    struct own_addr *item = find(own, &key);
    if (!item)
        item = insert(own, &key);
    item->refs++;
    set_link(own, item, link);
}

void own_addrs_remove(struct own_addrs *own, const struct ip_addr *addr)
{
    if (is_nobodys(addr))
        return;
    struct ip_addr key = ip_unmapped(addr);
    struct own_addr *item = find(own, &key);
    if (!item || --item->refs > 0)
        return;
    struct own_addr **at = chain_of(own, &key);
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    free(item);
    own->count--;
    own->changes++;
}

void own_addrs_list_add(struct own_addrs_list *list, const struct ip_addr *addr, const char *link)
{
    if (list->count == list->size) {
        list->size = list->size ? list->size * 2 : 8;
        list->items = mem_resize(list->items, list->size, sizeof(*list->items));
    }
    struct own_addrs_item *item = &list->items[list->count++];
    *item = (struct own_addrs_item){.addr = *addr};
    snprintf(item->link, sizeof(item->link), "%s", link);
}

void own_addrs_replace(struct own_addrs *own, struct own_addrs_list *held,
                       struct own_addrs_list *next)
{
    /* First what comes: what is in both lists never goes. */
    for (uint32_t i = 0; i < next->count; i++)
        own_addrs_add(own, &next->items[i].addr, next->items[i].link);
    for (uint32_t i = 0; i < held->count; i++)
        own_addrs_remove(own, &held->items[i].addr);
    free(held->items);
    *held = *next;
    *next = (struct own_addrs_list){0};
}

void own_addrs_release(struct own_addrs *own)
{
    for (uint32_t i = 0; i < own->bucket_count; i++) {
        struct own_addr *next;
        for (struct own_addr *item = own->buckets[i]; item; item = next) {
            next = item->next;
            free(item);
        }
    }
    free(own->buckets);
    *own = (struct own_addrs){0};
}

/* The item that stands for an address; NULL. */
static const struct own_addr *look_up(const struct own_addrs *own, const struct ip_addr *addr)
{
    if (is_nobodys(addr) || !own_addrs_may_have(own, last_bytes(addr)))
        return NULL;
    struct ip_addr key = ip_unmapped(addr);
    return find(own, &key);
}

bool own_addrs_has(const struct own_addrs *own, const struct ip_addr *addr)
{
    return look_up(own, addr) != NULL;
}

const char *own_addrs_link(const struct own_addrs *own, const struct ip_addr *addr)
{
    const struct own_addr *item = look_up(own, addr);
    if (!item)
        return "";
    return ip_is_link_local(&item->addr) ? item->addr.interface : item->link;
}
