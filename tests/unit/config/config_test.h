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

#include "base/strbuf.h"
#include "config/config.h"

/* Five lines that make a whole file: what follows is line 6, and belongs to the peer. */
#define PEER                                                                                       \
    "router_id = \"192.0.2.1\"\n"                                                                  \
    "default_as = 65000\n"                                                                         \
    "[[peers]]\n"                                                                                  \
    "remote_ip = \"192.0.2.2\"\n"                                                                  \
    "remote_as = 65001\n"

#define GLOBAL_KEYS                                                                                \
    "router_id, default_as, cluster_id, bgp_socket, api_socket, api_hosts, api_token_file, "       \
    "poll_interval, "                                                                              \
    "groups, peers"
#define PEER_KEYS                                                                                  \
    "remote_ip, remote_as, group, local_as, router_id, description, enabled, passive, "            \
    "hold_timer, extended_messages, dest_port, connect_retry, local_address, md5_password, "       \
    "md5_password_file, "                                                                          \
    "ttl_security, multihop, fast_fallover, families, advertise_sources, max_prefixes, "           \
    "route_reflector_client, route_server_client, interpret_communities, next_hop_self, "          \
    "next_hop_ipv4, enforce_first_as, "                                                            \
    "allow_own_as, accept_martians, static_routes, static_flows"
#define ROUTE_KEYS "prefix, next_hop, origin, as_path, local_pref, multi_exit_disc, communities"
#define FLOW_KEYS  "afi, action, matches, origin, as_path, local_pref, multi_exit_disc, communities"

static inline struct config *parse(const char *text, struct config_errors *errors)
{
    return config_parse(text, strlen(text), "t.toml", errors);
}

/* A text without a problem; config_free() the result. */
static inline struct config *parse_good(const char *text)
{
    struct config_errors errors = {0};
    struct config *c = parse(text, &errors);
    if (!c) {
        print_error("refused:\n%s\n", strbuf_text(&errors.text));
        fail_msg("%s", text);
    }
    assert_int_equal(errors.count, 0);
    assert_string_equal(strbuf_text(&errors.text), "");
    strbuf_release(&errors.text);
    return c;
}

/* A text whose problems are exactly `expected` (whole lines). */
static inline void assert_problems(const char *text, const char *expected)
{
    struct config_errors errors = {0};
    struct config *c = parse(text, &errors);
    if (c || strcmp(strbuf_text(&errors.text), expected) != 0) {
        print_error("got\n%s\n", strbuf_text(&errors.text));
        print_error("expected\n%s\n", expected);
        fail_msg("%s", text);
    }
    size_t lines = 0;
    for (const char *p = expected; *p; p++)
        lines += *p == '\n';
    for (const char *p = strstr(expected, ": warning: "); p; p = strstr(p + 1, ": warning: "))
        lines--;
    assert_int_equal(errors.count, lines);
    strbuf_release(&errors.text);
}

#endif
