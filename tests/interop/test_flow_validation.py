"""Flows that are held against unicast routes (RFC 8955 §6, RFC 9117): what real peers announce, BIRD as
the reference, and what changes when unicast routes, sessions and the configuration do."""

import random
import re

import pytest

import speaker as sp
from support.route import Flow, Route
from support.wait import stays, wait_for

FAMILIES = ("ipv4 unicast", "ipv4 flow")
EVERYTHING = {"advertise_sources": ["api", "config", "peer"]}
DESTINATION = "flow without a destination prefix"
NO_ROUTE = "no unicast route to the flow's destination"
ORIGINATOR = "flow is not from the originator of the unicast route to its destination"
OTHER_AS = "flow is not from the AS that the unicast route to its destination is from"
MORE_SPECIFIC = "another AS has a unicast route within the flow's destination"


def flow(destination, *more):
    return Flow(2 if ":" in destination else 1, (f"destination {destination}", *more))


def rules(route):
    return "; ".join(route.matches)


def why(bgpd, peer=None, family="Flowspec"):
    """{rules: why the flow is not used, or None}"""
    return {v["prefix"]: v.get("filtered") for v in bgpd.call("show_routes_learned", from_peer=peer)
            if v["safi"] == family}


def verdicts(bgpd, expected, peer=None):
    wait_for(lambda: why(bgpd, peer) == expected, what=f"{expected}, not {why(bgpd, peer)}")


def has_routes(bgpd, *prefixes):
    wait_for(lambda: set(prefixes) <= set(why(bgpd, family="Unicast")), what=f"{prefixes}")


# --- real peers ---

@pytest.mark.parametrize("kind", ["gobgp", "exabgp", "bird"])
@pytest.mark.parametrize("afi", [1, 2])
def test_flows_of_real_peers(lab, kind, afi):
    """What the owner of a prefix says of it is used and passed on, what others say is not."""
    own, others, within = ("10.1.0.0/16", "10.2.0.0/16", "10.1.1.0/24") if afi == 1 else \
        ("2001:db8:1::/48", "2001:db8:2::/48", "2001:db8:1:1::/64")
    inside_others = "10.2.1.0/24" if afi == 1 else "2001:db8:2:1::/64"
    elsewhere = "10.3.1.0/24" if afi == 1 else "2001:db8:3::/64"
    next_hop = "10.254.0.{}" if afi == 1 else "2001:db8:fe::{}"
    unicast = Route(own, next_hop.format(2), () if kind == "gobgp" else (65002,),
                    family=f"ipv{afi * 2 + 2} unicast")
    if kind == "bird":
        unicast = Route(own, next_hop.format(2), (), family=unicast.family)
    families = (unicast.family, flow(own).family)
    bgpd = lab.bgpd(peers=[
        lab.peer(2, 65002, families=list(families), validate_flows=True, **EVERYTHING),
        lab.peer(3, 65003, families=list(families)),
        lab.peer(4, families=list(families), **EVERYTHING)])
    flows = [flow(within, "protocol =6"), flow(inside_others, "protocol =6"),
             flow(elsewhere, "protocol =17")]
    lab.real(kind, 2, 65002, routes=[unicast, *flows], neighbor={"families": families})
    owner = lab.real("frr", 3, 65003, neighbor={"families": families})
    watcher = lab.real("bird", 4, neighbor={"families": families})
    for n in (2, 3, 4):
        bgpd.wait_established(lab.addr(n))
    owner.announce(Route(others, next_hop.format(3), (), family=unicast.family))
    has_routes(bgpd, own, others)
    verdicts(bgpd, {rules(flows[0]): None, rules(flows[1]): ORIGINATOR, rules(flows[2]): NO_ROUTE})
    wait_for(lambda: len(watcher.received_flows(family=flows[0].family)) == 1)
    assert within.split("/", maxsplit=1)[0].rstrip(":") in \
        watcher.received_flows(family=flows[0].family)[0]["rules"]


def test_unicast_routes_of_another_peer_change(lab):
    """A more specific route of another AS makes a flow infeasible, for as long as it is there; the end
    of a session, too, and another best route."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, validate_flows=True, **EVERYTHING),
                           lab.peer(3, 65003), lab.peer(4, **EVERYTHING)])
    gobgp = lab.real("gobgp", 2, 65002, neighbor={"families": FAMILIES})
    frr = lab.real("frr", 3, 65003, neighbor={"families": FAMILIES})
    watcher = lab.real("bird", 4, neighbor={"families": FAMILIES})
    for n in (2, 3, 4):
        bgpd.wait_established(lab.addr(n))
    victim = flow("10.1.0.0/20", "protocol =17")
    gobgp.announce(Route("10.1.0.0/16", "10.254.0.2", ()), victim)

    def seen(reason):
        verdicts(bgpd, {rules(victim): reason})
        wait_for(lambda: len(watcher.received_flows()) == (reason is None))
    seen(None)
    inside = Route("10.1.4.0/24", "10.254.0.3", ())
    frr.announce(inside)
    seen(MORE_SPECIFIC)
    path = bgpd.call("explain", prefix="10.1.0.0/20", family="ipv4 flow")[0]["paths"][0]
    assert path["filtered"] == MORE_SPECIFIC
    assert path["flow_validation"] == {
        "feasible": False, "why": MORE_SPECIFIC,
        "held_against": {"prefix": "10.1.0.0/16", "source": lab.addr(2), "neighbor_as": 65002},
        "more_specific": {"prefix": "10.1.4.0/24", "source": lab.addr(3), "neighbor_as": 65003}}
    frr.withdraw(inside)
    seen(None)
    frr.announce(Route("10.1.0.0/18", "10.254.0.3", ()))
    seen(ORIGINATOR)
    frr.stop()
    seen(None)
    gobgp.withdraw(Route("10.1.0.0/16", "10.254.0.2", ()))
    seen(NO_ROUTE)


# --- the reference ---

def flow_nlri(destination, protocol):
    address, bits = destination.split("/")
    packed = bytes(map(int, address.split(".")))[:(int(bits) + 7) // 8]
    nlri = bytes([1, int(bits)]) + packed + bytes([3, 0x81, protocol])
    return bytes([len(nlri)]) + nlri


def send_flow(session, destination, path, protocol=6, withdraw=False, internal=False):
    nlri = flow_nlri(destination, protocol)
    if withdraw:
        session.send(sp.UPDATE, sp.update_body(sp.mp_unreach("ipv4 flow", nlri)))
        return
    attributes = sp.attribute(sp.ORIGIN, b"\0") + \
        sp.attribute(sp.AS_PATH, sp.as_path_value(path)) + \
        (sp.attribute(sp.LOCAL_PREF, b"\0\0\0\x64") if internal else b"")
    session.send(sp.UPDATE, sp.update_body(sp.mp_reach("ipv4 flow", b"", nlri) + attributes))


def of_bird(bird, peers):
    """{(peer, rules): whether it is used} of flows; BIRD calls those that are not unreachable."""
    text = bird.birdc("show route table f4")
    found = {}
    rule = None
    for line in text.splitlines():
        head = re.match(r"flow4 \{ dst (\S+); proto (\d+); \}", line)
        if head:
            rule = f"destination {head[1]}; protocol ={head[2]}"
        peer = re.search(r"\[(peer\d+) ", line)
        if peer:
            found[peers[int(peer[1][4:])], rule] = "unreachable" not in line
    return found


def of_bgpd(bgpd):
    return {(v["source"], v["prefix"]): not v.get("filtered")
            for v in bgpd.call("show_routes_learned", from_peer=None) if v["safi"] == "Flowspec"}


# Peers: their AS, and the AS_PATHs of their routes, of a length of their own so that both daemons
# prefer the same route. The third one is a route server, the last one internal.
PEERS = {2: (65002, [(65002,)]),
         3: (65003, [(65003, 7)]),
         4: (65004, [(65002, 7, 8), (65003, 7, 8), (65004, 7, 8)]),
         5: (65000, [(65002, 7, 8, 9), (65003, 7, 8, 9)])}
PREFIXES = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/20", "10.1.1.0/24", "10.1.1.1/32",
            "10.2.0.0/16", "10.2.2.0/24", "11.0.0.0/8"]


def test_the_same_as_bird(lab):
    """BIRD and BGPd, with the same peers, use the same flows however unicast routes change."""
    rng = random.Random(8955)
    bgpd = lab.bgpd(peers=[lab.peer(n, asn, validate_flows=True, passive=True, hold_timer=180,
                                    enforce_first_as=False) for n, (asn, _) in PEERS.items()])
    bird = lab.real("bird", 9, options={"validate_flows": True}, neighbors=[
        lab.neighbor(n, asn, families=FAMILIES, passive=True) for n, (asn, _) in PEERS.items()])
    sessions = {n: [lab.speaker(n, asn, families=FAMILIES).connect(lab.addr(to)).establish()
                    for to in (1, 9)] for n, (asn, _) in PEERS.items()}
    peers = [lab.addr(n) for n in PEERS]
    announced = {}
    used = {True: 0, False: 0}

    def change():
        n = rng.choice(list(PEERS))
        prefix, path = rng.choice(PREFIXES), rng.choice(PEERS[n][1])
        is_flow = rng.random() < 0.4 and prefix != "0.0.0.0/0"  # which BIRD takes for none
        key = (n, prefix, is_flow)
        withdraw = key in announced and rng.random() < 0.5
        if is_flow and n == 5 and rng.random() < 0.4:
            path = ()
        for session in sessions[n]:
            if is_flow:
                send_flow(session, prefix, path, withdraw=withdraw, internal=n == 5)
            elif withdraw:
                session.withdraw(prefix)
            else:
                session.announce(Route(prefix, "10.254.0.9", path,
                                       local_pref=100 if n == 5 else None))
        announced[key] = None if withdraw else path

    for _ in range(15):
        for _ in range(rng.randint(1, 12)):
            change()
        flows = sum(1 for (_, _, is_flow), path in announced.items()
                    if is_flow and path is not None)
        wait_for(lambda: len(of_bird(bird, peers)) == flows and len(of_bgpd(bgpd)) == flows)
        wait_for(lambda: of_bgpd(bgpd) == of_bird(bird, peers),
                 what=f"{set(of_bgpd(bgpd).items()) ^ set(of_bird(bird, peers).items())}")
        for is_used in of_bgpd(bgpd).values():
            used[is_used] += 1
    assert min(used.values()) > 20, used


# --- conditions that need a certain message ---

@pytest.fixture
def validating(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, validate_flows=True, passive=True, **EVERYTHING),
                           lab.peer(3, 65000, passive=True, validate_flows=True, **EVERYTHING),
                           lab.peer(4, 65004, passive=True, **EVERYTHING)])
    sessions = [lab.session(n, asn, families=FAMILIES) for n, asn in ((2, 65002), (3, 65000), (4, 65004))]
    bgpd.wait_established(*map(lab.addr, (2, 3, 4)))
    return bgpd, sessions


def test_flows_that_come_with_their_routes(validating, lab):
    """In one read: what comes first is what the rest is held against."""
    bgpd, (peer, _, _) = validating
    route = sp.message(sp.UPDATE, sp.route_update(Route("10.1.0.0/16", "10.254.0.2", (65002,))))
    attributes = sp.attribute(sp.ORIGIN, b"\0") + \
        sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))
    announced = sp.message(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv4 flow", b"", flow_nlri("10.1.1.0/24", 6) + flow_nlri("10.9.1.0/24", 6))
        + attributes))
    peer.send_raw(route + announced)
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": None,
                    "destination 10.9.1.0/24; protocol =6": NO_ROUTE}, lab.addr(2))


def test_a_unicast_route_that_turns_invalid(validating, lab):
    """What VRPs do to the route a flow is held against, they do to the flow, too."""
    bgpd, (peer, _, other) = validating
    bgpd.config["policies"] = {"in": {"default": "accept", "rules": [
        {"if": {"rov": "invalid"}, "then": "reject"}]}}
    for config in bgpd.config["peers"]:
        config["import"] = ["in"]
    bgpd.reload()
    peer.announce(Route("10.1.0.0/16", "10.254.0.2", (65002,)))
    other.announce(Route("10.0.0.0/8", "10.254.0.4", (65004, 64999)))
    has_routes(bgpd, "10.1.0.0/16", "10.0.0.0/8")
    send_flow(peer, "10.1.1.0/24", (65002,))
    text = "destination 10.1.1.0/24; protocol =6"
    verdicts(bgpd, {text: None}, lab.addr(2))
    for vrps, expected in ((["10.1.0.0/16 65003"], ORIGINATOR),
                           (["10.1.0.0/16 65003", "10.0.0.0/8 1"], NO_ROUTE),
                           (["10.1.0.0/16 65002", "10.0.0.0/8 1"], None),
                           (["10.0.0.0/8 le 15 65002"], NO_ROUTE)):
        bgpd.reload(rpki={"vrps": vrps})
        verdicts(bgpd, {text: expected}, lab.addr(2))


def test_a_flow_without_destination(validating, lab):
    bgpd, (peer, _, _) = validating
    attributes = sp.attribute(sp.ORIGIN, b"\0") + \
        sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))
    peer.send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv4 flow", b"", bytes([3, 3, 0x81, 6])) + attributes))
    verdicts(bgpd, {"protocol =6": DESTINATION}, lab.addr(2))
    wait_for(lambda: bgpd.call("show_peers")[0]["prefixes_received"] == 1)


def test_flows_from_within_the_as(validating, lab):
    """An empty AS_PATH is that of the own AS (RFC 9117 §4.1): there need be no route. From an external
    peer it is not what the route begins with (§4.2)."""
    bgpd, (external, internal, _) = validating
    send_flow(internal, "10.1.0.0/16", (), internal=True)
    send_flow(internal, "10.2.0.0/16", (65002,), internal=True)
    verdicts(bgpd, {"destination 10.1.0.0/16; protocol =6": None,
                    "destination 10.2.0.0/16; protocol =6": NO_ROUTE}, lab.addr(3))
    external.announce(Route("10.1.0.0/16", "10.254.0.2", (65002,)))
    has_routes(bgpd, "10.1.0.0/16")
    bgpd.config["peers"][0]["enforce_first_as"] = False
    bgpd.reload()
    send_flow(external, "10.1.1.0/24", ())
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": OTHER_AS}, lab.addr(2))


def test_originator_ids(validating, lab):
    """A route by way of a reflector is from who its ORIGINATOR_ID names, who may be a neighbour."""
    bgpd, (_, reflector, _) = validating
    originator = sp.attribute(sp.ORIGINATOR_ID, bytes([10, 255, 0, 77]))
    reflector.send(sp.UPDATE, sp.route_update(
        Route("10.1.0.0/16", "10.254.0.2", (65009,), local_pref=100), extra=originator))
    has_routes(bgpd, "10.1.0.0/16")
    send_flow(reflector, "10.1.1.0/24", (65009,), internal=True)
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": ORIGINATOR}, lab.addr(3))
    attributes = sp.attribute(sp.ORIGIN, b"\0") + \
        sp.attribute(sp.AS_PATH, sp.as_path_value((65009,))) + \
        sp.attribute(sp.LOCAL_PREF, b"\0\0\0\x64") + originator
    reflector.send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv4 flow", b"", flow_nlri("10.1.1.0/24", 6)) + attributes))
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": None}, lab.addr(3))


def test_a_reload_judges_what_is_there(validating, lab):
    """On and off without an end to a session, or a refresh; one channel, or the peer."""
    bgpd, (peer, _, watcher) = validating
    send_flow(peer, "10.1.1.0/24", (65002,))
    refused = {"destination 10.1.1.0/24; protocol =6": NO_ROUTE}
    verdicts(bgpd, refused, lab.addr(2))
    entry = bgpd.config["peers"][0]
    before = bgpd.sessions()
    for change, expected in (({"validate_flows": False}, None),
                             ({"channels": {"ipv4 flow": {"validate_flows": True}}}, NO_ROUTE),
                             ({"channels": {"ipv4 flow": {"validate_flows": False}},
                               "validate_flows": True}, None),
                             ({"channels": {"ipv6 flow": {"validate_flows": False}}}, NO_ROUTE)):
        entry.update(change)
        assert bgpd.reload()["sessions_reset"] == 0
        verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": expected}, lab.addr(2))
    assert bgpd.sessions() == before
    assert sp.ROUTE_REFRESH not in [kind for kind, _ in peer.messages]
    # It is followed from then on.
    watcher.announce(Route("10.1.0.0/16", "10.254.0.4", (65004,)))
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": ORIGINATOR}, lab.addr(2))


def test_validation_comes_before_policy(lab):
    bgpd = lab.bgpd({"policies": {"p": {"rules": [
        {"if": {"community": "65002:1"}, "then": "reject"}, {"set": {"local_pref": 50}}]}}},
        peers=[lab.peer(2, 65002, validate_flows=True, passive=True, **{"import": "p"})])
    peer = lab.session(2, 65002, families=FAMILIES)
    send_flow(peer, "10.1.1.0/24", (65002,))
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": NO_ROUTE}, lab.addr(2))
    peer.announce(Route("10.1.0.0/16", "10.254.0.2", (65002,)))
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": None}, lab.addr(2))
    send_flow(peer, "10.1.2.0/24", (65002,))
    verdicts(bgpd, {f"destination {prefix}; protocol =6": None for prefix in ("10.1.1.0/24", "10.1.2.0/24")})
    for prefix in ("10.1.1.0/24", "10.1.2.0/24"):  # judged again, and as it came
        path = bgpd.call("explain", prefix=prefix, family="ipv4 flow")[0]["paths"][0]
        assert path["local_pref"] == 50 and path["flow_validation"]["feasible"]


def test_what_people_are_shown(validating, lab):
    bgpd, (peer, _, other) = validating
    peer.announce(Route("10.1.0.0/16", "10.254.0.2", (65002,)))
    other.announce(Route("10.1.1.128/25", "10.254.0.4", (65004,)))
    has_routes(bgpd, "10.1.0.0/16", "10.1.1.128/25")
    send_flow(peer, "10.1.1.0/24", (65002,))
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": MORE_SPECIFIC}, lab.addr(2))
    assert MORE_SPECIFIC in bgpd.cli("show", "routes", "--filtered", check=True).stdout
    text = bgpd.cli("explain", "10.1.1.0/24", "--family", "ipv4 flow", check=True).stdout
    assert f"not used: {MORE_SPECIFIC}" in text
    assert f"not feasible: held against 10.1.0.0/16 from {lab.addr(2)} (AS 65002), and " \
        f"10.1.1.128/25 from {lab.addr(4)} (AS 65004)" in text


def test_nothing_is_held_by_default(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, families=FAMILIES)
    send_flow(peer, "10.1.1.0/24", (65002,))
    verdicts(bgpd, {"destination 10.1.1.0/24; protocol =6": None}, lab.addr(2))
    peer.announce(Route("10.2.0.0/16", "10.254.0.2", (65002,)))
    stays(lambda: why(bgpd) == {"destination 10.1.1.0/24; protocol =6": None}, 0.3)
    path = bgpd.call("explain", prefix="10.1.1.0/24", family="ipv4 flow")[0]["paths"][0]
    assert path["flow_validation"] is None
