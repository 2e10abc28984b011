"""The command line client against a daemon: tables, JSON, changes, errors and exit status."""

import json
import socket
import threading

import pytest

import speaker as sp
from support.lab import FAMILIES
from support.bgpd import Bgpd
from support.route import Route
from support.wait import wait_for


@pytest.fixture
def daemon(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True), lab.peer(3, 65003, enabled=False)])
    peer = lab.session(2, 65002, families=FAMILIES)
    bgpd.wait_established(lab.addr(2))
    peer.announce(Route("10.1.0.0/16", "10.254.0.2", (65002, 7), "EGP", 5, None, ["65000:9"]),
                  Route("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0/112",
                        "2001:db8:1111:2222:3333:4444:5555:6666", (65002,)))
    wait_for(lambda: len(bgpd.learned()) == 2)
    return bgpd, peer


@pytest.mark.parametrize("words", [("show", "neighbors"), ("s", "n"), ("show", "peers")])
def test_neighbors(daemon, lab, words):
    bgpd, _ = daemon
    lines = bgpd.cli(*words, check=True).stdout.splitlines()
    header = next(line for line in lines if "Neighbor" in line)
    for title in ("Neighbor", "Router ID", "AS", "MsgRcvd", "MsgSent", "Uptime", "State",
                  "PfxRcd", "PfxAcc", "PfxAdv"):
        assert title in header
    row = next(line for line in lines if lab.addr(2) in line)
    assert "Established" in row and "10.255.0.2" in row and row.split()[-3:] == ["2", "2", "0"]
    assert row.index("Established") == header.index("State")
    disabled = next(line for line in lines if lab.addr(3) in line)
    assert "*" in disabled.split(lab.addr(3))[0] + disabled.split()[0]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("words", [("show", "routes", "learned"), ("s", "r", "learned")])
def test_routes(daemon, lab, words):
    bgpd, _ = daemon
    text = bgpd.cli(*words, check=True).stdout
    assert text.index("IPv4 / Unicast") < text.index("10.1.0.0/16") < \
        text.index("IPv6 / Unicast") < text.index("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0/112")
    for title in ("Received From", "Prefix", "Next Hop", "Age", "Origin", "Local Pref", "Metric",
                  "AS Path", "Communities"):
        assert title in text
    line = next(entry for entry in text.splitlines() if "10.1.0.0/16" in entry)
    for value in (lab.addr(2), "10.254.0.2", "EGP", "65002 7", "65000:9"):
        assert value in line
    assert "2001:db8:1111:2222:3333:4444:5555:6666" in text


def test_json(daemon, lab):
    """--json prints what the API answers."""
    bgpd, _ = daemon
    rows = json.loads(bgpd.cli("--json", "show", "neighbors", check=True).stdout)
    assert [r["peer"] for r in rows] == [lab.addr(2), lab.addr(3)]
    learned = json.loads(bgpd.cli("--json", "show", "routes", "learned", check=True).stdout)
    assert {r["prefix"] for r in learned} == set(bgpd.learned())
    detail = json.loads(bgpd.cli("--json", "show", "neighbors", lab.addr(2), "detail",
                                 check=True).stdout)
    detail = detail[0] if isinstance(detail, list) else detail
    assert detail["summary"]["peer"] == lab.addr(2)
    assert json.loads(bgpd.cli("--json", "version", check=True).stdout)["name"] == "bgpd"


def test_advertise_and_withdraw(daemon, lab):
    bgpd, peer = daemon
    bgpd.cli("advertise", "route", "10.9.0.0/16", "10.254.0.1", "-o", "incomplete", "-a", "100 200",
             "-p", "333", "--med", "44", "-c", "65000:1 target:1:2", check=True)
    route = wait_for(lambda: peer.received().get("10.9.0.0/16"))
    assert (route.as_path, route.origin, route.med) == ((65000, 100, 200), "Incomplete", 44)
    assert (route.communities, route.extended) == ({"65000:1"}, {"target:1:2"})
    shown = bgpd.cli("show", "routes", "advertised", lab.addr(2), check=True).stdout
    assert "Advertised To" in shown and "10.9.0.0/16" in shown
    bgpd.cli("advertise", "flow", "ipv4", "traffic-rate 100", "-m", "source 10.0.0.0/8",
             "-m", "destination-port >8000 <=8080", check=True)
    wait_for(lambda: "IPv4 / Flowspec" in bgpd.cli("show", "routes", "advertised").stdout)
    bgpd.cli("withdraw", "route", "10.9.0.0/16", check=True)
    wait_for(lambda: "10.9.0.0/16" not in peer.received())
    bgpd.cli("withdraw", "flow", "ipv4", "-m", "source 10.0.0.0/8", "-m",
             "destination-port >8000 <=8080", check=True)
    wait_for(lambda: bgpd.call("show_routes_advertised") == [])
    again = bgpd.cli("withdraw", "route", "10.9.0.0/16")
    assert again.returncode == 1 and again.stderr.strip() and not again.stdout.strip()


def test_filters(daemon, lab):
    bgpd, _ = daemon
    text = bgpd.cli("show", "routes", "--longest", "10.1.2.3", check=True).stdout
    assert "10.1.0.0/16" in text and "IPv6" not in text
    text = bgpd.cli("show", "routes", "--family", "ipv6 unicast", "--best", check=True).stdout
    assert "2001:db8:aaaa" in text and "10.1.0.0/16" not in text
    text = bgpd.cli("show", "routes", "--from", lab.addr(2), "--as", "7", check=True).stdout
    assert "10.1.0.0/16" in text and "2001" not in text
    assert "10.1.0.0/16" in bgpd.cli("show", "routes", "--community", "65000:9").stdout


def test_neighbor_controls(daemon, lab):
    bgpd, peer = daemon
    bgpd.cli("neighbor", "refresh", lab.addr(2), "--family", "ipv4 unicast", check=True)
    assert peer.wait_message(5) == b"\0\1\0\1"
    bgpd.cli("neighbor", "disable", lab.addr(2), "-m", "see you", check=True)
    assert peer.wait_notification() == (6, 2, b"\7see you")
    assert bgpd.state(lab.addr(2)) == "Disabled"
    bgpd.cli("neighbor", "enable", lab.addr(2), check=True)
    second = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    bgpd.cli("neighbor", "reset", lab.addr(2), check=True)
    assert second.wait_notification()[:2] == (6, 4)


def test_reload(daemon, lab):
    bgpd, _ = daemon
    assert bgpd.cli("reload").returncode == 0
    bgpd.config["nonsense"] = 1
    bgpd.write_config()
    done = bgpd.cli("reload")
    assert done.returncode == 1 and "nonsense" in done.stderr
    assert bgpd.established(lab.addr(2))


USAGE = [(), ("shwo",), ("show",), ("show", "nonsense"), ("advertise", "route"),
         ("advertise", "route", "10.0.0.0/8"), ("--port", "x", "version"), ("show", "routes",
                                                                           "--frobnicate"),
         ("advertise", "flow", "ipv4", "traffic-rate 0"), ("withdraw", "route", "a", "--all")]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_usage_errors(lab, words):
    bgpd = Bgpd(lab.directory("none"), lab.addr(1), {})
    done = bgpd.cli(*words)
    assert done.returncode == 2, done
    assert done.stderr.strip()


def test_nobody_answers(lab):
    bgpd = Bgpd(lab.directory("none"), lab.addr(1), {})
    done = bgpd.cli("show", "neighbors")
    assert done.returncode == 3
    assert f"no daemon answers at {lab.addr(1)}:8080" in done.stderr


def test_somebody_else_answers(lab):
    """Something on the port that is no BGPd: an error, not a hang or a crash."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((lab.addr(1), 8080))
    listener.listen()

    def answer():
        for content in (b"SSH-2.0-OpenSSH\r\n",
                        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"):
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(content)
            connection.close()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    bgpd = Bgpd(lab.directory("none"), lab.addr(1), {})
    for _ in range(2):
        done = bgpd.cli("version")
        assert done.returncode == 3 and done.stderr.strip()
    thread.join(5)
    listener.close()


def test_bad_values(daemon):
    """Errors of the daemon name what was wrong."""
    bgpd, _ = daemon
    done = bgpd.cli("advertise", "route", "10.0.0.0/33", "10.254.0.1")
    assert done.returncode == 2 and "10.0.0.0/33" in done.stderr
    done = bgpd.cli("advertise", "route", "10.0.0.0/8", "10.254.0.1", "-c", "bogus:x")
    assert done.returncode == 2 and "bogus:x" in done.stderr
    done = bgpd.cli("neighbor", "reset", "192.0.2.99")
    assert done.returncode == 1 and "192.0.2.99" in done.stderr


@pytest.mark.parametrize("kind", ["bird", "gobgp"])
def test_what_a_person_asks_first(lab, kind):
    """Of what a real peer sent: one place, details, how many; and why it is down when it is."""
    sent = [Route("10.1.0.0/16", "10.254.0.2", communities=["65002:9", "65002:10"]),
            Route("10.1.2.0/24", "10.254.0.2", med=7), Route("10.2.0.0/16", "10.254.0.3")]
    bgpd = lab.bgpd({"ebgp_requires_policy": False},
                    peers=[lab.peer(2, 65002, description="upstream"), lab.peer(3, 65003, passive=True)])
    real = lab.real(kind, 2, asn=65002, routes=sent, neighbor={"families": ("ipv4 unicast",)})
    bgpd.wait_established(lab.addr(2))
    wait_for(lambda: len(bgpd.learned()) == 3)

    def rows(*words):
        return [json.loads(line) for line in bgpd.cli("--format", "ndjson", *words, check=True).stdout.splitlines()]

    for words, expected in ((["10.1.2.3"], "10.1.2.0/24"), (["10.1.0.0/16"], "10.1.0.0/16"), (["10.1.3.0/24"], "10.1.0.0/16"),
                            (["learned", lab.addr(2), "10.1.2.0/25"], "10.1.2.0/24"), (["learned", "all", "10.2.9.9"], "10.2.0.0/16")):
        assert [r["prefix"] for r in rows("show", "routes", *words)] == [expected]
    assert sorted(r["prefix"] for r in rows("show", "routes", "--longer", "10.1.0.0/16", "--as-path", "^65002$")) == \
        ["10.1.0.0/16", "10.1.2.0/24"]
    text = bgpd.cli("show", "routes", "10.1.0.0/16", "detail", check=True).stdout
    assert "AS path             65002\n" in text and "65002:9" in text and "65002:10" in text
    assert bgpd.cli("show", "routes", "learned", "--count", check=True).stdout == "3\n"
    assert bgpd.cli("show", "routes", "--by", "next-hop", "--format", "csv", check=True).stdout == \
        "count,next_hop\n2,10.254.0.2\n1,10.254.0.3\n"
    nothing = bgpd.cli("show", "routes", "--exact", "10.1.3.0/24", check=True)
    assert (nothing.stdout, nothing.stderr) == ("", "no routes\n")

    shown = bgpd.cli("show", "neighbors", check=True).stdout.splitlines()
    assert "upstream" in shown[1] and shown[-1].startswith("2 neighbors: 1 established, 1 down; routes: 3 received")
    real.stop()
    wait_for(lambda: bgpd.peer(lab.addr(2))["down_since"] is not None)
    peer = bgpd.peer(lab.addr(2))
    assert peer["down_reason"] and peer["state"] != "Established"
    shown = bgpd.cli("show", "neighbors", check=True).stdout.splitlines()
    assert "Why Down" in shown[0] and shown[-1].startswith("2 neighbors: 0 established, 2 down;")
    assert peer["down_reason"][:20] in bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    real.start()
    bgpd.wait_established(lab.addr(2))
    assert bgpd.peer(lab.addr(2))["down_since"] is None


def test_unknown_attributes_in_detail(lab):
    """What nobody knows is shown with its flags and bytes; a name of the registry stands before it."""
    bgpd = lab.bgpd({"ebgp_requires_policy": False}, peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    peer.announce(Route("10.1.0.0/16", "10.254.0.2", (65002,)),
                  extra=sp.attribute(22, b"\0\1\2\3\4", 0xc0) + sp.attribute(99, b"\xab\xcd", 0xe0))
    wait_for(lambda: bgpd.learned())
    text = bgpd.cli("show", "routes", "learned", "detail", check=True).stdout
    assert "Attribute 22        PMSI_TUNNEL, optional transitive 5 bytes: 00010203 04\n" in text
    assert "Attribute 99        optional transitive partial 2 bytes: abcd\n" in text


def test_several_neighbors(lab):
    """All of them are controlled, or none where one is unknown."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True) for n in (2, 3, 4)])
    sessions = {n: lab.session(n, 65000 + n) for n in (2, 3, 4)}
    bgpd.wait_established(*map(lab.addr, sessions))
    refused = bgpd.cli("neighbor", "disable", lab.addr(2), "192.0.2.99")
    assert refused.returncode == 1 and "no peer 192.0.2.99" in refused.stderr
    assert all(bgpd.established(lab.addr(n)) for n in sessions)
    bgpd.cli("neighbor", "refresh", "all", check=True)
    for session in sessions.values():
        assert session.wait_message(5) == b"\0\1\0\1"
    shown = bgpd.cli("nei", "dis", lab.addr(2), lab.addr(4), "-m", "bye", check=True).stdout
    assert shown.count("Disabled") == 2
    assert sessions[2].wait_notification()[:2] == sessions[4].wait_notification()[:2] == (6, 2)
    assert bgpd.established(lab.addr(3))
    bgpd.cli("neighbor", "enable", "all", check=True)
    assert "Disabled" not in [bgpd.state(lab.addr(n)) for n in sessions]
    error = bgpd.cli("--json", "neighbor", "reset", "192.0.2.99")
    assert json.loads(error.stderr)["error"]["code"] == -32001 and error.stdout == ""
