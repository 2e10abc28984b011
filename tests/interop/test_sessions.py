"""Sessions: up and down, in both directions, over IPv4 and IPv6, and what is said at their end."""

import ipaddress
import os
import re
import signal
import socket
import struct
import time

import pytest

import peers
import speaker as sp
from support.lab import FAMILIES
from support.route import Route
from support.wait import stays, wait_for

KINDS = list(peers.ALL)


def check_summary(daemon, address, remote_as, local_as=65000):
    summary = daemon.peer(address)
    assert summary["state"] == "Established"
    assert summary["enabled"] is True
    assert summary["remote_asn"] == remote_as
    assert summary["local_asn"] == local_as
    assert summary["msg_received"] >= 2 and summary["msg_sent"] >= 2
    hours, minutes, seconds = summary["uptime"].split(":")
    assert int(hours) == 0 and int(minutes) == 0 and 0 <= int(seconds) < 60
    assert summary["connect_time"] > 1_600_000_000
    assert summary["prefixes_received"] == 0
    return summary


@pytest.mark.parametrize("kind", KINDS)
def test_we_connect(lab, kind):
    """BGPd active, the peer passive; eBGP."""
    peer = lab.real(kind, asn=65002, neighbor={"passive": True})
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    assert check_summary(bgpd, lab.addr(2), 65002)["router_id"] == "10.255.0.2"
    local, remote = bgpd.detail(lab.addr(2))["tcp_connection"]
    assert remote == f"{lab.addr(2)}:1179"
    assert local.startswith(f"{lab.addr(1)}:") and local != f"{lab.addr(1)}:1179"


@pytest.mark.parametrize("kind", KINDS)
def test_peer_connects(lab, kind):
    """BGPd passive, the peer active; iBGP."""
    bgpd = lab.bgpd(peers=[lab.peer(2, passive=True)])
    peer = lab.real(kind)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    assert check_summary(bgpd, lab.addr(2), 65000)["router_id"] == "10.255.0.2"
    local, remote = bgpd.detail(lab.addr(2))["tcp_connection"]
    assert local == f"{lab.addr(1)}:1179"
    assert remote.startswith(f"{lab.addr(2)}:")


@pytest.mark.parametrize("kind", KINDS)
def test_detail(lab, kind):
    """What was negotiated, in words."""
    families = peers.ALL[kind].families
    bgpd = lab.bgpd(peers=[lab.peer(2, families=list(FAMILIES), hold_timer=9)])
    lab.real(kind, neighbor={"hold_time": 6})
    bgpd.wait_established(lab.addr(2))
    detail = wait_for(lambda: (d := bgpd.detail(lab.addr(2)))["last_received"] <= 6 and d["last_sent"] <= 6 and d)
    assert detail["hold_timer"] == 9
    assert detail["hold_time"] == 6
    assert detail["hold_timer_interval"] == 2
    assert sorted(detail["families"]) == sorted(families)
    text = "\n".join(detail["capabilities"])
    for family in families:
        assert family in text
    assert "65000" in text


@pytest.mark.parametrize("kind", KINDS)
def test_ipv6_transport(lab, kind):
    """A session between IPv6 addresses carries IPv6 and IPv4 routes, in both directions."""
    lab.use_ipv6()
    mine = [Route("2001:db8:1::/48", "2001:db8:fe::1"), Route("10.1.0.0/16", "10.254.0.1")]
    bgpd = lab.bgpd(peers=[lab.peer(2, static_routes=[
        {"prefix": route.prefix, "next_hop": route.next_hop} for route in mine])])
    theirs = [Route("2001:db8:2::/48", "2001:db8:fe::2"), Route("10.2.0.0/16", "10.254.0.2")]
    peer = lab.real(kind, routes=theirs)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    for ours, other in zip(mine, theirs):
        received = wait_for(lambda r=ours: peer.received(family=r.family).get(r.prefix))
        assert received.next_hop == ours.next_hop
        learned = wait_for(lambda r=other: bgpd.learned(lab.addr(2)).get(r.prefix))
        assert learned.next_hop == other.next_hop
    local, remote = bgpd.detail(lab.addr(2))["tcp_connection"]
    assert local.startswith(f"[{lab.addr(1)}]:") and remote.startswith(f"[{lab.addr(2)}]:")


def test_ipv4_peer_on_a_wildcard_socket(lab):
    """`[::]` takes IPv4 connections too, and their addresses are shown as what they are."""
    lab.use_ipv6()
    bgpd = lab.bgpd({"bgp_socket": "[::]:1179"}, peers=[
        {"remote_ip": "127.0.0.2", "remote_as": 65002, "passive": True},
        lab.peer(3, 65003, passive=True)])
    lab.speaker(2, 65002, address="127.0.0.2").connect("127.0.0.1").establish()
    lab.session(3, 65003)
    bgpd.wait_established("127.0.0.2", lab.addr(3))
    assert bgpd.detail("127.0.0.2")["tcp_connection"][0] == "127.0.0.1:1179"


def test_link_local(lab):
    """A session between link-local addresses, named with their interface."""
    left, right = lab.namespace("a"), lab.namespace("b")
    left.add_link("left0", right, "right0")
    left.add_address("fe80::1/64", "left0")
    right.add_address("fe80::2/64", "right0")
    right.add_address("fd00:1::2/64", "right0")
    bgpd = lab.bgpd({"bgp_socket": "[::]:1179", "api_socket": "127.0.0.1:8080"},
                    start=False, netns=left, peers=[
                        {"remote_ip": "fe80::2%left0", "remote_as": 65002, "dest_port": 1179,
                         "families": ["ipv6 unicast"],
                         "static_routes": [{"prefix": "2001:db8:1::/48",
                                            "next_hop": "fd00:1::1"}]}])
    bgpd.rpc.address = "127.0.0.1"
    bgpd.start()
    bird = lab.real("bird", asn=65002, netns=right, address="fe80::2", neighbors=[
        peers.Neighbor("fe80::1", 65000, families=("ipv6 unicast",), interface="right0")],
        routes=[Route("2001:db8:2::/48", "2001:db8:fe::2")])
    bgpd.wait_established("fe80::2%left0")
    wait_for(lambda: "2001:db8:1::/48" in bird.received(family="ipv6 unicast"))
    learned = wait_for(lambda: bgpd.learned("fe80::2%left0"))
    assert learned["2001:db8:2::/48"].next_hop == "2001:db8:fe::2"


@pytest.mark.parametrize("kind", KINDS)
def test_peer_starts_later(lab, kind):
    """An active peer is tried again and again until it answers."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    wait_for(lambda: bgpd.peer(lab.addr(2))["last_error"], what="a first failed attempt")
    assert bgpd.state(lab.addr(2)) in ("Active", "Connect", "Idle")
    lab.real(kind, asn=65002, neighbor={"passive": True})
    bgpd.wait_established(lab.addr(2))


@pytest.mark.parametrize("kind", KINDS)
def test_both_active(lab, kind):
    """Both sides connect: one session remains, and stays."""
    peer = lab.real(kind, asn=65002)
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    before = bgpd.sessions()
    stays(lambda: bgpd.sessions() == before, 1.5, "the one session")


@pytest.mark.parametrize("winner", ["ours", "theirs"])
def test_collision(lab, winner):
    """RFC 4271 §6.8: of two connections the one of the higher identifier is kept."""
    router_id = "1.1.1.1" if winner == "ours" else "250.1.1.1"
    outgoing = lab.speaker(2, 65002, router_id=router_id).listen()  # BGPd connects to it
    incoming = lab.speaker(2, 65002, router_id=router_id)
    bgpd = lab.bgpd({"router_id": "100.1.1.1"}, peers=[lab.peer(2, 65002)])
    outgoing.accept()
    outgoing.wait_message(sp.OPEN)
    incoming.connect(lab.addr(1))
    incoming.wait_message(sp.OPEN)
    # Both connections are in OpenSent; the OPENs tell who is who.
    outgoing.send_open()
    outgoing.wait_message(sp.KEEPALIVE)
    try:
        incoming.send_open()
    except OSError:
        pass  # it may have lost already: the other OPEN told the identifier
    kept, lost = (outgoing, incoming) if winner == "ours" else (incoming, outgoing)
    assert lost.wait_notification()[:2] == (6, 7)
    lost.wait_closed()
    kept.send(sp.KEEPALIVE)
    bgpd.wait_established(lab.addr(2))
    assert not kept.closed.is_set()


def test_second_connection_while_established(lab):
    """A further connection of an established neighbour is refused, and the session stays."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    first = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    before = bgpd.sessions()
    second = lab.speaker(2, 65002).connect(lab.addr(1))
    try:
        second.send_open()
    except OSError:
        pass  # it may be closed already
    second.wait_closed()
    assert bgpd.sessions() == before
    assert not first.closed.is_set()


def test_silent_connection(lab):
    """A connection on which nothing was said (its end may have lost power) does not keep its peer
    from coming back on another."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    silent = lab.speaker(2, 65002).connect(lab.addr(1))
    silent.wait_message(sp.OPEN)
    wait_for(lambda: try_session(lab, 2, 65002), what="a session beside the silent connection")
    bgpd.wait_established(lab.addr(2))


def test_hold_timer(lab):
    """A silent peer is told so by a NOTIFICATION, and its routes go."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    silent = lab.session(2, 65002, hold_time=8, keepalives=False)
    silent.announce(Route("10.1.0.0/24", "10.254.0.1", (65002,)))
    wait_for(lambda: bgpd.learned(lab.addr(2)))
    assert bgpd.detail(lab.addr(2))["hold_time"] == 8
    assert silent.wait_notification()[:2] == (4, 0)
    silent.wait_closed()
    wait_for(lambda: not bgpd.learned(lab.addr(2)))
    assert "hold" in bgpd.peer(lab.addr(2))["last_error"].lower()
    bgpd.wait_log("Hold Timer Expired")


def test_last_error_is_of_the_past_after_recovery(lab):
    """Why the last session ended, and when; it is no longer what is wrong once there is another."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    first = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    summary = bgpd.peer(lab.addr(2))
    assert summary["last_error"] is None and summary["last_error_at"] is None
    assert summary["last_error_current"] is False
    before = int(time.time())
    first.send(sp.NOTIFICATION, b"\6\2")
    bgpd.wait_down(lab.addr(2))
    summary = bgpd.peer(lab.addr(2))
    assert "Administrative Shutdown" in summary["last_error"]
    assert before - 1 <= summary["last_error_at"] <= time.time() + 1
    assert summary["last_error_age"].startswith("00:00:")
    assert summary["last_error_current"] is True
    details = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert re.search(r"^  Last error  .*\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, 00:00:\d\d ago\)$",
                     details, re.M)
    wait_for(lambda: try_session(lab, 2, 65002), what="another session")
    bgpd.wait_established(lab.addr(2))
    after = bgpd.peer(lab.addr(2))
    assert (after["last_error"], after["last_error_at"]) == \
        (summary["last_error"], summary["last_error_at"])
    assert after["last_error_current"] is False
    details = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert "Last error" not in details
    assert re.search(r"^  Before this session .*Administrative Shutdown", details, re.M)


def test_keepalives(lab):
    """Keepalives come at a third of the hold time, and hold a session beyond it."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, hold_time=9)
    wait_for(lambda: [k for k, _ in peer.messages].count(sp.KEEPALIVE) >= 5)
    assert bgpd.established(lab.addr(2))
    assert bgpd.detail(lab.addr(2))["hold_timer_interval"] == 3


def test_hold_time_zero(lab):
    """Hold time 0: no keepalives, no expiry."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, hold_time=0)
    bgpd.wait_established(lab.addr(2))
    assert bgpd.detail(lab.addr(2))["hold_time"] == 0
    stays(lambda: bgpd.established(lab.addr(2)) and
          [k for k, _ in peer.messages].count(sp.KEEPALIVE) == 1, 1.5)


@pytest.mark.parametrize("kind", ["bird", "frr", "gobgp", "openbgpd"])
def test_peer_shuts_down_with_message(lab, kind):
    """A peer's administrative shutdown and its message (RFC 9003) are shown and logged."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.real(kind, asn=65002)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    peer.disable("maintenance-tonight")
    bgpd.wait_down(lab.addr(2))
    error = bgpd.peer(lab.addr(2))["last_error"]
    assert "Cease" in error and "Administrative Shutdown" in error, error
    assert "maintenance-tonight" in error
    bgpd.wait_log("maintenance-tonight")
    peer.enable()
    bgpd.wait_established(lab.addr(2))


@pytest.mark.parametrize("kind", ["bird", "frr", "gobgp", "openbgpd", "exabgp"])
def test_we_shut_down_with_message(lab, kind):
    """disable_peer's message reaches the peer; enable_peer brings the session back."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer = lab.real(kind, asn=65002)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    bgpd.call("disable_peer", peer=lab.addr(2), message="moving to rack 7")
    wait_for(lambda: not peer.established())
    summary = bgpd.peer(lab.addr(2))
    assert summary["state"] == "Disabled" and summary["enabled"] is False
    if kind == "frr":
        # It keeps the message in hex, or as text, whatever the version.
        told = str(peer.summary(lab.addr(1))) + peer.log()
        assert "Cease/Administrative Shutdown" in told, told
    elif kind != "exabgp":  # which cannot read the NOTIFICATION, and shows no part of it
        peer.wait_log("moving to rack 7")
    bgpd.call("enable_peer", peer=lab.addr(2))
    bgpd.wait_established(lab.addr(2))


def test_reset_peer(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer = lab.speaker(2, 65002).listen().accept().establish()
    bgpd.wait_established(lab.addr(2))
    bgpd.call("reset_peer", peer=lab.addr(2), message="have you tried")
    code, subcode, data = peer.wait_notification()
    assert (code, subcode) == (6, 4)
    assert data == bytes([14]) + b"have you tried"
    peer.accept().establish()
    bgpd.wait_established(lab.addr(2))


def test_deconfigured_on_exit(lab):
    """SIGTERM ends sessions with a Cease, not just a closed connection."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    bgpd.signal(signal.SIGTERM)
    assert peer.wait_notification()[:2] == (6, 2)
    wait_for(lambda: not bgpd.alive())
    assert bgpd.process.returncode == 0
    bgpd.expect_exit = None


def test_disabled_in_config(lab):
    """A peer with enabled = false neither connects nor is accepted."""
    listener = lab.speaker(2, 65002).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, enabled=False), lab.peer(3, 65003)])
    lab.speaker(3, 65003).listen().accept()  # attempts are being made
    listener.listener.settimeout(0.3)
    with pytest.raises(socket.timeout):
        listener.listener.accept()
    caller = lab.speaker(2, 65002).connect(lab.addr(1))
    assert caller.wait_notification()[:2] == (6, 5)  # RFC 4486 §4: connection rejected
    caller.wait_closed()
    assert bgpd.peer(lab.addr(2))["state"] == "Disabled"


def test_unknown_source(lab):
    """A connection from an address that is not configured is refused."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    stranger = lab.speaker(7, 65007).connect(lab.addr(1))
    assert stranger.wait_notification()[:2] == (6, 5)  # RFC 4486 §4: connection rejected
    stranger.wait_closed()
    assert sp.OPEN not in [k for k, _ in stranger.messages]
    # Unread input would turn the close into a reset that destroys the Cease.
    with socket.create_connection((lab.addr(1), 1179), 60,
                                  source_address=(lab.addr(8), 0)) as hasty:
        hasty.sendall(sp.message(sp.OPEN, sp.open_body(65008, 90, "10.255.0.8")))
        assert hasty.recv(100)[18:21] == bytes([sp.NOTIFICATION, 6, 5])
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))


def test_many_strangers(lab):
    """Each gets its Cease, the log no more than 10 lines, and descriptors are given back."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    session = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    before = len(os.listdir(f"/proc/{bgpd.process.pid}/fd"))
    ceases, begun = 0, time.monotonic()
    for _ in range(300):
        with socket.create_connection((lab.addr(1), 1179), 60,
                                      source_address=(lab.addr(7), 0)) as stranger:
            ceases += stranger.recv(100)[18:21] == bytes([sp.NOTIFICATION, 6, 5])
    assert ceases == 300
    most = 10 * (2 + (time.monotonic() - begun) // 10)  # 10 in 10 s
    assert bgpd.log().count(f"connection from {lab.addr(7)} refused") <= most
    wait_for(lambda: len(os.listdir(f"/proc/{bgpd.process.pid}/fd")) <= before + 1)
    assert not session.closed.is_set()


def test_local_address(lab):
    listener = lab.speaker(2, 65002).listen()
    lab.bgpd(peers=[lab.peer(2, 65002, local_address=lab.addr(9))])
    listener.accept()
    assert listener.sock.getpeername()[0] == lab.addr(9)


def test_dynamic_neighbours(lab):
    """A network takes any source in it, many at once, and forgets who has gone."""
    network = lab.network(24)
    bgpd = lab.bgpd(peers=[{"remote_ip": network, "remote_as": 65000, "hold_timer": 9},
                           lab.peer(99, 65099)])
    waiting = bgpd.peer(network)
    assert waiting["state"] == "Listening" and waiting["router_id"] is None
    speakers = [lab.session(n, router_id=f"10.255.1.{n}") for n in range(10, 30)]
    real = [lab.real("bird", 3), lab.real("gobgp", 4), lab.real("exabgp", 5)]
    members = [s.address for s in speakers] + [r.address for r in real]
    bgpd.wait_established(*members)
    for n, speaker in enumerate(speakers):
        speaker.announce(Route(f"10.{n}.0.0/16", "10.254.0.1", local_pref=100))
    wait_for(lambda: len(bgpd.learned(network)) == len(speakers))
    assert len(bgpd.learned()) == len(speakers)
    rows = {p["peer"]: p for p in bgpd.call("show_peers")}
    assert len(rows) == len(members) + 2
    assert all(rows[address]["dynamic"] for address in members)
    assert rows[speakers[4].address]["router_id"] == "10.255.1.14"
    for speaker in speakers[:10]:
        speaker.close()
    wait_for(lambda: len(bgpd.call("show_peers")) == len(members) + 2 - 10)
    wait_for(lambda: len(bgpd.learned(network)) == len(speakers) - 10)
    # Outside of the configured address the network's entry does not apply.
    assert bgpd.peer(lab.addr(99))["remote_asn"] == 65099


def test_disabled_dynamic_neighbour(lab):
    """It stays out, and is remembered, until it is enabled or its network is."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(28), "remote_as": 65000, "hold_timer": 9}])
    first, other = lab.session(2), lab.session(3)
    bgpd.wait_established(first.address, other.address)
    bgpd.call("disable_peer", peer=first.address)
    assert first.wait_notification()[:2] == (6, 2)
    other.close()
    wait_for(lambda: bgpd.peer(other.address) is None)  # who has gone was looked for since
    refused = lab.speaker(2).connect(lab.addr(1))
    assert refused.wait_notification()[:2] == (6, 5)  # connection rejected
    wait_for(lambda: f"peer {first.address}: incoming connection refused: the peer is disabled"
             in bgpd.log())
    assert bgpd.peer(first.address)["enabled"] is False
    bgpd.call("enable_peer", peer=first.address)
    lab.session(2)
    bgpd.wait_established(first.address)


def test_most_specific_entry(lab):
    """An address of its own goes before the network around it."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(24), "remote_as": 65001},
                           {"remote_ip": lab.network(28), "remote_as": 65002},
                           lab.peer(3, 65003, passive=True)])
    lab.session(100, 65001)
    lab.session(4, 65002)
    lab.session(3, 65003)
    bgpd.wait_established(lab.addr(100), lab.addr(4), lab.addr(3))
    assert [bgpd.peer(lab.addr(n))["remote_asn"] for n in (100, 4, 3)] == [65001, 65002, 65003]


def test_our_open(lab):
    """What BGPd says of itself."""
    lab.bgpd({"router_id": "9.8.7.6"}, peers=[
        lab.peer(2, 65002, passive=True, hold_timer=42, families=["ipv4 unicast", "ipv6 flow"])])
    peer = lab.session(2, 65002)
    version, asn, hold_time, identifier, capabilities = peer.open_received()
    assert (version, asn, hold_time, identifier) == (4, 65000, 42, "9.8.7.6")
    families = [value for code, value in capabilities if code == 1]
    assert sorted(families) == [b"\0\1\0\1", b"\0\2\0\x85"]
    codes = {code: value for code, value in capabilities}
    assert codes[65] == struct.pack("!I", 65000)
    assert 2 in codes and 6 in codes
    assert 69 not in codes  # add-path was not asked for
    assert 5 not in codes  # RFC 8950 is for sessions between IPv6 addresses


def test_router_id_per_peer(lab):
    lab.bgpd(peers=[lab.peer(2, 65002, passive=True, local_router_id="5.5.5.5", local_as=64999),
                    lab.peer(3, 65003, passive=True, router_id="6.6.6.6")])
    assert lab.session(2, 65002).open_received()[1:4:2] == (64999, "5.5.5.5")
    assert lab.session(3, 65003).open_received()[3] == "6.6.6.6"


BAD_OPENS = {
    "version": ({"version": 3}, (2, 1), struct.pack("!H", 4)),
    "peer AS": ({"asn": 64999, "parameters": b""}, (2, 2), None),
    "identifier": ({"router_id": "0.0.0.0"}, (2, 3), None),
    "hold time": ({"hold_time": 2}, (2, 6), None),
    "optional parameter": ({"parameters": b"\xc8\x02\0\0"}, (2, 4), None),
    "parameter length": ({"parameters": b"\x02\x40\x01\x04\0\1\0\1"}, (2, 0), None),
}


@pytest.mark.parametrize("case", BAD_OPENS)
def test_bad_open(lab, case):
    """Wrong OPENs are answered with the code RFC 4271 §6.2 gives them; then a right one works."""
    changes, expected, data = BAD_OPENS[case]
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.speaker(2, 65002).connect(lab.addr(1))
    peer.send_open(**changes)
    notification = peer.wait_notification()
    assert notification[:2] == expected
    if data is not None:
        assert notification[2] == data
    peer.wait_closed()
    assert bgpd.peer(lab.addr(2))["last_error"]
    wait_for(lambda: try_session(lab, 2, 65002), what="a session after the error")
    bgpd.wait_established(lab.addr(2))


def try_session(lab, n, asn):
    """One attempt; BGPd may still be refusing after an error."""
    speaker = lab.speaker(n, asn).connect(lab.addr(1))
    try:
        return speaker.establish()
    except (AssertionError, OSError):
        speaker.close()
        return None


def test_own_identifier_in_ibgp(lab):
    """RFC 6286: within an AS the identifiers must differ."""
    lab.bgpd({"router_id": "7.7.7.7"}, peers=[lab.peer(2, passive=True)])
    peer = lab.speaker(2, router_id="7.7.7.7").connect(lab.addr(1))
    peer.send_open()
    assert peer.wait_notification()[:2] == (2, 3)


def test_unknown_capabilities(lab):
    """Unknown capabilities, in many parameters, and odd ones, are ignored (RFC 5492)."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    odd = [sp.capability(200, b"what is this"), sp.capability(1, b"\0\x19\0\x41"),
           sp.capability(73, b"\4test\0"), sp.capability(255)]
    peer = lab.speaker(2, 65002)
    known = [sp.multiprotocol("ipv4 unicast"), sp.capability(65, struct.pack("!I", 65002))]
    parameters = b"".join(sp.optional_parameters([c]) for c in odd + known)
    peer.connect(lab.addr(1)).send_open(parameters=parameters)
    peer.send(sp.KEEPALIVE)
    bgpd.wait_established(lab.addr(2))
    assert bgpd.detail(lab.addr(2))["families"] == ["ipv4 unicast"]


def test_no_capabilities(lab):
    """A peer without any capability: IPv4 unicast (RFC 4760 §8), 2-octet ASNs."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.speaker(2, 65002, as4=False).connect(lab.addr(1))
    peer.send_open(parameters=b"")
    peer.send(sp.KEEPALIVE)
    bgpd.wait_established(lab.addr(2))
    peer.announce(Route("10.1.0.0/24", "10.254.0.1", (65002, 3)))
    learned = wait_for(lambda: bgpd.learned(lab.addr(2)))
    assert learned["10.1.0.0/24"].as_path == (65002, 3)


@pytest.mark.parametrize("state, subcode", [("OpenSent", 1), ("OpenConfirm", 2)])
def test_update_too_early(lab, state, subcode):
    """RFC 6608: a message that a state does not expect."""
    lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.speaker(2, 65002).connect(lab.addr(1))
    peer.wait_message(sp.OPEN)
    if state == "OpenConfirm":
        peer.send_open()
        peer.wait_message(sp.KEEPALIVE)
    peer.announce(Route("10.1.0.0/24", "10.254.0.1", (65002,)))
    assert peer.wait_notification()[:2] == (5, subcode)


def test_notification_received(lab):
    """A NOTIFICATION ends the session and is told with its names."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    peer.send(sp.NOTIFICATION, bytes([6, 8]) + b"\x01\x02")
    bgpd.wait_down(lab.addr(2))
    peer.wait_closed()
    assert sp.NOTIFICATION not in [k for k, _ in peer.messages]
    error = bgpd.peer(lab.addr(2))["last_error"]
    assert "Cease" in error and "Out of Resources" in error, error


def test_extended_messages(lab):
    """RFC 8654: 65,535 octets towards those who said that they take them, 4,096 to others, and to those
    to whom we did not offer more."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True, advertise_sources=["peer"],
                                    extended_messages=n != 5) for n in (2, 3, 4, 5)])
    source = lab.session(2, 65002)
    narrow = lab.session(3, 65003)
    wide = lab.session(4, 65004, capabilities=[sp.capability(6)])
    modest = lab.session(5, 65005, capabilities=[sp.capability(6)])
    bgpd.wait_established(*(lab.addr(n) for n in (2, 3, 4, 5)))
    nlris = b"".join(sp.nlri(str(ipaddress.ip_network((0x0a000000 + (i << 8), 24))))
                     for i in range(10000))
    attributes = sp.route_attributes(Route("10.0.0.0/24", "10.254.0.1", (65002,)))
    body = sp.update_body(attributes, nlris)
    assert len(body) > 40000
    source.send(sp.UPDATE, body)  # BGPd said that it takes them
    wait_for(lambda: bgpd.peer(lab.addr(2))["prefixes_received"] == 10000)
    for peer in (narrow, wide, modest):
        wait_for(lambda p=peer: len(p.received()) == 10000)
    for peer in (narrow, modest):
        assert max(len(message) for _, message in peer.messages) + 19 <= 4096
    assert max(len(message) for _, message in wide.messages) + 19 > 4096


def test_families_not_negotiated(lab):
    """A family the peer did not announce is not sent."""
    statics = [{"prefix": "10.1.0.0/24", "next_hop": "10.254.0.1"},
               {"prefix": "2001:db8:1::/48", "next_hop": "2001:db8:fe::1"}]
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=statics, static_flows=[
        {"afi": 1, "action": "traffic-rate 0", "matches": ["destination 10.0.0.0/8"]}])])
    peer = lab.session(2, 65002, families=("ipv6 unicast",))
    wait_for(peer.received)
    bgpd.call("advertise_route", prefix="10.2.0.0/24", next_hop="10.254.0.1")
    bgpd.call("advertise_route", prefix="2001:db8:2::/48", next_hop="2001:db8:fe::1")
    wait_for(lambda: set(peer.received()) == {"2001:db8:1::/48", "2001:db8:2::/48"})
    assert {u.mp_family for u in peer.updates()} == {"ipv6 unicast"}
    assert set(bgpd.advertised(lab.addr(2))) == {"2001:db8:1::/48", "2001:db8:2::/48"}


def test_families_wrong_way(lab):
    """Routes of a family that was not negotiated are ignored, and the session stays."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, families=["ipv4 unicast"])])
    peer = lab.session(2, 65002, families=FAMILIES)
    peer.announce(Route("2001:db8:2::/48", "2001:db8:fe::2", (65002,)),
                  Route("10.2.0.0/24", "10.254.0.1", (65002,)))
    wait_for(lambda: bgpd.learned(lab.addr(2)))
    assert set(bgpd.learned(lab.addr(2))) == {"10.2.0.0/24"}
    assert bgpd.established(lab.addr(2))


@pytest.mark.parametrize("kind", ["bird", "speaker"])
def test_ipv6_next_hop_for_ipv4(lab, kind):
    """RFC 8950: IPv4 routes with IPv6 next hops, where both sides said so."""
    lab.use_ipv6()
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    if kind == "bird":
        lab.real("bird", options={"extended_next_hop": True}, neighbor={
            "families": ("ipv4 unicast",)}, routes=[Route("10.2.0.0/16", "2001:db8:fe::2")])
    else:
        peer = lab.session(2, capabilities=[sp.capability(5, struct.pack("!HHH", 1, 1, 2))])
        route = Route("10.2.0.0/16", "2001:db8:fe::2", (7,), local_pref=100)
        peer.send(sp.UPDATE, sp.update_body(
            sp.mp_reach("ipv4 unicast", route.next_hop, sp.nlri(route.prefix))
            + sp.attribute(sp.ORIGIN, b"\0") + sp.attribute(sp.AS_PATH, sp.as_path_value((7,)))
            + sp.attribute(sp.LOCAL_PREF, struct.pack("!I", 100))))
    learned = wait_for(lambda: bgpd.learned(lab.addr(2)))
    assert learned["10.2.0.0/16"].next_hop == "2001:db8:fe::2"
    assert bgpd.established(lab.addr(2))
    if kind == "speaker":
        bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="2001:db8:fe::1")
        received = wait_for(lambda: peer.received().get("10.1.0.0/16"))
        assert received.next_hop == "2001:db8:fe::1"


def test_max_prefixes(lab):
    """Too many prefixes end the session with a Cease (RFC 4486), of this peer only."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, max_prefixes=10),
                           lab.peer(3, 65003, passive=True,
                                    max_prefixes={"ipv4 unicast": 20, "ipv6 unicast": 1})])
    two, three = lab.session(2, 65002), lab.session(3, 65003)
    for speaker in (two, three):
        speaker.announce(*(Route(f"10.{n}.0.0/16", "10.254.0.1", (speaker.asn,))
                           for n in range(10)))
        wait_for(lambda s=speaker: len(bgpd.learned(s.address)) == 10)
    for speaker in (two, three):
        speaker.announce(Route("10.0.0.0/16", "10.254.0.9", (speaker.asn,)))  # not one more
        speaker.announce(Route("10.99.0.0/16", "10.254.0.1", (speaker.asn,)))
    assert two.wait_notification()[:2] == (6, 1)
    wait_for(lambda: len(bgpd.learned(lab.addr(3))) == 11)
    assert bgpd.established(lab.addr(3))
    wait_for(lambda: not bgpd.learned(lab.addr(2)))
    assert "Maximum" in bgpd.peer(lab.addr(2))["last_error"]


def test_lowered_max_prefixes(lab):
    """A reload with a limit below what a peer has sent ends its session at once."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True) for n in (2, 3)])
    two, three = lab.session(2, 65002), lab.session(3, 65003)
    for speaker in (two, three):
        speaker.announce(*(Route(f"10.{n}.0.0/16", "10.254.0.1", (speaker.asn,))
                           for n in range(3)))
        wait_for(lambda s=speaker: len(bgpd.learned(s.address)) == 3)
    bgpd.peer_config(lab.addr(2))["max_prefixes"] = 2
    bgpd.peer_config(lab.addr(3))["max_prefixes"] = 3
    bgpd.reload()
    assert two.wait_notification()[:2] == (6, 1)
    wait_for(lambda: not bgpd.learned(lab.addr(2)))
    assert len(bgpd.learned(lab.addr(3))) == 3 and bgpd.established(lab.addr(3))
