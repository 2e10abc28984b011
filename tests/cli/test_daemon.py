"""`bgpd run` and `bgpd check`: what they say, and how they end."""

import fcntl
import functools
import itertools
import json
import pathlib
import signal
import socket
import subprocess
import time

import pytest
from fake_daemon import BGPD, DEADLINE, run, wait_for

ROOT = pathlib.Path(__file__).parents[2]
PEER = '[[peers]]\nremote_ip = "127.0.0.9"\nremote_as = 65000\npassive = true\n'


class Ports:
    """A hundred ports, ours alone among all test processes on the machine, below those that the kernel gives to who
    connects; the lock goes with the process."""

    COUNT = 100

    def __init__(self):
        for first in range(10000, 20000, self.COUNT):
            # pylint: disable=consider-using-with
            self.lock = open(f"/tmp/bgpd-cli-{first}.lock", "w", encoding="ascii")
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.lock.close()
                continue
            self.ports = itertools.cycle(range(first, first + self.COUNT))
            return
        raise RuntimeError("no free block of ports")

    def take(self):
        for port in itertools.islice(self.ports, self.COUNT):
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("127.0.0.1", port))
                except OSError:
                    continue  # of somebody else
                return port
        raise RuntimeError("no free port")


@functools.cache
def ports():
    return Ports()


def free_port():
    return ports().take()


class Config:
    def __init__(self, directory):
        self.path = directory / "bgpd.toml"
        self.bgp_port = free_port()
        self.api_port = free_port()
        self.write(PEER)

    def write(self, rest):
        self.path.write_text(
            f'router_id = "1.1.1.1"\ndefault_as = 65000\n'
            f'bgp_socket = "127.0.0.1:{self.bgp_port}"\n'
            f'api_socket = "127.0.0.1:{self.api_port}"\n{rest}'
        )


@pytest.fixture
def config(tmp_path):
    return Config(tmp_path)


@pytest.fixture
def start(config):
    """Starts the daemon and waits until its API answers."""
    started = []

    def start_daemon(*args, api_port=None):
        process = subprocess.Popen(
            [BGPD, "run", *args, str(config.path)], stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        deadline = time.monotonic() + DEADLINE
        while run("-p", api_port or config.api_port, "version").returncode != 0:
            assert process.poll() is None and time.monotonic() < deadline
        return process

    yield start_daemon
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_check_of_a_good_file(config):
    result = run("check", config.path)
    assert (result.returncode, result.stdout) == (0, f"{config.path}: ok, 1 peer\n")
    answer = json.loads(run("check", "--json", config.path).stdout)
    assert answer == {"file": str(config.path), "ok": True, "errors": [], "warnings": []}


def test_check_prints_warnings_once_and_counts_them(config):
    config.write('[[peers]]\nremote_ip = "127.0.0.9"\nremote_as = 65000\nenforce_first_as = true\n')
    warning = f"{config.path}:8:20: warning: enforce_first_as has no effect"
    result = run("check", config.path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(warning)
    assert result.stdout.splitlines()[1:] == [f"{config.path}: ok, 1 peer, 1 warning"]
    answer = json.loads(run("check", "--json", config.path).stdout)
    assert (answer["ok"], answer["errors"], len(answer["warnings"])) == (True, [], 1)
    assert answer["warnings"][0].startswith(warning.replace("warning: ", ""))


def test_check_keeps_warnings_apart_from_problems(config):
    config.write('nonsense = 1\n[[peers]]\nremote_ip = "127.0.0.9"\nremote_as = 65000\nenforce_first_as = true\n')
    result = run("check", config.path)
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == f"bgpd: {config.path} has 1 problem, 1 warning\n"
    answer = json.loads(run("check", "--json", config.path).stdout)
    assert (answer["ok"], len(answer["errors"]), len(answer["warnings"])) == (False, 1, 1)


def test_check_prints_every_problem(config):
    config.write('nonsense = 1\n[[peers]]\nremote_ip = "300.1.2.3"\nremote_as = "x"\n')
    result = run("check", config.path)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{config.path}:") for line in lines)
    assert f"bgpd: {config.path} has 3 problems" in result.stderr
    answer = json.loads(run("check", "--json", config.path).stdout)
    assert (answer["ok"], answer["errors"]) == (False, lines)


def test_a_file_that_is_not_there(tmp_path):
    for command in ("run", "check"):
        result = run(command, tmp_path / "missing.toml")
        assert result.returncode == 1
        assert "missing.toml" in result.stdout + result.stderr


def test_run_prints_every_problem(config):
    config.write('nonsense = 1\n[[peers]]\nremote_ip = "300.1.2.3"\n')
    result = run("run", config.path)
    assert result.returncode == 1
    assert "nonsense" in result.stderr and "300.1.2.3" in result.stderr


@pytest.mark.parametrize("api", ["nowhere", "127.0.0.1:99999", "[::1", "", "\u202e\x1b[7m"])
def test_bad_api_address(config, api):
    result = run("run", "--api", api, config.path)
    assert result.returncode == 2
    assert "--api" in result.stderr
    assert not {"\u202e", "\x1b"} & set(result.stderr)


@pytest.mark.parametrize("which", ["bgp_port", "api_port"])
def test_a_port_that_is_taken(config, which):
    with socket.create_server(("127.0.0.1", getattr(config, which))):
        result = run("run", config.path)
    assert result.returncode == 1
    assert f"127.0.0.1:{getattr(config, which)}: Address already in use" in result.stderr


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_gracefully(start, signum):
    daemon = start()
    daemon.send_signal(signum)
    _, log = daemon.communicate(timeout=DEADLINE)
    assert daemon.returncode == 0
    assert f"{signum.name}: ending all sessions" in log
    assert "bgpd has stopped" in log


IGNORED = ["SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR",
           "SIGSTKFLT", "SIGRTMIN", "SIGRTMAX"]  # fmt: skip


def test_signals_without_a_meaning_are_ignored(start, config):
    """And the table of signals in the documentation says so."""
    daemon = start()
    for name in IGNORED:
        daemon.send_signal(getattr(signal, name))
    assert run("-p", config.api_port, "version").returncode == 0
    daemon.terminate()
    daemon.communicate(timeout=DEADLINE)
    assert daemon.returncode == 0
    docs = (ROOT / "docs/operations.md").read_text()
    assert all(name in docs for name in IGNORED if not name.startswith("SIGRT"))


def test_api_option_and_verbosity(start, config):
    port = free_port()
    daemon = start("-v", "--api", f"127.0.0.1:{port}", api_port=port)
    assert run("-p", config.api_port, "version").returncode == 3
    daemon.terminate()
    _, log = daemon.communicate(timeout=DEADLINE)
    assert daemon.returncode == 0
    assert f"configuration {config.path}, router ID 1.1.1.1, peers: 1" in log


def test_hangup_reloads(start, config):
    daemon = start()
    config.write(PEER + PEER.replace("127.0.0.9", "127.0.0.10"))
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: "127.0.0.10" in run("-p", config.api_port, "show", "neighbors").stdout)
    config.write("nonsense = 1\n")
    daemon.send_signal(signal.SIGHUP)
    assert run("-p", config.api_port, "reload").returncode == 1
    result = run("-p", config.api_port, "show", "neighbors")
    assert "127.0.0.10" in result.stdout
    daemon.terminate()
    _, log = daemon.communicate(timeout=DEADLINE)
    assert "nonsense" in log


def test_hangup_moves_the_api(start, config):
    daemon = start()
    old = config.api_port
    config.api_port = free_port()
    config.write(PEER)
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: run("-p", config.api_port, "version").returncode == 0)
    wait_for(lambda: run("-p", old, "version").returncode == 3)
    assert daemon.poll() is None
