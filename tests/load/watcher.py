"""Watches BGPd while a test is hard on it: a well-behaved peer with a hold time of 9 s, and a client of
the API, each in a process of its own, so that the one does not wait for the other. It says "ready" when
both are served; when its input ends it writes what it has seen as JSON.

    watcher.py OWN_ADDRESS BGPD_ADDRESS AS API_ADDRESS PID"""

import http.client
import json
import multiprocessing
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))

from speaker import Speaker  # pylint: disable=wrong-import-position

HOLD_TIME = 9
CALL_EVERY = 0.02
REQUEST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "version"})


class Waits:
    """How long the daemon's loop, and threads of this process, have waited for a processor that others had, other
    machines included."""

    def __init__(self, pid):
        self.files = []
        self.add(pid, pid)
        self.add(os.getpid(), threading.get_native_id())
        self.stat = os.open("/proc/stat", os.O_RDONLY)

    def add(self, pid, thread):
        self.files.append(os.open(f"/proc/{pid}/task/{thread}/schedstat", os.O_RDONLY))

    def seconds(self):
        stolen = int(os.pread(self.stat, 300, 0).split()[8]) / os.sysconf("SC_CLK_TCK")
        try:
            return stolen + sum(int(os.pread(file, 100, 0).split()[1]) for file in self.files) / 1e9
        except OSError:  # it has ended
            return 0


class Peer(Speaker):
    """Notes when it hears something, and what others had of the processor until then."""

    def __init__(self, waits, *args, **kwargs):
        super().__init__(*args, hold_time=HOLD_TIME, **kwargs)
        self.waits = waits
        self.asked_at, self.waited = self.now()
        self.heard = []

    def now(self):
        return time.monotonic(), self.waits.seconds()

    def note(self):
        """The time, and what is known of waits, which takes longer to ask for than messages that follow closely."""
        now = time.monotonic()
        if now >= self.asked_at + 0.1:
            self.asked_at, self.waited = now, self.waits.seconds()
        self.heard.append((now, self.waited))

    def read(self, sock, messages, closed):
        self.waits.add(os.getpid(), threading.get_native_id())

        class Timed(list):
            """The list of messages, with the time of each."""

            def append(inner, item):  # pylint: disable=no-self-argument
                self.note()
                list.append(inner, item)

        self.messages = Timed()
        super().read(sock, self.messages, closed)

    def longest_silence(self, began, ended):
        """What others had of the processor meanwhile does not count."""
        times = [began] + [now for now in self.heard if began < now < ended] + [ended]
        return max(b - a - max(0, waited_b - waited_a) for (a, waited_a), (b, waited_b) in zip(times, times[1:]))


class Client:
    """Calls the API at a steady pace. What others had of the processor during a call does not count."""

    def __init__(self, address, waits, port=8080):
        self.connection = http.client.HTTPConnection(address, port, timeout=30)
        self.waits = waits
        self.latencies = []
        self.longest_wait = 0
        self.failures = []

    def call(self):
        waited = self.waits.seconds()
        begin = time.monotonic()
        try:
            self.connection.request("POST", "/", REQUEST, {"Content-Type": "application/json"})
            answer = json.loads(self.connection.getresponse().read())
            if "result" not in answer:
                self.failures.append(str(answer))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.failures.append(repr(error))
            self.connection.close()
        took = time.monotonic() - begin
        waited = max(0, self.waits.seconds() - waited)
        self.longest_wait = max(self.longest_wait, waited)
        self.latencies.append(max(0, took - waited))


def be_important():
    """What is measured is the daemon, not how long this process waits for a processor."""
    try:
        os.nice(-10)
    except OSError:
        pass


def watch_api(address, pid, pipe):
    client = Client(address, Waits(pid))
    client.call()
    pipe.send("ready")
    while not pipe.poll(CALL_EVERY):
        client.call()
    latencies = sorted(client.latencies)
    pipe.send({
        "api_calls": len(latencies),
        "api_p99": latencies[int(len(latencies) * 0.99)],
        "api_max": latencies[-1],
        "longest_wait": client.longest_wait,
        "api_failures": client.failures[:5],
    })


def watch(own, remote, asn, api, pid):
    pipe, end = multiprocessing.Pipe()
    multiprocessing.Process(target=watch_api, args=(api, int(pid), end), daemon=True).start()
    peer = Peer(Waits(pid), own, int(asn), families=("ipv4 unicast", "ipv6 unicast"))
    peer.connect(remote).establish()
    pipe.recv()
    began = peer.now()
    print("ready", flush=True)
    sys.stdin.read()
    ended = peer.now()
    pipe.send("end")
    json.dump({
        "seconds": ended[0] - began[0],
        "established": not peer.closed.is_set(),
        "story": peer.story()[-5:],
        "longest_silence": peer.longest_silence(began, ended),
        **pipe.recv(),
    }, sys.stdout)
    peer.close()


if __name__ == "__main__":
    threading.stack_size(1 << 20)
    be_important()
    watch(*sys.argv[1:6])
