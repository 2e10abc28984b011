"""BIRD 2: configured by file only, so that announcing is a new file and `configure`."""

import re
import struct

from peers.base import BGP_PORT, Peer
from support.nlri import has_labels
from support.route import Route
from support.wait import wait_for

# The type of a family's channel, and its table.
CHANNELS = {
    "ipv4 unicast": ("ipv4", "master4"), "ipv6 unicast": ("ipv6", "master6"),
    "ipv4 flow": ("flow4", "f4"), "ipv6 flow": ("flow6", "f6"),
    "ipv4 multicast": ("ipv4 multicast", "mc4"), "ipv6 multicast": ("ipv6 multicast", "mc6"),
    "ipv4 labeled-unicast": ("ipv4 mpls", "lu4"), "ipv6 labeled-unicast": ("ipv6 mpls", "lu6"),
    "ipv4 vpn": ("vpn4 mpls", "vpn4t"), "ipv6 vpn": ("vpn6 mpls", "vpn6t"),
}
ROLES = {"rs": "rs_server", "rs-client": "rs_client"}
# By IP version: what is announced where a route of the session gives none.
NEXT_HOPS = {"4": "10.254.0.255", "6": "2001:db8:fe::ffff"}
MAPPED = {"traffic-rate": 0x8006, "traffic-action": 0x8007, "redirect": 0x8008, "mark": 0x8009}


def path_literal(as_path):
    return "".join(f" bgp_path.prepend({asn});" for asn in reversed(as_path))


def pairs(communities, wrap="({})"):
    return [wrap.format(c.replace(":", ",")) for c in sorted(communities)]


def route_attributes(route):
    """The filter statements that give a static route its attributes."""
    lines = [f"bgp_origin = ORIGIN_{route.origin.upper()};"]
    if route.next_hop is not None and not has_labels(route.family):
        lines.append(f"announced_next_hop = {route.next_hop};")
    if route.med is not None:
        lines.append(f"announced_med = {route.med};")
    if route.local_pref is not None:
        lines.append(f"bgp_local_pref = {route.local_pref};")
    lines += [f"bgp_community.add({c});" for c in pairs(route.communities)]
    lines += [f"bgp_large_community.add({c});" for c in pairs(route.large)]
    for text in sorted(route.extended):
        kind, admin, value = text.split(":", 2)
        name = {"target": "rt", "origin": "ro"}[kind]
        lines.append(f"bgp_ext_community.add(({name}, {admin}, {value}));")
    return " ".join(lines) + path_literal(route.as_path)


def flow_rules(flow):
    """The matches of a flow in BIRD's words."""
    words = {"source": "src", "destination": "dst", "destination-port": "dport",
             "source-port": "sport", "packet-length": "length", "protocol": "proto",
             "icmp-type": "icmp type", "icmp-code": "icmp code"}
    if flow.afi == 2:
        words["protocol"] = "next header"
    rules = []
    for match in flow.matches:
        name, value = match.split(" ", 1)
        value = re.sub(r">(\d+) <=(\d+)", lambda m: f"{int(m[1]) + 1}..{m[2]}", value)
        rules.append(f"{words.get(name, name)} {value}")
    return "; ".join(rules)


class Bird(Peer):
    kind = "bird"
    more_families = ("ipv4 multicast", "ipv6 multicast", "ipv4 labeled-unicast",
                     "ipv6 labeled-unicast", "ipv4 vpn", "ipv6 vpn")
    takes_ipv6_next_hops = ("ipv4 multicast", "ipv4 labeled-unicast", "ipv4 vpn")
    only_labels = {"ipv4 labeled-unicast": 3, "ipv6 labeled-unicast": 3, "ipv4 vpn": 3, "ipv6 vpn": 3}
    only_next_hop = NEXT_HOPS

    def argv(self):
        return ["/usr/sbin/bird", "-f", "-c", self.path("conf"), "-s", self.path("ctl"),
                "-P", self.path("pid")]

    def start(self):
        self.write("conf", self.config())
        self.spawn()
        wait_for(lambda: "Daemon is up" in self.birdc("show status", check=False),
                 what="bird answers")

    def birdc(self, command, check=True):
        return self.run("/usr/sbin/birdc", "-s", self.path("ctl"), command, check=check)

    def config(self):
        return "\n".join([
            f"router id {self.router_id};",
            'log stderr all;' if self.options.get("debug") else 'log stderr { info, warning, error,'
            ' auth, fatal, bug, remote };',
            "ipv4 table nhop4; ipv6 table nhop6;",
            *[f"{channel.split()[0]} table {table};" for channel, table in CHANNELS.values()
              if not table.startswith("master")],
            # Flows are looked for in these when a route changes.
            "ipv4 table master4 { trie yes; }; ipv6 table master6 { trie yes; };"
            if self.options.get("validate_flows") else "",
            "protocol device {}",
            "protocol static { ipv4 { table nhop4; }; route 0.0.0.0/0 blackhole; }",
            "protocol static { ipv6 { table nhop6; }; route ::/0 blackhole; }",
            "attribute ip announced_next_hop; attribute int announced_med;",
            self.filters(), self.options.get("definitions", ""), self.statics(),
            *[self.session(index, n) for index, n in enumerate(self.neighbors)], ""])

    def filters(self):
        """Static routes are announced with their attributes; learned ones as they are, if asked."""
        # BIRD keeps a next hop and a MED only when the export filter sets them.
        return ("filter to_peers { if source != RTS_STATIC then %s; "
                "if defined(announced_next_hop) then bgp_next_hop = announced_next_hop; "
                "if defined(announced_med) then bgp_med = announced_med; accept; }"
                % ("accept" if self.options.get("transit") else "reject"))

    def statics(self):
        """One static protocol a family; `static_file` in the options names a list of routes
        ("route P blackhole;") to read."""
        text = []
        for family in {family: None for n in self.neighbors for family in n.families}:
            routes = [r for r in self.routes if r.family == family]
            channel, table = CHANNELS[family]
            if "flow" in family:
                lines = [self.flow_route(r) for r in routes]
            else:
                lines = [f"route {r.key} blackhole {{ {route_attributes(r)} }};" for r in routes]
                include = self.options.get("include", {}).get(family)
                if include:
                    lines.append(f'include "{include}";')
            text.append("protocol static { %s { table %s; };\n%s\n}"
                        % (channel.split(maxsplit=1)[0], table, "\n".join(lines)))
        return "\n".join(text)

    @staticmethod
    def flow_route(flow):
        action, _, value = flow.action.partition(" ")
        # "generic" extended communities: type and subtype, then the value, as two numbers.
        if action == "traffic-rate":
            low = struct.unpack("!I", struct.pack("!f", float(value)))[0]
            community = f"(generic, {MAPPED[action] << 16:#x}, {low:#x})"
        elif action == "redirect":
            admin, number = value.split(":")
            community = f"(generic, {MAPPED[action] << 16 | int(admin):#x}, {int(number):#x})"
        else:
            number = {"sample": 2, "terminal": 1}.get(value) or int(value)
            community = f"(generic, {MAPPED[action] << 16:#x}, {number:#x})"
        version = 6 if flow.afi == 2 else 4
        return (f"route flow{version} {{ {flow_rules(flow)}; }} "
                f"{{ bgp_origin = ORIGIN_IGP; bgp_ext_community.add({community}); }};")

    def session(self, index, n):
        link_local = f"%{n.interface}" if n.interface else ""
        lines = [f"local {self.address}{link_local if ':' in self.address else ''} port {BGP_PORT} "
                 f"as {n.local_asn or self.asn};",
                 f"neighbor {n.address}{link_local} port {n.port} as {n.asn};",
                 "direct;" if n.interface else "multihop 2;",
                 "strict bind;", f"hold time {n.hold_time};",
                 "connect retry time 2; connect delay time 1; error wait time 1, 2;",
                 "error forget time 1; advertise hostname off;"]
        if n.passive:
            lines.append("passive;")
        if n.password:
            lines.append(f'password "{n.password}";')
        if n.route_reflector_client:
            lines.append("rr client;")
        if n.route_server_client:
            lines.append("rs client;")
        if n.role:
            lines.append(f"local role {ROLES.get(n.role, n.role)};")
        if n.role_strict:
            lines.append("require roles;")
        if self.options.get("as2"):
            lines.append("enable as4 off;")
        if self.options.get("extended_messages"):
            lines.append("enable extended messages;")
        lines += [self.channel(family, n) for family in n.families]
        return "protocol bgp peer%d {\n  %s\n}" % (index, "\n  ".join(lines))

    def channel(self, family, n):
        channel, table = CHANNELS[family]
        if "flow" in family:
            validate = f" validate; base table {CHANNELS[family[:4] + ' unicast'][1]};" \
                if self.options.get("validate_flows") else ""
            return f"{channel} {{ table {table}; import all; export all;{validate} }};"
        version = family[3]
        # With a filter on import, what came is kept, so that another one needs no refresh.
        kept = "import filter from_peers; import table;" if "definitions" in self.options \
            else "import all; import keep filtered;"
        options = f"table {table}; {kept} export filter to_peers; igp table nhop{version};"
        extended = version == "4" and ":" in n.address and self.options.get("extended_next_hop")
        if extended:
            options += " extended next hop;"
        # A next hop of the channel's family: that of the session serves only its own. With labels,
        # where a filter that sets it would take them away, it is the same for all routes.
        if has_labels(family) or ((":" in n.address) != (version == "6") and not extended):
            options += f" next hop address {NEXT_HOPS[version]};"
        return f"{channel} {{ {options} }};"

    def protocol(self, address):
        for index, neighbor in enumerate(self.neighbors):
            if address in (None, neighbor.address):
                return f"peer{index}"
        raise KeyError(address)

    def state(self, address):
        text = self.birdc(f"show protocols all {self.protocol(address)}", check=False)
        found = re.search(r"BGP state:\s+(\w+)", text)
        return found[1].lower() if found else "down"

    def last_error(self, address=None):
        text = self.birdc(f"show protocols all {self.protocol(address)}", check=False)
        found = re.search(r"Last error:\s+(.*)", text)
        return found[1] if found else ""

    def configure(self):
        self.write("conf", self.config())
        answer = self.birdc("configure")
        assert "Reconfigured" in answer or "in progress" in answer, answer

    def announce(self, *routes):
        self.routes += routes
        self.configure()

    def withdraw(self, *routes):
        self.routes = [r for r in self.routes if r not in routes]
        self.configure()

    def refresh(self, address=None):
        self.birdc(f"reload in {self.protocol(address)}")

    def disable(self, message=None, address=None):
        suffix = f' "{message}"' if message else ""
        self.birdc(f"disable {self.protocol(address)}{suffix}")

    def enable(self, address=None):
        self.birdc(f"enable {self.protocol(address)}")

    def prefixes(self, address=None, family="ipv4 unicast"):
        """Those of the routes that the import filter has accepted."""
        text = self.birdc(f"show route protocol {self.protocol(address)} table {CHANNELS[family][1]}")
        return set(re.findall(r"^([0-9a-f.:]+/\d+) ", text, re.MULTILINE))

    def count(self, address=None, family="ipv4 unicast"):
        text = self.birdc(f"show route protocol {self.protocol(address)} "
                          f"table {CHANNELS[family][1]} count")
        return int(re.search(r"(\d+) of \d+ routes", text)[1])

    def received(self, address=None, family="ipv4 unicast"):
        text = self.birdc(f"show route all protocol {self.protocol(address)} "
                          f"table {CHANNELS[family][1]}")
        routes = {}
        rd, prefix, attributes = None, None, {}

        def finish():
            if prefix is not None:
                route = self.parse(prefix, attributes, family, rd)
                routes[route.key] = route

        for line in text.splitlines():
            head = re.match(r"(?:([\d.]+:\d+) )?([0-9a-f.:]+/\d+) ", line)
            if head:
                finish()
                rd, prefix, attributes = head[1], head[2], {}
            elif line.startswith("\tBGP."):
                name, _, value = line.strip()[4:].partition(":")
                attributes[name] = value.strip()
        finish()
        return routes

    @staticmethod
    def parse(prefix, a, family, rd):
        def numbers(name):
            return frozenset(t.strip("()").replace(",", ":")
                             for t in re.findall(r"\([^)]*\)", a.get(name, "").replace(", ", ",")))
        kinds = {"rt": "target", "ro": "origin"}
        extended = frozenset(
            re.sub(r"^(rt|ro):", lambda m: kinds[m[1]] + ":", c) for c in numbers("ext_community"))
        path = tuple(int(t) if t.isdigit() else t for t in re.findall(r"\{[^}]*\}|\d+",
                                                                      a.get("as_path", "")))
        return Route(
            prefix, next_hop=a.get("next_hop", "").split(" ")[0] or None, as_path=path,
            origin={"IGP": "IGP", "EGP": "EGP"}.get(a.get("origin"), "Incomplete"),
            med=int(a["med"]) if "med" in a else None,
            local_pref=int(a["local_pref"]) if "local_pref" in a else None,
            communities=numbers("community"), extended=extended, large=numbers("large_community"),
            originator_id=a.get("originator_id"),
            cluster_list=tuple(a.get("cluster_list", "").split()), family=family, rd=rd,
            only_to_customer=int(a["otc"]) if "otc" in a else None,
            labels=[int(label) for label in a.get("mpls_label_stack", "").split("/") if label])

    def received_flows(self, address=None, family="ipv4 flow"):
        text = self.birdc(f"show route all protocol {self.protocol(address)} "
                          f"table {CHANNELS[family][1]}")
        flows = []
        for line in text.splitlines():
            if line.startswith("flow"):
                flows.append({"rules": re.search(r"\{ (.*?) \}", line)[1], "attributes": {}})
            elif line.startswith("\tBGP."):
                name, _, value = line.strip()[4:].partition(":")
                flows[-1]["attributes"][name] = value.strip()
        return flows
