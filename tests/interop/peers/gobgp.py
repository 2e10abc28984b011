"""GoBGP: a TOML file for the sessions, its command line client for the rest."""

import json
import time

from peers.base import BGP_PORT, Peer
from support.route import Flow, Route, community
from support.wait import PATIENCE_S, wait_for

FAMILIES = {"ipv4 unicast": "ipv4-unicast", "ipv6 unicast": "ipv6-unicast",
            "ipv4 flow": "ipv4-flowspec", "ipv6 flow": "ipv6-flowspec",
            "ipv4 labeled-unicast": "ipv4-labelled-unicast",
            "ipv6 labeled-unicast": "ipv6-labelled-unicast", "ipv4 vpn": "l3vpn-ipv4-unicast",
            "ipv6 vpn": "l3vpn-ipv6-unicast"}
CLI_FAMILIES = {"ipv4 unicast": "ipv4", "ipv6 unicast": "ipv6", "ipv4 flow": "ipv4-flowspec",
                "ipv6 flow": "ipv6-flowspec", "ipv4 labeled-unicast": "ipv4-mpls",
                "ipv6 labeled-unicast": "ipv6-mpls", "ipv4 vpn": "vpnv4", "ipv6 vpn": "vpnv6"}
ORIGINS = {0: "IGP", 1: "EGP", 2: "Incomplete"}
API_PORT = 50051
# Path attribute types of its JSON.
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, COMMUNITIES = 1, 2, 3, 4, 5, 8
ORIGINATOR, CLUSTER_LIST, MP_REACH, EXTENDED, LARGE = 9, 10, 14, 16, 32


class GoBgp(Peer):
    kind = "gobgp"
    asks_for_refresh = False  # softresetin looks at what it has
    # Multicast it negotiates, and ends the session when a route comes.
    more_families = ("ipv4 labeled-unicast", "ipv6 labeled-unicast", "ipv4 vpn", "ipv6 vpn")
    takes_ipv6_next_hops = ("ipv4 labeled-unicast", "ipv4 vpn")
    originates_ipv6_next_hops = True
    originates_stacks = ("ipv4 labeled-unicast", "ipv6 labeled-unicast")

    def argv(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return ["/usr/bin/gobgpd", "-f", self.path("conf"), "-t", "toml",
                "--api-hosts", f"{host}:{API_PORT}", "--pprof-disable"]

    def environment(self):
        return {"GOMAXPROCS": "1"}

    def start(self):
        self.write("conf", self.options.get("config") or self.config())
        self.spawn()
        wait_for(lambda: self.gobgp_json("global", check=False), what="gobgpd answers")
        if self.routes:
            routes, self.routes = self.routes, []
            self.announce(*routes)

    def config(self):
        text = ["[global.config]", f"as = {self.asn}", f'router-id = "{self.router_id}"',
                f"port = {BGP_PORT}", f'local-address-list = ["{self.address}"]']
        for n in self.neighbors:
            text += ["[[neighbors]]", "[neighbors.config]", f'neighbor-address = "{n.address}"',
                     f"peer-as = {n.asn}"]
            if n.password:
                text.append(f'auth-password = "{n.password}"')
            if n.local_asn:
                text.append(f"local-as = {n.local_asn}")
            text += ["[neighbors.transport.config]", f'local-address = "{self.address}"',
                     f"remote-port = {n.port}", f"passive-mode = {str(n.passive).lower()}",
                     "[neighbors.timers.config]", "connect-retry = 1",
                     "idle-hold-time-after-reset = 1",
                     f"hold-time = {n.hold_time}", f"keepalive-interval = {n.hold_time / 3}"]
            if n.asn != self.asn:
                text += ["[neighbors.ebgp-multihop.config]", "enabled = true", "multihop-ttl = 4"]
            if n.route_reflector_client:
                text += ["[neighbors.route-reflector.config]", "route-reflector-client = true",
                         f'route-reflector-cluster-id = "{self.router_id}"']
            for family in n.families:
                text += ["[[neighbors.afi-safis]]", "[neighbors.afi-safis.config]",
                         f'afi-safi-name = "{FAMILIES[family]}"']
        return "\n".join(text) + "\n"

    def gobgp(self, *args, check=True, timeout=PATIENCE_S):
        """Its client gives up, and has asked for nothing, where it is not connected within a second."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self.run("/usr/bin/gobgp", "-u", self.address, "-p", str(API_PORT), *args,
                                check=check, timeout=timeout)
            except AssertionError as error:
                if "context deadline exceeded" not in str(error) or time.monotonic() > deadline:
                    raise

    def gobgp_json(self, *args, check=True):
        text = self.gobgp(*args, "-j", check=check)
        # Without a single route it prints an empty list, or a sentence.
        return json.loads(text) if text.lstrip().startswith(("{", "[")) else {}

    def state(self, address):
        for neighbor in self.gobgp_json("neighbor"):
            if neighbor["state"].get("neighbor_address") == address:
                return {6: "established"}.get(neighbor["state"].get("session_state"), "down")
        return "down"

    def route_arguments(self, route):
        arguments = [route.prefix]
        labels = "/".join(str(label) for label in route.labels)
        if route.rd:
            arguments += ["label", labels, "rd", self.rd_argument(route.rd)]
        elif labels:
            arguments.append(labels)
        if route.next_hop is not None:
            arguments += ["nexthop", route.next_hop]
        arguments += ["origin", route.origin.lower()]
        if route.as_path:
            arguments += ["aspath", " ".join(str(asn) for asn in route.as_path)]
        if route.med is not None:
            arguments += ["med", str(route.med)]
        if route.local_pref is not None:
            arguments += ["local-pref", str(route.local_pref)]
        if route.communities:
            arguments += ["community", ",".join(sorted(route.communities))]
        if route.large:
            arguments += ["large-community", ",".join(sorted(route.large))]
        for text in sorted(route.extended):
            kind, value = text.split(":", 1)
            arguments += [{"target": "rt", "origin": "soo"}[kind], value]
        return arguments

    @staticmethod
    def rd_argument(rd):
        """An AS of 4 octets in two parts, as what exceeds 2 octets is cut otherwise."""
        admin, number = rd.split(":")
        if admin.isdigit() and int(admin) > 0xffff:
            admin = f"{int(admin) >> 16}.{int(admin) & 0xffff}"
        return f"{admin}:{number}"

    @staticmethod
    def flow_arguments(flow):
        """The rules of a flow in GoBGP's words."""
        arguments = ["match"]
        for match in flow.matches:
            name, value = match.split(" ", 1)
            value = value.replace(" <", "&<")
            if name == "protocol":
                value = value.replace("6", "tcp").replace("17", "udp").lstrip("=")
            arguments += [name, value] if name in ("source", "destination") else \
                [name, *value.split(" ")]
        action, _, value = flow.action.partition(" ")
        if action == "traffic-rate":
            arguments += ["then", "discard"] if float(value) == 0 else ["then", "rate-limit", value]
        elif action == "redirect":
            arguments += ["then", "redirect", value]
        elif action == "mark":
            arguments += ["then", "mark", value]
        else:
            arguments += ["then", "action", value]
        return arguments

    def change(self, verb, route):
        arguments = self.flow_arguments(route) if isinstance(route, Flow) \
            else self.route_arguments(route)
        self.gobgp("global", "rib", verb, "-a", CLI_FAMILIES[route.family], *arguments)

    def announce(self, *routes):
        for route in routes:
            self.change("add", route)
            self.routes.append(route)

    def withdraw(self, *routes):
        for route in routes:
            self.change("del", route)
            self.routes.remove(route)

    def inject_mrt(self, path, family="ipv4 unicast", next_hop=None, count=None):
        arguments = ["mrt", "inject", "global", path]
        if count is not None:
            arguments.append(str(count))
        if next_hop:
            arguments += ["--nexthop", next_hop]
        self.gobgp(*arguments, timeout=300)

    def disable(self, message=None, address=None):
        # Only the older command sends the reason; after it the session may come back by itself.
        arguments = ["shutdown", "--reason", message] if message else ["disable"]
        self.gobgp("neighbor", address or self.neighbors[0].address, *arguments)

    def enable(self, address=None):
        self.gobgp("neighbor", address or self.neighbors[0].address, "enable")

    def paths(self, address, family):
        table = self.gobgp_json("neighbor", address or self.neighbors[0].address, "adj-in",
                                "-a", CLI_FAMILIES[family])
        for paths in table.values() if isinstance(table, dict) else table:
            yield from paths if isinstance(paths, list) else [paths]

    def received(self, address=None, family="ipv4 unicast"):
        routes = (self.parse(path, family) for path in self.paths(address, family))
        return {route.key: route for route in routes}

    @staticmethod
    def parse(path, family):
        a = {attribute["type"]: attribute for attribute in path["attrs"]}
        as_path = []
        for segment in a.get(AS_PATH, {}).get("as_paths", []):
            if segment["segment_type"] == 1:
                as_path.append("{%s}" % " ".join(str(n) for n in segment["asns"]))
            else:
                as_path += segment["asns"]
        next_hop = a.get(NEXT_HOP, {}).get("nexthop") or a.get(MP_REACH, {}).get("nexthop")
        extended = set()
        for item in a.get(EXTENDED, {}).get("value", []):
            kind = {2: "target", 3: "origin"}.get(item.get("subtype"), str(item.get("subtype")))
            extended.add(f"{kind}:{item.get('value')}")
        nlri = path["nlri"]
        rd = "{admin}:{assigned}".format(**nlri["rd"]) if "rd" in nlri else None
        return Route(
            nlri["prefix"], next_hop=next_hop, as_path=as_path,
            origin=ORIGINS[a[ORIGIN]["value"]], med=a.get(MED, {}).get("metric"),
            local_pref=a.get(LOCAL_PREF, {}).get("value"),
            communities=[community(c) for c in a.get(COMMUNITIES, {}).get("communities", [])],
            extended=extended,
            large=["{ASN}:{LocalData1}:{LocalData2}".format(**c)
                   for c in a.get(LARGE, {}).get("value", [])],
            originator_id=a.get(ORIGINATOR, {}).get("value"),
            cluster_list=a.get(CLUSTER_LIST, {}).get("value", ()),
            family=family, rd=rd, labels=nlri.get("labels", ()))

    def received_flows(self, address=None, family="ipv4 flow"):
        return [{"rules": path["nlri"], "attributes": path["attrs"]}
                for path in self.paths(address, family)]
