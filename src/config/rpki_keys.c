/* The keys of [rpki]: entries that stand in the file itself. */
#include "config/rpki_keys.h"

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

/* --- the table --- */

static const struct schema_key keys[] = {
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
    return rpki_entries_equal(a->rpki_static, b->rpki_static);
}
