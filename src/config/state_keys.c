/* The keys of [state]. */
#include "config/state_keys.h"

#include <string.h>

#include "config/file.h"
#include "config/values.h"

static void set_path(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                     void *target)
{
    struct config *c = target;
    if (value->as.string[0] == '\0')
        loader_problem(l, value->place, "%s must not be empty", key->name);
    else
        c->state_path = config_file_beside(loader_file(l, value->place), value->as.string);
}

static const struct schema_key keys[] = {
    {
        .name = "path",
        TYPE_STRING,
        .reload = RELOAD_NEXT_START,
        .help = "A file, made when there is none, that keeps what the API announces: see "
                "[what survives a restart](operations.md#what-survives-a-restart). A relative name "
                "starts in the folder of the configuration.",
        .required = true,
        .set = set_path,
        .is_path = true,
    },
};

const struct schema schema_state = {
    .title = "[state]",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

void state_keys_set(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                    void *target)
{
    (void)key;
    schema_apply(l, &schema_state, schema_state.title, value, target);
    if (!loader_find(value, "path"))
        loader_missing(l, value->place, "path is missing in [state]");
}

bool state_keys_same(const void *config_a, const void *config_b, size_t len_bytes)
{
    const struct config *a = config_a;
    const struct config *b = config_b;
    (void)len_bytes;
    return value_same_text(&a->state_path, &b->state_path, 0);
}
