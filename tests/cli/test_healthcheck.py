"""bgpd healthcheck: what it asks of the daemon, and when."""

import os
import signal

import pytest
from fake_daemon import DEADLINE, detail, wait_for

QUICK = ["--interval", "0.05", "--fast-interval", "0.02"]
IP = ["--ip", "192.0.2.1", "--next-hop", "192.0.2.9"]
UP = ("advertise_route", {"prefix": "192.0.2.1/32", "next_hop": "192.0.2.9",
                          "multi_exit_disc": 100})
DOWN = ("advertise_route", {"prefix": "192.0.2.1/32", "next_hop": "192.0.2.9",
                            "multi_exit_disc": 1000})
GONE = ("withdraw_route", {"prefix": "192.0.2.1/32"})


def stop(process, number=signal.SIGTERM):
    process.send_signal(number)
    assert process.wait(DEADLINE) == 0
    return process.stderr.read()


@pytest.fixture
def service(tmp_path):
    """A file that a check looks for, and how often it has been looked for."""

    class Service:
        file = tmp_path / "well"
        log = tmp_path / "log"
        check = f"echo >>{log}; test -f {file}"

        def checks(self):
            return len(self.log.read_text()) if self.log.exists() else 0

        def checked_again(self, count=5):
            before = self.checks()
            wait_for(lambda: self.checks() >= before + count)

    Service.file.touch()
    return Service()


def test_up_down_and_up_again(api, start, service):
    process = start("healthcheck", *IP, *QUICK, "--cmd", service.check)
    wait_for(lambda: api.changes == [UP])
    service.checked_again()
    assert api.changes == [UP]  # nothing where nothing changed
    service.file.unlink()
    wait_for(lambda: api.changes == [UP, DOWN])
    service.checked_again()
    service.file.touch()
    wait_for(lambda: api.changes == [UP, DOWN, UP])
    error = stop(process)
    assert api.changes == [UP, DOWN, UP, GONE]
    assert error.count("bgpd: healthcheck: UP\n") == 2 and "healthcheck: DOWN\n" in error
    assert "the check has failed: status 1" in error


def test_rise_and_fall(api, start, service):
    process = start("healthcheck", *IP, *QUICK, "--rise", "2", "--fall", "4", "--cmd", service.check)
    wait_for(lambda: api.changes == [UP])
    assert service.checks() >= 2
    service.file.unlink()
    wait_for(lambda: api.changes == [UP, DOWN])
    stop(process)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_withdraw_on_down(api, start, service, number):
    service.file.unlink()
    process = start("healthcheck", *IP, *QUICK, "--withdraw-on-down", "--cmd", service.check)
    wait_for(lambda: api.changes == [GONE])  # what one before may have left
    service.file.touch()
    wait_for(lambda: api.changes == [GONE, UP])
    service.file.unlink()
    wait_for(lambda: api.changes == [GONE, UP, GONE])
    stop(process, number)
    assert api.changes == [GONE, UP, GONE]  # it is withdrawn already


def test_disabled(api, start, tmp_path):
    file = tmp_path / "disabled"
    process = start("healthcheck", *IP, *QUICK, "--disable", str(file), "--disabled-metric", "700")
    wait_for(lambda: api.changes == [UP])
    file.touch()
    wait_for(lambda: len(api.changes) == 2)
    assert api.changes[1][1]["multi_exit_disc"] == 700
    file.unlink()
    wait_for(lambda: len(api.changes) == 3)
    assert api.changes[2] == UP
    stop(process)


def test_a_check_that_takes_too_long(api, start):
    process = start("healthcheck", *IP, *QUICK, "--fall", "1", "--timeout", "0.1", "--cmd", "sleep 100")
    wait_for(lambda: api.changes == [DOWN])
    assert "took longer than 0.1 s" in stop(process)


def test_interval_zero_ends_and_leaves_it(api, start):
    process = start("healthcheck", *IP, "--interval", "0", "--fast-interval", "0.02")
    assert process.wait(DEADLINE) == 0
    assert api.changes == [UP]


def test_neighbors_and_own_address(api, start):
    api.peers = [detail("192.0.2.7", "198.51.100.1:179"), detail("192.0.2.8", "198.51.100.2:179")]
    process = start("healthcheck", "--ip", "192.0.2.1", *QUICK, "--neighbor", "192.0.2.7")
    wait_for(lambda: api.changes)
    assert api.changes == [("advertise_route", {
        "prefix": "192.0.2.1/32", "next_hop": "198.51.100.1", "multi_exit_disc": 100,
        "to": ["192.0.2.7"]})]
    stop(process)
    assert api.changes[1] == ("withdraw_route", {"prefix": "192.0.2.1/32", "to": ["192.0.2.7"]})


def test_the_daemon_comes_later(api, start, daemon):
    """What it does not take is sent again."""
    api.refuse["192.0.2.1/32"] = {"code": -32602, "message": "not yet"}
    process = start("healthcheck", *IP, *QUICK)
    wait_for(lambda: len(api.batches) >= 2)
    api.refuse.clear()
    wait_for(lambda: api.changes == [UP])
    assert stop(process).count("not yet") == 1


def test_another_daemon_is_told_again(api, start):
    process = start("healthcheck", *IP, "--interval", "1000", "--fast-interval", "0.02")
    wait_for(lambda: api.changes == [UP])
    api.pid = 101
    wait_for(lambda: api.changes == [UP, UP])
    stop(process)


def test_hooks(api, start, service, tmp_path):
    log = tmp_path / "hooks"
    process = start("healthcheck", *IP, *QUICK, "--rise", "1", "--fall", "1", "--timeout", "0", "--cmd", service.check,
                    "--execute", f"echo any $STATE >>{log}",
                    "--up-execute", f"echo up $STATE >>{log}",
                    "--down-execute", f"echo down $STATE >>{log}")
    wait_for(lambda: api.changes == [UP])
    service.file.unlink()
    wait_for(lambda: api.changes == [UP, DOWN])
    stop(process)
    assert log.read_text().splitlines() == ["up UP", "any UP", "down DOWN", "any DOWN"]


def test_config_file(api, start, tmp_path):
    file = tmp_path / "config"
    file.write_text("# options\nip = 192.0.2.1\n  next-hop=192.0.2.9\n\ninterval = 1\n"
                    "fast-interval = 0.02\nup-metric = 7\nno-ack\nname = web\n")
    pid = tmp_path / "pid"
    process = start("healthcheck", "--config", str(file), "--up-metric", "8", "--pid", str(pid))
    wait_for(lambda: api.changes)
    assert api.changes[0][1]["multi_exit_disc"] == 8
    assert pid.read_text() == f"{process.pid}\n"
    assert "bgpd: healthcheck web: UP" in stop(process)


@pytest.mark.parametrize("text, problem", [
    ("ip = 192.0.2.1\nrize = 3\n", ":2: unknown option --rize; did you mean --rise?"),
    ("rise = x\n", ':1: --rise: "x" is not a number'),
    ("=3\n", ":1: "),
])
def test_config_file_with_an_error(bgpd, tmp_path, text, problem):
    file = tmp_path / "config"
    file.write_text(text)
    done = bgpd("healthcheck", "--config", str(file))
    assert done.returncode == 2 and str(file) + problem in done.stderr


@pytest.mark.parametrize("words, problem", [
    (["--ip", "192.0.2.1/24"], '"192.0.2.1/24" is no prefix'),
    (["--ip", "192.0.2.1", "--interval", "x"], "--interval: expected seconds"),
    (["--ip", "192.0.2.1", "--community", "x"], '"x" is no community'),
    (["--ip", "192.0.2.1", "--user", "nobody-of-this-name"], "there is no user"),
    (["--ip", "192.0.2.1", "--syslog-facility", "x"], "--syslog-facility"),
    (["--label", "no-such-label"], "nothing to announce"),
    (["--config", "/nonexistent"], "cannot read /nonexistent"),
])
def test_usage(bgpd, words, problem):
    done = bgpd("healthcheck", *words)
    assert done.returncode == 2 and problem in done.stderr


def test_silent(api, start):
    process = start("healthcheck", *IP, *QUICK, "--silent")
    wait_for(lambda: api.changes == [UP])
    assert stop(process) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_user(api, start):
    process = start("healthcheck", *IP, *QUICK, "--user", "nobody", "--cmd",
                    'test "$(id -un) $(id -G)" = "nobody $(id -G nobody)"')
    wait_for(lambda: api.changes)
    assert api.changes == [UP]
    stop(process)
