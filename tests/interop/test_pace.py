"""What keeps BGPd from being too much for a peer: how much comes at once, how often, and how soon
again."""

import re
import time

import pytest

import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

FLOW_FAMILIES = ("ipv4 unicast", "ipv4 flow")


def flow_config(n):
    return {"afi": 1, "action": "traffic-rate 0",
            "matches": [f"destination 10.{n // 250}.{n % 250}.0/24", f"source 192.0.{n % 250}.1/32",
                        "protocol =6 =17", "destination-port >8000 <=8080"]}


def keepalive_times(peer, remote, count):
    """When it was told to connect, and when each of so many keepalives was there: fewer where the session
    ends before that."""
    times = [time.monotonic()]
    try:
        peer.connect(remote).establish()
    except (AssertionError, OSError):  # held up for 3 s even before that
        return times
    with peer.changed:
        while len(times) <= count and not peer.closed.is_set():
            seen = [k for k, _ in peer.messages].count(sp.KEEPALIVE)
            times += [time.monotonic()] * (min(seen, count) + 1 - len(times))
            peer.changed.wait(1)
    peer.close()
    return times


def test_keepalives_at_most_one_a_second(lab):
    """RFC 4271 4.4, jitter included: hold time 3 has the shortest interval. Where nobody ran for a while, it
    is tried again: a keepalive is seen late then, or the session ends."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.speaker(2, 65002, hold_time=3)
    deadline = time.monotonic() + 120
    while True:
        begun, *times = keepalive_times(peer, lab.addr(1), 8)
        # The first one is that of the handshake. However late each was seen, it was not there before.
        assert all(at - begun > number - 0.05 for number, at in enumerate(times)), (begun, times)
        if len(times) == 8 and times[-1] - begun < 9:
            break
        assert time.monotonic() < deadline, (begun, times)
        bgpd.wait_down(lab.addr(2))


def test_hold_time_of_the_open_that_was_sent(lab):
    """A reload between our OPEN and the peer's does not change what was proposed."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, hold_timer=30)])
    peer = lab.speaker(2, 65002).connect(lab.addr(1))
    assert peer.open_received()[2] == 30
    bgpd.peer_config(lab.addr(2))["hold_timer"] = 9
    bgpd.reload()
    peer.establish()
    bgpd.wait_established(lab.addr(2))
    assert bgpd.detail(lab.addr(2))["hold_time"] == 30
    assert bgpd.detail(lab.addr(2))["hold_timer"] == 9


def test_reload_to_passive_ends_a_handshake(lab):
    """An outgoing connection in OpenSent is ended with a Cease, and none follows."""
    peer = lab.speaker(2, 65002).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer.accept()
    peer.wait_message(sp.OPEN)
    assert bgpd.peer(lab.addr(2))["state"] == "OpenSent"
    bgpd.peer_config(lab.addr(2))["passive"] = True
    bgpd.reload()
    assert peer.wait_notification()[:2] == (6, 6)
    wait_for(lambda: bgpd.peer(lab.addr(2))["state"] == "Active")
    peer.listener.settimeout(0.01)

    def left_alone():
        try:
            peer.listener.accept()[0].close()
        except TimeoutError:
            return True
        return False
    stays(left_alone, 2)
    peer.listener.close()
    peer.connect(lab.addr(1)).establish()
    bgpd.wait_established(lab.addr(2))


def test_reload_to_passive_leaves_a_session(lab):
    peer = lab.speaker(2, 65002).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer.accept().establish()
    bgpd.wait_established(lab.addr(2))
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["passive"] = True
    bgpd.reload()
    stays(lambda: bgpd.sessions() == before, 1)


def test_flow_messages_are_short(lab):
    """Flows come in messages of up to 4,096 bytes, also with extended messages."""
    flows = [flow_config(n) for n in range(600)]
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_flows=flows)])
    peer = lab.session(2, 65002, families=FLOW_FAMILIES, capabilities=[sp.capability(6)])
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: "ipv4 flow" in peer.end_of_ribs())
    assert bgpd.peer(lab.addr(2))["prefixes_advertised"] == 600
    lengths = [len(body) + 19 for kind, body in peer.messages if kind == sp.UPDATE]
    assert sum(lengths) > 3 * 4096
    assert max(lengths) <= 4096
    assert max(lengths) > 3500  # and full


def test_many_flows_to_frr(lab):
    """FRR takes at most 5,200 bytes of flows in one UPDATE, and ends the session otherwise."""
    frr = lab.real("frr", asn=65002, neighbor={"families": FLOW_FAMILIES})
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, static_flows=[flow_config(n) for n in range(600)])])
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: len(frr.received_flows()) == 600)
    assert bgpd.detail(lab.addr(2))["times_established"] == 1
    assert bgpd.established(lab.addr(2))


def test_extended_messages_not_offered(lab):
    bgpd = lab.bgpd({"groups": {"old": {"extended_messages": False}}},
                    peers=[lab.peer(2, 65002, passive=True, extended_messages=False),
                           lab.peer(3, 65003, passive=True, group="old"),
                           lab.peer(4, 65004, passive=True)])
    for n, offered in ((2, False), (3, False), (4, True)):
        peer = lab.session(n, 65000 + n, capabilities=[sp.capability(6)])
        bgpd.wait_established(lab.addr(n))
        assert (6 in [code for code, _ in peer.open_received()[4]]) is offered
        if n == 2:  # what it was not offered it must not send (RFC 8654 §4)
            peer.send(sp.UPDATE, bytes(5000))
            assert peer.wait_notification()[:2] == (1, 2)


def over_the_limit(speaker, count=3):
    speaker.announce(*(Route(f"10.{n}.0.0/16", "10.254.0.1", (speaker.asn,))
                       for n in range(count)))
    assert speaker.wait_notification()[:2] == (6, 1)


def pauses(bgpd, why):
    """Each time that a peer was held back for this: how many times in a row, and for how many seconds."""
    return [(int(times or 1), int(seconds)) for times, seconds in
            re.findall(rf"held back: {why}(?: (\d+) times)?, retry in (\d+) s", bgpd.log())]


# Of 2, 4, 8 s; 75 % of it at least.
GROWING = ((1, {2}), (2, {3, 4}), (3, {6, 7, 8}))


def assert_grow(found):
    assert len(found) >= len(GROWING)
    assert all(times == n and seconds in of for (times, seconds), (n, of) in zip(found, GROWING)), found


def test_prefix_limit_pause_grows(lab):
    """Over the limit again and again: 2, 4, 8 s, and all are told."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, max_prefixes=2, connect_retry=2)])
    peer = lab.session(2, 65002)
    for at_least in (1.4, 2.9):
        begun = time.monotonic()  # before the pause
        over_the_limit(peer)
        peer, _ = lab.let_in(2, 65002)
        assert time.monotonic() - begun >= at_least
        assert bgpd.peer(lab.addr(2))["held_back"] is None
    over_the_limit(peer)
    wait_for(lambda: "prefix limit 3 times, retry in " in bgpd.log())
    assert_grow(pauses(bgpd, "prefix limit"))


def test_prefix_limit_pause_is_shown(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, max_prefixes=2, connect_retry=60)])
    over_the_limit(lab.session(2, 65002))
    text = wait_for(lambda: bgpd.peer(lab.addr(2))["held_back"])
    assert text.startswith("prefix limit, retry in ")
    assert 0 < int(text.split()[-2]) <= 60
    refused = lab.speaker(2, 65002).connect(lab.addr(1))
    assert refused.wait_notification()[:2] == (6, 5)
    wait_for(lambda: "incoming connection refused: prefix limit, retry in " in bgpd.log())
    table = bgpd.cli("show", "neighbors", check=True).stdout
    assert "prefix limit, retry in " in table
    assert "ipv4 unicast, limit 2" in bgpd.peer(lab.addr(2))["last_error"]
    # Who has raised the limit does not wait for the pause to end.
    bgpd.peer_config(lab.addr(2))["max_prefixes"] = 5
    bgpd.reload()
    peer, waited = lab.let_in(2, 65002)
    assert waited < 20
    peer.announce(Route("10.1.0.0/16", "10.254.0.1", (65002,)))
    wait_for(lambda: bgpd.learned(lab.addr(2)))


def test_held_back_is_told_though_connections_are_refused(lab):
    """However often the peer comes meanwhile: the lines about that do not use up those about what
    happens to it."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, max_prefixes=2, connect_retry=8)])
    over_the_limit(lab.session(2, 65002))
    for _ in range(14):
        refused = lab.speaker(2, 65002).connect(lab.addr(1))
        assert refused.wait_notification()[:2] == (6, 5)
        refused.close()
    peer, _ = lab.let_in(2, 65002)
    over_the_limit(peer)
    wait_for(lambda: f"peer {lab.addr(2)}: held back: prefix limit 2 times, retry in "
             in bgpd.log())
    assert bgpd.log().count("incoming connection refused") <= 10


def test_lowered_limit_holds_back(lab):
    """The reload that ends a session by a lower limit does not let the peer in again."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, connect_retry=60)])
    peer = lab.session(2, 65002)
    peer.announce(*(Route(f"10.{n}.0.0/16", "10.254.0.1", (65002,)) for n in range(3)))
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 3)
    bgpd.peer_config(lab.addr(2))["max_prefixes"] = 2
    bgpd.reload()
    assert peer.wait_notification()[:2] == (6, 1)
    text = wait_for(lambda: bgpd.peer(lab.addr(2))["held_back"])
    assert text.startswith("prefix limit, retry in ")


def end_by(peer, code, subcode, data=b""):
    peer.send(sp.NOTIFICATION, bytes([code, subcode]) + data)
    peer.sock.close()


@pytest.mark.parametrize("active", [True, False], ids=["active", "passive"])
def test_same_update_error_twice(lab, active):
    """A peer that ends each session by the same UPDATE error is not tried every time anew."""
    entry = lab.peer(2, 65002, passive=not active, connect_retry=2)
    peer = lab.speaker(2, 65002)
    if active:
        peer.listen()
    bgpd = lab.bgpd(peers=[entry])
    waits = []
    begun = time.monotonic()
    for _ in range(4):
        if active:
            peer.accept().establish()
        else:
            peer, _ = lab.let_in(2, 65002)
        waits.append(time.monotonic() - begun)
        bgpd.wait_established(lab.addr(2))
        begun = time.monotonic()  # before the pause
        end_by(peer, 3, 10)
        wait_for(lambda: not bgpd.established(lab.addr(2)))
    assert waits[2] >= 2.9 and waits[3] >= 5.9, waits
    assert_grow(pauses(bgpd, "received UPDATE Message Error"))


def test_prefix_limit_of_frr(lab):
    """What FRR says about its limit is told in words, and its being met twice in a row as well."""
    frr = lab.real("frr", asn=65002, neighbor={"families": ("ipv4 unicast",), "passive": True})
    frr.configure(frr.router(), "address-family ipv4 unicast",
                  f"neighbor {lab.addr(1)} maximum-prefix 2")
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, connect_retry=1, static_routes=[
        {"prefix": f"10.{n}.0.0/16", "next_hop": "10.254.0.1"} for n in range(6)])])
    bgpd.wait_log("Maximum Number of Prefixes Reached (1), ipv4 unicast, limit 2")
    # FRR refuses connections until somebody clears it; the limit is met again afterwards.
    frr.vty(f"clear bgp {lab.addr(1)}")
    bgpd.wait_log("held back: prefix limit of the peer 2 times, retry in ")


def test_resets_by_the_operator_cost_nothing(lab):
    """A Cease of an administrator, however often, does not make for longer pauses."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, connect_retry=60)])
    for _ in range(4):
        peer, waited = lab.let_in(2, 65002)
        assert waited < 20
        bgpd.wait_established(lab.addr(2))
        end_by(peer, 6, 4)
        wait_for(lambda: not bgpd.established(lab.addr(2)))
    assert bgpd.peer(lab.addr(2))["held_back"] is None


@pytest.mark.parametrize("by", ["itself", "its network"])
def test_dynamic_neighbour_is_held_back(lab, by):
    """It stays as long as that, and is shown."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(24), "remote_as": 65002, "hold_timer": 9,
                            "max_prefixes": 2, "connect_retry": 10}])
    peer = lab.session(2, 65002)
    start = time.monotonic()
    over_the_limit(peer)
    wait_for(lambda: not bgpd.established(lab.addr(2)))
    stays(lambda: bgpd.peer(lab.addr(2))["held_back"].startswith("prefix limit, retry in "), 1.5)
    state = bgpd.detail(lab.addr(2))["channels"][0]["state"]
    assert state.startswith("down: prefix limit, retry in ")
    refused = lab.speaker(2, 65002).connect(lab.addr(1))
    assert refused.wait_notification()[:2] == (6, 5)
    line = f"peer {lab.addr(2)}: incoming connection refused: prefix limit, retry in "
    wait_for(lambda: line in bgpd.log())
    lab.session(3, 65002)  # others are not concerned
    peer, _ = lab.let_in(2, 65002)
    assert time.monotonic() - start >= 7.4  # 10 s with jitter
    over_the_limit(peer)
    wait_for(lambda: "prefix limit 2 times, retry in " in (bgpd.peer(lab.addr(2))["held_back"] or ""))
    refused = lab.speaker(2, 65002).connect(lab.addr(1))
    assert refused.wait_notification()[:2] == (6, 5)
    bgpd.call("reset_peer", peer=lab.addr(2) if by == "itself" else lab.network(24))
    lab.let_in(2, 65002, timeout=8)[0].close()  # of 20 s with jitter
    wait_for(lambda: bgpd.peer(lab.addr(2)) is None)


@pytest.mark.parametrize("by", ["disable and enable", "another entry"])
def test_nothing_is_held_against_a_new_beginning(lab, by):
    """As for a configured peer: who takes the network out, or disables it, begins anew."""
    entry = {"remote_ip": lab.network(24), "remote_as": 65002, "hold_timer": 9, "max_prefixes": 2,
             "connect_retry": 60}
    bgpd = lab.bgpd(peers=[entry])
    over_the_limit(lab.session(2, 65002))
    wait_for(lambda: bgpd.peer(lab.addr(2))["held_back"])
    refused = lab.speaker(2, 65002).connect(lab.addr(1))
    assert refused.wait_notification()[:2] == (6, 5)
    if by == "another entry":
        bgpd.reload(peers=[])
        bgpd.reload(peers=[entry])
    else:
        bgpd.call("disable_peer", peer=lab.network(24))
        bgpd.call("enable_peer", peer=lab.network(24))
    lab.let_in(2, 65002, timeout=20)  # of 60 s with jitter
