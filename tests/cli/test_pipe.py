"""bgpd pipe: what lines ask of the daemon, how they are answered, and how scripts are run."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from fake_daemon import BGPD, DEADLINE, detail, wait_for

ROUTE = "announce route 10.0.0.0/24 next-hop 192.0.2.1"


def test_lines_are_answered_in_order(api, bgpd):
    api.refuse["10.0.9.0/24"] = {"code": -32602, "message": "no"}
    done = bgpd("pipe", input=f"{ROUTE}\n# a comment\nnonsense\n\n"
                "announce route 10.0.9.0/24 next-hop 192.0.2.1\n"
                "withdraw route 10.0.0.0/24")
    assert done.stdout.split() == ["done", "done", "error", "error", "error", "done"]
    assert done.returncode == 1
    assert 'bgpd: line 3: column 1: unknown command "nonsense"' in done.stderr
    assert "bgpd: line 5: no\n" in done.stderr
    assert api.changes == [
        ("advertise_route", {"prefix": "10.0.0.0/24", "next_hop": "192.0.2.1"}),
        ("withdraw_route", {"prefix": "10.0.0.0/24"})]


def test_attributes_that_routes_are_seldom_given(api, bgpd):
    done = bgpd("pipe", input=f"{ROUTE} aggregator ( 65000:192.0.2.2 ) atomic-aggregate "
                "originator-id 192.0.2.3 cluster-list [ 192.0.2.4 192.0.2.5 ] aigp 0x64\n"
                f"{ROUTE} path-information 1.2.3.4\n")
    assert done.stdout.split() == ["done", "error"]
    assert api.changes == [("advertise_route", {
        "prefix": "10.0.0.0/24", "next_hop": "192.0.2.1", "aggregator": "65000:192.0.2.2",
        "atomic_aggregate": True, "originator_id": "192.0.2.3",
        "cluster_list": ["192.0.2.4", "192.0.2.5"], "aigp": 100})]
    assert 'BGPd\'s API has no "path-information" for its own routes' in done.stderr


def test_all_done_is_success(api, bgpd):
    done = bgpd("pipe", input=ROUTE + "\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_what_waits_goes_together(api, bgpd):
    """10,000 lines take some twenty requests, over one connection."""
    count = 10000
    lines = "".join(f"announce route 10.{i >> 8}.{i & 255}.0/24 next-hop 192.0.2.1\n"
                    for i in range(count))
    done = bgpd("pipe", input=lines)
    assert done.stdout == "done\n" * count
    assert api.prefixes() == [f"10.{i >> 8}.{i & 255}.0/24" for i in range(count)]
    assert len(api.batches) < 200 and max(map(len, api.batches)) == 512


def test_a_line_is_answered_at_once(api, start):
    process = start("pipe")
    for _ in range(3):
        process.stdin.write(ROUTE + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"
    process.stdin.close()
    assert process.wait(DEADLINE) == 0


def test_nothing_to_withdraw_is_done(api, bgpd):
    api.refuse["10.0.0.0/24"] = {"code": -32001,
                                 "message": "the API does not advertise 10.0.0.0/24"}
    api.refuse["10.1.0.0/24"] = {"code": -32001, "message": "there is no peer 192.0.2.9"}
    done = bgpd("pipe", input="withdraw route 10.0.0.0/24\nwithdraw route 10.1.0.0/24\n")
    assert done.stdout.split() == ["done", "error"]


def test_selectors_are_targets(api, bgpd):
    api.peers = [detail("192.0.2.1", remote_asn=1), detail("192.0.2.2", remote_asn=2),
                 detail("192.0.2.3", remote_asn=2, local="127.0.0.9:179")]
    done = bgpd("pipe", input="neighbor 192.0.2.3 withdraw route 10.0.0.0/24\n"
                "neighbor * withdraw route 10.0.1.0/24\n"
                "neighbor 192.0.2.1, neighbor 192.0.2.3 withdraw route 10.0.2.0/24\n"
                "neighbor 192.0.2.2 peer-as 2 local-ip 127.0.0.1 router-id 1.2.3.4 "
                "withdraw route 10.0.3.0/24\n"
                "neighbor 192.0.2.1 peer-as 2 withdraw route 10.0.4.0/24\n")
    assert done.stdout.split() == ["done", "done", "done", "done", "error"]
    assert [params.get("to") for _, params in api.changes] == [
        ["192.0.2.3"], None, ["192.0.2.1", "192.0.2.3"], ["192.0.2.2"]]
    assert "line 5: no neighbor is meant by it" in done.stderr


def test_next_hop_self(api, bgpd):
    api.peers = [detail("192.0.2.1"), detail("2001:db8::2", "[2001:db8::1]:179"),
                 detail("192.0.2.3", state="Idle")]
    done = bgpd("pipe", input="announce route 10.0.0.0/24 next-hop self\n"
                "announce route 2001:db8:1::/48 next-hop self\n")
    assert done.returncode == 0, done.stderr
    assert [params["next_hop"] for _, params in api.changes] == ["127.0.0.1", "2001:db8::1"]


def test_next_hop_self_is_that_of_each_session(api, bgpd):
    api.peers = [detail("192.0.2.1"), detail("192.0.2.2", "127.0.0.2:179"), detail("192.0.2.3")]
    done = bgpd("pipe", input="announce route 10.0.0.0/24 next-hop self\n"
                "neighbor 192.0.2.2 announce route 10.0.1.0/24 next-hop self\n")
    assert done.stdout.split() == ["done", "done"]
    assert [(params["next_hop"], params["to"]) for _, params in api.changes] == [
        ("127.0.0.1", ["192.0.2.1", "192.0.2.3"]), ("127.0.0.2", ["192.0.2.2"]),
        ("127.0.0.2", ["192.0.2.2"])]
    api.changes.clear()
    done = bgpd("pipe", "--self", "192.0.2.7", "2001:db8::7",
                input="announce route 10.0.0.0/24 next-hop self\n"
                "announce route 2001:db8::/48 next-hop self\n")
    assert done.returncode == 0
    assert [params["next_hop"] for _, params in api.changes] == ["192.0.2.7", "2001:db8::7"]
    api.peers = [detail("2001:db8::2", "[2001:db8::1]:179")]
    done = bgpd("pipe", input="announce route 10.0.0.0/24 next-hop self\n")
    assert done.stdout == "error\n" and "no session has an own IPv4 address" in done.stderr


def test_next_hop_self_follows_the_sessions(api, start):
    """One that comes up later gets the route with the address of its session."""
    api.peers = [detail("192.0.2.1"), detail("192.0.2.2", state="Idle")]
    api.peers[1]["tcp_connection"] = None
    process = start("pipe")
    process.stdin.write("announce route 10.0.0.0/24 next-hop self\n"
                        "announce route 10.0.1.0/24 next-hop self\nwithdraw route 10.0.1.0/24\n")
    process.stdin.flush()
    for _ in range(3):
        assert process.stdout.readline() == "done\n"
    api.changes.clear()
    api.peers = [detail("192.0.2.1"), detail("192.0.2.2", "127.0.0.2:179")]
    wait_for(lambda: len(api.changes) == 2)
    assert [(params["prefix"], params["next_hop"], params["to"]) for _, params in api.changes] == [
        ("10.0.0.0/24", "127.0.0.1", ["192.0.2.1"]), ("10.0.0.0/24", "127.0.0.2", ["192.0.2.2"])]


def test_next_hop_self_waits_for_a_session(api, start):
    api.peers = [detail("192.0.2.1", state="Idle")]
    api.peers[0]["tcp_connection"] = None
    process = start("pipe")
    process.stdin.write("announce route 10.0.0.0/24 next-hop self\n")
    process.stdin.flush()
    wait_for(lambda: sum(r.get("method") == "show_peer_detail"
                         for r in api.daemon.requests if isinstance(r, dict)) >= 2)
    assert not api.changes
    api.peers = [detail("192.0.2.1")]
    assert process.stdout.readline() == "done\n"


def test_our_own_as_is_not_sent_twice(api, bgpd):
    """BGPd puts it in front for external neighbors, ExaBGP does not."""
    api.peers = [detail("192.0.2.1", local_asn=65000, remote_asn=65001)]
    line = ROUTE + " as-path [ 65000 65000 7 ]\n"
    bgpd("pipe", input=line)
    api.peers.append(detail("192.0.2.2", local_asn=65000, remote_asn=65000))
    bgpd("pipe", input=line)
    assert [params["as_path"] for _, params in api.changes] == ["65000 7", "65000 65000 7"]


def test_json_lines(api, bgpd):
    api.refuse["10.0.9.0/24"] = {"code": -32602, "message": "no"}
    lines = [{"jsonrpc": "2.0", "id": "x", "method": "withdraw_route",
              "params": {"prefix": "10.0.0.0/24"}},
             {"prefix": "10.0.0.0/24", "next_hop": "192.0.2.1"},
             {"afi": 1, "action": "drop", "matches": ["port 1"]},
             {"id": 5, "method": "withdraw_route", "params": {"prefix": "10.0.9.0/24"}},
             {"id": 6, "method": "version"}]
    text = "\n".join(map(json.dumps, lines)) + "\n[]\n{\n"
    done = bgpd("pipe", input=text)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["x", None, None, 5, 6, None, None]
    assert [method for method, _ in api.changes] == ["withdraw_route", "advertise_route",
                                                     "advertise_flow"]
    assert answers[3]["error"]["code"] == -32602 and answers[4]["result"]["pid"] == 100
    assert "result" in answers[0] and "error" in answers[5] and "error" in answers[6]


def test_a_call_that_reads_sees_what_was_before(api, bgpd):
    """It stands alone: in a batch it would be answered after all that follows."""
    done = bgpd("pipe", input=ROUTE + '\n{"id": 1, "method": "version"}\n' + ROUTE + "\n")
    assert done.returncode == 0
    assert [[call["method"] for call in batch] for batch in api.batches] == [
        ["advertise_route"], ["version"], ["advertise_route"]]


def test_acks(api, bgpd):
    text = f"{ROUTE}\nnonsense\n"
    answers = [json.loads(line) for line in
               bgpd("pipe", "--ack", "json", input=text).stdout.splitlines()]
    assert answers[0] == {"answer": "done"}
    assert answers[1]["answer"] == "error" and "column 1" in answers[1]["message"]
    assert bgpd("pipe", "--ack", "none", input=text).stdout == ""
    text = f"{ROUTE}\ndisable-ack\n{ROUTE}\nenable-ack\nsilence-ack\n{ROUTE}\n"
    assert bgpd("pipe", input=text).stdout == "done\n" * 3
    assert bgpd("pipe", "--ack", "x", input=text).returncode == 2


def test_texts(api, bgpd):
    api.peers = [detail("192.0.2.1", remote_asn=65001)]
    done = bgpd("pipe", input="version\nshow neighbor summary\nhelp\nreload\n")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("bgpd ") and lines[1] == "done"
    assert lines[2].split()[:2] == ["Peer", "AS"]
    assert lines[3].split() == ["192.0.2.1", "65001", "00:01:40", "established", "3", "4"]
    assert lines[4] == "done" and "announce route" in lines
    assert lines[-2:] == ["reload in progress", "done"]
    assert api.changes == [("reload", {})]


def test_watchdogs(api, bgpd):
    done = bgpd("pipe", input=f"{ROUTE} watchdog dog withdraw\n"
                "announce route 10.0.1.0/24 next-hop 192.0.2.1 watchdog dog\n"
                "announce watchdog dog\nwithdraw watchdog dog\nannounce watchdog cat\n")
    assert done.stdout == "done\n" * 5
    assert api.prefixes() == ["10.0.1.0/24", "10.0.0.0/24", "10.0.1.0/24"]
    assert api.prefixes("withdraw_route") == ["10.0.0.0/24", "10.0.1.0/24"]


def test_all_and_some(api, bgpd):
    """A command changes what each neighbor is told that it is for; also within one batch."""
    api.peers = [detail("192.0.2.1"), detail("192.0.2.2"), detail("192.0.2.3", state="Idle")]
    done = bgpd("pipe", input=f"{ROUTE}\nneighbor 192.0.2.1 withdraw route 10.0.0.0/24\n"
                "withdraw route 10.0.0.0/24\n")
    assert done.returncode == 0
    aimed = {"prefix": "10.0.0.0/24", "to": ["192.0.2.2", "192.0.2.3"]}
    assert api.changes[1:] == [
        ("advertise_route", {**aimed, "next_hop": "192.0.2.1"}),
        ("withdraw_route", {"prefix": "10.0.0.0/24"}), ("withdraw_route", aimed)]


def test_clear(api, bgpd):
    api.peers = [detail("192.0.2.8"), detail("192.0.2.9")]
    bgpd("pipe", input=f"{ROUTE}\nneighbor 192.0.2.9 {ROUTE}\n"
         "announce flow route source 10.0.0.0/24 discard\nclear adj-rib out\n")
    assert api.changes[3:] == [
        ("withdraw_route", {"prefix": "10.0.0.0/24"}),
        ("withdraw_route", {"prefix": "10.0.0.0/24", "to": ["192.0.2.9"]}),
        ("withdraw_flow", {"afi": 1, "matches": ["source 10.0.0.0/24"]})]
    api.changes.clear()
    bgpd("pipe", input=f"{ROUTE}\nneighbor 192.0.2.9 clear adj-rib out\n")
    assert api.changes[1:] == [
        ("advertise_route", {"prefix": "10.0.0.0/24", "next_hop": "192.0.2.1", "to": ["192.0.2.8"]}),
        ("withdraw_route", {"prefix": "10.0.0.0/24"})]


def test_teardown_and_refresh(api, bgpd):
    api.peers = [detail("192.0.2.1"), detail("192.0.2.2"), detail("192.0.2.3", state="Idle")]
    done = bgpd("pipe", input="neighbor 192.0.2.2 teardown 6\nteardown 6\n"
                "announce route-refresh ipv4 unicast\nneighbor 192.0.2.8 teardown 6\n")
    assert done.stdout.split() == ["done", "done", "done", "error"]
    assert api.changes == [("reset_peer", {"peer": "192.0.2.2"}),
                           ("refresh_peer", {"peer": "192.0.2.1", "family": "ipv4 unicast"}),
                           ("refresh_peer", {"peer": "192.0.2.2", "family": "ipv4 unicast"})]


def test_owner(api, bgpd):
    bgpd("pipe", "--owner", "web", input=f"{ROUTE}\nwithdraw route 10.0.0.0/24\n")
    assert [params.get("owner") for _, params in api.changes] == ["web", None]


def test_withdraw_on_exit(api, bgpd, start):
    bgpd("pipe", input=ROUTE + "\n")
    assert not api.prefixes("withdraw_route")
    bgpd("pipe", "--withdraw-on-exit", input=ROUTE + "\n")
    assert api.prefixes("withdraw_route") == ["10.0.0.0/24"]
    process = start("pipe", "--withdraw-on-exit")
    process.stdin.write(ROUTE + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert api.prefixes("withdraw_route") == ["10.0.0.0/24"] * 2


def test_no_daemon(bgpd):
    done = subprocess.run([BGPD, "--port", "1", "pipe"], input=ROUTE, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 3 and "no daemon answers" in done.stderr and done.stdout == ""


def test_another_daemon_is_told_all_again(api, start):
    process = start("pipe")
    process.stdin.write(ROUTE + "\nannounce route 10.0.1.0/24 next-hop 192.0.2.1\n"
                        "withdraw route 10.0.1.0/24\n")
    process.stdin.flush()
    for _ in range(3):
        assert process.stdout.readline() == "done\n"
    api.changes.clear()
    api.pid = 101
    wait_for(lambda: api.prefixes() == ["10.0.0.0/24"])
    process.stdin.close()
    assert process.wait(DEADLINE) == 0
    assert "started anew: 1 routes announced again" in process.stderr.read()


def test_long_and_broken_lines(api, bgpd):
    long = "announce route " + "x" * (2 << 20)
    done = bgpd("pipe", input=f"{long}\n{ROUTE}\n")
    assert done.stdout.split() == ["error", "done"]
    assert "line 1: the line is longer than 1 MiB" in done.stderr


# Scripts.

ECHO = """
import sys
print("{line}", flush=True)
answer = sys.stdin.readline()
open("{file}", "a").write(answer)
{end}
"""


def script(tmp_path, text):
    path = tmp_path / "script.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def test_a_script_is_answered_and_started_again(api, start, tmp_path):
    file = tmp_path / "answers"
    process = start("pipe", "--encoder", "text", "--",
                    *script(tmp_path, ECHO.format(line=ROUTE, file=file, end="sys.exit(3)")))
    wait_for(lambda: file.exists() and file.read_text() == "done\n" * 2, "two answers")
    assert len(api.prefixes()) >= 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    error = process.stderr.read()
    assert "has ended with status 3, and is started again in 1 s" in error


def test_without_respawn(api, start, tmp_path):
    file = tmp_path / "answers"
    for status in (0, 3):
        process = start("pipe", "--no-respawn", "--withdraw-on-exit", "--", *script(
            tmp_path, ECHO.format(line=ROUTE, file=file, end=f"sys.exit({status})")))
        assert process.wait(DEADLINE) == (1 if status else 0)
    assert file.read_text() == "done\n" * 2
    assert len(api.prefixes("withdraw_route")) == 2


def test_a_script_that_cannot_be_started(api, start):
    process = start("pipe", "--", "/nonexistent/script")
    assert process.wait(DEADLINE) == 1
    assert "cannot start /nonexistent/script: No such file" in process.stderr.read()


WATCHER = """
import os, signal, sys
out = open({file!r}, "a")
for line in sys.stdin:
    out.write(line)
    out.flush()
"""


def test_scripts_are_told_of_sessions(api, start, tmp_path):
    file = tmp_path / "events"
    api.peers = [detail("192.0.2.1"), detail("192.0.2.2", state="Active")]
    process = start("pipe", "--encoder", "text", "--",
                    *script(tmp_path, WATCHER.format(file=str(file))))
    up = "neighbor 192.0.2.1 connected\n\nneighbor 192.0.2.1 up\n\n"
    wait_for(lambda: file.exists() and file.read_text() == up)
    api.peers = [detail("192.0.2.1", state="Idle", last_error="hold timer\nexpired"),
                 detail("192.0.2.2")]
    more = ("neighbor 192.0.2.1 down - hold timer expired\n\n"
            "neighbor 192.0.2.2 connected\n\nneighbor 192.0.2.2 up\n\n")
    wait_for(lambda: file.read_text() == up + more)
    api.peers = [detail("192.0.2.2", connect_time=1700000099)]
    more += ("neighbor 192.0.2.2 down - the session has ended\n\n"
             "neighbor 192.0.2.2 connected\n\nneighbor 192.0.2.2 up\n\n")
    wait_for(lambda: file.read_text() == up + more)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert file.read_text().startswith(up + more + f"shutdown {process.pid} {os.getpid()}\n")


def test_events_in_json(api, start, tmp_path):
    file = tmp_path / "events"
    api.peers = [detail("192.0.2.1", remote_asn=65001, local_asn=65000)]
    start("pipe", "--", *script(tmp_path, WATCHER.format(file=str(file))))
    wait_for(lambda: file.exists() and file.read_text().count("\n") == 2)
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert [event["neighbor"].pop("state") for event in events] == ["connected", "up"]
    assert [event["counter"] for event in events] == [1, 2]
    assert events[1]["type"] == "state" and abs(events[1]["time"] - time.time()) < 60
    assert events[1]["neighbor"] == {"address": {"local": "127.0.0.1", "peer": "192.0.2.1"},
                                     "asn": {"local": 65000, "peer": 65001}}


LAST_WORDS = """
import signal, sys, time
def end(*args):
    print("withdraw route 10.0.0.0/24", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print({line!r}, flush=True)
while True:
    time.sleep(0.1)
"""


def test_a_script_has_the_last_word(api, start, tmp_path):
    """What it writes when it is asked to end is carried out."""
    process = start("pipe", "--", *script(tmp_path, LAST_WORDS.format(line=ROUTE)))
    wait_for(lambda: api.prefixes() == ["10.0.0.0/24"])
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    assert api.prefixes("withdraw_route") == ["10.0.0.0/24"]


def test_a_script_that_does_not_read(api, start, tmp_path):
    """Its answers do not hold it up, nor grow without bound."""
    count = 300000
    process = start("pipe", "--no-respawn", "--", *script(tmp_path, f"""
for i in range({count}):
    print("# nothing")
print({ROUTE!r}, flush=True)
"""))
    assert process.wait(3 * DEADLINE) == 0
    assert api.prefixes() == ["10.0.0.0/24"]
    assert "does not read its answers" in process.stderr.read()


def test_shutdown_ends_the_pipe(api, start, tmp_path):
    process = start("pipe", "--", "/bin/sh", "-c", "echo shutdown; exec sleep 100")
    assert process.wait(DEADLINE) == 0


def test_usage(bgpd):
    done = bgpd("pipe", "script.py")
    assert done.returncode == 2 and 'SCRIPT ARGS... follows "--"' in done.stderr
    done = bgpd("pipe", "--")
    assert done.returncode == 2 and "SCRIPT ARGS... is missing" in done.stderr
