"""4-octet AS numbers (RFC 6793), with peers that know them and peers that do not."""

import struct

import pytest

import peers
import speaker as sp
from support.route import Route
from support.wait import wait_for

OURS, THEIRS = 4200000001, 4200000002
KINDS = list(peers.ALL)


@pytest.mark.parametrize("kind", KINDS)
def test_sessions(lab, kind):
    """Both ends in 4-octet ASes; paths in both directions."""
    with_path = peers.ALL[kind].originates_as_path
    path = (70000, 3) if with_path else ()
    bgpd = lab.bgpd({"default_as": OURS}, peers=[lab.peer(2, THEIRS, static_routes=[
        {"prefix": "10.1.0.0/16", "next_hop": "10.254.0.1", "as_path": ["1.10", "80000"]}])])
    peer = lab.real(kind, asn=THEIRS, remote_as=OURS,
                    routes=[Route("10.2.0.0/16", "10.254.0.2", path)])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    summary = bgpd.peer(lab.addr(2))
    assert (summary["local_asn"], summary["remote_asn"]) == (OURS, THEIRS)
    learned = wait_for(lambda: bgpd.learned(lab.addr(2)).get("10.2.0.0/16"))
    assert learned.as_path == (path if kind == "exabgp" else (THEIRS,) + path)
    received = wait_for(lambda: peer.received().get("10.1.0.0/16"))
    assert received.as_path == (OURS, 65546, 80000)


def as2_lab(lab, **entry):
    """BGPd in a 4-octet AS, with a peer that knows only 2 octets."""
    bgpd = lab.bgpd({"default_as": OURS}, peers=[
        lab.peer(2, 65002, passive=True, advertise_sources=["api", "config", "peer"], **entry),
        lab.peer(3, THEIRS, passive=True, advertise_sources=["peer"])])
    old = lab.session(2, 65002, as4=False, families=("ipv4 unicast", "ipv6 unicast"))
    return bgpd, old


def test_open_has_as_trans(lab):
    _, old = as2_lab(lab)
    assert old.open_received()[1] == sp.AS_TRANS
    assert dict(old.open_received()[4])[65] == struct.pack("!I", OURS)


def test_path_to_an_old_peer(lab):
    """AS_TRANS in the AS_PATH, the truth in AS4_PATH; also without the latter where it is not
    needed."""
    bgpd, old = as2_lab(lab)
    bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="10.254.0.1",
              as_path=["7", "1.10", "8"])
    update = wait_for(lambda: next((u for u in old.updates() if u.announced), None))
    assert sp.read_as_path(update.attributes[sp.AS_PATH], as4=False) == \
        (sp.AS_TRANS, 7, sp.AS_TRANS, 8)
    assert sp.read_as_path(update.attributes[sp.AS4_PATH]) == (OURS, 7, 65546, 8)
    assert update.flags[sp.AS4_PATH] & 0xc0 == 0xc0
    assert old.received()["10.1.0.0/16"].as_path == (OURS, 7, 65546, 8)


def test_no_as4_path_where_not_needed(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    old = lab.session(2, 65002, as4=False)
    bgpd.wait_established(lab.addr(2))
    bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="10.254.0.1", as_path=["7", "8"])
    update = wait_for(lambda: next((u for u in old.updates() if u.announced), None))
    assert sp.read_as_path(update.attributes[sp.AS_PATH], as4=False) == (65000, 7, 8)
    assert sp.AS4_PATH not in update.attributes


def test_path_from_an_old_peer(lab):
    """AS_PATH and AS4_PATH are merged; what goes on is whole."""
    bgpd, old = as2_lab(lab)
    new = lab.session(3, THEIRS)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    extra = sp.attribute(sp.AS4_PATH, sp.as_path_value((70000, 8))) \
        + sp.attribute(sp.AGGREGATOR, struct.pack("!H4s", sp.AS_TRANS, bytes([1, 2, 3, 4]))) \
        + sp.attribute(sp.AS4_AGGREGATOR, struct.pack("!I4s", 80000, bytes([1, 2, 3, 4])))
    old.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, sp.AS_TRANS, 8)), extra=extra)
    route = wait_for(lambda: new.received().get("10.1.0.0/16"))
    assert route.as_path == (OURS, 65002, 70000, 8)
    update = next(u for u in new.updates() if u.announced)
    assert update.attributes[sp.AGGREGATOR] == struct.pack("!I4s", 80000, bytes([1, 2, 3, 4]))
    assert sp.AS4_PATH not in update.attributes and sp.AS4_AGGREGATOR not in update.attributes
    assert bgpd.learned(lab.addr(2))["10.1.0.0/16"].as_path == (65002, 70000, 8)


def test_confederation_segments_in_as4_path(lab):
    """RFC 6793 §6: they are discarded, the rest is merged."""
    bgpd, old = as2_lab(lab)
    confederation = bytes([3, 1]) + struct.pack("!I", 65000)
    extra = sp.attribute(sp.AS4_PATH, confederation + sp.as_path_value((65537, 131074)))
    old.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, sp.AS_TRANS, sp.AS_TRANS)),
                 extra=extra)
    wait_for(lambda: bgpd.learned(lab.addr(2)))
    assert bgpd.learned(lab.addr(2))["10.1.0.0/16"].as_path == (65002, 65537, 131074)
    assert bgpd.detail(lab.addr(2))["problems"] == 0


def test_as4_path_longer_than_path(lab):
    """RFC 6793 §4.2.3: such an AS4_PATH is ignored."""
    bgpd, old = as2_lab(lab)
    extra = sp.attribute(sp.AS4_PATH, sp.as_path_value((1, 2, 3, 4)))
    old.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, 8)), extra=extra)
    wait_for(lambda: bgpd.learned(lab.addr(2)))
    assert bgpd.learned(lab.addr(2))["10.1.0.0/16"].as_path == (65002, 8)


def test_aggregator_of_a_2_octet_as(lab):
    """RFC 6793 §4.2.3: with an AGGREGATOR that is not AS_TRANS both AS4 attributes are ignored."""
    bgpd, old = as2_lab(lab)
    extra = sp.attribute(sp.AS4_PATH, sp.as_path_value((70000,))) \
        + sp.attribute(sp.AGGREGATOR, struct.pack("!H4s", 77, bytes([1, 2, 3, 4]))) \
        + sp.attribute(sp.AS4_AGGREGATOR, struct.pack("!I4s", 80000, bytes([1, 2, 3, 4])))
    old.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, 8)), extra=extra)
    view = wait_for(lambda: bgpd.call("show_routes_learned", from_peer=lab.addr(2)))[0]
    assert view["as_path"] == "65002 8"
    assert "77" in str(view["aggregator"])


def test_as4_attributes_from_a_new_peer(lab):
    """RFC 6793 §4.1: a peer that knows 4 octets must not send them; they are discarded."""
    bgpd, _ = as2_lab(lab)
    new = lab.session(3, THEIRS)
    bgpd.wait_established(lab.addr(3))
    new.announce(Route("10.1.0.0/16", "10.254.0.1", (THEIRS, 8)),
                 extra=sp.attribute(sp.AS4_PATH, sp.as_path_value((1, 2))))
    wait_for(lambda: bgpd.learned(lab.addr(3)))
    assert bgpd.learned(lab.addr(3))["10.1.0.0/16"].as_path == (THEIRS, 8)
    assert bgpd.established(lab.addr(3))


def test_bird_without_as4(lab):
    """A real daemon told to keep to 2 octets."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_routes=[
        {"prefix": "10.1.0.0/16", "next_hop": "10.254.0.1", "as_path": ["70000", "9"]}])])
    bird = lab.real("bird", asn=65002, options={"as2": True},
                    routes=[Route("10.2.0.0/16", "10.254.0.2", (80000, 9))])
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: bird.received().get("10.1.0.0/16"))
    assert bird.received()["10.1.0.0/16"].as_path == (65000, 70000, 9)
    learned = wait_for(lambda: bgpd.learned(lab.addr(2)).get("10.2.0.0/16"))
    assert learned.as_path == (65002, 80000, 9)


def test_wrong_4_octet_as(lab):
    """Two ASes that share AS_TRANS are told apart."""
    lab.bgpd(peers=[lab.peer(2, THEIRS, passive=True)])
    peer = lab.speaker(2, THEIRS + 1).connect(lab.addr(1))
    peer.send_open()
    assert peer.wait_notification()[:2] == (2, 2)
