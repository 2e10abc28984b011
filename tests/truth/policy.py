"""Policies the naive way: what docs/policy.md says, over the tables as they stand in the configuration.

Nothing is compiled: each question looks at the text of the rule again. What the model's routes do not
have (AIGP, add-path) is not here."""

import ipaddress
import re
from collections import namedtuple
from dataclasses import dataclass, field, replace

from support.route import Route

# A neighbour as policies see it.
Neighbor = namedtuple("Neighbor", "address name group asn local_as internal")
# A rule as the API names it; why a path is not used.
REJECTED = "policy {} {}"
MOST_U32 = (1 << 32) - 1
PRIVATE_ASNS = ["64512-65534", "4200000000-4294967294"]


@dataclass(frozen=True)
class Noted:
    """A route, and what policies note of it for ourselves alone."""

    route: Route
    weight: int = 0
    marks: frozenset = frozenset()
    kept: frozenset = frozenset()  # "next_hop", "med": stays on the way out
    rov: str = field(default=None, compare=False)  # what VRPs said of the origin when it came in


@dataclass(frozen=True)
class Scene:
    """Where a route comes from, and whose policy it is. `source`: a Neighbor, "api" or "config";
    `own_next_hop`: in the family."""

    direction: str
    source: object
    peer: Neighbor
    own_next_hop: str


def asns(path):
    """All ASNs of a path, those in sets included."""
    found = []
    for hop in path:
        found += [hop] if isinstance(hop, int) else [int(n) for n in hop.strip("{}").split()]
    return found


def first_as(path):
    """None: there is none, or a set."""
    return path[0] if path and isinstance(path[0], int) else None


def last_as(path):
    return path[-1] if path and isinstance(path[-1], int) else None


def rov_state(route, vrps, local_as):
    """RFC 6811 §2, of unicast routes; a route without a path began in our AS."""
    if not route.family.endswith(" unicast"):
        return "not-found"
    network, state = ipaddress.ip_network(route.prefix), "not-found"
    origin = last_as(route.as_path) if route.as_path else local_as
    for vrp in vrps:
        entry, asn = vrp.rsplit(" ", 1)
        within, _, longest = entry.partition(" le ")
        within = ipaddress.ip_network(within)
        if within.version == network.version and network.subnet_of(within):
            if origin == int(asn) != 0 and network.prefixlen <= int(longest or within.prefixlen):
                return "valid"
            state = "invalid"
    return state


def asks_for_validation(policies, chain):
    def has(value):
        if isinstance(value, dict):
            return bool({"rov", "aspa"} & value.keys()) or any(map(has, value.values()))
        return isinstance(value, list) and any(map(has, value))
    return any(has(policies[name]) for name in chain)


def listed(value):
    return value if isinstance(value, (list, tuple)) else [value]


def bounds(text):
    """The numbers of "8-24" or 24, for range()."""
    low, _, high = str(text).partition("-")
    return int(low), int(high or low) + 1


def in_ranges(value, number):
    """24, "8-24" or a list of these."""
    if number is None:
        return False
    return any(number in range(*bounds(item)) for item in listed(value))


def unmapped(address):
    """An IPv4-mapped address is what the IPv4 address is."""
    found = ipaddress.ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found


# --- sets ---

def in_prefix_entry(entry, network):
    """"10.0.0.0/8", "10.0.0.0/8 le 24", "2001:db8::/32 ge 48 le 64"."""
    words = entry.split()
    within = ipaddress.ip_network(words[0])
    if network.version != within.version or not network.subnet_of(within):
        return False
    bounds = dict(zip(words[1::2], map(int, words[2::2])))
    low = bounds.get("ge", within.prefixlen)
    high = bounds.get("le", within.max_prefixlen if "ge" in bounds else within.prefixlen)
    return low <= network.prefixlen <= high


def in_community_pattern(pattern, kind, text):
    """Each part: a number, "*" or "100-199"; in front of extended ones their name."""
    want, have = pattern.split(":"), text.split(":")
    if kind_of_community(pattern) != kind or len(want) != len(have):
        return False
    return in_pattern(want, have)


def in_pattern(want, have):
    """Part by part: a number, "*", or "100-199"."""
    return all(w in ("*", h) or ("-" in w and in_ranges(w, int(h))) for w, h in zip(want, have))


def kind_of_community(text):
    """The attribute that it stands in."""
    if text[0].isalpha():
        return "extended"
    return "large" if text.count(":") == 2 else "communities"


# --- what a policy looks at ---

class Asked:
    """One route at one moment, and the sets that rules may name."""

    def __init__(self, noted, scene, sets):
        self.noted = noted
        self.route = noted.route
        self.scene = scene
        self.sets = sets

    def filled(self, text):
        """With values in place of variables; None where one has none."""
        route, peer = self.route, self.scene.peer
        values = {"peer.as": peer.asn, "local.as": peer.local_as, "peer.address": peer.address,
                  "peer.name": peer.name, "origin.as": last_as(route.as_path),
                  "neighbor.as": first_as(route.as_path)}
        for name in re.findall(r"\{([^}]*)\}", text):
            if values[name] is None:
                return None
            text = text.replace("{%s}" % name, str(values[name]))
        return text

    def members(self, kind, value):
        """The entries that are meant: names of sets stand for theirs."""
        found = []
        for item in listed(value):
            known = isinstance(item, str) and item in self.sets[kind]
            found += self.sets[kind][item] if known else [item]
        return found

    # prefixes

    def network(self):
        route = self.route
        return None if route.family.endswith("flow") else ipaddress.ip_network(route.prefix)

    def in_prefixes(self, value, network):
        return network is not None and any(in_prefix_entry(entry, network)
                                           for entry in self.members("prefix_sets", value))

    def match_prefix(self, value):
        return self.in_prefixes(value, self.network())

    def match_prefix_within(self, value):
        network = self.network()
        return network is not None and any(
            network.version == outer.version and network.subnet_of(outer)
            for outer in (ipaddress.ip_network(entry.split()[0]) for entry in self.members("prefix_sets", value)))

    def match_prefix_origin(self, value):
        network = self.network()
        origin = str(last_as(self.route.as_path))
        return network is not None and any(
            asn in ("*", origin) and in_prefix_entry(entry, network)
            for entry, asn in (item.rsplit(" ", 1) for item in self.members("prefix_origin_sets", value)))

    def match_prefix_length(self, value):
        network = self.network()
        return network is not None and in_ranges(value, network.prefixlen)

    def match_rd(self, value):
        rd = self.route.rd
        return rd is not None and any(in_pattern(pattern.split(":"), rd.split(":"))
                                      for pattern in listed(value))

    def match_family(self, value):
        return self.route.family in listed(value)

    def flow_components(self):
        rules = self.route.prefix.split("; ") if self.route.family.endswith("flow") else []
        return dict(rule.split(" ", 1) for rule in rules)

    def flow_component(self, name):
        found = self.flow_components().get(name)
        return found and ipaddress.ip_network(found)

    def match_flow_destination(self, value):
        return self.in_prefixes(value, self.flow_component("destination"))

    def match_flow_source(self, value):
        return self.in_prefixes(value, self.flow_component("source"))

    def match_flow_has(self, value):
        """The flows of the tests have one action."""
        found = set(self.flow_components())
        if found and "traffic-rate:0:0" in self.route.extended:
            found |= {"traffic-rate", "drop"}
        return bool(found & set(listed(value)))

    # paths

    def in_asns(self, value, number):
        if number is None:
            return False
        for item in self.members("as_sets", value):
            text = self.filled(str(item))
            if text is not None and in_ranges(text, number):
                return True
        return False

    def match_as_path(self, value):
        text = " ".join(map(str, self.route.as_path))
        return any(re.search(expression.replace("_", r"(?:^|$|[ ,{}()])"), text)
                   for expression in listed(value))

    def match_origin_as(self, value):
        return self.in_asns(value, last_as(self.route.as_path))

    def match_neighbor_as(self, value):
        return self.in_asns(value, first_as(self.route.as_path))

    def match_as_in_path(self, value):
        return any(self.in_asns(value, asn) for asn in asns(self.route.as_path))

    def match_as_behind_first(self, value):
        path = asns(self.route.as_path)
        first = first_as(self.route.as_path)
        while path and first and path[0] == first:
            path = path[1:]
        return any(self.in_asns(value, asn) for asn in path)

    def match_as_path_length(self, value):
        return in_ranges(value, len(self.route.as_path))

    def match_as_path_unique_length(self, value):
        return in_ranges(value, len(set(self.route.as_path)))

    def match_has_as_set(self, value):
        return value == any(isinstance(hop, str) for hop in self.route.as_path)

    def match_has_private_as(self, value):
        return value == any(in_ranges(PRIVATE_ASNS, asn) for asn in asns(self.route.as_path))

    # validation

    def match_rov(self, value):
        """On import as the route is by now; later as it was then."""
        state = self.noted.rov if self.scene.direction == "export" else \
            rov_state(self.route, self.sets["rpki"]["vrps"], self.scene.peer.local_as)
        return state in listed(value)

    def match_aspa(self, value):
        """None of the peers has a role."""
        return "unknown" in listed(value)

    # communities

    def communities(self):
        """(kind, text) of all three kinds."""
        return [(kind, text) for kind in ("communities", "extended", "large")
                for text in getattr(self.route, kind)]

    def is_there(self, pattern):
        pattern = self.filled(pattern)
        return pattern is not None and any(in_community_pattern(pattern, kind, text)
                                           for kind, text in self.communities())

    def match_community(self, value):
        return any(map(self.is_there, self.members("community_sets", value)))

    def match_community_all(self, value):
        return all(map(self.is_there, self.members("community_sets", value)))

    def match_community_count(self, value):
        return in_ranges(value, len(self.communities()))

    def match_route_target(self, value):
        return any(text.startswith("target:") and in_community_pattern(pattern, "extended", text)
                   for pattern in self.members("community_sets", value)
                   for text in self.route.extended)

    # other attributes

    def match_next_hop(self, value):
        """Within a prefix, whatever lengths the set gives for it."""
        if self.route.next_hop is None:
            return False
        named = {"peer": self.scene.peer.address, "self": self.scene.own_next_hop}
        hop = unmapped(self.route.next_hop)
        for entry in self.members("prefix_sets", value):
            if entry not in named:
                if hop in ipaddress.ip_network(entry.split()[0]):
                    return True
            elif named[entry] is not None and hop == unmapped(named[entry]):
                return True
        return False

    def match_origin(self, value):
        return self.route.origin.lower() in listed(value)

    def match_med(self, value):
        return in_ranges(value, self.route.med)

    def match_local_pref(self, value):
        return in_ranges(value, self.route.local_pref)

    def match_aigp(self, _):
        return False

    def match_mark(self, value):
        return bool(self.noted.marks & set(listed(value)))

    def match_source(self, value):
        source = self.scene.source
        if not isinstance(source, Neighbor):
            return source in listed(value)
        names = {source.address, source.name, source.group, "internal" if source.internal else "external"}
        return bool(names & set(listed(value)))

    # conditions

    def match_all(self, value):
        return all(map(self.holds, value))

    def match_any(self, value):
        return any(map(self.holds, value))

    def match_not(self, value):
        return not self.holds(value)

    def holds(self, condition):
        return all(getattr(self, "match_" + name)(value) for name, value in condition.items())


# --- what a rule sets ---

class Changed(Asked):
    """What becomes of a route: variables and "last" are of the route as it was before the rule."""

    ORDER = ("local_pref", "med", "origin", "next_hop", "as_path", "prepend", "communities", "weight",
             "mark")

    def __init__(self, noted, scene, sets):
        super().__init__(noted, scene, sets)
        self.result = noted

    def apply(self, settings):
        for name in self.ORDER:
            if name in settings:
                getattr(self, "set_" + name)(settings[name])
        return self.result

    def put(self, **values):
        self.result = replace(self.result, route=replace(self.result.route, **values))

    @staticmethod
    def number(value, before):
        """None: there is none."""
        if value == "remove":
            return None
        if isinstance(value, str) and value[0] in "+-":
            return min(max((before or 0) + int(value), 0), MOST_U32)
        return int(value)

    def keep(self, what, kept=True):
        """What is set on export is sent as it is."""
        if self.scene.direction == "export":
            others = self.result.kept - {what}
            self.result = replace(self.result, kept=others | {what} if kept else others)

    def set_local_pref(self, value):
        self.put(local_pref=self.number(value, self.result.route.local_pref))

    def set_med(self, value):
        self.put(med=self.number(value, self.result.route.med))
        self.keep("med", value != "remove")

    def set_origin(self, value):
        self.put(origin={"igp": "IGP", "egp": "EGP"}.get(value, "Incomplete"))

    def set_next_hop(self, value):
        family, is_ipv6 = self.route.family, self.route.family.startswith("ipv6")
        has_labels = family.endswith(("labeled-unicast", "vpn"))
        if family.endswith("flow") or (value == "self" and has_labels):
            return
        if value != "unchanged":
            hop = {"self": self.scene.own_next_hop, "peer": self.scene.peer.address,
                   "discard": "100::1" if is_ipv6 else "192.0.2.1"}.get(value, value)
            self.put(next_hop=f"::ffff:{hop}" if is_ipv6 and ":" not in hop else hop)
        self.keep("next_hop")

    def set_prepend(self, value):
        named = {"peer": "{peer.as}", "self": "{local.as}"}
        asn = first_as(self.result.route.as_path) if value["as"] == "last" else \
            self.filled(str(named.get(value["as"], value["as"])))
        if asn is not None:
            self.put(as_path=(int(asn),) * value.get("count", 1) + self.result.route.as_path)

    def set_as_path(self, value):
        path = self.mapped(self.result.route.as_path, lambda asn: self.replaced(value, asn))
        which = value.get("remove_private", False)
        if which == "leading":
            while path and all(in_ranges(PRIVATE_ASNS, asn) for asn in asns(path[:1])):
                path = path[1:]
        elif which:
            path = self.mapped(path, lambda asn: None if in_ranges(PRIVATE_ASNS, asn) else asn)
        if "keep_last" in value:
            path = path[max(0, len(path) - value["keep_last"]):]
        self.put(as_path=path)

    def replaced(self, value, asn):
        found = [(len(range(*bounds(key))), to) for key, to in value.get("replace", {}).items()
                 if in_ranges(key, asn)]
        if not found:
            return asn
        to = self.filled(str(min(found)[1]))
        return asn if to is None else int(to)

    @staticmethod
    def mapped(path, change):
        """With what becomes of each AS; None: it goes, and a set of which nothing is left, too."""
        result = []
        for hop in path:
            left = [asn for asn in map(change, asns([hop])) if asn is not None]
            if left:
                result.append(left[0] if isinstance(hop, int) else "{%s}" % " ".join(map(str, left)))
        return tuple(result)

    def set_communities(self, value):
        for pattern in self.members("community_sets", value.get("remove", [])):
            pattern = self.filled(pattern)
            for kind, text in Asked(self.result, self.scene, self.sets).communities():
                if pattern is not None and in_community_pattern(pattern, kind, text):
                    self.put(**{kind: getattr(self.result.route, kind) - {text}})
        for text in value.get("replace", []):
            self.put(**{kind_of_community(text): frozenset()})
        for text in value.get("replace", []) + value.get("add", []):
            text = self.filled(text)
            if text is not None:
                kind = kind_of_community(text)
                self.put(**{kind: getattr(self.result.route, kind) | {text}})

    def set_weight(self, value):
        self.result = replace(self.result, weight=self.number(value, self.result.weight) or 0)

    def set_mark(self, value):
        change = value if isinstance(value, dict) else {"add": value}
        gone = set(listed(change.get("remove", [])))
        stay = frozenset() if "*" in gone else self.result.marks - gone
        self.result = replace(self.result, marks=stay | set(listed(change.get("add", []))))


# --- chains ---

def evaluate(policies, sets, chain, noted, scene):
    """(why not, what becomes of it): why a chain of policies rejects a route, None where it does not."""
    for name in chain:
        policy = policies[name]
        then, where = None, "default"
        for index, rule in enumerate(policy.get("rules", ()), 1):
            if not Asked(noted, scene, sets).holds(rule.get("if", {})):
                continue
            noted = Changed(noted, scene, sets).apply(rule.get("set", {}))
            if "then" in rule:
                then, where = rule["then"], f"rule {rule.get('name', index)}"
                break
        then = then or policy.get("default", "next")
        if then == "reject":
            return REJECTED.format(name, where), noted
        if then == "accept":
            return None, noted
    return None, noted
