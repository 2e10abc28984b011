"""`bgpd policy test`: what it asks, what it prints, and how it ends."""

import json

import pytest
from fake_daemon import run

CONFIG = """
router_id = "192.0.2.1"
default_as = 65000
[policies.bogons]
rules = [{ name = "private", if = { prefix = "10.0.0.0/8" }, then = "reject" }]
[policies.in]
rules = [{ if = { neighbor_as = "{peer.as}" }, set = { local_pref = 200 } }]
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "policies.toml"
    path.write_text(CONFIG)
    return path


def test_a_file_alone(config):
    result = run("policy", "test", "bogons", "10.0.0.0/8", "--file", config)
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith("reject: bogons rule private (line 5)\n")
    result = run("policy", "test", "bogons in", "11.0.0.0/8", "-a", "65001", "-f", config)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("accept: end of the policies\n")
    assert [line.split("  ")[0] for line in result.stdout.splitlines()[3:]] == [
        "bogons default (line 4)", "in rule 1 (line 7)", "in default (line 6)"]
    assert "local_pref none → 200" in result.stdout
    answer = json.loads(run("policy", "test", "in", "11.0.0.0/8", "-a", "5", "-f", config, "--json").stdout)
    assert (answer["result"], answer["by"]) == ("accept", None)


def test_no_answer(config, tmp_path):
    missing = tmp_path / "missing.toml"
    for args, said in (
        (("nobody", "10.0.0.0/8", "-f", config), "there is no policy nobody"),
        (("bogons", "10.0.0.0/33", "-f", config), "prefix"),
        (("bogons", "-f", config), "either a prefix or"),
        (("bogons", "10.0.0.0/8", "-f", missing), "missing.toml"),
        (("bogons", "10.0.0.0/8", "--route", "[1]", "-f", config), "--route is no JSON object"),
        (("bogons", "10.0.0.0/8", "--route", "{", "-f", config), "--route is no JSON object"),
        (("bogons", "10.0.0.0/8"), "127.0.0.1:1"),
    ):
        result = run("--port", "1", "policy", "test", *args)
        assert result.returncode == 2, args
        assert said in result.stderr, args
        assert result.stdout == ""
    config.write_text(CONFIG + "colour = 'red'\n")
    result = run("policy", "test", "bogons", "10.0.0.0/8", "--file", config)
    assert result.returncode == 2
    assert f"{config}:" in result.stderr


def test_what_the_daemon_is_asked(daemon, bgpd):
    daemon.answers({"result": "reject", "by": None, "steps": [], "problem": "no \x1b[2Jnext hop"})
    result = bgpd("policy", "test", "in out", "2001:db8::/32", "--peer", "alice", "--peer-as", "1.10", "-e",
                  "--from", "API", "-n", "2001:db8::1", "-a", "1", "2", "-c", "1:2 3:4", "--mark", "x", "y")
    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout == "reject: end of the policies\n  no ?[2Jnext hop\n"
    assert daemon.requests[-1]["method"] == "policy_test"
    assert daemon.requests[-1]["params"] == {
        "policy": "in out", "prefix": "2001:db8::/32", "peer": "alice", "peer_as": "1.10", "export": True,
        "from": "API", "next_hop": "2001:db8::1", "as_path": "1 2", "communities": ["1:2", "3:4"], "marks": ["x", "y"]}
    bgpd("policy", "test", "in", "-m", "port 80", "-6", "--route", '{"as_path": "5"}')
    assert daemon.requests[-1]["params"] == {"policy": "in", "afi": 2, "matches": ["port 80"], "as_path": "5"}


def test_what_the_daemon_refuses(daemon, bgpd):
    daemon.fails(-32602, "Invalid params: prefix: expected a prefix")
    result = bgpd("policy", "test", "in", "x")
    assert (result.returncode, result.stdout) == (2, "")
    assert "expected a prefix" in result.stderr
