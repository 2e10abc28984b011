"""The fixture `watched`: BGPd under load, and what those who have done nothing notice of it."""

import json
import os
import subprocess
import sys

import pytest

from support.wait import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
HEALTHY = 250  # lab.addr() of the peer that watches
HEALTHY_AS = 64900
SANITIZED = "BGPD_SANITIZED" in os.environ
# Sanitizers make everything several times slower.
SLOW = 5 if SANITIZED else 1
LONG = bool(os.environ.get("BGPD_LOAD_LONG"))

LONGEST_SILENCE = 3.5      # s; keepalives come every 3 s; without what others had of the processor, too
API_P99 = 0.050 * SLOW     # s, without what others had of the processor meanwhile
API_CALLS = 200            # fewer have no p99
LONGEST_TURN = 100 * SLOW  # ms of a processor: what others had of it meanwhile is not the daemon's fault


class Watched:
    """BGPd with a healthy peer and an API client, watched from start() to the end of the test."""

    def __init__(self, lab):
        self.lab = lab
        self.bgpd = None
        self.watcher = None
        self.rss_before = 0
        self.checked = False

    def start(self, config=None, peers=(), **options):
        """BGPd on lab.addr(1) with these [[peers]], and the healthy one."""
        healthy = self.lab.peer(HEALTHY, HEALTHY_AS, passive=True, hold_timer=9,
                                advertise_sources=["api", "config"])
        self.bgpd = self.lab.bgpd(config, peers=[healthy, *peers], **options)
        self.watch()
        return self.bgpd

    def watch(self):
        """Begins to watch; what went before does not count."""
        self.rss_before = self.bgpd.rss_kib()
        self.watcher = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "watcher.py"), self.lab.addr(HEALTHY),
             self.lab.addr(1), str(HEALTHY_AS), self.bgpd.api_address,
             str(self.bgpd.process.pid)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.watcher.stdout.readline() == "ready\n"

    def wait_memory(self, allowed_kib, timeout=60):
        """Waits until the daemon holds no more than that above what it held at the start."""
        if SANITIZED:
            return  # freed memory is kept back
        wait_for(lambda: self.bgpd.rss_kib() <= self.rss_before + allowed_kib, timeout,
                 f"memory: {self.rss_before} KiB before, at most {allowed_kib} more")

    def loop(self):
        return self.bgpd.call("show_info")["loop"]

    def stop(self):
        """Ends the watch; what was seen."""
        if self.watcher is None or self.watcher.poll() is not None:
            return None
        self.watcher.stdin.close()
        seen = json.loads(self.watcher.stdout.read())
        self.watcher.wait(10)
        return seen

    def check(self):
        """Nobody else may have noticed anything; done at the end of a test, or by it before it ends
        BGPd itself."""
        self.checked = True
        seen = self.stop()
        assert seen is not None
        assert seen["established"], f"the healthy peer lost its session: {seen}"
        assert not seen["api_failures"], seen
        assert seen["longest_silence"] <= LONGEST_SILENCE, seen
        if seen["api_calls"] >= API_CALLS:
            assert seen["api_p99"] <= API_P99, seen
        else:  # of so few it is the longest, which may have met a long turn
            assert seen["api_max"] <= API_P99 + LONGEST_TURN / 1000, seen
        loop = self.loop()
        assert loop["longest_turn_processor_ms"] <= LONGEST_TURN, (loop, seen)


@pytest.fixture
def watched(lab, request):
    watch = Watched(lab)
    yield watch
    failed = getattr(request.node, "failed", False)
    if watch.bgpd is not None and not failed and not watch.checked:
        watch.check()
    else:
        watch.stop()
