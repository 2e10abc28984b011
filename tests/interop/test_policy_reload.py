"""Policies and sets that change while sessions are up: what differs is sent, and nothing else; nobody
is reset, and nobody is asked for routes that are there."""

import pytest

import speaker as sp
from support.route import Route
from support.wait import stays, wait_for

HOP = "10.254.0.9"
EVERYTHING = ["api", "config", "peer"]
COUNT = 100


def prefix(n):
    return f"10.{n}.0.0/16"


def policy(*rules, default="next"):
    return {"default": default, "rules": list(rules)}


def set_of(*numbers):
    return {"some": [prefix(n) for n in numbers]}


ONLY_SOME = policy({"name": "some", "if": {"prefix": "some"}, "then": "accept"}, default="reject")


class Net:
    """BGPd with a source (2) that has announced routes, and two (3, 4) that are told of them."""

    def __init__(self, lab, config, options=None, count=COUNT):
        self.lab = lab
        self.bgpd = lab.bgpd(config, peers=[
            lab.peer(n, 65000 + n, passive=True, advertise_sources=EVERYTHING, **(options or {}).get(n, {}))
            for n in (2, 3, 4)])
        self.at = {n: lab.session(n, 65000 + n) for n in (2, 3, 4)}
        self.routes = [Route(prefix(n), HOP, (65002,), communities=[f"65002:{n % 10}"])
                       for n in range(count)]
        self.at[2].announce(*self.routes)
        self.bgpd.wait_established(*(s.address for s in self.at.values()))
        self.sessions = self.bgpd.sessions()

    def channel(self, n):
        return next(c for c in self.bgpd.detail(self.lab.addr(n))["channels"] if c["family"] == "ipv4 unicast")

    def holds(self, n, *numbers):
        wait_for(lambda: set(self.at[n].received()) == {prefix(i) for i in numbers},
                 what=f"{n} holds {numbers[:5]} …")

    def told(self, n):
        """How many prefixes have been announced and withdrawn to a peer so far."""
        updates = self.at[n].updates()
        return sum(len(u.announced) for u in updates), sum(len(u.withdrawn) for u in updates)

    def reload(self, **changes):
        summary = self.bgpd.reload(**changes)
        assert (summary["sessions_reset"], summary["sessions_ended"]) == (0, 0)

    def close(self):
        """What must never have happened."""
        assert self.bgpd.sessions() == self.sessions
        for speaker in self.at.values():
            assert not speaker.closed.is_set()
            assert sp.ROUTE_REFRESH not in [kind for kind, _ in speaker.messages]


# --- import ---

def test_an_import_policy_comes_changes_and_goes(lab):
    net = Net(lab, {"prefix_sets": set_of(1, 2), "policies": {"only": ONLY_SOME, "all": policy()}},
              {2: {"import": ["all"]}})
    everything = range(COUNT)
    net.holds(3, *everything)
    net.bgpd.peer_config(lab.addr(2))["import"] = ["only"]
    net.reload()
    net.holds(3, 1, 2)
    net.holds(4, 1, 2)
    assert net.told(3) == (COUNT, COUNT - 2)
    assert (net.channel(2)["received"], net.channel(2)["accepted"]) == (COUNT, 2)
    net.reload(prefix_sets=set_of(2, 3))  # the set alone changes
    net.holds(3, 2, 3)
    assert net.told(3) == (COUNT + 1, COUNT - 1)
    del net.bgpd.peer_config(lab.addr(2))["import"]
    net.reload(policies={"only": ONLY_SOME})
    net.holds(3, *everything)
    assert net.told(3) == (2 * COUNT - 1, COUNT - 1)
    net.close()


def test_what_is_set_on_import_changes(lab):
    def policies(value, community):
        return {"in": policy({"if": {"community": community}, "set": {"med": value}})}
    net = Net(lab, {"policies": policies(1, "65002:1")}, {2: {"import": ["in"]}})
    net.holds(3, *range(COUNT))
    before = net.told(3)
    assert net.bgpd.best(prefix(1))["multi_exit_disc"] == 1
    net.reload(policies=policies(2, "65002:1"))
    wait_for(lambda: net.bgpd.best(prefix(1))["multi_exit_disc"] == 2)
    assert net.bgpd.best(prefix(2))["multi_exit_disc"] is None
    net.reload(policies={"in": policy({"if": {"community": "65002:2"}, "set": {"origin": "egp"}})})
    wait_for(lambda: net.bgpd.best(prefix(2))["origin"] == "EGP")
    wait_for(lambda: net.at[3].received()[prefix(12)].origin == "EGP")
    announced, withdrawn = net.told(3)
    # Each tenth route has that community. MEDs that a peer is not sent may change unseen.
    assert withdrawn == before[1] and announced <= before[0] + 3 * COUNT // 10
    net.close()


def test_a_set_from_a_file(lab, tmp_path):
    """Only the file changes; and one bad line refuses the reload, by file and line."""
    names = tmp_path / "customers.txt"
    names.write_text(f"# ours\n{prefix(1)}\n{prefix(2)}\n")
    net = Net(lab, {"prefix_sets": {"some": {"file": str(names)}}, "policies": {"only": ONLY_SOME}},
              {2: {"import": ["only"]}})
    net.holds(3, 1, 2)
    names.write_text('{"NN": [{"prefix": "10.0.0.0\\/8", "exact": false, "greater-equal": 16, '
                     '"less-equal": 16}]}')
    net.reload()
    net.holds(3, *range(COUNT))
    names.write_text(f"{prefix(1)}\n10.1.0.0/33\n")
    with pytest.raises(Exception) as error:
        net.bgpd.reload()
    assert f"{names}:2" in str(error.value), error.value
    stays(lambda: len(net.at[3].received()) == COUNT, 0.3)
    names.write_text(f"{prefix(7)}\n")
    net.reload()
    net.holds(3, 7)
    net.close()


# --- rejected routes that are not kept ---

def test_rejected_routes_are_dropped_and_asked_for_again(lab):
    net = Net(lab, {"prefix_sets": set_of(1, 2), "policies": {"only": ONLY_SOME}},
              {2: {"import": ["only"], "keep_filtered": False}})
    net.holds(3, 1, 2)
    assert set(net.bgpd.learned(lab.addr(2))) == {prefix(1), prefix(2)}
    assert net.channel(2)["received"] == 2
    source = net.at[2]
    net.reload(prefix_sets=set_of(2, 3))
    assert source.wait_message(sp.ROUTE_REFRESH)[1:] == b"\1\0\1"
    source.announce(*net.routes)
    net.holds(3, 2, 3)
    assert net.bgpd.sessions() == net.sessions
    assert not any(kind == sp.ROUTE_REFRESH for n in (3, 4) for kind, _ in net.at[n].messages)


# --- export ---

def test_an_export_policy_comes_changes_and_goes(lab):
    """It concerns one peer; the other in the same group hears nothing."""
    net = Net(lab, {"prefix_sets": set_of(1, 2), "policies": {"only": ONLY_SOME, "all": policy()}},
              {3: {"export": ["all"]}, 4: {"export": ["all"]}})
    net.holds(3, *range(COUNT))
    net.holds(4, *range(COUNT))
    net.bgpd.peer_config(lab.addr(3))["export"] = ["only"]
    net.reload()
    net.holds(3, 1, 2)
    assert net.told(3) == (COUNT, COUNT - 2)
    assert net.channel(3)["advertised"] == 2
    net.reload(prefix_sets=set_of(2, 3))
    net.holds(3, 2, 3)
    assert net.told(3) == (COUNT + 1, COUNT - 1)
    net.bgpd.peer_config(lab.addr(3))["export"] = ["all"]
    net.reload()
    net.holds(3, *range(COUNT))
    assert net.told(3) == (2 * COUNT - 1, COUNT - 1)
    assert net.told(4) == (COUNT, 0)
    net.close()


def test_policies_that_stay_are_not_asked_again(lab):
    """A policy of a peer changes, comes or goes: nobody asks those of the others, in either direction."""
    tag = policy({"name": "tag", "set": {"med": 4}})
    net = Net(lab, {"policies": {"one": policy(), "other": tag, "in": tag}},
              {2: {"import": ["in"]}, 3: {"export": ["one"]}, 4: {"export": ["other"]}})

    def hits():
        return [net.bgpd.call("show_policies", name)[0]["rules"][0]["hits"] for name in ("other", "in")]

    net.holds(3, *range(COUNT))
    net.holds(4, *range(COUNT))
    before = hits()
    assert before[0]["export"] > 0 and before[1]["import"] == COUNT
    net.reload(policies={"one": policy({"name": "no", "if": {"community": "65002:1"}, "then": "reject"}),
                         "other": tag, "in": tag})
    net.holds(3, *(n for n in range(COUNT) if n % 10 != 1))
    wait_for(lambda: net.channel(3)["advertised"] == COUNT - COUNT // 10)
    assert hits() == before
    del net.bgpd.peer_config(lab.addr(3))["export"]
    net.reload()
    net.holds(3, *range(COUNT))
    wait_for(lambda: net.channel(3)["advertised"] == COUNT)
    assert hits() == before
    net.bgpd.peer_config(lab.addr(3))["export"] = ["one"]
    net.reload()
    net.holds(3, *(n for n in range(COUNT) if n % 10 != 1))
    wait_for(lambda: net.channel(3)["advertised"] == COUNT - COUNT // 10)
    assert hits() == before
    # The one that changed, and came again, was asked about each route once each time.
    rule = net.bgpd.call("show_policies", "one")[0]["rules"][0]
    assert rule["hits"]["export"] == 2 * COUNT // 10
    net.close()


def test_what_one_peer_is_told_by_a_shared_policy(lab):
    """{peer.as}: one policy, and each gets its own."""
    shared = policy({"name": "no", "if": {"community": "65002:{peer.as}"}, "then": "reject"},
                    {"name": "tag", "set": {"communities": {"add": ["{peer.as}:1"]}}})
    net = Net(lab, {"policies": {"out": shared}}, {3: {"export": ["out"]}, 4: {"export": ["out"]}}, count=10)
    for n in (3, 4):
        net.holds(n, *range(10))
        assert all(f"{65000 + n}:1" in r.communities for r in net.at[n].received().values())
    net.at[2].announce(Route(prefix(3), HOP, (65002,), communities=["65002:65003"]),
                       Route(prefix(4), HOP, (65002,), communities=["65002:65004"]))
    net.holds(3, *(n for n in range(10) if n != 3))
    net.holds(4, *(n for n in range(10) if n != 4))
    net.close()


def test_a_group_gets_a_policy(lab):
    """Attached to a group, and taken away by a channel of one of its peers."""
    config = {"prefix_sets": set_of(5), "policies": {"only": ONLY_SOME}, "groups": {"g": {}}}
    net = Net(lab, config, {3: {"group": "g"}, 4: {"group": "g"}})
    net.holds(3, *range(COUNT))
    net.holds(4, *range(COUNT))
    net.bgpd.peer_config(lab.addr(4))["channels"] = {"ipv4 unicast": {"export": []}}
    net.reload(groups={"g": {"export": ["only"]}})
    net.holds(3, 5)
    assert net.told(4) == (COUNT, 0)
    net.reload(groups={"g": {}})
    net.holds(3, *range(COUNT))
    net.close()


def test_changes_while_routes_come(lab):
    """Reloads in the middle of a table: what is held at the end is what the last policy says."""
    net = Net(lab, {"prefix_sets": set_of(1), "policies": {"only": ONLY_SOME}},
              {2: {"import": ["only"]}, 3: {"export": ["only"]}})
    many = [Route(f"10.{a}.{b}.0/24", HOP, (65002,)) for a in range(40) for b in range(50)]
    for step in range(8):
        net.at[2].announce(*many[step * 250:(step + 1) * 250])
        net.reload(prefix_sets={"some": [f"10.{step}.0.0/16 le 24", prefix(99)]})
    expected = {r.prefix for r in many if r.prefix.startswith("10.7.")} | {prefix(7), prefix(99)}
    for n in (3, 4):
        wait_for(lambda n=n: set(net.at[n].received()) == expected)
    net.close()
