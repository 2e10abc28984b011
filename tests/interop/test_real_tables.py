"""Real routing tables, sent by real daemons and replayed message by message: every prefix and
attribute that arrives is compared with the source file."""

import collections
import gzip
import re
import struct

import pytest

import speaker as sp
from support import mrt
from support.route import Route, community
from support.wait import wait_for

pytestmark = pytest.mark.slow

# What is compared of a route, in a form that is cheap to make a million times.
Attributes = collections.namedtuple(
    "Attributes", "next_hop as_path origin med local_pref communities atomic aggregator originator "
    "clusters")


def need(name):
    path = mrt.data_file(name)
    if path is None:
        pytest.skip(f"no {name} in {mrt.DATA} (name the directory of the data in $BGPD_DATA)")
    return path


def sorted_sets(path):
    """An AS_PATH as text with the members of its sets in order."""
    if "{" not in path:
        return path
    return re.sub(r"\{([^}]*)\}", lambda m: "{%s}" % " ".join(
        map(str, sorted({int(n) for n in re.findall(r"\d+", m[1])}))), path)


def from_view(view):
    """The attributes of a route as the API shows them."""
    aggregator = view.get("aggregator")
    return Attributes(
        view["next_hop"], sorted_sets(view["as_path"]), view["origin"], view["multi_exit_disc"],
        view["local_pref"],
        tuple(sorted(c if c.count(":") == 2 or c.startswith("0x") else community(c)
                     for c in view["communities"])),
        bool(view.get("atomic_aggregate")),
        f'{aggregator["asn"]} {aggregator["router_id"]}' if aggregator else None,
        view.get("originator_id"), tuple(view.get("cluster_list", ())))


def dotted(packed):
    return ".".join(map(str, packed)) if packed else None


def from_update(update, next_hop, ibgp=False):
    """The attributes of an UPDATE, decoded by the speaker's own code."""
    aggregator = update.attributes.get(sp.AGGREGATOR)
    if aggregator is not None:
        asn, address = struct.unpack("!I4s" if len(aggregator) == 8 else "!H4s", aggregator)
        as4 = update.attributes.get(sp.AS4_AGGREGATOR)
        if not update.as4 and as4 is not None and asn == sp.AS_TRANS:
            asn, address = struct.unpack("!I4s", as4)
        # RFC 7607: with AS 0 it is malformed, and discarded.
        aggregator = f"{asn} {dotted(address)}" if asn != 0 else None
    clusters = update.attributes.get(sp.CLUSTER_LIST, b"")
    communities = update.communities() | update.large() | update.extended()
    return Attributes(
        next_hop, " ".join(map(str, update.as_path())), sp.ORIGINS[update.number(sp.ORIGIN)],
        update.number(sp.MED), update.number(sp.LOCAL_PREF) if ibgp else None,
        tuple(sorted(communities)), sp.ATOMIC in update.attributes, aggregator,
        dotted(update.attributes.get(sp.ORIGINATOR_ID)) if ibgp else None,
        tuple(dotted(clusters[at:at + 4]) for at in range(0, len(clusters), 4)) if ibgp else ())


def compare(expected, views):
    """Compares {prefix: Attributes} with routes of the API as they come in."""
    missing = set(expected)
    different, extra = [], []
    for view in views:
        prefix = view["prefix"]
        if prefix not in missing:
            extra.append(prefix)
            continue
        missing.discard(prefix)
        attributes = from_view(view)
        if attributes != expected[prefix] and len(different) < 10:
            different.append((prefix, {
                name: (getattr(expected[prefix], name), getattr(attributes, name))
                for name in Attributes._fields
                if getattr(expected[prefix], name) != getattr(attributes, name)}))
    assert not missing and not extra and not different, (
        f"of {len(expected)} routes {len(missing)} are missing {sorted(missing)[:5]}, {len(extra)} "
        f"are too many {extra[:5]}, and there are differences: {different}")


def received(bgpd, address):
    return bgpd.peer(address)["prefixes_received"]


def wait_count(bgpd, address, count, timeout=180):
    wait_for(lambda: received(bgpd, address) == count, timeout, f"{count} routes", interval=0.2)


def martian(prefix):
    """One that cannot be routed (IPv4)."""
    return re.match(r"(0|127|22[4-9]|2[345]\d)\.", prefix) and not prefix.endswith("/0")


class Replay:
    """What one recorded peer has said, and what must be left of it."""

    def __init__(self, recorded):
        self.asn, self.as4 = recorded.asn, recorded.as4
        self.ibgp = recorded.asn == recorded.local_asn
        self.malformed = 0  # AS 0 in paths (treated as withdrawn) and AGGREGATORs (discarded)
        self.martians = 0
        self.messages = []
        self.table = {}

    def add(self, message):
        update = sp.Update(message[19:], self.as4)
        self.messages.append(message)
        aggregator = update.attributes.get(sp.AGGREGATOR)
        if aggregator is not None and not any(aggregator[:-4]):
            self.malformed += 1
        if 0 in update.as_path():  # RFC 7607
            self.malformed += 1
            update.withdrawn += update.announced + update.mp_announced
            update.announced, update.mp_announced = [], []
        for prefix in update.withdrawn + update.mp_withdrawn:
            self.table.pop(prefix, None)
        if update.announced:
            attributes = from_update(update, update.next_hop, self.ibgp)
            good = [prefix for prefix in update.announced if not martian(prefix)]
            self.martians += len(update.announced) - len(good)
            self.table.update((prefix, attributes) for prefix in good)
        if update.mp_announced:
            attributes = from_update(update, update.mp_next_hop, self.ibgp)
            self.table.update((prefix, attributes) for prefix in update.mp_announced)

    def send(self, speaker):
        """Everything, in large pieces."""
        for start in range(0, len(self.messages), 500):
            speaker.send_raw(b"".join(self.messages[start:start + 500]))

    def wait_taken(self, bgpd, address):
        """Until all of it has come: there may have been as many routes for a moment before."""
        def taken():
            return bgpd.detail(address)["messages"]["updates_received"], received(bgpd, address)
        expected = len(self.messages), len(self.table)
        wait_for(lambda: taken() == expected, 180, f"(messages, routes): {expected}", interval=0.2)


def replays(path):
    """{peer address: Replay}"""
    found = {}
    for recorded in mrt.messages(path):
        if recorded.message[18] != sp.UPDATE:
            continue
        replay = found.get(recorded.peer)
        if replay is None:
            replay = found[recorded.peer] = Replay(recorded)
        replay.add(recorded.message)
    return found


def replay_alone(lab, path, count):
    """Replays the recording of one peer; returns BGPd and what is expected."""
    replay, = replays(path).values()
    assert len(replay.table) == count, "the file is not what it was"
    bgpd = lab.bgpd(peers=[lab.peer(2, replay.asn, passive=True, hold_timer=180,
                                    local_as=replay.asn if replay.ibgp else None)])
    speaker = lab.session(2, replay.asn, as4=replay.as4, hold_time=180)
    bgpd.wait_established(lab.addr(2))
    replay.send(speaker)
    replay.wait_taken(bgpd, lab.addr(2))
    return bgpd, speaker, replay


def test_full_table_of_2015(lab):
    """577,706 prefixes of one internal session, 4-octet ASNs, as the peer sent them. It takes three
    back, four have AS 0 in their path, and 0.0.0.0/32 cannot be routed."""
    bgpd, speaker, replay = replay_alone(lab, need("updates.et-header.2015.gz"), 577698)
    assert replay.ibgp
    compare(replay.table, bgpd.stream_routes(from_peer=lab.addr(2)))
    assert bgpd.detail(lab.addr(2))["problems"] == replay.malformed > 0
    assert bgpd.detail(lab.addr(2))["martians_ignored"] == replay.martians > 0
    speaker.close()
    wait_for(lambda: bgpd.call("show_routes_learned", limit=1) == [], 90)


def test_full_table_of_1999(lab):
    """Old AS paths of 2 octets; the whole session with its withdrawals."""
    path = need("rrc00.updates.19990903.1041.gz")
    count = len(next(iter(replays(path).values())).table)
    assert count > 60000
    bgpd, _, replay = replay_alone(lab, path, count)
    compare(replay.table, bgpd.stream_routes(from_peer=lab.addr(2)))


@pytest.mark.parametrize("name", ["updates.20160811.1600.gz", "updates.20190101.0000.gz"])
def test_many_peers_replayed(lab, name):
    """All peers of a route collector at once, IPv4 and IPv6, each with its own recording."""
    found = {peer: replay for peer, replay in replays(need(name)).items() if replay.table}
    assert len(found) > 20
    families = ["ipv4 unicast", "ipv6 unicast"]
    entries, numbers = [], {}
    for number, (peer, replay) in enumerate(found.items(), 2):
        numbers[peer] = number
        entries.append(lab.peer(number, replay.asn, passive=True, hold_timer=180,
                                families=families))
    bgpd = lab.bgpd(peers=entries)
    speakers = {peer: lab.session(number, found[peer].asn, hold_time=180, families=families,
                                  as4=found[peer].as4) for peer, number in numbers.items()}
    for peer, speaker in speakers.items():
        found[peer].send(speaker)
    for peer, replay in found.items():
        replay.wait_taken(bgpd, lab.addr(numbers[peer]))
    by_source = collections.defaultdict(list)
    for view in bgpd.stream_routes():
        by_source[view["source"]].append(view)
    for peer, replay in found.items():
        compare(replay.table, by_source[lab.addr(numbers[peer])])
    prefixes = {prefix for replay in found.values() for prefix in replay.table}
    best = [v["prefix"] for v in bgpd.call("show_routes", best=True)["routes"]]
    usable = {prefix for replay in found.values() for prefix, a in replay.table.items()
              if "65000" not in a.as_path.split()}
    assert len(best) == len(set(best)) and usable == set(best) <= prefixes


def test_table_of_2002_by_gobgp(lab):
    """112,988 prefixes from a table dump, injected by GoBGP over an internal session."""
    entries, expected = {}, {}
    for entry in mrt.table_dump(need("bview.20020722.2337.gz")):
        if entry.prefix in entries:
            continue
        old = sp.Update(sp.update_body(entry.attributes), as4=False)
        if old.next_hop is None:
            continue
        attributes = b"".join(sp.attribute(
            kind, sp.as_path_value(old.as_path()) if kind == sp.AS_PATH else
            struct.pack("!I4s", *struct.unpack("!H4s", value)) if kind == sp.AGGREGATOR else value,
            old.flags[kind] & ~sp.EXTENDED_LENGTH) for kind, value in old.attributes.items())
        entries[entry.prefix] = attributes
        expected[entry.prefix] = from_update(old, old.next_hop)._replace(local_pref=100)
    bgpd = lab.bgpd(peers=[lab.peer(2, hold_timer=90)])
    gobgp = lab.real("gobgp", neighbor={"families": ("ipv4 unicast",), "hold_time": 90})
    bgpd.wait_established(lab.addr(2))
    # GoBGP's injector loses about a thousand entries when it comes to the end of the file: let
    # those be ones that it has had before.
    table = list(entries.items())
    mrt.write_table_dump_v2(gobgp.path("table.mrt"), table + table[-10000:], 65001, "10.9.9.9")
    gobgp.inject_mrt(gobgp.path("table.mrt"))
    wait_count(bgpd, lab.addr(2), len(entries))
    compare(expected, bgpd.stream_routes(from_peer=lab.addr(2)))


def prefix_list(name, version):
    """{prefix: origin AS} of an "ipasn" file."""
    found = {}
    with gzip.open(need(name), "rt") as lines:
        for line in lines:
            if not line.startswith(";"):
                prefix, asn = line.split()
                if (":" in prefix) == (version == 6):
                    found[prefix] = int(asn)
    return found


def bird_list(lab, version, prefixes, file_name):
    """A file of static routes for BIRD, with the origin AS in the path."""
    hop = "10.254.0.7" if version == 4 else "2001:db8:fe::7"
    path = f"{lab.dir}/{file_name}"
    with open(path, "w", encoding="ascii") as file:
        for prefix, asn in prefixes.items():
            file.write(f"route {prefix} blackhole {{ bgp_path.prepend({asn}); "
                       f"announced_next_hop = {hop}; bgp_origin = ORIGIN_IGP; }};\n")
    return path, hop


def test_prefix_lists_by_bird(lab):
    """512,621 IPv4 and 27,693 IPv6 prefixes as BIRD's static routes."""
    tables, include, expected = {}, {}, {}
    for version, name in ((4, "ipasn_20140513.dat.gz"), (6, "ipasn6_20151101.dat.gz")):
        family = f"ipv{version} unicast"
        tables[family] = prefix_list(name, version)
        include[family], hop = bird_list(lab, version, tables[family], f"list{version}")
        expected[family] = {prefix: Attributes(hop, f"65002 {asn}", "IGP", None, None, (), False,
                                               None, None, ())
                            for prefix, asn in tables[family].items()}
    bgpd = lab.bgpd(peers=[lab.peer(2, 65002, hold_timer=90)])
    lab.real("bird", asn=65002, options={"include": include},
             neighbor={"families": tuple(tables), "hold_time": 90})
    bgpd.wait_established(lab.addr(2), timeout=60)
    wait_count(bgpd, lab.addr(2), sum(len(table) for table in tables.values()))
    for family, table in expected.items():
        compare(table, bgpd.stream_routes(from_peer=lab.addr(2), family=family))


def text_table(path):
    """{peer: (asn, {attributes as text: [prefix, …]})} of `bgpdump -m` lines."""
    found = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            _, _, _, peer, asn, prefix, *attributes = line.rstrip("\n").split("|")
            _, table = found.setdefault(peer, (int(asn), collections.defaultdict(list)))
            table[tuple(attributes)].append(prefix)
    return found


def text_update(attributes, prefixes):
    """The UPDATEs for these, and what must be shown for them. The attributes are AS_PATH, ORIGIN,
    next hop, LOCAL_PREF, MED, communities, atomic aggregate, aggregator."""
    path, origin, hop, _, med, communities, atomic, aggregator = attributes[:8]
    hops = [t if "{" in t else int(t) for t in path.replace(",", " ").split()] \
        if "{" not in path else [
            t.replace(",", " ") if "{" in t else int(t) for t in path.split()]
    route = Route("0.0.0.0/0", hop, hops, {"INCOMPLETE": "Incomplete"}.get(origin, origin),
                  int(med) if med != "0" else None, None,
                  [c for c in communities.split()])
    extra = sp.attribute(sp.ATOMIC) if atomic == "AG" else b""
    if aggregator:
        asn, address = aggregator.split()
        extra += sp.attribute(sp.AGGREGATOR, struct.pack("!I", int(asn))
                              + bytes(map(int, address.split("."))))
    block = sp.route_attributes(route) + extra
    bodies, nlris = [], b""
    for prefix in prefixes:
        nlris += sp.nlri(prefix)
        if len(nlris) + len(block) > 3900:
            bodies.append(sp.update_body(block, nlris))
            nlris = b""
    if nlris:
        bodies.append(sp.update_body(block, nlris))
    expected = Attributes(hop, " ".join(map(str, route.as_path)), route.origin, route.med, None,
                          tuple(sorted(route.communities)), atomic == "AG", aggregator or None,
                          None, ())
    return bodies, expected


def test_text_table_of_2010(lab):
    """641,957 routes of five peers, with communities and aggregators; and the best of each of the
    323,487 prefixes."""
    found = text_table(need("bview.20100701.0759.bgpdump-m.txt.gz"))
    assert len(found) == 5
    numbers = {peer: number for number, peer in enumerate(found, 2)}
    bgpd = lab.bgpd(peers=[lab.peer(numbers[peer], asn, passive=True, hold_timer=180)
                           for peer, (asn, _) in found.items()])
    total = 0
    for peer, (asn, table) in found.items():
        speaker = lab.session(numbers[peer], asn, hold_time=180)
        expected = {}
        stream = []
        for attributes, prefixes in table.items():
            bodies, shown = text_update(attributes, prefixes)
            stream += [sp.message(sp.UPDATE, body) for body in bodies]
            expected.update(dict.fromkeys(prefixes, shown))
        for start in range(0, len(stream), 500):
            speaker.send_raw(b"".join(stream[start:start + 500]))
        wait_count(bgpd, lab.addr(numbers[peer]), len(expected))
        compare(expected, bgpd.stream_routes(from_peer=lab.addr(numbers[peer])))
        total += len(expected)
    assert total == 641957
    # Not by a path with our AS, or one that does not begin with the peer's (one is empty).
    usable = {prefix for asn, table in found.values() for attributes, prefixes in table.items()
              if "65000" not in attributes[0].split()
              and attributes[0].split()[:1] == [str(asn)] for prefix in prefixes}
    assert len(usable) > 323000
    assert {v["prefix"] for v in bgpd.stream_routes("show_routes", best=True)} == usable
    assert sum(received(bgpd, lab.addr(n)) for n in numbers.values()) == total


def test_long_withdrawal(lab):
    """One extended UPDATE of 36 kB that withdraws 4,096 IPv6 prefixes."""
    recorded, = mrt.messages(need("updates.long_withdrawal.gz"))
    update = sp.Update(recorded.message[19:])
    assert len(update.mp_withdrawn) == 4096
    bgpd = lab.bgpd(peers=[lab.peer(2, recorded.asn, passive=True, hold_timer=180)])
    speaker = lab.session(2, recorded.asn, families=("ipv6 unicast",), hold_time=180,
                          capabilities=[sp.capability(6)])
    others = [f"2001:db8:{n:x}::/48" for n in range(1, 11)]
    for prefix in update.mp_withdrawn + others:
        speaker.announce(Route(prefix, "2001:db8:fe::1", (recorded.asn,)))
    count = len(set(update.mp_withdrawn)) + len(others)
    wait_count(bgpd, lab.addr(2), count)
    speaker.send_raw(recorded.message)
    wait_count(bgpd, lab.addr(2), len(others))
    assert set(bgpd.learned(lab.addr(2))) == set(others)
