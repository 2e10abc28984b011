/* Fuzz target: the configuration file, also where it is not TOML. Beside not crashing: a refused
 * file names at least one problem, and each in one line; an accepted one differs from itself in
 * nothing, and is found by its own peers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "config/diff.h"
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
    } else {
        CHECK(report.error_count > 0 && report.line_count > 0);
    }
    check_report(&report);
    config_free(c);
    config_report_release(&report);
    free(text);
    return 0;
}
