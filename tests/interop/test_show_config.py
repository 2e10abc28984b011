"""show config: what is in force and where it comes from, with real peers: what waits for their sessions, what
is provisional, what is on the disk by now; and that the text that is shown is the same configuration."""

import pytest

from support.rpc import RpcError
from support.shim import preload
from support.wait import wait_for

REAL = pytest.mark.parametrize("kind", ["bird", "gobgp"])


def shown(bgpd):
    """What show_config answers, where looking at the files took no longer than it is waited for."""
    return wait_for(lambda: (answer := bgpd.call("show_config"))["files_changed"] is not None and answer)


class Net:
    """A real daemon (2), whose hold timer is that of its group."""

    def __init__(self, lab, kind="bird"):
        entry = {k: v for k, v in lab.peer(2, 65002).items() if k != "hold_timer"}
        self.address = lab.addr(2)
        self.port = entry["dest_port"]
        self.path = f"peers.{self.address}.hold_timer"
        self.bgpd = lab.bgpd(start=False, peers=[{**entry, "group": "fast"}])
        self.bgpd.config["groups"] = {"fast": {"hold_timer": 30}}
        self.bgpd.start()
        self.real = lab.real(kind, asn=65002)
        self.bgpd.wait_established(self.address)

    def show_config(self):
        return shown(self.bgpd)

    def hold_timer(self):
        """Value, where it comes from, what holds meanwhile."""
        setting, = self.bgpd.call("show_config", path=self.path)["settings"]
        return setting["value"], setting["from"], setting["meanwhile"]

    def text(self, *args):
        return self.bgpd.cli("show", "config", *args, check=True).stdout

    def line(self, key, *args):
        found, = [line for line in self.text(*args).splitlines() if line.lstrip("# ").startswith(f"{key} ")]
        return " ".join(found.split())

    def write(self, **groups):
        self.bgpd.config["groups"] = groups
        self.bgpd.write_config()


WAITS = {"value": 30, "why": "waits for the session to restart", "neighbors": 1}


@REAL
def test_what_waits(lab, kind):
    """A change that a session does not follow is shown with both values, until it does."""
    net = Net(lab, kind)
    assert net.hold_timer() == (30, "group", None)
    net.write(fast={"hold_timer": 33})
    assert net.hold_timer() == (30, "group", None)  # it is not in force
    net.bgpd.call("reload")
    assert net.hold_timer() == (33, "group", WAITS)
    assert net.line("hold_timer", net.address).endswith("; now 30: waits for the session to restart")
    assert net.bgpd.detail(net.address)["hold_timer"] in (30, 33)
    net.write(fast={"description": "x"})  # to a default, which is shown all the same
    net.bgpd.call("reload")
    assert net.hold_timer() == (180, "default", WAITS)
    assert net.line("hold_timer", net.address) == \
        "# hold_timer = 180 # default; now 30: waits for the session to restart"
    net.write(fast={"hold_timer": 33})
    net.bgpd.call("reload")
    net.bgpd.call("reset_peer", net.address)
    net.bgpd.wait_established(net.address)
    assert net.hold_timer() == (33, "group", None)
    assert "now" not in net.line("hold_timer", net.address)


def test_secrets_and_attempts(lab):
    """What waits for another connection is told likewise, and no secret is."""
    net = Net(lab)
    net.bgpd.peer_config(net.address).update(md5_password="confidential", dest_port=1)
    net.bgpd.write_config()
    diff = net.bgpd.call("policy_diff")["peers_changed"][0]
    assert diff["keys"] == ["dest_port", "md5_password"]
    assert diff["values"] == [{"key": "dest_port", "before": net.port, "after": 1}]
    assert net.bgpd.reload()["warnings"]
    text = net.text("--defaults", "--full")
    assert "confidential" not in text
    assert "confidential" not in net.bgpd.cli("--json", "show", "config", "--defaults").stdout
    assert net.line("md5_password:").endswith("; now none: waits for the next connection")


def test_dynamic_neighbors(lab):
    """Those of a network wait each for themselves."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(), "remote_as": 65002, "families": ["ipv4 unicast"]}])
    speakers = [lab.session(n, 65002) for n in (2, 3, 4)]
    bgpd.wait_established(*(lab.addr(n) for n in (2, 3, 4)))
    bgpd.config["peers"][0]["families"] = ["ipv4 unicast", "ipv6 unicast"]
    bgpd.reload()

    def meanwhile():
        answer = bgpd.call("show_config", peer=lab.addr(3))  # an address within the network
        setting, = [s for s in answer["settings"] if s["key"] == "families"]
        assert setting["path"] == f"peers.{lab.network()}.families"
        return setting["meanwhile"]

    waits = {"value": ["ipv4 unicast"], "why": "waits for the session to restart", "neighbors": 3}
    assert meanwhile() == waits
    line, = [s for s in bgpd.cli("show", "config", lab.network(), check=True).stdout.splitlines()
             if s.startswith("families")]
    assert line.endswith("; now ipv4 unicast: waits for the session to restart (3 neighbors)")
    speakers[0].close()
    wait_for(lambda: meanwhile() == {**waits, "neighbors": 2})
    for speaker in speakers[1:]:
        speaker.close()
    wait_for(lambda: meanwhile() is None)


def test_files_and_provisional(lab):
    """Beside what a refused reload has tried, one that goes back, and what it went back from."""
    net = Net(lab)
    net.write(fast={"hold_timer": 1})  # which is wrong
    with pytest.raises(RpcError):
        net.bgpd.call("reload")
    answer = net.show_config()
    assert [path.rpartition("/")[2] for path in answer["files_changed"]] == ["config.toml"]
    assert net.hold_timer() == (30, "group", None)
    assert "config.toml was changed since: bgpd reload --diff" in net.text().split("\n\n", maxsplit=1)[0]
    net.write(fast={"hold_timer": 40})
    net.bgpd.call("reload", confirm="300s")
    answer = net.show_config()
    assert answer["files_changed"] == [] and answer["confirmation"]["left"] <= "00:05:00"
    head = net.text().splitlines()
    assert head[1].startswith("# until ") and head[1].endswith("unless `bgpd confirm` lets it stay")
    assert net.hold_timer()[0] == 40
    net.bgpd.call("rollback")
    answer = net.show_config()
    assert answer["in_force"]["rolled_back"] and answer["confirmation"] is None
    assert len(answer["files_changed"]) == 1
    assert net.hold_timer() == (30, "group", None)
    assert "/config.toml was changed since" in net.text()


def test_a_file_system_that_hangs(lab):
    """Nobody waits for it but the one who asks, and that one not for long."""
    bgpd = lab.bgpd({"prefix_sets": {"s": {"file": "list"}}}, start=False)
    path = bgpd.path("list")
    with open(path, "w", encoding="utf-8") as file:
        file.write("10.0.0.0/8\n")
    bgpd.more_environment = preload(lab.directory("shim"), "hang_shim.c", HANGING_FILE=path)
    bgpd.start()
    assert shown(bgpd)["files_changed"] == []
    with open(path + ".hangs", "w", encoding="utf-8"):
        pass

    def long_turns():
        return bgpd.call("show_info")["loop"]["long_turns"]

    def asks():
        before = long_turns()
        assert bgpd.call("show_config")["files_changed"] is None
        return long_turns() == before
    wait_for(asks)  # others may hold up the loop, too, but not all the time
    assert "could not be seen: the file system takes long" in bgpd.cli("show", "config", check=True).stdout
    # At its end the daemon does not wait for the thread, either.


def test_disabled(lab):
    """What the API has said since is told from what the configuration says."""
    net = Net(lab)
    net.bgpd.call("disable_peer", net.address)
    assert net.line("enabled", net.address) == "# enabled = true # default; now false: by `bgpd neighbor disable`"
    net.bgpd.call("enable_peer", net.address)
    assert "enabled" not in net.text(net.address)


def test_what_is_shown_is_the_configuration(lab):
    """Its text, sent to the daemon, changes nothing, with included files and defaults; and leaves the
    session alone."""
    net = Net(lab)
    net.bgpd.config["include"] = ["more.toml"]
    net.bgpd.write("more.toml", """
        [prefix_sets]
        bogons = ["10.0.0.0/8 le 32", "192.168.0.0/16 le 32"]
        [policies.in]
        rules = [{ if = { prefix = "bogons" }, then = "reject" }]
        default = "accept"
        [groups.other]
        multihop = 3
        [[peers]]
        remote_ip = "192.0.2.77"
        remote_as = 65077
        group = "other"
        import = "in"
        enabled = false
        [peers.channels."ipv6 unicast"]
        max_prefixes = { limit = 5, action = "warn" }
        [[peers.static_routes]]
        prefix = "20.0.0.0/8"
        next_hop = "192.0.2.1"
        """)
    net.bgpd.reload()
    sessions = net.bgpd.sessions()
    for options in (["--full"], ["--full", "--defaults"]):
        net.bgpd.write("shown.toml", net.text(*options))
        summary = net.bgpd.call("reload", config=net.text(*options))
        assert summary["keys_changed"] == []
        assert (summary["peers_changed"], summary["peers_added"], summary["peers_removed"]) == (0, 0, 0)
        assert net.bgpd.sessions() == sessions
        net.bgpd.reload()
    line = net.line("rules:", "policies")
    assert line.startswith("# rules: 1 item # ") and line.endswith("/more.toml:5")
    assert net.line("if", "policies.in").startswith('if = { prefix = "bogons" } # ')
