"""What is used of what peers send: loops, the first AS, next hops that are ours, prefixes that
cannot be routed; and that a reload judges again what came before it."""

import pytest

import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

EVERYTHING = {"advertise_sources": ["api", "config", "peer"], "passive": True}
LOOP = "AS path loop"
FIRST_AS = "AS path does not begin with the peer's AS"
ORIGINATOR = "originator id is ours"
CLUSTER = "cluster list loop"
NEXT_HOP = "next hop is our own address"
PREFIX = "10.1.0.0/16"


def route(prefix=PREFIX, path=(65002,), next_hop="10.254.0.9", **fields):
    return Route(prefix, next_hop, path, **fields)


def why(bgpd, peer=None):
    """{prefix: why it is not used, or None} of what was learned."""
    return {v["prefix"]: v.get("filtered")
            for v in bgpd.call("show_routes_learned", from_peer=peer)}


def verdicts(bgpd, expected, peer=None):
    wait_for(lambda: why(bgpd, peer) == expected, what=f"{expected}, not {why(bgpd, peer)}")


def established(bgpd):
    """The sessions that are up. Those that are tried for change their states at any time."""
    return {peer: session for peer, session in bgpd.sessions().items() if session[0] == "Established"}


def same_sessions(bgpd, act):
    before = established(bgpd)
    act()
    assert before and established(bgpd) == before


def set_key(bgpd, address, **keys):
    """Changes keys of a peer by a reload that leaves all sessions alone."""
    bgpd.peer_config(address).update(keys)
    assert bgpd.reload()["sessions_reset"] == 0


def watcher(lab, n, asn=65000, **options):
    """A peer that is told everything, to see what is used."""
    return lab.session(n, asn, **options)


# --- the first AS (RFC 4271 §6.3) ---

def test_first_as(lab):
    """A path must begin with the AS of the external peer that sends it."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, **EVERYTHING)])
    peer, other = lab.session(2, 65002), watcher(lab, 3)
    peer.announce(route("10.1.0.0/16", (65002, 7)), route("10.2.0.0/16", ()),
                  route("10.3.0.0/16", (7, 65002)), route("10.4.0.0/16", ("{65002}", 7)))
    expected = {"10.1.0.0/16": None, "10.2.0.0/16": FIRST_AS, "10.3.0.0/16": FIRST_AS,
                "10.4.0.0/16": FIRST_AS}
    verdicts(bgpd, expected, lab.addr(2))
    wait_for(lambda: set(other.received()) == {"10.1.0.0/16"})

    def lift_and_impose():
        set_key(bgpd, lab.addr(2), enforce_first_as=False)
        verdicts(bgpd, dict.fromkeys(expected), lab.addr(2))
        wait_for(lambda: set(other.received()) == set(expected))
        set_key(bgpd, lab.addr(2), enforce_first_as=True)
        verdicts(bgpd, expected, lab.addr(2))
        wait_for(lambda: set(other.received()) == {"10.1.0.0/16"})
    same_sessions(bgpd, lift_and_impose)


def test_first_as_of_an_internal_peer(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, **EVERYTHING)])
    lab.session(2).announce(route("10.1.0.0/16", ()), route("10.2.0.0/16", (7,)))
    verdicts(bgpd, {"10.1.0.0/16": None, "10.2.0.0/16": None})


def test_first_as_of_flows(lab):
    """Flows are held to it as well (RFC 9117 §4.2)."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING)])
    peer = lab.session(2, 65002, families=("ipv4 flow",))
    for path, port in (((65002,), 80), ((7,), 81)):
        flow = bytes([3, 5, 0x81, port])
        attributes = sp.attribute(sp.ORIGIN, b"\0") + \
            sp.attribute(sp.AS_PATH, sp.as_path_value(path))
        peer.send(sp.UPDATE, sp.update_body(sp.mp_reach("ipv4 flow", b"", flow) + attributes))
    verdicts(bgpd, {"destination-port =80": None, "destination-port =81": FIRST_AS})


@pytest.mark.parametrize("enforced", [True, False])
def test_bird_as_a_route_server(lab, enforced):
    """A route server does not put its AS into the path (RFC 7947 §2.2.2.1)."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, enforce_first_as=enforced)])
    bird = lab.real("bird", asn=65002, options={"transit": True}, neighbors=[
        lab.neighbor(1, 65000, route_server_client=True),
        lab.neighbor(3, 65003, route_server_client=True, passive=True)])
    member = lab.speaker(3, 65003).connect(lab.addr(2)).establish()
    bgpd.wait_established(lab.addr(2))
    bird.wait_established(lab.addr(3))
    member.announce(route(path=(65003, 7)))
    verdicts(bgpd, {PREFIX: FIRST_AS if enforced else None})
    assert bgpd.learned()[PREFIX].as_path == (65003, 7)


def test_exabgp_with_a_path_of_another(lab):
    """ExaBGP sends a path that it is given as it is."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    exabgp = lab.real("exabgp", asn=65002, routes=[route("10.1.0.0/16", (65009, 7)),
                                                   route("10.2.0.0/16", (65002, 7))])
    bgpd.wait_established(lab.addr(2))
    exabgp.wait_established()
    verdicts(bgpd, {"10.1.0.0/16": FIRST_AS, "10.2.0.0/16": None})


# --- our own ASNs and router ids ---

def test_loops_over_all_of_our_asns(lab):
    """What went out under one of the daemon's ASNs does not come back under another."""
    bgpd = lab.bgpd({"default_as": 65010}, peers=[
        lab.peer(2, 65002, local_as=65000, **EVERYTHING),
        lab.peer(3, 65003, local_as=64999, **EVERYTHING)])
    peer = lab.session(2, 65002)
    peer.announce(route("10.1.0.0/16", (65002, 64999)), route("10.2.0.0/16", (65002, 65000)),
                  route("10.3.0.0/16", (65002, 7, "{65010}")), route("10.4.0.0/16", (65002, 7)),
                  route("10.5.0.0/16", (65002, 64999, 7, 65000)))
    expected = {"10.1.0.0/16": LOOP, "10.2.0.0/16": LOOP, "10.3.0.0/16": LOOP,
                "10.4.0.0/16": None, "10.5.0.0/16": LOOP}
    verdicts(bgpd, expected)

    def allow():
        set_key(bgpd, lab.addr(2), allow_own_as=1)
        verdicts(bgpd, {**dict.fromkeys(expected), "10.5.0.0/16": LOOP})
        set_key(bgpd, lab.addr(2), allow_own_as=2)
        verdicts(bgpd, dict.fromkeys(expected))
        set_key(bgpd, lab.addr(2), allow_own_as=0)
        verdicts(bgpd, expected)
        # An AS that is not ours any more, and one that becomes ours.
        assert bgpd.reload(default_as=65011)["sessions_reset"] == 0
        verdicts(bgpd, {**expected, "10.3.0.0/16": None})
        bgpd.config["peers"].append(lab.peer(4, 65004, local_as=7, passive=True))
        assert bgpd.reload()["sessions_reset"] == 0
        verdicts(bgpd, dict.fromkeys(expected, LOOP))
    before = bgpd.sessions()[lab.addr(2)]
    allow()
    assert bgpd.sessions()[lab.addr(2)] == before


def test_local_as_of_another_peer_changes(lab):
    """The session with that peer restarts; what others sent is judged again."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, 65003, **EVERYTHING)])
    peer = lab.session(2, 65002)
    other = lab.session(3, 65003)
    peer.announce(route("10.1.0.0/16", (65002, 64998)))
    verdicts(bgpd, {"10.1.0.0/16": None})
    wait_for(lambda: set(other.received()) == {"10.1.0.0/16"})
    before = bgpd.sessions()[lab.addr(2)]
    bgpd.peer_config(lab.addr(3))["local_as"] = 64998
    assert bgpd.reload()["sessions_reset"] == 1
    verdicts(bgpd, {"10.1.0.0/16": LOOP})
    assert bgpd.sessions()[lab.addr(2)] == before


@pytest.mark.parametrize("kind", ["bird", "frr"])
def test_allow_own_as_with_a_real_peer(lab, kind):
    """A path with our AS in it, as where two sites have one AS."""
    observed = lab.peer(3, 65003, **EVERYTHING)
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), observed])
    other = watcher(lab, 3, 65003)
    # BIRD prepends by itself; FRR passes on what another peer says.
    if kind == "bird":
        lab.real(kind, asn=65002, routes=[route(path=(65000, 7))])
    else:
        real = lab.real(kind, asn=65002, neighbors=[
            lab.neighbor(1, 65000), lab.neighbor(4, 65004, passive=True)])
        site = lab.speaker(4, 65004).connect(lab.addr(2)).establish()
        real.wait_established(lab.addr(4))
        site.announce(route(path=(65004, 65000, 7)))
    bgpd.wait_established(lab.addr(2))
    verdicts(bgpd, {PREFIX: LOOP}, lab.addr(2))
    assert not other.received()
    set_key(bgpd, lab.addr(2), allow_own_as=1)
    verdicts(bgpd, {PREFIX: None}, lab.addr(2))
    wait_for(lambda: PREFIX in other.received())
    set_key(bgpd, lab.addr(2), allow_own_as=0)
    wait_for(lambda: PREFIX not in other.received())


def test_originator_of_all_of_our_router_ids(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, router_id="9.0.0.2", **EVERYTHING),
                           lab.peer(3, router_id="9.0.0.3", **EVERYTHING)])
    peer = lab.session(2)
    for n, originator in enumerate((2, 3, 4), 1):
        extra = sp.attribute(sp.LOCAL_PREF, bytes([0, 0, 0, 100])) + \
            sp.attribute(sp.ORIGINATOR_ID, bytes([9, 0, 0, originator]))
        peer.announce(route(f"10.{n}.0.0/16", (7,)), extra=extra)
    verdicts(bgpd, {"10.1.0.0/16": ORIGINATOR, "10.2.0.0/16": ORIGINATOR, "10.3.0.0/16": None})
    before = bgpd.sessions()[lab.addr(2)]
    bgpd.peer_config(lab.addr(3))["router_id"] = "9.0.0.4"
    bgpd.reload()
    verdicts(bgpd, {"10.1.0.0/16": ORIGINATOR, "10.2.0.0/16": None, "10.3.0.0/16": ORIGINATOR})
    assert bgpd.sessions()[lab.addr(2)] == before


def test_cluster_id_changes(lab):
    """Routes with the new id become loops, those with the old one usable (RFC 4456 §8)."""
    bgpd = lab.bgpd({"cluster_id": "9.9.9.9"}, peers=[
        lab.peer(2, route_reflector_client=True, **EVERYTHING), lab.peer(3, **EVERYTHING)])
    peer, other = lab.session(2), watcher(lab, 3)
    for n, cluster in ((1, 9), (2, 8)):
        extra = sp.attribute(sp.LOCAL_PREF, bytes([0, 0, 0, 100])) + \
            sp.attribute(sp.ORIGINATOR_ID, bytes([1, 1, 1, 1])) + \
            sp.attribute(sp.CLUSTER_LIST, bytes([cluster] * 4))
        peer.announce(route(f"10.{n}.0.0/16", (7,)), extra=extra)
    verdicts(bgpd, {"10.1.0.0/16": CLUSTER, "10.2.0.0/16": None})
    wait_for(lambda: set(other.received()) == {"10.2.0.0/16"})

    def change():
        bgpd.reload(cluster_id="8.8.8.8")
        verdicts(bgpd, {"10.1.0.0/16": None, "10.2.0.0/16": CLUSTER})
        wait_for(lambda: set(other.received()) == {"10.1.0.0/16"})
    same_sessions(bgpd, change)


# --- next hops that are ours (RFC 4271 §6.3 a) ---

def ipv6_update(prefix, next_hop, path=(65002,)):
    return sp.update_body(sp.mp_reach("ipv6 unicast", next_hop, sp.nlri(prefix)) +
                          sp.attribute(sp.ORIGIN, b"\0") +
                          sp.attribute(sp.AS_PATH, sp.as_path_value(path)))


def mapped(address):
    return bytes(10) + b"\xff\xff" + sp.ipaddress.IPv4Address(address).packed


def test_next_hops_of_the_daemon(lab):
    """Our ends of other sessions, where we listen, and local_address are as good as our own end."""
    bgpd = lab.bgpd({"bgp_socket": [f"{lab.addr(1)}:1179", f"{lab.addr(7)}:1179"]}, peers=[
        lab.peer(2, 65002, **EVERYTHING),
        lab.peer(3, **{**EVERYTHING, "passive": False}, local_address=lab.addr(8)),
        {**lab.peer(4, **EVERYTHING), "local_address": lab.addr(1)}])
    peer = lab.session(2, 65002, families=("ipv4 unicast", "ipv6 unicast"))
    for n in (1, 7, 8, 9):
        peer.announce(route(f"10.{n}.0.0/16", next_hop=lab.addr(n)))
        peer.send(sp.UPDATE, ipv6_update(f"2001:db8:{n}::/48", mapped(lab.addr(n))))
    hop = sp.ipaddress.ip_address("2001:db8:fe::9").packed
    peer.send(sp.UPDATE, ipv6_update("2001:db8:10::/48", mapped(lab.addr(8)) + hop))
    expected = {f"10.{n}.0.0/16": NEXT_HOP for n in (1, 7, 8)} | {"10.9.0.0/16": None}
    expected |= {f"2001:db8:{n}::/48": NEXT_HOP for n in (1, 7, 8)} | {"2001:db8:9::/48": None}
    expected |= {"2001:db8:10::/48": NEXT_HOP}
    verdicts(bgpd, expected)

    def listen_elsewhere():
        bgpd.reload(bgp_socket=[f"{lab.addr(1)}:1179", f"{lab.addr(9)}:1179"])
        verdicts(bgpd, {**expected, "10.7.0.0/16": None, "2001:db8:7::/48": None,
                        "10.9.0.0/16": NEXT_HOP, "2001:db8:9::/48": NEXT_HOP})
    same_sessions(bgpd, listen_elsewhere)


def test_next_hop_of_a_session(lab):
    """The address on which another peer has reached us is ours for as long as that session."""
    here = lab.namespace()
    bgpd = lab.bgpd({"bgp_socket": "0.0.0.0:1179"}, netns=here, peers=[
        lab.peer(2, 65002, **EVERYTHING), lab.peer(3, **EVERYTHING)])
    peer = lab.session(2, 65002, netns=here)
    peer.announce(route(next_hop=lab.addr(9)))
    verdicts(bgpd, {PREFIX: None})
    other = lab.speaker(3, netns=here).connect(lab.addr(9)).establish()
    bgpd.wait_established(lab.addr(3))
    verdicts(bgpd, {PREFIX: NEXT_HOP})
    other.close()
    bgpd.wait_down(lab.addr(3))
    verdicts(bgpd, {PREFIX: None})


def test_next_hops_of_the_machine(lab):
    """Addresses of interfaces; a link-local one on the interface of the session alone."""
    here, there = lab.namespace("a"), lab.namespace("b")
    here.add_link("eth0", there, "eth0")
    here.add_link("eth1", there, "eth1")
    for device, net in (("eth0", "10.77.0"), ("eth1", "10.77.1")):
        here.ip("addr", "add", f"{net}.1/24", "dev", device)
        there.ip("addr", "add", f"{net}.2/24", "dev", device)
    for device, last in (("eth0", "a"), ("eth1", "b")):
        here.ip("addr", "add", f"fe80::1{last}/64", "dev", device, "nodad")
    here.add_address("2001:db8:77::1/128")
    bgpd = lab.bgpd({"bgp_socket": "0.0.0.0:1179", "peers": [
        {"remote_ip": "10.77.0.2", "remote_as": 65002, "passive": True}]}, netns=here)
    peer = lab.speaker(address="10.77.0.2", asn=65002, router_id="10.255.0.2", netns=there,
                       families=("ipv4 unicast", "ipv6 unicast"))
    peer.connect("10.77.0.1").establish()
    bgpd.wait_established("10.77.0.2")

    def packed(text):
        return sp.ipaddress.ip_address(text).packed
    peer.announce(route("10.1.0.0/16", next_hop="10.77.1.1"),
                  route("10.2.0.0/16", next_hop="10.77.1.2"))
    hops = {"2001:db8:1::/48": packed("2001:db8:77::1"),
            "2001:db8:2::/48": packed("2001:db8:77::2"),
            "2001:db8:3::/48": packed("2001:db8:77::2") + packed("fe80::1a"),
            "2001:db8:4::/48": packed("2001:db8:77::2") + packed("fe80::1b"),
            "2001:db8:5::/48": packed("2001:db8:77::1") + packed("fe80::1b")}
    for prefix, hop in hops.items():
        peer.send(sp.UPDATE, ipv6_update(prefix, hop))
    expected = {"10.1.0.0/16": NEXT_HOP, "10.2.0.0/16": None, "2001:db8:1::/48": NEXT_HOP,
                "2001:db8:2::/48": None, "2001:db8:3::/48": NEXT_HOP, "2001:db8:4::/48": None,
                "2001:db8:5::/48": NEXT_HOP}
    verdicts(bgpd, expected)
    here.ip("addr", "add", "2001:db8:77::2/128", "dev", "lo")
    verdicts(bgpd, {**expected, "2001:db8:2::/48": NEXT_HOP, "2001:db8:4::/48": NEXT_HOP})
    here.ip("addr", "del", "2001:db8:77::2/128", "dev", "lo")
    verdicts(bgpd, expected)


# --- what cannot be routed (RFC 4271 §6.3) ---

MARTIANS4 = ["0.0.0.0/8", "0.1.2.0/24", "127.0.0.0/8", "127.1.0.0/16", "224.0.0.0/4",
             "232.1.0.0/16", "240.0.0.0/4", "255.255.255.255/32"]
ROUTABLE4 = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.1.0.0/16", "126.0.0.0/8",
             "223.255.255.0/24"]
MARTIANS6 = ["::1/128", "fe80::/10", "fe80:1::/32", "ff00::/8", "ff02::/16"]
ROUTABLE6 = ["::/0", "2000::/3", "2001:db8::/32", "fc00::/7"]


def announce_all(peer, path=(65002,)):
    """Each family in one UPDATE, good and bad prefixes by turns."""
    attributes = sp.attribute(sp.ORIGIN, b"\0") + \
        sp.attribute(sp.AS_PATH, sp.as_path_value(path))
    hop = sp.attribute(sp.NEXT_HOP, bytes([10, 254, 0, 9]))
    mixed4 = [p for pair in zip(MARTIANS4, ROUTABLE4 + ROUTABLE4[:2]) for p in pair]
    mixed6 = MARTIANS6[:2] + ROUTABLE6 + MARTIANS6[2:]
    peer.send(sp.UPDATE, sp.update_body(attributes + hop, b"".join(map(sp.nlri, mixed4))))
    peer.send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv6 unicast", "2001:db8:fe::9", b"".join(map(sp.nlri, mixed6))) + attributes))


def test_martians(lab):
    """They are ignored and counted, the rest of the UPDATE and the session stay."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, **EVERYTHING)])
    peer = lab.session(2, 65002, families=("ipv4 unicast", "ipv6 unicast"))
    other = watcher(lab, 3, families=("ipv4 unicast", "ipv6 unicast"))
    assert bgpd.detail(lab.addr(2))["martians_ignored"] == 0
    announce_all(peer)
    verdicts(bgpd, dict.fromkeys(ROUTABLE4 + ROUTABLE6))
    wait_for(lambda: set(other.received()) == set(ROUTABLE4 + ROUTABLE6))
    assert bgpd.detail(lab.addr(2))["martians_ignored"] == len(MARTIANS4 + MARTIANS6)
    assert bgpd.detail(lab.addr(3))["martians_ignored"] == 0
    assert bgpd.peer(lab.addr(2))["prefixes_received"] == len(ROUTABLE4 + ROUTABLE6)
    assert bgpd.log().count("cannot be routed") == 1
    peer.withdraw("127.0.0.0/8", "ff02::/16", "10.1.0.0/16")
    wait_for(lambda: "10.1.0.0/16" not in why(bgpd))
    assert bgpd.established(lab.addr(2))
    shown = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert ["Ignored", "martians", str(len(MARTIANS4 + MARTIANS6))] in \
        [line.replace(":", "").split() for line in shown.splitlines()]


def test_martians_of_a_lab(lab):
    """accept_martians takes them: the peer is asked for what was ignored, and, where a reload says
    otherwise, what was taken goes."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, **EVERYTHING)])
    peer = lab.session(2, 65002, families=("ipv4 unicast", "ipv6 unicast"))
    other = watcher(lab, 3, families=("ipv4 unicast", "ipv6 unicast"))
    announce_all(peer)
    good = set(ROUTABLE4 + ROUTABLE6)
    wait_for(lambda: set(other.received()) == good)

    def take_and_drop():
        set_key(bgpd, lab.addr(2), accept_martians=True)
        peer.wait_message(sp.ROUTE_REFRESH)
        announce_all(peer)
        wait_for(lambda: set(other.received()) == good | set(MARTIANS4 + MARTIANS6))
        set_key(bgpd, lab.addr(2), accept_martians=False)
        wait_for(lambda: set(other.received()) == good)
        verdicts(bgpd, dict.fromkeys(good))
        assert bgpd.peer(lab.addr(2))["prefixes_received"] == len(good)
    same_sessions(bgpd, take_and_drop)


@pytest.mark.parametrize("kind", ["gobgp", "exabgp"])
def test_martians_of_a_real_peer(lab, kind):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    real = lab.real(kind, asn=65002, routes=[route("10.1.0.0/16", ()), route("240.1.0.0/16", ()),
                                             route("127.1.0.0/16", ())])
    bgpd.wait_established(lab.addr(2))
    real.wait_established()
    verdicts(bgpd, {"10.1.0.0/16": None})
    wait_for(lambda: bgpd.detail(lab.addr(2))["martians_ignored"] == 2)
    stays(lambda: bgpd.established(lab.addr(2)))


# --- judging again ---

def test_changes_while_routes_are_judged_again(lab):
    """However often the rules change meanwhile, the last ones hold in the end, for everybody."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, 65003, **EVERYTHING),
                           lab.peer(4, 65004, **EVERYTHING)])
    one, two, other = lab.session(2, 65002), lab.session(3, 65003), watcher(lab, 4, 65004)
    prefixes = [f"{a}.{b}.{c}.0/24" for a in (20, 21) for b in range(100) for c in range(100)]
    # The better path is the one with a loop.
    for peer, path in ((one, (65002, 65000)), (two, (65003, 7, 8, 9))):
        attributes = sp.route_attributes(route(path=path))
        for at in range(0, len(prefixes), 900):
            peer.send(sp.UPDATE, sp.update_body(
                attributes, b"".join(map(sp.nlri, prefixes[at:at + 900]))))

    def told(path):
        received = other.received()
        return len(received) == len(prefixes) and \
            all(r.as_path == (65000, *path) for r in received.values())
    wait_for(lambda: told((65003, 7, 8, 9)))
    for times in (1, 0, 1, 0, 1):
        set_key(bgpd, lab.addr(2), allow_own_as=times)
    wait_for(lambda: told((65002, 65000)))
    for times in (0, 1, 0):
        set_key(bgpd, lab.addr(2), allow_own_as=times)
    one.announce(route("10.9.0.0/16", (65002, 7)))
    wait_for(lambda: "10.9.0.0/16" in other.received())
    one.withdraw("10.9.0.0/16")
    wait_for(lambda: told((65003, 7, 8, 9)))
