"""Tables that come and go."""

import struct

import speaker as sp
from support.route import Route
from support.wait import wait_for
from watch import LONG, SANITIZED

PREFIXES = 1_000_000 if LONG else 50_000 if SANITIZED else 200_000


def table(asn, count, first=0):
    """UPDATEs for `count` prefixes of 24 bits, some 40 of them with the same attributes."""
    chunks = []
    for begin in range(first, first + count, 40):
        route = Route("10.0.0.0/24", "10.254.0.9", (asn, 100 + begin % 50_000), med=begin % 7)
        nlris = b"".join(b"\x18" + struct.pack("!I", (16 << 24) + (i << 8))[:3]
                         for i in range(begin, min(begin + 40, first + count)))
        chunks.append(sp.message(sp.UPDATE, sp.update_body(sp.route_attributes(route), nlris)))
    return b"".join(chunks)


def received(bgpd, address):
    peer = bgpd.peer(address)
    return peer["prefixes_received"] if peer else 0


def test_a_table_comes_and_goes(lab, watched):
    """Taken in, passed on, and lost with its peer, twice over; its memory comes back."""
    sources = ["peer"]
    bgpd = watched.start(peers=[
        lab.peer(2, 65002, passive=True, advertise_sources=sources),
        lab.peer(3, 65003, passive=True, advertise_sources=sources)])
    data = table(65002, PREFIXES)
    taker = lab.session(3, 65003)
    for _ in range(2):
        giver = lab.session(2, 65002)
        giver.send_raw(data)
        wait_for(lambda: received(bgpd, lab.addr(2)) == PREFIXES, 60)
        bgpd.reload()
        giver.close()
        wait_for(lambda: bgpd.call("show_routes", limit=1)["routes"] == [], 60)
    taker.close()
    watched.wait_memory(20_000)


def test_sessions_that_flap(lab, watched):
    """Peers that come with routes and go at once, again and again."""
    bgpd = watched.start(peers=[{**lab.peer(2, 65002), "remote_ip": lab.network(24),
                                 "advertise_sources": ["peer"]}])
    data = table(65002, 2000)
    for _ in range(5):
        speakers = [lab.session(10 + n, 65002) for n in range(30)]
        for speaker in speakers:
            speaker.send_raw(data)
        for speaker in speakers:
            speaker.close()
        # Who comes before the daemon knows that it has gone is refused.
        own = {lab.addr(10 + n) for n in range(30)}
        wait_for(lambda: not own & {peer["peer"] for peer in bgpd.call("show_peers")}, 60)
    wait_for(lambda: bgpd.call("show_routes", limit=1)["routes"] == [], 60)
    watched.wait_memory(10_000)
