"""Long output on a terminal goes through a pager, as git has it."""

import os
import pty
import select
import signal
import subprocess
import time

import pytest
from fake_daemon import BGPD, DEADLINE, route


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, daemon, *words, env=None, term="xterm"):
        self.master, slave = pty.openpty()
        variables = {**os.environ, "TERM": term, "BGPD_CLIENT_FILE": "", "NO_COLOR": "1", "LINES": "24", **(env or {})}
        for name in ("PAGER", "LESS", "BGPD_PAGER"):
            if name not in (env or {}):
                variables.pop(name, None)
        self.process = subprocess.Popen(
            [BGPD, "-p", str(daemon.port), *words], stdin=slave, stdout=slave, stderr=slave, env=variables,
            start_new_session=True, preexec_fn=lambda: __import__("fcntl").ioctl(0, 0x540E, 0))  # TIOCSCTTY
        os.close(slave)
        self.text = ""

    def read(self, until=None, timeout=DEADLINE):
        """All that is printed until the program ends, or until some text has come."""
        deadline = time.monotonic() + timeout
        while until is None or until not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {until!r} in {self.text!r}"
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                assert until is None, self.text
                break
            self.text += data.decode().replace("\r\n", "\n")
        return self.text

    def end(self):
        self.read()
        os.close(self.master)
        return self.process.wait(DEADLINE)


@pytest.fixture
def terminal(daemon):
    opened = []

    def open_one(*words, **options):
        opened.append(Terminal(daemon, *words, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_the_pager_of_the_person(daemon, terminal):
    """BGPD_PAGER, else PAGER; by the shell, and with the options of git where there are none."""
    daemon.answers([route("10.0.0.0/8")])
    mark = "sed 's/^/> /; $a'\"$LESS $LV\""
    words = ["show", "routes", "learned"]
    for env, lead in (({"BGPD_PAGER": mark}, "> "), ({"PAGER": mark}, "> "), ({"PAGER": "false", "BGPD_PAGER": mark}, "> "),
                      ({"BGPD_PAGER": "", "PAGER": mark}, ""), ({"PAGER": "cat"}, "")):
        shown = terminal(*words, env=env)
        assert shown.end() == 0
        assert f"{lead}IPv4 / Unicast\n" in shown.text
        assert ("FRX -c" in shown.text) == bool(lead)
    shown = terminal(*words, env={"PAGER": mark, "LESS": "S"})
    assert shown.end() == 0 and "S -c" in shown.text and "FRX" not in shown.text


def test_where_there_is_none(daemon, terminal):
    daemon.answers([route("10.0.0.0/8")])
    mark = "sed 's/^/> /'"
    for words, options in ((["--no-pager", "show", "routes", "learned"], {}), (["show", "routes", "learned"], {"term": "dumb"}),
                           (["neighbor", "enable", "::1"], {})):
        shown = terminal(*words, env={"PAGER": mark}, **options)
        assert shown.end() == 0
        assert "> " not in shown.text and shown.text.strip()
    piped = subprocess.run([BGPD, "-p", str(daemon.port), "show", "routes", "learned"], text=True, timeout=DEADLINE,
                           capture_output=True, env={**os.environ, "PAGER": mark, "BGPD_CLIENT_FILE": ""}, check=True)
    assert piped.stdout.startswith("IPv4 / Unicast\n")


def test_no_program_for_it(daemon, terminal, tmp_path):
    """Without `less` in the path what there is to show is shown."""
    daemon.answers([route("10.0.0.0/8")])
    shown = terminal("show", "routes", "learned", env={"PATH": str(tmp_path)})
    assert shown.end() == 0 and "10.0.0.0/8" in shown.text


@pytest.mark.parametrize("pager", ["nonesuch", "nonesuch -R", "/nonesuch/less"])
def test_a_pager_that_is_not_there(daemon, terminal, pager):
    """What there is to show is shown all the same, and why it does not stop."""
    daemon.answers([route("10.0.0.0/8")])
    shown = terminal("show", "routes", "learned", env={"BGPD_PAGER": pager})
    assert shown.end() == 0 and "10.0.0.0/8" in shown.text
    assert shown.text.startswith(f'bgpd: there is no pager "{pager}"\n')


def test_what_stands_on_stderr_is_shown_too(daemon, terminal):
    daemon.answers([])
    shown = terminal("show", "routes", "learned", env={"PAGER": "sed 's/^/> /'"})
    assert shown.end() == 0 and shown.text == "> no routes\n"
    daemon.fails(-32001, "no such peer")
    shown = terminal("show", "neighbors", "::1", env={"PAGER": "sed 's/^/> /'"})
    assert shown.end() == 1 and shown.text == "> bgpd: no such peer\n"


@pytest.mark.skipif(not os.access("/usr/bin/less", os.X_OK), reason="needs less")
def test_less(daemon, terminal):
    """What fits is shown without further ado; else a person leaves when they want."""
    daemon.answers([route("10.0.0.0/8")])
    shown = terminal("show", "routes", "learned")
    assert shown.end() == 0 and "10.0.0.0/8" in shown.text
    daemon.answers([route(f"10.{i >> 8}.{i & 255}.0/24") for i in range(30_000)])
    shown = terminal("show", "routes", "learned")
    shown.read(until="10.0.9.0/24")
    assert shown.process.poll() is None
    os.write(shown.master, b"q")
    assert shown.end() in (0, -signal.SIGPIPE)
    assert "10.100.0.0/24" not in shown.text


def test_the_pager_is_waited_for(daemon, terminal, tmp_path):
    """Also when a signal ends the program: the terminal is still the pager's."""
    daemon.answers([route("10.0.0.0/8")])
    done = tmp_path / "done"
    pager = f"trap '' INT; cat; read line </dev/tty; echo left >{done}"
    for signum in (None, signal.SIGINT, signal.SIGTERM):
        done.unlink(missing_ok=True)
        shown = terminal("show", "routes", "learned", env={"PAGER": pager})
        shown.read(until="10.0.0.0/8")
        if signum:
            shown.process.send_signal(signum)
        with pytest.raises(subprocess.TimeoutExpired):
            shown.process.wait(0.3)
        os.write(shown.master, b"\n")
        assert shown.end() == (-signum if signum else 0)
        assert done.read_text() == "left\n"
