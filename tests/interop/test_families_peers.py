"""All families but flows with real daemons, in both directions and through BGPd from one to another."""

from dataclasses import replace

import pytest

import peers
import speaker as sp
from support.bgpd import families, to_route
from support.lab import FAMILIES as DEFAULTS
from support.nlri import has_labels, has_prefixes, has_rd
from support.route import assert_same
from support.samples import key_params, route_params, samples
from support.wait import wait_for

FAMILIES = [family for family in families() if has_prefixes(family)]
MORE = [family for family in FAMILIES if family not in DEFAULTS]
OPTIONS = {"advertise_sources": ["api", "config", "peer"]}


def speaks(kind, family):
    return family in peers.ALL[kind].families + peers.ALL[kind].more_families


def originates(kind, family):
    return speaks(kind, family) and family not in peers.ALL[kind].only_receives


RECEIVING = [(kind, family) for kind in peers.ALL for family in MORE if speaks(kind, family)]
ORIGINATING = [(kind, family) for kind, family in RECEIVING if originates(kind, family)]


def what_it_can(kind, routes):
    """Routes as a daemon can originate them."""
    factory = peers.ALL[kind]
    family = routes[0].family
    if not factory.originates_ipv4_targets:
        routes = [replace(r, extended=["target:65000:7"]) for r in routes]
    if family in factory.only_labels:
        routes = [replace(r, labels=[factory.only_labels[family]]) for r in routes]
    if has_labels(family) and factory.only_next_hop:
        routes = [replace(r, next_hop=factory.only_next_hop[family[3]]) for r in routes]
    return routes


def by_key(routes):
    return {route.key: route for route in routes}


def session(lab, kind, family, n=2, asn=65000, routes=(), **fields):
    """A real daemon that speaks one family."""
    return lab.real(kind, n, asn=asn, routes=routes, neighbor={"families": [family], **fields})


def test_every_family_is_tried():
    """Each family of the program is received by a daemon, and originated by one."""
    for family in MORE:
        assert any(originates(kind, family) for kind in peers.ALL), family


def test_default_families(lab):
    """Where `families` is not given, those of unicast and flows are offered, and no others."""
    bgpd = lab.bgpd(peers=[lab.peer(2, passive=True)])
    peer = lab.session(2, families=FAMILIES)
    bgpd.wait_established(lab.addr(2))
    offered = {value for code, value in peer.open_received()[4] if code == 1}
    assert offered == {sp.multiprotocol(family)[2:] for family in DEFAULTS}


@pytest.mark.parametrize("asn", [65000, 65002], ids=["ibgp", "ebgp"])
@pytest.mark.parametrize("kind, family", ORIGINATING)
def test_learned(lab, kind, family, asn):
    """Routes of a daemon come with labels, RD, next hop and route targets; withdrawn ones go; what is
    asked for again does not change."""
    own = () if asn == 65000 else (asn,)
    routes = what_it_can(kind, samples(family))
    bgpd = lab.bgpd(peers=[lab.peer(2, asn, families=[family])])
    peer = session(lab, kind, family, asn=asn, routes=routes[:1])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    peer.announce(*routes[1:])
    expected = by_key(replace(r, as_path=own, local_pref=100 if asn == 65000 else None) for r in routes)
    ignore = {"med"} if kind == "frr" else {"origin"} if kind == "gobgp" else set()

    def learned():
        return bgpd.learned(lab.addr(2), family)
    wait_for(lambda: assert_same(expected, learned(), ignore) is None)
    assert bgpd.peer(lab.addr(2))["prefixes_received"] == len(routes)
    views = bgpd.call("show_routes_learned", from_peer=lab.addr(2))
    assert {f"{v['afi']} {v['safi']}".lower() for v in views} == {family}
    assert all(("labels" in v, "rd" in v) == (has_labels(family), has_rd(family)) for v in views)
    assert not any(v.get("filtered") for v in views)

    peer.withdraw(routes[0])
    wait_for(lambda: set(learned()) == {r.key for r in routes[1:]})
    if peer.answers_refresh:
        bgpd.call("refresh_peer", peer=lab.addr(2), family=family)
    peer.announce(routes[0])
    wait_for(lambda: assert_same(expected, learned(), ignore) is None)


@pytest.mark.parametrize("asn", [65000, 65002], ids=["ibgp", "ebgp"])
@pytest.mark.parametrize("kind, family", RECEIVING)
def test_advertised(lab, kind, family, asn):
    """Routes of the configuration and the API reach a daemon; another label replaces the first;
    withdrawn ones go; those that a daemon asks for again are sent again."""
    routes = samples(family)
    bgpd = lab.bgpd(peers=[lab.peer(2, asn, families=[family], static_routes=[
        route_params(route) for route in routes[:1]])])
    peer = session(lab, kind, family, asn=asn)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    for route in routes[1:]:
        shown = bgpd.call("advertise_route", **route_params(route))
        assert shown["advertised_to"] == 1 and not shown["warnings"]
    own = () if asn == 65000 else (65000,)
    ignore = {"local_pref"}

    def received():
        return peer.received(family=family)

    def told(expected):
        wait_for(lambda: assert_same(by_key(replace(r, as_path=own) for r in expected), received(),
                                     ignore) is None)
    told(routes)
    assert_same(by_key(replace(r, as_path=own) for r in routes),
                bgpd.advertised(lab.addr(2), family), ignore)
    if peer.asks_for_refresh:
        before = bgpd.detail(lab.addr(2))["summary"]["msg_received"]
        if kind == "exabgp":
            peer.refresh(family=family)
        else:
            peer.refresh()
        wait_for(lambda: bgpd.detail(lab.addr(2))["summary"]["msg_received"] > before)
    changed = [replace(routes[1], med=7, labels=[17] if has_labels(family) else ()), routes[2]]
    bgpd.call("advertise_route", **route_params(changed[0]))
    told([routes[0], *changed])
    bgpd.reload(peers=[{**bgpd.config["peers"][0], "static_routes": []}])
    told(changed)
    bgpd.call("withdraw_route", **key_params(routes[2]))
    told(changed[:1])
    assert bgpd.established(lab.addr(2)) and peer.established()


def pairs():
    """(from, to, family): each daemon as the sender of each family, and each as the receiver."""
    for family in MORE:
        kinds = [kind for kind in peers.ALL if speaks(kind, family)]
        for index, kind in enumerate(kinds):
            if originates(kind, family):
                yield kind, kinds[(index + 1) % len(kinds)], family


@pytest.mark.parametrize("source, target, family", pairs())
def test_reflected(lab, source, target, family):
    """Between two daemons that are clients, a route keeps RD, labels, next hop and route targets. It
    goes when it is withdrawn and when its sender is lost, and is back when the sender is."""
    routes = what_it_can(source, samples(family))
    bgpd = lab.bgpd({"cluster_id": "9.9.9.9"}, peers=[
        lab.peer(n, families=[family], route_reflector_client=True, **OPTIONS) for n in (2, 3)])
    one = session(lab, source, family, 2, routes=routes)
    two = session(lab, target, family, 3)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    expected = by_key(replace(r, local_pref=100, originator_id="10.255.0.2", cluster_list=("9.9.9.9",))
                      for r in routes)
    ignore = {"frr": {"med"}, "gobgp": {"origin"}}.get(source, set())

    def received():
        return two.received(family=family)
    wait_for(lambda: assert_same(expected, received(), ignore) is None)
    one.kill9()
    wait_for(lambda: not received())
    one.start()
    wait_for(lambda: assert_same(expected, received(), ignore) is None)
    one.withdraw(routes[1])
    wait_for(lambda: set(received()) == {routes[0].key, routes[2].key})
    assert bgpd.established(lab.addr(3))


@pytest.mark.parametrize("kind, family", [(kind, family) for kind, factory in peers.ALL.items()
                                          for family in factory.takes_ipv6_next_hops])
def test_ipv6_next_hops(lab, kind, family):
    """IPv4 routes with IPv6 next hops (RFC 8950), in a session between IPv6 addresses: from a daemon,
    where it can, and to it."""
    lab.use_ipv6()
    both = [family, family.replace("ipv4", "ipv6")]  # ExaBGP wants to know the next hop's, too
    bgpd = lab.bgpd(peers=[lab.peer(2, families=both)])
    peer = lab.real(kind, neighbor={"families": both}, options={"extended_next_hop": True})
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    routes = samples(family, next_hop="2001:db8:fe::9")
    bgpd.call("advertise_route", **route_params(routes[0]))
    wait_for(lambda: assert_same(by_key(routes[:1]), peer.received(family=family),
                                 {"local_pref"}) is None)
    if peer.originates_ipv6_next_hops:
        route, = what_it_can(kind, routes[1:2])
        peer.announce(route)
        wait_for(lambda: assert_same(by_key([route]), bgpd.learned(lab.addr(2), family),
                                     {"local_pref", "origin"}) is None)


STACKS = [(kind, target, family) for kind, factory in peers.ALL.items()
          for family in factory.originates_stacks
          for target in peers.ALL
          if target != kind and speaks(target, family)]
TOO_MANY = "more labels than the peer takes (RFC 8277)"


@pytest.mark.parametrize("source, target, family", STACKS)
def test_stack_of_labels(lab, source, target, family):
    """Several labels arrive at another BGPd as they were sent, and go as one route; also where one of
    them looks like the type of an RD. A daemon that does not announce that it takes them (RFC 8277
    §2.1) is told none of it, but routes with one label, and its session stays."""
    single, stack = what_it_can(source, samples(family))[:2]
    options = {"families": [family], "route_reflector_client": True, **OPTIONS}
    bgpd = lab.bgpd(peers=[lab.peer(2, **options), lab.peer(3, **options),
                           lab.peer(4, passive=True, **options)])
    one, two = session(lab, source, family, 2), session(lab, target, family, 3)
    other = lab.bgpd({"peers": [{**lab.peer(1, families=[family]), "local_address": lab.addr(4)}]}, n=4)
    bgpd.wait_established(lab.addr(2), lab.addr(3), lab.addr(4))
    two.wait_established()
    sessions = bgpd.sessions()

    def told(*routes):
        expected = {route.key: tuple(route.labels) for route in routes}
        few = {key: labels for key, labels in expected.items() if len(labels) == 1}
        for received, labels in ((other.learned(lab.addr(1), family), expected),
                                 (two.received(family=family), few)):
            assert {key: r.labels for key, r in received.items()} == labels
        withheld = {to_route(view).key: view["withheld"] for view in bgpd.call(
            "show_routes_advertised", to_peer=lab.addr(3), withheld=True)}
        assert withheld == dict.fromkeys(expected.keys() - few.keys(), TOO_MANY)
        return True
    one.announce(single)
    wait_for(lambda: told(single))
    for labels in ((100, 200, 1048575), (100, 17, 1048575)):
        stack.labels = labels
        one.announce(stack)
        wait_for(lambda: told(single, stack))
        one.withdraw(stack)
        wait_for(lambda: told(single))
    assert bgpd.sessions() == sessions and two.established()


@pytest.mark.parametrize("family", MORE)
def test_passed_on_to_another_as(lab, family):
    """On its way from one AS to another a route with labels keeps its next hop, as labels mean
    something to the router there alone; another one gets ours."""
    if not has_labels(family) and family.startswith("ipv6"):
        lab.use_ipv6()  # for a next hop of ours
    kind = next(kind for kind in peers.ALL if originates(kind, family))
    routes = what_it_can(kind, samples(family))
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, families=[family], **OPTIONS) for n in (2, 3)])
    session(lab, kind, family, 2, asn=65002, routes=routes)
    target = lab.session(3, 65003, families=[family])
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    expected = by_key(replace(r, as_path=(65000, 65002),
                              next_hop=r.next_hop if has_labels(family) else lab.addr(1))
                      for r in routes)
    wait_for(lambda: assert_same(expected, target.received(family), {"med"}) is None)
