/* What the tests of the configuration share: parsing a text and looking at what comes out. */
#ifndef BGPD_TEST_CONFIG_TEST_H
#define BGPD_TEST_CONFIG_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/channel_keys.h"
#include "config/file.h"
#include "config/global.h"
#include "config/load.h"
#include "config/peer_keys.h"
#include "config/policies.h"
#include "config/policy_rules.h"
#include "config/static_routes.h"

/* Five lines that make a whole file: what follows is line 6, and belongs to the peer. */
#define PEER                                                                                       \
    "router_id = \"192.0.2.1\"\n"                                                                  \
    "default_as = 65000\n"                                                                         \
    "[[peers]]\n"                                                                                  \
    "remote_ip = \"192.0.2.2\"\n"                                                                  \
    "remote_as = 65001\n"

/* All keys of a table, where what is expected to be said lists them. */
#define GLOBAL_KEYS "<keys of the top level>"
#define PEER_KEYS   "<keys of [[peers]]>"
#define ROUTE_KEYS  "<keys of [[peers.static_routes]]>"
#define FLOW_KEYS   "<keys of [[peers.static_flows]]>"
#define LIMIT_KEYS  "<keys of max_prefixes>"
#define POLICY_KEYS "<keys of [policies.NAME]>"
#define RULE_KEYS   "<keys of [[policies.NAME.rules]]>"

/* `text` with the keys in the places of those; free() it. */
static inline char *with_keys(const char *text)
{
    static const struct schema *const schemas[] = {&schema_global, &schema_peer,  &schema_route,
                                                   &schema_flow,   &schema_limit, &schema_policy,
                                                   &schema_rule};
    struct strbuf out = {0};
    for (const char *mark; (mark = strstr(text, "<keys of ")); text = strchr(mark, '>') + 1) {
        const struct schema *s = NULL;
        for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
            if (strncmp(mark + 9, schemas[i]->title, strcspn(mark + 9, ">")) == 0)
                s = schemas[i];
        assert_non_null(s);
        strbuf_add_bytes(&out, text, (size_t)(mark - text));
        for (const char *lead = ""; s; s = s->more)
            for (size_t i = 0; i < s->count; i++, lead = ", ")
                strbuf_printf(&out, "%s%s", lead, s->keys[i].name);
    }
    strbuf_add(&out, text);
    return strbuf_take(&out);
}

static inline struct config *parse(const char *text, struct config_report *report)
{
    return config_parse(text, strlen(text), "t.toml", report);
}

/* All lines of a report, as the check prints them; free() it. */
static inline char *report_text(const struct config_report *report)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < report->line_count; i++)
        strbuf_printf(&text, "%.*s%s%s\n", (int)report->lines[i].lead_bytes, report->lines[i].text,
                      report->lines[i].warning ? "warning: " : "",
                      report->lines[i].text + report->lines[i].lead_bytes);
    return text.data ? strbuf_take(&text) : mem_strdup("");
}

/* True when the report says `part` in any of its lines. */
static inline bool report_says(const struct config_report *report, const char *part)
{
    bool found = false;
    for (size_t i = 0; i < report->line_count; i++)
        found = found || strstr(report->lines[i].text, part);
    return found;
}

/* Parses a text, about which exactly `what` (whole lines) must be said. The result may be NULL.
 */
static inline struct config *parse_saying(const char *text, const char *what)
{
    char *expected = with_keys(what);
    struct config_report report = {0};
    struct config *c = parse(text, &report);
    char *said = report_text(&report);
    if (strcmp(said, expected) != 0) {
        print_error("got\n%s\n", said);
        print_error("expected\n%s\n", expected);
        fail_msg("%s", text);
    }
    size_t counts[2] = {0};
    for (size_t i = 0; i < report.line_count; i++)
        counts[report.lines[i].warning]++;
    assert_int_equal(report.error_count, counts[0]);
    assert_int_equal(report.warning_count, counts[1]);
    assert_true((c != NULL) == (report.error_count == 0));
    free(said);
    free(expected);
    config_report_release(&report);
    return c;
}

/* A text without a problem, about which there may be warnings; config_free() the result. */
static inline struct config *parse_good(const char *text)
{
    struct config_report report = {0};
    struct config *c = parse(text, &report);
    if (!c) {
        char *said = report_text(&report);
        print_error("refused:\n%s\n", said);
        fail_msg("%s", text);
    }
    assert_int_equal(report.error_count, 0);
    config_report_release(&report);
    return c;
}

/* A text whose problems and warnings are exactly `expected`, among them a problem. */
static inline void assert_problems(const char *text, const char *expected)
{
    assert_null(parse_saying(text, expected));
}

/* A text that is taken, and whose warnings are exactly `expected`; "" for none. */
static inline void assert_warnings(const char *text, const char *expected)
{
    struct config *c = parse_saying(text, expected);
    assert_non_null(c);
    config_free(c);
}

/* The limit of a family that the peer has. */
static inline const struct config_limit *limit_of(const struct config_peer *peer,
                                                  enum family family)
{
    const struct config_channel *channel = config_peer_channel(peer, family);
    assert_non_null(channel);
    return &channel->max_prefixes;
}

#endif
