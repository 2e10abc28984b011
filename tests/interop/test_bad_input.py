"""Garbage on the wire, at the API and as configuration: a clear error, and nothing else hurt."""

import json
import os
import random
import socket
import struct

import pytest

import speaker as sp
from speaker import attribute
from support.bgpd import SANITIZER, Bgpd
from support.route import Route
from support.wait import PATIENCE_S, stays, wait_for

GOOD = Route("10.20.0.0/16", "10.254.0.2", (65002, 7))
OTHER = Route("10.30.0.0/16", "10.254.0.3", (65003,))


class Victims:
    """BGPd with a witness (3) whose session and routes must not notice what the offender (2)
    does."""

    def __init__(self, lab, **offender):
        self.lab = lab
        self.options = offender
        self.bgpd = lab.bgpd(peers=[
            lab.peer(2, offender.get("asn", 65002), passive=True, connect_retry=1),
            lab.peer(3, 65003, passive=True, advertise_sources=["peer"])])
        self.witness = lab.session(3, 65003)
        self.bgpd.wait_established(lab.addr(3))
        self.witness.announce(OTHER)
        wait_for(lambda: self.bgpd.learned(lab.addr(3)))
        self.before = self.bgpd.sessions()[lab.addr(3)]

    def offender(self, **options):
        asn = self.options.get("asn", 65002)
        speaker = self.lab.session(2, asn, families=("ipv4 unicast", "ipv6 unicast", "ipv4 flow"),
                                   **options)
        self.bgpd.wait_established(self.lab.addr(2))
        return speaker

    def learned(self):
        return set(self.bgpd.learned(self.lab.addr(2)))

    def problems(self):
        return self.bgpd.detail(self.lab.addr(2))["problems"]

    def check(self):
        """The witness's session and route are as they were."""
        assert self.bgpd.sessions()[self.lab.addr(3)] == self.before
        assert set(self.bgpd.learned(self.lab.addr(3))) == {OTHER.prefix}
        assert not self.witness.closed.is_set()


BAD_HEADERS = {
    "marker": (sp.message(sp.KEEPALIVE, marker=b"\xff" * 15 + b"\xfe"), (1, 1), None),
    "length 18": (sp.message(sp.KEEPALIVE, length=18), (1, 2), struct.pack("!H", 18)),
    "length 0": (sp.message(sp.KEEPALIVE, length=0), (1, 2), struct.pack("!H", 0)),
    "keepalive of 20": (sp.message(sp.KEEPALIVE, b"\0"), (1, 2), struct.pack("!H", 20)),
    "update of 22": (sp.message(sp.UPDATE, b"\0\0\0"), (1, 2), struct.pack("!H", 22)),
    "notification of 20": (sp.message(sp.NOTIFICATION, b"\6"), (1, 2), struct.pack("!H", 20)),
    "type 0": (sp.message(0), (1, 3), b"\0"),
    "type 77": (sp.message(77, b"hello"), (1, 3), b"\x4d"),
}


@pytest.mark.parametrize("case", BAD_HEADERS)
def test_bad_header(lab, case):
    """RFC 4271 §6.1: the session ends with the right NOTIFICATION and data."""
    data, expected, error_data = BAD_HEADERS[case]
    victims = Victims(lab)
    peer = victims.offender()
    peer.announce(GOOD)
    wait_for(lambda: victims.learned())
    peer.send_raw(data)
    code, subcode, sent = peer.wait_notification()
    assert (code, subcode) == expected
    if error_data is not None:
        assert sent == error_data
    peer.wait_closed()
    wait_for(lambda: not victims.learned())
    assert "Message Header Error" in victims.bgpd.peer(lab.addr(2))["last_error"]
    victims.check()


ATTRIBUTES = sp.route_attributes(GOOD)
ORIGIN = attribute(sp.ORIGIN, b"\0")
PATH = attribute(sp.AS_PATH, sp.as_path_value((65002, 7)))
HOP = attribute(sp.NEXT_HOP, bytes([10, 254, 0, 2]))
NLRI = sp.nlri(GOOD.prefix)

# RFC 7606: what leads to a withdrawal of the routes in the UPDATE, with the session left alone.
TREATED_AS_WITHDRAW = {
    "origin value": attribute(sp.ORIGIN, b"\7") + PATH + HOP,
    "origin length": attribute(sp.ORIGIN, b"\0\0") + PATH + HOP,
    "origin flags": attribute(sp.ORIGIN, b"\0", 0xc0) + PATH + HOP,
    "no origin": PATH + HOP,
    "no path": ORIGIN + HOP,
    "no next hop": ORIGIN + PATH,
    "path segment type": ORIGIN + attribute(sp.AS_PATH, b"\7\1\0\0\xfd\xea") + HOP,
    "path segment count": ORIGIN + attribute(sp.AS_PATH, b"\2\3\0\0\xfd\xea") + HOP,
    "path segment empty": ORIGIN + attribute(sp.AS_PATH, b"\2\0") + HOP,
    "path of odd length": ORIGIN + attribute(sp.AS_PATH, b"\2\1\0\0\xfd\xea\0") + HOP,
    "AS 0 in path": ORIGIN + attribute(sp.AS_PATH, sp.as_path_value((65002, 0))) + HOP,
    "next hop length": ORIGIN + PATH + attribute(sp.NEXT_HOP, b"\12\0\0"),
    "MED length": ATTRIBUTES + attribute(sp.MED, b"\0\0\1"),
    "communities length": ATTRIBUTES + attribute(sp.COMMUNITIES, b"\0\1\0"),
    "extended communities length": ATTRIBUTES + attribute(sp.EXTENDED_COMMUNITIES, b"\0" * 9),
    "large communities length": ATTRIBUTES + attribute(sp.LARGE_COMMUNITIES, b"\0" * 13),
    "atomic aggregate flags": ATTRIBUTES + attribute(sp.ATOMIC, b"", 0xc0),
    "aggregator flags": ATTRIBUTES + attribute(sp.AGGREGATOR, b"\0\0\xfd\xea\x0a\0\0\1", 0x40),
    "MP_UNREACH flags": ATTRIBUTES + attribute(sp.MP_UNREACH, b"\0\2\1", 0xc0),
    "next hop 0.0.0.1": ORIGIN + PATH + attribute(sp.NEXT_HOP, bytes([0, 0, 0, 1])),
    "next hop 224.0.0.1": ORIGIN + PATH + attribute(sp.NEXT_HOP, bytes([224, 0, 0, 1])),
    "next hop 240.0.0.1": ORIGIN + PATH + attribute(sp.NEXT_HOP, bytes([240, 0, 0, 1])),
    "next hop broadcast": ORIGIN + PATH + attribute(sp.NEXT_HOP, b"\xff" * 4),
    "attribute cut off": ATTRIBUTES + bytes([0xc0, sp.COMMUNITIES, 40]) + b"\0" * 4,
    "attribute without length": ATTRIBUTES + bytes([0xc0]),
}


@pytest.mark.parametrize("case", TREATED_AS_WITHDRAW)
def test_treated_as_withdraw(lab, case):
    victims = Victims(lab)
    peer = victims.offender()
    peer.announce(GOOD, Route("10.21.0.0/16", "10.254.0.2", (65002,)))
    wait_for(lambda: victims.learned() == {GOOD.prefix, "10.21.0.0/16"})
    before = victims.bgpd.sessions()
    peer.send(sp.UPDATE, sp.update_body(TREATED_AS_WITHDRAW[case], NLRI))
    wait_for(lambda: victims.learned() == {"10.21.0.0/16"})
    assert victims.problems() >= 1
    assert victims.bgpd.sessions() == before
    assert not peer.closed.is_set()
    peer.announce(GOOD)  # the next good one counts again
    wait_for(lambda: victims.learned() == {GOOD.prefix, "10.21.0.0/16"})
    victims.bgpd.wait_log("treated as withdrawn")
    victims.check()


# What is discarded while the routes in the UPDATE are used without it.
DISCARDED = {
    "atomic aggregate length": attribute(sp.ATOMIC, b"\1"),
    "aggregator length": attribute(sp.AGGREGATOR, b"\0" * 7),
    "AS 0 in aggregator": attribute(sp.AGGREGATOR, b"\0" * 8),
    "local pref from outside": attribute(sp.LOCAL_PREF, struct.pack("!I", 500)),
    "originator from outside": attribute(sp.ORIGINATOR_ID, b"\1\2\3\4"),
    "clusters from outside": attribute(sp.CLUSTER_LIST, b"\1\2\3\4"),
    "second origin": attribute(sp.ORIGIN, b"\2"),
    "second path": attribute(sp.AS_PATH, sp.as_path_value((1, 2, 3))),
}


@pytest.mark.parametrize("case", DISCARDED)
def test_discarded(lab, case):
    victims = Victims(lab)
    peer = victims.offender()
    before = victims.bgpd.sessions()
    peer.send(sp.UPDATE, sp.update_body(ATTRIBUTES + DISCARDED[case], NLRI))
    wait_for(lambda: victims.learned() == {GOOD.prefix})
    view = victims.bgpd.call("show_routes_learned", from_peer=lab.addr(2))[0]
    assert (view["origin"], view["as_path"], view["local_pref"]) == ("IGP", "65002 7", None)
    assert not {"aggregator", "atomic_aggregate", "originator_id", "cluster_list"} & set(view)
    assert victims.bgpd.sessions() == before
    victims.check()


# What cannot be attributed to a prefix, so that only a reset helps (RFC 7606 §3 and §5).
RESETS = {
    "withdrawn length": struct.pack("!H", 500) + b"\0\0",
    "attributes length": b"\0\0" + struct.pack("!H", 500) + ATTRIBUTES,
    "prefix of 33 bits": sp.update_body(ATTRIBUTES, b"\x21\x0a\0\0\0\0"),
    "prefix cut off": sp.update_body(ATTRIBUTES, b"\x18\x0a\0"),
    "withdrawn prefix cut off": sp.update_body(withdrawn=b"\x18\x0a"),
    "two MP_REACH": sp.update_body(
        sp.mp_reach("ipv6 unicast", "2001:db8::1", sp.nlri("2001:db8:1::/48")) +
        sp.mp_reach("ipv6 unicast", "2001:db8::1", sp.nlri("2001:db8:2::/48")) + ORIGIN + PATH),
    "MP_REACH cut off": sp.update_body(attribute(sp.MP_REACH, b"\0\2\1") + ORIGIN + PATH),
    "MP_REACH next hop length": sp.update_body(
        attribute(sp.MP_REACH, b"\0\2\1\x07" + b"\0" * 7 + b"\0" + sp.nlri("2001:db8::/48"))
        + ORIGIN + PATH),
    "MP_REACH prefix of 129 bits": sp.update_body(
        sp.mp_reach("ipv6 unicast", "2001:db8::1", b"\x81" + b"\0" * 17) + ORIGIN + PATH),
    # Nothing is announced, so that something may have been missed (RFC 7606 §5.2).
    "next hop length without NLRI": sp.update_body(attribute(sp.NEXT_HOP, b"\x0a\0\0\1\0")),
    "next hop length beside withdrawals": sp.update_body(
        attribute(sp.NEXT_HOP, b"\x0a\0\0\1\0"), withdrawn=sp.nlri("10.99.0.0/16")),
    "MP_UNREACH cut off": sp.update_body(attribute(sp.MP_UNREACH, b"\0\2")),
}


@pytest.mark.parametrize("case", RESETS)
def test_reset(lab, case):
    victims = Victims(lab)
    peer = victims.offender()
    peer.announce(Route("10.21.0.0/16", "10.254.0.2", (65002,)))
    wait_for(lambda: victims.learned())
    peer.send(sp.UPDATE, RESETS[case])
    code, _, _ = peer.wait_notification()
    assert code == 3
    peer.wait_closed()
    assert "UPDATE Message Error" in victims.bgpd.peer(lab.addr(2))["last_error"]
    wait_for(lambda: not victims.learned())
    victims.check()


def test_bad_flow(lab):
    """A flow that cannot be read (RFC 8955 §4.2, RFC 7606): no crash, others untouched."""
    victims = Victims(lab)
    peer = victims.offender()
    good = b"\x03\x03\x81\x06"
    peer.send(sp.UPDATE, sp.update_body(sp.mp_reach("ipv4 flow", b"", good) + ORIGIN + PATH))
    wait_for(lambda: victims.bgpd.learned_flows(lab.addr(2)))
    bad = b"\x05\x63\x81\x06\x01\x02"  # component 99
    peer.send(sp.UPDATE, sp.update_body(sp.mp_reach("ipv4 flow", b"", bad) + ORIGIN + PATH))
    wait_for(lambda: not victims.bgpd.established(lab.addr(2)) or victims.problems() > 0)
    victims.check()


def test_notification_holds_the_whole_attribute(lab):
    """RFC 4271 §6.3: the data are the attribute, not just its start."""
    victims = Victims(lab)
    peer = victims.offender()
    unknown = bytes([0x50, 99]) + struct.pack("!H", 2000) + bytes(range(250)) * 8
    peer.send(sp.UPDATE, sp.update_body(ATTRIBUTES + unknown, NLRI))
    assert peer.wait_notification() == (3, 2, unknown)
    victims.check()


def test_next_hop_that_is_none_without_nlri(lab):
    """RFC 4271 §6.3: an address that cannot be used is no reason to close the connection."""
    victims = Victims(lab)
    peer = victims.offender()
    peer.announce(GOOD, Route("10.21.0.0/16", "10.254.0.2", (65002,)))
    wait_for(lambda: victims.learned() == {GOOD.prefix, "10.21.0.0/16"})
    before = victims.bgpd.sessions()
    peer.send(sp.UPDATE, sp.update_body(attribute(sp.NEXT_HOP, b"\0" * 4), withdrawn=NLRI))
    wait_for(lambda: victims.learned() == {"10.21.0.0/16"})
    assert victims.bgpd.sessions() == before
    victims.check()


def test_loopback_next_hop_within_this_machine(lab):
    """Over loopback every peer has such an address."""
    victims = Victims(lab)
    peer = victims.offender()
    peer.announce(Route(GOOD.prefix, lab.addr(9), (65002,)))
    wait_for(lambda: victims.learned() == {GOOD.prefix})
    assert victims.problems() == 0
    victims.check()


def test_loopback_next_hop_from_elsewhere(lab):
    """127/8 and ::1 stand for another machine there (RFC 1122 §3.2.1.3 g)."""
    near, far = lab.namespace("a"), lab.namespace("b")
    near.add_link("near0", far, "far0")
    near.ip("addr", "add", "192.0.2.1/24", "dev", "near0")
    far.ip("addr", "add", "192.0.2.2/24", "dev", "far0")
    bgpd = lab.bgpd({"bgp_socket": "192.0.2.1:1179", "api_socket": "127.0.0.1:8080"}, start=False,
                    netns=near, peers=[{"remote_ip": "192.0.2.2", "remote_as": 65002,
                                        "passive": True}])
    bgpd.rpc.address = bgpd.api_address = "127.0.0.1"
    bgpd.start()
    peer = lab.speaker(2, 65002, address="192.0.2.2", netns=far,
                       families=("ipv4 unicast", "ipv6 unicast")).connect("192.0.2.1").establish()
    bgpd.wait_established("192.0.2.2")
    peer.announce(Route("10.21.0.0/16", "127.0.0.9", (65002,)),
                  Route("2001:db8:1::/48", "::1", (65002,)),
                  Route("2001:db8:2::/48", "::ffff:127.0.0.9", (65002,)),
                  Route("10.22.0.0/16", "192.0.2.2", (65002,)))
    wait_for(lambda: set(bgpd.learned("192.0.2.2")) == {"10.22.0.0/16"})
    assert bgpd.detail("192.0.2.2")["problems"] == 3
    assert bgpd.established("192.0.2.2")


def test_refresh_that_is_too_short(lab):
    """Three bytes: Bad Message Length with the length field (RFC 4271 §6.1)."""
    victims = Victims(lab)
    peer = victims.offender()
    peer.send(sp.ROUTE_REFRESH, b"\0\1\0")
    assert peer.wait_notification() == (1, 2, struct.pack("!H", 22))
    victims.check()


def test_refresh_mark_of_wrong_length(lab):
    """From a peer with the capability: 7/1 with the whole message (RFC 7313 §5)."""
    victims = Victims(lab)
    peer = victims.offender(capabilities=[sp.capability(70)])
    body = b"\0\1\1\1\0"
    peer.send(sp.ROUTE_REFRESH, body)
    assert peer.wait_notification() == (7, 1, sp.message(sp.ROUTE_REFRESH, body))
    victims.check()


def test_prefix_bits_behind_the_mask(lab):
    """Set bits after the mask do not matter (RFC 4271 §4.3)."""
    victims = Victims(lab)
    peer = victims.offender()
    peer.send(sp.UPDATE, sp.update_body(ATTRIBUTES, b"\x0c\x0a\xff"))
    wait_for(lambda: victims.learned() == {"10.240.0.0/12"})
    victims.check()


def test_random_garbage(lab):
    """Noise instead of a session, and noise in UPDATEs of one, again and again."""
    victims = Victims(lab)
    noise = random.Random(42)
    for _ in range(40):
        caller = lab.speaker(2, 65002).connect(lab.addr(1))
        try:
            caller.send_raw(noise.randbytes(noise.randrange(1, 300)))
        except OSError:
            pass
        caller.close()
    victims.check()
    good = sp.route_update(Route("10.77.0.0/16", "10.254.0.2", (65002,), communities=["1:2"]))
    peer, _ = lab.let_in(2, 65002)

    def taken():
        return victims.bgpd.peer(lab.addr(2))["msg_received"]
    for _ in range(300):
        body = bytearray(good)
        for _ in range(noise.randrange(1, 4)):
            body[noise.randrange(len(body))] = noise.randrange(256)
        before = taken()
        try:
            peer.send(sp.UPDATE, bytes(body))
        except OSError:
            pass
        wait_for(lambda p=peer, n=before: p.closed.is_set() or taken() > n, interval=0.001)
        if peer.closed.is_set():
            victims.bgpd.call("reset_peer", lab.addr(2))  # or it would be held back
            peer, _ = lab.let_in(2, 65002)
    victims.check()


def test_flood_of_connections(lab):
    """Many connections that say nothing, from a stranger and from a peer."""
    victims = Victims(lab)
    held = []
    for n in (2, 7):
        for _ in range(100):
            sock = socket.socket()
            sock.settimeout(PATIENCE_S)
            sock.bind((lab.addr(n), 0))
            sock.connect((lab.addr(1), 1179))
            held.append(sock)
    victims.check()
    assert victims.bgpd.call("version")["name"] == "bgpd"
    for sock in held:
        sock.close()
    lab.let_in(2, 65002)
    victims.bgpd.wait_established(lab.addr(2))
    victims.check()


@pytest.mark.slow
def test_peer_that_reads_nothing(lab):
    """A peer with a full socket costs a bounded amount of memory, and others nothing."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True, hold_timer=180,
                                    advertise_sources=["peer"]) for n in (2, 3, 4)])
    source, reader = (lab.session(n, 65000 + n, hold_time=180) for n in (2, 3))
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.bind((lab.addr(4), 0))
    deaf.connect((lab.addr(1), 1179))
    speaker = lab.speaker(4, 65004)
    deaf.sendall(sp.message(sp.OPEN, sp.open_body(65004, 180, "10.255.0.4", sp.optional_parameters(
        speaker.capabilities()))) + sp.message(sp.KEEPALIVE))
    bgpd.wait_established(*(lab.addr(n) for n in (2, 3, 4)))
    count = 40000
    for start in range(0, count, 400):
        source.send_raw(b"".join(sp.message(sp.UPDATE, sp.route_update(Route(
            f"10.{n >> 8}.{n & 255}.0/24", "10.254.0.2", (65002, n + 1)))) for n in
            range(start, start + 400)))
    wait_for(lambda: len(reader.received()) == count, 180, "all routes at the one who reads")
    small = bgpd.rss_kib()
    for turn in range(3):  # the same again and again, with other attributes
        for start in range(0, count, 400):
            source.send_raw(b"".join(sp.message(sp.UPDATE, sp.route_update(Route(
                f"10.{n >> 8}.{n & 255}.0/24", "10.254.0.2", (65002, n + 1, turn + 1))))
                for n in range(start, start + 400)))
        last = Route(f"10.{(count - 1) >> 8}.{(count - 1) & 255}.0/24", "10.254.0.2")
        wait_for(lambda t=turn, p=last.prefix: reader.received()[p].as_path[-1] == t + 1, 180)
    assert bgpd.rss_kib() < small * 1.5 + 20000
    deaf.close()


# --- the API ---

BODIES = {
    "not JSON": (b"{", -32700),
    "nothing": (b"", -32700),
    "binary": (b"\0\xff\xfe" * 100, -32700),
    "bad UTF-8": (b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}', -32700),
    "two documents": (b'{"jsonrpc":"2.0","id":1,"method":"version"} {}', -32700),
    "same key twice": (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"version"}', -32700),
    "too deep": (b'{"jsonrpc":"2.0","id":1,"method":"version","params":' + b"[" * 5000 + b"]" * 5000
                 + b"}", -32700),
    "a number": (b"42", -32600),
    "an empty batch": (b"[]", -32600),
    "no method": (b'{"jsonrpc":"2.0","id":1}', -32600),
    "version 1": (b'{"jsonrpc":"1.0","id":1,"method":"version"}', -32600),
    "method is a number": (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
    "params is text": (b'{"jsonrpc":"2.0","id":1,"method":"version","params":"x"}', -32600),
    "unknown method": (b'{"jsonrpc":"2.0","id":1,"method":"make_tea"}', -32601),
    "unknown parameter": (b'{"jsonrpc":"2.0","id":1,"method":"show_routes_learned",'
                          b'"params":{"from_pear":"1.2.3.4"}}', -32602),
    "wrong type": (b'{"jsonrpc":"2.0","id":1,"method":"show_routes_learned",'
                   b'"params":{"from_peer":7}}', -32602),
    "too many": (b'{"jsonrpc":"2.0","id":1,"method":"version","params":[1,2,3,4,5,6,7,8,9]}',
                 -32602),
    "bad prefix": (b'{"jsonrpc":"2.0","id":1,"method":"advertise_route",'
                   b'"params":{"prefix":"10.0.0.0/33","next_hop":"10.0.0.1"}}', -32602),
}


@pytest.mark.parametrize("case", BODIES)
def test_api_garbage(lab, case):
    body, code = BODIES[case]
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    status, _, answer = bgpd.rpc.http(body=body)
    assert status == 200
    error = json.loads(answer)["error"]
    assert error["code"] == code
    assert error["message"]
    assert bgpd.call("version")["name"] == "bgpd"


def test_api_http_garbage(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    status, headers, _ = bgpd.rpc.http("GET")
    assert status == 405 and "POST" in headers["Allow"]
    assert bgpd.rpc.http("PUT", b"x")[0] == 405
    assert bgpd.rpc.http("POST", b"{}", {"Content-Type": "text/plain"})[0] == 415
    for noise in (b"\0" * 100 + b"\r\n\r\n", b"HELLO\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n",
                  b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                  b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                  b"A" * 100000):
        connection = bgpd.rpc.connect(timeout=5)
        try:
            connection.sendall(noise)
            connection.recv(1000)
        except OSError:
            pass
        connection.close()
    assert bgpd.call("version")["name"] == "bgpd"


@pytest.mark.slow
def test_api_giant_body(lab):
    """Above 1 MiB: 413, however it is announced."""
    bgpd = lab.bgpd()
    connection = bgpd.rpc.connect(timeout=10)
    connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 4000000000\r\n\r\n")
    answer = b""
    try:
        for _ in range(64):
            connection.sendall(b" " * 65536)
        answer = connection.recv(1000)
    except OSError:
        try:
            answer = connection.recv(1000)
        except OSError:
            pass
    connection.close()
    assert answer == b"" or b" 413 " in answer.split(b"\r\n")[0]
    body = b'{"jsonrpc":"2.0","id":1,"method":"version","params":[' + b" " * (1 << 20) + b"]}"
    status, _, answer = bgpd.rpc.http(body=body)
    assert status == 200 and json.loads(answer)["error"]["code"] == -32600
    assert bgpd.call("version")["name"] == "bgpd"
    assert bgpd.rss_kib() < 200_000


def test_api_slow_clients(lab):
    """Clients that send byte by byte, or read nothing of a long list, hold up nobody."""
    victims = Victims(lab)
    for n in range(0, 4000, 400):
        victims.witness.send_raw(b"".join(sp.message(sp.UPDATE, sp.route_update(Route(
            f"11.{i >> 8}.{i & 255}.0/24", "10.254.0.3", (65003,)))) for i in range(n, n + 400)))
    victims.witness.withdraw(OTHER.prefix)
    wait_for(lambda: victims.bgpd.peer(lab.addr(3))["prefixes_received"] == 4000)
    slow = []
    for _ in range(30):
        dribble = victims.bgpd.rpc.connect()
        dribble.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Ty")
        slow.append(dribble)
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "show_routes_learned"}).encode()
    for _ in range(10):
        silent = victims.bgpd.rpc.connect()
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(request) + request)
        slow.append(silent)
    assert len(victims.bgpd.call("show_routes_learned")) == 4000
    for dribble in slow[:30]:  # that answer has not waited for them to be given up
        dribble.setblocking(False)
        with pytest.raises(BlockingIOError):
            dribble.recv(1)
    for sock in slow:
        sock.close()
    assert victims.bgpd.established(lab.addr(3))
    assert victims.bgpd.call("version")["name"] == "bgpd"


# --- the configuration ---

CONFIG = """router_id = "1.1.1.1"
default_as = 65000
bgp_socket = "127.0.0.1:1179"

[[peers]]
remote_ip = "127.0.0.2"
remote_as = 65000
"""
ROUTE = '[[peers.static_routes]]\nprefix = "10.0.0.0/8"\nnext_hop = "10.0.0.1"\n'
FLOW = ('[[peers.static_flows]]\nafi = 1\naction = "traffic-rate 0"\n'
        'matches = ["destination 10.0.0.0/8"]\n')
# What is changed, and the line and a word of the error.
BAD_CONFIGS = {
    "syntax": (CONFIG + "hold_timer = = 3\n", 8, ""),
    "unclosed text": (CONFIG.replace('"1.1.1.1"', '"1.1.1.1'), 1, ""),
    "unknown key": (CONFIG + "hold_tmer = 9\n", 8, "hold_timer"),
    "unknown key at top": ("routr_id = 7\n" + CONFIG, 1, "router_id"),
    "wrong type": (CONFIG.replace("65000\n", '"many"\n', 1), 2, "default_as"),
    "bad address": (CONFIG.replace("127.0.0.2", "127.0.0.256"), 6, "127.0.0.256"),
    "bad network": (CONFIG.replace("127.0.0.2", "127.0.0.0/40"), 6, "127.0.0.0/40"),
    "bad router id": (CONFIG.replace("1.1.1.1", "1.1.1"), 1, "1.1.1"),
    "hold timer": (CONFIG + "hold_timer = 2\n", 8, "hold_timer"),
    "hold timer too large": (CONFIG + "hold_timer = 70000\n", 8, "hold_timer"),
    "AS": (CONFIG.replace("remote_as = 65000", "remote_as = 4294967296"), 7, "4294967296"),
    "family": (CONFIG + 'families = ["ipv5 unicast"]\n', 8, "ipv4 unicast"),
    "port": (CONFIG + "dest_port = 70000\n", 8, "dest_port"),
    "source": (CONFIG + 'advertise_sources = ["moon"]\n', 8, "api"),
    "peer twice": (CONFIG + '[[peers]]\nremote_ip = "127.0.0.2"\nremote_as = 1\n', 9, "127.0.0.2"),
    "route prefix": (CONFIG + ROUTE.replace("10.0.0.0/8", "10.0.0.0/99"), 9, "10.0.0.0/99"),
    "route next hop": (CONFIG + ROUTE.replace("10.0.0.1", "10.0.0"), 10, "10.0.0"),
    "route origin": (CONFIG + ROUTE + 'origin = "moon"\n', 11, "IGP"),
    "route community": (CONFIG + ROUTE + 'communities = ["1:2", "one:two"]\n', 11, "one:two"),
    "route path": (CONFIG + ROUTE + 'as_path = ["1", "x"]\n', 11, "x"),
    "flow action": (CONFIG + FLOW.replace("traffic-rate 0", "explode"), 10, "explode"),
    "flow rule": (CONFIG + FLOW.replace("destination 10", "destnation 10"), 11, "destnation"),
    "flow afi": (CONFIG + FLOW.replace("afi = 1", "afi = 3"), 9, "afi"),
    "md5 too long": (CONFIG + f'md5_password = "{"x" * 81}"\n', 8, "80"),
    "two errors": (CONFIG.replace("1.1.1.1", "x.1.1.1") + "hold_timer = 1\n", 1, "x.1.1.1"),
}


def check_file(lab, text):
    """Runs `bgpd check` on a file with this content."""
    bgpd = Bgpd(lab.directory("check"), lab.addr(1), {})
    bgpd.write("config.toml", text)
    path = bgpd.path("config.toml")
    done = bgpd.cli("check", path)
    assert not SANITIZER.search(done.stderr)
    return path, done


@pytest.mark.parametrize("case", BAD_CONFIGS)
def test_bad_config(lab, case):
    """`bgpd check` names file, line, column, and what would have been right; exit status 1."""
    text, line, word = BAD_CONFIGS[case]
    path, done = check_file(lab, text)
    assert done.returncode == 1, done.stdout + done.stderr
    lines = [entry for entry in (done.stdout + done.stderr).splitlines()
             if entry.startswith(f"{path}:{line}:")]
    assert lines, done.stdout + done.stderr
    assert word in "\n".join(lines)
    place = lines[0][len(path) + 1:].split(":")
    assert int(place[0]) == line and int(place[1]) >= 1
    if case == "two errors":
        assert f"{path}:8:" in done.stdout + done.stderr


def test_all_errors_at_once(lab):
    text = CONFIG + "hold_timer = 1\ndest_port = 0\nfoo = 1\n" + ROUTE.replace("/8", "/88")
    path, done = check_file(lab, text)
    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert all(f"{path}:{line}:" in output for line in (8, 9, 10, 12)), output


def test_config_garbage(lab):
    """Bytes that are no text, a huge file, a missing one, a directory; no secret in the output."""
    bgpd = Bgpd(lab.directory("check"), lab.addr(1), {})
    for name, content in (("binary", os.urandom(5000)), ("nul", b"a = 1\0\n"),
                          ("deep", b"a = " + b"[" * 50000), ("empty keys", b"= = =\n" * 100)):
        with open(bgpd.path(name), "wb") as file:
            file.write(content)
        done = bgpd.cli("check", bgpd.path(name))
        assert done.returncode == 1, name
        assert name.split()[0] in done.stdout + done.stderr
    for path in ("/nonexistent/file", "/"):
        done = bgpd.cli("check", path)
        assert done.returncode == 1 and path in done.stdout + done.stderr
    bgpd.write("secret", CONFIG + 'md5_password = "pa55word"\nfoo = 1\n')
    done = bgpd.cli("check", bgpd.path("secret"))
    assert done.returncode == 1 and "pa55word" not in done.stdout + done.stderr


def test_good_config(lab):
    _, done = check_file(lab, CONFIG + ROUTE + FLOW)
    assert done.returncode == 0, done.stdout + done.stderr


def test_run_with_bad_config(lab):
    """The daemon does not start, and says why."""
    bgpd = lab.bgpd({"default_as": "x"}, start=False)
    bgpd.write_config()
    bgpd.spawn()
    assert bgpd.process.wait(PATIENCE_S) == 1
    assert "config.toml:" in bgpd.log() and "default_as" in bgpd.log()
    bgpd.expect_exit = None


def test_address_in_use(lab):
    first = lab.bgpd()
    second = lab.bgpd(start=False, netns=first.netns)
    second.write_config()
    second.spawn()
    assert second.process.wait(PATIENCE_S) == 1
    assert "1179" in second.log() and "in use" in second.log()
    second.expect_exit = None
    assert first.call("version")["name"] == "bgpd"
    stays(first.alive, 0.2)
