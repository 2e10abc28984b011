"""What peers are told follows from the attributes, the source and the receiver, and from nothing
else: it changes when one of them changes what they get, and only then."""

import struct

import pytest

import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

PREFIX = "10.1.0.0/16"
LAST = "10.99.0.0/16"
ALL = ["api", "config", "peer"]


def router(lab, entries, **config):
    """BGPd with entries {n: (asn, options)}, and a speaker for each."""
    bgpd = lab.bgpd(config, peers=[
        lab.peer(n, asn, **{"passive": True, "advertise_sources": ALL, **options})
        for n, (asn, options) in entries.items()])
    speakers = {n: lab.session(n, asn) for n, (asn, _) in entries.items()}
    bgpd.wait_established(*(s.address for s in speakers.values()))
    for s in speakers.values():
        wait_for(s.end_of_ribs)
    return bgpd, speakers


def settle(bgpd, *speakers):
    """Everything that was to be sent before has been."""
    bgpd.call("advertise_route", prefix=LAST, next_hop="10.254.0.99")
    wait_for(lambda: all(LAST in s.received() for s in speakers))
    bgpd.call("withdraw_route", prefix=LAST)
    wait_for(lambda: not any(LAST in s.received() for s in speakers))


def told(speaker, prefix=PREFIX):
    """How often the speaker was told of a prefix, announced or withdrawn."""
    return sum(prefix in u.announced or prefix in u.withdrawn for u in speaker.updates())


def withheld(bgpd, address):
    """{prefix: why it is not sent}, which must be what the client shows."""
    views = bgpd.call("show_routes_advertised", to_peer=address, withheld=True)
    text = bgpd.cli("show", "routes", "advertised", address, "--withheld", check=True).stdout
    assert all(v["withheld"] in text for v in views)
    for view in views[:20]:
        said = [p for e in bgpd.call("explain", prefix=view["prefix"], peer=address)
                for p in e["peers"] if p["safi"] == view["safi"]]
        assert [(p["told"], p["withheld"]) for p in said] == [(False, view["withheld"])]
    return {v["prefix"]: v["withheld"] for v in views}


# --- the source changes ---

def test_the_api_takes_a_route_over_from_a_peer(lab):
    """The same attributes: others get the next hop and MED of a route of our own."""
    bgpd, at = router(lab, {2: (65001, {}), 3: (65002, {}), 4: (65000, {"next_hop_self": True})})
    learned = Route(PREFIX, "10.254.0.1", (65001,), med=5)
    at[2].announce(learned)
    for n, path in ((3, (65000, 65001)), (4, (65001,))):
        route = wait_for(lambda n=n: at[n].received().get(PREFIX))
        assert (route.next_hop, route.as_path) == (lab.addr(1), path)
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1", as_path=["65001"],
              multi_exit_disc=5, origin="IGP")
    wait_for(lambda: at[3].received()[PREFIX] ==
             Route(PREFIX, "10.254.0.1", (65000, 65001), med=5))
    wait_for(lambda: at[4].received()[PREFIX].next_hop == "10.254.0.1")
    assert bgpd.advertised(lab.addr(3))[PREFIX].next_hop == "10.254.0.1"
    bgpd.call("withdraw_route", prefix=PREFIX)
    wait_for(lambda: at[3].received()[PREFIX] ==
             Route(PREFIX, lab.addr(1), (65000, 65001)))


def test_the_originator_changes(lab):
    """RFC 4456 §8: a client with a lower router id announces the same."""
    _, at = router(lab, {n: (65000, {"route_reflector_client": True}) for n in (2, 3, 4)})
    route = Route(PREFIX, "10.254.0.9", (7,), local_pref=100)
    at[3].announce(route)
    wait_for(lambda: at[4].received()[PREFIX].originator_id == "10.255.0.3" if
             PREFIX in at[4].received() else False)
    at[2].announce(route)
    for n in (4, 3):
        wait_for(lambda n=n: PREFIX in at[n].received() and
                 at[n].received()[PREFIX].originator_id == "10.255.0.2")
    wait_for(lambda: PREFIX not in at[2].received())


def test_the_router_id_changes_with_a_new_session(lab):
    bgpd, at = router(lab, {n: (65000, {"route_reflector_client": True}) for n in (2, 3)})
    route = Route(PREFIX, "10.254.0.9", (7,), local_pref=100)
    at[2].announce(route)
    wait_for(lambda: PREFIX in at[3].received())
    at[2].close()
    bgpd.wait_down(lab.addr(2))
    again = lab.session(2, router_id="10.255.0.222")
    again.announce(route)
    wait_for(lambda: at[3].received().get(PREFIX) and
             at[3].received()[PREFIX].originator_id == "10.255.0.222")


def test_a_reload_makes_and_unmakes_route_server_clients(lab):
    """RFC 7947 §2.2: between clients, transparent; to and from all others, not."""
    client = {"route_server_client": True}
    bgpd, at = router(lab, {2: (65002, client), 3: (65003, client), 4: (65004, {})})
    route = Route(PREFIX, "10.254.0.9", (65002, 7), med=5)
    ordinary = Route(PREFIX, lab.addr(1), (65000, 65002, 7))
    at[2].announce(route)
    wait_for(lambda: at[3].received().get(PREFIX) == route)
    wait_for(lambda: at[4].received().get(PREFIX) == ordinary)
    peers = bgpd.config["peers"]
    bgpd.reload(peers=[{**peers[0], "route_server_client": False}, *peers[1:]])
    wait_for(lambda: at[3].received()[PREFIX] == ordinary)
    bgpd.reload(peers=peers)
    wait_for(lambda: at[3].received()[PREFIX] == route)
    settle(bgpd, at[4])
    assert told(at[3]) == 3


# --- nothing changes for the receiver ---

def test_what_external_peers_do_not_see_is_not_sent_again(lab):
    """MED, next hop and LOCAL_PREF of other peers."""
    bgpd, at = router(lab, {2: (65002, {}), 3: (65003, {}), 4: (65000, {})})
    for med in range(10):
        at[2].announce(Route(PREFIX, f"10.254.0.{med + 1}", (65002,), med=med))
        settle(bgpd, at[3], at[4])
    assert told(at[3]) == 1
    assert told(at[4]) == 10
    assert at[4].received()[PREFIX].med == 9


def test_a_best_path_that_moves_between_equal_ones_is_not_sent_again(lab):
    bgpd, at = router(lab, {2: (65002, {}), 3: (65002, {}), 4: (65004, {})})
    for n in (2, 3):
        at[n].announce(Route(PREFIX, f"10.254.0.{n}", (65002,)))
        wait_for(lambda n=n: bgpd.learned(lab.addr(n)))
    wait_for(lambda: PREFIX in at[4].received())
    wait_for(lambda: PREFIX in at[3].received())  # the older one is best
    at[2].withdraw(PREFIX)
    wait_for(lambda: PREFIX in at[2].received())
    wait_for(lambda: PREFIX not in at[3].received())
    settle(bgpd, at[4])
    assert told(at[4]) == 1


@pytest.mark.parametrize("change", [
    {"cluster_id": "9.9.9.9"},
    {"route_reflector_client": True},
    {"advertise_sources": ["peer"]},
    {"static_routes": [{"prefix": "10.3.0.0/16", "next_hop": "10.254.0.3"}]},
], ids=lambda change: next(iter(change)))
def test_a_reload_sends_only_what_differs(lab, change):
    bgpd, at = router(lab, {2: (65002, {}), 3: (65000, {})})
    names = [f"10.1.{i}.0/24" for i in range(50)]
    for name in names:
        at[2].announce(Route(name, "10.254.0.9", (65002,)))
    wait_for(lambda: len(at[3].received()) == len(names))
    before = len(at[3].updates())
    peers = bgpd.config["peers"]
    if "cluster_id" in change:
        bgpd.reload(**change)
    else:
        bgpd.reload(peers=[peers[0], {**peers[1], **change}])
    if "static_routes" in change:
        wait_for(lambda: "10.3.0.0/16" in at[3].received())
        assert len(at[3].updates()) == before + 1
        bgpd.reload(peers=peers)
        wait_for(lambda: "10.3.0.0/16" not in at[3].received())
        assert len(at[3].updates()) == before + 2
        return
    at[2].announce(Route(LAST, "10.254.0.9", (65002,)))
    wait_for(lambda: LAST in at[3].received())
    assert len(at[3].updates()) == before + 1


def test_a_new_cluster_id_reaches_reflected_routes_alone(lab):
    bgpd, at = router(lab, {2: (65000, {"route_reflector_client": True}), 3: (65000, {}),
                            4: (65004, {})}, cluster_id="8.8.8.8")
    at[2].announce(Route(PREFIX, "10.254.0.9", (7,), local_pref=100))
    at[4].announce(Route("10.2.0.0/16", "10.254.0.9", (65004,)))
    wait_for(lambda: len(at[3].received()) == 2)
    bgpd.reload(cluster_id="9.9.9.9")
    wait_for(lambda: at[3].received()[PREFIX].cluster_list == ("9.9.9.9",))
    settle(bgpd, at[3])
    assert told(at[3], "10.2.0.0/16") == 1


# --- borders ---

TARGET = struct.pack("!BBHI", 0x00, 2, 65002, 1)
BANDWIDTH = struct.pack("!BBHI", 0x40, 4, 65002, 2)


def test_non_transitive_communities_stop_at_the_border(lab):
    """RFC 4360 §6; between clients of a route server they pass."""
    client = {"route_server_client": True}
    _, at = router(lab, {2: (65002, client), 3: (65003, {}), 4: (65000, {}), 5: (65005, client)})
    at[2].announce(Route(PREFIX, "10.254.0.9", (65002,)),
                   extra=sp.attribute(sp.EXTENDED_COMMUNITIES, BANDWIDTH + TARGET))
    both = {"target:65002:1", "0x" + BANDWIDTH.hex()}
    for n, expected in ((3, {"target:65002:1"}), (4, both), (5, both)):
        route = wait_for(lambda n=n: at[n].received().get(PREFIX))
        assert route.extended == expected, n


def test_route_server_passes_well_known_communities_on(lab):
    """RFC 7947 §2.2.4, unless interpret_communities is set."""
    client = {"route_server_client": True}
    bgpd, at = router(lab, {2: (65002, client), 3: (65003, client), 4: (65004, {}),
                            5: (65005, {**client, "interpret_communities": True})})
    at[2].announce(Route(PREFIX, "10.254.0.9", (65002,), communities=["no-export"]))
    at[2].announce(Route("10.2.0.0/16", "10.254.0.9", (65002,), communities=["no-advertise"]))
    wait_for(lambda: len(at[3].received()) == 2)
    assert at[3].received()[PREFIX].communities == {"65535:65281"}
    settle(bgpd, at[4], at[5])
    assert not at[4].received() and not at[5].received()
    at[4].announce(Route("10.4.0.0/16", "10.254.0.9", (65004,), communities=["no-export"]))
    settle(bgpd, at[3])
    assert set(at[3].received()) == {PREFIX, "10.2.0.0/16"}  # it did not come from a client


def test_nobody_outside_gets_an_empty_path(lab):
    client = {"route_server_client": True, "enforce_first_as": False}
    bgpd, at = router(lab, {2: (65002, client), 3: (65003, client), 4: (65000, {})})
    at[2].announce(Route(PREFIX, "10.254.0.9", ()))
    at[4].announce(Route("10.4.0.0/16", "10.254.0.9", (), local_pref=100))
    bgpd.call("advertise_route", prefix="10.5.0.0/16", next_hop="10.254.0.1")
    wait_for(lambda: len(at[3].received()) == 3)
    assert {r.as_path for r in at[3].received().values()} == {(65000,)}


def test_two_asns_of_ours(lab):
    """Between the internal peers of two ASNs of ours there is a border."""
    other = {"local_as": 64999}
    bgpd, at = router(lab, {2: (64999, other), 3: (64999, other), 4: (65000, {}), 5: (65005, {}),
                            6: (65006, other)})
    at[2].announce(Route(PREFIX, "10.254.0.9", (7,), med=5, local_pref=300))
    assert wait_for(lambda: at[4].received().get(PREFIX)) == \
        Route(PREFIX, lab.addr(1), (64999, 7), local_pref=100)
    assert wait_for(lambda: at[5].received().get(PREFIX)).as_path == (65000, 64999, 7)
    assert wait_for(lambda: at[6].received().get(PREFIX)).as_path == (64999, 7)
    at[4].announce(Route("10.4.0.0/16", "10.254.0.9", (), local_pref=300))
    for n in (2, 3):
        assert wait_for(lambda n=n: at[n].received().get("10.4.0.0/16")) == \
            Route("10.4.0.0/16", lab.addr(1), (65000,), local_pref=100)
    at[4].announce(Route("10.5.0.0/16", "10.254.0.9", (), communities=["no-export"],
                         local_pref=300))
    settle(bgpd, *at.values())
    assert "10.5.0.0/16" not in at[2].received()
    assert PREFIX not in at[3].received()  # internal to internal, within one AS


def test_local_as_of_an_external_session_is_in_the_path(lab):
    """RFC 7705: customers in the old AS, internal peers in the new one."""
    _, at = router(lab, {2: (65002, {"local_as": 64999}), 3: (65000, {}), 4: (65004, {})})
    at[2].announce(Route(PREFIX, "10.254.0.9", (65002,), med=5))
    assert wait_for(lambda: at[3].received().get(PREFIX)) == \
        Route(PREFIX, "10.254.0.9", (64999, 65002), med=5, local_pref=100)
    assert wait_for(lambda: at[4].received().get(PREFIX)).as_path == (65000, 64999, 65002)
    at[3].announce(Route("10.3.0.0/16", "10.254.0.9", (), local_pref=100))
    assert wait_for(lambda: at[2].received().get("10.3.0.0/16")).as_path == (64999, 65000)


# --- why not ---

def test_what_is_withheld_is_shown_with_its_reason(lab):
    bgpd, at = router(lab, {2: (65002, {}), 3: (65000, {}), 4: (65000, {}),
                            5: (65005, {"advertise_sources": ["api"]}), 6: (65006, {})})
    at[2].announce(Route("10.1.0.0/16", "10.254.0.9", (65002,)))
    at[2].announce(Route("10.2.0.0/16", "10.254.0.9", (65002,), communities=["no-export"]))
    at[2].announce(Route("10.3.0.0/16", "10.254.0.9", (65002,), communities=["no-advertise"]))
    at[3].announce(Route("10.4.0.0/16", "10.254.0.9", (), local_pref=100))
    at[2].announce(Route("10.5.0.0/16", "10.254.0.9", (65002, 65000)))
    wait_for(lambda: len(bgpd.learned()) == 5)
    settle(bgpd, at[6])
    never = {"10.3.0.0/16": "community NO_ADVERTISE", "10.5.0.0/16": "no usable path"}
    own = "learned from this peer"
    assert withheld(bgpd, lab.addr(6)) == {"10.2.0.0/16": "community NO_EXPORT", **never}
    assert withheld(bgpd, lab.addr(4)) == {
        "10.4.0.0/16": "from an internal peer to another one, neither being a client", **never}
    assert withheld(bgpd, lab.addr(2))["10.1.0.0/16"] == own
    assert withheld(bgpd, lab.addr(3))["10.4.0.0/16"] == own
    assert set(withheld(bgpd, lab.addr(5)).values()) == {"not among advertise_sources",
                                                         "no usable path"}


def test_a_peer_without_api_routes_gets_the_best_learned_one(lab):
    """Each is sent the best of the sources that it takes, and nothing where that one may not go."""
    bgpd, at = router(lab, {2: (65002, {}), 3: (65003, {"advertise_sources": ["peer"]}),
                            4: (65004, {"advertise_sources": ["api"]})})
    at[2].announce(Route(PREFIX, "10.254.0.9", (65002,)))
    wait_for(lambda: PREFIX in at[3].received())
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1")
    wait_for(lambda: PREFIX in at[4].received())
    assert bgpd.best(PREFIX)["source"] == "API"
    assert at[3].received()[PREFIX].as_path == (65000, 65002)
    assert PREFIX not in withheld(bgpd, lab.addr(3))
    at[2].announce(Route(PREFIX, "10.254.0.9", (65002,), communities=["no-export"]))
    wait_for(lambda: PREFIX not in at[3].received())
    assert told(at[3]) == 2  # announced, withdrawn, and nothing for the API's route between
    assert withheld(bgpd, lab.addr(3))[PREFIX] == "community NO_EXPORT"
    assert at[4].received()[PREFIX].next_hop == "10.254.0.1"


# --- next hops ---

def test_a_route_is_not_told_to_its_next_hop(lab):
    """RFC 4271 §5.1.3, for what BGPd originates: by the API, by the configuration."""
    bgpd, at = router(lab, {2: (65002, {}), 3: (65003, {})})
    bgpd.call("advertise_route", prefix=PREFIX, next_hop=lab.addr(2))
    wait_for(lambda: PREFIX in at[3].received())
    settle(bgpd, at[2])
    assert not told(at[2])
    assert PREFIX not in bgpd.advertised(lab.addr(2))
    assert withheld(bgpd, lab.addr(2)) == {PREFIX: "the next hop is the peer itself"}
    assert set(bgpd.advertised(lab.addr(3))) == {PREFIX}
    assert not withheld(bgpd, lab.addr(3))
    # It goes elsewhere now, and back.
    bgpd.call("advertise_route", prefix=PREFIX, next_hop=lab.addr(3))
    wait_for(lambda: PREFIX in at[2].received())
    wait_for(lambda: PREFIX not in at[3].received())
    at[3].close()
    bgpd.wait_down(lab.addr(3))
    third = lab.session(3, 65003)
    wait_for(third.end_of_ribs)
    settle(bgpd, third)
    assert not told(third)


def test_ipv4_over_ipv6_needs_a_next_hop(lab):
    """Without RFC 8950: what is configured, or nothing; never a router id that is not ours."""
    lab.use_ipv6()
    bgpd = lab.bgpd({"router_id": "10.77.0.1"}, peers=[
        lab.peer(2, 65002, passive=True, advertise_sources=ALL),
        lab.peer(3, 65003, passive=True, advertise_sources=ALL),
        lab.peer(4, 65004, passive=True, advertise_sources=ALL, next_hop_ipv4="10.254.0.1")])
    at = {n: lab.session(n, 65000 + n) for n in (2, 3, 4)}
    bgpd.wait_established(*(s.address for s in at.values()))
    at[2].announce(Route(PREFIX, "10.254.0.9", (65002,)))
    assert wait_for(lambda: at[4].received().get(PREFIX)).next_hop == "10.254.0.1"
    settle(bgpd, at[3])
    assert not told(at[3])
    bgpd.wait_log("next_hop_ipv4")
    assert "next_hop_ipv4" in withheld(bgpd, lab.addr(3))[PREFIX]
    lab.ipv6.ip("addr", "add", "10.77.0.1/32", "dev", "lo")  # now it is ours
    assert wait_for(lambda: at[3].received().get(PREFIX)).next_hop == "10.77.0.1"
    lab.ipv6.ip("addr", "del", "10.77.0.1/32", "dev", "lo")
    wait_for(lambda: PREFIX not in at[3].received())
    peers = bgpd.config["peers"]
    bgpd.reload(peers=[*peers[:2], {**peers[2], "next_hop_ipv4": "10.254.0.2"}])
    wait_for(lambda: at[4].received()[PREFIX].next_hop == "10.254.0.2")


def test_link_local_next_hops_stay_on_their_link(lab):
    """RFC 2545 §3: what a peer on eth0 sends with a global and a link-local next hop is for peers on
    eth0; those behind a router there, or on another link, get the global one alone."""
    here, there = lab.namespace("a"), lab.namespace("b")
    for device, net in (("eth0", "10.77.0"), ("eth1", "10.77.1")):
        here.add_link(device, there, device)
        here.ip("addr", "add", f"{net}.1/24", "dev", device)
        there.ip("addr", "add", f"{net}.2/24", "dev", device)
    there.ip("addr", "add", "10.77.0.3/24", "dev", "eth0")
    there.add_address("10.99.0.1/32")
    here.ip("route", "add", "10.99.0.1/32", "via", "10.77.0.2")
    remotes = {"10.77.0.2": "10.77.0.1", "10.77.0.3": "10.77.0.1", "10.77.1.2": "10.77.1.1",
               "10.99.0.1": "10.77.0.1"}
    bgpd = lab.bgpd({"bgp_socket": "0.0.0.0:1179", "peers": [
        {"remote_ip": remote, "remote_as": 65000, "passive": True, "advertise_sources": ALL,
         "route_reflector_client": True} for remote in remotes]}, netns=here)
    at = {remote: lab.speaker(address=remote, asn=65000, router_id=remote, netns=there,
                              families=("ipv6 unicast",)) for remote in remotes}
    for remote, local in remotes.items():
        at[remote].connect(local).establish()
    bgpd.wait_established(*remotes)
    hop = b"".join(sp.ipaddress.ip_address(a).packed for a in ("2001:db8:77::2", "fe80::77"))
    at["10.77.0.2"].send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv6 unicast", hop, sp.nlri("2001:db8:1::/48")) +
        sp.route_attributes(Route("2001:db8:1::/48", "::", (7,), local_pref=100))))

    def got(speaker):
        values = [u.attributes[sp.MP_REACH] for u in speaker.updates() if u.mp_announced]
        return values and values[-1][4:4 + values[-1][3]]
    assert wait_for(lambda: got(at["10.77.0.3"])) == hop
    for remote in ("10.77.1.2", "10.99.0.1"):
        assert wait_for(lambda remote=remote: got(at[remote])) == hop[:16], remote


# --- sizes ---

def filled(route, size):
    """An attribute that nobody knows, so long that the UPDATE with the route has `size` bytes."""
    head = 19 + len(sp.route_update(route)) + 4
    return sp.attribute(200, bytes(size - head), flags=0xe0 | sp.EXTENDED_LENGTH)


def test_routes_that_fit_to_the_byte(lab):
    """Judged by the prefix at hand: 4,092 bytes are 4,096 with our AS in the path. What does not fit
    is not told, not listed, not counted, and withdrawn from those who hold an earlier one."""
    bgpd, at = router(lab, {2: (65002, {}), 3: (65003, {})})
    routes = [Route(prefix, "10.254.0.9", (65002,))
              for prefix in ("11.0.0.0/8", "11.1.0.0/16", "11.1.1.0/24", "11.1.1.1/32")]
    for route in routes:
        at[2].announce(route, extra=filled(route, 4092))
    wait_for(lambda: len(at[3].received()) == len(routes))
    assert set(bgpd.advertised(lab.addr(3))) == {r.prefix for r in routes}
    large = Route("12.1.0.0/16", "10.254.0.9", (65002,))
    at[2].announce(large, extra=filled(large, 4093))
    at[2].announce(routes[0], extra=filled(routes[0], 4093))
    wait_for(lambda: routes[0].prefix not in at[3].received())
    settle(bgpd, at[3])
    assert not told(at[3], large.prefix)
    assert set(bgpd.advertised(lab.addr(3))) == {r.prefix for r in routes[1:]}
    assert set(bgpd.learned(lab.addr(2))) == {large.prefix, *(r.prefix for r in routes)}
    assert withheld(bgpd, lab.addr(3)) == dict.fromkeys(
        (large.prefix, routes[0].prefix), "too large for a message to this peer")
    at[2].withdraw(large.prefix)
    settle(bgpd, at[3])
    assert not told(at[3], large.prefix)
    stays(lambda: bgpd.established(lab.addr(3)))


@pytest.mark.parametrize("limit,receiver", [
    (4096, {"as4": False}), (4096, {"families": ("ipv6 unicast",)}),
    (65535, {"capabilities": [sp.capability(6)]})], ids=["2-octet", "ipv6", "extended"])
def test_the_longest_message_is_as_long_as_it_may_be(lab, limit, receiver):
    """Of routes that differ in their size by a byte each, those up to the limit are told."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True, advertise_sources=ALL)
                           for n in (2, 3)])
    giver = lab.session(2, 65002, capabilities=[sp.capability(6)],
                        families=("ipv4 unicast", "ipv6 unicast"))
    taker = lab.session(3, 65003, **receiver)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    is_v6 = "families" in receiver
    sizes = range(limit - 80, limit + 1)
    for n, size in enumerate(sizes):
        where = (f"2001:db8:{n:x}::/48", "2001:db8::9") if is_v6 else (f"11.0.{n}.0/24", "10.254.0.9")
        route = Route(*where, (65002, 70000))
        giver.announce(route, extra=filled(route, size))
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == len(sizes))

    def told():
        return sorted(19 + len(body) for kind, body in list(taker.messages) if kind == sp.UPDATE and len(body) > 1000)
    wait_for(lambda: limit in told() and len(told()) == bgpd.peer(lab.addr(3))["prefixes_advertised"])
    assert told() == list(range(told()[0], limit + 1))
    assert len(bgpd.advertised(lab.addr(3))) == len(told())
    assert "too large for a message to this peer" in withheld(bgpd, lab.addr(3)).values()
    stays(lambda: bgpd.established(lab.addr(3)))


# --- with real peers ---

def held(real):
    """What a real peer holds for the prefix: (next hop, AS path, MED, communities)."""
    route = real.received().get(PREFIX)
    return route and (route.next_hop, route.as_path, route.med or None, route.communities)


@pytest.mark.parametrize("kind", ["bird", "openbgpd"])
def test_real_peers_follow_the_source(lab, kind):
    """A route of the API becomes one of a peer, with the same attributes. (Others take no next hop in
    127/8, which ours is here.)"""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, advertise_sources=ALL),
                           lab.peer(3, 65003, advertise_sources=ALL)])
    real = lab.real(kind, 3, asn=65003, neighbor={"families": ("ipv4 unicast",)})
    source = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1", as_path=["65002"],
              multi_exit_disc=5)
    wait_for(lambda: held(real) == ("10.254.0.1", (65000, 65002), 5, frozenset()))
    source.announce(Route(PREFIX, "10.254.0.1", (65002,), med=5))
    wait_for(lambda: PREFIX in bgpd.learned(lab.addr(2)))
    bgpd.call("withdraw_route", prefix=PREFIX)
    wait_for(lambda: held(real) == (lab.addr(1), (65000, 65002), None, frozenset()))


@pytest.mark.parametrize("kind", ["bird", "frr", "gobgp", "openbgpd"])
def test_real_clients_of_a_route_server(lab, kind):
    """A real client gets what another client announced as it was, NO_EXPORT included."""
    client = {"route_server_client": True, "advertise_sources": ["peer"]}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, **client), lab.peer(3, 65003, **client)])
    real = lab.real(kind, 3, asn=65003, neighbor={"families": ("ipv4 unicast",),
                                                  "route_server": True})
    source = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    source.announce(Route(PREFIX, "10.254.0.9", (65002, 7), med=5, communities=["no-export"]))
    wait_for(lambda: held(real) == ("10.254.0.9", (65002, 7), 5, {"65535:65281"}))
