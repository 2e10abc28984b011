"""What the system, whoever started BGPd, and who writes its configuration may do."""

import os
import resource
import signal
import socket
import subprocess
import threading
import time

from support.wait import wait_for
from watch import LONG, SANITIZED, SLOW

STRANGERS = 20_000 if LONG else 3000


def connect_and_go(own, remote, count):
    for _ in range(count):
        with socket.socket() as sock:
            sock.bind((own, 0))
            sock.connect((remote, 1179))


def pipe_as_log(bgpd):
    """Has the daemon's next process write its log to a pipe, of which the other end is given back."""
    reading, writing = os.pipe()

    def spawn():
        bgpd.process = subprocess.Popen(bgpd.argv(), stdin=subprocess.DEVNULL, stdout=writing,
                                        stderr=writing, cwd=bgpd.dir, start_new_session=True,
                                        env={**os.environ, **bgpd.environment()})
        os.close(writing)

    bgpd.spawn = spawn
    return reading


def ends(bgpd, numbers, status, processor_s):
    """By these signals, with this status, before it has had a processor for so long."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = bgpd.processor_s() + processor_s * SLOW
    for number in numbers:
        bgpd.signal(number)
    assert bgpd.process.wait(60) == status
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert sum(after[:2]) - sum(before[:2]) < processor_s
    bgpd.expect_exit = None


def test_nobody_reads_the_log(lab, watched):
    """A full pipe: sessions, API and the end do not wait for it, and what is lost is counted."""
    bgpd = lab.bgpd(start=False, arguments=["-vvv"], peers=[lab.peer(250, 64900, passive=True)])
    reading = pipe_as_log(bgpd)
    bgpd.start()
    watched.bgpd = bgpd
    watched.watch()
    for _ in range(STRANGERS):
        bgpd.call("version")  # lines of their own, at this verbosity
    connect_and_go(lab.addr(9), lab.addr(1), STRANGERS // 10)
    watched.check()
    ends(bgpd, [signal.SIGTERM], 0, 3)
    os.close(reading)


def test_lost_lines_are_told(lab, watched):
    """Once the log is read again it says how many lines are missing."""
    bgpd = lab.bgpd(start=False, arguments=["-vvv"], peers=[lab.peer(250, 64900, passive=True)])
    reading = pipe_as_log(bgpd)
    bgpd.start()
    watched.bgpd = bgpd
    watched.watch()
    for _ in range(6000):
        bgpd.call("version")
    lines = []
    reader = threading.Thread(
        target=lambda: lines.extend(os.fdopen(reading, encoding="utf-8", errors="replace")))
    reader.start()
    wait_for(lambda: any("the log: " in line and "are lost here" in line for line in lines))
    watched.check()
    ends(bgpd, [signal.SIGTERM], 0, 3)
    reader.join(60)
    assert "bgpd has stopped" in lines[-1]


def test_a_pipe_as_configuration(lab, watched):
    """A reload from a FIFO ends with an error, and so does nothing else; later reloads work."""
    bgpd = watched.start()
    path = bgpd.path("config.toml")
    for _ in range(3):
        os.unlink(path)
        os.mkfifo(path)
        done = bgpd.cli("reload")
        assert done.returncode == 1 and "it is a pipe, not a regular file" in done.stderr
        os.unlink(path)
        assert bgpd.reload()["peers_changed"] == 0


def test_many_errors(lab, watched):
    """A configuration of errors: the answer and the log have 100 of them, and the loop goes on."""
    count = 1_500_000 if LONG else 20_000 if SANITIZED else 150_000
    bgpd = watched.start()
    with open(bgpd.path("config.toml"), "a", encoding="ascii") as file:
        file.write("[oops]\n" + "".join(f"k{i} = {i}\n" for i in range(count)))
        file.write("".join(f'[[peers]]\nremote_ip = "x"\nwrong_{i} = 1\n' for i in range(count // 10)))
    done = bgpd.cli("reload")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) < 110 and " more" in done.stderr
    assert bgpd.log().count("reload: ") < 110
    bgpd.write_config()
    assert bgpd.reload()["peers_changed"] == 0
    watched.wait_memory(20_000)


def prefix(i):
    return f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32"


def large_config(bgpd, routes, next_hop="10.254.0.9", first=0):
    """The configuration, with so many static routes of its last peer."""
    bgpd.write_config()
    with open(bgpd.path("config.toml"), "a", encoding="ascii") as file:
        for i in range(first, first + routes):
            file.write(f'[[peers.static_routes]]\nprefix = "{prefix(i)}"\n'
                       f'next_hop = "{next_hop}"\n')


def test_many_changed_routes(lab, watched):
    """Routes of a configuration that come, change and go by reloads: none holds the loop, and the
    answer is there when all of them are in place."""
    count = 500_000 if LONG else 20_000 if SANITIZED else 200_000
    bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True)])
    taker = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    large_config(bgpd, count)
    assert bgpd.call("reload")["routes_announced"] == count
    held = bgpd.call("show_routes", exact=prefix(count - 1))["routes"]
    assert [route["next_hop"] for route in held] == ["10.254.0.9"]
    large_config(bgpd, count, "10.254.0.8", first=count // 2)
    summary = bgpd.call("reload")
    assert (summary["routes_announced"], summary["routes_withdrawn"]) == (count, count // 2)
    large_config(bgpd, 10, "10.254.0.7", first=count)
    summary = bgpd.call("reload")
    assert (summary["routes_announced"], summary["routes_withdrawn"]) == (10, count - 10)
    wait_for(lambda: {(p, r.next_hop) for p, r in bgpd.advertised(lab.addr(2)).items()} ==
             {(prefix(count + i), "10.254.0.7") for i in range(10)}, 60)
    assert not taker.closed.is_set()
    watched.wait_memory(40_000)


def test_closed_standard_descriptors(lab, watched):
    """Started without descriptors 0 to 2: no socket becomes one of them."""
    bgpd = lab.bgpd(start=False, peers=[lab.peer(250, 64900, passive=True)])
    argv = bgpd.argv()
    bgpd.argv = lambda: ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *argv]
    bgpd.start()
    watched.bgpd = bgpd
    watched.watch()
    for fd in range(3):
        assert os.readlink(f"/proc/{bgpd.process.pid}/fd/{fd}") == "/dev/null"


def start_long_reload(watched):
    """BGPd that is reading a large file, and has been watched until then."""
    bgpd = watched.start()
    large_config(bgpd, 200_000)
    watched.check()
    bgpd.signal(signal.SIGHUP)
    bgpd.wait_log("reading the configuration again")
    return bgpd


def test_the_end_during_a_reload(lab, watched):
    """SIGTERM while a large file is being read: all ends in order, at once."""
    bgpd = start_long_reload(watched)
    ends(bgpd, [signal.SIGTERM], 0, 3)
    bgpd.wait_log("bgpd has stopped")


def loop_seconds(bgpd):
    """Processor time of the loop's thread."""
    with open(f"/proc/{bgpd.process.pid}/task/{bgpd.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_waiting_for_a_reload_costs_nothing(lab, watched):
    """A client that waits for the outcome does not keep the loop turning."""
    bgpd = watched.start()
    with open(bgpd.path("config.toml"), "a", encoding="ascii") as file:
        file.write(("# " + "x" * 77 + "\n") * 500_000)
    spent, begin = loop_seconds(bgpd), time.monotonic()
    assert bgpd.call("reload")["peers_changed"] == 0
    wall = time.monotonic() - begin
    assert wall > 0.2
    assert loop_seconds(bgpd) - spent < wall / 2


def threads(bgpd):
    """{id: {key: value}} of all threads, as the system tells of them."""
    found = {}
    for thread in os.listdir(f"/proc/{bgpd.process.pid}/task"):
        try:
            with open(f"/proc/{bgpd.process.pid}/task/{thread}/status", encoding="ascii") as file:
                found[int(thread)] = {key: value.strip() for key, value in (line.split(":", 1) for line in file)}
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just ended
    return found


def test_a_second_signal_ends_at_once(lab, watched):
    """Whatever goes on: here, a large file is being read. The daemon is held while the two are sent, for
    one that gets on with the first may have ended in order before the second is there."""
    bgpd = start_long_reload(watched)
    bgpd.signal(signal.SIGSTOP)
    wait_for(lambda: all(t["State"].startswith("T") for t in threads(bgpd).values()), what="the daemon is held")
    ends(bgpd, [signal.SIGTERM, signal.SIGINT, signal.SIGCONT], 1, 3)


def test_threads_get_no_signals(lab, watched):
    """They are for the loop's: two that came to two threads at once would both be the first one."""
    bgpd = start_long_reload(watched)

    def reading():
        """All threads, while one of them reads the file. It may have read it before it was looked at."""
        found = threads(bgpd)
        if any(thread["Name"] == "bgpd-reload" for thread in found.values()):
            return found
        bgpd.signal(signal.SIGHUP)
        return None
    for thread, status in wait_for(reading, what="a thread reads the file", interval=0.01).items():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            assert int(status["SigBlk"], 16) >> number - 1 & 1 == (thread != bgpd.process.pid), status
