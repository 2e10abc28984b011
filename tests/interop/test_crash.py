"""Peers that crash, fall silent and return; and BGPd that does."""

import signal

import pytest

import peers
from support.route import Route
from support.wait import wait_for

KINDS = list(peers.ALL)
ROUTES = [Route("10.20.0.0/16", "10.254.0.7"), Route("10.21.0.0/16", "10.254.0.7")]
STATIC = {"prefix": "10.30.0.0/16", "next_hop": "10.254.0.8"}


@pytest.mark.parametrize("kind", KINDS)
def test_kill_and_return(lab, kind):
    """kill -9: its routes go, the others' stay; when it returns, so do its routes and ours."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_routes=[STATIC]),
                           lab.peer(3, 65003, passive=True,
                                    advertise_sources=["peer", "config"])])
    witness = lab.session(3, 65003)
    witness.announce(Route("10.3.0.0/16", "10.254.0.3", (65003,)))
    peer = lab.real(kind, asn=65002, routes=ROUTES)
    bgpd.wait_established(lab.addr(2))
    everything = {r.prefix for r in ROUTES}
    wait_for(lambda: set(witness.received()) == everything)
    sessions = bgpd.sessions()

    peer.kill9()
    bgpd.wait_down(lab.addr(2))
    wait_for(lambda: not witness.received())
    assert not bgpd.learned(lab.addr(2))
    assert set(bgpd.learned(lab.addr(3))) == {"10.3.0.0/16"}
    assert bgpd.sessions()[lab.addr(3)] == sessions[lab.addr(3)]

    peer.start()
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    wait_for(lambda: set(witness.received()) == everything)
    wait_for(lambda: STATIC["prefix"] in peer.received())
    assert bgpd.detail(lab.addr(2))["times_established"] == 2


@pytest.mark.parametrize("kind", ["bird", "gobgp"])
def test_silence_and_return(lab, kind):
    """A stopped process: the hold timer ends the session, and a new one follows."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, hold_timer=3, static_routes=[STATIC])])
    peer = lab.real(kind, asn=65002, routes=ROUTES, neighbor={"hold_time": 3})
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 2)
    peer.signal(signal.SIGSTOP)
    try:
        bgpd.wait_down(lab.addr(2))
        assert not bgpd.learned(lab.addr(2))
    finally:
        peer.signal(signal.SIGCONT)
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 2)


def test_bgpd_is_killed(lab):
    """After a crash of BGPd all peers come back to a new one, with all routes."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_routes=[STATIC]),
                           lab.peer(3, 65003, static_routes=[STATIC]),
                           lab.peer(4, 65004, static_routes=[STATIC])])
    real = [lab.real("bird", 2, 65002, routes=ROUTES[:1]),
            lab.real("gobgp", 3, 65003, routes=ROUTES[:1]),
            lab.real("openbgpd", 4, 65004, routes=ROUTES[:1])]
    for round_number in range(2):
        bgpd.wait_established(*(peer.address for peer in real))
        for peer in real:
            wait_for(lambda p=peer: STATIC["prefix"] in p.received())
            wait_for(lambda p=peer: set(bgpd.learned(p.address)) == {ROUTES[0].prefix})
        if round_number == 0:
            bgpd.kill9()
            wait_for(lambda: not any(peer.established() for peer in real))
            bgpd.start()


def test_half_open(lab):
    """A peer that returns on a new connection before the old one was noticed to be dead."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    old = lab.session(2, 65002, hold_time=3, keepalives=False)
    wait_for(lambda: bgpd.detail(lab.addr(2))["times_established"] == 1)
    new, _ = lab.let_in(2, 65002)  # in place of the dead one
    bgpd.wait_established(lab.addr(2))
    old.wait_closed()
    assert not new.closed.is_set()
