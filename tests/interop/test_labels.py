"""Routes with labels and RDs among speakers: what one UPDATE says of many of them."""

import speaker as sp
from support import nlri
from support.route import Route
from support.wait import wait_for

FAMILIES = ("ipv4 vpn", "ipv4 labeled-unicast")


def two_speakers(lab):
    """BGPd between an external peer that announces and another one that listens."""
    entry = {"passive": True, "families": list(FAMILIES), "advertise_sources": ["peer"]}
    lab.bgpd(peers=[lab.peer(2, 65002, **entry), lab.peer(3, 65003, **entry)])
    return (lab.session(2, 65002, families=FAMILIES), lab.session(3, 65003, families=FAMILIES))


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
