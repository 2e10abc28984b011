"""What is measured. A run starts one daemon and one load generator and gives the latter commands;
some of the commands are what a scenario measures."""

DATA = "/work/shared/data"
# The relay has no table: it cannot choose or withdraw.
NO_TABLE = ("relay",)
FULL_TABLE = "mrt:{data}/updates.et-header.2015.gz"


class Run:
    """senders, receivers, late: numbers of peers. steps: (command, scenario or None)."""

    def __init__(self, table, steps, senders=1, receivers=1, late=0, split=False, version=4,
                 route_server=False, hold_s=3600, only=None, never=(), cold=False, probe=None,
                 timeouts_s=None, same_as=None, personal=False, policy="none", traits="none",
                 sender_as=None, set_entries=0, from_start=False, on_lan=False):
        self.table = table
        self.steps = steps
        self.senders, self.receivers, self.late = senders, receivers, late
        self.split = split
        self.version = version
        self.route_server = route_server
        self.hold_s = hold_s
        self.only = only  # names of the daemons that can do it
        self.never = never
        self.cold = cold  # the daemon's start is part of it, and it has the routes in its config
        self.timeouts_s = timeouts_s or {}  # by daemon, instead of the usual one
        self.same_as = same_as  # a scenario whose result counts for this one, if there is one
        self.personal = personal  # each peer has a static route of its own
        # "import", "peer-as" or "classes": see policies.py; "members": see exchange.py;
        # "origins-import" or "origins-export": see origins.py
        self.policy = policy
        self.traits = traits  # what attributes have for policies to look at: "import" or "peers"
        self.sender_as = sender_as  # of the first sender, instead of the usual one
        self.set_entries = set_entries  # of the prefix set of "import"
        self.on_lan = on_lan  # peers are on a network of the daemon's, not on the same host
        self.from_start = from_start  # the daemon's start and the coming up of sessions are part of it
        self.probe = probe  # "api": asked over the API while the last step is repeated

    def peers(self):
        return self.senders + self.receivers + self.late

    def has_cache(self):
        return self.policy.startswith("origins")

    def scenarios(self):
        return [s for _, s in self.steps if s]

    def timeout_s(self, daemon, usual_s):
        return max(usual_s, self.timeouts_s.get(daemon, 0))

    def fits(self, daemon):
        if self.only and daemon not in self.only:
            return False
        return daemon not in self.never

    def steps_for(self, daemon):
        """The relay cannot withdraw."""
        return [s for s in self.steps if daemon not in NO_TABLE or s[0] != "drop"]


TITLES = {
    "S1": "1 sender × 1,000,000 → 1 receiver",
    "S2": "10 senders × the same 100,000 (different paths) → 1 receiver and each other",
    "S3": "2 senders × the same 500,000 (different paths) → 8 receivers and each other",
    "S4": "route server, 100 peers × 1,000, to all",
    "S5": "S1's sender goes away, until all is withdrawn",
    "S6": "1 sender × 200,000 IPv6 → 1 receiver",
    "S7": "real full table (2015) from 2 peers with different paths → 1 receiver",
    "S8": "20 % of 500,000 re-announced with new attributes",
    "S8b": "5 % of a real full table re-announced, 10 rounds (sum)",
    "S9": "a new peer joins a daemon that holds 1,000,000",
    "S10": "1,000 peers × 100, to all",
    "S11": "show_routes of 1,000,000 over the API while 20 % change",
    "S12": "cold start with 100,000 static routes until the peer has them",
    "S13": "S4 with a static route of its own for each peer",
    "S13b": "S10 with a static route of its own for each peer",
    "MEM": "50 rounds of 100,000 prefixes loaded and dropped",
    "P1n": "S1 with attributes for P1, without a policy",
    "P1": "the same, imported by a prefix set of 100,000 entries and ten rules",
    "P4": "P1's policy changes for all 1,000,000 routes",
    "P4b": "P1's policy changes for 2 % of the attribute sets",
    "P4c": "P1's prefix set changes in 2,000 of 100,000 entries",
    "P6n": "S4 with communities for P6, without a policy",
    "P6a": "the same, one export policy that looks at the peer's AS",
    "P6b": "the same, a different export policy for each peer",
    "P6kn": "S10 with communities for P6, without a policy",
    "P6ka": "the same, one export policy that looks at the peer's AS",
    "P6kb": "the same, 100 different export policies",
    "P2": "an exchange of 100 members with 300 prefixes each, from the start",
    "P3": "P2, when the lists of 10 members change",
    "P3b": "P2, when a rule changes for all",
    "P2k": "an exchange of 500 members with 300 prefixes each, from the start",
    "P3k": "P2k, when the lists of 10 members change",
    "P3kb": "P2k, when a rule changes for all",
    "P5": "an exchange of 700 members with 572 prefixes each, from the start",
    "P5r": "P5, when the lists of 10 members change",
    "P5rb": "P5, when a rule changes for all",
    "R1": "origin validation on import of 1,000,000: a cache comes to have 400,000 VRPs",
    "R1r": "the same, when all VRPs are replaced",
    "R1u": "the same, when 1,000 VRPs are",
    "R2": "origin validation on export of 1,000,000: a cache comes to have 400,000 VRPs",
    "R2r": "the same, when all VRPs are replaced",
    "R2u": "the same, when 1,000 VRPs are",
}

# What is measured with a policy, and the same without.
POLICY_PAIRS = [("P1", "P1n"), ("P1", "S1"), ("P6a", "P6n"), ("P6b", "P6n"), ("P6ka", "P6kn"),
                ("P6kb", "P6kn")]
POLICY_DAEMONS = ("bird", "bgpd")
PRIVATE_AS = 64512  # fits into a community


def import_runs(prefixes, entries):
    """P1 and P4."""
    table = f"gen4:{prefixes}"
    return [
        Run(table, [("announce", "P1n")], traits="import", only=POLICY_DAEMONS),
        Run(table, [("announce", "P1")], traits="import", policy="import", set_entries=entries,
            only=POLICY_DAEMONS),
        Run(table, [("announce", None), ("change 1", "P4"), ("change 2", "P4b"),
                    ("change 2 fewer", "P4c")],
            traits="import", policy="import", set_entries=entries, only=POLICY_DAEMONS),
    ]


def export_runs(table, peers, names, bird=(True, True, True)):
    """P6: without a policy, with one for all, with different ones. BIRD where there is time for it."""
    found = []
    for (policy, name), with_bird in zip(zip(("none", "peer-as", "classes"), names), bird):
        found.append(Run(table, [("announce", name)], senders=peers, receivers=0, split=True,
                         route_server=True, traits="peers", policy=policy, sender_as=PRIVATE_AS,
                         only=POLICY_DAEMONS if with_bird else ("bgpd",),
                         timeouts_s={"bird": 600}))
    return found


def exchange_runs(members, prefixes, names):
    """P2, P3 and P5: a route server from its start until all members have what they may have; then the
    lists of ten members change, then a rule that concerns all."""
    common = {"senders": members, "receivers": 0, "split": True, "route_server": True,
              "traits": "members", "policy": "members", "sender_as": PRIVATE_AS,
              "on_lan": True, "only": POLICY_DAEMONS, "timeouts_s": {"bird": 900}}
    cold, lists, rule = names
    # A prefix has 1.44 announcers on average.
    table = f"gen4:{prefixes * members * 25 // 36}"
    return [Run(table, [("announce", cold)], from_start=True, **common),
            Run(table, [("announce", None), ("change 1", lists), ("change 2", rule)], **common)]


def origin_runs(prefixes):
    """R1 and R2: first there are no VRPs."""
    return [Run(f"gen4:{prefixes}",
                [("announce", None), ("vrps 1 anew", name), ("vrps 2 anew", name + "r"),
                 ("vrps 3", name + "u")], policy=policy, only=POLICY_DAEMONS)
            for name, policy in (("R1", "origins-import"), ("R2", "origins-export"))]


def runs(data=DATA):
    full = FULL_TABLE.format(data=data)
    return [
        # GoBGP is to have a number at least here.
        Run("gen4:1000000", [("announce", "S1"), ("drop", "S5")], timeouts_s={"gobgp": 300}),
        Run("gen4:100000", [("announce", "S2")], senders=10, never=NO_TABLE),
        Run("gen4:500000", [("announce", "S3")], senders=2, receivers=8, never=NO_TABLE),
        Run("gen4:100000", [("announce", "S4")], senders=100, receivers=0, split=True,
            route_server=True),
        Run("gen6:200000", [("announce", "S6")], version=6),
        Run(full, [("announce", "S7")], senders=2, never=NO_TABLE),
        Run("gen4:500000", [("announce", None), ("churn 20", "S8")]),
        Run(full, [("announce", None)] + [("churn 5", "S8b")] * 10),
        Run("gen4:1000000", [("announce", None), ("join", "S9")], late=1),
        # Without the number of BIRD 2 there is no ratio.
        Run("gen4:100000", [("announce", "S10")], senders=1000, receivers=0, split=True,
            route_server=True, timeouts_s={"bird": 600}),
        Run("gen4:1000000", [("announce", None), ("churn 20", "S11")], hold_s=9, only=("bgpd",),
            probe="api"),
        Run("gen4:100000", [("wait", "S12")], senders=0, cold=True, never=("relay", "gobgp")),
        Run("gen4:100000", [("announce", "S13")], senders=100, receivers=0, split=True,
            route_server=True, personal=True, only=("bgpd",)),
        Run("gen4:100000", [("announce", "S13b")], senders=1000, receivers=0, split=True,
            route_server=True, personal=True, only=("bgpd",)),
        Run("gen4:100000", [("announce", None), ("drop", "MEM"), ("return", None)] * 50,
            only=("bgpd", "bird")),
    ] + import_runs(1_000_000, 100_000) + export_runs("gen4:100000", 100, ("P6n", "P6a", "P6b")) + \
        export_runs("gen4:100000", 1000, ("P6kn", "P6ka", "P6kb"), bird=(False, True, False)) + \
        exchange_runs(100, 300, ("P2", "P3", "P3b")) + \
        exchange_runs(500, 300, ("P2k", "P3k", "P3kb")) + \
        exchange_runs(700, 572, ("P5", "P5r", "P5rb")) + origin_runs(1_000_000)


def quick_runs():
    """Small enough for a look in between; the same shapes."""
    return [
        Run("gen4:300000", [("announce", "S1"), ("drop", "S5")]),
        Run("gen4:50000", [("announce", "S2")], senders=10, never=NO_TABLE),
        Run("gen4:30000", [("announce", "S4")], senders=30, receivers=0, split=True,
            route_server=True),
        Run("gen6:100000", [("announce", "S6")], version=6),
        Run("gen4:200000", [("announce", None), ("churn 20", "S8")]),
    ] + import_runs(200_000, 20_000) + export_runs("gen4:30000", 30, ("P6n", "P6a", "P6b")) + \
        exchange_runs(30, 100, ("P2", "P3", "P3b")) + origin_runs(200_000)


QUICK_TITLES = {
    "S1": "1 sender × 300,000 → 1 receiver",
    "S2": "10 senders × the same 50,000 (different paths) → 1 receiver and each other",
    "S4": "route server, 30 peers × 1,000, to all",
    "S5": "S1's sender goes away, until all is withdrawn",
    "S6": "1 sender × 100,000 IPv6 → 1 receiver",
    "S8": "20 % of 200,000 re-announced with new attributes",
    "P1n": "1 sender × 200,000 → 1 receiver, with attributes for P1, without a policy",
    "P1": "the same, imported by a prefix set of 20,000 entries and ten rules",
    "P4": "P1's policy changes for all 200,000 routes",
    "P4b": "P1's policy changes for 2 % of the attribute sets",
    "P4c": "P1's prefix set changes in 400 of 20,000 entries",
    "P6n": "route server, 30 peers × 1,000, to all, with communities for P6, without a policy",
    "P6a": "the same, one export policy that looks at the peer's AS",
    "P6b": "the same, a different export policy for each peer",
    "P2": "an exchange of 30 members with 100 prefixes each, from the start",
    "P3": "P2, when the lists of 10 members change",
    "P3b": "P2, when a rule changes for all",
    "R1": "origin validation on import of 200,000: a cache comes to have 80,000 VRPs",
    "R1r": "the same, when all VRPs are replaced",
    "R1u": "the same, when 1,000 VRPs are",
    "R2": "origin validation on export of 200,000: a cache comes to have 80,000 VRPs",
    "R2r": "the same, when all VRPs are replaced",
    "R2u": "the same, when 1,000 VRPs are",
}

PREFIX_STEPS = [10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000]
PEER_STEPS = [10, 30, 100, 300, 1_000]


def growth_runs():
    """Time and memory against prefixes (S1's shape) and against peers (S10's): [(axis, x, run)]."""
    found = []
    for n in PREFIX_STEPS:
        found.append(("prefixes", n, Run(f"gen4:{n}", [("announce", f"prefixes={n}")],
                                         same_as="S1" if n == 1_000_000 else None)))
    for n in PEER_STEPS:
        found.append(("peers", n, Run(f"gen4:{100 * n}", [("announce", f"peers={n}")], senders=n,
                                      receivers=0, split=True, route_server=True,
                                      same_as="S10" if n == 1_000 else None)))
    return found
