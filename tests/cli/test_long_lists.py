"""Route lists of any length: written while they arrive, in little memory."""

import json
import os
import resource
import subprocess
import threading

import pytest
from fake_daemon import BGPD, DEADLINE, route

ROUTES = 200_000


def stream(count, head=b'{"jsonrpc": "2.0", "id": 1, "result": [', tail=b"]}", fault=None):
    """An answer with `count` routes, in chunks that are cut anywhere."""
    text = json.dumps(route("10.0.0.0/8", communities=['a "quoted], {one\\']))

    def answer(rpc):
        rpc.start_chunks()
        rpc.chunk(head)
        buffer = b""
        for i in range(count):
            item = text.replace("10.0.0.0/8", f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32")
            buffer += (b", " if i else b"") + item.encode()
            if len(buffer) > 50_021:
                rpc.chunk(buffer[:50_021])
                buffer = buffer[50_021:]
        rpc.chunk(buffer + tail)
        if fault != "cut":
            rpc.chunk(b"")
        else:
            rpc.close_connection = True

    return answer


def run_measured(daemon, *args):
    # AddressSanitizer would keep freed memory for a while.
    process = subprocess.Popen(
        [BGPD, "-p", str(daemon.port), *args],
        stdout=subprocess.PIPE,
        env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"},
    )
    lines = sum(1 for _ in process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, lines, usage.ru_maxrss << 10


@pytest.mark.parametrize(
    "words, head, tail, extra_lines",
    [
        (["show", "routes", "learned"], b'{"jsonrpc": "2.0", "id": 1, "result": [', b"]}", 2),
        (["show", "routes"], b'{"result": {"cursor": null, "routes": [',
         b']}, "id": 1, "jsonrpc": "2.0"}', 2),
        (["show", "routes", "learned", "--json"], b'{"jsonrpc": "2.0", "id": 1, "result": [',
         b"]}", 2),
    ],
)  # fmt: skip
def test_memory_is_bounded(daemon, words, head, tail, extra_lines):
    sizes = []
    for count in (2_000, ROUTES):
        daemon.answer = stream(count, head, tail)
        status, lines, max_bytes = run_measured(daemon, *words)
        assert (status, lines) == (0, count + extra_lines)
        sizes.append(max_bytes)
    assert sizes[1] < sizes[0] + (16 << 20)


def test_json_of_a_long_list(daemon, bgpd):
    daemon.answer = stream(3000)
    routes = json.loads(bgpd("show", "routes", "learned", "--json").stdout)
    assert len(routes) == 3000
    assert routes[2999]["prefix"] == "10.0.11.183/32"
    assert routes[0]["communities"] == ['a "quoted], {one\\']


def test_rows_come_before_the_answer_has_ended(daemon):
    go_on = threading.Event()

    def answer(rpc):
        rpc.start_chunks()
        item = json.dumps(route("10.0.0.0/8")).encode()
        rpc.chunk(b'{"jsonrpc": "2.0", "id": 1, "result": [' + b",".join([item] * 20000))
        assert go_on.wait(DEADLINE)
        rpc.chunk(b"]}")
        rpc.chunk(b"")

    daemon.answer = answer
    process = subprocess.Popen(
        [BGPD, "-p", str(daemon.port), "show", "routes", "learned"], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"IPv4 / Unicast\n"
    go_on.set()
    process.stdout.read()
    assert process.wait(DEADLINE) == 0


def test_later_rows_may_be_wider(daemon, bgpd):
    long = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/128"
    daemon.answers([route("10.0.0.0/8")] * 1500 + [route(long, afi="IPv4")])
    last = bgpd("show", "routes", "learned").stdout.splitlines()[-1]
    assert last.split()[:3] == ["127.0.0.2", long, "127.0.0.2"]


def test_families_in_a_long_list(daemon, bgpd):
    v4, v6 = route("10.0.0.0/8"), route("2001:db8::/32")
    daemon.answers([v4] * 1500 + [v6] * 10 + [v4] * 3)
    lines = bgpd("show", "routes", "learned").stdout.splitlines()
    assert [line for line in lines if "/ Unicast" in line] == [
        "IPv4 / Unicast",
        "IPv6 / Unicast",
        "IPv4 / Unicast",
    ]
    assert sum(line.startswith("127.0.0.2") for line in lines) == 1513


def test_the_reader_goes_away(daemon):
    daemon.answer = stream(50_000)
    process = subprocess.Popen(
        [BGPD, "-p", str(daemon.port), "show", "routes", "learned"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, restore_signals=True,
    )  # fmt: skip
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(DEADLINE) != 0


def test_a_full_disk(daemon):
    daemon.answer = stream(5000)
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [BGPD, "-p", str(daemon.port), "show", "routes", "learned"],
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert result.returncode == 1
    assert "No space left on device" in result.stderr


@pytest.mark.parametrize("words", [["show", "routes", "learned"], ["show", "routes", "learned", "--format", "csv"],
                                   ["show", "routes", "learned", "--json"], ["show", "routes", "learned", "detail"],
                                   ["help"], ["check", "FILE"]])
def test_a_disk_that_was_full_earlier(daemon, words, tmp_path):
    """Not only what is written at the very end."""
    daemon.answer = stream(3)
    (tmp_path / "file.toml").write_text('router_id = "192.0.2.1"\ndefault_as = 65000\n')
    words = [str(tmp_path / "file.toml") if word == "FILE" else word for word in words]
    with open("/dev/full", "w") as full:
        result = subprocess.run([BGPD, "-p", str(daemon.port), *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "cannot write the output" in result.stderr
    assert "show" not in words or "No space left on device" in result.stderr
    assert result.stderr.count("\n") == 1 or "help" in words or "check" in words


def test_an_answer_that_breaks_off(daemon, bgpd):
    daemon.answer = stream(2000, fault="cut")
    result = bgpd("show", "routes", "learned")
    assert result.returncode == 3
    assert f"the answer of 127.0.0.1:{daemon.port} broke off" in result.stderr
    assert result.stdout.count("10.0.") == 2000


def test_an_item_without_end(daemon, bgpd):
    """A daemon gone mad cannot fill the memory."""

    def answer(rpc):
        rpc.start_chunks()
        rpc.chunk(b'{"jsonrpc": "2.0", "id": 1, "result": [{"a": "')
        for _ in range(64):
            rpc.chunk(b"x" * (1 << 20))
        rpc.chunk(b"")

    daemon.answer = answer
    result = bgpd(
        "show", "routes", "learned",
        preexec_fn=None if os.environ.get("BGPD_SANITIZED") else
        lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)),
    )  # fmt: skip
    assert result.returncode == 3
    assert "too long" in result.stderr


@pytest.mark.parametrize("words, is_object", [(["learned"], False), (["advertised", "::2"], False), ([], True)])
@pytest.mark.parametrize("options", [[], ["--json"], ["--format", "ndjson"], ["--format", "csv"]])
@pytest.mark.parametrize("limit, total", [(None, 12_345), (5000, 12_345), (7001, 12_345), (20_000, 12_345), (None, 0)])
def test_pages(daemon, bgpd, words, is_object, options, limit, total):
    """The client goes on by the cursor, by the same question, until there are as many as are wanted."""

    def answer(rpc):
        params = daemon.requests[-1]["params"]
        at = int(params.get("cursor") or 0)
        end = min(at + params["limit"], total)
        assert params["limit"] <= 5000
        routes = [route(f"10.{i >> 8}.{i & 255}.0/24") for i in range(at, end)]
        cursor = str(end) if end < total else None
        if is_object:
            rpc.reply({"jsonrpc": "2.0", "id": 1, "result": {"routes": routes, "cursor": cursor}})
        else:
            rpc.reply({"jsonrpc": "2.0", "id": 1, "result": routes, "cursor": cursor})

    daemon.answer = answer
    result = bgpd("show", "routes", *words, *options, "--as", "7", *(["--limit", str(limit)] if limit else []))
    assert result.returncode == 0
    expected = min(total, limit or total)
    assert result.stdout.count("10.") >= expected
    if "--json" in options:
        document = json.loads(result.stdout)
        routes = document["routes"] if is_object else document
        assert len(routes) == expected
        if is_object:
            assert document["cursor"] == (str(expected) if expected < total else None)
    else:
        assert len([line for line in result.stdout.splitlines() if "10." in line]) == expected
        assert ("more routes than the limit" in result.stderr) == (expected < total)
    assert all(request["params"]["as"] == "7" for request in daemon.requests)
    assert len(daemon.requests) == max(1, -(-expected // 5000))
    assert len({id(connection) for connection in daemon.connections}) == 1


def test_a_page_that_fails(daemon, bgpd):
    """What came before is shown, and that it is not all."""

    def answer(rpc):
        if "cursor" in daemon.requests[-1]["params"]:
            rpc.reply({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "no more"}})
        else:
            rpc.reply({"jsonrpc": "2.0", "id": 1, "result": [route("10.0.0.0/8")], "cursor": "a"})

    daemon.answer = answer
    result = bgpd("show", "routes", "learned")
    assert (result.returncode, result.stderr) == (1, "bgpd: no more\n")
    assert "10.0.0.0/8" in result.stdout
    result = bgpd("show", "routes", "learned", "--json")
    assert result.returncode == 1 and len(json.loads(result.stdout)) == 1


def test_a_cursor_that_leads_nowhere(daemon, bgpd):
    """A page without routes is the last one, whatever stands beside it."""
    daemon.answer = lambda rpc: rpc.reply({"jsonrpc": "2.0", "id": 1, "result": [], "cursor": "a"})
    assert bgpd("show", "routes", "learned").returncode == 0
    assert len(daemon.requests) == 1
