"""Policies that change in both directions, one configuration after the other, by the file and by the API,
while peers flap, others read slowly and clients ask for everything: what peers hold in the end is what
the API says they were told, and what a daemon would tell them that was started with the last one."""

import copy
import os
import random
import socket
import struct
import time

import pytest

import speaker as sp
from support import toml
from support.route import Route
from support.rpc import RpcError
from support.wait import wait_for
from test_random_reloads import Member, all_same, held, settled, table_view
from test_readers import Reader
from watch import LONG, SANITIZED

RELOADS = 1000 if LONG else 30 if SANITIZED else 100
SEEDS = [int(seed) for seed in os.environ.get("BGPD_SEEDS", "1").split()]
CHUNKS = 15 if SANITIZED else 40
PER_CHUNK = 40
FILLING = sp.attribute(99, bytes(900), sp.OPTIONAL | sp.TRANSITIVE)  # so that slow readers are behind
GIVERS = (2, 3, 4)      # those after the first one flap
TAKERS = (5, 6, 7, 8)
SLOW = (9, 10)
STEADY = (2, *TAKERS, *SLOW)


class Giver(Member):
    """A peer with chunks of prefixes, each of one attribute set, that always comes back."""

    def __init__(self, number, address, remote):
        super().__init__(number, address, remote, 65000 + number, ("ipv4 unicast",))
        for chunk in range(CHUNKS):
            self.table[chunk] = self.make(chunk)

    def nlris(self, chunk):
        return b"".join(b"\x18" + struct.pack("!BBB", 20, chunk, i) for i in range(PER_CHUNK))

    def make(self, chunk):
        rand = self.random
        # Lengths that no policy can make those of another peer: then the age of a path never counts.
        path = [self.asn] * (1 + 8 * (self.number - 2)) + [rand.choice((64496, 64497, 64498))]
        route = Route("20.0.0.0/24", f"10.254.0.{self.number}", path, rand.choice(sp.ORIGINS),
                      rand.choice((None, 5, 70)), None,
                      rand.choice(((), ("65000:1",), ("65000:2", "65001:5"), ("65001:6",))))
        return sp.message(sp.UPDATE, sp.update_body(sp.route_attributes(route) + FILLING, self.nlris(chunk)))

    def send_table(self):
        self.send_raw(b"".join(self.table.values()))

    def random_change(self):
        chunk = self.random.randrange(CHUNKS)
        with self.table_lock:
            if self.random.random() < 0.3:
                self.table.pop(chunk, None)
                update = sp.message(sp.UPDATE, sp.update_body(withdrawn=self.nlris(chunk)))
            else:
                update = self.table[chunk] = self.make(chunk)
            try:
                if self.established:
                    self.send_raw(update)
            except (OSError, AttributeError):
                pass  # keep() comes back with the table

    def flap(self):
        sock = self.sock
        if self.established and sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Taker(Member):
    def __init__(self, number, address, remote):
        super().__init__(number, address, remote, 65000 + number, ("ipv4 unicast",))


class SlowTaker(Taker):
    """Takes a little at a time, until it may be quick."""

    def __init__(self, number, address, remote):
        super().__init__(number, address, remote)
        self.quick = False

    def make_socket(self, remote):
        sock = super().make_socket(remote)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return sock

    def read(self, sock, messages, closed):
        class Paced:
            """Of the socket, what read() asks of it."""

            shutdown = sock.shutdown

            @staticmethod
            def recv(size):
                if not self.quick:
                    time.sleep(0.05)  # time is what is needed here
                return sock.recv(size if self.quick else 256)

        super().read(Paced, messages, closed)


# --- configurations ---

def condition(rand):
    tests = [
        lambda: {"prefix": rand.choice(("some", "20.0.0.0/11 le 24", ["20.32.0.0/12 ge 24", "20.8.0.0/16"]))},
        lambda: {"neighbor_as": rand.choice((65002, [65003, 65004], "them"))},
        lambda: {"origin_as": rand.choice((64496, "64497-64499"))},
        lambda: {"as_path": rand.choice(("_64497$", "^65003", "65004 65004 64496$"))},
        lambda: {"community": rand.choice(("65000:1", "65001:*", "65000:{peer.as}"))},
        lambda: {"med": "0-50"},
        lambda: {"source": rand.choice(("external", "p3"))},
        lambda: {"mark": "seen"},
    ]
    test = rand.choice(tests)()
    if rand.random() < 0.2:
        return {"not": test}
    return {"any": [test, rand.choice(tests)()]} if rand.random() < 0.2 else test


def change(rand):
    changes = [
        lambda: {"local_pref": rand.choice((50, 100, 200, 300))},
        lambda: {"med": rand.choice((10, "+5", "remove"))},
        lambda: {"origin": rand.choice(("igp", "incomplete"))},
        lambda: {"communities": {"add": [f"65000:{rand.randrange(4)}"], "remove": ["65001:*"]}},
        lambda: {"communities": {"add": ["65001:{peer.as}"]}},
        lambda: {"prepend": {"as": 65000, "count": rand.choice((1, 2))}},
        lambda: {"mark": {"add": "seen"}},
    ]
    return rand.choice(changes)()


def policy(rand):
    rules = []
    for _ in range(rand.randrange(1, 4)):
        rule = {"if": condition(rand)}
        if rand.random() < 0.6:
            rule["set"] = change(rand)
        if "set" not in rule or rand.random() < 0.4:
            rule["then"] = rand.choice(("accept", "reject", "reject", "next"))
        rules.append(rule)
    return {"default": rand.choice(("next", "next", "accept", "reject")), "rules": rules}


def a_set(rand):
    return [f"20.{chunk}.0.0/16 le 24" for chunk in sorted(rand.sample(range(CHUNKS), CHUNKS // 3))]


def mutate(rand, config):
    config = copy.deepcopy(config)
    for _ in range(rand.randrange(1, 4)):
        what = rand.random()
        peer = rand.choice([p for p in config["peers"] if "name" in p])
        if what < 0.3:
            config["prefix_sets"]["some"] = a_set(rand)
        elif what < 0.6:
            config["policies"][rand.choice(sorted(config["policies"]))] = policy(rand)
        else:
            # No more than two that prepend: see the lengths of paths.
            peer[rand.choice(("import", "export"))] = rand.sample(sorted(config["policies"]), rand.randrange(3))
    return config


def put_in_force(rand, bgpd):
    """Another configuration, by the file or sent; whether it was taken."""
    config = mutate(rand, bgpd.config)
    try:
        if rand.random() < 0.5:
            summary = bgpd.call("reload", config=toml.dumps(config), name="made.toml")
        else:
            bgpd.write("config.toml", toml.dumps(config))
            summary = bgpd.call("reload")
    except RpcError as error:
        assert error.data and error.data["errors"], error
        return False
    assert (summary["sessions_reset"], summary["sessions_ended"]) == (0, 0), summary
    bgpd.config = config
    return True


def readers(bgpd, config):
    asked = (("show_routes", {}), ("show_routes_learned", {"filtered": True}), ("show_policies", {}),
             ("show_routes_advertised", {"withheld": True}),
             ("explain", {"prefix": "20.1.1.0/24", "out": True}),
             ("policy_diff", {"config": toml.dumps(config), "routes": True}))
    return [Reader(bgpd.rpc, method, params) for method, params in asked]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_policies(lab, watched, seed):
    rand = random.Random(seed)
    config = {"prefix_sets": {"some": a_set(rand)}, "as_sets": {"them": [65003, 65004]},
              "policies": {f"p{i}": policy(rand) for i in range(6)}}
    entries = [lab.peer(n, 65000 + n, passive=True, hold_timer=90, name=f"p{n}", advertise_sources=["peer"])
               for n in (*GIVERS, *TAKERS, *SLOW)]
    bgpd = watched.start(config, peers=entries)
    kinds = {**dict.fromkeys(GIVERS, Giver), **dict.fromkeys(TAKERS, Taker), **dict.fromkeys(SLOW, SlowTaker)}
    members = {n: kind(n, lab.addr(n), lab.addr(1)) for n, kind in kinds.items()}
    clients = readers(bgpd, mutate(rand, bgpd.config))
    try:
        for member in members.values():
            member.keeper.start()
        bgpd.wait_established(*(m.address for m in members.values()))
        for client in clients:
            client.start()
        taken = 0
        for number in range(RELOADS):
            taken += put_in_force(rand, bgpd)
            for giver in GIVERS:
                members[giver].random_change()
            if number % 4 == 0:
                members[rand.choice(GIVERS[1:])].flap()
            if number % 8 == 7:
                bgpd.wait_established(*(m.address for m in members.values()))
        wait_for(lambda: all(c.answers or c.problem for c in clients), 60, "all clients have been answered")
        assert taken > RELOADS / 2
        for client in clients:
            client.ending = True
        for client in clients:
            client.join(60)
        assert not [c.problem for c in clients if c.problem]
        for n in SLOW:
            members[n].quick = True
        settled(bgpd, members.values())
        told = held(bgpd, members.values())
        assert len(told) == len(members) and any(routes for routes, _ in told.values())
        assert [members[n].sessions for n in STEADY] == [1] * len(STEADY)
        assert "Hold Timer Expired" not in bgpd.log()
        watched.check()
        table = table_view(bgpd)
        bgpd.stop()
        bgpd.start()  # with the last configuration as its file
        settled(bgpd, members.values())
        all_same(held(bgpd, members.values()), told, "after all the changes")
        assert table_view(bgpd) == table
    finally:
        for client in clients:
            client.ending = True
        for member in members.values():
            member.end()
