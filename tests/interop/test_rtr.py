"""VRPs and ASPAs from stayrtr, and from files as validators export them."""

import json
import os

import pytest

from support.route import Route
from support.rtr import PORT, cache, count, export, some_roas, stayrtr, wait_count
from support.shim import preload
from support.wait import stays, wait_for


def of_cache(bgpd, n=0):
    return bgpd.call("show_rpki")["caches"][n]


def test_differences(lab):
    """What changes in the validator arrives with a Serial Notify."""
    server = stayrtr(lab, 2, some_roas(100) + [("2001:db8::/32", 48, 64500)])
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 2, description="next door")]}})
    wait_count(bgpd, 101)
    before = of_cache(bgpd)
    assert before["state"] == "in sync" and before["in_use"] and before["version"] == 2
    assert (before["vrps_ipv4"], before["vrps_ipv6"], before["aspas"]) == (100, 1, 0)
    assert before["description"] == "next door" and before["last_error"] is None
    assert 0 < before["refresh_in_s"] <= 3600 and 0 < before["expire_in_s"] <= 7200
    assert before["connect_in_s"] is None
    server.tell(some_roas(100, first=10))
    wait_count(bgpd, 100)
    after = of_cache(bgpd)
    assert after["session_id"] == before["session_id"]
    assert after["serial"] == before["serial"] + 1
    shown = bgpd.cli("show", "rpki", check=True).stdout
    assert f"{lab.addr(2)}:{PORT}" in shown and "in all: 100 VRPs for IPv4, 0 for IPv6" in shown


@pytest.mark.parametrize("version", [0, 1])
def test_lower_versions(lab, version):
    stayrtr(lab, 2, some_roas(10), "-protocol", str(version))
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 2)]}})
    wait_count(bgpd, 10)
    assert of_cache(bgpd)["version"] == version


@pytest.mark.parametrize("version", [0, 1, 2])
def test_no_more_than_configured(lab, version):
    stayrtr(lab, 2, some_roas(10))
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 2, version=version)]}})
    wait_count(bgpd, 10)
    assert of_cache(bgpd)["version"] == version
    assert of_cache(bgpd)["errors"] == 0


def test_restart(lab):
    """A cache that dies keeps what it said; one that comes back with another session replaces it."""
    server = stayrtr(lab, 2, some_roas(50))
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 2)]}})
    wait_count(bgpd, 50)
    before = of_cache(bgpd)
    server.kill9()
    wait_for(lambda: of_cache(bgpd)["last_error"], what="an error that is shown")
    stays(lambda: count(bgpd) == 50, 1)
    assert of_cache(bgpd)["in_use"]
    server.tell(some_roas(60, first=40))
    server.start()
    wait_count(bgpd, 60)
    after = of_cache(bgpd)
    assert after["session_id"] != before["session_id"]
    bgpd.wait_log("in sync: 60 VRPs for IPv4")


def test_old_aspas(lab):
    """stayrtr 0.5 sends ASPAs as a draft of long ago has them. That costs the ASPAs alone."""
    stayrtr(lab, 2, some_roas(10), aspas=[(64500, [64501, 64502])])
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 2)]}})
    wait_count(bgpd, 10)
    shown = of_cache(bgpd)
    assert shown["version"] == 1 and shown["aspas"] == 0
    assert "ASPA" in shown["last_error"] and "version 1" in shown["last_error"]


def test_preference(lab):
    """Those of one preference are united; others count while none of these has data."""
    first = stayrtr(lab, 2, some_roas(10))
    second = stayrtr(lab, 3, some_roas(10, first=5))
    stayrtr(lab, 4, some_roas(30, first=100))
    bgpd = lab.bgpd({"rpki": {"caches": [
        cache(lab, 4, preference=9), cache(lab, 2, preference=1, refresh_s=1, expire_s=4),
        cache(lab, 3, preference=1, refresh_s=1, expire_s=4)]}})

    def comes_to(expected, *in_use):
        """So many VRPs, of these caches. For a moment it may be others, as 4 s expire where all is slow."""
        def now():
            return count(bgpd), [c["in_use"] for c in bgpd.call("show_rpki")["caches"]]
        wait_for(lambda: now() == (expected, list(in_use)), what=f"{expected} VRPs of {in_use}")

    wait_for(lambda: [c["state"] for c in bgpd.call("show_rpki")["caches"]] == ["in sync"] * 3)
    comes_to(15, False, True, True)
    first.kill9()
    comes_to(10, False, False, True)
    bgpd.wait_log("expired")
    second.kill9()
    comes_to(30, True, False, False)
    first.start()
    comes_to(10, False, True, False)


def test_reload(lab):
    """Caches come and go; others keep their connection and their data."""
    stayrtr(lab, 2, some_roas(10))
    stayrtr(lab, 3, some_roas(10, first=10))
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 2)]}})
    wait_count(bgpd, 10)
    before = of_cache(bgpd)
    bgpd.reload(rpki={"caches": [cache(lab, 3), cache(lab, 2, refresh_s=60, description="kept")]})
    wait_count(bgpd, 20)
    kept = of_cache(bgpd, 1)
    assert kept["description"] == "kept" and kept["refresh_in_s"] <= 60
    assert kept["errors"] == 0 and kept["data_at"] == before["data_at"]
    # The one that is left counts until the other has data, not a moment less.
    bgpd.reload(rpki={"caches": [cache(lab, 3, preference=5)]})
    wait_count(bgpd, 10)
    assert [c["address"] for c in bgpd.call("show_rpki")["caches"]] == [lab.addr(3)]
    bgpd.reload(rpki={"caches": [cache(lab, 4)]})
    stays(lambda: count(bgpd) == 10, 1)
    assert [c["address"] for c in bgpd.call("show_rpki")["caches"]] == [lab.addr(4), lab.addr(3)]
    stayrtr(lab, 4, some_roas(7))
    wait_count(bgpd, 7)
    bgpd.reload(rpki={})
    wait_count(bgpd, 0)
    assert bgpd.call("show_rpki")["caches"] == []


class File:
    """A file that BGPd follows."""

    def __init__(self, lab):
        self.path = os.path.join(lab.dir, "vrps.json")

    def write(self, text):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path + ".new", self.path)


def of_file(bgpd):
    return bgpd.call("show_rpki")["files"][0]


def test_a_file_system_that_hangs(lab):
    """Nobody waits for it, and what was read before still counts."""
    file = File(lab)
    file.write(export(some_roas(20)))
    bgpd = lab.bgpd({"rpki": {"files": [file.path]}}, start=False)
    bgpd.more_environment = preload(lab.directory("shim"), "hang_shim.c", HANGING_FILE=file.path)
    bgpd.start()
    wait_count(bgpd, 20)
    with open(file.path + ".hangs", "w", encoding="utf-8"):
        pass
    file.write(export(some_roas(30)))
    def long_turns():
        return bgpd.call("show_info")["loop"]["long_turns"]

    def looks_at_it():
        """It is looked at each second, which would hold up the loop each time."""
        before = long_turns()
        stays(lambda: count(bgpd) == 20, 3)
        return long_turns() == before
    wait_for(looks_at_it)  # others may hold it up, too, but not all the time


def test_file(lab):
    """A file is read again when it has changed; one that is bad leaves what was there."""
    file = File(lab)
    file.write(export(some_roas(20), [(64500, [64502, 64501])]))
    bgpd = lab.bgpd({"rpki": {"files": [file.path]}})
    wait_count(bgpd, 20)
    assert of_file(bgpd)["aspas"] == 1 and of_file(bgpd)["error"] is None
    file.write(export(some_roas(30, first=10) + [("2001:db8::/32", 32, 1)]))
    wait_count(bgpd, 31)
    assert (of_file(bgpd)["vrps_ipv4"], of_file(bgpd)["vrps_ipv6"]) == (30, 1)
    file.write('{"roas": [\n {"asn": 1, "prefix": "10.0.0.0/40"}]}')
    wait_for(lambda: of_file(bgpd)["error"], what="an error that is shown")
    problem = f'{file.path}:2:2: prefix is not one (expected "192.0.2.0/24")'
    assert of_file(bgpd)["error"] == problem
    assert count(bgpd) == 31 and of_file(bgpd)["vrps_ipv6"] == 1
    bgpd.wait_log(f"RPKI file {problem}; what was read before still counts")
    assert problem in bgpd.cli("show", "rpki", check=True).stdout
    checked = bgpd.run(bgpd.binary, "check", bgpd.path("config.toml"))
    assert problem.replace(": prefix", ": warning: prefix") in checked
    os.unlink(file.path)
    wait_for(lambda: "No such file" in (of_file(bgpd)["error"] or ""))
    assert count(bgpd) == 31
    file.write(export(some_roas(5)))
    wait_count(bgpd, 5)
    assert of_file(bgpd)["error"] is None


def test_start_waits_for_files(lab):
    """What files say is known before anybody is answered, or the log says that it takes too long."""
    file = File(lab)
    file.write(export(some_roas(100000)))
    bgpd = lab.bgpd({"rpki": {"files": [file.path]}})
    assert count(bgpd) == 100000 or "it takes long to be read" in bgpd.log()


def test_file_and_cache(lab):
    """What several sources have is there as long as one of them has it."""
    file = File(lab)
    file.write(export(some_roas(10)))
    server = stayrtr(lab, 2, some_roas(10, first=5))
    bgpd = lab.bgpd({"rpki": {"files": [file.path], "caches": [cache(lab, 2)],
                              "vrps": ["10.0.0.0/24 le 24 64500"]}})
    wait_count(bgpd, 15)
    file.write(export([]))
    wait_count(bgpd, 11)
    bgpd.reload(rpki={"caches": [cache(lab, 2)]})
    wait_count(bgpd, 10)
    assert bgpd.call("show_rpki")["files"] == []
    server.tell([])
    wait_count(bgpd, 0)


def test_entries_expire(lab):
    file = File(lab)
    document = json.loads(export(some_roas(3)))
    document["roas"][0]["expires"] = 1700000000
    file.write(json.dumps(document))
    bgpd = lab.bgpd({"rpki": {"files": [file.path]}})
    wait_count(bgpd, 2)
    assert of_file(bgpd)["expired"] == 1


def test_routes_follow(lab):
    """What a cache says reaches routes that came before it, and those who were told them; a cache
    that restarts costs nobody a route that is as good as it was."""
    file = File(lab)
    file.write(export([]))
    server = stayrtr(lab, 4, [("10.1.0.0/16", 24, 65002)])
    bgpd = lab.bgpd({"rpki": {"caches": [cache(lab, 4)], "files": [file.path]},
                     "policies": {"validated": {"default": "next", "rules": [
                         {"if": {"rov": "invalid"}, "then": "reject"}]}}},
                    peers=[lab.peer(2, 65002, **{"import": ["validated"]}),
                           lab.peer(3, 65003, advertise_sources=["peer"])])
    wait_count(bgpd, 1)
    sender = lab.real("bird", 2, 65002)
    receiver = lab.real("bird", 3, 65003)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    good = Route("10.1.1.0/24", "10.254.0.2", (65002,))
    other = Route("10.2.1.0/24", "10.254.0.2", (65002,))
    sender.announce(good, other)
    wait_for(lambda: set(receiver.received()) == {good.key, other.key})
    server.tell([("10.1.0.0/16", 24, 65002), ("10.2.0.0/16", 16, 65002)])
    wait_for(lambda: set(receiver.received()) == {good.key})
    sessions = bgpd.sessions()
    server.kill9()
    server.tell([("10.1.0.0/16", 24, 65002)])
    server.start()
    wait_for(lambda: set(receiver.received()) == {good.key, other.key})
    file.write(export([("10.1.0.0/16", 16, 65002)]))
    stays(lambda: good.key in receiver.received(), 2)
    server.tell([])
    wait_for(lambda: set(receiver.received()) == {other.key})
    assert bgpd.sessions() == sessions
