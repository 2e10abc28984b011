"""RTR caches: stayrtr, and one that a test plays by itself, octet by octet."""

import ipaddress
import json
import os
import socket
import struct

from support.process import Daemon
from support.wait import PATIENCE_S, wait_for

PORT = 8282
(NOTIFY, SERIAL_QUERY, RESET_QUERY, RESPONSE, IPV4, IPV6, END, RESET, KEY, REPORT,
 ASPA) = 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11


def export(roas, aspas=(), old=False):
    """What a validator exports: (prefix, maximum length, AS) and (customer, providers), these by IP
    version where stayrtr 0.5 is to read it (`old`)."""
    objects = [{"customer_asid": customer, "providers": list(providers), "expires": 4000000000}
               for customer, providers in aspas]
    return json.dumps({
        "metadata": {"buildtime": "2026-08-01T00:00:00Z"},
        "roas": [{"prefix": prefix, "maxLength": longest, "asn": f"AS{asn}", "ta": "test",
                  "expires": 4000000000} for prefix, longest, asn in roas],
        **({"provider_authorizations": {"ipv4": objects, "ipv6": objects}} if old
           else {"aspas": objects})})


def some_roas(count, first=0):
    return [(f"10.{i >> 8 & 255}.{i & 255}.0/24", 24, 64500 + (i >> 16))
            for i in range(first, first + count)]


class StayRtr(Daemon):
    """stayrtr, which looks at its file each second."""

    kind = "stayrtr"

    def __init__(self, directory, address, *arguments):
        super().__init__(directory)
        self.address = address
        self.arguments = arguments

    def argv(self):
        return ["/usr/bin/stayrtr", "-bind", f"{self.address}:{PORT}", "-cache", self.path("vrps.json"),
                "-checktime=false", "-metrics.addr", "", "-refresh", "1", *self.arguments]

    def tell(self, roas, aspas=()):
        """Exports these, in a way that nobody sees half of it."""
        self.write("new.json", export(roas, aspas, old=True))
        os.rename(self.path("new.json"), self.path("vrps.json"))

    def start(self):
        self.spawn()
        wait_for(self.listens, what="stayrtr listens")
        return self

    def finish(self):
        self.stop()

    def listens(self):
        try:
            socket.create_connection((self.address, PORT), PATIENCE_S).close()
        except ConnectionRefusedError:
            return False
        return True


def stayrtr(lab, n, roas, *arguments, aspas=()):
    """One on lab.addr(n) that exports these."""
    daemon = StayRtr(lab.directory("stayrtr"), lab.addr(n), *arguments)
    lab.daemons.append(daemon)
    daemon.tell(roas, aspas)
    return daemon.start()


def cache(lab, n, **keys):
    """The [[rpki.caches]] for the one on lab.addr(n)."""
    return {"address": lab.addr(n), "port": PORT, "retry_s": 1, **keys}


def count(bgpd):
    """The VRPs that BGPd judges by."""
    totals = bgpd.call("show_rpki")["totals"]
    return totals["vrps_ipv4"] + totals["vrps_ipv6"]


def wait_count(bgpd, expected, timeout=PATIENCE_S):
    wait_for(lambda: count(bgpd) == expected, timeout, f"{expected} VRPs")


def pdu(version, kind, flags=0, body=b""):
    return struct.pack("!BBHI", version, kind, flags, 8 + len(body)) + body


def vrp(version, prefix, longest, asn, announce=True):
    network = ipaddress.ip_network(prefix)
    return pdu(version, IPV4 if network.version == 4 else IPV6, 0,
               struct.pack("!BBBB", announce, network.prefixlen, longest, 0) +
               network.network_address.packed + struct.pack("!I", asn))


def vrps(version, roas, announce=True):
    return b"".join(vrp(version, *roa, announce) for roa in roas)


def aspa(customer, providers, announce=True):
    return pdu(2, ASPA, 0x100 if announce else 0,
               struct.pack(f"!{1 + len(providers)}I", customer, *providers))


def end(version, session, serial, refresh=3600, retry=600, expire=7200):
    timers = b"" if version == 0 else struct.pack("!III", refresh, retry, expire)
    return pdu(version, END, session, struct.pack("!I", serial) + timers)


def notify(version, session, serial):
    return pdu(version, NOTIFY, session, struct.pack("!I", serial))


def report(version, code, text=b""):
    return pdu(version, REPORT, code, struct.pack("!II", 0, len(text)) + text)


class Connection:
    """One connection of a router."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(PATIENCE_S)

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.sock.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def read(self):
        """The next PDU of the router: (version, type, two octets, the rest)."""
        version, kind, flags, length = struct.unpack("!BBHI", self.take(8))
        return version, kind, flags, self.take(length - 8)

    def expect(self, kind):
        read = self.read()
        assert read[1] == kind, read
        return read

    def expect_report(self):
        """The code of the error report that comes, and its text."""
        _, _, code, body = self.expect(REPORT)
        shown, = struct.unpack("!I", body[:4])
        return code, body[8 + shown:].decode()

    def expect_close(self):
        try:
            assert self.sock.recv(100) == b""
        except ConnectionResetError:
            pass

    def send(self, *parts):
        self.sock.sendall(b"".join(parts))

    def close(self):
        self.sock.close()


class Cache:
    """A cache that the test plays."""

    def __init__(self, address):
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, PORT))
        self.sock.listen()
        self.sock.settimeout(PATIENCE_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def accept(self):
        return Connection(self.sock.accept()[0])

    def serve(self, roas, session=77, serial=5, version=1, **timers):
        """Takes a connection whose query is for everything, and gives it this."""
        connection = self.accept()
        connection.expect(RESET_QUERY)
        connection.send(pdu(version, RESPONSE, session), vrps(version, roas),
                        end(version, session, serial, **timers))
        return connection

    def close(self):
        self.sock.close()
