"""FRR: its bgpd alone, without zebra, driven over the socket that vtysh uses: to start that for each
command takes most of the time of a command."""

import json
import socket

from peers.base import BGP_PORT, Peer
from support.nlri import has_prefixes, has_rd
from support.route import Route, community
from support.wait import PATIENCE_S, wait_for

ADDRESS_FAMILIES = {"ipv4 flow": "ipv4 flowspec", "ipv6 flow": "ipv6 flowspec"}
ROLES = {"rs": "rs-server"}


def address_family(family):
    return ADDRESS_FAMILIES.get(family, family)


def ip_word(family):
    return "ipv6" if family.startswith("ipv6") else "ip"


class Frr(Peer):
    kind = "frr"
    originates_flows = False
    more_families = ("ipv4 multicast", "ipv6 multicast", "ipv4 labeled-unicast",
                     "ipv6 labeled-unicast", "ipv4 vpn", "ipv6 vpn")
    takes_ipv6_next_hops = ("ipv4 labeled-unicast",)  # in a VPN, too, but shows 0.0.0.0
    only_labels = {"ipv4 labeled-unicast": 3, "ipv6 labeled-unicast": 3}
    sequence = 0  # of the last route-map entry

    def argv(self):
        return ["/usr/lib/frr/bgpd", "-f", self.path("conf"), "-i", self.path("pid"),
                "-z", self.path("zserv"), "--vty_socket", self.dir, "-P", "0",
                "-p", str(BGP_PORT), "-l", self.address, "-n", "-Z", "-S", "--log", "stdout"]

    def start(self):
        self.write("conf", self.config())
        self.spawn()
        wait_for(lambda: "FRRouting" in self.vty("show version", check=False), what="frr answers")
        if self.routes:
            routes, self.routes = self.routes, []
            self.announce(*routes)

    def vty(self, *commands, check=True):
        """Carries out commands one after the other; what they print. Where one fails it is the end."""
        try:
            with socket.socket(socket.AF_UNIX) as vty:
                vty.settimeout(PATIENCE_S)
                vty.connect(self.path("bgpd.vty"))
                return "".join([self.ask(vty, command) for command in ("enable", *commands)])
        except (OSError, AssertionError):
            if check:
                raise
            return ""

    @staticmethod
    def ask(vty, command):
        """A command ends with a NUL, the answer with three and the status."""
        answer = b""
        vty.sendall(command.encode() + b"\0")
        while answer[-4:-1] != b"\0\0\0":
            piece = vty.recv(1 << 20)
            if not piece:
                raise ConnectionError(f"{command}: the connection ended after {answer}")
            answer += piece
        text, status = answer[:-4].decode(), answer[-1]
        assert status == 0, f"{command} failed ({status}): {text}"
        return text

    def configure(self, *commands):
        output = self.vty("configure terminal", *commands)
        assert "%" not in output, output

    def router(self):
        return f"router bgp {self.asn}"

    def config(self):
        lines = [self.router(), f" bgp router-id {self.router_id}", " no bgp ebgp-requires-policy",
                 " no bgp network import-check", " no bgp default ipv4-unicast",
                 " no bgp graceful-restart notification",
                 f" timers bgp 3 {max(n.hold_time for n in self.neighbors)}"]
        for n in self.neighbors:
            name = f" neighbor {n.address}"
            lines += [f"{name} remote-as {n.asn}", f"{name} port {n.port}",
                      f"{name} disable-connected-check",
                      f"{name} timers {max(1, n.hold_time // 3)} {n.hold_time}",
                      f"{name} timers connect 1", f"{name} advertisement-interval 0",
                      f"{name} update-source {self.address}"]
            if n.asn != self.asn:
                lines.append(f"{name} ebgp-multihop 4")
            if self.options.get("extended_next_hop"):
                lines.append(f"{name} capability extended-nexthop")
            if n.passive:
                lines.append(f"{name} passive")
            if n.role:
                lines.append(f"{name} local-role {ROLES.get(n.role, n.role)}"
                             + (" strict-mode" if n.role_strict else ""))
            if n.password:
                lines.append(f"{name} password {n.password}")
            for family in n.families:
                lines += [f" address-family {address_family(family)}", f"{name} activate"]
                if has_prefixes(family):
                    lines.append(f"{name} route-map to-peers-{ip_word(family)} out")
                if n.route_reflector_client:
                    lines.append(f"{name} route-reflector-client")
                lines.append(" exit-address-family")
        # A route echoed without a next hop set would spoil those of the others on an IPv4 session.
        lines += ["route-map to-peers-ip permit 65535", "route-map to-peers-ipv6 permit 65535",
                  " set ipv6 next-hop global 2001:db8:fe::4444",
                  "bgp route-map delay-timer 0"]
        return "\n".join(lines) + "\n"

    def summary(self, address):
        """The neighbour as `show bgp neighbor` tells it."""
        text = self.vty(f"show bgp neighbors {address} json", check=False)
        try:
            return json.loads(text).get(address, {})
        except ValueError:
            return {}

    def state(self, address):
        return self.summary(address).get("bgpState", "down").lower()

    def route_map(self, route):
        """The entry of the outbound route-map that gives a route its attributes. (Set where the
        network is originated, an IPv6 next hop would not survive.)"""
        ip = ip_word(route.family)
        self.sequence += 1
        lines = [f"{ip} prefix-list only-{self.sequence} permit {route.prefix}",
                 f"route-map to-peers-{ip} permit {self.sequence}",
                 f"match {ip} address prefix-list only-{self.sequence}",
                 f"set origin {route.origin.lower()}"]
        if route.next_hop is not None:
            lines.append(f"set {ip} next-hop {'global ' if ip == 'ipv6' else ''}{route.next_hop}")
        if route.as_path:
            lines.append("set as-path prepend " + " ".join(str(asn) for asn in route.as_path))
        if route.med is not None:
            lines.append(f"set metric {route.med}")
        if route.local_pref is not None:
            lines.append(f"set local-preference {route.local_pref}")
        if route.communities:
            lines.append("set community " + " ".join(sorted(route.communities)))
        if route.large:
            lines.append("set large-community " + " ".join(sorted(route.large)))
        for kind, name in (("target", "rt"), ("origin", "soo")):
            values = [text.partition(":")[2] for text in sorted(route.extended)
                      if text.startswith(kind)]
            if values:
                lines.append(f"set extcommunity {name} {' '.join(values)}")
        return lines + ["exit"]

    @staticmethod
    def network(route):
        """The statement that originates a route, after the section that it stands in. Labeled unicast
        is unicast that peers are told with a label, which is always 3."""
        rd = f" rd {route.rd} label {route.labels[0]}" if route.rd else ""
        return (f"address-family {route.family.replace('labeled-', '')}",
                f"network {route.prefix}{rd}")

    def announce(self, *routes):
        for route in routes:
            self.configure(*self.route_map(route), self.router(), *self.network(route))
            self.routes.append(route)

    def withdraw(self, *routes):
        for route in routes:
            family, network = self.network(route)
            self.configure(self.router(), family, f"no {network}")
            self.routes.remove(route)

    def clear(self, address, how):
        """`clear bgp` of one family after the other, as FRR wants it."""
        for n in self.neighbors:
            if address in (None, n.address):
                for family in n.families:
                    if has_prefixes(family):
                        self.vty(f"clear bgp {family} {n.address} {how}")

    def refresh(self, address=None):
        self.clear(address, "in")

    def disable(self, message=None, address=None):
        text = f" message {message}" if message else ""
        self.configure(self.router(),
                       f"neighbor {address or self.neighbors[0].address} shutdown{text}")

    def enable(self, address=None):
        self.configure(self.router(),
                       f"no neighbor {address or self.neighbors[0].address} shutdown")

    def received(self, address=None, family="ipv4 unicast"):
        address = address or self.neighbors[0].address
        table = json.loads(self.vty(f"show bgp {family} json") or "{}").get("routes", {})
        tables = table.get("routeDistinguishers", {}).values() if has_rd(family) else [table]
        prefixes = {prefix for table in tables for prefix, paths in table.items()
                    if any(path.get("peerId") == address for path in paths)}
        if not prefixes:
            return {}
        # The list lacks most attributes; the view of one prefix has them all.
        text = self.vty(*[f"show bgp {family} {prefix} json" for prefix in prefixes])
        decoder, offset, routes = json.JSONDecoder(), 0, {}
        while text[offset:].strip():
            offset += len(text[offset:]) - len(text[offset:].lstrip())
            answer, offset = decoder.raw_decode(text, offset)
            for rd, entry in answer.items() if has_rd(family) else [(None, answer)]:
                for path in entry.get("paths", ()):
                    if path["peer"]["peerId"] == address:
                        route = self.parse(entry["prefix"], path, family, rd)
                        routes[route.key] = route
        return routes

    @staticmethod
    def parse(prefix, path, family, rd):
        def strings(name):
            return path.get(name, {}).get("string", "").split()
        kinds = {"RT": "target", "SoO": "origin"}
        extended = []
        for text in strings("extendedCommunity"):
            kind, _, value = text.partition(":")
            extended.append(f"{kinds.get(kind, kind)}:{value}")
        as_path = path.get("aspath", {}).get("string", "")
        next_hop = next((h for h in path["nexthops"] if h.get("scope") != "link-local"),
                        path["nexthops"][0])
        return Route(
            prefix, next_hop=next_hop["ip"],
            as_path=[int(t) if t.isdigit() else t for t in
                     ([] if as_path == "Local" else as_path.split())],
            origin={"IGP": "IGP", "EGP": "EGP"}.get(path["origin"], "Incomplete"),
            med=path.get("metric"), local_pref=path.get("locPrf"),
            communities=[community(c) for c in strings("community")],
            extended=extended, large=strings("largeCommunity"),
            originator_id=path.get("originatorId"),
            cluster_list=path.get("clusterList", {}).get("list", ()),
            family=family, rd=rd, labels=[path["remoteLabel"]] if "remoteLabel" in path else (),
            only_to_customer=path.get("otc"))

    def received_flows(self, address=None, family="ipv4 flow"):
        text = self.vty(f"show bgp {address_family(family)} detail")
        flows = []
        for line in text.splitlines():
            if line.startswith("BGP flowspec entry:"):
                flows.append({"rules": "", "attributes": ""})
            elif flows:
                flows[-1]["rules"] += line.strip() + "; "
        return flows
