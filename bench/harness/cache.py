"""An RTR cache (RFC 8210, version 1; a router may ask in version 0 or 2 and is told that it is 1) for
the daemon under test. What it sends is encoded before it is asked for: it must not be the bottleneck."""

import socket
import struct
import threading

NOTIFY, SERIAL_QUERY, RESET_QUERY, RESPONSE, IPV4, END, RESET, REPORT = 0, 1, 2, 3, 4, 7, 8, 10
VERSION = 1
UNSUPPORTED_VERSION = 4
TIMERS = 3600, 600, 7200  # refresh, retry, expire


def _pdu(kind, field, body=b""):
    return struct.pack("!BBHI", VERSION, kind, field, 8 + len(body)) + body


def _record(vrp, announce):
    prefix, longest, asn = vrp.split()
    address, length = prefix.split("/")
    return _pdu(IPV4, 0, struct.pack("!BBBB4sI", announce, int(length), int(longest), 0,
                                     socket.inet_aton(address), int(asn)))


def _records(vrps, announce=True):
    return b"".join(_record(v, announce) for v in vrps)


class Cache(threading.Thread):
    """Serves one set of VRPs, "PREFIX LONGEST-LENGTH AS", at a time; ends with the process."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.socket = socket.create_server((address, 0))
        self.port = self.socket.getsockname()[1]
        self.lock = threading.Lock()
        self.connections = set()
        self.vrps, self.before = set(), None
        self.session, self.serial = 1, 1
        self.all, self.delta = b"", None  # None: whoever asks for it is told to ask for all
        self.served = threading.Event()
        self.start()

    def prepare(self, vrps, anew):
        """Gets ready to have these instead; `anew`: as a cache that has begun anew, with another session
        and no idea of what there was before. `tell` makes it so."""
        self.before = None  # here, as it takes a while
        vrps = set(vrps)
        delta = None if anew else _records(self.vrps - vrps, False) + _records(vrps - self.vrps)
        self.next = vrps, _records(vrps), delta, self.session + anew

    def tell(self):
        """What was prepared is what there is from now on, and routers are notified."""
        with self.lock:
            before, self.before = self.session, self.vrps
            self.vrps, self.all, self.delta, self.session = self.next
            self.serial += 1
            for connection in self.connections:
                connection.sendall(_pdu(NOTIFY, before, struct.pack("!I", self.serial)))

    def stop(self):
        # Those who wait in accept() and recv() go.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.connections:
            connection.close()

    def run(self):
        try:
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        except OSError:
            pass

    def _serve(self, connection):
        try:
            stream = connection.makefile("rb")
            while header := stream.read(8):
                version, kind, field, length = struct.unpack("!BBHI", header)
                body = stream.read(length - 8)
                with self.lock:
                    connection.sendall(self._answer(version, kind, field, body))
                    if version != VERSION:
                        break
                    self.connections.add(connection)
        except OSError:
            pass
        with self.lock:
            self.connections.discard(connection)
        connection.close()

    def _answer(self, version, kind, field, body):
        if version != VERSION:
            return _pdu(REPORT, UNSUPPORTED_VERSION, struct.pack("!II", 0, 0))
        if kind == RESET_QUERY:
            records = self.all
        elif kind == SERIAL_QUERY:
            if self.delta is None or field != self.session:
                return _pdu(RESET, 0)
            known, = struct.unpack("!I", body)
            records = b"" if known == self.serial else self.delta
        else:
            return b""
        self.served.set()
        end = _pdu(END, self.session, struct.pack("!IIII", self.serial, *TIMERS))
        return _pdu(RESPONSE, self.session) + records + end
