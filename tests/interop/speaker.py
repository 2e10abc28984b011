"""A small BGP speaker of the tests' own: raw messages in, raw messages out.

It shares no code with BGPd, does exactly what a test says, right or wrong, and reads what comes in
in a thread of its own, so that a test can look at it at any time."""

import ipaddress
import re
import socket
import struct
import threading
import time

from support.netns import make_socket
from support.nlri import FAMILIES, address_text, has_labels, has_prefixes, key_of, nlri, rd_bytes, \
    read_nlris, route_nlri, withdrawn_nlri
from support.route import Route
from support.wait import PATIENCE_S, wait_for

MARKER = b"\xff" * 16
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, ROUTE_REFRESH = 1, 2, 3, 4, 5
AS_TRANS = 23456
# Path attributes: type, and the flags they must have.
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, ATOMIC, AGGREGATOR = 1, 2, 3, 4, 5, 6, 7
COMMUNITIES, ORIGINATOR_ID, CLUSTER_LIST, MP_REACH, MP_UNREACH = 8, 9, 10, 14, 15
EXTENDED_COMMUNITIES, AS4_PATH, AS4_AGGREGATOR, LARGE_COMMUNITIES = 16, 17, 18, 32
ONLY_TO_CUSTOMER = 35
WELL_KNOWN, OPTIONAL, TRANSITIVE, PARTIAL, EXTENDED_LENGTH = 0x40, 0x80, 0x40, 0x20, 0x10
FLAGS = {ORIGIN: 0x40, AS_PATH: 0x40, NEXT_HOP: 0x40, MED: 0x80, LOCAL_PREF: 0x40, ATOMIC: 0x40,
         AGGREGATOR: 0xc0, COMMUNITIES: 0xc0, ORIGINATOR_ID: 0x80, CLUSTER_LIST: 0x80,
         MP_REACH: 0x80, MP_UNREACH: 0x80, EXTENDED_COMMUNITIES: 0xc0, AS4_PATH: 0xc0,
         AS4_AGGREGATOR: 0xc0, LARGE_COMMUNITIES: 0xc0, ONLY_TO_CUSTOMER: 0xc0}
ORIGINS = ("IGP", "EGP", "Incomplete")
TCP_MD5SIG = 14


# --- building messages ---

def message(kind, body=b"", length=None, marker=MARKER):
    length = 19 + len(body) if length is None else length
    return marker + struct.pack("!HB", length, kind) + body


def capability(code, value=b""):
    return bytes([code, len(value)]) + value


def multiprotocol(family):
    afi, safi = FAMILIES[family]
    return capability(1, struct.pack("!HBB", afi, 0, safi))


def multiple_labels(families, count):
    """How many labels a route may have, in those of the families that have labels (RFC 8277 §2.1)."""
    return capability(8, b"".join(struct.pack("!HBB", *FAMILIES[family], count)
                                  for family in families if has_labels(family)))


def optional_parameters(capabilities):
    """One parameter of type 2 with all capabilities."""
    value = b"".join(capabilities)
    return bytes([2, len(value)]) + value if value else b""


def open_body(asn, hold_time, router_id, parameters=b"", version=4):
    two_octets = asn if asn < 65536 else AS_TRANS
    return struct.pack("!BHH4sB", version, two_octets, hold_time,
                       ipaddress.IPv4Address(router_id).packed, len(parameters)) + parameters


def attribute(kind, value=b"", flags=None):
    flags = FLAGS.get(kind, OPTIONAL | TRANSITIVE) if flags is None else flags
    if len(value) > 255 or flags & EXTENDED_LENGTH:
        return struct.pack("!BBH", flags | EXTENDED_LENGTH, kind, len(value)) + value
    return struct.pack("!BBB", flags, kind, len(value)) + value


def as_path_value(path, as4=True):
    """A path of numbers, with sets written "{1 2}"."""
    segments = []
    for hop in path:
        if isinstance(hop, str):
            segments.append((1, [int(n) for n in re.findall(r"\d+", hop)]))
        elif segments and segments[-1][0] == 2 and len(segments[-1][1]) < 255:
            segments[-1][1].append(hop)
        else:
            segments.append((2, [hop]))
    form = "!I" if as4 else "!H"
    return b"".join(bytes([kind, len(asns)]) + b"".join(
        struct.pack(form, n if as4 or n < 65536 else AS_TRANS) for n in asns)
        for kind, asns in segments)


def community_value(communities):
    return b"".join(struct.pack("!HH", *map(int, c.split(":"))) for c in communities)


def extended_value(texts):
    """Route targets and origins as "target:65000:1", others in hex ("0x8006…")."""
    def encode(text):
        if text.startswith("0x"):
            return bytes.fromhex(text[2:])
        kind, value = text.split(":", 1)
        raw = rd_bytes(value)  # the same three forms, which the first byte tells apart
        return bytes([raw[1], {"target": 2, "origin": 3}[kind]]) + raw[2:]
    return b"".join(map(encode, texts))


def update_body(attributes=b"", announced=b"", withdrawn=b""):
    return struct.pack("!H", len(withdrawn)) + withdrawn + struct.pack("!H", len(attributes)) \
        + attributes + announced


def route_attributes(route, as4=True, local_pref=False):
    """The attributes of a Route, in ascending order, next hop included (also for IPv6, where the
    result still lacks the NLRI: see route_update)."""
    parts = [attribute(ORIGIN, bytes([ORIGINS.index(route.origin)])),
             attribute(AS_PATH, as_path_value(route.as_path, as4))]
    if route.family == "ipv4 unicast":
        parts.append(attribute(NEXT_HOP, ipaddress.ip_address(route.next_hop).packed))
    if route.med is not None:
        parts.append(attribute(MED, struct.pack("!I", route.med)))
    if route.local_pref is not None or local_pref:
        parts.append(attribute(LOCAL_PREF, struct.pack("!I", route.local_pref or 100)))
    if route.communities:
        parts.append(attribute(COMMUNITIES, community_value(sorted(route.communities))))
    if route.extended:
        parts.append(attribute(EXTENDED_COMMUNITIES, extended_value(sorted(route.extended))))
    if route.large:
        parts.append(attribute(LARGE_COMMUNITIES, b"".join(
            struct.pack("!III", *map(int, c.split(":"))) for c in sorted(route.large))))
    if route.only_to_customer is not None:
        parts.append(attribute(ONLY_TO_CUSTOMER, struct.pack("!I", route.only_to_customer)))
    return b"".join(parts)


def mp_reach(family, next_hop, nlris):
    packed = ipaddress.ip_address(next_hop).packed if isinstance(next_hop, str) else next_hop
    afi, safi = FAMILIES[family]
    return attribute(MP_REACH, struct.pack("!HBB", afi, safi, len(packed)) + packed + b"\0" + nlris)


def mp_unreach(family, nlris=b""):
    afi, safi = FAMILIES[family]
    return attribute(MP_UNREACH, struct.pack("!HB", afi, safi) + nlris)


def next_hop_bytes(route):
    """Its next hop as it stands in MP_REACH_NLRI."""
    return (bytes(8) if route.rd else b"") + ipaddress.ip_address(route.next_hop).packed


def route_update(route, as4=True, local_pref=False, extra=b""):
    """The body of an UPDATE that announces one route, with further attributes after its own."""
    attributes = route_attributes(route, as4, local_pref) + extra
    if route.family == "ipv4 unicast":
        return update_body(attributes, nlri(route.prefix))
    return update_body(mp_reach(route.family, next_hop_bytes(route), route_nlri(route)) + attributes)


# --- reading messages ---

def read_as_path(value, as4=True):
    path, offset = [], 0
    size = 4 if as4 else 2
    while offset < len(value):
        kind, count = value[offset], value[offset + 1]
        asns = struct.unpack_from(f"!{count}{'I' if as4 else 'H'}", value, offset + 2)
        path += ["{%s}" % " ".join(map(str, sorted(set(asns))))] if kind == 1 else asns
        offset += 2 + count * size
    return tuple(path)


def merge_as4_path(path, as4_path):
    """RFC 6793 §4.2.3: the AS4_PATH replaces the tail of the AS_PATH."""
    if not as4_path or len(as4_path) > len(path):
        return path
    return tuple(path[:len(path) - len(as4_path)]) + tuple(as4_path)


def format_extended(raw):
    kind = {2: "target", 3: "origin"}.get(raw[1])
    if kind is None or raw[0] not in (0, 1, 2):
        return "0x" + raw.hex()
    if raw[0] == 0:
        return f"{kind}:%d:%d" % struct.unpack("!HI", raw[2:])
    admin, number = struct.unpack("!IH", raw[2:])
    if raw[0] == 1:
        return f"{kind}:{address_text(admin, 4)}:{number}"
    # Dotted where a plain number would read as one of 2 octets.
    return f"{kind}:{admin if admin > 65535 else f'0.{admin}'}:{number}"


class Update:
    """A decoded UPDATE."""

    def __init__(self, body, as4=True):
        withdrawn_len = struct.unpack_from("!H", body)[0]
        attributes_at = 2 + withdrawn_len
        attributes_len = struct.unpack_from("!H", body, attributes_at)[0]
        end = attributes_at + 2 + attributes_len
        self.withdrawn = [prefix for prefix, _, _ in read_nlris(body[2:attributes_at])]
        self.announced = [prefix for prefix, _, _ in read_nlris(body[end:])]
        self.attributes = {}
        self.flags = {}
        self.order = []
        offset = attributes_at + 2
        while offset < end:
            flags, kind = body[offset], body[offset + 1]
            wide = flags & EXTENDED_LENGTH
            length = struct.unpack_from("!H" if wide else "!B", body, offset + 2)[0]
            offset += 4 if wide else 3
            self.attributes[kind] = body[offset:offset + length]
            self.flags[kind] = flags
            self.order.append(kind)
            offset += length
        self.as4 = as4
        self.next_hop = None
        if NEXT_HOP in self.attributes:
            self.next_hop = str(ipaddress.IPv4Address(self.attributes[NEXT_HOP]))
        self.mp_family = self.mp_next_hop = None
        self.mp_announced, self.mp_withdrawn = [], []  # keys, as in received()
        self.mp_nlris = []  # (prefix, RD, labels)
        self.mp_raw = b""
        self.read_multiprotocol()

    def read_multiprotocol(self):
        for kind in (MP_REACH, MP_UNREACH):
            value = self.attributes.get(kind)
            if value is None:
                continue
            afi, safi = struct.unpack_from("!HB", value)
            self.mp_family = next((n for n, f in FAMILIES.items() if f == (afi, safi)), None)
            data = value[3:]
            if kind == MP_REACH:
                self.mp_next_hop = self.read_next_hop(data[1:1 + data[0]], safi)
                data = data[2 + data[0]:]
                self.mp_raw = data
            if self.mp_family is None or not has_prefixes(self.mp_family):
                continue
            nlris = read_nlris(data, self.mp_family, kind == MP_UNREACH)
            keys = [key_of(prefix, rd) for prefix, rd, _ in nlris]
            if kind == MP_REACH:
                self.mp_announced, self.mp_nlris = keys, nlris
            else:
                self.mp_withdrawn = keys

    @staticmethod
    def read_next_hop(raw, safi):
        """The global address of a next hop; an RD is in front of it where routes have one."""
        if safi == 128:
            assert raw[:8] == bytes(8), raw.hex()
            raw = raw[8:]
        if len(raw) == 4:
            return str(ipaddress.IPv4Address(raw))
        return address_text(int.from_bytes(raw[:16], "big"), 6) if len(raw) >= 16 else None

    def end_of_rib(self):
        """The family an End-of-RIB is for, or None."""
        if self.announced or self.withdrawn:
            return None
        if not self.attributes:
            return "ipv4 unicast"
        if list(self.attributes) == [MP_UNREACH] and len(self.attributes[MP_UNREACH]) == 3:
            return self.mp_family
        return None

    def as_path(self):
        path = read_as_path(self.attributes.get(AS_PATH, b""), self.as4)
        if not self.as4 and AS4_PATH in self.attributes:
            path = merge_as4_path(path, read_as_path(self.attributes[AS4_PATH]))
        return path

    def number(self, kind):
        value = self.attributes.get(kind)
        return None if value is None else int.from_bytes(value, "big")

    def communities(self):
        value = self.attributes.get(COMMUNITIES, b"")
        return frozenset(f"{a}:{b}" for a, b in struct.iter_unpack("!HH", value))

    def large(self):
        value = self.attributes.get(LARGE_COMMUNITIES, b"")
        return frozenset("%d:%d:%d" % c for c in struct.iter_unpack("!III", value))

    def extended(self):
        """Extended communities as text: route targets and origins, others in hex."""
        value = self.attributes.get(EXTENDED_COMMUNITIES, b"")
        return frozenset(format_extended(value[at:at + 8]) for at in range(0, len(value), 8))

    def route(self, prefix, next_hop, family=None, rd=None, labels=()):
        address = self.attributes.get(ORIGINATOR_ID)
        clusters = self.attributes.get(CLUSTER_LIST, b"")
        return Route(prefix, next_hop, self.as_path(), ORIGINS[self.number(ORIGIN)],
                     self.number(MED), self.number(LOCAL_PREF), self.communities(),
                     self.extended(), self.large(),
                     originator_id=str(ipaddress.IPv4Address(address)) if address else None,
                     cluster_list=tuple(str(ipaddress.IPv4Address(clusters[i:i + 4]))
                                        for i in range(0, len(clusters), 4)),
                     family=family, rd=rd, labels=labels,
                     only_to_customer=self.number(ONLY_TO_CUSTOMER))

    def routes(self):
        routes = [self.route(prefix, self.next_hop) for prefix in self.announced]
        return routes + [self.route(prefix, self.mp_next_hop, self.mp_family, rd, labels)
                         for prefix, rd, labels in self.mp_nlris]


def notification(body):
    return body[0], body[1], body[2:]


# --- the speaker ---

def set_md5(sock, remote, password):
    """TCP MD5 signatures (RFC 2385) with one address."""
    packed = ipaddress.ip_address(remote).packed
    if len(packed) == 4:
        address = struct.pack("=HH4s", socket.AF_INET, 0, packed)
    else:
        address = struct.pack("=HHI16s", socket.AF_INET6, 0, 0, packed)
    value = address.ljust(128, b"\0") + struct.pack("=BBHI", 0, 0, len(password), 0) \
        + password.encode().ljust(80, b"\0")
    sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, value)


class Speaker:
    """One session: connect(), or listen() and accept(), then establish(), or what a test likes."""

    def __init__(self, address, asn, router_id=None, hold_time=90, families=("ipv4 unicast",),
                 as4=True, capabilities=None, password=None, netns=None, keepalives=True, labels=1):
        self.address = address
        self.asn = asn
        self.router_id = router_id or address
        self.hold_time = hold_time
        self.as4 = as4
        self.families = families
        self.labels = labels
        self.extra_capabilities = list(capabilities or [])
        self.password = password
        self.netns = netns
        self.keepalives = keepalives
        self.listener = None
        self.sock = None
        self.messages = []  # (type, body) as received
        self.closed = threading.Event()
        self.changed = threading.Condition()
        self.send_lock = threading.Lock()
        self.thread = None
        self.cached = (0, {})  # messages looked at by received(), and what they came to

    # connections

    def make_socket(self, remote):
        version = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        sock = make_socket(self.netns, version, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.password and remote:
            set_md5(sock, remote, self.password)
        return sock

    def connect(self, remote, port=1179, timeout=PATIENCE_S):
        """Connects, trying again while nobody listens."""
        def attempt():
            sock = self.make_socket(remote)
            sock.settimeout(timeout)
            sock.bind((self.address, 0))
            try:
                sock.connect((remote, port))
            except ConnectionRefusedError:
                sock.close()
                return None
            return sock

        self.take(wait_for(attempt, timeout, f"connection to {remote}"))
        return self

    def listen(self, remote=None, port=1179):
        self.listener = self.make_socket(remote)
        self.listener.bind((self.address, port))
        self.listener.listen(8)
        return self

    def accept(self, timeout=PATIENCE_S):
        self.listener.settimeout(timeout)
        self.take(self.listener.accept()[0])
        return self

    def take(self, sock):
        """Goes on with a new connection."""
        self.sock = sock
        self.sock.settimeout(None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.messages = []
        self.cached = (0, {})
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.read, args=(sock, self.messages, self.closed),
                                       daemon=True)
        self.thread.start()

    def read(self, sock, messages, closed):
        buffer = b""
        try:
            while True:
                data = sock.recv(1 << 16)
                if not data:
                    break
                buffer += data
                offset = 0
                while len(buffer) - offset >= 19:
                    length, kind = struct.unpack_from("!HB", buffer, offset + 16)
                    if len(buffer) - offset < length:
                        break
                    with self.changed:
                        messages.append((kind, buffer[offset + 19:offset + length]))
                        self.changed.notify_all()
                    if kind == NOTIFICATION:
                        sock.shutdown(socket.SHUT_WR)  # the end of the session for us, too
                    offset += length
                buffer = buffer[offset:]
        except OSError:
            pass
        closed.set()
        with self.changed:
            self.changed.notify_all()

    def beat(self, sock, closed, interval):
        """Sends keepalives until the connection ends."""
        while not closed.wait(interval):
            try:
                with self.send_lock:
                    sock.sendall(message(KEEPALIVE))
            except OSError:
                return

    def close(self):
        for sock in (self.sock, self.listener):
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                sock.close()
        if self.thread is not None:
            self.thread.join(5)
        self.sock = self.listener = None

    # sending

    def send_raw(self, data):
        with self.send_lock:
            self.sock.sendall(data)

    def send(self, kind, body=b""):
        self.send_raw(message(kind, body))

    def capabilities(self):
        items = [multiprotocol(family) for family in self.families] + [capability(2)]
        if self.as4:
            items.append(capability(65, struct.pack("!I", self.asn)))
        if self.labels > 1:
            items.append(multiple_labels(self.families, self.labels))
        return items + self.extra_capabilities

    def send_open(self, **changes):
        fields = {"asn": self.asn, "hold_time": self.hold_time, "router_id": self.router_id,
                  "parameters": optional_parameters(self.capabilities()), **changes}
        self.send(OPEN, open_body(**fields))

    def establish(self, timeout=PATIENCE_S):
        """The handshake, from a fresh connection to Established."""
        self.send_open()
        self.wait_message(OPEN, timeout)
        self.send(KEEPALIVE)
        self.wait_message(KEEPALIVE, timeout)
        hold_time = min(self.hold_time, self.open_received()[2])
        if self.keepalives and hold_time:
            threading.Thread(target=self.beat, args=(self.sock, self.closed, hold_time / 3),
                             daemon=True).start()
        return self

    def announce(self, *routes, extra=b""):
        for route in routes:
            self.send(UPDATE, route_update(route, self.as4, extra=extra))

    def withdraw(self, *prefixes):
        """Prefixes of unicast routes, or whole routes."""
        for route in (Route(p) if isinstance(p, str) else p for p in prefixes):
            if route.family == "ipv4 unicast":
                self.send(UPDATE, update_body(withdrawn=nlri(route.prefix)))
            else:
                self.send(UPDATE, update_body(mp_unreach(route.family, withdrawn_nlri(route))))

    # looking at what came

    def wait_message(self, kind, timeout=PATIENCE_S, start=0):
        """The body of the first message of a kind, from the `start`th message on."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                for received, body in self.messages[start:]:
                    if received == kind:
                        return body
                left = deadline - time.monotonic()
                kinds = [k for k, _ in self.messages]
                assert not self.closed.is_set(), f"closed before message {kind}: {self.story()}"
                assert left > 0, f"no message {kind} within {timeout} s, only {kinds[-10:]}"
                self.changed.wait(left)

    def wait_notification(self, timeout=PATIENCE_S):
        """(code, subcode, data)"""
        return notification(self.wait_message(NOTIFICATION, timeout))

    def wait_closed(self, timeout=PATIENCE_S):
        assert self.closed.wait(timeout), f"connection still open after {timeout} s"

    def story(self):
        """The messages so far, for people."""
        names = {1: "OPEN", 2: "UPDATE", 3: "NOTIFICATION", 4: "KEEPALIVE", 5: "ROUTE-REFRESH"}
        return [f"{names.get(k, k)} {body.hex() if k == NOTIFICATION else ''}".strip()
                for k, body in self.messages]

    def open_received(self):
        """(version, two-octet AS, hold time, identifier, [(capability, value), …])"""
        body = self.wait_message(OPEN)
        version, asn, hold_time, identifier, _ = struct.unpack_from("!BHH4sB", body)
        found, offset = [], 10
        while offset < len(body):
            kind, length = body[offset], body[offset + 1]
            value, at = body[offset + 2:offset + 2 + length], 0
            while kind == 2 and at < len(value):
                found.append((value[at], value[at + 2:at + 2 + value[at + 1]]))
                at += 2 + value[at + 1]
            offset += 2 + length
        return version, asn, hold_time, str(ipaddress.IPv4Address(identifier)), found

    def updates(self):
        with self.changed:
            bodies = [body for kind, body in self.messages if kind == UPDATE]
        return [Update(body, self.as4) for body in bodies]

    def received(self, family=None):
        """{key: Route}: the Adj-RIB-In of this session; all of it only where no two families have
        the same prefix."""
        with self.changed:
            count = len(self.messages)
        done, table = self.cached
        for kind, body in self.messages[done:count]:
            if kind == UPDATE:
                update = Update(body, self.as4)
                for prefix in update.withdrawn:
                    table.pop(("ipv4 unicast", prefix), None)
                for key in update.mp_withdrawn:
                    table.pop((update.mp_family, key), None)
                table.update(((route.family, route.key), route) for route in update.routes())
        self.cached = (count, table)
        return {key: route for (of, key), route in table.items() if family in (None, of)}

    def end_of_ribs(self):
        return [family for family in (u.end_of_rib() for u in self.updates()) if family]
