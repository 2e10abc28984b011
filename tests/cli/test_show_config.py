"""show config: the text, other formats, pages."""

import csv
import io
import json

import pytest


def setting(path, value=None, toml=None, **more):
    key = path.rpartition(".")[2]
    return {"path": path, "key": key, "value": value, "from": "file", "group": None, "file": "t.toml", "line": 7,
            "default": None, "meanwhile": None, "secret": False, "count": None, "table": "",
            "toml": toml or (None if value is None else f"{key} = {json.dumps(value)}"), **more}


def answer(settings, **more):
    return {"in_force": {"from": "file", "name": "t.toml", "since": 1795703632, "rolled_back": False},
            "confirmation": None, "files_changed": [], "settings": settings, "cursor": None, **more}


PEER = {"table": "[[peers]]"}
SETTINGS = [
    setting("router_id", "1.1.1.1"),
    setting("peers.1.1.1.2", key=None, **PEER),
    setting("peers.1.1.1.2.description", "a\x1b[2Jb", **PEER),
    setting("peers.1.1.1.2.hold_timer", 30, **{"from": "group"}, group="g",
            meanwhile={"value": 90, "why": "waits for the session to restart", "neighbors": 3}, **PEER),
    setting("peers.1.1.1.2.md5_password", secret=True,
            meanwhile={"value": "another", "why": "waits for the next connection", "neighbors": 1}, **PEER),
    setting("peers.1.1.1.2.role", "rs", meanwhile={"value": None, "why": "it \x1b is so", "neighbors": None}, **PEER),
    setting("peers.1.1.1.2.connect_retry", 30, **{"from": "default"}, file=None, line=None,
            default="poll_interval", **PEER),
    setting("peers.1.1.1.2.name", **{"from": "default"}, file=None, line=None, default="the address", **PEER),
    setting("peers.1.1.1.3", key=None, **PEER),
    setting("prefix_sets.s", count=1, table="[prefix_sets]"),
    setting("prefix_sets.t", ["10.0.0.0/8"], 't = ["10.0.0.0/8"]', count=2, table="[prefix_sets]"),
    setting("prefix_sets.u", ["10.0.0.0/8", "x"], count=2, table="[prefix_sets]") | {"toml": None},
    setting("state.path", None, table="# [state]", **{"from": "default"}, file=None, line=None, default="none"),
]


def test_text(daemon, bgpd):
    daemon.answers(answer(SETTINGS))
    done = bgpd("show", "config")
    assert done.stdout == r"""# t.toml, in force since 2026-11-26 17:53:52 UTC
router_id = "1.1.1.1"                       # t.toml:7

[[peers]]                                   # t.toml:7
description = "a\u001b[2Jb"                 # t.toml:7
# hold_timer = 30                           # group g, t.toml:7; now 90: waits for the session to restart (3 neighbors)
# md5_password: set                         # t.toml:7; now another: waits for the next connection
role = "rs"                                 # t.toml:7; now none: it ? is so
# connect_retry = 30                        # default: poll_interval
# name: the address                         # default

[[peers]]                                   # t.toml:7

[prefix_sets]
# s: 1 item                                 # t.toml:7
t = ["10.0.0.0/8"]                          # t.toml:7, 2 items
u = ["10.0.0.0/8", "x"]                     # t.toml:7, 2 items

# [state]
# path: none                                # default
""".replace("17:53:52", done.stdout.split()[6])
    assert (done.returncode, done.stderr) == (0, "bgpd: this is not the whole configuration: of 1 list only the "
                                                 "length is shown (--full), 1 secret is not\n")
    assert daemon.call == ("show_config", {"limit": 2000})


@pytest.mark.parametrize("settings, args, said", [
    (SETTINGS[:3], [], ""),
    (SETTINGS, ["--group", "g"], ""),
    (SETTINGS, ["router_id"], ""),
    ([s for s in SETTINGS if not s["secret"]], ["--full"], "of 1 list only the length is shown"),
    (SETTINGS[:5] * 2, ["--full"], "2 secrets are not"),
])
def test_what_is_missing(daemon, bgpd, settings, args, said):
    daemon.answers(answer(settings))
    lead = "bgpd: this is not the whole configuration: " if said else ""
    assert bgpd("show", "config", *args).stderr == (f"{lead}{said}\n" if said else "")


def test_beginning(daemon, bgpd):
    daemon.answers(answer(SETTINGS[:1], in_force={"from": "request", "name": "x\x1b", "since": 0, "rolled_back": True},
                          confirmation={"until": 60, "left": "00:01:00", "back_to": {}},
                          files_changed=["/etc/a.toml", "b\n.toml"]))
    assert bgpd("show", "config").stdout.splitlines()[:4] == [
        "# x?, which was sent, in force since 1970-01-01 00:00:00 UTC, rolled back to",
        "# until 1970-01-01 00:01:00 UTC (00:01:00 left), unless `bgpd confirm` lets it stay",
        "# /etc/a.toml was changed since: bgpd reload --diff",
        "# b?.toml was changed since: bgpd reload --diff",
    ]


def test_files_that_take_long(daemon, bgpd):
    daemon.answers(answer(SETTINGS[:1], files_changed=None))
    assert bgpd("show", "config").stdout.splitlines()[1] == \
        "# whether files were changed since could not be seen: the file system takes long"


@pytest.mark.parametrize("args, params", [
    (["192.0.2.1"], {"peer": "192.0.2.1"}),
    (["fe80::1%eth0"], {"peer": "fe80::1%eth0"}),
    (["10.0.0.0/8"], {"peer": "10.0.0.0/8"}),
    (["peers.192.0.2.1.hold_timer"], {"path": "peers.192.0.2.1.hold_timer"}),
    (["router_id", "--full", "--defaults"], {"path": "router_id", "full": True, "defaults": True}),
    (["--group", "g"], {"group": "g"}),
])
def test_questions(daemon, bgpd, args, params):
    daemon.answers(answer(SETTINGS[:1]))
    assert bgpd("show", "config", *args).returncode == 0
    assert daemon.call == ("show_config", {"limit": 2000, **params})


def test_other_formats(daemon, bgpd):
    daemon.answers(answer(SETTINGS))
    assert json.loads(bgpd("--json", "show", "config").stdout) == answer(SETTINGS)
    lines = bgpd("--format", "ndjson", "show", "config").stdout.splitlines()
    assert [json.loads(line) for line in lines] == SETTINGS
    rows = list(csv.DictReader(io.StringIO(bgpd("--format", "csv", "show", "config").stdout)))
    assert [row["path"] for row in rows] == [s["path"] for s in SETTINGS]
    assert (rows[3]["value"], rows[3]["from"], rows[3]["group"], rows[3]["line"]) == ("30", "group", "g", "7")
    assert (rows[3]["meanwhile"], rows[3]["why"]) == ("90", "waits for the session to restart")
    assert (rows[0]["meanwhile"], rows[0]["why"]) == ("", "")
    assert rows[SETTINGS.index(next(s for s in SETTINGS if s["path"] == "prefix_sets.u"))]["value"] == \
        '["10.0.0.0/8", "x"]'


@pytest.mark.parametrize("form", [[], ["--json"], ["--format", "ndjson"]])
def test_pages(daemon, bgpd, form):
    """All pages are asked for, and are one answer."""
    def reply(rpc):
        at = len(daemon.requests) - 1
        result = answer(SETTINGS[5 * at:5 * at + 5], cursor=f"c{at + 1}" if at < 2 else None)
        rpc.reply({"jsonrpc": "2.0", "result": result, "id": 1})

    daemon.answer = reply
    paged = bgpd(*form, "show", "config").stdout
    assert [r["params"].get("cursor") for r in daemon.requests] == [None, "c1", "c2"]
    daemon.answers(answer(SETTINGS))
    assert paged == bgpd(*form, "show", "config").stdout


def test_nothing_there(daemon, bgpd):
    daemon.answers(answer([]))
    done = bgpd("show", "config", "peers.192.0.2.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "bgpd: there is no setting peers.192.0.2.1\n"
    done = bgpd("--json", "show", "config", "peers.192.0.2.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(done.stderr)["error"]["message"] == "there is no setting peers.192.0.2.1"


def test_no_settings(daemon, bgpd):
    """What answers is no such daemon."""
    daemon.answers(answer(["x"]))
    assert bgpd("show", "config").returncode == 3
