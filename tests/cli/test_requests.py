"""What each command asks of the daemon."""

import json

import pytest
from fake_daemon import peer, route

ATTRIBUTES = ["-o", "egp", "-a", "100 200", "-p", "50", "--med", "7", "-c", "65000:1 target:1:2",
              "--aggregator", "65000:192.0.2.1", "--atomic-aggregate", "--originator-id", "192.0.2.2",
              "--cluster-list", "192.0.2.3", "192.0.2.4", "--aigp", "9223372036854775807"]
ATTRIBUTE_PARAMS = {
    "origin": "egp",
    "as_path": "100 200",
    "local_pref": 50,
    "multi_exit_disc": 7,
    "communities": ["65000:1", "target:1:2"],
    "aggregator": "65000:192.0.2.1",
    "atomic_aggregate": True,
    "originator_id": "192.0.2.2",
    "cluster_list": ["192.0.2.3", "192.0.2.4"],
    "aigp": 9223372036854775807,
}
MATCHES = ["source 10.0.0.0/8", "destination-port >8000 <=8080"]

CALLS = [
    (["show", "neighbors"], "show_peers", {}, []),
    (["show", "neighbors", "detail"], "show_peer_detail", {}, []),
    (["show", "neighbors", "all"], "show_peers", {}, []),
    (["show", "neighbors", "all", "detail"], "show_peer_detail", {}, []),
    (["show", "originated", "--from", "API"], "show_originated", {"from_peer": "API"}, {"routes": [], "cursor": None}),
    (["show", "neighbors", "::2"], "show_peer_detail", {"peer": "::2"}, {"summary": peer("::2")}),
    (["show", "neighbors", "::2", "detail"], "show_peer_detail", {"peer": "::2"},
     {"summary": peer("::2")}),
    (["show", "routes", "learned"], "show_routes_learned", {}, []),
    (["show", "routes", "learned", "127.0.0.0/28"], "show_routes_learned",
     {"from_peer": "127.0.0.0/28"}, []),
    (["show", "routes", "learned", "--family", "ipv4-flow", "--limit", "5"], "show_routes_learned",
     {"family": "ipv4-flow", "limit": 5}, []),
    (["show", "routes", "advertised", "127.0.0.2"], "show_routes_advertised",
     {"to_peer": "127.0.0.2"}, []),
    (["show", "routes"], "show_routes", {}, {"routes": [], "cursor": None}),
    (["show", "routes", "--family", "ipv6 unicast", "--longest", "10.0.0.1", "--from", "127.0.0.2",
      "--as", "1.10", "--community", "65000:1", "--best", "--limit", "10"], "show_routes",
     {"family": "ipv6 unicast", "longest": "10.0.0.1", "from_peer": "127.0.0.2", "as": "1.10",
      "community": "65000:1", "best": True, "limit": 10}, {"routes": [], "cursor": None}),
    (["show", "routes", "learned", "::2", "--rd", "65000:1"], "show_routes_learned",
     {"from_peer": "::2", "rd": "65000:1"}, []),
    (["show", "routes", "advertised", "--rd", "65000:1"], "show_routes_advertised", {"rd": "65000:1"}, []),
    (["show", "routes", "10.0.0.1", "--rd", "65000:1"], "show_routes", {"longest": "10.0.0.1", "rd": "65000:1"},
     {"routes": [], "cursor": None}),
    (["show", "routes", "--filtered", "10.0.0.1"], "show_routes",
     {"longest": "10.0.0.1", "filtered": True}, {"routes": [], "cursor": None}),
    (["show", "routes", "learned", "--filtered"], "show_routes_learned", {"filtered": True}, []),
    (["show", "policies"], "show_policies", {}, []),
    (["show", "policies", "customer-in"], "show_policies", {"policy": "customer-in"}, []),
    (["explain", "10.0.0.0/8"], "explain", {"prefix": "10.0.0.0/8"}, []),
    (["explain", "10.0.0.1", "--peer", "::2", "--out", "--family", "ipv4 vpn", "--rd", "1:2"],
     "explain", {"prefix": "10.0.0.1", "peer": "::2", "out": True, "family": "ipv4 vpn", "rd": "1:2"}, []),
    (["show", "routes", "--exact", "10.0.0.0/8"], "show_routes", {"exact": "10.0.0.0/8"},
     {"routes": [], "cursor": None}),
    (["show", "routes", "--longer", "10.0.0.0/8"], "show_routes", {"longer": "10.0.0.0/8"},
     {"routes": [], "cursor": None}),
    (["show", "routes", "10.0.0.1"], "show_routes", {"longest": "10.0.0.1"},
     {"routes": [], "cursor": None}),
    (["show", "routes", "2001:db8::/32", "--best"], "show_routes",
     {"longest": "2001:db8::/32", "best": True}, {"routes": [], "cursor": None}),
    (["show", "routes", "--from", "API", "10.0.0.0/8"], "show_routes",
     {"from_peer": "API", "longest": "10.0.0.0/8"}, {"routes": [], "cursor": None}),
    (["show", "routes", "10.0.0.0/99"], "show_routes", {"longest": "10.0.0.0/99"},
     {"routes": [], "cursor": None}),
    (["show", "routes", "learned", "::2", "10.0.0.0/8", "detail"], "show_routes_learned",
     {"from_peer": "::2", "longest": "10.0.0.0/8"}, []),
    (["show", "routes", "learned", "all", "10.0.0.1"], "show_routes_learned", {"longest": "10.0.0.1"}, []),
    (["show", "routes", "learned", "--from", "Config", "--exact", "10.0.0.0/8"], "show_routes_learned",
     {"from_peer": "Config", "exact": "10.0.0.0/8"}, []),
    (["show", "routes", "advertised", "::2", "--from", "API", "--longer", "::/0", "--as-path", "^1_", "--origin-as",
      "7", "--community", "1:2", "--as", "3", "--rov", "valid", "--withheld"], "show_routes_advertised",
     {"to_peer": "::2", "from_peer": "API", "longer": "::/0", "as_path": "^1_", "origin_as": "7", "community": "1:2",
      "as": "3", "rov": "valid", "withheld": True}, []),
    (["show", "routes", "--count"], "count_routes", {"list": "routes"}, {"count": 7}),
    (["show", "routes", "learned", "::2", "--by", "origin-as", "--limit", "3", "--filtered"], "count_routes",
     {"list": "learned", "by": "origin-as", "limit": 3, "from_peer": "::2", "filtered": True},
     {"count": 7, "groups": [{"origin_as": 7, "count": 5}], "others": 2}),
    (["show", "routes", "advertised", "::2", "::/0", "--count", "--by", "community"], "count_routes",
     {"list": "advertised", "by": "community", "to_peer": "::2", "longest": "::/0"},
     {"count": 0, "groups": [], "others": 0}),
    (["advertise", "route", "9.9.9.0/24", "10.0.0.1"], "advertise_route",
     {"prefix": "9.9.9.0/24", "next_hop": "10.0.0.1"}, route("9.9.9.0/24")),
    (["advertise", "route", "9.9.9.0/24", "10.0.0.1", *ATTRIBUTES], "advertise_route",
     {"prefix": "9.9.9.0/24", "next_hop": "10.0.0.1", **ATTRIBUTE_PARAMS}, route("9.9.9.0/24")),
    (["advertise", "route", "9.9.9.0/24", "10.0.0.1", "--rd", "65000:1", "--label", "100", "200", "-l", "300,16"],
     "advertise_route", {"prefix": "9.9.9.0/24", "next_hop": "10.0.0.1", "rd": "65000:1",
                         "labels": [100, 200, 300, 16]}, route("9.9.9.0/24")),
    (["advertise", "route", "9.9.9.0/24", "10.0.0.1", "--family", "ipv4 multicast"], "advertise_route",
     {"prefix": "9.9.9.0/24", "next_hop": "10.0.0.1", "family": "ipv4 multicast"}, route("9.9.9.0/24")),
    (["advertise", "route", "9.9.9.0/24", "10.0.0.1", "--label", "-1", "x"], "advertise_route",
     {"prefix": "9.9.9.0/24", "next_hop": "10.0.0.1", "labels": [-1, "x"]}, route("9.9.9.0/24")),
    (["advertise", "flow", "ipv4", "redirect 6:302", "-m", MATCHES[0], "-m", MATCHES[1]],
     "advertise_flow", {"afi": 1, "action": "redirect 6:302", "matches": MATCHES}, route("source")),
    (["advertise", "flow", "ipv6", "traffic-rate 0", "-m", *MATCHES, *ATTRIBUTES],
     "advertise_flow",
     {"afi": 2, "action": "traffic-rate 0", "matches": MATCHES, **ATTRIBUTE_PARAMS},
     route("source")),
    (["advertise", "flow", "-m", MATCHES[0], "ipv4", "mark 10"], "advertise_flow",
     {"afi": 1, "action": "mark 10", "matches": MATCHES[:1]}, route("source")),
    (["withdraw", "route", "9.9.9.0/24"], "withdraw_route", {"prefix": "9.9.9.0/24"},
     {"withdrawn": "9.9.9.0/24"}),
    (["withdraw", "route", "9.9.9.0/24", "--rd", "65000:1", "--family", "ipv4 vpn", "-l", "100"], "withdraw_route",
     {"prefix": "9.9.9.0/24", "rd": "65000:1", "family": "ipv4 vpn", "labels": [100]},
     {"withdrawn": "65000:1:9.9.9.0/24"}),
    (["withdraw", "flow", "ipv6", "-m", MATCHES[0]], "withdraw_flow",
     {"afi": 2, "matches": MATCHES[:1]}, {"withdrawn": MATCHES[0]}),
    (["neighbor", "enable", "::2"], "enable_peer", {"peer": "::2"}, [peer("::2")]),
    (["neighbor", "enable", "all"], "enable_peer", {"peer": "all"}, [peer("::2")]),
    (["neighbor", "reset", "::2", "127.0.0.2", "10.0.0.0/8"], "reset_peer",
     {"peer": ["::2", "127.0.0.2", "10.0.0.0/8"]}, [peer("::2")]),
    (["neighbor", "refresh", "::2", "::3"], "refresh_peer", {"peer": ["::2", "::3"]}, {"families": ["ipv6 unicast"]}),
    (["neighbor", "disable", "::2", "-m", "back at 10"], "disable_peer",
     {"peer": "::2", "message": "back at 10"}, [peer("::2")]),
    (["neighbor", "reset", "::2", "--message", "müde"], "reset_peer",
     {"peer": "::2", "message": "müde"}, [peer("::2")]),
    (["neighbor", "refresh", "::2", "--family", "ipv6-unicast"], "refresh_peer",
     {"peer": "::2", "family": "ipv6-unicast"}, {"families": ["ipv6 unicast"]}),
    (["reload"], "reload", None, {"peers_added": 1, "summary": "1 neighbor added", "failed": [],
                                  "warnings": []}),
    (["reload", "--from", "/dev/null"], "reload", {"config": "", "name": "/dev/null"},
     {"summary": "none", "failed": [], "warnings": []}),
    (["reload", "--confirm", "5m"], "reload", {"confirm": "5m"},
     {"summary": "none", "failed": [], "warnings": [], "confirmation": {"left": "00:05:00"}}),
    (["confirm"], "confirm", None, {"in_force": {"name": "a.toml"}}),
    (["rollback"], "rollback", None, {"summary": "none", "failed": [], "warnings": []}),
    (["version"], "version", None, {"name": "bgpd", "version": "0.1.0", "uptime": "00:00:07",
                                    "router_id": "1.1.1.1", "pid": 42}),
]  # fmt: skip


def is_list_of_routes(method):
    return method.startswith("show_routes") or method == "show_originated"


def with_page(method, params):
    """Lists of routes are asked for a page at a time."""
    return {"limit": 5000, **params} if is_list_of_routes(method) else params


@pytest.mark.parametrize("words, method, params, answer", CALLS)
def test_request(daemon, bgpd, words, method, params, answer):
    daemon.answers(answer)
    result = bgpd(*words)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ("no routes\n" if is_list_of_routes(method) else "")
    assert daemon.call == (method, with_page(method, params))
    assert daemon.request["jsonrpc"] == "2.0"
    assert daemon.path == "/"
    assert daemon.headers[0]["Content-Type"] == "application/json"
    assert "Authorization" not in daemon.headers[0]


@pytest.mark.parametrize("words, method, params, answer", CALLS)
def test_json_is_the_result(daemon, bgpd, words, method, params, answer):
    daemon.answers(answer)
    result = bgpd(*words, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == answer
    assert result.stderr == ""
    assert daemon.call == (method, with_page(method, params))


@pytest.mark.parametrize("more, params", [([], None), (["--from", "/dev/null"], {"config": "", "name": "/dev/null"})])
def test_what_a_reload_would_change(daemon, bgpd, more, params):
    daemon.answers({"routes": [], "complete": True})
    assert bgpd("reload", "--diff", *more).returncode == 0
    assert daemon.call == ("policy_diff", params)
    assert json.loads(bgpd("reload", "-d", *more, "--json").stdout) == {"routes": [], "complete": True}
    assert bgpd("reload", "--diff", "--confirm", "5m", *more).returncode == 2
    daemon.answers({"routes": [], "complete": False})
    assert bgpd("reload", "--diff", *more).returncode == 1


def test_results_of_changes_are_told(daemon, bgpd):
    daemon.answers({"withdrawn": "9.9.9.0/24"})
    assert bgpd("withdraw", "route", "9.9.9.0/24").stdout == "withdrawn: 9.9.9.0/24\n"
    daemon.answers({"families": ["ipv4 unicast", "ipv6 unicast"]})
    out = bgpd("neighbor", "refresh", "::2").stdout
    assert out == "asked again for: ipv4 unicast, ipv6 unicast\n"
    daemon.answers({"summary": "1 neighbor added, 2 removed", "failed": [], "warnings": []})
    assert bgpd("reload").stdout == "reloaded: 1 neighbor added, 2 removed\n"
    assert bgpd("reload", "--from", "/dev/null").stdout == "reloaded: 1 neighbor added, 2 removed\n"
    assert bgpd("rollback").stdout == "rolled back: 1 neighbor added, 2 removed\n"
    daemon.answers({"summary": "none", "confirmation": {"left": "00:05:00"}})
    shown = "reloaded: none\ngoes back in 00:05:00: `bgpd confirm` lets it stay\n"
    assert bgpd("reload", "--confirm", "5m").stdout == shown
    daemon.answers({"in_force": {"name": "a\x1b.toml"}})
    assert bgpd("confirm").stdout == "confirmed: a?.toml stays in force\n"
    daemon.answers({"version": "0.1.0", "uptime": "00:00:07", "router_id": "1.1.1.1", "pid": 42})
    assert "daemon: bgpd 0.1.0, up 00:00:07, router ID 1.1.1.1, process 42" in bgpd("version").stdout


def test_warnings_are_told_beside_the_result(daemon, bgpd):
    warnings = ["it goes to no peer: there are no peers", "\x1b[31mred"]
    daemon.answers(route("9.9.9.0/24", advertised_to=0, warnings=warnings))
    result = bgpd("advertise", "route", "9.9.9.0/24", "10.0.0.1")
    assert result.returncode == 0
    assert "9.9.9.0/24" in result.stdout and "no peer" not in result.stdout
    assert result.stderr == (
        "bgpd: warning: it goes to no peer: there are no peers\nbgpd: warning: ?[31mred\n")
    result = bgpd("--json", "advertise", "route", "9.9.9.0/24", "10.0.0.1")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["warnings"] == warnings


def test_a_reload_that_did_not_do_all(daemon, bgpd):
    """What has failed, and what is to be known, goes to stderr; the status tells them apart."""
    answer = {"summary": "0 added", "failed": ["no \x1b[2Jsocket", "no key"], "warnings": ["x waits"]}
    daemon.answers(answer)
    result = bgpd("reload")
    assert (result.returncode, result.stdout) == (1, "reloaded: 0 added\n")
    assert result.stderr == "bgpd: no ?[2Jsocket\nbgpd: no key\nbgpd: warning: x waits\n"
    result = bgpd("reload", "--json")
    assert (result.returncode, result.stderr) == (1, "")
    assert json.loads(result.stdout) == answer
    answer["failed"] = []
    daemon.answers(answer)
    assert bgpd("reload").returncode == 0
    assert bgpd("reload", "--json").returncode == 0


def test_token(daemon, bgpd, tmp_path):
    daemon.answers({"withdrawn": "x"})
    token = tmp_path / "token"
    token.write_text("s3cret\nsecond line\n")
    assert bgpd("withdraw", "route", "x", "--token-file", token).returncode == 0
    assert daemon.headers[0]["Authorization"] == "Bearer s3cret"


def test_bad_token_files(daemon, bgpd, tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("\n")
    control = tmp_path / "control"
    control.write_bytes(b"a\x01b\n")
    for path in (empty, control, tmp_path / "missing"):
        result = bgpd("--token-file", path, "reload")
        assert result.returncode == 1
        assert str(path) in result.stderr
    assert daemon.requests == []


def test_proxies_are_not_used(daemon, bgpd):
    daemon.answers([])
    env = {name: "http://127.0.0.1:1" for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY")}
    assert bgpd("show", "neighbors", env=env).returncode == 0


SENT = pytest.mark.parametrize("words, method", [(["reload", "--from"], "reload"), (["policy", "diff"], "policy_diff")])


@SENT
def test_a_configuration_that_is_sent(daemon, bgpd, tmp_path, words, method):
    """From a file or from standard input, as it is."""
    daemon.answers({"summary": "", "complete": True})
    text = '# é "\\"\t\n\nrouter_id = 1\n'
    long = tmp_path / ("d" * 200) / ("n" * 100)
    long.parent.mkdir()
    long.write_text("x")
    (tmp_path / "new.toml").write_text(text)
    for file, given, name, content in (("new.toml", None, "new.toml", text), ("-", text, "standard input", text),
                                       (str(long), None, "n" * 100, "x")):
        daemon.requests.clear()
        assert bgpd(*words, file, cwd=tmp_path, input=given).returncode == 0
        assert daemon.call == (method, {"config": content, "name": name})


@SENT
def test_a_configuration_that_cannot_be_sent(daemon, bgpd, tmp_path, words, method):
    """It is said why, and no daemon is asked."""
    for content, why in ((b"a\0b", "zero byte"), (b"\xff", "not UTF-8"), (b"#" * ((1 << 20) + 1), "larger than 1 MiB")):
        (tmp_path / "new.toml").write_bytes(content)
        result = bgpd(*words, "new.toml", cwd=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith("bgpd: new.toml cannot be sent: ") and why in result.stderr
    assert "No such file" in bgpd(*words, "none.toml", cwd=tmp_path).stderr
    assert "directory" in bgpd(*words, str(tmp_path)).stderr
    assert not daemon.requests, method
