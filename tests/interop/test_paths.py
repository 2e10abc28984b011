"""Many paths, many flows: what they cost while they are there, and afterwards."""

import struct

import speaker as sp
from support.wait import wait_for

ORIGIN = sp.attribute(sp.ORIGIN, b"\0")


def flow_nlri(number, size):
    """A flow of about `size` bytes: a destination, and ports that no router could match."""
    rule = b"\x01\x20\x0a" + struct.pack("!I", number)[1:]
    ports = (size - len(rule) - 1) // 3
    rule += b"\x04" + b"".join(b"\x11" + struct.pack("!H", n + 1) for n in range(ports - 1)) \
        + b"\x91\xff\xff"
    return struct.pack("!H", 0xf000 | len(rule)) + rule


def test_withdrawn_flows_give_their_memory_back(lab):
    """Flows of 3.6 KB take memory while they are there, and nothing when they are withdrawn."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, families=["ipv4 flow"])
    bgpd.wait_established(lab.addr(2))
    count, size = 6000, 3600
    path = sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))
    flows = [flow_nlri(n, size) for n in range(count)]

    def received():
        return bgpd.detail(lab.addr(2))["summary"]["prefixes_received"]

    def change(updates, expected):
        for start in range(0, count, 100):
            peer.send_raw(b"".join(sp.message(sp.UPDATE, u) for u in updates[start:start + 100]))
        wait_for(lambda: received() == expected, 60)

    announcements = [sp.update_body(sp.mp_reach("ipv4 flow", b"", f) + ORIGIN + path)
                     for f in flows]
    withdrawals = [sp.update_body(sp.mp_unreach("ipv4 flow", f)) for f in flows]
    before = bgpd.rss_kib()
    for _ in range(2):
        change(announcements, count)
        assert bgpd.rss_kib() > before + count * size // 1100  # they really are there
        change(withdrawals, 0)
        wait_for(lambda: bgpd.rss_kib() < before + 4000)
