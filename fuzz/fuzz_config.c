/* Fuzz target: the configuration file, also where it is not TOML. Beside not crashing: a refused
 * file names at least one problem, and each in one line; an accepted one differs from itself in
 * nothing, is found by its own peers, and what is shown of it, read again, is the same. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "config/diff.h"
#include "config/listing.h"
#include "config/load.h"
#include "policy/chain.h"

static void check_report(const struct config_report *report)
{
    CHECK(report->line_count <= 2 * (CONFIG_ERRORS_MAX + 1));
    for (size_t i = 0; i < report->line_count; i++)
        for (const char *c = report->lines[i].text; *c != '\0'; c++)
            CHECK((unsigned char)*c >= ' ');
}

/* Chains are made of the policies that there are. */
static void check_chain(const struct config *c, const struct policy_chain *chain)
{
    CHECK(policy_chain_equal(chain, chain));
    for (size_t i = 0; chain && i < chain->policy_count; i++)
        CHECK(config_find_same_policy(c, chain->policies[i]) == chain->policies[i]);
}

static void check_config(const struct config *c)
{
    CHECK(config_changed_keys(c, c) == 0);
    for (size_t i = 0; i < c->peer_count; i++) {
        const struct config_peer *p = &c->peers[i];
        CHECK(config_peer_changed_keys(p, p) == 0);
        struct config_routes_cursor at = {0};
        const struct static_route *route;
        enum config_route_change change;
        while ((change = config_routes_next(p, p, &at, &route)) != CONFIG_ROUTES_END)
            CHECK(change == CONFIG_ROUTE_STAYS);
        struct config_peer *began = config_session_copy(p);
        CHECK((config_peer_changed_keys(began, p) & config_session_keys(true)) == 0);
        config_session_copy_free(began);
        CHECK(config_find_peer(c, &p->remote, p->remote_interface) == p);
        CHECK(p->families != 0 && p->remote_as != 0 && p->local_as != 0 && p->router_id != 0);
        for (size_t k = 0; k < p->channel_count; k++) {
            check_chain(c, p->channels[k].import);
            check_chain(c, p->channels[k].export);
        }
        for (size_t k = 1; k < p->route_count; k++)
            CHECK(static_route_compare_key(&p->routes[k - 1], &p->routes[k]) < 0);
    }
}

/* What is shown of a configuration, as a file. */
struct shown {
    struct strbuf text;
    struct strbuf table;
    bool partial; /* secrets, and lists of which the length alone is kept */
};

static void add_shown(void *ctx, const struct config_setting *s)
{
    struct shown *shown = ctx;
    const char *item = s->packed ? s->packed->items : NULL;
    bool is_other = !s->key || strcmp(strbuf_text(&shown->table), s->table) != 0;
    if (!s->table_given)
        return;
    if (s->table[0] != '\0' && is_other)
        strbuf_printf(&shown->text, "%s\n", s->table);
    strbuf_clear(&shown->table);
    strbuf_add(&shown->table, s->table);
    if (!s->key || s->origin != CONFIG_FROM_FILE)
        return;
    shown->partial = shown->partial || (!s->toml && !item && strcmp(s->key, "tests") != 0);
    strbuf_add(&shown->text, item ? s->key : s->toml ? s->toml : "#");
    for (size_t i = 0; item && i < s->packed->count; i++, item += strlen(item) + 1)
        strbuf_printf(&shown->text, "%s%s", i > 0 ? ", " : " = [", item);
    strbuf_add(&shown->text, item ? "]\n" : "\n");
}

static void check_shown(const struct config *c)
{
    const struct config_listing all = {.defaults = true, .full = true};
    struct config_listing_at at = {0};
    struct config_report report = {0};
    struct shown shown = {0};
    while (config_listing_next(c, &all, &at, add_shown, &shown))
        ;
    struct config *again = shown.partial ? NULL
                                         : config_parse(strbuf_text(&shown.text),
                                                        shown.text.len_bytes, c->path, &report);
    CHECK(shown.partial || again);
    CHECK(!again || config_changed_keys(c, again) == 0);
    CHECK(!again || (again->peer_count == c->peer_count && config_same_policies(c, again)));
    for (size_t i = 0; again && i < c->peer_count; i++)
        CHECK(config_peer_changed_keys(&c->peers[i], &again->peers[i]) == 0);
    config_free(again);
    config_report_release(&report);
    strbuf_release(&shown.text);
    strbuf_release(&shown.table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_report report = {0};
    char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    struct config *c = config_parse(text, size, "/nonexistent/fuzz.toml", &report);
    if (c) {
        CHECK(report.error_count == 0);
        check_config(c);
        check_shown(c);
    } else {
        CHECK(report.error_count > 0 && report.line_count > 0);
    }
    check_report(&report);
    config_free(c);
    config_report_release(&report);
    free(text);
    return 0;
}
