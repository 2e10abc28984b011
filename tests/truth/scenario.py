"""Scenarios: peers and a sequence of steps, random ones from a seed, and as text that runs again.

Nothing in a step depends on what happened before it: one that does not apply (a withdrawal of a
member that is down) does nothing. So any step can be left out, and the rest still means the same."""

import pprint
import random
from dataclasses import dataclass, field

from random_policy import GROUPS, POLICIES, PolicyMaker

V4, V6, FLOW = "ipv4 unicast", "ipv6 unicast", "ipv4 flow"
LABELED, VPN = "ipv6 labeled-unicast", "ipv4 vpn"
FAMILIES = (V4, V6, FLOW, LABELED, VPN)
# Prefixes, in a VPN after the RD; each is in one family.
PREFIXES = {"192.0.2.0/24": V4, "203.0.113.0/25": V4, "203.0.113.128/25": V4, "100.64.0.0/10": V4,
            "192.0.0.0/20": V4, "192.0.2.128/25": V4,
            "2001:db8:1::/48": V6, "2001:db8:2::/47": V6,
            "2001:db8:4::/48": LABELED, "2001:db8:4::/47": LABELED,
            "65000:1 192.0.2.0/24": VPN, "10.7.7.7:1 192.0.2.0/24": VPN, "65000:1 192.0.0.0/22": VPN}
# Rules, and their NLRI (RFC 8955 §4): components of destination (1), protocol (3).
FLOWS = {"destination 192.0.2.0/24": "0118c00002",
         "destination 192.0.2.0/24; protocol =17": "0118c00002038111",
         "protocol =6": "038106"}
KEYS = (*PREFIXES, *FLOWS)
LABELS = ((100,), (100,), (101,), (100, 101), (100, 101, 102))
V4_HOPS, V6_HOPS = ("10.9.0.1", "10.9.0.2"), ("2001:db8:f::1", "2001:db8:f::2")
COMMUNITIES = ("65000:1", "65001:2", "65535:65281", "65535:65282", "65535:65283", "65535:666")
LOCAL_AS, OTHER_LOCAL_AS = 65000, 65009
EXTERNAL_ASNS = (64601, 64602, 64603)
FURTHER_ASNS = (64500, 64501, 64601, LOCAL_AS)
SOURCES = ("api", "config", "peer")
ROLES = ("provider", "customer", "peer", "rs", "rs-client")
NETWORK_MEMBERS = range(129, 133)  # addresses in the upper half of the /24
OPTIONS = ("advertise_sources", "next_hop_self", "route_reflector_client", "route_server_client",
           "interpret_communities", "enforce_first_as", "allow_own_as", "limit", "count",
           "static", "import", "export", "channels", "keep_filtered", "role", "validate_flows")
# What differs also between peers that are alike in all else.
OWN_OPTIONS = ("static", "limit", "keep_filtered")


def kind_of(key):
    return FLOW if key in FLOWS else PREFIXES[key]


@dataclass
class Scenario:
    """`entries` of the configuration: dicts with `members`, `as` and options; `steps`: tuples of a
    name and arguments; `policies`: the tables of policies, of sets, and what is attached to groups."""

    entries: list
    steps: list
    policies: dict = field(default_factory=lambda: {"policies": {}, "groups": {}})

    def script(self):
        lines = [f"{name} = " + pprint.pformat(value, width=110, compact=True)
                 for name, value in (("policies", self.policies), ("entries", self.entries))]
        lines += ["steps = ["] + [f"    {step!r}," for step in self.steps]
        return "\n".join(lines + ["]", ""])

    @classmethod
    def from_script(cls, text):
        names = {}
        exec(text, {}, names)  # pylint: disable=exec-used
        return cls(names["entries"], [tuple(step) for step in names["steps"]], names["policies"])


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.entries = []
        # What the peers of a scenario have in common, so that the rarer rules get to decide, too.
        self.internal_percent = self.random.choice((5, 45, 45, 95))
        self.client_percent = self.random.choice((30, 50, 95))
        self.first_as_percent = self.random.choice((100, 85, 20))
        self.originator_percent = self.random.choice((5, 25, 80))
        self.alike_percent = self.random.choice((0, 50, 90))
        self.static_percent = self.random.choice((6, 6, 25, 60))
        # Peers that are treated alike share an update group, whatever their static routes.
        self.same_percent = self.random.choice((0, 0, 60, 100))
        self.maker = PolicyMaker(self.random)
        self.policy_percent = self.random.choice((0, 35, 70))
        self.role_percent = self.random.choice((0, 0, 50, 90))

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def scenario(self):
        next_member = 2
        for _ in range(self.random.randint(3, 7)):
            network = self.chance(15) and not any(e["network"] for e in self.entries)
            if network:
                members = list(NETWORK_MEMBERS)[:self.random.choice((1, 2, 2, 4))]
            else:
                members = [next_member]
                next_member += 1
            self.entries.append(self.entry(members, network))
        # Most members are there from the start, so that something happens.
        steps = [("up", m) for m in self.members() if self.chance(85)]
        length = self.random.randint(20, 100)
        while len(steps) < length:
            steps += self.steps()
        return Scenario(self.entries, steps + [("check",)], self.tables())

    def tables(self):
        return {"policies": self.maker.policies(), **self.maker.sets(),
                "groups": {name: self.maker.group(self.policy_percent) for name in GROUPS}}

    def members(self):
        return [m for entry in self.entries for m in entry["members"]]

    # --- the configuration ---

    def entry(self, members, network):
        internal = self.chance(self.internal_percent)
        entry = {"members": members, "network": network, "as4": self.chance(85),
                 "labels": self.random.choice((1, 2, 255))}
        if self.chance(8):
            entry["local_as"] = OTHER_LOCAL_AS
        entry["as"] = entry.get("local_as", LOCAL_AS) if internal \
            else self.random.choice(EXTERNAL_ASNS)
        entry["internal"] = internal
        entry["name"] = None if network else f"n{members[0]}"
        entry["group"] = self.random.choice((None, *GROUPS))
        entry["collector"] = self.chance(10)
        like = next((e for e in self.entries if e["internal"] == internal), None)
        for option in OPTIONS:
            if like and option not in OWN_OPTIONS and self.chance(self.same_percent):
                entry[option] = like[option]
            else:
                entry[option] = self.option(entry, option)
        return entry

    def option(self, entry, name):
        internal = entry["internal"]
        if name == "advertise_sources":
            return [s for s in SOURCES if self.chance(90 if s == "peer" else 75)] or ["peer"]
        if name == "route_reflector_client":
            return internal and self.chance(self.client_percent)
        if name == "route_server_client":
            return not internal and self.chance(self.client_percent)
        if name == "interpret_communities":
            return self.chance(30)
        if name == "enforce_first_as":
            return self.chance(self.first_as_percent)
        if name == "allow_own_as":
            return int(self.chance(12))
        if name == "limit":  # which routes meet it depends on what is kept
            return 0 if entry["collector"] else self.random.choice((0, 0, 0, 1, 2))
        if name == "keep_filtered":
            return not entry["collector"] or self.chance(30)
        if name in ("import", "export"):
            return self.maker.chain() if self.chance(self.policy_percent) else None
        if name == "channels":
            return self.maker.channels(self.policy_percent // 5)
        if name == "role":
            return self.random.choice(ROLES) if not internal and self.chance(self.role_percent) else None
        if name == "count":
            return self.random.choice(("received", "accepted"))
        if name == "static":
            return {p: self.attributes(p, None) for p in KEYS if self.chance(self.static_percent)}
        return self.chance(25)

    # --- routes ---

    def path(self, entry):
        begins = entry is not None and not entry["internal"] and self.chance(self.first_as_percent)
        path = [entry["as"]] if begins else []
        if self.chance(self.alike_percent):
            return tuple(path or self.random.choice(((), (64601,))))
        path += self.random.choices(FURTHER_ASNS, weights=(40, 30, 20, 6),
                                    k=self.random.choice((0, 0, 1, 1, 2)))
        if self.chance(12):
            path.insert(self.random.randint(0, len(path)), "{64700 64701}")
        return tuple(path)

    def next_hop(self, prefix):
        """An address, or the number of a member or of BGPd itself (1), whose address it is."""
        if prefix in FLOWS:
            return None
        is_v6 = kind_of(prefix) in (V6, LABELED)
        if not is_v6 and self.chance(12):
            return self.random.choice([1, *self.members()] if self.members() else [1])
        return self.random.choice(V6_HOPS if is_v6 else V4_HOPS)

    def attributes(self, prefix, entry):
        """`entry`: of the member that announces it; None: BGPd originates it."""
        result = {"as_path": self.path(entry), "next_hop": self.next_hop(prefix),
                  "origin": "IGP"}
        if not self.chance(80 + self.alike_percent // 5):
            result["origin"] = self.random.choice(("EGP", "Incomplete"))
        if kind_of(prefix) in (LABELED, VPN):
            result["labels"] = self.random.choice(LABELS)
        if self.chance(35):
            result["med"] = self.random.choice((0, 10, 20))
        if self.chance(35 - self.alike_percent // 3):
            result["local_pref"] = self.random.choice((100, 100, 100, 200))
        if self.chance(30):
            result["communities"] = self.random.sample(COMMUNITIES, self.random.randint(1, 2))
        if entry is not None and self.chance(self.role_percent // 4 + 5):
            result["only_to_customer"] = self.random.choice((entry["as"], *EXTERNAL_ASNS))
        # What a collector has dropped is not known to loop with another cluster id.
        if entry is not None and entry["internal"] and not entry["collector"] \
                and self.chance(self.originator_percent):
            result["originator_id"] = self.random.choice(("10.255.0.2", "10.255.0.3", "10.7.7.7", "10.7.7.7", 1))
            result["cluster_list"] = self.random.sample(("10.8.8.8", "10.8.8.9", "10.8.8.10", 1),
                                                        self.random.randint(1, 2))
        return result

    # --- steps ---

    def steps(self):
        """A burst of steps, and perhaps a look at what they led to."""
        burst = [self.step() for _ in range(self.random.randint(1, 6))]
        return burst + ([("check",)] if self.chance(60) else [])

    def step(self):
        kinds = {"announce": 55, "withdraw": 8, "refresh": 4, "down": 3, "up": 8, "flap": 4, "reset": 1,
                 "reload": 8, "advertise": 5, "unadvertise": 4,
                 "policy": self.policy_percent // 3}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        member = self.random.choice(self.members())
        return getattr(self, "step_" + kind)(member)

    def step_announce(self, member):
        kind = self.random.choices(FAMILIES, (45, 15, 12, 8, 20))[0]
        keys = [key for key in KEYS if kind_of(key) == kind]
        chosen = self.random.sample(keys, self.random.randint(1, min(3, len(keys))))
        entry = next(e for e in self.entries if member in e["members"])
        withdrawn = [key for key in KEYS if kind_of(key) == V4 and self.chance(6)]
        return ("announce", member, chosen, self.attributes(chosen[0], entry), withdrawn)

    def step_withdraw(self, member):
        return ("withdraw", member, self.random.sample(KEYS, self.random.randint(1, 3)))

    def step_refresh(self, member):
        return ("refresh", member)

    def step_down(self, member):
        return ("down", member)

    def step_up(self, member):
        return ("up", member)

    def step_flap(self, member):
        again = self.random.sample(KEYS, self.random.randint(0, len(KEYS)))
        return ("flap", member, self.random.choice((255, 255, 254)), again)

    def step_reset(self, member):
        return ("reset", member)

    def step_reload(self, _):
        changes = []
        for _ in range(self.random.choice((1, 1, 2, 3))):
            index = self.random.randrange(len(self.entries))
            name = self.random.choice(OPTIONS + ("static",) * 3)
            changes.append((index, name, self.option(self.entries[index], name)))
        cluster_id = self.random.choice(("10.8.8.8", 1)) if self.chance(10) else None
        return ("reload", changes, cluster_id)

    def step_policy(self, _):
        """A reload that changes policies, sets, or what is attached to groups."""
        changes = []
        for _ in range(self.random.choice((1, 1, 2))):
            kind = self.random.choice(("policies", "policies", "sets", "groups"))
            if kind == "policies":
                changes.append((kind, self.random.choice(POLICIES), self.maker.policy()))
            elif kind == "sets":
                changes.append(self.maker.another_set())
            else:
                changes.append((kind, self.random.choice(GROUPS), self.maker.group(self.policy_percent)))
        return ("policy", changes)

    def step_advertise(self, _):
        prefix = self.random.choice(KEYS)
        return ("advertise", prefix, self.attributes(prefix, None))

    def step_unadvertise(self, _):
        return ("unadvertise", self.random.choice(KEYS))


def random_scenario(seed):
    return Generator(seed).scenario()
