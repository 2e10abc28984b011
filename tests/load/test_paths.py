"""Many paths of the same prefixes, many prefixes in one message, large flows."""

import resource
import socket
import struct

import pytest

import speaker as sp
from support.wait import wait_for
from watch import LONG, SANITIZED

EXTENDED_MESSAGE = sp.capability(6)
LOCAL_PREF = sp.attribute(sp.LOCAL_PREF, struct.pack("!I", 100))


def attributes(path, number, *more):
    """ORIGIN, AS_PATH, a NEXT_HOP of its own, and what is given besides."""
    return b"".join((
        sp.attribute(sp.ORIGIN, b"\0"), sp.attribute(sp.AS_PATH, sp.as_path_value(path)),
        sp.attribute(sp.NEXT_HOP, struct.pack("!I", 0x0afe0000 + number + 1)), *more))


def nlris(count, first=0):
    return b"".join(b"\x18" + struct.pack("!I", (16 << 24) + (n << 8))[:3]
                    for n in range(first, first + count))


class Crowd:
    """Up to 1,000 internal sessions within one network, which say what they are told to and read
    nothing."""

    def __init__(self, lab, count):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * count + 200)), hard))
        self.sockets = []
        options = sp.optional_parameters([sp.multiprotocol("ipv4 unicast"),
                                          sp.capability(65, struct.pack("!I", 65000))])
        for n in range(count):
            sock = socket.socket()
            self.sockets.append(sock)
            sock.bind((f"127.{lab.octet}.{252 + n // 250}.{1 + n % 250}", 0))
            sock.connect((lab.addr(1), 1179))
            router_id = f"10.{255 - (n >> 8)}.{255 - (n & 255)}.1"  # the newest is the lowest
            sock.sendall(sp.message(sp.OPEN, sp.open_body(65000, 180, router_id, options))
                         + sp.message(sp.KEEPALIVE))

    @staticmethod
    def entry(lab):
        return {"remote_ip": f"127.{lab.octet}.252.0/22", "remote_as": 65000, "passive": True,
                "hold_timer": 180, "advertise_sources": []}

    def send(self, body, first=0, end=None):
        """body(n): what session n says in an UPDATE."""
        for n in range(first, len(self.sockets) if end is None else end):
            self.sockets[n].sendall(sp.message(sp.UPDATE, body(n)))

    def close(self, first=0, end=None):
        for sock in self.sockets[first:end]:
            sock.close()


@pytest.fixture
def crowded(lab, watched):
    """BGPd with a crowd of `count`, all established: (bgpd, crowd, paths held, a taker)."""
    crowds = []

    def start(count):
        bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True, advertise_sources=["peer"]),
                                    Crowd.entry(lab)])
        taker = lab.session(2, 65002)
        crowds.append(Crowd(lab, count))

        def peers():
            return [p for p in bgpd.call("show_peers") if p["state"] == "Established"
                    and int(p["peer"].split(".")[2]) >= 252]

        def held():
            return sum(p["prefixes_received"] for p in peers())

        wait_for(lambda: len(peers()) == count, 60)
        return bgpd, crowds[0], held, taker

    yield start
    for crowd in crowds:
        crowd.close()


def test_meds_of_many_sessions(crowded, watched):
    """All announce the same prefixes, with a MED each, by paths through many ASes. RFC 4271
    §9.1.2.2: the lowest MED of each AS remains, of those the lowest router id, the newest's."""
    count, prefixes = (1000, 900) if LONG else (100, 300) if SANITIZED else (500, 900)
    _, crowd, held, taker = crowded(count)
    table = nlris(prefixes)
    systems = count // 2

    def announce(meds):
        return lambda n: sp.update_body(attributes(
            (100 + n % systems, 7), n, sp.attribute(sp.MED, struct.pack("!I", meds(n))),
            LOCAL_PREF), table)

    def first_as():
        return {route.as_path[1] for route in taker.received().values()}

    crowd.send(announce(lambda n: count - n))
    wait_for(lambda: held() == count * prefixes, 60)
    last = count - 1
    wait_for(lambda: first_as() == {100 + last % systems}, 60)
    crowd.send(announce(lambda n: n + 1))  # now the older half has the lower ones
    wait_for(lambda: taker.received()["16.0.0.0/24"].as_path[1] == 100 + systems - 1, 60)
    crowd.send(lambda n: sp.update_body(withdrawn=table), 0, count // 4)
    wait_for(lambda: held() == (count - count // 4) * prefixes, 60)
    crowd.close(count // 4, count // 2)
    wait_for(lambda: held() == (count - count // 2) * prefixes, 60)
    wait_for(lambda: first_as() == {100 + last % systems}, 60)
    crowd.close(count // 2)
    wait_for(lambda: not taker.received(), 60)
    taker.close()
    watched.wait_memory(20_000)


def test_many_paths_of_one_prefix(crowded, watched):
    """The best of a thousand paths goes, one after the other, comes back, and all end at once;
    meanwhile somebody lists them."""
    count, prefixes = (1000, 900) if LONG else (200, 30) if SANITIZED else (1000, 100)
    bgpd, crowd, held, taker = crowded(count)
    table = nlris(prefixes)

    def announce(n):
        return sp.update_body(attributes((7,), n, LOCAL_PREF), table)

    def withdraw(_):
        return sp.update_body(withdrawn=table)

    crowd.send(announce)
    wait_for(lambda: held() == count * prefixes, 60)
    assert len(bgpd.call("show_routes", exact="16.0.5.0/24")["routes"]) == count
    for _ in range(2):
        for n in reversed(range(count // 2, count)):
            crowd.send(withdraw, n, n + 1)  # the best
        wait_for(lambda: held() == count // 2 * prefixes, 60)
        best = bgpd.best("16.0.5.0/24")["next_hop"]
        assert best == f"10.254.{(count // 2) >> 8}.{count // 2 & 255}"
        crowd.send(announce, count // 2)
        wait_for(lambda: held() == count * prefixes, 60)
    crowd.close()
    wait_for(lambda: not taker.received(), 60)
    wait_for(lambda: bgpd.call("show_routes", limit=1)["routes"] == [], 60)
    taker.close()
    watched.wait_memory(20_000)


def test_messages_of_thousands_of_prefixes(lab, watched):
    """Extended messages (RFC 8654): 15,000 prefixes in each."""
    messages, prefixes = (60 if LONG else 6 if SANITIZED else 20), 15_000
    bgpd = watched.start(peers=[
        lab.peer(2, 65002, passive=True, advertise_sources=["peer"]),
        lab.peer(3, 65003, passive=True, advertise_sources=["peer"])])
    taker = lab.session(3, 65003)
    giver = lab.session(2, 65002, capabilities=[EXTENDED_MESSAGE])

    def held():
        return bgpd.peer(lab.addr(2))["prefixes_received"]

    for turn in range(2):
        for n in range(messages):
            giver.send(sp.UPDATE, sp.update_body(attributes((65002, 7 + turn), n),
                                                 nlris(prefixes, n * prefixes)))
    wait_for(lambda: held() == messages * prefixes, 60)
    for n in range(messages):
        giver.send(sp.UPDATE, sp.update_body(withdrawn=nlris(prefixes, n * prefixes)))
    wait_for(lambda: held() == 0, 60)
    wait_for(lambda: bgpd.call("show_routes", limit=1)["routes"] == [], 60)
    taker.close()
    giver.close()
    watched.wait_memory(20_000)


def flow_nlri(number, size):
    """A flow of about `size` bytes: a destination, and many ports."""
    rule = b"\x01\x20\x0a" + struct.pack("!I", number)[1:]
    ports = (size - len(rule) - 1) // 3
    rule += b"\x04" + b"".join(b"\x11" + struct.pack("!H", n + 1) for n in range(ports - 1)) \
        + b"\x91\xff\xff"
    return struct.pack("!H", 0xf000 | len(rule)) + rule


def test_withdrawn_flows_give_their_memory_back(lab, watched):
    """Flows of 3.6 KB take memory while they are there, and nothing when they are withdrawn."""
    count, size = (60_000 if LONG else 2000 if SANITIZED else 6000), 3600
    bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, families=["ipv4 flow"])
    path = sp.attribute(sp.ORIGIN, b"\0") + sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))

    def change(update, expected):
        for start in range(0, count, 100):
            peer.send_raw(b"".join(sp.message(sp.UPDATE, update(flow_nlri(n, size)))
                                   for n in range(start, min(start + 100, count))))
        wait_for(lambda: bgpd.peer(lab.addr(2))["prefixes_received"] == expected, 60)

    for _ in range(2):
        change(lambda flow: sp.update_body(sp.mp_reach("ipv4 flow", b"", flow) + path), count)
        # They really are there.
        assert bgpd.rss_kib() > watched.rss_before + count * size // 1100
        change(lambda flow: sp.update_body(sp.mp_unreach("ipv4 flow", flow)), 0)
        watched.wait_memory(4000)


def test_withdrawn_paths_give_their_memory_back(lab, watched):
    """Three paths for each prefix, withdrawn by sessions that go on."""
    messages, prefixes = (1000 if LONG else 50 if SANITIZED else 250), 900
    numbers = 2, 3, 4
    bgpd = watched.start(peers=[lab.peer(n, 65000 + n, passive=True) for n in numbers])
    peers = {n: lab.session(n, 65000 + n) for n in numbers}

    def change(n, update, expected):
        peers[n].send_raw(b"".join(sp.message(sp.UPDATE, update(i, nlris(prefixes, i * prefixes)))
                                   for i in range(messages)))
        wait_for(lambda: bgpd.peer(lab.addr(n))["prefixes_received"] == expected, 60)

    for _ in range(2):
        for n in numbers:
            change(n, lambda i, table, asn=65000 + n: sp.update_body(
                attributes((asn, 100 + i), i), table), messages * prefixes)
        for n in numbers:
            change(n, lambda _, table: sp.update_body(withdrawn=table), 0)
        watched.wait_memory(5000)


def test_withdrawn_large_attributes_give_their_memory_back(lab, watched):
    """Few prefixes, each with attributes of 24 KB of its own, withdrawn by a session that goes on."""
    count, communities = (3000 if LONG else 300 if SANITIZED else 1000), 6000
    bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, capabilities=[EXTENDED_MESSAGE])

    def change(update, expected):
        for i in range(count):
            peer.send(sp.UPDATE, update(i, nlris(1, i)))
        wait_for(lambda: bgpd.peer(lab.addr(2))["prefixes_received"] == expected, 60)

    for _ in range(2):
        change(lambda i, prefix: sp.update_body(
            attributes((65002,), i, sp.attribute(sp.COMMUNITIES, struct.pack(
                f"!{communities}I", *range(i << 16, (i << 16) + communities)))), prefix), count)
        # They really are there.
        assert bgpd.rss_kib() > watched.rss_before + count * communities // 256
        change(lambda _, prefix: sp.update_body(withdrawn=prefix), 0)
        watched.wait_memory(5000)
