"""The same exchange point on BGPd, with the policies for route servers that come with it, and on BIRD, with filters
of the kind that generators write: both stop the same of what members announce, for the same reasons, and tell each
member the same routes with the same attributes."""

import collections
import copy
import ipaddress
import os
import random
from dataclasses import replace

import pytest

import speaker as sp
from support import mrt
from support.bgpd import BGP_PORT, CHECKOUT
from support.exchange import BLACKHOLE, NEVER_VIA, RS, SITE_BLACKHOLE, TRANSIT_FREE, Entry, Exchange, Member, \
    Vrp, random_exchange, with_requests
from support.exchange_bird import BirdExchange
from support.wait import wait_for

LIBRARY = os.path.join(CHECKOUT, "packaging", "policies", "route-server.toml")
EXCHANGES = int(os.environ.get("EXCHANGES", "12"))
FIRST = int(os.environ.get("FIRST_EXCHANGE", "1"))
TABLE = "updates.et-header.2015.gz"
REAL_PREFIXES = 30000  # of 577,706: what takes long are the two lists, and reading what BIRD answers
IN_ONE_TEST = 3  # of which one is of IPv6
# The reasons, by the rules of rs-in. A route that is tagged has the reason with it.
CODES = {"path-length": 1, "bogon": 2, "blacklist": 3, "next-hop": 5, "next-hop-of-as": 5, "next-hop-listed": 5,
         "first-as": 6, "as-set": 7, "bogon-asn": 7, "transit-free": 8, "origin": 9, "not-global": 10,
         "member-blacklist": 11, "prefix": 12, "length-ipv4": 13, "length-ipv6": 13, "rov-invalid": 14,
         "never-via-route-servers": 15}
# LOCAL_PREF is not sent to external neighbors.
NOT_COMPARED = ("local_pref",)


# --- the exchange in the words of BGPd ---

def entry_texts(entries):
    def text(entry):
        bits = int(entry.prefix.split("/")[1])
        if entry.low == entry.high == bits:
            return entry.prefix
        return entry.prefix + (f" ge {entry.low}" if entry.low > bits else "") + f" le {entry.high}"
    return [text(entry) for entry in entries]


def pair_texts(pairs):
    return [f"{entry_texts([pair.entry])[0]} {'*' if pair.asn is None else pair.asn}" for pair in pairs]


def parameters_of(member):
    found = {"irr_origins": f"of-{member.name}", "irr_prefixes": f"of-{member.name}", "blackhole": member.blackhole,
             "white_list_routes": pair_texts(member.white_routes),
             "white_list_origins": member.white_origins, "white_list_prefixes": entry_texts(member.white_prefixes),
             "member_blacklist": member.blacklist, "announce_blackholes": member.announce_blackholes}
    if member.next_hops:
        found["next_hops"] = member.next_hops
    if member.asn > 65535 and member.as16 is not None:
        found["peer_as16"] = member.as16
    return found


def bgpd_config(exchange, address):
    names = ("reject_mode", "next_hop_policy", "reject_as_sets", "irr_more_specifics", "roas_as_route_objects", "rov",
             "reject_rov_invalid", "graceful_shutdown", "blackhole_no_export", "blacklist", "enforce_origins",
             "enforce_prefixes", "tag_registries", "tell_tags")
    parameters = {name: getattr(exchange, name) for name in names}
    parameters["path_length"] = f"1-{exchange.path_length}"
    parameters["route_objects"] = "objects" if exchange.route_objects else []
    parameters["never_via_route_servers"] = list(NEVER_VIA)
    parameters["blackhole_communities"] = [BLACKHOLE, SITE_BLACKHOLE]
    if exchange.blackhole_next_hop:
        parameters[f"blackhole_next_hop_ipv{exchange.version}"] = exchange.blackhole_next_hop
    return {
        "include": [LIBRARY], "default_as": RS, "router_id": "10.255.1.1",
        "bgp_socket": f"[{address}]:{BGP_PORT}" if ":" in address else f"{address}:{BGP_PORT}",
        "parameters": parameters,
        "rpki": {"vrps": [f"{v.prefix} le {v.longest} {v.asn}" for v in exchange.vrps]},
        "prefix_sets": {f"of-{m.name}": {"file": f"of-{m.name}.txt"} for m in exchange.members},
        "as_sets": {f"of-{m.name}": {"file": f"origins-of-{m.name}.txt"} for m in exchange.members},
        "prefix_origin_sets": {"objects": {"file": "objects.txt"}},
        "groups": {"members": {
            "route_server_client": True, "enforce_first_as": False, "advertise_sources": ["peer"], "passive": True,
            "families": [exchange.family], "hold_timer": 240, "local_address": address,
            "accept_martians": True,  # they are for the rule about bogons, as with BIRD
            "import": ["rs-in"], "export": ["rs-out", "rs-prepend", "rs-tell"]}},
        "peers": [{"group": "members", "name": m.name, "remote_ip": m.address, "remote_as": m.asn,
                   "parameters": parameters_of(m)} for m in exchange.members]}


# --- both, side by side ---

class Pair:
    """BGPd and BIRD on a link with the members, each of whom has a session with both."""

    def __init__(self, lab, exchange, before=None):
        """BGPd begins with the lists and options of another exchange, if asked."""
        self.lab, self.exchange = lab, exchange
        servers, members = lab.namespace("s"), lab.namespace("m")
        bits = exchange.length_of_lan()
        servers.add_link("lan", members, "lan", f"{exchange.address(1)}/{bits}", f"{exchange.address(10)}/{bits}")
        servers.add_address(f"{exchange.address(2)}/{bits}", "lan")
        for member in exchange.members:
            members.add_address(f"{member.address}/{bits}", "lan")
        self.bgpd = lab.bgpd(bgpd_config(before or exchange, exchange.address(1)), start=False, netns=servers)
        self.write_lists(before or exchange)
        self.bird = BirdExchange(lab.directory("bird"), exchange.address(2), exchange, servers)
        lab.daemons.append(self.bird)
        self.bgpd.start()
        self.bird.start()
        self.to_bgpd, self.to_bird = ({
            m.number: self.session(lab, members, m, exchange.address(n)) for m in exchange.members} for n in (1, 2))

    def session(self, lab, netns, member, to):
        return lab.speaker(member.number, member.asn, address=member.address, netns=netns, hold_time=240,
                           families=(self.exchange.family,)).connect(to).establish()

    def write_lists(self, exchange):
        for member in exchange.members:
            self.bgpd.write(f"of-{member.name}.txt", "\n".join(entry_texts(member.prefixes)) + "\n")
            self.bgpd.write(f"origins-of-{member.name}.txt", "\n".join(map(str, member.origins)) + "\n")
        self.bgpd.write("objects.txt", "\n".join(pair_texts(exchange.route_objects)) + "\n")

    def reload(self):
        """BGPd goes on with the lists and options that BIRD has."""
        self.write_lists(self.exchange)
        return self.bgpd.reload(**bgpd_config(self.exchange, self.exchange.address(1)))

    def close(self):
        """Makes room for the next one."""
        problems = self.lab.close()
        assert not problems, problems
        for of in (self.lab.daemons, self.lab.speakers, self.lab.namespaces):
            of.clear()

    def announce(self):
        """One member after the other: of routes that are equal the oldest stays (RFC 5004), which BIRD does not know,
        and so is that of the lowest router ID, by which BIRD decides."""
        for member in self.exchange.members:
            for speakers in (self.to_bgpd, self.to_bird):
                speakers[member.number].announce(*member.routes)
            wait_for(lambda m=member: self.has_all(m), what=f"all routes of {member.name}")

    def withdraw(self, rng):
        """Half of the routes go."""
        for member in self.exchange.members:
            gone = rng.sample(member.routes, len(member.routes) // 2)
            member.routes = [route for route in member.routes if route not in gone]
            for speakers in (self.to_bgpd, self.to_bird):
                speakers[member.number].withdraw(*gone)
        for member in self.exchange.members:
            wait_for(lambda m=member: self.has_all(m), what=f"what is left of {member.name}")

    def has_all(self, member):
        found = self.bgpd.peer(member.address)["prefixes_received"], self.bird.counts().get(member.name)
        assert found == (len(member.routes),) * 2, found
        return True

    def reasons(self):
        """{(number of the member, prefix): code, or None}, by BGPd."""
        numbers = {m.address: m.number for m in self.exchange.members}
        found = {}
        for view in self.bgpd.call("show_routes")["routes"]:
            tags = [c for c in view["communities"] if c.startswith(f"{RS}:1101:")]
            code = int(tags[0].split(":")[2]) if tags else None
            if view.get("filtered"):
                by_rule = CODES.get((view["filtered_by"] or {}).get("rule"), view["filtered"])
                assert code in (None, by_rule), view
                code = by_rule
            found[numbers[view["source"]], view["prefix"]] = code
        return found

    def told(self, number):
        return self.to_bgpd[number].received(), self.to_bird[number].received()

    def differences(self, ties=False):
        """[(prefix, what differs)]; `ties`: of several that announce a prefix any may be preferred. A route whose next
        hop is the member that is told is sent by BGPd, as RFC 4271 §5.1.3 forbids that of what a speaker originates;
        BIRD selects it, too, but then sends nothing."""
        found = []
        ours, theirs = self.reasons(), self.bird.reasons()
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key, "absent") != theirs.get(key, "absent"):
                found.append((key[1], f"reason for m{key[0]}: BGPd {ours.get(key, 'absent')}, "
                              f"BIRD {theirs.get(key, 'absent')}"))
        announced = self.announced()
        for member in self.exchange.members:
            ours, theirs = self.told(member.number)
            for prefix in sorted(ours.keys() | theirs.keys()):
                one, other = ours.get(prefix), theirs.get(prefix)
                candidates = list(announced.get(prefix, {}).values()) if ties else [one] if one else []
                if one and not other and any(route.next_hop == member.address for route in candidates):
                    continue
                if one and other and len(candidates) > 1:
                    continue
                if None in (one, other) or one.differences(other, NOT_COMPARED):
                    found.append((prefix, f"{member.name} is told by BGPd {one},\n    by BIRD {other}"))
        return found

    def announced(self):
        """{prefix: {number of the member: Route}}"""
        found = {}
        for (number, prefix), route in self.exchange.announced().items():
            found.setdefault(prefix, {})[number] = route
        return found

    def agree(self, ties=False):
        found = self.differences(ties)
        assert not found, self.smallest(found)
        return True

    def smallest(self, differences):
        """The difference about the prefix that the fewest have announced, with the fewest communities."""
        announced = self.announced()

        def size(difference):
            routes = announced.get(difference[0], {}).values()
            return len(routes), sum(len(r.communities) + len(r.large) + len(r.extended) for r in routes)
        prefix, _ = min(differences, key=size)
        lines = [f"seed {self.exchange.seed}: {len(differences)} differences, the smallest one about {prefix}:"]
        lines += [f"  {text}" for of, text in differences if of == prefix]
        options = {k: v for k, v in vars(self.exchange).items() if k not in ("members", "vrps")}
        lines.append(f"  options {options}")
        lines += [f"  {vrp}" for vrp in self.exchange.vrps if covers(vrp.prefix, prefix)]
        for member in self.exchange.members:
            route = announced.get(prefix, {}).get(member.number)
            shown = vars(member) if route else {
                name: getattr(member, name) for name in ("asn", "address", "as16", "announce_blackholes")}
            lines.append(f"  {member.name}: { {k: v for k, v in shown.items() if k != 'routes'} }")
            if route:
                lines.append(f"    announces {route}")
        return "\n".join(lines)


def covers(prefix, other):
    return ipaddress.ip_network(other).subnet_of(ipaddress.ip_network(prefix))


# --- that rules and requests have met routes ---

def stopped_by(exchange):
    """The reasons for which routes must have been stopped."""
    reasons = {1, 2, 3, 5, 6, 7, 8, 11, 13, 15}
    reasons |= {9} if exchange.enforce_origins else set()
    reasons |= {12} if exchange.enforce_prefixes else set()
    if exchange.version == 6:
        reasons.add(10)
    if exchange.rov and exchange.reject_rov_invalid:
        reasons.add(14)
    return reasons


def effects(pair):
    """What has become of routes that members were told."""
    announced = pair.exchange.announced()
    found = set()
    from_whom = {}
    for member in pair.exchange.members:
        for prefix, route in pair.told(member.number)[0].items():
            sources = [(n, r) for (n, p), r in announced.items() if p == prefix and r.next_hop == route.next_hop
                       and route.as_path[-len(r.as_path):] == r.as_path]
            for number, source in sources:
                if len(sources) == 1:
                    from_whom.setdefault(prefix, set()).add(number)
                found.add(f"prepended {len(route.as_path) - len(source.as_path)} times")
                if route.communities - source.communities:
                    found.add("communities added")
                if source.communities - route.communities:
                    found.add("communities taken off")
            found |= {f"tag {text.split(':')[2]}" for text in route.large if text.startswith(f"{RS}:1001:")}
    if any(len(numbers) > 1 for numbers in from_whom.values()):
        found.add("another path")
    return found


EFFECTS = {*(f"prepended {n} times" for n in range(4)), "communities added", "communities taken off", "another path",
           "tag 1", "tag 10", "tag 21"}


# --- the tests ---

@pytest.mark.parametrize("first", range(FIRST, FIRST + EXCHANGES, IN_ONE_TEST))
def test_random_members(lab, first):
    must, reasons, seen = {None}, set(), set()
    for seed in range(first, first + IN_ONE_TEST):
        exchange = random_exchange(seed)
        pair = Pair(lab, exchange)
        pair.announce()
        wait_for(pair.agree, what=f"seed {seed}", interval=0.5)
        must |= stopped_by(exchange)
        reasons |= set(pair.reasons().values())
        seen |= effects(pair)
        pair.withdraw(random.Random(seed))
        wait_for(pair.agree, what=f"seed {seed}, half of the routes", interval=0.5)
        pair.close()
    assert must - reasons == set() and EFFECTS - seen == set(), "the routes are no test"


def changed(rng, exchange):
    """The same members with other lists and options."""
    other = copy.deepcopy(exchange)
    drawn = random_exchange(rng.randrange(10 ** 6), routes=1)
    for name in ("reject_mode", "next_hop_policy", "path_length", "reject_as_sets", "irr_more_specifics", "rov",
                 "roas_as_route_objects", "reject_rov_invalid", "graceful_shutdown", "blackhole_no_export",
                 "enforce_origins", "enforce_prefixes", "tag_registries", "tell_tags"):
        setattr(other, name, getattr(drawn, name))
    other.vrps = rng.sample(exchange.vrps, len(exchange.vrps) // 2)
    other.blacklist, other.route_objects = exchange.blacklist[:1], exchange.route_objects[::2]
    for member in other.members:
        member.prefixes = rng.sample(member.prefixes, len(member.prefixes) // 2)
        member.origins = rng.sample(member.origins, len(member.origins) // 2)
        member.blackhole, member.announce_blackholes = rng.random() < 0.5, rng.random() < 0.5
        member.blacklist, member.white_prefixes, member.as16 = [], [], None
        member.white_routes = member.white_routes[:1]
    return other


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXCHANGES // 4))
def test_a_reload(lab, seed):
    """What is there is judged anew by other lists and options, as if it came now. Of several routes that are equal the
    one that was the best stays, so which one it is is not compared."""
    exchange = random_exchange(seed)
    pair = Pair(lab, exchange, changed(random.Random(seed), exchange))
    pair.announce()
    sessions = pair.bgpd.sessions()
    assert pair.differences()
    pair.reload()
    wait_for(lambda: pair.agree(ties=True), what=f"seed {seed}", interval=0.5)
    assert pair.bgpd.sessions() == sessions


# --- a real table ---

def recorded(count):
    """The beginning of a real table: [(a Route, all prefixes that are announced like that)]."""
    path = mrt.data_file(TABLE)
    if path is None:
        pytest.skip(f"no {TABLE} in {mrt.DATA} (name the directory of the data in $BGPD_DATA)")
    found, total = [], 0
    for record in mrt.messages(path):
        if record.message[18] == sp.UPDATE:
            update = sp.Update(record.message[19:], record.as4)
            if update.announced:
                found.append((update.route(update.announced[0], update.next_hop), update.announced))
                total += len(update.announced)
        if total >= count:
            return found
    raise AssertionError("the file is not what it was")


def lists_of(rng, member, table):
    """Lists that have most of what is in the table."""
    origins = {path.as_path[-1] for path, _ in table if path.as_path and isinstance(path.as_path[-1], int)}
    member.origins = sorted(rng.sample(sorted(origins), len(origins) * 9 // 10))
    for _, prefixes in table:
        for prefix in prefixes:
            bits = int(prefix.split("/")[1])
            if bits <= 24 and rng.random() < 0.8:
                member.prefixes.append(Entry(prefix, bits, rng.choice((bits, 24))))


def vrps_of(rng, table):
    """VRPs for a third of the table, some of them for another origin."""
    found = []
    for path, prefixes in table:
        for prefix in prefixes:
            if rng.random() < 0.33 and isinstance(path.as_path[-1], int):
                bits = int(prefix.split("/")[1])
                origin = path.as_path[-1] if bits < 20 or rng.random() < 0.9 else 64999
                found.append(Vrp(prefix, rng.choice((bits, max(bits, 24), max(bits, 24))), origin))
    return found


def as_member(rng, exchange, member, table):
    """The table as the member would announce it: [(Route, prefixes)], with most large networks left out of its paths.
    Some has requests, and some is what it must not be."""
    result = []
    for path, prefixes in table:
        behind = [asn for asn in path.as_path[1:-1] if asn not in TRANSIT_FREE or rng.random() < 0.1]
        behind.append(path.as_path[-1])
        route = replace(path, next_hop=member.address, local_pref=None, med=None, as_path=(member.asn, *behind))
        if rng.random() < 0.1:
            route = with_requests(rng, exchange, route)
        kind = rng.random()
        if kind < 0.02:
            route = replace(route, next_hop=exchange.address(100))
        elif kind < 0.04:
            route = replace(route, as_path=path.as_path)
        elif kind < 0.06:
            route = replace(route, as_path=(member.asn, 64512, *behind))
        result.append((route, prefixes))
    return result


def around(prefix, bits):
    network = ipaddress.ip_network(prefix)
    if network.prefixlen < bits:
        return prefix
    return str(network.supernet(new_prefix=bits))


def real_exchange(table):
    """One member announces all of the table, a second one a part of it by longer paths, two only listen."""
    rng = random.Random(1)
    exchange = Exchange(4, 0, "tag_and_reject", path_length=8, vrps=vrps_of(rng, table),
                        blacklist=[around(prefixes[0], 14) for _, prefixes in rng.sample(table, 5)])
    exchange.members = [Member(n, asn, exchange.address(10 + n), as16=asn if asn < 65536 else None)
                        for n, asn in enumerate((1001, 1002, 1003, 200004), 1)]
    for member in exchange.members[:2]:
        lists_of(rng, member, table)
        member.blacklist = [around(prefixes[0], 14) for _, prefixes in rng.sample(table, 5)]
    parts = {1: as_member(rng, exchange, exchange.members[0], table),
             2: [(replace(route, as_path=(route.as_path[0], *route.as_path)), prefixes) for route, prefixes in
                 as_member(rng, exchange, exchange.members[1], table[::4])]}
    return exchange, parts


def messages(part):
    return b"".join(sp.message(sp.UPDATE, sp.update_body(
        sp.route_attributes(route), b"".join(map(sp.nlri, prefixes)))) for route, prefixes in part)


@pytest.mark.slow
def test_a_real_table(lab):
    """With the lists of two members, and VRPs, that are made of it."""
    exchange, parts = real_exchange(recorded(REAL_PREFIXES))
    pair = Pair(lab, exchange)
    for number, part in parts.items():
        member = exchange.members[number - 1]
        # Of a prefix that was sent twice the last counts.
        last = {prefix: replace(route, prefix=prefix) for route, prefixes in part for prefix in prefixes}
        member.routes = list(last.values())
        data = messages(part)
        for speakers in (pair.to_bgpd, pair.to_bird):
            speakers[number].send_raw(data)
        wait_for(lambda m=member: pair.has_all(m), 180, f"all routes of {member.name}")
    wait_for(pair.agree, 180, "the real table", interval=1)
    reasons = collections.Counter(pair.reasons().values())
    assert set(reasons) >= {None, 1, 3, 5, 6, 7, 8, 9, 11, 12, 14}, reasons
    told = {n: len(pair.told(n)[0]) for n in (1, 2, 3, 4)}
    assert told[1] > 1000 and min(told[n] for n in (2, 3, 4)) > 5000, told
