"""Comparisons with other configurations, over a whole table and for many peers."""

import json
import socket
import threading

from support import toml
from support.wait import wait_for
from test_tables import PREFIXES, table

TAKERS = range(10, 40)
OTHER = {
    "in": {"rules": [{"if": {"prefix": "16.0.0.0/14 le 32"}, "then": "reject"},
                     {"if": {"prefix_length": "24"}, "set": {"local_pref": 200}}]},
    "out": {"rules": [{"if": {"as_path_length": "1-9", "med": "0-3"}, "set": {"med": 7}},
                      {"if": {"med": 5}, "set": {"communities": {"add": ["65000:{peer.as}"]}}},
                      {"if": {"community": "0:{peer.as}"}, "then": "reject"}]},
}


def network(lab, watched):
    """A table from one peer, which all takers have been told."""
    peers = [lab.peer(2, 65002, passive=True)]
    peers += [lab.peer(n, 65100 + n, passive=True, advertise_sources=["peer"]) for n in TAKERS]
    bgpd = watched.start(peers=peers)
    sessions = [lab.session(n, 65100 + n) for n in TAKERS]
    giver = lab.session(2, 65002)
    giver.send_raw(table(65002, PREFIXES))
    wait_for(lambda: all(bgpd.peer(s.address)["prefixes_advertised"] == PREFIXES for s in sessions), 120)
    sessions.append(giver)
    return bgpd, sessions


def other_file(bgpd):
    config = {**bgpd.config, "policies": OTHER, "peers": [dict(p) for p in bgpd.config["peers"]]}
    for peer in config["peers"]:
        peer["import"], peer["export"] = ["in"], ["out"]
    path = bgpd.path("other.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(toml.dumps(config))
    return path


def ask(bgpd, body):
    """A request on a connection of its own, of which nothing is read."""
    client = socket.create_connection((bgpd.api_address, 8080))
    data = json.dumps({"jsonrpc": "2.0", "id": 1, **body}).encode()
    client.sendall(b"POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                   % (bgpd.api_address.encode(), len(data), data))
    return client


def test_comparisons_of_a_whole_table(lab, watched):
    """Several at once, of all routes for all peers: nobody else notices, and nothing is left of them."""
    bgpd, sessions = network(lab, watched)
    path = other_file(bgpd)
    same = bgpd.call("policy_diff", path=bgpd.path("config.toml"))
    assert same["peers"] == [] and same["unchanged"] > len(sessions)
    watched.rss_before = bgpd.rss_kib()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(bgpd.call("policy_diff", path=path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] == answers[1] == answers[2]
    totals = answers[0]["totals"]
    assert totals["import"]["different"] > 0
    assert totals["export"]["different"] + totals["export"]["withdrawn"] == sum(
        p["export"]["different"] + p["export"]["withdrawn"] for p in answers[0]["peers"])
    assert len(answers[0]["peers"]) == len(sessions)
    watched.wait_memory(20_000)
    assert [p["state"] for p in bgpd.call("show_peers")] == ["Established"] * (len(sessions) + 1)


def test_clients_that_ask_for_comparisons_and_go(lab, watched):
    """Those that go before the file is read, before anything is told, and in the middle of the list; and
    those that stay and take nothing are as many as there may be."""
    bgpd, _ = network(lab, watched)
    path = other_file(bgpd)
    everything = {"method": "policy_diff", "params": {"path": path, "routes": True}}
    for number in range(12):
        client = ask(bgpd, everything)
        if number % 3:
            client.recv(1 << (number % 3 * 7))
        client.close()
    wait_for(lambda: bgpd.cli("policy", "diff", path, "--limit", "1").returncode == 0, 60)
    some = bgpd.call("policy_diff", path=path, routes=True, limit=1000)
    assert len(some["routes"]) == 1000
    stay = [ask(bgpd, everything) for _ in range(4)]
    for client in stay:
        assert client.recv(100)
    done = bgpd.cli("policy", "diff", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "too many comparisons" in done.stderr
    for client in stay:
        client.close()
    wait_for(lambda: bgpd.cli("policy", "diff", path, "--limit", "1").returncode == 0, 60)


def test_reloads_and_sessions_meanwhile(lab, watched):
    """What a comparison is about goes away under it: it ends, and says so."""
    bgpd, sessions = network(lab, watched)
    path = other_file(bgpd)
    client = ask(bgpd, {"method": "policy_diff", "params": {"path": path, "routes": True}})
    assert client.recv(100)
    for session in sessions[::3]:
        session.close()
    bgpd.reload(peers=bgpd.config["peers"][:-3])
    text = b""
    while b'"complete":' not in text[-2000:]:
        piece = client.recv(1 << 20)
        assert piece
        text = (text + piece)[-1 << 20:]
    assert b'"complete":false' in text
    client.close()
    diff = bgpd.call("policy_diff", path=path)
    assert diff["complete"] and len(diff["peers_added"]) == 3
