"""Times while the wall clock is stepped, as NTP does after a start without a battery."""

import pytest

import speaker as sp
from support.clock import WallClock
from support.lab import FAMILIES
from support.route import Route
from support.wait import wait_for

DAY_S = 86400


def seconds(text):
    hours, minutes, rest = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


@pytest.fixture
def stepped(lab):
    """BGPd by a clock of its own, with routes of all sources in a peer's table."""
    clock = WallClock(lab.directory("clock"))
    static = [{"prefix": "10.9.0.0/16", "next_hop": "10.254.0.9"}]
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, static_routes=static,
                                    advertise_sources=["api", "config", "peer"]),
                           lab.peer(3, 65003, connect_retry=600)],  # nobody is there
                    environment=clock.environment())
    peer = lab.session(2, 65002, families=FAMILIES)
    bgpd.wait_established(lab.addr(2))
    peer.announce(Route("10.1.0.0/16", "10.254.0.2", (65002,)))
    peer.send(sp.UPDATE, sp.update_body(
        sp.mp_reach("ipv4 flow", b"", b"\x03\x03\x81\x06") + sp.attribute(sp.ORIGIN, b"\0")
        + sp.attribute(sp.AS_PATH, b"\x02\x01\0\0\xfd\xea")))
    bgpd.call("advertise_route", prefix="10.2.0.0/16", next_hop="10.254.0.1")
    wait_for(lambda: len(bgpd.call("show_routes_learned")) == 4)
    wait_for(lambda: len(bgpd.advertised(lab.addr(2))) == 2)
    wait_for(lambda: bgpd.peer(lab.addr(3))["last_error"])
    return bgpd, clock


def times(bgpd, clock):
    """{what: (Unix time, age)} of all that an answer gives both of. Unix time and age make up the
    time by the daemon's clock, within the seconds that both are rounded down to."""
    before = clock.now()
    routes = [bgpd.call(method) for method in ("show_routes_learned", "show_routes_advertised")]
    routes.append(bgpd.call("show_routes")["routes"])
    peers = bgpd.call("show_peers")
    after = clock.now()
    found = {(i, r["source"], r["prefix"]): (r["received_at"], seconds(r["age"]))
             for i, answer in enumerate(routes) for r in answer}
    assert len(found) == 4 + 2 + 4
    found |= {p["peer"]: (p["connect_time"], seconds(p["uptime"])) for p in peers if p["uptime"]}
    found |= {p["last_error"]: (p["last_error_at"], seconds(p["last_error_age"]))
              for p in peers if p["last_error"]}
    assert len(found) == 4 + 2 + 4 + 2
    for what, (at, age) in found.items():
        assert before - 2 < at + age <= after, (what, before, at, age, after)
    return found


@pytest.mark.parametrize("step", [DAY_S, -DAY_S, 1])
def test_a_step_of_the_clock_changes_no_age(stepped, step):
    bgpd, clock = stepped
    before = times(bgpd, clock)
    assert {what: at for what, (at, _) in times(bgpd, clock).items()} == \
        {what: at for what, (at, _) in before.items()}
    clock.step(step)
    after = times(bgpd, clock)
    assert all(age < DAY_S / 2 for _, age in after.values())
    assert {what: at for what, (at, _) in after.items()} == \
        {what: at + step for what, (at, _) in before.items()}


def test_what_comes_behind_a_step_back_is_young(stepped):
    bgpd, clock = stepped
    clock.step(-DAY_S)
    before = clock.now()
    answer = bgpd.call("advertise_route", prefix="10.3.0.0/16", next_hop="10.254.0.1")
    assert before - 2 < answer["received_at"] <= clock.now()  # moments are kept in whole seconds, too
    clock.step(DAY_S)
    found = bgpd.call("show_routes", exact="10.3.0.0/16")["routes"][0]
    assert answer["received_at"] + DAY_S - 1 <= found["received_at"] <= answer["received_at"] + DAY_S + 1
    assert seconds(found["age"]) < DAY_S / 2
