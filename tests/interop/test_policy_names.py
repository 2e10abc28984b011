"""Names and groups, by which policies know neighbors, change while sessions are up."""

import pytest

from support.route import Route
from support.wait import stays, wait_for

PREFIX = "10.1.0.0/16"


@pytest.mark.parametrize("key, groups", (("name", {}), ("group", {"groups": {"one": {}, "other": {}}})))
def test_who_a_route_is_from(lab, key, groups):
    """What is told of the routes of a neighbor that has become another one to policies follows, both ways."""
    policies = {"out": {"rules": [{"if": {"source": "one"}, "then": "reject"}]},
                "in": {"rules": [{"if": {"source": "one"}, "set": {"local_pref": 200}}]}}
    options = {"passive": True, "advertise_sources": ["peer"]}
    bgpd = lab.bgpd({"policies": policies, **groups}, peers=[
        lab.peer(2, 65002, **{"import": ["in"], key: "other"}, **options), lab.peer(3, 65003, export=["out"], **options)])
    giver, taker = lab.session(2, 65002), lab.session(3, 65003)
    giver.announce(Route(PREFIX, "10.254.0.9", (65002,)))
    wait_for(lambda: PREFIX in taker.received())
    sessions = bgpd.sessions()

    def preference():
        return bgpd.call("show_routes")["routes"][0]["local_pref"]
    assert preference() is None
    for _ in range(2):
        bgpd.peer_config(lab.addr(2))[key] = "one"
        bgpd.reload()
        wait_for(lambda: taker.received() == {} and preference() == 200)
        bgpd.peer_config(lab.addr(2))[key] = "other"
        bgpd.reload()
        wait_for(lambda: PREFIX in taker.received() and preference() is None)
    stays(lambda: PREFIX in taker.received() and bgpd.sessions() == sessions)
