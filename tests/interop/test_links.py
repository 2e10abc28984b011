"""Interfaces and addresses that come and go while BGPd runs."""

import os
import re
import signal
import socket
import sys

import pytest

import peers
import support.lab
from support.bgpd import Bgpd
from support.route import Route
from support.wait import stays, wait_for

UNICAST6 = ("ipv6 unicast",)


def join(left, right, name="left0", other="right0"):
    """A veth pair with link-local addresses fe80::1 (left) and fe80::2 (right)."""
    left.add_link(name, right, other, "fe80::1/64", "fe80::2/64")


def link_local_peer(interface="left0", remote_as=65002, **entry):
    return {"remote_ip": f"fe80::2%{interface}", "remote_as": remote_as, "dest_port": 1179,
            "families": list(UNICAST6), **entry}


def start(lab, namespace, entries, **config):
    bgpd = lab.bgpd({"bgp_socket": "[::]:1179", "api_socket": "127.0.0.1:8080", **config},
                    start=False, netns=namespace, peers=entries)
    bgpd.rpc.address = "127.0.0.1"
    bgpd.api_address = "127.0.0.1"
    return bgpd.start()


def bird(lab, namespace, interface="right0", asn=65002, hold_time=9, **options):
    return lab.real("bird", asn=asn, netns=namespace, address="fe80::2", neighbors=[
        peers.Neighbor("fe80::1", 65000, families=UNICAST6, interface=interface, hold_time=hold_time)], **options)


def test_interface_comes_later_and_again(lab):
    """A peer whose interface does not exist waits; it comes up when there is one, and when the
    interface was deleted and made again, with another index."""
    left, right = lab.namespace("a"), lab.namespace("b")
    bgpd = start(lab, left, [link_local_peer()])
    name = "fe80::2%left0"
    wait_for(lambda: bgpd.peer(name)["last_error"] == "interface left0 does not exist")
    bgpd.wait_log("remote_ip 'fe80::2%left0': interface left0 does not exist")
    shown = bgpd.cli("show", "neighbors", name, "detail", check=True).stdout
    assert "interface left0 does not exist" in shown

    join(left, right)
    router = bird(lab, right, routes=[Route("2001:db8:2::/48", "2001:db8:fe::2")])
    bgpd.wait_established(name)
    for round_number in range(2):
        left.ip("link", "del", "left0")
        bgpd.wait_down(name)
        wait_for(lambda: bgpd.peer(name)["last_error"] == "interface left0 does not exist")
        # Another index than before.
        left.add_link(f"spare{round_number}", right, f"other{round_number}")
        join(left, right)
        bgpd.wait_established(name)
        wait_for(lambda: "2001:db8:2::/48" in bgpd.learned(name))
    router.wait_established("fe80::1")


def test_same_address_on_two_interfaces(lab):
    """fe80::2 on two links is two peers: for connections, for control and in lists."""
    left, one, two = lab.namespace("a"), lab.namespace("b"), lab.namespace("c")
    join(left, one, "left0", "right0")
    join(left, two, "left1", "right1")
    bgpd = start(lab, left, [link_local_peer("left0"), link_local_peer("left1", 65003)])
    bird(lab, one, "right0", routes=[Route("2001:db8:2::/48", "2001:db8:fe::2")])
    bird(lab, two, "right1", 65003, routes=[Route("2001:db8:3::/48", "2001:db8:fe::3")])
    bgpd.wait_established("fe80::2%left0", "fe80::2%left1")
    wait_for(lambda: set(bgpd.learned("fe80::2%left0")) == {"2001:db8:2::/48"})
    wait_for(lambda: set(bgpd.learned("fe80::2%left1")) == {"2001:db8:3::/48"})
    wait_for(lambda: set(bgpd.learned("fe80::2")) == {"2001:db8:2::/48", "2001:db8:3::/48"})
    assert bgpd.detail("fe80::2%left1")["summary"]["remote_asn"] == 65003

    before = bgpd.sessions()["fe80::2%left0"]
    bgpd.call("disable_peer", "fe80::2%left1")
    assert bgpd.state("fe80::2%left1") == "Disabled"
    assert bgpd.sessions()["fe80::2%left0"] == before
    answer = bgpd.cli("neighbor", "disable", "fe80::2")
    assert answer.returncode != 0 and "on different interfaces" in answer.stderr
    assert bgpd.sessions()["fe80::2%left0"] == before
    bgpd.call("enable_peer", "fe80::2%left1")
    bgpd.wait_established("fe80::2%left1")

    # Taking one link away leaves the other alone.
    left.ip("link", "del", "left1")
    bgpd.wait_down("fe80::2%left1")
    assert bgpd.sessions()["fe80::2%left0"] == before


def attached_pair(lab, bits=24):
    """BGPd's namespace and a peer's, joined by a link with IPv4 addresses."""
    left, right = lab.namespace("a"), lab.namespace("b")
    left.add_link("left0", right, "right0")
    left.ip("addr", "add", f"192.0.2.1/{bits}", "dev", "left0")
    right.ip("addr", "add", f"192.0.2.2/{bits}", "dev", "right0")
    return left, right


def attached_peer(remote_as=65002, address="192.0.2.2", **entry):
    """Its hold time is long, so that nothing else than the link can end the session soon."""
    return {"remote_ip": address, "remote_as": remote_as, "dest_port": 1179, "hold_timer": 180,
            **entry}


def speaker(lab, namespace, asn=65002, address="192.0.2.2", to="192.0.2.1"):
    return lab.speaker(2, asn, address=address, netns=namespace,
                       hold_time=180).connect(to).establish()


@pytest.mark.parametrize("how", ["down", "no carrier", "deleted"])
def test_link_down_ends_an_external_session(lab, how):
    """Long before the hold timer; and it comes back with the link."""
    left, right = attached_pair(lab)
    bgpd = start(lab, left, [attached_peer(passive=True)])
    name = "192.0.2.2"
    speaker(lab, right)
    bgpd.wait_established(name)
    if how == "down":
        left.ip("link", "set", "left0", "down")
    elif how == "no carrier":
        right.ip("link", "set", "right0", "down")
    else:
        left.ip("link", "del", "left0")
    bgpd.wait_down(name)
    # The kernel takes an interface down before it deletes it.
    assert re.fullmatch("interface left0 is down|interface left0 does not exist",
                        bgpd.peer(name)["last_error"])
    bgpd.wait_log(f"peer {name}: down: interface left0 ")
    if how == "deleted":
        left.add_link("left0", right, "right0")
        left.ip("addr", "add", "192.0.2.1/24", "dev", "left0")
        right.ip("addr", "add", "192.0.2.2/24", "dev", "right0")
    left.ip("link", "set", "left0", "up")
    right.ip("link", "set", "right0", "up")
    speaker(lab, right)
    bgpd.wait_established(name)


def test_link_up_brings_attempts_at_once(lab):
    """A peer whose link was down is not left to the retry timer."""
    left, right = attached_pair(lab)
    left.ip("link", "set", "left0", "down")
    bgpd = start(lab, left, [attached_peer(connect_retry=3600)])
    wait_for(lambda: bgpd.peer("192.0.2.2")["last_error"] == "interface left0 is down")
    peer = lab.speaker(2, 65002, address="192.0.2.2", netns=right).listen()  # before the one attempt
    left.ip("link", "set", "left0", "up")
    peer.accept().establish()
    bgpd.wait_established("192.0.2.2")


@pytest.mark.parametrize("entry", [
    {"fast_fallover": False}, {"multihop": True}, {"remote_as": 65000}],
    ids=["fast_fallover off", "multihop", "internal"])
def test_other_sessions_outlast_a_link_that_is_down(lab, entry):
    left, right = attached_pair(lab)
    watched = attached_peer(address="192.0.2.3", passive=True)
    right.ip("addr", "add", "192.0.2.3/24", "dev", "right0")
    bgpd = start(lab, left, [attached_peer(passive=True, **entry), watched])
    speaker(lab, right, entry.get("remote_as", 65002))
    speaker(lab, right, address="192.0.2.3")
    bgpd.wait_established("192.0.2.2", "192.0.2.3")
    before = bgpd.sessions()["192.0.2.2"]
    left.ip("link", "set", "left0", "down")
    bgpd.wait_down("192.0.2.3")
    stays(lambda: bgpd.sessions()["192.0.2.2"] == before)


def test_reload_of_fast_fallover(lab):
    """It is taken over within the session."""
    left, right = attached_pair(lab)
    bgpd = start(lab, left, [attached_peer(passive=True, fast_fallover=False)])
    speaker(lab, right)
    bgpd.wait_established("192.0.2.2")
    before = bgpd.sessions()
    bgpd.peer_config("192.0.2.2")["fast_fallover"] = True
    assert bgpd.reload()["peers_changed"] == 1
    assert bgpd.sessions() == before
    left.ip("link", "set", "left0", "down")
    bgpd.wait_down("192.0.2.2")


def test_loopback_is_no_link(lab):
    """A peer on loopback stays, whatever the state of `lo` is; so does one at an own address."""
    left = lab.namespace("a")
    other = lab.namespace("b")
    left.add_link("left0", other, "right0")
    left.ip("addr", "add", "192.0.2.1/24", "dev", "left0")
    left.ip("addr", "add", "192.0.2.2/24", "dev", "left0")
    left.ip("addr", "add", "198.51.100.1/24", "dev", "lo")
    bgpd = start(lab, left, [
        attached_peer(address=address, passive=True)
        for address in ("127.0.0.2", "192.0.2.2", "198.51.100.1")])
    speaker(lab, left, address="127.0.0.2", to="127.0.0.1")
    speaker(lab, left, address="192.0.2.2", to="192.0.2.1")
    speaker(lab, left, address="198.51.100.1", to="198.51.100.1")
    names = ["127.0.0.2", "192.0.2.2", "198.51.100.1"]
    bgpd.wait_established(*names)
    before = bgpd.sessions()
    left.ip("link", "set", "left0", "down")
    # News that is acted upon, to know that what came before has been looked at.
    stays(lambda: bgpd.sessions() == before)


def test_local_address_comes_later(lab):
    left, right = lab.namespace("a"), lab.namespace("b")
    left.add_link("left0", right, "right0")
    right.ip("addr", "add", "192.0.2.2/24", "dev", "right0")
    bgpd = start(lab, left, [attached_peer(local_address="192.0.2.1", connect_retry=3600)])
    wait_for(lambda: bgpd.peer("192.0.2.2")["last_error"] ==
             "local address 192.0.2.1 does not exist")
    wait_for(lambda: re.search(r"warning +peer 192.0.2.2: local address 192.0.2.1 does not exist", bgpd.log()))
    peer = lab.speaker(2, 65002, address="192.0.2.2", netns=right).listen()  # before the one attempt
    left.ip("addr", "add", "192.0.2.1/24", "dev", "left0")
    peer.accept().establish()
    bgpd.wait_established("192.0.2.2")
    assert bgpd.detail("192.0.2.2")["tcp_connection"][0].startswith("192.0.2.1:")


def test_many_changes_at_once(lab):
    """More news than the kernel keeps for a reader that is not there: everything is asked anew."""
    left, right = lab.namespace("a"), lab.namespace("b")
    join(left, right)
    bgpd = start(lab, left, [link_local_peer(hold_timer=180)])
    bird(lab, right, hold_time=180)
    bgpd.wait_established("fe80::2%left0")
    bgpd.signal(signal.SIGSTOP)
    lines = [f"addr {verb} 10.1.{n // 250}.{n % 250}/32 dev lo" for n in range(5000)
             for verb in ("add", "del")]
    batch = os.path.join(lab.dir, "batch")
    with open(batch, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    left.ip("-batch", batch)
    left.ip("link", "del", "left0")
    bgpd.signal(signal.SIGCONT)
    bgpd.wait_down("fe80::2%left0")
    wait_for(lambda: bgpd.peer("fe80::2%left0")["last_error"] == "interface left0 does not exist")
    bgpd.wait_log("rtnetlink: messages were lost")
    join(left, right)
    bgpd.wait_established("fe80::2%left0")


def test_dynamic_link_local_peers(lab):
    """Peers of a network at the same link-local address on two links are two neighbours, and each
    goes with its link."""
    left, one, two = lab.namespace("a"), lab.namespace("b"), lab.namespace("c")
    join(left, one, "left0", "right0")
    join(left, two, "left1", "right1")
    bgpd = start(lab, left, [{"remote_ip": "fe80::/10", "remote_as": 65002,
                              "families": list(UNICAST6)}])
    bird(lab, one, "right0")
    bird(lab, two, "right1")
    bgpd.wait_established("fe80::2%left0", "fe80::2%left1")
    before = bgpd.sessions()["fe80::2%left0"]
    left.ip("link", "set", "left1", "down")
    wait_for(lambda: bgpd.peer("fe80::2%left1") is None)
    assert bgpd.sessions()["fe80::2%left0"] == before
    left.ip("link", "set", "left1", "up")
    left.add_address("fe80::1/64", "left1")  # it went with the link
    bgpd.wait_established("fe80::2%left1")
    assert bgpd.sessions()["fe80::2%left0"] == before


def test_key_of_an_address_on_two_interfaces(lab):
    """The kernel has one key for both peers: it stays when one of them goes."""
    left, right = lab.namespace("a"), lab.namespace("b")
    join(left, right)
    join(left, right, "left1", "right1")
    key = {"md5_password": "secret", "passive": True}
    bgpd = start(lab, left, [link_local_peer("left0", **key), link_local_peer("left1", **key)])
    lab.real("bird", asn=65002, netns=right, address="fe80::2", neighbors=[
        peers.Neighbor("fe80::1", 65000, families=UNICAST6, interface="right0",
                       password="secret")])
    bgpd.wait_established("fe80::2%left0")
    bgpd.config["peers"] = bgpd.config["peers"][:1]
    assert bgpd.reload()["peers_removed"] == 1
    bgpd.call("reset_peer", peer="fe80::2%left0")
    wait_for(lambda: bgpd.call("show_peer_detail")[0]["times_established"] == 2)


def test_bgp_socket_comes_later(lab):
    """The daemon starts without an address of `bgp_socket`, and opens it when it is there, with the
    keys of its peers."""
    left, right = lab.namespace("a"), lab.namespace("b")
    left.add_link("left0", right, "right0", None, "192.0.2.2/24")
    right.add_address("192.0.2.3/24", "right0")
    bgpd = start(lab, left, [attached_peer(passive=True, md5_password="secret"),
                             attached_peer(address="192.0.2.3", passive=True)],
                 bgp_socket=["127.0.0.1:1179", "192.0.2.1:1179"])
    wait_for(lambda: re.search("warning .*cannot listen on 192.0.2.1:1179: Cannot assign requested address",
                               bgpd.log()))
    left.add_address("192.0.2.1/24", "left0")
    bgpd.wait_log("all BGP sockets are open")
    speaker(lab, right, address="192.0.2.3")
    lab.speaker(2, 65002, address="192.0.2.2", netns=right,
                password="secret").connect("192.0.2.1").establish()
    unsigned = lab.speaker(2, 65002, address="192.0.2.2", netns=right)
    with pytest.raises(OSError):
        unsigned.connect("192.0.2.1", timeout=1.5)


def test_bgp_socket_on_an_interface_that_is_made_again(lab):
    """A socket at a link-local address is opened when its interface exists, and again for the next
    one of that name."""
    left, right = lab.namespace("a"), lab.namespace("b")
    bgpd = start(lab, left, [link_local_peer(passive=True)],
                 bgp_socket=["127.0.0.1:1179", "[fe80::1%left0]:1179"])
    bgpd.wait_log("cannot listen on [fe80::1%left0]:1179: No such device")
    assert bgpd.peer("fe80::2%left0")["last_error"] == "interface left0 does not exist"
    join(left, right)
    bird(lab, right)
    bgpd.wait_established("fe80::2%left0")
    for round_number in range(2):
        left.ip("link", "del", "left0")
        bgpd.wait_down("fe80::2%left0")
        left.add_link(f"spare{round_number}", right, f"other{round_number}")
        join(left, right)
        bgpd.wait_established("fe80::2%left0")


def test_reload_of_a_bgp_socket_that_is_absent(lab):
    left, right = lab.namespace("a"), lab.namespace("b")
    left.add_link("left0", right, "right0", None, "192.0.2.2/24")
    bgpd = start(lab, left, [attached_peer(passive=True)], bgp_socket="127.0.0.1:1179")
    bgpd.reload(bgp_socket=["127.0.0.1:1179", "192.0.2.1:1179"])
    bgpd.wait_log("cannot listen on 192.0.2.1:1179: Cannot assign requested address")
    left.add_address("192.0.2.1/24", "left0")
    bgpd.wait_log("all BGP sockets are open")
    speaker(lab, right)
    bgpd.wait_established("192.0.2.2")


def test_own_link_local_address_comes_after_the_interface(lab):
    """The system makes the address when the interface is up, and looks for duplicates first: until
    then no attempt can succeed, and no time is lost when it is there."""
    left, right = lab.namespace("a"), lab.namespace("b")
    bgpd = start(lab, left, [link_local_peer(connect_retry=3600)])
    left.ip("link", "add", "left0", "address", "02:00:00:00:00:01",
            "type", "veth", "peer", "name", "right0", "netns", right.name)
    right.add_address("fe80::2/64", "right0")
    right.ip("link", "set", "right0", "up")
    # There is one attempt, which nobody may miss: BIRD listens only once it knows that the interface is up.
    peer = lab.speaker(2, 65002, address="::", netns=right, families=UNICAST6).listen()
    left.ip("link", "set", "left0", "up")
    peer.accept().establish()
    bgpd.wait_established("fe80::2%left0")


class BgpdWithoutNetlink(Bgpd):
    """Its system has no rtnetlink: socket(2) fails for that family."""

    def argv(self):
        return [sys.executable, os.path.join(os.path.dirname(__file__), "support", "forbid.py"),
                f"socket:{int(socket.AF_NETLINK)}", *super().argv()]


def test_without_rtnetlink(lab, monkeypatch):
    """The log says so, and timers find what messages do not tell."""
    monkeypatch.setattr(support.lab, "Bgpd", BgpdWithoutNetlink)
    left, right = lab.namespace("a"), lab.namespace("b")
    bgpd = start(lab, left, [link_local_peer(),
                             attached_peer(local_address="192.0.2.1", passive=False)],
                 bgp_socket=["127.0.0.1:1179", "192.0.2.1:1179"])
    bgpd.wait_log("rtnetlink cannot be used: ")
    join(left, right)
    left.add_address("192.0.2.1/24", "left0")
    right.add_address("192.0.2.2/24", "right0")
    bird(lab, right)
    lab.real("bird", asn=65002, netns=right, address="192.0.2.2", neighbors=[
        peers.Neighbor("192.0.2.1", 65000)])
    bgpd.wait_established("fe80::2%left0", "192.0.2.2")
    bgpd.wait_log("all BGP sockets are open")
    left.ip("link", "del", "left0")
    bgpd.wait_down("fe80::2%left0")
    wait_for(lambda: bgpd.peer("fe80::2%left0")["last_error"] == "interface left0 does not exist")
    join(left, right)
    bgpd.wait_established("fe80::2%left0")


def test_api_socket_comes_later(lab):
    """The API is not what keeps BGP from starting either."""
    left, right = lab.namespace("a"), lab.namespace("b")
    left.add_link("left0", right, "right0", None, "192.0.2.2/24")
    bgpd = lab.bgpd({"bgp_socket": "127.0.0.1:1179", "api_socket": "192.0.2.1:8080"}, start=False,
                    netns=left, peers=[attached_peer(address="127.0.0.2", passive=True)])
    bgpd.api_address = bgpd.rpc.address = "192.0.2.1"
    bgpd.write_config()
    bgpd.spawn()
    bgpd.wait_log("API: cannot listen on 192.0.2.1:8080: Cannot assign requested address")
    speaker(lab, left, address="127.0.0.2", to="127.0.0.1")
    left.add_address("192.0.2.1/24", "left0")
    wait_for(bgpd.answers)
    bgpd.wait_established("127.0.0.2")


@pytest.mark.parametrize("entry", [{"remote_as": 65000}, {"fast_fallover": False}],
                         ids=["internal", "fast_fallover off"])
def test_a_gone_interface_ends_every_link_local_session(lab, entry):
    """The interface that comes after it has another index, to which the old connection never gets:
    only the new one can do."""
    left, right = lab.namespace("a"), lab.namespace("b")
    join(left, right)
    bgpd = start(lab, left, [link_local_peer(hold_timer=180, **entry)])
    router = bird(lab, right, asn=entry.get("remote_as", 65002), hold_time=180)
    name = "fe80::2%left0"
    bgpd.wait_established(name)
    before = bgpd.sessions()
    left.ip("link", "set", "left0", "down")
    stays(lambda: bgpd.sessions() == before)
    left.ip("link", "del", "left0")
    bgpd.wait_down(name)
    wait_for(lambda: bgpd.peer(name)["last_error"] == "interface left0 does not exist")
    join(left, right)
    bgpd.wait_established(name)
    router.wait_established("fe80::1")


def test_renamed_interface(lab):
    """The name counts: under another one the interface is not the peer's, though its index stays."""
    left, right = lab.namespace("a"), lab.namespace("b")
    join(left, right)
    bgpd = start(lab, left, [link_local_peer(hold_timer=180)])
    bird(lab, right, hold_time=180)
    name = "fe80::2%left0"
    bgpd.wait_established(name)

    def rename(old, new):
        left.ip("link", "set", old, "down")
        left.ip("link", "set", old, "name", new)
        left.ip("link", "set", new, "up")
        left.add_address("fe80::1/64", new)  # it went with the link

    rename("left0", "other0")
    bgpd.wait_down(name)
    wait_for(lambda: bgpd.peer(name)["last_error"] == "interface left0 does not exist")
    rename("other0", "left0")
    bgpd.wait_established(name)
