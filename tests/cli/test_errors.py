"""Errors of the daemon, and answers that are none."""

import json
import socket
import threading

import pytest
from fake_daemon import run


@pytest.mark.parametrize("words", [
    ("show", "neighbors"), ("withdraw", "route", "10.0.0.0/8", "10.1.0.0/16"),
    ("advertise", "route", "10.0.0.0/8", "10.1.0.0/16", "--next-hop", "192.0.2.1")])
def test_no_daemon(words):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        result = run("-p", port, *words)
    assert result.returncode == 3
    assert result.stderr == f"bgpd: no daemon answers at 127.0.0.1:{port}: Connection refused\n"
    assert result.stdout == ""


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_no_daemon_on_ipv6(host):
    with socket.socket(socket.AF_INET6) as s:
        s.bind(("::1", 0))
        port = s.getsockname()[1]
        result = run("--host", host, "-p", port, "version")
    assert result.returncode == 3
    assert f"no daemon answers at [::1]:{port}: Connection refused" in result.stderr


def test_version_without_a_daemon_tells_its_own():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        result = run("-p", s.getsockname()[1], "version")
    assert result.returncode == 3
    assert result.stdout.startswith("bgpd ")


@pytest.mark.parametrize("host", ["no such host", "a/b", "user@127.0.0.1", "", "127.0.0.1:80:80"])
def test_hosts_that_cannot_be(host):
    result = run("--host", host, "version")
    assert result.returncode == 3
    assert "no daemon answers at" in result.stderr


def test_errors_name_the_parameter_and_what_was_expected(daemon, bgpd):
    daemon.fails(
        -32602,
        'bad prefix "10.0.0.0/99"',
        {"param": "prefix", "expected": "an IPv4 or IPv6 prefix such as 10.0.0.0/8"},
    )
    result = bgpd("advertise", "route", "10.0.0.0/99", "10.0.0.1")
    assert result.returncode == 2
    assert result.stderr == (
        'bgpd: bad prefix "10.0.0.0/99" (prefix: expected an IPv4 or IPv6 prefix such as '
        "10.0.0.0/8)\n"
    )


@pytest.mark.parametrize(
    "data, shown",
    [
        (None, "bgpd: no\n"),
        ({"param": "peer"}, "bgpd: no (parameter peer)\n"),
        ({"expected": "an address"}, "bgpd: no (expected an address)\n"),
        ("because", "bgpd: no: because\n"),
        ({"errors": ["a.toml:1:2: x", "a.toml:3:4: y"]},
         "bgpd: no\n  a.toml:1:2: x\n  a.toml:3:4: y\n"),
        ({"errors": [1, None]}, "bgpd: no\n"),
        ([], "bgpd: no\n"),
        ({"param": "x", "expected": "no"}, "bgpd: no\n"),
    ],
)  # fmt: skip
def test_error_data(daemon, bgpd, data, shown):
    daemon.fails(-32004, "no", data)
    result = bgpd("reload")
    assert (result.returncode, result.stderr, result.stdout) == (1, shown, "")


@pytest.mark.parametrize("words", [["show", "routes"], ["show", "neighbors"], ["show", "r", "l"]])
@pytest.mark.parametrize("flags", [[], ["--json"], ["--format", "ndjson"]])
def test_errors_print_nothing_else(daemon, bgpd, words, flags):
    daemon.fails(-32001, "no such peer")
    result = bgpd(*words, *flags)
    assert (result.returncode, result.stdout) == (1, "")
    if flags:
        assert json.loads(result.stderr) == {
            "error": {"kind": "refused", "code": -32001, "message": "no such peer", "data": None}}
    else:
        assert result.stderr == "bgpd: no such peer\n"


def test_a_place_where_a_peer_stands(daemon, bgpd):
    daemon.fails(-32001, "no peer within 10.0.0.0/8")
    result = bgpd("show", "routes", "learned", "10.0.0.0/8")
    assert result.returncode == 1
    assert result.stderr == ("bgpd: no peer within 10.0.0.0/8\n"
                             "routes to that place: bgpd show routes learned all 10.0.0.0/8\n")
    for words in (["--from", "::1"], ["::1", "10.0.0.0/8"]):
        assert bgpd("show", "routes", "learned", *words).stderr == "bgpd: no peer within 10.0.0.0/8\n"


def test_errors_as_json(daemon, bgpd):
    """Whatever is wrong, what stands on stderr is one line of JSON, and the exit status is as without."""
    data = {"param": "prefix", "expected": "a prefix"}
    daemon.fails(-32602, "Invalid params: prefix: \x1b[2J", data)
    result = bgpd("--json", "explain", "x")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert json.loads(result.stderr)["error"] == {"kind": "bad value", "code": -32602, "data": data,
                                                  "message": "Invalid params: prefix: \x1b[2J"}
    assert "\x1b" not in result.stderr
    daemon.fails(-32004, "errors", {"errors": ["a:1:2: x"]})
    assert json.loads(bgpd("reload", "--json").stderr)["error"]["data"] == {"errors": ["a:1:2: x"]}
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        result = run("--json", "-p", s.getsockname()[1], "show", "info")
    assert result.returncode == 3
    assert json.loads(result.stderr)["error"]["kind"] == "no daemon"
    for words in (["shwo"], ["show"], ["neighbor", "reset"], ["withdraw", "flow", "ipv4"], ["-p", "0", "version"],
                  ["show", "routes", "::1", "--exact", "::/0"], ["policy", "test", "x", "--route", "1"]):
        result = run("--json", *words)
        assert (result.returncode, result.stdout) == (2, ""), words
        assert json.loads(result.stderr)["error"]["kind"] == "usage"
    result = run("--json", "--token-file", "/nonexistent", "reload")
    assert result.returncode == 1
    assert json.loads(result.stderr)["error"]["kind"] == "failed"


def test_an_error_with_an_http_status(daemon, bgpd):
    daemon.fails(-32003, "changes are allowed from this machine or with a token", status=403)
    result = bgpd("reload")
    assert result.returncode == 1
    assert "changes are allowed" in result.stderr


def test_errors_do_not_steer_the_terminal(daemon, bgpd):
    daemon.fails(-32000, "evil \x1b[2J\r\x07")
    assert "\x1b" not in bgpd("reload").stderr


GARBAGE = [
    b"",
    b"hello",
    b"[]",
    b"null",
    b"{}",
    b'{"result": []}',
    b'{"jsonrpc": "1.0", "result": [], "id": 1}',
    b'{"jsonrpc": "2.0", "result": [}',
    b'{"jsonrpc": "2.0", "result": []',
    b'{"jsonrpc": "2.0", "result": [{]}',
    b'{"jsonrpc": "2.0", "result": [{"a": 1}{"b": 2}]}',
    b'{"jsonrpc": "2.0", "result": [{"a": 1},]}',
    b'{"jsonrpc": "2.0", "result": [,{"a": 1}]}',
    b'{"jsonrpc": "2.0", "result": [1, "two"]}',
    b'{"jsonrpc": "2.0", "error": "no"}',
    b'{"jsonrpc": "2.0", "error": {}}',
    b'{"jsonrpc": "2.0", "result": ["\xff\xfe"]}',
    b"]]]]]]",
    b"}" * 100,
    b"[" * 100_000,
    b'{"jsonrpc": "2.0", "result": [' + b"[" * 100_000,
    bytes(range(256)) * 16,
    b'{"jsonrpc": "2.0", "result": "',
    b'{"jsonrpc": "2.0", "result": "\\',
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_garbage_as_routes(daemon, bgpd, body, flags):
    daemon.answers_bytes(body)
    result = bgpd("show", "routes", "learned", *flags)
    assert result.returncode == 3
    text = f"what answers at 127.0.0.1:{daemon.port} does not speak bgpd's JSON-RPC"
    if flags:
        error = json.loads(result.stderr)["error"]
        assert error["kind"] == "no daemon" and error["code"] is None and error["message"].startswith(text)
    else:
        assert text in result.stderr


@pytest.mark.parametrize("result", [None, 1, "x", [1, "x", None], [[]], {"a": {}}, True, 1.5])
@pytest.mark.parametrize(
    "words",
    ["show neighbors", "show neighbors detail", "show routes", "version", "reload",
     "neighbor enable 1.1.1.1", "neighbor refresh 1.1.1.1", "withdraw route 1.1.1.1/32",
     "advertise route 1.1.1.1/32 2.2.2.2"],
)  # fmt: skip
def test_results_of_another_shape(daemon, bgpd, words, result):
    """Whatever comes is shown or refused; nothing crashes."""
    daemon.answers(result)
    assert bgpd(*words.split()).returncode in (0, 1, 3)


def test_another_web_server(daemon, bgpd):
    daemon.answers_bytes(b"<html>Not Found</html>", status=404, content_type="text/html")
    result = bgpd("show", "neighbors")
    assert result.returncode == 3
    assert "does not speak bgpd's JSON-RPC (HTTP status 404, text/html)" in result.stderr


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"\0" * 100])
def test_a_server_that_does_not_speak_http(banner):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(banner)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        result = run("-p", port, "show", "neighbors")
        thread.join()
    assert result.returncode == 3
    assert f"127.0.0.1:{port}" in result.stderr
