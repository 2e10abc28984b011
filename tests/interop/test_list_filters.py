"""One way to ask for routes: the same filters for all lists and for counts, over what real daemons and others
have sent."""

import pytest

from support.lab import FAMILIES
from support.route import Route
from support.rpc import RpcError
from support.wait import wait_for

OWN = {"peer": 65002, "other": 65003}
# By a real daemon that can announce paths (else the first AS is its own alone).
SENT = [
    Route("10.1.0.0/16", "10.254.0.2", (64500, 64501), communities=["65000:1", "65000:2"]),
    Route("10.1.2.0/24", "10.254.0.2", (64500, 64502), communities=["65000:1"]),
    Route("10.3.0.0/16", "10.254.0.4", (64501,), communities=["65000:3"], large=["65000:1:2"]),
    Route("2001:db8:1::/48", "2001:db8::2", (64500, 64501)),
]
# And by another one.
OTHERS = [
    Route("10.1.0.0/16", "10.254.0.3", (65003, 64509)),
    Route("10.1.2.128/25", "10.254.0.3", (65003,), communities=["65000:1"]),
]


@pytest.fixture
def bgpd(lab):
    daemon = lab.bgpd({"ebgp_requires_policy": False}, peers=[
        lab.peer(2, OWN["peer"], advertise_sources=["peer", "api"]),
        lab.peer(3, OWN["other"], advertise_sources=["peer", "api"], passive=True, families=list(FAMILIES))])
    real = lab.real("gobgp", 2, asn=OWN["peer"], routes=list(SENT), neighbor={"families": FAMILIES})
    other = lab.session(3, OWN["other"], families=FAMILIES)
    daemon.wait_established(lab.addr(2), lab.addr(3))
    other.announce(*OTHERS)
    daemon.call("advertise_route", prefix="10.9.0.0/16", next_hop="10.254.0.1", communities=["65000:1"])
    daemon.call("advertise_flow", 1, "drop", ["destination 10.1.2.0/24"])
    wait_for(lambda: len(daemon.call("show_routes_learned")) == len(SENT) + len(OTHERS) + 2)
    for n, count in ((2, 4), (3, 5)):
        wait_for(lambda n=n, count=count: len(daemon.call("show_routes_advertised", to_peer=lab.addr(n))) == count)
    return daemon


LISTS = {"learned": "show_routes_learned", "advertised": "show_routes_advertised", "routes": "show_routes"}


def listed(bgpd, name, **params):
    """The prefixes that a list has, page by page as well as at once, and as many as are counted."""
    answer = bgpd.call(LISTS[name], **params)
    routes = answer["routes"] if name == "routes" else answer
    assert bgpd.call("count_routes", list=name, **params) == {"count": len(routes)}
    return sorted(r["prefix"] for r in routes)


def test_prefixes(bgpd, lab):
    """The longest is the longest of those that are asked for."""
    first, second = lab.addr(2), lab.addr(3)
    unicast = {"family": "ipv4 unicast"}
    assert listed(bgpd, "learned", longest="10.1.2.200", **unicast) == ["10.1.2.128/25"]
    assert listed(bgpd, "learned", longest="10.1.2.200", from_peer=first, **unicast) == ["10.1.2.0/24"]
    assert listed(bgpd, "learned", longest="10.1.2.200", from_peer=first, origin_as=64501, **unicast) == ["10.1.0.0/16"]
    assert listed(bgpd, "routes", longest="10.1.2.0/25", **unicast) == ["10.1.2.0/24"]
    assert listed(bgpd, "routes", longest="11.0.0.0/8", **unicast) == []
    assert listed(bgpd, "advertised", longest="10.1.2.200", to_peer=first, **unicast) == ["10.1.2.128/25"]
    assert listed(bgpd, "advertised", longest="10.1.2.200", to_peer=second, **unicast) == ["10.1.2.0/24"]
    assert listed(bgpd, "advertised", longest="10.1.2.200", **unicast) == ["10.1.2.0/24", "10.1.2.128/25"]
    assert listed(bgpd, "advertised", exact="10.1.0.0/16", **unicast) == ["10.1.0.0/16"]
    assert listed(bgpd, "advertised", longer="10.1.0.0/16", to_peer=second) == \
        ["10.1.2.0/24", "destination 10.1.2.0/24"]
    assert listed(bgpd, "learned", longer="10.1.0.0/16", from_peer="API") == ["destination 10.1.2.0/24"]


def test_attributes(bgpd, lab):
    """By what is shown: of advertised routes as they are sent."""
    first, second = lab.addr(2), lab.addr(3)
    assert listed(bgpd, "learned", as_path="_64501$") == ["10.1.0.0/16", "10.3.0.0/16", "2001:db8:1::/48"]
    assert listed(bgpd, "learned", as_path="^65003$") == ["10.1.2.128/25"]
    assert listed(bgpd, "learned", as_path="^$") == ["10.9.0.0/16", "destination 10.1.2.0/24"]
    assert listed(bgpd, "advertised", as_path="^65000 65003$") == ["10.1.2.128/25"]
    assert listed(bgpd, "advertised", as_path="^65003") == []
    assert listed(bgpd, "advertised", origin_as=65000) == sorted(["10.9.0.0/16", "destination 10.1.2.0/24"] * 2)
    assert listed(bgpd, "routes", origin_as=64502) == ["10.1.2.0/24"]
    assert listed(bgpd, "routes", **{"as": 64500}, best=True) == ["10.1.2.0/24", "2001:db8:1::/48"]
    assert listed(bgpd, "learned", community="65000:1:2") == ["10.3.0.0/16"]
    assert listed(bgpd, "advertised", community="65000:1", to_peer=first) == ["10.1.2.128/25", "10.9.0.0/16"]
    assert listed(bgpd, "advertised", from_peer=first) == \
        ["10.1.2.0/24", "10.3.0.0/16", "2001:db8:1::/48"]
    assert listed(bgpd, "advertised", from_peer="API", to_peer=second) == ["10.9.0.0/16", "destination 10.1.2.0/24"]
    assert listed(bgpd, "advertised", from_peer=second, withheld=True, to_peer=second)
    with pytest.raises(RpcError, match="column 3"):
        bgpd.call("show_routes_learned", as_path="12x")


@pytest.mark.parametrize("name", LISTS)
def test_pages(bgpd, name):
    """A cursor goes on under the same filter, also where the longest prefix is asked for."""
    for params in ({"as_path": "."}, {"longest": "10.1.2.200"}, {"longer": "10.0.0.0/8"}):
        pages, cursor = [], None
        while True:
            answer = bgpd.rpc.exchange({"jsonrpc": "2.0", "id": 1, "method": LISTS[name],
                                   "params": {**params, "limit": 1, "cursor": cursor}})
            result = answer["result"]
            pages += [r["prefix"] for r in (result["routes"] if name == "routes" else result)]
            cursor = result["cursor"] if name == "routes" else answer["cursor"]
            if cursor is None:
                break
        assert sorted(pages) == listed(bgpd, name, **params)


def test_groups(bgpd, lab):
    def groups(by, **params):
        answer = bgpd.call("count_routes", by=by, **params)
        assert answer["others"] == 0
        key = by.replace("-", "_")
        return answer["count"], {g[key]: g["count"] for g in answer["groups"]}

    assert groups("origin-as", list="learned") == (8, {64501: 3, 64502: 1, 64509: 1, 65003: 1, None: 2})
    assert groups("peer", list="learned") == (8, {lab.addr(2): 4, lab.addr(3): 2, "API": 2})
    assert groups("peer", list="advertised", family="ipv4 unicast") == (6, {lab.addr(2): 3, lab.addr(3): 3})
    assert groups("next-hop", longer="10.0.0.0/8", family="ipv4 unicast")[1] == \
        {"10.254.0.2": 2, "10.254.0.4": 1, "10.254.0.3": 2, "10.254.0.1": 1}
    assert groups("community", list="learned", family="ipv4 unicast")[1] == \
        {"65000:1": 4, "65000:2": 1, "65000:3": 1, "65000:1:2": 1}
    top = bgpd.call("count_routes", by="origin-as", limit=1)
    assert top["groups"] == [{"origin_as": 64501, "count": 3}] and top["others"] == top["count"] - 3


def test_peers_that_are_none(bgpd):
    for name, param in (("show_routes_learned", "from_peer"), ("show_routes_advertised", "to_peer"),
                        ("show_routes_advertised", "from_peer"), ("count_routes", "from_peer")):
        with pytest.raises(RpcError) as error:
            bgpd.call(name, **{param: "192.0.2.99"})
        assert error.value.code == -32001
