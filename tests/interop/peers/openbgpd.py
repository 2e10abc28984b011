"""OpenBGPD (portable): file and bgpctl. Networks keep all their attributes only in the file."""

import json
import os

from peers.base import BGP_PORT, Peer
from support.route import Route, community
from support.wait import wait_for


class OpenBgpd(Peer):
    kind = "openbgpd"
    families = ("ipv4 unicast", "ipv6 unicast")
    receives_flows = False
    originates_flows = False
    originates_as_path = False
    answers_refresh = False  # "AID IPv4 unicast not negotiated", though it is
    md5_when_passive = False  # sets no keys on its listening sockets on Linux

    def argv(self):
        return ["/usr/sbin/bgpd", "-d", "-f", self.path("conf")]

    def start(self):
        os.makedirs("/run/openbgpd", exist_ok=True)
        os.chmod(self.dir, 0o755)
        self.write("conf", self.config())
        self.spawn()
        wait_for(lambda: self.ctl_json("show", check=False), what="openbgpd answers")

    def bgpctl(self, *args, check=True):
        return self.run("/usr/sbin/bgpctl", "-s", self.path("sock"), *args, check=check)

    def ctl_json(self, *args, check=True):
        text = self.bgpctl("-j", *args, check=check)
        try:
            return json.loads(text)
        except ValueError:  # of a daemon that is starting, nothing or half of it
            if check and text.lstrip().startswith("{"):
                raise
            return {}

    def config(self):
        lines = [f"AS {self.asn}", f"router-id {self.router_id}", "fib-update no",
                 "nexthop qualify via default", f'socket "{self.path("sock")}"',
                 f"listen on {self.address} port {BGP_PORT}", "connect-retry 1"]
        lines += [self.network(route) for route in self.routes]
        for n in self.neighbors:
            lines += [f"neighbor {n.address} {{", f"  remote-as {n.asn}", f"  port {n.port}",
                      f"  local-address {self.address}", "  multihop 2",
                      f"  holdtime {n.hold_time}", "  holdtime min 3",
                      "  announce IPv4 none", "  announce IPv6 none"]
            lines += [f"  announce {'IPv4' if family == 'ipv4 unicast' else 'IPv6'} unicast"
                      for family in n.families]
            if n.passive:
                lines.append("  passive")
            if n.role:
                lines.append(f"  announce policy {n.role}{' enforce' if n.role_strict else ''}")
            if n.password:
                lines.append(f'  tcp md5sig password "{n.password}"')
            if n.route_reflector_client:
                lines.append("  route-reflector")
            if n.route_server:
                lines.append("  enforce neighbor-as no")
            lines.append("}")
        # Next hops leave as they were given: OpenBGPD would put its own address (in 127/8) there.
        return "\n".join(lines + ["allow from any", "allow to any",
                                  "match to any set nexthop no-modify", ""])

    @staticmethod
    def network(route):
        """A `network` statement; OpenBGPD prepends nothing but its own AS."""
        words = [f"origin {route.origin.lower()}"]
        if route.next_hop is not None:
            words.append(f"nexthop {route.next_hop}")
        if route.med is not None:
            words.append(f"med {route.med}")
        if route.local_pref is not None:
            words.append(f"localpref {route.local_pref}")
        words += [f"community {c}" for c in sorted(route.communities)]
        words += [f"large-community {c}" for c in sorted(route.large)]
        for text in sorted(route.extended):
            kind, value = text.split(":", 1)
            words.append(f"ext-community {({'target': 'rt', 'origin': 'soo'})[kind]} {value}")
        return f"network {route.prefix} set {{ {' '.join(words)} }}"

    def state(self, address):
        for neighbor in self.ctl_json("show", "neighbor", check=False).get("neighbors", []):
            if neighbor["remote_addr"] == address:
                return neighbor["state"].lower()
        return "down"

    def reload(self):
        self.write("conf", self.config())
        # Refused while it is still busy with what it read before.
        wait_for(lambda: self.bgpctl("reload") is not None, what="openbgpd reads its file")

    def announce(self, *routes):
        self.routes += routes
        self.reload()

    def withdraw(self, *routes):
        self.routes = [r for r in self.routes if r not in routes]
        self.reload()

    def refresh(self, address=None):
        self.bgpctl("neighbor", address or self.neighbors[0].address, "refresh")

    def disable(self, message=None, address=None):
        self.bgpctl("neighbor", address or self.neighbors[0].address, "down",
                    *([message] if message else []))

    def enable(self, address=None):
        self.bgpctl("neighbor", address or self.neighbors[0].address, "up")

    def received(self, address=None, family="ipv4 unicast"):
        answer = self.ctl_json("show", "rib", "detail", "in", family.split()[0],
                               "neighbor", address or self.neighbors[0].address)
        routes = (self.parse(entry) for entry in answer.get("rib", []))
        return {route.prefix: route for route in routes}

    @staticmethod
    def parse(entry):
        attributes = {a["type"]: a for a in entry.get("attributes", [])}
        kinds = {"rt": "target", "soo": "origin"}
        extended = []
        for text in entry.get("extended_communities", []):
            kind, _, value = text.partition(" ")
            extended.append(f"{kinds.get(kind, kind)}:{value}")
        path = entry.get("aspath", "").replace("{ ", "{").replace(" }", "}")
        return Route(
            entry["prefix"], next_hop=entry["exit_nexthop"],
            as_path=[int(t) if t.isdigit() else t for t in path.split()],
            origin={"IGP": "IGP", "EGP": "EGP"}.get(entry["origin"], "Incomplete"),
            med=entry.get("metric"), local_pref=entry.get("localpref"),
            communities=[community(c.lower().replace("_", "-"))
                         for c in entry.get("communities", [])],
            extended=extended, large=entry.get("large_communities", ()),
            originator_id=attributes.get("Originator Id", {}).get("originator"),
            cluster_list=attributes.get("Cluster Id List", {}).get("cluster_list", ()),
            only_to_customer=attributes.get("OTC", {}).get("as"))
