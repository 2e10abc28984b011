"""Roles (RFC 9234): sessions between those that go together, and no others."""

import pytest

import speaker as sp
from support.wait import wait_for

COUNTERPARTS = {"provider": "customer", "customer": "provider", "peer": "peer", "rs": "rs-client",
                "rs-client": "rs"}
KINDS = ["bird", "frr", "openbgpd"]
MISMATCH = "OPEN Message Error (2) / Role Mismatch (11)"


def role(value):
    """The capability."""
    return sp.capability(9, bytes([value]))


def roles(bgpd, address):
    detail = bgpd.detail(address)
    return detail["role"], detail["remote_role"]


def refused(bgpd, address, why):
    """Waits until our side has refused the session for that."""
    error = f"sent NOTIFICATION: {MISMATCH}: {why}"
    wait_for(lambda: bgpd.peer(address)["last_error"] == error,
             what=f"{error}, not {bgpd.peer(address)['last_error']}")
    assert bgpd.state(address) != "Established"
    assert roles(bgpd, address)[1] is None


# --- what our side makes of an OPEN ---

def test_our_role_is_announced(lab):
    """To external peers: a value of the registry, and nothing where there is no role."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="rs", passive=True),
                           lab.peer(3, 65003, passive=True),
                           lab.peer(4, 65000, role="peer", passive=True)])
    for n, asn, expected in ((2, 65002, {9: b"\1"}), (3, 65003, {}), (4, 65000, {})):
        peer = lab.session(n, asn)
        announced = {code: value for code, value in peer.open_received()[4] if code == 9}
        assert announced == expected
        assert roles(bgpd, lab.addr(n)) == ("rs" if expected else None, None)


@pytest.mark.parametrize("ours, theirs, why", [
    ("provider", [0], "its role is provider, and must be customer as ours is provider"),
    ("rs-client", [3], "its role is customer, and must be rs as ours is rs-client"),
    ("peer", [9], "its role is unknown, and must be peer as ours is peer"),
    ("peer", [4, 4, 3], "it announces several roles"),
    (None, [4, 3], "it announces several roles"),
])
def test_mismatch(lab, ours, theirs, why):
    entry = {"role": ours} if ours else {}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, **entry)])
    peer = lab.speaker(2, 65002, capabilities=[role(value) for value in theirs])
    peer.connect(lab.addr(1)).send_open()
    assert peer.wait_notification() == (2, 11, b"")
    refused(bgpd, lab.addr(2), why)
    assert roles(bgpd, lab.addr(2)) == (ours, None)


def test_the_same_role_twice(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="provider", passive=True)])
    lab.session(2, 65002, capabilities=[role(3), role(3)])
    assert roles(bgpd, lab.addr(2)) == ("provider", "customer")


def test_roles_of_internal_peers_mean_nothing(lab):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65000, role="provider", role_strict=True, passive=True)])
    lab.session(2, 65000, capabilities=[role(4), role(3)])
    assert roles(bgpd, lab.addr(2)) == (None, None)


def test_strict(lab):
    """Without the capability there is a session only where that is permitted."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="customer", role_strict=True, passive=True)])
    peer = lab.speaker(2, 65002).connect(lab.addr(1))
    peer.send_open()
    assert peer.wait_notification() == (2, 11, b"")
    refused(bgpd, lab.addr(2), "it announces no role, and must announce provider (role_strict)")
    bgpd.peer_config(lab.addr(2))["role_strict"] = False
    bgpd.reload()
    lab.let_in(2, 65002)
    assert roles(bgpd, lab.addr(2)) == ("customer", None)


def test_a_change_waits_for_the_next_session(lab):
    """The session that is up keeps its role, and the one that follows has the new one."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="customer", passive=True)])
    peer = lab.session(2, 65002, capabilities=[role(0)])
    bgpd.peer_config(lab.addr(2)).update(role="peer", role_strict=True)
    assert bgpd.reload()["sessions_reset"] == 0
    assert roles(bgpd, lab.addr(2)) == ("customer", "provider")
    assert bgpd.peer(lab.addr(2))["pending"] == ["role", "role_strict"]
    peer.close()
    bgpd.wait_down(lab.addr(2))
    assert roles(bgpd, lab.addr(2)) == ("peer", None)
    peer = lab.session(2, 65002, capabilities=[role(4)])
    assert roles(bgpd, lab.addr(2)) == ("peer", "peer")
    assert bgpd.peer(lab.addr(2))["pending"] == []


# --- real peers ---

@pytest.mark.parametrize("ours", COUNTERPARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_roles_that_go_together(lab, kind, ours):
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role=ours, role_strict=True)])
    peer = lab.real(kind, asn=65002, neighbor={"role": COUNTERPARTS[ours], "role_strict": True,
                                               "families": ("ipv4 unicast",)})
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    assert roles(bgpd, lab.addr(2)) == (ours, COUNTERPARTS[ours])
    detail = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert f"Our role            {ours}\n" in detail
    assert f"Role of the peer    {COUNTERPARTS[ours]}\n" in detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passive", [True, False])
def test_real_peer_with_another_role(lab, kind, passive):
    """Whichever side speaks first: both refuse, and ours says why."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="customer", passive=passive)])
    lab.real(kind, asn=65002, neighbor={"role": "peer", "families": ("ipv4 unicast",),
                                        "passive": not passive})
    wait_for(lambda: MISMATCH in (bgpd.peer(lab.addr(2))["last_error"] or ""),
             what="role mismatch")
    assert bgpd.state(lab.addr(2)) != "Established"


@pytest.mark.parametrize("kind", KINDS)
def test_real_peer_without_a_role(lab, kind):
    """Taken, unless ours is strict."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, role="peer", role_strict=True)])
    peer = lab.real(kind, asn=65002, neighbor={"families": ("ipv4 unicast",)})
    refused(bgpd, lab.addr(2), "it announces no role, and must announce peer (role_strict)")
    bgpd.peer_config(lab.addr(2))["role_strict"] = False
    bgpd.reload()
    bgpd.wait_established(lab.addr(2))
    peer.wait_established()
    assert roles(bgpd, lab.addr(2)) == ("peer", None)


@pytest.mark.parametrize("kind", KINDS)
def test_real_peer_that_is_strict(lab, kind):
    """It refuses us as long as we announce none."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002)])
    peer = lab.real(kind, asn=65002, neighbor={"role": "rs", "role_strict": True,
                                               "families": ("ipv4 unicast",)})
    wait_for(lambda: (bgpd.peer(lab.addr(2))["last_error"] or "").startswith(
        f"received NOTIFICATION: {MISMATCH}"), what="refused for want of a role")
    bgpd.peer_config(lab.addr(2))["role"] = "rs-client"
    bgpd.reload()
    bgpd.wait_established(lab.addr(2), timeout=40)
    peer.wait_established()
    assert roles(bgpd, lab.addr(2)) == ("rs-client", "rs")
