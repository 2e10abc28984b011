"""BGPd itself as the tests run it."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time

from support import toml
from support.process import Daemon
from support.route import Route, community
from support.rpc import RpcClient
from support.wait import PATIENCE_S, wait_for

BGP_PORT = 1179
API_PORT = 8080
CHECKOUT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BINARY = os.path.abspath(os.environ.get("BGPD", os.path.join(CHECKOUT, "build", "bgpd")))
# Sanitizers report into the log; finish() looks for that.
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def parse_as_path(text):
    return tuple(int(t) if t.isdigit() else t for t in re.findall(r"\{[^}]*\}|\S+", text))


def to_route(view):
    """A route as the API shows it, as the tests compare it."""
    standard, extended, large = [], [], []
    for text in view["communities"]:
        if re.fullmatch(r"\d+:\d+:\d+", text):
            large.append(text)
        elif re.fullmatch(r"\d+|\d+:\d+", text) or re.fullmatch(r"[a-z-]+", text):
            standard.append(community(text))
        else:
            extended.append(text)
    return Route(view["prefix"], view["next_hop"], parse_as_path(view["as_path"]), view["origin"],
                 view["multi_exit_disc"], view["local_pref"], standard, extended, large,
                 view.get("originator_id"), tuple(view.get("cluster_list") or ()),
                 family_of_view(view), view.get("rd"), view.get("labels", ()),
                 view.get("only_to_customer"))


def family_of_view(view):
    """"ipv4 unicast" from "IPv4" and "Unicast"."""
    return f"{view['afi']} {view['safi']}".lower().replace("flowspec", "flow")


def families():
    """All that the program knows: what it says where it is given another one."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(toml.dumps({"peers": [{"families": ["none"]}]}))
        file.flush()
        done = subprocess.run([BINARY, "check", file.name], capture_output=True, text=True,
                              check=False)
    text = done.stdout + done.stderr
    return re.findall(r'"([^"]+)"', re.search(r"'none' \(valid: ([^)]*)\)", text)[1])


class Bgpd(Daemon):
    kind = "bgpd"

    def __init__(self, directory, address, config, netns=None, arguments=(), binary=BINARY,
                 environment=None):
        super().__init__(directory, netns)
        self.address = address
        # Changes are taken from loopback addresses only.
        self.api_address = "127.0.0.1" if ":" in address else address
        self.config = {"router_id": "10.255.0.1" if ":" in address else address,
                       "default_as": 65000,
                       "bgp_socket": endpoint(address, BGP_PORT),
                       "api_socket": endpoint(self.api_address, API_PORT),
                       "poll_interval": 1, **config}
        self.arguments = list(arguments)
        self.binary = binary
        self.more_environment = environment or {}
        self.rpc = RpcClient(self.api_address, API_PORT, netns)
        self.expect_exit = 0

    def argv(self):
        return [self.binary, "-v", *self.arguments, "run", self.path("config.toml")]

    def environment(self):
        return {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:handle_sigill=1:" +
                os.environ.get("ASAN_OPTIONS", ""),
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=0", **self.more_environment}

    def start(self):
        self.write_config()
        self.spawn()
        wait_for(self.answers, what="bgpd answers")
        return self

    def write_config(self):
        self.write("config.toml", toml.dumps(self.config))

    def answers(self):
        if not self.alive():
            raise RuntimeError(f"bgpd ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            return self.call("version")["pid"] == self.process.pid  # not one that was left over
        except OSError:
            return False

    def call(self, method, *args, **kwargs):
        return self.rpc.call(method, *args, **kwargs)

    def reload(self, by_signal=False, **changes):
        """Writes the config (with changes) and has it read; returns the summary of a reload by
        RPC."""
        self.config.update(changes)
        self.write_config()
        if by_signal:
            self.signal(signal.SIGHUP)
            return None
        return self.call("reload")

    def peer_config(self, address):
        """The config entry of a peer, to be changed before reload()."""
        return next(p for p in self.config["peers"] if p["remote_ip"] == address)

    def cli(self, *args, check=False, stdin=None):
        """Runs the command line client against this daemon; `stdin` is what it reads."""
        argv = [self.binary, "--host", self.api_address, "-p", str(API_PORT), *args]
        done = subprocess.run(self.in_netns(argv), capture_output=True, text=True, timeout=2 * PATIENCE_S,
                              check=False, input=stdin or "")
        assert not SANITIZER.search(done.stderr), done.stderr
        if check:
            assert done.returncode == 0, f"{args}: {done.returncode} {done.stdout}{done.stderr}"
        return done

    def peer(self, address):
        """The summary of a peer; None when it is not there."""
        return next((p for p in self.call("show_peers") if p["peer"] == address), None)

    def detail(self, address):
        return self.call("show_peer_detail", address)

    def state(self, address):
        peer = self.peer(address)
        return peer["state"] if peer else None

    def established(self, address):
        return self.state(address) == "Established"

    def wait_established(self, *addresses, timeout=PATIENCE_S):
        for address in addresses:
            wait_for(lambda a=address: self.established(a), timeout, f"session with {address}")

    def wait_down(self, address, timeout=PATIENCE_S):
        wait_for(lambda: not self.established(address), timeout, f"loss of {address}")

    def sessions(self):
        """What must stay the same while a session is left alone."""
        return {p["peer"]: (p["state"], p["connect_time"]) for p in self.call("show_peers")}

    def routes(self, method, peer, family=None):
        name = "to_peer" if method == "show_routes_advertised" else "from_peer"
        params = {name: peer}
        if family is not None:
            params["family"] = family
        return self.call(method, **params)

    def learned(self, peer=None, family=None):
        """{key: Route} of the routes learned from a peer, of unicast where no family is named."""
        return self.by_key(self.routes("show_routes_learned", peer, family), family)

    def advertised(self, peer=None, family=None):
        return self.by_key(self.routes("show_routes_advertised", peer, family), family)

    @staticmethod
    def by_key(views, family):
        routes = [to_route(v) for v in views if family is not None or v["safi"] == "Unicast"]
        return {route.key: route for route in routes}

    def learned_flows(self, peer=None):
        views = self.routes("show_routes_learned", peer)
        return {v["prefix"]: v for v in views if v["safi"] == "Flowspec"}

    def best(self, prefix):
        """The view of the best route for a prefix, or None."""
        answer = self.call("show_routes", exact=prefix, best=True)
        return answer["routes"][0] if answer["routes"] else None

    def stream_routes(self, method="show_routes_learned", **params):
        """Yields routes of a long list as they come in, without holding the whole answer."""
        request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        connection = self.rpc.connect(timeout=120)
        try:
            body = request.encode()
            connection.sendall(b"POST / HTTP/1.0\r\nHost: test\r\n"
                               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            yield from self.decode_stream(connection)
        finally:
            connection.close()

    @staticmethod
    def decode_stream(connection):
        decoder = json.JSONDecoder()
        file = connection.makefile("rb")
        while file.readline() not in (b"\r\n", b""):
            pass
        text = ""
        started = False
        while True:
            chunk = file.read(1 << 20)
            text += chunk.decode()
            offset = 0
            if not started:
                offset = text.index("[") + 1
                started = True
            while True:
                while offset < len(text) and text[offset] in ", \n\r\t":
                    offset += 1
                if offset < len(text) and text[offset] == "]":
                    return
                try:
                    view, offset = decoder.raw_decode(text, offset)
                except ValueError:
                    break
                yield view
            text = text[offset:]
            assert chunk, f"the answer ends early: {text[:200]!r}"

    def left_out(self, subject):
        """How many lines about this the log says that it has left out."""
        return sum(int(count) for line in self.log().splitlines() if subject in line
                   for count in re.findall(r"(\d+) more lines? left out", line))

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def processor_s(self):
        """For how long it has had a processor."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            ticks = sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def holds_less_than(self, kib):
        """Of memory. A sanitizer keeps back what was freed: there it is not known."""
        return "BGPD_SANITIZED" in os.environ or self.rss_kib() < kib

    def stop(self, timeout=PATIENCE_S):
        return super().stop(timeout)

    def finish(self):
        """The last check of every test: still alive, and an orderly, clean end."""
        if self.process is None:
            return
        alive = self.alive()
        started = time.monotonic()
        status = self.stop()
        log = self.log()
        assert alive or self.expect_exit is None, f"bgpd died: exit status {status}\n{log[-3000:]}"
        if self.expect_exit is not None:
            assert status == self.expect_exit, f"exit status {status} on SIGTERM\n{log[-3000:]}"
            assert time.monotonic() - started < 20, "bgpd took too long to end"
        found = SANITIZER.search(log)
        assert not found, f"sanitizer report:\n{log[max(0, found.start() - 500):][:6000]}"
