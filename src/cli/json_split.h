/* Cuts a JSON-RPC answer that arrives in pieces into the items of its long list, so that a list of
 * any length is read with little memory. */
#ifndef BGPD_CLI_JSON_SPLIT_H
#define BGPD_CLI_JSON_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

enum {
    JSON_SPLIT_ITEM_MAX_BYTES = 16 << 20,
    JSON_SPLIT_REST_MAX_BYTES = 64 << 20,
};

/* Gets the text of one item (not checked to be JSON). Not 0 ends the splitting with that value. */
typedef int (*json_split_item)(void *ctx, const char *text, size_t len_bytes);

struct json_split {
    json_split_item on_item; /* NULL: nothing is cut, all goes to `rest` */
    void *ctx;
    struct strbuf rest; /* the answer without the items: {"jsonrpc":"2.0","result":[],"id":1} */
    struct strbuf item; /* the part of an item that has arrived */
    char keys[2][16];   /* the last string seen directly in the answer, and in its members */
    size_t key_len;
    unsigned depth;
    unsigned list_depth; /* depth within the list, 0 outside of it */
    bool in_string;
    bool escaped;
    bool after_comma; /* an item must follow */
};

void json_split_init(struct json_split *s, json_split_item on_item, void *ctx);
void json_split_release(struct json_split *s);
/* 0; ERR_INVALID for what cannot be JSON; ERR_FULL when an item or the rest is too long; or what
 * on_item returned. No further call is allowed then. */
int json_split_feed(struct json_split *s, const char *data, size_t len_bytes);

#endif
