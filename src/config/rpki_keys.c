/* The keys of [rpki]: entries that stand in the file itself, and where others come from: caches and
 * files. */
#include "config/rpki_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/file.h"
#include "config/values.h"
#include "policy/rpki_entries.h"

/* --- static entries --- */

static void take_vrp(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct text_error e = {0};
    struct vrp vrp;
    if (vrp_parse(text, &vrp, &e) != 0)
        loader_problem(l, item->place, "%s", strbuf_text(&e.say));
    else
        rpki_entries_add_vrp(ctx, &vrp);
    text_error_release(&e);
}

static void set_vrps(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    (void)key;
    value_each_text(l, value, false, take_vrp, ((struct config *)target)->rpki_static);
}

static void take_aspa(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct text_error e = {0};
    struct aspa aspa;
    if (aspa_parse(text, &aspa, &e) != 0)
        loader_problem(l, item->place, "%s", strbuf_text(&e.say));
    else
        rpki_entries_add_aspa(ctx, &aspa);
    text_error_release(&e);
}

static void set_aspas(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    (void)key;
    value_each_text(l, value, false, take_aspa, ((struct config *)target)->rpki_static);
}

/* --- caches --- */

enum {
    DEFAULT_PORT = 323, /* RFC 8210 §7.1 */
    DEFAULT_PREFERENCE = 100,
    HIGHEST_VERSION = 2,
    DEFAULT_MAX_RECORDS = 3000000,
    /* RFC 8210 §6 */
    MAX_REFRESH_S = 86400,
    MAX_RETRY_S = 7200,
    MAX_EXPIRE_S = 172800,
};

static void take_address(struct loader *l, const struct schema_key *key,
                         const struct toml_node *value, struct ip_addr *ret_addr)
{
    struct ip_addr addr;
    if (ip_parse(value->as.string, &addr) || ip_is_unspecified(&addr))
        loader_problem(l, value->place,
                       "%s '%.64s' is not an address (expected \"192.0.2.1\" or \"2001:db8::1\"; "
                       "names of hosts are not looked up)",
                       key->name, value->as.string);
    else
        *ret_addr = addr;
}

static void set_address(struct loader *l, const struct schema_key *key,
                        const struct toml_node *value, void *target)
{
    take_address(l, key, value, &((struct config_rpki_cache *)target)->remote.addr);
}

static void set_local_address(struct loader *l, const struct schema_key *key,
                              const struct toml_node *value, void *target)
{
    take_address(l, key, value, &((struct config_rpki_cache *)target)->local_address);
}

/* 0: as the cache says. */
static void get_time(const struct schema_key *key, const void *kept, struct strbuf *out)
{
    if (*(const uint32_t *)kept != 0)
        value_get_u32(key, kept, out);
}

#define AT(field) .offset = offsetof(struct config_rpki_cache, field)
#define GET(field, how)                                                                            \
    .kept = {offsetof(struct config_rpki_cache, field),                                            \
             sizeof(((struct config_rpki_cache *)0)->field)},                                      \
    .get = how

static const struct schema_key cache_keys[] = {
    {
        .name = "address",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help =
            "The address of the cache: names of hosts are not looked up. Another address, `port`, "
            "`local_address` or "
            "`max_records` is another cache: what the one said counts until the other has data.",
        .required = true,
        .set = set_address,
    },
    {
        .name = "port",
        TYPE_INTEGER,
        .default_text = "323",
        .reload = RELOAD_AT_ONCE,
        .help = "Its TCP port, 1 to 65535.",
        .set = value_set_u16,
        AT(remote.port),
        GET(remote.port, value_get_u16),
        .min = 1,
        .max = UINT16_MAX,
    },
    {
        .name = "local_address",
        TYPE_STRING,
        .default_text = "chosen by the system",
        .reload = RELOAD_AT_ONCE,
        .help = "Our address, where the connection starts.",
        .set = set_local_address,
    },
    {
        .name = "description",
        TYPE_STRING,
        .reload = RELOAD_AT_ONCE,
        .help = "Free text, shown by `show rpki`.",
        .set = value_set_text,
        AT(description),
        GET(description, value_get_text),
    },
    {
        .name = "preference",
        TYPE_INTEGER,
        .default_text = "100",
        .reload = RELOAD_AT_ONCE,
        .help = "What is used of several caches: the data of those with the lowest number, all of "
                "them together. Others stand by, and count only while none of these has data.",
        .set = value_set_u32,
        AT(preference),
        GET(preference, value_get_u32),
        .max = UINT16_MAX,
    },
    {
        .name = "version",
        TYPE_INTEGER,
        .default_text = "2",
        .reload = RELOAD_AT_ONCE,
        .help = "The highest version of the protocol that is spoken: 0 (RFC 6810), 1 (RFC 8210), "
                "or 2 (draft-ietf-sidrops-8210bis), the only one with ASPAs. The cache may have "
                "a lower one. Another value restarts the connection.",
        .set = value_set_u16,
        AT(version),
        GET(version, value_get_u16),
        .max = HIGHEST_VERSION,
    },
    {
        .name = "refresh_s",
        TYPE_INTEGER,
        .default_text = "as the cache says",
        .reload = RELOAD_AT_ONCE,
        .help = "Seconds after which it is asked for news, where it has not told of any before, 1 "
                "to 86400. A cache of version 0 says nothing of times: 3600.",
        .set = value_set_u32,
        AT(refresh_s),
        GET(refresh_s, get_time),
        .min = 1,
        .max = MAX_REFRESH_S,
    },
    {
        .name = "retry_s",
        TYPE_INTEGER,
        .default_text = "as the cache says",
        .reload = RELOAD_AT_ONCE,
        .help = "Seconds until it is asked again after an error, 1 to 7200. A cache that cannot "
                "be reached is tried after 5 s or this, whichever is less, then less often, up to "
                "8 times as long.",
        .set = value_set_u32,
        AT(retry_s),
        GET(retry_s, get_time),
        .min = 1,
        .max = MAX_RETRY_S,
    },
    {
        .name = "expire_s",
        TYPE_INTEGER,
        .default_text = "as the cache says",
        .reload = RELOAD_AT_ONCE,
        .help = "Seconds for which its data count after it has last answered, 1 to 172800; more "
                "than `refresh_s` and `retry_s`. A cache of version 0 says nothing of times: 7200.",
        .set = value_set_u32,
        AT(expire_s),
        GET(expire_s, get_time),
        .min = 1,
        .max = MAX_EXPIRE_S,
    },
    {
        .name = "max_records",
        TYPE_INTEGER,
        .default_text = "3000000",
        .reload = RELOAD_AT_ONCE,
        .help = "VRPs and ASPAs that it may send. A cache that sends more is given up for an "
                "hour; what it said before counts until it expires.",
        .set = value_set_u32,
        AT(max_records),
        GET(max_records, value_get_u32),
        .min = 1,
        .max = 100000000,
    },
};

const struct schema schema_rpki_cache = {
    .title = "[[rpki.caches]]",
    .keys = cache_keys,
    .count = sizeof(cache_keys) / sizeof(cache_keys[0]),
};

static bool is_same_cache(const struct config_rpki_cache *a, const struct config_rpki_cache *b)
{
    return ip_equal(&a->remote.addr, &b->remote.addr) && a->remote.port == b->remote.port &&
           ip_equal(&a->local_address, &b->local_address);
}

/* What concerns several keys. */
static void check_cache(struct loader *l, const struct toml_node *table,
                        const struct config_rpki_cache *cache)
{
    const struct toml_node *expire = loader_find(table, "expire_s");
    char text[IP_ENDPOINT_TEXT_MAX];
    if (!loader_find(table, "address"))
        loader_missing(l, table->place, "address is missing in [[rpki.caches]]");
    if (cache->expire_s != 0 &&
        (cache->expire_s <= cache->refresh_s || cache->expire_s <= cache->retry_s))
        loader_problem(l, expire->place,
                       "expire_s must be more than refresh_s and retry_s: data would expire "
                       "before they are asked for again");
    if (cache->local_address.version != IP_NONE && cache->remote.addr.version != IP_NONE &&
        cache->local_address.version != cache->remote.addr.version)
        loader_problem(l, loader_find(table, "local_address")->place,
                       "local_address must be of the same IP version as address");
    for (size_t i = 0; i < l->config->rpki_cache_count; i++)
        if (cache->remote.addr.version != IP_NONE &&
            is_same_cache(&l->config->rpki_caches[i], cache))
            loader_problem(l, table->place, "the cache %s is listed twice",
                           ip_format_endpoint(&cache->remote.addr, cache->remote.port, text));
}

static void add_cache(struct loader *l, const struct toml_node *item, struct config *c)
{
    struct config_rpki_cache cache = {
        .remote.port = DEFAULT_PORT,
        .preference = DEFAULT_PREFERENCE,
        .version = HIGHEST_VERSION,
        .max_records = DEFAULT_MAX_RECORDS,
    };
    schema_apply(l, &schema_rpki_cache, schema_rpki_cache.title, item, &cache);
    if (item->type == TOML_TABLE)
        check_cache(l, item, &cache);
    c->rpki_caches = mem_resize(c->rpki_caches, c->rpki_cache_count + 1, sizeof(cache));
    c->rpki_caches[c->rpki_cache_count++] = cache;
}

static void set_caches(struct loader *l, const struct schema_key *key,
                       const struct toml_node *value, void *target)
{
    (void)key;
    for (size_t i = 0; i < value->as.list.count; i++)
        add_cache(l, &value->as.list.items[i], target);
}

static bool same_caches(const struct config *a, const struct config *b)
{
    bool same = a->rpki_cache_count == b->rpki_cache_count;
    for (size_t i = 0; same && i < a->rpki_cache_count; i++) {
        const struct config_rpki_cache *x = &a->rpki_caches[i];
        const struct config_rpki_cache *y = &b->rpki_caches[i];
        same = is_same_cache(x, y) && x->preference == y->preference && x->version == y->version &&
               x->refresh_s == y->refresh_s && x->retry_s == y->retry_s &&
               x->expire_s == y->expire_s && x->max_records == y->max_records &&
               value_same_text(&x->description, &y->description, 0);
    }
    return same;
}

/* --- files --- */

static void add_file(struct loader *l, const struct toml_node *item, const char *text, void *ctx)
{
    struct config *c = ctx;
    char *path = config_file_beside(loader_file(l, item->place), text);
    bool is_good = text[0] != '\0';
    if (!is_good)
        loader_problem(l, item->place, "files must not hold an empty name");
    for (size_t i = 0; is_good && i < c->rpki_file_count; i++) {
        is_good = strcmp(c->rpki_files[i], path) != 0;
        if (!is_good)
            loader_problem(l, item->place, "the file '%.256s' is listed twice", text);
    }
    if (!is_good) {
        free(path);
        return;
    }
    c->rpki_files = mem_resize(c->rpki_files, c->rpki_file_count + 1, sizeof(path));
    c->rpki_files[c->rpki_file_count++] = path;
}

static void set_files(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      void *target)
{
    (void)key;
    value_each_text(l, value, false, add_file, target);
}

static bool same_files(const struct config *a, const struct config *b)
{
    bool same = a->rpki_file_count == b->rpki_file_count;
    for (size_t i = 0; same && i < a->rpki_file_count; i++)
        same = strcmp(a->rpki_files[i], b->rpki_files[i]) == 0;
    return same;
}

/* --- the table --- */

static const struct schema_key keys[] = {
    {
        .name = "caches",
        .types = TOML_ARRAY,
        .type_text = "a list of tables: write [[rpki.caches]]",
        .reload = RELOAD_AS_WITHIN,
        .help = "Caches that are asked for VRPs and ASPAs by RTR: see [RPKI caches](#rpki-caches).",
        .set = set_caches,
        .within = &schema_rpki_cache,
    },
    {
        .name = "files",
        TYPE_STRINGS,
        .reload = RELOAD_AT_ONCE,
        .help = "Files of JSON as validators export them (rpki-client, Routinator, and what "
                "stayrtr and rtrtr serve): `roas` with `prefix`, `maxLength`, `asn` and "
                "perhaps `expires`; `aspas` with a customer and its providers. A file is looked "
                "at each second, and read again when it has changed. A relative name starts in the "
                "folder of the configuration.",
        .set = set_files,
        .is_path = true,
    },
    {
        .name = "vrps",
        TYPE_STRINGS,
        .reload = RELOAD_POLICY,
        .help =
            "Static VRPs: a prefix, the longest prefix within it that may be announced (`le`; "
            "without it the prefix alone), and the AS that may: `\"192.0.2.0/24 le 26 64500\"`. "
            "AS 0: nobody may.",
        .set = set_vrps,
    },
    {
        .name = "aspas",
        TYPE_STRINGS,
        .reload = RELOAD_POLICY,
        .help =
            "Static ASPAs: an AS and its providers: `\"64500: 64501 64502\"`. Provider 0: it has "
            "none.",
        .set = set_aspas,
    },
};

const struct schema schema_rpki = {
    .title = "[rpki]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

void rpki_keys_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                   void *target)
{
    struct config *c = target;
    (void)key;
    c->rpki_static = rpki_entries_new();
    schema_apply(l, &schema_rpki, schema_rpki.title, value, c);
    rpki_entries_settle(c->rpki_static);
}

bool rpki_keys_same(const void *config_a, const void *config_b, size_t len_bytes)
{
    const struct config *a = config_a;
    const struct config *b = config_b;
    (void)len_bytes;
    return rpki_entries_equal(a->rpki_static, b->rpki_static) && same_caches(a, b) &&
           same_files(a, b);
}
