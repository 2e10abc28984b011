"""The same policies, written for BGPd and as filters of BIRD, accept the same of a real table."""

import itertools

import pytest

import speaker as sp
from support import mrt
from support.wait import wait_for

pytestmark = pytest.mark.slow

TABLE = "updates.et-header.2015.gz"
ASN = 3856        # of the recorded peer, which is internal to BGPd and BIRD here
PREFIXES = 120000  # of the 577,706: to read BIRD's and BGPd's answers takes longer than all else


def recorded():
    """(messages, prefixes): the beginning of the table, as it was sent."""
    path = mrt.data_file(TABLE)
    if path is None:
        pytest.skip(f"no {TABLE} in {mrt.DATA} (name the directory of the data in $BGPD_DATA)")
    messages, prefixes = [], []
    for record in mrt.messages(path):
        if record.message[18] == sp.UPDATE:
            messages.append(record.message)
            prefixes += sp.Update(record.message[19:], record.as4).announced
        if len(prefixes) >= PREFIXES:
            return messages, prefixes
    raise AssertionError("the file is not what it was")


# --- the two languages ---

def toml_set(prefixes):
    """Every sixth prefix of the table: alone, with what is more specific, or only that."""
    bits = [int(prefix.split("/")[1]) for prefix in prefixes]
    forms = itertools.cycle(("{}", "{} le 24", "{} ge 23"))
    return [form.format(prefix) if form == "{}" or length <= 22 else prefix
            for prefix, length, form in zip(prefixes[::6], bits[::6], forms)]


def bird_set(entries):
    def item(entry):
        prefix, _, rest = entry.partition(" ")
        bits = prefix.split("/")[1]
        return prefix + {"": "", "le 24": f"{{{bits},24}}", "ge 23": "{23,32}"}[rest]
    return "[ " + ", ".join(map(item, entries)) + " ]"


# (a condition of BGPd, the same for BIRD). Sets of the table are called `part`.
CONDITIONS = {
    "prefix": ({"prefix": "part"}, "net ~ part"),
    "length": ({"prefix_length": "8-20"}, "net.len >= 8 && net.len <= 20"),
    "literal": ({"prefix": ["64.0.0.0/4 le 24", "128.0.0.0/1 ge 24"]},
                "net ~ [ 64.0.0.0/4{4,24}, 128.0.0.0/1{24,32} ]"),
    "path length": ({"as_path_length": "4-5"}, "bgp_path.len >= 4 && bgp_path.len <= 5"),
    "in path": ({"as_in_path": [3356, 1299, "7000-9000"]}, "bgp_path ~ [ 3356, 1299, 7000..9000 ]"),
    "neighbor": ({"neighbor_as": [2914, 6939]}, "bgp_path.first ~ [ 2914, 6939 ]"),
    "origin": ({"origin_as": ["10000-20000", 4134]}, "bgp_path.last ~ [ 10000..20000, 4134 ]"),
    "community": ({"community": "3856:56600"}, "(3856, 56600) ~ bgp_community"),
    "communities": ({"community": ["3856:50000-50999", "*:55300"]},
                    "bgp_community ~ [ (3856, 50000..50999), (*, 55300) ]"),
    "origin igp": ({"origin": "igp"}, "bgp_origin = ORIGIN_IGP"),
    "med": ({"med": "0-10"}, "defined(bgp_med) && bgp_med <= 10"),
    "begins": ({"as_path": "^2914 [0-9]+_"}, "bgp_path ~ [= 2914 ? * =]"),
    "ends": ({"as_path": "_4134$"}, "bgp_path ~ [= * 4134 =]"),
    "within": ({"as_path": "_3356_.*_(4134|4837|7018)_"},
               "(bgp_path ~ [= * 3356 * 4134 * =] || bgp_path ~ [= * 3356 * 4837 * =] || "
               "bgp_path ~ [= * 3356 * 7018 * =])"),
    "three": ({"as_path": "^[0-9]+ [0-9]+ [0-9]+$"}, "bgp_path ~ [= ? ? ? =] && bgp_path.len = 3"),
}


def both(*names):
    """All of the conditions, in both languages."""
    keys = {}
    for name in names:
        keys.update(CONDITIONS[name][0])
    return keys, " && ".join(f"({CONDITIONS[name][1]})" for name in names)


def one(*names):
    return {"any": [CONDITIONS[name][0] for name in names]}, \
        " || ".join(f"({CONDITIONS[name][1]})" for name in names)


def none(*names):
    toml, bird = one(*names)
    return {"not": toml}, f"!({bird})"


# Each: rules of a condition in both languages and what follows; at last what all others meet.
POLICIES = {
    "a prefix set": ([(both("prefix"), "accept")], "reject"),
    "all but a prefix set": ([(both("prefix"), "reject")], "accept"),
    "lengths and literals": ([(both("length"), "reject"), (both("literal"), "accept")], "reject"),
    "paths": ([(both("path length", "in path"), "reject"), (one("neighbor", "origin"), "accept"),
               (both("three"), "accept")], "reject"),
    "communities": ([(both("community", "prefix"), "reject"), (both("communities"), "accept"),
                     (none("origin igp", "med"), "accept")], "reject"),
    "expressions": ([(both("begins"), "accept"), (both("ends"), "reject"), (both("within"), "accept")],
                    "reject"),
    "everything": ([(none("length", "community", "in path"), "reject"), (both("within"), "reject"),
                    (both("prefix", "path length"), "accept"), (one("ends", "communities"), "reject"),
                    (none("origin", "literal"), "accept")], "reject"),
}


def toml_policy(rules, default):
    return {"default": default, "rules": [{"if": condition, "then": then} for (condition, _), then in rules]}


def bird_filter(entries, rules, default):
    lines = [f"  if {condition} then {then};" for (_, condition), then in rules]
    return f"define part = {bird_set(entries)};\nfilter from_peers {{\n" + "\n".join(lines) \
        + f"\n  {default};\n}}"


# --- the comparison ---

def accepted(bgpd, address):
    views = bgpd.stream_routes(from_peer=address, family="ipv4 unicast")
    return {view["prefix"] for view in views if "filtered" not in view or view["filtered"] is None}


def feed(lab, n, to, messages):
    speaker = lab.speaker(n, ASN, hold_time=0).connect(to).establish()
    for start in range(0, len(messages), 500):
        speaker.send_raw(b"".join(messages[start:start + 500]))
    return speaker


def test_the_same_is_accepted(lab):
    messages, prefixes = recorded()
    entries = toml_set(prefixes)
    assert len(entries) > 10000
    config = {"prefix_sets": {"part": entries}, "policies": {"p": {"default": "accept"}}}
    bgpd = lab.bgpd(config, peers=[lab.peer(2, ASN, passive=True, hold_timer=0, local_as=ASN,
                                            accept_martians=True, **{"import": ["p"]})])
    bird = lab.real("bird", n=4, asn=ASN, neighbors=[
        lab.neighbor(3, ASN, passive=True, hold_time=0)],
        options={"definitions": "filter from_peers { accept; }"})
    feed(lab, 2, lab.addr(1), messages)
    feed(lab, 3, lab.addr(4), messages)

    def agree(name=None):
        ours, theirs = accepted(bgpd, lab.addr(2)), bird.prefixes()
        few = sorted(ours - theirs)[:3], sorted(theirs - ours)[:3]
        assert ours == theirs, f"{name}: BGPd {len(ours)}, BIRD {len(theirs)}, for example {few}"
        return ours

    everything = wait_for(lambda: len(set(prefixes)) - 10 <= bird.count() and agree(), interval=1)
    for name, (rules, default) in POLICIES.items():
        bird.options["definitions"] = bird_filter(entries, rules, default)
        bird.configure()
        bgpd.reload(policies={"p": toml_policy(rules, default)})
        found = wait_for(lambda n=name: agree(n), 90, interval=1)
        assert 1000 < len(found) < len(everything) - 1000, f"{name}: {len(found)} are no test"
