"""The policies for route servers that come with the program (packaging/policies/route-server.toml): what members say
by communities, and what reloads change. test_route_server_members.py goes through the rules one by one."""

import os

from support import toml
from support.bgpd import CHECKOUT
from support.route import Route
from support.wait import wait_for

LIBRARY = os.path.join(CHECKOUT, "packaging", "policies", "route-server.toml")
HOP = "10.254.0.2"
MEMBER = 1001

PARAMETERS = {"rov": True, "blackhole": True, "blackhole_next_hop_ipv4": "10.254.0.66",
              "never_via_route_servers": [2906], "blacklist": ["20.7.0.0/16"], "next_hop_policy": "listed",
              "next_hops": [HOP]}
OF_MEMBER = {"irr_origins": [MEMBER, 1002], "irr_prefixes": "of-member", "member_blacklist": ["20.8.0.0/16"]}


def exchange(lab, peers, **parameters):
    """The route server, with what it says of itself in [parameters]."""
    return lab.bgpd({
        "include": [LIBRARY],
        "parameters": {**PARAMETERS, **parameters},
        "prefix_sets": {"of-member": ["20.0.0.0/9 le 25", "198.18.0.0/15 le 32", "2a00::/16 le 64", "4000::/8 le 48"]},
        "rpki": {"vrps": ["20.11.0.0/16 9", f"20.14.0.0/16 {MEMBER}"]},
        "groups": {"members": {
            "route_server_client": True, "enforce_first_as": False, "advertise_sources": ["peer"], "passive": True,
            "families": ["ipv4 unicast", "ipv6 unicast"],
            "import": ["rs-in"], "export": ["rs-out", "rs-prepend", "rs-tell"]}},
    }, peers=peers)


def member(lab, n, asn, **entry):
    return lab.peer(n, asn, group="members", **entry)


def place(route):
    by = route.get("filtered_by")
    return by and by["rule"]


def test_members(lab):
    """What members say by communities is done to those whom they name, in all three kinds; the number that stands
    for a 32-bit AS is one of them."""
    far = 200001
    bgpd = exchange(lab, [
        member(lab, 2, MEMBER, parameters={"blackhole": True, "white_list_prefixes": ["20.10.0.0/24"]}),
        member(lab, 3, 1003), member(lab, 4, 1004, parameters={"announce_blackholes": False}),
        member(lab, 5, far, parameters={"peer_as16": 64601})], reject_mode="tag")
    fields = {"families": ("ipv4 unicast",), "route_server": True}
    giver = lab.real("exabgp", 2, MEMBER, neighbor=fields)
    takers = {1003: lab.real("bird", 3, 1003, neighbor=fields), 1004: lab.real("frr", 4, 1004, neighbor=fields),
              far: lab.real("openbgpd", 5, far, neighbor=fields)}
    bgpd.wait_established(*(lab.addr(n) for n in range(2, 6)))
    everybody = {1003, 1004, far}
    cases = (
        ("20.0.0.0/16", {}, everybody),
        ("20.1.0.0/16", {"communities": ("0:1003",)}, {1004, far}),
        ("20.2.0.0/16", {"large": ("65000:0:1004",)}, {1003, far}),
        ("20.3.0.0/16", {"communities": ("0:64601",)}, {1003, 1004}),
        ("20.4.0.0/16", {"large": (f"65000:0:{far}",)}, {1003, 1004}),
        ("20.5.0.0/16", {"communities": ("0:65000", "65000:1003")}, {1003}),
        ("20.6.0.0/16", {"large": ("65000:0:0", "65000:1:1004")}, {1004}),
        ("20.7.7.0/24", {"communities": ("0:65000",)}, set()),
        ("20.8.0.0/16", {"communities": ("65503:1004", "65501:65000")}, everybody),
        ("20.9.0.0/16", {"communities": ("65281:1003",)}, everybody),
        ("20.10.0.1/32", {"communities": ("65535:666",)}, {1003, far}),
        ("20.13.0.1/32", {"communities": ("65535:666",)}, set()),  # on no list of the member's
        ("198.18.5.0/24", {}, set()),
    )
    giver.announce(*(Route(prefix, HOP, (MEMBER,), **more) for prefix, more, _ in cases))

    def seen(asn):
        return takers[asn].received()
    for asn in everybody:
        wanted = {prefix for prefix, _, to in cases if asn in to}
        wait_for(lambda a=asn, w=wanted: set(seen(a)) == w, what=f"what AS {asn} is told")
    for asn in everybody:
        routes = seen(asn)
        times = {1004: 4}.get(asn, 2)
        assert tuple(routes["20.8.0.0/16"].as_path) == (MEMBER,) * times, asn
        assert set(routes["20.9.0.0/16"].communities) == ({"65535:65281"} if asn == 1003 else set()), asn
        for route in routes.values():
            assert not any(c.startswith(("0:", "65000:", "65503:", "65281:")) for c in route.communities), route
            assert not route.large, route
    tagged = bgpd.best("198.18.5.0/24")
    assert tagged["communities"] == ["65000:1101:2"] and tagged["local_pref"] == 0


def test_next_hops(lab):
    """The next hop is the member's own; with "same_as" that of any member of its AS. What is shut down gracefully is
    used where there is nothing else."""
    bgpd = exchange(lab, [member(lab, 2, MEMBER), member(lab, 3, 1003), member(lab, 4, MEMBER)],
                    next_hop_policy="same_as")
    giver, other = lab.session(2, MEMBER), lab.session(3, 1003)
    prefixes = {2: "20.2.0.0/16", 3: "20.3.0.0/16", 4: "20.4.0.0/16"}
    giver.announce(*(Route(prefix, lab.addr(n), (MEMBER,), communities=("65535:0",)) for n, prefix in prefixes.items()))
    other.announce(Route("20.2.0.0/16", lab.addr(3), (1003, 1002)))

    def rejected():
        return {v["prefix"]: place(v) for v in bgpd.call("show_routes")["routes"] if place(v)}
    wait_for(lambda: bgpd.best("20.4.0.0/16") and rejected() == {"20.3.0.0/16": "next-hop-of-as"})
    wait_for(lambda: bgpd.best("20.2.0.0/16")["source"] == lab.addr(3))
    assert bgpd.best("20.4.0.0/16")["local_pref"] == 0
    bgpd.config["parameters"].update(next_hop_policy="strict", graceful_shutdown=False)
    bgpd.reload()
    wait_for(lambda: rejected() == {"20.3.0.0/16": "next-hop", "20.4.0.0/16": "next-hop"})
    wait_for(lambda: bgpd.best("20.2.0.0/16")["source"] == lab.addr(2))
    shown = bgpd.cli("show", "policies", check=True).stdout
    assert f"rs-in ({LIBRARY}:" in shown
    assert [line.split()[3] for line in shown.splitlines() if " graceful-shutdown " in line] == ["(off)"], shown


def test_next_hop_is_a_member(lab):
    """Whose router a route of another member points to is told that route, as it says nothing of who may have it; with
    a rule that it is not, that member is told the next one (RFC 7947 §2.3.2), and explain names the rule."""
    prefix = "20.2.0.0/16"
    bgpd = exchange(lab, [member(lab, n, 1000 + n) for n in (2, 3, 4)], next_hops=[lab.addr(4)])
    best, second, target = (lab.session(n, 1000 + n) for n in (2, 3, 4))
    best.announce(Route(prefix, lab.addr(4), (1002, 1007)))
    second.announce(Route(prefix, lab.addr(3), (1003, 1005, 1007)))

    def told(n):
        return [(v.next_hop, tuple(v.as_path)) for v in bgpd.advertised(lab.addr(n)).values()]
    wait_for(lambda: told(4) == [(lab.addr(4), (1002, 1007))])
    bgpd.config["policies"] = {"not-to-itself": {"rules": [
        {"name": "itself", "if": {"next_hop": "peer"}, "then": "reject"}]}}
    bgpd.config["groups"]["members"]["export"].insert(0, "not-to-itself")
    bgpd.reload()
    wait_for(lambda: told(4) == [(lab.addr(3), (1003, 1005, 1007))])
    wait_for(lambda: prefix in target.received() and target.received()[prefix].next_hop == lab.addr(3))
    wait_for(lambda: told(3) == [(lab.addr(4), (1002, 1007))])
    text = bgpd.cli("explain", prefix, "--peer", lab.addr(4), check=True).stdout
    assert "not-to-itself rule itself" in text, text


def test_included_file(lab):
    """A file that is included has changed, and nothing else; a mistake in it changes nothing, and is named there."""
    bgpd = exchange(lab, [member(lab, 2, MEMBER)])
    site = f'include = ["{LIBRARY}"]\n[parameters]\npath_length = "%s"\n'
    bgpd.config["include"] = ["site.toml"]
    bgpd.write("site.toml", site % "1-32")
    bgpd.reload()
    giver = lab.session(2, MEMBER)
    giver.announce(Route("20.0.0.0/16", HOP, (MEMBER, 1002)))
    wait_for(lambda: bgpd.best("20.0.0.0/16"))
    bgpd.write("site.toml", site % "1-1")
    bgpd.reload()
    wait_for(lambda: not bgpd.best("20.0.0.0/16"))
    bgpd.write("site.toml", site % "none")
    done = bgpd.cli("reload")
    assert done.returncode == 1 and f"{LIBRARY}:" in done.stderr, done.stderr
    assert f"($path_length has its value from {bgpd.path('site.toml')}:3:15)" in done.stderr, done.stderr
    assert not bgpd.best("20.0.0.0/16")


def test_reload(lab):
    """The list of a member, and what all have in common, change; `policy diff` tells it before."""
    bgpd = exchange(lab, [member(lab, 2, MEMBER, parameters=OF_MEMBER), member(lab, 3, 1003)])
    giver = lab.session(2, MEMBER)
    giver.announce(Route("20.0.0.0/16", HOP, (MEMBER,)), Route("20.20.0.0/16", HOP, (MEMBER, 1002)))
    wait_for(lambda: len(bgpd.learned(lab.addr(2))) == 2)
    sessions = bgpd.sessions()

    def rejected():
        return {v["prefix"]: place(v) for v in bgpd.call("show_routes_learned", from_peer=lab.addr(2)) if place(v)}
    assert rejected() == {}
    bgpd.config["prefix_sets"]["of-member"] = ["20.20.0.0/16"]
    bgpd.write("next.toml", toml.dumps(bgpd.config))
    diff = bgpd.cli("policy", "diff", bgpd.path("next.toml"), check=True).stdout
    assert "rs-in rule prefix" in diff and LIBRARY in diff, diff
    bgpd.reload()
    wait_for(lambda: rejected() == {"20.0.0.0/16": "prefix"})
    bgpd.config["parameters"]["path_length"] = "1-1"
    bgpd.reload()
    wait_for(lambda: rejected() == {"20.0.0.0/16": "prefix", "20.20.0.0/16": "path-length"})
    assert bgpd.sessions() == sessions
