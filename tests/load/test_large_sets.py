"""Attributes as large as an extended message takes, which many prefixes share."""

import struct

import speaker as sp
from support.route import Route
from support.wait import wait_for

EXTENDED_MESSAGE = sp.capability(6)
PREFIXES, TAKERS = 1200, 24


def nlris(numbers):
    return b"".join(sp.nlri(f"10.{n >> 8}.{n & 255}.0/24") for n in numbers)


def update(number, prefixes):
    """60 KB of extended communities, half of which stop at the border."""
    route = Route("10.0.0.0/24", "10.254.0.9", (65002, 7))
    values = b"".join(struct.pack("!BBHI", 0x40 * (i & 1), 2, 65002, i) for i in range(7400))
    extra = sp.attribute(sp.EXTENDED_COMMUNITIES, values[:-8] + struct.pack(
        "!BBHI", 0, 2, 65002, 1_000_000 + number))
    return sp.message(sp.UPDATE, sp.update_body(sp.route_attributes(route) + extra,
                                                nlris(prefixes)))


def test_prefixes_with_large_sets_by_turns(lab, watched):
    """Neighbouring prefixes have different attributes, and these change all the time."""
    bgpd = watched.start(peers=[
        lab.peer(2, 65002, passive=True, advertise_sources=["peer"]),
        *(lab.peer(3 + n, 65003 + n, passive=True, advertise_sources=["peer"],
                   local_as=64000 + n) for n in range(TAKERS))])
    takers = [lab.session(3 + n, 65003 + n, capabilities=[EXTENDED_MESSAGE] if n % 2 else [])
              for n in range(TAKERS)]
    giver = lab.session(2, 65002, capabilities=[EXTENDED_MESSAGE])
    data = b"".join(update(turn * 4 + n, range(n, PREFIXES, 4))
                    for turn in range(20) for n in range(4))
    giver.send_raw(data)
    last = sp.route_update(Route("11.0.0.0/24", "10.254.0.9", (65002,)))
    giver.send(sp.UPDATE, last)
    end = sp.nlri("11.0.0.0/24")
    # A KEEPALIVE may have come since.
    wait_for(lambda: all(any(body.endswith(end) for _, body in reversed(t.messages)) for t in takers), 60)
    # Those without extended messages can be told the last one alone.
    assert [bgpd.peer(t.address)["prefixes_advertised"] for t in takers] == \
        [1 if n % 2 == 0 else PREFIXES + 1 for n in range(TAKERS)]
