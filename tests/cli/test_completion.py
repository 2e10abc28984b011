"""Completion: what may come next, and the scripts in real shells."""

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from fake_daemon import BGPD, DEADLINE, peer, run


@pytest.fixture
def offered(daemon):
    """What is offered for a command line that ends with the word to be completed."""
    daemon.answers([peer("127.0.0.2", description="the \x1b[2Jone"), peer("2001:db8::2", state="Active")])

    def offer(*words):
        result = run("__complete", *words, env={"BGPD_PORT": str(daemon.port)})
        assert (result.returncode, result.stderr) == (0, "")
        return [line.split("\t")[0] for line in result.stdout.splitlines()]

    return offer


PEERS = ["127.0.0.2", "2001:db8::2"]


def test_commands(offered):
    assert {"run", "show", "neighbor", "completion", "help"} <= set(offered(""))
    assert offered("sho") == ["show"]
    assert offered("show", "ro") == ["routes"]
    assert offered("s", "r", "") == ["learned", "advertised", "detail"]
    assert offered("show", "ro", "l") == ["learned"]
    assert offered("help", "show", "inf") == ["info"]
    assert offered("xyz", "") == []
    assert offered("show", "neighbors", "127.0.0.2", "x", "y", "") == []


def test_arguments(offered):
    assert offered("show", "neighbors", "") == [*PEERS, "all", "detail"]
    assert offered("show", "neighbors", "2001:") == ["2001:db8::2"]
    assert offered("show", "neighbors", "127.0.0.2", "d") == ["detail"]
    assert offered("neighbor", "reset", "::2", "127") == ["127.0.0.2"]
    assert offered("neighbor", "reset", "a") == ["all"]
    assert offered("show", "routes", "learned", "") == [*PEERS, "API", "Config", "all", "detail"]
    assert offered("withdraw", "flow", "") == ["ipv4", "ipv6"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]
    assert offered("run", "x") == [":files"]
    assert offered("policy", "diff", "") == [":files"]


def test_options(offered):
    options = offered("show", "routes", "--")
    assert {"--as-path", "--count", "--family", "--json", "--host"} <= set(options)
    assert offered("show", "routes", "--lo") == ["--longest", "--longer"]
    assert offered("--form") == ["--format"]
    assert "--as-path" not in offered("--")
    assert offered("show", "routes", "--family", "ipv4-f") == ["ipv4-flow"]
    assert offered("show", "routes", "--family=ipv6-u") == ["--family=ipv6-unicast"]
    assert offered("show", "routes", "--by", "") == ["origin-as", "peer", "next-hop", "community"]
    assert offered("show", "routes", "--from", "") == ["API", "Config", *PEERS]
    assert offered("show", "originated", "--to", "") == PEERS
    assert offered("advertise", "route", "10.0.0.0/8", "::1", "--to", "127") == ["127.0.0.2"]
    assert offered("healthcheck", "--neighbor", "2") == ["2001:db8::2"]
    assert offered("token", "new", "x", "--role", "") == ["read", "originate", "full"]
    assert offered("show", "routes", "--from=2001") == ["--from=2001:db8::2"]
    assert offered("advertise", "route", "10.0.0.0/8", "::1", "-o", "I") == ["IGP", "Incomplete"]
    assert offered("--format", "") == ["table", "json", "ndjson", "csv"]
    assert offered("--token-file", "") == [":files"]
    assert offered("show", "routes", "--limit", "") == []
    assert offered("show", "routes", "--nonsense=") == []
    assert offered("--") == sorted(offered("--"), key=offered("--").index)


def test_policies(daemon, offered):
    daemon.answers([{"name": "bogons"}, {"name": "customer-in"}])
    assert offered("show", "policies", "") == ["bogons", "customer-in"]
    assert offered("policy", "test", "cust") == ["customer-in"]


def test_the_daemon_of_the_command_line_is_asked(daemon, offered):
    assert offered("-p", "1", "show", "neighbors", "") == ["all", "detail"]
    daemon.requests.clear()
    offered("-p", str(daemon.port), "show", "neighbors", "")
    assert daemon.request["method"] == "show_peers"
    daemon.fails(-32000, "no")
    assert offered("show", "neighbors", "") == ["all", "detail"]
    daemon.answers_bytes(b"garbage")
    assert offered("show", "neighbors", "") == ["all", "detail"]


def test_explanations_do_not_steer_the_terminal(daemon, offered):
    offered("")
    out = run("__complete", "show", "neighbors", "", env={"BGPD_PORT": str(daemon.port)}).stdout
    assert out.splitlines()[0] == "127.0.0.2\tAS 65000, Established, the ?[2Jone"
    daemon.answers([peer("127.0.0.3\n\x1b[2J")])
    assert run("__complete", "show", "neighbors", "", env={"BGPD_PORT": str(daemon.port)}).stdout.splitlines()[0] \
        .startswith("127.0.0.3??[2J\t")


# --- in shells ---

@pytest.fixture
def environment(daemon, tmp_path):
    """`bgpd` in the path is the program that is tested."""
    daemon.answers([peer("127.0.0.2"), peer("2001:db8::2"), peer("2001:db8::33")])
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bgpd").symlink_to(Path(BGPD).resolve())
    (tmp_path / "some file.toml").write_text("")
    return {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "BGPD_PORT": str(daemon.port),
            "BGPD_CLIENT_FILE": "", "HOME": str(tmp_path), "TERM": "dumb", "XDG_CONFIG_HOME": str(tmp_path / "x"),
            "XDG_DATA_HOME": str(tmp_path / "y"), "LC_ALL": "C.UTF-8"}


class Shell:
    """An interactive shell on a terminal."""

    def __init__(self, argv, env, cwd):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=cwd,
                                        start_new_session=True)
        os.close(slave)
        self.text = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, until, timeout=DEADLINE):
        deadline = time.monotonic() + timeout
        while until not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {until!r} in {self.text!r}"
            self.text += os.read(self.master, 65536).decode(errors="replace")
        seen, self.text = self.text.split(until, 1)
        return seen

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


# What is typed, and what the line has become when return is pressed: `echo` shows it.
LINES = [
    ("show nei\t127\tdet\t", "show neighbors 127.0.0.2 detail"),
    ("neighbor reset 2001:db8::3\t127\t", "neighbor reset 2001:db8::33 127.0.0.2"),
    ("show routes --family=ipv4-fl\t", "show routes --family=ipv4-flow"),
    ("show routes --by nex\t", "show routes --by next-hop"),
    ("check so\t", "check some file.toml"),
]


@pytest.mark.parametrize("typed, becomes", LINES)
def test_bash(environment, tmp_path, typed, becomes):
    shell = Shell(["bash", "--norc", "--noprofile", "-i"], environment, tmp_path)
    try:
        shell.type("PS1='ready''> '; bind 'set enable-bracketed-paste off'; source <(bgpd completion bash)\n")
        shell.type("shown() { echo \"shown: $*;\"; }\n")
        shell.read("ready> ")
        shell.type(f"bgpd {typed}\x01shown \n")  # to the start of the line
        assert shell.read(";\r\n").rsplit("shown: ", 1)[1].split() == f"bgpd {becomes}".split()
    finally:
        shell.close()


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
@pytest.mark.parametrize("typed, becomes", LINES)
def test_zsh(environment, tmp_path, typed, becomes):
    shell = Shell(["zsh", "-f", "-i"], {**environment, "TERM": "vt100"}, tmp_path)
    try:
        shell.type("unset zle_bracketed_paste; PS1='ready''> '; autoload -U compinit; compinit -D -u; "
                   "source <(bgpd completion zsh); shown() { echo \"shown: $*;\" }\n")
        shell.read("ready> ")
        shell.type(f"bgpd {typed}\x01shown \n")
        assert shell.read(";\r\n").rsplit("shown: ", 1)[1].split() == f"bgpd {becomes}".split()
    finally:
        shell.close()


@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish(environment, tmp_path):
    def complete(line):
        done = subprocess.run(["fish", "--no-config", "-c", f"bgpd completion fish | source; complete -C '{line}'"],
                              env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE, check=True)
        assert done.stderr == ""
        return [entry.split("\t") for entry in done.stdout.splitlines()]

    assert complete("bgpd show nei")[0][0] == "neighbors"
    assert complete("bgpd show neighbors 127") == [["127.0.0.2", "AS 65000, Established"]]
    assert [c[0] for c in complete("bgpd neighbor reset 2001:db8::3")] == ["2001:db8::33"]
    assert [c[0] for c in complete("bgpd show routes --family=ipv4-fl")] == ["--family=ipv4-flow"]
    assert {"--as-path", "--json"} <= {c[0] for c in complete("bgpd show routes --")}
    assert "some file.toml" in complete("bgpd check so")[0][0].replace("\\", "")


@pytest.mark.parametrize("shell, argv", [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_the_scripts_are_well_formed(tmp_path, shell, argv):
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    script = tmp_path / "script"
    script.write_text(run("completion", shell).stdout)
    done = subprocess.run([*argv, script], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
