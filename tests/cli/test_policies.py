"""Policies and explanations as text."""

from fake_daemon import route

BY = {"policy": "in", "rule": "liked", "number": 2, "line": 8}
DEFAULT = {"policy": "in", "rule": None, "number": None, "line": 5}


def path(source, **more):
    return route("10.0.0.0/8", source=source, **{
        "best": False, "import": None, "pending": False, "step": None, "preferred": None, **more})


def told(source, **more):
    return route("10.0.0.0/8", source=source, learned_from="127.0.0.2", **{
        "told": "withheld" not in more, "export": None, "pending": False, **more})


def ran(result, by, *steps, problem=None):
    return {"result": result, "by": by, "problem": problem, "steps": list(steps)}


def explanation(*paths, **more):
    return {"afi": "IPv4", "safi": "Unicast", "prefix": "10.0.0.0/8", "file": "b.toml",
            "paths": list(paths), **more}


def test_paths(daemon, bgpd):
    changes = [{"attribute": "local_pref", "before": None, "after": 200},
               {"attribute": "as_path", "before": "7", "after": "7 8"},
               {"attribute": "communities", "removed": ["1:1"], "added": ["1:3"]}]
    steps = [{"by": {"policy": "in", "rule": None, "number": 1, "line": 7}, "changes": []},
             {"by": BY, "changes": changes}]
    daemon.answers([explanation(
        path("127.0.0.2", best=True, **{"import": ran("accept", BY, *steps)}),
        path("127.0.0.3", step="MED", preferred="127.0.0.4", **{"import": ran("accept", None)}),
        path("127.0.0.4", filtered="policy in default", filtered_by=DEFAULT, step="not usable",
             pending=True, **{"import": ran("reject", DEFAULT, problem="it cannot be had")}),
        path("127.0.0.5", filtered="AS path\x1b[2J loop", filtered_by=None, step="not usable"),
        path("127.0.0.6", step="not usable", filtered="of another", filtered_by=None, flow_validation={
            "feasible": False, "why": "of another",
            "held_against": {"prefix": "10.0.0.0/8", "source": "127.0.0.2", "neighbor_as": 7},
            "more_specific": {"prefix": "10.1.0.0/16", "source": "API", "neighbor_as": None}}),
        path("127.0.0.7", step="MED", preferred="127.0.0.4", flow_validation={
            "feasible": True, "why": None, "held_against": None, "more_specific": None}),
        path("Config", step="for one peer alone"))])
    assert bgpd("explain", "10.0.0.0/8").stdout.splitlines() == [
        "10.0.0.0/8 (IPv4 / Unicast)",
        "* from 127.0.0.2, next hop 127.0.0.2, local pref 100",
        "    accepted by in rule liked (b.toml:8)",
        "      in rule 1 (b.toml:7): holds",
        "      in rule liked (b.toml:8): local_pref none → 200, as_path 7 → 7 8, "
        "communities -1:1 +1:3",
        "    the best",
        "  from 127.0.0.3, next hop 127.0.0.2, local pref 100",
        "    accepted by end of the policies",
        "    not the best: MED, against 127.0.0.4",
        "  from 127.0.0.4, next hop 127.0.0.2, local pref 100",
        "    the policies have changed, and are about to be evaluated:",
        "    rejected by in default (b.toml:5), which could not be evaluated",
        "  from 127.0.0.5, next hop 127.0.0.2, local pref 100",
        "    not used: AS path?[2J loop",
        "  from 127.0.0.6, next hop 127.0.0.2, local pref 100",
        "    not used: of another",
        "    not feasible: held against 10.0.0.0/8 from 127.0.0.2 (AS 7), and 10.1.0.0/16 from API",
        "  from 127.0.0.7, next hop 127.0.0.2, local pref 100",
        "    feasible",
        "    not the best: MED, against 127.0.0.4",
        "  from Config, next hop 127.0.0.2, local pref 100",
        "    not the best: it is for one peer alone",
    ]


def test_neighbors_of_whom_the_same_is_said(daemon, bgpd):
    many = [told(f"127.0.1.{n}") for n in range(1, 12)]
    daemon.answers([explanation(peers=[
        told("127.0.0.2", withheld="learned from this peer", withheld_by=None), *many,
        told("127.0.0.3", withheld="policy in rule liked", withheld_by=BY,
             export=ran("reject", BY, {"by": BY, "changes": []})),
        {"source": "127.0.0.4", "withheld": "no session", "withheld_by": None, "told": False,
         "export": None, "pending": False},
        told("127.0.0.5", pending=True)])])
    assert bgpd("explain", "10.0.0.0/8", "--out").stdout.splitlines() == [
        "10.0.0.0/8 (IPv4 / Unicast)",
        "  told to " + ", ".join(f"127.0.1.{n}" for n in range(1, 9)) + " and 3 others",
        "    the path from 127.0.0.2, next hop 127.0.0.2, local pref 100",
        "  told to 127.0.0.5",
        "    the path from 127.0.0.2, next hop 127.0.0.2, local pref 100",
        "    it is yet to be told so",
        "  not told to 127.0.0.2",
        "    learned from this peer",
        "  not told to 127.0.0.3",
        "    rejected by in rule liked (b.toml:8)",
        "  not told to 127.0.0.4",
        "    no session",
    ]


def test_paths_that_a_client_may_not_have(daemon, bgpd):
    own = {"source": "127.0.0.2", "withheld": "learned from this peer", "withheld_by": None}
    rejected = {"source": "127.0.0.3", "withheld": "policy in rule liked", "withheld_by": BY}
    daemon.answers([explanation(peers=[
        told("127.0.0.2", passed_over=[own, rejected]),
        told("127.0.0.3", passed_over=[rejected, own], withheld="policy in rule liked",
             withheld_by=BY, export=ran("reject", BY))])])
    assert bgpd("explain", "10.0.0.0/8", "--out").stdout.splitlines() == [
        "10.0.0.0/8 (IPv4 / Unicast)",
        "  told to 127.0.0.2",
        "    the path from 127.0.0.2, next hop 127.0.0.2, local pref 100",
        "    not the path from 127.0.0.2: learned from this peer",
        "    not the path from 127.0.0.3: rejected by in rule liked (b.toml:8)",
        "  not told to 127.0.0.3",
        "    rejected by in rule liked (b.toml:8)",
        "    not the path from 127.0.0.3: rejected by in rule liked (b.toml:8)",
        "    not the path from 127.0.0.2: learned from this peer",
    ]


def test_policies(daemon, bgpd):
    def attached(peer, group=None, direction="import", *families):
        return {"peer": peer, "group": group, "direction": direction,
                "families": list(families or ["ipv4 unicast"])}
    hits = {"import": 12, "export": 0}
    daemon.answers([
        {"policy": "in", "file": "b.toml", "line": 5,
         "rules": [{"rule": None, "number": 1, "line": 7, "then": None, "hits": hits},
                   {"rule": "liked", "number": 2, "line": 8, "then": "accept", "hits": hits}],
         "default": {"then": "reject", "hits": {"import": 0, "export": 3}},
         "attached": [attached("::2", "edge"), attached("10.0.0.0/8"), attached("::3", "edge"),
                      attached("127.0.0.2"), attached("127.0.0.2", None, "export"),
                      attached("::9", "core", "import", "ipv4 unicast", "ipv6 unicast")]},
        {"policy": "unused", "file": "b.toml", "line": 9, "rules": [],
         "default": {"then": "next", "hits": hits}, "attached": []}])
    lines = bgpd("show", "policies").stdout.splitlines()
    assert lines[:5] == [
        "in (b.toml:5)",
        "  import of ipv4 unicast: group edge (2 peers)",
        "  import of ipv4 unicast: 10.0.0.0/8, 127.0.0.2",
        "  export of ipv4 unicast: 127.0.0.2",
        "  import of ipv4 unicast, ipv6 unicast: group core (1 peer)",
    ]
    assert lines[5].split() == ["#", "Rule", "Line", "Then", "Imported", "Exported"]
    assert [line.split() for line in lines[6:9]] == [
        ["1", "7", "12", "0"], ["2", "liked", "8", "accept", "12", "0"],
        ["(default)", "reject", "0", "3"]]
    assert lines[9:12] == ["", "unused (b.toml:9)", "  not attached"]


def test_nothing(daemon, bgpd):
    daemon.answers([])
    assert bgpd("explain", "10.0.0.0/8").stdout == "no routes\n"
    assert bgpd("show", "policies").stdout == "no policies\n"
