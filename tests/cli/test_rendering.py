"""Tables for people."""

import csv
import json
import os
import pty
import re
import subprocess
import unicodedata

import pytest
from fake_daemon import BGPD, peer, route, run


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def column(lines, heading):
    """The texts below a left-aligned heading, which must all begin where the heading does."""
    start = lines[0].index(heading)
    texts = []
    for line in lines[1:]:
        at = 0
        for i, c in enumerate(line):
            if at == start:
                texts.append(re.split(r"  +", line[i:])[0])
                break
            at += width(c)
    return texts


def test_neighbors(daemon, bgpd):
    daemon.answers(
        [
            peer("127.0.0.2"),
            peer("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", remote_asn=4200000000),
            peer("127.0.0.9", enabled=False, state="Disabled", router_id=None, uptime=None,
                 msg_received=None, msg_sent=None, prefixes_received=None, prefixes_accepted=None,
                 prefixes_advertised=None),
        ]
    )  # fmt: skip
    lines = bgpd("show", "neighbors").stdout.splitlines()
    assert lines[0].split() == [
        "Neighbor", "Router", "ID", "AS", "MsgRcvd", "MsgSent", "Uptime", "State", "PfxRcd",
        "PfxAcc", "PfxAdv",
    ]  # fmt: skip
    assert lines[1].split() == "127.0.0.2 2.2.2.2 65000 12 9 00:01:40 Established 4 3 2".split()
    assert lines[2].split()[0] == "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"
    assert lines[3].split() == "*127.0.0.9 - 65000 - - - Disabled - - -".split()
    assert column(lines[:4], "Router ID") == ["2.2.2.2", "2.2.2.2", "-"]
    assert column(lines[:4], "State") == ["Established", "Established", "Disabled"]
    assert {line.index(asn) + len(asn) for line, asn in
            zip(lines[1:], ["65000", "4200000000", "65000"])} == {lines[0].index("AS") + 2}  # fmt: skip
    assert lines[3].startswith("*") and lines[1].startswith(" ")
    assert lines[4:] == ["", "3 neighbors: 2 established, 1 disabled; routes: 8 received, 6 accepted, 4 advertised"]


def test_neighbors_that_are_down(daemon, bgpd):
    """Why, and for how long; what is in the way now before why the session ended."""
    nothing = {key: None for key in ("router_id", "uptime", "prefixes_received", "prefixes_accepted",
                                     "prefixes_advertised")}
    down = {"down_since": 1700000000, "down_age": "01:02:03", "down_reason": "hold timer expired", **nothing}
    daemon.answers([
        peer("127.0.0.2", description="upstream, left"),
        peer("127.0.0.3", state="Active", **down),
        peer("127.0.0.4", state="Active", last_error="Connection refused", last_error_current=True, **down),
        peer("127.0.0.5", state="Disabled", enabled=False, **down),
        peer("127.0.0.0/28", state="Listening", msg_received=None, msg_sent=None, **nothing),
    ])
    lines = bgpd("show", "neighbors").stdout.splitlines()
    assert column([lines[0], *lines[2:4]], "Why Down") == ["hold timer expired", "Connection refused"]
    assert column(lines[:2], "Description") == ["upstream, left"]
    assert [line[lines[0].index("Down For"):][:8] for line in lines[2:5]] == ["01:02:03"] * 3
    assert lines[5].split()[-4:] == ["Listening", "-", "-", "-"]
    assert lines[-1] == ("4 neighbors: 1 established, 2 down, 1 disabled; 1 network listening; "
                         "routes: 4 received, 3 accepted, 2 advertised")
    rows = list(csv.DictReader(bgpd("show", "neighbors", "--format", "csv").stdout.splitlines()))
    assert [r["peer"] for r in rows] == ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.0/28"]
    assert (rows[0]["description"], rows[3]["enabled"], rows[2]["down_reason"]) == (
        "upstream, left", "false", "hold timer expired")
    daemon.answers({"summary": peer("127.0.0.3", state="Active", **down), "hold_timer": 9})
    assert "Down since          2023-11-14 22:13:20 UTC, 01:02:03 ago: hold timer expired\n" in \
        bgpd("show", "neighbors", "127.0.0.3", "detail").stdout


ROUTE = route("10.0.0.0/8", as_path="65001 {1 2}", communities=["1:2", "target:1:2"], local_pref=None,
              aggregator={"asn": 65001, "router_id": "192.0.2.1"}, atomic_aggregate=True, originator_id="192.0.2.9",
              cluster_list=["192.0.2.7", "192.0.2.8"], filtered="policy in rule 3", next_hop_link_local="fe80::1",
              filtered_by={"policy": "in", "rule": "bogons", "number": 3, "file": None, "line": 7},
              unknown_attributes=[{"type": 22, "flags": 0xC0, "value": "00112233445566"},
                                  {"type": 99, "flags": 0xE0, "value": ""}], novelty=[1, 2])  # fmt: skip


def test_routes_in_detail(daemon, bgpd):
    """Every member has its line, also those that nobody knows."""
    daemon.answers([ROUTE, flow(["destination 10.0.0.0/8"], ["traffic-rate 0", "mark 46"], ["1:2"])])
    for words in (["show", "routes", "learned", "detail"], ["s", "r", "l", "det", "127.0.0.2"]):
        out = bgpd(*words).stdout
        first, second = out.split("\n\n")
        assert first.splitlines() == [
            "Route 10.0.0.0/8 (IPv4 / Unicast)",
            "  Received from       127.0.0.2",
            "  Since               2023-11-14 22:13:20 UTC, 00:00:38 ago",
            "  Next hop            127.0.0.2",
            "  Link-local next hop fe80::1",
            "  Origin              IGP",
            "  AS path             65001 {1 2}",
            "  Communities         1:2 target:1:2",
            "  Originator ID       192.0.2.9",
            "  Cluster list        192.0.2.7 192.0.2.8",
            "  Atomic aggregate    yes",
            "  Aggregator          65001 192.0.2.1",
            "  novelty             1 2",
            "  Attribute 22        PMSI_TUNNEL, optional transitive 7 bytes: 00112233 445566",
            "  Attribute 99        optional transitive partial 0 bytes:",
            "  Not used            policy in rule 3: in rule bogons (line 7)",
        ]
        assert "Flow destination 10.0.0.0/8 (IPv4 / Flowspec)" in second
        assert "  Actions             traffic-rate 0, mark 46\n" in second
    daemon.answers({"routes": [route("10.0.0.0/8", best=True)], "cursor": None})
    assert "Route 10.0.0.0/8 (IPv4 / Unicast), best\n" in bgpd("show", "routes", "10.0.0.0/8", "detail").stdout


def test_routes_as_csv(daemon, bgpd):
    daemon.answers([ROUTE, route("10.0.0.0/9", as_path='a,"b\n\x1b')])
    rows = list(csv.DictReader(bgpd("--format", "csv", "show", "routes", "learned").stdout.splitlines()))
    assert [r["prefix"] for r in rows] == ["10.0.0.0/8", "10.0.0.0/9"]
    assert rows[0]["communities"] == "1:2 target:1:2" and rows[0]["local_pref"] == ""
    assert rows[1]["as_path"] == 'a,"b??' and rows[0]["filtered"] == "policy in rule 3"
    daemon.answers([route("10.0.0.0/8", source="127.0.0.7", learned_from="API")])
    row, = csv.DictReader(bgpd("--format", "csv", "show", "routes", "advertised").stdout.splitlines())
    assert (row["source"], row["learned_from"], row["withheld"]) == ("127.0.0.7", "API", "")
    result = bgpd("--format", "csv", "show", "info")
    assert result.returncode == 2 and "show info has no list that could be written as CSV" in result.stderr
    result = bgpd("--format", "xml", "show", "info")
    assert result.returncode == 2 and '"xml": expected table, json, ndjson or csv' in result.stderr


def test_lines_of_json(daemon, bgpd):
    routes = [ROUTE, route("10.0.0.0/9")]
    daemon.answers(routes)
    lines = bgpd("--format", "ndjson", "show", "routes", "learned").stdout.splitlines()
    assert [json.loads(line) for line in lines] == routes
    daemon.answers([peer("127.0.0.2"), peer("127.0.0.3")])
    lines = bgpd("--format=ndjson", "show", "neighbors").stdout.splitlines()
    assert [json.loads(line)["peer"] for line in lines] == ["127.0.0.2", "127.0.0.3"]
    daemon.answers({"name": "bgpd"})
    assert bgpd("--format=ndjson", "show", "info").stdout == '{"name": "bgpd"}\n'


def test_counts(daemon, bgpd):
    daemon.answers({"count": 12})
    assert bgpd("show", "routes", "--count").stdout == "12\n"
    assert bgpd("show", "routes", "--count", "--format", "csv").stdout == "count\n12\n"
    daemon.answers({"count": 12, "groups": [{"origin_as": 65001, "count": 7}, {"origin_as": None, "count": 3}],
                    "others": 2})
    assert bgpd("show", "routes", "--by", "origin-as").stdout.splitlines() == [
        "Routes  Origin AS", "     7  65001", "     3  -", "     2  (others)", "    12  (all routes)"]
    assert bgpd("show", "routes", "--by", "origin-as", "--format", "csv").stdout == "count,origin_as\n7,65001\n3,\n"
    daemon.answers({"count": 0, "groups": [], "others": 0})
    assert bgpd("show", "routes", "--by", "peer").stdout.splitlines()[0] == "Routes  Neighbor"
    assert bgpd("show", "routes", "--by", "peer", "--format", "csv").stdout == "count,peer\n"
    daemon.answers({"count": 1, "groups": [{"community": "1:2", "count": 1}], "others": 0})
    assert bgpd("show", "routes", "learned", "--by", "community").stdout.splitlines()[0] == "Routes  Community"


def test_detail(daemon, bgpd):
    daemon.answers(
        {
            "summary": peer("127.0.0.2", description="Köln ☂", last_error="Cease\x1b[2J"),
            "hold_timer": 180, "hold_timer_interval": 30, "hold_time": 90,
            "last_received": 3, "last_sent": 4,
            "tcp_connection": ["127.0.0.1:1179", "127.0.0.2:40000"],
            "capabilities": ["multiprotocol ipv4 unicast", "4-octet AS 65000"],
            "channels": [
                {"family": "ipv4 unicast", "state": "up", "received": 4, "accepted": 3,
                 "advertised": 2, "limit": None, "warned": False, "exceeded": False, "ignored": 0},
                {"family": "ipv6 unicast", "state": "up", "received": 5, "accepted": 5,
                 "advertised": 0, "warned": True, "exceeded": True, "ignored": 7,
                 "limit": {"limit": 5, "count": "accepted", "action": "ignore-new"}},
                {"family": "ipv4 flow", "state": "down: prefix limit, retry in 291 s",
                 "received": None, "accepted": None, "advertised": None, "ignored": None,
                 "limit": {"limit": 9, "count": "received", "action": "shutdown"},
                 "warned": True, "exceeded": False},
            ],
            "messages": {"updates_received": 5, "updates_sent": 6},
            "problems": 0, "times_established": 1, "last_error": None,
        }
    )  # fmt: skip
    out = bgpd("show", "neighbors", "127.0.0.2", "detail").stdout
    for text in ("Neighbor 127.0.0.2", "Köln ☂", "Cease?[2J", "90 s", "3 s ago",
                 "127.0.0.1:1179 127.0.0.2:40000", "multiprotocol ipv4 unicast",
                 "4-octet AS 65000",
                 "Channels            ipv4 unicast: up, 4 received, 3 accepted, 2 advertised\n",
                 "ipv6 unicast: up, 5 received, 5 accepted, 0 advertised; limit 5 accepted "
                 "(ignore-new), exceeded, 7 ignored\n",
                 "ipv4 flow: down: prefix limit, retry in 291 s; limit 9 received (shutdown), "
                 "nearly reached\n"):  # fmt: skip
        assert text in out
    assert "\x1b" not in out


def detail_lines(daemon, bgpd, **summary):
    """The lines of a neighbour's details, by their labels."""
    daemon.answers({"summary": peer("127.0.0.2", **summary), "hold_timer": 180})
    out = bgpd("show", "neighbors", "127.0.0.2", "detail").stdout
    return {line[2:22].rstrip(): line[22:] for line in out.splitlines()[1:]}


def test_last_error_has_its_time(daemon, bgpd):
    error = {"last_error": "closed by the peer", "last_error_at": 1795666211,
             "last_error_age": "00:03:12"}
    text = "closed by the peer (2026-11-26 04:10:11 UTC, 00:03:12 ago)"
    lines = detail_lines(daemon, bgpd, state="Active", last_error_current=True, **error)
    assert lines["Last error"] == text
    lines = detail_lines(daemon, bgpd, last_error_current=False, **error)
    assert "Last error" not in lines
    assert lines["Before this session"] == text
    lines = detail_lines(daemon, bgpd, last_error_current=True, last_error="no BGP socket is open")
    assert lines["Last error"] == "no BGP socket is open"
    lines = detail_lines(daemon, bgpd)
    assert "Last error" not in lines and "Before this session" not in lines


def test_one_neighbor_is_a_row_of_the_table(daemon, bgpd):
    daemon.answers({"summary": peer("127.0.0.2"), "hold_timer": 180})
    lines = bgpd("show", "neighbors", "127.0.0.2").stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].split()[0] == "127.0.0.2"


def test_routes_are_grouped_by_family(daemon, bgpd):
    flow = "source 192.168.0.0/16; destination-port >8000 <=8080; packet-length >100"
    daemon.answers(
        [
            route("2.200.0.0/24", as_path="100 200"),
            route("2621:a:10::/64", next_hop="3001:1::1"),
            route(flow, afi="IPv4", safi="Flowspec", next_hop=None, rules=flow.split("; "),
                  actions=["redirect 6:302"], communities=["redirect:6:302"]),
            route("2.100.0.0/24", multi_exit_disc=500, communities=["0:404", "65000:10"],
                  local_pref=None),
        ]
    )  # fmt: skip
    out = bgpd("show", "routes", "learned").stdout
    groups = [block.splitlines() for block in out.split("\n\n")]
    assert [g[0] for g in groups] == ["IPv4 / Unicast", "IPv6 / Unicast", "IPv4 / Flowspec"]
    for group, first in zip(groups, [["Prefix", "Next Hop"]] * 2 + [["Rules", "Action"]]):
        assert re.split(r"  +", group[1].strip()) == [
            "Received From", *first, "Age", "Origin", "Local Pref", "Metric", "AS Path",
            "Communities",
        ]  # fmt: skip
    assert column(groups[0][1:], "Prefix") == ["2.200.0.0/24", "2.100.0.0/24"]
    assert column(groups[0][1:], "AS Path")[0] == "100 200"
    assert column(groups[0][1:], "Communities") == ["0:404 65000:10"]
    assert groups[0][3].split() == "127.0.0.2 2.100.0.0/24 127.0.0.2 00:00:38 IGP - 500 0:404 65000:10".split()
    assert flow in groups[2][2]
    assert column(groups[2][1:], "Action") == ["redirect 6:302"]


def test_no_line_ends_in_spaces(daemon, bgpd):
    daemon.answers([route("10.0.0.0/8"), route("10.0.0.0/9", communities=["1:2"])])
    out = bgpd("show", "routes", "learned").stdout
    assert all(line == line.rstrip() for line in out.splitlines())


def test_advertised_routes(daemon, bgpd):
    daemon.answers([route("10.0.0.0/8", source="127.0.0.7", learned_from="API")])
    lines = bgpd("show", "routes", "advertised").stdout.splitlines()
    assert lines[1].startswith("Advertised To  Prefix")
    assert lines[2].startswith("127.0.0.7")


def test_best_and_unused_routes(daemon, bgpd):
    daemon.answers(
        {
            "routes": [
                route("10.0.0.0/8", best=True),
                route("10.0.0.0/8", best=False, source="127.0.0.3", filtered="AS path loop"),
            ],
            "cursor": None,
        }
    )
    lines = bgpd("show", "routes").stdout.splitlines()
    assert lines[1].endswith("Not Used")
    assert lines[2].startswith("*  127.0.0.2")
    assert lines[3].startswith("   127.0.0.3")
    assert column(lines[1:], "Not Used") == ["AS path loop"]


def test_weights_and_marks_have_columns_where_there_are_any(daemon, bgpd):
    daemon.answers(
        [
            route("10.0.0.0/8", communities=["1:2"]),
            route("10.0.0.0/9", weight=7, marks=["customer", "v4"]),
            route("10.0.0.0/10", weight=4294967295),
        ]
    )
    lines = bgpd("show", "routes", "learned").stdout.splitlines()
    assert re.split("  +", lines[1])[-3:] == ["Communities", "Weight", "Marks"]
    assert column(lines[1:], "Marks") == ["customer v4"]
    assert [line.split()[-1] for line in lines[2:]] == ["1:2", "v4", "4294967295"]
    assert lines[4].index("4294967295") + 10 == lines[1].index("Weight") + 6
    daemon.answers([route("10.0.0.0/8")])
    lines = bgpd("show", "routes", "learned").stdout.splitlines()
    assert lines[1].endswith("Communities")


def flow(rules, actions, communities, **more):
    return route("; ".join(rules), safi="Flowspec", next_hop=None, rules=rules, actions=actions,
                 communities=communities, **more)  # fmt: skip


def cache(address, **members):
    return {"address": address, "port": 323, "description": None, "state": "in sync", "in_use": True,
            "preference": 100, "version": 1, "session_id": 7, "serial": 8, "vrps_ipv4": 1, "vrps_ipv6": 2,
            "aspas": 0, "data_age": "00:00:03", **members}


def test_caches_are_described_where_any_is(daemon, bgpd):
    answer = {"files": [], "totals": {"vrps_ipv4": 1, "vrps_ipv6": 2, "aspas": 0}}
    daemon.answers({**answer, "caches": [cache("192.0.2.1"), cache("2001:db8::1", description="Köln\x1b[2J")]})
    lines = bgpd("show", "rpki").stdout.splitlines()
    assert column(lines[:3], "Description") == ["-", "Köln?[2J"]
    daemon.answers({**answer, "caches": [cache("192.0.2.1")]})
    assert "Description" not in bgpd("show", "rpki").stdout


def test_flows_have_columns_of_their_own(daemon, bgpd):
    flows = [
        flow(["destination 10.0.0.0/8", "protocol =17"], ["traffic-rate 0", "mark 46"],
             ["65000:1", "traffic-rate:0:0", "mark:46", "target:65000:9"]),
        flow(["source 10.0.0.0/8"], [], []),
        flow(["port =1"], ["0x8006000000000001"], ["0x8006000000000001"]),
    ]  # fmt: skip
    daemon.answers([route("10.0.0.0/8"), *flows])
    lines = bgpd("show", "routes", "learned").stdout.splitlines()
    assert lines[0] == "IPv4 / Unicast" and lines[4] == "IPv4 / Flowspec"
    assert "Prefix" in lines[1] and "Next Hop" in lines[1] and "Action" not in lines[1]
    assert re.split("  +", lines[5]) == ["Received From", "Rules", "Action", "Age", "Origin",
                                         "Local Pref", "Metric", "AS Path", "Communities"]  # fmt: skip
    assert column(lines[5:], "Rules") == [f["prefix"] for f in flows]
    assert column(lines[5:], "Action") == [
        "traffic-rate 0, mark 46", "accept", "0x8006000000000001",
    ]  # fmt: skip
    assert column(lines[5:], "Communities") == ["65000:1 target:65000:9"]
    daemon.answers({"routes": [dict(flows[0], best=True, filtered="AS path loop")], "cursor": None})
    lines = bgpd("show", "routes").stdout.splitlines()
    assert "Rules" in lines[1] and lines[1].endswith("Not Used")
    daemon.answers([dict(flows[0], withheld="community NO_EXPORT")])
    lines = bgpd("show", "routes", "advertised", "--withheld").stdout.splitlines()
    assert lines[1].startswith("Advertised To  Rules") and lines[1].endswith("Not Sent")
    daemon.answers(flows[1])
    lines = bgpd("advertise", "flow", "ipv4", "accept", "-m", "source 10.0.0.0/8").stdout
    assert column(lines.splitlines()[1:], "Action") == ["accept"]


def test_columns_follow_from_the_members(daemon, bgpd):
    """Families whose routes have a route distinguisher or labels show them, whatever they are called."""
    vpn = [route("10.0.0.0/8", safi="VPN", rd="65000:1", labels=[100, 200]),
           route("10.0.0.0/8", safi="VPN", rd="192.0.2.1:7", labels=[3])]  # fmt: skip
    daemon.answers([*vpn, route("10.0.0.0/8", safi="Labeled-Unicast", labels=[16]), route("10.0.0.0/8")])
    groups = [block.splitlines() for block in bgpd("show", "routes", "learned").stdout.split("\n\n")]
    assert [g[0] for g in groups] == ["IPv4 / VPN", "IPv4 / Labeled-Unicast", "IPv4 / Unicast"]
    assert [re.split("  +", g[1])[:5] for g in groups] == [
        ["Received From", "RD", "Prefix", "Labels", "Next Hop"],
        ["Received From", "Prefix", "Labels", "Next Hop", "Age"],
        ["Received From", "Prefix", "Next Hop", "Age", "Origin"],
    ]  # fmt: skip
    assert column(groups[0][1:], "RD") == ["65000:1", "192.0.2.1:7"]
    assert column(groups[0][1:], "Labels") == ["100 200", "3"]
    assert column(groups[1][1:], "Labels") == ["16"]


def test_more_routes_than_the_limit(daemon, bgpd):
    daemon.answers({"routes": [route("10.0.0.0/8", best=True)], "cursor": "abc"})
    result = bgpd("show", "routes", "--limit", "1")
    assert result.returncode == 0
    assert "more routes" in result.stderr


def test_no_routes(daemon, bgpd):
    daemon.answers([])
    for words in (["show", "routes", "learned"], ["show", "routes", "learned", "detail"]):
        result = bgpd(*words)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "no routes\n")
    result = bgpd("show", "routes", "learned", "--format", "csv")
    assert (len(result.stdout.splitlines()), result.stderr) == (1, "")
    result = bgpd("show", "routes", "learned", "--format", "ndjson")
    assert (result.stdout, result.stderr) == ("", "")


def test_wide_characters_keep_the_columns(daemon, bgpd):
    daemon.answers([route("10.0.0.0/8", source="東京"), route("10.0.0.0/9", source="Zürich")])
    lines = bgpd("show", "routes", "learned", env={"LC_ALL": "C"}).stdout.splitlines()
    assert column(lines[1:], "Prefix") == ["10.0.0.0/8", "10.0.0.0/9"]


def test_control_characters_never_reach_the_terminal(daemon, bgpd):
    daemon.answers([peer("127.0.0.2", state="\x1b]0;owned\x07\u009b31m\n")])
    out = bgpd("show", "neighbors").stdout
    assert "?]0;owned??31m?" in out
    assert len(out.splitlines()) == 4


# Bidirectional controls and separators of lines, and what is printed though it looks similar.
STEERING = "\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\x7f\x80\x9b\x9f"


def test_text_is_not_turned_around(daemon, bgpd):
    evil = f"a{STEERING}é\u2010b"
    shown = "a" + "?" * len(STEERING) + "é\u2010b"
    daemon.answers([peer("127.0.0.2", state=evil)])
    assert shown in bgpd("show", "neighbors").stdout
    daemon.answers({"summary": peer("127.0.0.2", description=evil)})
    assert shown in bgpd("show", "neighbors", "127.0.0.2", "detail").stdout
    daemon.answers([route("10.0.0.0/8", as_path=evil)])
    assert shown in bgpd("show", "routes", "learned").stdout
    daemon.fails(-32000, evil)
    assert shown in bgpd("reload").stderr


@pytest.mark.parametrize("words", [["show", "neighbors"], ["show", "routes", "learned"]])
def test_json_is_the_same_value_without_controls(daemon, bgpd, words):
    answer = [route("10.0.0.0/8", as_path=f"ü {STEERING}\x1b\n☂")]
    daemon.answers(answer)
    out = bgpd("--json", *words).stdout
    assert json.loads(out) == answer
    assert not set(STEERING + "\x1b") & set(out)
    assert "ü" in out and "\\u202e" in out and "\\u009b" in out


def test_a_checked_file_does_not_steer_the_terminal(tmp_path):
    file = tmp_path / "a\u202eb.toml"
    file.write_text('router_id = "192.0.2.1"\ndefault_as = 65001\n"c\u202ed\u009be" = 1\n')
    for options in ([], ["--json"]):
        result = run(*options, "check", file)
        assert result.returncode == 1
        assert "c\\u202ed\\u009be" in result.stdout.replace("\\\\", "\\")
        assert not set(STEERING) & set(result.stdout)


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize("name", [b"\xff\x9b", "\u202e".encode()])
def test_a_checked_file_of_any_name(tmp_path, options, name):
    path = os.fsencode(tmp_path) + b"/" + name + b".toml"
    with open(path, "w") as file:
        file.write('router_id = "192.0.2.1"\ndefault_as = 65001\n')
    result = subprocess.run([BGPD, *options, "check", path], capture_output=True, timeout=60)
    assert result.returncode == 0
    text = result.stdout.decode()
    assert not set(STEERING) & set(text)
    if options:
        shown = json.loads(text)["file"]
        assert shown == os.fsdecode(path) or shown == f"{tmp_path}/??.toml"


def on_terminal(daemon, env):
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [BGPD, "--no-pager", "-p", str(daemon.port), "show", "neighbors"],
        stdout=slave, env={k: v for k, v in {**os.environ, **env}.items() if v is not None},
    )  # fmt: skip
    os.close(slave)
    out = b""
    try:
        while data := os.read(master, 4096):
            out += data
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(master)
    assert process.wait(30) == 0
    return out.decode()


def test_colours_on_a_terminal_only(daemon, bgpd):
    daemon.answers([peer("127.0.0.2")])
    assert "\x1b[32m" in on_terminal(daemon, {"NO_COLOR": None, "TERM": "xterm"})
    assert "\x1b[32m" in on_terminal(daemon, {"NO_COLOR": "", "TERM": "linux"})
    assert "\x1b" not in on_terminal(daemon, {"NO_COLOR": "1"})
    assert "\x1b" not in on_terminal(daemon, {"NO_COLOR": None, "TERM": "dumb"})
    assert "\x1b" not in on_terminal(daemon, {"NO_COLOR": None, "TERM": None})
    assert "\x1b" not in bgpd("show", "neighbors").stdout
