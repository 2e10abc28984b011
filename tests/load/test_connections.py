"""Connections from those who are nobody's peer, and peers that the kernel has no room for."""

import datetime
import select
import socket
import threading
import time

import pytest

import speaker as sp
from support.wait import wait_for
from watch import LONG

STRANGERS = 20_000 if LONG else 1_700
KEYS = 4_000 if LONG else 1_500
TAKES_KEYS = 131072  # net.core.optmem_max up to which the kernel has no room for so many


def fds(bgpd):
    with open(f"/proc/{bgpd.process.pid}/status", encoding="ascii") as file:
        size = next(line for line in file if line.startswith("FDSize"))
    return int(size.split()[1])


def test_lines_about_a_dynamic_neighbor(lab, watched):
    """One that breaks off again and again, and is forgotten in between, has no more lines than a
    configured one: 10 in 10 s."""
    bgpd = watched.start(peers=[{**lab.peer(2, 65002), "remote_ip": lab.network(24)}])
    begin = time.monotonic()
    while time.monotonic() - begin < 4:  # time is what is needed: neighbours are forgotten in 1 s
        for _ in range(20):
            with socket.create_connection((lab.addr(1), 1179), source_address=(lab.addr(7), 0)) as sock:
                sock.sendall(b"x" * 19)
                sock.recv(100)
        wait_for(lambda: bgpd.peer(lab.addr(7)) is None or time.monotonic() - begin > 4, 10)
    times = [datetime.datetime.fromisoformat(line.split()[0].rstrip("Z")) for line in
             bgpd.log().splitlines() if f"{lab.addr(7)}: incoming connection" in line and
             "->" not in line]  # of all levels: each is one of the ten; changes of state are not
    assert len(times) >= 10
    assert all((b - a).total_seconds() > 9.9 for a, b in zip(times, times[10:])), times


def call_and_hear(source, target, results):
    """Connects, and notes the first bytes that come."""
    try:
        with socket.create_connection((target, 1179), 60, source_address=(source, 0)) as sock:
            results.append(sock.recv(100)[18:21])
    except OSError as error:
        results.append(error)


def test_a_flood_of_strangers(lab, watched):
    """Some 1,700 connections at once, and as many whose callers say nothing and stay: each hears a
    Cease or the end, the log has a few lines, and descriptors do not grow."""
    bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True)])
    open_before = fds(bgpd)
    begun = time.monotonic()
    silent = []
    for _ in range(STRANGERS // 2):
        sock = socket.socket()
        sock.setblocking(False)
        sock.bind((lab.addr(7), 0))
        sock.connect_ex((lab.addr(1), 1179))
        silent.append(sock)
    results = []
    for _ in range(STRANGERS // 100):
        threads = [threading.Thread(target=call_and_hear, args=(lab.addr(8), lab.addr(1), results))
                   for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(results) == {bytes([sp.NOTIFICATION, 6, 5])}
    poller = select.poll()
    for sock in silent:
        poller.register(sock, select.POLLIN)
    wait_for(lambda: len(poller.poll(0)) == len(silent), 60)
    assert fds(bgpd) <= max(open_before * 2, 256)
    for sock in silent:
        sock.close()
    most = 10 * (3 + (time.monotonic() - begun) // 10)  # 10 in 10 s, of each address
    assert bgpd.log().count("no such peer is configured") <= most
    watched.wait_memory(10_000)


def test_more_keys_than_the_kernel_has_room_for(lab, watched):
    """Peers whose key cannot be set, through a reload and retries."""
    with open("/proc/sys/net/core/optmem_max", encoding="ascii") as file:
        if int(file.read()) > TAKES_KEYS:
            pytest.skip("the kernel has room for more keys")
    bgpd = watched.start()
    healthy = list(bgpd.config["peers"])
    bgpd.config["peers"] = healthy + [
        {"remote_ip": f"10.99.{n >> 8}.{n & 255}", "remote_as": 65009, "passive": True,
         "md5_password": f"key-{n}"} for n in range(KEYS)]
    bgpd.reload()

    def closed():
        rows = bgpd.call("show_peers")
        return sum("TCP MD5 key cannot be set" in (row["last_error"] or "") for row in rows)

    assert 0 < closed() < KEYS
    wait_for(lambda: bgpd.log().count("for want of protection: ") == 1)
    bgpd.config["peers"] = healthy
    bgpd.reload()
    assert closed() == 0
    wait_for(lambda: "no peer is closed for want of protection any more" in bgpd.log())
