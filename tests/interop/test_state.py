"""[state]: what the API announces is there again after an end of any kind."""

import http.client
import os
import random
import resource
import signal
import subprocess
import threading
import time

import pytest

from support.clock import WallClock
from support.rpc import RpcError
from support.wait import wait_for

KILLS = int(os.environ.get("KILLS", "10"))
CONFIG = {"state": {"path": "state.db"}}


def advertise(bgpd, prefix, mark=1, **more):
    return bgpd.call("advertise_route", prefix=prefix, next_hop="10.254.0.1",
                     communities=[f"65000:{mark}"], **more)


def originated(bgpd):
    """Everything about it but what time changes."""
    varies = {"age", "received_at", "expires_at", "expires_in", "advertised_to"}
    return {(r.get("rd", "") + (r.get("prefix") or str(r["rules"])), tuple(r["to"])):
            {k: v for k, v in r.items() if k not in varies}
            for r in bgpd.call("show_originated")["routes"]}


def expiries(bgpd):
    """Unix times, of whole seconds: a millisecond between two clocks can make one of them another."""
    return [r["expires_at"] for r in bgpd.call("show_originated")["routes"] if r["expires_at"]]


def marks(bgpd):
    return {prefix: int(r["communities"][0].split(":")[1])
            for (prefix, _), r in originated(bgpd).items()}


def end(bgpd, kill):
    if kill:
        bgpd.kill9()
    else:
        bgpd.stop()


@pytest.mark.parametrize("kill", [False, True], ids=["end", "kill -9"])
def test_it_is_there_again(lab, kill):
    bgpd = lab.bgpd(CONFIG, peers=[lab.peer(2, 65002, passive=True,
                                            families=["ipv4 unicast", "ipv4 flow"]),
                                   lab.peer(3, 65003, passive=True)])
    advertise(bgpd, "10.1.0.0/16", 1, owner="a", label="a label", tags=["x", "y"], ttl="1h")
    advertise(bgpd, "10.1.0.0/16", 2, to=lab.addr(3))
    advertise(bgpd, "10.2.0.0/16", 3)
    bgpd.call("advertise_route", prefix="2001:db8::/32", next_hop="2001:db8::1",
              aggregator="70000:192.0.2.1", atomic_aggregate=True, originator_id="192.0.2.2",
              cluster_list=["192.0.2.3"], aigp=100)
    bgpd.call("advertise_route", prefix="10.1.0.0/16", next_hop="10.0.0.1", rd="65000:1",
              labels=[17])
    bgpd.call("advertise_flow", afi=1, action="drop", owner="ddos",
              matches=["destination 10.4.0.0/16", "destination-port >80 <=90", "protocol udp"])
    advertise(bgpd, "10.3.0.0/16", 3)
    bgpd.call("withdraw_route", "10.3.0.0/16")
    advertise(bgpd, "10.2.0.0/16", 4, tags="z")
    before = originated(bgpd)
    expiring = expiries(bgpd)
    assert len(before) == 6 and len(expiring) == 1
    end(bgpd, kill)
    bgpd.start()
    assert originated(bgpd) == before
    assert sum(expiries(bgpd)) == pytest.approx(sum(expiring), abs=1)
    two, three = lab.session(2, 65002, families=("ipv4 unicast", "ipv4 flow")), \
        lab.session(3, 65003)
    wait_for(lambda: set(two.received()) == set(three.received()) == {"10.1.0.0/16", "10.2.0.0/16"})
    assert three.received()["10.1.0.0/16"].communities == {"65000:2"}
    assert two.received()["10.1.0.0/16"].communities == {"65000:1"}
    assert bgpd.call("withdraw_originated", owner="ddos")["withdrawn"] == 1
    bgpd.call("withdraw_route", prefix="10.1.0.0/16", to=lab.addr(3))
    end(bgpd, kill)
    bgpd.start()
    assert len(originated(bgpd)) == 4 and f"{lab.addr(3)}" not in str(originated(bgpd))


def test_without_it_nothing_stays(lab):
    bgpd = lab.bgpd(peers=[])
    advertise(bgpd, "10.1.0.0/16")
    end(bgpd, False)
    bgpd.start()
    assert originated(bgpd) == {}


def test_a_lease_goes_on(lab):
    """Its time counts while the daemon is down, too."""
    clock = WallClock(lab.directory("clock"))
    bgpd = lab.bgpd(CONFIG, peers=[], environment=clock.environment())
    advertise(bgpd, "10.1.0.0/16", ttl="1h")
    advertise(bgpd, "10.2.0.0/16", ttl="2h")
    end(bgpd, True)
    clock.step(3600)  # the time of the first lease
    bgpd.start()
    assert set(marks(bgpd)) == {"10.2.0.0/16"}
    expiry, = expiries(bgpd)
    assert 3600 - 300 < expiry - clock.now() < 3601
    end(bgpd, True)
    clock.step(int(expiry - 5 - clock.now()))
    bgpd.start()
    wait_for(lambda: marks(bgpd) == {})
    assert clock.now() > expiry - 1
    end(bgpd, True)
    bgpd.start()
    assert marks(bgpd) == {}


def test_leases_that_ended_meanwhile_are_not_announced(lab):
    """However many they are, not for a moment."""
    clock = WallClock(lab.directory("clock"))
    bgpd = lab.bgpd(CONFIG, peers=[lab.peer(2, 65002, passive=True)], environment=clock.environment())
    bgpd.call("advertise_routes", routes=[f"10.{n >> 8}.{n & 255}.0/24" for n in range(5000)],
              next_hop="10.254.0.1", ttl="1h")
    advertise(bgpd, "192.0.2.0/24")
    end(bgpd, True)
    clock.step(3600)  # the time of the leases
    bgpd.start()
    speaker = lab.session(2, 65002)
    wait_for(lambda: bgpd.advertised(lab.addr(2)))
    wait_for(lambda: speaker.received())
    assert set(speaker.received()) == {"192.0.2.0/24"}
    assert "5000 leases ended meanwhile" in bgpd.log() and "1 routes of the API" in bgpd.log()


class Client(threading.Thread):
    """Announces and withdraws at random until the daemon is gone, and knows what was answered."""

    def __init__(self, bgpd, state, seed):
        super().__init__()
        self.bgpd, self.state, self.rng = bgpd, state, random.Random(seed)
        self.in_flight = {}  # by prefix: what it may be, too
        self.answered = 0

    def run(self):
        try:
            while True:
                self.step()
        except (OSError, ValueError, AssertionError, http.client.HTTPException):
            return

    def step(self):
        batch = {f"10.{self.rng.randrange(50)}.0.0/16": self.rng.choice([None, *range(1, 9)])
                 for _ in range(self.rng.choice([1, 1, 5]))}
        self.in_flight = batch
        calls = [{"jsonrpc": "2.0", "id": i,
                  **({"method": "withdraw_route", "params": {"prefix": prefix}} if mark is None else
                     {"method": "advertise_route",
                      "params": {"prefix": prefix, "next_hop": "10.254.0.1",
                                 "communities": [f"65000:{mark}"]}})}
                 for i, (prefix, mark) in enumerate(batch.items())]
        assert len(self.bgpd.rpc.exchange(calls)) == len(calls)
        for prefix, mark in batch.items():
            self.state.pop(prefix, None)
            if mark is not None:
                self.state[prefix] = mark
        self.in_flight = {}
        self.answered += 1


def agrees(found, state, in_flight):
    for prefix in set(found) | set(state) | set(in_flight):
        allowed = [state.get(prefix)]
        if prefix in in_flight:
            allowed.append(in_flight[prefix])
        if found.get(prefix) not in allowed:
            return False
    return True


def test_killed_at_random_moments(lab):
    """No route that was acknowledged is lost, and no withdrawal undone."""
    bgpd = lab.bgpd(CONFIG, peers=[])
    rng = random.Random(1)
    state = {}
    answered = 0
    for number in range(KILLS):
        client = Client(bgpd, state, rng.random())
        client.start()
        wait_for(lambda c=client, n=number % 3: c.answered >= n, interval=0.001)
        time.sleep(rng.random() * 0.1)  # the moment is random: nothing is waited for
        bgpd.kill9()
        client.join()
        answered += client.answered
        bgpd.start()
        found = marks(bgpd)
        assert agrees(found, state, client.in_flight), (found, state, client.in_flight)
        state.clear()
        state.update(found)
    assert answered > KILLS / 2


def test_it_cannot_be_opened(lab):
    """A daemon that could not keep what it is to keep does not start, and says why."""
    def refuses(config):
        bgpd = lab.bgpd(config, n=4, peers=[], start=False)
        bgpd.write_config()
        done = subprocess.run(bgpd.argv(), capture_output=True, text=True, timeout=60, check=False)
        lab.daemons.remove(bgpd)
        assert done.returncode == 1, done
        return done.stdout + done.stderr

    assert "state: /nonexistent/x.db: unable to open" in \
        refuses({"state": {"path": "/nonexistent/x.db"}})
    path = os.path.join(lab.dir, "garbage")
    with open(path, "w", encoding="ascii") as f:
        f.write("no database " * 1000)
    assert "not a database" in refuses({"state": {"path": path}})
    path = os.path.join(lab.dir, "shared.db")
    bgpd = lab.bgpd({"state": {"path": path}}, peers=[])
    assert "another process has it" in refuses({"state": {"path": path}})
    advertise(bgpd, "10.1.0.0/16")
    assert bgpd.cli("check", bgpd.path("config.toml")).returncode == 0


def test_it_cannot_be_written(lab):
    """Nothing is changed that would not be there again; as soon as it can be written, all goes on."""
    bgpd = lab.bgpd(CONFIG, peers=[])
    advertise(bgpd, "10.1.0.0/16")
    pid = bgpd.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    full = os.path.getsize(bgpd.path("state.db-wal"))  # the log is a shorter file
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (full, limits[1]))
    waiting = threading.Thread(target=advertise, args=(bgpd, "10.2.0.0/16"))
    waiting.start()
    bgpd.wait_log("what the API announces cannot be changed until it can be stored")
    with pytest.raises(RpcError, match="not carried out, as it cannot be stored"):
        advertise(bgpd, "10.3.0.0/16")
    with pytest.raises(RpcError, match="not carried out, as it cannot be stored"):
        bgpd.call("withdraw_route", "10.1.0.0/16")
    assert any(line.startswith("state: ") for line in bgpd.call("show_info")["waiting_for"])
    assert waiting.is_alive()
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    waiting.join(60)
    assert not waiting.is_alive()
    bgpd.wait_log("is written again")
    advertise(bgpd, "10.3.0.0/16")
    end(bgpd, True)
    bgpd.start()
    assert set(marks(bgpd)) == {"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"}


def test_another_path_waits_for_the_next_start(lab):
    bgpd = lab.bgpd(CONFIG, peers=[])
    advertise(bgpd, "10.1.0.0/16")
    answer = bgpd.reload(state={"path": "other.db"})
    assert any("until the next start" in line for line in answer["warnings"])
    assert not os.path.exists(bgpd.path("other.db"))
    advertise(bgpd, "10.2.0.0/16")
    assert bgpd.reload(**CONFIG)["warnings"] == []
    end(bgpd, True)
    bgpd.start()
    assert set(marks(bgpd)) == {"10.1.0.0/16", "10.2.0.0/16"}


def test_stopped_in_the_middle(lab):
    """What was announced just before the end is there."""
    bgpd = lab.bgpd(CONFIG, peers=[])
    for i in range(200):
        advertise(bgpd, f"10.{i}.0.0/16")
    bgpd.signal(signal.SIGTERM)
    bgpd.process.wait(60)
    bgpd.start()
    assert len(marks(bgpd)) == 200
