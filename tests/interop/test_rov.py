"""Origin and path validation: what VRPs and ASPAs say decides on import and on export, of routes of
peers and of our own, and what changes with them is told at once, and nothing else."""

from support import rtr
from support.route import Route, community
from support.wait import stays, wait_for

HOP = "10.254.0.9"
EVERYTHING = ["api", "config", "peer"]
COUNT = 60


def prefix(n):
    return f"10.{n}.0.0/16"


def policy(*rules, default="next"):
    return {"default": default, "rules": list(rules)}


DROP_INVALID = policy({"name": "invalid", "if": {"rov": "invalid"}, "then": "reject"})
MARK = policy({"if": {"rov": "valid"}, "set": {"communities": {"add": ["65000:1"]}}},
              {"if": {"rov": "invalid"}, "set": {"communities": {"add": ["65000:2"]}}},
              {"if": {"rov": "not-found"}, "set": {"communities": {"add": ["65000:3"]}}})


class Net:
    """BGPd with a source (2) of routes of AS 64500, and two (3, 4) that are told of them."""

    def __init__(self, lab, config, options=None, origin=64500):
        self.lab = lab
        self.bgpd = lab.bgpd(config, peers=[
            lab.peer(n, 65000 + n, passive=True, advertise_sources=EVERYTHING, **(options or {}).get(n, {}))
            for n in (2, 3, 4)])
        self.at = {n: lab.session(n, 65000 + n) for n in (2, 3, 4)}
        self.at[2].announce(*(Route(prefix(n), HOP, (65002, origin)) for n in range(COUNT)))
        self.bgpd.wait_established(*(s.address for s in self.at.values()))
        self.sessions = self.bgpd.sessions()

    def vrps(self, *vrps, **more):
        summary = self.bgpd.reload(rpki={"vrps": list(vrps), **more})
        assert (summary["sessions_reset"], summary["sessions_ended"]) == (0, 0)

    def holds(self, n, *numbers):
        wait_for(lambda: set(self.at[n].received()) == {prefix(i) for i in numbers},
                 what=f"{n} holds {numbers[:5]} …")

    def told(self, n):
        """How many prefixes have been announced and withdrawn to a peer so far."""
        updates = self.at[n].updates()
        return sum(len(u.announced) for u in updates), sum(len(u.withdrawn) for u in updates)

    def is_marked(self, n, of, text):
        route = self.at[n].received().get(prefix(of))
        return route is not None and list(route.communities) == [community(text)]

    def close(self):
        assert self.bgpd.sessions() == self.sessions


def all_but(*numbers):
    return [n for n in range(COUNT) if n not in numbers]


# --- import ---

def test_a_route_that_turns_invalid_is_withdrawn_and_comes_back(lab):
    net = Net(lab, {"policies": {"in": DROP_INVALID}}, {2: {"import": ["in"]}})
    net.holds(3, *range(COUNT))
    net.vrps("10.1.0.0/16 64501", "10.2.0.0/16 64500", "10.4.0.0/14 le 15 64500")
    for n in (3, 4):
        net.holds(n, *all_but(1, 4, 5, 6, 7))
        assert net.told(n) == (COUNT, 5)
    reason = [r for r in net.bgpd.call("show_routes_learned", from_peer=lab.addr(2), filtered=True)
              if r["prefix"] == prefix(1)]
    assert [r["filtered"] for r in reason] == ["policy in rule invalid"]
    net.vrps("10.1.0.0/16 64501", "10.1.0.0/16 64500", "10.2.0.0/16 0", "10.4.0.0/14 le 16 64500")
    net.holds(3, *all_but(2))
    assert net.told(3) == (COUNT + 5, 6)
    net.vrps()
    net.holds(3, *range(COUNT))
    assert net.told(3) == (COUNT + 6, 6)
    net.close()


def test_a_set_has_no_origin(lab):
    net = Net(lab, {"policies": {"in": DROP_INVALID}, "rpki": {"vrps": ["10.0.0.0/8 le 16 64500"]}},
              {2: {"import": ["in"]}}, origin="{64500}")
    stays(lambda: net.at[3].received() == {})
    net.vrps()
    net.holds(3, *range(COUNT))
    net.close()


def test_only_what_is_covered_is_evaluated_again(lab):
    net = Net(lab, {"policies": {"in": MARK}}, {2: {"import": ["in"]}})
    net.holds(3, *range(COUNT))
    assert net.is_marked(3, 7, "65000:3")
    before = net.told(3)
    hits = net.bgpd.call("show_policies")[0]["rules"]
    net.vrps("10.7.0.0/16 64500", "10.8.0.0/15 1")
    wait_for(lambda: net.is_marked(3, 7, "65000:1") and all(net.is_marked(3, n, "65000:2") for n in (8, 9)))
    assert net.told(3) == (before[0] + 3, 0)
    now = net.bgpd.call("show_policies")[0]["rules"]
    assert [r["hits"]["import"] - b["hits"]["import"] for r, b in zip(now, hits)] == [1, 2, 0]
    net.close()


def test_vrps_in_the_place_of_others_tell_nobody_anything(lab):
    """What a cache replaces, as differences and when it has begun anew, is judged when all of it is
    there, and not with half of it."""
    routes = [Route(p, HOP, (65002, 64500)) for p, _, _ in rtr.some_roas(20000)]
    with rtr.Cache(lab.addr(7)) as cache:
        def roas(longest):
            return [(r.prefix, longest, 64500) for r in routes]
        bgpd = lab.bgpd({"policies": {"in": MARK},
                         "rpki": {"caches": [{"address": lab.addr(7), "version": 1, "port": rtr.PORT}]}},
                        peers=[lab.peer(2, 65002, passive=True, **{"import": ["in"]}),
                               lab.peer(3, 65003, passive=True, advertise_sources=EVERYTHING)])
        connection = cache.serve(roas(24))
        session, member = lab.session(2, 65002), lab.session(3, 65003)
        wait_for(lambda: bgpd.call("show_rpki")["totals"]["vrps_ipv4"] == len(routes))
        session.announce(*routes)
        wait_for(lambda: len(member.received()) == len(routes))
        serial = 5

        def update(*answer):
            nonlocal serial
            serial += 1
            connection.send(rtr.notify(1, 77, serial))
            connection.expect(rtr.SERIAL_QUERY)
            connection.send(*answer)

        def settled():
            cache, = bgpd.call("show_rpki")["caches"]
            return cache["serial"] == serial and cache["state"] == "in sync"

        update(rtr.pdu(1, rtr.RESPONSE, 77), rtr.vrps(1, roas(24), False), rtr.vrps(1, roas(25)),
               rtr.end(1, 77, serial + 1))
        wait_for(settled)
        update(rtr.pdu(1, rtr.RESET))
        connection.expect(rtr.RESET_QUERY)
        connection.send(rtr.pdu(1, rtr.RESPONSE, 78), rtr.vrps(1, roas(26)), rtr.end(1, 78, serial))
        wait_for(settled)
        bgpd.call("advertise_route", prefix="192.0.2.0/24", next_hop=HOP)
        wait_for(lambda: "192.0.2.0/24" in member.received())
        updates = member.updates()
        assert sum(len(u.announced) for u in updates) == len(routes) + 1
        assert sum(len(u.withdrawn) for u in updates) == 0


# --- export ---

def test_exports_that_depend_on_it(lab):
    """Member 3 is not told what is invalid, member 4 is; of routes of peers, of the API and of the
    configuration."""
    net = Net(lab, {"policies": {"out": DROP_INVALID}}, {
        3: {"export": ["out"], "static_routes": [
            {"prefix": "10.201.0.0/16", "next_hop": HOP},
            {"prefix": "10.202.0.0/16", "next_hop": HOP, "as_path": ["64500"]}]}})
    net.bgpd.call("advertise_route", prefix=prefix(100), next_hop=HOP)
    net.bgpd.call("advertise_route", prefix=prefix(101), next_hop=HOP, as_path=["64500"])
    ours = [100, 101]
    net.holds(3, *range(COUNT), *ours, 201, 202)
    net.holds(4, *range(COUNT), *ours)
    before = net.told(4)
    net.vrps("10.1.0.0/16 64501", "10.100.0.0/16 64500", "10.101.0.0/16 65000",
             "10.201.0.0/16 64500", "10.202.0.0/16 65000")
    net.holds(3, *all_but(1))
    assert net.bgpd.call("show_routes_advertised", to_peer=lab.addr(3), withheld=True)[0]["withheld"] \
        == "policy out rule invalid"
    net.vrps("10.1.0.0/16 64500", "10.100.0.0/15 le 16 65000", "10.201.0.0/16 65000",
             "10.202.0.0/16 65000")
    net.holds(3, *range(COUNT), 100, 201)
    net.vrps()
    net.holds(3, *range(COUNT), *ours, 201, 202)
    assert net.told(4) == before  # to whom it means nothing
    net.close()


def test_an_export_policy_comes_to_ask_and_ceases_to(lab):
    """What is noted for it is noted as long as somebody asks."""
    net = Net(lab, {"policies": {"out": DROP_INVALID, "all": policy()}, "rpki": {"vrps": ["10.1.0.0/16 1"]}})
    net.bgpd.call("advertise_route", prefix="10.1.128.0/17", next_hop=HOP)
    wait_for(lambda: len(net.at[3].received()) == COUNT + 1)
    net.bgpd.peer_config(lab.addr(3))["export"] = ["out"]
    net.bgpd.reload()
    net.holds(3, *all_but(1))
    net.bgpd.peer_config(lab.addr(3))["export"] = ["all"]
    net.bgpd.reload()
    wait_for(lambda: len(net.at[3].received()) == COUNT + 1)
    wait_for(lambda: net.told(4) == (COUNT + 1, 0))
    net.close()


def test_changes_during_a_session_that_comes(lab):
    net = Net(lab, {"policies": {"out": MARK}}, {3: {"export": ["out"]}, 4: {"export": ["out"]}})
    net.holds(3, *range(COUNT))
    assert net.is_marked(3, 1, "65000:3")
    net.vrps("10.0.0.0/8 le 16 64500")
    wait_for(lambda: all(net.is_marked(n, i, "65000:1") for n in (3, 4) for i in range(COUNT)))
    net.at[3].close()
    net.bgpd.wait_down(lab.addr(3))
    net.at[3] = lab.session(3, 65003)
    wait_for(lambda: all(net.is_marked(3, i, "65000:1") for i in range(COUNT)))


# --- ASPA ---

def test_an_invalid_path_is_kept_and_not_used(lab):
    net = Net(lab, {"policies": {"in": policy({"if": {"aspa": "valid"}, "set": {"med": 7}})}},
              {2: {"role": "provider", "import": ["in"]}})
    net.holds(3, *range(COUNT))
    net.vrps(aspas=["64500: 65001"])
    net.holds(3)
    reason = net.bgpd.call("show_routes_learned", from_peer=lab.addr(2), filtered=True)
    assert {r["filtered"] for r in reason} == {"AS path is invalid by ASPAs"}
    assert net.bgpd.call("explain", prefix=prefix(1))[0]["paths"][0]["filtered"] \
        == "AS path is invalid by ASPAs"
    net.vrps(aspas=["64500: 65001 65002"])
    net.holds(3, *range(COUNT))
    wait_for(lambda: net.bgpd.best(prefix(3))["multi_exit_disc"] == 7)
    net.vrps(aspas=["65002: 0"])
    wait_for(lambda: net.bgpd.best(prefix(3))["multi_exit_disc"] is None)  # unknown, and used
    net.vrps(aspas=["64500: 0"])
    net.holds(3)
    net.bgpd.peer_config(lab.addr(2))["reject_aspa_invalid"] = False
    net.bgpd.reload()
    net.holds(3, *range(COUNT))
    net.vrps()
    net.close()


def test_without_a_role_no_path_is_verified(lab):
    net = Net(lab, {"rpki": {"aspas": ["64500: 1"]}})
    net.holds(3, *range(COUNT))
    net.close()


def test_exports_that_depend_on_paths(lab):
    out = policy({"if": {"aspa": "invalid"}, "then": "reject"})
    net = Net(lab, {"policies": {"out": out}},
              {2: {"role": "provider", "reject_aspa_invalid": False}, 3: {"export": ["out"]}})
    net.holds(3, *range(COUNT))
    net.holds(4, *range(COUNT))
    net.vrps(aspas=["64500: 1", "65002: 1"])
    net.holds(3)
    assert net.told(4) == (COUNT, 0)
    net.vrps()
    net.holds(3, *range(COUNT))
    net.close()


# --- what is shown ---

def test_it_is_shown(lab):
    net = Net(lab, {"policies": {"in": DROP_INVALID},
                    "rpki": {"vrps": ["10.1.0.0/16 64501", "10.1.0.0/16 le 24 64502", "10.2.0.0/16 64500"]}},
              {2: {"import": ["in"]}})
    net.holds(3, *all_but(1))
    bgpd, source = net.bgpd, lab.addr(2)
    state = {r["prefix"]: r["rov"] for r in bgpd.call("show_routes_learned", from_peer=source)}
    assert state == {prefix(n): {1: "invalid", 2: "valid"}.get(n, "not-found") for n in range(COUNT)}
    for word, numbers in (("invalid", [1]), ("valid", [2]), ("not-found", all_but(1, 2))):
        for method in ("show_routes", "show_routes_learned"):
            answer = bgpd.call(method, rov=word)
            routes = answer["routes"] if method == "show_routes" else answer
            assert [r["prefix"] for r in routes] == [prefix(n) for n in numbers]
    text = bgpd.cli("show", "routes", "--rov", "invalid", check=True).stdout
    assert "10.1.0.0/16" in text and "invalid" in text and "10.2.0.0/16" not in text
    assert bgpd.cli("show", "routes", "--rov", "bad").returncode != 0
    origin = bgpd.call("explain", prefix=prefix(1))[0]["paths"][0]["origin_validation"]
    assert origin["state"] == "invalid" and origin["origin_as"] == 64500
    assert {(v["prefix"], v["max_length"], v["as"]) for v in origin["vrps"]} == \
        {("10.1.0.0/16", 16, 64501), ("10.1.0.0/16", 24, 64502)}
    text = bgpd.cli("explain", prefix(1), check=True).stdout
    assert "origin AS 64500: invalid by 10.1.0.0/16 " in text and "10.1.0.0/16 le 24 64502" in text
    test = {"policy": ["in"], "prefix": prefix(1), "as_path": ["65002", "64500"], "peer_as": 65002}
    assert bgpd.call("policy_test", **test)["result"] == "reject"
    assert bgpd.call("policy_test", **{**test, "as_path": ["65002", "64501"]})["result"] == "accept"


def test_what_is_rejected_is_kept_where_it_depends_on_it(lab):
    """RFC 9324: although rejected routes are not kept otherwise, nobody is asked for a refresh."""
    reject = policy({"if": {"rov": "invalid"}, "then": "reject"})
    net = Net(lab, {"policies": {"in": reject}, "rpki": {"vrps": ["10.1.0.0/16 1"]}},
              {2: {"import": ["in"], "keep_filtered": False}})
    net.holds(3, *all_but(1))
    net.vrps()
    net.holds(3, *range(COUNT))
    net.close()
