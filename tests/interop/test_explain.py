"""Explanations: what is said of paths, choices and neighbors is what happens to them."""

import random

import pytest

import speaker as sp
from support.route import Route, community
from support.rpc import RpcError
from support.wait import wait_for

EVERYTHING = {"advertise_sources": ["api", "config", "peer"], "passive": True}
PREFIX = "10.1.0.0/16"


def route(prefix=PREFIX, path=(65002,), next_hop="10.254.0.9", **fields):
    return Route(prefix, next_hop, path, **fields)


def explain(bgpd, prefix=PREFIX, **params):
    """The only explanation of a prefix."""
    answer = bgpd.call("explain", prefix=prefix, **params)
    assert len(answer) == 1, answer
    return answer[0]


def paths(bgpd, prefix=PREFIX, **params):
    return {p["source"]: p for p in explain(bgpd, prefix, **params)["paths"]}


def peers(bgpd, prefix=PREFIX, **params):
    return {p["source"]: p for p in explain(bgpd, prefix, out=True, **params)["peers"]}


def learned(bgpd, count):
    wait_for(lambda: len(bgpd.call("show_routes_learned")) == count,
             what=f"{count} routes, not {bgpd.call('show_routes_learned')}")


def place(rule):
    return rule and (rule["policy"], rule["rule"], rule["number"])


def steps(policy):
    return [place(step["by"]) for step in policy["steps"]]


# --- import ---

IMPORT = {
    "basics": {"rules": [
        {"name": "bogons", "if": {"prefix": "192.168.0.0/16 le 32"}, "then": "reject"},
        {"name": "tag", "if": {"prefix_length": "16-24"}, "set": {"mark": "tagged"}},
        {"if": {"med": "10-20"}, "set": {"med": "+5", "local_pref": 70}, "then": "next"}]},
    "last": {"default": "reject", "rules": [
        {"name": "short", "if": {"as_path_length": "0-2"}, "set": {"local_pref": 200},
         "then": "accept"}]},
}


@pytest.fixture
def importing(lab):
    bgpd = lab.bgpd({"policies": IMPORT}, peers=[
        lab.peer(2, 65002, **{"import": ["basics", "last"]}, **EVERYTHING)])
    peer = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    peer.announce(route("192.168.1.0/24"), route("10.1.0.0/16", (65002, 7), med=12),
                  route("10.2.0.0/16", (65002, 7, 8)), route("10.3.0.0/16", (65002, 65000)),
                  route("10.0.0.0/8"))
    learned(bgpd, 5)
    return bgpd, lab.addr(2)


def test_rules_and_what_they_change(importing):
    bgpd, peer = importing
    path = paths(bgpd)[peer]
    assert path["import"]["result"] == "accept" and path["import"]["problem"] is None
    assert place(path["import"]["by"]) == ("last", "short", 1)
    assert steps(path["import"]) == \
        [("basics", "tag", 2), ("basics", None, 3), ("last", "short", 1)]
    assert path["import"]["steps"][0]["changes"] == \
        [{"attribute": "marks", "removed": [], "added": ["tagged"]}]
    changes = [{c["attribute"]: (c["before"], c["after"]) for c in step["changes"]}
               for step in path["import"]["steps"][1:]]
    assert changes[0] == {"multi_exit_disc": (12, 17), "local_pref": (None, 70)}
    assert changes[1] == {"local_pref": (70, 200)}
    assert (path["local_pref"], path["multi_exit_disc"]) == (200, 17)
    assert path["best"] and path["step"] is None and "filtered" not in path
    with open(bgpd.path("config.toml"), encoding="utf-8") as file:
        line = file.read().splitlines()[path["import"]["by"]["line"] - 1]
    assert '"short"' in line and explain(bgpd)["file"] == bgpd.path("config.toml")


@pytest.mark.parametrize("prefix, by", [
    ("192.168.1.0/24", ("basics", "bogons", 1)), ("10.2.0.0/16", ("last", None, None))])
def test_rejected(importing, prefix, by):
    bgpd, peer = importing
    path = paths(bgpd, prefix)[peer]
    assert path["import"]["result"] == "reject"
    assert place(path["import"]["by"]) == place(path["filtered_by"]) == by
    assert path["filtered"] == f"policy {by[0]} " + (f"rule {by[1]}" if by[1] else "default")
    assert not path["best"]


def test_rejected_before_policy(importing):
    """Policy is not asked about what cannot be used in any case."""
    bgpd, peer = importing
    path = paths(bgpd, "10.3.0.0/16")[peer]
    assert path["import"] is None and path["filtered"] == "AS path loop"
    assert path["filtered_by"] is None


def test_what_cannot_be_evaluated(lab):
    """What would make the attributes longer than BGP permits rejects the route, and is said to be
    why."""
    many = [f"65000:1:{n}" for n in range(60)]
    policies = {"long": {"rules": [
        {"set": {"local_pref": 200}},
        {"name": "many", "set": {"communities": {"add": many}}, "then": "accept"}]}}
    bgpd = lab.bgpd({"policies": policies},
                    peers=[lab.peer(2, 65002, **{"import": ["long"]}, **EVERYTHING)])
    peer = lab.session(2, 65002, capabilities=[sp.capability(6)])
    peer.send(sp.UPDATE, sp.update_body(
        sp.route_attributes(route()) + sp.attribute(99, bytes(65000)), sp.nlri(PREFIX)))
    learned(bgpd, 1)
    path = paths(bgpd)[lab.addr(2)]
    assert place(path["import"]["by"]) == place(path["filtered_by"]) == ("long", "many", 2)
    assert path["import"]["result"] == "reject" and "cannot be had" in path["import"]["problem"]
    assert steps(path["import"])[0] == ("long", None, 1)
    text = bgpd.cli("explain", PREFIX, check=True).stdout
    assert "rule many (" in text and "), which could not be evaluated\n" in text


def test_an_address_means_the_longest_prefix(importing):
    bgpd, _ = importing
    assert explain(bgpd, "10.1.2.3")["prefix"] == "10.1.0.0/16"
    assert explain(bgpd, "10.9.2.3")["prefix"] == "10.0.0.0/8"
    assert explain(bgpd, "10.0.0.0/8")["prefix"] == "10.0.0.0/8"
    assert bgpd.call("explain", prefix="10.9.0.0/16") == []
    with pytest.raises(RpcError, match="no peer"):
        bgpd.call("explain", prefix=PREFIX, peer="192.0.2.77")


def test_filtered_lists(importing):
    bgpd, peer = importing
    expected = {"192.168.1.0/24": ("basics", "bogons", 1), "10.2.0.0/16": ("last", None, None),
                "10.3.0.0/16": None}
    for views in (bgpd.call("show_routes_learned", filtered=True),
                  bgpd.call("show_routes", filtered=True)["routes"],
                  bgpd.call("show_routes_learned", from_peer=peer, filtered=True)):
        assert {v["prefix"]: place(v["filtered_by"]) for v in views} == expected
    views = bgpd.call("show_routes", filtered=True, longer="10.0.0.0/8")["routes"]
    assert {v["prefix"] for v in views} == {"10.2.0.0/16", "10.3.0.0/16"}
    assert bgpd.call("show_routes", filtered=True, best=True)["routes"] == []
    text = bgpd.cli("show", "routes", "learned", "--filtered", check=True).stdout
    assert "policy basics rule bogons" in text and "10.1.0.0/16" not in text
    assert (bgpd.peer(peer)["prefixes_received"], bgpd.peer(peer)["prefixes_accepted"]) == (5, 2)


def test_policies_and_their_hits(importing):
    bgpd, peer = importing

    def hits():
        return {(p["policy"], r["number"] if r else None): (r or p["default"])["hits"]["import"]
                for p in bgpd.call("show_policies") for r in [*p["rules"], None]}
    expected = {("basics", 1): 1, ("basics", 2): 2, ("basics", 3): 1, ("basics", None): 2,
                ("last", 1): 2, ("last", None): 1}
    assert hits() == expected
    bgpd.call("explain", prefix=PREFIX)  # is no route that comes
    assert hits() == expected
    policies = {p["policy"]: p for p in bgpd.call("show_policies")}
    assert policies["last"]["rules"][0]["then"] == "accept"
    assert policies["last"]["default"]["then"] == "reject"
    assert policies["basics"]["rules"][1]["then"] is None
    assert policies["basics"]["attached"] == [
        {"peer": peer, "group": None, "direction": "import",
         "families": policies["basics"]["attached"][0]["families"]}]
    assert "ipv4 unicast" in policies["basics"]["attached"][0]["families"]
    assert [p["policy"] for p in bgpd.call("show_policies", policy="last")] == ["last"]
    with pytest.raises(RpcError, match="there is no policy none"):
        bgpd.call("show_policies", policy="none")
    bgpd.reload()
    assert hits() == expected  # a policy that stays goes on counting


def test_a_policy_that_changes(importing):
    """The new one is explained; what stood in the table by the old one goes with it."""
    bgpd, peer = importing
    assert paths(bgpd)[peer]["import"]["result"] == "accept"
    policies = {**IMPORT, "last": {"default": "reject"}}
    bgpd.reload(policies=policies)
    wait_for(lambda: not paths(bgpd)[peer]["pending"])
    path = paths(bgpd)[peer]
    assert place(path["import"]["by"]) == place(path["filtered_by"]) == ("last", None, None)


# --- the choice ---

def extra(*attributes):
    return b"".join(sp.attribute(kind, value) for kind, value in attributes)


def preference(value=100):
    return (sp.LOCAL_PREF, value.to_bytes(4, "big"))


def choice(bgpd, prefix=PREFIX):
    """{source: (step, preferred)}, of all but the best."""
    return {p["source"]: (p["step"], p["preferred"]) for p in explain(bgpd, prefix)["paths"]
            if not p["best"]}


def settled(bgpd, best, other, step):
    """The best path is that of one, and the other one's lost to it by a step."""
    wait_for(lambda: len(explain(bgpd)["paths"]) == 2)
    assert [p["source"] for p in explain(bgpd)["paths"] if p["best"]] == [best]
    assert bgpd.best(PREFIX)["source"] == best
    assert choice(bgpd) == {other: (step, best)}


def two(lab, asns=(65002, 65003), options=(None, None), **config):
    """BGPd with two peers, the first of which is preferred where all else is equal."""
    bgpd = lab.bgpd(config, peers=[lab.peer(n, asn, **EVERYTHING, **(entry or {}))
                                   for n, asn, entry in zip((2, 3), asns, options)])
    return bgpd, lab.session(2, asns[0]), lab.session(3, asns[1])


def test_weight(lab):
    bgpd, one, other = two(lab, options=(None, {"import": ["heavy"]}),
                           policies={"heavy": {"rules": [{"set": {"weight": 7}}]}})
    one.announce(route(path=(65002,)))
    other.announce(route(path=(65003, 7, 8)))
    settled(bgpd, lab.addr(3), lab.addr(2), "weight")


def test_own_route(lab):
    bgpd, one, _ = two(lab)
    one.announce(route())
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1")
    settled(bgpd, "API", lab.addr(2), "own route")


def test_local_preference(lab):
    bgpd, one, other = two(lab, (65002, 65000))
    one.announce(route())
    other.announce(route(path=(7, 8)), extra=extra(preference(200)))
    settled(bgpd, lab.addr(3), lab.addr(2), "local preference")


def test_path_length(lab):
    bgpd, one, other = two(lab)
    one.announce(route(path=(65002, 7)))
    other.announce(route(path=(65003,), origin="Incomplete"))
    settled(bgpd, lab.addr(3), lab.addr(2), "AS path length")


def test_origin(lab):
    bgpd, one, other = two(lab)
    one.announce(route(path=(65002,), origin="EGP"))
    other.announce(route(path=(65003,), med=9))
    settled(bgpd, lab.addr(3), lab.addr(2), "origin")


def test_med(lab):
    bgpd, one, other = two(lab, (65002, 65002))
    one.announce(route(med=9))
    other.announce(route(med=8))
    settled(bgpd, lab.addr(3), lab.addr(2), "MED")


def test_med_of_another_neighbor_as(lab):
    """What a MED keeps out has lost to that path, not to the best one."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, 65003, **EVERYTHING),
                           lab.peer(4, 65002, **EVERYTHING)])
    one, best, kept_out_by = lab.session(2, 65002), lab.session(3, 65003), lab.session(4, 65002)
    best.announce(route(path=(65003,), med=100))
    learned(bgpd, 1)
    kept_out_by.announce(route(med=5))
    learned(bgpd, 2)
    one.announce(route(med=9))
    learned(bgpd, 3)
    assert choice(bgpd) == {lab.addr(2): ("MED", lab.addr(4)),
                            lab.addr(4): ("router ID", lab.addr(3))}


def test_external(lab):
    bgpd, one, other = two(lab, (65000, 65003))
    one.announce(route(path=(7,)), extra=extra(preference()))
    other.announce(route(path=(65003,)))
    settled(bgpd, lab.addr(3), lab.addr(2), "external over internal")


def test_router_id(lab):
    bgpd, one, other = two(lab)
    one.announce(route())
    learned(bgpd, 1)
    other.announce(route(path=(65003,)))
    settled(bgpd, lab.addr(2), lab.addr(3), "router ID")


def test_present_best(lab):
    bgpd, one, other = two(lab)
    other.announce(route(path=(65003,)))
    learned(bgpd, 1)
    one.announce(route())
    settled(bgpd, lab.addr(3), lab.addr(2), "present best")


def test_cluster_list(lab):
    bgpd, one, other = two(lab, (65000, 65000))
    originator = (sp.ORIGINATOR_ID, bytes([9, 9, 9, 9]))
    one.announce(route(path=(7,)), extra=extra(
        preference(), originator, (sp.CLUSTER_LIST, bytes([1, 1, 1, 1, 2, 2, 2, 2]))))
    other.announce(route(path=(7,)), extra=extra(
        preference(), originator, (sp.CLUSTER_LIST, bytes([1, 1, 1, 1]))))
    settled(bgpd, lab.addr(3), lab.addr(2), "cluster list length")


def test_peer_address(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING), lab.peer(3, 65003, **EVERYTHING)])
    for n, asn in ((3, 65003), (2, 65002)):
        lab.session(n, asn, router_id="10.255.0.9").announce(route(path=(asn,)))
    settled(bgpd, lab.addr(2), lab.addr(3), "peer address")


def test_what_is_no_candidate(lab):
    static = [{"prefix": PREFIX, "next_hop": "10.254.0.1"}]
    bgpd, one, other = two(lab, options=({"static_routes": static}, None))
    one.announce(route(path=(65002, 7)))
    other.announce(route(path=(65003, 65000)))
    learned(bgpd, 3)
    assert choice(bgpd) == {"Config": ("for one peer alone", None),
                            lab.addr(3): ("not usable", None)}
    one.withdraw(PREFIX)
    learned(bgpd, 2)
    assert [p["step"] for p in explain(bgpd)["paths"]] == [None, None]  # there is no choice


# --- neighbors ---

def test_who_is_told_and_why_others_are_not(lab):
    policies = {"out": {"rules": [
        {"name": "secret", "if": {"community": "65002:9"}, "then": "reject"},
        {"set": {"med": 30}}]}}
    with_policy = {"export": ["out"]}
    bgpd = lab.bgpd({"policies": policies}, peers=[
        lab.peer(2, 65002, **EVERYTHING), lab.peer(3, 65003, **EVERYTHING, **with_policy),
        lab.peer(4, 65004, passive=True), lab.peer(5, 65005, **EVERYTHING),
        lab.peer(6, **EVERYTHING, families=["ipv4 unicast", "ipv6 unicast"]),
        lab.peer(7, 65007, **EVERYTHING, families=["ipv6 unicast"])])
    source = lab.session(2, 65002)
    taker = lab.session(3, 65003)
    lab.session(4, 65004)
    lab.session(6, families=("ipv6 unicast",))
    lab.session(7, 65007, families=("ipv6 unicast",))
    bgpd.wait_established(*(lab.addr(n) for n in (2, 3, 4, 6, 7)))
    source.announce(route("10.1.0.0/16"), route("10.2.0.0/16", communities=["no-export"]),
                    route("10.3.0.0/16", communities=["65002:9"]),
                    route("10.4.0.0/16", communities=["no-advertise"]))
    wait_for(lambda: set(taker.received()) == {"10.1.0.0/16"})
    wait_for(lambda: not any(p["pending"] for p in peers(bgpd).values()))

    told = peers(bgpd)
    assert {n: told[lab.addr(n)].get("withheld") for n in range(2, 8)} == {
        2: "learned from this peer", 3: None, 4: "not among advertise_sources", 5: "no session",
        6: "the family was not negotiated", 7: "not among the families of the peer"}
    assert [p["told"] for p in told.values()] == [False, True, False, False, False, False]
    view = told[lab.addr(3)]
    assert view["learned_from"] == lab.addr(2)
    assert (view["as_path"], view["multi_exit_disc"]) == ("65000 65002", 30)
    assert view["export"]["result"] == "accept" and view["export"]["by"] is None
    assert steps(view["export"]) == [("out", None, 2)]
    assert view["export"]["steps"][0]["changes"] == \
        [{"attribute": "multi_exit_disc", "before": None, "after": 30}]

    def why(prefix):
        answer = peers(bgpd, prefix, peer=lab.addr(3))
        assert list(answer) == [lab.addr(3)]
        return answer[lab.addr(3)]
    assert why("10.2.0.0/16")["withheld"] == "community NO_EXPORT"
    assert why("10.2.0.0/16")["export"] is None
    assert why("10.4.0.0/16")["withheld"] == "community NO_ADVERTISE"
    assert why("10.3.0.0/16")["withheld"] == "policy out rule secret"
    assert place(why("10.3.0.0/16")["withheld_by"]) == ("out", "secret", 1)
    bgpd.call("advertise_route", prefix="10.5.0.0/16", next_hop=lab.addr(3))
    assert why("10.5.0.0/16")["withheld"] == "the next hop is the peer itself"


def test_export_hits(lab):
    """Routes that go out count, once for all who are not told apart; who reads does not."""
    rules = [{"if": {"community": "65002:9"}, "set": {"med": 3}},
             {"if": {"prefix_length": "24"}, "set": {"mark": "small"}},
             {"if": {"community": "{peer.as}:1"}, "set": {"med": 4}},
             {"if": {"as_path_length": "9"}, "then": "reject"}]
    bgpd = lab.bgpd({"policies": {"out": {"rules": rules}}}, peers=[
        lab.peer(n, 65000 + n, **EVERYTHING, export=["out"]) for n in range(2, 6)])
    sessions = {n: lab.session(n, 65000 + n) for n in range(2, 6)}
    bgpd.wait_established(*map(lab.addr, sessions))
    sessions[2].announce(*(route(f"10.{n}.0.0/24", communities=["65002:9", "65003:1"])
                           for n in range(100)))
    for n in range(3, 6):
        wait_for(lambda n=n: len(sessions[n].received()) == 100)

    def hits():
        return [rule["hits"] for rule in bgpd.call("show_policies")[0]["rules"]]
    before = hits()
    assert all(h["import"] == 0 for h in before)
    assert [min(h["export"], 100) for h in before] == [100, 100, 100, 0]
    for _ in range(2):
        explain(bgpd, "10.1.0.0/24", out=True)
        bgpd.call("show_routes_advertised")
        bgpd.call("show_routes_advertised", withheld=True)
    assert hits() == before


def test_other_families(lab):
    """Flows are found by their prefixes, and VPN routes under each route distinguisher."""
    families = ["ipv4 unicast", "ipv4 flow", "ipv4 vpn"]
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, **EVERYTHING, families=families)])
    lab.session(2, 65002, families=families)
    bgpd.wait_established(lab.addr(2))
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1")
    for rd in ("65000:1", "65000:2"):
        bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1", rd=rd, labels=[100])
    bgpd.call("advertise_flow", afi=1, action="drop", matches=[f"destination {PREFIX}", "port 80"])

    def found(**params):
        answer = bgpd.call("explain", prefix=PREFIX, out=True, **params)
        assert all([p["told"] for p in e["peers"]] == [True] for e in answer)
        return [(e["safi"], e.get("rd")) for e in answer]
    assert found() == [("Unicast", None), ("Flowspec", None), ("VPN", "65000:1"), ("VPN", "65000:2")]
    assert found(family="ipv4 vpn", rd="65000:2") == [("VPN", "65000:2")]
    text = bgpd.cli("explain", PREFIX, "--out", check=True).stdout
    assert f"65000:1 {PREFIX} (IPv4 / VPN)\n" in text and "labels 100" in text
    assert f"destination {PREFIX}; port =80 (IPv4 / Flowspec)\n" in text


def test_text(lab):
    policies = {"in": {"rules": [{"name": "liked", "set": {"local_pref": 300}, "then": "accept"}]},
                "out": {"default": "reject"}}
    bgpd = lab.bgpd({"policies": policies}, peers=[
        lab.peer(2, 65002, **{"import": "in"}, **EVERYTHING), lab.peer(3, 65003, **EVERYTHING),
        *(lab.peer(n, 65004, **EVERYTHING, **({"export": "out"} if n < 15 else {}))
          for n in range(4, 16))])
    one, other = lab.session(2, 65002), lab.session(3, 65003)
    for n in range(4, 16):
        lab.session(n, 65004)
    bgpd.wait_established(*map(lab.addr, range(2, 16)))
    one.announce(route())
    other.announce(route(path=(65003, 65000)))
    learned(bgpd, 2)
    text = bgpd.cli("explain", PREFIX, "--out", check=True).stdout
    file = bgpd.path("config.toml")
    assert f"* from {lab.addr(2)}, next hop 10.254.0.9, AS path 65002, local pref 300" in text
    assert f"    accepted by in rule liked ({file}:" in text
    assert "): local_pref none → 300\n" in text and "    the best\n" in text
    assert "    not used: AS path loop\n" in text
    assert f"  told to {lab.addr(3)}, {lab.addr(15)}\n" in text or \
        f"  told to {lab.addr(15)}, {lab.addr(3)}\n" in text
    assert " and 3 others\n    rejected by out default (" in text
    text = bgpd.cli("show", "policies", check=True).stdout
    assert f"in ({file}:" in text and "liked" in text and "(default)" in text
    assert f": {lab.addr(2)}\n" in text
    done = bgpd.cli("explain", "10.77.0.0/16")
    assert done.returncode == 0 and done.stdout == "no routes\n"


# --- against what happens ---

def random_condition(rng, depth=2):
    kinds = [
        lambda: {"prefix": rng.choice(["10.0.0.0/8 le 14", "10.128.0.0/9 ge 16", "10.0.0.0/9 le 24"])},
        lambda: {"prefix_length": rng.choice(["8-12", "16", "17-24"])},
        lambda: {"community": rng.choice(["65000:*", "65000:1", "65001:1-2"])},
        lambda: {"as_path_length": rng.choice(["1", "2-3", "3"])},
        lambda: {"med": rng.choice(["0-10", "5", "20-40"])},
        lambda: {"local_pref": rng.choice(["100", "50-99", "200"])},
        lambda: {"origin_as": rng.choice([7, 8, 65002])},
        lambda: {"origin": rng.choice(["IGP", "EGP"])},
        lambda: {"mark": rng.choice(["red", "blue"])},
        lambda: {"community": rng.choice(["{peer.as}:1", "{neighbor.as}:2"])},
        lambda: {"as_path": rng.choice(["_7_", "^65002", "8( 9)?$"])},
        lambda: {"source": rng.choice(["internal", "external", "api"])},
    ]
    if depth > 0 and rng.random() < 0.4:
        parts = [random_condition(rng, depth - 1) for _ in range(2)]
        return rng.choice([{"any": parts}, {"all": parts}, {"not": parts[0]}])
    return rng.choice(kinds)()


def random_set(rng):
    kinds = {"local_pref": [50, 200], "med": ["+5", "-3", 30, "remove"],
             "origin": ["IGP", "Incomplete"], "mark": ["red", "blue"], "weight": [1, 2],
             "communities": [{"add": ["{peer.as}:1"]}, {"remove": ["65001:*"], "add": ["65000:7"]},
                             {"replace": ["65003:1"]}],
             "prepend": [{"as": "self", "count": 1}, {"as": 65009, "count": 2}],
             "next_hop": ["self", "10.254.1.1", "unchanged"]}
    return {k: rng.choice(kinds[k]) for k in rng.sample(sorted(kinds), rng.randint(1, 2))}


def random_policy(rng):
    rules = []
    for n in range(rng.randint(1, 5)):
        rule = {"if": random_condition(rng)} if rng.random() < 0.9 else {}
        if rng.random() < 0.7:
            rule["set"] = random_set(rng)
        if rng.random() < 0.6 or "set" not in rule:
            rule["then"] = rng.choice(["accept", "reject", "next"])
        if rng.random() < 0.5:
            rule["name"] = f"rule-{n}"
        rules.append(rule)
    return {"rules": rules, "default": rng.choice(["accept", "next", "next", "reject"])}


def random_routes(rng, asn, count=60):
    prefixes = [f"10.{rng.randrange(0, 256, 16)}.0.0/{rng.choice([12, 16, 20, 24])}"
                for _ in range(count)]
    return [route(prefix, (asn, *rng.sample([7, 8, 9], rng.randint(0, 2))),
                  origin=rng.choice(["IGP", "EGP", "Incomplete"]), med=rng.choice([None, 5, 12, 30]),
                  communities=rng.sample(["65000:1", "65001:1", "65001:2", "no-export"],
                                         rng.randint(0, 2)))
            for prefix in sorted(set(prefixes))]


def compare_paths(bgpd, explanation, table):
    for path in explanation["paths"]:
        view = table[explanation["prefix"], path["source"]]
        common = set(view) - {"age"}
        assert {k: view[k] for k in common} == {k: path[k] for k in common}
        policy = path["import"]
        assert (policy["result"] == "accept") == ("filtered" not in view)
        if "filtered" in view:
            assert policy["by"] == view["filtered_by"]
        changed = {c["attribute"]: c["after"] for step in policy["steps"] for c in step["changes"]
                   if "after" in c}
        if policy["result"] == "accept":
            assert changed == {key: view.get(key, 0 if key == "weight" else None) for key in changed}
        assert (path["step"] is None) == (path["best"] or all(not p["best"]
                                                              for p in explanation["paths"]))
    assert sum(p["best"] for p in explanation["paths"]) == \
        any("filtered" not in p for p in explanation["paths"])


def compare_peers(explanation, received):
    """What is told is what came, as it came."""
    for view in explanation["peers"]:
        came = received[view["source"]].get(explanation["prefix"])
        assert view["told"] == (came is not None), (view, came)
        assert not view["pending"]
        if came is None:
            assert view["withheld"]
            continue
        assert view["as_path"] == " ".join(map(str, came.as_path))
        assert (view["multi_exit_disc"], view["origin"], view["next_hop"]) == \
            (came.med, came.origin, came.next_hop)
        assert {community(c) for c in view["communities"]} == came.communities
        assert view["export"] is None or view["export"]["result"] == "accept"


@pytest.mark.parametrize("seed", range(6))
def test_random_policies(lab, seed):
    """Of each prefix it is asked what happens to it; and again when all policies have changed."""
    rng = random.Random(seed)
    asns = {2: 65002, 3: 65003, 4: 65004, 5: 65005, 6: 65000}

    def policies():
        return {f"p{n}": random_policy(rng) for n in range(4)}

    def chains():
        return {d: rng.sample(["p0", "p1", "p2", "p3"], rng.randint(1, 3))
                for d in ("import", "export")}
    bgpd = lab.bgpd({"policies": policies()},
                    peers=[lab.peer(n, asn, **EVERYTHING, **chains()) for n, asn in asns.items()])
    sessions = {n: lab.session(n, asn) for n, asn in asns.items()}
    bgpd.wait_established(*map(lab.addr, sessions))
    routes = {n: random_routes(rng, asns[n]) for n in (2, 3, 4)}
    for n, announced in routes.items():
        sessions[n].announce(*announced)
    learned(bgpd, sum(map(len, routes.values())))

    def explanations():
        return [e for prefix in sorted({r.prefix for rs in routes.values() for r in rs})
                for e in bgpd.call("explain", prefix=prefix, out=True)]

    def settled_down():
        return not any(view["pending"] for e in explanations() for view in e["paths"] + e["peers"]) \
            and all(len(s.received()) == bgpd.peer(lab.addr(n))["prefixes_advertised"]
                    for n, s in sessions.items())

    def as_explained():
        table = {(v["prefix"], v["source"]): v for v in bgpd.call("show_routes")["routes"]}
        received = {lab.addr(n): s.received() for n, s in sessions.items()}
        for explanation in explanations():
            compare_paths(bgpd, explanation, table)
            compare_peers(explanation, received)
        return True

    def compare():
        wait_for(settled_down)
        wait_for(as_explained)  # what has been sent is yet to arrive
    compare()
    for n, asn in asns.items():
        bgpd.peer_config(lab.addr(n)).update(chains())
        assert asn
    assert bgpd.reload(policies=policies())["sessions_reset"] == 0
    compare()
