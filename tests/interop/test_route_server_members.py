"""A route server with the policies that come with the program, and members on BIRD, FRR, GoBGP and OpenBGPD: each
rule about what members send meets a route that it must stop, and others that it must let through, which the other
members are told. The reason is shown by `explain`, by `show routes --filtered`, and as a community."""

import itertools
import os
import re
from dataclasses import dataclass, replace

import pytest

from peers.bird import NEXT_HOPS
from support.bgpd import CHECKOUT
from support.route import Route
from support.wait import stays, wait_for

LIBRARY = os.path.join(CHECKOUT, "packaging", "policies", "route-server.toml")
RS, MEMBER = 65000, 1001
HOP, OTHER_HOP, OF_OTHERS = "10.254.0.2", "10.254.0.3", "10.254.0.9"
HOP6 = "2001:db8:fe::2"
FAMILIES = ("ipv4 unicast", "ipv6 unicast")
KINDS = ("bird", "frr", "gobgp", "openbgpd")
CODES = {"path-length": 1, "bogon": 2, "blacklist": 3, "next-hop": 5, "next-hop-of-as": 5, "next-hop-listed": 5,
         "first-as": 6, "as-set": 7, "bogon-asn": 7, "transit-free": 8, "origin": 9, "not-global": 10,
         "member-blacklist": 11, "prefix": 12, "length-ipv4": 13, "length-ipv6": 13, "rov-invalid": 14,
         "never-via-route-servers": 15, "communities": 16}


@dataclass
class Case:
    """A route that a member announces, and the rule that stops it; None: none does. `tags`: what is said of it then."""

    prefix: str
    rule: str = None
    path: tuple = (MEMBER,)
    hop: str = HOP
    communities: tuple = ()
    tags: tuple = (1, 21)

    def route(self):
        return Route(self.prefix, HOP6 if ":" in self.prefix else self.hop, self.path, communities=self.communities)


BLACKHOLE = ("65535:666",)
CASES = (
    Case("20.0.0.0/16"),
    Case("20.1.0.0/16", path=(MEMBER, 1002)),
    Case("20.2.0.0/16", "path-length", (MEMBER, *range(2000, 2032))),
    Case("20.2.1.0/24", path=(MEMBER, *range(2000, 2030), 1002)),
    Case("20.3.0.0/16", "first-as", (1002,)),
    Case("20.4.0.0/16", "bogon-asn", (MEMBER, 64512, 1002)),
    Case("20.4.1.0/24", path=(MEMBER, 64495, 1002)),
    Case("20.5.0.0/16", "transit-free", (MEMBER, 3356, 1002)),
    Case("20.5.1.0/24", path=(MEMBER, 3355, 1002)),
    Case("20.6.0.0/16", "never-via-route-servers", (MEMBER, 2906, 1002)),
    Case("20.6.1.0/24", path=(MEMBER, 2907, 1002)),
    Case("20.7.0.0/16", "as-set", (MEMBER, "{1002 1003}")),
    Case("20.17.0.0/16", "communities", communities=tuple(f"1001:{n}" for n in range(21))),
    Case("20.17.1.0/24", communities=tuple(f"1001:{n}" for n in range(20))),
    Case("20.8.0.0/16", "next-hop-listed", hop=OF_OTHERS),
    Case("20.8.1.0/24", hop=OTHER_HOP),
    Case("20.9.0.0/16", "blacklist"),
    Case("20.9.128.0/24", "blacklist"),
    Case("20.10.0.0/16", "member-blacklist"),
    Case("198.18.5.0/24", "bogon"),
    Case("198.20.5.0/24"),
    Case("4000:1::/32", "not-global"),
    Case("2a00:1::/32"),
    Case("20.11.0.0/16", "origin", (MEMBER, 1009)),
    Case("20.11.1.0/24", path=(MEMBER, 1008), tags=(1, 20, 41)),  # on the white list, for that origin
    Case("20.11.2.0/24", "origin", (MEMBER, 1008)),
    Case("20.200.0.0/16", "prefix"),
    Case("20.200.1.0/24", tags=(10, 21, 41)),  # likewise
    Case("20.200.1.0/25", "prefix"),
    Case("20.200.2.0/24", tags=(10, 21, 32)),  # a route object
    Case("20.200.2.128/25", "prefix"),
    Case("20.200.3.0/24", tags=(10, 21, 31)),  # a ROA
    Case("20.200.4.0/24", "prefix", (MEMBER, 1002)),  # a ROA of another origin
    Case("20.12.0.1/32", communities=BLACKHOLE, tags=(3, 21)),
    Case("20.16.0.1/32", communities=BLACKHOLE, tags=(3, 21)),  # within a ROA of 16 bits
    Case("2a00:1::1/128", communities=BLACKHOLE, tags=(3, 21)),
    Case("20.200.9.1/32", "prefix", communities=BLACKHOLE),
    Case("20.14.0.0/25", "length-ipv4"),
    Case("2a00:1:1:1::/64", "length-ipv6"),
    Case("20.15.0.0/16", "rov-invalid"),
    Case("20.16.0.0/16"),
)
PARAMETERS = {
    "rov": True, "blackhole": True, "blackhole_next_hop_ipv4": "10.254.0.66",
    "blackhole_next_hop_ipv6": "2001:db8:fe::66", "community_count": "0-20", "never_via_route_servers": [2906],
    "blacklist": ["20.9.0.0/16"], "next_hop_policy": "listed", "reject_as_sets": True,
    "next_hops": [HOP, OTHER_HOP, HOP6, NEXT_HOPS["6"]], "roas_as_route_objects": True, "route_objects": "objects"}
OF_MEMBER = {"irr_origins": "origins", "irr_prefixes": "prefixes", "member_blacklist": ["20.10.0.0/16"],
             "white_list_routes": ["20.11.1.0/24 1008", "20.200.0.0/22 ge 24 le 24 1009", "20.200.1.0/24 *"]}


def exchange(lab, peers, **parameters):
    """The route server, with lists of the first member in files."""
    bgpd = lab.bgpd({
        "include": [LIBRARY],
        "parameters": {**PARAMETERS, **parameters},
        "prefix_sets": {"prefixes": {"file": "prefixes.txt"}},
        "as_sets": {"origins": {"file": "origins.txt"}},
        "prefix_origin_sets": {"objects": {"file": "objects.txt"}},
        "rpki": {"vrps": ["20.15.0.0/16 9", "20.16.0.0/16 1001", "20.200.3.0/24 1001", "20.200.4.0/24 1001"]},
        "groups": {"members": {
            "route_server_client": True, "enforce_first_as": False, "advertise_sources": ["peer"], "passive": True,
            "families": list(FAMILIES), "import": ["rs-in"], "export": ["rs-out", "rs-prepend", "rs-tell"]}},
    }, peers=peers, start=False)
    bgpd.write("prefixes.txt", "20.0.0.0/9 le 25\n198.16.0.0/12 le 24\n2a00::/16 le 64\n4000::/8 le 48\n")
    bgpd.write("origins.txt", "1001-1002\n64512 # never reached\n")
    bgpd.write("objects.txt", "20.200.2.0/24 1001\n20.200.3.0/24 1002\n")
    return bgpd.start()


def member(lab, n, asn, **entry):
    return lab.peer(n, asn, group="members", **entry)


def listener(lab, n, asn, **parameters):
    """One that announces nothing of its own. FRR tells the route server what it has from there."""
    return member(lab, n, asn, parameters={"irr_origins": [asn], **parameters})


def can_send(kind, case):
    """OpenBGPD has no paths but its own AS, and those of GoBGP and FRR begin with theirs; only ExaBGP knows sets."""
    if kind == "openbgpd":
        return case.path == (MEMBER,)
    if any(isinstance(asn, str) for asn in case.path):
        return kind == "exabgp"
    return case.path[0] == MEMBER or kind in ("bird", "exabgp")


def sent_by(kind, route):
    """What has to be told to a daemon, so that this is what it sends."""
    if kind in ("gobgp", "frr", "openbgpd"):
        route = replace(route, as_path=tuple(route.as_path)[1:])
    if kind == "bird" and ":" in route.prefix:
        route = replace(route, next_hop=NEXT_HOPS["6"])
    return route


def start_member(lab, kind, n, asn, routes=()):
    return lab.real(kind, n, asn, routes=list(routes), neighbor={
        "families": FAMILIES, "route_server": True, "route_server_client": kind == "bird"})


def received(taker):
    return {**taker.received(), **taker.received(family="ipv6 unicast")}


def line_of(rule):
    with open(LIBRARY, encoding="utf-8") as file:
        return [n for n, line in enumerate(file, 1) if f'name = "{rule}"' in line][0]


def views_of(bgpd, source):
    """The routes of a member, as the policies have left them."""
    return {v["prefix"]: v for v in bgpd.call("show_routes")["routes"] if v["source"] == source}


class Network:
    """One member announces, on a daemon of one kind, and the others listen, on those of the other kinds."""

    def __init__(self, lab, kind, cases, **parameters):
        self.lab, self.cases, self.giver = lab, cases, lab.addr(2)
        kinds = [other for other in KINDS if other != kind]
        self.bgpd = exchange(lab, [member(lab, 2, MEMBER, parameters=OF_MEMBER)] + [
            listener(lab, n, 1000 + n) for n in range(3, 3 + len(kinds))], **parameters)
        start_member(lab, kind, 2, MEMBER, [sent_by(kind, case.route()) for case in cases])
        self.takers = [start_member(lab, other, n, 1000 + n) for n, other in enumerate(kinds, 3)]
        self.bgpd.wait_established(*(lab.addr(n) for n in range(2, 3 + len(kinds))))

    def views(self):
        return views_of(self.bgpd, self.giver)

    def change(self, **parameters):
        self.bgpd.config["parameters"].update(parameters)
        self.bgpd.reload()

    def are_told(self, prefixes):
        """That exactly these are told to each of the others."""
        for taker in self.takers:
            wait_for(lambda t=taker: set(received(t)) == prefixes, what=f"what {taker.kind} is told")
        for taker in self.takers:
            stays(lambda t=taker: set(received(t)) == prefixes)


def codes(view, function):
    return {int(text.split(":")[2]) for text in view["communities"] if text.startswith(f"{RS}:{function}:")}


def judged(view, case, mode):
    """Whether the API says of a route what it has to."""
    rejected = case.rule is not None and mode != "tag"
    by = view.get("filtered_by")
    return (by and by["rule"]) == (case.rule if rejected else None) and \
        codes(view, 1101) == ({CODES[case.rule]} if case.rule and mode != "reject" else set())


def explained(bgpd, case, mode):
    entry, = bgpd.call("explain", prefix=case.prefix)
    path, = [path for path in entry["paths"] if path["source"].endswith(".2")]
    by = path["import"].get("by") or {}
    if case.rule is None:
        assert by.get("rule") not in CODES, path
        return
    assert by["rule"] == case.rule and by["line"] == line_of(case.rule) and by["file"] == LIBRARY, path
    text = bgpd.cli("explain", case.prefix, check=True).stdout
    word = "accepted" if mode == "tag" else "rejected"
    assert f"{word} by rs-in rule {case.rule} ({LIBRARY}:{line_of(case.rule)})" in text, text


def shown_as_filtered(bgpd, giver):
    """{prefix: (rule, reason)} of `show routes --filtered`."""
    found = {}
    for line in bgpd.cli("show", "routes", "--filtered", check=True).stdout.splitlines():
        place = re.search(rf"\s{re.escape(giver)}\s+(\S+/\d+) .*policy rs-in rule (\S+)$", line)
        if place:
            reason = re.search(rf"\b{RS}:1101:(\d+)\b", line)
            found[place[1]] = (place[2], reason and int(reason[1]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", (*KINDS, "exabgp"))
def test_each_rule(lab, kind):
    cases = [case for case in CASES if can_send(kind, case)]
    network = Network(lab, kind, cases)
    told = {case.prefix for case in cases if not case.rule}
    for mode in ("reject", "tag", "tag_and_reject"):
        network.change(reject_mode=mode)
        wait_for(lambda m=mode: len(network.views()) == len(cases) and all(
            judged(network.views()[case.prefix], case, m) for case in cases), what=f"{kind}, {mode}")
        filtered = {case.prefix: (case.rule, CODES[case.rule] if mode == "tag_and_reject" else None)
                    for case in cases if case.rule and mode != "tag"}
        assert shown_as_filtered(network.bgpd, network.giver) == filtered
        for case in cases:
            explained(network.bgpd, case, mode)
        network.are_told(told)
    for taker in network.takers:
        for prefix, hop in (("20.12.0.1/32", "10.254.0.66"), ("2a00:1::1/128", "2001:db8:fe::66")):
            blackhole = received(taker)[prefix]
            assert blackhole.next_hop == hop and blackhole.communities == {"65535:666", "65535:65281"}, taker.kind
        assert not any(route.large for route in received(taker).values())
    policies = {p["policy"]: p for p in network.bgpd.call("show_policies")}
    hits = {rule["rule"]: rule["hits"]["import"] for rule in policies["rs-in"]["rules"]}
    assert all(hits[case.rule] > 0 for case in cases if case.rule), hits
    # The lists of members and of their group differ, and what they are told by needs no more than one.
    assert {name: p["instances"] for name, p in policies.items()} == {
        "rs-in": 2 + len(network.takers), "rs-out": 1, "rs-prepend": 1, "rs-tell": 1}


def test_all_rules_have_their_routes():
    """Each rule that rejects is met by a route from a real member, here or in the tests below."""
    with open(LIBRARY, encoding="utf-8") as file:
        rules = re.split(r"\n    \{ name = ", file.read().split("[policies.rs-in]")[1].split("\ntests = [")[0])[1:]
    rejecting = {rule.split('"')[1] for rule in rules if "$reject_then" in rule}
    assert rejecting == set(CODES)
    met = {case.rule for case in CASES for kind in (*KINDS, "exabgp") if case.rule and can_send(kind, case)}
    assert rejecting - met == {"next-hop", "next-hop-of-as"}


@pytest.mark.parametrize("kind", ("bird", "gobgp"))
def test_next_hop_policies(lab, kind):
    """The member's own address; with "same_as" that of any member of its AS, which is noted of the route."""
    bgpd = exchange(lab, [member(lab, 2, MEMBER), member(lab, 3, MEMBER), member(lab, 4, 1004)],
                    next_hop_policy="strict", tag_registries=True, reject_mode="tag_and_reject")
    hops = {"20.2.0.0/16": lab.addr(2), "20.3.0.0/16": lab.addr(3), "20.4.0.0/16": lab.addr(4)}
    start_member(lab, kind, 2, MEMBER, [sent_by(kind, Route(p, hop, (MEMBER,))) for p, hop in hops.items()])
    bgpd.wait_established(lab.addr(2))

    def stopped():
        views = views_of(bgpd, lab.addr(2)).values()
        assert len(views) == 3, views
        assert all(codes(v, 1101) == ({5} if v.get("filtered") else set()) for v in views), views
        # Where the policy has changed, and the route is yet to be evaluated again, no rule says so.
        return {v["prefix"]: (v["filtered_by"] or {}).get("rule") for v in views if v.get("filtered")}
    wait_for(lambda: stopped() == {"20.3.0.0/16": "next-hop", "20.4.0.0/16": "next-hop"})
    bgpd.config["parameters"]["next_hop_policy"] = "same_as"
    bgpd.reload()
    wait_for(lambda: stopped() == {"20.4.0.0/16": "next-hop-of-as"})
    assert shown_as_filtered(bgpd, lab.addr(2)) == {"20.4.0.0/16": ("next-hop-of-as", 5)}
    explained(bgpd, Case("20.4.0.0/16", "next-hop-of-as"), "tag_and_reject")
    assert codes(bgpd.best("20.2.0.0/16"), 1001) == {2} and codes(bgpd.best("20.3.0.0/16"), 1001) == {2, 1200}


@pytest.mark.parametrize("kind", ("bird", "frr"))
def test_what_is_known(lab, kind):
    """What registries and VRPs say of a route is noted of it, and told where that is wanted; what is not enforced is
    seen by that alone; what is invalid and kept is told to nobody."""
    cases = [case for case in CASES if can_send(kind, case) and case.rule in (None, "origin", "prefix", "rov-invalid")]
    network = Network(lab, kind, cases, tag_registries=True, reject_mode="tag_and_reject",
                      rejected_from=["{local.as}:1102:{peer.as}"])

    def tags():
        return {p: codes(v, 1001) for p, v in network.views().items() if not v.get("filtered")}
    wait_for(lambda: tags() == {case.prefix: set(case.tags) for case in cases if not case.rule})
    assert all(codes(v, 1102) == ({MEMBER} if v.get("filtered") else set()) for v in network.views().values())
    assert codes(network.views()["20.16.0.0/16"], 1000) == {1} and codes(network.views()["20.0.0.0/16"], 1000) == {2}
    assert codes(network.views()["20.16.0.1/32"], 1000) == {3}

    network.change(enforce_origins=False, enforce_prefixes=False, reject_rov_invalid=False, tell_tags=True)
    stopped = {"20.200.1.0/25", "20.200.2.128/25", "20.200.9.1/32"}  # by their length
    wait_for(lambda: {p for p, v in network.views().items() if v.get("filtered")} == stopped)
    found = tags()
    assert found["20.11.2.0/24"] == {1, 20} and found["20.200.0.0/16"] == {10, 21}, found
    assert codes(network.views()["20.15.0.0/16"], 1000) == {4}
    kept = {"20.15.0.0/16", "20.200.4.0/24"}
    network.are_told({case.prefix for case in cases} - stopped - kept)
    entry, = network.bgpd.call("explain", prefix="20.15.0.0/16", peer=lab.addr(3))
    assert entry["peers"][0]["withheld"] == "policy rs-out rule rov-invalid", entry
    for taker in network.takers:
        for prefix, told in (("20.16.0.0/16", {f"{RS}:1000:1", f"{RS}:1001:1", f"{RS}:1001:21"}),
                             ("20.200.0.0/16", {f"{RS}:1000:2", f"{RS}:1001:10", f"{RS}:1001:21"})):
            # They may have been told before, and without these.
            wait_for(lambda t=taker, p=prefix, e=told: received(t)[p].large == e, what=f"{prefix} at {taker.kind}")


@pytest.mark.parametrize("kinds", (("bird", "gobgp", "frr"), ("frr", "openbgpd", "bird")), ids="-".join)
def test_graceful_shutdown(lab, kinds):
    """What a member shuts down gracefully (RFC 8326) is told as long as there is nothing else."""
    first, second = MEMBER, 1003
    bgpd = exchange(lab, [member(lab, 2, first), member(lab, 3, second), listener(lab, 4, 1004)])
    routes = [sent_by(kind, Route("20.0.0.0/16", HOP, (asn,), communities=communities)) for kind, asn, communities in
              ((kinds[0], first, ["65535:0"]), (kinds[1], second, ["7:7"]))]
    start_member(lab, kinds[0], 2, first, routes[:1])
    other, taker = start_member(lab, kinds[1], 3, second), start_member(lab, kinds[2], 4, 1004)
    bgpd.wait_established(*map(lab.addr, (2, 3, 4)))

    def is_told(asn, community):
        told = taker.received().get("20.0.0.0/16")
        return told and tuple(told.as_path) == (asn,) and told.communities == {community}
    wait_for(lambda: is_told(first, "65535:0"))
    assert bgpd.best("20.0.0.0/16")["local_pref"] == 0
    other.announce(*routes[1:])
    wait_for(lambda: is_told(second, "7:7"))
    other.withdraw(*routes[1:])
    wait_for(lambda: is_told(first, "65535:0"))


@pytest.mark.parametrize("kind", KINDS)
def test_too_many(lab, kind):
    """A member over its limit loses its session, and the others what they were told from it; each of the routes
    counts, whatever the rules say of it."""
    bgpd = exchange(lab, [member(lab, 2, MEMBER, parameters=OF_MEMBER, max_prefixes={"limit": 3, "restart_s": 600}),
                          listener(lab, 3, 1003)], reject_mode="tag_and_reject")
    routes = [sent_by(kind, Route(f"20.{n}.0.0/16", HOP, (MEMBER,))) for n in (0, 1, 200, 201)]
    giver = start_member(lab, kind, 2, MEMBER, routes[:3])
    taker = start_member(lab, "bird" if kind != "bird" else "frr", 3, 1003)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    wait_for(lambda: set(taker.received()) == {"20.0.0.0/16", "20.1.0.0/16"})
    giver.announce(*routes[3:])
    wait_for(lambda: taker.received() == {})
    shown = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert "Maximum Number of Prefixes" in shown, shown


# --- what members ask for ---

FAR, FAR_16 = 200005, 64605
MEMBERS = {1003: "frr", 1004: "gobgp", FAR: "openbgpd"}
KINDS_OF_COMMUNITIES = ("communities", "large", "extended")


def request(kind, standard, large, asn=None):
    """`standard`: the first number of standard and extended ones; `large`: the second of large ones."""
    if kind == "large":
        return f"{RS}:{large}:{asn or 0}"
    number = asn or RS
    if kind == "extended":
        return f"origin:{standard}:{number}"
    return f"{standard}:{FAR_16 if number == FAR else number}"


def request_cases():
    """(what a route has in its attributes, who is told, how often the AS of the member stands in front, what was
    added for whom)."""
    everybody = set(MEMBERS)
    for kind in KINDS_OF_COMMUNITIES:
        yield {kind: [request(kind, 0, 0)]}, set(), {}, {}
        for asn in MEMBERS:
            yield {kind: [request(kind, 0, 0, asn)]}, everybody - {asn}, {}, {}
            yield {kind: [request(kind, 0, 0), request(kind, RS, 1, asn)]}, {asn}, {}, {}
        for n in (1, 2, 3):
            yield {kind: [request(kind, 65500 + n, 100 + n)]}, everybody, {asn: n for asn in MEMBERS}, {}
            for asn in MEMBERS:
                yield {kind: [request(kind, 65500 + n, 100 + n, asn)]}, everybody, {asn: n}, {}
        for number in (65281, 65282):
            yield {kind: [request(kind, number, number)]}, everybody, {}, {asn: number for asn in MEMBERS}
            for asn in MEMBERS:
                yield {kind: [request(kind, number, number, asn)]}, everybody, {}, {asn: number}


@pytest.mark.parametrize("giver", ("bird", "exabgp"))
def test_requests(lab, giver):
    """In each of the three kinds, for members of 16- and 32-bit ASNs, and those that are no request are passed on."""
    bgpd = exchange(lab, [member(lab, 2, MEMBER)] + [
        listener(lab, n, asn, **({"peer_as16": FAR_16} if asn == FAR else {})) for n, asn in enumerate(MEMBERS, 3)])
    cases = {f"20.{n}.0.0/16": case for n, case in enumerate(request_cases(), 100)}
    own = {"communities": ["1001:7"], "large": ["1001:0:7"], "extended": ["target:1001:7"]}
    routes = [Route(prefix, HOP, (MEMBER,), **{kind: own[kind] + case[0].get(kind, []) for kind in own})
              for prefix, case in cases.items()]
    start_member(lab, giver, 2, MEMBER, routes)
    takers = {asn: start_member(lab, kind, n, asn) for n, (asn, kind) in enumerate(MEMBERS.items(), 3)}
    bgpd.wait_established(*(lab.addr(n) for n in range(2, 6)))
    for asn, taker in takers.items():
        told = {prefix for prefix, case in cases.items() if asn in case[1]}
        wait_for(lambda t=taker, p=told: set(t.received()) == p, what=f"what AS {asn} is told")
        for prefix, route in taker.received().items():
            _, _, prepended, added = cases[prefix]
            assert tuple(route.as_path) == (MEMBER,) * (1 + prepended.get(asn, 0)), (asn, cases[prefix], route)
            more = {f"65535:{added[asn]}"} if asn in added else set()
            assert route.communities == {"1001:7"} | more, (asn, cases[prefix], route)
            assert route.large == {"1001:0:7"} and route.extended == {"target:1001:7"}, (asn, cases[prefix], route)
    withheld(lab, bgpd, cases)


def withheld(lab, bgpd, cases):
    """`explain` says by which rule of rs-out somebody is not told."""
    for prefix, (asked, told, _, _) in itertools.islice(cases.items(), 7):
        for n, asn in enumerate(MEMBERS, 3):
            entry, = bgpd.call("explain", prefix=prefix, peer=lab.addr(n))
            peer, = entry["peers"]
            to_one = any(len(texts) == 1 and not texts[0] == request(kind, 0, 0) for kind, texts in asked.items())
            rule = "not-to-peer" if to_one else "not-to-any"
            assert peer["told"] == (asn in told), entry
            assert peer["told"] or peer["withheld"] == f"policy rs-out rule {rule}", entry
