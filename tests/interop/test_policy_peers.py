"""Policies between BGPd and real daemons, in both directions: the things that people do most."""

import pytest

import peers
from support.route import Route
from support.wait import wait_for

KINDS = pytest.mark.parametrize("kind", list(peers.ALL))
WITH_PATHS = pytest.mark.parametrize("kind", [k for k, p in peers.ALL.items() if p.originates_as_path])
HOP = "10.254.0.7"
EVERYTHING = ["api", "config", "peer"]
BOGONS = ["10.0.0.0/8 le 32", "192.168.0.0/16 le 32"]


def why_not(bgpd, address):
    """{prefix: why it is not used, or None} of what a peer has sent."""
    return {v["prefix"]: v.get("filtered")
            for v in bgpd.call("show_routes_learned", from_peer=address, family="ipv4 unicast")}


def static(prefix, **attributes):
    return {"prefix": prefix, "next_hop": HOP, **attributes}


def rule(name=None, then=None, set=None, **matches):  # pylint: disable=redefined-builtin
    given = {"name": name, "if": matches or None, "set": set, "then": then}
    return {key: value for key, value in given.items() if value is not None}


def policy(*rules, default="next"):
    return {"default": default, "rules": list(rules)}


def meet(lab, kind, asn=65002, policies=None, sets=None, routes=(), **entry):
    """BGPd and a daemon that has announced its routes."""
    bgpd = lab.bgpd({"policies": policies, **(sets or {})},
                    peers=[lab.peer(2, asn, **{"advertise_sources": EVERYTHING, **entry})])
    peer = lab.real(kind, asn=asn, routes=routes)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    return bgpd, peer


# --- import ---

@KINDS
def test_only_my_customers_prefixes(lab, kind):
    routes = [Route("198.51.100.0/24", HOP), Route("203.0.113.0/24", HOP), Route("10.1.0.0/16", HOP),
              Route("198.51.100.128/25", HOP)]
    bgpd, _ = meet(lab, kind, routes=routes, sets={"prefix_sets": {"customer": ["198.51.100.0/24"],
                                                                   "bogons": BOGONS}},
                   policies={"customer-in": policy(
                       rule("bogons", "reject", prefix="bogons"),
                       rule("length", "reject", prefix_length="25-32"),
                       rule("customer", "accept", {"local_pref": 200, "weight": 7,
                                                   "communities": {"add": ["65000:{peer.as}"]}},
                            prefix="customer", as_path="^65002$"),
                       default="reject")},
                   **{"import": ["customer-in"]})
    wait_for(lambda: why_not(bgpd, lab.addr(2)) == {
        "198.51.100.0/24": None, "203.0.113.0/24": "policy customer-in default",
        "10.1.0.0/16": "policy customer-in rule bogons",
        "198.51.100.128/25": "policy customer-in rule length"}, what="one route and three reasons")
    best = bgpd.best("198.51.100.0/24")
    assert (best["local_pref"], best["communities"]) == (200, ["65000:65002"])
    assert [bgpd.best(r.prefix) for r in routes[1:]] == [None] * 3
    channel, = [c for c in bgpd.detail(lab.addr(2))["channels"] if c["family"] == "ipv4 unicast"]
    assert (channel["received"], channel["accepted"]) == (4, 1)


@WITH_PATHS
def test_regular_expressions(lab, kind):
    paths = {"10.1.0.0/16": (), "10.2.0.0/16": (64500,), "10.3.0.0/16": (65002, 65002),
             "10.4.0.0/16": (64500, 64501), "10.5.0.0/16": (64501, 4200000001)}
    expressions = {"^65002( 65002)*$": {"10.1.0.0/16", "10.3.0.0/16"},
                   "_64501$": {"10.4.0.0/16"},
                   "_64501_": {"10.4.0.0/16", "10.5.0.0/16"},
                   "^65002 [0-9]+$": {"10.2.0.0/16"},
                   "_6450[12]_[0-9]{10}$": {"10.5.0.0/16"},
                   "5001$": set()}
    policies = {"p": policy(rule(then="accept", as_path="^$"), default="reject")}
    # ExaBGP puts nothing in front of a path that it is given.
    given = {prefix: (65002, *path) if path and kind == "exabgp" else path for prefix, path in paths.items()}
    bgpd, _ = meet(lab, kind, policies=policies, **{"import": ["p"]},
                   routes=[Route(prefix, HOP, path) for prefix, path in given.items()])
    wait_for(lambda: set(why_not(bgpd, lab.addr(2))) == set(paths))
    sent = {prefix: r.as_path for prefix, r in bgpd.learned(lab.addr(2)).items()}
    assert sent == {prefix: (65002, *path) for prefix, path in paths.items()}
    for expression, expected in expressions.items():
        policies["p"]["rules"][0]["if"]["as_path"] = expression
        bgpd.reload()
        wait_for(lambda e=expected: {p for p, why in why_not(bgpd, lab.addr(2)).items() if why is None} == e,
                 what=f"{expression} matches {expected}")


@KINDS
def test_what_is_changed_on_import(lab, kind):
    """Next hop, MED, communities and a mark, which an export policy asks for; seen by another daemon."""
    routes = [Route("10.1.0.0/16", HOP, med=5, communities=["65002:1", "65002:2"]),
              Route("10.2.0.0/16", HOP, med=5, communities=["65002:3"])]
    policies = {
        "in": policy(rule("first", None, {"med": "+10", "next_hop": "10.254.0.99", "mark": "blue",
                                          "communities": {"remove": ["65002:*"], "add": ["65000:{neighbor.as}"]}},
                          community="65002:1")),
        "out": policy(rule("blue", "accept", mark="blue"), default="reject")}
    bgpd = lab.bgpd({"policies": policies}, peers=[
        lab.peer(2, 65002, **{"import": ["in"]}),
        lab.peer(3, 65000, advertise_sources=["peer"], passive=True, export=["out"])])
    lab.real(kind, asn=65002, routes=routes)
    watcher = lab.session(3, 65000)
    wait_for(lambda: bgpd.best("10.2.0.0/16"))
    wait_for(lambda: "10.1.0.0/16" in watcher.received())
    got = watcher.received()["10.1.0.0/16"]
    assert got == Route("10.1.0.0/16", "10.254.0.99", (65002,), med=15, local_pref=100,
                        communities=["65000:65002"], origin=got.origin)
    assert set(watcher.received()) == {"10.1.0.0/16"}
    assert bgpd.learned(lab.addr(2))["10.1.0.0/16"].communities == routes[0].communities


# --- export ---

@KINDS
def test_only_my_own(lab, kind):
    """Routes of the configuration and the API go out, those of another peer do not."""
    policies = {"out": policy(rule("own", "accept", source=["config", "api"]), default="reject")}
    bgpd = lab.bgpd({"policies": policies}, peers=[
        lab.peer(2, 65002, advertise_sources=EVERYTHING, export=["out"],
                 static_routes=[static("192.0.2.0/24")]),
        lab.peer(3, 65003, passive=True)])
    peer = lab.real(kind, asn=65002)
    lab.session(3, 65003).announce(Route("203.0.113.0/24", HOP, (65003,)))
    wait_for(lambda: bgpd.best("203.0.113.0/24"))
    bgpd.call("advertise_route", prefix="198.51.100.0/24", next_hop=HOP)
    wait_for(lambda: set(peer.received()) == {"192.0.2.0/24", "198.51.100.0/24"})
    assert set(bgpd.advertised(lab.addr(2))) == {"192.0.2.0/24", "198.51.100.0/24"}
    # Our own address as the next hop, one of a loopback, is not taken by all.
    bgpd.reload(policies={"out": policy(rule("all", "accept", {"next_hop": HOP}))})
    wait_for(lambda: set(peer.received()) == {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"})


@KINDS
def test_what_is_changed_on_export(lab, kind):
    """Prepending, communities, MED and next hop, as the peer sees them."""
    policies = {"out": policy(
        rule("no", "reject", community="0:{peer.as}"),
        rule("prepend", None, {"prepend": {"as": "self", "count": 2}}, community="65000:{peer.as}"),
        rule("all", "accept", {"med": 42, "next_hop": "10.254.0.55",
                               "communities": {"remove": ["65000:*"], "add": ["65000:9", "65000:1:{peer.as}"]}}))}
    bgpd, peer = meet(lab, kind, policies=policies, export=["out"], static_routes=[
        static("10.1.0.0/16", communities=["65000:65002", "65001:5"]),
        static("10.2.0.0/16", communities=["65000:65003"]),
        static("10.3.0.0/16", communities=["0:65002"]), static("10.4.0.0/16", communities=["0:65003"])])
    wait_for(lambda: set(peer.received()) == {"10.1.0.0/16", "10.2.0.0/16", "10.4.0.0/16"})
    common = {"med": 42, "origin": "IGP", "large": ["65000:1:65002"]}
    expected = {r.prefix: r for r in (
        Route("10.1.0.0/16", "10.254.0.55", (65000,) * 3, communities=["65001:5", "65000:9"], **common),
        Route("10.2.0.0/16", "10.254.0.55", (65000,), communities=["65000:9"], **common),
        Route("10.4.0.0/16", "10.254.0.55", (65000,), communities=["0:65003", "65000:9"], **common))}
    got = peer.received()
    for prefix, route in expected.items():
        different = route.differences(got[prefix], ignore=("local_pref",))
        assert not different, f"{prefix}: {different}"
    assert bgpd.established(lab.addr(2))


@KINDS
def test_local_pref_towards_an_internal_peer(lab, kind):
    policies = {"out": policy(rule("high", None, {"local_pref": 250}, prefix="10.1.0.0/16"),
                              rule("discard", None, {"next_hop": "discard"}, prefix="10.2.0.0/16"),
                              rule("self", None, {"next_hop": "self"}, prefix="10.3.0.0/16"))}
    hops = {"10.1.0.0/16": HOP, "10.2.0.0/16": "192.0.2.1"}
    if kind not in ("frr", "gobgp"):  # they refuse the address of a loopback, which ours is here
        hops["10.3.0.0/16"] = lab.addr(1)
    _, peer = meet(lab, kind, 65000, policies, export=["out"], static_routes=[static(p) for p in hops])
    wait_for(lambda: len(peer.received()) == len(hops))
    got = peer.received()
    assert {prefix: route.next_hop for prefix, route in got.items()} == hops
    assert {route.local_pref for prefix, route in got.items() if prefix != "10.1.0.0/16"} == {100}
    assert got["10.1.0.0/16"].local_pref == 250


# --- RFC 8212 ---

@KINDS
def test_external_peers_need_a_policy(lab, kind):
    routes = [Route("198.51.100.0/24", HOP)]
    bgpd = lab.bgpd({"ebgp_requires_policy": True, "policies": {"all": policy(default="accept")}}, peers=[
        lab.peer(2, 65002, advertise_sources=EVERYTHING, static_routes=[static("192.0.2.0/24")])])
    peer = lab.real(kind, asn=65002, routes=routes)
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: why_not(bgpd, lab.addr(2)).get("198.51.100.0/24"))
    assert bgpd.best("198.51.100.0/24") is None
    bgpd.peer_config(lab.addr(2))["import"] = ["all"]
    bgpd.reload()
    wait_for(lambda: bgpd.best("198.51.100.0/24"))
    assert not peer.received()
    bgpd.peer_config(lab.addr(2))["export"] = ["all"]
    bgpd.reload()
    wait_for(lambda: set(peer.received()) == {"192.0.2.0/24"})
