"""`bgpd policy`: what it asks, what it prints, and how it ends."""

import json

import pytest
from fake_daemon import run

CONFIG = """
router_id = "192.0.2.1"
default_as = 65000
[policies.bogons]
rules = [{ name = "private", if = { prefix = "10.0.0.0/8" }, then = "reject" }]
[policies.in]
rules = [{ if = { neighbor_as = "{peer.as}" }, set = { local_pref = 200 } }]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "policies.toml"
    path.write_text(CONFIG)
    return path


def test_a_file_alone(config):
    result = run("policy", "test", "bogons", "10.0.0.0/8", "--file", config)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("reject: bogons rule private (line 5)\n")
    result = run("policy", "test", "bogons in", "11.0.0.0/8", "-a", "65001", "-f", config)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("accept: end of the policies\n")
    assert [line.split("  ")[0] for line in result.stdout.splitlines()[3:]] == [
        "bogons default (line 4)", "in rule 1 (line 7)", "in default (line 6)"]
    assert "local_pref none → 200" in result.stdout
    answer = json.loads(run("policy", "test", "in", "11.0.0.0/8", "-a", "5", "-f", config, "--json").stdout)
    assert (answer["result"], answer["by"]) == ("accept", None)


def test_no_answer(config, tmp_path):
    missing = tmp_path / "missing.toml"
    for args, said in (
        (("nobody", "10.0.0.0/8", "-f", config), "there is no policy nobody"),
        (("bogons", "10.0.0.0/33", "-f", config), "prefix"),
        (("bogons", "-f", config), "either a prefix or"),
        (("bogons", "10.0.0.0/8", "-f", missing), "missing.toml"),
        (("bogons", "10.0.0.0/8", "--route", "[1]", "-f", config), "--route is no JSON object"),
        (("bogons", "10.0.0.0/8", "--route", "{", "-f", config), "--route is no JSON object"),
        (("bogons", "10.0.0.0/8"), "127.0.0.1:1"),
    ):
        result = run("--port", "1", "policy", "test", *args)
        assert result.returncode == 2, args
        assert said in result.stderr, args
        assert result.stdout == ""
    config.write_text(CONFIG + "colour = 'red'\n")
    result = run("policy", "test", "bogons", "10.0.0.0/8", "--file", config)
    assert result.returncode == 2
    assert f"{config}:" in result.stderr


def test_what_the_daemon_is_asked(daemon, bgpd):
    daemon.answers({"result": "reject", "by": None, "steps": [], "problem": "no \x1b[2Jnext hop"})
    result = bgpd("policy", "test", "in out", "2001:db8::/32", "--peer", "alice", "--peer-as", "1.10", "-e",
                  "--from", "API", "-n", "2001:db8::1", "-a", "1", "2", "-c", "1:2 3:4", "--mark", "x", "y")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout == "reject: end of the policies\n  no ?[2Jnext hop\n"
    assert daemon.requests[-1]["method"] == "policy_test"
    assert daemon.requests[-1]["params"] == {
        "policy": "in out", "prefix": "2001:db8::/32", "peer": "alice", "peer_as": "1.10", "export": True,
        "from": "API", "next_hop": "2001:db8::1", "as_path": "1 2", "communities": ["1:2", "3:4"], "marks": ["x", "y"]}
    bgpd("policy", "test", "in", "-m", "port 80", "-6", "--route", '{"as_path": "5"}')
    assert daemon.requests[-1]["params"] == {"policy": "in", "afi": 2, "matches": ["port 80"], "as_path": "5"}


def test_what_the_daemon_refuses(daemon, bgpd):
    daemon.fails(-32602, "Invalid params: prefix: expected a prefix")
    result = bgpd("policy", "test", "in", "x")
    assert (result.returncode, result.stdout) == (2, "")
    assert "expected a prefix" in result.stderr


# --- another configuration ---

def side(result, policy=None, rule=None, why=None):
    place = policy and {"policy": policy, "rule": rule, "number": 1, "line": 7}
    return {"result": result, "by": place, "why": why}


def change(kind, prefix, **more):
    return {"change": kind, "afi": "IPv4", "safi": "Unicast", "prefix": prefix,
            "before": side("accept", "old", "all"), "after": side("reject", "new", "none"), "attributes": {}, **more}


DIFFERENT = change("different", "10.2.0.0/16", after=side("accept"),
                   changes=[{"attribute": "local_pref", "before": None, "after": 200},
                            {"attribute": "communities", "removed": ["1:2"], "added": ["3:4", "5:6"]}])


def diff(**more):
    def way(before, **counts):
        return {"policies_differ": True, before: 9, "rules": [], "examples": [], **counts}
    rules = [{"change": "rejected", "routes": 3, "before": side("accept", "old", "all"),
              "after": side("reject", "new", "none")}]
    return {
        "file": "/x", "compared_with": "/y", "warnings": ["/x:1:1: it has no effect"], "keys_changed": ["poll_interval"],
        "values": [{"key": "poll_interval", "before": 30, "after": 10}],
        "sets_changed": [{"kind": "prefix_sets", "name": "s", "before": 2, "after": 3},
                         {"kind": "as_sets", "name": "t", "before": None, "after": 1}],
        "peers_added": ["192.0.2.3"], "peers_removed": [], "routes": [],
        "peers_changed": [{"peer": "192.0.2.2", "keys": ["remote_as", "name", "passive", "md5_password", "families"],
                           "values": [{"key": "remote_as", "before": 1, "after": 2},
                                      {"key": "name", "before": None, "after": "x\x1b"},
                                      {"key": "passive", "before": True, "after": False},
                                      {"key": "import", "before": [], "after": ["bogons", "p"]},
                                      {"key": "families", "before": ["a b"], "after": ["a b", "c"]}], "resets_session": True,
                           "policy_keys": ["import"], "wait_for_session": ["md5_password", "hold_timer"],
                           "static_routes_come": 1, "static_routes_go": 2}],
        "peers": [{"peer": "192.0.2.2", "name": "al\x1b[2Jice", "family": "ipv4 unicast", "session_ended": False,
                   "rejected_are_kept": False,
                   "import": {**way("accepted_before", accepted=0, rejected=3, different=1), "rules": rules,
                              "examples": [change("rejected", "10.1.0.0/16"), DIFFERENT]},
                   "export": way("announced_before", announced=0, withdrawn=0, different=0)}],
        "totals": {"import": {"accepted": 0, "rejected": 3, "different": 1},
                   "export": {"announced": 0, "withdrawn": 0, "different": 0}},
        "unchanged": 4, "routes_cut": False, "complete": True, **more}


def test_what_differs(daemon, bgpd, tmp_path):
    daemon.answers(diff())
    (tmp_path / "new.toml").write_text("x = 1\n")
    result = bgpd("policy", "diff", "new.toml", "--peer", "192.0.2.0/24", cwd=tmp_path)
    assert daemon.call == ("policy_diff", {"config": "x = 1\n", "name": "new.toml", "peer": "192.0.2.0/24"})
    assert (result.returncode, result.stderr) == (0, "bgpd: warning: /x:1:1: it has no effect\n")
    assert result.stdout == """\
192.0.2.2 (al?[2Jice), ipv4 unicast
  import, of 9:
  -3 rejected
    3 by new rule none (line 7), before: old rule all (line 7)
      10.1.0.0/16
  ~1 different
      10.2.0.0/16: local_pref none → 200, communities -1:2 +3:4 +5:6
  what its import rejects is not kept, and could not be asked about

import: 0 accepted, 3 rejected, 1 different
export: 0 announced, 0 withdrawn, 0 different
families of neighbors without a change: 4
keys that differ, too: poll_interval (30 → 10)
sets that differ, by how many entries they have: prefix_sets.s (2 → 3), as_sets.t (none → 1)
neighbors that come: 192.0.2.3
keys of 192.0.2.2 that differ, too, and reset its session: remote_as (1 → 2), name (none → x?), passive (true → false), md5_password, families (a b → a b, c)
policies of 192.0.2.2 that differ: import (none → bogons, p)
for its next session, of 192.0.2.2: md5_password, hold_timer
static routes of 192.0.2.2: 1 come, 2 go
"""


def test_a_list_of_what_differs(daemon, bgpd):
    routes = [change("rejected", "10.1.0.0/16", peer="192.0.2.2", direction="import"),
              {**DIFFERENT, "peer": "192.0.2.2", "direction": "import"},
              change("withdrawn", "10.3.0.0/16", peer="192.0.2.4", direction="export", after=side("reject", why="no path"))]
    daemon.answers(diff(routes=routes, routes_cut=True))
    result = bgpd("policy", "diff", "/dev/null", "--routes", "--limit", "3")
    assert daemon.call == ("policy_diff", {"config": "", "name": "/dev/null", "routes": True, "limit": 3})
    assert result.stdout.splitlines()[:4] == [
        "192.0.2.2 import 10.1.0.0/16 rejected: new rule none (line 7), before: old rule all (line 7)",
        "192.0.2.2 import 10.2.0.0/16 different: local_pref none → 200, communities -1:2 +3:4 +5:6",
        "192.0.2.4 export 10.3.0.0/16 withdrawn: no path, before: old rule all (line 7)", ""]
    assert "there are more changes than the limit" in result.stderr
    result = bgpd("policy", "diff", "/dev/null", "--routes", "--json")
    assert json.loads(result.stdout) == diff(routes=routes, routes_cut=True)
    daemon.answers(diff())
    assert json.loads(bgpd("policy", "diff", "/dev/null", "--json").stdout) == diff()


def test_a_comparison_that_did_not_come_to_its_end(daemon, bgpd):
    daemon.answers(diff(complete=False))
    result = bgpd("policy", "diff", "/dev/null")
    assert result.returncode == 1
    assert "these are not all changes" in result.stdout
    daemon.fails(-32004, "the configuration file has errors", {"errors": ["/x:1:1: bad"], "warnings": []})
    result = bgpd("policy", "diff", "/dev/null")
    assert (result.returncode, result.stdout) == (1, "")
    assert "/x:1:1: bad" in result.stderr
