"""Interfaces and addresses that come and go at random while sessions are up and reloads are made."""

import os
import random
import subprocess
import threading
import time

import pytest

import speaker as sp
from support.route import Route
from support.wait import wait_for
from watch import LONG, LONGEST_TURN

LINKS = 4
STEPS = 300 if LONG else 60
SEEDS = [int(seed) for seed in os.environ.get("BGPD_SEEDS", "1").split()]


class Neighbour(threading.Thread):
    """A peer at the other end of a link that connects again whenever it can."""

    def __init__(self, address, target, asn, netns, routes):
        super().__init__(daemon=True)
        self.address, self.target, self.asn, self.netns = address, target, asn, netns
        self.routes = routes
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            speaker = sp.Speaker(self.address, self.asn, router_id=f"10.255.0.{self.asn - 65000}",
                                 families=("ipv4 unicast", "ipv6 unicast"), netns=self.netns)
            try:
                sock = speaker.make_socket(None)
                sock.settimeout(0.5)
                sock.bind((self.address, 0))
                sock.connect((self.target, 1179))
                speaker.take(sock)
                speaker.establish(2)
                speaker.announce(*self.routes)
                while not self.ending.is_set() and not speaker.closed.wait(0.1):
                    pass
            except (OSError, AssertionError):
                pass
            finally:
                speaker.close()
            self.ending.wait(0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_links(lab, seed):
    """In the end, when all is there again, all sessions are."""
    rand = random.Random(seed)
    left, right = lab.namespace("a"), lab.namespace("b")

    def quietly(namespace, *args):
        subprocess.run(["ip", "-n", namespace.name, *args], capture_output=True, check=False)

    def make(n):
        quietly(left, "link", "add", f"l{n}", "type", "veth", "peer", "name", f"r{n}",
                "netns", right.name)
        address(n, "add")
        quietly(right, "address", "add", f"10.7.{n}.2/24", "dev", f"r{n}")
        quietly(left, "link", "set", f"l{n}", "up")
        quietly(right, "link", "set", f"r{n}", "up")

    def address(n, what):
        quietly(left, "address", what, f"10.7.{n}.1/24", "dev", f"l{n}")

    def peer(n):
        return {"remote_ip": f"10.7.{n}.2", "remote_as": 65001 + n, "passive": n % 2 == 0,
                "hold_timer": 90, "dest_port": 1179, "local_address": f"10.7.{n}.1",
                "advertise_sources": ["peer"]}

    peers = [peer(n) for n in range(LINKS)] + \
        [{"remote_ip": f"fe80::2%l{n}", "remote_as": 65020 + n, "dest_port": 1179}
         for n in range(LINKS)]
    bgpd = lab.bgpd({"bgp_socket": [":1179"] + [f"10.7.{n}.1:1180" for n in range(LINKS)],
                     "api_socket": "127.0.0.1:8080"}, start=False, netns=left, peers=peers)
    bgpd.rpc.address = bgpd.api_address = "127.0.0.1"
    bgpd.start()
    others = [Neighbour(f"10.7.{n}.2", f"10.7.{n}.1", 65001 + n, right,
                        [Route(f"20.{n}.{k}.0/24", f"10.7.{n}.2", (65001 + n,)) for k in range(200)])
              for n in range(LINKS)]
    for n in range(LINKS):
        make(n)
    for other in others:
        other.start()
    for step in range(STEPS):
        time.sleep(rand.random() * 0.1)
        n = rand.randrange(LINKS)
        what = rand.choice(("down", "up", "delete", "make", "no address", "address", "reload", "api"))
        if what in ("down", "up"):
            quietly(left, "link", "set", f"l{n}", what)
        elif what == "delete":
            quietly(left, "link", "del", f"l{n}")
        elif what == "make":
            make(n)
        elif what == "no address":
            address(n, "del")
        elif what == "address":
            address(n, "add")
        elif what == "reload":
            entries = list(bgpd.config["peers"])
            rand.shuffle(entries)
            entry = {**entries[0], "fast_fallover": rand.random() < 0.5}
            bgpd.reload(peers=[entry] + entries[1:rand.choice((len(entries), len(entries), 5))]
                        if step % 3 else peers)
        else:
            bgpd.call(rand.choice(("reset_peer", "disable_peer", "enable_peer")),
                      bgpd.config["peers"][0]["remote_ip"])
    bgpd.reload(peers=peers)
    for n in range(LINKS):
        quietly(left, "link", "set", f"l{n}", "up")
        make(n)
        bgpd.call("enable_peer", f"10.7.{n}.2")
    try:
        for n in range(LINKS):
            bgpd.wait_established(f"10.7.{n}.2", timeout=90)
        wait_for(lambda: all(bgpd.peer(f"10.7.{n}.2")["prefixes_advertised"] == 200 * (LINKS - 1)
                             for n in range(LINKS)), 60)
        assert bgpd.call("show_info")["loop"]["longest_turn_processor_ms"] <= LONGEST_TURN
    finally:
        for other in others:
            other.ending.set()
        for other in others:
            other.join(10)
