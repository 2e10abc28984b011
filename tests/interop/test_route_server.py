"""The policies for route servers that come with the program (packaging/policies/route-server.toml): each rule
meets a route that it must stop, and lets one through, and members on real daemons see exactly what they should."""

import os
from dataclasses import replace

import pytest

from support import toml
from support.bgpd import CHECKOUT
from support.route import Route
from support.wait import stays, wait_for

LIBRARY = os.path.join(CHECKOUT, "packaging", "policies", "route-server.toml")
HOP = "10.254.0.2"
HOP6 = "2001:db8:fe::2"
MEMBER = 1001

# What a member announces: the rule that stops it, with its reason; None: no rule does.
ROUTES = (
    (Route("20.0.0.0/16", HOP, (MEMBER, 1002)), None, None),
    (Route("20.1.0.0/16", HOP, (MEMBER, *range(2000, 2032))), "path-length", 1),
    (Route("20.2.0.0/16", HOP, (1002,)), "first-as", 6),
    (Route("20.3.0.0/16", HOP, (MEMBER, 64512)), "bogon-asn", 7),
    (Route("20.4.0.0/16", HOP, (MEMBER, 3356)), "transit-free", 8),
    (Route("20.5.0.0/16", HOP, (MEMBER, 2906)), "never-via-route-servers", 15),
    (Route("20.6.0.0/16", "10.254.0.9", (MEMBER,)), "next-hop-listed", 5),
    (Route("20.7.0.0/16", HOP, (MEMBER,)), "blacklist", 3),
    (Route("20.8.0.0/16", HOP, (MEMBER,)), "member-blacklist", 11),
    (Route("198.18.5.0/24", HOP, (MEMBER,)), "bogon", 2),
    (Route("4000:1::/32", HOP6, (MEMBER,)), "not-global", 10),
    (Route("2a00:1::/32", HOP6, (MEMBER,)), None, None),
    (Route("20.9.0.0/16", HOP, (MEMBER, 1009)), "origin", 9),
    (Route("20.200.0.0/16", HOP, (MEMBER,)), "prefix", 12),
    (Route("20.12.0.1/32", HOP, (MEMBER,), communities=("65535:666",)), None, None),
    (Route("20.200.0.1/32", HOP, (MEMBER,), communities=("65535:666",)), "prefix", 12),
    (Route("20.13.0.0/25", HOP, (MEMBER,)), "length-ipv4", 13),
    (Route("2a00:1:1:1::/64", HOP6, (MEMBER,)), "length-ipv6", 13),
    (Route("20.11.0.0/16", HOP, (MEMBER,)), "rov-invalid", 14),
    (Route("20.14.0.0/16", HOP, (MEMBER,)), None, None),
)

PARAMETERS = {"rov": True, "blackhole": True, "blackhole_next_hop_ipv4": "10.254.0.66",
              "never_via_route_servers": [2906], "blacklist": ["20.7.0.0/16"], "next_hop_policy": "listed",
              "next_hops": [HOP, HOP6]}
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


def sent_by(kind, route):
    """GoBGP puts its own AS in front of every path."""
    return route if kind != "gobgp" else replace(route, as_path=tuple(route.as_path)[1:])


@pytest.mark.parametrize("kind", ("exabgp", "gobgp"))
@pytest.mark.parametrize("mode", ("reject", "tag", "tag_and_reject"))
def test_reasons(lab, kind, mode):
    bgpd = exchange(lab, [member(lab, 2, MEMBER, parameters=OF_MEMBER), member(lab, 3, 1003)], reject_mode=mode)
    giver = lab.real(kind, 2, MEMBER, neighbor={"families": ("ipv4 unicast", "ipv6 unicast"), "route_server": True})
    taker = lab.session(3, 1003, families=("ipv4 unicast", "ipv6 unicast"))
    bgpd.wait_established(lab.addr(2))
    cases = [case for case in ROUTES if kind != "gobgp" or case[1] != "first-as"]
    giver.announce(*(sent_by(kind, route) for route, _, _ in cases))

    def views():
        return {v["prefix"]: v for v in bgpd.call("show_routes")["routes"]}
    wait_for(lambda: len(views()) == len(cases), 30, "all routes are there")
    seen = views()
    for route, rule, code in cases:
        view = seen[route.prefix]
        tag = f"65000:1101:{code}"
        assert (tag in view["communities"]) == (code is not None and mode != "reject"), view
        assert place(view) == (rule if mode != "tag" else None), view
        explained = bgpd.call("explain", prefix=route.prefix)[0]["paths"][0]["import"]
        if rule:
            assert explained["by"]["rule"] == rule and explained["by"]["file"] == LIBRARY, explained
            with open(LIBRARY, encoding="utf-8") as file:
                assert f'name = "{rule}"' in file.read().splitlines()[explained["by"]["line"] - 1]
    told = {route.prefix for route, rule, _ in cases if not rule}
    wait_for(lambda: set(taker.received()) | set(taker.received(family="ipv6 unicast")) == told)
    stays(lambda: set(taker.received()) | set(taker.received(family="ipv6 unicast")) == told)
    blackhole = taker.received()["20.12.0.1/32"]
    assert blackhole.next_hop == "10.254.0.66" and set(blackhole.communities) == {"65535:666", "65535:65281"}
    counted = {r["rule"]: r["hits"]["import"] for r in bgpd.call("show_policies", policy="rs-in")[0]["rules"]}
    for _, rule, _ in cases:
        assert not rule or counted[rule] >= 1, counted
    made = {p["policy"]: p["instances"] for p in bgpd.call("show_policies")}
    assert made == {"rs-in": 2, "rs-out": 1, "rs-prepend": 1, "rs-tell": 1}  # what is told needs no more than one


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
    bgpd.wait_established(*(lab.addr(n) for n in range(2, 6)), timeout=40)
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
        wait_for(lambda a=asn, w=wanted: set(seen(a)) == w, 30, f"what AS {asn} is told")
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
