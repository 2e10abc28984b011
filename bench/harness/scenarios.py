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
                 timeouts_s=None, same_as=None, personal=False):
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
        self.probe = probe  # "api": asked over the API while the last step is repeated

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
}


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
    ]


def quick_runs():
    """Small enough for a look in between; the same shapes."""
    return [
        Run("gen4:300000", [("announce", "S1"), ("drop", "S5")]),
        Run("gen4:50000", [("announce", "S2")], senders=10, never=NO_TABLE),
        Run("gen4:30000", [("announce", "S4")], senders=30, receivers=0, split=True,
            route_server=True),
        Run("gen6:100000", [("announce", "S6")], version=6),
        Run("gen4:200000", [("announce", None), ("churn 20", "S8")]),
    ]


QUICK_TITLES = {
    "S1": "1 sender × 300,000 → 1 receiver",
    "S2": "10 senders × the same 50,000 (different paths) → 1 receiver and each other",
    "S4": "route server, 30 peers × 1,000, to all",
    "S5": "S1's sender goes away, until all is withdrawn",
    "S6": "1 sender × 100,000 IPv6 → 1 receiver",
    "S8": "20 % of 200,000 re-announced with new attributes",
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
