/* The keys at the top of the file that are about the API: where it listens, and who may do what. */
#include "config/api_keys.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/number.h"
#include "config/tokens.h"

/* --- sockets --- */

static const char unix_lead[] = "unix:";

static void add_path(struct loader *l, const struct toml_node *value, const char *text,
                     struct config *c)
{
    enum { PATH_MAX_BYTES = 107 }; /* unix(7) */
    const char *path = text + sizeof(unix_lead) - 1;
    if (path[0] != '/' || strlen(path) > PATH_MAX_BYTES) {
        loader_problem(l, value->place,
                       "api_socket '%.128s' is not \"unix:\" with an absolute path of at most %d "
                       "bytes",
                       text, PATH_MAX_BYTES);
        return;
    }
    for (size_t i = 0; i < c->api_path_count; i++)
        if (strcmp(c->api_paths[i], path) == 0) {
            loader_problem(l, value->place, "api_socket '%.128s' is listed twice", text);
            return;
        }
    c->api_paths[c->api_path_count++] = mem_strdup(path);
}

static void add_endpoint(struct loader *l, const struct toml_node *value, const char *text,
                         struct config *c)
{
    struct endpoint endpoint = config_default_api_socket();
    if (!value_read_endpoint(l, "api_socket", value, text, &endpoint))
        return;
    for (size_t i = 0; i < c->api_socket_count; i++)
        if (value_endpoints_overlap(&c->api_sockets[i], &endpoint)) {
            loader_problem(l, value->place,
                           "api_socket '%.64s' overlaps another one that is listed", text);
            return;
        }
    value_warn_interface(l, "api_socket", value, &endpoint.addr);
    c->api_sockets[c->api_socket_count++] = endpoint;
}

static void add_socket(struct loader *l, const struct toml_node *value, const char *text, void *ctx)
{
    struct config *c = ctx;
    if (c->api_socket_count + c->api_path_count == CONFIG_API_SOCKETS_MAX)
        loader_problem(l, value->place, "api_socket must not name more than %d",
                       CONFIG_API_SOCKETS_MAX);
    else if (strncmp(text, unix_lead, sizeof(unix_lead) - 1) == 0)
        add_path(l, value, text, c);
    else
        add_endpoint(l, value, text, c);
}

void api_keys_set_socket(struct loader *l, const struct schema_key *key,
                         const struct toml_node *value, void *target)
{
    if (value->type == TOML_STRING)
        add_socket(l, value, value->as.string, target);
    else if (value->as.list.count == 0)
        loader_problem(l, value->place, "%s must name at least one", key->name);
    else
        value_each_text(l, value, false, add_socket, target);
}

bool api_keys_same_sockets(const void *config_a, const void *config_b, size_t len_bytes)
{
    const struct config *a = config_a;
    const struct config *b = config_b;
    bool same =
        a->api_socket_count == b->api_socket_count && a->api_path_count == b->api_path_count;
    for (size_t i = 0; same && i < a->api_socket_count; i++)
        same = value_same_endpoint(&a->api_sockets[i], &b->api_sockets[i], len_bytes);
    for (size_t i = 0; same && i < a->api_path_count; i++)
        same = strcmp(a->api_paths[i], b->api_paths[i]) == 0;
    return same;
}

/* --- whose they are --- */

/* Room for what a name is looked up with. */
enum { LOOKUP_BYTES = 16384 };

static bool find_user(const char *name, uint32_t *ret_uid)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *room = mem_alloc(LOOKUP_BYTES);
    getpwnam_r(name, &entry, room, LOOKUP_BYTES, &found);
    if (found)
        *ret_uid = found->pw_uid;
    free(room);
    return found != NULL;
}

static bool find_group(const char *name, uint32_t *ret_gid)
{
    struct group entry;
    struct group *found = NULL;
    char *room = mem_alloc(LOOKUP_BYTES);
    getgrnam_r(name, &entry, room, LOOKUP_BYTES, &found);
    if (found)
        *ret_gid = found->gr_gid;
    free(room);
    return found != NULL;
}

/* A number as it is (but the one that means none), or what `find` knows by a name. */
static void set_id(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   bool (*find)(const char *name, uint32_t *ret_id), uint32_t *ret_id)
{
    if (number_parse(value->as.string, UINT32_MAX - 1, ret_id) != 0 &&
        !find(value->as.string, ret_id))
        loader_problem(l, value->place, "%s: there is no '%.64s'", key->name, value->as.string);
}

void api_keys_set_owner(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    set_id(l, key, value, find_user, &((struct config *)target)->api_socket_uid);
}

void api_keys_set_group(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    set_id(l, key, value, find_group, &((struct config *)target)->api_socket_gid);
}

void api_keys_set_mode(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    static const char digits[] = "01234567";
    struct config *c = target;
    const char *text = value->as.string;
    size_t len = strlen(text);
    bool good = len > 0 && len <= 4 && strspn(text, digits) == len;
    uint32_t mode = good ? (uint32_t)strtoul(text, NULL, 8) : 0;
    if (!good || mode > 0777)
        loader_problem(l, value->place, "%s must be octal digits such as \"0660\"", key->name);
    else
        c->api_socket_mode = mode;
}

/* --- who may do what --- */

/* A name as a Host header has it (RFC 9110 §7.2), without a port. */
static bool is_host_name(const char *text)
{
    static const char characters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t len = strlen(text);
    return len > 0 && len <= 253 && strspn(text, characters) == len;
}

static void add_api_host(struct loader *l, const struct toml_node *value, const char *text,
                         void *ctx)
{
    struct config *c = ctx;
    if (!is_host_name(text)) {
        loader_problem(
            l, value->place,
            "api_hosts '%.64s' is not the name of a host (\"bgp.example.net\", without a "
            "port)",
            text);
        return;
    }
    c->api_hosts = mem_resize(c->api_hosts, c->api_host_count + 1, sizeof(*c->api_hosts));
    c->api_hosts[c->api_host_count++] = mem_strdup(text);
}

void api_keys_set_hosts(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    (void)key;
    value_each_text(l, value, false, add_api_host, target);
}

void api_keys_set_loopback(struct loader *l, const struct schema_key *key,
                           const struct toml_node *value, void *target)
{
    static const enum access choices[] = {ACCESS_NONE, ACCESS_READ, ACCESS_FULL};
    enum { CHOICES = sizeof(choices) / sizeof(choices[0]) };
    struct config *c = target;
    const char *names[CHOICES];
    for (size_t i = 0; i < CHOICES; i++) {
        names[i] = access_names[choices[i]];
        if (strcmp(names[i], value->as.string) == 0) {
            c->api_loopback = choices[i];
            return;
        }
    }
    value_report_word(l, value->place, key->name, value->as.string, names, CHOICES);
}

bool api_keys_same_hosts(const void *config_a, const void *config_b, size_t len_bytes)
{
    const struct config *a = config_a;
    const struct config *b = config_b;
    bool same = a->api_host_count == b->api_host_count;
    (void)len_bytes;
    for (size_t i = 0; same && i < a->api_host_count; i++)
        same = strcmp(a->api_hosts[i], b->api_hosts[i]) == 0;
    return same;
}

bool api_keys_same_tokens(const void *config_a, const void *config_b, size_t len_bytes)
{
    (void)len_bytes;
    return tokens_equal(((const struct config *)config_a)->tokens,
                        ((const struct config *)config_b)->tokens);
}
