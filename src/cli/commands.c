/* The table of subcommands: the parser and the help at every level are made from it. Groups stand
 * before their members. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#include "cli/complete.h"
#include "cli/health_options.h"
#include "cli/healthcheck.h"
#include "cli/json_cell.h"
#include "cli/pipe.h"
#include "cli/request.h"
#include "cli/text.h"

static const struct cli_option global_options[] = {
    {"host", 0, CLI_TEXT, "HOST", "where its API is: HOST, https://HOST, unix:PATH ($BGPD_HOST)", 0,
     0},
    {"port", 'p', CLI_NUMBER, "PORT", "the API's port ($BGPD_PORT, 8080)", 1, 65535},
    {"token-file", 0, CLI_TEXT, "FILE", "bearer token: who asks ($BGPD_TOKEN_FILE)", 0, 0},
    {"ca", 0, CLI_TEXT, "FILE", "who may vouch for an https:// host ($BGPD_CA)", 0, 0},
    {"json", 0, CLI_FLAG, NULL, "print the API's result, and errors as JSON", 0, 0},
    {"format", 0, CLI_TEXT, "FORMAT", "table, json, ndjson (one a line) or csv (of lists)", 0, 0},
    {"no-pager", 0, CLI_FLAG, NULL, "print at once, also on a terminal", 0, 0},
    {"verbose", 'v', CLI_FLAG, NULL, "log more; -vv even more", 0, 0},
    {"help", 'h', CLI_FLAG, NULL, "explain the command", 0, 0},
    {"version", 0, CLI_FLAG, NULL, "print this program's version", 0, 0},
    {0},
};

#define RD_OPTION(help)                                                                            \
    {                                                                                              \
        "rd", 0, CLI_TEXT, "RD", help, 0, 0                                                        \
    }

#define LIST_OPTIONS                                                                                 \
    {"family", 0, CLI_FAMILY, "FAMILY", "only routes of this family", 0, 0},                         \
        RD_OPTION("only routes with this route distinguisher"),                                      \
        {"limit", 0, CLI_NUMBER, "N", "at most so many routes, or groups of --by", 1, UINT32_MAX},   \
        {"exact", 0, CLI_TEXT, "PREFIX", "this prefix; flows to or from it", 0, 0},                  \
        {"longest", 0, CLI_TEXT, "ADDRESS", "the longest prefix that covers it; flows that do",      \
         0,         0},                                                                              \
        {"longer", 0, CLI_TEXT, "PREFIX", "the prefix and what is within it; flows likewise", 0, 0}, \
        {"as", 0, CLI_TEXT, "ASN", "with this AS in the path", 0, 0},                                \
        {"as-path", 0, CLI_TEXT, "REGEX", "in whose path this is found: \"^65001_\", \"_65010$\"",   \
         0,         0},                                                                              \
        {"origin-as", 0, CLI_TEXT, "ASN", "that began in this AS", 0, 0},                            \
        {"community", 0, CLI_TEXT, "COMMUNITY", "with this community", 0, 0},                        \
        {"rov", 0, CLI_TEXT, "STATE", "whose origin is valid, invalid or not-found", 0, 0},          \
    {                                                                                                \
        "from", 0, CLI_TEXT, "SOURCE", "from this neighbor or network, or of API or Config", 0, 0    \
    }

#define ATTRIBUTE_OPTIONS                                                                          \
    {"origin", 'o', CLI_TEXT, "ORIGIN", "IGP, EGP or Incomplete (IGP)", 0, 0},                     \
        {"as-path", 'a', CLI_LIST, "ASNS", "\"100 200\", the nearest AS first", 0, 0},             \
        {"local-pref", 'p', CLI_NUMBER, "N", "local preference", 0, UINT32_MAX},                   \
        {"med", 0, CLI_NUMBER, "N", "multi-exit discriminator", 0, UINT32_MAX},                    \
        {"community", 'c', CLI_LIST, "COMMUNITIES", "\"65000:1 target:1:2\"", 0, 0},               \
        {"aggregator", 0, CLI_TEXT, "ASN:ID", "who put it together: 65000:192.0.2.1", 0, 0},       \
        {"atomic-aggregate", 0, CLI_FLAG, NULL, "the AS path lacks some of the ASes", 0, 0},       \
        {"originator-id", 0, CLI_TEXT, "ID", "originator, for internal neighbors", 0, 0},          \
        {"cluster-list", 0, CLI_LIST, "IDS", "\"192.0.2.1 192.0.2.2\", the nearest first", 0, 0},  \
    {                                                                                              \
        "aigp", 0, CLI_NUMBER, "N", "accumulated metric, for internal neighbors", 0, INT64_MAX     \
    }

/* What names a route, beside its prefix. */
#define KEY_OPTIONS                                                                                \
    {"family", 0, CLI_PREFIX_FAMILY, "FAMILY", "instead of that which the rest speaks for", 0, 0}, \
        RD_OPTION("route distinguisher: 65000:1, 192.0.2.1:1"),                                    \
    {                                                                                              \
        "label", 'l', CLI_LIST, "LABELS", "\"100 200\", the top one first", 0, 0                   \
    }

#define MATCH_OPTION                                                                               \
    {                                                                                              \
        "match", 'm', CLI_LIST, "MATCH", "\"destination 192.0.2.0/24\", \"port 8000-8080\"", 0, 0  \
    }

#define AIM_OPTION(help)                                                                           \
    {                                                                                              \
        "to", 't', CLI_LIST, "WHOM", help, 0, 0                                                    \
    }

/* What there is to an originated route beside the route. */
#define TERMS_OPTIONS                                                                              \
    AIM_OPTION("only to these: peers, networks, groups"),                                          \
        {"ttl", 0, CLI_TEXT, "TIME", "withdraw it after this: 90s, 10m, 12h", 0, 0},               \
        {"owner", 0, CLI_TEXT, "NAME", "whose it is", 0, 0},                                       \
        {"route-label", 0, CLI_TEXT, "TEXT", "a text to find it by", 0, 0},                        \
    {                                                                                              \
        "tag", 0, CLI_LIST, "TAGS", "words to find it by", 0, 0                                    \
    }

#define DRY_RUN_OPTION                                                                             \
    {                                                                                              \
        "dry-run", 'n', CLI_FLAG, NULL, "change nothing: say what would be", 0, 0                  \
    }

#define ORIGINATED_NAME_OPTIONS                                                                    \
    {"owner", 0, CLI_TEXT, "NAME", "those of this owner", 0, 0},                                   \
        {"route-label", 0, CLI_TEXT, "TEXT", "those with this label", 0, 0},                       \
    {                                                                                              \
        "tag", 0, CLI_TEXT, "TAG", "those with this tag", 0, 0                                     \
    }

/* Many of them. */
#define FILE_OPTIONS                                                                               \
    {"file", 'f', CLI_TEXT, "FILE", "those of this file, one a line (-: standard input)", 0, 0},   \
    {                                                                                              \
        "all-or-nothing", 0, CLI_FLAG, NULL, "none where one is wrong", 0, 0                       \
    }

#define WITHDRAW_OPTIONS                                                                           \
    AIM_OPTION("the one that was advertised to these"),                                            \
        {"all", 0, CLI_FLAG, NULL, "all of them", 0, 0},                                           \
        {"owner", 0, CLI_TEXT, "NAME", "those of this owner", 0, 0},                               \
        {"route-label", 0, CLI_TEXT, "TEXT", "those with this label", 0, 0},                       \
    {                                                                                              \
        "tag", 0, CLI_TEXT, "TAG", "those with this tag", 0, 0                                     \
    }

#define MESSAGE_OPTION                                                                             \
    {                                                                                              \
        "message", 'm', CLI_TEXT, "MESSAGE", "a reason for the peer's operator (RFC 9003)", 0, 0   \
    }

/* What no command is called, so that the daemon is asked, and says what is wrong with it. */
static bool is_like_prefix(const char *text)
{
    return strpbrk(text, ".:/") != NULL;
}

static const struct cli_option run_options[] = {
    {"api", 0, CLI_TEXT, "ADDR:PORT", "where to serve the API (or unix:PATH), not at api_socket", 0,
     0},
    {0},
};
static const struct cli_option audit_options[] = {
    {"owner", 0, CLI_TEXT, "NAME", "with the token of this name, or for this owner", 0, 0},
    {"method", 0, CLI_TEXT, "METHOD", "only calls of this method of the API", 0, 0},
    {"prefix", 0, CLI_TEXT, "PREFIX", "what names it, or one within it", 0, 0},
    {"since", 0, CLI_TEXT, "TIME", "only of the last 90s, 10m, 12h", 0, 0},
    {"last", 0, CLI_NUMBER, "N", "only what is among the newest so many calls", 1, UINT32_MAX},
    {0},
};
static const struct cli_option token_options[] = {
    {"role", 0, CLI_TEXT, "ROLE", "read, originate or full", 0, 0},
    {"prefix", 0, CLI_LIST, "PREFIXES", "what it may announce: \"192.0.2.0/24 le 32\"", 0, 0},
    {"to", 't', CLI_LIST, "WHOM", "whom it may aim at: peers, networks, groups (everybody)", 0, 0},
    {"output", 0, CLI_TEXT, "FILE", "write the token there, and do not print it", 0, 0},
    {0},
};
#define FILTERED_OPTION                                                                            \
    {                                                                                              \
        "filtered", 0, CLI_FLAG, NULL, "those alone that are not used, and why", 0, 0              \
    }

#define COUNT_OPTIONS                                                                              \
    {"count", 0, CLI_FLAG, NULL, "how many there are", 0, 0},                                      \
    {                                                                                              \
        "by", 0, CLI_TEXT, "WHAT", "how many by origin-as, peer, next-hop or community", 0, 0      \
    }

static const struct cli_option learned_options[] = {
    LIST_OPTIONS, FILTERED_OPTION, COUNT_OPTIONS, {0}};
static const struct cli_option advertised_options[] = {
    LIST_OPTIONS,
    {"withheld", 0, CLI_FLAG, NULL, "what was not sent instead, and why", 0, 0},
    COUNT_OPTIONS,
    {0},
};
static const struct cli_option routes_options[] = {
    LIST_OPTIONS,
    {"best", 0, CLI_FLAG, NULL, "best routes only", 0, 0},
    FILTERED_OPTION,
    COUNT_OPTIONS,
    {0},
};
static const struct cli_option explain_options[] = {
    {"peer", 0, CLI_TEXT, "PEER", "what this neighbor sent, and what it is told", 0, 0},
    {"out", 0, CLI_FLAG, NULL, "also who is told, and who is not and why", 0, 0},
    {"family", 0, CLI_FAMILY, "FAMILY", "only routes of this family", 0, 0},
    RD_OPTION("only routes with this route distinguisher"),
    {0},
};
static const struct cli_option route_options[] = {
    {"next-hop", 0, CLI_TEXT, "ADDRESS", "of all prefixes", 0, 0},
    ATTRIBUTE_OPTIONS,
    KEY_OPTIONS,
    TERMS_OPTIONS,
    FILE_OPTIONS,
    DRY_RUN_OPTION,
    {0},
};
static const struct cli_option route_key_options[] = {
    KEY_OPTIONS, WITHDRAW_OPTIONS, FILE_OPTIONS, DRY_RUN_OPTION, {0}};
static const struct cli_option flow_options[] = {MATCH_OPTION, ATTRIBUTE_OPTIONS, TERMS_OPTIONS,
                                                 FILE_OPTIONS, DRY_RUN_OPTION,    {0}};
static const struct cli_option match_options[] = {
    MATCH_OPTION, WITHDRAW_OPTIONS, FILE_OPTIONS, DRY_RUN_OPTION, {0}};
static const struct cli_option originated_options[] = {
    ORIGINATED_NAME_OPTIONS,
    {"to", 't', CLI_TEXT, "WHOM", "aimed at this peer, network or group", 0, 0},
    {"beyond-limits", 0, CLI_FLAG, NULL, "those that a limit would not permit now", 0, 0},
    LIST_OPTIONS,
    COUNT_OPTIONS,
    {0},
};
static const struct cli_option message_options[] = {MESSAGE_OPTION, {0}};
static const struct cli_option refresh_options[] = {
    {"family", 0, CLI_FAMILY, "FAMILY", "only this family", 0, 0},
    {0},
};

static const struct cli_option reload_options[] = {
    {"from", 0, CLI_TEXT, "FILE", "what this file says, instead of the daemon's own", 0, 0},
    {"diff", 'd', CLI_FLAG, NULL, "change nothing: say what would change", 0, 0},
    {"confirm", 0, CLI_TEXT, "TIME", "back by itself after so long (5m, 90s), unless confirmed", 0,
     0},
    {0},
};
static const struct cli_option config_options[] = {
    {"group", 0, CLI_TEXT, "GROUP", "only this group", 0, 0},
    {"defaults", 'd', CLI_FLAG, NULL, "also what is not given, of which a default is in force", 0,
     0},
    {"full", 0, CLI_FLAG, NULL, "also rules of policies and long lists", 0, 0},
    {0},
};
static const struct cli_option policy_diff_options[] = {
    {"peer", 0, CLI_TEXT, "PEER|NETWORK", "only this neighbor, or those in this network", 0, 0},
    {"routes", 'r', CLI_FLAG, NULL, "list every change, too", 0, 0},
    {"limit", 0, CLI_NUMBER, "N", "at most so many of them", 1, UINT32_MAX},
    {0},
};
static const struct cli_option policy_test_options[] = {
    {"peer", 0, CLI_TEXT, "PEER", "whose policies: a peer's name or address; or any with --peer-as",
     0, 0},
    {"peer-as", 0, CLI_TEXT, "ASN", "its AS (of the configuration, or the first of the path)", 0,
     0},
    {"export", 'e', CLI_FLAG, NULL, "the route goes out to the peer (it comes in from it)", 0, 0},
    {"from", 0, CLI_TEXT, "SOURCE", "whose route goes out: a peer, API or Config (API)", 0, 0},
    {"next-hop", 'n', CLI_TEXT, "ADDRESS", "next hop (the address of whom it is from)", 0, 0},
    ATTRIBUTE_OPTIONS,
    {"mark", 0, CLI_LIST, "MARKS", "\"blackhole via-ix\": marks it has already", 0, 0},
    KEY_OPTIONS,
    MATCH_OPTION,
    {"ipv6", '6', CLI_FLAG, NULL, "the matches are those of an IPv6 flow (IPv4)", 0, 0},
    {"route", 0, CLI_TEXT, "JSON", "the same as the API takes it: '{\"prefix\": …}'", 0, 0},
    {"file", 'f', CLI_TEXT, "FILE", "policies of this file, without a daemon", 0, 0},
    {0},
};

#define PEERS_ARG                                                                                  \
    {                                                                                              \
        .name = "PEER|NETWORK|all", .many = true                                                   \
    }

#define FLOW_ARG                                                                                   \
    {                                                                                              \
        .name = "ipv4|ipv6", .choices = "ipv4|ipv6", .optional = true                              \
    }

static const struct cli_option check_options[] = {
    {"coverage", 0, CLI_FLAG, NULL, "name the rules of policies that no test reaches", 0, 0},
    {0},
};

static const struct cli_command commands[] = {
    {
        .path = "run",
        .help = "Run the daemon in the foreground",
        .args = {{.name = "FILE"}},
        .options = run_options,
        .local = true,
        .run = cmd_run,
    },
    {
        .path = "check",
        .help = "Check a configuration file and print every problem",
        .args = {{.name = "FILE"}},
        .options = check_options,
        .local = true,
        .run = cmd_check,
    },
    {
        .path = "show",
        .aliases = "s",
        .help = "Show neighbors and routes",
    },
    {
        .path = "show neighbors",
        .aliases = "n neighbor neighbours neighbour peers peer",
        .help = "Show the neighbors, or one, briefly or in detail",
        .details =
            "A \"*\" marks a neighbor that is disabled. A configured network waits for any address "
            "in it\n(Listening). NETWORK shows all neighbors in it. Of one that is down it is said "
            "for how long, and what\nis in the way, or why its last session ended.",
        .args = {{.name = "PEER|NETWORK|all", .optional = true},
                 {.name = "detail", .optional = true, .keyword = true}},
        .has_csv = true,
        .is_read = true,
        .run = cmd_show_neighbors,
    },
    {
        .path = "show info",
        .help = "Show the daemon: version, uptime, and how long others have had to wait for it",
        .is_read = true,
        .run = cmd_show_info,
    },
    {
        .path = "show config",
        .aliases = "configuration",
        .help = "Show the settings in force, where each comes from, and what waits",
        .details = "The text is a configuration file: what a neighbor has of its group, defaults, "
                   "and what "
                   "is not shown\nstand behind a \"#\". PATH: \"router_id\", \"groups.transit\", "
                   "\"peers.192.0.2.1.hold_timer\": one\nsetting, or those below it. \"now\": what "
                   "holds at present instead, and why.",
        .args = {{.name = "PEER|NETWORK|PATH", .optional = true}},
        .has_csv = true,
        .options = config_options,
        .is_read = true,
        .run = cmd_show_config,
    },
    {
        .path = "show audit",
        .help = "Show what clients of the API have changed, or were refused, the newest last",
        .details = "Beside them stands what nobody has asked for by the API: reloads by SIGHUP, "
                   "leases that ended, and\ngoing back because nobody has confirmed.",
        .has_csv = true,
        .options = audit_options,
        .is_read = true,
        .run = cmd_show_audit,
    },
    {
        .path = "show routes",
        .aliases = "r route",
        .help = "Show the routing table, or the routes to one place; the best are marked \"*\"",
        .details =
            "ADDRESS|PREFIX: the routes to the longest prefix that covers it and has one that is "
            "asked for: that\nvery prefix where there is (--exact: no other). Where there are "
            "route "
            "distinguishers it is\nlooked for under each, or under --rd. Flows are found by "
            "destination and source: all that cover\nan address, for which one a packet meets "
            "depends on the rest of it. detail: all that is known.",
        .args = {{.name = "ADDRESS|PREFIX", .optional = true, .accepts = is_like_prefix},
                 {.name = "detail", .optional = true, .keyword = true}},
        .has_csv = true,
        .options = routes_options,
        .is_read = true,
        .run = cmd_show_routes,
    },
    {
        .path = "show routes learned",
        .aliases = "l",
        .help = "Show the routes that peers sent, as received",
        .details =
            "API and Config stand for BGPd's own routes, all for those of everybody. "
            "ADDRESS|PREFIX: those to\nthe longest prefix that covers it and has one. detail: "
            "all that is known of each.",
        .args = {{.name = "PEER|NETWORK|API|Config|all", .optional = true},
                 {.name = "ADDRESS|PREFIX", .optional = true},
                 {.name = "detail", .optional = true, .keyword = true}},
        .has_csv = true,
        .options = learned_options,
        .is_read = true,
        .run = cmd_show_routes_learned,
    },
    {
        .path = "show routes advertised",
        .aliases = "a",
        .help = "Show the routes that were sent to peers, as sent",
        .details =
            "ADDRESS|PREFIX: those to the longest prefix that covers it and was sent. What is "
            "asked of routes is\nasked of them as they were sent. detail: all that is known "
            "of each.",
        .args = {{.name = "PEER|NETWORK|all", .optional = true},
                 {.name = "ADDRESS|PREFIX", .optional = true},
                 {.name = "detail", .optional = true, .keyword = true}},
        .has_csv = true,
        .options = advertised_options,
        .is_read = true,
        .run = cmd_show_routes_advertised,
    },
    {
        .path = "show policies",
        .aliases = "policy",
        .help =
            "Show the policies, how often each of their rules held, and where they are attached",
        .details =
            "Imported counts the routes for which the condition of a rule held, whatever it "
            "then did; of the\ndefault, those that no rule decided; again when they are judged "
            "again. Exported counts how often\npolicies were asked, not routes: once for all "
            "neighbors that they do not tell apart, and, where no\nrule looks at the prefix, once "
            "for all routes with the same attributes, while the answer is kept.\nWhich routes a "
            "neighbor is not told, and by which rule: show routes advertised PEER --withheld",
        .args = {{.name = "POLICY", .optional = true}},
        .is_read = true,
        .run = cmd_show_policies,
    },
    {
        .path = "show rpki",
        .help = "Show the caches and files that VRPs and ASPAs come from",
        .details = "Used: what the cache says counts. Of several, those with the lowest preference "
                   "that have data do.\nIPv4, IPv6: VRPs. Age: since it last said what there is.",
        .is_read = true,
        .run = cmd_show_rpki,
    },
    {
        .path = "show originated",
        .aliases = "o",
        .help = "Show what the API announces: to whom, whose it is, and how long it stays",
        .details = "ADDRESS|PREFIX: what is to the longest prefix that covers it. What is asked of "
                   "routes is asked of\nthem as they were announced. detail: all that is known of "
                   "each.",
        .args = {{.name = "ADDRESS|PREFIX", .optional = true, .accepts = is_like_prefix},
                 {.name = "detail", .optional = true, .keyword = true}},
        .has_csv = true,
        .options = originated_options,
        .is_read = true,
        .run = cmd_show_originated,
    },
    {
        .path = "explain",
        .help = "Tell why the routes to a prefix are used or not, and to whom they are told",
        .details =
            "PREFIX: the routes to that very prefix; an address: those to the longest one that "
            "covers it.\nOf each path: which rule of which policy (FILE:LINE) accepted or rejected "
            "it, the rules that\nheld, with what they changed, and by which step of the decision "
            "process it is not the best.\n--out: also which neighbors are told, how, and why "
            "others "
            "are not. --peer: only what that\nneighbor (or those in a network) sent, beside the "
            "best, and what it is told.",
        .args = {{.name = "PREFIX|ADDRESS"}},
        .options = explain_options,
        .is_read = true,
        .run = cmd_explain,
    },
    {
        .path = "advertise",
        .aliases = "a announce",
        .help = "Advertise a route or a flow to all peers that take them from the API",
    },
    {
        .path = "advertise route",
        .aliases = "r",
        .help = "Advertise a route, or many",
        .details =
            "With --rd it is one of a VPN, with --label alone of labeled unicast; labels may "
            "be left out\nwhen it is withdrawn. Several prefixes have their next hop by "
            "--next-hop.\nA line of FILE is what stands here behind \"route\", or a JSON object as "
            "\"show originated\n--format ndjson\" writes it; what it does not say is as the "
            "options "
            "say. Lines that begin with #\nand empty ones say nothing.",
        .args = {{.name = "PREFIX", .optional = true},
                 {.name = "NEXT_HOP|PREFIX", .optional = true, .many = true}},
        .options = route_options,
        .run = cmd_advertise_route,
    },
    {
        .path = "advertise flow",
        .aliases = "f",
        .help = "Advertise a flow: what to do with which packets",
        .details =
            "ACTION: drop, accept, \"traffic-rate RATE\" (bytes per second, or with a unit: 1MB, "
            "10Mbit),\n\"redirect ASN:N\", \"redirect ADDRESS\", \"mark DSCP\", \"traffic-action "
            "sample|continue|\nsample-continue\" (terminal and sample-terminal are other words for "
            "the last two).\n"
            "MATCH: \"source PREFIX\", \"destination PREFIX\", or protocol, port, source-port,\n"
            "destination-port, icmp-type, icmp-code, packet-length, dscp, flow-label (IPv6) with "
            "values such as\n\"80 443\", \"8000-8080\", \">1023\", or tcp-flags, fragment with "
            "bits such as \"syn&!ack\".\nValues side by side are alternatives; \"&\" joins what "
            "must hold together.\nA line of FILE is what stands here behind \"flow\", or a JSON "
            "object.",
        .args = {FLOW_ARG, {.name = "ACTION", .is_phrase = true, .optional = true}},
        .options = flow_options,
        .run = cmd_advertise_flow,
    },
    {
        .path = "withdraw",
        .aliases = "w",
        .help = "Withdraw what was advertised by \"advertise\"",
    },
    {
        .path = "withdraw route",
        .aliases = "r",
        .help = "Withdraw routes: by prefix, of a file, or by what they have in common",
        .details = "A line of FILE is one that \"advertise route\" takes.",
        .args = {{.name = "PREFIX", .optional = true, .many = true}},
        .options = route_key_options,
        .run = cmd_withdraw_route,
    },
    {
        .path = "withdraw flow",
        .aliases = "f",
        .help = "Withdraw flows: one, those of a file, or by what they have in common",
        .details = "A line of FILE is one that \"advertise flow\" takes.",
        .args = {FLOW_ARG},
        .options = match_options,
        .run = cmd_withdraw_flow,
    },
    {
        .path = "pipe",
        .help = "Carry out the commands of standard input, or of a script made for ExaBGP",
        .details =
            "A line is a command of ExaBGP's text API, as \"announce route 192.0.2.0/24 next-hop "
            "self\", or a\ncall of BGPd's API in JSON. Each is answered by a line: \"done\" or "
            "\"error\" (--ack), or what the\nAPI answers. A script reads these on its standard "
            "input, and what changes of sessions; it is\nstarted again when it ends. What was "
            "announced stays at the end (--withdraw-on-exit), and is\nannounced again to a daemon "
            "that is started anew meanwhile.",
        .options = pipe_options,
        .program = "SCRIPT ARGS...",
        .run = cmd_pipe,
    },
    {
        .path = "healthcheck",
        .help = "Announce routes while a service is well, and withdraw them when it is not",
        .details =
            "Runs --cmd again and again. A service that is up is announced with --up-metric, one "
            "that is down\nwith --down-metric, or withdrawn (--withdraw-on-down); at the end it is "
            "withdrawn. Nothing is sent\nwhere nothing has changed. The options are those of "
            "ExaBGP's health check; addresses are not set\nup on interfaces.",
        .options = health_options,
        .run = cmd_healthcheck,
    },
    {
        .path = "neighbor",
        .aliases = "n neighbors neighbour neighbours peer peers",
        .help = "Control a neighbor, or all neighbors in a network, configured and dynamic ones",
    },
    {
        .path = "neighbor enable",
        .help = "Let a neighbor connect again",
        .args = {PEERS_ARG},
        .has_csv = true,
        .run = cmd_neighbor_enable,
    },
    {
        .path = "neighbor disable",
        .help = "End a neighbor's session and allow no other",
        .args = {PEERS_ARG},
        .has_csv = true,
        .options = message_options,
        .run = cmd_neighbor_disable,
    },
    {
        .path = "neighbor reset",
        .help = "End a neighbor's session; the next one may start at once",
        .args = {PEERS_ARG},
        .has_csv = true,
        .options = message_options,
        .run = cmd_neighbor_reset,
    },
    {
        .path = "neighbor refresh",
        .help = "Ask a neighbor to send its routes again",
        .args = {PEERS_ARG},
        .options = refresh_options,
        .run = cmd_neighbor_refresh,
    },
    {
        .path = "policy",
        .aliases = "p policies",
        .help = "Try policies, without a change to anything",
    },
    {
        .path = "policy diff",
        .aliases = "d",
        .help = "Show what the policies of another configuration would change of all routes",
        .details =
            "FILE is read here (\"-\": standard input) and sent, at most 1 MiB; relative names in "
            "it "
            "begin in the\nfolder of the daemon's own file. Nothing is changed, and the daemon "
            "goes "
            "on meanwhile. What comes\nin is judged by the policies of both; what goes out is "
            "compared by the best paths that there would\nbe. What other keys of FILE would change "
            "is named.",
        .args = {{.name = "FILE"}},
        .options = policy_diff_options,
        .is_read = true,
        .run = cmd_policy_diff,
    },
    {
        .path = "policy test",
        .aliases = "t",
        .help = "Show a route to policies, and what they make of it rule by rule",
        .details =
            "POLICY: one of the configuration, or several in their order: \"bogons customer-in\". "
            "The route\nis PREFIX with the options, or a flow with --match. The exit status is 0 "
            "when it is accepted,\n1 when it is rejected, 2 when that cannot be said.",
        .args = {{.name = "POLICY", .is_phrase = true}, {.name = "PREFIX", .optional = true}},
        .options = policy_test_options,
        .is_read = true,
        .run = cmd_policy_test,
    },
    {
        .path = "reload",
        .help = "Read the daemon's configuration file again, or put another one in force",
        .details =
            "FILE is read here (\"-\": standard input) and sent, at most 1 MiB; relative names in "
            "it "
            "begin in the\nfolder of the daemon's own file. That is not written: what was sent is "
            "in force until the daemon\nreads it again, by a reload without --from, SIGHUP, or "
            "its next start.\n--diff: as \"bgpd policy diff\" has it.\n--confirm: what was in "
            "force comes back after that time unless "
            "\"bgpd confirm\" comes before. Further\nreloads until then neither confirm nor, "
            "without --confirm, change the time.",
        .options = reload_options,
        .run = cmd_reload,
    },
    {
        .path = "confirm",
        .help = "Let what \"reload --confirm\" has put in force stay",
        .run = cmd_confirm,
    },
    {
        .path = "rollback",
        .help = "Go back to the configuration that was in force before",
        .details =
            "It comes back as it was read then, whatever its files say by now; after \"reload "
            "--confirm\" the one\nbefore that. What was in force takes its place: another rollback "
            "returns to it. A reload that changed\nnothing does not count. The file is not "
            "written: the next reload, SIGHUP or start reads it.",
        .run = cmd_rollback,
    },
    {
        .path = "token",
        .help = "Make tokens for clients of the API",
    },
    {
        .path = "token new",
        .help = "Make a token with a name and a role, and what the daemon's file says of it",
        .details =
            "The token itself is told once, or written to a new file (--output); the daemon's "
            "file, which api_tokens\nnames, has its hash: bgpd token new NAME --role read --output "
            "FILE >>/etc/bgpd/tokens.toml",
        .args = {{.name = "NAME"}},
        .options = token_options,
        .local = true,
        .run = cmd_token_new,
    },
    {
        .path = "completion",
        .help = "Print what makes a shell complete command lines of this program",
        .details =
            "For the present shell: source <(bgpd completion bash), likewise zsh; of fish: bgpd "
            "completion fish | source.\nPeers and policies are those of the daemon, which is "
            "asked.",
        .args = {{.name = "SHELL", .choices = "bash|zsh|fish"}},
        .local = true,
        .run = cmd_completion,
    },
    {
        .path = "version",
        .help = "Print the versions of this program and of the daemon",
        .run = cmd_version,
    },
    {
        .path = "help",
        .help = "Explain a command: bgpd help show routes",
    },
};

const struct cli_table cli_table = {
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
    .globals = global_options,
};

int cmd_run(struct cli *cli, const struct cli_call *call)
{
    return cli->program->run(call->args[0], cli_call_text(call, "api"), cli->verbosity);
}

int cmd_check(struct cli *cli, const struct cli_call *call)
{
    return cli->program->check(call->args[0], request_wants_json(cli),
                               cli_call_count(call, "coverage") > 0);
}

int cmd_version(struct cli *cli, const struct cli_call *call)
{
    (void)call;
    json_t *daemon;
    if (!request_wants_json(cli))
        printf("bgpd %s\n", BGPD_VERSION);
    int status = request_call(cli, "version", NULL, &daemon);
    if (daemon) {
        struct strbuf text = {0};
        struct strbuf clean = {0};
        static const char *const parts[][2] = {
            {"daemon: bgpd ", "version"},
            {", up ", "uptime"},
            {", router ID ", "router_id"},
            {", process ", "pid"},
        };
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            strbuf_add(&text, parts[i][0]);
            json_cell_add(&text, json_object_get(daemon, parts[i][1]), " ");
        }
        text_add_printable(&clean, strbuf_text(&text));
        printf("%s\n", strbuf_text(&clean));
        strbuf_release(&text);
        strbuf_release(&clean);
    }
    json_decref(daemon);
    return status;
}
