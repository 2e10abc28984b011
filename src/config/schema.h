/* The keys of the configuration file, as tables: what a key is called, what it takes, what it is
 * for, and the function that puts it into the configuration. Unknown keys and wrong types are found
 * here once for all of them, and docs/configuration.md lists the same rows.
 *
 * Internal to config. */
#ifndef BGPD_CONFIG_SCHEMA_H
#define BGPD_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/loader.h"
#include "config/reload.h"
#include "config/toml.h"

/* Whether a value is the same in two configurations: `a` and `b` are where key->kept says. */
typedef bool schema_same(const void *a, const void *b, size_t len_bytes);

struct schema;
struct schema_key;

/* Appends a value that is in force as it would be written, in TOML and JSON alike; nothing: there
 * is none. `kept` is where key->kept says. */
typedef void schema_get(const struct schema_key *key, const void *kept, struct strbuf *out);

/* What of a list is kept to be shown (config/written.h). */
enum schema_keep {
    SCHEMA_KEEP_ALL,
    SCHEMA_KEEP_SOME, /* as long as these are not too many in all; else how many it has */
    SCHEMA_KEEP_NONE, /* likewise of any */
};

struct schema_key {
    const char *name;
    const char *alias;        /* a second name of the key; NULL */
    const char *excludes;     /* a key that must not stand beside it; NULL */
    unsigned types;           /* enum toml_type that are taken */
    const char *type_text;    /* the same for people: "an integer" */
    const char *default_text; /* NULL when there is none */
    enum config_reload reload;
    const char *help;
    bool required;
    bool secret;    /* its value is part of no message */
    bool peer_only; /* cannot stand in a group */
    bool included; /* of the top level: can stand in a file that is included; those of all files are
                      put together */
    bool adds;     /* a peer's value is added to the group's, rather than replacing it */
    bool is_path;  /* names files: a relative one begins in the folder of the file it stands in */
    bool is_named; /* a table of values, or of tables with the keys of `within`, by any names */
    bool is_folded; /* a list that is shown by how many items it has, unless all is asked for */
    enum schema_keep keep;
    const struct schema *within; /* the keys of the table, or of the tables in it; NULL */
    /* Checks the value, whose type is right, and stores it in `target` (what that is depends on the
     * table), or reports a problem. */
    void (*set)(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                void *target);
    /* For the setters of values.h: where in the target, and the range. */
    size_t offset;
    int64_t min;
    int64_t max;
    /* For config/diff and config/listing: where the value is kept in the configuration, and how it
     * is compared (NULL: with another key's). */
    struct {
        size_t offset;
        size_t len_bytes;
    } kept;
    schema_same *same;
    schema_get *get;  /* NULL: what holds where nothing is given is what default_text says */
    schema_get *tell; /* then the value for who compares two configurations; NULL */
};

struct schema {
    const char *title; /* "[[peers]]" */
    const struct schema_key *keys;
    size_t count;
    const struct schema *more; /* further keys, shared with other tables; NULL */
};

/* Reports keys of `table` that the schema does not know, names of one key given twice, and keys
 * that exclude each other. `where` names the table in messages. */
void schema_check_keys(struct loader *l, const struct schema *schema, const char *where,
                       const struct toml_node *table);
/* Checks the type of a value and sets it. */
void schema_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                void *target);
/* Both for a whole table, which must be one (anything else is reported). */
void schema_apply(struct loader *l, const struct schema *schema, const char *where,
                  const struct toml_node *table, void *target);

/* The value of a key under either of its names; NULL. */
const struct toml_node *schema_find(const struct schema_key *key, const struct toml_node *table);
const struct schema_key *schema_key_named(const struct schema *schema, const char *name);

/* For messages on a value that should be a string: ": it needs quotes" when it is a bare word; else
 * "". */
const char *schema_quotes_hint(enum toml_type type);

/* "an integer", "a table": what a node is, for messages. */
const char *schema_type_text(enum toml_type type);

/* Words of which one is expected. */
struct schema_choices {
    const char *const *names;
    size_t count;
    const char *lead;  /* what a list of all begins with: " (valid: "; NULL: all are never listed */
    const char *quote; /* around each of them in that list */
};

/* Appends what may be meant by a word that is none of them: " (did you mean 'x'?)", or all that
 * there are when none is near. */
void schema_hint(struct strbuf *out, const char *word, const struct schema_choices *choices);

#endif
