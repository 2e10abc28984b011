"""Random exchange points: members with their lists, and what they announce to a route server, so drawn that each
rule of a route server meets routes that it must stop and routes that it must let through."""

import ipaddress
import itertools
import random
from dataclasses import dataclass, field, replace

from support.route import Route

RS = 64500
BLACKHOLE = "65535:666"
SITE_BLACKHOLE = f"{RS}:666"
GRACEFUL_SHUTDOWN = "65535:0"
TRANSIT_FREE = (174, 701, 1299, 2914, 3257, 3320, 3356, 5511, 6453, 6461, 6762, 6830, 7018, 12956)
NEVER_VIA = (2906, 20940)
# What registries say of a route: {RS}:1001:n.
IN_LIST, NOT_ASKED, LONGER, NOT_IN_LIST, NOT_OF_ORIGINS, OF_ORIGINS, BY_ROA, BY_OBJECT, WHITE, OF_SAME_AS = TAGS = \
    1, 2, 3, 10, 20, 21, 31, 32, 41, 1200
BOGON_ASNS = (23456, 64496, 64512, 65535, 131071, 4200000000, 4294967295)
# By IP version: the network that all share, prefixes that no network may announce, and lengths that are fine.
LAN = {4: "185.1.0.0/24", 6: "2001:7f8:1::/64"}
BOGONS = {4: ("0.0.0.0/0", "10.1.0.0/16", "100.64.0.0/10", "169.254.7.0/24", "172.16.0.0/12", "192.0.2.0/24",
              "192.168.7.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/25"),
          6: ("::/0", "2001:db8::/32", "2001:db8:7::/48", "2001:10::/28", "2002:102::/32", "3fff:1::/32", "5f00:1::/32",
              "fc00:1::/32", "fd00:7::/48")}
LENGTHS = {4: (8, 24), 6: (12, 48)}
BITS = {4: 32, 6: 128}


@dataclass
class Entry:
    """Prefixes within one, from one length to another."""

    prefix: str
    low: int
    high: int


@dataclass
class Pair:
    """An entry with the AS that it has to begin in; None: whatever AS."""

    entry: Entry
    asn: int = None


@dataclass
class Vrp:
    prefix: str
    longest: int
    asn: int


@dataclass
class Member:
    number: int
    asn: int
    address: str
    as16: int = None  # what stands for it in standard communities; None: nothing can
    origins: list = field(default_factory=list)
    prefixes: list = field(default_factory=list)  # of Entry
    white_origins: list = field(default_factory=list)
    white_prefixes: list = field(default_factory=list)
    white_routes: list = field(default_factory=list)  # of Pair
    blacklist: list = field(default_factory=list)
    next_hops: list = field(default_factory=list)
    blackhole: bool = False
    announce_blackholes: bool = True
    routes: list = field(default_factory=list)

    @property
    def name(self):
        return f"m{self.number}"


@dataclass
class Exchange:
    version: int = 4
    seed: int = None
    reject_mode: str = "reject"  # "tag", "tag_and_reject"
    next_hop_policy: str = "strict"  # "same_as", "listed"
    path_length: int = 8
    reject_as_sets: bool = False
    irr_more_specifics: bool = False
    roas_as_route_objects: bool = False
    rov: bool = True
    reject_rov_invalid: bool = True
    graceful_shutdown: bool = True
    blackhole_next_hop: str = None
    blackhole_no_export: bool = True
    enforce_origins: bool = True
    enforce_prefixes: bool = True
    tag_registries: bool = False
    tell_tags: bool = False
    route_objects: list = field(default_factory=list)  # of Pair
    blacklist: list = field(default_factory=list)
    members: list = field(default_factory=list)
    vrps: list = field(default_factory=list)

    @property
    def family(self):
        return f"ipv{self.version} unicast"

    def address(self, n):
        """The nth of the network that all share."""
        return str(ipaddress.ip_network(LAN[self.version])[n])

    def length_of_lan(self):
        return LAN[self.version].split("/")[1]

    def announced(self):
        """{(number of the member, prefix): Route}"""
        return {(member.number, route.prefix): route for member in self.members for route in member.routes}


# --- members ---

def block(version, n):
    """The networks that lists and VRPs are about."""
    return f"20.{n}.0.0/16" if version == 4 else f"2a00:{n:x}::/32"


BLOCKS = 24


def sub(rng, prefix, length):
    """A random network of this length within a prefix."""
    network = ipaddress.ip_network(prefix)
    offset = rng.getrandbits(length - network.prefixlen) if length > network.prefixlen else 0
    size = network.max_prefixlen - length
    return str(ipaddress.ip_network((int(network.network_address) + (offset << size), length)))


def random_entry(rng, version, n):
    whole = block(version, n)
    bits = int(whole.split("/")[1])
    longest = LENGTHS[version][1]
    return rng.choice((Entry(whole, bits, bits), Entry(whole, bits, longest), Entry(whole, bits, longest + 2),
                       Entry(whole, bits + 2, longest), Entry(sub(rng, whole, bits + 1), bits + 1, longest - 1)))


def random_members(rng, exchange):
    asns = rng.sample(range(1000, 60000), 6) + [200000 + rng.randrange(1000), 300000 + rng.randrange(1000)]
    rng.shuffle(asns)
    asns = asns[:rng.randint(4, 8)]
    if rng.random() < 0.3:
        asns[rng.randrange(len(asns))] = rng.choice(TRANSIT_FREE)
    if exchange.next_hop_policy == "same_as":
        asns[-1] = asns[0]
    for number, asn in enumerate(asns, 1):
        member = Member(number, asn, exchange.address(10 + number), as16=asn if asn < 65536 else None)
        if asn > 65535 and rng.random() < 0.5:
            member.as16 = 64600 + number
        blocks = rng.sample(range(BLOCKS), rng.randint(8, 14))
        member.prefixes = [random_entry(rng, exchange.version, n) for n in blocks[1:]]
        whole, longest = block(exchange.version, blocks[0]), LENGTHS[exchange.version][1]
        member.prefixes.append(Entry(whole, longest - 8, longest + 2))
        member.origins = sorted({asn, *rng.sample(range(1000, 60000), 4)})
        if rng.random() < 0.3:
            member.white_origins = [rng.randrange(1000, 60000)]
        if rng.random() < 0.3:
            member.white_prefixes = [random_entry(rng, exchange.version, rng.randrange(BLOCKS, BLOCKS + 4))]
        if rng.random() < 0.5:
            member.white_routes = [Pair(random_entry(rng, exchange.version, rng.randrange(BLOCKS + 4)),
                                        rng.choice((None, rng.randrange(1000, 60000)))) for _ in range(2)]
        member.blacklist = [sub(rng, block(exchange.version, n), LENGTHS[exchange.version][1] - 2) for n in blocks[1:3]]
        member.blackhole = rng.random() < 0.7
        member.announce_blackholes = rng.random() < 0.7
        exchange.members.append(member)
    # Some have the same origins, as customers that two members have.
    for member in rng.sample(exchange.members, 2):
        member.origins = sorted({*member.origins, *rng.choice(exchange.members).origins})
    if exchange.next_hop_policy == "listed":
        for member in exchange.members:
            others = [m.address for m in exchange.members if m is not member]
            member.next_hops = rng.sample(others, rng.randint(0, 2))


def random_vrps(rng, exchange):
    longest = LENGTHS[exchange.version][1]
    for n in range(BLOCKS + 4):
        whole = block(exchange.version, n)
        bits = int(whole.split("/")[1])
        # A third of the networks has none: not found.
        for _ in range(rng.choice((0, 0, 1, 3))):
            origin = rng.choice(rng.choice(exchange.members).origins)
            vrp = Vrp(whole, rng.choice((bits, longest, longest)), rng.choice((origin, origin, 0)))
            exchange.vrps.append(vrp)


def random_objects(rng, exchange):
    """Of the networks of which some are on no list of a member's."""
    for n in range(BLOCKS + 4):
        if rng.random() < 0.3:
            origin = rng.choice(rng.choice(exchange.members).origins)
            exchange.route_objects.append(Pair(random_entry(rng, exchange.version, n), origin))


# --- routes ---

def own_next_hops(exchange, member):
    if exchange.next_hop_policy == "same_as":
        return [m.address for m in exchange.members if m.asn == member.asn]
    return [member.address] + (member.next_hops if exchange.next_hop_policy == "listed" else [])


def random_path(rng, member, origin, length=None):
    """From the member to the origin, with some prepending, or through others."""
    length = length or rng.choice((1, 2, 2, 3, 3, 4, 5))
    middle = [rng.choice((member.asn, rng.randrange(1000, 60000))) for _ in range(length - 2)]
    middle.sort(key=lambda asn: asn != member.asn)
    if origin == member.asn:
        return (member.asn,) * length
    return (member.asn, *middle, origin)[:max(length, 2)] if length > 1 else (member.asn, origin)


def entry_length(rng, exchange, entry):
    low, high = LENGTHS[exchange.version]
    return rng.randint(max(entry.low, low), max(entry.low, min(entry.high, high)))


def permitted(rng, exchange, member):
    """One that no rule stops, unless VRPs or a list of networks that are not wanted concern it."""
    entry = rng.choice(member.prefixes + member.white_prefixes)
    origin = rng.choice(member.origins + member.white_origins)
    prefix = sub(rng, entry.prefix, entry_length(rng, exchange, entry))
    # Few networks, so that several members announce the same.
    if rng.random() < 0.6:
        prefix = str(next(ipaddress.ip_network(entry.prefix).subnets(new_prefix=int(prefix.split("/")[1]))))
    route = Route(prefix, rng.choice(own_next_hops(exchange, member)), random_path(rng, member, origin),
                  origin=rng.choice(("IGP", "IGP", "EGP", "Incomplete")))
    # Between two of one AS the lowest MED would decide, and what is next best depend on who is asked first.
    shared = sum(m.asn == member.asn for m in exchange.members) > 1
    return replace(route, med=None if shared else rng.choice((None, None, 0, 100)))


def with_path(route, path):
    return replace(route, as_path=tuple(path))


def insert(rng, route, asn):
    """Not between the ASNs of the member itself, and not those: no path comes back to where it was."""
    if asn in route.as_path:
        return route
    own = len(list(itertools.takewhile(lambda hop: hop == route.as_path[0], route.as_path)))
    at = rng.randint(own, len(route.as_path))
    return with_path(route, (*route.as_path[:at], asn, *route.as_path[at:]))


def with_length(rng, route, length):
    network = ipaddress.ip_network(route.prefix)
    if network.prefixlen == 0:  # what lies within is not all routed: BIRD ignores 127.0.0.0/8 by itself
        return route
    if length <= network.prefixlen:
        return replace(route, prefix=str(network.supernet(new_prefix=length)))
    return replace(route, prefix=sub(rng, route.prefix, length))


def other(rng, exchange, member):
    return rng.choice([m for m in exchange.members if m is not member])


def too_long_path(rng, exchange, _, route):
    return with_path(route, (*route.as_path, *rng.sample(range(1000, 60000), exchange.path_length)))


def longest_path(_, exchange, member, route):
    if route.as_path[0] != member.asn:
        return route
    missing = exchange.path_length - len(route.as_path)
    return with_path(route, (member.asn,) * missing + route.as_path)


def another_first(rng, exchange, member, route):
    path = (other(rng, exchange, member).asn, *route.as_path)
    return replace(route, as_path=path, med=None)  # it is of the AS of another member, and MEDs are compared


def through_member(rng, exchange, member, route):
    return insert(rng, route, other(rng, exchange, member).asn)


def with_set(rng, _, __, route):
    return with_path(route, (*route.as_path, "{%d %d}" % tuple(rng.sample(range(1000, 60000), 2))))


def inner_set(rng, exchange, member, route):
    if exchange.reject_as_sets:  # for which BIRD has no word
        return with_set(rng, exchange, member, route)
    return insert(rng, route, "{%d %d}" % tuple(rng.sample(range(1000, 60000), 2)))


def another_next_hop(rng, exchange, _, route):
    return replace(route, next_hop=exchange.address(rng.randint(100, 120)))


def next_hop_of_member(rng, exchange, member, route):
    return replace(route, next_hop=other(rng, exchange, member).address)


def on_blacklist(rng, exchange, _, route):
    prefix = rng.choice(exchange.blacklist)
    return replace(route, prefix=sub(rng, prefix, int(prefix.split("/")[1]) + rng.randint(0, 2)))


def on_member_blacklist(rng, _, member, route):
    prefix = rng.choice(member.blacklist)
    return replace(route, prefix=sub(rng, prefix, int(prefix.split("/")[1]) + rng.randint(0, 2)))


def another_origin(rng, _, __, route):
    return with_path(route, (*route.as_path, rng.randrange(1000, 60000)))


def another_prefix(rng, exchange, _, route):
    whole = block(exchange.version, rng.randrange(BLOCKS + 4))
    return replace(route, prefix=sub(rng, whole, rng.randint(int(whole.split("/")[1]), LENGTHS[exchange.version][1])))


def not_global(rng, exchange, _, route):
    return replace(route, prefix=f"4000:{rng.randrange(4096):x}::/32") if exchange.version == 6 else route


def too_long_prefix(rng, exchange, member, route):
    """That the lists permit."""
    longest = LENGTHS[exchange.version][1]
    entry = rng.choice([e for e in member.prefixes if e.high > longest])
    return replace(route, prefix=sub(rng, entry.prefix, rng.randint(longest + 1, entry.high)))


def too_short_prefix(rng, exchange, _, route):
    return with_length(rng, route, LENGTHS[exchange.version][0] - rng.randint(1, 3))


def of_pair(rng, exchange, pair, route):
    asn = rng.randrange(1000, 60000) if pair.asn is None else pair.asn
    own = route.as_path[0]
    route = replace(route, prefix=sub(rng, pair.entry.prefix, entry_length(rng, exchange, pair.entry)))
    return with_path(route, (own,) if own == asn else (own, asn))


def on_white_list(rng, exchange, member, route):
    return of_pair(rng, exchange, rng.choice(member.white_routes), route) if member.white_routes else route


def route_object(rng, exchange, member, route):
    """Of one whose origin is the member's."""
    pairs = [pair for pair in exchange.route_objects if pair.asn in member.origins]
    return of_pair(rng, exchange, rng.choice(pairs), route) if pairs else route


def with_roa(rng, exchange, member, route):
    vrps = [v for v in exchange.vrps if v.asn in member.origins]
    if not vrps:
        return route
    vrp = rng.choice(vrps)
    return of_pair(rng, exchange, Pair(Entry(vrp.prefix, int(vrp.prefix.split("/")[1]), vrp.longest), vrp.asn), route)


def blackhole(rng, exchange, _, route):
    route = with_length(rng, route, rng.choice((BITS[exchange.version], LENGTHS[exchange.version][1] + 3)))
    return replace(route, communities=route.communities | {rng.choice((BLACKHOLE, SITE_BLACKHOLE))})


def blackhole_of_others(rng, exchange, member, route):
    return blackhole(rng, exchange, member, another_prefix(rng, exchange, member, route))


def shut_down(_, __, ___, route):
    return replace(route, communities=route.communities | {GRACEFUL_SHUTDOWN})


def forged(rng, _, __, route):
    """What only the route server says."""
    large = {f"{RS}:1000:{rng.randint(1, 4)}", f"{RS}:1001:{rng.choice(TAGS)}", f"{RS}:1101:{rng.randint(1, 15)}"}
    return replace(route, large=route.large | large)


# What is about a route: each may be met by a rule that stops it, or by one that has to let it through.
TRAITS = {
    "too long path": too_long_path, "longest path": longest_path, "another first AS": another_first,
    "through a member": through_member, "ends with a set": with_set, "set within": inner_set,
    "bogon ASN": lambda rng, _, __, route: insert(rng, route, rng.choice(BOGON_ASNS)),
    "transit-free": lambda rng, _, __, route: insert(rng, route, rng.choice(TRANSIT_FREE)),
    "never via": lambda rng, _, __, route: insert(rng, route, rng.choice(NEVER_VIA)),
    "another next hop": another_next_hop, "next hop of a member": next_hop_of_member,
    "blacklist": on_blacklist, "member blacklist": on_member_blacklist,
    "bogon": lambda rng, exchange, _, route: replace(route, prefix=rng.choice(BOGONS[exchange.version])),
    "not global": not_global, "another origin": another_origin, "another prefix": another_prefix,
    "too long prefix": too_long_prefix, "too short prefix": too_short_prefix,
    "white list": on_white_list, "route object": route_object, "with a ROA": with_roa,
    "blackhole": blackhole, "blackhole of others": blackhole_of_others, "shut down": shut_down, "forged": forged,
}

# What members ask of the route server: (standard, large, extended), about all or about one of them.
NOBODY = {"standard": "0:{rs}", "large": "{rs}:0:0", "extended": "origin:0:{rs}"}
TO_ONE = {"standard": "{rs}:{as16}", "large": "{rs}:1:{asn}", "extended": "origin:{rs}:{asn}"}
ASKED_OF_ALL = [NOBODY,
                *[{"standard": f"6550{n}:{{rs}}", "large": f"{{rs}}:10{n}:0", "extended": f"origin:6550{n}:{{rs}}"}
                  for n in (1, 2, 3)],
                *[{"standard": f"{n}:{{rs}}", "large": f"{{rs}}:{n}:0", "extended": f"origin:{n}:{{rs}}"}
                  for n in (65281, 65282)]]
ASKED_OF_ONE = [TO_ONE, *[
    {"standard": f"{first}:{{as16}}", "large": f"{{rs}}:{function}:{{asn}}", "extended": f"origin:{first}:{{asn}}"}
    for first, function in ((0, 0), (65501, 101), (65502, 102), (65503, 103), (65281, 65281), (65282, 65282))]]
FIELDS = {"standard": "communities", "large": "large", "extended": "extended"}


def say(rng, route, forms, member=None):
    """Adds one of the forms of a request."""
    kinds = [kind for kind in forms if kind != "standard" or member is None or member.as16 is not None]
    kind = rng.choice(kinds)
    text = forms[kind].format(rs=RS, asn=member and member.asn, as16=member and member.as16)
    return replace(route, **{FIELDS[kind]: getattr(route, FIELDS[kind]) | {text}})


def with_requests(rng, exchange, route):
    if rng.random() < 0.25:
        route = say(rng, route, NOBODY)
        for member in rng.sample(exchange.members, rng.randint(1, 3)):
            route = say(rng, route, TO_ONE, member)
    elif rng.random() < 0.3:
        route = say(rng, route, rng.choice(ASKED_OF_ALL))
    for _ in range(rng.choice((0, 1, 1, 2))):
        route = say(rng, route, rng.choice(ASKED_OF_ONE), rng.choice(exchange.members))
    return route


def with_own_communities(rng, member, route):
    """What is none of the route server's business, and is passed on."""
    asn = member.asn % 60000
    communities = {f"{asn}:{rng.randrange(9)}", rng.choice(("65535:65281", "9:9"))}
    return replace(route, communities=route.communities | communities, large=route.large | {f"{member.asn}:0:7"},
                   extended=route.extended | {f"target:{asn}:1"})


def random_routes(rng, exchange, member, count, traits):
    routes = {}
    for number in range(count):
        route = permitted(rng, exchange, member)
        if number < len(traits):
            route = TRAITS[traits[number]](rng, exchange, member, route)
        else:
            for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
                route = TRAITS[rng.choice(list(TRAITS))](rng, exchange, member, route)
        if rng.random() < 0.5:
            route = with_requests(rng, exchange, route)
        if rng.random() < 0.2:
            route = with_own_communities(rng, member, route)
        routes[route.prefix] = route
    member.routes = list(routes.values())


def random_exchange(seed, routes=60):
    rng = random.Random(seed)
    version = 6 if seed % 3 == 0 else 4
    exchange = Exchange(
        version, seed, rng.choice(("reject", "tag", "tag_and_reject")), rng.choice(("strict", "same_as", "listed")),
        rng.randint(6, 9), *(rng.random() < 0.5 for _ in range(3)), rov=rng.random() < 0.8,
        reject_rov_invalid=rng.random() < 0.7, graceful_shutdown=rng.random() < 0.8,
        blackhole_no_export=rng.random() < 0.5)
    if rng.random() < 0.6:
        exchange.blackhole_next_hop = exchange.address(66)
    exchange.blacklist = [LAN[version], sub(rng, block(version, BLOCKS - 1), LENGTHS[version][1] - 4)]
    random_members(rng, exchange)
    random_vrps(rng, exchange)
    exchange.enforce_origins, exchange.enforce_prefixes = rng.random() < 0.8, rng.random() < 0.8
    exchange.tag_registries, exchange.tell_tags = True, True
    if seed % 3 != 1:
        exchange.tag_registries, exchange.tell_tags = rng.random() < 0.7, rng.random() < 0.5
    if rng.random() < 0.6:
        random_objects(rng, exchange)
    for n, member in enumerate(exchange.members):
        random_routes(rng, exchange, member, routes, list(TRAITS)[n % 2::2])
    return exchange
