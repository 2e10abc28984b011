"""The examples as they are, with real ExaBGP and GoBGP. They use fixed addresses in 127.0.0.0/8,
and so run in a network namespace of their own."""

import os

import pytest

import peers
from support.bgpd import CHECKOUT, Bgpd
from support.wait import wait_for

EXAMPLES = os.path.join(CHECKOUT, "examples")


class ExampleBgpd(Bgpd):
    """BGPd on the example file itself."""

    def write_config(self):
        pass

    def argv(self):
        return [self.binary, "-v", "run", os.path.join(EXAMPLES, "config.toml")]


class ExampleExaBgp(peers.ExaBgp):
    def argv(self):
        return ["/usr/sbin/exabgp", os.path.join(EXAMPLES, "exabgp", f"conf_{self.address}.ini")]


class ExampleGoBgp(peers.GoBgp):
    def argv(self):
        return ["/usr/bin/gobgpd", "-t", "toml", "-f",
                os.path.join(EXAMPLES, "gobgp", "gobgpd.toml"), "--api-hosts", f"{self.address}:50051", "--pprof-disable"]


@pytest.fixture
def example(lab):
    """BGPd with examples/config.toml, in a namespace."""
    namespace = lab.namespace()
    bgpd = ExampleBgpd(lab.directory("bgpd"), "127.0.0.1", {}, netns=namespace)
    lab.daemons.append(bgpd)
    bgpd.start()

    def run(factory, address):
        peer = factory(lab.directory(factory.kind), address, 65000,
                       [peers.Neighbor("127.0.0.1", 65000)], netns=namespace)
        lab.daemons.append(peer)
        peer.start()
        return peer

    return bgpd, run


def test_config_is_good(lab):
    bgpd = Bgpd(lab.directory("check"), lab.addr(1), {})
    for name in ("config.toml", "quickstart.toml", "quickstart-peer.toml"):
        done = bgpd.cli("check", os.path.join(EXAMPLES, name))
        assert done.returncode == 0, done.stdout + done.stderr


def test_waiting(example):
    """Before any peer has come: a network that waits, and a peer that is switched off."""
    bgpd, _ = example
    rows = {p["peer"]: p for p in bgpd.call("show_peers")}
    assert rows["127.0.0.0/28"]["state"] == "Listening"
    assert rows["::2"]["state"] == "Disabled" and rows["::2"]["enabled"] is False
    assert (rows["::2"]["remote_asn"], rows["::2"]["local_asn"]) == (100, 200)


def test_exabgp(example):
    bgpd, run = example
    run(ExampleExaBgp, "127.0.0.2")
    run(ExampleExaBgp, "127.0.0.3")
    bgpd.wait_established("127.0.0.2", "127.0.0.3")
    wait_for(lambda: len(bgpd.call("show_routes_learned", from_peer="127.0.0.2")) == 5)
    two = bgpd.learned("127.0.0.2")
    assert set(two) == {"2.100.0.0/24", "2.200.0.0/24", "2.10.0.0/24", "2621:a:10::/64"}
    assert two["2.100.0.0/24"].med == 500
    assert two["2.100.0.0/24"].extended == {"target:65000:1.1.1.1"} or \
        len(two["2.100.0.0/24"].extended) == 1
    assert two["2.200.0.0/24"].as_path == (100, 200)
    assert two["2.10.0.0/24"].med == 10
    assert two["2.10.0.0/24"].communities == {"0:404", "65000:10"}
    assert two["2621:a:10::/64"].next_hop == "3001:1::1"
    view = next(v for v in bgpd.call("show_routes_learned", from_peer="127.0.0.2")
                if v["prefix"] == "2621:a:10::/64")
    assert (view["afi"], view["as_path"], view["communities"], view["local_pref"],
            view["multi_exit_disc"], view["origin"]) == ("IPv6", "", [], 100, None, "IGP")
    flow, = bgpd.learned_flows("127.0.0.2")
    assert "source 2.200.0.0/24" in flow and "destination 192.0.2.0/24" in flow
    wait_for(lambda: len(bgpd.learned("127.0.0.3")) == 3)
    three = bgpd.learned("127.0.0.3")
    assert three["3.100.0.0/24"].local_pref == 200
    assert three["3.200.0.0/24"].communities == {"65535:65281"}
    assert bgpd.peer("127.0.0.2")["router_id"] == "2.2.2.2"
    assert bgpd.peer("127.0.0.3")["router_id"] == "3.3.3.3"
    both = bgpd.call("show_routes_learned", from_peer="127.0.0.0/28")
    assert {v["source"] for v in both} == {"127.0.0.2", "127.0.0.3"}

    def sent():
        return sorted((v["afi"], v["safi"]) for v in bgpd.call("show_routes_advertised", to_peer="127.0.0.2"))
    wait_for(lambda: sent() == [
        ("IPv4", "Flowspec"), ("IPv4", "Unicast"), ("IPv6", "Flowspec"), ("IPv6", "Unicast")])


def test_gobgp(example):
    bgpd, run = example
    gobgp = run(ExampleGoBgp, "127.0.0.4")
    bgpd.wait_established("127.0.0.4")
    summary = bgpd.peer("127.0.0.4")
    assert (summary["router_id"], summary["remote_asn"]) == ("4.4.4.4", 65000)
    assert bgpd.detail("127.0.0.4")["hold_time"] == 30
    gobgp.gobgp("global", "rib", "add", "4.100.0.0/24", "nexthop", "10.254.0.4")
    learned = wait_for(lambda: bgpd.learned("127.0.0.4"))
    assert learned["4.100.0.0/24"].next_hop == "10.254.0.4"
    wait_for(lambda: gobgp.received(family="ipv6 unicast").get("3001:100::/64"))
    flows = wait_for(lambda: gobgp.received_flows(family="ipv4 flow"))
    assert flows[0]["rules"]["value"][0]["value"]["prefix"] == "192.0.2.0/24"


def test_all_together(example):
    """The whole example, read by the command line client."""
    bgpd, run = example
    run(ExampleExaBgp, "127.0.0.2")
    run(ExampleExaBgp, "127.0.0.3")
    run(ExampleGoBgp, "127.0.0.4")
    bgpd.wait_established("127.0.0.2", "127.0.0.3", "127.0.0.4")
    wait_for(lambda: len([v for v in bgpd.call("show_routes_learned")
                          if v["source"].startswith("127.")]) == 8)
    table = bgpd.cli("show", "neighbors", check=True).stdout
    for address in ("127.0.0.2", "127.0.0.3", "127.0.0.4"):
        line = next(entry for entry in table.splitlines() if entry.split()[:1] == [address])
        assert "Established" in line
    assert "*" in next(line for line in table.splitlines() if "::2" in line)
    routes = bgpd.cli("show", "routes", "learned", "127.0.0.2", check=True).stdout
    assert "IPv4 / Unicast" in routes and "IPv6 / Unicast" in routes
    assert "2.200.0.0/24" in routes and "100 200" in routes
