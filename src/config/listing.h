/* All settings of a configuration, one by one: what is in force, and where it comes from. */
#ifndef BGPD_CONFIG_LISTING_H
#define BGPD_CONFIG_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "config/diff.h"
#include "config/toml.h"

enum config_origin {
    CONFIG_FROM_FILE,
    CONFIG_FROM_GROUP,   /* of a peer: its group says it */
    CONFIG_FROM_DEFAULT, /* nothing is said */
};

/* One setting; what it points to is good for the call. */
struct config_setting {
    const char *table; /* the header that it stands below: "[[peers]]"; "": the top level */
    bool table_given;  /* that stands in a file */
    const char *path;  /* "peers.192.0.2.1.hold_timer" */
    const char *key;   /* "hold_timer"; NULL: it is the table itself, which is given */
    const char *toml;  /* a line that says the same; NULL: there is none */
    const char *json;  /* the value; NULL: there is none, or it is not shown */
    const struct toml_packed *packed; /* instead, of a long list: it lives as the configuration
                                         does, and has no `toml`, which is the key and these */
    bool is_secret;                   /* which is why */
    bool is_counted;                  /* it is a list, or a file of one, */
    size_t count;                     /* with so many items */
    enum config_origin origin;
    const char *group;              /* of CONFIG_FROM_GROUP */
    const char *file;               /* NULL of CONFIG_FROM_DEFAULT */
    uint32_t line;                  /* from 1 */
    const char *note;               /* what a default is, where the value does not say it; NULL */
    const struct config_peer *peer; /* whose it is; NULL: nobody's */
    config_key_set bit; /* which of the keys of peers, or of the top level where there is no
                           peer, it is; 0: none */
};

struct config_listing {
    const struct scoped_prefix *within; /* only those of entries within this; NULL; all borrowed */
    const char *group;                  /* only those of this group; NULL */
    const char *path;                   /* only the one with this path, and those below it; NULL */
    bool defaults;                      /* those that nothing is said of, too */
    bool full; /* rules of policies, and long lists; also where the path is that of one of these */
    bool at_start; /* those that wait for the next start, whatever is said of them */
    /* Which keys of an entry (NULL: of the top level) are shown likewise; NULL: none. */
    config_key_set (*also)(void *ctx, const struct config_peer *peer);
};

/* Where a listing goes on; zero-initialised at the beginning. */
struct config_listing_at {
    uint32_t part; /* of the top level */
    uint32_t item; /* of it */
    uint32_t step; /* of that one */
};

typedef void config_setting_each(void *ctx, const struct config_setting *setting);

/* Calls `each` for the next few settings, of a peer at most, or for none; false: there are no more.
 * `ctx` is also that of how->also. */
bool config_listing_next(const struct config *c, const struct config_listing *how,
                         struct config_listing_at *at, config_setting_each *each, void *ctx);

/* Whether there is a group of this name. */
bool config_has_group(const struct config *c, const char *name);
/* Whether a path begins with the name of something: a key or table of the top level. */
bool config_is_path(const char *path);
/* Appends the value of a key of peers, by its bit, as `entry` has it, as JSON; nothing: there is
 * none, or it is secret, or more than a value. */
void config_add_peer_value(const struct config_peer *entry, config_key_set bit, struct strbuf *out);
/* The same of a key of the top level; of tables and lists as the files say it, without secrets. */
void config_add_top_value(const struct config *c, config_key_set bit, struct strbuf *out);
#endif
