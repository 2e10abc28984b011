/* A TOML document as a neutral, read-only tree with the place of everything in the file.
 *
 * The only door to toml++: what lies behind it (toml.cc) is the only C++ in BGPd. */
#ifndef BGPD_CONFIG_TOML_H
#define BGPD_CONFIG_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits, so that a set of permitted types is a mask. */
enum toml_type {
    TOML_STRING = 1 << 0,
    TOML_INTEGER = 1 << 1,
    TOML_FLOAT = 1 << 2,
    TOML_BOOLEAN = 1 << 3,
    TOML_DATE_TIME = 1 << 4, /* date, time or both; has no value here */
    TOML_ARRAY = 1 << 5,
    TOML_TABLE = 1 << 6,
    TOML_BROKEN = 1 << 7, /* stands for a value that is not TOML: nothing need be said of it */
    TOML_PACKED = 1 << 8, /* a long array as config/written.h keeps it; no document has one */
};

/* Line and column count from 1, the column in characters; 0, 0 means the file as a whole. `file` is
 * the number that it was parsed under. */
struct toml_place {
    uint32_t line;
    uint32_t column;
    uint32_t file;
};

struct toml_node;

struct toml_list {
    const struct toml_node *items;
    size_t count;
};

/* The items of a long array as text, each as it would be written in TOML and JSON, with a '\0'. */
struct toml_packed {
    const char *items; /* NULL: they are not kept */
    size_t count;
};

union toml_value {
    const char *string; /* UTF-8 without NUL bytes */
    int64_t integer;
    double real;
    bool boolean;
    struct toml_list list; /* arrays in file order; tables in order of their keys */
    struct toml_packed packed;
};

struct toml_node {
    enum toml_type type;
    struct toml_place place;     /* of the value; of a table written as [header], the header */
    struct toml_place key_place; /* of the key; the same as `place` for items of an array */
    const char *key;             /* NULL for items of an array and for the root */
    union toml_value as;
};

struct toml_error {
    struct toml_place place;
    char text[256]; /* never quotes a value: it may be a secret */
};

struct toml_doc;

/* Parses a whole document. NULL, with *ret_error set, when it is not TOML 1.0, or is one that no
 * configuration needs (keys or values nested beyond a fixed depth, NUL in a string). Everything in
 * the tree lives as long as the document and does not depend on `text`. Integers in the places of
 * `broken` are TOML_BROKEN. `file` is put into all places. */
struct toml_doc *toml_doc_parse(uint32_t file, const char *text, size_t len_bytes,
                                const struct toml_place *broken, size_t broken_count,
                                struct toml_error *ret_error);
void toml_doc_free(struct toml_doc *doc); /* NULL is allowed */
const struct toml_node *toml_doc_root(const struct toml_doc *doc);

#ifdef __cplusplus
}
#endif

#endif
