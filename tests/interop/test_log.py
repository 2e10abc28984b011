"""The log: what was changed and by whom, and that nobody's lines hide another's."""

import http.client
import json
import re
import socket
import time

import pytest

import speaker as sp
from support.route import Route
from support.rpc import RpcClient, RpcError
from support.wait import wait_for

LINES, WINDOW_S = 10, 10  # of one source, in so many seconds


def call_from(bgpd, address, method, *params):
    """A call of the API by a client with this address; returns the answer."""
    connection = http.client.HTTPConnection(bgpd.api_address, 8080, timeout=30,
                                            source_address=(address, 0))
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def lines(bgpd, text):
    """The lines with this text, from their level on, but those that -v adds."""
    found = [line.split(" ", 1)[1] for line in bgpd.log().splitlines() if text in line]
    return [line for line in found if not line.startswith("debug")]


def refused(lab, n, port=1179):
    """A connection from addr(n), of which there is nothing left."""
    with socket.create_connection((lab.addr(1), port), 10, (lab.addr(n), 0)) as sock:
        while sock.recv(100):
            pass


def held_to_the_budget(bgpd, shown, subject, sent, begun):
    """Waits until all of the lines that were sent since then are there, or counted as left out: those beyond
    the budget, unless this process was held up for so long that there was a further one."""
    slow = time.monotonic() - begun > WINDOW_S
    wait_for(lambda: len(lines(bgpd, shown)) + bgpd.left_out(subject) == sent)
    assert len(lines(bgpd, shown)) == LINES or slow


def test_changes_say_what(lab):
    """One line a change: what was done, or what was tried and why not."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    api = f"API: {lab.addr(5)}:"
    calls = [
        ("advertise_route", ["192.0.2.0/24", "10.254.0.9", None, "65001 65002", 200, 50,
                             ["65001:1", "target:65000:1"]],
         "info    {} advertise_route 192.0.2.0/24 next hop 10.254.0.9, as path 65001 65002, "
         "local pref 200, multi exit disc 50, communities 65001:1 target:65000:1"),
        ("advertise_flow", [1, "traffic-rate 0", ["destination 192.0.2.0/24", "port =80"]],
         "info    {} advertise_flow ipv4 action traffic-rate 0, destination 192.0.2.0/24; port =80"),
        ("withdraw_flow", [1, ["destination 192.0.2.0/24", "port =80"]],
         "info    {} withdraw_flow ipv4, destination 192.0.2.0/24; port =80"),
        ("withdraw_route", ["192.0.2.0/24"], "info    {} withdraw_route 192.0.2.0/24"),
        ("withdraw_route", ["192.0.2.0/24"],
         "warning {} withdraw_route 192.0.2.0/24: the API does not advertise 192.0.2.0/24"),
        ("disable_peer", [lab.addr(2), "until noon\x1b[2J"],
         f"info    {{}} disable_peer {lab.addr(2)}, message \"until noon [2J\""),
        ("enable_peer", [lab.addr(2)], f"info    {{}} enable_peer {lab.addr(2)}"),
        ("reset_peer", [lab.addr(2)], f"info    {{}} reset_peer {lab.addr(2)}"),
        ("refresh_peer", [lab.addr(2), "ipv4 unicast"],
         f"warning {{}} refresh_peer {lab.addr(2)}, ipv4 unicast: "
         "no established session that negotiated route refresh"),
        ("reload", [], "info    {} reload"),
    ]
    for method, params, expected in calls:
        before = len(lines(bgpd, api))
        call_from(bgpd, lab.addr(5), method, *params)
        wait_for(lambda: len(lines(bgpd, api)) > before, what=f"a line about {method}")
        assert lines(bgpd, api)[before:] == [expected.format(api)]


def test_no_client_hides_another(lab):
    """Many calls of one client hide neither another client's, nor its own other ones. What was left
    out is said without anything else having to happen."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    begun = time.monotonic()
    for n in range(LINES + 2):
        call_from(bgpd, lab.addr(5), "advertise_route", f"10.9.{n}.0/24", "10.254.0.9")
    call_from(bgpd, lab.addr(5), "disable_peer", lab.addr(2))
    call_from(bgpd, lab.addr(6), "advertise_route", "10.10.0.0/16", "10.254.0.9")
    bgpd.wait_log(f"API: {lab.addr(5)}: disable_peer {lab.addr(2)}")
    bgpd.wait_log(f"API: {lab.addr(6)}: advertise_route 10.10.0.0/16 next hop 10.254.0.9")
    subject = f"API: {lab.addr(5)}: advertise_route"
    held_to_the_budget(bgpd, f"{subject} 10.9", subject, LINES + 2, begun)


def test_no_stranger_hides_another(lab):
    """Refused connections count for each address."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])
    begun = time.monotonic()
    for _ in range(LINES + 5):
        refused(lab, 7)
    refused(lab, 8)
    bgpd.wait_log(f"connection from {lab.addr(8)} refused: no such peer is configured")
    subject = f"connection from {lab.addr(7)}"
    held_to_the_budget(bgpd, f"{subject} refused", subject, LINES + 5, begun)


def test_lines_about_a_peer(lab):
    """What was left out about a peer is said soon, and when it goes at once."""
    bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, passive=True) for n in (2, 3)])
    sessions = [lab.session(n, 65000 + n) for n in (2, 3)]
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    bad = sp.update_body(sp.route_attributes(Route("10.0.0.0/8", "10.254.0.2", (65002,)))
                         + sp.attribute(sp.COMMUNITIES, b"\1\2\3"), sp.nlri("10.0.0.0/8"))
    begun = time.monotonic()
    for session in sessions:
        for _ in range(LINES + 3):
            session.send(sp.UPDATE, bad)
    for n in (2, 3):
        wait_for(lambda n=n: bgpd.detail(lab.addr(n))["problems"] == LINES + 3)
    bgpd.reload(peers=[lab.peer(3, 65003, passive=True)])
    for n in (2, 3):
        subject = f"peer {lab.addr(n)}: UPDATE"
        held_to_the_budget(bgpd, f"{subject}: COMMUNITIES", subject, LINES + 3, begun)


def test_the_end_tells_what_was_left_out(lab):
    bgpd = lab.bgpd()
    begun = time.monotonic()
    for _ in range(LINES + 1):
        refused(lab, 7)
    subject = f"connection from {lab.addr(7)}"
    wait_for(lambda: len(lines(bgpd, f"{subject} refused")) >= LINES)
    bgpd.finish()
    held_to_the_budget(bgpd, f"{subject} refused", subject, LINES + 1, begun)
    bgpd.start()


def test_limits_of_the_api(lab):
    """What has no place any more, and what is too large, is in the log."""
    bgpd = lab.bgpd({"api_body_max": 1 << 20})
    idle = [socket.create_connection((bgpd.api_address, 8080), 10, (lab.addr(5), 0))
            for _ in range(128)]
    call_from(bgpd, lab.addr(6), "version")
    bgpd.wait_log(f"API: {lab.addr(5)}: connection closed for another one: there are 128")
    for sock in idle:
        sock.close()
    status, *_ = bgpd.rpc.http(body=b" " * ((1 << 20) + 1))
    assert status == 413
    text = ": request refused: the body is larger than 1 MiB"
    assert re.fullmatch(r"warning API: 127\S+" + text, wait_for(lambda: lines(bgpd, text))[0])


def test_strangers_at_the_api(lab):
    """Clients from elsewhere without a token: what they try, and that there are too many."""
    machine = lab.namespace()
    for address in ("10.9.9.1/32", "10.9.9.2/32"):
        machine.add_address(address)
    bgpd = lab.bgpd({"bgp_socket": "10.9.9.1:1179", "api_socket": "10.9.9.1:8080"}, netns=machine,
                    start=False)
    bgpd.rpc = RpcClient("10.9.9.1", 8080, machine)
    bgpd.start()
    begun = time.monotonic()
    for _ in range(LINES + 2):
        with pytest.raises(RpcError):
            bgpd.call("withdraw_route", "10.0.0.0/8")
    shown = "warning API: 10.9.9.1: withdraw_route 10.0.0.0/8: withdraw_route is forbidden: "
    bgpd.wait_log(shown)
    idle = [bgpd.rpc.connect() for _ in range(97)]
    bgpd.wait_log("warning API: 10.9.9.1: connection closed for another one: there are 96 of clients "
                  "elsewhere without a token")
    held_to_the_budget(bgpd, shown, "warning API: 10.9.9.1: ", LINES + 2, begun)
    for sock in idle:
        sock.close()
