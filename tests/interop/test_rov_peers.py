"""Origin validation among real peers: what turns invalid is withdrawn from everyone who had it, and comes
back; and BIRD, with the same ROAs, accepts the same of a real table."""

import itertools

import pytest

from support.route import Route
from support.wait import wait_for
from test_policy_bird import ASN, accepted, feed, recorded

HOP = "10.254.0.9"
EVERYTHING = ["api", "config", "peer"]
INVALID = {"rules": [{"name": "rov", "if": {"rov": "invalid"}, "then": "reject"}]}
KEEP_HOP = {"rules": [{"set": {"next_hop": "unchanged"}}]}  # who has one in 127/8 is not believed
OURS, THEIRS = "10.100.0.0/16", "10.1.0.0/16"


def test_real_members_lose_what_turns_invalid_and_get_it_back(lab):
    """On import (BIRD's route), and on export (a route of the API)."""
    bgpd = lab.bgpd({"policies": {"rov": INVALID, "hop": KEEP_HOP}}, peers=[
        lab.peer(2, 65002, advertise_sources=EVERYTHING, **{"import": ["rov"]}),
        lab.peer(3, 65003, advertise_sources=EVERYTHING, export=["rov", "hop"]),
        lab.peer(4, 65004, advertise_sources=EVERYTHING, export=["hop"])])
    lab.real("bird", n=2, asn=65002, routes=[Route(p, HOP) for p in (THEIRS, "10.2.0.0/16")])
    members = [lab.real("gobgp", n=3, asn=65003), lab.real("openbgpd", n=4, asn=65004)]
    bgpd.wait_established(*(lab.addr(n) for n in (2, 3, 4)))
    bgpd.call("advertise_route", prefix=OURS, next_hop=HOP)
    everything = {THEIRS, "10.2.0.0/16", OURS}

    def hold(*expected):
        for member, prefixes in zip(members, expected):
            wait_for(lambda m=member, p=prefixes: set(m.received()) == p)

    hold(everything, everything)
    bgpd.reload(rpki={"vrps": [f"{THEIRS} 64500", f"{OURS} 64500"]})
    hold({"10.2.0.0/16"}, {"10.2.0.0/16", OURS})
    bgpd.reload(rpki={"vrps": [f"{THEIRS} 65002", f"{OURS} 65000"]})
    hold(everything, everything)


def roas(routes):
    """(prefix, longest, AS) of every third of (prefix, origin): right, of another AS, or too short, in turns."""
    forms = itertools.cycle((lambda p, b, a: (p, b, a), lambda p, b, a: (p, b, a % 60000 + 1),
                             lambda p, b, a: (p, 24, a)))
    found = {}
    for prefix, origin in routes[::3]:
        bits = int(prefix.split("/")[1])
        if origin and 8 <= bits <= 24:
            found[next(forms)(prefix, bits, origin)] = None
    return list(found)


@pytest.mark.slow
def test_bird_accepts_the_same(lab):
    messages, prefixes = recorded()
    bgpd = lab.bgpd({"policies": {"p": {"default": "accept"}}}, peers=[
        lab.peer(2, ASN, passive=True, hold_timer=0, local_as=ASN, accept_martians=True, **{"import": ["p"]})])
    bird = lab.real("bird", n=4, asn=ASN, neighbors=[lab.neighbor(3, ASN, passive=True, hold_time=0)],
                    options={"definitions": "filter from_peers { accept; }"})
    feed(lab, 2, lab.addr(1), messages)
    feed(lab, 3, lab.addr(4), messages)

    def agree(name):
        ours, theirs = accepted(bgpd, lab.addr(2)), bird.prefixes()
        few = sorted(ours - theirs)[:3], sorted(theirs - ours)[:3]
        assert ours == theirs, f"{name}: BGPd {len(ours)}, BIRD {len(theirs)}, for example {few}"
        return ours

    everything = wait_for(lambda: len(set(prefixes)) - 10 <= bird.count() and agree("all"), 60, interval=1)
    views = bgpd.stream_routes(from_peer=lab.addr(2), family="ipv4 unicast")
    entries = roas([(v["prefix"], int(last) if (last := v["as_path"].rpartition(" ")[2]).isdigit() else None)
                    for v in views])
    assert len(entries) > 10000
    found = everything
    table = "\n".join(f"  route {p} max {bits} as {asn};" for p, bits, asn in entries)
    for state, word in (("invalid", "ROA_INVALID"), ("valid", "ROA_VALID"), ("not-found", "ROA_UNKNOWN")):
        bird.options["definitions"] = (
            "roa4 table known;\nprotocol static roas { roa4 { table known; };\n" + table + "\n}\n"
            "filter from_peers { if roa_check(known, net, bgp_path.last) = %s then reject; accept; }" % word)
        bird.configure()
        bgpd.reload(rpki={"vrps": [f"{p} le {bits} {asn}" for p, bits, asn in entries]},
                    policies={"p": {"default": "accept", "rules": [{"if": {"rov": state}, "then": "reject"}]}})
        # Before either has begun they agree, too: on what was.
        found = wait_for(lambda s=state, b=found: (now := agree(s)) != b and now, 60, interval=1)
        assert 1000 < len(found) < len(everything) - 1000, f"{state}: {len(found)} are no test"
