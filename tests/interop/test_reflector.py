"""Rules between internal peers: reflection (RFC 4456) and the well-known communities (RFC 1997)."""

import ipaddress

import pytest

import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

PREFIX = "10.1.0.0/16"
CLUSTER = "9.9.9.9"


def internal(lab, clients=(2, 3), others=(4, 5), external=(6,), **options):
    """A reflector with clients, non-clients and external peers; returns it and {n: speaker}."""
    sources = {"passive": True, "advertise_sources": ["api", "config", "peer"]}
    entries = [lab.peer(n, **sources, route_reflector_client=True) for n in clients]
    entries += [lab.peer(n, **sources) for n in others]
    entries += [lab.peer(n, 65000 + n, **sources) for n in external]
    bgpd = lab.bgpd({"cluster_id": CLUSTER, **options}, peers=entries)
    speakers = {n: lab.session(n) for n in (*clients, *others)}
    speakers.update({n: lab.session(n, 65000 + n) for n in external})
    bgpd.wait_established(*(s.address for s in speakers.values()))
    return bgpd, speakers


def route(prefix=PREFIX, path=(7,), **fields):
    return Route(prefix, "10.254.0.9", path, local_pref=100, **fields)


def got(speakers):
    return {n for n, s in speakers.items() if PREFIX in s.received()}


def barrier(bgpd, speakers, name="10.99.0.0/16"):
    """Waits until everything before has been sent to everybody."""
    bgpd.call("advertise_route", prefix=name, next_hop="10.254.0.1")
    wait_for(lambda: all(name in s.received() for s in speakers.values()))


@pytest.mark.parametrize("sender, receivers", [
    (2, {3, 4, 5, 6}),  # a client: to everybody else
    (4, {2, 3, 6}),     # a non-client: to clients and external peers
    (6, {2, 3, 4, 5}),  # external: to everybody
])
def test_who_gets_what(lab, sender, receivers):
    bgpd, speakers = internal(lab)
    speakers[sender].announce(route(path=(65006, 7)) if sender == 6 else route())
    wait_for(lambda: got(speakers) >= receivers)
    barrier(bgpd, speakers)
    assert got(speakers) == receivers
    speakers[sender].withdraw(PREFIX)
    wait_for(lambda: not got(speakers))


def test_reload_makes_and_unmakes_a_client(lab):
    """Its routes go to the others from then on, and theirs to it."""
    bgpd, speakers = internal(lab, clients=(), others=(4, 5), external=())
    speakers[4].announce(route())
    speakers[5].announce(route("10.2.0.0/16"))
    wait_for(lambda: len(bgpd.learned()) == 2)
    bgpd.peer_config(lab.addr(4))["route_reflector_client"] = True
    assert bgpd.reload()["sessions_reset"] == 0
    wait_for(lambda: got(speakers) == {5})
    wait_for(lambda: "10.2.0.0/16" in speakers[4].received())
    bgpd.peer_config(lab.addr(4))["route_reflector_client"] = False
    bgpd.reload()
    wait_for(lambda: not speakers[4].received() and not speakers[5].received())


def test_reflected_attributes(lab):
    """ORIGINATOR_ID and CLUSTER_LIST are added, the rest stays; external peers see neither."""
    _, speakers = internal(lab)
    speakers[2].announce(route(med=7))
    wait_for(lambda: got(speakers) == {3, 4, 5, 6})
    for n in (3, 4):
        assert speakers[n].received()[PREFIX] == Route(
            PREFIX, "10.254.0.9", (7,), med=7, local_pref=100, originator_id="10.255.0.2",
            cluster_list=(CLUSTER,))
    external = speakers[6].received()[PREFIX]
    assert external.originator_id is None and external.cluster_list == ()
    assert external.as_path == (65000, 7) and external.local_pref is None


def test_reflected_again(lab):
    """A route that was reflected before keeps its originator, and our cluster goes in front."""
    _, speakers = internal(lab)
    extra = sp.attribute(sp.ORIGINATOR_ID, bytes([1, 1, 1, 1])) \
        + sp.attribute(sp.CLUSTER_LIST, bytes([2, 2, 2, 2, 3, 3, 3, 3]))
    speakers[2].announce(route(), extra=extra)
    wait_for(lambda: 4 in got(speakers))
    reflected = speakers[4].received()[PREFIX]
    assert reflected.originator_id == "1.1.1.1"
    assert reflected.cluster_list == (CLUSTER, "2.2.2.2", "3.3.3.3")


def test_default_cluster_is_router_id(lab):
    bgpd, speakers = internal(lab, router_id="8.7.6.5", cluster_id=None)
    speakers[2].announce(route())
    wait_for(lambda: 4 in got(speakers))
    assert speakers[4].received()[PREFIX].cluster_list == ("8.7.6.5",)
    assert bgpd.best(PREFIX)["source"] == lab.addr(2)


@pytest.mark.parametrize("kind", ["originator", "cluster"])
def test_loops(lab, kind):
    """Our own identifier as originator, our cluster in the list: not used, and told why."""
    bgpd, speakers = internal(lab)
    own = ipaddress.IPv4Address(lab.addr(1)).packed
    extra = {"originator": sp.attribute(sp.ORIGINATOR_ID, own),
             "cluster": sp.attribute(sp.CLUSTER_LIST, bytes([5, 5, 5, 5, 9, 9, 9, 9]))}[kind]
    speakers[2].announce(route(), extra=extra)
    view = wait_for(lambda: bgpd.call("show_routes_learned", from_peer=lab.addr(2)))[0]
    assert kind in view["filtered"].lower()
    barrier(bgpd, speakers)
    assert not got(speakers)


def test_without_clients(lab):
    """No reflection without a client: internal routes stay between two internal peers."""
    bgpd, speakers = internal(lab, clients=(), others=(4, 5))
    speakers[4].announce(route())
    wait_for(lambda: 6 in got(speakers))
    barrier(bgpd, speakers)
    assert got(speakers) == {6}


def test_from_external_attributes_ignored(lab):
    """ORIGINATOR_ID, CLUSTER_LIST and LOCAL_PREF from an external peer are discarded."""
    bgpd, speakers = internal(lab)
    extra = sp.attribute(sp.ORIGINATOR_ID, bytes([1, 1, 1, 1])) \
        + sp.attribute(sp.CLUSTER_LIST, bytes([9, 9, 9, 9]))
    speakers[6].announce(Route(PREFIX, "10.254.0.9", (65006,), local_pref=300), extra=extra)
    wait_for(lambda: 4 in got(speakers))
    seen = speakers[4].received()[PREFIX]
    assert (seen.local_pref, seen.originator_id, seen.cluster_list) == (100, None, ())
    assert bgpd.established(lab.addr(6))


WELL_KNOWN = {
    "no-export": {3, 4, 5}, "no-advertise": set(), "no-export-subconfed": {3, 4, 5},
    "nopeer": {3, 4, 5, 6},
}


@pytest.mark.parametrize("community", WELL_KNOWN)
def test_well_known_communities(lab, community):
    """From a client of ours to everybody else, if the community lets it."""
    bgpd, speakers = internal(lab)
    speakers[2].announce(route(communities=[community]))
    wait_for(lambda: bgpd.learned(lab.addr(2)))
    barrier(bgpd, speakers)
    receivers = got(speakers)
    if community == "nopeer":
        # RFC 3765 leaves it to the policy of an AS: internal peers get it in any case.
        receivers |= {6}
    assert receivers == WELL_KNOWN[community]


@pytest.mark.parametrize("community, receivers", [
    ("no-export", {2, 4}), ("no-advertise", set()), ("no-export-subconfed", {2, 4})])
def test_well_known_communities_from_external(lab, community, receivers):
    bgpd, speakers = internal(lab, clients=(2,), others=(4,), external=(6, 7))
    speakers[6].announce(Route(PREFIX, "10.254.0.9", (65006,), communities=[community]))
    wait_for(lambda: bgpd.learned(lab.addr(6)))
    barrier(bgpd, speakers)
    assert got(speakers) == receivers


def test_change_to_no_export(lab):
    """A route that gets the community is withdrawn from those who may not have it."""
    _, speakers = internal(lab)
    speakers[2].announce(route())
    wait_for(lambda: got(speakers) == {3, 4, 5, 6})
    speakers[2].announce(route(communities=["no-export"]))
    wait_for(lambda: got(speakers) == {3, 4, 5})
    # Another update group than that of the peer that lost it: it may hear of it later.
    wait_for(lambda: speakers[4].received()[PREFIX].communities == {"65535:65281"})


def test_client_flag_by_reload(lab):
    """A peer becomes a client mid-session."""
    bgpd, speakers = internal(lab, clients=(), others=(4, 5), external=())
    speakers[4].announce(route())
    barrier(bgpd, speakers)
    assert got(speakers) == set()
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(5))["route_reflector_client"] = True
    bgpd.reload()
    wait_for(lambda: got(speakers) == {5})
    bgpd.peer_config(lab.addr(5))["route_reflector_client"] = False
    bgpd.reload()
    wait_for(lambda: got(speakers) == set())
    assert bgpd.sessions() == before


def test_decision_between_reflectors(lab):
    """RFC 4456 §9: after the identifier of the originator the shorter CLUSTER_LIST is better."""
    bgpd, speakers = internal(lab, clients=(2, 3), others=(), external=())
    originator = sp.attribute(sp.ORIGINATOR_ID, bytes([1, 1, 1, 1]))
    long_list = sp.attribute(sp.CLUSTER_LIST, bytes([4, 4, 4, 4, 5, 5, 5, 5]))
    short_list = sp.attribute(sp.CLUSTER_LIST, bytes([6, 6, 6, 6]))
    speakers[2].announce(route(), extra=originator + long_list)
    speakers[3].announce(route(), extra=originator + short_list)
    wait_for(lambda: len(bgpd.call("show_routes", exact=PREFIX)["routes"]) == 2)
    wait_for(lambda: bgpd.best(PREFIX)["source"] == lab.addr(3))


DECISIONS = {
    # what the worse and the better route differ in; both from external peers 6 (65006) and 7
    "path length": ({"path": (65006, 1, 2)}, {"path": (65007, 1)}),
    "origin": ({"path": (65006,), "origin": "EGP"}, {"path": (65007,)}),
    "MED of one AS": ({"path": (65006, 1), "med": 10}, {"path": (65006, 2), "med": 5}),
    "missing MED is 0": ({"path": (65006, 1), "med": 1}, {"path": (65006, 2)}),
}


@pytest.mark.parametrize("case", DECISIONS)
def test_decision(lab, case):
    """RFC 4271 §9.1.2.2, seen by what a third peer is sent; the order of arrival is all one."""
    worse, better = DECISIONS[case]
    sources = {"passive": True, "advertise_sources": ["peer"]}
    for first_better in (False, True):
        bgpd = lab.bgpd(peers=[lab.peer(6, 65006, **sources), lab.peer(7, 65006 if "MED" in case
                                                                      else 65007, **sources),
                               lab.peer(8, 65008, **sources)])
        six = lab.session(6, 65006)
        seven = lab.session(7, bgpd.config["peers"][1]["remote_as"])
        eight = lab.session(8, 65008)
        bgpd.wait_established(lab.addr(6), lab.addr(7), lab.addr(8))
        good = Route(PREFIX, "10.254.0.7", better["path"], better.get("origin", "IGP"),
                     better.get("med"))
        bad = Route(PREFIX, "10.254.0.6", worse["path"], worse.get("origin", "IGP"),
                    worse.get("med"))
        order = [(seven, good), (six, bad)]
        for speaker, announced in order if first_better else reversed(order):
            speaker.announce(announced)
            wait_for(lambda s=speaker: bgpd.learned(s.address))
        wait_for(lambda: eight.received().get(PREFIX))
        wait_for(lambda: eight.received()[PREFIX].as_path == (65000, *better["path"]))
        assert bgpd.best(PREFIX)["source"] == lab.addr(7)
        for speaker in (six, seven, eight):
            speaker.close()
        bgpd.finish()
        bgpd.expect_exit = None


def test_med_of_other_as_not_compared(lab):
    """MEDs of different neighbour ASes: the identifier decides, not the MED."""
    bgpd, speakers = internal(lab, clients=(), others=(), external=(6, 7))
    speakers[6].announce(Route(PREFIX, "10.254.0.6", (65006,), med=100))
    wait_for(lambda: bgpd.best(PREFIX))
    speakers[7].announce(Route(PREFIX, "10.254.0.7", (65007,), med=1))
    wait_for(lambda: len(bgpd.call("show_routes", exact=PREFIX)["routes"]) == 2)
    # RFC 5004: the older of two external routes stays when nothing before it differs.
    assert bgpd.best(PREFIX)["source"] == lab.addr(6)


def test_external_before_internal(lab):
    bgpd, speakers = internal(lab, clients=(), others=(4,), external=(6,))
    speakers[4].announce(Route(PREFIX, "10.254.0.4", (5,), local_pref=100))
    wait_for(lambda: bgpd.best(PREFIX))
    speakers[6].announce(Route(PREFIX, "10.254.0.6", (65006,)))
    wait_for(lambda: bgpd.best(PREFIX)["source"] == lab.addr(6))
    speakers[4].announce(Route(PREFIX, "10.254.0.4", (5,), local_pref=200))
    wait_for(lambda: bgpd.best(PREFIX)["source"] == lab.addr(4))


def test_real_clients(lab):
    """BGPd reflects between BIRD, GoBGP, FRR and OpenBGPD, all of them clients."""
    entries = [lab.peer(n, route_reflector_client=True, advertise_sources=["peer"],
                        families=["ipv4 unicast"]) for n in (2, 3, 4, 5)]
    bgpd = lab.bgpd({"cluster_id": CLUSTER}, peers=entries)
    real = {n: lab.real(kind, n, routes=[Route(f"10.{n}.0.0/16", f"10.254.0.{n}")],
                        neighbor={"families": ("ipv4 unicast",)})
            for n, kind in ((2, "bird"), (3, "gobgp"), (4, "frr"), (5, "openbgpd"))}
    bgpd.wait_established(*(lab.addr(n) for n in real))
    for n, peer in real.items():
        others = {f"10.{m}.0.0/16" for m in real if m != n}
        wait_for(lambda p=peer, o=others: set(p.received()) == o)
        for m in real:
            if m != n:
                seen = peer.received()[f"10.{m}.0.0/16"]
                assert seen.next_hop == f"10.254.0.{m}"
                assert seen.originator_id == f"10.255.0.{m}"
                assert tuple(seen.cluster_list) == (CLUSTER,)
    real[3].kill9()
    wait_for(lambda: all("10.3.0.0/16" not in real[n].received() for n in (2, 4, 5)))
    stays(lambda: all(bgpd.established(lab.addr(n)) for n in (2, 4, 5)), 0.3)
