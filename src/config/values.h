/* Setters for the schema: one for each kind of value. The target is a struct, `key->offset` says
 * where in it. Internal to config. */
#ifndef BGPD_CONFIG_VALUES_H
#define BGPD_CONFIG_VALUES_H

#include "config/schema.h"

/* Types of a kind of value, and how they are called. */
#define TYPE_INTEGER .types = TOML_INTEGER, .type_text = "an integer"
#define TYPE_BOOLEAN .types = TOML_BOOLEAN, .type_text = "a boolean (true or false)"
#define TYPE_STRING  .types = TOML_STRING, .type_text = "a string"
#define TYPE_STRINGS .types = TOML_ARRAY, .type_text = "a list of strings"
#define AS_TYPES     (TOML_INTEGER | TOML_STRING)
#define TYPE_AS      .types = AS_TYPES, .type_text = "an AS number (65001 or \"1.10\")"
#define TYPE_ID      .types = TOML_STRING, .type_text = "a string like \"192.0.2.1\""

typedef void value_setter(struct loader *l, const struct schema_key *key,
                          const struct toml_node *value, void *target);

value_setter value_set_bool;
value_setter value_set_u16;  /* from key->min to key->max */
value_setter value_set_u32;  /* likewise */
value_setter value_set_as;   /* uint32_t: an integer, or text, plain or dotted (RFC 5396) */
value_setter value_set_id;   /* uint32_t: a BGP or cluster identifier as a dotted quad, not 0 */
value_setter value_set_text; /* char *, owned; an earlier value is freed */
/* char *, owned: the secret in the named file, which may be relative to the folder of the
 * configuration. Its first line, of key->min to key->max bytes, not all of them blanks. */
value_setter value_set_secret_file;
value_setter value_set_secret; /* char *, owned; from key->min to key->max bytes */
value_setter value_set_later;  /* nothing: what is read when other keys have been */

/* How they are written: nothing for a text that is NULL, an identifier that is 0, or no address. */
schema_get value_get_bool;
schema_get value_get_u16;
schema_get value_get_u32;
schema_get value_get_id;
schema_get value_get_text;
schema_get value_get_address;
/* A text in quotes, as TOML and JSON have it; bytes that are not UTF-8 become U+FFFD. */
void value_put_text(struct strbuf *out, const char *text);

/* How values are compared. */
schema_same value_same_bytes;
schema_same value_same_text;     /* char *, NULL for none */
schema_same value_same_address;  /* struct ip_addr */
schema_same value_same_endpoint; /* struct endpoint */

/* Reports a value outside of the range; true when it is inside. */
bool value_in_range(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    int64_t min, int64_t max);

/* Reports a name of something ("a policy") that is not made of letters, digits, '-', '_' and '.',
 * or is too long; true: it is good. */
bool value_check_name(struct loader *l, const char *what, struct toml_place place,
                      const char *name);
/* Reports a word that is none of `names`, which a `what` has. */
void value_report_word(struct loader *l, struct toml_place place, const char *what,
                       const char *word, const char *const *names, size_t count);
/* The family of this name; FAMILY_NONE, reported, when there is none. */
enum family value_family(struct loader *l, struct toml_place place, const char *name);

/* Reads an endpoint over the default in *endpoint: an address, a port (":8080"), or both. False:
 * reported. */
bool value_read_endpoint(struct loader *l, const char *name, const struct toml_node *value,
                         const char *text, struct endpoint *endpoint);
/* Whether one socket at most can be open at these. */
bool value_endpoints_overlap(const struct endpoint *a, const struct endpoint *b);

/* Warns of an address whose interface does not exist now: it will be waited for. */
void value_warn_interface(struct loader *l, const char *name, const struct toml_node *value,
                          const struct ip_addr *addr);

/* Calls `each` for every item of an array that is a string, with its text; reports the others.
 * Integers pass as well, in decimal, when `integers` is set. */
void value_each_text(struct loader *l, const struct toml_node *array, bool integers,
                     void (*each)(struct loader *l, const struct toml_node *item, const char *text,
                                  void *ctx),
                     void *ctx);

/* Collects the integers of an array, from key->min to key->max; reports everything else. Returns
 * how many they are: `ret_numbers` has room for as many as there are items. */
size_t value_numbers(struct loader *l, const struct schema_key *key, const struct toml_node *array,
                     uint32_t *ret_numbers);

#endif
