/* Aims. An item is an address or a network where it can be one, else a name: of a peer, or of a
 * group. What an aim means is looked up anew when the blocks have changed. */
#include "daemon/aim.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "daemon/state.h"

struct aim_item {
    bool is_place;
    struct scoped_prefix place;
    char *name; /* owned; NULL for a place */
};

/* --- items --- */

/* An address may name its interface; a network has none. */
static bool read_place(const char *text, struct scoped_prefix *ret_place)
{
    struct ip_addr addr;
    if (ip_parse(text, &addr) == 0) {
        *ret_place = scoped_prefix_from_ip(&addr);
        return true;
    }
    *ret_place = (struct scoped_prefix){0};
    return prefix_parse(text, &ret_place->prefix) == 0;
}

static struct aim_item read_item(const char *text)
{
    struct aim_item item = {0};
    item.is_place = read_place(text, &item.place);
    if (!item.is_place)
        item.name = mem_strdup(text);
    return item;
}

static enum aim_rank rank_by_name(const struct config_peer *config, const char *name)
{
    if (config->name && strcmp(config->name, name) == 0)
        return AIM_PEER;
    return config->group && strcmp(config->group, name) == 0 ? AIM_GROUP : AIM_NOT;
}

static enum aim_rank rank_by_item(const struct aim_item *item, const struct config_peer *config)
{
    if (!item->is_place)
        return rank_by_name(config, item->name);
    struct scoped_prefix remote = {.prefix = config->remote};
    memcpy(remote.interface, config->remote_interface, sizeof(remote.interface));
    if (!scoped_prefix_covers(&item->place, &remote))
        return AIM_NOT;
    return prefix_is_host(&item->place.prefix) ? AIM_PEER : AIM_NETWORK;
}

static bool means_anybody(const struct speaker *s, const char *text)
{
    struct aim_item item = read_item(text);
    bool found = false;
    for (size_t i = 0; i < s->block_count && !found; i++)
        found = rank_by_item(&item, s->blocks[i]->config) != AIM_NOT;
    free(item.name);
    return found;
}

/* Whether one of these means the peer. */
static bool is_meant_by_any(const struct config_peer *config, const struct aim_item *items,
                            size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count && !found; i++)
        found = rank_by_item(&items[i], config) != AIM_NOT;
    return found;
}

/* Whether all peers that an item means are meant by one of these, and there are such. Of a network
 * it cannot be said: there may be others tomorrow. */
static bool is_covered_now(const struct speaker *s, const struct aim_item *item,
                           const struct aim_item *items, size_t count)
{
    bool found = false;
    bool is_network = item->is_place && !prefix_is_host(&item->place.prefix);
    for (size_t i = 0; i < s->block_count && !is_network; i++) {
        const struct config_peer *config = s->blocks[i]->config;
        enum aim_rank rank = rank_by_item(item, config);
        if (rank == AIM_NOT)
            continue;
        if (rank != AIM_PEER || !is_meant_by_any(config, items, count))
            return false;
        found = true;
    }
    return found;
}

bool aim_item_within(const struct speaker *s, const char *text, const char *const *allowed,
                     size_t allowed_count)
{
    struct aim_item item = read_item(text);
    struct aim_item *items = mem_resize(NULL, allowed_count + 1, sizeof(*items));
    bool within = false;
    for (size_t i = 0; i < allowed_count; i++) {
        items[i] = read_item(allowed[i]);
        within |= item.is_place && items[i].is_place
                      ? scoped_prefix_covers(&items[i].place, &item.place)
                      : strcmp(text, allowed[i]) == 0;
    }
    within = within || is_covered_now(s, &item, items, allowed_count);
    for (size_t i = 0; i < allowed_count; i++)
        free(items[i].name);
    free(items);
    free(item.name);
    return within;
}

/* --- lists --- */

void aim_item_text(const char *text, struct strbuf *out)
{
    char place_text[PREFIX_TEXT_MAX + IP_INTERFACE_MAX];
    struct scoped_prefix place;
    struct ip_addr addr;
    if (ip_parse(text, &addr) == 0)
        text = ip_format(&addr, place_text);
    else if (read_place(text, &place))
        text = prefix_format(&place.prefix, place_text);
    strbuf_add(out, text);
}

/* How the list is written; each item stands there once. */
static char *text_of(const char *const *items, size_t count)
{
    struct strbuf out = {0};
    const char *sorted[AIM_ITEMS_MAX];
    struct strbuf texts[AIM_ITEMS_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        aim_item_text(items[i], &texts[i]);
        sorted[i] = strbuf_text(&texts[i]);
    }
    strbuf_add_sorted(&out, sorted, count, "\n");
    for (size_t i = 0; i < count; i++)
        strbuf_release(&texts[i]);
    return strbuf_take(&out);
}

static struct aim make(const char *const *items, size_t count)
{
    struct aim aim = {.items = mem_resize(NULL, count, sizeof(*aim.items)), .item_count = count};
    for (size_t i = 0; i < count; i++)
        aim.items[i] = read_item(items[i]);
    return aim;
}

static void release(struct aim *aim)
{
    for (size_t i = 0; i < aim->item_count; i++)
        free(aim->items[i].name);
    free(aim->items);
    free(aim->blocks);
    *aim = (struct aim){0};
}

void aims_release(struct aims *aims)
{
    for (uint32_t i = 0; i < aims->size; i++)
        release(&aims->at[i]);
    free(aims->at);
    text_pool_release(&aims->texts);
    *aims = (struct aims){0};
}

static struct aim *room_for(struct aims *aims, uint32_t number)
{
    if (number >= aims->size) {
        uint32_t size = aims->size ? aims->size : 16;
        while (size <= number)
            size *= 2;
        aims->at = mem_resize(aims->at, size, sizeof(*aims->at));
        memset(aims->at + aims->size, 0, (size - aims->size) * sizeof(*aims->at));
        aims->size = size;
    }
    return &aims->at[number];
}

uint32_t aim_make(struct speaker *s, const char *const *items, size_t count)
{
    struct aims *aims = &s->originated.aims;
    if (count == 0)
        return 0;
    char *text = text_of(items, count);
    uint32_t number = text_pool_ref(&aims->texts, text);
    free(text);
    struct aim *aim = room_for(aims, number);
    if (aim->item_count == 0)
        *aim = make(items, count);
    return number;
}

int aim_ref(struct speaker *s, const char *const *items, size_t count, uint32_t *ret_aim,
            const char **ret_wrong)
{
    *ret_aim = 0;
    if (count > AIM_ITEMS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < count; i++) {
        *ret_wrong = items[i];
        if (!means_anybody(s, items[i]))
            return ERR_NOT_FOUND;
    }
    *ret_aim = aim_make(s, items, count);
    return 0;
}

bool aim_find(const struct speaker *s, const char *const *items, size_t count, uint32_t *ret_aim)
{
    *ret_aim = 0;
    if (count == 0)
        return true;
    if (count > AIM_ITEMS_MAX)
        return false;
    char *text = text_of(items, count);
    *ret_aim = text_pool_find(&s->originated.aims.texts, text);
    free(text);
    return *ret_aim != 0;
}

void aim_unref(struct speaker *s, uint32_t aim)
{
    struct aims *aims = &s->originated.aims;
    text_pool_unref(&aims->texts, aim);
    if (aim != 0 && text_pool_text(&aims->texts, aim) == NULL)
        release(&aims->at[aim]);
}

/* --- what they mean --- */

static enum aim_rank rank_of(const struct aim *aim, const struct peer_block *b)
{
    enum aim_rank best = AIM_NOT;
    for (size_t i = 0; i < aim->item_count; i++) {
        enum aim_rank rank = rank_by_item(&aim->items[i], b->config);
        best = rank > best ? rank : best;
    }
    return best;
}

static void look_again(const struct speaker *s, struct aim *aim)
{
    aim->blocks = mem_resize(aim->blocks, s->block_count + 1, sizeof(*aim->blocks));
    aim->block_count = 0;
    for (size_t i = 0; i < s->block_count; i++) {
        enum aim_rank rank = rank_of(aim, s->blocks[i]);
        if (rank != AIM_NOT)
            aim->blocks[aim->block_count++] = (struct aimed_block){s->blocks[i], rank};
    }
    aim->blocks = mem_resize(aim->blocks, aim->block_count + 1, sizeof(*aim->blocks));
    aim->version = s->blocks_version;
}

const struct aim *aim_look(struct speaker *s, uint32_t number)
{
    struct aim *aim = &s->originated.aims.at[number];
    if (!aim->blocks || aim->version != s->blocks_version)
        look_again(s, aim);
    return aim;
}

enum aim_rank aim_rank_of(struct speaker *s, uint32_t number, const struct peer_block *b)
{
    if (number == 0)
        return AIM_ALL;
    return rank_of(&s->originated.aims.at[number], b);
}

const char *aim_text(const struct speaker *s, uint32_t aim)
{
    return text_pool_text(&s->originated.aims.texts, aim);
}
