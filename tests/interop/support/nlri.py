"""NLRI of the families whose routes are prefixes: unicast and multicast (RFC 4760), with labels (RFC
8277), with an RD as well (RFC 4364, RFC 4659). Built and read without any of BGPd's code."""

import ipaddress
import struct

# (AFI, SAFI) of all families of the tests.
FAMILIES = {f"{version} {kind}": (afi, safi)
            for afi, version in ((1, "ipv4"), (2, "ipv6"))
            for kind, safi in (("unicast", 1), ("flow", 133), ("multicast", 2),
                               ("labeled-unicast", 4), ("vpn", 128))}
WITHDRAW_LABEL = bytes.fromhex("800000")  # RFC 8277 §2.4


def has_labels(family):
    return FAMILIES[family][1] in (4, 128)


def has_rd(family):
    return FAMILIES[family][1] == 128


def has_prefixes(family):
    return FAMILIES[family][1] != 133


def address_text(number, version):
    if version == 4:
        return str(ipaddress.IPv4Address(number))
    if number >> 32 == 0xffff:
        return f"::ffff:{ipaddress.IPv4Address(number & 0xffffffff)}"
    return str(ipaddress.IPv6Address(number))


def nlri(prefix):
    """The bytes of a prefix alone."""
    net = ipaddress.ip_network(prefix)
    return bytes([net.prefixlen]) + net.network_address.packed[:(net.prefixlen + 7) // 8]


def rd_bytes(text):
    """An RD from "AS:N" (type 0, or 2 where the AS needs 4 octets) or "A.B.C.D:N" (type 1)."""
    admin, number = text.rsplit(":", 1)
    if "." in admin:
        return struct.pack("!H4sH", 1, ipaddress.IPv4Address(admin).packed, int(number))
    if int(admin) > 0xffff:
        return struct.pack("!HIH", 2, int(admin), int(number))
    return struct.pack("!HHI", 0, int(admin), int(number))


def rd_text(raw):
    kind, = struct.unpack_from("!H", raw)
    if kind == 0:
        return "%d:%d" % struct.unpack("!HI", raw[2:])
    admin, number = struct.unpack("!IH", raw[2:])
    if kind == 1:
        return f"{ipaddress.IPv4Address(admin)}:{number}"
    assert kind == 2 and admin > 0xffff, raw.hex()  # else it would read as another type
    return f"{admin}:{number}"


def label_bytes(labels):
    """A stack of labels, S in the last one."""
    return b"".join(struct.pack("!I", label << 4 | (index == len(labels) - 1))[1:]
                    for index, label in enumerate(labels))


def route_nlri(route):
    """The bytes of the NLRI of a Route, as it is announced."""
    return prefix_nlri(route.prefix, route.rd, label_bytes(route.labels))


def prefix_nlri(prefix, rd=None, labels=b""):
    """The same from its parts, with labels as the bytes that they are."""
    plain = nlri(prefix)
    front = labels + (rd_bytes(rd) if rd else b"")
    return bytes([plain[0] + 8 * len(front)]) + front + plain[1:]


def withdrawn_nlri(route):
    labels = WITHDRAW_LABEL if has_labels(route.family) else b""
    return prefix_nlri(route.prefix, route.rd, labels)


def key_of(prefix, rd=None):
    """What tells a route from others of its family."""
    return f"{rd} {prefix}" if rd else prefix


def read_labels(data, withdrawn):
    """The labels in front of `data`, and how many bytes they take."""
    labels = []
    while True:
        raw = data[3 * len(labels):3 * len(labels) + 3]
        number = int.from_bytes(raw, "big")
        if len(raw) < 3:
            raise ValueError("labels are cut")
        labels.append(number >> 4)
        if number & 1 or withdrawn and raw in (WITHDRAW_LABEL, bytes(3)):
            return tuple(labels), 3 * len(labels)


def read_nlris(data, family="ipv4 unicast", withdrawn=False):
    """[(prefix, rd or None, labels), …]"""
    result, offset = [], 0
    version = 4 if family.startswith("ipv4") else 6
    labelled, distinguished = has_labels(family), has_rd(family)
    size = 4 if version == 4 else 16
    while offset < len(data):
        bits = data[offset]
        used = (bits + 7) // 8
        raw = data[offset + 1:offset + 1 + used]
        offset += 1 + used
        if len(raw) != used:
            raise ValueError("NLRI is cut")
        rd, labels, front = None, (), 0
        if labelled:
            labels, front = read_labels(raw, withdrawn)
        if distinguished:
            rd = rd_text(raw[front:front + 8])
            front += 8
        bits -= 8 * front
        if bits < 0 or bits > size * 8:
            raise ValueError("bad length of NLRI")
        raw = raw[front:]
        address = int.from_bytes(raw + bytes(size - len(raw)), "big")
        address &= ((1 << bits) - 1) << (size * 8 - bits)
        result.append((f"{address_text(address, version)}/{bits}", rd, labels))
    return result
