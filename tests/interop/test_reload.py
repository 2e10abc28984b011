"""Reload by SIGHUP and RPC: what differs is applied, what does not is left alone."""

import re

import pytest

import speaker as sp
from support.route import Route
from support.rpc import RpcError
from support.wait import stays, wait_for

BOTH = pytest.mark.parametrize("by_signal", [False, True], ids=["rpc", "sighup"])
ZERO = {"peers_added": 0, "peers_removed": 0, "peers_changed": 0, "sessions_reset": 0,
        "sessions_ended": 0, "routes_announced": 0, "routes_withdrawn": 0, "sockets_opened": 0,
        "sockets_closed": 0}


def static(n, **attributes):
    return {"prefix": f"10.{n}.0.0/16", "next_hop": "10.254.0.1", **attributes}


def flow(n):
    return {"afi": 1, "action": "traffic-rate 0", "matches": [f"destination 10.{n}.0.0/16"]}


FAMILIES = ("ipv4 unicast", "ipv6 unicast", "ipv4 flow")


def three_peers(lab, **changes):
    """BGPd with Established sessions of speakers 2, 3 and 4."""
    bgpd = lab.bgpd(peers=[{**lab.peer(n, 65000 + n, passive=True), **changes} for n in (2, 3, 4)])
    speakers = [lab.session(n, 65000 + n, families=FAMILIES) for n in (2, 3, 4)]
    bgpd.wait_established(*(s.address for s in speakers))
    return bgpd, speakers


def counts(summary):
    return {key: value for key, value in summary.items() if isinstance(value, int)}


def same_sessions(bgpd, before, *addresses):
    now = bgpd.sessions()
    return all(now[a] == before[a] for a in addresses)


def loaded(bgpd):
    """How often a configuration was taken over, by the log; sighup has no other answer."""
    return len(re.findall(r" reload: \d+ neighbors? added", bgpd.log()))


def reload_and_wait(bgpd, by_signal):
    if not by_signal:
        return bgpd.reload()
    before = loaded(bgpd)
    bgpd.reload(by_signal=True)
    wait_for(lambda: loaded(bgpd) > before, what="a line about the reload in the log")
    return None


@BOTH
def test_nothing_changed(lab, by_signal):
    bgpd, speakers = three_peers(lab, static_routes=[static(1)])
    wait_for(lambda: all(s.received() and len(s.end_of_ribs()) == len(FAMILIES) for s in speakers))
    before = bgpd.sessions()
    updates = [len(s.updates()) for s in speakers]
    summary = reload_and_wait(bgpd, by_signal)
    assert by_signal or counts(summary) == ZERO
    stays(lambda: bgpd.sessions() == before and [len(s.updates()) for s in speakers] == updates)


@BOTH
def test_peers_added_and_removed(lab, by_signal):
    bgpd, (two, three, four) = three_peers(lab)
    before = bgpd.sessions()
    del bgpd.config["peers"][0]
    bgpd.config["peers"].append(lab.peer(5, 65005, passive=True))
    summary = reload_and_wait(bgpd, by_signal)
    assert by_signal or counts(summary) == {
        **ZERO, "peers_added": 1, "peers_removed": 1, "sessions_ended": 1}
    assert two.wait_notification()[:2] == (6, 3)  # peer de-configured
    two.wait_closed()
    wait_for(lambda: bgpd.peer(lab.addr(2)) is None)
    lab.session(5, 65005)
    bgpd.wait_established(lab.addr(5))
    assert same_sessions(bgpd, before, lab.addr(3), lab.addr(4))
    assert not three.closed.is_set() and not four.closed.is_set()
    late = lab.speaker(2, 65002).connect(lab.addr(1))
    late.wait_closed()
    assert sp.OPEN not in [k for k, _ in late.messages]


@BOTH
def test_disabled_and_enabled(lab, by_signal):
    bgpd, (two, *_) = three_peers(lab)
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["enabled"] = False
    reload_and_wait(bgpd, by_signal)
    assert two.wait_notification()[:2] == (6, 2)
    wait_for(lambda: bgpd.state(lab.addr(2)) == "Disabled")
    bgpd.peer_config(lab.addr(2))["enabled"] = True
    reload_and_wait(bgpd, by_signal)
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    assert same_sessions(bgpd, before, lab.addr(3), lab.addr(4))


@BOTH
def test_static_routes_and_flows(lab, by_signal):
    """Announced, changed and withdrawn mid-session; nothing else is sent."""
    bgpd, (two, three, _) = three_peers(lab)
    before = bgpd.sessions()
    entry = bgpd.peer_config(lab.addr(2))
    entry["static_routes"] = [static(1), static(2), static(3)]
    entry["static_flows"] = [flow(1), flow(2)]
    summary = reload_and_wait(bgpd, by_signal)
    assert by_signal or counts(summary) == {**ZERO, "peers_changed": 1, "routes_announced": 5}
    wait_for(lambda: set(two.received()) == {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"})
    wait_for(lambda: len(bgpd.call("show_routes_advertised", to_peer=lab.addr(2))) == 5)

    entry["static_routes"] = [static(2), static(3, multi_exit_disc=7), static(4)]
    entry["static_flows"] = [flow(2)]
    mark = len(two.updates())
    summary = reload_and_wait(bgpd, by_signal)
    assert by_signal or counts(summary) == {**ZERO, "peers_changed": 1, "routes_announced": 2,
                                    "routes_withdrawn": 2}
    wait_for(lambda: set(two.received()) == {"10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"})
    wait_for(lambda: two.received()["10.3.0.0/16"].med == 7)
    wait_for(lambda: len(bgpd.call("show_routes_advertised", to_peer=lab.addr(2))) == 4)
    assert "10.2.0.0/16" not in [p for u in two.updates()[mark:] for p in u.announced]
    assert bgpd.sessions() == before
    assert not three.received()


@pytest.mark.parametrize("kind", ["bird", "gobgp", "frr"])
def test_static_routes_with_real_daemons(lab, kind):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_routes=[static(1)])])
    peer = lab.real(kind, asn=65002)
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: set(peer.received()) == {"10.1.0.0/16"})
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["static_routes"] = [static(2, communities=["1:2"])]
    bgpd.reload()
    wait_for(lambda: set(peer.received()) == {"10.2.0.0/16"})
    assert peer.received()["10.2.0.0/16"].communities == {"1:2"}
    assert bgpd.sessions() == before


@BOTH
def test_hold_timer_and_families_wait(lab, by_signal):
    """What was negotiated in the OPEN changes with the next session."""
    bgpd, (two, *_) = three_peers(lab)
    before = bgpd.sessions()
    negotiated = bgpd.detail(lab.addr(2))["hold_time"]
    entry = bgpd.peer_config(lab.addr(2))
    entry["hold_timer"] = 33
    entry["families"] = ["ipv4 unicast", "ipv6 flow"]
    summary = reload_and_wait(bgpd, by_signal)
    assert by_signal or counts(summary) == {**ZERO, "peers_changed": 1}
    stays(lambda: bgpd.sessions() == before)
    assert bgpd.detail(lab.addr(2))["hold_timer"] == 33
    assert bgpd.detail(lab.addr(2))["hold_time"] == negotiated != 33
    two.close()
    bgpd.wait_down(lab.addr(2))
    again = lab.session(2, 65002)
    assert again.open_received()[2] == 33
    assert len([c for c, _ in again.open_received()[4] if c == 1]) == 2
    assert same_sessions(bgpd, before, lab.addr(3), lab.addr(4))


@BOTH
def test_identity_resets_one_session(lab, by_signal):
    """A changed AS cannot wait: only that session is reset."""
    bgpd, (two, *_) = three_peers(lab)
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["remote_as"] = 65092
    summary = reload_and_wait(bgpd, by_signal)
    assert by_signal or counts(summary) == {**ZERO, "peers_changed": 1, "sessions_reset": 1}
    assert two.wait_notification()[:2] == (6, 6)  # other configuration change
    lab.session(2, 65092)
    bgpd.wait_established(lab.addr(2))
    assert same_sessions(bgpd, before, lab.addr(3), lab.addr(4))


@BOTH
def test_passive_to_active(lab, by_signal):
    listener = lab.speaker(2, 65002).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    stays(lambda: bgpd.state(lab.addr(2)) != "Established", 0.3)
    bgpd.peer_config(lab.addr(2))["passive"] = False
    reload_and_wait(bgpd, by_signal)
    listener.accept().establish()
    bgpd.wait_established(lab.addr(2))
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["passive"] = True
    reload_and_wait(bgpd, by_signal)
    stays(lambda: bgpd.sessions() == before)


@BOTH
def test_passive_ends_a_handshake(lab, by_signal):
    """A connection of ours in OpenConfirm ends: a passive peer has none that is not Established."""
    listener = lab.speaker(2, 65002).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    listener.accept().send_open()
    listener.wait_message(sp.KEEPALIVE)
    wait_for(lambda: bgpd.state(lab.addr(2)) == "OpenConfirm")
    bgpd.peer_config(lab.addr(2))["passive"] = True
    reload_and_wait(bgpd, by_signal)
    assert listener.wait_notification()[:2] == (6, 6)  # other configuration change
    listener.wait_closed()
    wait_for(lambda: bgpd.state(lab.addr(2)) == "Active")
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))


@BOTH
def test_advertise_sources(lab, by_signal):
    """A peer that is to take other routes gets or loses them at once, in the same session."""
    bgpd, (two, three, _) = three_peers(lab, static_routes=[static(1)])
    before = bgpd.sessions()
    bgpd.call("advertise_route", prefix="10.9.0.0/16", next_hop="10.254.0.1")
    for speaker in (two, three):
        wait_for(lambda s=speaker: set(s.received()) == {"10.1.0.0/16", "10.9.0.0/16"})
    bgpd.peer_config(lab.addr(2))["advertise_sources"] = ["config"]
    reload_and_wait(bgpd, by_signal)
    wait_for(lambda: set(two.received()) == {"10.1.0.0/16"})
    assert set(three.received()) == {"10.1.0.0/16", "10.9.0.0/16"}
    bgpd.peer_config(lab.addr(2))["advertise_sources"] = ["api", "config"]
    reload_and_wait(bgpd, by_signal)
    wait_for(lambda: set(two.received()) == {"10.1.0.0/16", "10.9.0.0/16"})
    assert bgpd.sessions() == before


def test_advertise_sources_in_quiet(lab):
    """Nothing else happens that could carry the change along."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True) for n in (2, 3)])
    two, three = (lab.session(n, 65000 + n) for n in (2, 3))
    bgpd.wait_established(two.address, three.address)
    two.announce(Route("10.7.0.0/16", "10.254.0.2", (65002,)))
    wait_for(lambda: bgpd.learned())
    bgpd.peer_config(lab.addr(3))["advertise_sources"] = ["peer"]
    bgpd.reload()
    wait_for(lambda: "10.7.0.0/16" in three.received())


def test_bad_file_changes_nothing(lab):
    """Every error with its place; the old configuration stays in force."""
    bgpd, speakers = three_peers(lab, static_routes=[static(1)])
    wait_for(lambda: all(s.received() for s in speakers))
    before = bgpd.sessions()
    good = dict(bgpd.config)
    bgpd.config["peers"] = [{**p} for p in good["peers"][1:]]
    bgpd.config["peers"][0]["hold_tmer"] = 9
    bgpd.config["poll_interval"] = "soon"
    with pytest.raises(RpcError) as error:
        bgpd.reload()
    assert error.value.code == -32004
    lines = error.value.data["errors"]
    assert len(lines) == 2
    assert all(line.startswith(bgpd.path("config.toml") + ":") for line in lines)
    assert any("hold_tmer" in line and "hold_timer" in line for line in lines)
    bgpd.reload(by_signal=True)
    wait_for(lambda: bgpd.log().count("hold_tmer") >= 1)
    assert bgpd.sessions() == before
    assert all(s.received() for s in speakers)
    bgpd.config = good
    assert counts(bgpd.reload()) == ZERO


def test_networks(lab):
    """A network is added and removed; its sessions end with it, others do not."""
    bgpd, _ = three_peers(lab)
    before = bgpd.sessions()
    bgpd.config["peers"].append({"remote_ip": lab.network(24), "remote_as": 65050})
    bgpd.reload()
    members = [lab.session(n, 65050) for n in (50, 51)]
    bgpd.wait_established(lab.addr(50), lab.addr(51))
    bgpd.config["peers"].pop()
    bgpd.reload()
    for member in members:
        assert member.wait_notification()[:2] == (6, 3)
    wait_for(lambda: len(bgpd.call("show_peers")) == 3)
    assert bgpd.sessions() == before


def test_address_moves_out_of_a_network(lab):
    """An address that gets an entry of its own with the same settings keeps its session, or gets a
    new one; either way it ends up under its own entry."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(24), "remote_as": 65050, "hold_timer": 9}])
    lab.session(50, 65050)
    bgpd.wait_established(lab.addr(50))
    bgpd.config["peers"].append(lab.peer(50, 65050, passive=True, description="fifty"))
    bgpd.reload()
    wait_for(lambda: bgpd.peer(lab.addr(50))["description"] == "fifty")
    if not bgpd.established(lab.addr(50)):
        lab.session(50, 65050)
    bgpd.wait_established(lab.addr(50))
    assert bgpd.peer(lab.addr(50))["dynamic"] is False


def test_api_routes_survive(lab):
    """Routes given by the API are not the configuration's business."""
    bgpd, speakers = three_peers(lab)
    bgpd.call("advertise_route", prefix="10.9.0.0/16", next_hop="10.254.0.1")
    wait_for(lambda: all("10.9.0.0/16" in s.received() for s in speakers))
    bgpd.peer_config(lab.addr(3))["static_routes"] = [static(1)]
    bgpd.reload()
    wait_for(lambda: set(speakers[1].received()) == {"10.1.0.0/16", "10.9.0.0/16"})
    assert all("10.9.0.0/16" in s.received() for s in speakers)


def test_many_reloads(lab):
    """A hundred reloads that change routes: the last one counts."""
    bgpd, (two, *_) = three_peers(lab)
    before = bgpd.sessions()
    entry = bgpd.peer_config(lab.addr(2))
    for n in range(100):
        entry["static_routes"] = [static(n % 200), static((n + 1) % 200, multi_exit_disc=n)]
        bgpd.reload()
    wait_for(lambda: set(two.received()) == {"10.99.0.0/16", "10.100.0.0/16"})
    assert bgpd.sessions() == before
