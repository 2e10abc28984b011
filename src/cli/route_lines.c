/* Routes and flows as lines.
 *
 * A line of words is read as the rest of a command line would be. A JSON object is an item of
 * `advertise_routes`; where it has members that only answers have, it is a route as it is shown,
 * and what is said of it beside the route itself is left out. */
#include "cli/route_lines.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "cli/exa_words.h"
#include "cli/request.h"
#include "cli/route_options.h"

/* --- words --- */

static void add_route(struct route_items *items, const struct cli_call *call, const char *prefix,
                      const char *next_hop)
{
    json_t *item = json_object();
    route_options_set_key(item, prefix, call);
    request_set_text(item, "next_hop", next_hop);
    route_options_set_attributes(item, call);
    route_options_set_terms(item, call);
    json_array_append_new(items->routes, item);
}

bool route_items_add_routes(struct route_items *items, const struct cli_call *call,
                            struct strbuf *error)
{
    const char *next_hop = cli_call_text(call, "next-hop");
    if (!call->args[0]) {
        strbuf_add(error, "a prefix is missing");
        return false;
    }
    if (call->more_count > 0 && !next_hop) {
        strbuf_add(error, "several prefixes have their next hop by --next-hop");
        return false;
    }
    if (!next_hop) {
        add_route(items, call, call->args[0], call->args[1]);
        return true;
    }
    add_route(items, call, call->args[0], next_hop);
    if (call->args[1])
        add_route(items, call, call->args[1], next_hop);
    for (size_t i = 0; i < call->more_count; i++)
        add_route(items, call, call->more[i], next_hop);
    return true;
}

bool route_items_add_flow(struct route_items *items, const struct cli_call *call,
                          struct strbuf *error)
{
    if (!call->args[0] || cli_call_count(call, "match") == 0) {
        strbuf_add(error, call->args[0] ? "at least one --match is needed, for example "
                                          "-m \"destination-port >8000 <=8080\""
                                        : "ipv4 or ipv6 is missing");
        return false;
    }
    json_t *item = json_object();
    route_options_set_flow(item, call);
    request_set_text(item, "action", call->args[1]);
    route_options_set_attributes(item, call);
    route_options_set_terms(item, call);
    json_array_append_new(items->flows, item);
    return true;
}

/* Whether all options are of one route; what is of the command line alone is not. */
static bool are_of_routes(const struct cli_call *call, struct strbuf *error)
{
    static const char *const others[] = {"file", "all-or-nothing", "dry-run"};
    for (size_t i = 0; i < call->setting_count; i++) {
        const struct cli_option *option = call->settings[i].option;
        bool is_its = false;
        for (const struct cli_option *o = call->command->options; o->name; o++)
            is_its |= o == option;
        for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
            is_its = is_its && strcmp(option->name, others[k]) != 0;
        if (is_its)
            continue;
        strbuf_printf(error, "--%s is no option of a route", option->name);
        return false;
    }
    return true;
}

static int read_words(struct route_items *items, bool is_flow, const struct exa_words *words,
                      struct strbuf *error)
{
    static char first[] = "advertise", route[] = "route", flow[] = "flow";
    struct cli_call call = {0};
    char **all = mem_resize(NULL, words->count + 2, sizeof(*all));
    bool done = false;
    all[0] = first;
    all[1] = is_flow ? flow : route;
    for (size_t i = 0; i < words->count; i++)
        all[i + 2] = (char *)(uintptr_t)words->words[i].text;
    if (cli_parse(&cli_table, (int)words->count + 2, all, &call, error) == 0 &&
        are_of_routes(&call, error))
        done = is_flow ? route_items_add_flow(items, &call, error)
                       : route_items_add_routes(items, &call, error);
    cli_call_release(&call);
    free(all);
    return done ? 0 : ERR_INVALID;
}

/* --- JSON --- */

/* Moves a member to where the API takes it. */
static void rename_member(json_t *item, const char *from, const char *to)
{
    json_t *value = json_object_get(item, from);
    if (value && !json_object_get(item, to))
        json_object_set(item, to, value);
    json_object_del(item, from);
}

/* A flow is shown with a list of actions; the communities that they are made of stand beside. */
static void take_actions(json_t *item)
{
    json_t *actions = json_object_get(item, "actions");
    if (!json_is_array(actions))
        return;
    if (!json_object_get(item, "action")) {
        json_t *first = json_array_get(actions, 0);
        json_object_set_new(item, "action", first ? json_incref(first) : json_string("accept"));
    }
    json_object_del(item, "actions");
}

/* The family of a route that is shown. */
static void take_family(json_t *item)
{
    const char *afi = json_string_value(json_object_get(item, "afi"));
    const char *safi = json_string_value(json_object_get(item, "safi"));
    if (!afi || !safi)
        return;
    struct strbuf family = {0};
    strbuf_printf(&family, "%s %s", afi, safi);
    if (json_object_get(item, "matches"))
        json_object_set_new(item, "afi", json_integer(strcmp(afi, "IPv6") == 0 ? 2 : 1));
    else
        json_object_set_new(item, "family", json_string(strbuf_text(&family)));
    if (!json_object_get(item, "matches"))
        json_object_del(item, "afi");
    strbuf_release(&family);
}

/* Makes an item of a route that was shown. */
static void take_shown(json_t *item)
{
    static const char *const said_of_it[] = {
        "source",     "safi",       "received_at", "age",  "created_at",    "changed_at",
        "expires_at", "expires_in", "warnings",    "best", "advertised_to", "beyond_limit",
    };
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(item, next, key, value)
    {
        if (json_is_null(value))
            json_object_del(item, key);
    }
    if (json_object_get(item, "rules"))
        json_object_del(item, "prefix"); /* the rules in one text */
    rename_member(item, "rules", "matches");
    rename_member(item, "expires_in", "ttl");
    take_actions(item);
    take_family(item);
    for (size_t i = 0; i < sizeof(said_of_it) / sizeof(said_of_it[0]); i++)
        json_object_del(item, said_of_it[i]);
}

static int read_json(struct route_items *items, const char *line, size_t len_bytes,
                     struct strbuf *error)
{
    json_error_t problem;
    json_t *item = json_loadb(line, len_bytes, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(item)) {
        strbuf_printf(error, "column %d: %s", problem.column, problem.text);
        json_decref(item);
        return ERR_INVALID;
    }
    take_shown(item);
    bool is_flow = json_object_get(item, "matches") != NULL;
    json_array_append_new(is_flow ? items->flows : items->routes, item);
    return 0;
}

/* --- lines --- */

int route_items_read(struct route_items *items, bool is_flow, const char *line, size_t len_bytes,
                     struct strbuf *error)
{
    struct exa_words words;
    size_t blank = 0;
    while (blank < len_bytes && strchr(" \t\r", line[blank]) && line[blank] != '\0')
        blank++;
    if (blank < len_bytes && line[blank] == '{')
        return read_json(items, line, len_bytes, error);
    int rc = exa_words_read(&words, line, len_bytes, error);
    if (rc == 0 && words.count > 0)
        rc = read_words(items, is_flow, &words, error);
    exa_words_release(&words);
    return rc;
}

void route_item_strip(json_t *item)
{
    static const char *const kept[] = {"prefix", "rd", "labels", "family", "afi", "matches", "to"};
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(item, next, key, value)
    {
        bool is_kept = false;
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
            is_kept |= strcmp(key, kept[i]) == 0;
        if (!is_kept)
            json_object_del(item, key);
    }
}
