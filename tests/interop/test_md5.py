"""TCP MD5 signatures (RFC 2385): the right key, the wrong one, networks, and changes by reload."""

import pytest

import peers
from support.wait import stays

KINDS = list(peers.ALL)


@pytest.mark.parametrize("kind, passive", [
    (kind, passive) for kind in KINDS for passive in (False, True)
    if passive or peers.ALL[kind].md5_when_passive])
def test_right_key(lab, kind, passive):
    """Either side connecting; the key shows up nowhere."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=passive, md5_password="open-sesame")])
    lab.real(kind, asn=65002, neighbor={"passive": not passive, "password": "open-sesame"})
    bgpd.wait_established(lab.addr(2))
    assert "open-sesame" not in bgpd.log()
    assert "open-sesame" not in str(bgpd.call("show_peer_detail"))


@pytest.mark.parametrize("kind", ["bird", "gobgp", "frr", "openbgpd"])
def test_wrong_key_until_reload(lab, kind):
    """Nothing comes up with a wrong key; a reload with the right one suffices."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, md5_password="wrong")])
    lab.real(kind, asn=65002, neighbor={"password": "right"})
    stays(lambda: not bgpd.established(lab.addr(2)), 1.5)
    bgpd.peer_config(lab.addr(2))["md5_password"] = "right"
    assert bgpd.reload()["peers_changed"] == 1
    bgpd.wait_established(lab.addr(2))


def unanswered(lab, n, asn, password):
    """Whether nobody takes a connection for a moment."""
    try:
        lab.speaker(n, asn, password=password).connect(lab.addr(1), timeout=0.7)
    except OSError:
        return True
    return False


def test_keys_of_listening_socket(lab):
    """One listening socket, many keys: each neighbour only with its own; none without."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, md5_password="two"),
                           lab.peer(3, 65003, passive=True, md5_password="three"),
                           lab.peer(4, 65004, passive=True)])
    assert unanswered(lab, 2, 65002, "three")
    assert unanswered(lab, 2, 65002, None)
    assert unanswered(lab, 4, 65004, "two")
    lab.session(2, 65002, password="two")
    lab.session(3, 65003, password="three")
    lab.session(4, 65004)
    bgpd.wait_established(lab.addr(2), lab.addr(3), lab.addr(4))


def test_key_of_connecting_socket(lab):
    listener = lab.speaker(2, 65002, password="active").listen(lab.addr(1))
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, md5_password="active")])
    listener.accept().establish()
    bgpd.wait_established(lab.addr(2))


def test_dynamic_neighbours(lab):
    """The key of a network is that of every source in it."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(28), "remote_as": 65002,
                            "md5_password": "net"}])
    assert unanswered(lab, 2, 65002, None)
    assert unanswered(lab, 2, 65002, "ten")
    lab.session(2, 65002, password="net")
    lab.real("bird", 3, asn=65002, neighbor={"password": "net"})
    bgpd.wait_established(lab.addr(2), lab.addr(3))


def test_ipv6(lab):
    lab.use_ipv6()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, md5_password="six")])
    assert unanswered(lab, 2, 65002, "five")
    lab.session(2, 65002, password="six")
    bgpd.wait_established(lab.addr(2))


def test_ipv4_key_on_a_wildcard_socket(lab):
    lab.use_ipv6()
    bgpd = lab.bgpd({"bgp_socket": "[::]:1179"}, peers=[
        {"remote_ip": "127.0.0.2", "remote_as": 65002, "passive": True, "md5_password": "four"}])
    lab.speaker(2, 65002, address="127.0.0.2", password="four").connect("127.0.0.1").establish()
    bgpd.wait_established("127.0.0.2")


@pytest.mark.parametrize("by_signal", [False, True], ids=["rpc", "sighup"])
def test_reload_changes_keys(lab, by_signal):
    """Keys are added, changed and removed by reload; an established session stays as it is."""
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, md5_password="old"),
                           lab.peer(3, 65003, passive=True)])
    two, three = lab.session(2, 65002, password="old"), lab.session(3, 65003)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    before = bgpd.sessions()
    bgpd.peer_config(lab.addr(2))["md5_password"] = "new"
    bgpd.reload(by_signal=by_signal)
    three_alone = {lab.addr(3): before[lab.addr(3)]}
    two.close()  # the new key counts for the next connection
    bgpd.wait_down(lab.addr(2))
    lab.session(2, 65002, password="new")  # before the key is there, there is no answer
    assert unanswered(lab, 2, 65002, "old")
    assert three_alone.items() <= bgpd.sessions().items()
    del bgpd.peer_config(lab.addr(2))["md5_password"]
    bgpd.peer_config(lab.addr(3))["md5_password"] = "fresh"
    bgpd.reload(by_signal=by_signal)
    three.close()
    bgpd.wait_down(lab.addr(3))
    lab.session(3, 65003, password="fresh")


def test_password_file(lab):
    secret = lab.directory("secret")
    with open(secret, "w", encoding="ascii") as file:
        file.write("from-a-file\n")
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, passive=True, md5_password_file=secret)])
    lab.session(2, 65002, password="from-a-file")
    bgpd.wait_established(lab.addr(2))
