"""Keys that wait for the next session: the answer of the reload names the peers, and the neighbours
show them until then. And what else a reload counts."""

import pytest

from support.route import Route
from support.wait import wait_for

SESSION = {"hold_timer": 33, "extended_messages": False, "families": ["ipv4 unicast"]}
CONNECTION = {"md5_password": "other", "ttl_security": True}


def static(n, **attributes):
    return {"prefix": f"10.{n}.0.0/16", "next_hop": "10.254.0.1", **attributes}


def pending(bgpd, address):
    return bgpd.peer(address)["pending"]


def waiting(lab, n, asn):
    """A peer that is waited for, without what is of use to others."""
    entry = lab.peer(n, asn, passive=True)
    del entry["dest_port"]
    del entry["local_address"]
    return entry


@pytest.fixture
def bgpd(lab):
    """With an incoming session of speaker 2, and an outgoing one to speaker 3."""
    bgpd = lab.bgpd(peers=[waiting(lab, 2, 65002), lab.peer(3, 65003)])
    listener = lab.speaker(3, 65003).listen()
    lab.session(2, 65002)
    listener.accept().establish()
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    bgpd.listener = listener
    return bgpd


@pytest.mark.parametrize("key, value", [*SESSION.items(), *CONNECTION.items()])
def test_each_key(lab, bgpd, key, value):
    entry = bgpd.peer_config(lab.addr(2))
    was = dict(entry)
    before = bgpd.sessions()
    entry[key] = value
    answer = bgpd.reload()
    what = "session" if key in SESSION else "connection"
    text = (f"{key} of {lab.addr(2)} takes effect with its next {what}: "
            f"`bgpd neighbor reset {lab.addr(2)}`")
    assert answer["warnings"] == [text]
    bgpd.wait_log(f"reload: {text}")
    assert (pending(bgpd, lab.addr(2)), pending(bgpd, lab.addr(3))) == ([key], [])
    assert bgpd.sessions() == before
    assert bgpd.reload()["warnings"] == []  # nothing has changed since
    assert pending(bgpd, lab.addr(2)) == [key]
    entry.clear()
    entry.update(was)
    assert bgpd.reload()["warnings"] == []  # as it began
    assert pending(bgpd, lab.addr(2)) == []
    entry[key] = value
    bgpd.reload()
    bgpd.call("reset_peer", lab.addr(2))
    assert pending(bgpd, lab.addr(2)) == []


def test_what_both_are_told(lab, bgpd):
    """The command line, its table and its details."""
    bgpd.peer_config(lab.addr(2)).update(hold_timer=33, md5_password="x", families=["ipv4 unicast"])
    bgpd.write_config()
    done = bgpd.cli("reload", check=True)
    assert done.stderr == (f"bgpd: warning: hold_timer, md5_password and families of {lab.addr(2)} "
                           f"take effect with its next connection: "
                           f"`bgpd neighbor reset {lab.addr(2)}`\n")
    table = bgpd.cli("show", "neighbors", check=True).stdout
    assert "Pending" in table and "hold_timer md5_password families" in table
    detail = bgpd.cli("show", "neighbors", lab.addr(2), "detail", check=True).stdout
    assert "Pending             hold_timer md5_password families" in detail
    bgpd.cli("neighbor", "reset", lab.addr(2), check=True)
    assert "Pending" not in bgpd.cli("show", "neighbors", check=True).stdout


def test_keys_of_attempts(lab, bgpd):
    """Where we connect to, and from where, is nothing to a session that the peer began."""
    for n in (2, 3):
        bgpd.peer_config(lab.addr(n)).update(dest_port=1180, local_address=lab.addr(9))
    warnings = [line for line in bgpd.reload()["warnings"] if "has no effect" not in line]
    assert warnings == [
        f"dest_port and local_address of {lab.addr(3)} take effect with its next connection: "
        f"`bgpd neighbor reset {lab.addr(3)}`"]
    assert pending(bgpd, lab.addr(2)) == []
    assert pending(bgpd, lab.addr(3)) == ["dest_port", "local_address"]
    bgpd.peer_config(lab.addr(3))["passive"] = True
    bgpd.reload()
    assert pending(bgpd, lab.addr(3)) == []


def test_without_a_session_nothing_waits(lab, bgpd):
    bgpd.config["peers"].append(waiting(lab, 4, 65004))
    bgpd.reload()
    bgpd.peer_config(lab.addr(4)).update(SESSION, **CONNECTION)
    assert bgpd.reload()["warnings"] == []
    bgpd.peer_config(lab.addr(2)).update(hold_timer=33, remote_as=65092)  # begins anew anyway
    answer = bgpd.reload()
    assert (answer["warnings"], answer["sessions_reset"]) == ([], 1)


def test_many_at_once(lab):
    """The text has an end."""
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(24), "remote_as": 65002, "hold_timer": 9}])
    for n in range(20, 33):
        lab.session(n, 65002)
    bgpd.wait_established(*(lab.addr(n) for n in range(20, 33)))
    bgpd.config["peers"][0]["hold_timer"] = 33
    warnings = bgpd.reload()["warnings"]
    assert len(warnings) == 11
    assert all("hold_timer of " in line for line in warnings[:10])
    assert warnings[10].startswith("changes of 3 more neighbors wait likewise")
    assert all(pending(bgpd, lab.addr(n)) == ["hold_timer"] for n in range(20, 33))


def test_an_attempt_begins_anew(lab):
    """What it was made with has changed: it does not have to fail first."""
    listener = lab.speaker(2, 65002).listen()
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, dest_port=1180, connect_retry=3600)])
    wait_for(lambda: "Connection refused" in bgpd.log())
    bgpd.peer_config(lab.addr(2))["dest_port"] = 1179
    bgpd.reload()
    listener.accept().establish()
    bgpd.wait_established(lab.addr(2))


# --- counts ---


def test_routes_are_counted_for_those_who_are_told(lab, bgpd):
    """Of an entry whose peer is up, has the family, and takes such routes."""
    lab.speaker(4, 65004)
    bgpd.config["peers"].append(lab.peer(4, 65004, passive=True, static_routes=[static(1)]))
    assert bgpd.reload()["routes_announced"] == 0  # not up
    entry = bgpd.peer_config(lab.addr(2))
    entry["static_routes"] = [static(1), static(2),
                              static(3, next_hop=lab.addr(2)),  # the peer itself
                              {"prefix": "2001:db8::/32", "next_hop": "2001:db8::1"}]
    answer = bgpd.reload()  # the speaker has IPv4 alone
    assert (answer["routes_announced"], answer["routes_withdrawn"]) == (2, 0)
    wait_for(lambda: len(bgpd.call("show_routes_advertised", to_peer=lab.addr(2))) == 2)
    entry["static_routes"] = [static(1, multi_exit_disc=5)]
    answer = bgpd.reload()
    assert (answer["routes_announced"], answer["routes_withdrawn"]) == (1, 1)
    entry["advertise_sources"] = ["api"]
    entry["static_routes"].append(static(7))
    answer = bgpd.reload()
    assert (answer["routes_announced"], answer["routes_withdrawn"]) == (0, 1)
    wait_for(lambda: not bgpd.call("show_routes_advertised", to_peer=lab.addr(2)))
    del entry["advertise_sources"]
    answer = bgpd.reload()
    assert (answer["routes_announced"], answer["routes_withdrawn"]) == (2, 0)
    wait_for(lambda: len(bgpd.call("show_routes_advertised", to_peer=lab.addr(2))) == 2)
    entry["enabled"] = False
    entry["static_routes"] = []
    answer = bgpd.reload()
    assert (answer["routes_announced"], answer["routes_withdrawn"]) == (0, 0)
    assert (answer["sessions_reset"], answer["sessions_ended"]) == (0, 1)


def test_routes_of_a_network_count_for_each_neighbor(lab):
    bgpd = lab.bgpd(peers=[{"remote_ip": lab.network(24), "remote_as": 65002, "hold_timer": 9}])
    for n in (20, 21, 22):
        lab.session(n, 65002)
    bgpd.wait_established(*(lab.addr(n) for n in (20, 21, 22)))
    bgpd.config["peers"][0]["static_routes"] = [static(1), static(2)]
    assert bgpd.reload()["routes_announced"] == 6


def test_sessions_that_end(lab, bgpd):
    """A limit below what a peer has sent, and an entry of its own for a dynamic neighbour."""
    bgpd.config["peers"].append({"remote_ip": lab.network(24), "remote_as": 65050, "hold_timer": 9})
    bgpd.reload()
    member = lab.session(50, 65050)
    bgpd.wait_established(lab.addr(50))
    for n in (1, 2, 3):
        member.announce(Route(f"10.{n}.0.0/16", "10.254.0.2", (65050,)))
    wait_for(lambda: bgpd.peer(lab.addr(50))["prefixes_received"] == 3)
    bgpd.config["peers"][-1]["max_prefixes"] = 2
    answer = bgpd.reload()
    assert (answer["sessions_reset"], answer["sessions_ended"]) == (1, 0)
    del bgpd.config["peers"][-1]["max_prefixes"]
    bgpd.reload()
    lab.session(50, 65050)
    bgpd.wait_established(lab.addr(50))
    bgpd.config["peers"].append(lab.peer(50, 65050, passive=True))
    answer = bgpd.reload()
    assert (answer["peers_added"], answer["sessions_reset"]) == (1, 1)


def test_top_level(lab, bgpd):
    answer = bgpd.reload(cluster_id="10.0.0.9")
    assert answer["keys_changed"] == ["cluster_id"]
    assert answer["summary"].endswith(", cluster_id changed")
    with open(bgpd.path("token"), "w", encoding="ascii") as file:
        file.write("secret\n")
    assert bgpd.reload(api_token_file="token")["keys_changed"] == ["api_token_file"]
    assert bgpd.reload(api_hosts=["bgp.example.net"])["keys_changed"] == ["api_hosts"]
    answer = bgpd.reload(bgp_socket=f"{lab.addr(1)}:1180")
    assert (answer["sockets_opened"], answer["sockets_closed"], answer["keys_changed"]) == (1, 1, [])
    bgpd.wait_log(f"reload: {answer['summary']}")
    done = bgpd.cli("reload", check=True)
    assert done.stdout == f"reloaded: {bgpd.reload()['summary']}\n"


def test_warnings_of_the_file(lab, bgpd):
    bgpd.peer_config(lab.addr(2)).update(interpret_communities=True, hold_timer=44)
    first, second = bgpd.reload()["warnings"]
    assert ": interpret_communities has no effect" in first
    assert second.startswith("hold_timer of ")
