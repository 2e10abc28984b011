"""What the API originates: aims, leases, owners, labels and tags."""

import json
import os
import random
import re
import time

import pytest

from support.rpc import RpcError
from support.wait import stays, wait_for

PREFIX = "10.9.0.0/16"
PEERS = (2, 3, 4)
SEEDS = range(int(os.environ.get("AIM_SEEDS", "3")))


def advertise(bgpd, mark, prefix=PREFIX, **more):
    return bgpd.call("advertise_route", prefix=prefix, next_hop="10.254.0.1",
                     communities=[f"65000:{mark}"], **more)


def mark_of(route):
    [community] = route.communities
    return int(community.split(":")[1])


def marks(speaker):
    """By what is told of each prefix."""
    return {prefix: mark_of(route) for prefix, route in speaker.received().items()}


def heard(speaker, prefix=PREFIX):
    """Of each UPDATE with it, whether that announces it. What is there for a moment only is found here."""
    return [prefix in update.announced for update in speaker.updates()
            if prefix in update.announced + update.withdrawn]


def told(speakers):
    return [marks(s).get(PREFIX) for s in speakers]


@pytest.fixture
def three(lab):
    """BGPd and its sessions with peers of two groups."""
    bgpd = lab.bgpd({"groups": {"transit": {}, "customers": {}}},
                    peers=[lab.peer(2, 65002, passive=True, name="two", group="transit"),
                           lab.peer(3, 65003, passive=True, name="three", group="customers"),
                           lab.peer(4, 65004, passive=True, group="customers")])
    speakers = [lab.session(n, 65000 + n) for n in PEERS]
    bgpd.wait_established(*(s.address for s in speakers))
    return bgpd, speakers


def test_aimed_at_one(three, lab):
    """What is aimed at somebody goes to them alone, and in place of what is for all."""
    bgpd, speakers = three
    shown = advertise(bgpd, 1, to=lab.addr(3))
    assert shown["to"] == [lab.addr(3)] and shown["advertised_to"] == 1
    assert shown["source"] == "API" and shown["warnings"] == []
    wait_for(lambda: told(speakers) == [None, 1, None])
    assert advertise(bgpd, 2)["advertised_to"] == 2
    wait_for(lambda: told(speakers) == [2, 1, 2])
    assert {(r["source"], r["communities"][0]) for r in bgpd.call("show_routes_learned")} == \
        {("API", "65000:1"), ("API", "65000:2")}
    bgpd.call("withdraw_route", prefix=PREFIX, to=[lab.addr(3)])
    wait_for(lambda: told(speakers) == [2, 2, 2])
    with pytest.raises(RpcError, match="does not advertise 10.9.0.0/16 with this aim"):
        bgpd.call("withdraw_route", prefix=PREFIX, to=[lab.addr(3)])
    with pytest.raises(RpcError, match="does not advertise 10.9.0.0/16 with this aim"):
        bgpd.call("withdraw_route", prefix=PREFIX, to=["two"] * 200)
    bgpd.call("withdraw_route", PREFIX)
    wait_for(lambda: told(speakers) == [None, None, None])


def test_the_most_precise_aim_counts(three, lab):
    bgpd, speakers = three
    advertise(bgpd, 1)
    advertise(bgpd, 4, to="two")
    advertise(bgpd, 2, to="customers")
    advertise(bgpd, 3, to=lab.network(24))
    wait_for(lambda: told(speakers) == [4, 3, 3])
    bgpd.call("withdraw_route", prefix=PREFIX, to=lab.network(24))
    wait_for(lambda: told(speakers) == [4, 2, 2])
    assert advertise(bgpd, 5, to="two three")["advertised_to"] == 2  # the later one of two
    wait_for(lambda: told(speakers) == [5, 5, 2])
    assert advertise(bgpd, 5, to=["three", "two", "two"])["to"] == ["three", "two"]
    assert len(bgpd.call("show_originated")["routes"]) == 4
    bgpd.call("withdraw_route", prefix=PREFIX, to=["three", "two"])
    wait_for(lambda: told(speakers) == [4, 2, 2])


def test_in_place_of_a_static_route(lab):
    static = {"prefix": PREFIX, "next_hop": "10.254.0.1", "communities": ["65000:7"]}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=[static])])
    speakers = [lab.session(2, 65002)]
    wait_for(lambda: told(speakers) == [7])
    advertise(bgpd, 1)
    stays(lambda: told(speakers) == [7])
    advertise(bgpd, 2, to=lab.addr(2))
    wait_for(lambda: told(speakers) == [2])
    bgpd.peer_config(lab.addr(2))["static_routes"] = [{**static, "communities": ["65000:8"]}]
    bgpd.reload()
    stays(lambda: told(speakers) == [2])
    bgpd.call("withdraw_route", prefix=PREFIX, to=lab.addr(2))
    wait_for(lambda: told(speakers) == [8])
    advertise(bgpd, 2, to=lab.addr(2))
    wait_for(lambda: told(speakers) == [2])
    bgpd.peer_config(lab.addr(2))["static_routes"] = []
    bgpd.reload()
    bgpd.call("withdraw_route", prefix=PREFIX, to=lab.addr(2))
    wait_for(lambda: told(speakers) == [1])


def test_who_is_aimed_at_changes_with_the_configuration(three, lab):
    bgpd, speakers = three
    advertise(bgpd, 1, to="customers")
    wait_for(lambda: told(speakers) == [None, 1, 1])
    bgpd.peer_config(lab.addr(2))["group"] = "customers"
    bgpd.peer_config(lab.addr(3))["group"] = "transit"
    bgpd.reload()
    wait_for(lambda: told(speakers) == [1, None, 1])
    bgpd.peer_config(lab.addr(2))["advertise_sources"] = ["config"]
    bgpd.reload()
    wait_for(lambda: told(speakers) == [None, None, 1])
    bgpd.peer_config(lab.addr(2))["advertise_sources"] = ["api"]
    bgpd.reload()
    wait_for(lambda: told(speakers) == [1, None, 1])
    bgpd.config["peers"] = [p for p in bgpd.config["peers"] if p["remote_ip"] == lab.addr(3)]
    bgpd.reload()
    [shown] = bgpd.call("show_originated")["routes"]
    assert shown["advertised_to"] == 0 and shown["to"] == ["customers"]
    again = "nobody whom it is aimed at is configured now"
    with pytest.raises(RpcError, match="no peer, network or group is called 'customers'"):
        advertise(bgpd, 1, to="customers")
    bgpd.peer_config(lab.addr(3))["group"] = "customers"
    bgpd.reload()
    wait_for(lambda: told(speakers[1:2]) == [1])
    assert again not in str(bgpd.call("show_originated"))


def test_aimed_at_a_network(lab):
    """All that come from it have the route, whenever they come; none of them can be meant alone."""
    network = lab.network(28)
    bgpd = lab.bgpd(peers=[{"remote_ip": network, "remote_as": 65002, "hold_timer": 9},
                           lab.peer(30, 65003, passive=True)])
    other = lab.session(30, 65003)
    assert advertise(bgpd, 1, to=network)["advertised_to"] == 0
    speakers = [lab.session(n, 65002) for n in (2, 3)]
    wait_for(lambda: told(speakers) == [1, 1])
    with pytest.raises(RpcError, match="no peer, network or group is called"):
        advertise(bgpd, 2, to=lab.addr(3))
    assert advertise(bgpd, 2)["advertised_to"] == 1
    wait_for(lambda: told([*speakers, other]) == [1, 1, 2])
    speakers.append(lab.session(4, 65002))
    wait_for(lambda: told(speakers) == [1, 1, 1])
    bgpd.call("withdraw_route", prefix=PREFIX, to=network)
    wait_for(lambda: told(speakers) == [2, 2, 2])


def test_why_nobody_gets_it(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True),
                           lab.peer(3, 65003, passive=True, advertise_sources=["config"])])
    lead = "it goes to no peer: "
    assert advertise(bgpd, 1, to=lab.addr(2))["warnings"] == \
        [lead + "none whom it is aimed at is up; those that come up get it"]
    assert advertise(bgpd, 1, to=lab.addr(3))["warnings"] == \
        [lead + 'none whom it is aimed at takes routes of the API ("api" in advertise_sources)']
    assert advertise(bgpd, 1, to=lab.network(24))["warnings"] == \
        [lead + "another route of the API is aimed at the same more precisely, or later"]
    speakers = [lab.session(2, 65002)]
    wait_for(lambda: told(speakers) == [1])


def test_export_policies_know_whose_it_is(lab):
    """An aimed route is the API's, though it is among the routes of the peer."""
    bgpd = lab.bgpd({"policies": {"out": {"rules": [
        {"if": {"source": "api"}, "set": {"med": 5}, "then": "accept"},
        {"then": "reject"}]}}}, peers=[lab.peer(2, 65002, passive=True, export=["out"],
                                                static_routes=[{"prefix": "10.8.0.0/16",
                                                                "next_hop": "10.254.0.1"}])])
    speaker = lab.session(2, 65002)
    advertise(bgpd, 1, to=lab.addr(2))
    wait_for(lambda: speaker.received().get(PREFIX))
    assert speaker.received()[PREFIX].med == 5 and len(speaker.received()) == 1


def test_a_lease_ends(three):
    bgpd, speakers = three
    begun = time.monotonic()
    shown = advertise(bgpd, 1, ttl="2s", owner="ddos")
    assert 1 <= shown["expires_in"] <= 2 and shown["expires_at"] > shown["created_at"]
    wait_for(lambda: [heard(s) for s in speakers] == [[True, False]] * 3)
    assert 2 <= time.monotonic() - begun < 30
    assert bgpd.call("show_originated")["routes"] == []
    bgpd.wait_log("the lease of 10.9.0.0/16 of ddos has ended")


def test_a_lease_is_renewed(three):
    bgpd, speakers = three
    first = advertise(bgpd, 1, ttl=8)
    wait_for(lambda: told(speakers) == [1, 1, 1])

    def is_the_first():
        return advertise(bgpd, 1, ttl=8)["received_at"] == first["received_at"] and \
            told(speakers) == [1, 1, 1] and len(bgpd.call("show_originated")["routes"]) == 1
    stays(is_the_first, 9, interval=0.5)  # longer than a lease
    assert advertise(bgpd, 1)["expires_at"] is None
    advertise(bgpd, 2, prefix="10.8.0.0/16", ttl=1)
    wait_for(lambda: heard(speakers[0], "10.8.0.0/16") == [True, False])
    assert told(speakers) == [1, 1, 1]
    assert [heard(s) for s in speakers] == [[True]] * 3


def test_found_by_owner_label_and_tag(three):
    bgpd, speakers = three

    def prefixes(**wanted):
        return {r["prefix"] for r in bgpd.call("show_originated", **wanted)["routes"]}

    advertise(bgpd, 1, "10.1.0.0/16", owner="a", label="ticket 7", tags=["red", "blue"])
    advertise(bgpd, 1, "10.2.0.0/16", owner="a", tags="blue green")
    shown = advertise(bgpd, 1, "10.3.0.0/16", owner="b", tags=["bluegreen"])
    assert shown["owner"] == "b" and shown["tags"] == ["bluegreen"] and shown["label"] is None
    bgpd.call("advertise_flow", afi=1, action="drop", matches=["destination 10.4.0.0/16"],
              owner="b", tags="red")
    assert prefixes(owner="a") == {"10.1.0.0/16", "10.2.0.0/16"}
    assert prefixes(label="ticket 7") == prefixes(owner="a", tag="red") == {"10.1.0.0/16"}
    assert prefixes(tag="blue") == {"10.1.0.0/16", "10.2.0.0/16"}
    assert len(bgpd.call("show_originated", tag="red")["routes"]) == 2
    assert prefixes(tag="red", family="ipv4 unicast") == {"10.1.0.0/16"}
    wait_for(lambda: len(marks(speakers[0])) == 3)
    assert bgpd.call("withdraw_originated", tag="blue") == {"withdrawn": 2}
    wait_for(lambda: set(marks(speakers[0])) == {"10.3.0.0/16"})
    with pytest.raises(RpcError, match="nothing says which routes"):
        bgpd.call("withdraw_originated")
    with pytest.raises(RpcError, match="cannot stand beside"):
        bgpd.call("withdraw_originated", all=True, owner="b")
    assert bgpd.call("withdraw_originated", all=True) == {"withdrawn": 2}
    wait_for(lambda: not marks(speakers[0]))


def test_pages(three):
    bgpd, _ = three
    for i in range(25):
        advertise(bgpd, 1, f"10.{i}.0.0/16", owner="a" if i % 2 else "b")
    seen = []
    cursor = None
    while True:
        page = bgpd.call("show_originated", limit=4, cursor=cursor, owner="a")
        seen += [r["prefix"] for r in page["routes"]]
        cursor = page["cursor"]
        if cursor is None:
            break
        assert len(page["routes"]) == 4
    assert sorted(seen) == sorted(f"10.{i}.0.0/16" for i in range(25) if i % 2)


@pytest.mark.parametrize("more, param", [
    ({"to": "nobody"}, "to"), ({"to": "192.0.2.1"}, "to"), ({"to": ["two"] * 65}, "to"),
    ({"ttl": 0}, "ttl"), ({"ttl": "10x"}, "ttl"), ({"ttl": "366d"}, "ttl"), ({"ttl": ""}, "ttl"),
    ({"ttl": "99999999999d"}, "ttl"), ({"ttl": -1}, "ttl"),
    ({"owner": ""}, "owner"), ({"owner": "a\nb"}, "owner"), ({"label": "x" * 65}, "label"),
    ({"tags": ["a b"]}, "tags"), ({"tags": ["x"] * 17}, "tags"), ({"tags": [""]}, "tags")])
def test_what_is_wrong_is_said_of_it(three, more, param):
    bgpd, _ = three
    with pytest.raises(RpcError) as error:
        advertise(bgpd, 1, **more)
    assert error.value.code == -32602 and error.value.data["param"] == param
    assert bgpd.call("show_originated")["routes"] == []


def advertise_some(bgpd, lab):
    """Routes that differ in all that is asked for."""
    for n, (prefix, more) in enumerate((
            ("10.0.0.0/8", {"as_path": "100 200", "owner": "a"}),
            ("10.1.0.0/16", {"as_path": "100 300", "owner": "a", "label": "x", "tags": ["t"]}),
            ("10.1.1.0/24", {"as_path": "300", "to": ["two"], "ttl": "1h"}),
            ("10.1.1.0/24", {"as_path": "300", "owner": "b"}),
            ("10.2.0.0/16", {"owner": "b", "to": [lab.addr(3), "customers"]}))):
        advertise(bgpd, n, prefix, **more)
    bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="10.254.0.1", rd="65000:1",
              labels=7, owner="vpn")
    bgpd.call("advertise_flow", afi=1, action="drop", owner="flows",
              matches=["destination 10.1.0.0/16", "port 1"])
    bgpd.call("advertise_route", prefix="2001:db8::/32", next_hop="2001:db8::1", owner="six")


def test_every_filter(three, lab):
    """Those of all lists, and its own; counts, and pages."""
    bgpd, _ = three
    advertise_some(bgpd, lab)
    unicast = {"family": "ipv4 unicast"}

    def shown(**wanted):
        routes = bgpd.call("show_originated", **wanted)["routes"]
        assert bgpd.call("count_routes", list="originated", **wanted)["count"] == len(routes)
        return sorted(r.get("rd", "") + r["prefix"] for r in routes)

    assert len(shown()) == 8 and len(shown(**unicast)) == 5
    assert shown(exact="10.1.1.0/24", **unicast) == ["10.1.1.0/24"] * 2
    assert shown(longest="10.1.1.7", **unicast) == ["10.1.1.0/24"] * 2
    assert shown(longest="10.1.1.0/24", owner="a") == ["10.1.0.0/16"]
    assert shown(longest="10.9.9.9") == ["10.0.0.0/8"]
    assert shown(longest="10.1.1.7", origin_as=200) == ["10.0.0.0/8"]
    assert shown(longest="192.0.2.1") == []
    assert shown(longer="10.1.0.0/16") == [
        "10.1.0.0/16", "10.1.1.0/24", "10.1.1.0/24", "65000:110.1.0.0/16",
        "destination 10.1.0.0/16; port =1"]
    assert shown(longest="10.1.1.7", rd="65000:1") == ["65000:110.1.0.0/16"]
    assert shown(longest="2001:db8::1") == ["2001:db8::/32"]
    assert shown(community="65000:1") == ["10.1.0.0/16"]
    assert shown(as_path="^100_") == ["10.0.0.0/8", "10.1.0.0/16"]
    assert shown(origin_as=300) == ["10.1.0.0/16", "10.1.1.0/24", "10.1.1.0/24"]
    assert shown(**{"as": 200}) == ["10.0.0.0/8"]
    assert shown(owner="b") == ["10.1.1.0/24", "10.2.0.0/16"]
    assert shown(label="x", tag="t") == ["10.1.0.0/16"]
    assert shown(to="two") == ["10.1.1.0/24"]
    assert shown(to="customers") == shown(to=lab.addr(3)) == ["10.2.0.0/16"]
    assert shown(to="transit") == [] and shown(rov="valid") == []
    groups = bgpd.call("count_routes", list="originated", by="origin-as", **unicast)["groups"]
    assert groups[0] == {"origin_as": 300, "count": 3}
    with pytest.raises(RpcError, match="this list has no such thing"):
        bgpd.call("count_routes", owner="a")
    assert len(shown(from_peer="API")) == 8 and shown(from_peer="API", owner="six") == ["2001:db8::/32"]
    assert shown(from_peer="Config") == shown(from_peer=lab.addr(3)) == []
    with pytest.raises(RpcError, match="no peer"):
        bgpd.call("show_originated", from_peer="192.0.2.99")
    pages, cursor = [], None
    while True:
        page = bgpd.call("show_originated", limit=3, cursor=cursor, longer="10.0.0.0/8")
        pages.append(len(page["routes"]))
        cursor = page["cursor"]
        if not cursor:
            break
    assert pages == [3, 3, 1]
    with pytest.raises(RpcError, match="cursor"):
        bgpd.call("show_originated", cursor="x")


def test_on_a_terminal(three, lab):
    """The words and formats of the other lists."""
    bgpd, _ = three
    advertise_some(bgpd, lab)

    def lines(*words):
        return bgpd.cli("show", "originated", *words, check=True).stdout.splitlines()

    def rows(*words):
        return [json.loads(line) for line in lines(*words, "--format", "ndjson")]

    table = lines("10.1.1.7")
    assert table[0] == "IPv4 / Unicast"
    assert table[1].split() == ["Prefix", "Next", "Hop", "To", "Peers", "Left", "Age", "Owner",
                                "Label", "Tags"]
    assert [row.split()[0] for row in table[2:4]] == ["10.1.1.0/24"] * 2
    assert {row.split()[2] for row in table[2:4]} == {"two", "all"}
    assert len(rows("10.1.1.7")) == 4 and len(rows("10.1.1.7", "--owner", "b")) == 1
    assert len(rows("--longer", "10.0.0.0/8", "--limit", "2")) == 2
    assert [r["owner"] for r in rows("--to", "customers")] == ["b"]
    assert lines("--count", "--owner", "a") == ["2"]
    assert lines("--by", "community", "--family", "ipv4 unicast")[-1].split()[0] == "5"
    detail = "\n".join(lines("10.1.0.0/16", "detail", "--owner", "a"))
    assert "Route 10.1.0.0/16 (IPv4 / Unicast)" in detail
    for name, value in (("Owner", "a"), ("Label", "x"), ("Tags", "t"), ("AS path", "100 300")):
        assert re.search(rf"{name} +{value}$", detail, re.M), name
    heading, row = lines("--format", "csv", "--route-label", "x")
    csv = dict(zip(heading.split(","), row.split(",")))
    assert (csv["prefix"], csv["owner"], csv["tags"]) == ("10.1.0.0/16", "a", "t")
    assert len(json.loads("\n".join(lines("--format", "json")))["routes"]) == 8
    none = bgpd.cli("show", "originated", "--owner", "nobody")
    assert (none.stdout, none.stderr) == ("", "no routes\n")


class Model:
    """What peers are to be told, found the slow way."""

    def __init__(self, lab, rng):
        self.rng = rng
        self.addr = lab.addr
        self.groups = {2: "transit", 3: "customers", 4: "customers"}
        self.static = {n: {} for n in PEERS}
        self.routes = {}  # by prefix and aim: number and mark
        self.count = 0
        self.aims = [(), ("two",), ("customers",), ("transit",), (lab.network(24),),
                     (lab.addr(3), "two"), ("customers", "two"), (lab.addr(4),)]

    def rank(self, item, n):
        if item in (self.addr(n), {2: "two"}.get(n)):
            return 3
        if "/" in item:
            return 2
        return 1 if item == self.groups[n] else 0

    def told(self, n, prefix):
        best = None
        for (of, aim), (number, mark) in self.routes.items():
            rank = max((self.rank(item, n) for item in aim), default=0)
            if of == prefix and rank > 0:
                best = max(best or (rank, number, mark), (rank, number, mark))
        if best:
            return best[2]
        general = self.routes.get((prefix, ()))
        return self.static[n].get(prefix, general and general[1])

    def all_told(self):
        prefixes = {prefix for prefix, _ in self.routes} | \
            {prefix for of in self.static.values() for prefix in of}
        return [{p: self.told(n, p) for p in prefixes if self.told(n, p)} for n in PEERS]

    def step(self, bgpd):
        prefix = f"10.{self.rng.randrange(3)}.0.0/16"
        aim = self.rng.choice(self.aims)
        what = self.rng.random()
        self.count += 1
        if what < 0.5:
            mark = self.count % 60000
            try:
                advertise(bgpd, mark, prefix, to=list(aim))
                self.routes[prefix, aim] = (self.count, mark)
            except RpcError:
                assert not all(any(self.rank(item, n) for n in PEERS) for item in aim)
        elif what < 0.8:
            try:
                bgpd.call("withdraw_route", prefix=prefix, to=list(aim))
                del self.routes[prefix, aim]
            except RpcError:
                assert (prefix, aim) not in self.routes
        else:
            self.change_configuration(bgpd, prefix)

    def change_configuration(self, bgpd, prefix):
        n = self.rng.choice(PEERS)
        entry = bgpd.peer_config(self.addr(n))
        if self.rng.random() < 0.5:
            entry["group"] = self.groups[n] = self.rng.choice(["transit", "customers"])
        elif self.static[n].pop(prefix, None) is None:
            self.static[n][prefix] = 60000 + self.count
        entry["static_routes"] = [
            {"prefix": p, "next_hop": "10.254.0.1", "communities": [f"65000:{mark}"]}
            for p, mark in self.static[n].items()]
        bgpd.reload()


@pytest.mark.parametrize("seed", SEEDS)
def test_random_aims(three, lab, seed):
    """Random routes, aims, static routes and groups against a naive model."""
    bgpd, speakers = three
    model = Model(lab, random.Random(seed))
    sessions = bgpd.sessions()
    for _ in range(150):
        model.step(bgpd)
        if model.rng.random() < 0.2:
            wait_for(lambda: [marks(s) for s in speakers] == model.all_told())
    wait_for(lambda: [marks(s) for s in speakers] == model.all_told())
    assert bgpd.sessions() == sessions
    assert bgpd.call("withdraw_originated", all=True)["withdrawn"] == len(model.routes)
    model.routes.clear()
    wait_for(lambda: [marks(s) for s in speakers] == model.all_told())


@pytest.mark.parametrize("kind", ["bird", "frr", "gobgp", "openbgpd"])
def test_aimed_at_real_daemons(lab, kind):
    """One of two neighbors of a kind gets what is aimed at it, the other what is for all."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n) for n in (2, 3)])
    peers = [lab.real(kind, n, 65000 + n) for n in (2, 3)]
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    advertise(bgpd, 1)
    assert advertise(bgpd, 2, to=lab.addr(3))["advertised_to"] == 1

    wait_for(lambda: told(peers) == [1, 2])
    bgpd.call("withdraw_route", prefix=PREFIX, to=lab.addr(3))
    wait_for(lambda: told(peers) == [1, 1])
