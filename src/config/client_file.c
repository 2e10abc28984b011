/* The file of a client's settings. It is small and flat: a table says what the keys take. */
#include "config/client_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/nearest.h"
#include "config/file.h"
#include "config/toml.h"

enum { PORT_MIN = 1, PORT_MAX = 65535 };

static const struct client_key {
    const char *name;
    enum toml_type type;
    const char *expected;
    bool is_file; /* a relative one begins in the folder of the file */
} keys[] = {
    {"host", TOML_STRING, "a string", false},
    {"port", TOML_INTEGER, "a port from 1 to 65535", false},
    {"token_file", TOML_STRING, "a string, the name of a file", true},
    {"ca", TOML_STRING, "a string, the name of a file", true},
    {"pager", TOML_STRING, "a string, a command", false},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static int complain(struct strbuf *error, const char *path, struct toml_place place,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

static int complain(struct strbuf *error, const char *path, struct toml_place place,
                    const char *format, ...)
{
    va_list args;
    if (place.line > 0)
        strbuf_printf(error, "%s:%" PRIu32 ":%" PRIu32 ": ", path, place.line, place.column);
    else
        strbuf_printf(error, "%s: ", path);
    va_start(args, format);
    strbuf_vprintf(error, format, args);
    va_end(args);
    return ERR_INVALID;
}

static const struct client_key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static int unknown_key(struct strbuf *error, const char *path, const struct toml_node *node)
{
    struct nearest nearest = nearest_to(node->key);
    struct strbuf names = {0};
    for (size_t i = 0; i < KEYS; i++) {
        nearest_offer(&nearest, keys[i].name);
        strbuf_printf(&names, "%s%s", i > 0 ? ", " : "", keys[i].name);
    }
    if (nearest.best)
        complain(error, path, node->key_place, "unknown key '%s'; did you mean '%s'?", node->key,
                 nearest.best);
    else
        complain(error, path, node->key_place, "unknown key '%s' (valid keys: %s)", node->key,
                 strbuf_text(&names));
    strbuf_release(&names);
    return ERR_INVALID;
}

static int check(struct strbuf *error, const char *path, const struct toml_node *node)
{
    const struct client_key *key = find_key(node->key);
    if (!key)
        return unknown_key(error, path, node);
    bool good =
        node->type == key->type && (key->type != TOML_INTEGER ||
                                    (node->as.integer >= PORT_MIN && node->as.integer <= PORT_MAX));
    return good ? 0 : complain(error, path, node->place, "%s must be %s", key->name, key->expected);
}

static void hand_on(const char *path, const struct toml_node *node, client_file_set set, void *ctx)
{
    const struct client_key *key = find_key(node->key);
    struct strbuf number = {0};
    char *beside = key->is_file ? config_file_beside(path, node->as.string) : NULL;
    if (key->type == TOML_INTEGER)
        strbuf_printf(&number, "%" PRId64, node->as.integer);
    set(ctx, key->name,
        beside                     ? beside
        : key->type == TOML_STRING ? node->as.string
                                   : strbuf_text(&number));
    free(beside);
    strbuf_release(&number);
}

int client_file_read(const char *path, client_file_set set, void *ctx, struct strbuf *error)
{
    struct strbuf text = {0};
    struct toml_error problem;
    struct toml_doc *doc = NULL;
    int err = 0;
    if (access(path, R_OK) != 0)
        return 0;
    const char *why = config_file_read(path, &text);
    if (why)
        err = complain(error, path, (struct toml_place){0}, "%s", why);
    else
        doc = toml_doc_parse(0, strbuf_text(&text), text.len_bytes, NULL, 0, &problem);
    if (!err && !doc)
        err = complain(error, path, problem.place, "%s", problem.text);
    const struct toml_list *all = doc ? &toml_doc_root(doc)->as.list : NULL;
    for (size_t i = 0; all && i < all->count && !err; i++)
        err = check(error, path, &all->items[i]);
    for (size_t i = 0; all && i < all->count && !err; i++)
        hand_on(path, &all->items[i], set, ctx);
    toml_doc_free(doc);
    strbuf_release(&text);
    return err;
}
