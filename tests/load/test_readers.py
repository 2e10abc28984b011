"""Many readers at once over the largest attributes there are: BGP and other clients go on."""

import json
import socket
import threading
import time

import pytest

import speaker as sp
from support.bgpd import BGP_PORT
from support.rpc import RpcError
from support.wait import wait_for
from watch import LONG, SANITIZED

COMMUNITIES = [f"{n >> 8 | 1}:{n & 255}" for n in range(14000)]
PER_MESSAGE = 1500
PREFIXES = 60 * PER_MESSAGE


def huge_set(marker, prefixes):
    """One UPDATE of extended length: 14,000 communities and a path that holds `marker`."""
    value = b"".join(int(c.split(":")[0]).to_bytes(2, "big") + int(c.split(":")[1]).to_bytes(2, "big")
                     for c in COMMUNITIES)
    attributes = (sp.attribute(sp.ORIGIN, b"\0") +
                  sp.attribute(sp.AS_PATH, sp.as_path_value((65002, marker))) +
                  sp.attribute(sp.NEXT_HOP, bytes((10, 254, 0, 2))) +
                  sp.attribute(sp.COMMUNITIES, value))
    return sp.message(sp.UPDATE, sp.update_body(attributes, b"".join(prefixes)))


def prefix24(number):
    return bytes((24, 11 + (number >> 16), number >> 8 & 255, number & 255))


class Reader(threading.Thread):
    """Asks one thing again and again, reading no more than `most_bytes` of each answer."""

    def __init__(self, rpc, method, params, most_bytes=1 << 20):
        super().__init__(daemon=True)
        self.rpc, self.most_bytes = rpc, most_bytes
        self.body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self.answers, self.ending, self.problem = 0, False, None

    def run(self):
        try:
            while not self.ending:
                self.ask()
                self.answers += 1
        except (OSError, AssertionError) as error:
            self.problem = error

    def ask(self):
        with self.rpc.connect(timeout=60) as connection:
            connection.sendall(b"POST / HTTP/1.0\r\nContent-Type: application/json\r\n"
                               b"Content-Length: %d\r\n\r\n" % len(self.body) + self.body.encode())
            read = 0
            while not self.ending and read < self.most_bytes:
                block = connection.recv(1 << 18)
                if not block:
                    assert read > 0, "no answer"
                    return
                read += len(block)


@pytest.fixture
def table(lab, watched):
    """90,000 routes with huge attribute sets: most share one, 60 others stand between them."""
    bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True, hold_timer=180),
                                lab.peer(3, 65003, passive=True, hold_timer=180,
                                         advertise_sources=["peer"])])
    two = lab.session(2, 65002, hold_time=180)
    for n in range(60):
        numbers = range(n * PER_MESSAGE, (n + 1) * PER_MESSAGE)
        two.send_raw(huge_set(100, [prefix24(i) for i in numbers if i % 50]))
        two.send_raw(huge_set(200 + n, [prefix24(i) for i in numbers if i % 50 == 0]))
    wait_for(lambda: bgpd.peer(lab.addr(2))["prefixes_received"] == PREFIXES, 60)
    return bgpd


FILTERS = {
    "community that is nowhere": ("show_routes", {"community": "9999:1"}, 20),
    "AS that is nowhere": ("show_routes", {"as": 64999}, 20),
    "large community, longer": ("show_routes", {"community": "1:2:3", "longer": "11.0.0.0/8"}, 100),
    "community that is everywhere": ("show_routes", {"community": COMMUNITIES[-1]}, 100),
    "all, best": ("show_routes", {"best": True}, 100),
    "learned": ("show_routes_learned", {}, 100),
    "advertised": ("show_routes_advertised", {}, 20),
}


@pytest.mark.parametrize("what", FILTERS)
def test_many_readers(lab, table, what):
    bgpd = table
    if what == "advertised":
        lab.session(3, 65003, hold_time=180)
        bgpd.wait_established(lab.addr(3))
    method, params, count = FILTERS[what]
    readers = [Reader(bgpd.rpc, method, params) for _ in range(count)]
    for reader in readers:
        reader.start()
    # Time is what is needed here: that readers read for a while.
    time.sleep(20 if LONG else 2)
    wait_for(lambda: SANITIZED or sum(r.answers for r in readers) > count, 60, "answers")
    for reader in readers:
        reader.ending = True
    for reader in readers:
        reader.join(60)
    assert not [r.problem for r in readers if r.problem]


def test_explanations_of_huge_sets(lab, watched):
    """Each of some rules changes 14,000 communities, in both directions: it is told rule by rule."""
    rules = [{"set": {"communities": {"remove": [f"{n}:*"], "add": [f"65000:{n}"]}}}
             for n in range(1, 10)]
    senders = range(2, 6)
    bgpd = watched.start({"policies": {"many": {"rules": rules}}}, peers=[
        lab.peer(n, 65000 + n, passive=True, hold_timer=180, enforce_first_as=False,
                 advertise_sources=["peer"], export=["many"], **{"import": ["many"]})
        for n in senders])
    for n in senders:
        lab.session(n, 65000 + n, hold_time=180, capabilities=[sp.capability(6)]).send_raw(
            huge_set(100, [prefix24(0)]))
    wait_for(lambda: sum(p["prefixes_received"] or 0 for p in bgpd.call("show_peers")) == len(senders))
    answer = bgpd.call("explain", prefix="11.0.0.0/24", out=True)[0]
    assert [len(p["import"]["steps"]) for p in answer["paths"]] == [9] * len(senders)
    assert sum(len(p["export"]["steps"]) for p in answer["peers"] if p["export"]) >= 9
    readers = [Reader(bgpd.rpc, "explain", {"prefix": "11.0.0.0/24", "out": True}) for _ in range(20)]
    for reader in readers:
        reader.start()
    time.sleep(20 if LONG else 2)
    for reader in readers:
        reader.ending = True
    for reader in readers:
        reader.join(60)
    assert not [r.problem for r in readers if r.problem]


def test_drip(table):
    """Connections on which a request never ends, many more than there is room for: who asks
    something is answered, and a list that is being read goes on."""
    bgpd = table
    reader = Reader(bgpd.rpc, "show_routes", {"family": "ipv4 unicast", "as": 205})
    reader.most_bytes = 1 << 30
    drips = []
    for n in range(300):
        drips.append(bgpd.rpc.connect())
        drips[-1].sendall(b"POST / HTTP/1.1\r\nContent-Type: application/json\r\n"
                          b"Content-Length: 1000\r\n\r\n[")
        if n == 100:
            reader.start()
    wait_for(lambda: reader.answers > 1)
    reader.ending = True
    for _ in range(20):
        assert bgpd.call("version")["name"] == "bgpd"
    reader.join(30)
    assert reader.problem is None
    drips[0].settimeout(60)
    assert drips[0].recv(100) == b""  # the oldest had to go
    for drip in drips:
        drip.close()


def test_huge_texts(lab, watched):
    """Texts of a megabyte are refused with a clear word, in no more time than reading them takes."""
    bgpd = watched.start()
    route = {"prefix": "10.1.0.0/16", "next_hop": "10.254.0.1"}
    flow = {"afi": 1, "action": "traffic-rate 0"}
    cases = [
        ("as_path", "advertise_route", {**route, "as_path": "{ " * 500_000}),
        ("as_path", "advertise_route", {**route, "as_path": "{ " * 499_000 + "}"}),
        ("as_path", "advertise_route", {**route, "as_path": "{" * 1_000_000}),
        ("as_path", "advertise_route", {**route, "as_path": "{1} " * 250_000}),
        ("as_path", "advertise_route", {**route, "as_path": ["1 " * 500_000]}),
        ("as_path", "advertise_route", {**route, "as_path": list(range(1, 140_000))}),
        ("communities", "advertise_route",
         {**route, "communities": [f"{n >> 8}:{n & 255}" for n in range(60_000)]}),
        ("communities", "advertise_route", {**route, "communities": "x " * 400_000}),
        ("communities", "advertise_route", {**route, "communities": "1 " * 500_000}),
        ("matches", "advertise_flow", {**flow, "matches": ["port " + "1 " * 500_000]}),
        ("matches", "advertise_flow", {**flow, "matches": ["port 1"] * 90_000}),
        ("matches", "withdraw_flow", {"afi": 1, "matches": ["port 1"] * 90_000}),
        ("matches", "withdraw_flow", {"afi": 1, "matches": ["port " + ">1&" * 300_000]}),
        ("prefix", "advertise_route", {**route, "prefix": "1" * 1_000_000}),
        ("origin", "advertise_route", {**route, "origin": "x" * 900_000}),
        ("community", "show_routes", {"community": "1:" * 500_000}),
        ("as", "show_routes", {"as": "1" * 1_000_000}),
    ]
    for field, method, params in cases:
        with pytest.raises(RpcError) as error:
            bgpd.call(method, **params)
        assert error.value.code == -32602 and error.value.data["param"] == field, error.value
        assert len(str(error.value)) < 2000


def test_batch_of_long_answers(lab, watched):
    """300 times the list of 500 peers: written while it is read, not kept."""
    network = f"127.{lab.octet}.0.0/16"
    bgpd = watched.start(peers=[{"remote_ip": network, "remote_as": 65002}])
    sources = [f"127.{lab.octet}.{200 + n // 250}.{n % 250 + 1}" for n in range(500)]
    connections = [socket.create_connection((lab.addr(1), BGP_PORT), source_address=(source, 0))
                   for source in sources]
    wait_for(lambda: len(bgpd.call("show_peers")) == len(sources) + 2, 60)
    before = bgpd.rss_kib()
    batch = json.dumps([{"jsonrpc": "2.0", "id": n, "method": "enable_peer", "params": [network]}
                        for n in range(300)])
    with bgpd.rpc.connect(timeout=60) as connection:
        connection.sendall(b"POST / HTTP/1.0\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(batch) + batch.encode())
        file = connection.makefile("rb")
        text = [file.read(1 << 20)]
        assert SANITIZED or bgpd.rss_kib() - before < 10_000
        text.append(file.read())
    answers = json.loads(b"".join(text).partition(b"\r\n\r\n")[2])
    assert [a["id"] for a in answers] == list(range(300))
    # The network, those in it, and the peer that watches.
    assert all(len(a["result"]) >= len(sources) + 1 for a in answers)
    assert {p["peer"] for p in answers[0]["result"]} == {p["peer"] for p in answers[-1]["result"]}
    for opened in connections:
        opened.close()
