"""Routes of every family that is written by a prefix: from the configuration of one BGPd through a second one,
a reflector, to a third; and how they are found there."""

import pytest

from support.wait import wait_for

ROUTES = {
    "ipv4 unicast": {},
    "ipv4 multicast": {"family": "ipv4 multicast"},
    "ipv4 labeled-unicast": {"labels": 3},
    "ipv4 vpn": {"rd": "65000:1", "labels": [100, 1048575], "communities": ["target:65000:1"]},
    "ipv6 unicast": {},
    "ipv6 multicast": {"family": "ipv6 multicast"},
    "ipv6 labeled-unicast": {"labels": [16]},
    "ipv6 vpn": {"rd": "192.0.2.1:7", "labels": 0, "family": "ipv6 vpn"},
}
FAMILIES = list(ROUTES)


def prefix(family):
    return "10.20.0.0/16" if family.startswith("ipv4") else "2001:db8:20::/48"


def route(family, **fields):
    """The parameters of advertise_route, or an entry of static_routes."""
    next_hop = "192.0.2.9" if family.startswith("ipv4") else "2001:db8::9"
    return {"prefix": prefix(family), "next_hop": next_hop, **ROUTES[family], **fields}


def key(family):
    """What withdraws it."""
    return {"prefix": prefix(family), "family": family,
            **{name: value for name, value in ROUTES[family].items() if name == "rd"}}


@pytest.fixture
def line(lab):
    """Three daemons: one that originates, a reflector, and one that is told."""
    def peer(n, of, **fields):
        return {**lab.peer(n, families=FAMILIES, **fields), "local_address": lab.addr(of)}
    reflector = {"advertise_sources": ["api", "config", "peer"], "route_reflector_client": True, "passive": True}
    daemons = [
        lab.bgpd(n=1, peers=[peer(2, of=1)]),
        lab.bgpd(n=2, peers=[peer(1, of=2, **reflector), peer(3, of=2, **reflector)]),
        lab.bgpd(n=3, peers=[peer(2, of=3)]),
    ]
    for daemon, others in zip(daemons, ((2,), (1, 3), (2,))):
        daemon.wait_established(*map(lab.addr, others))
    return daemons


def learned(bgpd, family=None):
    return bgpd.call("show_routes_learned", family=family)


def set_static(bgpd, *entries):
    bgpd.config["peers"][0]["static_routes"] = list(entries)
    return bgpd.reload()


def test_from_configuration_to_reflected(line):
    """Each arrives with what it was given, and only in its family; another label replaces it; then it goes."""
    first, _, last = line
    summary = set_static(first, *(route(family) for family in FAMILIES))
    assert summary["routes_announced"] == len(FAMILIES)
    wait_for(lambda: len(learned(last)) == len(FAMILIES))
    for family in FAMILIES:
        (view,) = learned(last, family)
        given = route(family)
        labels = given.get("labels")
        assert (view["prefix"], view["next_hop"]) == (given["prefix"], given["next_hop"])
        assert view.get("rd") == given.get("rd")
        assert view.get("labels") == ([labels] if isinstance(labels, int) else labels)
        assert view["communities"] == given.get("communities", [])
        assert view["originator_id"] == first.address
    assert "labels" not in learned(last, "ipv4 unicast")[0]
    set_static(first, *(route(family, labels=17) if "labels" in ROUTES[family] else route(family)
                        for family in FAMILIES))
    labeled = [family for family in FAMILIES if "labels" in ROUTES[family]]
    wait_for(lambda: all(learned(last, family)[0]["labels"] == [17] for family in labeled))
    assert len(learned(last)) == len(FAMILIES)
    assert set_static(first)["routes_withdrawn"] == len(FAMILIES)
    wait_for(lambda: not learned(last))


@pytest.mark.parametrize("family", FAMILIES)
def test_from_api(line, family):
    first, _, last = line
    shown = first.call("advertise_route", **route(family))
    assert shown["advertised_to"] == 1 and not shown["warnings"]
    (view,) = wait_for(lambda: learned(last))
    assert [found["prefix"] for found in learned(last, family)] == [prefix(family)]
    assert {name: view.get(name) for name in ("afi", "safi", "prefix", "rd", "labels")} == \
        {name: shown.get(name) for name in ("afi", "safi", "prefix", "rd", "labels")}
    heading = f"{view['afi']} / {view['safi']}\n"
    assert last.cli("show", "routes", "--family", family, check=True).stdout.startswith(heading)
    first.call("withdraw_route", **key(family))
    wait_for(lambda: not learned(last))


def test_by_command_line(line):
    """The options of the command line are those of the API."""
    first, _, last = line
    first.cli("advertise", "route", "10.7.0.0/16", "192.0.2.9", "--rd", "65000:7", "--label", "100", "200",
              "-c", "target:65000:7", check=True)
    wait_for(lambda: learned(last))
    table = last.cli("show", "routes", "learned", "--rd", "65000:7", check=True).stdout.splitlines()
    assert table[1].split()[:5] == ["Received", "From", "RD", "Prefix", "Labels"]
    assert table[2].split()[1:5] == ["65000:7", "10.7.0.0/16", "100", "200"]
    assert first.cli("withdraw", "route", "10.7.0.0/16").returncode == 1  # that is one of unicast
    withdrawn = first.cli("withdraw", "route", "10.7.0.0/16", "--rd", "65000:7", check=True).stdout
    assert withdrawn == "withdrawn: 65000:7:10.7.0.0/16\n"
    wait_for(lambda: not learned(last))


def found(bgpd, **filters):
    """The (rd, prefix) of the routes that a question finds, asked at once and a page at a time."""
    def keys(answer):
        return [(view.get("rd"), view["prefix"]) for view in answer["routes"]]
    whole = keys(bgpd.call("show_routes", **filters))
    pages = []
    cursor = None
    while True:
        answer = bgpd.call("show_routes", **filters, limit=2, cursor=cursor)
        pages += keys(answer)
        cursor = answer["cursor"]
        if cursor is None:
            break
    assert pages == whole
    return whole


def test_found_under_every_rd(lab):
    """exact, longest and longer look under each route distinguisher, or under the one that is named."""
    bgpd = lab.bgpd()
    prefixes = ("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16")
    rds = ["65000:1", "65000:2", "65000:200", "192.0.2.1:7", "4200000000:1"]  # in their order
    has = {rd: prefixes[i:] for i, rd in enumerate(rds)}
    for rd in rds:
        for name in has[rd]:
            bgpd.call("advertise_route", prefix=name, next_hop="192.0.2.9", rd=rd, labels=16)
    bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="192.0.2.9")
    bgpd.call("advertise_route", prefix="2001:db8::/32", next_hop="2001:db8::9", rd="65000:1", labels=16)
    everywhere = [(None, "10.1.0.0/16")]

    def under(wanted, *only):
        return [(rd, name) for rd in (only or rds) for name in has[rd] if name in wanted]

    assert found(bgpd, exact="10.1.0.0/16") == everywhere + under({"10.1.0.0/16"})
    assert found(bgpd, longer="10.1.0.0/16") == everywhere + under({"10.1.0.0/16", "10.1.2.0/24"})
    assert found(bgpd, longer="0.0.0.0/0") == everywhere + under(prefixes)
    assert found(bgpd, longest="10.1.2.3") == everywhere + \
        [(rd, "10.1.2.0/24") for rd in rds if "10.1.2.0/24" in has[rd]]
    assert found(bgpd, longest="10.2.0.1", family="ipv4 vpn") == [(rd, "10.2.0.0/16") for rd in rds]
    assert found(bgpd, exact="10.9.0.0/16") == []
    assert found(bgpd, rd="65000:2") == under(prefixes, "65000:2")
    assert found(bgpd, rd="65000:1") == under(prefixes, "65000:1") + [("65000:1", "2001:db8::/32")]
    assert found(bgpd, rd="65000:1", family="ipv6 vpn") == [("65000:1", "2001:db8::/32")]
    assert found(bgpd, rd="65000:3") == []
    assert found(bgpd, rd="65000:200", longest="10.1.9.9") == [("65000:200", "10.1.0.0/16")]
    assert found(bgpd, rd="65000:1", longest="10.3.0.1") == [("65000:1", "10.0.0.0/8")]
    assert found(bgpd, rd="192.0.2.1:7", longest="10.1.9.9") == []
    assert found(bgpd, rd="65000:2", longer="10.1.0.0/16") == under({"10.1.0.0/16", "10.1.2.0/24"}, "65000:2")
    assert found(bgpd, rd="65000:2", exact="10.0.0.0/8") == [("65000:2", "10.0.0.0/8")]
    assert found(bgpd, rd="65000:2", family="ipv4 unicast") == []


def test_found_among_many_rds(lab):
    """More route distinguishers than are looked at between two looks at the clock."""
    bgpd = lab.bgpd()
    count = 300
    answers = bgpd.rpc.exchange([
        {"jsonrpc": "2.0", "id": n, "method": "advertise_route",
         "params": {"prefix": f"10.{n % 2}.0.0/16", "next_hop": "192.0.2.9", "rd": f"65000:{n}", "labels": n}}
        for n in range(count)])
    assert all("result" in answer for answer in answers)
    odd = [(f"65000:{n}", "10.1.0.0/16") for n in range(1, count, 2)]
    assert found(bgpd, exact="10.1.0.0/16") == odd
    assert found(bgpd, longest="10.1.2.3") == odd
    assert found(bgpd, longer="10.1.0.0/16") == odd
    assert found(bgpd, longer="10.2.0.0/16") == []
    assert found(bgpd, rd="65000:299") == [odd[-1]]
