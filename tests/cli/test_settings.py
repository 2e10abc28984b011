"""Where the daemon is: options, the environment, files, the first that says so; and who is told a token."""

import json
import socket

import pytest
from fake_daemon import run


@pytest.fixture
def home(tmp_path):
    """A home with a place for the user's file, and an environment in which that is read."""
    folder = tmp_path / "home" / ".config" / "bgpd"
    folder.mkdir(parents=True)
    return folder / "client.toml"


def environment(home, **more):
    """Without a BGPD_CLIENT_FILE: `run` is given one to be without files."""
    return {"HOME": str(home.parent.parent.parent), "XDG_CONFIG_HOME": "", **more}


def ask(home, *words, **variables):
    env = environment(home, **{"BGPD_CLIENT_FILE": str(home), **variables})
    return run(*words, "show", "info", env=env)


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_the_first_that_says_so(daemon, home):
    daemon.answers({"version": "1"})
    nobody = closed_port()
    home.write_text(f'host = "127.0.0.1"\nport = {nobody}\n')
    assert ask(home).returncode == 3
    assert f"127.0.0.1:{nobody}" in ask(home).stderr
    assert ask(home, BGPD_PORT=str(daemon.port)).returncode == 0
    assert ask(home, "-p", daemon.port, BGPD_PORT=str(nobody)).returncode == 0
    assert f"[::1]:{daemon.port}" in ask(home, BGPD_HOST="::1", BGPD_PORT=str(daemon.port)).stderr
    assert ask(home, "--host", "127.0.0.1", BGPD_HOST="::1", BGPD_PORT=str(daemon.port)).returncode == 0
    home.write_text(f"port = {daemon.port}\n")
    assert ask(home).returncode == 0


def test_the_file_of_the_user(daemon, home):
    """In the folder for such files, or below the home."""
    daemon.answers({"version": "1"})
    home.write_text(f"port = {daemon.port}\n")
    clean = {"BGPD_CLIENT_FILE": None}
    assert run("show", "info", env=environment(home), without=clean).returncode == 0
    other = home.parent.parent
    assert run("show", "info", env=environment(home, XDG_CONFIG_HOME=str(other)), without=clean).returncode == 0
    assert run("show", "info", env=environment(home, XDG_CONFIG_HOME="/nonexistent"), without=clean).returncode == 3


@pytest.mark.parametrize(
    "text, error",
    [
        ('hots = "x"', ":1:1: unknown key 'hots'; did you mean 'host'?"),
        ("colour = 1", ":1:1: unknown key 'colour' (valid keys: host, port, token_file, ca, pager)"),
        ("\nport = 0", ":2:8: port must be a port from 1 to 65535"),
        ('port = "80"', ":1:8: port must be a port from 1 to 65535"),
        ("host = ", ":1:"),
        ("[host]", ":1:"),
        ('token_file = ["a"]', ":1:14: token_file must be a string, the name of a file"),
    ],
)
def test_files_that_are_wrong(home, text, error):
    home.write_text(text)
    result = ask(home)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{home}{error}" in result.stderr
    assert run("completion", "bash", env=environment(home, BGPD_CLIENT_FILE=str(home))).returncode == 0


@pytest.mark.parametrize("port", ["0", "65536", "x", "", " 80", "1e3"])
def test_a_port_that_is_none(home, port):
    result = ask(home, BGPD_PORT=port)
    assert result.returncode == 2
    assert f'BGPD_PORT: "{port}" is not a number from 1 to 65535' in result.stderr


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "http://127.0.0.1:{}", "http://127.0.0.1:{}/", "localhost:{}"])
def test_a_host_with_its_port(daemon, home, host):
    daemon.answers({"version": "1"})
    host = host.format(daemon.port)
    nobody = closed_port()
    assert ask(home, "--host", host).returncode == 0
    assert ask(home, "--host", host, BGPD_PORT=str(nobody)).returncode == 0
    assert ask(home, BGPD_HOST=host).returncode == 0
    assert f":{nobody}:" in ask(home, "-p", nobody, BGPD_HOST=host).stderr
    home.write_text(f'host = "{host}"\n')
    assert ask(home).returncode == 0
    # With another host it does not count.
    for options in ({}, {"BGPD_HOST": host}):
        assert "127.0.0.1:8080" in ask(home, "--host", "127.0.0.1", **options).stderr
    assert f"[::1]:{nobody}" in ask(home, "--host", f"[::1]:{nobody}").stderr
    assert "[::1]:8080" in ask(home, "--host", "::1").stderr
    for port in ("x", "", "65536"):
        result = ask(home, "--host", f"127.0.0.1:{port}")
        assert (result.returncode, result.stderr) == (2, f'bgpd: host: "{port}" is not a number from 1 to 65535\n')


def test_what_is_wrong_as_json(home):
    home.write_text("port = 0")
    for words, variables in ((["--json"], {}), (["--format", "ndjson"], {"BGPD_PORT": "x", "BGPD_CLIENT_FILE": ""})):
        result = ask(home, *words, **variables)
        error = json.loads(result.stderr)["error"]
        assert (result.returncode, result.stdout, error["kind"], error["code"]) == (2, "", "usage", None)


def test_tokens(daemon, home, tmp_path):
    """A file's token goes to the daemon that the file is about, and no other."""
    daemon.answers({"version": "1"})
    (home.parent / "token").write_text("of-the-file\n")
    (tmp_path / "mine").write_text("mine\n")
    mine = str(tmp_path / "mine")

    def token(*words, **variables):
        daemon.headers.clear()
        assert ask(home, *words, **variables).returncode == 0
        return daemon.headers[0].get("Authorization")

    home.write_text(f'port = {daemon.port}\ntoken_file = "token"\n')
    assert token() == "Bearer of-the-file"
    assert token(BGPD_TOKEN_FILE=mine) == "Bearer mine"
    assert token("--token-file", mine, BGPD_TOKEN_FILE="/nonexistent") == "Bearer mine"
    assert token("--host", "localhost") is None
    assert token("-p", daemon.port) is None
    assert token(BGPD_HOST="localhost") is None
    assert token("--host", "127.0.0.1", BGPD_TOKEN_FILE=mine) == "Bearer mine"
    result = ask(home, BGPD_TOKEN_FILE="/nonexistent")
    assert result.returncode == 1 and "/nonexistent" in result.stderr
