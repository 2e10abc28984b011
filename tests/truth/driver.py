"""Runs a scenario against a daemon, and compares it with the model at each check."""

import ipaddress
from collections import defaultdict

from model import API, ORIGINS, Model
from scenario import PREFIXES
from speaker import CLUSTER_LIST, ORIGINATOR_ID, ROUTE_REFRESH, UPDATE, attribute, mp_reach, \
    mp_unreach, nlri, route_attributes, update_body
from support.bgpd import to_route
from support.route import Route
from support.rpc import RpcError
from support.wait import wait_for

FAMILIES = ("ipv4 unicast", "ipv6 unicast")
TIMEOUT_S = 10
KINDS_OF_PEER = {True: ("route_reflector_client",),
                 False: ("route_server_client", "interpret_communities", "enforce_first_as")}


class Difference(AssertionError):
    """The daemon and the model do not agree."""


def compare(what, expected, actual):
    if expected == actual:
        return
    lines = [f"{what}:"]
    for key in sorted(expected.keys() | actual.keys(), key=str):
        if expected.get(key) != actual.get(key):
            lines += [f"  {key}", f"    model:  {expected.get(key)}",
                      f"    daemon: {actual.get(key)}"]
    raise Difference("\n".join(lines))


def address_bytes(*addresses):
    return b"".join(ipaddress.ip_address(a).packed for a in addresses)


def update(announced, withdrawn, as4):
    """The body of an UPDATE: routes that share their attributes, of one IP version, and prefixes."""
    v6 = b"".join(nlri(r.prefix) for r in announced if ":" in r.prefix)
    v4 = b"".join(nlri(r.prefix) for r in announced if ":" not in r.prefix)
    gone_v6 = b"".join(nlri(p) for p in withdrawn if ":" in p)
    gone_v4 = b"".join(nlri(p) for p in withdrawn if ":" not in p)
    attributes = mp_unreach("ipv6 unicast", gone_v6) if gone_v6 else b""
    if announced:
        route = announced[0]
        if v6:
            attributes += mp_reach("ipv6 unicast", route.next_hop, v6)
        attributes += route_attributes(route, as4)
        if route.originator_id:
            attributes += attribute(ORIGINATOR_ID, address_bytes(route.originator_id))
        if route.cluster_list:
            attributes += attribute(CLUSTER_LIST, address_bytes(*route.cluster_list))
    return update_body(attributes, v4, gone_v4)


class Driver:
    """One run of a scenario in a lab. `seconds`: how long a check waits for the daemon to come to
    what the model says."""

    def __init__(self, lab, scenario, seconds=TIMEOUT_S):
        self.lab = lab
        self.scenario = scenario
        self.seconds = seconds
        self.model = Model(scenario, lab.addr)
        self.speakers = {}  # member: Speaker that is up
        self.best = {}  # prefix: source of the best path when it was looked at last
        self.changes = defaultdict(list)  # prefix: whose paths have changed since then
        self.bgpd = lab.bgpd(self.config())

    def run(self):
        for step in self.scenario.steps:
            getattr(self, "do_" + step[0])(*step[1:])

    # --- what the scenario says, with addresses ---

    def address(self, value):
        return self.lab.addr(value) if isinstance(value, int) else value

    def route(self, prefix, attributes):
        values = {**attributes, "next_hop": self.address(attributes["next_hop"])}
        if "originator_id" in values:
            values["originator_id"] = self.address(values["originator_id"])
            values["cluster_list"] = tuple(map(self.address, values["cluster_list"]))
        return Route(prefix, **values)

    @staticmethod
    def settings(route):
        """A route as the configuration and the API take it."""
        values = {"prefix": route.prefix, "next_hop": route.next_hop, "origin": route.origin,
                  "as_path": [str(hop) for hop in route.as_path], "local_pref": route.local_pref,
                  "multi_exit_disc": route.med, "communities": sorted(route.communities)}
        return {key: value for key, value in values.items() if value is not None}

    def peer(self, entry):
        table = {"remote_ip": self.lab.network(25).replace(".0/", ".128/") if entry["network"]
                 else self.lab.addr(entry["members"][0]),
                 "remote_as": entry["as"], "passive": True, "families": list(FAMILIES),
                 "static_routes": [self.settings(r) for r in entry["static"].values()]}
        for key in ("local_as", "advertise_sources", "next_hop_self", "allow_own_as",
                    *KINDS_OF_PEER[entry["internal"]]):
            if key in entry:
                table[key] = entry[key]
        return table

    def config(self):
        for entry in self.model.entries:
            entry["static"] = {prefix: self.route(prefix, value) if isinstance(value, dict) else value
                               for prefix, value in entry["static"].items()}
        return {"peers": [self.peer(entry) for entry in self.model.entries],
                "cluster_id": self.model.cluster_id}

    # --- steps ---

    def note_change(self, prefixes, *sources):
        for prefix in prefixes:
            self.changes[prefix] += sources

    def do_up(self, member):
        if member in self.speakers:
            return
        entry = self.model.entry_of(member)
        speaker = self.lab.speaker(member, entry["as"], hold_time=0, families=FAMILIES,
                                   as4=entry["as4"], keepalives=False)
        self.speakers[member] = speaker.connect(self.lab.addr(1)).establish()
        self.model.up(member)

    def lose(self, member):
        """The session of a member has ended, or is about to: until the daemon knows it, too, another
        one from there would be a collision."""
        speaker = self.speakers.pop(member)
        address = self.lab.addr(member)
        speaker.close()
        wait_for(lambda: not self.bgpd.established(address), self.seconds, f"loss of {address}",
                 interval=0.002)
        self.note_change(self.model.down(member).routes, member)

    def do_down(self, member):
        if member in self.speakers:
            self.lose(member)

    def do_reset(self, member):
        if member not in self.speakers:
            return
        wait_for(lambda: self.bgpd.established(self.lab.addr(member)), self.seconds, interval=0.002)
        self.bgpd.call("reset_peer", self.lab.addr(member))
        self.speakers[member].wait_closed()
        self.lose(member)

    def do_announce(self, member, prefixes, attributes, withdrawn):
        if member not in self.speakers:
            return
        routes = [self.route(prefix, attributes) for prefix in prefixes]
        speaker = self.speakers[member]
        speaker.send(UPDATE, update(routes, withdrawn, speaker.as4))
        for prefix in set(withdrawn) - set(prefixes):
            self.model.withdraw(member, prefix)
        for route in routes:
            self.model.announce(member, route)
        self.note_change({*prefixes, *withdrawn}, member)

    def do_withdraw(self, member, prefixes):
        if member not in self.speakers:
            return
        self.speakers[member].send(UPDATE, update([], prefixes, True))
        for prefix in prefixes:
            self.model.withdraw(member, prefix)
        self.note_change(prefixes, member)

    def do_refresh(self, member):
        """Everything is to come again: what was told before does not count."""
        if member not in self.speakers:
            return
        speaker = self.speakers[member]
        with speaker.changed:
            speaker.cached = (len(speaker.messages), {})
        for afi in (1, 2):
            speaker.send(ROUTE_REFRESH, bytes([0, afi, 0, 1]))

    def do_reload(self, changes, cluster_id):
        for index, name, value in changes:
            self.model.entries[index][name] = value
        if cluster_id is not None:
            self.model.cluster_id = self.address(cluster_id)
        self.bgpd.reload(**self.config())
        self.note_change(PREFIXES, *self.speakers)

    def do_advertise(self, prefix, attributes):
        route = self.route(prefix, attributes)
        self.bgpd.call("advertise_route", **self.settings(route))
        self.model.api[route.prefix] = route
        self.note_change([prefix], API)

    def do_unadvertise(self, prefix):
        if self.model.api.pop(prefix, None) is not None:
            self.bgpd.call("withdraw_route", prefix)
        self.note_change([prefix], API)

    # --- the check ---

    def do_check(self):
        try:
            wait_for(self.agrees, self.seconds, interval=0.004)
        except RpcError as error:
            raise Difference(f"the API: {error}") from error
        self.changes.clear()

    def agrees(self):
        self.compare_learned()
        best = self.compare_loc_rib()
        held = {member: speaker.received() for member, speaker in self.speakers.items()}
        for member in self.speakers:
            compare(f"what member {member} holds", self.model.expected(member, best), held[member])
        self.compare_advertised(held)
        self.best = best
        return True

    def member_of(self, source):
        """The number of a member from its address."""
        return int(source.rsplit(".", 1)[1]) if "." in source else source

    def compare_learned(self):
        """The Adj-RIB-Ins and what the API announces."""
        actual = {}
        for view in self.bgpd.call("show_routes_learned"):
            if view["source"] != "Config":
                key = (self.member_of(view["source"]), view["prefix"])
                actual[key] = (to_route(view), view.get("filtered"))
        expected = {(API, prefix): (route, None) for prefix, route in self.model.api.items()}
        for prefix in self.model.prefixes():
            for path in self.model.learned(prefix):
                expected[path.source, prefix] = (path.route, self.model.reject(path))
        compare("routes learned", expected, actual)

    def compare_loc_rib(self):
        """Which path is the best. Returns {prefix: source}."""
        best = {}
        for view in self.bgpd.call("show_routes", best=True)["routes"]:
            best[view["prefix"]] = self.member_of(view["source"])
        for prefix in self.model.prefixes():
            allowed = self.model.may_be_best(prefix)
            before = self.best.get(prefix)
            if before in allowed and self.has_stayed(prefix, before):
                allowed = {before}
            if best.get(prefix) not in (allowed or {None}):
                raise Difference(f"the best path to {prefix} is of {best.get(prefix)}, not of "
                                 f"{' or '.join(map(str, allowed)) or 'none'}")
        return best

    def has_stayed(self, prefix, source):
        """Whether the path of a source has been the best all the time since the last look, if it may
        be it now: no more than one other path has changed."""
        changes = self.changes[prefix]
        return source not in changes and API not in changes and len(changes) <= 1

    def compare_advertised(self, held):
        actual = {member: {} for member in held}
        for view in self.bgpd.call("show_routes_advertised"):
            actual[self.member_of(view["source"])][view["prefix"]] = to_route(view)
        for member, routes in held.items():
            compare(f"what the API says that member {member} was told", routes, actual[member])
