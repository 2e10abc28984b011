"""Configurations that follow one another at random, quickly and under traffic: what peers hold in
the end is what the API says they were told, and what a daemon would tell them that was started with
the last configuration."""

import copy
import os
import random
import socket
import threading
import time

import pytest

import speaker as sp
from support import toml
from support.route import Route, assert_same
from support.rpc import RpcError
from support.wait import wait_for
from watch import HEALTHY, HEALTHY_AS, LONG

ROUNDS = 60 if LONG else 5
RELOADS = 8  # of each round
PAUSE = 0.05  # s between two reloads
FAMILIES = ("ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow")
SEEDS = [int(seed) for seed in os.environ.get("BGPD_SEEDS", "4 7").split()]
ASNS = {2: 65002, 3: 65003, 4: 65000, 5: 65000, 6: 65006}


class Member(sp.Speaker):
    """A peer that always comes back, with the routes it has at that time, and sends them again when
    it is asked to."""

    def __init__(self, number, address, remote, asn=None, families=FAMILIES):
        super().__init__(address, asn or ASNS[number], router_id=f"10.255.0.{number}", families=families)
        self.number, self.remote = number, remote
        self.random = random.Random(number)
        self.table = {}
        self.table_lock = threading.RLock()
        self.ending = threading.Event()
        self.established = False
        self.sessions = 0
        self.keeper = threading.Thread(target=self.keep, daemon=True)

    def make_socket(self, remote):
        sock = super().make_socket(remote)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        return sock

    def keep(self):
        while not self.ending.is_set():
            try:
                self.connect(self.remote, timeout=3)
                self.establish(5)
                self.sessions += 1
                with self.table_lock:
                    self.send_table()
                    self.established = True
                self.answer_requests()
            except (OSError, AssertionError, AttributeError):
                pass
            with self.table_lock:
                self.established = False
            if self.sock is not None:
                self.close()
            self.ending.wait(0.02)

    def answer_requests(self):
        seen = 0
        while not self.ending.is_set() and not self.closed.is_set():
            with self.changed:
                self.changed.wait(0.2)
                new = self.messages[seen:]
            seen += len(new)
            for kind, _ in new:
                if kind == sp.ROUTE_REFRESH:
                    with self.table_lock:
                        self.send_table()

    def send_table(self):
        for route in self.table.values():
            self.announce(route)

    def change(self, prefix, route):
        """Announces or (None) withdraws."""
        with self.table_lock:
            if route is None:
                if self.table.pop(prefix, None) is None:
                    return
            else:
                self.table[prefix] = route
            if not self.established:
                return
            try:
                if route is None:
                    self.withdraw(prefix)
                else:
                    self.announce(route)
            except (OSError, AttributeError):
                pass  # keep() comes back with the table

    def random_change(self):
        rand = self.random
        prefix = rand.choice(PREFIXES)
        if rand.random() < 0.3:
            self.change(prefix, None)
            return
        # A length of its own for each peer: then the age of a path never counts.
        path = [64512 if self.asn == 65000 else self.asn] * self.number + \
            [rand.choice((64496, 64497, 65000, 65009))]
        hop = f"2001:db8::{self.number}" if ":" in prefix else f"10.254.0.{self.number}"
        self.change(prefix, Route(
            prefix, hop, path, rand.choice(sp.ORIGINS), rand.choice((None, 5, 70)),
            rand.choice((None, 100, 100, 200)),
            rand.choice(((), ("65000:7",), ("no-export",), ("no-advertise",)))))

    def end(self):
        self.ending.set()
        self.keeper.join(10)


PREFIXES = [f"20.{n}.0.0/16" for n in range(12)] + [f"2001:db8:{n:x}::/48" for n in range(6)] + \
    ["127.9.0.0/16"]


def static(rand):
    n = rand.randrange(8)
    if n >= 6:
        return {"prefix": f"2001:db8:{n:x}::/48", "next_hop": f"2001:db8::{rand.choice((9, 10)):x}"}
    route = {"prefix": f"20.{n}.0.0/16", "next_hop": f"10.254.0.{rand.choice((9, 10))}"}
    for key, values in (("local_pref", (50, 300)), ("multi_exit_disc", (1, 2)),
                        ("communities", (["65000:1"], ["no-export"])),
                        ("as_path", (["64511"], [])), ("origin", ("EGP",))):
        if rand.random() < 0.3:
            route[key] = rand.choice(values)
    return route


def flow(rand):
    return {"afi": 1, "action": f"traffic-rate {rand.choice((0, 1000))}",
            "matches": [f"destination 20.0.{rand.randrange(4)}.0/24"]}


def limit(rand):
    """One that nobody meets."""
    return {"limit": rand.choice((500, 1000)), "warn_percent": rand.choice((0, 90)),
            "action": rand.choice(("warn", "ignore-new", "shutdown")),
            "count": rand.choice(("received", "accepted"))}


PEER_KEYS = {
    "description": lambda r: r.choice(("a", "b")),
    "enabled": lambda r: r.random() < 0.95,
    "local_as": lambda r: r.choice((65000, 65000, 65000, 64999, 65002, 65003)),
    "router_id": lambda r: r.choice(("10.255.9.1", "10.255.9.2")),
    "connect_retry": lambda r: r.choice((1, 2)),
    "hold_timer": lambda r: r.choice((0, 30, 90)),
    "passive": lambda r: True,
    "advertise_sources": lambda r: r.sample(("api", "config", "peer"), r.choice((1, 2, 3, 3, 3, 3))),
    "max_prefixes": lambda r: r.choice((0, 1000, {"ipv4 unicast": 500}, limit(r))),
    "channels": lambda r: {family: {"max_prefixes": r.choice((700, limit(r)))}
                           for family in r.sample(FAMILIES[1:], r.randrange(3))},
    "route_reflector_client": lambda r: r.random() < 0.7,
    "route_server_client": lambda r: r.random() < 0.5,
    "interpret_communities": lambda r: r.random() < 0.5,
    "next_hop_self": lambda r: r.random() < 0.5,
    "next_hop_ipv4": lambda r: "10.254.9.9",
    "enforce_first_as": lambda r: r.random() < 0.5,
    "allow_own_as": lambda r: r.choice((0, 1, 3)),
    "accept_martians": lambda r: r.random() < 0.5,
    "fast_fallover": lambda r: r.random() < 0.5,
    "ttl_security": lambda r: r.random() < 0.5,
    "multihop": lambda r: r.choice((True, 3)),
    "extended_messages": lambda r: r.random() < 0.5,
    "role": lambda r: r.choice(("provider", "customer", "peer", "rs", "rs-client")),
    "families": lambda r: r.sample(FAMILIES, r.randrange(1, 5)),
    "group": lambda r: r.choice(("g1", "g2")),
    "static_routes": lambda r: unique([static(r) for _ in range(r.randrange(1, 4))], "prefix"),
    "static_flows": lambda r: unique([flow(r) for _ in range(r.randrange(1, 3))], "matches"),
}
# Those that a session need not end for: what is held must follow.
WITHIN = ("accept_martians", "advertise_sources", "allow_own_as", "enforce_first_as",
          "interpret_communities", "next_hop_self", "route_reflector_client", "route_server_client",
          "static_flows", "static_routes")
TOP_KEYS = {
    "cluster_id": lambda r: r.choice(("10.255.8.1", "10.255.8.2")),
    "router_id": lambda r: r.choice(("10.255.7.1", "10.255.7.2")),
    "default_as": lambda r: r.choice((65000, 65000, 64998)),
    "poll_interval": lambda r: r.choice((1, 2)),
}
REQUIRED = ("router_id", "default_as")


def unique(entries, key):
    return list({str(entry[key]): entry for entry in entries}.values())


def mutate(rand, config, spare, next_sessions):
    """A configuration that follows from `config`; `spare` holds the entries of peers left out.
    `next_sessions`: what changes the routes of those may change, too."""
    config = copy.deepcopy(config)
    for _ in range(rand.randrange(1, 4)):
        choice = rand.random()
        if choice < 0.1:
            keys, table, needed = TOP_KEYS, config, REQUIRED
        else:
            keys, needed = PEER_KEYS, ("passive",)
            table = rand.choice(config["peers"] + list(config["groups"].values()))
        if 0.1 <= choice < 0.14 and len(config["peers"]) > 3:
            entry = config["peers"].pop(rand.randrange(len(config["peers"])))
            spare[entry["remote_ip"]] = entry
        elif 0.16 <= choice < 0.24 and spare:
            address = rand.choice(sorted(spare))
            config["peers"].insert(rand.randrange(len(config["peers"]) + 1), spare.pop(address))
        else:
            key = rand.choice(sorted(keys) if keys is TOP_KEYS or rand.random() < 0.3 else WITHIN)
            if key in ("families", "role") and not next_sessions:
                continue
            if rand.random() < 0.35 and key not in needed:
                table.pop(key, None)
            elif not (key == "group" and "remote_ip" not in table):
                table[key] = keys[key](rand)
    return config


def dump(bgpd, healthy):
    """Writes the configuration, groups as the tables they are."""
    config = {**bgpd.config, "peers": [healthy, *bgpd.config["peers"]]}
    groups = config.pop("groups")
    text = toml.dumps(config)
    for name, group in groups.items():
        text += f"\n[groups.{name}]\n" + toml.dumps(group, f"groups.{name}.")
    bgpd.write("config.toml", text)


def reload_random(rand, bgpd, spare, next_sessions):
    old, old_spare = bgpd.config, dict(spare)
    bgpd.config = mutate(rand, old, spare, next_sessions)
    bgpd.write_config()
    try:
        bgpd.call("reload")
        return True
    except RpcError as error:
        assert error.data, error
        bgpd.config = old
        spare.clear()
        spare.update(old_spare)
        bgpd.write_config()
        return False


def go_there_and_back(rand, bgpd):
    """To what was in force before, and to what the file says again, by either way."""
    if rand.random() < 0.6:
        return
    try:
        bgpd.call("rollback")
    except RpcError as error:
        assert "nothing to go back to" in error.message
        return
    bgpd.call(rand.choice(("rollback", "reload")))


def settled(bgpd, members):
    """Waits until all that may be up is up, and nothing more is sent."""
    def quiet():
        states = {p["peer"]: p for p in bgpd.call("show_peers")}
        for member in members:
            peer = states.get(member.address)
            if peer is None or not peer["enabled"]:
                continue
            if peer["state"] != "Established" or not member.established:
                return False
        return True
    wait_for(quiet, 60, "all peers up")

    def counts():
        return [len([k for k, _ in m.messages if k == sp.UPDATE]) for m in members] + \
            [[(p["prefixes_received"], p["prefixes_advertised"]) for p in bgpd.call("show_peers")]]
    last, since, times = counts(), time.monotonic(), 0
    deadline = since + 60
    # Long enough, and looked at often enough: who is held up meanwhile has not come to an end.
    while time.monotonic() - since < 0.4 or times < 8:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        now = counts()
        times += 1
        if now != last or not quiet():
            last, since, times = now, time.monotonic(), 0


def flow_nlris(data):
    found = set()
    while data:
        found.add(data[:1 + data[0]])  # all are shorter than 240 bytes
        data = data[1 + data[0]:]
    return found


def flows(member):
    """The NLRI of the flows that a peer holds."""
    table = set()
    for update in member.updates():
        for kind in (sp.MP_UNREACH, sp.MP_REACH):
            value = update.attributes.get(kind)
            if value is None or value[2] != 133:
                continue
            if kind == sp.MP_REACH:
                table |= flow_nlris(value[5 + value[3]:])
            else:
                table -= flow_nlris(value[3:])
    return table


def held(bgpd, members):
    """{address: ({prefix: Route}, flows)} of those that are up; it comes to what the API says they were
    told."""
    return wait_for(lambda: [held_now(bgpd, members)])[0]


def held_now(bgpd, members):
    result = {}
    for member in members:
        address = member.address
        if not bgpd.established(address):
            continue
        result[address] = dict(member.received()), flows(member)
        told = bgpd.routes("show_routes_advertised", address)
        same(bgpd.advertised(address), result[address][0], address)
        assert len(result[address][1]) == sum(v["safi"] == "Flowspec" for v in told), address
    return result


def same(expected, actual, what):
    try:
        assert_same(expected, actual)
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error


def all_same(expected, actual, what):
    assert expected.keys() == actual.keys()
    for address in expected:
        same(expected[address][0], actual[address][0], f"{address}, {what}")
        assert expected[address][1] == actual[address][1], f"{address}, {what}"


def table_view(bgpd):
    """What show_routes says of all routes, but for how old they are."""
    views = bgpd.call("show_routes")["routes"]
    for view in views:
        for key in ("age", "received_at"):
            view.pop(key, None)
    return sorted(views, key=str)


API_ROUTES = [{"prefix": f"20.{n}.0.0/16", "next_hop": f"10.254.1.{n}", "as_path": ["64510"] * (n % 3)}
              for n in range(0, 12, 5)]


def start(lab, watched):
    bgpd = lab.bgpd({"groups": {"g1": {"next_hop_self": True}, "g2": {"allow_own_as": 1}}},
                    start=False, peers=[
                        {"remote_ip": lab.addr(n), "remote_as": ASNS[n], "passive": True,
                         "hold_timer": 90, "advertise_sources": ["api", "config", "peer"]}
                        for n in ASNS])
    # The healthy peer has keys of its own for all that changes at the top.
    healthy = lab.peer(HEALTHY, HEALTHY_AS, passive=True, local_as=65000, router_id="10.255.6.1",
                       advertise_sources=["api"])
    bgpd.write_config = lambda: dump(bgpd, healthy)
    bgpd.start()
    watched.bgpd = bgpd
    watched.watch()
    return bgpd


def advertise(bgpd):
    for route in API_ROUTES:
        bgpd.call("advertise_route", **route)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_reloads(lab, watched, seed):
    """With an even seed nothing is changed that waits for the next session: then what is held does
    not change by a new one either."""
    rand, detours = random.Random(seed), random.Random(seed)
    bgpd = start(lab, watched)
    members = [Member(n, lab.addr(n), lab.addr(1)) for n in ASNS]
    spare = {}
    try:
        for member in members:
            for _ in range(30):
                member.random_change()
            member.keeper.start()
        settled(bgpd, members)
        advertise(bgpd)
        for round_number in range(ROUNDS):
            for _ in range(RELOADS):
                begin = time.monotonic()
                reload_random(rand, bgpd, spare, seed % 2)
                go_there_and_back(detours, bgpd)
                for member in members:
                    member.random_change()
                time.sleep(max(0, begin + PAUSE - time.monotonic()))
            settled(bgpd, members)
            before = held(bgpd, members)
            for address in before:
                bgpd.call("reset_peer", address)
            settled(bgpd, members)
            after = held(bgpd, members)
            if seed % 2 == 0:
                all_same(after, before, f"before new sessions, round {round_number}")
        watched.check()
        table = table_view(bgpd)
        bgpd.stop()
        bgpd.start()
        settled(bgpd, members)
        advertise(bgpd)
        settled(bgpd, members)
        all_same(held(bgpd, members), after, "after all the reloads")
        assert table_view(bgpd) == table
    finally:
        for member in members:
            member.end()
