"""One form for the routes of all daemons, so that they can be compared."""

from dataclasses import dataclass, field, fields
import ipaddress
import re

from support.nlri import key_of

WELL_KNOWN = {
    "no-export": "65535:65281", "no-advertise": "65535:65282",
    "no-export-subconfed": "65535:65283", "local-as": "65535:65283", "no-export-sub": "65535:65283",
    "nopeer": "65535:65284", "no-peer": "65535:65284", "blackhole": "65535:666",
    "graceful-shutdown": "65535:0",
}


def community(text):
    """A standard community as "A:B", whatever way it was written."""
    text = str(text).strip().lower()
    if text in WELL_KNOWN:
        return WELL_KNOWN[text]
    if ":" in text:
        return text
    return f"{int(text) >> 16}:{int(text) & 0xffff}"


def is_flow(prefix):
    """Whether it is the rules of a flow, as the API shows them in the place of a prefix."""
    return " " in prefix


def network(text):
    return text if is_flow(text) else str(ipaddress.ip_network(text))


def family_of(prefix):
    if is_flow(prefix):
        return "ipv4 flow"
    return "ipv6 unicast" if ":" in prefix else "ipv4 unicast"


def as_hop(hop):
    """A number, or a set as "{1 2}" with its members in order."""
    if isinstance(hop, str) and not hop.isdigit():
        return "{%s}" % " ".join(map(str, sorted({int(n) for n in re.findall(r"\d+", hop)})))
    return int(hop)


@dataclass
class Route:
    """A route to announce, or as received. None: not given, or not told by the daemon."""

    prefix: str
    next_hop: str = None
    as_path: tuple = ()
    origin: str = "IGP"
    med: int = None
    local_pref: int = None
    communities: frozenset = frozenset()
    extended: frozenset = frozenset()
    large: frozenset = frozenset()
    originator_id: str = None
    cluster_list: tuple = ()
    family: str = None  # by default that of the prefix
    rd: str = None
    labels: tuple = ()
    only_to_customer: int = None  # of real daemons: where their own class looks for it

    def __post_init__(self):
        self.family = self.family or family_of(self.prefix)
        self.labels = tuple(self.labels)
        self.cluster_list = tuple(self.cluster_list)
        self.prefix = network(self.prefix)
        self.communities = frozenset(community(c) for c in self.communities)
        self.extended = frozenset(self.extended)
        self.large = frozenset(self.large)
        self.as_path = tuple(as_hop(hop) for hop in self.as_path)
        if self.next_hop is not None:
            self.next_hop = str(ipaddress.ip_address(self.next_hop))

    @property
    def key(self):
        """What tells it from others of its family."""
        return key_of(self.prefix, self.rd)

    def differences(self, other, ignore=()):
        return {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)
                if f.name not in ignore and getattr(self, f.name) != getattr(other, f.name)}


@dataclass
class Flow:
    """A flow specification, in the words of BGPd's config."""

    afi: int
    matches: tuple
    action: str = "traffic-rate 0"
    local_pref: int = None
    communities: frozenset = field(default_factory=frozenset)

    @property
    def family(self):
        return "ipv6 flow" if self.afi == 2 else "ipv4 flow"


def assert_same(expected, actual, ignore=()):
    """Compares two dicts of routes by prefix, and shows the first differences only."""
    missing = sorted(expected.keys() - actual.keys())
    extra = sorted(actual.keys() - expected.keys())
    changed = {}
    for prefix in expected.keys() & actual.keys():
        difference = expected[prefix].differences(actual[prefix], ignore)
        if difference:
            changed[prefix] = difference
    if missing or extra or changed:
        sample = dict(list(changed.items())[:5])
        raise AssertionError(f"of {len(expected)} routes: {len(missing)} missing {missing[:5]}, "
                             f"{len(extra)} extra {extra[:5]}, {len(changed)} different {sample}")
