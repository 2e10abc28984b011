"""Reloads that go back: unless they are confirmed in time, or when they are asked to. Sessions stay."""

import os
import re
import signal

import pytest

from support import toml
from support.route import Route
from support.rpc import RpcError
from support.wait import wait_for

HOP = "10.254.0.1"
REAL = pytest.mark.parametrize("kind", ["bird", "gobgp"])
FIRST, SECOND, THIRD = "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"


def static(*prefixes):
    return [{"prefix": prefix, "next_hop": HOP} for prefix in prefixes]


class Net:
    """A real daemon (2), which is told static routes, and is to keep its session."""

    def __init__(self, lab, kind="bird"):
        self.address = lab.addr(2)
        self.bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_routes=static(FIRST))])
        self.real = lab.real(kind, asn=65002, routes=[Route("20.1.0.0/16", "10.254.0.7")])
        self.bgpd.wait_established(self.address)
        self.real.wait_established()
        self.holds(FIRST)
        self.sessions = self.bgpd.sessions()

    def holds(self, *prefixes):
        wait_for(lambda: set(self.real.received()) == set(prefixes), what=f"the daemon holds {prefixes}")

    def write(self, *prefixes):
        self.bgpd.peer_config(self.address)["static_routes"] = static(*prefixes)
        self.bgpd.write_config()

    def reload(self, *prefixes, **params):
        self.write(*prefixes)
        return self.bgpd.call("reload", **params)

    def text(self, *prefixes):
        self.bgpd.peer_config(self.address)["static_routes"] = static(*prefixes)
        return toml.dumps(self.bgpd.config)

    def info(self):
        return self.bgpd.call("show_info")

    def goes_back(self):
        wait_for(lambda: self.info()["in_force"]["rolled_back"], 60, "it goes back")
        assert self.info()["confirmation"] is None

    def close(self):
        assert self.bgpd.sessions() == self.sessions


@pytest.fixture
def net(lab):
    net = Net(lab)
    yield net
    net.close()


def refused(bgpd, method):
    with pytest.raises(RpcError) as error:
        bgpd.call(method)
    assert error.value.code == -32000
    return error.value.message


@REAL
def test_back_unless_confirmed(lab, kind):
    """The routes of before are announced again, those that came go, and the session stays."""
    net = Net(lab, kind)
    before = net.info()["in_force"]
    summary = net.reload(SECOND, confirm="15s")
    assert (summary["routes_announced"], summary["routes_withdrawn"]) == (1, 1)
    waits = summary["confirmation"]
    assert "00:00:10" <= waits["left"] <= "00:00:15" and waits["until"] > before["since"]
    assert waits["back_to"] == {key: before[key] for key in ("from", "name", "since")}
    assert "left to confirm" in net.bgpd.cli("show", "info", check=True).stdout
    net.holds(SECOND)
    net.goes_back()
    net.holds(FIRST)
    log = net.bgpd.log()
    assert log.count("reload: goes back in 00:00:15 unless it is confirmed") == 1
    assert log.count("rollback: nobody has confirmed the reload in time") == 1
    assert log.count("rollback: 0 neighbors added, 0 removed, 1 changed, 0 sessions reset, 1 route") == 1
    assert "as it was before" in net.bgpd.cli("show", "info", check=True).stdout
    assert "nothing to confirm" in refused(net.bgpd, "confirm")
    net.close()


def test_confirmed(net):
    net.reload(SECOND, confirm="10s")
    done = net.bgpd.cli("confirm", check=True)
    assert done.stdout == f"confirmed: {net.bgpd.path('config.toml')} stays in force\n"
    assert net.info()["confirmation"] is None
    assert "nothing to confirm" in refused(net.bgpd, "confirm")
    # Another one that ends later has been waited for: the first has not ended by itself.
    net.reload(SECOND, THIRD, confirm="11s")
    net.goes_back()
    net.holds(SECOND)
    assert net.bgpd.log().count("in time") == 1


def test_rollback_and_back_again(net):
    assert "nothing to go back to" in refused(net.bgpd, "rollback")
    net.reload(FIRST, SECOND)
    net.reload(FIRST, SECOND)  # changes nothing, and does not count
    net.holds(FIRST, SECOND)
    done = net.bgpd.cli("rollback", check=True)
    assert done.stdout.startswith("rolled back: 0 neighbors added") and "1 withdrawn" in done.stdout
    assert "what is in force is what was before, whatever" in done.stderr
    net.holds(FIRST)
    assert net.info()["in_force"]["rolled_back"]
    assert net.bgpd.call("rollback")["routes_announced"] == 1
    net.holds(FIRST, SECOND)
    assert net.bgpd.call("reload")["in_force"]["rolled_back"] is False
    assert "rolled_back" in str(net.info()) and not net.info()["in_force"]["rolled_back"]


def test_others_meanwhile(net):
    """They are carried out, and neither confirm nor change the time; what stood comes back."""
    net.reload(SECOND, confirm="1h")
    until = net.info()["confirmation"]["until"]
    summary = net.reload(THIRD)
    assert any("not confirmed yet" in line for line in summary["warnings"])
    net.holds(THIRD)
    net.write(SECOND, THIRD)
    net.bgpd.signal(signal.SIGHUP)
    net.holds(SECOND, THIRD)
    with pytest.raises(RpcError):
        net.bgpd.call("reload", config="poll_interval = -1", confirm="1s")  # changes nothing at all
    assert net.info()["confirmation"]["until"] == until
    assert net.reload(SECOND, confirm="2s")["confirmation"]["until"] < until
    net.goes_back()
    net.holds(FIRST)


def test_rollback_does_not_wait_for_the_time(net):
    net.reload(SECOND, confirm="1h")
    net.reload(THIRD)
    net.bgpd.call("rollback")
    net.holds(FIRST)
    assert net.info()["confirmation"] is None


def test_of_a_text(net):
    """What was sent goes back to the file, and the file's to what was sent."""
    net.bgpd.write("sent.toml", net.text(SECOND))
    done = net.bgpd.cli("reload", "--from", net.bgpd.path("sent.toml"), "--confirm", "12s", check=True)
    assert re.search("goes back in 00:00:(1[0-2]|0[5-9]): `bgpd confirm` lets it stay", done.stdout)
    assert net.info()["in_force"]["from"] == "request"
    net.goes_back()
    net.holds(FIRST)
    assert net.info()["in_force"]["from"] == "file"
    net.bgpd.call("rollback")
    assert net.info()["in_force"]["from"] == "request"
    net.holds(SECOND)


def test_nothing_to_confirm(net):
    summary = net.reload(FIRST, confirm="1s")
    assert summary["confirmation"] is None
    assert any("nothing to confirm" in line for line in summary["warnings"])


def test_files_that_are_gone(net):
    """What was read of them is kept: sets, parts of the file, passwords."""
    bgpd = net.bgpd
    bgpd.write("some.txt", FIRST + "\n")
    bgpd.write("token", "of-the-file\n")
    bgpd.config.update(prefix_sets={"some": {"file": "some.txt"}}, api_token_file="token",
                       policies={"only": {"default": "reject", "rules": [
                           {"name": "some", "if": {"prefix": "some"}, "then": "accept"}]}})
    bgpd.peer_config(net.address)["export"] = ["only"]
    net.reload(FIRST, SECOND)
    net.holds(FIRST)
    for key in ("prefix_sets", "policies", "api_token_file"):
        del bgpd.config[key]
    del bgpd.peer_config(net.address)["export"]
    net.reload(FIRST, SECOND, confirm="15s")
    net.holds(FIRST, SECOND)
    for name in ("some.txt", "token", "config.toml"):
        os.unlink(bgpd.path(name))
    net.goes_back()
    net.holds(FIRST)
    assert bgpd.call("policy_test", policy="only", prefix=FIRST)["result"] == "accept"
    bgpd.write_config()


def test_a_start_goes_by_the_file(lab):
    net = Net(lab)
    net.reload(SECOND, confirm="1h")
    net.bgpd.stop()
    net.bgpd.start()
    net.bgpd.wait_established(net.address)
    net.holds(SECOND)
    assert net.info()["confirmation"] is None
    assert "nothing to go back to" in refused(net.bgpd, "rollback")


def test_policies_come_back(net):
    """Those that are attached to nobody, too; what they have counted goes on."""
    net.bgpd.config["policies"] = {"idle": {"default": "accept"}}
    net.reload(FIRST)
    net.bgpd.config["policies"] = {"other": {"default": "accept"}}
    net.reload(FIRST)
    net.bgpd.call("rollback")
    assert [p["policy"] for p in net.bgpd.call("show_policies")] == ["idle"]


def test_many_at_once(net):
    """Reloads, rollbacks and what is to be confirmed, one on the other: no memory is lost, and each is told."""
    texts = [net.text(*([FIRST, SECOND, THIRD][:n + 1])) for n in range(3)]
    net.reload(FIRST, SECOND)
    for i in range(30):
        net.bgpd.call("reload", config=texts[i % 3], **({"confirm": "1h"} if i % 4 == 0 else {}))
        if i % 5 == 0:
            net.bgpd.signal(signal.SIGHUP)
        if i % 3 == 1:
            net.bgpd.call("rollback")
        if i % 7 == 0 and net.info()["confirmation"]:
            net.bgpd.call("confirm")
    net.bgpd.call("reload", config=texts[2])
    net.holds(FIRST, SECOND, THIRD)


def test_what_a_reload_would_change(net):
    """Of all keys, by the daemon's own file, and of one that is sent; nothing is changed by it."""
    bgpd = net.bgpd
    assert "changed" not in bgpd.cli("reload", "--diff", check=True).stdout
    bgpd.config.update(api_hosts=["a.example"], policies={"none": {"default": "reject"}},
                       api_loopback="full", api_audit=9, rpki={"vrps": ["10.0.0.0/8 65001"]},
                       prefix_sets={"s": ["10.0.0.0/8"], "t": [f"10.{n}.0.0/16" for n in range(20)]})
    bgpd.config["peers"].append(bgpd.peer_config(net.address) | {"remote_ip": "192.0.2.9"})
    bgpd.peer_config(net.address).update(hold_timer=90, description="moved", max_prefixes=7)
    bgpd.peer_config(net.address)["import"] = ["none"]
    net.write(SECOND, THIRD)
    diff = bgpd.call("policy_diff", routes=True)
    assert diff["file"] == bgpd.path("config.toml") and diff["keys_changed"] == \
        ["api_hosts", "api_audit", "rpki"]
    assert diff["values"] == [{"key": "api_hosts", "before": None, "after": ["a.example"]},
                              {"key": "api_audit", "before": 10000, "after": 9},
                              {"key": "rpki", "before": None, "after": {"vrps": ["10.0.0.0/8 65001"]}}]
    assert diff["sets_changed"] == [{"kind": "prefix_sets", "name": "s", "before": None, "after": 1},
                                    {"kind": "prefix_sets", "name": "t", "before": None, "after": 20}]
    assert diff["peers_added"] == ["192.0.2.9"] and diff["peers_removed"] == []
    assert diff["peers_changed"] == [{
        "peer": net.address, "keys": ["description", "hold_timer", "channels", "static_routes"], "policy_keys": ["import"],
        "values": [{"key": "description", "before": None, "after": "moved"},
                   {"key": "hold_timer", "before": 24, "after": 90},
                   {"key": "import", "before": [], "after": ["none"]},
                   {"key": "channels", "before": [],
                    "after": [f"{family}: 7, shutdown, warn_percent 75, received"
                              for family in ("ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow")]},],
        "wait_for_session": ["hold_timer"], "static_routes_come": 2, "static_routes_go": 1,
        "resets_session": False}]
    assert [(r["change"], r["prefix"]) for r in diff["routes"]] == [("rejected", "20.1.0.0/16")]
    done = bgpd.cli("reload", "--diff", check=True)
    assert (f"keys of {net.address} that differ, too: description (none → moved), hold_timer (24 → 90), "
            "channels (none → ipv4 unicast: 7, shutdown, warn_percent 75, received, ipv6 unicast: 7,") in done.stdout
    for line in ("keys that differ, too: api_hosts (none → a.example), api_audit (10000 → 9), "
                 'rpki (none → {"vrps":["10.0.0.0/8 65001"]})',
                 "sets that differ, by how many entries they have: prefix_sets.s (none → 1), "
                 "prefix_sets.t (none → 20)",
                 f"policies of {net.address} that differ: import (none → none)",
                 f"for its next session, of {net.address}: hold_timer",
                 f"static routes of {net.address}: 2 come, 1 go"):
        assert line in done.stdout.splitlines()
    assert bgpd.cli("reload", "--diff", "--from", bgpd.path("config.toml"), check=True).stdout == done.stdout
    wrong = bgpd.cli("reload", "--diff", "--confirm", "5m")
    assert wrong.returncode == 2 and "--diff changes nothing" in wrong.stderr
    net.holds(FIRST)
    assert net.info()["in_force"]["rolled_back"] is False and "info    reload:" not in bgpd.log()
    summary = bgpd.call("reload")
    assert (summary["routes_announced"], summary["routes_withdrawn"]) == (2, 1)
    assert any("hold_timer" in line for line in summary["warnings"])
    assert bgpd.call("policy_diff")["peers_changed"] == []
    for n, prefixes in (("s", ["10.0.0.0/9"]), ("t", [f"10.{n + (n > 17)}.0.0/16" for n in range(20)])):
        bgpd.config["prefix_sets"][n] = prefixes
        bgpd.write_config()
        assert [(c["name"], c["before"], c["after"]) for c in bgpd.call("policy_diff")["sets_changed"]] == \
            [(n, len(prefixes), len(prefixes))]
        bgpd.call("reload")
    assert bgpd.call("policy_diff")["sets_changed"] == []
    bgpd.write("config.toml", "poll_interval = -1")
    done = bgpd.cli("reload", "--diff")
    assert done.returncode == 1 and "config.toml:1:17" in done.stderr
    bgpd.call("rollback")
    net.write(FIRST)
