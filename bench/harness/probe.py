"""Asks the API for a whole table while other calls are timed."""

import http.client
import json
import threading
import time

KEY = b'"prefix"'


def call(connection, method, params=None):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}})
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    return connection.getresponse()


def ask(host, port, method):
    """The result of a single call."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        return json.load(call(connection, method))["result"]
    finally:
        connection.close()


class SmallCalls:
    """Asks for the peers again and again until it is stopped, and notes how long each answer takes."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.latencies = []
        self.error = None

    def start(self):
        self.thread.start()

    def _ask(self):
        try:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            while not self.ended.is_set():
                start = time.monotonic()
                call(connection, "show_peers").read()
                self.latencies.append(time.monotonic() - start)
                time.sleep(0.005)
        except (OSError, http.client.HTTPException) as why:
            self.error = f"show_peers: {why!r}"

    def result(self):
        """Ends it."""
        self.ended.set()
        self.thread.join(70)
        ordered = sorted(self.latencies)
        p99 = ordered[int(len(ordered) * 0.99)] if ordered else None
        return {"calls": len(ordered), "p99": p99, "slowest": ordered[-1] if ordered else None}


class ApiProbe:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.whole = threading.Thread(target=self._ask_for_all, daemon=True)
        self.small = SmallCalls(host, port)
        self.seconds = self.first_byte = None
        self.len_bytes = self.routes = 0
        self.error = None

    def start(self):
        self.whole.start()
        self.small.start()

    def running(self):
        return self.whole.is_alive()

    def _ask_for_all(self):
        try:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=170)
            start = time.monotonic()
            response = call(connection, "show_routes", {"family": "ipv4 unicast"})
            first = response.read(1)
            self.first_byte = time.monotonic() - start
            self.len_bytes = len(first)
            tail = b""  # a key may be cut in two
            while chunk := response.read(1 << 20):
                self.len_bytes += len(chunk)
                self.routes += (tail + chunk).count(KEY)
                tail = chunk[1 - len(KEY):]
            self.seconds = time.monotonic() - start
        except (OSError, http.client.HTTPException) as why:
            self.error = f"show_routes: {why!r}"

    def result(self):
        self.whole.join(200)
        small = self.small.result()
        return {"seconds": self.seconds or 0.0, "first_byte": self.first_byte,
                "bytes": self.len_bytes, "routes": self.routes,
                "error": self.error or self.small.error, **small}
