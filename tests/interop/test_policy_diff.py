"""`policy_diff`: what it says that another configuration would change is what changes when that is
put in force. Random policies are compared for random routes; what the tables and the peers have
afterwards is held against the list."""

import json
import random
import shutil

import pytest

from support import toml
from support.bgpd import families
from support.route import Route
from support.rpc import RpcError
from support.samples import route_params, samples
from support.wait import wait_for

EVERYTHING = ["api", "config", "peer"]
PREFIXES = [f"10.{n}.0.0/16" for n in range(24)] + [f"10.{n}.{n}.0/24" for n in range(8)]
AS_OF = {2: 65002, 3: 65003, 4: 65004, 5: 65005, 6: 65000, 7: 65000}


# --- random policies ---

def condition(rng, exports):
    kinds = [
        lambda: {"prefix": f"10.{rng.choice((0, 8, 16))}.0.0/13 le {rng.choice((16, 24))}"},
        lambda: {"prefix_length": rng.choice(("16", "24", "20-32"))},
        lambda: {"neighbor_as": [rng.choice((65002, 65003, 65010)), 65004]},
        lambda: {"origin_as": rng.choice((65010, 65011, "{peer.as}"))},
        lambda: {"as_path_length": rng.choice(("1", "2-3", "3-9"))},
        lambda: {"community": [f"65000:{rng.randrange(4)}", "65000:{peer.as}"][rng.randrange(2)]},
        lambda: {"community": f"65001:{rng.randrange(4)}"},
        lambda: {"source": rng.choice(("external", "internal", "p2", "api"))} if exports
        else {"local_pref": "150-250"},
        lambda: {"med": "0-50"},
        lambda: {"mark": "seen"},
        lambda: {"rov": rng.choice(("valid", "invalid", ["valid", "not-found"]))},
    ]
    test = rng.choice(kinds)()
    if rng.random() < 0.2:
        return {"not": test}
    if rng.random() < 0.2:
        return {"any": [test, rng.choice(kinds)()]}
    return test


def change(rng):
    kinds = [
        lambda: {"local_pref": rng.choice((50, 100, 200, 300))},
        lambda: {"med": rng.choice((10, "+5", "remove"))},
        lambda: {"origin": rng.choice(("igp", "incomplete"))},
        lambda: {"communities": {"add": [f"65000:{rng.randrange(4)}"], "remove": ["65001:*"]}},
        lambda: {"communities": {"add": ["65001:{peer.as}"]}},
        lambda: {"prepend": {"as": 65000, "count": rng.choice((1, 2))}},
        lambda: {"next_hop": rng.choice(("self", "peer", "10.254.0.77", "unchanged"))},
        lambda: {"weight": rng.choice((0, 5))},
        lambda: {"mark": {"add": "seen"}},
    ]
    return {key: value for _ in range(rng.choice((1, 2))) for key, value in rng.choice(kinds)().items()}


def policy(rng, exports):
    rules = []
    for number in range(rng.randrange(1, 5)):
        rule = {"name": f"rule{number}"} if rng.random() < 0.7 else {}
        if rng.random() < 0.9:
            rule["if"] = condition(rng, exports)
        if rng.random() < 0.6:
            rule["set"] = change(rng)
        then = rng.choice((None, None, "accept", "reject", "next"))
        if then and ("if" in rule or then == "next"):
            rule["then"] = then
        if not rule.keys() & {"set", "then"}:
            rule["set"] = change(rng)
        rules.append(rule)
    return {"default": rng.choice(("next", "next", "accept", "reject")), "rules": rules}


def policies(rng):
    return {f"{way}{number}": policy(rng, way == "out") for way in ("in", "out") for number in range(3)}


def chain(rng, way):
    return rng.sample([f"{way}{n}" for n in range(3)], rng.choice((0, 1, 1, 2)))


def settle_policies(rng, config):
    """Other policies for a configuration: all of them, or only some, or only who has which."""
    new = policies(rng)
    if "policies" in config and rng.random() < 0.5:
        new = {**config["policies"], **dict(rng.sample(sorted(new.items()), 2))}
    config["policies"] = new
    for peer in config["peers"]:
        for way, key in (("in", "import"), ("out", "export")):
            if key not in peer or rng.random() < 0.5:
                peer[key] = chain(rng, way)
                if not peer[key] and rng.random() < 0.5:
                    del peer[key]
        if peer["remote_as"] != 65000:
            peer["ebgp_requires_policy"] = rng.random() < 0.3
    if rng.random() < 0.3:  # others are who policies mean
        one, other = rng.sample(config["peers"], 2)
        one["name"], other["name"] = other["name"], one["name"]


# --- what there is ---

NOT_COMPARED = ("age", "received_at", "filtered", "filtered_by", "best")


def tables(bgpd):
    """{(peer, prefix): attributes, or None where it is rejected} of all routes of peers."""
    found = {}
    for view in bgpd.call("show_routes", family="ipv4 unicast")["routes"]:
        if view["source"] in ("API", "Config"):
            continue
        shown = {key: value for key, value in view.items() if key not in NOT_COMPARED}
        found[view["source"], view["prefix"]] = None if view.get("filtered") else shown
    return found


def told(speakers):
    return {(s.address, prefix): route for s in speakers for prefix, route in s.received().items()}


def difference(before, after, words):
    """{(peer, prefix): what has become of it}, of what counts as not there where it is None."""
    found = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            found[key] = words[0]
        elif old is not None and new is None:
            found[key] = words[1]
        elif old != new:
            found[key] = "different"
    return found


IMPORT, EXPORT = ("accepted", "rejected"), ("announced", "withdrawn")


def listed(diff, direction):
    found = {}
    for item in diff["routes"]:
        if item["direction"] == direction:
            key = item["peer"], item["prefix"]
            assert key not in found
            found[key] = item["change"]
    return found


def check_counts(diff):
    """What is counted for each peer, and by which rules, is what the list has."""
    for direction, words in (("import", IMPORT), ("export", EXPORT)):
        changes = listed(diff, direction)
        for word in (*words, "different"):
            total = sum(change == word for change in changes.values())
            assert diff["totals"][direction][word] == total
            for peer in diff["peers"]:
                way = peer[direction]
                count = sum(change == word for (addr, _), change in changes.items() if addr == peer["peer"])
                assert way[word] == count
                assert sum(r["routes"] for r in way["rules"] if r["change"] == word) == count
                examples = [e["prefix"] for e in way["examples"] if e["change"] == word]
                assert len(examples) == min(count, 5), (direction, word, way)
                assert all(changes[peer["peer"], prefix] == word for prefix in examples)
        assert {key[0] for key in changes} <= {peer["peer"] for peer in diff["peers"]}


class Net:
    def __init__(self, lab, rng, client_percent=0):
        self.lab, self.rng = lab, rng
        peers = []
        for n, asn in AS_OF.items():
            peer = lab.peer(n, asn, passive=True, advertise_sources=EVERYTHING, name=f"p{n}")
            if asn == 65000:
                peer["route_reflector_client"] = True
            elif rng.randrange(100) < client_percent:
                peer["route_server_client"] = True
            peers.append(peer)
        peers[1]["static_routes"] = [{"prefix": prefix, "next_hop": "10.254.0.1"}
                                     for prefix in ("10.1.0.0/16", "10.77.0.0/16")]
        self.config = {"peers": peers, "rpki": {"vrps": [
            "10.0.0.0/14 le 24 65010", "10.4.0.0/14 le 16 65011", "10.4.0.0/15 le 24 65012", "10.8.0.0/13 65000"]}}
        settle_policies(rng, self.config)
        self.bgpd = lab.bgpd(self.config)
        self.speakers = [lab.session(n, asn) for n, asn in AS_OF.items()]
        self.bgpd.wait_established(*(s.address for s in self.speakers))

    def announce(self):
        rng, count = self.rng, 0
        for (n, asn), speaker in zip(AS_OF.items(), self.speakers):
            for prefix in rng.sample(PREFIXES, rng.randrange(8, 20)):
                path = (() if asn == 65000 else (asn,)) + tuple(
                    rng.sample((65010, 65011, 65012), rng.randrange(0, 3)))
                speaker.announce(Route(
                    prefix, f"10.254.0.{n}", path, rng.choice(("IGP", "Incomplete")), rng.choice((None, 5, 40, 90)),
                    100 if asn == 65000 else None,
                    communities=rng.sample([f"65000:{k}" for k in (0, 1, 2, 65003)] + [f"65001:{k}" for k in range(3)],
                                           rng.randrange(0, 4))))
                count += 1
        for prefix in rng.sample(PREFIXES, 3):
            self.bgpd.call("advertise_route", prefix=prefix, next_hop=self.lab.addr(rng.choice((2, 4))))
        wait_for(lambda: len(tables(self.bgpd)) == count, what=f"{count} routes")
        self.settle()

    def settle(self):
        """Everything has been told, and heard: a route that takes the place of another one does not
        change how many there are."""
        def is_told():
            counts = {p["peer"]: p["prefixes_advertised"] for p in self.bgpd.call("show_peers")}
            sent = {s.address: self.bgpd.detail(s.address)["messages"]["updates_sent"] for s in self.speakers}
            return all(len(s.updates()) == sent[s.address] and len(s.received()) == counts[s.address]
                       for s in self.speakers)
        wait_for(is_told, what="all are told")

    def diff(self, config, **params):
        path = self.bgpd.path("new.toml")
        whole = {**self.bgpd.config, **config}
        with open(path, "w", encoding="utf-8") as file:
            file.write(toml.dumps(whole))
        return self.bgpd.call("policy_diff", path=path, **params)


def copy_of(config):
    return {"rpki": config["rpki"], "policies": dict(config["policies"]), "peers": [dict(peer) for peer in config["peers"]]}


@pytest.mark.parametrize("seed,client_percent", [
    *((seed, 0) for seed in range(8)), *((seed, 70) for seed in range(8, 14)), (14, 100), (15, 100)])
def test_what_it_says_is_what_happens(lab, seed, client_percent):
    rng = random.Random(seed)
    net = Net(lab, rng, client_percent)
    net.announce()
    sessions = net.bgpd.sessions()
    changes = 0
    for _ in range(6):
        then = copy_of(net.config)
        settle_policies(rng, then)
        before, heard = tables(net.bgpd), told(net.speakers)
        hits = net.bgpd.call("show_policies")
        diff = net.diff(then, routes=True)
        assert diff["complete"] and not diff["routes_cut"]
        check_counts(diff)
        assert (tables(net.bgpd), told(net.speakers)) == (before, heard)
        assert net.bgpd.call("show_policies") == hits

        net.config = then
        shutil.copyfile(net.bgpd.path("new.toml"), net.bgpd.path("config.toml"))
        net.bgpd.call("reload")
        expected_in, expected_out = listed(diff, "import"), listed(diff, "export")

        def has_happened():
            assert difference(before, tables(net.bgpd), IMPORT) == expected_in
            assert difference(heard, told(net.speakers), EXPORT) == expected_out
            return True
        wait_for(has_happened)
        net.settle()
        assert difference(heard, told(net.speakers), EXPORT) == expected_out
        changes += len(expected_in) + len(expected_out)
    assert changes > 50
    assert net.bgpd.sessions() == sessions


def test_one_peer(lab):
    """Only what concerns it is told, and that although others' imports change its best paths."""
    rng = random.Random(7)
    net = Net(lab, rng)
    net.announce()
    then = copy_of(net.config)
    then["policies"]["in0"] = {"rules": [{"name": "all", "then": "reject"}]}
    for peer in then["peers"]:
        peer["import"] = ["in0"]
    everything = net.diff(then, routes=True)
    for speaker in net.speakers:
        alone = net.diff(then, routes=True, peer=speaker.address)
        check_counts(alone)
        assert [p["peer"] for p in alone["peers"]] == [speaker.address]
        assert listed(alone, "export") == {
            key: what for key, what in listed(everything, "export").items() if key[0] == speaker.address}
        assert listed(alone, "import") == {
            key: what for key, what in listed(everything, "import").items() if key[0] == speaker.address}


def test_what_is_the_same_and_what_is_beside_policies(lab):
    net = Net(lab, random.Random(8))
    net.announce()
    then = copy_of(net.config)
    gone = then["peers"].pop(3)
    then["peers"].append(lab.peer(9, 65009, passive=True))
    then["peers"][0]["hold_timer"] = 30
    then["peers"][2]["local_as"] = 65099
    diff = net.diff({**then, "poll_interval": 7}, routes=True)
    assert (diff["routes"], diff["peers"], diff["unchanged"]) == ([], [], len(AS_OF) - 1)
    assert diff["keys_changed"] == ["poll_interval"]
    assert diff["peers_added"] == [lab.addr(9)]
    assert diff["peers_removed"] == [gone["remote_ip"]]
    changed = {p["peer"]: p for p in diff["peers_changed"]}
    assert "hold_timer" in changed[lab.addr(2)]["keys"] and not changed[lab.addr(2)]["resets_session"]
    assert "local_as" in changed[lab.addr(4)]["keys"]


def test_what_is_not_compared_is_named(lab):
    net = Net(lab, random.Random(12))
    net.announce()
    then = copy_of(net.config)
    then["poll_interval"] = 7
    assert net.diff(then)["not_compared"] == []
    then["rpki"] = {"vrps": ["10.0.0.0/8 1"]}
    assert [line.split(":")[0] for line in net.diff(then)["not_compared"]] == ["rpki"]
    then["peers"][1]["reject_aspa_invalid"] = False
    then["peers"][2]["validate_flows"] = True
    then["peers"][2]["families"] = ["ipv4 unicast", "ipv4 flow"]
    net.bgpd.peer_config(then["peers"][2]["remote_ip"])["families"] = then["peers"][2]["families"]
    net.bgpd.reload()
    assert [line.split(":")[0] for line in net.diff(then)["not_compared"]] == \
        ["rpki", "validate_flows", "reject_aspa_invalid"]
    shown = net.bgpd.cli("policy", "diff", net.bgpd.path("new.toml"), check=True).stdout
    assert "not compared: rpki: " in shown and "not compared: validate_flows: " in shown


def test_the_limit_of_the_list(lab):
    net = Net(lab, random.Random(9))
    net.announce()
    then = copy_of(net.config)
    for peer in then["peers"]:
        peer["import"] = ["none"]
        peer["export"] = []
    then["policies"]["none"] = {"default": "reject"}
    everything = net.diff(then, routes=True)
    some = net.diff(then, routes=True, limit=3)
    assert (len(some["routes"]), some["routes_cut"]) == (3, True)
    assert some["routes"] == everything["routes"][:3]
    assert (some["totals"], some["peers"]) == (everything["totals"], everything["peers"])
    assert net.diff(then)["totals"] == everything["totals"]
    client = net.bgpd.cli("--json", "policy", "diff", net.bgpd.path("new.toml"), "--routes", check=True)
    assert json.loads(client.stdout) == everything
    client = net.bgpd.cli("policy", "diff", net.bgpd.path("new.toml"), "--routes", "--limit", "3", check=True)
    assert len(client.stdout.split("\n\n")[0].splitlines()) == 3


def test_files_that_cannot_be_compared_with(lab):
    net = Net(lab, random.Random(10))
    then = copy_of(net.config)
    then["peers"][0]["import"] = ["missing"]
    with pytest.raises(RpcError) as error:
        net.diff(then)
    assert "there is no [policies.missing]" in error.value.data["errors"][0]
    for path, said in (("new.toml", "it does not begin with /"), ("/nowhere/x.toml", "errors"), ("/dev/zero", "errors")):
        with pytest.raises(RpcError) as error:
            net.bgpd.call("policy_diff", path=path)
        assert said in error.value.message
    result = net.bgpd.cli("policy", "diff", net.bgpd.path("new.toml"))
    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no [policies.missing]" in result.stderr


# --- every family ---

def key_of(view):
    return view["afi"], view["safi"], view.get("rd"), view["prefix"]


def test_every_family(lab):
    """Keys with route distinguishers, labels, and flows: from one BGPd through the one that is asked to a
    third one."""
    names = families()

    def peer(n, of, **fields):
        return {**lab.peer(n, families=names, **fields), "local_address": lab.addr(of)}
    reflector = {"advertise_sources": EVERYTHING, "route_reflector_client": True, "passive": True}
    routes = []
    for family in names:
        if not family.endswith("flow"):
            for route, community in zip(samples(family), ("65000:1", "65000:2", "65000:3")):
                routes.append({**route_params(route), "communities": [community]})
    flows = [{"afi": afi, "action": "drop", "matches": [f"port {port}"], "communities": [f"65000:{port}"]}
             for afi in (1, 2) for port in (1, 2, 3)]
    origin = lab.bgpd(n=1, peers=[{**peer(2, of=1), "static_routes": routes, "static_flows": flows}])
    bgpd = lab.bgpd(n=2, peers=[peer(1, of=2, **reflector), peer(3, of=2, **reflector)])
    last = lab.bgpd(n=3, peers=[peer(2, of=3)])
    bgpd.wait_established(lab.addr(1), lab.addr(3))

    def learned():
        return {key_of(v): v for v in last.call("show_routes_learned")}
    count = 3 * len(names)
    wait_for(lambda: len(learned()) == count, what="all routes")
    assert len(origin.call("show_routes_advertised")) == count

    path = bgpd.path("new.toml")
    config = {**bgpd.config, "peers": [dict(p) for p in bgpd.config["peers"]], "policies": {
        "in": {"rules": [{"if": {"community": "65000:1"}, "then": "reject"}]},
        "out": {"rules": [{"if": {"community": "65000:2"}, "set": {"local_pref": 7}}]}}}
    config["peers"][0]["import"], config["peers"][1]["export"] = ["in"], ["out"]
    with open(path, "w", encoding="utf-8") as file:
        file.write(toml.dumps(config))
    diff = bgpd.call("policy_diff", path=path, routes=True)
    assert diff["totals"] == {"import": {"accepted": 0, "rejected": len(names), "different": 0},
                              "export": {"announced": 0, "withdrawn": len(names), "different": len(names)}}
    assert len(diff["peers"]) == 2 * len(names)
    before = learned()
    bgpd.config = config
    bgpd.reload()
    expected = {key_of(i): i["change"] for i in diff["routes"] if i["direction"] == "export"}
    wait_for(lambda: len(learned()) == count - len(names) and
             sum(v["local_pref"] == 7 for v in learned().values()) == len(names), what="what was said")
    after = learned()
    assert expected == {key: "different" if key in after else "withdrawn" for key, view in before.items()
                        if key not in after or after[key]["local_pref"] != view["local_pref"]}
