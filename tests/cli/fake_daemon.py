"""A fake daemon: an HTTP server whose answers the tests choose, and the program as its client.

The program is taken from the environment variable BGPD, or from build/.
"""

import json
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BGPD = os.environ.get("BGPD", str(ROOT / "build" / "bgpd"))


class Rpc(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        self.server.headers.append(dict(self.headers))
        self.server.path = self.path
        if self.connection not in self.server.connections:
            self.server.connections.append(self.connection)
        try:
            self.server.answer(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *args):
        pass

    def reply(self, body, status=200, content_type="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def start_chunks(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


class Daemon(ThreadingHTTPServer):
    """Answers every call with `result` or `error`, or as `answer` says."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Rpc)
        self.port = self.server_address[1]
        self.requests = []
        self.headers = []
        self.path = None
        self.connections = []

    def answers(self, result):
        self.answer = lambda rpc: rpc.reply({"jsonrpc": "2.0", "result": result, "id": 1})

    def fails(self, code, message, data=None, status=200):
        error = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        self.answer = lambda rpc: rpc.reply({"jsonrpc": "2.0", "error": error, "id": 1}, status)

    def answers_bytes(self, data, **kwargs):
        self.answer = lambda rpc: rpc.reply(data, **kwargs)

    @property
    def request(self):
        """The only request that came."""
        assert len(self.requests) == 1
        return self.requests[0]

    @property
    def call(self):
        return self.request["method"], self.request.get("params")


def run(*args, env=None, timeout=60, **kwargs):
    if kwargs.get("input") is None:
        kwargs["stdin"] = subprocess.DEVNULL
    return subprocess.run(
        [BGPD, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        **kwargs,
    )


def peer(address, **more):
    return {
        "peer": address,
        "enabled": True,
        "router_id": "2.2.2.2",
        "remote_asn": 65000,
        "local_asn": 65000,
        "msg_received": 12,
        "msg_sent": 9,
        "connect_time": 1700000000,
        "uptime": "00:01:40",
        "state": "Established",
        "prefixes_received": 4,
        "prefixes_accepted": 3,
        "description": None,
        "prefixes_advertised": 2,
        "last_error": None,
        "last_error_at": None,
        "last_error_age": None,
        "last_error_current": False,
        "dynamic": False,
        **more,
    }


def route(prefix, **more):
    return {
        "source": "127.0.0.2",
        "afi": "IPv6" if ":" in prefix else "IPv4",
        "safi": "Unicast",
        "received_at": 1700000000,
        "age": "00:00:38",
        "prefix": prefix,
        "next_hop": "127.0.0.2",
        "origin": "IGP",
        "as_path": "",
        "local_pref": 100,
        "multi_exit_disc": None,
        "communities": [],
        **more,
    }
