"""Routes with labels and RDs among speakers: what one UPDATE says of many of them."""

import pytest

import speaker as sp
from support import nlri
from support.bgpd import to_route
from support.route import Route
from support.samples import route_params
from support.wait import wait_for

FAMILIES = ("ipv4 vpn", "ipv4 labeled-unicast")


def two_speakers(lab):
    """BGPd between an external peer that announces and another one that listens."""
    entry = {"passive": True, "families": list(FAMILIES), "advertise_sources": ["peer"]}
    lab.bgpd(peers=[lab.peer(2, 65002, **entry), lab.peer(3, 65003, **entry)])
    return (lab.session(2, 65002, families=FAMILIES),
            lab.session(3, 65003, families=FAMILIES, labels=2))


def announce(session, family, routes):
    """All of them in one message."""
    body = sp.route_attributes(routes[0]) + sp.mp_reach(
        family, sp.next_hop_bytes(routes[0]), b"".join(nlri.route_nlri(route) for route in routes))
    session.send(2, sp.update_body(body))


def held(session, family):
    return {nlri.key_of(route.prefix, route.rd): route.labels
            for route in session.received(family).values()}


def test_labels_that_change_within_an_update(lab):
    """In runs of every length, so that they end and begin anywhere in the message; and in runs as long
    as what is changed at once."""
    source, other = two_speakers(lab)
    for family in FAMILIES:
        rd = "65000:1" if nlri.has_rd(family) else None
        for net, lengths in enumerate((range(1, 17), range(16, 0, -1), (64, 64), (32, 64, 32))):
            labels = [100 + 100 * net + run for run, length in enumerate(lengths)
                      for _ in range(length)]
            routes = [Route(f"10.{net}.{number}.0/24", "10.254.0.2", (65002,), family=family, rd=rd,
                            labels=(label,)) for number, label in enumerate(labels)]
            announce(source, family, routes)
            expected = {nlri.key_of(r.prefix, r.rd): r.labels for r in routes}
            wait_for(lambda: expected.items() <= held(other, family).items())
    assert all(route.next_hop == "10.254.0.2" for route in other.received("ipv4 vpn").values())


def test_a_new_label_is_a_new_path(lab):
    source, other = two_speakers(lab)
    for family in FAMILIES:
        rd = "65000:1" if nlri.has_rd(family) else None
        for labels in ((100,), (101,), (200, 300)):
            route = Route("10.1.0.0/16", "10.254.0.2", (65002,), family=family, rd=rd, labels=labels)
            announce(source, family, [route])
            wait_for(lambda: held(other, family) == {nlri.key_of(route.prefix, rd): labels})
        source.send(2, sp.update_body(sp.mp_unreach(family, nlri.withdrawn_nlri(route))))
        wait_for(lambda: held(other, family) == {})


TOO_MANY = "more labels than the peer takes (RFC 8277)"
STACKS = {1: (100,), 2: (100, 200), 3: (100, 200, 300)}  # by the second number of the prefix


def routes_with_stacks(family):
    rd = "65000:1" if nlri.has_rd(family) else None
    return {net: Route(f"10.{net}.0.0/16", "10.254.0.2", (65002,), family=family, rd=rd, labels=labels)
            for net, labels in STACKS.items()}


def keys(routes, nets):
    return {routes[net].key for net in nets}


def withheld(bgpd, address, family):
    return {to_route(view).key: view["withheld"] for view in bgpd.call(
        "show_routes_advertised", to_peer=address, family=family, withheld=True)}


def test_stacks_go_to_those_that_take_them(lab):
    """RFC 8277 §2.1: one label without the capability, else as many as it says. What comes to have too
    many is withdrawn."""
    counts = {3: 1, 4: 2, 5: 255}
    entry = {"passive": True, "families": list(FAMILIES), "advertise_sources": ["peer"]}
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, **entry) for n in (2, *counts)])
    source = lab.session(2, 65002, families=FAMILIES)
    others = {n: lab.session(n, 65000 + n, families=FAMILIES, labels=count)
              for n, count in counts.items()}
    bgpd.wait_established(*map(lab.addr, (2, *counts)))
    lines = bgpd.detail(lab.addr(4))["capabilities"]
    assert "Multiple labels: ipv4 vpn 2, ipv4 labeled-unicast 2" in lines
    assert not any(line.startswith("Multiple labels") for line in bgpd.detail(lab.addr(3))["capabilities"])
    assert (8, sp.multiple_labels(sorted(FAMILIES), 10)[2:]) in others[3].open_received()[4]
    for family in FAMILIES:
        routes = routes_with_stacks(family)
        for route in routes.values():
            announce(source, family, [route])
        for n, count in counts.items():
            fits = {net for net, labels in STACKS.items() if len(labels) <= count}
            wait_for(lambda: held(others[n], family) ==
                     {routes[net].key: STACKS[net] for net in fits})
            wait_for(lambda: withheld(bgpd, lab.addr(n), family) == dict.fromkeys(
                keys(routes, STACKS.keys() - fits), TOO_MANY))
        # One label becomes three, and three become one.
        routes[1].labels, routes[3].labels = STACKS[3], STACKS[1]
        for net in (1, 3):
            announce(source, family, [routes[net]])
        wait_for(lambda: held(others[3], family) == {routes[3].key: STACKS[1]})
        wait_for(lambda: held(others[4], family) ==
                 {routes[2].key: STACKS[2], routes[3].key: STACKS[1]})
        wait_for(lambda: held(others[5], family)[routes[1].key] == STACKS[3])


def test_own_stacks(lab):
    """Of the configuration and the API: the answer says why nobody is told."""
    family = FAMILIES[0]
    routes = routes_with_stacks(family)
    entry = {"passive": True, "families": [family]}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **entry),
                           lab.peer(3, static_routes=[route_params(routes[3])], **entry)])
    one, two = (lab.session(n, asn, families=[family], labels=count)
                for n, asn, count in ((2, 65002, 1), (3, 65000, 2)))
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    assert bgpd.call("advertise_route", **route_params(routes[1]))["advertised_to"] == 2
    assert bgpd.call("advertise_route", **route_params(routes[2]))["advertised_to"] == 1
    answer = bgpd.call("advertise_route", **{**route_params(routes[2]), "labels": [1, 2, 3]})
    assert answer["advertised_to"] == 0 and TOO_MANY in "".join(answer["warnings"])
    for session in (one, two):
        wait_for(lambda s=session: held(s, family) == {routes[1].key: STACKS[1]})
    assert withheld(bgpd, lab.addr(3), family) == dict.fromkeys(keys(routes, (2, 3)), TOO_MANY)


@pytest.mark.parametrize("family", FAMILIES)
def test_stacks_do_not_end_the_session_of_another_peer(lab, family):
    """FRR knows no capability for them: in VPNs it ends the session, else it takes the first label
    for the only one."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, families=[family]),
                           lab.peer(3, families=[family], advertise_sources=["peer"])])
    frr = lab.real("frr", 3, neighbor={"families": [family]})
    source = lab.session(2, 65002, families=[family])
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    frr.wait_established()
    before = bgpd.sessions()
    routes = routes_with_stacks(family)
    announce(source, family, [routes[2]])
    announce(source, family, [routes[3]])
    announce(source, family, [routes[1]])
    wait_for(lambda: {key: r.labels for key, r in frr.received(family=family).items()}
             == {routes[1].key: STACKS[1]})
    assert withheld(bgpd, lab.addr(3), family) == dict.fromkeys(keys(routes, (2, 3)), TOO_MANY)
    assert bgpd.sessions() == before and frr.established()
