"""A fake daemon: an HTTP server whose answers the tests choose, and the program as its client.

The program is taken from the environment variable BGPD, or from build/.
"""

import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BGPD = os.environ.get("BGPD", str(ROOT / "build" / "bgpd"))
DEADLINE = 60


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


def run(*args, env=None, without=(), timeout=2 * DEADLINE, **kwargs):
    if kwargs.get("input") is None:
        kwargs["stdin"] = subprocess.DEVNULL
    variables = {**os.environ, "BGPD_CLIENT_FILE": "", **(env or {})}
    return subprocess.run(
        [BGPD, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={name: value for name, value in variables.items() if name not in without},
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


class Api:
    """The answers of a daemon: batches, with the calls that change something in order."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.pid = 100
        self.changes = []
        self.batches = []
        self.peers = []
        self.refuse = {}  # by prefix: an error
        self.lock = threading.Lock()
        daemon.answer = self.answer

    def answer(self, rpc):
        request = self.daemon.requests[-1]
        with self.lock:
            if isinstance(request, list):
                self.batches.append(request)
                body = [self.one(call) for call in request]
            else:
                body = self.one(request)
        rpc.reply(body)

    def one(self, call):
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        method, params = call["method"], call.get("params") or {}
        if method == "version":
            return {**answer, "result": {"name": "bgpd", "pid": self.pid, "router_id": "1.2.3.4"}}
        if method == "show_peer_detail":
            return {**answer, "result": self.peers}
        error = self.refuse.get(params.get("prefix") if isinstance(params, dict) else None)
        if error:
            return {**answer, "error": error}
        self.changes.append((method, params))
        return {**answer, "result": {"warnings": []}}

    def prefixes(self, method="advertise_route"):
        with self.lock:
            return [params["prefix"] for name, params in self.changes if name == method]


def detail(address, local="127.0.0.1:179", state="Established", **more):
    return {"summary": peer(address, state=state, **more), "tcp_connection": [local, address + ":9"],
            "times_established": 1, "messages": {"updates_sent": 3, "updates_received": 4}}


def wait_for(condition, what=""):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"not in time: {what or condition}"
        time.sleep(0.02)
