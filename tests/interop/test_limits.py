"""max_prefixes of a channel: warn, ignore-new and shutdown, with real peers that send more."""

import re
import struct
import time

import pytest

import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

REAL = ["bird", "frr", "gobgp"]
FAMILY = "ipv4 unicast"


def routes(numbers):
    return [Route(f"10.{n}.0.0/16", "10.254.0.7") for n in numbers]


def prefixes(numbers):
    return {f"10.{n}.0.0/16" for n in numbers}


def limited(lab, n=2, **limit):
    """A passive peer, whose channel has this limit."""
    return lab.peer(n, 65000 + n, passive=True, channels={FAMILY: {"max_prefixes": limit}})


def channel(bgpd, address, family=FAMILY):
    return next(c for c in bgpd.detail(address)["channels"] if c["family"] == family)


def announce(speaker, numbers, path=None):
    speaker.announce(*(Route(f"10.{n}.0.0/16", "10.254.0.1", path or (speaker.asn,))
                       for n in numbers))


@pytest.mark.parametrize("kind", REAL)
def test_warn(lab, kind):
    """All is taken, and said once."""
    bgpd = lab.bgpd(peers=[limited(lab, limit=5, warn_percent=60, action="warn")])
    peer = lab.real(kind, asn=65002, routes=routes(range(8)))
    wait_for(lambda: set(bgpd.learned(lab.addr(2))) == prefixes(range(8)))
    wait_for(lambda: "more than 5 ipv4 unicast prefixes, the limit of max_prefixes: they are "
             "taken all the same" in bgpd.log())
    state = channel(bgpd, lab.addr(2))
    assert state["state"] == "up" and state["warned"] and state["exceeded"]
    assert state["limit"] == {"limit": 5, "warn_percent": 60, "action": "warn", "restart_s": None,
                              "count": "received"}
    peer.withdraw(*routes(range(2, 8)))
    wait_for(lambda: not channel(bgpd, lab.addr(2))["exceeded"])
    bgpd.wait_log("within the limit of max_prefixes again")
    assert bgpd.log().count("more than 5 ipv4 unicast prefixes") == 1


@pytest.mark.parametrize("kind", REAL)
def test_ignore_new(lab, kind):
    """No more than the limit are taken; where there is room again, others are asked for."""
    bgpd = lab.bgpd(peers=[limited(lab, limit=5, action="ignore-new")])
    peer = lab.real(kind, asn=65002, routes=routes(range(8)))
    wait_for(lambda: channel(bgpd, lab.addr(2))["ignored"] == 3)
    wait_for(lambda: "more than 5 ipv4 unicast prefixes, the limit of max_prefixes: new ones are "
             "ignored" in bgpd.log())
    known = set(bgpd.learned(lab.addr(2)))
    assert len(known) == 5
    detail = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert "5 received, 5 accepted" in detail
    assert "limit 5 received (ignore-new), exceeded, 3 ignored" in detail
    gone = [r for r in routes(range(8)) if r.prefix in known][:2]
    peer.withdraw(*gone)
    ignored = prefixes(range(8)) - known
    # Where it is asked for between the two withdrawals, there is a pause of 30 s before the next time.
    wait_for(lambda: len(set(bgpd.learned(lab.addr(2))) & ignored) == 2)
    assert bgpd.established(lab.addr(2))
    assert bgpd.detail(lab.addr(2))["times_established"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", REAL)
def test_shutdown_and_restart(lab, kind):
    """The session ends, and comes again when it may, not before, and later each time."""
    bgpd = lab.bgpd(peers=[limited(lab, limit=5, restart_s=2)])
    lab.real(kind, asn=65002, routes=routes(range(8)))
    # GoBGP comes each 14 s.
    state = wait_for(lambda: (c := channel(bgpd, lab.addr(2)))["retry_s"] and c)
    assert state["state"].startswith("down: prefix limit")
    assert state["state"].endswith(f"retry in {state['retry_s']} s")
    assert state["received"] is None and state["exceeded"]
    wait_for(lambda: f"peer {lab.addr(2)}: held back: prefix limit 2 times, retry in 4 s"
             in bgpd.log())
    # It may have come again meanwhile, or have been in for a moment.
    wait_for(lambda: re.search(r"ipv4 unicast: down: prefix limit \d+ times, retry in ", bgpd.cli(
        "show", "neighbors", lab.addr(2), "detail", check=True).stdout))
    bgpd.peer_config(lab.addr(2))["channels"][FAMILY]["max_prefixes"]["limit"] = 8
    bgpd.reload()
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 8)
    assert channel(bgpd, lab.addr(2))["state"] == "up"


def test_restart_is_not_before_its_time(lab):
    bgpd = lab.bgpd(peers=[limited(lab, limit=2, restart_s=3)])
    peer = lab.session(2, 65002)
    begun = time.monotonic()
    announce(peer, range(3))
    assert peer.wait_notification()[:2] == (6, 1)
    lab.let_in(2, 65002)
    assert time.monotonic() - begun >= 3
    assert "held back: prefix limit, retry in 3 s" in bgpd.log()
    assert channel(bgpd, lab.addr(2))["state"] == "up"
    assert not channel(bgpd, lab.addr(2))["exceeded"]


def test_the_data_of_the_cease(lab):
    """AFI, SAFI and the limit (RFC 4486 §4)."""
    lab.bgpd(peers=[limited(lab, limit=2)])
    peer = lab.session(2, 65002)
    announce(peer, range(3))
    assert peer.wait_notification() == (6, 1, bytes([0, 1, 1, 0, 0, 0, 2]))


def test_known_prefixes_are_updated(lab):
    bgpd = lab.bgpd(peers=[limited(lab, limit=3, action="ignore-new")])
    peer = lab.session(2, 65002)
    announce(peer, range(5))
    wait_for(lambda: channel(bgpd, lab.addr(2))["ignored"] == 2)
    announce(peer, range(5), (65002, 65009))
    wait_for(lambda: channel(bgpd, lab.addr(2))["ignored"] == 4)
    learned = bgpd.learned(lab.addr(2))
    assert set(learned) == prefixes(range(3))
    assert {r.as_path for r in learned.values()} == {(65002, 65009)}


def test_refresh_is_asked_for_once_in_a_while(lab):
    """A peer with many more than it may send, of which one comes and goes, is left in peace."""
    bgpd = lab.bgpd(peers=[limited(lab, limit=3, action="ignore-new")])
    peer = lab.session(2, 65002)
    announce(peer, range(9))
    wait_for(lambda: channel(bgpd, lab.addr(2))["ignored"] == 6)
    asked = lambda: sum(kind == sp.ROUTE_REFRESH for kind, _ in peer.messages)
    peer.withdraw("10.0.0.0/16")
    wait_for(lambda: asked() == 1)
    announce(peer, range(1, 9))
    wait_for(lambda: channel(bgpd, lab.addr(2))["received"] == 3)
    peer.withdraw("10.1.0.0/16")
    stays(lambda: asked() == 1, 2.5)


def test_lines_have_a_budget(lab):
    """No peer fills the log: neither in one session, nor by many of them."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(25), "remote_as": 65002,
                            "max_prefixes": {"limit": 1, "action": "warn", "warn_percent": 0}}])
    begun = time.monotonic()
    for n in range(12):
        peer = lab.session(2, 65002)
        announce(peer, range(2))
        wait_for(lambda: channel(bgpd, lab.addr(2))["exceeded"], interval=0.01)
        peer.close()
        wait_for(lambda: not bgpd.established(lab.addr(2)), interval=0.01)
        if n == 0:  # else each second those who have gone would be forgotten, and this line with them
            stays(lambda: bgpd.peer(lab.addr(2)), 1.5)
    slow = time.monotonic() - begun > 10  # the budget is for so long
    shown = lambda: bgpd.log().count("more than 1 ipv4 unicast prefixes")
    wait_for(lambda: shown() + bgpd.left_out("max_prefixes:") == 12)
    assert shown() == 10 or slow


def test_accepted_ones_count(lab):
    """Those that are filtered do not; what would not be any more does."""
    bgpd = lab.bgpd(peers=[limited(lab, limit=2, action="ignore-new", count="accepted")])
    peer = lab.session(2, 65002)
    announce(peer, range(10, 15), (65002, 65000))  # our AS: a loop
    announce(peer, range(4))
    wait_for(lambda: channel(bgpd, lab.addr(2))["ignored"] == 2)
    state = channel(bgpd, lab.addr(2))
    assert (state["received"], state["accepted"]) == (7, 2)
    bgpd.peer_config(lab.addr(2))["allow_own_as"] = 1
    bgpd.reload()
    wait_for(lambda: channel(bgpd, lab.addr(2))["received"] == 2)
    assert bgpd.established(lab.addr(2))
    # Asked for again, they are taken where there is room.
    bgpd.peer_config(lab.addr(2))["channels"][FAMILY]["max_prefixes"]["limit"] = 9
    bgpd.reload()
    wait_for(lambda: any(kind == sp.ROUTE_REFRESH for kind, _ in peer.messages))
    announce(peer, range(10, 15), (65002, 65000))
    announce(peer, range(4))
    wait_for(lambda: channel(bgpd, lab.addr(2))["accepted"] == 9)


def test_reload_raises_a_limit(lab):
    """What was ignored comes in, without another session."""
    bgpd = lab.bgpd(peers=[limited(lab, limit=3, action="ignore-new"),
                           limited(lab, 3, limit=3, action="ignore-new")])
    lab.real("bird", asn=65002, routes=routes(range(6)))
    plain = lab.speaker(3, 65003)
    plain.capabilities = lambda: [sp.multiprotocol(FAMILY), sp.capability(65, struct.pack("!I", 65003))]
    plain.connect(lab.addr(1)).establish()
    announce(plain, range(6))
    for n in (2, 3):
        wait_for(lambda n=n: channel(bgpd, lab.addr(n))["ignored"] == 3)
        bgpd.peer_config(lab.addr(n))["channels"][FAMILY]["max_prefixes"]["limit"] = 5
    bgpd.reload()
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 5)
    wait_for(lambda: f"peer {lab.addr(3)}: ipv4 unicast prefixes that were ignored come with the "
             "next session: there is no route refresh" in bgpd.log())
    del bgpd.peer_config(lab.addr(2))["channels"]
    bgpd.reload()
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 6)
    assert channel(bgpd, lab.addr(2))["limit"] is None
    assert bgpd.detail(lab.addr(2))["times_established"] == 1


def test_reload_lowers_a_limit(lab):
    """It acts at once: each of the actions, in turn, on what is there."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002)
    announce(peer, range(6))
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 6)
    entry = bgpd.peer_config(lab.addr(2))
    entry["channels"] = {FAMILY: {"max_prefixes": {"limit": 4, "action": "warn"}}}
    bgpd.reload()
    wait_for(lambda: "more than 4 ipv4 unicast prefixes" in bgpd.log())
    entry["channels"][FAMILY]["max_prefixes"] = {"limit": 3, "action": "ignore-new"}
    bgpd.reload()
    wait_for(lambda: "more than 3 ipv4 unicast prefixes" in bgpd.log())
    announce(peer, range(5, 8))
    wait_for(lambda: channel(bgpd, lab.addr(2))["ignored"] == 2)
    assert set(bgpd.learned(lab.addr(2))) == prefixes(range(6))
    assert bgpd.detail(lab.addr(2))["times_established"] == 1
    entry["channels"][FAMILY]["max_prefixes"] = 5
    bgpd.reload()
    assert peer.wait_notification()[:2] == (6, 1)


def test_channels_are_shown(lab):
    """One for each family that is configured, or that a session still has."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True,
                                    families=["ipv4 unicast", "ipv6 unicast"])])
    states = lambda: {c["family"]: c["state"] for c in bgpd.detail(lab.addr(2))["channels"]}
    assert states() == {"ipv4 unicast": "down", "ipv6 unicast": "down"}
    peer = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    assert states() == {"ipv4 unicast": "up", "ipv6 unicast": "not negotiated"}
    assert not channel(bgpd, lab.addr(2))["end_of_rib"]
    peer.send(sp.UPDATE, bytes(4))
    wait_for(lambda: channel(bgpd, lab.addr(2))["end_of_rib"])
    bgpd.peer_config(lab.addr(2))["families"] = ["ipv6 unicast"]
    bgpd.reload()
    assert states() == {"ipv4 unicast": "up", "ipv6 unicast": "not negotiated"}
    peer.close()
    wait_for(lambda: states() == {"ipv6 unicast": "down"})
