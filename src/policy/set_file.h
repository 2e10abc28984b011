/* Files that sets are read from: an entry a line, "#" begins a comment, blank lines count for
 * nothing; or what bgpq4 -j writes, an object of one list whatever its name: {"NN": [...]}. */
#ifndef BGPD_POLICY_SET_FILE_H
#define BGPD_POLICY_SET_FILE_H

#include <jansson.h>
#include <stddef.h>

#include "policy/text_error.h"

/* What takes the entries, in their order. 0, or an error with *ret_error set; its line and column
 * are then those within the entry, 0 where the column is not known. */
struct set_file_taker {
    int (*line)(void *ctx, const char *entry, struct text_error *ret_error);
    int (*item)(void *ctx, json_t *item, struct text_error *ret_error);
    void *ctx;
    size_t *count; /* of what was taken: after an error it is what it was at first */
};

/* Hands on each entry of a file. Stops at the first error and returns it, ERR_INVALID when the file
 * is not what it should be; *ret_error says where in the file it is. An empty file has none. */
int set_file_read(const char *text, size_t len_bytes, const struct set_file_taker *taker,
                  struct text_error *ret_error);

#endif
