"""Reads MRT files (RFC 6396, and the older type 5) and writes a TABLE_DUMP_V2 one."""

import gzip
import ipaddress
import os
import struct
from collections import namedtuple

from support.bgpd import CHECKOUT

DATA = os.path.abspath(os.environ.get("BGPD_DATA", os.path.join(CHECKOUT, "..", "shared", "data")))
TYPE_BGP, TABLE_DUMP, TABLE_DUMP_V2, BGP4MP, BGP4MP_ET = 5, 12, 13, 16, 17

# A BGP message as a collector recorded it; `message` includes the header.
Recorded = namedtuple("Recorded", "peer asn local_asn as4 message")
# An entry of a TABLE_DUMP: attributes with 2-octet ASNs.
Entry = namedtuple("Entry", "prefix peer asn attributes")


def data_file(name):
    """The path of a file of real data, or None where there is none."""
    path = os.path.join(DATA, name)
    return path if os.path.exists(path) else None


def records(path):
    """(type, subtype, body) of each record; stops at one that is cut off."""
    with gzip.open(path) as file:
        while True:
            header = file.read(12)
            if len(header) < 12:
                return
            _, kind, subtype, length = struct.unpack("!IHHI", header)
            body = file.read(length)
            if len(body) < length:
                return
            yield kind, subtype, body


def messages(path):
    """The BGP messages in a file of updates."""
    for kind, subtype, body in records(path):
        if kind == TYPE_BGP and subtype == 1:
            asn, peer, local_asn = struct.unpack_from("!H4sH", body)
            content = body[12:]
            yield Recorded(str(ipaddress.IPv4Address(peer)), asn, local_asn, False, b"\xff" * 16 +
                           struct.pack("!HB", 19 + len(content), 2) + content)
        elif kind in (BGP4MP, BGP4MP_ET) and subtype in (1, 4):
            if kind == BGP4MP_ET:
                body = body[4:]
            as4 = subtype == 4
            asn, local_asn = struct.unpack_from("!II" if as4 else "!HH", body)
            offset = (8 if as4 else 4) + 2  # both ASNs, interface
            afi = struct.unpack_from("!H", body, offset)[0]
            size = 4 if afi == 1 else 16
            peer = ipaddress.ip_address(body[offset + 2:offset + 2 + size])
            yield Recorded(str(peer), asn, local_asn, as4, body[offset + 2 + 2 * size:])


def table_dump(path):
    """The entries of a TABLE_DUMP (version 1) file, IPv4."""
    for kind, subtype, body in records(path):
        if kind == TABLE_DUMP and subtype == 1:
            address, length, _, _, peer, asn, attributes_len = struct.unpack_from("!4sBBI4sHH",
                                                                                 body, 4)
            yield Entry(f"{ipaddress.IPv4Address(address)}/{length}",
                        str(ipaddress.IPv4Address(peer)), asn, body[22:22 + attributes_len])


def write_table_dump_v2(path, entries, asn, address):
    """Writes (prefix, attributes with 4-octet ASNs) as the IPv4 table of one peer."""
    peer = ipaddress.IPv4Address(address).packed

    def record(file, subtype, body):
        file.write(struct.pack("!IHHI", 0, TABLE_DUMP_V2, subtype, len(body)) + body)

    with open(path, "wb") as file:
        record(file, 1, peer + struct.pack("!HHB4s4sI", 0, 1, 2, peer, peer, asn))
        for sequence, (prefix, attributes) in enumerate(entries):
            network = ipaddress.ip_network(prefix)
            used = (network.prefixlen + 7) // 8
            record(file, 2, struct.pack("!IB", sequence, network.prefixlen)
                   + network.network_address.packed[:used]
                   + struct.pack("!HHIH", 1, 0, 0, len(attributes)) + attributes)
