/* Routes in ExaBGP's words. One table has the words of attributes: what takes their values, or why
 * BGPd has nothing to make of them. "split" makes several routes of one, each a call of its own. */
#include "cli/exa_route.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/number.h"
#include "cli/exa_values.h"

/* How many routes one line may make. */
enum { SPLIT_MAX_BITS = 16, ROUTES_MAX = 1 << SPLIT_MAX_BITS };

/* A route, or what several of them share, while it is read. */
struct draft {
    struct exa_command *command; /* borrowed */
    json_t *params;              /* owned */
    uint8_t split_bits;          /* 0: none */
    bool has_next_hop;
};

static int take_next_hop(struct exa_words *w, struct draft *d)
{
    d->has_next_hop = true;
    return exa_take_next_hop(w, d->params, &d->command->next_hop_self);
}

static int take_med(struct exa_words *w, json_t *params)
{
    return exa_take_number(w, params, "multi_exit_disc", UINT32_MAX);
}

static int take_local_pref(struct exa_words *w, json_t *params)
{
    return exa_take_number(w, params, "local_pref", UINT32_MAX);
}

static int take_atomic_aggregate(struct exa_words *w, json_t *params)
{
    (void)w;
    json_object_set_new(params, "atomic_aggregate", json_true());
    return 0;
}

static int take_split(struct exa_words *w, struct draft *d)
{
    uint32_t bits;
    const char *text = exa_take(w, "a length, as /24");
    if (!text)
        return ERR_INVALID;
    if (text[0] != '/' || number_parse(text + 1, 128, &bits) != 0)
        return exa_fail(w, "\"%s\" is no length (expected one as /24)", text);
    d->split_bits = (uint8_t)bits;
    return 0;
}

static int take_watchdog(struct exa_words *w, struct draft *d)
{
    const char *text = exa_take(w, "the name of a watchdog");
    if (!text)
        return ERR_INVALID;
    if (strcasecmp(text, "announce") == 0 || strcasecmp(text, "withdraw") == 0)
        return exa_fail(w, "\"%s\" is no name of a watchdog", text);
    free(d->command->watchdog);
    d->command->watchdog = mem_strdup(text);
    return 0;
}

static int take_held(struct exa_words *w, struct draft *d)
{
    (void)w;
    d->command->held = true;
    return 0;
}

/* A mnemonic, of no use to anybody but who reads the line. */
static int take_name(struct exa_words *w, struct draft *d)
{
    (void)d;
    return exa_take(w, "a name") ? 0 : ERR_INVALID;
}

/* What takes the value of an attribute: `set`, where it is a parameter and nothing else, or `take`.
 * Neither: BGPd cannot send it. */
static const struct {
    const char *name;
    int (*set)(struct exa_words *w, json_t *params);
    int (*take)(struct exa_words *w, struct draft *d);
} attributes[] = {
    {"next-hop", .take = take_next_hop},
    {"origin", .set = exa_take_origin},
    {"as-path", .set = exa_take_as_path},
    {"med", .set = take_med},
    {"local-preference", .set = take_local_pref},
    {"community", .set = exa_take_communities},
    {"extended-community", .set = exa_take_extended_communities},
    {"large-community", .set = exa_take_large_communities},
    {"aggregator", .set = exa_take_aggregator},
    {"atomic-aggregate", .set = take_atomic_aggregate},
    {"originator-id", .set = exa_take_originator_id},
    {"cluster-list", .set = exa_take_cluster_list},
    {"aigp", .set = exa_take_aigp},
    {"label", .set = exa_take_labels},
    {"rd", .set = exa_take_rd},
    {"route-distinguisher", .set = exa_take_rd},
    {"split", .take = take_split},
    {"watchdog", .take = take_watchdog},
    {"withdraw", .take = take_held},
    {"name", .take = take_name},
    {.name = "path-information"},
    {.name = "attribute"},
    {.name = "bgp-prefix-sid"},
    {.name = "bgp-prefix-sid-srv6"},
};

enum { ATTRIBUTE_COUNT = sizeof(attributes) / sizeof(attributes[0]) };

static bool can_send(size_t attribute)
{
    return attributes[attribute].set || attributes[attribute].take;
}

static int unknown_attribute(struct exa_words *w, const char *word)
{
    struct nearest nearest = nearest_to(word);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        nearest_offer(&nearest, attributes[i].name);
    if (nearest.best)
        return exa_fail(w, "unknown word \"%s\"; did you mean \"%s\"?", word, nearest.best);
    exa_fail(w, "unknown word \"%s\" (expected an attribute: ", word);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (can_send(i))
            strbuf_printf(w->error, "%s%s", i > 0 ? ", " : "", attributes[i].name);
    strbuf_add(w->error, ")");
    return ERR_INVALID;
}

static int take_attribute(struct exa_words *w, struct draft *d)
{
    const char *word = exa_take(w, "an attribute, as next-hop");
    if (!word)
        return ERR_INVALID;
    size_t i = 0;
    while (i < ATTRIBUTE_COUNT && strcasecmp(word, attributes[i].name) != 0)
        i++;
    if (i == ATTRIBUTE_COUNT)
        return unknown_attribute(w, word);
    if (!can_send(i))
        return exa_fail(w, "BGPd's API has no \"%s\" for its own routes", attributes[i].name);
    return attributes[i].set ? attributes[i].set(w, d->params) : attributes[i].take(w, d);
}

/* One route of the draft. */
static void add_route(const struct draft *d, const struct prefix *prefix)
{
    static const char *const key[] = {"family", "rd", "labels"};
    char text[PREFIX_TEXT_MAX];
    json_t *params = json_object();
    json_object_set_new(params, "prefix", json_string(prefix_format(prefix, text)));
    if (!d->command->withdraw)
        json_object_update(params, d->params);
    for (size_t i = 0; d->command->withdraw && i < sizeof(key) / sizeof(key[0]); i++)
        if (json_object_get(d->params, key[i]))
            json_object_set(params, key[i], json_object_get(d->params, key[i]));
    exa_add_call(d->command, d->command->withdraw ? "withdraw_route" : "advertise_route", params);
}

/* Adds one to the last of the bits. */
static void advance(struct prefix *p)
{
    uint8_t step = (uint8_t)(0x80u >> (p->len_bits - 1) % 8);
    for (int i = (p->len_bits - 1) / 8; i >= 0; i--, step = 1) {
        unsigned sum = (unsigned)p->bytes[i] + step;
        p->bytes[i] = (uint8_t)sum;
        if (sum <= UINT8_MAX)
            return;
    }
}

/* The route, or the more specific ones that it is to be split into. */
static int add_routes(struct exa_words *w, const struct draft *d, const struct prefix *prefix)
{
    if (d->split_bits <= prefix->len_bits) {
        add_route(d, prefix);
        return 0;
    }
    if (d->split_bits > prefix_max_bits(prefix->version))
        return exa_fail(w, "a prefix of IPv%d cannot be split into /%u", prefix->version,
                        d->split_bits);
    if (d->split_bits - prefix->len_bits > SPLIT_MAX_BITS)
        return exa_fail(w, "split /%u would make too many routes (expected at most /%d)",
                        d->split_bits, prefix->len_bits + SPLIT_MAX_BITS);
    struct prefix part = *prefix;
    uint32_t count = 1u << (d->split_bits - prefix->len_bits);
    if (json_array_size(d->command->calls) + count > ROUTES_MAX)
        return exa_fail(w, "these are more than %d routes in a line", ROUTES_MAX);
    part.len_bits = d->split_bits;
    for (uint32_t i = 0; i < count; i++, advance(&part))
        add_route(d, &part);
    return 0;
}

static int check_next_hop(struct exa_words *w, const struct draft *d)
{
    if (d->has_next_hop || d->command->withdraw)
        return 0;
    return exa_fail_next(w, "the route has no next-hop (expected \"next-hop ADDRESS\")");
}

int exa_take_route(struct exa_words *w, uint8_t version, const char *family, struct exa_command *c)
{
    struct prefix prefix;
    int err = exa_take_prefix(w, &prefix);
    if (!err && version != IP_NONE && prefix.version != version)
        err = exa_fail(w, "this is no prefix of IPv%d", version);
    if (err)
        return err;
    struct draft d = {.command = c, .params = json_object()};
    if (family)
        json_object_set_new(d.params, "family", json_string(family));
    bool in_braces = exa_take_if(w, "{");
    while (!err && exa_peek(w)) {
        if (exa_take_if(w, ";"))
            continue;
        if (in_braces && exa_take_if(w, "}"))
            break;
        err = take_attribute(w, &d);
    }
    exa_take_if(w, ";");
    if (!err && exa_peek(w))
        err = exa_fail_next(w, "expected the end of the line");
    if (!err)
        err = check_next_hop(w, &d);
    if (!err)
        err = add_routes(w, &d, &prefix);
    json_decref(d.params);
    return err;
}

int exa_take_attributes(struct exa_words *w, struct exa_command *c)
{
    struct draft d = {.command = c, .params = json_object()};
    int err = 0;
    while (!err && !exa_take_if(w, "nlri"))
        err = exa_peek(w) ? take_attribute(w, &d) : exa_fail_next(w, "expected \"nlri PREFIX …\"");
    if (!err)
        err = check_next_hop(w, &d);
    do {
        struct prefix prefix;
        err = err ? err : exa_take_prefix(w, &prefix);
        err = err ? err : add_routes(w, &d, &prefix);
        exa_take_if(w, ";");
    } while (!err && exa_peek(w));
    json_decref(d.params);
    return err;
}
