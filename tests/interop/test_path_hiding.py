"""Clients of a route server are told the best route that they may have (RFC 7947 §2.3.2)."""

import random

import pytest

from peers import ALL, Neighbor
from peers.bird import Bird
from support.route import Route
from support.wait import stays, wait_for

PREFIX = "198.51.100.0/24"
OTHER = "203.0.113.0/24"
CLIENT = {"route_server_client": True, "advertise_sources": ["peer"], "export": ["rs-out"]}
POLICIES = {
    "rs-out": {"rules": [{"name": "no", "if": {"community": "0:{peer.as}"}, "then": "reject"}]},
    "better": {"rules": [{"set": {"local_pref": 200}}]},
    # FRR tells the route server what it has from there.
    "own": {"rules": [{"if": {"not": {"as_path_length": "1"}}, "then": "reject"}]},
}
ASNS = {2: 65002, 3: 65003, 4: 65004}
HOPS = {n: f"10.254.0.{n}" for n in ASNS}


def explained(bgpd, address, prefix=PREFIX):
    """What `explain` says of a neighbour: from whom the path is that it is told, and who was passed
    over, and why."""
    entry, = bgpd.call("explain", prefix=prefix, peer=address, family="ipv4 unicast")
    peer, = entry["peers"]
    passed = [(p["source"], p["withheld"]) for p in peer.get("passed_over", ())]
    return peer["learned_from"] if peer["told"] else peer["withheld"], passed


def next_hop(received, prefix=PREFIX):
    route = received.get(prefix)
    return route and route.next_hop


# --- real clients ---

# Not FRR as the second: its adapter does not change what a route is announced with.
@pytest.mark.parametrize("kinds", [("bird", "gobgp", "frr"), ("frr", "openbgpd", "bird"),
                                   ("gobgp", "bird", "openbgpd"), ("openbgpd", "bird", "gobgp")],
                         ids="-".join)
def test_three_real_clients(lab, kinds):
    """The first announces the better path, but not for the third; the second announces another one."""
    bgpd = lab.bgpd({"policies": POLICIES}, peers=[
        lab.peer(n, asn, **CLIENT, **{"import": ["own", "better"] if n == 2 else ["own"]})
        for n, asn in ASNS.items()])
    better = Route(PREFIX, HOPS[2], communities=["0:65004", "65002:7"])
    worse = Route(PREFIX, HOPS[3], communities=["65003:1"])
    own = {2: [better], 3: [worse], 4: [Route(OTHER, HOPS[4])]}
    real = {n: lab.real(kind, n, asn=ASNS[n], routes=own[n], neighbor={
        "families": ("ipv4 unicast",), "route_server": True}) for n, kind in zip(ASNS, kinds)}
    bgpd.wait_established(*map(lab.addr, ASNS))
    first, second = lab.addr(2), lab.addr(3)

    def are_told(*hops):
        """What each of the three holds of the prefix, and what BGPd says that they were told."""
        wait_for(lambda: tuple(next_hop(real[n].received()) for n in ASNS) == hops, what=f"{hops}")
        wait_for(lambda: tuple(next_hop(bgpd.advertised(lab.addr(n))) for n in ASNS) == hops)

    are_told(HOPS[3], HOPS[2], HOPS[3])
    sessions = bgpd.sessions()
    assert explained(bgpd, first) == (second, [(first, "learned from this peer")])
    assert explained(bgpd, second) == (first, [])
    assert explained(bgpd, lab.addr(4)) == (second, [(first, "policy rs-out rule no")])
    text = bgpd.cli("explain", PREFIX, "--out", check=True).stdout
    assert f"not the path from {first}: rejected by rs-out rule no" in text
    assert f"not the path from {first}: learned from this peer" in text

    # The second best changes: those who have it hear of that.
    real[3].withdraw(worse)
    are_told(None, HOPS[2], None)
    assert explained(bgpd, first) == ("learned from this peer", [])
    assert explained(bgpd, lab.addr(4)) == ("policy rs-out rule no", [])
    other = Route(PREFIX, HOPS[3], communities=["65003:2"])
    real[3].announce(other)
    are_told(HOPS[3], HOPS[2], HOPS[3])
    for n in (2, 4):
        wait_for(lambda n=n: real[n].received()[PREFIX].communities == {"65003:2"})

    # Another policy, in place, and the one before again.
    for rules, hop in (([], HOPS[2]), (POLICIES["rs-out"]["rules"], HOPS[3])):
        bgpd.reload(policies={**POLICIES, "rs-out": {"rules": rules}})
        are_told(HOPS[3], HOPS[2], hop)

    # The better one goes, and comes back.
    real[2].withdraw(better)
    are_told(HOPS[3], None, HOPS[3])
    real[2].announce(better)
    are_told(HOPS[3], HOPS[2], HOPS[3])
    assert bgpd.sessions() == sessions


# --- counts, lists, and what is not for route server clients ---

def test_others_are_told_the_best_path_or_none(lab):
    """The same routes and policies, without route_server_client."""
    plain = {**CLIENT, "route_server_client": False, "passive": True}
    bgpd = lab.bgpd({"policies": POLICIES}, peers=[
        lab.peer(2, ASNS[2], **plain, **{"import": ["better"]}), lab.peer(3, ASNS[3], **plain),
        lab.peer(4, ASNS[4], **plain)])
    at = {n: lab.session(n, asn) for n, asn in ASNS.items()}
    bgpd.wait_established(*map(lab.addr, ASNS))
    at[3].announce(Route(PREFIX, HOPS[3], (ASNS[3],)))
    wait_for(lambda: PREFIX in at[2].received() and PREFIX in at[4].received())
    at[2].announce(Route(PREFIX, HOPS[2], (ASNS[2],), communities=["0:65004"]))
    wait_for(lambda: [n for n in ASNS if PREFIX in at[n].received()] == [3])
    assert explained(bgpd, lab.addr(4)) == ("policy rs-out rule no", [])
    stays(lambda: PREFIX not in at[4].received())


def test_clients_come_into_being_and_cease_to_be(lab):
    """With a reload, while the sessions go on; the reasons are listed."""
    peers = [lab.peer(n, asn, passive=True, **CLIENT) for n, asn in ASNS.items()]
    peers[0]["import"] = ["better"]
    bgpd = lab.bgpd({"policies": POLICIES}, peers=peers)
    at = {n: lab.session(n, asn) for n, asn in ASNS.items()}
    bgpd.wait_established(*map(lab.addr, ASNS))
    sessions = bgpd.sessions()
    at[3].announce(Route(PREFIX, HOPS[3], (ASNS[3],)))
    at[2].announce(Route(PREFIX, HOPS[2], (ASNS[2],), communities=["0:65004"]))

    def told():
        return tuple(next_hop(at[n].received()) for n in ASNS)
    wait_for(lambda: told() == (HOPS[3], HOPS[2], HOPS[3]))
    assert [bgpd.peer(lab.addr(n))["prefixes_advertised"] for n in ASNS] == [1, 1, 1]
    bgpd.reload(peers=[{**peer, "route_server_client": False} for peer in peers])
    wait_for(lambda: told() == (None, lab.addr(1), None))
    wait_for(lambda: [bgpd.peer(lab.addr(n))["prefixes_advertised"] for n in ASNS] == [0, 1, 0])
    withheld = bgpd.call("show_routes_advertised", to_peer=lab.addr(4), withheld=True)
    assert [v["withheld"] for v in withheld] == ["policy rs-out rule no"]
    bgpd.reload(peers=peers)
    wait_for(lambda: told() == (HOPS[3], HOPS[2], HOPS[3]))
    wait_for(lambda: [bgpd.peer(lab.addr(n))["prefixes_advertised"] for n in ASNS] == [1, 1, 1])
    assert bgpd.call("show_routes_advertised", to_peer=lab.addr(4), withheld=True) == []
    assert bgpd.sessions() == sessions


# --- BIRD does the same ---

class BirdServer(Bird):
    """BIRD as the route server: `secondary` is its way not to hide paths."""

    def filters(self):
        return ""

    def channel(self, family, n):
        return ("ipv4 { table rs4; import all; secondary; export filter { "
                f"if (0, {n.asn}) ~ bgp_community then reject; accept; }}; }};")

    def config(self):
        """A sorted table, without which it is no good, takes no routes of multihop sessions."""
        text = super().config().replace("multihop 2;", "direct;")
        return text.replace("protocol device {}", "ipv4 table rs4 sorted;\nprotocol device {}")

    def statics(self):
        return ""


def random_routes(rng, clients, prefixes):
    """{client: routes}: to each prefix of several clients, of which none is as good as another."""
    routes = {n: [] for n in clients}
    for prefix in prefixes:
        some = rng.sample(sorted(clients), rng.randint(1, len(clients)))
        for length, n in enumerate(rng.sample(some, len(some))):
            denied = rng.sample(sorted(clients), rng.choice((0, 0, 1, 2, len(clients) - 1)))
            routes[n].append(Route(prefix, f"10.77.0.{n}", (clients[n], *range(64600, 64600 + length)),
                                   communities=[f"0:{clients[other]}" for other in denied]))
    return routes


@pytest.mark.skipif("bird" not in ALL, reason="BIRD is not there")
def test_bird_tells_the_same(lab):
    """Random routes that some clients may not have, through BGPd and through BIRD with `rs client` and
    `secondary`: each client is told the same by both, as routes come, change and go."""
    rng = random.Random(13)
    clients = {n: 65000 + n for n in range(2, 8)}
    bgpd = lab.bgpd({"policies": {"rs-out": POLICIES["rs-out"]}}, peers=[
        lab.peer(n, asn, passive=True, **CLIENT) for n, asn in clients.items()])
    here, there = lab.namespace("a"), lab.namespace("b")  # no multihop sessions: they need a link
    here.add_link("members", there, "server", "10.77.0.20/24", "10.77.0.21/24")
    for n in clients:
        there.add_address(f"10.77.0.{n}/24", "server")
    bird = BirdServer(lab.directory("bird"), "10.77.0.20", 65000, [
        Neighbor(f"10.77.0.{n}", asn, passive=True, route_server_client=True)
        for n, asn in clients.items()], router_id="10.255.0.20", netns=here)
    lab.daemons.append(bird)
    bird.start()
    ours = {n: lab.session(n, asn) for n, asn in clients.items()}
    theirs = {n: lab.speaker(n, asn, address=f"10.77.0.{n}", netns=there).connect("10.77.0.20").establish()
              for n, asn in clients.items()}
    prefixes = [f"198.51.{n}.0/24" for n in range(30)]

    def shown(speaker):
        return {prefix: (route.next_hop, route.as_path, route.communities)
                for prefix, route in speaker.received().items()}

    def last_of(number, n):
        """What a client says at the end of each round, so that all know that this was heard."""
        return Route(f"198.52.{n}.0/24", f"10.77.0.{n}", (clients[n],), communities=[f"65000:{number}"])

    said = {n: {} for n in clients}
    for number in range(6):
        for n, routes in random_routes(rng, clients, rng.sample(prefixes, 15)).items():
            again = {route.prefix: route for route in routes}
            for speaker in (ours[n], theirs[n]):
                speaker.announce(*routes)
                for prefix in said[n].keys() - again.keys():
                    speaker.withdraw(prefix)
                speaker.announce(last_of(number, n))
            said[n] = again

        def agree():
            held = {n: shown(ours[n]) for n in clients}
            assert held == {n: shown(theirs[n]) for n in clients}
            lasts = {n: last_of(number, n) for n in clients}
            return all(held[n].get(last.prefix, (None,) * 3)[2] == last.communities
                       for n in clients for of, last in lasts.items() if of != n)
        wait_for(agree, what="BIRD and BGPd to tell the same")
        stays(agree)
