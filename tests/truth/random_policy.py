"""Random policies, as tables of the configuration: policy.py interprets them, the daemon reads them.

Values are such as the routes of scenario.py have, so that conditions hold now and then."""

POLICIES = ("p0", "p1", "p2", "p3")
GROUPS = ("g0", "g1")
NAMES_OF_PEERS = ("n2", "n3")  # there are always two that are no network
PREFIX_SETS, AS_SETS, COMMUNITY_SETS = ("near", "far"), ("strangers",), ("action", "info")
ORIGIN_SETS = ("objects",)
MARKS = ("blue", "red")
VRPS = ("192.0.2.0/24 64500", "192.0.0.0/22 le 24 64601", "203.0.113.0/24 le 25 64602", "203.0.113.128/25 65000",
        "100.64.0.0/10 0", "0.0.0.0/0 le 32 64601", "2001:db8::/32 le 48 64500", "2001:db8:2::/47 65000",
        "203.0.113.0/25 64603", "2001:db8:1::/48 64601")
PREFIX_ENTRIES = ("192.0.2.0/24", "192.0.0.0/22 le 24", "203.0.113.0/24 ge 25", "100.64.0.0/10",
                  "0.0.0.0/0 ge 8 le 22", "2001:db8::/32 ge 48", "2001:db8:2::/47", "::/0 le 47",
                  "2001:db8:4::/46 ge 47 le 47", "203.0.113.128/25", "0.0.0.0/0 le 32")
ASNS = (64500, 64501, 64601, 64602, 64603, 65000, 64700)
AS_ENTRIES = (*ASNS, "64500-64600", "64602-64700", "1-65535")
PATTERNS = ("65000:1", "65001:2", "65000:*", "65535:65281-65283", "65535:*", "65000:1:*", "*:2", "target:65000:*",
            "{peer.as}:1", "{peer.as}:*", "65000:{neighbor.as}", "{local.as}:1:{peer.as}",
            "{origin.as}:7", "65535:666")
ADDED = ("65000:1", "target:65000:{peer.as}", "65000:7", "65001:2", "65535:666", "{peer.as}:1", "65000:{neighbor.as}",
         "{local.as}:1:{peer.as}", "65000:1:9", "{origin.as}:7", "65535:65281")
EXPRESSIONS = ("^$", "^64601", "_64500_", "64500$", "^64601( 64601)*$", "_6450[01]_", "[{]", "_64700_",
               "^[0-9]+$", "^[0-9]+ [0-9]+", "^(64601|64602)_", ".", "(64500|64501)+$", "^65000_")
FAMILIES = ("ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 labeled-unicast", "ipv4 vpn")


class PolicyMaker:
    """`random`: of the scenario. `addresses`: of its peers, by placeholders that the driver fills."""

    def __init__(self, random):
        self.random = random

    def chance(self, percent):
        return self.random.randrange(100) < percent

    def some(self, values, most=2):
        return self.random.sample(values, self.random.randint(1, most))

    def one_or_list(self, values):
        return self.random.choice(values) if self.chance(60) else self.some(values)

    # --- sets ---

    def prefix_set(self):
        return self.some([e for e in PREFIX_ENTRIES], 3)

    def origin_set(self):
        return [f"{entry} {self.random.choice((*ASNS, '*'))}" for entry in self.some(PREFIX_ENTRIES, 3)]

    def as_set(self):
        return self.some(AS_ENTRIES, 3)

    def community_set(self):
        return self.some([p for p in PATTERNS if "{" not in p], 3)

    def vrps(self):
        return self.random.sample(VRPS, self.random.randint(0, 5))

    def sets(self):
        return {"rpki": {"vrps": self.vrps()}, "prefix_sets": {name: self.prefix_set() for name in PREFIX_SETS},
                "as_sets": {name: self.as_set() for name in AS_SETS},
                "prefix_origin_sets": {name: self.origin_set() for name in ORIGIN_SETS},
                "community_sets": {name: self.community_set() for name in COMMUNITY_SETS}}

    def another_set(self):
        """(kind, name, entries)."""
        kind, names, make = self.random.choice((
            ("prefix_sets", PREFIX_SETS, self.prefix_set), ("as_sets", AS_SETS, self.as_set),
            ("prefix_origin_sets", ORIGIN_SETS, self.origin_set),
            ("community_sets", COMMUNITY_SETS, self.community_set), ("rpki", ("vrps",), self.vrps)))
        return (kind, self.random.choice(names), make())

    # --- conditions ---

    def numbers(self, values):
        """A number, a range, or a list."""
        low, high = sorted(self.random.choices(values, k=2))
        return self.random.choice((low, f"{low}-{high}", [low, f"{high}-{high + 1}"]))

    def asns(self, *more):
        if self.chance(30):
            return self.random.choice(AS_SETS)
        return self.one_or_list((*AS_ENTRIES, *AS_SETS, *more))

    def patterns(self):
        return self.random.choice(COMMUNITY_SETS) if self.chance(25) else \
            self.one_or_list((*PATTERNS, *COMMUNITY_SETS))

    def value_of(self, name):
        choice = self.random.choice
        if name in ("prefix", "prefix_within", "flow_destination", "flow_source"):
            return choice(PREFIX_SETS) if self.chance(40) else \
                self.one_or_list((*PREFIX_ENTRIES, *PREFIX_SETS))
        if name == "prefix_origin":
            return choice(ORIGIN_SETS) if self.chance(40) else self.one_or_list((*self.origin_set(), *ORIGIN_SETS))
        if name == "flow_has":
            return self.one_or_list(("destination", "protocol", "source", "traffic-rate", "drop", "redirect"))
        if name == "prefix_length":
            return self.numbers((8, 10, 22, 24, 25, 47, 48))
        if name == "as_path":
            return choice(EXPRESSIONS)
        if name in ("origin_as", "neighbor_as", "as_in_path", "as_behind_first"):
            return self.asns("{peer.as}")
        if name in ("as_path_length", "as_path_unique_length", "community_count"):
            return self.numbers((0, 1, 2, 3))
        if name in ("has_as_set", "has_private_as"):
            return self.chance(50)
        if name in ("community", "community_all"):
            return self.patterns()
        if name == "next_hop":
            return self.one_or_list(("10.9.0.1", "10.9.0.0/24 ge 32", "2001:db8:f::/48 ge 128", "peer",
                                     "self", "0.0.0.0/0 le 32", *PREFIX_SETS))
        if name == "origin":
            return self.one_or_list(("igp", "egp", "incomplete"))
        if name == "med":
            return self.numbers((0, 10, 20))
        if name == "local_pref":
            return self.numbers((90, 100, 150, 200))
        if name == "aigp":
            return "0-4294967295"
        if name == "family":
            return self.one_or_list(FAMILIES)
        if name == "source":
            return self.one_or_list(("internal", "external", "api", "config", *GROUPS,
                                     *NAMES_OF_PEERS))
        if name == "mark":
            return self.one_or_list(MARKS)
        if name == "rov":
            return self.one_or_list(("valid", "invalid", "not-found"))
        if name == "aspa":
            return self.one_or_list(("valid", "invalid", "unknown"))
        if name == "rd":
            return self.one_or_list(("65000:1", "10.7.7.7:1", "65000:*", "10.7.7.7:1-9"))
        raise KeyError(name)

    NAMES = {"prefix": 10, "prefix_within": 4, "prefix_origin": 5, "prefix_length": 4, "as_path": 5, "origin_as": 4, "neighbor_as": 3,
             "as_in_path": 3, "as_behind_first": 2, "as_path_length": 2, "as_path_unique_length": 1,
             "has_as_set": 1,
             "has_private_as": 1, "community": 10, "community_all": 4, "community_count": 2, "next_hop": 3,
             "origin": 2, "med": 3, "local_pref": 3, "aigp": 1, "family": 4, "source": 4, "mark": 4,
             "rov": 8, "aspa": 1, "rd": 1, "flow_destination": 1, "flow_source": 1, "flow_has": 1}

    def condition(self, depth=0):
        result = {}
        for _ in range(self.random.choice((1, 1, 1, 2))):
            if depth < 2 and self.chance(15):
                kind = self.random.choice(("any", "all", "not"))
                result[kind] = self.condition(depth + 1) if kind == "not" else \
                    [self.condition(depth + 1) for _ in range(self.random.randint(1, 2))]
            else:
                name, = self.random.choices(list(self.NAMES), list(self.NAMES.values()))
                result[name] = self.value_of(name)
        return result

    # --- what is set ---

    def number(self, values):
        value = self.random.choice(values)
        return self.random.choice((value, value, f"+{value}", f"-{value}"))

    def communities(self):
        if self.chance(15):
            return {"replace": self.some(ADDED), "add": self.some(ADDED)}
        kinds = self.random.choice((["add"], ["remove"], ["remove", "add"]))
        values = {"add": self.some(ADDED), "remove": self.some((*PATTERNS, *COMMUNITY_SETS))}
        return {kind: values[kind] for kind in kinds}

    def setting(self, name):
        choice = self.random.choice
        if name == "local_pref":
            return choice((self.number((50, 100, 200)), "remove"))
        if name == "med":
            return choice((self.number((5, 10)), "remove"))
        if name == "origin":
            return choice(("igp", "egp", "incomplete"))
        if name == "prepend":
            return {"as": choice((64500, "peer", "self", "last", "{neighbor.as}", "{origin.as}")),
                    "count": choice((1, 2))}
        if name == "as_path":
            return choice(({"remove_private": choice((True, "all", "leading"))}, {"keep_last": choice((0, 1))},
                           {"replace": {"64500-64700": "{peer.as}", "64500": 64999}},
                           {"replace": {"64601": "{local.as}"}, "remove_private": "leading", "keep_last": 2}))
        if name == "communities":
            return self.communities()
        if name == "weight":
            return choice((1, 2, 3))
        if name == "next_hop":
            return choice(("10.9.0.1", "10.9.0.7", "self", "peer", "unchanged", "discard"))
        return choice((self.one_or_list(MARKS), {"remove": choice(("*", *MARKS)), "add": choice(MARKS)},
                       {"remove": choice(MARKS)}))

    SETTINGS = {"local_pref": 5, "med": 5, "origin": 2, "prepend": 4, "as_path": 3, "communities": 8,
                "weight": 3, "mark": 5, "next_hop": 2}

    def rule(self, number):
        rule = {}
        if self.chance(70):
            rule["name"] = f"r{number}"
        if self.chance(92):
            rule["if"] = self.condition()
        if self.chance(65):
            names = self.random.choices(list(self.SETTINGS), list(self.SETTINGS.values()),
                                        k=self.random.choice((1, 1, 2)))
            rule["set"] = {name: self.setting(name) for name in names}
        then = self.random.choice(("accept", "accept", "reject", "next", None))
        if then is not None:
            rule["then"] = then
        return rule

    def policy(self):
        result = {"rules": [self.rule(n) for n in range(self.random.randint(0, 4))]}
        default = self.random.choice((None, None, "next", "accept", "accept", "reject"))
        if default is not None:
            result["default"] = default
        return result

    def policies(self):
        return {name: self.policy() for name in POLICIES}

    # --- where they are attached ---

    def chain(self):
        """None: says nothing of it."""
        return self.random.sample(POLICIES, self.random.choice((0, 1, 1, 1, 2, 3)))

    def attached(self, percent):
        return {direction: self.chain() if self.chance(percent) else None
                for direction in ("import", "export")}

    def channels(self, percent):
        return {family: self.attached(60) for family in FAMILIES if self.chance(percent)}

    def group(self, percent):
        return {**self.attached(percent), "channels": self.channels(percent // 5)}
