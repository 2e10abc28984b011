"""Configurations that the API is sent: compared with what is in force, and put in force, without a
change to the file. Policies and sets are attached, changed and detached on sessions that stay."""

import copy
import json
import re
import signal
import threading

import pytest

import speaker as sp
from support import toml
from support.route import Route
from support.rpc import RpcError
from support.wait import wait_for

HOP = "10.254.0.7"
EVERYTHING = ["api", "config", "peer"]
KINDS = pytest.mark.parametrize("kind", ["bird", "frr", "gobgp", "openbgpd"])
THEIRS = [f"10.{n}.0.0/16" for n in range(6)]
OURS = [f"20.{n}.0.0/16" for n in range(6)]
ONLY_SOME = {"default": "reject", "rules": [{"name": "some", "if": {"prefix": "some"}, "then": "accept"}]}


class Net:
    """A real daemon (2) and a raw speaker (3), which tell each other all that they have."""

    def __init__(self, lab, kind):
        self.bgpd = lab.bgpd(peers=[lab.peer(2, advertise_sources=EVERYTHING),
                                    lab.peer(3, 65003, passive=True, advertise_sources=EVERYTHING)])
        self.real = lab.real(kind, routes=[Route(prefix, HOP) for prefix in THEIRS])
        self.raw = lab.session(3, 65003)
        self.raw.announce(*(Route(prefix, HOP, (65003,)) for prefix in OURS))
        self.bgpd.wait_established(lab.addr(2), lab.addr(3))
        self.real.wait_established()
        self.hold(THEIRS, OURS)
        self.sessions = self.bgpd.sessions()
        self.counted = 0

    def hold(self, raw, real):
        """Waits until the two hold these of each other's prefixes."""
        wait_for(lambda: set(self.raw.received()) == set(raw), what=f"the speaker holds {raw}")
        wait_for(lambda: set(self.real.received()) == set(real), what=f"the daemon holds {real}")

    def told(self):
        """What the speaker has been told since it was asked last: (announced, withdrawn)."""
        updates = self.raw.updates()[self.counted:]
        self.counted += len(updates)
        return (sorted(p for u in updates for p in u.announced), sorted(p for u in updates for p in u.withdrawn))

    def config(self, *numbers, attached=True):
        """The file's configuration with policies, in force for both in both directions."""
        config = copy.deepcopy(self.bgpd.config)
        config["prefix_sets"] = {"some": [p for n in numbers for p in (THEIRS[n], OURS[n])]}
        config["policies"] = {"only": ONLY_SOME}
        config["peers"][1]["import"] = ["only"] if attached else []
        config["peers"][1]["export"] = ["only"] if attached else []
        return toml.dumps(config)

    def send(self, text):
        """Compares, and puts in force; what the comparison has listed, as (direction, kind, prefix)."""
        before = self.bgpd.call("show_info")["in_force"]
        diff = self.bgpd.call("policy_diff", config=text, name="sent.toml", routes=True)
        assert self.bgpd.call("show_info")["in_force"] == before
        assert diff["complete"] and diff["file"] == "sent.toml" and diff["compared_with"] == before["name"]
        summary = self.bgpd.call("reload", config=text, name="sent.toml")
        assert (summary["sessions_reset"], summary["sessions_ended"], summary["failed"]) == (0, 0, [])
        assert summary["in_force"] == self.bgpd.call("show_info")["in_force"]
        assert (summary["in_force"]["from"], summary["in_force"]["name"]) == ("request", "sent.toml")
        assert any("not what" in line and "sent.toml" in line for line in summary["warnings"])
        return sorted((r["direction"], r["change"], r["prefix"]) for r in diff["routes"])

    def close(self):
        assert self.bgpd.sessions() == self.sessions
        assert not self.raw.closed.is_set()
        assert sp.ROUTE_REFRESH not in [kind for kind, _ in self.raw.messages]


@KINDS
def test_attach_change_and_detach(lab, kind):
    """Each says what will change, and only that is told; the next reload brings the file back."""
    net = Net(lab, kind)
    with open(net.bgpd.path("config.toml"), encoding="utf-8") as file:
        written = file.read()
    net.told()

    changes = net.send(net.config(1, 2))
    net.hold([THEIRS[1], THEIRS[2]], [OURS[1], OURS[2]])
    gone = [0, 3, 4, 5]
    assert net.told() == ([], [THEIRS[n] for n in gone])
    assert [c for c in changes if c[0] == "import"] == [("import", "rejected", OURS[n]) for n in gone]
    assert [c for c in changes if c[0] == "export"] == [("export", "withdrawn", p)
                                                        for p in [THEIRS[n] for n in gone] + [OURS[n] for n in gone]]
    net.bgpd.wait_log("what is in force is not what")
    line = json.loads(net.bgpd.cli("explain", THEIRS[0], "--out", "--json", check=True).stdout)
    assert "sent.toml" in json.dumps(line)

    net.send(net.config(2, 3))  # the set alone
    net.hold([THEIRS[2], THEIRS[3]], [OURS[2], OURS[3]])
    assert net.told() == ([THEIRS[3]], [THEIRS[1]])

    net.send(net.config(2, 3, attached=False))
    net.hold(THEIRS, OURS)
    assert net.told() == ([THEIRS[n] for n in (0, 1, 4, 5)], [])

    net.send(net.config(5))
    net.hold([THEIRS[5]], [OURS[5]])
    net.told()
    summary = net.bgpd.call("reload")
    assert (summary["in_force"]["from"], summary["in_force"]["name"]) == ("file", net.bgpd.path("config.toml"))
    assert "was sent" not in str(summary["warnings"])
    net.hold(THEIRS, OURS)
    assert net.told() == ([THEIRS[n] for n in range(5)], [])
    with open(net.bgpd.path("config.toml"), encoding="utf-8") as file:
        assert file.read() == written
    net.close()


@pytest.fixture
def bgpd(lab):
    return lab.bgpd(peers=[lab.peer(2, passive=True, md5_password="of-the-file")])


def changed(bgpd, **changes):
    return toml.dumps({**copy.deepcopy(bgpd.config), **changes})


def test_what_is_wrong_is_named_and_changes_nothing(bgpd):
    secret = "very-secret-word"
    bad = changed(bgpd, poll_interval=-1).replace("of-the-file", secret)
    line = next(i for i, text in enumerate(bad.splitlines(), 1) if text.startswith("poll_interval"))
    before = bgpd.call("show_info")["in_force"]
    for method in ("policy_diff", "reload"):
        for name, shown in ({}, "request"), ({"name": "a b.toml"}, "a b.toml"):
            with pytest.raises(RpcError) as error:
                bgpd.call(method, config=bad, **name)
            assert error.value.code == -32004 and "that was sent" in error.value.message
            assert len(error.value.data["errors"]) == 1
            assert re.match(rf"{shown}:{line}:\d+: poll_interval", error.value.data["errors"][0])
            assert secret not in str(error.value)
    assert bgpd.call("show_info")["in_force"] == before
    assert "with a configuration of" in bgpd.log() and secret not in bgpd.log()
    bgpd.call("reload", config=changed(bgpd).replace("of-the-file", secret))
    assert secret not in bgpd.log()


def test_names_of_files_begin_beside_the_file(bgpd):
    """So that a text means the same when it takes the file's place."""
    bgpd.write("some.txt", "10.1.0.0/16\n")
    text = changed(bgpd, prefix_sets={"some": {"file": "some.txt"}}, policies={"only": ONLY_SOME})
    text = text.replace("[[peers]]", '[[peers]]\nimport = ["only"]')
    assert not bgpd.call("policy_diff", config=text)["peers"]
    bgpd.call("reload", config=text)
    rules = bgpd.call("policy_test", policy="only", prefix="10.1.0.0/16")
    assert rules["result"] == "accept"
    bgpd.write("some.txt", "10.2.0.0/33\n")
    with pytest.raises(RpcError) as error:
        bgpd.call("reload", config=text)
    assert any(bgpd.path("some.txt") + ":1" in line for line in error.value.data["errors"])


@pytest.mark.parametrize("how", ["signal", "start"])
def test_the_file_comes_back(bgpd, how):
    """By SIGHUP and at a start."""
    bgpd.call("reload", config=changed(bgpd, poll_interval=7))
    assert bgpd.call("show_info")["in_force"]["from"] == "request"
    if how == "signal":
        bgpd.signal(signal.SIGHUP)
    else:
        bgpd.stop()
        bgpd.start()
    wait_for(lambda: bgpd.call("show_info")["in_force"]["from"] == "file")


def test_a_text_that_is_too_large(bgpd):
    """1 MiB is all that a call may have."""
    text = changed(bgpd)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "reload", "params": {"config": text + "#" * (1 << 20)}})
    status, _, answer = bgpd.rpc.http(body=body.encode())
    assert status == 200 and "longer than 1 MiB" in json.loads(answer)["error"]["message"]
    bgpd.write("large.toml", text + "#" * (1 << 20))
    for command in ["reload", "--from"], ["policy", "diff"]:
        done = bgpd.cli(*command, bgpd.path("large.toml"))
        assert done.returncode == 1 and "it is larger than 1 MiB" in done.stderr
    bgpd.write("large.toml", text + "#" * ((1 << 20) - len(text) - 10))
    done = bgpd.cli("reload", "--from", bgpd.path("large.toml"))
    assert done.returncode == 1 and "longer than 1 MiB" in done.stderr
    assert bgpd.call("show_info")["in_force"]["from"] == "file"


def test_each_gets_its_own_outcome(bgpd):
    """Many at once, with errors and without, and reloads of the file between them."""
    outcomes = []

    def send(number):
        for i in range(10):
            if number == 0:
                outcomes.append(("file", bgpd.call("reload")["in_force"]["from"] in ("file", "request")))
            elif (number + i) % 2:
                answer = bgpd.call("reload", config=changed(bgpd, poll_interval=10 * number + i), name=f"{number}.{i}")
                outcomes.append(("good", not answer["failed"] and f"{number}.{i}," in str(answer["warnings"])))
            else:
                with pytest.raises(RpcError) as error:
                    bgpd.call("reload", config=changed(bgpd, poll_interval=-1), name=f"{number}.{i}")
                outcomes.append(("bad", error.value.data["errors"][0].startswith(f"{number}.{i}:")))
            if number == 1:
                bgpd.signal(signal.SIGHUP)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 60 and all(ok for _, ok in outcomes), outcomes
    assert bgpd.call("reload")["in_force"]["from"] == "file"
