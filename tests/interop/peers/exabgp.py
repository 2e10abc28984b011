"""ExaBGP: a file for the sessions, and a helper process between it and the adapter: commands go in
through a FIFO, and what ExaBGP reports comes out as lines of JSON in a file."""

import json
import os
import sys

from peers.base import BGP_PORT, Peer
from support.nlri import key_of
from support.route import Flow, Route, community

FAMILIES = {"ipv4 unicast": "ipv4 unicast", "ipv6 unicast": "ipv6 unicast",
            "ipv4 flow": "ipv4 flow", "ipv6 flow": "ipv6 flow",
            "ipv4 multicast": "ipv4 multicast", "ipv4 labeled-unicast": "ipv4 nlri-mpls",
            "ipv6 labeled-unicast": "ipv6 nlri-mpls", "ipv4 vpn": "ipv4 mpls-vpn",
            "ipv6 vpn": "ipv6 mpls-vpn"}

# Runs as ExaBGP's child: FIFO -> ExaBGP, ExaBGP -> file.
HELPER = """
import os, sys, threading
commands, events = sys.argv[1:3]
def pump():
    with open(events, "a") as out:
        for line in sys.stdin:
            out.write(line)
            out.flush()
    os._exit(0)
threading.Thread(target=pump, daemon=True).start()
fifo = os.open(commands, os.O_RDWR)
with os.fdopen(fifo) as lines:
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
"""


class ExaBgp(Peer):
    kind = "exabgp"
    more_families = ("ipv4 multicast", "ipv4 labeled-unicast", "ipv6 labeled-unicast", "ipv4 vpn",
                     "ipv6 vpn")
    only_receives = ("ipv4 multicast",)  # sends such routes as unicast
    originates_ipv4_targets = False
    takes_ipv6_next_hops = ("ipv4 labeled-unicast", "ipv4 vpn")
    originates_ipv6_next_hops = True
    originates_stacks = more_families[1:]

    def argv(self):
        return ["/usr/sbin/exabgp", self.path("conf")]

    def environment(self):
        """It listens only where it is waited for to be connected to: two connections at once may make it
        fail on every later one."""
        listening = any(n.passive for n in self.neighbors) or "config" in self.options
        bind = {"exabgp.tcp.bind": self.address} if listening else {}
        return {**bind, "exabgp.tcp.port": str(BGP_PORT), "exabgp.daemon.user": "root", "exabgp.daemon.daemonize": "false",
                "exabgp.api.cli": "false", "exabgp.api.ack": "false", "exabgp.log.level": "INFO",
                "exabgp.log.destination": "stdout", "exabgp.bgp.openwait": "10",
                "exabgp.cache.attributes": "false",
                "exabgp.reactor.speed": "0.1"}

    def start(self):
        self.write("helper.py", HELPER)
        for name in ("events", "commands"):  # what is left of a helper that has yet to end keeps the former ones
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        self.write("events", "")
        os.mkfifo(self.path("commands"))
        self.write("conf", self.options.get("config") or self.config())
        self.spawn()

    def helper(self):
        return (f"process watch {{\n  run {sys.executable} {self.path('helper.py')} "
                f"{self.path('commands')} {self.path('events')};\n  encoder json;\n}}\n")

    def config(self):
        text = self.helper()
        for n in self.neighbors:
            families = " ".join(f"{FAMILIES[f]};" for f in n.families)
            options = [f"router-id {self.router_id};", f"local-address {self.address};",
                       f"local-as {n.local_asn or self.asn};", f"peer-as {n.asn};",
                       f"hold-time {n.hold_time};", f"family {{ {families} }}",
                       "capability { route-refresh enable; asn4 enable; }",
                       "api { processes [ watch ]; neighbor-changes; "
                       "receive { parsed; update; open; notification; refresh; } }"]
            if self.options.get("extended_next_hop"):
                options[-2] = "capability { route-refresh enable; asn4 enable; nexthop enable; }"
                options.append("nexthop { %s }" % " ".join(
                    f"{FAMILIES[f]} ipv6;" for f in n.families if f.startswith("ipv4")))
            options.append(f"connect {n.port};" if not n.passive else "passive true;")
            if n.password:
                options.append(f'md5-password "{n.password}";')
            text += "neighbor %s {\n  %s\n%s}\n" % (n.address, "\n  ".join(options),
                                                   self.statics())
        return text

    def statics(self):
        routes = [r for r in self.routes if not isinstance(r, Flow)]
        flows = [r for r in self.routes if isinstance(r, Flow)]
        text = ""
        if routes:
            text += "  static {\n%s  }\n" % "".join(
                f"    {self.route_text(r)};\n" for r in routes)
        if flows:
            text += "  flow {\n%s  }\n" % "".join(
                f"    route f{i} {{ {self.flow_text(f)} }}\n" for i, f in enumerate(flows))
        return text

    @staticmethod
    def route_text(route):
        words = [f"route {route.prefix}", f"next-hop {route.next_hop or 'self'}",
                 f"origin {route.origin.lower()}"]
        if route.rd:
            words.append(f"rd {route.rd}")
        if route.labels:
            words.append(f"label [ {' '.join(str(label) for label in route.labels)} ]")
        if route.as_path:
            path = " ".join(str(a) for a in route.as_path)
            words.append(f"as-path [ {path.replace('{', '( ').replace('}', ' )')} ]")
        if route.med is not None:
            words.append(f"med {route.med}")
        if route.local_pref is not None:
            words.append(f"local-preference {route.local_pref}")
        for name, values in (("community", route.communities),
                             ("extended-community", route.extended),
                             ("large-community", route.large)):
            if values:
                words.append(f"{name} [ {' '.join(sorted(values))} ]")
        return " ".join(words)

    @staticmethod
    def flow_text(flow):
        matches = []
        for match in flow.matches:
            name, value = match.split(" ", 1)
            value = value.replace(" <", "&<")
            if name == "protocol" and flow.afi == 2:
                name = "next-header"
            matches.append(f"{name} {value};")
        action, _, value = flow.action.partition(" ")
        if action == "traffic-rate":
            then = "discard;" if float(value) == 0 else f"rate-limit {value};"
        else:
            then = f"{action} {value};"
        return f"match {{ {' '.join(matches)} }} then {{ {then} }}"

    def command(self, text):
        with open(self.path("commands"), "w", encoding="utf-8") as fifo:
            fifo.write(text + "\n")

    def text(self, route):
        return f"flow route {{ {self.flow_text(route)} }}" if isinstance(route, Flow) \
            else self.route_text(route)

    def announce(self, *routes):
        for route in routes:
            self.command(f"announce {self.text(route)}")
            self.routes.append(route)

    def withdraw(self, *routes):
        for route in routes:
            self.command(f"withdraw {self.text(route)}")
            self.routes.remove(route)

    def refresh(self, address=None, family="ipv4 unicast"):
        self.command(f"announce route-refresh {FAMILIES[family]}")

    def events(self, address=None):
        """Everything it has reported since its start, of one neighbour."""
        with open(self.path("events"), encoding="utf-8") as file:
            lines = file.read().split("\n")[:-1]
        for line in lines:
            event = json.loads(line)
            remote = event.get("neighbor", {}).get("address", {}).get("peer")
            if remote == (address or self.neighbors[0].address):
                yield event

    def state(self, address):
        state = "down"
        for event in self.events(address):
            if event["type"] == "state":
                state = {"up": "established"}.get(event["neighbor"]["state"], "down")
        return state

    def updates(self, address):
        """The updates of the present session."""
        updates = []
        for event in self.events(address):
            if event["type"] == "state":
                updates = []
            elif event["type"] == "update":
                updates.append(event["neighbor"]["message"].get("update", {}))
        return updates

    def received(self, address=None, family="ipv4 unicast"):
        routes = {}
        for update in self.updates(address):
            for nlri in update.get("withdraw", {}).get(FAMILIES[family], []):
                routes.pop(key_of(nlri["nlri"], nlri.get("rd")), None)
            for next_hop, nlris in update.get("announce", {}).get(FAMILIES[family], {}).items():
                for nlri in nlris:
                    route = self.parse(nlri, next_hop, update.get("attribute", {}), family)
                    routes[route.key] = route
        return routes

    @staticmethod
    def parse(nlri, next_hop, a, family):
        path = []
        for segment in a.get("as-path", {}).values() if isinstance(a.get("as-path"), dict) else []:
            path += segment["value"] if segment["element"] == "as-sequence" \
                else ["{%s}" % " ".join(str(n) for n in segment["value"])]
        if isinstance(a.get("as-path"), list):
            path = a["as-path"]
        return Route(
            nlri["nlri"], next_hop=next_hop, as_path=path,
            origin={"igp": "IGP", "egp": "EGP"}.get(a.get("origin"), "Incomplete"),
            med=a.get("med"), local_pref=a.get("local-preference"),
            communities=[community(f"{c[0]}:{c[1]}") for c in a.get("community", [])],
            extended=[c["string"] for c in a.get("extended-community", [])],
            large=[":".join(str(n) for n in c) for c in a.get("large-community", [])],
            originator_id=a.get("originator-id"), cluster_list=a.get("cluster-list", ()),
            family=family, rd=nlri.get("rd"), labels=[label for label, in nlri.get("label", ())])

    def received_flows(self, address=None, family="ipv4 flow"):
        flows = {}
        for update in self.updates(address):
            for nlri in update.get("withdraw", {}).get(FAMILIES[family], []):
                flows.pop(nlri["string"], None)
            for nlris in update.get("announce", {}).get(FAMILIES[family], {}).values():
                for nlri in nlris:
                    flows[nlri["string"]] = {"rules": nlri,
                                             "attributes": update.get("attribute", {})}
        return list(flows.values())
