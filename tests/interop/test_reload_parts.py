"""Reloads of which a part cannot be put in force at once: what was there stays, the answer and the
log say so, and it is put in force as soon as that is possible."""

import os
import re
import signal
import socket
import subprocess

import pytest

from support.bgpd import API_PORT, BGP_PORT
from support.rpc import RpcClient
from support.wait import stays, wait_for

NEW_PORT = 1180


def holder(address, port=NEW_PORT):
    """Somebody else who listens there."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen()
    return sock


def listens(address, port):
    try:
        socket.create_connection((address, port), 2).close()
    except ConnectionRefusedError:
        return False
    return True


def error_lines(bgpd, text):
    return [line for line in bgpd.log().splitlines() if " error " in line and text in line]


def waiting(lab, n, asn, **changes):
    """A peer that is waited for, without what is of use to others."""
    entry = lab.peer(n, asn, passive=True, **changes)
    del entry["dest_port"]
    del entry["local_address"]
    return entry


@pytest.fixture
def bgpd(lab):
    return lab.bgpd(peers=[waiting(lab, 2, 65002)])


def test_bgp_socket_at_the_start(lab, bgpd):
    bgpd.wait_log(f"BGP: listening on {lab.addr(1)}:{BGP_PORT}")
    info = bgpd.call("show_info")
    assert info["bgp_sockets"] == [f"{lab.addr(1)}:{BGP_PORT}"]
    assert info["api_sockets"] == [f"{lab.addr(1)}:{API_PORT}"]
    assert info["waiting_for"] == []


@pytest.mark.parametrize("by_signal", [False, True], ids=["cli", "sighup"])
def test_bgp_socket_that_is_taken(lab, bgpd, by_signal):
    """The old one stays, with the protections of the new configuration, until the new one is open."""
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    before = bgpd.sessions()
    with holder(lab.addr(1)):
        bgpd.config["peers"].append(waiting(lab, 3, 65003, md5_password="secret"))
        bgpd.config["bgp_socket"] = f"{lab.addr(1)}:{NEW_PORT}"
        bgpd.write_config()
        problem = f"BGP: cannot listen on {lab.addr(1)}:{NEW_PORT}: Address already in use (by "
        if by_signal:
            bgpd.signal(signal.SIGHUP)
            bgpd.wait_log(f"reload: {problem}")
            reason = bgpd.call("show_info")["waiting_for"][0]
        else:
            done = bgpd.cli("reload")
            assert done.returncode == 1
            assert done.stdout.startswith("reloaded: 1 neighbor added, ")
            assert done.stderr.startswith(f"bgpd: {problem}")
            reason = done.stderr.removeprefix("bgpd: ").strip()
            answer = bgpd.reload()
            assert answer["failed"] == [reason]
            assert (answer["sockets_opened"], answer["sockets_closed"]) == (0, 0)
            done = bgpd.cli("reload", "--json")
            assert (done.returncode, done.stderr) == (1, "")
        assert reason.endswith(f"); this is tried again, and until then it listens on "
                               f"{lab.addr(1)}:{BGP_PORT}")
        wait_for(lambda: error_lines(bgpd, f"reload: {reason}"))
        assert bgpd.call("show_info")["waiting_for"] == [reason]
        lab.speaker(3, 65003, password="secret").connect(lab.addr(1)).establish()
        bgpd.wait_established(lab.addr(3))
        assert bgpd.sessions()[lab.addr(2)] == before[lab.addr(2)]
        lines = len(bgpd.log().splitlines())
        stays(lambda: listens(lab.addr(1), BGP_PORT) and
              f"listening on {lab.addr(1)}:{NEW_PORT}" not in bgpd.log(), 2.5)
        assert len(error_lines(bgpd, "cannot listen")) <= 3 and len(
            bgpd.log().splitlines()) < lines + 20
    bgpd.wait_log(f"BGP: listening on {lab.addr(1)}:{NEW_PORT}")
    bgpd.wait_log(f"BGP: no longer listening on {lab.addr(1)}:{BGP_PORT}")
    assert bgpd.call("show_info")["bgp_sockets"] == [f"{lab.addr(1)}:{NEW_PORT}"]
    assert not listens(lab.addr(1), BGP_PORT)
    assert bgpd.reload()["failed"] == []
    assert bgpd.sessions()[lab.addr(2)] == before[lab.addr(2)]


def test_given_up_before_it_worked(lab, bgpd):
    """The configuration goes back to what it was."""
    old = bgpd.config["bgp_socket"]
    with holder(lab.addr(1)):
        assert bgpd.reload(bgp_socket=f"{lab.addr(1)}:{NEW_PORT}")["failed"]
        answer = bgpd.reload(bgp_socket=old)
        assert answer["failed"] == []
        assert bgpd.call("show_info")["bgp_sockets"] == [old]
    stays(lambda: not listens(lab.addr(1), NEW_PORT), 1.5)
    assert "no longer listening" not in bgpd.log()


def test_one_of_several(lab, bgpd):
    """What can be opened is; nothing is closed before the last one is there."""
    new = [f"{lab.addr(1)}:{NEW_PORT}", f"{lab.addr(1)}:{NEW_PORT + 1}"]
    with holder(lab.addr(1)):
        answer = bgpd.reload(bgp_socket=new)
        assert len(answer["failed"]) == 1
        assert (answer["sockets_opened"], answer["sockets_closed"]) == (1, 0)
        assert all(listens(lab.addr(1), port) for port in (BGP_PORT, NEW_PORT + 1))
    wait_for(lambda: not listens(lab.addr(1), BGP_PORT))
    assert sorted(bgpd.call("show_info")["bgp_sockets"]) == new


def test_addresses_that_overlap(lab, bgpd):
    """From one address to all of them on the same port and back, without a moment of deafness."""
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    before = bgpd.sessions()
    port = 20000 + int(lab.addr(1).split(".")[1]) * 100 + os.getpid() % 100
    for where in (f"{lab.addr(1)}:{port}", f"0.0.0.0:{port}", f"{lab.addr(1)}:{port}"):
        answer = bgpd.reload(bgp_socket=where)
        assert answer["failed"] == []
        assert (answer["sockets_opened"], answer["sockets_closed"]) == (1, 1)
        assert bgpd.call("show_info")["bgp_sockets"] == [where]
    with pytest.raises(OSError):
        holder(lab.addr(1), port)
    assert bgpd.sessions() == before
    # Somebody else has one of all addresses.
    with holder(lab.addr(9), port):
        assert "already in use" in bgpd.reload(bgp_socket=f"0.0.0.0:{port}")["failed"][0]
        assert listens(lab.addr(1), port)


def test_api_socket_that_is_taken(lab, bgpd):
    old, new = bgpd.config["api_socket"], f"{lab.addr(1)}:{NEW_PORT}"
    with holder(lab.addr(1)):
        answer = bgpd.reload(api_socket=new)
        assert len(answer["failed"]) == 1
        assert f"API: cannot listen on {new}: Address already in use (by " in answer["failed"][0]
        assert answer["failed"][0].endswith(f"this is tried again, and until then it listens on {old}")
        wait_for(lambda: error_lines(bgpd, answer["failed"][0]))
        assert bgpd.call("show_info")["waiting_for"] == answer["failed"]
    moved = RpcClient(lab.addr(1), NEW_PORT)
    wait_for(lambda: listens(lab.addr(1), NEW_PORT))
    assert moved.call("show_info")["api_sockets"] == [new]
    bgpd.wait_log(f"API: no longer listening on {old}")
    assert not listens(lab.addr(1), API_PORT)
    bgpd.rpc = moved


def test_secret_files_that_are_gone(lab, bgpd):
    """They are part of the check: nothing at all is changed."""
    with open(bgpd.path("key"), "w", encoding="ascii") as file:
        file.write("secret\n")
    bgpd.peer_config(lab.addr(2))["md5_password_file"] = "key"
    assert bgpd.reload()["failed"] == []
    os.unlink(bgpd.path("key"))
    bgpd.peer_config(lab.addr(2))["description"] = "changed"
    bgpd.write_config()
    done = bgpd.cli("reload")
    assert done.returncode == 1 and "md5_password_file" in done.stderr
    assert bgpd.peer(lab.addr(2))["description"] is None
    lab.speaker(2, 65002, password="secret").connect(lab.addr(1)).establish()


def test_hint_for_a_low_port(lab):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
        if int(file.read()) <= 179:
            pytest.skip("everybody may have low ports here")
    bgpd = lab.bgpd(start=False)
    bgpd.config["bgp_socket"] = f"{lab.addr(1)}:179"
    bgpd.write_config()
    done = subprocess.run(["setpriv", "--bounding-set=-net_bind_service", bgpd.binary, "run",
                           bgpd.path("config.toml")], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 1
    assert re.search(r"BGP: cannot listen on \S+:179: Permission denied \(.*CAP_NET_BIND_SERVICE.*"
                     r"setcap cap_net_bind_service=ep \S+.*choose a port from 1024", done.stderr)


def test_hint_for_a_port_that_is_taken(lab):
    bgpd = lab.bgpd(start=False)
    bgpd.write_config()

    def told():
        done = subprocess.run([bgpd.binary, "run", bgpd.path("config.toml")], capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert (f"BGP: cannot listen on {lab.addr(1)}:{BGP_PORT}: Address already in use (by "
                in done.stderr)
        return done.stderr
    with holder(lab.addr(1), BGP_PORT):
        # The name is looked for no longer than a second.
        wait_for(lambda: f", process {os.getpid()})" in told())
