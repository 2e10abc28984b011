/* Whom routes of the API are aimed at: peers by address or name, those within networks, groups.
 * Each list of such is there once, counted, and knows the peer blocks that it means now. */
#ifndef BGPD_DAEMON_AIM_H
#define BGPD_DAEMON_AIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "base/text_pool.h"

struct peer_block;
struct speaker;

/* How precisely a block is meant: of several routes to the same place the one of the most precise
 * aim is told. */
enum aim_rank { AIM_NOT, AIM_ALL, AIM_GROUP, AIM_NETWORK, AIM_PEER };

enum { AIM_ITEMS_MAX = 64 };

struct aimed_block {
    struct peer_block *block; /* borrowed */
    enum aim_rank rank;
};

struct aim {
    struct aim_item *items; /* owned */
    size_t item_count;
    struct aimed_block *blocks; /* owned; in the order of the configuration */
    size_t block_count;
    uint32_t version; /* of the speaker's blocks, of which these are */
};

struct aims {
    struct text_pool texts; /* of an aim by its number: what it is written as */
    struct aim *at;         /* owned; by number */
    uint32_t size;
};

void aims_release(struct aims *aims);

/* The number of an aim, with a reference: 0 for no items, which is everybody. ERR_RANGE: too many;
 * ERR_NOT_FOUND: *ret_wrong names nobody. */
int aim_ref(struct speaker *s, const char *const *items, size_t count, uint32_t *ret_aim,
            const char **ret_wrong);
/* The same, whomever the items name; 64 at most. */
uint32_t aim_make(struct speaker *s, const char *const *items, size_t count);
/* The number of an aim of these items that is there, without a reference; false: there is none. */
bool aim_find(const struct speaker *s, const char *const *items, size_t count, uint32_t *ret_aim);
void aim_unref(struct speaker *s, uint32_t aim);

/* Whether an item of an aim means nobody but those whom `allowed`, items as well, mean: it is one
 * of them, lies within one, or is an address or a name of peers that they mean now. */
bool aim_item_within(const struct speaker *s, const char *item, const char *const *allowed,
                     size_t allowed_count);

/* The blocks that an aim (not 0) means now. Borrowed until blocks change. */
const struct aim *aim_look(struct speaker *s, uint32_t number);
/* How it means a block. */
enum aim_rank aim_rank_of(struct speaker *s, uint32_t number, const struct peer_block *b);
/* Appends an item as it is written in an aim. */
void aim_item_text(const char *text, struct strbuf *out);
/* Its items, sorted, a line each without the last newline; "" for everybody. */
const char *aim_text(const struct speaker *s, uint32_t aim);

#endif
