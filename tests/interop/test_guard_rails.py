"""Guard rails of what the API announces: limits by owner, and dry runs."""

import os
import random
import re

import pytest

from support.rpc import RpcError
from support.wait import stays, wait_for

NEXT_HOP = "10.254.0.1"
LIMITED = -32005
SEEDS = range(int(os.environ.get("DRY_RUN_SEEDS", "3")))
DDOS = {"owner": "ddos", "within": ["192.0.2.0/24", "customers"],
        "routes": {"max": 0}, "blackholes": {"max": 2, "ipv4": 32},
        "flows": {"max": 3, "ipv4": "24-32", "needs_destination": True}}
OTHERS = {"routes": {"max": 3, "ipv4": "8-24"}}
SETS = {"prefix_sets": {"customers": ["198.51.100.0/24"]}}


def route(bgpd, prefix, **more):
    return bgpd.call("advertise_route", prefix=prefix, next_hop=NEXT_HOP, **more)


def blackhole(bgpd, prefix, **more):
    return route(bgpd, prefix, communities=["blackhole"], owner="ddos", **more)


def flow(bgpd, *matches, **more):
    return bgpd.call("advertise_flow", afi=1, action="drop", matches=list(matches),
                     **{"owner": "ddos", **more})


def refused(why, call, *args, **more):
    with pytest.raises(RpcError) as caught:
        call(*args, **more)
    assert caught.value.code == LIMITED
    assert why in caught.value.message
    return caught.value


def prefixes(bgpd, **more):
    return sorted(r["prefix"] for r in bgpd.call("show_originated", **more)["routes"])


@pytest.fixture
def limited(lab):
    return lab.bgpd({**SETS, "originate_limits": [DDOS, OTHERS]},
                    peers=[lab.peer(2, 65002, passive=True)])


def test_limits(limited):
    """Each kind has its own, and what is refused is not announced."""
    bgpd = limited
    error = refused("no routes are permitted", route, bgpd, "192.0.2.0/24", owner="ddos")
    place = error.data["limit"]
    assert error.message.endswith(f"(originate_limits of 'ddos', {place})")
    assert place.split(":")[-2].isdigit()
    refused("10.0.0.1/32 is not within 192.0.2.0/24, customers", blackhole, bgpd, "10.0.0.1/32")
    refused("192.0.2.0/25 has a length of 25, and IPv4 blackholes must have one of 32",
            blackhole, bgpd, "192.0.2.0/25")
    blackhole(bgpd, "192.0.2.1/32")
    blackhole(bgpd, "198.51.100.1/32")
    refused("no more than 2 blackholes are permitted", blackhole, bgpd, "192.0.2.3/32")
    refused("flows need a destination, as a prefix", flow, bgpd, "port 53")
    refused("flows need a destination, other than all", flow, bgpd, "destination 0.0.0.0/0")
    for port in (1, 2, 3):
        flow(bgpd, "destination 192.0.2.0/24", f"port {port}")
    refused("no more than 3 flows are permitted", flow, bgpd, "destination 192.0.2.0/24", "port 4")
    assert len(prefixes(bgpd)) == 5
    # Each owner without a limit of its own has that of all others; of nobody is one, too.
    for k, owner in enumerate(({}, {"owner": "a"}, {"owner": "b"})):
        for n in range(3):
            route(bgpd, f"10.{3 * k + n}.0.0/16", **owner)
        refused("no more than 3 routes are permitted (originate_limits, ", route, bgpd,
                "10.99.0.0/16", **owner)
    refused("10.98.0.0/25 has a length of 25, and IPv4 routes must have one of 8 to 24",
            route, bgpd, "10.98.0.0/25", owner="c")
    # Blackholes of those of whom that is not said otherwise are routes.
    refused("must have one of 8 to 24", route, bgpd, "10.98.0.1/32", communities=["blackhole"],
            owner="c")
    bgpd.call("withdraw_route", "10.0.0.0/16")
    route(bgpd, "10.99.0.0/16")


def test_what_takes_its_own_place_counts_once(limited, lab):
    """Leases are renewed at the limit; another aim, another owner and another kind are one more."""
    bgpd = limited
    blackhole(bgpd, "192.0.2.1/32", ttl="1h")
    blackhole(bgpd, "192.0.2.2/32")
    blackhole(bgpd, "192.0.2.1/32", ttl="2h")
    blackhole(bgpd, "192.0.2.1/32", label="changed")
    refused("no more than 2", blackhole, bgpd, "192.0.2.1/32", to=lab.addr(2))
    refused("no routes are", route, bgpd, "192.0.2.1/32", owner="ddos")
    route(bgpd, "10.0.0.0/16")
    refused("not within", route, bgpd, "10.0.0.0/16", communities=["blackhole"], owner="ddos")
    for n in range(1, 3):
        route(bgpd, f"10.{n}.0.0/16")
    route(bgpd, "10.5.0.0/16", owner="a")
    refused("no more than 3", route, bgpd, "10.5.0.0/16")  # it would come to be nobody's
    assert [r["owner"] for r in bgpd.call("show_originated", owner="a")["routes"]] == ["a"]
    bgpd.call("withdraw_route", "10.2.0.0/16")
    route(bgpd, "10.5.0.0/16")
    assert prefixes(bgpd, owner="a") == []
    for n in range(6, 9):
        route(bgpd, f"10.{n}.0.0/16", owner="a")


def test_all_of_a_call_count_together(limited, lab):
    """All or nothing, and dry runs, know what the items before would have led to: nothing is
    announced, not for a moment, where one would be too many."""
    bgpd = limited
    speaker = lab.session(2, 65002)
    many = {"routes": [f"10.{n}.0.0/16" for n in range(5)], "next_hop": NEXT_HOP, "owner": "a"}
    for dry in (False, True):
        error = refused("nothing was advertised: routes[3]: not permitted: no more than 3",
                        bgpd.call, "advertise_routes", all_or_nothing=True, dry_run=dry, **many)
        assert [e["index"] for e in error.data["errors"]] == [3, 4]
    answer = bgpd.call("advertise_routes", dry_run=True, **many)
    assert (answer["advertised"], [e["index"] for e in answer["errors"]]) == (3, [3, 4])
    assert prefixes(bgpd) == []
    # Of several to the same the last one counts, and those that are there take their own place.
    same = ["10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/16", "10.2.0.0/16", "10.1.0.0/16"]
    for dry in (True, False):
        answer = bgpd.call("advertise_routes", routes=same, next_hop=NEXT_HOP, owner="a",
                           all_or_nothing=True, dry_run=dry)
        assert (answer["advertised"], answer["failed"]) == (5, 0)
    # What goes over to another owner is one less of the first.
    items = [{"prefix": "10.0.0.0/16", "owner": "b"}, {"prefix": "10.3.0.0/16", "owner": "a"},
             {"prefix": "10.4.0.0/16", "owner": "a"}]
    refused("routes[2]: not permitted: no more than 3", bgpd.call, "advertise_routes", routes=items,
            next_hop=NEXT_HOP, all_or_nothing=True, dry_run=True)
    answer = bgpd.call("advertise_routes", routes=items[:2], next_hop=NEXT_HOP, all_or_nothing=True)
    assert answer["advertised"] == 2
    assert prefixes(bgpd, owner="a") == ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]


def test_limits_hold_for_every_way(limited, lab):
    """The command line, many in a request, and what scripts for ExaBGP say."""
    bgpd = limited
    told = bgpd.cli("advertise", "route", "10.0.0.0/25", NEXT_HOP)
    assert (told.returncode, told.stdout) == (1, "")
    assert "not permitted: 10.0.0.0/25 has a length of 25" in told.stderr
    answers = bgpd.rpc.exchange([{"jsonrpc": "2.0", "id": n, "method": "advertise_route", "params": {
        "prefix": f"10.{n}.0.0/16", "next_hop": NEXT_HOP, "owner": "batch"}} for n in range(5)])
    assert ["error" in answer for answer in answers] == [False] * 3 + [True] * 2
    many = bgpd.call("advertise_routes", owner="many", next_hop=NEXT_HOP,
                     routes=[f"10.{n}.0.0/16" for n in range(5)])
    assert (many["advertised"], many["failed"]) == (3, 2)
    assert [e["code"] for e in many["errors"]] == [LIMITED] * 2
    refused("nothing was advertised: routes[3]: not permitted: no more than 3", bgpd.call,
            "advertise_routes", owner="whole", next_hop=NEXT_HOP, all_or_nothing=True,
            routes=[f"10.{n}.0.0/16" for n in range(5)])
    assert prefixes(bgpd, owner="whole") == []
    told = bgpd.cli("pipe", "--owner", "ddos", stdin=(
        f"announce route 192.0.2.1/32 next-hop {NEXT_HOP} community 65535:666\n"
        f"announce route 192.0.3.1/32 next-hop {NEXT_HOP} community 65535:666\n"
        "announce flow route { match { port 53; } then { discard; } }\n"))
    assert told.stdout == "done\nerror\nerror\n"
    assert prefixes(bgpd, owner="ddos") == ["192.0.2.1/32"]


@pytest.fixture
def beyond(lab):
    """BGPd that announces more than limits, which come now, permit; and a GoBGP."""
    bgpd = lab.bgpd({**SETS, "state": {"path": "state.db"}}, peers=[lab.peer(2, 65002)])
    gobgp = lab.real("gobgp", 2, 65002)
    bgpd.wait_established(lab.addr(2))
    for n in range(5):
        route(bgpd, f"10.{n}.0.0/16", owner="a")
    for prefix in ("10.9.0.0/25", "10.9.1.0/24"):
        route(bgpd, prefix, owner="b", ttl="1h")
    blackhole(bgpd, "192.0.2.1/32")
    blackhole(bgpd, "10.9.9.9/32")
    wait_for(lambda: len(gobgp.received()) == 9)
    return bgpd, gobgp


LINES = [
    "originate_limits of 'ddos', {}: 1 that are announced are not permitted any more, and stay: "
    "`bgpd show originated --beyond-limits`",
    "originate_limits, {}: 1 that are announced are not permitted any more, and stay: "
    "`bgpd show originated --beyond-limits`",
    "originate_limits, {}: no more than 3 routes are permitted, and 'a' has 5, which stay",
]


def without_places(lines):
    return [re.sub(r", \S+:\d+:\d+: ", ", {}: ", line, count=1) for line in lines]


def test_a_reload_ends_nothing(beyond):
    """What is beyond a new limit stays, and is told of; it is not renewed."""
    bgpd, gobgp = beyond
    summary = bgpd.reload(originate_limits=[DDOS, OTHERS])
    assert without_places(summary["warnings"]) == LINES
    assert summary["keys_changed"] == ["originate_limits"]
    bgpd.wait_log("warning reload: originate_limits, ")
    stays(lambda: len(gobgp.received()) == 9)
    why = {r["prefix"]: r.get("beyond_limit") for r in bgpd.call("show_originated")["routes"]}
    assert {p for p, w in why.items() if w} == {"10.9.0.0/25", "10.9.9.9/32"}
    assert why["10.9.0.0/25"].startswith(
        "10.9.0.0/25 has a length of 25, and IPv4 routes must have one of 8 to 24 "
        "(originate_limits, ")
    assert prefixes(bgpd, beyond_limits=True) == ["10.9.0.0/25", "10.9.9.9/32"]
    assert prefixes(bgpd, beyond_limits=True, owner="b") == ["10.9.0.0/25"]
    shown = bgpd.cli("show", "originated", "--beyond-limits", check=True).stdout
    assert "10.9.9.9/32" in shown and "10.1." not in shown
    refused("has a length of 25", route, bgpd, "10.9.0.0/25", owner="b", ttl="1h")
    refused("no more than 3", route, bgpd, "10.5.0.0/16", owner="a")
    route(bgpd, "10.1.0.0/16", owner="a", ttl="1h")  # one of five, again
    bgpd.call("withdraw_route", "10.9.0.0/25")
    wait_for(lambda: len(gobgp.received()) == 8)
    assert bgpd.reload()["warnings"] != []  # still so
    bgpd.reload(originate_limits=[], prefix_sets={})
    assert bgpd.reload()["warnings"] == []
    route(bgpd, "10.9.0.0/25", owner="b")


def test_a_reload_holds_many_against_limits(lab):
    """What waits for that does not keep the processor busy meanwhile."""
    bgpd = lab.bgpd({"originate_limits": [{"routes": {"max": 100000}}]},
                    peers=[lab.peer(2, 65002, passive=True)])
    bgpd.call("advertise_routes", routes=[
        {"prefix": f"10.{n >> 8}.{n & 255}.0/24", "next_hop": NEXT_HOP} for n in range(30000)])
    before = bgpd.processor_s()
    summary = bgpd.reload(originate_limits=[{"routes": {"max": 20000}}])
    assert "no more than 20000 routes are permitted, and those of nobody are 30000" in \
        summary["warnings"][-1]
    assert bgpd.processor_s() - before < 1


def test_a_restart_ends_nothing(beyond):
    """Nor does a start with limits, with what there was before."""
    bgpd, gobgp = beyond
    bgpd.config["originate_limits"] = [DDOS, OTHERS]
    bgpd.write_config()
    bgpd.stop()
    bgpd.start()
    assert len(prefixes(bgpd)) == 9

    def told():
        return [line.split(" warning ", 1)[1].strip() for line in bgpd.log().splitlines()
                if " warning " in line and "originate_limits" in line]
    wait_for(lambda: len(told()) >= len(LINES))
    assert without_places(told()) == LINES
    wait_for(lambda: len(gobgp.received()) == 9)
    refused("no more than 3", route, bgpd, "10.5.0.0/16", owner="a")


# --- dry runs ---

def same(answer):
    """An answer without what says that it is of a dry run, and what a second changes."""
    varies = {"dry_run", "age", "received_at", "created_at", "changed_at", "expires_at", "expires_in"}
    left = {k: v for k, v in answer.items() if k not in varies}
    if isinstance(left.get("replaced"), dict):
        left["replaced"] = same(left["replaced"])
    return left


def everything(bgpd):
    """All that there is, but for what grows by itself."""
    drop = {"age", "expires_in"}
    return [sorted(str({k: v for k, v in r.items() if k not in drop}) for r in routes)
            for routes in (bgpd.call("show_originated")["routes"], bgpd.call("show_routes")["routes"],
                           bgpd.call("show_routes_advertised"))]


def call(bgpd, method, **params):
    """The answer, or the error."""
    try:
        return bgpd.call(method, **params)
    except RpcError as error:
        return {"code": error.code, "message": error.message, "data": error.data}


def updates_sent(bgpd, address):
    return bgpd.detail(address)["messages"]["updates_sent"]


@pytest.mark.parametrize("kind", ["bird", "gobgp"])
def test_a_real_peer_sees_nothing_of_a_dry_run(lab, kind):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer = lab.real(kind, 2, 65002)
    bgpd.wait_established(lab.addr(2))
    kept = route(bgpd, "10.1.0.0/16", communities=["65000:1"], owner="a")
    wait_for(lambda: len(peer.received()) == 1)
    sent = updates_sent(bgpd, lab.addr(2))
    before = everything(bgpd)
    answer = route(bgpd, "10.2.0.0/16", dry_run=True)
    assert (answer["advertised_to"], answer["dry_run"], "replaced" in answer) == (1, True, False)
    answer = route(bgpd, "10.1.0.0/16", communities=["65000:2"], dry_run=True)
    assert answer["communities"] == ["65000:2"] and answer["owner"] is None
    assert answer["replaced"]["communities"] == ["65000:1"] and answer["replaced"]["owner"] == "a"
    assert answer["replaced"]["received_at"] == kept["received_at"]
    answer = flow(bgpd, "destination 10.1.0.0/16", dry_run=True)
    assert answer["advertised_to"] == 1
    assert bgpd.call("withdraw_route", prefix="10.1.0.0/16", dry_run=True) == \
        {"withdrawn": "10.1.0.0/16", "dry_run": True}
    assert bgpd.call("withdraw_originated", all=True, dry_run=True) == \
        {"withdrawn": 1, "dry_run": True}
    many = bgpd.call("advertise_routes", routes=["10.4.0.0/16", "10.5.0.0"], next_hop=NEXT_HOP,
                     dry_run=True)
    assert (many["advertised"], many["failed"], many["dry_run"]) == (2, 0, True)
    assert bgpd.call("withdraw_routes", routes=["10.1.0.0/16", "10.5.0.0"], dry_run=True,
                     all_or_nothing=False)["withdrawn"] == 1
    told = bgpd.cli("advertise", "route", "10.1.0.0/16", NEXT_HOP, "--dry-run", check=True)
    assert "dry run: it would go to 1 peer, in place of\n" in told.stdout
    told = bgpd.cli("withdraw", "route", "10.1.0.0/16", "-n", check=True)
    assert told.stdout == "would be withdrawn: 10.1.0.0/16\n"
    told = bgpd.cli("withdraw", "route", "--owner", "a", "-n", check=True)
    assert told.stdout == "would be withdrawn: 1\n"
    assert everything(bgpd) == before
    route(bgpd, "10.3.0.0/16")
    wait_for(lambda: len(peer.received()) == 2)
    assert updates_sent(bgpd, lab.addr(2)) == sent + 1  # nothing but that
    assert set(peer.received()) == {"10.1.0.0/16", "10.3.0.0/16"}
    bgpd.wait_log("advertise_route 10.2.0.0/16 next hop 10.254.0.1, dry run\n")


class Calls:
    """Random calls, with few values, so that they meet."""

    def __init__(self, lab, rng):
        self.rng = rng
        self.aims = [None, None, "two", "customers", "nobody", lab.addr(3), lab.network(24)]

    def terms(self):
        some = {"owner": self.rng.choice([None, "a", "b"]), "to": self.rng.choice(self.aims),
                "label": self.rng.choice([None, "x"]), "tags": self.rng.choice([None, ["t", "u"]]),
                "ttl": self.rng.choice([None, None, "1h"])}
        return {k: v for k, v in some.items() if v is not None}

    def prefix(self):
        return f"10.{self.rng.randrange(3)}.0.0/{self.rng.choice([16, 16, 16, 24, 25])}"

    def one(self):
        what = self.rng.random()
        to = self.rng.choice(self.aims)
        aim = {"to": to} if to else {}
        port = self.rng.choice(["80", ">=2 <=1", "53"])
        matches = [f"destination {self.prefix()}", f"port {port}"]
        if what < 0.5:
            return "advertise_route", {
                "prefix": self.prefix(), **self.terms(),
                "next_hop": self.rng.choice([NEXT_HOP, "10.254.0.2", "nowhere"]),
                "communities": self.rng.choice([["65000:1"], ["blackhole"], ["no-advertise"]])}
        if what < 0.65:
            return "advertise_flow", {"afi": 1, "action": self.rng.choice(["drop", "mark 3"]),
                                      "matches": matches, **self.terms()}
        if what < 0.85:
            return "withdraw_route", {"prefix": self.prefix(), **aim}
        if what < 0.95:
            return "withdraw_flow", {"afi": 1, "matches": matches, **aim}
        return "withdraw_originated", {"owner": self.rng.choice(["a", "b"])}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dry_run_says_what_the_call_will_say(lab, seed):
    """Of random calls, each first as a dry run, which changes nothing, and then as it is."""
    static = {"prefix": "10.1.0.0/16", "next_hop": NEXT_HOP, "communities": ["65000:9"]}
    bgpd = lab.bgpd(
        {"groups": {"transit": {}, "customers": {}},
         "originate_limits": [{"routes": {"max": 6, "ipv4": "0-24"}, "flows": {"max": 2}}]},
        peers=[lab.peer(2, 65002, passive=True, name="two", group="transit"),
               lab.peer(3, 65003, passive=True, group="customers", static_routes=[static]),
               lab.peer(4, 65004, passive=True, group="customers", families=["ipv4 unicast"])])
    speakers = [lab.session(n, 65000 + n) for n in (2, 3, 4)]
    bgpd.wait_established(*(s.address for s in speakers))
    calls = Calls(lab, random.Random(seed))
    codes = set()
    for _ in range(250):
        method, params = calls.one()
        before = everything(bgpd)
        dry = call(bgpd, method, **params, dry_run=True)
        assert everything(bgpd) == before, (method, params)
        real = call(bgpd, method, **params)
        assert same(dry) == same(real), (method, params)
        codes.add(dry.get("code"))
    assert codes == {None, -32602, -32001, LIMITED}
    wait_for(lambda: all({r["prefix"] for r in bgpd.call(
        "show_routes_advertised", to_peer=s.address, family="ipv4 unicast")}
        == set(s.received()) for s in speakers))
