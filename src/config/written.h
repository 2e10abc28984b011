/* What the files of a configuration say, and where, kept beside what was made of it, so that it can
 * be shown when the files say something else or are gone. Internal to config.
 *
 * It is the tree of the files together (config/sources.h) without what may be very long or must not
 * be kept: the values of secret keys are empty texts, of long lists of texts and numbers the items
 * are one text (TOML_PACKED), and of lists of tables whose key says so (`keep`), as static routes
 * when there are very many, the number alone is there. */
#ifndef BGPD_CONFIG_WRITTEN_H
#define BGPD_CONFIG_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file_version.h"
#include "config/toml.h"
#include "policy/set_kind.h"

enum {
    WRITTEN_LIST_MAX = 16,     /* longer lists of texts and numbers are packed */
    WRITTEN_ROUTES_MAX = 10000 /* of lists that are kept as long as there are not too many items */
};

/* A file that was read. */
struct written_file {
    char *path;                  /* owned */
    struct file_version version; /* before it was */
};

struct written {
    struct toml_node root; /* borrowed from `block`, but for keys of the schema */
    void *block;           /* owned: nodes and texts */
    char **names;          /* owned, and so is each: what places call a file, by its number */
    size_t name_count;
    struct written_file *files; /* owned; in order of their paths */
    size_t file_count;
    uint32_t
        *set_counts[POLICY_SET_KINDS]; /* owned: entries of each set, in order of their names */
};

void written_free(struct written *w); /* NULL is allowed */

/* What places in a file are called. */
const char *written_name(const struct written *w, struct toml_place place);

#endif
