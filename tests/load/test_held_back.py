"""Peers that break their sessions, and come back as often as they can."""

import socket

import speaker as sp
from support.route import Route
from support.wait import wait_for
from watch import LONG

REMEMBERED = 8_192  # dynamic neighbors that are held back, of one network
FEWER = 4_000 if LONG else 1_000
ADDRESSES = 40_000 if LONG else 9_000  # more
NEIGHBOR_KB = 5
PEERS = 200
RETURNS = 200 if LONG else 20
AT_ONCE = 100
HELD_BACK_S = 3600  # longer than a test takes
TOO_MANY = sp.message(sp.UPDATE, sp.update_body(
    sp.route_attributes(Route("10.0.0.0/24", "10.254.0.9", (65002,))),
    sp.nlri("10.1.0.0/24") + sp.nlri("10.2.0.0/24")))
HANDSHAKE = sp.message(sp.OPEN, sp.open_body(65002, 90, "10.255.0.2", sp.optional_parameters(
    [sp.multiprotocol("ipv4 unicast"), sp.capability(65, bytes((0, 0, 253, 234)))]))) + sp.message(sp.KEEPALIVE)


def begin(own, remote, data):
    """A connection on which everything has been said at once."""
    sock = socket.socket()
    sock.settimeout(60)
    sock.bind((own, 0))
    sock.connect((remote, 1179))
    sock.sendall(data)
    return sock


def hear(sock):
    """The types of all messages until the end, and code and subcode of the last one."""
    received = b""
    try:
        while block := sock.recv(1 << 16):
            received += block
    except ConnectionResetError:
        pass
    sock.close()
    kinds, last, at = [], b"", 0
    while at < len(received):
        length = int.from_bytes(received[at + 16:at + 18], "big")
        kinds.append(received[at + 18])
        last = received[at + 19:at + length]
        at += length
    return kinds, tuple(last[:2])


def come(addresses, remote, data):
    """What each of them hears; some of them at a time."""
    for first in range(0, len(addresses), AT_ONCE):
        some = [begin(own, remote, data) for own in addresses[first:first + AT_ONCE]]
        yield from [hear(sock) for sock in some]


def network(lab):
    """An entry for all addresses of the tests, and a function that gives the nth of them."""
    entry = {**lab.peer(2, 65002, max_prefixes=1), "remote_ip": f"127.{lab.octet}.0.0/16",
             "connect_retry": HELD_BACK_S}
    return entry, lambda n: f"127.{lab.octet}.{n // 200}.{n % 200 + 2}"


def test_many_addresses_over_their_limit(lab, watched):
    """Each is held back, and is there to be seen."""
    entry, address = network(lab)
    bgpd = watched.start(peers=[entry])
    own = [address(n) for n in range(FEWER)]
    for kinds, last in come(own, lab.addr(1), HANDSHAKE + TOO_MANY):
        assert kinds[0] == sp.OPEN and last == (6, 1)
    assert {peer["peer"] for peer in bgpd.call("show_peers")} >= set(own)
    for kinds, last in come(own, lab.addr(1), HANDSHAKE):
        assert kinds == [sp.NOTIFICATION] and last == (6, 5)
    watched.wait_memory(12_000 + FEWER * NEIGHBOR_KB)


def test_more_addresses_than_are_remembered(lab, watched):
    """How many of them stay has a limit, and each costs the same however many came before."""
    entry, address = network(lab)
    bgpd = watched.start(peers=[entry])
    own = [address(n) for n in range(ADDRESSES)]
    for kinds, last in come(own, lab.addr(1), HANDSHAKE + TOO_MANY):
        assert kinds[0] == sp.OPEN and last == (6, 1)
    kinds, last = next(come(own[:1], lab.addr(1), HANDSHAKE))
    assert kinds == [sp.NOTIFICATION] and last == (6, 5)
    wait_for(lambda: len(bgpd.call("show_peers")) <= REMEMBERED + 1, 60, "neighbors that are gone")
    watched.wait_memory(12_000 + REMEMBERED * NEIGHBOR_KB)


def test_peers_that_are_held_back_come_again_and_again(lab, watched):
    """Configured peers over their limit, which do not wait: each attempt is refused at little cost."""
    own = [lab.addr(10 + n) for n in range(PEERS)]
    bgpd = watched.start(peers=[lab.peer(10 + n, 65002, passive=True, max_prefixes=1,
                                         connect_retry=HELD_BACK_S) for n in range(PEERS)])
    for _, last in come(own, lab.addr(1), HANDSHAKE + TOO_MANY):
        assert last == (6, 1)
    for _ in range(RETURNS):
        for kinds, last in come(own, lab.addr(1), HANDSHAKE):
            assert kinds == [sp.NOTIFICATION] and last == (6, 5)
    assert not any(bgpd.established(address) for address in own)
    assert len(bgpd.log()) < 2_000_000
    watched.wait_memory(10_000)
