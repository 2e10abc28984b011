"""Runs a scenario against a daemon, and compares it with the model at each check."""

import ipaddress
from collections import defaultdict
from dataclasses import replace

from model import API, Model
from policy import Noted
from scenario import FAMILIES, FLOW, FLOWS, KEYS, V4, kind_of
from speaker import FAMILIES as FAMILY_NUMBERS
from speaker import CLUSTER_LIST, MP_REACH, MP_UNREACH, ORIGINATOR_ID, \
    ROUTE_REFRESH, UPDATE, Update, attribute, mp_reach, mp_unreach, next_hop_bytes, \
    route_attributes, update_body
from support.bgpd import to_route
from support.nlri import route_nlri, withdrawn_nlri
from support.route import Route
from support.samples import key_params
from support.rpc import RpcError
from support.wait import wait_for

DROP_TEXT, DROP = "traffic-rate:0:0", bytes.fromhex("8006000000000000")
TIMEOUT_S = 60
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


def bare(key, **attributes):
    """The route of a key, which is a prefix, after an RD in a VPN, or the rules of a flow."""
    if key in FLOWS:
        return Route(key, **attributes)
    rd, _, prefix = key.rpartition(" ")
    return Route(prefix, family=kind_of(key), rd=rd or None, **attributes)


def attached(table):
    """The chains of a peer, a group or a channel, as far as something is said of them."""
    result = {key: table[key] for key in ("import", "export") if table[key] is not None}
    if table.get("channels"):
        result["channels"] = {family: attached(chains) for family, chains in table["channels"].items()}
    return result


def nlris(routes, encode):
    """The NLRI of flows, or of others by a function."""
    flows = [bytes.fromhex(FLOWS[route.key]) for route in routes if route.key in FLOWS]
    return b"".join(bytes([len(flow)]) + flow for flow in flows) + \
        b"".join(encode(route) for route in routes if route.key not in FLOWS)


def extra_attributes(route):
    """Those that not every route of the tests has."""
    result = b""
    if route.originator_id:
        result += attribute(ORIGINATOR_ID, address_bytes(route.originator_id))
    if route.cluster_list:
        result += attribute(CLUSTER_LIST, address_bytes(*route.cluster_list))
    return result


def announcement(routes, withdrawn, as4):
    """The body of an UPDATE: routes of one family that share their attributes, and IPv4 prefixes."""
    route = routes[0]
    withdrawn = nlris([bare(key) for key in withdrawn], withdrawn_nlri)
    announced = nlris(routes, route_nlri)
    wire = replace(route, extended=["0x" + DROP.hex() for _ in route.extended])
    attributes = route_attributes(wire, as4) + extra_attributes(route)
    if route.family == V4:
        return update_body(attributes, announced, withdrawn)
    next_hop = next_hop_bytes(route) if route.next_hop else b""
    return update_body(mp_reach(route.family, next_hop, announced) + attributes, withdrawn=withdrawn)


def withdrawals(keys):
    """The bodies of UPDATEs, one for each family."""
    for kind in FAMILIES:
        mine = nlris([bare(key) for key in keys if kind_of(key) == kind], withdrawn_nlri)
        if mine:
            yield update_body(withdrawn=mine) if kind == V4 else update_body(mp_unreach(kind, mine))


class Held:
    """What a member holds from the UPDATEs that it got."""

    def __init__(self, speaker):
        self.speaker = speaker
        self.seen = 0
        self.table = {}

    def forget(self):
        with self.speaker.changed:
            self.seen = len(self.speaker.messages)
        self.table = {}

    def routes(self):
        with self.speaker.changed:
            count = len(self.speaker.messages)
        for kind, body in self.speaker.messages[self.seen:count]:
            if kind == UPDATE:
                self.take(Update(body, self.speaker.as4))
        self.seen = count
        return self.table

    def take(self, update):
        for prefix in update.withdrawn + update.mp_withdrawn + self.flows(update, MP_UNREACH, 3):
            self.table.pop(prefix, None)
        for route in update.routes():
            self.table[route.key] = route
        for flow in self.flows(update, MP_REACH, 5):
            route = update.route(flow, None)
            route.extended = frozenset(DROP_TEXT if c == "0x" + DROP.hex() else c
                                       for c in route.extended)
            self.table[flow] = route

    @staticmethod
    def flows(update, kind, head_bytes):
        """The flows in an MP attribute."""
        data = update.attributes.get(kind, b"")[head_bytes:] if update.mp_family == FLOW else b""
        found = []
        while data:
            length = data[0]
            found.append(next(k for k, v in FLOWS.items() if v == data[1:1 + length].hex()))
            data = data[1 + length:]
        return found


class Driver:
    """One run of a scenario in a lab. `seconds`: how long a check waits for the daemon to come to
    what the model says."""

    def __init__(self, lab, scenario, seconds=TIMEOUT_S):
        self.lab = lab
        self.scenario = scenario
        self.seconds = seconds
        self.model = Model(scenario, lab.addr)
        self.speakers = {}  # member: Speaker that is up
        self.held = {}  # member: Held
        self.best = {}  # prefix: source of the best path when it was looked at last
        self.may_be_asked = set()  # members of whom a refresh may be wanted, for their limits
        self.refreshes = {}  # member: how many messages have been looked at for one
        self.drops = {}  # (member, family): what a reload may have dropped, how many may be left
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
        if prefix in FLOWS:
            values["extended"] = [DROP_TEXT]
        return bare(prefix, **values)

    @staticmethod
    def settings(route):
        """A route or flow as the configuration and the API take it."""
        values = {"origin": route.origin, "as_path": [str(hop) for hop in route.as_path],
                  "local_pref": route.local_pref, "multi_exit_disc": route.med,
                  "communities": sorted(route.communities)}
        if route.family == FLOW:
            values |= {"afi": 1, "action": "traffic-rate 0", "matches": route.prefix.split("; ")}
        else:
            values |= {**key_params(route), "next_hop": route.next_hop}
        if route.labels:
            values["labels"] = list(route.labels)
        return {key: value for key, value in values.items() if value is not None}

    def peer(self, entry):
        table = {"remote_ip": self.lab.network(25).replace(".0/", ".128/") if entry["network"]
                 else self.lab.addr(entry["members"][0]),
                 "remote_as": entry["as"], "passive": True, "families": list(FAMILIES),
                 "static_routes": [self.settings(r) for key, r in entry["static"].items()
                                   if key not in FLOWS],
                 "static_flows": [self.settings(r) for key, r in entry["static"].items()
                                  if key in FLOWS]}
        for key in ("local_as", "advertise_sources", "next_hop_self", "allow_own_as", "group", "name",
                    *KINDS_OF_PEER[entry["internal"]]):
            if key in entry:
                table[key] = entry[key]
        table |= attached(entry)
        if not entry["keep_filtered"]:
            table["keep_filtered"] = False
        if entry["role"]:
            table["role"] = entry["role"]
        if entry["validate_flows"] and not entry["limit"]:
            table["validate_flows"] = True
        if entry["limit"]:
            table["max_prefixes"] = {"limit": entry["limit"], "action": "ignore-new",
                                     "count": entry["count"]}
        return table

    def config(self):
        for entry in self.model.entries:
            entry["static"] = {prefix: self.route(prefix, value) if isinstance(value, dict) else value
                               for prefix, value in entry["static"].items()}
        self.model.configured()
        self.may_be_asked |= {m for entry in self.model.entries if entry["limit"]
                              for m in entry["members"]}
        tables = {**self.model.policies, "groups": {name: attached(group) for name, group
                                                    in self.model.policies["groups"].items()}}
        return {"peers": [self.peer(entry) for entry in self.model.entries],
                "cluster_id": self.model.cluster_id, **tables}

    # --- steps ---

    def note_change(self, prefixes, *sources):
        for prefix in prefixes:
            self.changes[prefix] += sources
        if any(kind_of(prefix) == V4 for prefix in prefixes):
            # Flows may have become infeasible, and feasible again.
            for flow in FLOWS:
                self.changes[flow] += (None, None)

    def do_up(self, member, router_id_net=255):
        if member in self.speakers:
            return
        entry = self.model.entry_of(member)
        self.refreshes[member] = 0
        speaker = self.lab.speaker(member, entry["as"], hold_time=0, families=FAMILIES,
                                   as4=entry["as4"], labels=entry["labels"], keepalives=False,
                                   router_id=f"10.{router_id_net}.0.{member}")
        self.speakers[member] = speaker.connect(self.lab.addr(1)).establish()
        self.held[member] = Held(speaker)
        self.model.up(member, speaker.router_id)

    def lose(self, member):
        """The session of a member has ended, or is about to: until the daemon knows it, too, another
        one from there would be a collision."""
        speaker = self.speakers.pop(member)
        self.held.pop(member)
        address = self.lab.addr(member)
        speaker.close()
        wait_for(lambda: not self.bgpd.established(address), self.seconds, f"loss of {address}",
                 interval=0.002)
        self.note_change(self.model.down(member).routes, member)

    def do_down(self, member):
        if member in self.speakers:
            self.lose(member)

    def do_flap(self, member, router_id_net, again):
        """The session is lost, and comes back at once, with some of the routes."""
        if member not in self.speakers:
            return
        routes = self.model.sessions[member].routes
        self.lose(member)
        self.do_up(member, router_id_net)
        for route in (routes[key] for key in again if key in routes):
            self.send_routes(member, [route])

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
        self.send_routes(member, [self.route(prefix, attributes) for prefix in prefixes], withdrawn)

    def send_routes(self, member, routes, withdrawn=()):
        """Sends one UPDATE."""
        prefixes = {route.key for route in routes}
        speaker = self.speakers[member]
        speaker.send(UPDATE, announcement(routes, withdrawn, speaker.as4))
        for prefix in set(withdrawn) - prefixes:
            self.model.withdraw(member, prefix)
        for route in routes:
            self.model.announce(member, route)
        self.note_change({*prefixes, *withdrawn}, member)

    def do_withdraw(self, member, prefixes):
        if member not in self.speakers:
            return
        for body in withdrawals(prefixes):
            self.speakers[member].send(UPDATE, body)
        for prefix in prefixes:
            self.model.withdraw(member, prefix)
        self.note_change(prefixes, member)

    def do_refresh(self, member):
        """Everything is to come again: what was told before does not count."""
        if member not in self.speakers:
            return
        self.held[member].forget()
        for afi, safi in map(FAMILY_NUMBERS.get, FAMILIES):
            self.speakers[member].send(ROUTE_REFRESH, bytes([0, afi, 0, safi]))

    def do_reload(self, changes, cluster_id):
        if any(name == "role" for _, name, _ in changes):
            self.wait_established()  # attempts would begin anew

        def change():
            for index, name, value in changes:
                self.model.entries[index][name] = value
            if cluster_id is not None:
                self.model.cluster_id = self.address(cluster_id)
        self.reload(change, any(name == "limit" for _, name, _ in changes))

    def wait_established(self):
        for member in self.speakers:
            wait_for(lambda m=member: self.bgpd.established(self.lab.addr(m)), self.seconds,
                     interval=0.002)

    def do_policy(self, changes):
        """`changes`: (table, name, value)."""
        def change():
            for table, name, value in changes:
                self.model.policies[table][name] = value
        self.reload(change)

    def reload(self, change, new_limits=False):
        limited = any(entry["limit"] for entry in self.model.entries)
        if limited or new_limits:
            self.do_check()  # what was sent before is not to meet the new limit
        before = self.accepted()
        change()
        self.bgpd.reload(**self.config())
        self.note_change(KEYS, *self.speakers)
        self.note_drops(before)
        if self.drops:
            self.do_check()

    def accepted(self):
        return {(member, family): self.model.accepted(session, family)
                for member, session in self.model.sessions.items() for family in FAMILIES}

    def note_drops(self, before):
        """Of the routes that a reload would let be used there may be more than the limit has places
        for: which ones are dropped is for the daemon to choose. `before`: what was used."""
        for (member, family), now in self.accepted().items():
            _, most = self.model.limits(self.model.sessions[member])
            known = before[member, family]
            if len(now | known) > most:
                self.drops[member, family] = (now - known, max(most, len(now & known)))

    def take_drops(self, learned):
        for (member, family), (keys, most) in self.drops.items():
            for key in keys:
                if (member, key) not in learned:
                    self.model.withdraw(member, key)
            used = self.model.accepted(self.model.sessions[member], family)
            if len(used) > most:
                raise Difference(f"member {member}: {used} are used, and {most} have a place")

    def do_advertise(self, prefix, attributes):
        route = self.route(prefix, attributes)
        self.bgpd.call("advertise_flow" if route.family == FLOW else "advertise_route",
                       **self.settings(route))
        self.model.api[route.key] = route
        self.note_change([prefix], API)

    def do_unadvertise(self, prefix):
        route = self.model.api.pop(prefix, None)
        if route is not None and route.family == FLOW:
            self.bgpd.call("withdraw_flow", 1, prefix.split("; "))
        elif route is not None:
            self.bgpd.call("withdraw_route", **key_params(route))
        self.note_change([prefix], API)

    # --- the check ---

    def do_check(self):
        try:
            wait_for(self.agrees, self.seconds, interval=0.004)
        except RpcError as error:
            raise Difference(f"the API: {error}") from error
        self.changes.clear()
        self.drops.clear()

    def agrees(self):
        self.look_at_requests()
        views = self.bgpd.call("show_routes", best=True)["routes"]
        best = {to_route(view).key: self.member_of(view["source"]) for view in views}
        self.model.take_best(best)
        self.compare_learned()
        self.compare_loc_rib(views, best)
        held = {member: table.routes() for member, table in self.held.items()}
        for member in self.speakers:
            compare(f"what member {member} holds", self.model.expected(member, best), held[member])
        self.compare_advertised(held)
        self.compare_channels(held)
        self.best = best
        return True

    def look_at_requests(self):
        """No session is reset. Nobody is asked for a refresh, but those of whom routes may be missing: by a
        limit, or as those that were filtered are not kept."""
        for member, speaker in self.speakers.items():
            if speaker.closed.is_set():
                raise Difference(f"the session of member {member} has ended")
            with speaker.changed:
                count = len(speaker.messages)
            for kind, body in speaker.messages[self.refreshes.get(member, 0):count]:
                if kind == ROUTE_REFRESH:
                    self.answer(member, (body[1], body[3]))
            self.refreshes[member] = count

    def answer(self, member, numbers):
        entry = self.model.entry_of(member)
        if member not in self.may_be_asked and not entry["collector"]:
            raise Difference(f"member {member} is asked for a refresh")
        for route in list(self.model.sessions[member].routes.values()):
            if entry["collector"] and FAMILY_NUMBERS[route.family] == numbers:
                self.send_routes(member, [route])

    def member_of(self, source):
        """The number of a member from its address."""
        return int(source.rsplit(".", 1)[1]) if "." in source else source

    def compare_learned(self):
        """The Adj-RIB-Ins and what the API announces."""
        actual = {}
        for view in self.bgpd.call("show_routes_learned"):
            if view["source"] != "Config":
                route = to_route(view)
                actual[self.member_of(view["source"]), route.key] = (route, view.get("filtered"))
        self.take_drops(actual)
        expected = {(API, prefix): (route, None) for prefix, route in self.model.api.items()}
        for prefix in self.model.prefixes():
            for path in self.model.learned(prefix):
                shown = self.model.marked(path.session, path.received)
                expected[path.source, prefix] = (shown, path.why_not)
        compare("routes learned", expected, actual)

    def compare_loc_rib(self, views, best):
        """Which path is the best. `best`: {prefix: source}."""
        for view in views:
            route = to_route(view)
            self.compare_changed(route, best[route.key], view)
        for prefix in self.model.prefixes():
            allowed = self.model.may_be_best(prefix)
            before = self.best.get(prefix)
            if before in allowed and self.has_stayed(prefix, before):
                allowed = {before}
            if best.get(prefix) not in (allowed or {None}):
                raise Difference(f"the best path to {prefix} is of {best.get(prefix)}, not of "
                                 f"{' or '.join(map(str, allowed)) or 'none'}")

    def compare_changed(self, route, source, view):
        """What import policies have made of a best path."""
        path = next((p for p in self.model.usable(route.key) if p.source == source), None)
        if path is not None:
            actual = Noted(route, view.get("weight", 0), frozenset(view.get("marks", ())))
            shown = replace(path.noted, route=self.model.marked(path.session, path.route))
            compare("the best path", {route.key: shown}, {route.key: actual})

    def has_stayed(self, prefix, source):
        """Whether the path of a source has been the best all the time since the last look, if it may
        be it now: no more than one other path has changed."""
        changes = self.changes[prefix]
        return source not in changes and API not in changes and len(changes) <= 1

    def compare_channels(self, held):
        """What is counted, for each member and family: received, accepted, advertised."""
        actual = {}
        for detail in self.bgpd.call("show_peer_detail"):
            if detail["summary"]["state"] == "Established":
                member = self.member_of(detail["summary"]["peer"])
                for channel in detail["channels"]:
                    actual[member, channel["family"]] = (
                        channel["received"], channel["accepted"], channel["advertised"])
        expected = {}
        for member, routes in held.items():
            session = self.model.sessions[member]
            for family in FAMILIES:
                expected[member, family] = (
                    len(self.model.received(session, family)),
                    len(self.model.accepted(session, family)),
                    sum(route.family == family for route in routes.values()))
        compare("what is counted (received, accepted, advertised)", expected, actual)

    def compare_advertised(self, held):
        actual = {member: {} for member in held}
        for view in self.bgpd.call("show_routes_advertised"):
            route = to_route(view)
            actual[self.member_of(view["source"])][route.key] = route
        for member, routes in held.items():
            compare(f"what the API says that member {member} was told", routes, actual[member])
