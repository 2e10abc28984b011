"""Fixtures: `lab` gives a test addresses, a directory and daemons of its own, and cleans up. A
conftest.py takes them by importing all names of this module."""

import fcntl
import itertools
import os
import shutil
import subprocess
import time

import pytest

import peers
from speaker import Speaker
from support import netns
from support.bgpd import BGP_PORT, BINARY, Bgpd
from support.wait import PATIENCE_S

LOG_TAIL = 6000
FAMILIES = ("ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow")



def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"no bgpd at {BINARY}: build it first, or name it in $BGPD", returncode=4)


class AddressBlock:
    """127.OCTET.0.0/16, ours alone among all test processes on the machine; the lock goes with the
    process."""

    def __init__(self, octet):
        self.octet = octet
        # pylint: disable=consider-using-with
        self.lock = open(f"/tmp/bgpd-interop-127.{octet}.lock", "w", encoding="ascii")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.lock.close()
            raise


def take_address_block():
    for octet in range(40, 250):
        try:
            return AddressBlock(octet)
        except OSError:
            continue
    raise RuntimeError("no free block of addresses in 127/8")


@pytest.fixture(scope="session")
def address_block():
    """The second octet of a block of addresses."""
    block = take_address_block()
    yield block.octet
    block.lock.close()


@pytest.fixture(scope="session")
def test_numbers():
    return itertools.count(1)


class Lab:
    """What a test works with. addr(1) is BGPd's address, others are those of its peers."""

    def __init__(self, directory, octet, number):
        self.dir = str(directory)
        self.octet = octet
        self.number = number % 250 + 1
        self.daemons = []
        self.speakers = []
        self.namespaces = []
        self.ipv6 = None  # the namespace, once use_ipv6() was called

    def addr(self, n):
        if self.ipv6 is not None:
            return f"fd00:{self.octet:x}::{n:x}"
        return f"127.{self.octet}.{self.number}.{n}"

    def network(self, bits=24):
        return f"127.{self.octet}.{self.number}.0/{bits}"

    def namespace(self, suffix=""):
        if not netns.available():
            pytest.skip("needs root for a network namespace")
        name = f"bgpd-{self.octet}-{self.number}{suffix}"
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        self.namespaces.append(netns.NetworkNamespace(name))
        return self.namespaces[-1]

    def use_ipv6(self):
        """From here on addresses are IPv6 ones, on the loopback of a namespace."""
        self.ipv6 = self.namespace()
        for n in range(1, 10):
            self.ipv6.add_address(f"fd00:{self.octet:x}::{n:x}/128")

    def directory(self, name):
        return os.path.join(self.dir, f"{name}-{len(self.daemons)}")

    def bgpd(self, config=None, n=1, start=True, peers=(), **options):
        """BGPd on addr(n) with this config; `peers` are entries made by peer()."""
        config = {**(config or {})}
        if peers:
            config["peers"] = list(peers)
        options.setdefault("netns", self.ipv6)
        daemon = Bgpd(self.directory(f"bgpd{n}"), self.addr(n), config, **options)
        self.daemons.append(daemon)
        return daemon.start() if start else daemon

    def peer(self, n, remote_as=65000, **entry):
        """A [[peers]] entry for addr(n)."""
        return {"remote_ip": self.addr(n), "remote_as": remote_as, "dest_port": BGP_PORT,
                "local_address": self.addr(1), "hold_timer": 24, **entry}

    def real(self, kind, n=2, asn=65000, start=True, neighbor=None, remote_as=65000, **options):
        """A real daemon on addr(n), with BGPd (addr(1)) as its neighbour; `neighbor` holds further
        fields of that Neighbor."""
        factory = peers.ALL[kind]
        fields = {"families": factory.families, **(neighbor or {})}
        neighbors = options.pop("neighbors", None) or \
            [peers.Neighbor(self.addr(1), remote_as, **fields)]
        options.setdefault("router_id", f"10.255.0.{n}")
        options.setdefault("netns", self.ipv6)
        daemon = factory(self.directory(kind), options.pop("address", self.addr(n)), asn, neighbors,
                         **options)
        self.daemons.append(daemon)
        if start:
            daemon.start()
        return daemon

    def neighbor(self, n, asn, **fields):
        """addr(n) as a real daemon's neighbour."""
        return peers.Neighbor(self.addr(n), asn, **fields)

    def speaker(self, n=2, asn=65000, **options):
        options.setdefault("router_id", f"10.255.0.{n}")
        options.setdefault("netns", self.ipv6)
        self.speakers.append(Speaker(options.pop("address", self.addr(n)), asn, **options))
        return self.speakers[-1]

    def session(self, n=2, asn=65000, **options):
        """A speaker that has connected to BGPd and is Established."""
        return self.speaker(n, asn, **options).connect(self.addr(1)).establish()

    def let_in(self, n, asn, timeout=PATIENCE_S):
        """A session as soon as one is let in; and how long that took."""
        start = time.monotonic()
        while True:
            peer = self.speaker(n, asn).connect(self.addr(1))
            try:
                peer.establish()
                return peer, time.monotonic() - start
            except (AssertionError, OSError):
                assert time.monotonic() < start + timeout, "never let in"
                peer.close()
                time.sleep(0.05)

    def close(self):
        """Ends everything. Returns what was wrong with BGPd's end."""
        problems = []
        for daemon in reversed(self.daemons):
            try:
                if isinstance(daemon, Bgpd):
                    daemon.finish()
                else:
                    daemon.stop()
            except AssertionError as error:
                problems.append(str(error))
            finally:
                daemon.kill9()
        for speaker in self.speakers:
            speaker.close()
        for namespace in self.namespaces:
            namespace.close()
        return problems


@pytest.fixture
def lab(request, tmp_path, address_block, test_numbers):
    laboratory = Lab(tmp_path, address_block, next(test_numbers))
    request.node.lab = laboratory
    yield laboratory
    problems = laboratory.close()
    failed = getattr(request.node, "failed", False)
    if problems and not failed:
        pytest.fail("\n".join(problems))
    if not failed and not os.environ.get("KEEP"):
        shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the logs of all daemons to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.failed = True
        for daemon in getattr(getattr(item, "lab", None), "daemons", ()):
            lines = [line for line in daemon.log().splitlines() if " API: " not in line]
            report.sections.append((f"log of {daemon.kind} in {daemon.dir}",
                                    "\n".join(lines)[-LOG_TAIL:]))
