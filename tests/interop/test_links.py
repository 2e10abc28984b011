"""Interfaces and addresses that come and go while BGPd runs."""

import peers
from support.route import Route
from support.wait import wait_for

UNICAST6 = ("ipv6 unicast",)


def join(left, right, name="left0", other="right0", host=1):
    """A veth pair with link-local addresses fe80::1 (left) and fe80::2 (right)."""
    left.add_link(name, right, other)
    left.add_address(f"fe80::{host}/64", name)
    right.add_address("fe80::2/64", other)


def link_local_peer(interface="left0", remote_as=65002, **entry):
    return {"remote_ip": f"fe80::2%{interface}", "remote_as": remote_as, "dest_port": 1179,
            "families": list(UNICAST6), **entry}


def start(lab, namespace, entries, **config):
    bgpd = lab.bgpd({"bgp_socket": "[::]:1179", "api_socket": "127.0.0.1:8080", **config},
                    start=False, netns=namespace, peers=entries)
    bgpd.rpc.address = "127.0.0.1"
    bgpd.api_address = "127.0.0.1"
    return bgpd.start()


def bird(lab, namespace, interface="right0", asn=65002, **options):
    return lab.real("bird", asn=asn, netns=namespace, address="fe80::2", neighbors=[
        peers.Neighbor("fe80::1", 65000, families=UNICAST6, interface=interface)], **options)


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
