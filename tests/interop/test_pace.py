"""What keeps BGPd from being too much for a peer: how much comes at once, how often, and how soon
again."""

import time

import speaker as sp
from support.wait import stays, wait_for

FLOW_FAMILIES = ("ipv4 unicast", "ipv4 flow")


def flow_config(n):
    return {"afi": 1, "action": "traffic-rate 0",
            "matches": [f"destination 10.{n // 250}.{n % 250}.0/24", f"source 192.0.{n % 250}.1/32",
                        "protocol =6 =17", "destination-port >8000 <=8080"]}


def keepalive_times(peer, count):
    """When each of the next keepalives was there."""
    seen = [k for k, _ in peer.messages].count(sp.KEEPALIVE)
    times = []
    while len(times) < count:
        wait_for(lambda: [k for k, _ in peer.messages].count(sp.KEEPALIVE) > seen + len(times), 5,
                 "one more keepalive")
        times.append(time.monotonic())
    return times


def test_keepalives_at_most_one_a_second(lab):
    """RFC 4271 4.4, jitter included: hold time 3 has the shortest interval."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, hold_time=3)
    bgpd.wait_established(lab.addr(2))
    times = keepalive_times(peer, 7)
    assert times[-1] - times[0] > 5.95, times  # six intervals; how late each was seen varies
    assert times[-1] - times[0] < 8


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
    wait_for(lambda: len(frr.received_flows()) == 600, 20)
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
