"""Routes in both directions in all families, their attributes, and what passes through."""

import ipaddress
import struct
import time

import pytest

import peers
import speaker as sp
from support.lab import FAMILIES
from support.route import Flow, Route, assert_same
from support.rpc import RpcError
from support.wait import stays, wait_for

KINDS = list(peers.ALL)
V4 = Route("10.20.0.0/16", "10.254.0.7", (100, 4200000001), "EGP", med=50,
           communities=["65000:99", "1:2"], extended=["target:65000:1"], large=["65000:1:2"])
V4_PLAIN = Route("10.21.1.128/25", "10.254.0.8", (), "Incomplete")
V6 = Route("2001:db8:20::/48", "2001:db8:fe::7", (100, 200), "Incomplete", med=0,
           communities=["65000:98"], large=["4200000000:1:4294967295"])
V6_PLAIN = Route("2001:db8:21::1/128", "2001:db8:fe::8")
FLOW4 = Flow(1, ("destination 10.20.0.0/16", "protocol =6", "destination-port >8000 <=8080"),
             "traffic-rate 24000")
FLOW6 = Flow(2, ("source 2001:db8:20::/48", "packet-length >100"), "redirect 6:302")


def fitting(kind, *routes):
    """What a daemon can originate of these routes."""
    if peers.ALL[kind].originates_as_path:
        return routes
    return tuple(Route(r.prefix, r.next_hop, (), r.origin, r.med, r.local_pref, r.communities,
                       r.extended, r.large) for r in routes)


def as_config(route):
    """A Route as an entry of static_routes, or the parameters of advertise_route."""
    entry = {"prefix": route.prefix, "next_hop": route.next_hop, "origin": route.origin,
             "as_path": [str(asn) for asn in route.as_path],
             "communities": sorted(route.communities | route.extended | route.large)}
    if route.med is not None:
        entry["multi_exit_disc"] = route.med
    if route.local_pref is not None:
        entry["local_pref"] = route.local_pref
    return entry


def flow_config(flow):
    return {"afi": flow.afi, "action": flow.action, "matches": list(flow.matches)}


def changed(route, **fields):
    values = {**route.__dict__, **fields}
    return Route(**values)


def flow_rules(view):
    """The rules of a flow in a canonical order of words, whatever the spelling of equality."""
    return [rule.strip().replace(" =", " ") for rule in view["prefix"].split(";")]


@pytest.mark.parametrize("asn", [65002, 65000], ids=["ebgp", "ibgp"])
@pytest.mark.parametrize("kind", KINDS)
def test_learned(lab, kind, asn):
    """Unicast routes of a real daemon arrive with every attribute; withdrawn ones go."""
    # An external peer puts its AS in front, but ExaBGP only where no path is given.
    own = () if asn == 65000 else (asn,)
    routes = fitting(kind, V4, V4_PLAIN, V6, V6_PLAIN)
    if kind == "exabgp":
        routes = [changed(r, as_path=r.as_path and own + r.as_path) for r in routes]
    bgpd = lab.bgpd(peers=[lab.peer(2, asn)])
    peer = lab.real(kind, asn=asn, routes=routes[::2])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    peer.announce(*routes[1::2])  # the rest comes when the session is up
    expected = {r.prefix: changed(
        r, as_path=r.as_path if kind == "exabgp" and r.as_path else own + r.as_path,
        local_pref=100 if asn == 65000 else None) for r in routes}
    ignore = {"med"} if kind == "frr" else set()  # FRR sends a MED of 0 where none is set
    wait_for(lambda: assert_same(expected, bgpd.learned(lab.addr(2)), ignore) is None)
    views = bgpd.call("show_routes_learned", from_peer=lab.addr(2))
    assert {v["source"] for v in views} == {lab.addr(2)}
    assert {(v["afi"], v["safi"]) for v in views} == {("IPv4", "Unicast"), ("IPv6", "Unicast")}
    assert all(v["age"].startswith("00:00:") for v in views)
    assert bgpd.peer(lab.addr(2))["prefixes_received"] == len(routes)
    assert bgpd.best(V4.prefix)["best"] is True

    peer.withdraw(peer.routes[0], peer.routes[-1])
    left = {r.prefix for r in peer.routes}
    assert len(left) == 2
    wait_for(lambda: set(bgpd.learned(lab.addr(2))) == left)


@pytest.mark.parametrize("asn", [65002, 65000], ids=["ebgp", "ibgp"])
@pytest.mark.parametrize("kind", KINDS)
def test_advertised(lab, kind, asn):
    """Routes of the config and the API reach a real daemon with every attribute; withdrawals do."""
    bgpd = lab.bgpd(peers=[lab.peer(2, asn, static_routes=[as_config(V4), as_config(V6)])])
    peer = lab.real(kind, asn=asn)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    for route in (V4_PLAIN, V6_PLAIN):
        shown = bgpd.call("advertise_route", **as_config(route))
        assert (shown["source"], shown["prefix"]) == ("API", route.prefix)
    own = () if asn == 65000 else (65000,)
    expected = {r.prefix: changed(r, as_path=own + r.as_path) for r in
                (V4, V4_PLAIN, V6, V6_PLAIN)}
    # Local preference: daemons differ in whether they show a default for external routes.
    ignore = {"local_pref"} | ({"extended"} if kind == "gobgp" else set())
    if kind == "openbgpd":
        ignore |= {"med"}  # it shows 0 for none

    def received():
        return {**peer.received(family="ipv4 unicast"), **peer.received(family="ipv6 unicast")}

    wait_for(lambda: assert_same(expected, received(), ignore) is None)
    if asn == 65000:
        assert all(r.local_pref == 100 for r in received().values())
    sent = bgpd.call("show_routes_advertised", to_peer=lab.addr(2))
    origins = {V4.prefix: "Config", V6.prefix: "Config", V4_PLAIN.prefix: "API",
               V6_PLAIN.prefix: "API"}
    assert {v["prefix"]: v["learned_from"] for v in sent} == origins
    assert {v["source"] for v in sent} == {lab.addr(2)}
    # Without a filter the routes of our own are listed as learned, too. FRR sends them back after a while.
    learned = bgpd.call("show_routes_learned")
    assert {v["prefix"]: v["source"] for v in learned if v["source"] != lab.addr(2)} == origins
    assert {v["filtered"] for v in bgpd.call("show_routes_learned", from_peer=lab.addr(2))} <= {"AS path loop"}
    assert_same(expected, bgpd.advertised(lab.addr(2)), {"local_pref"})

    bgpd.call("withdraw_route", prefix=V4_PLAIN.prefix)
    bgpd.call("withdraw_route", prefix=V6_PLAIN.prefix)
    wait_for(lambda: set(received()) == {V4.prefix, V6.prefix})
    assert set(bgpd.advertised(lab.addr(2))) == {V4.prefix, V6.prefix}


def flow_as_received(kind, flow):
    """How each daemon shows FLOW4 and FLOW6."""
    texts = {
        "bird": {1: "dst 10.20.0.0/16; proto 6; dport > 8000 && <= 8080;",
                 2: "src 2001:db8:20::/48; length > 100;"},
        "exabgp": {1: "flow destination-ipv4 10.20.0.0/16 protocol =tcp "
                      "destination-port [ >8000&<=8080 ]",
                   2: "flow source-ipv6 2001:db8:20::/48/0 packet-length >100"},
        "frr": {1: ("Destination Address 10.20.0.0/16", "IP Protocol = 6",
                    "Destination Port > 8000 , <= 8080", "FS:rate 24000"),
                2: ("Source Address 2001:db8:20::/48", "Packet Length > 100",
                    "FS:redirect VRF RT:6:302")},
        "gobgp": {1: [{"type": 1, "value": {"prefix": "10.20.0.0/16"}},
                      {"type": 3, "value": [{"op": 0x81, "value": 6}]},
                      {"type": 5, "value": [{"op": 0x12, "value": 8000},
                                            {"op": 0xd5, "value": 8080}]}],
                  2: [{"type": 2, "value": {"prefix": "2001:db8:20::/48"}, "offset": 0},
                      {"type": 10, "value": [{"op": 0x82, "value": 100}]}]},
    }
    return texts[kind][flow.afi]


def action_as_received(kind, flow):
    texts = {
        "bird": {1: "(generic, 0x80060000, 0x46bb8000)", 2: "(generic, 0x80080006, 0x12e)"},
        "exabgp": {1: "rate-limit:24000", 2: "redirect:6:302"},
        "gobgp": {1: {"type": 128, "subtype": 6, "as": 0, "rate": 24000},
                  2: {"type": 128, "subtype": 8, "value": "6:302"}},
    }
    return texts[kind][flow.afi]


def check_flow(kind, flow, received):
    rules, attributes = received["rules"], received["attributes"]
    expected = flow_as_received(kind, flow)
    if kind == "frr":
        for part in expected:
            assert part in rules
        return
    action = action_as_received(kind, flow)
    if kind == "bird":
        assert rules == expected
        assert attributes["ext_community"] == action
    elif kind == "gobgp":
        assert rules["value"] == expected
        assert action in next(a["value"] for a in attributes if a["type"] == 16)
    elif kind == "exabgp":
        assert rules["string"] == expected
        assert action in [c["string"] for c in attributes["extended-community"]]


@pytest.mark.parametrize("asn", [65002, 65000], ids=["ebgp", "ibgp"])
@pytest.mark.parametrize("kind", [k for k in KINDS if peers.ALL[k].receives_flows])
def test_flows_advertised(lab, kind, asn):
    bgpd = lab.bgpd(peers=[lab.peer(2, asn, static_flows=[flow_config(FLOW4)])])
    peer = lab.real(kind, asn=asn)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    shown = bgpd.call("advertise_flow", **flow_config(FLOW6))
    assert (shown["source"], shown["afi"], shown["safi"]) == ("API", "IPv6", "Flowspec")
    assert shown["next_hop"] is None
    received4 = wait_for(lambda: peer.received_flows(family="ipv4 flow"))
    received6 = wait_for(lambda: peer.received_flows(family="ipv6 flow"))
    assert len(received4) == len(received6) == 1
    check_flow(kind, FLOW4, received4[0])
    check_flow(kind, FLOW6, received6[0])
    bgpd.call("withdraw_flow", afi=2, matches=list(FLOW6.matches))
    wait_for(lambda: not peer.received_flows(family="ipv6 flow"))
    assert peer.received_flows(family="ipv4 flow")


@pytest.mark.parametrize("kind", [k for k in KINDS if peers.ALL[k].originates_flows])
def test_flows_learned(lab, kind):
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    peer = lab.real(kind, routes=[FLOW4])
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    peer.announce(FLOW6)
    flows = wait_for(lambda: (f := bgpd.learned_flows(lab.addr(2))) and len(f) == 2 and f)
    by_afi = {view["afi"]: view for view in flows.values()}
    rules4 = flow_rules(by_afi["IPv4"])
    assert rules4[:2] == ["destination 10.20.0.0/16", "protocol 6"]
    assert rules4[2] in ("destination-port >8000 <=8080", "destination-port >8000&<=8080",
                         "destination-port >=8001 <=8080", "destination-port >=8001&<=8080")
    assert flow_rules(by_afi["IPv6"]) == ["source 2001:db8:20::/48", "packet-length >100"]
    assert any("traffic-rate" in c and "24000" in c for c in by_afi["IPv4"]["communities"])
    assert "redirect:6:302" in by_afi["IPv6"]["communities"]
    assert by_afi["IPv4"]["next_hop"] is None
    peer.withdraw(FLOW4)
    wait_for(lambda: [v["afi"] for v in bgpd.learned_flows(lab.addr(2)).values()] == ["IPv6"])


# Together they have all components; no packet has what both ask for.
PORTS_AND_FLAGS = ["source 10.1.0.0/16", "destination 10.2.0.0/16", "protocol =6 =17",
                   "port =80 >=1024 <=2048", "source-port >1023", "destination-port >8000 <=8080",
                   "tcp-flags =syn", "packet-length >100 <=1500", "dscp =46",
                   "fragment !is-fragment"]
ICMP = ["destination 10.2.0.0/16", "protocol =1", "icmp-type =8", "icmp-code =0"]


@pytest.mark.parametrize("action, expected", [
    ("traffic-rate 0", "8006000000000000"), ("traffic-rate 24000", "8006000046bb8000"),
    ("redirect 6:302", "800800060000012e"), ("traffic-action sample", "8007000000000002"),
    ("traffic-action terminal", "8007000000000001"),
    ("traffic-action continue", "8007000000000001"),
    ("traffic-action sample-terminal", "8007000000000003"),
    ("traffic-action sample-continue", "8007000000000003"), ("mark 46", "800900000000002e"),
    ("drop", "8006000000000000"), ("discard", "8006000000000000"), ("accept", None),
    ("rate-limit 10Mbit", "8006000049989680"), ("redirect 192.0.2.1", "010cc00002010000")])
def test_flow_actions_on_the_wire(lab, action, expected):
    """The extended community of every action (RFC 8955 §7)."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, families=("ipv4 flow",))
    bgpd.wait_established(lab.addr(2))
    bgpd.call("advertise_flow", afi=1, action=action, matches=["destination 10.0.0.0/8"])
    update = wait_for(lambda: next((u for u in peer.updates() if u.mp_raw), None))
    # RFC 8955 §7.3: bit 47 Terminal Action (1: further flows are evaluated), bit 46 Sample.
    value = update.attributes.get(sp.EXTENDED_COMMUNITIES)
    assert (value and value.hex()) == expected


@pytest.mark.parametrize("action, shown", [
    ("continue", "traffic-action:continue"), ("terminal", "traffic-action:continue"),
    ("sample-terminal", "traffic-action:sample-continue"), ("sample", "traffic-action:sample")])
def test_listing_says_what_a_router_will_do(lab, action, shown):
    """RFC 8955 §7.3: where Terminal Action is set, evaluation goes on."""
    bgpd = lab.bgpd()
    bgpd.call("advertise_flow", afi=1, action=f"traffic-action {action}",
              matches=["destination 10.0.0.0/8"])
    view, = bgpd.call("show_routes", best=True)["routes"]
    assert view["communities"] == [shown]
    assert shown.replace(":", " ") in bgpd.cli("show", "routes", "--best", check=True).stdout


@pytest.mark.parametrize("rule, expected", [
    ("destination 10.2.0.0/16", "01100a02"), ("source 10.1.2.0/23", "02170a0102"),
    ("protocol =6", "038106"), ("port =80", "048150"), ("destination-port >8000 <=8080",
                                                      "05121f40d51f90"),
    ("source-port >1023", "069203ff"), ("icmp-type =8", "078108"), ("icmp-code =0", "088100"),
    ("packet-length >100", "0a8264"), ("dscp =46", "0b812e")])
def test_flow_rules_on_the_wire(lab, rule, expected):
    """The bytes of every kind of component (RFC 8955 §4.2)."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002, families=("ipv4 flow",))
    bgpd.wait_established(lab.addr(2))
    bgpd.call("advertise_flow", afi=1, action="traffic-rate 0", matches=[rule])
    update = wait_for(lambda: next((u for u in peer.updates() if u.mp_raw), None))
    nlri = bytes.fromhex(expected)
    assert update.mp_raw.hex() == (bytes([len(nlri)]) + nlri).hex()
    assert bgpd.call("show_routes_advertised", to_peer=lab.addr(2))[0]["safi"] == "Flowspec"


def test_flow_labels_have_four_octets(lab):
    """RFC 8956 §3.7; a flow that came with a shorter one is the same flow."""
    bgpd, source, target = transit(lab)
    short, wide = b"\x03\x0d\x81\x05", b"\x06\x0d\xa1\0\0\0\x05"
    attributes = (sp.attribute(sp.ORIGIN, b"\0") +
                  sp.attribute(sp.AS_PATH, sp.as_path_value((65002,))))
    source.send(sp.UPDATE, sp.update_body(sp.mp_reach("ipv6 flow", b"", short) + attributes))
    update = wait_for(lambda: next((u for u in target.updates() if u.mp_raw), None))
    assert update.mp_raw == wide
    assert set(bgpd.learned_flows(lab.addr(2))) == {"flow-label =5"}
    source.send(sp.UPDATE, sp.update_body(sp.mp_reach("ipv6 flow", b"", wide) + attributes))
    source.send(sp.UPDATE, sp.update_body(sp.mp_unreach("ipv6 flow", short)))
    wait_for(lambda: not bgpd.learned_flows(lab.addr(2)))


@pytest.mark.parametrize("kind", [k for k in KINDS if peers.ALL[k].receives_flows])
def test_flow_labels_at_real_daemons(lab, kind):
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    peer = lab.real(kind)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    bgpd.call("advertise_flow", afi=2, action="traffic-rate 0",
              matches=["destination 2001:db8::/32", "flow-label >5 <=70000"])
    flow, = wait_for(lambda: peer.received_flows(family="ipv6 flow"))
    shown = {"bird": "label > 5 && <= 70000", "frr": "Flow Label > 5 , <= 70000",
             "exabgp": "flow-label [ >5&<=70000 ]",
             # Both operators say that four octets follow.
             "gobgp": str([{"op": 0x22, "value": 5}, {"op": 0xe5, "value": 70000}])}
    assert shown[kind] in str(flow["rules"])


@pytest.mark.parametrize("kind", [k for k in KINDS if peers.ALL[k].receives_flows])
def test_redirect_to_an_address_at_real_daemons(lab, kind):
    """draft-ietf-idr-flowspec-redirect-ip; and a flow that asks for nothing."""
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    peer = lab.real(kind)
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    bgpd.call("advertise_flow", afi=1, action="redirect 192.0.2.1",
              matches=["destination 10.20.0.0/16"])
    bgpd.call("advertise_flow", afi=2, action="redirect 2001:db8::1",
              matches=["destination 2001:db8:20::/48"])
    bgpd.call("advertise_flow", afi=2, action="accept", matches=["destination 2001:db8:21::/48"])
    flow4, = wait_for(lambda: peer.received_flows(family="ipv4 flow"))
    flows6 = wait_for(lambda: (f := peer.received_flows(family="ipv6 flow")) and len(f) == 2 and f)
    shown4, shown6 = {
        "bird": ("(unknown 0x10c, 192.0.2.1, 0)",
                 "00 0c 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 00 00"),
        "exabgp": ("redirect-to-nexthop-ietf 192.0.2.1", "redirect-to-nexthop-ietf 2001:db8::1"),
        "frr": ("NH:192.0.2.1:0", "UNK:0, 12"),
        "gobgp": ("'subtype': 12, 'value': '192.0.2.1:0'",
                  "'subtype': 12, 'value': '2001:db8::1:0'")}[kind]
    assert shown4 in str(flow4)
    redirected, = (f for f in map(str, flows6) if shown6 in f)
    assert "2001:db8:20::" in redirected


def test_redirect_to_an_address_learned(lab):
    """ExaBGP can originate it, too."""
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    lab.real("exabgp", routes=[
        Flow(1, ("destination 10.20.0.0/16",), "redirect-to-nexthop-ietf 192.0.2.1"),
        Flow(2, ("destination 2001:db8:20::/48",), "redirect-to-nexthop-ietf 2001:db8::1")])
    flows = wait_for(lambda: (f := bgpd.learned_flows(lab.addr(2))) and len(f) == 2 and f)
    assert {rules: view["communities"] for rules, view in flows.items()} == {
        "destination 10.20.0.0/16": ["redirect-ip:192.0.2.1"],
        "destination 2001:db8:20::/48": ["redirect-ip:2001:db8::1"]}


@pytest.mark.parametrize("kind", ["exabgp", "gobgp"])
def test_a_flow_of_a_peer_may_contradict_itself(lab, kind):
    """What BGPd would not originate passes through it all the same (RFC 8955 §7.7)."""
    flow = Flow(1, ("destination 10.20.0.0/16", "protocol =1", "destination-port =80"),
                "traffic-rate 24000")
    receiver = "gobgp" if kind == "exabgp" else "exabgp"
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, advertise_sources=["peer"], validate_flows=False),
                           lab.peer(3, 65003, advertise_sources=["peer", "api"])])
    lab.real(kind, 2, 65002, routes=[flow])
    other = lab.real(receiver, 3, 65003)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    wait_for(lambda: bgpd.learned_flows(lab.addr(2)))
    wait_for(lambda: len(other.received_flows()) == 1)
    with pytest.raises(RpcError, match="no packet matches both") as caught:
        bgpd.call("advertise_flow", afi=1, action="drop",
                  matches=["destination 10.30.0.0/16", "protocol icmp", "destination-port 80"])
    assert caught.value.data["param"] == "matches"
    refused = bgpd.cli("advertise", "flow", "ipv4", "drop", "-m", "destination 10.30.0.0/16",
                       "-c", "redirect:1:2")
    assert refused.returncode == 2
    assert '"redirect:1:2" contradicts "traffic-rate:0:0", which drops' in refused.stderr
    bgpd.call("advertise_flow", afi=1, action="drop", matches=["destination 10.31.0.0/16"])
    wait_for(lambda: len(other.received_flows()) == 2)
    assert "10.30.0.0" not in str(other.received_flows())


def test_flow_with_everything(lab):
    """All components, from BGPd to BGPd: shown, and taken again, as they were given."""
    second = lab.bgpd(n=2, peers=[lab.peer(1, passive=True, local_address=None)])
    first = lab.bgpd(peers=[lab.peer(2)])
    first.wait_established(lab.addr(2))
    shown = [first.call("advertise_flow", afi=1, action="traffic-rate 0", matches=matches)["prefix"]
             for matches in (PORTS_AND_FLAGS, ICMP)]
    wait_for(lambda: set(second.learned_flows(lab.addr(1))) == set(shown))
    assert [len(text.split(";")) for text in shown] == [len(PORTS_AND_FLAGS), len(ICMP)]
    # What is shown can be given back.
    for text in shown:
        rules = [rule.strip() for rule in text.split(";")]
        assert first.call("withdraw_flow", afi=1, matches=rules)
    wait_for(lambda: not second.learned_flows(lab.addr(1)))


def transit(lab, source=None, **to):
    """BGPd between an external speaker (2) and another (3) that takes routes of peers."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, advertise_sources=["peer"],
                                    **(source or {})),
                           lab.peer(3, to.pop("asn", 65003), passive=True,
                                    advertise_sources=["peer"], **to)])
    source = lab.session(2, 65002, families=FAMILIES)
    target = lab.session(3, bgpd.config["peers"][1]["remote_as"], families=FAMILIES)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    return bgpd, source, target


def test_transit_to_external(lab):
    """eBGP to eBGP: AS in front, own next hop, no MED, no LOCAL_PREF; the rest as it came."""
    bgpd, source, target = transit(lab)
    source.announce(Route("10.1.0.0/16", "10.254.0.9", (65002, 7), "EGP", med=5,
                          communities=["65002:1"], large=["1:2:3"]))
    route = wait_for(lambda: target.received().get("10.1.0.0/16"))
    assert route == Route("10.1.0.0/16", lab.addr(1), (65000, 65002, 7), "EGP",
                          communities=["65002:1"], large=["1:2:3"])
    assert not source.received()  # split horizon
    assert set(bgpd.advertised(lab.addr(3))) == {"10.1.0.0/16"}
    source.withdraw("10.1.0.0/16")
    wait_for(lambda: not target.received())


def test_transit_to_internal(lab):
    """eBGP to iBGP: AS path, next hop and MED unchanged, LOCAL_PREF added."""
    _, source, target = transit(lab, asn=65000)
    source.announce(Route("10.1.0.0/16", "10.254.0.9", (65002, 7), "EGP", med=5))
    route = wait_for(lambda: target.received().get("10.1.0.0/16"))
    assert route == Route("10.1.0.0/16", "10.254.0.9", (65002, 7), "EGP", 5, 100)


def test_next_hop_self(lab):
    _, source, target = transit(lab, asn=65000, next_hop_self=True)
    source.announce(Route("10.1.0.0/16", "10.254.0.9", (65002,)))
    route = wait_for(lambda: target.received().get("10.1.0.0/16"))
    assert route.next_hop == lab.addr(1)


def test_route_server(lab):
    """RFC 7947: nothing of ours in the path, and the next hop and MED stay."""
    _, source, target = transit(lab, {"route_server_client": True}, route_server_client=True)
    route = Route("10.1.0.0/16", "10.254.0.9", (65002, 7), "EGP", med=5)
    source.announce(route)
    assert wait_for(lambda: target.received().get("10.1.0.0/16")) == route


def test_only_listed_sources(lab):
    """advertise_sources: by default what peers sent goes to nobody."""
    bgpd = lab.bgpd(peers=[
        lab.peer(2, 65002, passive=True),
        lab.peer(3, 65003, passive=True, advertise_sources=["config"],
                 static_routes=[{"prefix": "10.3.0.0/16", "next_hop": "10.254.0.1"}]),
        lab.peer(4, 65004, passive=True, advertise_sources=["api", "peer"],
                 static_routes=[{"prefix": "10.4.0.0/16", "next_hop": "10.254.0.1"}]),
        lab.peer(5, 65005, passive=True)])
    two, three, four, five = (lab.session(n, 65000 + n) for n in (2, 3, 4, 5))
    bgpd.wait_established(*(lab.addr(n) for n in (2, 3, 4, 5)))
    two.announce(Route("10.2.0.0/16", "10.254.0.1", (65002,)))
    bgpd.call("advertise_route", prefix="10.9.0.0/16", next_hop="10.254.0.1")
    wait_for(lambda: set(four.received()) == {"10.2.0.0/16", "10.9.0.0/16"})
    wait_for(lambda: set(five.received()) == {"10.9.0.0/16"})
    wait_for(lambda: set(two.received()) == {"10.9.0.0/16"})
    wait_for(lambda: set(three.received()) == {"10.3.0.0/16"})


def test_best_path_and_split_horizon(lab):
    """The best of two paths is announced to the others, never back to its sender; when it goes,
    the next one takes its place."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True, advertise_sources=["peer"])
                           for n in (2, 3, 4)])
    two, three, four = (lab.session(n, 65000 + n) for n in (2, 3, 4))
    prefix = "10.1.0.0/16"
    two.announce(Route(prefix, "10.254.0.2", (65002, 7, 8)))
    wait_for(lambda: four.received().get(prefix) and three.received().get(prefix))
    three.announce(Route(prefix, "10.254.0.3", (65003, 8)))  # shorter
    wait_for(lambda: four.received()[prefix].as_path == (65000, 65003, 8))
    wait_for(lambda: two.received().get(prefix))
    wait_for(lambda: prefix not in three.received())
    paths = bgpd.call("show_routes", exact=prefix)["routes"]
    assert {(p["source"], p["best"]) for p in paths} == {(lab.addr(2), False), (lab.addr(3), True)}
    three.close()
    wait_for(lambda: four.received()[prefix].as_path == (65000, 65002, 7, 8))
    wait_for(lambda: prefix not in two.received())


def test_implicit_withdraw(lab):
    """A second announcement replaces the first."""
    bgpd, source, target = transit(lab)
    source.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, 1)))
    wait_for(lambda: target.received())
    source.announce(Route("10.1.0.0/16", "10.254.0.2", (65002, 2)))
    wait_for(lambda: target.received()["10.1.0.0/16"].as_path == (65000, 65002, 2))
    assert len(bgpd.learned(lab.addr(2))) == 1


@pytest.mark.parametrize("case", ["ipv4 unicast", "ipv6 unicast", "ipv4 flow"])
def test_withdrawn_and_announced_at_once(lab, case):
    """RFC 4271 §4.3: a prefix in both lists of one UPDATE is announced, as if it were not withdrawn:
    the path keeps its age and stays the best (RFC 5004). What else is withdrawn there goes."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True) for n in (2, 3)])
    oldest = lab.session(3, 65003, families=FAMILIES, router_id="10.0.0.3")
    other = lab.session(2, 65002, families=FAMILIES, router_id="10.0.0.2")
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    path = {n: sp.attribute(sp.ORIGIN, b"\0")
            + sp.attribute(sp.AS_PATH, sp.as_path_value((65000 + n,))) for n in (2, 3)}
    next_hop = sp.attribute(sp.NEXT_HOP, bytes([10, 254, 0, 9]))
    if case == "ipv4 unicast":
        kept, gone = sp.nlri("10.1.0.0/16"), sp.nlri("10.2.0.0/16")

        def update(n, announced, withdrawn=b""):
            return sp.update_body(path[n] + next_hop, announced, withdrawn)
    else:
        kept, gone = ((b"\x03\x03\x81\x06", b"\x03\x03\x81\x11") if "flow" in case else
                      (sp.nlri("2001:db8:1::/48"), sp.nlri("2001:db8:2::/48")))
        hop = b"" if "flow" in case else "2001:db8::9"

        def update(n, announced, withdrawn=b""):
            unreach = sp.mp_unreach(case, withdrawn) if withdrawn else b""
            return sp.update_body(unreach + sp.mp_reach(case, hop, announced) + path[n])

    def routes(n=3):
        return {v["prefix"]: v for v in bgpd.call("show_routes_learned", from_peer=lab.addr(n))}

    def best():
        views = bgpd.call("show_routes", best=True)["routes"]
        return {v["prefix"]: v["source"] for v in views}

    oldest.send(sp.UPDATE, update(3, kept + gone))
    wait_for(lambda: len(routes()) == 2)
    name = min(routes(), key=lambda prefix: ("2.0.0" in prefix or ":2:" in prefix
                                             or "17" in prefix))
    other.send(sp.UPDATE, update(2, kept))
    wait_for(lambda: routes(2))
    before = routes()[name]["received_at"]
    wait_for(lambda: time.time() > before + 2)
    oldest.send(sp.UPDATE, update(3, kept, kept + gone))
    wait_for(lambda: set(routes()) == {name})
    assert routes()[name]["received_at"] == before
    assert best() == {name: lab.addr(3)}


def test_unknown_attributes_pass(lab):
    """RFC 4271 §5: unknown transitive attributes go on, marked partial; others stop here. All are
    shown as they came, and in what is advertised as they went."""
    bgpd, source, target = transit(lab)
    extra = sp.attribute(99, b"\x01\x02\x03", 0xc0) + sp.attribute(98, b"\x09", 0x80) \
        + sp.attribute(100, b"", 0xe0)
    source.announce(Route("10.1.0.0/16", "10.254.0.1", (65002,)), extra=extra)
    wait_for(target.received)
    update = next(u for u in target.updates() if u.announced)
    assert update.attributes[99] == b"\x01\x02\x03"
    assert update.flags[99] == update.flags[100] == 0xe0
    assert 98 not in update.attributes
    assert update.order == sorted(update.order)

    def unknown(method, **params):
        return [(u["type"], u["flags"], u["value"])
                for u in bgpd.call(method, **params)[0]["unknown_attributes"]]
    assert unknown("show_routes_learned", from_peer=lab.addr(2)) == \
        [(98, 0x80, "09"), (99, 0xc0, "010203"), (100, 0xe0, "")]
    assert unknown("show_routes_advertised", to_peer=lab.addr(3)) == \
        [(99, 0xe0, "010203"), (100, 0xe0, "")]


def test_unknown_attributes_that_stop_here_change_nothing(lab):
    """A route whose change is in a non-transitive attribute, or in the Partial bit of a transitive
    one, is not sent again."""
    bgpd, source, target = transit(lab)

    def announce(prefix, *extra):
        source.announce(Route(prefix, "10.254.0.1", (65002,)), extra=b"".join(extra))

    def shown():
        views = {v["prefix"]: v for v in bgpd.call("show_routes_learned", from_peer=lab.addr(2))}
        return views["10.1.0.0/16"].get("unknown_attributes")

    passed = sp.attribute(99, b"\x01", 0xc0)
    announce("10.1.0.0/16", passed)
    wait_for(target.received)
    for extra in ((passed, sp.attribute(98, b"\x09", 0x80)),
                  (sp.attribute(0, b"\x09", 0x80), passed),
                  (sp.attribute(99, b"\x01", 0xe0),)):
        before = shown()
        announce("10.1.0.0/16", *extra)
        wait_for(lambda b=before: shown() != b)
    announce("10.1.0.0/16", sp.attribute(99, b"\x02", 0xc0))
    wait_for(lambda: any(u.announced and u.attributes.get(99) == b"\x02"
                         for u in target.updates()))
    assert [u.attributes[99] for u in target.updates() if u.announced] == [b"\x01", b"\x02"]


def test_as_loop(lab):
    """A path with our own AS is kept, told about, and not used."""
    bgpd, source, target = transit(lab)
    source.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, 65000, 3)),
                    Route("10.2.0.0/16", "10.254.0.1", (65002,)))
    wait_for(lambda: target.received().get("10.2.0.0/16"))
    assert "10.1.0.0/16" not in target.received()
    views = {v["prefix"]: v for v in bgpd.call("show_routes_learned", from_peer=lab.addr(2))}
    assert "loop" in views["10.1.0.0/16"]["filtered"].lower()
    assert not views["10.2.0.0/16"].get("filtered")
    assert bgpd.best("10.1.0.0/16") is None


def test_as_set_and_aggregator(lab):
    bgpd, source, target = transit(lab)
    extra = sp.attribute(sp.ATOMIC) + sp.attribute(sp.AGGREGATOR, struct.pack("!I4s", 70000,
                                                                             bytes([1, 2, 3, 4])))
    source.announce(Route("10.1.0.0/16", "10.254.0.1", (65002, "{8 9}")), extra=extra)
    route = wait_for(lambda: target.received().get("10.1.0.0/16"))
    assert route.as_path == (65000, 65002, "{8 9}")
    update = next(u for u in target.updates() if u.announced)
    assert sp.ATOMIC in update.attributes
    assert update.attributes[sp.AGGREGATOR] == struct.pack("!I4s", 70000, bytes([1, 2, 3, 4]))
    view = bgpd.call("show_routes_learned", from_peer=lab.addr(2))[0]
    assert view["atomic_aggregate"] is True
    assert "70000" in str(view["aggregator"]) and "1.2.3.4" in str(view["aggregator"])
    assert bgpd.learned(lab.addr(2))["10.1.0.0/16"].as_path == (65002, "{8 9}")


def test_link_local_next_hop(lab):
    """RFC 2545: a next hop of 32 octets."""
    bgpd, source, _ = transit(lab, asn=65000)
    hop = ipaddress.ip_address("2001:db8::5").packed + ipaddress.ip_address("fe80::5").packed
    route = Route("2001:db8:1::/48", "2001:db8::5", (65002,))
    source.send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv6 unicast", hop, sp.nlri(route.prefix)) + sp.route_attributes(route)))
    view = wait_for(lambda: bgpd.call("show_routes_learned", from_peer=lab.addr(2)))[0]
    assert view["next_hop"] == "2001:db8::5"
    assert view["next_hop_link_local"] == "fe80::5"


def test_end_of_rib(lab):
    """After the first routes of each family, also where there are none."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=[as_config(V4)])])
    peer = lab.session(2, 65002, families=FAMILIES)
    wait_for(lambda: sorted(peer.end_of_ribs()) == sorted(FAMILIES))
    updates = peer.updates()
    first = next(i for i, u in enumerate(updates) if u.announced)
    last = next(i for i, u in enumerate(updates) if u.end_of_rib() == "ipv4 unicast")
    assert first < last
    stays(lambda: len(peer.updates()) == len(updates), 0.5)
    assert bgpd.established(lab.addr(2))


@pytest.mark.parametrize("kind", ["bird", "frr", "gobgp", "openbgpd"])
def test_transit_through_real_daemons(lab, kind):
    """A real daemon's routes reach another real daemon (BIRD) through BGPd, and go with it."""
    routes = fitting(kind, V4, V6)
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, advertise_sources=["peer"]),
                           lab.peer(3, 65000, advertise_sources=["peer"])])
    lab.real(kind, asn=65002, routes=routes)
    bird = lab.real("bird", 3)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    expected = {r.prefix: changed(r, as_path=(65002,) + r.as_path, local_pref=100) for r in routes}

    def received():
        return {**bird.received(family="ipv4 unicast"), **bird.received(family="ipv6 unicast")}

    wait_for(lambda: assert_same(expected, received()) is None)
    bgpd.call("disable_peer", peer=lab.addr(2))
    wait_for(lambda: not received())
