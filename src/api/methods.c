/* The table of methods. */
#include "api/methods.h"

#include <string.h>

#include "api/handlers.h"
#include "api/method_params.h"
#include "base/nearest.h"

#define ADVERTISE_RESULT                                                                           \
    "The route as the RIB has it (one that was there already keeps its age), with "                \
    "the members that `show_originated` has, and `warnings`, a list of lines "                     \
    "on what was done and is hardly meant; one of them says why where it goes to no peer. "        \
    "`replaced` is the one of the same key and aim that it took the place of, only where that "    \
    "was another one (but for the lease)."

static const struct method methods[] = {
    {
        .name = "show_peers",
        .access = ACCESS_READ,
        .help = "All peers, in the order of the configuration.",
        .result = "A list of peer summaries.",
        .result_type = "array",
        .run = handle_show_peers,
    },
    {
        .name = "show_peer_detail",
        .access = ACCESS_READ,
        .help = "Everything about one peer, or about all of them.",
        .params = {{"peer", PARAM_PEER, false,
                    "Only this peer, or all in this network: configured ones (addresses and "
                    "networks) and dynamic ones."}},
        .result = "With the address of a peer the details of it; with a network, or without "
                  "`peer`, a list "
                  "of them.",
        .run = handle_show_peer_detail,
    },
    {
        .name = "show_routes_learned",
        .access = ACCESS_READ,
        .help =
            "Routes that peers sent, as received (Adj-RIB-In), those that are not used included. "
            "Without `from_peer` those of the API and the configuration as well.",
        .params = {PARAM_LIST_FROM, PARAM_LIST_FAMILY, PARAM_LIST_LIMIT, PARAM_LIST_CURSOR,
                   PARAM_LIST_RD, PARAM_LIST_FILTERED, PARAM_LIST_ROV, PARAM_LIST_PLACE,
                   PARAM_LIST_AS, PARAM_LIST_COMMUNITY, PARAM_LIST_PATH},
        .result =
            "A list of routes. With `limit`, the answer has a member `cursor` beside `result`.",
        .result_type = "array",
        .run = handle_show_routes_learned,
    },
    {
        .name = "show_routes_advertised",
        .access = ACCESS_READ,
        .help = "Routes that were sent to peers, as sent (Adj-RIB-Out).",
        .params = {{"to_peer", PARAM_PEER, false,
                    "Only routes to this peer, or to all in this network."},
                   PARAM_LIST_FAMILY,
                   PARAM_LIST_LIMIT,
                   PARAM_LIST_CURSOR,
                   {"withheld", PARAM_FLAG, false,
                    "Instead what was not sent: each route as it is here, with the reason."},
                   PARAM_LIST_RD,
                   PARAM_LIST_ROV,
                   PARAM_LIST_PLACE,
                   PARAM_LIST_FROM,
                   PARAM_LIST_AS,
                   PARAM_LIST_COMMUNITY,
                   PARAM_LIST_PATH},
        .result = "A list of routes: `source` is the peer it was sent to, `learned_from` where it "
                  "came from, `withheld` why it was not sent. "
                  "With `limit`, the answer has a member `cursor` beside `result`.",
        .result_type = "array",
        .run = handle_show_routes_advertised,
    },
    {
        .name = "show_routes",
        .access = ACCESS_READ,
        .help =
            "The routing table (Loc-RIB): every route there is for a prefix, the best one marked. "
            "At most one of `exact`, `longest` and `longer` may be given. In families with route "
            "distinguishers they are looked for under each, or under `rd`.",
        .params = {PARAM_LIST_FAMILY,
                   PARAM_LIST_PLACE,
                   PARAM_LIST_FROM,
                   PARAM_LIST_AS,
                   PARAM_LIST_COMMUNITY,
                   {"best", PARAM_FLAG, false, "Only the best route to each prefix."},
                   PARAM_LIST_LIMIT,
                   PARAM_LIST_CURSOR,
                   PARAM_LIST_RD,
                   PARAM_LIST_FILTERED,
                   PARAM_LIST_ROV,
                   PARAM_LIST_PATH},
        .result =
            "`routes`, a list of routes, each with `best`; and `cursor`, null when these were all "
            "of them.",
        .result_type = "object",
        .run = handle_show_routes,
    },
    {
        .name = "count_routes",
        .access = ACCESS_READ,
        .help = "How many routes a list has, and how many of them by what they have in common. The "
                "other parameters are those of the lists, where these have them.",
        .params = {{"list", PARAM_ROUTE_LIST, false,
                    "Of `show_routes_learned`, `show_routes_advertised`, `show_routes` or "
                    "`show_originated`. Default: routes."},
                   {"by", PARAM_COUNT_BY, false,
                    "Counts for each AS that routes began in, peer (that they were sent to, of "
                    "advertised ones, else that they come from), next hop or community."},
                   {"limit", PARAM_COUNT, false, "At most so many groups, the largest."},
                   PARAM_LIST_FAMILY,
                   PARAM_LIST_RD,
                   PARAM_LIST_PLACE,
                   PARAM_LIST_FROM,
                   {"to_peer", PARAM_PEER, false,
                    "Of advertised ones: only routes to this peer, or to all in this network."},
                   PARAM_LIST_AS,
                   PARAM_LIST_COMMUNITY,
                   PARAM_LIST_PATH,
                   PARAM_LIST_FILTERED,
                   PARAM_LIST_ROV,
                   {"best", PARAM_FLAG, false,
                    "Of the routing table: only the best route to each prefix."},
                   {"withheld", PARAM_FLAG, false,
                    "Of advertised ones: instead what was not sent."},
                   PARAM_ORIGINATED_NAMES,
                   PARAM_AIMED_AT,
                   PARAM_BEYOND_LIMITS},
        .result =
            "`count`, how many routes there are. With `by` also `groups`, a list with the largest "
            "first: in each what they have in common (`origin_as`, null where the path is empty or "
            "ends with a set; `peer`; `next_hop`, null without one; `community`) and `count`; and "
            "`others`, how many are in none of these groups, as there are more than `limit` or "
            "than "
            "131072. By community a route counts once for each that it has. At most 8 counts by "
            "something are made at a time: others get the error -32000.",
        .result_type = "object",
        .run = handle_count_routes,
    },
    {
        .name = "explain",
        .access = ACCESS_READ,
        .help = "Why the routes to a prefix are used or not, why the best one is, and who is told "
                "it. What is said is made by what decides, which is asked again; policies that "
                "have just changed are asked as they are now.",
        .params = {{"prefix", PARAM_PLACE, true,
                    "The prefix, or an address: then the longest prefix that covers it. Where "
                    "there are route distinguishers it is looked for under each."},
                   {"peer", PARAM_PEER, false,
                    "Only what this peer, or those in this network, sent (beside the best path), "
                    "and what it is told."},
                   {"out", PARAM_FLAG, false, "Also what each peer is told, or why not."},
                   PARAM_LIST_FAMILY,
                   PARAM_LIST_RD},
        .result = "A list of [explanations](#an-explanation): one for each route of that name.",
        .result_type = "array",
        .run = handle_explain,
    },
    {
        .name = "show_policies",
        .access = ACCESS_READ,
        .help = "The policies of the configuration: how often each rule held (of what comes in "
                "routes are counted, of what goes out how often policies were asked), and where "
                "they are attached.",
        .params = {{"policy", PARAM_TEXT, false, "Only the one of this name."}},
        .result = "A list of [policies](#a-policy), in the order of their names.",
        .result_type = "array",
        .run = handle_show_policies,
    },
    {
        .name = "show_rpki",
        .access = ACCESS_READ,
        .help = "Where VRPs and ASPAs come from: RTR caches and files, and how these stand.",
        .result =
            "`caches`, a list in the order of the configuration, with `address`, `port`, "
            "`description`, `state` (\"waiting\" for the next attempt to connect, \"connecting\", "
            "\"asking\", \"receiving\", \"applying\" what was received, \"in sync\", \"without "
            "data\"), `in_use` (what it says counts), `preference`, `version` of the protocol, "
            "`session_id` and `serial` (null without data), `vrps_ipv4`, `vrps_ipv6`, `aspas`, "
            "`data_at` and `data_age` (when the cache last said what there is), `refresh_in_s`, "
            "`expire_in_s`, `connect_in_s` (seconds until it is asked, until its data expire, "
            "until "
            "the next attempt to connect; null: not now), `last_error` with `last_error_at` and "
            "`last_error_age`, and `errors`, how many there were; caches that are no longer in the "
            "configuration, and whose data count still, come last; `files`, with `path`, "
            "`vrps_ipv4`, `vrps_ipv6`, `aspas`, `expired` (entries that are left out), `read_at` "
            "and "
            "`read_age` (of what counts now), and `error`, `error_at`, `error_age` (null when it "
            "was good the last time); and `totals`, with `vrps_ipv4`, `vrps_ipv6` and `aspas` that "
            "routes are validated by, static ones included and each counted once.",
        .result_type = "object",
        .run = handle_show_rpki,
    },
    {
        .name = "advertise_route",
        .access = ACCESS_ORIGINATE,
        .help = "Advertises a route to all peers that take routes from the API. An earlier one of "
                "the same "
                "family to the same prefix, with the same route distinguisher where it has one, is "
                "replaced.",
        .params = {{"prefix", PARAM_ROUTE_PREFIX, true, "The prefix of the route."},
                   {"next_hop", PARAM_NEXT_HOP, true, "Where its packets go."},
                   PARAM_ROUTE_ATTRIBUTES,
                   PARAM_ROUTE_KEY,
                   PARAM_ORIGINATED_TERMS,
                   PARAM_DRY_RUN,
                   PARAM_MORE_ATTRIBUTES},
        .result = ADVERTISE_RESULT,
        .result_type = "object",
        .run = handle_advertise_route,
    },
    {
        .name = "advertise_flow",
        .access = ACCESS_ORIGINATE,
        .help = "Advertises a flow specification (RFC 8955) to all peers that take routes from the "
                "API. "
                "An earlier one with the same matches is replaced.",
        .params =
            {{"afi", PARAM_AFI, true, "Address family."},
             {"action", PARAM_ACTION, true,
              "\"drop\", \"accept\", \"traffic-rate N\" (bytes per second, or with a unit: "
              "\"10Mbit\"), \"redirect A:B\", \"redirect ADDRESS\", \"traffic-action sample\" "
              "(or continue, which the inherited word terminal means as well) or \"mark "
              "DSCP\"."},
             {"matches", PARAM_RULES, true,
              "Rules such as \"destination 10.0.0.0/8\", \"destination-port 8000-8080\"."},
             PARAM_ROUTE_ATTRIBUTES,
             PARAM_ORIGINATED_TERMS,
             PARAM_DRY_RUN,
             PARAM_MORE_ATTRIBUTES},
        .result = ADVERTISE_RESULT,
        .result_type = "object",
        .run = handle_advertise_flow,
    },
    {
        .name = "withdraw_route",
        .access = ACCESS_ORIGINATE,
        .help = "Withdraws a route that `advertise_route` added.",
        .params = {{"prefix", PARAM_ROUTE_PREFIX, true, "The prefix of the route."},
                   PARAM_ROUTE_KEY,
                   {"to", PARAM_AIM, false, "The aim that it has been advertised with."},
                   PARAM_DRY_RUN},
        .result = "`withdrawn`: the prefix.",
        .result_type = "object",
        .run = handle_withdraw_route,
    },
    {
        .name = "withdraw_flow",
        .access = ACCESS_ORIGINATE,
        .help = "Withdraws a flow that `advertise_flow` added.",
        .params = {{"afi", PARAM_AFI, true, "Address family."},
                   {"matches", PARAM_RULES, true, "The rules of the flow, in any order."},
                   {"to", PARAM_AIM, false, "The aim that it has been advertised with."},
                   PARAM_DRY_RUN},
        .result = "`withdrawn`: the rules, joined by \"; \".",
        .result_type = "object",
        .run = handle_withdraw_flow,
    },
    {
        .name = "advertise_routes",
        .access = ACCESS_ORIGINATE,
        .help = "Advertises many routes and flows. What an item does not say is as the parameters "
                "beside the lists say. Of several to the same the last one counts.",
        .params = {PARAM_MANY("advertise_route", "advertise_flow"),
                   {"next_hop", PARAM_NEXT_HOP, false, "Of routes that name none."},
                   {"action", PARAM_ACTION, false, "Of flows that name none."},
                   PARAM_ROUTE_ATTRIBUTES,
                   PARAM_ORIGINATED_TERMS,
                   PARAM_DRY_RUN,
                   PARAM_MORE_ATTRIBUTES},
        .result = "`advertised`, how many are now; " MANY_ERRORS "; `to_no_peer`, how many go to "
                  "no peer; `warnings`, a list of lines, 100 at most. In a dry run limits "
                  "count the items before each as if they had been carried out.",
        .result_type = "object",
        .run = handle_advertise_routes,
    },
    {
        .name = "withdraw_routes",
        .access = ACCESS_ORIGINATE,
        .help = "Withdraws many routes and flows that the API advertises.",
        .params = {PARAM_MANY("withdraw_route", "withdraw_flow"),
                   {"to", PARAM_AIM, false, "The aim of those that name none."},
                   PARAM_DRY_RUN},
        .result = "`withdrawn`, how many were; " MANY_ERRORS ".",
        .result_type = "object",
        .run = handle_withdraw_routes,
    },
    {
        .name = "show_originated",
        .access = ACCESS_READ,
        .help = "What the API originates.",
        .params = {PARAM_ORIGINATED_FILTER, PARAM_LIST_LIMIT, PARAM_LIST_CURSOR,
                   PARAM_BEYOND_LIMITS, PARAM_AIMED_AT, PARAM_LIST_RD, PARAM_LIST_PLACE,
                   PARAM_LIST_AS, PARAM_LIST_COMMUNITY, PARAM_LIST_PATH, PARAM_LIST_ROV,
                   PARAM_LIST_FROM},
        .result = "`routes`: a list of routes, each with what `advertise_route` answers but for "
                  "`warnings`: `owner`, `label`, `tags`, `to` (an empty list: all), `created_at`, "
                  "`changed_at`, `expires_at` (Unix time; null: never), `expires_in` (seconds), "
                  "`beyond_limit` (only where a "
                  "[limit](configuration.md#limits-on-what-the-api-announces) "
                  "would not permit it now: why), "
                  "`advertised_to`. `cursor`: null where there are no more.",
        .result_type = "object",
        .run = handle_show_originated,
    },
    {
        .name = "withdraw_originated",
        .access = ACCESS_ORIGINATE,
        .help = "Withdraws all that the API originates of an owner, with a label or a tag, or "
                "everything.",
        .params = {PARAM_ORIGINATED_FILTER,
                   {"all", PARAM_FLAG, false, "All of them; instead of owner, label and tag."},
                   PARAM_DRY_RUN},
        .result = "`withdrawn`: how many it were.",
        .result_type = "object",
        .run = handle_withdraw_originated,
    },
    {
        .name = "show_audit",
        .access = ACCESS_READ,
        .help = "What clients of the API have changed since the start, or were refused, and what "
                "changed by itself: SIGHUP, leases that end, reloads that nobody confirms. The "
                "newest last, and the latest `api_audit` of it.",
        .params = {{"owner", PARAM_LABEL, false,
                    "Only what came with the token of this name, or, without one, named this "
                    "owner."},
                   {"method", PARAM_TEXT, false, "Only calls of this method."},
                   {"prefix", PARAM_PREFIX, false,
                    "Only what names this prefix, one within it, or an address within it."},
                   {"since", PARAM_TTL, false, "Only of the last so long."},
                   {"last", PARAM_COUNT, false, "Only what is among the newest so many."},
                   {"limit", PARAM_COUNT, false, "At most so many."},
                   {"cursor", PARAM_CURSOR, false,
                    "Go on after the last one of an earlier answer: the `cursor` that came with "
                    "it."}},
        .result =
            "`changes`, a list: `number` (from 1 up, over all of them), `time` (Unix time), "
            "`owner` (the name of the token, else the owner that the call names, or whose route "
            "it was; null: none), `token` (whether it is the former), `address` (or "
            "\"unix:USER\", \"SIGHUP\", or \"daemon\", where it did it by itself), `method` "
            "(of what was no call, the one that does the same), `what` (the parameters, as in "
            "the log), `error` (null: it was carried out) and `repeats`, how "
            "often a client without a token was refused the same again; and `cursor`, null when "
            "there are no more.",
        .result_type = "object",
        .run = handle_show_audit,
    },
    {
        .name = "enable_peer",
        .access = ACCESS_FULL,
        .help = "Starts a peer that was disabled.",
        .params = {PARAM_PEER_NAME},
        .result = "A list of the summaries of what `peer` names.",
        .result_type = "array",
        .run = handle_enable_peer,
    },
    {
        .name = "disable_peer",
        .access = ACCESS_FULL,
        .help =
            "Ends the session with a peer, and stays away from it until it is enabled, or a reload "
            "changes `enabled` of it.",
        .params = {PARAM_PEER_NAME, PARAM_CEASE_MESSAGE},
        .result = "A list of the summaries of what `peer` names.",
        .result_type = "array",
        .run = handle_disable_peer,
    },
    {
        .name = "reset_peer",
        .access = ACCESS_FULL,
        .help = "Ends the session with a peer and starts it again.",
        .params = {PARAM_PEER_NAME, PARAM_CEASE_MESSAGE},
        .result = "A list of the summaries of what `peer` names.",
        .result_type = "array",
        .run = handle_reset_peer,
    },
    {
        .name = "refresh_peer",
        .access = ACCESS_FULL,
        .help = "Asks a peer for its routes again (ROUTE-REFRESH, RFC 2918).",
        .params = {PARAM_PEER_NAME,
                   {"family", PARAM_FAMILY, false, "Only this family; default: all."}},
        .result = "`families`: a list of those for which the request was sent.",
        .result_type = "object",
        .run = handle_refresh_peer,
    },
    {
        .name = "policy_test",
        .access = ACCESS_READ,
        .help = "Shows a route to policies of the configuration, and what they make of it. What a "
                "session would tell comes from the configuration of `peer`; the router id stands "
                "for our own address, where no `local_address` is configured.",
        .params =
            {{"policy", PARAM_POLICIES, true, "The policies, in their order."},
             {"prefix", PARAM_ROUTE_PREFIX, false, "The prefix of the route."},
             PARAM_ROUTE_KEY,
             {"afi", PARAM_AFI, false, "Instead of a prefix, of a flow: its address family."},
             {"matches", PARAM_RULES, false, "The rules of the flow."},
             {"next_hop", PARAM_NEXT_HOP, false,
              "Default: the address of the peer that it is from, or 192.0.2.1 or 2001:db8::1."},
             PARAM_ROUTE_ATTRIBUTES,
             {"marks", PARAM_MARKS, false, "Marks that it has already."},
             {"peer", PARAM_POLICY_PEER, false,
              "Whose policies they are: a configured peer, or any address with `peer_as`."},
             {"peer_as", PARAM_AS, false,
              "Its AS. Default: that of `peer`, or the first one of `as_path` where the route "
              "comes "
              "in."},
             {"export", PARAM_FLAG, false,
              "The route goes out to `peer`; else it comes in from it."},
             {"from", PARAM_POLICY_PEER, false,
              "Of a route that goes out, whose it is: a configured peer, \"API\" (the default) or "
              "\"Config\"."},
             PARAM_MORE_ATTRIBUTES},
        .result =
            "`result`, \"accept\" or \"reject\"; `by`, the rule that decided, with `policy`, "
            "`rule` "
            "(its name), `number` (from 1) and `line` in the file; rule and number are null where "
            "it is the policy's `default`, and `by` itself at the end of the policies, which "
            "accepts. `steps`, the rules that held, each with `by` and `changes`, and `changes`, "
            "all of them: what each `attribute` was `before` and is `after`; of communities and "
            "marks what was `removed` and `added`. `problem`, where a rule could not be carried "
            "out, else null; `peer`, `from` and `route`, what the policies were shown.",
        .result_type = "object",
        .run = handle_policy_test,
    },
    {
        .name = "policy_diff",
        .access = ACCESS_FULL,
        .help =
            "What the policies of another configuration would change of the routes that are there, "
            "without a change to anything. What peers have sent is shown to the import policies of "
            "both configurations; then the best paths are selected that there would be, and what "
            "each peer is told of these is compared, by its export policies and by all other "
            "rules. The tables may change meanwhile: each prefix is compared as it is in its turn. "
            "Only policies are of the other configuration: what other keys would change is named. "
            "It changes nothing, but reads files, which is why it is for who may change something.",
        .params = {{"path", PARAM_TEXT, false,
                    "The configuration file, where the daemon runs: an absolute path. Without it "
                    "and `config`, the daemon's own file: what `reload` would change."},
                   {"peer", PARAM_PEER, false, "Only this peer, or all in this network."},
                   {"routes", PARAM_FLAG, false, "List every change, too."},
                   {"limit", PARAM_COUNT, false, "At most so many of them."},
                   PARAM_SENT_CONFIG("Instead of a file, the text of a configuration.")},
        .result =
            "`peers`, a list of peers and families of which something changes: `import` and "
            "`export`, each with how many routes become `accepted` or `rejected` (going out: are "
            "`announced` or `withdrawn`) and how many are `different`, `rules` (which rule decides "
            "`before` and `after`, and of how many `routes`) and up to five `examples` of each. "
            "`totals` of all; `unchanged`, how many peers and families there are beside these. "
            "`routes`, the list of all changes, if asked for (`routes_cut`: it ends at the limit). "
            "Beside policies: `keys_changed` at the top level, `values` of these (`key`, `before`, "
            "`after`; null for none; left out where it is long, or secret), `sets_changed` "
            "(`kind`, "
            "`name`, and how many entries they have `before` and `after`; null for none), "
            "`peers_added`, `peers_removed`, and `peers_changed`, with the `keys` that differ, "
            "`values` of these likewise, those of them that `wait_for_session`, the next one, and "
            "whether the rest `resets_session`; `policy_keys`, those about policies that differ; "
            "and how many static routes and flows come, or change, and go (`static_routes_come`, "
            "`static_routes_go`). `not_compared`, a line for each key that may change what becomes "
            "of routes and was not looked at: `rpki`, `validate_flows`, `reject_aspa_invalid`. "
            "`warnings` on the file. `complete` is false when the configuration in force was "
            "changed meanwhile, which ends the comparison.",
        .result_type = "object",
        .run = handle_policy_diff,
    },
    {
        .name = "show_config",
        .access = ACCESS_READ,
        .help =
            "The settings that are in force, and where each comes from: also after a rollback, or "
            "when the file has been changed since. Secrets are not shown. The rules of policies "
            "and long lists, of more than 16 items, are counted, unless `full` asks for them, or "
            "`path` is that of one; so are tests of policies, and static routes and flows beyond "
            "10,000, in any case.",
        .params = {{"peer", PARAM_PEER, false,
                    "Only the settings of this peer, or of those in this network; of a dynamic "
                    "neighbor those of its network."},
                   {"group", PARAM_TEXT, false, "Only those of this group."},
                   {"path", PARAM_TEXT, false,
                    "Only the setting with this path, also where it is a default, or those below "
                    "it: \"router_id\", \"peers.192.0.2.1\", \"peers.192.0.2.1.hold_timer\"."},
                   {"defaults", PARAM_FLAG, false,
                    "Also what is not given, of which a default is in force."},
                   {"full", PARAM_FLAG, false, "Also rules of policies and long lists."},
                   {"limit", PARAM_COUNT, false, "At most so many settings."},
                   {"cursor", PARAM_CURSOR, false,
                    "Go on after the last setting of an earlier answer: the `cursor` that came "
                    "with it. The other parameters must be the same, and the same configuration "
                    "in force."}},
        .result =
            "`in_force` and `confirmation`, as in `show_info`; `files_changed`, a list of the "
            "files, of those that this was read of, that have been written since, null where that "
            "could not be seen within a second; `cursor`, null "
            "when there are no more; and `settings`, a list. Each has `path`; `key`, null where it "
            "stands for a table itself; `value`, null where it is not shown; `from`: \"file\", "
            "\"group\" (a peer has it of its `group`) or \"default\"; `file` and `line`, where it "
            "stands; `default`, what the default is where that is not a value alone; `secret`; "
            "`count`, of a list how many items it has, if it is one of those that are counted; "
            "`table`, the header that it stands below, after \"# \" where that is not in a file, "
            "and `toml`, the line that it could be there, or null; of long lists null, too: it is "
            "the key and the value. `meanwhile` is null, or something else holds now than the "
            "configuration says: `value`, `why` (it \"waits for the session to restart\", \"waits "
            "for the next connection\", \"waits for the next start\", or was told by a command), "
            "and in how many sessions (`neighbors`), or null. `value` is then null where there is "
            "none, and \"another\" of a secret.",
        .result_type = "object",
        .run = handle_show_config,
    },
    {
        .name = "reload",
        .access = ACCESS_FULL,
        .help =
            "Reads the configuration file again and applies what differs; or, with `config`, what "
            "differs in that. An error changes nothing. The file is not written: what was sent is "
            "in force until the file is read again, by a reload without `config` or by a start. "
            "While another reload is under way, this one waits.",
        .params = {PARAM_SENT_CONFIG("The text of a configuration, to be in force instead of what "
                                     "the file says. `policy_diff` tells beforehand what its "
                                     "policies would change."),
                   {"confirm", PARAM_TTL, false,
                    "After this time what was in force comes back by itself, unless `confirm` is "
                    "called before. Further reloads until then neither confirm nor, without "
                    "`confirm` of their own, change the time."}},
        .result =
            "`summary`, the counts in words, and these: `peers_added`, `peers_removed`, "
            "`peers_changed`; `sessions_reset`, sessions that were up, have ended, and may begin "
            "anew at once, and `sessions_ended`, those of peers that are gone, disabled or closed; "
            "`routes_announced` and `routes_withdrawn`, static routes and flows, once for each "
            "peer that was told; `sockets_opened` and `sockets_closed`, those that listen. "
            "`keys_changed` is a list of the keys at the top level that have other values (but for "
            "sockets). `in_force`: the configuration, and `confirmation`, as in `show_info`. "
            "`failed` is a "
            "list of "
            "lines on what is not in force and is tried again; "
            "`warnings` one of lines on what has no effect in the file, and on keys that wait for "
            "the next session of a peer.",
        .result_type = "object",
        .run = handle_reload,
    },
    {
        .name = "confirm",
        .access = ACCESS_FULL,
        .help = "What a `reload` with `confirm` has put in force stays. An error (-32000) when "
                "there is nothing to confirm.",
        .result = "`in_force`, as in `show_info`.",
        .result_type = "object",
        .run = handle_confirm,
    },
    {
        .name = "rollback",
        .access = ACCESS_FULL,
        .help =
            "Goes back to the configuration that was in force before, as it was read then, "
            "whatever its files say by now; after a `reload` that is to be confirmed, to the one "
            "before it. What was in force takes its place, so that another `rollback` returns to "
            "it. A reload that changed nothing does not count. The file is not written. An error "
            "(-32000) when there was none before, as after a start.",
        .result = "As that of `reload`.",
        .result_type = "object",
        .run = handle_rollback,
    },
    {
        .name = "show_info",
        .access = ACCESS_READ,
        .help = "The daemon, where it listens, and how long others have had to wait for it.",
        .result =
            "What `version` tells, `configuration` (the file); `in_force`, which configuration "
            "that is: `from` (\"file\", or \"request\": one that `reload` was sent), `name` (the "
            "file, or what the sender calls it), `since` (Unix time) and `rolled_back` (it was in "
            "force "
            "before, and came back without being read again); `confirmation`, null unless a "
            "`reload` is to be confirmed: `until` (Unix time) and `left` (\"HH:MM:SS\"), after "
            "which what is in `back_to` (`from`, `name`, `since`) comes back; `bgp_sockets` and "
            "`api_sockets`, "
            "lists of where it listens, and `waiting_for`, a list of lines on what is not in "
            "force and is tried again: sockets that could not be opened, peers that cannot be "
            "protected; and `loop`: `longest_turn_ms`, the longest time for which nobody else was "
            "served, `longest_turn_processor_ms`, for how much of that the loop had a processor "
            "(for "
            "the rest others had them), `longest_turn_cause` (\"input\", \"sweep\" of routes of "
            "peers that are gone, "
            "\"rpki\", what caches and files say, "
            "\"review\" of received routes, \"validation\" of those whose VRPs or ASPAs have "
            "changed, \"reload\", \"originated\" routes whose leases end, or whose peers have "
            "changed, \"export\", \"flows\" that are held against other routes than "
            "before, \"passes\" of new and slow "
            "peers, \"sending\", \"memory\", \"api\", \"timers\") and `longest_turn_at` (Unix "
            "time), null before the first one, and `long_turns`, how many were longer than 100 "
            "ms.",
        .result_type = "object",
        .run = handle_show_info,
    },
    {
        .name = "version",
        .access = ACCESS_READ,
        .help = "Which daemon this is.",
        .result = "`name`, `version`, `uptime`, `router_id`, `pid`.",
        .result_type = "object",
        .run = handle_version,
    },
    {
        .name = "rpc.discover",
        .access = ACCESS_READ,
        .help = "This table of methods.",
        .result = "An OpenRPC document.",
        .result_type = "object",
        .run = handle_discover,
    },
};

const struct method *methods_table(size_t *ret_count)
{
    *ret_count = sizeof(methods) / sizeof(methods[0]);
    return methods;
}

const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i].name[0] == name[0] && strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

const char *method_nearest(const char *name)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        nearest_offer(&nearest, methods[i].name);
    return nearest.best;
}
