"""Roles (RFC 9234): sessions between those that go together, and no others; route leaks stopped by
ONLY_TO_CUSTOMER."""

import pytest

import speaker as sp
from support.route import Route
from support.wait import wait_for

COUNTERPARTS = {"provider": "customer", "customer": "provider", "peer": "peer", "rs": "rs-client",
                "rs-client": "rs"}
KINDS = ["bird", "frr", "openbgpd"]
MISMATCH = "OPEN Message Error (2) / Role Mismatch (11)"


def role(value):
    """The capability."""
    return sp.capability(9, bytes([value]))


def roles(bgpd, address):
    detail = bgpd.detail(address)
    return detail["role"], detail["remote_role"]


def refused(bgpd, address, why):
    """Waits until our side has refused the session for that."""
    error = f"sent NOTIFICATION: {MISMATCH}: {why}"
    wait_for(lambda: bgpd.peer(address)["last_error"] == error,
             what=f"{error}, not {bgpd.peer(address)['last_error']}")
    assert bgpd.state(address) != "Established"
    assert roles(bgpd, address)[1] is None


# --- what our side makes of an OPEN ---

def test_our_role_is_announced(lab):
    """To external peers: a value of the registry, and nothing where there is no role."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="rs", passive=True),
                           lab.peer(3, 65003, passive=True),
                           lab.peer(4, 65000, role="peer", passive=True)])
    for n, asn, expected in ((2, 65002, {9: b"\1"}), (3, 65003, {}), (4, 65000, {})):
        peer = lab.session(n, asn)
        bgpd.wait_established(lab.addr(n))
        announced = {code: value for code, value in peer.open_received()[4] if code == 9}
        assert announced == expected
        assert roles(bgpd, lab.addr(n)) == ("rs" if expected else None, None)


@pytest.mark.parametrize("ours, theirs, why", [
    ("provider", [0], "its role is provider, and must be customer as ours is provider"),
    ("rs-client", [3], "its role is customer, and must be rs as ours is rs-client"),
    ("peer", [9], "its role is unknown, and must be peer as ours is peer"),
    ("peer", [4, 4, 3], "it announces several roles"),
    (None, [4, 3], "it announces several roles"),
])
def test_mismatch(lab, ours, theirs, why):
    entry = {"role": ours} if ours else {}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, **entry)])
    peer = lab.speaker(2, 65002, capabilities=[role(value) for value in theirs])
    peer.connect(lab.addr(1)).send_open()
    assert peer.wait_notification() == (2, 11, b"")
    refused(bgpd, lab.addr(2), why)
    assert roles(bgpd, lab.addr(2)) == (ours, None)


def test_the_same_role_twice(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="provider", passive=True)])
    lab.session(2, 65002, capabilities=[role(3), role(3)])
    bgpd.wait_established(lab.addr(2))
    assert roles(bgpd, lab.addr(2)) == ("provider", "customer")


def test_roles_of_internal_peers_mean_nothing(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65000, role="provider", role_strict=True, passive=True)])
    lab.session(2, 65000, capabilities=[role(4), role(3)])
    bgpd.wait_established(lab.addr(2))
    assert roles(bgpd, lab.addr(2)) == (None, None)


def test_strict(lab):
    """Without the capability there is a session only where that is permitted."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="customer", role_strict=True, passive=True)])
    peer = lab.speaker(2, 65002).connect(lab.addr(1))
    peer.send_open()
    assert peer.wait_notification() == (2, 11, b"")
    refused(bgpd, lab.addr(2), "it announces no role, and must announce provider (role_strict)")
    bgpd.peer_config(lab.addr(2))["role_strict"] = False
    bgpd.reload()
    lab.let_in(2, 65002)
    bgpd.wait_established(lab.addr(2))
    assert roles(bgpd, lab.addr(2)) == ("customer", None)


def test_a_change_waits_for_the_next_session(lab):
    """The session that is up keeps its role, and the one that follows has the new one."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="customer", passive=True)])
    peer = lab.session(2, 65002, capabilities=[role(0)])
    bgpd.wait_established(lab.addr(2))
    bgpd.peer_config(lab.addr(2)).update(role="peer", role_strict=True)
    assert bgpd.reload()["sessions_reset"] == 0
    assert roles(bgpd, lab.addr(2)) == ("customer", "provider")
    assert bgpd.peer(lab.addr(2))["pending"] == ["role", "role_strict"]
    peer.close()
    bgpd.wait_down(lab.addr(2))
    assert roles(bgpd, lab.addr(2)) == ("peer", None)
    lab.session(2, 65002, capabilities=[role(4)])
    bgpd.wait_established(lab.addr(2))
    assert roles(bgpd, lab.addr(2)) == ("peer", "peer")
    assert bgpd.peer(lab.addr(2))["pending"] == []


# --- real peers ---

@pytest.mark.parametrize("ours", COUNTERPARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_roles_that_go_together(lab, kind, ours):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role=ours, role_strict=True)])
    peer = lab.real(kind, asn=65002, neighbor={"role": COUNTERPARTS[ours], "role_strict": True,
                                               "families": ("ipv4 unicast",)})
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    assert roles(bgpd, lab.addr(2)) == (ours, COUNTERPARTS[ours])
    detail = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert f"Our role            {ours}\n" in detail
    assert f"Role of the peer    {COUNTERPARTS[ours]}\n" in detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passive", [True, False])
def test_real_peer_with_another_role(lab, kind, passive):
    """Whichever side speaks first: both refuse, and ours says why."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="customer", passive=passive)])
    lab.real(kind, asn=65002, neighbor={"role": "peer", "families": ("ipv4 unicast",),
                                        "passive": not passive})
    wait_for(lambda: MISMATCH in (bgpd.peer(lab.addr(2))["last_error"] or ""),
             what="role mismatch")
    assert bgpd.state(lab.addr(2)) != "Established"


@pytest.mark.parametrize("kind", KINDS)
def test_real_peer_without_a_role(lab, kind):
    """Taken, unless ours is strict."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="peer", role_strict=True),
                           lab.peer(3, 65003, role="peer")])
    lab.real(kind, asn=65002, neighbor={"families": ("ipv4 unicast",)})
    peer = lab.real(kind, 3, asn=65003, neighbor={"families": ("ipv4 unicast",)})
    refused(bgpd, lab.addr(2), "it announces no role, and must announce peer (role_strict)")
    bgpd.wait_established(lab.addr(3))
    peer.wait_established()
    assert roles(bgpd, lab.addr(3)) == ("peer", None)


@pytest.mark.parametrize("kind", KINDS)
def test_real_peer_that_is_strict(lab, kind):
    """It refuses us where we announce none."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    lab.real(kind, asn=65002, neighbor={"role": "rs", "role_strict": True,
                                        "families": ("ipv4 unicast",)})
    wait_for(lambda: (bgpd.peer(lab.addr(2))["last_error"] or "").startswith(
        f"received NOTIFICATION: {MISMATCH}"), what="refused for want of a role")
    assert bgpd.state(lab.addr(2)) != "Established"


# --- ONLY_TO_CUSTOMER ---

EVERYTHING = {"advertise_sources": ["api", "config", "peer"], "passive": True}
PREFIX, OTHER = "10.1.0.0/16", "10.2.0.0/16"
V6 = "2001:db8:1::/48"
LEAK_BELOW = "route leak: ONLY_TO_CUSTOMER from a customer or route server client"
LEAK_PEER = "route leak: ONLY_TO_CUSTOMER of another AS than the peer's"
WITHHELD = "ONLY_TO_CUSTOMER: not for providers, peers, route servers"


def marked(prefix, path, by, **fields):
    next_hop = "2001:db8:fe::9" if ":" in prefix else "10.254.0.9"
    return Route(prefix, next_hop, path, only_to_customer=by, **fields)


def marks(peer):
    """{prefix: the AS that marked it} of what a peer holds."""
    return {prefix: route.only_to_customer for prefix, route in peer.received().items()}


def learned_marks(bgpd, address):
    return {prefix: route.only_to_customer for prefix, route in bgpd.learned(address).items()}


def withheld(bgpd, address):
    """{prefix: why} of what a peer is not sent."""
    views = bgpd.call("show_routes_advertised", to_peer=address, withheld=True)
    return {view["prefix"]: view["withheld"] for view in views}


ALL = (("provider", 65011), ("customer", 65012), ("peer", 65013), ("rs", 65014),
       ("rs-client", 65015), (None, 65016), ("internal", 65000))


def one_of_each(lab):
    """BGPd with a peer for each role of ours, one without and an internal one: {name: speaker}."""
    families = ["ipv4 unicast", "ipv6 unicast", "ipv4 multicast"]
    entries = [lab.peer(n, asn, families=families, **EVERYTHING,
                        **({} if name in (None, "internal") else {"role": name}))
               for n, (name, asn) in enumerate(ALL, 2)]
    bgpd = lab.bgpd(peers=entries)
    peers = {name: lab.session(n, asn, families=families) for n, (name, asn) in enumerate(ALL, 2)}
    bgpd.wait_established(*(peer.address for peer in peers.values()))
    # From here on UPDATEs are about routes.
    wait_for(lambda: all(len(peer.end_of_ribs()) == len(families) for peer in peers.values()))
    return bgpd, peers


@pytest.mark.parametrize("prefix", [PREFIX, V6])
@pytest.mark.parametrize("origin, counts_as", [
    ("provider", None), ("customer", 65012), ("peer", 65013), ("rs", None), ("rs-client", 65015),
    (None, None)])
def test_from_each_to_each(lab, origin, counts_as, prefix):
    """A route without a mark, from each kind of neighbour to all others (RFC 9234 §5)."""
    bgpd, peers = one_of_each(lab)
    asn = dict(ALL)[origin]
    peers[origin].announce(marked(prefix, (asn,), None))
    expected = {}
    for name, other in peers.items():
        if name == origin or (counts_as and name in ("customer", "peer", "rs-client")):
            continue
        marks_it = counts_as or (65000 if name in ("provider", "peer", "rs") else None)
        wait_for(lambda o=other, m=marks_it: marks(o) == {prefix: m},
                 what=f"{name} holds {marks(other)}, not {marks_it}")
        expected[name] = marks_it
    assert {name: marks(p)[prefix] for name, p in peers.items() if marks(p)} == expected
    view = bgpd.call("show_routes")["routes"][0]
    assert view.get("only_to_customer") == counts_as
    if counts_as:
        assert withheld(bgpd, peers["peer" if origin != "peer" else "customer"].address) == \
            {prefix: WITHHELD}


@pytest.mark.parametrize("origin, by, why", [
    ("provider", 65011, LEAK_BELOW), ("rs", 65099, LEAK_BELOW), ("peer", 65099, LEAK_PEER),
    ("peer", 65013, None), ("customer", 65099, None), ("rs-client", 65015, None)])
def test_marked_route(lab, origin, by, why):
    """A leak is kept and not used; the mark of others never changes."""
    bgpd, peers = one_of_each(lab)
    asn = dict(ALL)[origin]
    peers[origin].announce(marked(PREFIX, (asn,), by), marked(V6, (asn,), by))
    others = set(peers) - {origin, "customer", "peer", "rs-client"}
    if why is None:
        for name in others:
            wait_for(lambda n=name: marks(peers[n]) == {PREFIX: by, V6: by})
    else:
        wait_for(lambda: len(bgpd.learned(peers[origin].address)) == 2)
    assert {v["prefix"]: v.get("filtered") for v in bgpd.call("show_routes_learned")} == \
        {PREFIX: why, V6: why}
    told = {name for name, peer in peers.items() if marks(peer)}
    assert told == (others if why is None else set())
    if why:
        text = bgpd.cli("explain", PREFIX, check=True).stdout
        assert f"not used: {why}\n" in text and f"OTC {by}" in text
        assert why in bgpd.cli("show", "routes", "--filtered", check=True).stdout


def test_other_families_are_not_held_to_it(lab):
    """RFC 9234 §5: unicast alone. In others the attribute goes on as any other one."""
    bgpd, peers = one_of_each(lab)
    for origin, by in (("provider", 65011), ("customer", None)):
        route = marked(PREFIX, (dict(ALL)[origin],), by, family="ipv4 multicast")
        peers[origin].announce(route)
        for name, peer in peers.items():
            if name != origin:
                wait_for(lambda p=peer, b=by: marks(p) == {PREFIX: b}, what=f"{name}: {marks(peer)}")
        view = bgpd.call("show_routes")["routes"][0]
        assert (view.get("only_to_customer"), view.get("filtered")) == (by, None)
        peers[origin].withdraw(route)
        wait_for(lambda o=origin: not any(marks(p) for name, p in peers.items() if name != o))


def test_malformed(lab):
    """Of another length: the route is withdrawn (RFC 9234 §5)."""
    bgpd, peers = one_of_each(lab)
    peer = peers["customer"]
    peer.announce(marked(PREFIX, (65012,), 7), marked(OTHER, (65012,), 7))
    wait_for(lambda: learned_marks(bgpd, peer.address) == {PREFIX: 7, OTHER: 7})
    for value in (b"", b"\0\0\7", b"\0\0\0\0\7"):
        peer.announce(marked(PREFIX, (65012,), None), extra=sp.attribute(sp.ONLY_TO_CUSTOMER, value))
        wait_for(lambda: learned_marks(bgpd, peer.address) == {OTHER: 7})
        peer.announce(marked(PREFIX, (65012,), 7))
        wait_for(lambda: learned_marks(bgpd, peer.address) == {PREFIX: 7, OTHER: 7})
    assert bgpd.detail(peer.address)["problems"] == 3


def test_routes_of_our_own(lab):
    """They go to everybody, marked on their way downwards."""
    bgpd, peers = one_of_each(lab)
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.9")
    for name, peer in peers.items():
        by = 65000 if name in ("provider", "peer", "rs") else None
        wait_for(lambda p=peer, b=by: marks(p) == {PREFIX: b})
        shown = bgpd.call("show_routes_advertised", to_peer=peer.address)[0]
        assert shown.get("only_to_customer") == by
    table = bgpd.cli("show", "routes", "advertised", peers["peer"].address, check=True).stdout
    assert "OTC" in table.splitlines()[1] and table.splitlines()[2].rstrip().endswith(" 65000")


def test_a_reload_tells_nobody_anything(lab):
    """The role is that of the session; what is told with it changes with the next one."""
    bgpd, peers = one_of_each(lab)
    provider, inside = peers["customer"], peers["internal"]
    provider.announce(marked(PREFIX, (65012,), None))
    wait_for(lambda: marks(inside) == {PREFIX: 65012})
    count = len(inside.updates())
    bgpd.peer_config(provider.address).pop("role")
    assert bgpd.reload()["sessions_reset"] == 0
    provider.announce(marked(OTHER, (65012,), None))
    wait_for(lambda: marks(inside) == {PREFIX: 65012, OTHER: 65012})
    assert len(inside.updates()) == count + 1
    provider.close()
    wait_for(lambda: not marks(inside))
    provider = lab.session(3, 65012)
    provider.announce(marked(PREFIX, (65012,), None))
    wait_for(lambda: marks(inside) == {PREFIX: None})
    wait_for(lambda: marks(peers["peer"]) == {PREFIX: 65000})


def test_the_same_routes_in_a_session_with_another_role(lab):
    """What comes again as it was looks different to others now."""
    bgpd, peers = one_of_each(lab)
    neighbor, inside = peers["customer"], peers["internal"]
    routes = [marked(f"10.{n}.0.0/16", (65012,), None) for n in range(1, 4)]
    neighbor.announce(*routes)
    wait_for(lambda: set(marks(inside).values()) == {65012} and len(marks(inside)) == 3)
    bgpd.peer_config(neighbor.address)["role"] = "provider"
    bgpd.reload()
    neighbor.close()
    bgpd.wait_down(neighbor.address)
    neighbor = lab.session(3, 65012)
    neighbor.announce(*routes)
    wait_for(lambda: set(marks(inside).values()) == {None} and len(marks(inside)) == 3)
    for name in ("rs-client", "peer"):
        by = 65000 if name == "peer" else None
        wait_for(lambda n=name, b=by: set(marks(peers[n]).values()) == {b} and len(marks(peers[n])) == 3)


# --- with real peers ---

@pytest.mark.parametrize("ours", ["provider", "peer", "rs"])
@pytest.mark.parametrize("kind", KINDS)
def test_real_peer_is_told_our_mark(lab, kind, ours):
    route = {"prefix": PREFIX, "next_hop": "10.254.0.9"}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role=ours, static_routes=[route])])
    peer = lab.real(kind, asn=65002, neighbor={"role": COUNTERPARTS[ours],
                                               "families": ("ipv4 unicast",)})
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: marks(peer) == {PREFIX: 65000}, what=f"marked, not {marks(peer)}")


@pytest.mark.parametrize("theirs", ["provider", "peer", "rs", None])
@pytest.mark.parametrize("kind", KINDS)
def test_route_of_a_real_peer_above(lab, kind, theirs):
    """It stays below, whether the peer marks it itself or knows nothing of marks."""
    ours = COUNTERPARTS[theirs] if theirs else "customer"
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role=ours),
                           lab.peer(3, 65003, role="customer", **EVERYTHING),
                           lab.peer(4, 65004, role="provider", **EVERYTHING),
                           lab.peer(5, **EVERYTHING)])
    above, below, inside = lab.session(3, 65003), lab.session(4, 65004), lab.session(5)
    lab.real(kind, asn=65002, routes=[Route(PREFIX, "10.254.0.1")],
             neighbor={"role": theirs, "families": ("ipv4 unicast",)})
    wait_for(lambda: learned_marks(bgpd, lab.addr(2)) == {PREFIX: 65002})
    wait_for(lambda: marks(below) == {PREFIX: 65002})
    wait_for(lambda: marks(inside) == {PREFIX: 65002})
    assert not marks(above)
    assert withheld(bgpd, lab.addr(3)) == {PREFIX: WITHHELD}
    text = bgpd.cli("explain", PREFIX, "--out", check=True).stdout
    assert f"not told to {lab.addr(3)}\n    {WITHHELD}\n" in text


@pytest.mark.parametrize("kind", KINDS)
def test_leak_of_a_real_customer(lab, kind):
    """One that knows nothing of roles passes on what was meant for it alone."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="provider"), lab.peer(3, **EVERYTHING)])
    inside = lab.session(3)
    real = lab.real(kind, asn=65002, options={"transit": True}, neighbors=[
        lab.neighbor(1, 65000), lab.neighbor(4, 65004, passive=True)])
    other_provider = lab.speaker(4, 65004).connect(lab.addr(2)).establish()
    real.wait_established(lab.addr(4))
    bgpd.wait_established(lab.addr(2))
    other_provider.announce(marked(PREFIX, (65004,), 65004), marked(OTHER, (65004,), None))
    wait_for(lambda: learned_marks(bgpd, lab.addr(2)) == {PREFIX: 65004, OTHER: None})
    wait_for(lambda: marks(inside) == {OTHER: None})
    assert {v["prefix"]: v.get("filtered") for v in bgpd.call("show_routes_learned")} == \
        {PREFIX: LEAK_BELOW, OTHER: None}
    assert f"not used: {LEAK_BELOW}" in bgpd.cli("explain", PREFIX, check=True).stdout


@pytest.mark.parametrize("kind", ["bird", "frr"])  # OpenBGPD looks at marks where both have roles
def test_leak_of_ours(lab, kind):
    """Without a role we pass on what we should not, and the real provider does not use it."""
    keep = {"rules": [{"set": {"next_hop": "unchanged"}}]}
    bgpd = lab.bgpd({"policies": {"keep": keep}}, peers=[
        lab.peer(2, 65002, advertise_sources=["peer"], export="keep"),
        lab.peer(3, 65003, **EVERYTHING)])
    real = lab.real(kind, asn=65002, neighbor={"role": "provider", "families": ("ipv4 unicast",)})
    other_provider = lab.session(3, 65003)
    bgpd.wait_established(lab.addr(2))
    real.wait_established()
    other_provider.announce(marked(PREFIX, (65003,), 65003))
    other_provider.announce(marked(OTHER, (65003,), None))
    wait_for(lambda: OTHER in real.received())
    told = wait_for(lambda: bgpd.advertised(lab.addr(2)).get(PREFIX))
    assert told.only_to_customer == 65003
    assert PREFIX not in real.received()
