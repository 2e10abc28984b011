"""The JSON-RPC API: forms of calls, filters, cursors, and what it does to real peers."""

import json
import time

import pytest

import speaker as sp
from support.lab import FAMILIES
from support.route import Route
from support.rpc import RpcError
from support.wait import stays, wait_for

V4 = ["10.1.0.0/16", "10.1.1.0/24", "10.1.2.0/24", "10.2.0.0/16"]


@pytest.fixture
def table(lab):
    """BGPd with routes of two peers (2: external, 3: internal) in all families."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True), lab.peer(3, passive=True)])
    two, three = lab.session(2, 65002, families=FAMILIES), lab.session(3, families=FAMILIES)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    two.announce(*(Route(p, "10.254.0.2", (65002, 70000 + n), communities=[f"65002:{n}"])
                   for n, p in enumerate(V4)))
    two.announce(Route("2001:db8:1::/48", "2001:db8:fe::2", (65002,), large=["65002:1:2"]))
    three.announce(Route("10.1.1.0/24", "10.254.0.3", (9, 8, 7), local_pref=50),
                   Route("192.0.2.0/24", "10.254.0.3", (9,), local_pref=100))
    three.send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv4 flow", b"", b"\x03\x03\x81\x06") + sp.attribute(sp.ORIGIN, b"\0")
        + sp.attribute(sp.AS_PATH) + sp.attribute(sp.LOCAL_PREF, b"\0\0\0\x64")))
    wait_for(lambda: len(bgpd.call("show_routes_learned")) == 8)
    return bgpd, two, three


def prefixes(answer):
    return [v["prefix"] for v in (answer["routes"] if isinstance(answer, dict) else answer)]


def test_calls(table, lab):
    """Named, positional, null and absent parameters; ids; notifications; batches."""
    bgpd, *_ = table
    ask = bgpd.rpc.exchange
    peer = lab.addr(3)
    named = ask({"jsonrpc": "2.0", "id": "a", "method": "show_routes_learned",
                 "params": {"from_peer": peer}})
    positional = ask({"jsonrpc": "2.0", "id": "a", "method": "show_routes_learned",
                      "params": [peer]})
    assert named["id"] == positional["id"] == "a"
    assert prefixes(named["result"]) == prefixes(positional["result"])
    assert len(named["result"]) == 3
    for params in ({}, {"params": None}, {"params": []}, {"params": {}}, {"params": [None]},
                   {"params": {"from_peer": None}}):
        answer = ask({"jsonrpc": "2.0", "id": 7, "method": "show_routes_learned", **params})
        assert len(answer["result"]) == 8 and answer["id"] == 7
    assert ask({"jsonrpc": "2.0", "method": "version"}) is None
    assert ask({"jsonrpc": "2.0", "id": None, "method": "version"})["id"] is None
    batch = ask([{"jsonrpc": "2.0", "id": 1, "method": "version"},
                 {"jsonrpc": "2.0", "method": "version"}, 17,
                 {"jsonrpc": "2.0", "id": 2, "method": "nonsense"},
                 {"jsonrpc": "2.0", "id": 3, "method": "show_peers"}])
    assert [a.get("id") for a in batch] == [1, None, 2, 3]
    assert [a.get("error", {}).get("code") for a in batch] == [None, -32600, -32601, None]
    assert ask([{"jsonrpc": "2.0", "method": "version"}]) is None


def test_keep_alive(table):
    """Many requests on one connection."""
    bgpd, *_ = table
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "version"}).encode()
    connection = bgpd.rpc.connect()
    file = connection.makefile("rb")
    for _ in range(50):
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert file.readline().startswith(b"HTTP/1.1 200")
        headers = {}
        while (line := file.readline().strip()):
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        if b"content-length" in headers:
            content = file.read(int(headers[b"content-length"]))
        else:
            content = b""
            while (size := int(file.readline(), 16)):
                content += file.read(size)
                file.readline()
            file.readline()
        assert json.loads(content)["result"]["name"] == "bgpd"
    connection.close()


def test_filters(table, lab):
    bgpd, *_ = table

    def show(**params):
        return sorted(prefixes(bgpd.call("show_routes", **params)))

    everything = sorted(V4 + ["10.1.1.0/24", "192.0.2.0/24", "2001:db8:1::/48", "protocol =6"])
    assert show() == everything
    assert show(family="ipv6 unicast") == ["2001:db8:1::/48"]
    assert show(family="ipv4 flow") == ["protocol =6"]
    assert show(family="IPv4-Flow") == ["protocol =6"]
    assert show(family="ipv6 flow") == []
    assert show(exact="10.1.0.0/16") == ["10.1.0.0/16"]
    assert show(exact="10.1.0.0/17") == []
    assert show(exact="10.1.1.0/24") == ["10.1.1.0/24"] * 2
    assert show(longest="10.1.1.77") == ["10.1.1.0/24"] * 2
    assert show(longest="10.1.3.77") == ["10.1.0.0/16"]
    assert show(longest="172.16.0.1") == []
    assert show(longest="2001:db8:1::5") == ["2001:db8:1::/48"]
    assert show(longer="10.1.0.0/16") == ["10.1.0.0/16", "10.1.1.0/24", "10.1.1.0/24",
                                         "10.1.2.0/24"]
    assert show(longer="10.0.0.0/8", from_peer=lab.addr(3)) == ["10.1.1.0/24"]
    assert show(from_peer=lab.network()) == everything
    assert show(**{"as": 70001}) == ["10.1.1.0/24"]
    assert show(**{"as": "1.4465"}) == ["10.1.1.0/24"]
    assert show(**{"as": "65002", "family": "ipv6 unicast"}) == ["2001:db8:1::/48"]
    assert show(community="65002:3") == ["10.2.0.0/16"]
    assert show(community="65002:1:2") == ["2001:db8:1::/48"]
    assert show(best=True) == sorted(set(everything))
    best, = bgpd.call("show_routes", exact="10.1.1.0/24", best=True)["routes"]
    assert best["source"] == lab.addr(2)  # 100 by default is more than 50
    for bad in ({"family": "ipv5"}, {"exact": "10.0.0.0/99"}, {"as": "x"}, {"limit": 0},
                {"community": "?"}, {"cursor": "garbage"}, {"exact": "10.0.0.0/8",
                                                           "longer": "10.0.0.0/8"}):
        with pytest.raises(RpcError) as error:
            bgpd.call("show_routes", **bad)
        assert error.value.code == -32602, bad


FLOWS = {
    "drop": (1, "traffic-rate 0", ["destination 10.1.0.0/16", "protocol udp"]),
    "mark": (1, "mark 46", ["destination 10.1.2.0/24"]),
    "from": (1, "redirect 6:302", ["destination 192.0.2.0/24", "source 10.1.2.0/25"]),
    "all": (1, "traffic-rate 1000", ["protocol tcp"]),
    "v6": (2, "traffic-rate 0", ["source 2001:db8::/32"]),
    "bits": (2, "traffic-rate 0", ["destination 0:0:1234::/32-48"]),
}


def test_flows_by_prefix(lab):
    """Flows are found by destination and source beside the routes, page by page as well."""
    bgpd = lab.bgpd()
    names = {bgpd.call("advertise_flow", *flow)["prefix"]: name for name, flow in FLOWS.items()}
    for prefix, next_hop in (("10.1.0.0/16", lab.addr(1)), ("10.1.2.0/24", lab.addr(1)),
                             ("2001:db8::/32", "2001:db8::1")):
        bgpd.call("advertise_route", prefix, next_hop)

    def show(**params):
        listed = prefixes(bgpd.call("show_routes", **params))
        answer = bgpd.call("show_routes", limit=1, **params)
        pages = prefixes(answer)
        while answer["cursor"]:
            answer = bgpd.call("show_routes", limit=1, cursor=answer["cursor"], **params)
            pages += prefixes(answer)
        assert pages == listed
        return [names.get(prefix, prefix) for prefix in listed]

    assert show(longest="10.1.2.3") == ["10.1.2.0/24", "mark", "drop", "from"]
    assert show(longest="10.1.2.200") == ["10.1.2.0/24", "mark", "drop"]
    assert show(longest="10.1.3.1") == ["10.1.0.0/16", "drop"]
    assert show(longest="192.0.2.9") == ["from"]
    assert show(longest="10.1.2.3", family="ipv4 unicast") == ["10.1.2.0/24"]
    assert show(longest="10.1.2.3", family="ipv4 flow", best=True) == ["mark", "drop", "from"]
    assert show(longest="2001:db8:1234::1") == ["2001:db8::/32", "bits", "v6"]
    assert show(exact="10.1.2.0/24") == ["10.1.2.0/24", "mark"]
    assert show(exact="10.1.2.0/25") == ["from"]
    assert show(exact="0:0:1234::/48") == []
    assert show(longer="10.1.2.0/24") == ["10.1.2.0/24", "mark", "from"]
    assert show(longer="0.0.0.0/0") == ["10.1.0.0/16", "10.1.2.0/24", "mark", "drop", "from"]
    assert show(longer="::/0") == ["2001:db8::/32", "bits", "v6"]
    assert show(longest="10.1.2.3", from_peer="Config") == []

    flow, = (f for f in bgpd.call("show_routes")["routes"] if names.get(f["prefix"]) == "from")
    assert flow["rules"] == FLOWS["from"][2] and flow["actions"] == ["redirect 6:302"]
    assert flow["communities"] == ["redirect:6:302"]
    for words in (["10.1.3.1"], ["--longest", "10.1.3.1"], ["10.1.0.0/16"]):
        text = bgpd.cli("show", "routes", *words, check=True).stdout
        assert text.count("10.1.0.0/16") == 2 and "Rules" in text and "traffic-rate 0" in text


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 100])
def test_cursor(table, limit):
    """Pages put together are the whole list, whatever their size."""
    bgpd, *_ = table
    whole = bgpd.call("show_routes")
    assert whole["cursor"] is None
    pages, cursor = [], None
    while True:
        page = bgpd.call("show_routes", limit=limit, cursor=cursor)
        assert len(page["routes"]) <= limit
        pages += page["routes"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert [(v["prefix"], v["source"]) for v in pages] == \
        [(v["prefix"], v["source"]) for v in whole["routes"]]


def test_cursor_over_changes(table):
    """Routes that come and go between two pages disturb nothing else."""
    bgpd, two, _ = table
    first = bgpd.call("show_routes", family="ipv4 unicast", limit=2)
    seen = prefixes(first)
    two.withdraw(seen[-1])
    two.announce(Route("10.0.0.0/16", "10.254.0.2", (65002,)),
                 Route("10.3.0.0/16", "10.254.0.2", (65002,)))
    wait_for(lambda: "10.3.0.0/16" in bgpd.learned())
    rest = bgpd.call("show_routes", family="ipv4 unicast", cursor=first["cursor"])
    assert not set(seen) & {"10.2.0.0/16", "10.3.0.0/16"}
    assert {"10.2.0.0/16", "10.3.0.0/16", "192.0.2.0/24"} <= set(prefixes(rest))
    assert "10.0.0.0/16" not in prefixes(rest)


def test_learned_by_network(table, lab):
    bgpd, *_ = table
    assert len(bgpd.call("show_routes_learned", lab.network())) == 8
    assert len(bgpd.call("show_routes_learned", f"{lab.addr(2)}/32")) == 5
    with pytest.raises(RpcError):
        bgpd.call("show_routes_learned", "192.0.2.0/33")


def test_advertise_everything(lab):
    """Every parameter, by position; the answer shows what was understood."""
    bgpd = lab.bgpd(peers=[lab.peer(2, passive=True)])
    peer = lab.session(2, families=FAMILIES)
    bgpd.wait_established(lab.addr(2))
    shown = bgpd.call("advertise_route", "10.1.0.0/16", "10.254.0.1", "Incomplete",
                      ["100", 200, "1.10"], 333, 44, ["65000:1", "101", "target:65000:1.1.1.1",
                                                      "1:2:3", "no-export"])
    assert shown["source"] == "API"
    assert (shown["prefix"], shown["next_hop"], shown["origin"], shown["as_path"],
            shown["local_pref"], shown["multi_exit_disc"]) == (
        "10.1.0.0/16", "10.254.0.1", "Incomplete", "100 200 65546", 333, 44)
    assert len(shown["communities"]) == 5
    received = wait_for(lambda: peer.received().get("10.1.0.0/16"))
    assert received == Route("10.1.0.0/16", "10.254.0.1", (100, 200, 65546), "Incomplete", 44, 333,
                             ["65000:1", "0:101", "no-export"], received.extended, ["1:2:3"])
    assert len(received.extended) == 1
    again = bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="10.254.0.2",
                      as_path="7 8")
    assert again["as_path"] == "7 8"
    wait_for(lambda: peer.received()["10.1.0.0/16"].next_hop == "10.254.0.2")
    assert len(bgpd.call("show_routes_advertised", to_peer=lab.addr(2))) == 1
    assert bgpd.call("withdraw_route", "10.1.0.0/16") == {"withdrawn": "10.1.0.0/16"}
    wait_for(lambda: not peer.received())
    with pytest.raises(RpcError) as error:
        bgpd.call("withdraw_route", "10.1.0.0/16")
    assert error.value.code == -32001


def test_the_answer_is_the_route_that_the_rib_has(lab):
    """One that is there already keeps its age; one that is changed is a new one."""
    route = {"prefix": "10.1.0.0/16", "next_hop": "10.254.0.1", "communities": ["65000:1"]}
    flow = {"afi": 1, "action": "traffic-rate 0", "matches": ["destination 10.0.0.0/8"]}
    bgpd = lab.bgpd(peers=[])

    def shown(prefix):
        [found] = [r for r in bgpd.call("show_routes")["routes"] if r["prefix"] == prefix]
        return {key: value for key, value in found.items() if key not in ("age", "best")}

    for method, params in (("advertise_route", route), ("advertise_flow", flow)):
        first = bgpd.call(method, **params)
        rib = shown(first["prefix"])
        assert {key: first[key] for key in rib} == rib
        wait_for(lambda: bgpd.call("show_routes")["routes"][-1]["age"] >= "00:00:02")
        again = bgpd.call(method, **params)
        assert again["age"] >= "00:00:02" and again["received_at"] == first["received_at"]
        changed = bgpd.call(method, **params, multi_exit_disc=5)
        assert changed["age"] < again["age"] and changed["multi_exit_disc"] == 5
        assert changed["received_at"] > first["received_at"]
        assert shown(first["prefix"])["received_at"] == changed["received_at"]


def advertised_to(bgpd, **route):
    """How many peers a route goes to, and the one warning when that is nobody."""
    route = {"prefix": "10.1.0.0/16", "next_hop": "10.254.0.1", **route}
    answer = bgpd.call("advertise_route", **route)
    return answer["advertised_to"], *answer["warnings"]


def test_to_how_many_a_route_goes(lab):
    """The peers that are told it now, and why none is."""
    none = "it goes to no peer: "
    bgpd = lab.bgpd(peers=[])
    assert advertised_to(bgpd) == (0, none + "there are no peers")
    bgpd.reload(peers=[lab.peer(2, passive=True, advertise_sources=["config", "peer"])])
    assert advertised_to(bgpd) == (
        0, none + 'none takes routes of the API ("api" in advertise_sources)')
    bgpd.reload(peers=[lab.peer(n, passive=True) for n in (2, 3)])
    assert advertised_to(bgpd) == (
        0, none + "none that takes routes of the API is up; those that come up get it")
    two, three = lab.session(2, families=FAMILIES), lab.session(3)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    assert advertised_to(bgpd) == (2,)
    # A route is not told to its own next hop.
    assert advertised_to(bgpd, next_hop=lab.addr(2)) == (1,)
    wait_for(lambda: "10.1.0.0/16" in three.received() and not two.received())
    # What is known to be withheld counts as such whatever was told before.
    assert advertised_to(bgpd) == (2,)
    flow = {"afi": 1, "action": "drop", "matches": ["destination 10.0.0.0/8"]}
    assert bgpd.call("advertise_flow", **flow)["advertised_to"] == 1
    two.close()
    bgpd.wait_down(lab.addr(2))
    answer = bgpd.call("advertise_flow", **flow)
    assert answer["advertised_to"] == 0
    assert answer["warnings"] == [
        none + 'none that takes routes of the API and is up has "ipv4 flow"']
    assert advertised_to(bgpd, next_hop=lab.addr(3)) == (0, none + "the next hop is the peer itself")


def test_a_static_route_comes_before_that_of_the_api(lab):
    route = {"prefix": "10.1.0.0/16", "next_hop": "10.254.0.9"}
    bgpd = lab.bgpd(peers=[lab.peer(2, passive=True, static_routes=[route])])
    peer = lab.session(2)
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: "10.1.0.0/16" in peer.received())
    assert advertised_to(bgpd) == (
        0, "it goes to no peer: another route is preferred")


def test_strange_flows_are_warned_of(lab):
    bgpd = lab.bgpd()
    answer = bgpd.call("advertise_flow", afi=1, action="drop", matches=["port !=1 | !=2"])
    assert answer["warnings"][:2] == [
        'matches: "port !=1 | !=2" leaves nothing out: its values are alternatives ("&" joins what '
        'must hold together)',
        'matches: without "destination" it drops packets to all addresses']
    told = bgpd.cli("advertise", "flow", "ipv4", "drop", "-m", "port 1", check=True)
    assert 'bgpd: warning: matches: without "destination" it drops' in told.stderr
    refused = bgpd.cli("advertise", "flow", "ipv4", "drop", "-m", "tcp-flags syn !ack")
    assert refused.returncode == 2
    assert '(expected "syn&!ack" where both must hold, "syn | !ack" where one' in refused.stderr


BAD_ROUTES = {
    "prefix": {"prefix": "10.1.0.0/33"},
    "next_hop": {"next_hop": "10.254.0"},
    "next_hop of the other family": {"next_hop": "10.254.0.1", "prefix": "2001:db8:1::/48"},
    "origin": {"origin": "nowhere"},
    "as_path": {"as_path": ["100", "x"]},
    "local_pref": {"local_pref": -1},
    "multi_exit_disc": {"multi_exit_disc": 1 << 32},
    "communities": {"communities": ["1:2:3:4:5"]},
    "aggregator": {"aggregator": "0:192.0.2.1"},
    "atomic_aggregate": {"atomic_aggregate": "yes"},
    "originator_id": {"originator_id": "0.0.0.0"},
    "cluster_list": {"cluster_list": ["192.0.2.1", "x"]},
    "aigp": {"aigp": -1},
}


@pytest.mark.parametrize("case", BAD_ROUTES)
def test_bad_routes(lab, case):
    """The answer names the parameter and what was expected; nothing is announced."""
    bgpd = lab.bgpd()
    with pytest.raises(RpcError) as error:
        bgpd.call("advertise_route", **{"prefix": "10.1.0.0/16", "next_hop": "10.254.0.1",
                                        **BAD_ROUTES[case]})
    assert error.value.code == -32602
    assert error.value.data["param"].startswith(next(iter(BAD_ROUTES[case])))
    assert error.value.data["expected"]
    assert bgpd.call("show_routes")["routes"] == []


def test_flow_errors(lab):
    bgpd = lab.bgpd()
    good = {"afi": 1, "action": "traffic-rate 0", "matches": ["protocol =6"]}
    for bad in ({"afi": 3}, {"action": "explode"}, {"matches": []}, {"matches": ["colour red"]},
                {"matches": ["source 10.0.0.0/8", "source 11.0.0.0/8"]},
                {"matches": ["source 2001:db8::/32"]}, {"matches": ["port >x"]}):
        with pytest.raises(RpcError) as error:
            bgpd.call("advertise_flow", **{**good, **bad})
        assert error.value.code == -32602, bad
    bgpd.call("advertise_flow", **good)
    with pytest.raises(RpcError) as error:
        bgpd.call("withdraw_flow", afi=1, matches=["protocol =17"])
    assert error.value.code == -32001
    bgpd.call("withdraw_flow", 1, ["protocol =6"])


def test_new_peer_gets_api_routes(lab):
    """What the API has announced waits for peers that come later, and for those that return."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="10.254.0.1")
    bird = lab.real("bird", asn=65002)
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: "10.1.0.0/16" in bird.received())
    bgpd.call("reset_peer", lab.addr(2))
    wait_for(lambda: bgpd.detail(lab.addr(2))["times_established"] == 2)
    wait_for(lambda: "10.1.0.0/16" in bird.received())


def test_peer_controls(lab):
    """enable, disable, reset and refresh by address and by network, and what cannot be done."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(28), "remote_as": 65002, "hold_timer": 9},
                           lab.peer(20, 65020, passive=True)])
    members = [lab.session(n, 65002) for n in (2, 3)]
    other = lab.session(20, 65020)
    bgpd.wait_established(lab.addr(2), lab.addr(3), lab.addr(20))
    before = bgpd.sessions()[lab.addr(20)]
    changed = bgpd.call("disable_peer", peer=lab.network(28), message="bye")
    assert {p["peer"] for p in changed} >= {lab.network(28)}
    for member in members:
        assert member.wait_notification() == (6, 2, b"\3bye")
    assert bgpd.peer(lab.network(28))["state"] == "Disabled"
    assert bgpd.sessions()[lab.addr(20)] == before
    bgpd.call("enable_peer", peer=lab.network(28))
    assert bgpd.peer(lab.network(28))["state"] == "Listening"
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    for method in ("enable_peer", "disable_peer", "reset_peer", "refresh_peer"):
        with pytest.raises(RpcError) as error:
            bgpd.call(method, peer="192.0.2.77")
        assert error.value.code == -32001
        with pytest.raises(RpcError) as error:
            bgpd.call(method, peer="not an address")
        assert error.value.code == -32602
        with pytest.raises(RpcError) as error:
            bgpd.call(method)
        assert error.value.code == -32602
    bgpd.call("disable_peer", peer=lab.addr(20))
    other.wait_closed()
    with pytest.raises(RpcError) as error:
        bgpd.call("refresh_peer", peer=lab.addr(20))
    assert error.value.code == -32000


def test_controls_by_network(lab):
    """A network means all in it: configured addresses and networks, and dynamic peers."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(28), "remote_as": 65000, "hold_timer": 9},
                           lab.peer(20, passive=True), lab.peer(21, passive=True)])
    sessions = {n: lab.session(n) for n in (2, 9, 20, 21)}
    bgpd.wait_established(*map(lab.addr, sessions))

    def shown(method, network, **more):
        return {p["peer"] for p in bgpd.call(method, peer=network, **more)}

    def detail(network):
        return [d["summary"]["peer"] for d in bgpd.call("show_peer_detail", network)]

    everything = {lab.network(28), *map(lab.addr, sessions)}
    assert set(detail(lab.network())) == everything
    assert detail(lab.network(28)) == [lab.network(28), lab.addr(2), lab.addr(9)]
    upper = f"{lab.addr(8)}/29"  # within the configured network: only who is there
    assert detail(upper) == [lab.addr(9)]
    assert bgpd.call("refresh_peer", f"{lab.addr(20)}/31")["families"] == ["ipv4 unicast"]

    assert shown("disable_peer", f"{lab.addr(20)}/31", message="bye") == \
        {lab.addr(20), lab.addr(21)}
    for n in (20, 21):
        assert sessions[n].wait_notification() == (6, 2, b"\3bye")
    assert shown("disable_peer", upper) == {lab.addr(9)}
    assert sessions[9].wait_notification()[:2] == (6, 2)
    assert bgpd.peer(lab.network(28))["state"] == "Listening"
    assert bgpd.established(lab.addr(2))
    assert shown("reset_peer", lab.network(29)) == {lab.addr(2)}
    assert sessions[2].wait_notification()[:2] == (6, 4)

    assert shown("enable_peer", lab.network()) >= {lab.network(28), lab.addr(9), lab.addr(20)}
    lab.session(20)
    lab.session(9)
    bgpd.wait_established(lab.addr(20), lab.addr(9))
    assert shown("disable_peer", lab.network()) >= everything - {lab.addr(2)}
    assert {p["state"] for p in bgpd.call("show_peers")} == {"Disabled"}


def test_unknown_peers(lab):
    """Who does not exist is an error wherever a peer or network can be named."""
    bgpd = lab.bgpd(peers=[lab.peer(2, passive=True),
                           {"remote_ip": f"{lab.addr(64)}/26", "remote_as": 65000}])
    asked = [("show_peer_detail", "peer"), ("show_routes_learned", "from_peer"),
             ("show_routes_advertised", "to_peer"), ("show_routes", "from_peer"),
             *((f"{what}_peer", "peer") for what in ("enable", "disable", "reset", "refresh"))]
    for method, param in asked:
        for name in (lab.addr(3), lab.addr(65), f"{lab.addr(4)}/30", "2001:db8::/32"):
            with pytest.raises(RpcError) as error:
                bgpd.call(method, **{param: name})
            assert error.value.code == -32001
            assert name in str(error.value)
    for words in (["show", "routes", "--from"], ["show", "routes", "learned"],
                  ["show", "routes", "advertised"], ["show", "neighbors"],
                  ["neighbor", "disable"], ["neighbor", "refresh"]):
        result = bgpd.cli(*words, lab.addr(3))
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.splitlines()[0] == f"bgpd: no peer {lab.addr(3)}"
    assert bgpd.call("show_routes_learned", lab.addr(2)) == []  # known, though not there
    assert bgpd.call("show_routes_advertised", f"{lab.addr(64)}/26") == []


def test_network_without_a_socket(lab):
    """It does not listen, and says why."""
    bgpd = lab.bgpd({"bgp_socket": "192.0.2.99:179"},
                    peers=[{"remote_ip": lab.network(28), "remote_as": 65000}])
    network, = bgpd.call("show_peers")
    assert network["state"] == "Idle"
    assert "192.0.2.99" in network["last_error"]
    row = bgpd.cli("show", "neighbors", lab.network(24), check=True).stdout.splitlines()[1]
    assert row.split()[:2] == [lab.network(28), "-"] and " Idle " in row


def test_routes_of_our_own(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, passive=True, static_routes=[
        {"prefix": "192.0.2.0/24", "next_hop": lab.addr(1)}])])
    lab.session(2).announce(Route("10.1.0.0/16", "10.254.0.2", local_pref=1))
    bgpd.call("advertise_route", "198.51.100.0/24", lab.addr(1))
    wait_for(lambda: len(bgpd.call("show_routes_learned")) == 3)
    for source, prefix in (("API", "198.51.100.0/24"), ("Config", "192.0.2.0/24"),
                           (lab.addr(2), "10.1.0.0/16")):
        assert prefixes(bgpd.call("show_routes_learned", from_peer=source)) == [prefix]
        assert prefixes(bgpd.call("show_routes", from_peer=source.lower())) == [prefix]
        shown = bgpd.cli("show", "routes", "--from", source, check=True).stdout
        assert prefix in shown and len(shown.splitlines()) == 3


def test_discover(lab):
    """The document names every method with its parameters."""
    bgpd = lab.bgpd()
    document = bgpd.call("rpc.discover")
    assert document["openrpc"].startswith("1.")
    methods = {m["name"]: m for m in document["methods"]}
    assert {"show_peers", "show_peer_detail", "show_routes_learned", "show_routes_advertised",
            "show_routes", "advertise_route", "advertise_flow", "withdraw_route", "withdraw_flow",
            "enable_peer", "disable_peer", "reset_peer", "refresh_peer", "reload",
            "version"} <= set(methods)
    names = [p["name"] for p in methods["advertise_route"]["params"]]
    assert names == ["prefix", "next_hop", "origin", "as_path", "local_pref", "multi_exit_disc",
                     "communities", "family", "rd", "labels", "to", "ttl", "owner", "label",
                     "tags", "dry_run", "aggregator", "atomic_aggregate", "originator_id",
                     "cluster_list", "aigp"]
    required = [p["name"] for p in methods["advertise_route"]["params"] if p.get("required")]
    assert required == ["prefix", "next_hop"]
    # Every one of them exists.
    for name in methods:
        try:
            bgpd.call(name)
        except RpcError as error:
            assert error.code in (-32602, -32000)  # there is nothing to confirm


def test_version(lab):
    began = time.monotonic()
    bgpd = lab.bgpd({"router_id": "4.3.2.1"})
    answer = bgpd.call("version")
    assert answer["name"] == "bgpd" and answer["router_id"] == "4.3.2.1"
    assert answer["pid"] == bgpd.process.pid
    hours, minutes, seconds = map(int, answer["uptime"].split(":"))
    assert answer["version"] and hours * 3600 + minutes * 60 + seconds <= time.monotonic() - began


def test_access(lab):
    """Who is not local may read; changing takes the token; pages of a browser change nothing."""
    namespace = lab.namespace()
    namespace.add_address("192.0.2.1/32")
    token = lab.directory("token")
    with open(token, "w", encoding="ascii") as file:
        file.write("s3cret-token\n")
    bgpd = lab.bgpd({"bgp_socket": "127.0.0.1:1179", "api_socket": "[::]:8080",
                     "api_token_file": token}, start=False, netns=namespace)
    bgpd.rpc.address = "127.0.0.1"
    bgpd.start()
    change = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "withdraw_route",
                         "params": ["10.0.0.0/8"]}).encode()
    read = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "show_peers"}).encode()
    plain = {"Content-Type": "application/json"}

    def code(address, body, headers):
        bgpd.rpc.address = address
        return json.loads(bgpd.rpc.http(body=body, headers=headers)[2]).get("error", {}).get("code")

    assert code("127.0.0.1", change, plain) == -32001  # allowed: there is no such route
    assert code("192.0.2.1", read, plain) is None
    assert code("192.0.2.1", change, plain) == -32003
    assert code("192.0.2.1", change, {**plain, "Authorization": "Bearer wrong"}) == -32003
    assert code("192.0.2.1", change, {**plain, "Authorization": "Bearer s3cret-token"}) == -32001
    assert code("127.0.0.1", change, {**plain, "Origin": "http://example.org"}) == -32003
    assert "s3cret-token" not in bgpd.log()
    bgpd.rpc.address = "127.0.0.1"


def test_lists_while_routes_change(lab):
    """Long lists are answered whole and valid while everything moves."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, hold_timer=60)])
    peer = lab.session(2, 65002, hold_time=60)

    def announce(turn):
        for start in range(0, 20000, 500):
            peer.send_raw(b"".join(sp.message(sp.UPDATE, sp.route_update(Route(
                f"10.{n >> 8}.{n & 255}.0/24", "10.254.0.2", (65002, turn)))) for n in
                range(start, start + 500)))

    announce(1)
    wait_for(lambda: bgpd.peer(lab.addr(2))["prefixes_received"] == 20000)
    for turn in range(2, 5):
        announce(turn)
        views = list(bgpd.stream_routes())
        assert len({v["prefix"] for v in views}) == len(views) == 20000
    stays(lambda: bgpd.established(lab.addr(2)), 0.2)
    peer.close()
    views = list(bgpd.stream_routes())
    assert len({v["prefix"] for v in views}) == len(views)
    wait_for(lambda: bgpd.call("show_routes", limit=1)["routes"] == [])
