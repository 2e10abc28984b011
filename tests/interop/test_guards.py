"""What is configured to protect a peer is in force, or the peer is not let in: TCP MD5 keys (RFC 2385)
for which the kernel has no room, and TTL security (RFC 5082) from the first packet on."""

import os
import socket
import sys

import pytest

import speaker as sp
import support.lab
from support.bgpd import Bgpd
from support.wait import stays, wait_for

# More than the kernel has room for on one socket; the issue of them is what is left for others.
FILLERS = 1400


def optmem_is_usual():
    with open("/proc/sys/net/core/optmem_max", encoding="ascii") as file:
        return int(file.read()) <= 131072


needs_full_socket = pytest.mark.skipif(not optmem_is_usual(), reason="the kernel has more room")


def fillers(count=FILLERS):
    """Peers with passwords that nobody is."""
    return [{"remote_ip": f"10.99.{n >> 8}.{n & 255}", "remote_as": 65009, "passive": True,
             "md5_password": f"filler-{n}"} for n in range(count)]


def set_ttl(sock, ttl):
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)


def connect(lab, n, ttl=None, asn=65002, password=None, timeout=10, to=None, address=None):
    """A speaker that has connected to BGPd."""
    speaker = lab.speaker(n, asn, password=password, address=address or lab.addr(n))
    sock = speaker.make_socket(lab.addr(1))
    if ttl:
        set_ttl(sock, ttl)
    sock.settimeout(timeout)
    sock.bind((speaker.address, 0))
    try:
        sock.connect((to or lab.addr(1), 1179))
    except OSError:
        sock.close()
        raise
    speaker.take(sock)
    return speaker


def unanswered(lab, n, **options):
    """Whether nobody takes a connection for a moment."""
    try:
        connect(lab, n, timeout=0.7, **options)
    except OSError:
        return True
    return False


def assert_closed(bgpd, address):
    summary = wait_for(lambda: bgpd.peer(address)["state"] == "Idle" and bgpd.peer(address))
    assert "TCP MD5 key cannot be set" in summary["last_error"]
    assert "net.core.optmem_max" in summary["last_error"]
    assert summary["enabled"] is True


@needs_full_socket
def test_no_room_for_keys(lab):
    """Peers whose key cannot be set are down with that reason and are let in neither without it nor
    with it; one line for all; when there is room they come up by themselves."""
    last = lab.peer(2, 65002, passive=True, md5_password="last")
    first = lab.peer(3, 65003, passive=True, md5_password="first")
    active = lab.peer(4, 65004, md5_password="active")
    listener = lab.speaker(4, 65004, password="active").listen(lab.addr(1))
    bgpd = lab.bgpd(peers=[first, *fillers(), last, active])
    for n in (2, 4):
        assert_closed(bgpd, lab.addr(n))
    [waiting] = bgpd.call("show_info")["waiting_for"]
    assert "peers closed for want of protection: " in waiting and "net.core.optmem_max" in waiting
    unsigned = connect(lab, 2)
    assert unsigned.wait_notification()[:2] == (6, 5)
    unsigned.wait_closed()
    assert sp.OPEN not in [kind for kind, _ in unsigned.messages]
    signed = connect(lab, 3, asn=65003, password="first")
    signed.establish()
    before = bgpd.processor_s()
    stays(lambda: bgpd.peer(lab.addr(2))["state"] == "Idle", 2, interval=0.5)  # of many, to list
    assert bgpd.processor_s() - before < 0.4
    lines = [line for line in bgpd.log().splitlines() if "net.core.optmem_max" in line]
    assert sum("for want of protection" in line for line in lines) == 1
    assert len(lines) <= 3  # and those about refused connections
    bgpd.config["peers"] = [first, last, active]
    bgpd.reload()
    wait_for(lambda: bgpd.peer(lab.addr(2))["state"] == "Active")
    assert unanswered(lab, 2)
    connect(lab, 2, password="last").establish()
    listener.accept().establish()
    bgpd.wait_established(lab.addr(2), lab.addr(3), lab.addr(4))
    bgpd.wait_log("no peer is closed for want of protection any more")
    assert bgpd.call("show_info")["waiting_for"] == []


@needs_full_socket
def test_reload_gives_a_key_that_has_no_room(lab):
    """A session without a key does not outlive it; keys that are changed need no room."""
    bgpd = lab.bgpd(peers=[lab.peer(3, 65003, passive=True, md5_password="old"), *fillers(),
                           lab.peer(2, 65002, passive=True)])
    session = lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    bgpd.peer_config(lab.addr(2))["md5_password"] = "new"
    bgpd.peer_config(lab.addr(3))["md5_password"] = "changed"
    answer = bgpd.reload()
    assert (answer["sessions_reset"], answer["sessions_ended"]) == (0, 1)
    assert answer["failed"][0].startswith("peers closed for want of protection: ")
    bgpd.wait_log(f"error   reload: {answer['failed'][0]}")
    assert session.wait_notification()[:2] == (6, 8)  # RFC 4486: out of resources
    assert_closed(bgpd, lab.addr(2))
    assert connect(lab, 2).wait_notification()[:2] == (6, 5)
    connect(lab, 3, asn=65003, password="changed").establish()
    del bgpd.peer_config(lab.addr(2))["md5_password"]
    bgpd.reload()
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))


@needs_full_socket
def test_address_within_a_network(lab):
    """The key of a network does not stand in for that of an address in it, nor the other way."""
    bgpd = lab.bgpd(peers=[
        {"remote_ip": lab.network(28), "remote_as": 65002, "md5_password": "net"}, *fillers(),
        lab.peer(2, 65002, passive=True, md5_password="own"),
        {"remote_ip": lab.network(26), "remote_as": 65002, "md5_password": "wide"}])
    assert_closed(bgpd, lab.addr(2))
    assert_closed(bgpd, lab.network(26))
    assert connect(lab, 2, password="net").wait_notification()[:2] == (6, 5)
    assert connect(lab, 40).wait_notification()[:2] == (6, 5)
    connect(lab, 5, password="net").establish()
    bgpd.wait_established(lab.addr(5))


@needs_full_socket
def test_listener_that_is_opened_later(lab):
    """It has the keys of all, or those whose keys it has not are closed everywhere."""
    first = lab.peer(3, 65003, passive=True, md5_password="first", local_address=lab.addr(9))
    bgpd = lab.bgpd(peers=[first, lab.peer(2, 65002, passive=True, md5_password="last")])
    connect(lab, 2, password="last").establish()
    bgpd.wait_established(lab.addr(2))
    bgpd.config["bgp_socket"] = [f"{lab.addr(1)}:1179", f"{lab.addr(9)}:1179"]
    bgpd.config["peers"] = [first, *fillers(), lab.peer(2, 65002, passive=True,
                                                        md5_password="last")]
    bgpd.reload()
    assert unanswered(lab, 3, asn=65003, to=lab.addr(9))  # signed for another address
    assert_closed(bgpd, lab.addr(2))
    assert connect(lab, 2, to=lab.addr(9)).wait_notification()[:2] == (6, 5)


@needs_full_socket
def test_a_key_that_goes_makes_room_for_one_that_comes(lab):
    """In one reload, whatever their order."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True),
                           lab.peer(3, 65003, passive=True, md5_password="goes"), *fillers()])
    lab.session(2, 65002)
    bgpd.wait_established(lab.addr(2))
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["md5_password"] = "comes"
    del bgpd.peer_config(lab.addr(3))["md5_password"]
    bgpd.reload()
    assert bgpd.sessions() == before
    assert unanswered(lab, 2)


@needs_full_socket
def test_each_socket_has_room_of_its_own(lab):
    """That one is full for good does not keep peers away whose keys belong to another one."""
    lab.use_ipv6()
    six = [{"remote_ip": f"fd01::{n:x}", "remote_as": 65009, "passive": True,
            "md5_password": f"filler-{n}"} for n in range(FILLERS)]
    last = lab.peer(2, 65002, passive=True, md5_password="last")
    bgpd = lab.bgpd({"bgp_socket": ["127.0.0.1:1179", f"[{lab.addr(1)}]:1179"]},
                    peers=[*fillers(), *six, last])
    assert_closed(bgpd, lab.addr(2))
    bgpd.config["peers"] = [*fillers(), *six[:100], last]
    bgpd.reload()
    wait_for(lambda: bgpd.peer(lab.addr(2))["state"] == "Active")
    connect(lab, 2, password="last").establish()


IP_MINTTL, IPV6_MINHOPCOUNT, TCP_SAVE_SYN = 21, 73, 27


def without_option(monkeypatch, level, option):
    """BGPd on a kernel that does not have a socket option."""
    class Without(Bgpd):
        def argv(self):
            return [sys.executable, os.path.join(os.path.dirname(__file__), "support", "forbid.py"),
                    f"setsockopt:{int(level)}:{option}", *super().argv()]

    monkeypatch.setattr(support.lab, "Bgpd", Without)


def test_a_kernel_without_keys(lab, monkeypatch):
    """Neither in nor out, and nobody else is concerned."""
    without_option(monkeypatch, socket.IPPROTO_TCP, sp.TCP_MD5SIG)
    listener = lab.speaker(4, 65004).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, md5_password="two"),
                           lab.peer(3, 65003, passive=True),
                           lab.peer(4, 65004, md5_password="four")])
    lab.session(3, 65003)
    bgpd.wait_established(lab.addr(3))
    for n in (2, 4):
        assert bgpd.peer(lab.addr(n))["state"] == "Idle"
        assert bgpd.peer(lab.addr(n))["last_error"] == \
            "its TCP MD5 key cannot be set: Protocol not available"
        assert connect(lab, n).wait_notification()[:2] == (6, 5)
    listener.listener.settimeout(0.5)
    with pytest.raises(socket.timeout):
        listener.accept(timeout=0.5)
    assert bgpd.log().count("for want of protection: 2, ") == 1


@pytest.mark.parametrize("mixed, level, option", [
    (False, socket.IPPROTO_IP, IP_MINTTL), (True, socket.IPPROTO_IP, IP_MINTTL),
    (True, socket.IPPROTO_TCP, TCP_SAVE_SYN)])
def test_a_kernel_without_ttl_security(lab, monkeypatch, mixed, level, option):
    """Who wants it is closed, others are not; a reload that wants it ends the session."""
    without_option(monkeypatch, level, option)
    other = [lab.peer(3, 65003, passive=True)] if mixed else []
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True), *other])
    assert bgpd.peer(lab.addr(2))["state"] == "Idle"
    assert bgpd.peer(lab.addr(2))["last_error"] == \
        "TTL security cannot be put in force: Protocol not available"
    assert connect(lab, 2, ttl=255).wait_notification()[:2] == (6, 5)
    if not mixed:
        return
    session = lab.session(3, 65003)
    bgpd.wait_established(lab.addr(3))
    bgpd.peer_config(lab.addr(3))["ttl_security"] = True
    bgpd.reload()
    assert session.wait_notification()[:2] == (6, 8)
    for n in (2, 3):
        del bgpd.peer_config(lab.addr(n))["ttl_security"]
    bgpd.reload()
    lab.session(3, 65003)
    bgpd.wait_established(lab.addr(3))


# --- TTL security ---

def test_ttl_of_the_handshake(lab):
    """Where all peers want it, nothing with a lower TTL is answered."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True)])
    assert unanswered(lab, 2, ttl=254)
    assert unanswered(lab, 2, ttl=64)
    connect(lab, 2, ttl=255).establish()
    bgpd.wait_established(lab.addr(2))


def test_ttl_of_one_among_others(lab):
    """Where only some do, they are dropped before they have said or heard a word."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True),
                           lab.peer(3, 65003, passive=True)])
    far = connect(lab, 2, ttl=254)
    far.wait_closed()
    assert not far.messages
    assert bgpd.peer(lab.addr(2))["last_error"] is None
    wait_for(lambda: "it did not come with TTL 255" in bgpd.log())
    connect(lab, 2, ttl=255).establish()
    connect(lab, 3, ttl=64, asn=65003).establish()
    bgpd.wait_established(lab.addr(2), lab.addr(3))


def test_ttl_by_reload(lab):
    """The listening socket follows."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True)])
    assert unanswered(lab, 3, ttl=64, asn=65003)
    bgpd.config["peers"].append(lab.peer(3, 65003, passive=True))
    bgpd.reload()
    connect(lab, 3, ttl=64, asn=65003).establish()
    connect(lab, 2, ttl=255).establish()
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    bgpd.peer_config(lab.addr(3))["ttl_security"] = True
    bgpd.reload()
    assert unanswered(lab, 3, ttl=64, asn=65003)


def test_hop_limit_of_ipv6(lab):
    lab.use_ipv6()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True)])
    assert unanswered(lab, 2, ttl=254)
    connect(lab, 2, ttl=255).establish()
    bgpd.config["peers"].append(lab.peer(3, 65003, passive=True))
    bgpd.reload()
    far = connect(lab, 2, ttl=254)
    far.wait_closed()
    assert not far.messages
    connect(lab, 3, ttl=64, asn=65003).establish()
    bgpd.wait_established(lab.addr(2), lab.addr(3))


def test_lower_ttl_in_a_session(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True, hold_timer=90),
                           lab.peer(3, 65003, passive=True)])
    near = connect(lab, 2, ttl=255).establish()  # whose first keepalive is 30 s away
    bgpd.wait_established(lab.addr(2))
    before = bgpd.peer(lab.addr(2))["msg_received"]
    set_ttl(near.sock, 254)
    near.withdraw("10.0.0.0/8")
    stays(lambda: bgpd.peer(lab.addr(2))["msg_received"] == before, 0.4)


def test_who_comes_from_afar_disturbs_none(lab):
    """Neither a connection that waits for the OPEN, nor a session; nor is it a new neighbour."""
    bgpd = lab.bgpd(peers=[
        lab.peer(2, 65002, passive=True, ttl_security=True), lab.peer(3, 65003, passive=True),
        {"remote_ip": lab.network(28), "remote_as": 65002, "ttl_security": True}])
    near = connect(lab, 2, ttl=255)
    wait_for(lambda: bgpd.state(lab.addr(2)) == "OpenSent")
    connect(lab, 2, ttl=254).wait_closed()
    near.establish()
    bgpd.wait_established(lab.addr(2))
    connect(lab, 2, ttl=254).wait_closed()
    connect(lab, 4, ttl=254).wait_closed()
    assert bgpd.peer(lab.addr(4)) is None
    connect(lab, 4, ttl=255).establish()
    bgpd.wait_established(lab.addr(4))
    assert bgpd.established(lab.addr(2)) and not near.closed.is_set()


def test_ttl_of_a_socket_that_is_opened_later(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True)])
    bgpd.config["bgp_socket"] = [f"{lab.addr(n)}:1179" for n in (1, 9)]
    bgpd.reload()
    assert unanswered(lab, 2, ttl=254, to=lab.addr(9))
    connect(lab, 2, ttl=255, to=lab.addr(9)).establish()


def test_ttl_of_both_versions_on_one_socket(lab):
    """"::" takes IPv4 as well: each version has its own minimum."""
    lab.use_ipv6()
    entry = {"remote_as": 65002, "passive": True, "ttl_security": True, "remote_ip": "127.0.0.2"}
    bgpd = lab.bgpd({"bgp_socket": "[::]:1179"}, peers=[lab.peer(3, 65003, passive=True), entry])
    four = {"address": "127.0.0.2", "to": "127.0.0.1"}
    assert unanswered(lab, 2, ttl=254, **four)
    connect(lab, 3, ttl=64, asn=65003).establish()
    bgpd.config["peers"].append({**entry, "remote_ip": "127.0.0.3", "ttl_security": False})
    bgpd.reload()
    connect(lab, 2, ttl=254, **four).wait_closed()
    connect(lab, 2, ttl=255, **four).establish()
    bgpd.wait_established("127.0.0.2", lab.addr(3))


def test_syn_cookies(lab):
    """The system keeps no SYN then. Where it does not hold the handshake to the minimum either,
    nobody knows where a connection came from, and it is refused."""
    lab.use_ipv6()
    lab.ipv6.sysctl("net.ipv4.tcp_syncookies=2")
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, ttl_security=True),
                           lab.peer(3, 65003, passive=True)])
    near = connect(lab, 2, ttl=255)
    near.wait_closed()
    assert not near.messages
    bgpd.wait_log("SYN cookies")
    connect(lab, 3, ttl=64, asn=65003).establish()
    bgpd.wait_established(lab.addr(3))
    bgpd.peer_config(lab.addr(3))["ttl_security"] = True
    bgpd.reload()
    assert unanswered(lab, 2, ttl=254)
    connect(lab, 2, ttl=255).establish()
    bgpd.wait_established(lab.addr(2))
