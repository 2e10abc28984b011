/* Cuts a JSON document that arrives in pieces into the items of its long lists, so that lists of
 * any length are read with little memory. */
#ifndef BGPD_BASE_JSON_SPLIT_H
#define BGPD_BASE_JSON_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

enum {
    JSON_SPLIT_ITEM_MAX_BYTES = 16 << 20,
    JSON_SPLIT_REST_MAX_BYTES = 64 << 20,
};

/* Gets the text of one item (not checked to be JSON). Not 0 ends the splitting with that value. */
typedef int (*json_split_item)(void *ctx, const char *text, size_t len_bytes);

struct json_split {
    const char *const *lists; /* borrowed, NULL at the end: "roas", or "result.routes" within
                                 "result"; "": the document itself, where it is a list */
    json_split_item on_item;  /* NULL: nothing is cut, all goes to `rest` */
    void *ctx;
    struct strbuf rest; /* the document without the items: {"jsonrpc":"2.0","result":[],"id":1} */
    struct strbuf item; /* the part of an item that has arrived */
    char keys[2][16];   /* the last string seen directly in the document, and in its members; within
                           a list, its own */
    uint32_t line;      /* that is being read, from 1 */
    uint64_t line_at;   /* where it begins in the document */
    uint64_t read_bytes;
    uint32_t item_line;   /* where the item begins */
    uint32_t item_column; /* in bytes, from 1 */
    size_t key_len;
    unsigned depth;
    unsigned list_depth; /* depth within the list, 0 outside of it */
    unsigned arrays;     /* bit n: what is open at depth n + 1 is an array; of the first two */
    size_t item_max_bytes;
    size_t rest_max_bytes;
    bool in_string;
    bool escaped;
    bool after_comma; /* an item must follow */
};

/* The limits may be made smaller afterwards. */
void json_split_init(struct json_split *s, const char *const *lists, json_split_item on_item,
                     void *ctx);
void json_split_release(struct json_split *s);
/* 0; ERR_INVALID for what cannot be JSON; ERR_FULL when an item or the rest is too long; or what
 * on_item returned. No further call is allowed then. */
int json_split_feed(struct json_split *s, const char *data, size_t len_bytes);

#endif
