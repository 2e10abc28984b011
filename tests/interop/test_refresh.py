"""Route refresh (RFC 2918), asked for by the peer and by us."""

import struct

import pytest

import peers
import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

ROUTE = Route("10.20.0.0/16", "10.254.0.7")
STATIC = {"prefix": "10.30.0.0/16", "next_hop": "10.254.0.8"}


def updates(bgpd, address, direction):
    return bgpd.detail(address)["messages"][f"updates_{direction}"]


@pytest.mark.parametrize("kind", [k for k, p in peers.ALL.items() if p.asks_for_refresh])
def test_asked_by_peer(lab, kind):
    """A real daemon asks, and gets its routes again."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_routes=[STATIC])])
    peer = lab.real(kind, asn=65002)
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: STATIC["prefix"] in peer.received())
    # The route, and the End-of-RIB of each family.
    sent = 1 + len(bgpd.detail(lab.addr(2))["families"])
    wait_for(lambda: updates(bgpd, lab.addr(2), "sent") == sent)
    stays(lambda: updates(bgpd, lab.addr(2), "sent") == sent, 0.3)
    peer.refresh()
    wait_for(lambda: updates(bgpd, lab.addr(2), "sent") > sent)
    assert set(peer.received()) == {STATIC["prefix"]}
    assert bgpd.established(lab.addr(2))


@pytest.mark.parametrize("kind", [k for k, p in peers.ALL.items() if p.answers_refresh])
def test_asked_by_us(lab, kind):
    """BGPd asks a real daemon, which sends again what it had sent; nothing is lost by that."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer = lab.real(kind, asn=65002, routes=[ROUTE])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    wait_for(lambda: ROUTE.prefix in bgpd.learned(lab.addr(2)))
    wait_for(lambda: updates(bgpd, lab.addr(2), "received") >= 1)
    received = updates(bgpd, lab.addr(2), "received")
    answer = bgpd.call("refresh_peer", peer=lab.addr(2), family="ipv4 unicast")
    assert answer == {"families": ["ipv4 unicast"]}
    wait_for(lambda: updates(bgpd, lab.addr(2), "received") > received)
    assert set(bgpd.learned(lab.addr(2))) == {ROUTE.prefix}


def test_message_asking(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, families=("ipv4 unicast", "ipv6 flow"))
    bgpd.wait_established(lab.addr(2))
    answer = bgpd.call("refresh_peer", peer=lab.addr(2))
    assert sorted(answer["families"]) == ["ipv4 unicast", "ipv6 flow"]
    wait_for(lambda: sum(k == sp.ROUTE_REFRESH for k, _ in peer.messages) == 2)
    asked = {body for kind, body in peer.messages if kind == sp.ROUTE_REFRESH}
    assert asked == {struct.pack("!HBB", 1, 0, 1), struct.pack("!HBB", 2, 0, 133)}


def test_resent_per_family(lab):
    """Only the family asked for is sent again; it is complete."""
    statics = [{"prefix": f"10.{n}.0.0/16", "next_hop": "10.254.0.1"} for n in range(20)]
    statics.append({"prefix": "2001:db8:1::/48", "next_hop": "2001:db8:fe::1"})
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=statics)])
    peer = lab.session(2, 65002, families=("ipv4 unicast", "ipv6 unicast"))
    wait_for(lambda: len(peer.end_of_ribs()) == 2)
    before = len(peer.updates())
    peer.send(sp.ROUTE_REFRESH, struct.pack("!HBB", 1, 0, 1))
    again = wait_for(lambda: (u := peer.updates()[before:]) and
                     sum(len(x.announced) for x in u) >= 20 and u)
    assert {p for u in again for p in u.announced} == {s["prefix"] for s in statics[:20]}
    stays(lambda: not any(u.mp_announced for u in peer.updates()[before:]), 0.3)
    assert bgpd.established(lab.addr(2))


@pytest.mark.parametrize("body", [struct.pack("!HBB", 2, 0, 1), struct.pack("!HBB", 25, 0, 65)],
                         ids=["not negotiated", "unknown"])
def test_other_families_are_ignored(lab, body):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=[STATIC])])
    peer = lab.session(2, 65002)
    wait_for(peer.end_of_ribs)
    before = len(peer.updates())
    peer.send(sp.ROUTE_REFRESH, body)
    peer.send(sp.ROUTE_REFRESH, struct.pack("!HBB", 1, 0, 1))
    wait_for(lambda: len(peer.updates()) > before)
    assert bgpd.established(lab.addr(2))


@pytest.mark.parametrize("body", [struct.pack("!HBB", 1, 7, 1), struct.pack("!HBB", 1, 2, 1),
                                  struct.pack("!HBB", 1, 0, 1) + b"\1\x40\0\1\x80"],
                         ids=["reserved byte", "subtype without the capability", "ORF entries"])
def test_what_is_a_request_as_well(lab, body):
    """RFC 2918 §3: the reserved byte is ignored; RFC 5291 §4: ORF entries after the family."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=[STATIC])])
    peer = lab.session(2, 65002)
    wait_for(peer.end_of_ribs)
    before = len(peer.updates())
    peer.send(sp.ROUTE_REFRESH, body)
    wait_for(lambda: STATIC["prefix"] in {p for u in peer.updates()[before:] for p in u.announced})
    assert bgpd.established(lab.addr(2))


def test_marks_of_enhanced_refresh(lab):
    """RFC 7313 §4, §5: from a peer with the capability the byte is a subtype: the marks around its
    own routes and what is unknown ask for nothing."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=[STATIC])])
    peer = lab.session(2, 65002, capabilities=[sp.capability(70)])
    wait_for(peer.end_of_ribs)
    before = len(peer.updates())
    for subtype in (1, 2, 9):
        peer.send(sp.ROUTE_REFRESH, struct.pack("!HBB", 1, subtype, 1))
    stays(lambda: len(peer.updates()) == before, 0.3)
    peer.send(sp.ROUTE_REFRESH, struct.pack("!HBB", 1, 0, 1))
    wait_for(lambda: len(peer.updates()) > before)
    assert bgpd.established(lab.addr(2))


def test_without_the_capability(lab):
    """A peer that cannot be asked: an error that says so."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.speaker(2, 65002).connect(lab.addr(1))
    peer.send_open(parameters=sp.optional_parameters([sp.multiprotocol("ipv4 unicast")]))
    peer.send(sp.KEEPALIVE)
    bgpd.wait_established(lab.addr(2))
    with pytest.raises(Exception) as error:
        bgpd.call("refresh_peer", peer=lab.addr(2))
    assert error.value.code == -32000
