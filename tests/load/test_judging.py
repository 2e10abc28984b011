"""What is not used of what peers send, and its being judged again."""

import speaker as sp
from support.route import Route
from support.wait import wait_for
from test_tables import PREFIXES, received, table


def sent(bgpd, address):
    return bgpd.peer(address)["prefixes_advertised"]


def test_rules_change_while_a_table_is_judged_again(lab, watched):
    """Reloads one after the other, each of which makes all routes loops, or none of them: the AS of
    their sender becomes one of the daemon's own."""
    sources = ["peer"]
    bgpd = watched.start(peers=[
        lab.peer(2, 65002, passive=True, advertise_sources=sources),
        lab.peer(3, 65003, passive=True, advertise_sources=sources)])
    taker, giver = lab.session(3, 65003), lab.session(2, 65002)
    giver.send_raw(table(65002, PREFIXES))
    wait_for(lambda: sent(bgpd, lab.addr(3)) == PREFIXES, 60)
    others = list(bgpd.config["peers"])
    for local_as in (65002, 64999, 65002, 64999, 65002):
        bgpd.reload(peers=[*others, lab.peer(4, 65004, local_as=local_as, passive=True)])
    wait_for(lambda: sent(bgpd, lab.addr(3)) == 0, 60)
    assert bgpd.call("show_routes", best=True, limit=1)["routes"] == []
    bgpd.reload(peers=others)
    wait_for(lambda: sent(bgpd, lab.addr(3)) == PREFIXES, 60)
    assert received(bgpd, lab.addr(2)) == PREFIXES
    giver.close()
    taker.close()
    wait_for(lambda: bgpd.call("show_routes", limit=1)["routes"] == [], 60)
    watched.wait_memory(20_000)


def test_prefixes_that_cannot_be_routed_without_end(lab, watched):
    """They cost nothing but their being read: no memory, one line of the log."""
    bgpd = watched.start(peers=[lab.peer(2, 65002, passive=True)])
    peer = lab.session(2, 65002)
    messages, count = [], 0
    for number in range(2000):
        nlris = b"".join(bytes([32, 224 + number % 32, number >> 8, number & 255, n])
                         for n in range(200))
        route = Route("10.0.0.0/24", "10.254.0.9", (65002, 100 + number))
        messages.append(sp.message(sp.UPDATE, sp.update_body(sp.route_attributes(route), nlris)))
        count += 200
    data = b"".join(messages)
    for _ in range(2):
        peer.send_raw(data)
    wait_for(lambda: bgpd.detail(lab.addr(2))["martians_ignored"] == 2 * count, 60)
    assert received(bgpd, lab.addr(2)) == 0
    assert bgpd.log().count("cannot be routed") == 1
    watched.wait_memory(5_000)


def test_many_long_paths_are_judged_again(lab, watched):
    """The same prefixes from many peers, each with a path of its own as long as it can be."""
    senders, prefixes = 100, 200
    bgpd = watched.start(peers=[{**lab.peer(2, 65002), "remote_ip": lab.network(24)}])
    nlris = b"".join(sp.nlri(f"10.1.{n}.0/24") for n in range(prefixes))
    speakers = [lab.session(10 + n, 65002) for n in range(senders)]
    for number, speaker in enumerate(speakers):
        route = Route("10.0.0.0/24", "10.254.0.9", (65002, *range(100, 750), 1000 + number))
        speaker.send(sp.UPDATE, sp.update_body(sp.route_attributes(route), nlris))
    wait_for(lambda: all(received(bgpd, s.address) == prefixes for s in speakers), 60)
    others = list(bgpd.config["peers"])
    for hop, best in ((5000, 1), (300, 0)):
        bgpd.reload(peers=[*others, {**lab.peer(3, 65004, local_as=hop, passive=True),
                                     "remote_ip": "192.0.2.1"}])
        wait_for(lambda n=best: len(bgpd.call("show_routes", best=True, limit=1)["routes"]) == n,
                 30)
