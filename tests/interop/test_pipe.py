"""Scripts made for ExaBGP's process API: ExaBGP runs one towards a GoBGP, `bgpd pipe` runs the same
one towards another. Both get the same answers, and leave the same routes."""

import json
import os
import sys

import pytest

from support.process import Daemon
from support.route import assert_same
from support.wait import PATIENCE_S, wait_for

# Writes one line after the other, waits for the answer to each, and stays.
SCRIPT = """
import sys
lines, answers, count = sys.argv[1:]
left = int(count)
while left > 0:  # events of all sessions come first
    left -= sys.stdin.readline().rstrip().endswith(" up")
with open(answers, "w") as out:
    for line in open(lines):
        print(line, end="", flush=True)
        answer = ""
        while answer not in ("done", "error"):
            answer = sys.stdin.readline().strip()
        print(answer, file=out, flush=True)
    print("end", file=out, flush=True)
for line in sys.stdin:
    pass
"""

FAMILIES = ("ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow", "ipv4 labeled-unicast",
            "ipv4 vpn")
EXABGP_FAMILIES = "ipv4 unicast; ipv6 unicast; ipv4 flow; ipv6 flow; ipv4 nlri-mpls; ipv4 mpls-vpn;"

ROUTES = """\
# a comment
announce route 10.1.0.0/24 next-hop 10.254.0.1
announce route 10.1.1.0/24 next-hop 10.254.0.1 origin egp med 7 local-preference 300 name here
announce route 10.1.2.0/24 next-hop 10.254.0.1 as-path [ 100 200 4200000000 ( 5 6 ) ]
announce route 10.1.3.7 next-hop 10.254.0.1 community [ 65000:1 no-export 0xFFFF029A 7 ]
announce route 10.1.4.0/24 next-hop 10.254.0.1 large-community [ 1:2:3 ] extended-community [ target:1:2 origin:3:4 target:70000:6 target4:65000:7 ]
announce route 10.1.5.0/24 { next-hop 10.254.0.1; med 9; }
announce route 2001:db8:1::/48 next-hop 2001:db8:fe::1 origin incomplete
announce route 10.2.0.0/22 next-hop 10.254.0.1 split /24
announce attributes next-hop 10.254.0.2 med 5 community 65000:9 nlri 10.3.0.0/24 10.3.1.0/24 10.3.2.0/24
withdraw route 10.2.1.0/24 next-hop 10.254.0.1
withdraw route 10.9.0.0/24
announce route 10.1.0.0/24 next-hop 10.254.0.3 med 1
withdraw attributes next-hop 10.254.0.2 nlri 10.3.1.0/24
announce route 10.4.0.0/24 rd 65000:1 label 100 next-hop 10.254.0.1 extended-community target:65000:1
announce route 10.4.1.0/24 label [ 200 ] next-hop 10.254.0.1
announce route 10.5.0.0/24 next-hop 10.254.0.1 watchdog dog withdraw
announce route 10.5.1.0/24 next-hop 10.254.0.1 watchdog dog
announce watchdog dog
nonsense
announce route 10.6.0.0/24
announce route 10.6.0.1/24 next-hop 10.254.0.1
announce route 10.6.1.0/24 next-hop 10.254.0.1 blah 3
announce route 10.7.0.0/24 next-hop 10.254.0.1 aggregator 65000:192.0.2.1 atomic-aggregate
announce route 10.7.1.0/24 next-hop 10.254.0.1 aggregator ( 4200000000:192.0.2.2 )
announce route 10.7.2.0/24 next-hop 10.254.0.1 aggregator (65001:192.0.2.2) med 3
announce route 10.7.9.0/24 next-hop 10.254.0.1 aggregator 65000
announce route 10.7.9.0/24 next-hop 10.254.0.1 cluster-list [ ]
announce route 10.7.9.0/24 next-hop 10.254.0.1 originator-id 7
announce route 10.7.9.0/24 next-hop 10.254.0.1 aigp x
"""

# Of attributes that stay within the AS: ExaBGP sends them to external neighbors, too.
WITHIN_AS = """\
announce route 10.7.3.0/24 next-hop 10.254.0.1 originator-id 192.0.2.3 cluster-list [ 192.0.2.4 192.0.2.5 ]
announce route 10.7.4.0/24 { next-hop 10.254.0.1; cluster-list 192.0.2.4; atomic-aggregate; }
announce route 10.7.5.0/24 next-hop 10.254.0.1 aigp 100
announce route 10.7.6.0/24 next-hop 10.254.0.1 aigp 0x1FFFFFFFF
"""

# ATOMIC_AGGREGATE, AGGREGATOR and AIGP, by their numbers in GoBGP's JSON.
SELDOM_GIVEN = (6, 7, 26)

FLOWS = """\
announce flow route { match { source 10.0.0.1/32; destination-port [ =80 >8080&<8088 ]; protocol tcp; } then { discard; } }
announce flow route source 10.0.0.2/32 destination 192.0.2.4/32 discard
announce flow route blah { match { destination 192.0.2.5/32; protocol [ udp tcp ]; port 53; } then { rate-limit 9600; community [ 1:2 ]; } }
announce flow route { match { destination 192.0.2.6/32; tcp-flags [ syn+ack =rst !fin ]; fragment [ is-fragment first-fragment ]; } then { redirect 65000:12; } }
announce flow route { match { destination 192.0.2.7/32; packet-length [ >200&<300 >400&<500 ]; icmp-type echo-request; icmp-code 0; dscp 10; } then { mark 20; } }
announce flow route { match { destination 192.0.2.8/32; source-port !=53; } then { action sample; } }
announce flow route { match { destination 192.0.2.9/32; } then { accept; } }
announce flow route { match { destination 2001:db8::/32; next-header udp; destination-port 53; } then { discard; } }
announce flow route { match { destination 192.0.2.10/32; protocol ipip; } then { rate-limit 12500; action sample-terminal; } }
withdraw flow route { match { source 10.0.0.2/32; destination 192.0.2.4/32; } then { discard; } }
withdraw flow route { match { source 10.0.0.99/32; } then { discard; } }
announce flow route { match { soorce 10.0.0.99/32; } then { discard; } }
"""


# {a} and {b} are neighbors, {local} is the own address.
NEIGHBORS = """\
announce route 10.1.0.0/24 next-hop 10.254.0.1
neighbor {a} announce route 10.1.1.0/24 next-hop 10.254.0.1
neighbor {b} announce route 10.1.1.0/24 next-hop 10.254.0.2 med 9
neighbor {a} announce route 10.1.2.0/24 next-hop 10.254.0.1
withdraw route 10.1.2.0/24
announce route 10.1.3.0/24 next-hop 10.254.0.1
neighbor {a} withdraw route 10.1.3.0/24
neighbor {a}, neighbor {b} announce route 10.1.4.0/24 next-hop 10.254.0.1
neighbor {b} withdraw route 10.1.4.0/24
announce route 10.1.5.0/24 next-hop 10.254.0.1
neighbor {b} announce route 10.1.5.0/24 next-hop 10.254.0.1 med 5
announce route 10.1.6.0/24 next-hop 10.254.0.1
neighbor {b} announce route 10.1.6.0/24 next-hop 10.254.0.1 med 5
announce route 10.1.6.0/24 next-hop 10.254.0.1 med 6
neighbor {a} local-ip {local} local-as 65000 peer-as 65000 announce route 10.1.7.0/24 next-hop 10.254.0.1
neighbor {a} peer-as 65009 announce route 10.1.8.0/24 next-hop 10.254.0.1
neighbor 127.9.9.9 announce route 10.1.8.0/24 next-hop 10.254.0.1
neighbor 127.9.9.9 withdraw route 10.1.0.0/24
neighbor {a} announce attributes next-hop 10.254.0.1 med 3 nlri 10.2.0.0/24 10.2.1.0/24
neighbor {a} announce flow route { match { source 10.0.0.1/32; } then { discard; } }
announce flow route { match { source 10.0.0.2/32; } then { discard; } }
neighbor {b} withdraw flow route { match { source 10.0.0.2/32; } then { discard; } }
"""


class Client(Daemon):
    """A client of a daemon that goes on, as bgpd pipe with a script."""

    kind = "client"

    def __init__(self, directory, bgpd, *words):
        super().__init__(directory, bgpd.netns)
        self.words = [bgpd.binary, "--host", bgpd.api_address, *words]

    def argv(self):
        return self.words


def acks(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        return file.read().split()


class Pair:
    """GoBGPs behind ExaBGP (addr(2)), which runs a process, and as many behind BGPd (addr(1))."""

    def __init__(self, lab, asn=65000, count=1):
        self.lab = lab
        self.asn = asn
        self.numbers = [(3 + 2 * i, 4 + 2 * i) for i in range(count)]
        self.bgpd = lab.bgpd(peers=[lab.peer(ours, asn, families=list(FAMILIES))
                                    for _, ours in self.numbers])
        self.behind = []
        for reference, ours in self.numbers:
            self.behind.append((
                lab.real("gobgp", reference, asn=asn, neighbors=[
                    lab.neighbor(2, 65000, families=FAMILIES, passive=True)]),
                lab.real("gobgp", ours, asn=asn, neighbors=[
                    lab.neighbor(1, 65000, families=FAMILIES)])))
        for _, ours in self.behind:
            ours.wait_established(lab.addr(1))

    def run(self, command, *words):
        """Has ExaBGP run a command, and `bgpd WORDS` beside it; returns the latter."""
        lab = self.lab
        config = f"process script {{ run {command}; encoder text; }}\n"
        for reference, _ in self.numbers:
            config += (f"neighbor {lab.addr(reference)} {{ router-id 10.255.0.2; "
                       f"local-address {lab.addr(2)}; local-as 65000; peer-as {self.asn}; "
                       f"connect 1179; hold-time 9; family {{ {EXABGP_FAMILIES} }} "
                       "api { processes [ script ]; neighbor-changes; } }\n")
        exabgp = lab.real("exabgp", 2, options={"config": config}, start=False)
        environment = exabgp.environment()
        exabgp.environment = lambda: {**environment, "exabgp.api.ack": "true"}
        exabgp.start()
        client = Client(lab.directory("client"), self.bgpd, *words)
        lab.daemons.append(client)
        client.spawn()
        return client

    def run_script(self, lines):
        """Both run a script that writes these lines; returns what each was answered."""
        commands = {}
        for name, local, column in (("exabgp", 2, 0), ("pipe", 1, 1)):
            directory = os.path.join(self.lab.dir, name)
            os.makedirs(directory)
            text = lines.replace("{local}", self.lab.addr(local))
            for word, numbers in zip(("{a}", "{b}"), self.numbers):
                text = text.replace(word, self.lab.addr(numbers[column]))
            for file, content in (("script.py", SCRIPT), ("lines", text)):
                with open(os.path.join(directory, file), "w", encoding="ascii") as out:
                    out.write(content)
            commands[name] = [sys.executable] + [os.path.join(directory, file)
                                                 for file in ("script.py", "lines", "answers")]
            commands[name].append(str(len(self.numbers)))
        self.run(" ".join(commands["exabgp"]), "pipe", "--encoder", "text", "--",
                 *commands["pipe"])
        answers = [commands[name][-2] for name in ("exabgp", "pipe")]
        wait_for(lambda: all(acks(path)[-1:] == ["end"] for path in answers),
                 what="both scripts are through")
        assert_same_answers(lines, [acks(path) for path in answers])

    def same_routes(self, family="ipv4 unicast", index=0):
        """The routes, which both have."""
        reference, ours = self.behind[index]
        expected = reference.received(self.lab.addr(2), family)
        assert_same(expected, ours.received(self.lab.addr(1), family))
        assert (seldom_given(reference, self.lab.addr(2), family) ==
                seldom_given(ours, self.lab.addr(1), family))
        return expected

    def same_flows(self, family="ipv4 flow", index=0):
        reference, ours = self.behind[index]
        expected = flows_of(reference, self.lab.addr(2), family)
        assert expected == flows_of(ours, self.lab.addr(1), family)
        return expected


def seldom_given(gobgp, address, family):
    """The attributes of its routes, by prefix, that a Route does not have."""
    return {path["nlri"]["prefix"]: [a for a in path["attrs"] if a["type"] in SELDOM_GIVEN]
            for path in gobgp.paths(address, family)}


def flows_of(gobgp, address, family):
    """What it has, in an order, without when it came."""
    flows = [json.dumps({"rules": flow["rules"], "attributes": [
        a for a in flow["attributes"] if a["type"] != 14]}, sort_keys=True)
        for flow in gobgp.received_flows(address, family)]
    return sorted(flows)


def assert_same_answers(lines, answers):
    pairs = list(zip(lines.splitlines(), *answers))
    different = [pair for pair in pairs if pair[1] != pair[2]]
    assert not different and len(pairs) == len(lines.splitlines())


@pytest.mark.parametrize("asn", [65000, 65001], ids=["internal", "external"])
def test_routes(lab, asn):
    lines = ROUTES + WITHIN_AS
    if asn != 65000:  # ExaBGP sends a path as it is: one without its AS in front it must not send
        lines = ROUTES.replace("as-path [ 100", "as-path [ 65000 100")
    pair = Pair(lab, asn)
    pair.run_script(lines)
    for family, count in (("ipv4 unicast", 20 if asn == 65000 else 16), ("ipv6 unicast", 1),
                          ("ipv4 labeled-unicast", 1), ("ipv4 vpn", 1)):
        wait_for(lambda family=family, count=count: len(pair.same_routes(family)) == count,
                 what=family)


def test_attributes_that_stay_within_the_as(lab):
    """One script for both: the internal neighbor is sent them, the external one is not."""
    bgpd = lab.bgpd(peers=[lab.peer(2), lab.peer(3, 65003)])
    inside = lab.real("gobgp", 2)
    outside = lab.real("gobgp", 3, asn=65003)
    for gobgp in (inside, outside):
        gobgp.wait_established(lab.addr(1))
    done = bgpd.cli("pipe", stdin=ROUTES.splitlines()[1] + "\n" + WITHIN_AS, check=True)
    assert done.stdout.split() == ["done"] * 5
    for gobgp in (inside, outside):
        wait_for(lambda gobgp=gobgp: len(gobgp.received()) == 5)
    routes = inside.received()
    assert routes["10.7.3.0/24"].originator_id == "192.0.2.3"
    assert routes["10.7.3.0/24"].cluster_list == ("192.0.2.4", "192.0.2.5")
    assert routes["10.7.4.0/24"].cluster_list == ("192.0.2.4",)
    found = {prefix: [a["type"] for a in attributes] for prefix, attributes in
             seldom_given(inside, lab.addr(1), "ipv4 unicast").items()}
    assert found == {"10.1.0.0/24": [], "10.7.3.0/24": [], "10.7.4.0/24": [6],
                     "10.7.5.0/24": [26], "10.7.6.0/24": [26]}
    found = {prefix: [a["type"] for a in attributes] for prefix, attributes in
             seldom_given(outside, lab.addr(1), "ipv4 unicast").items()}
    assert found == {"10.1.0.0/24": [], "10.7.3.0/24": [], "10.7.4.0/24": [6],
                     "10.7.5.0/24": [], "10.7.6.0/24": []}
    assert {(r.originator_id, r.cluster_list) for r in outside.received().values()} == {(None, ())}


def test_flows(lab):
    pair = Pair(lab)
    pair.run_script(FLOWS)
    wait_for(lambda: len(pair.same_flows()) == 7)
    wait_for(lambda: len(pair.same_flows("ipv6 flow")) == 1)


def test_neighbors(lab):
    """What is for some neighbors only, and in which order that comes."""
    pair = Pair(lab, count=2)
    pair.run_script(NEIGHBORS)
    prefixes = [{"10.1.0.0/24", "10.1.1.0/24", "10.1.4.0/24", "10.1.5.0/24", "10.1.6.0/24",
                 "10.1.7.0/24", "10.2.0.0/24", "10.2.1.0/24"},
                {"10.1.0.0/24", "10.1.1.0/24", "10.1.3.0/24", "10.1.5.0/24", "10.1.6.0/24"}]
    for index, flows in ((0, 2), (1, 0)):
        wait_for(lambda index=index: pair.same_routes(index=index).keys() == prefixes[index])
        wait_for(lambda index=index, flows=flows: len(pair.same_flows(index=index)) == flows)
    first, second = (pair.same_routes(index=index) for index in (0, 1))
    assert (first["10.1.5.0/24"].med, second["10.1.5.0/24"].med) == (None, 5)
    assert (first["10.1.6.0/24"].med, second["10.1.6.0/24"].med) == (6, 6)


def test_next_hop_self(lab):
    """It is our own address in each session, also in one that comes up later. (IPv6, since GoBGP
    takes no next hop of 127.0.0.0/8.)"""
    lab.use_ipv6()
    family = "ipv6 unicast"
    bgpd = lab.bgpd(peers=[lab.peer(4), lab.peer(6, local_address=lab.addr(5))])
    first = lab.real("gobgp", 4)
    first.wait_established(lab.addr(1))
    script = os.path.join(lab.dir, "script.py")
    with open(script, "w", encoding="ascii") as out:
        out.write("print('announce route 2001:db8:1::/48 next-hop self', flush=True)\n"
                  "import sys; sys.stdin.read()\n")
    client = Client(lab.directory("client"), bgpd, "pipe",
                    "--", sys.executable, script)
    lab.daemons.append(client)
    client.spawn()
    wait_for(lambda: [r.next_hop for r in first.received(family=family).values()] == [lab.addr(1)])
    second = lab.real("gobgp", 6, neighbors=[
        lab.neighbor(5, 65000, passive=True, families=(family,))])
    second.wait_established(lab.addr(5))
    wait_for(lambda: [r.next_hop for r in second.received(family=family).values()] == [lab.addr(5)])
    assert [r.next_hop for r in first.received(family=family).values()] == [lab.addr(1)]


def test_a_daemon_that_is_started_anew(lab):
    """It is told again what the script had announced, and no more."""
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    gobgp = lab.real("gobgp", 2)
    gobgp.wait_established(lab.addr(1))
    script = os.path.join(lab.dir, "script.py")
    with open(script, "w", encoding="ascii") as out:
        out.write("for i in range(1000):\n"
                  "    print(f'announce route 10.{i >> 8}.{i & 255}.0/24 next-hop 10.254.0.1')\n"
                  "print('withdraw route 10.0.0.0/24', flush=True)\n"
                  "import sys; sys.stdin.read()\n")
    client = Client(lab.directory("client"), bgpd, "pipe", "--owner", "script",
                    "--withdraw-on-exit", "--", sys.executable, script)
    lab.daemons.append(client)
    client.spawn()
    wait_for(lambda: len(gobgp.received()) == 999)
    bgpd.kill9()
    wait_for(lambda: not gobgp.established())
    bgpd.start()
    wait_for(lambda: len(gobgp.received()) == 999)
    assert {r["owner"] for r in bgpd.call("show_originated")["routes"]} == {"script"}
    client.wait_log("999 routes announced again")
    assert client.stop(timeout=PATIENCE_S) == 0
    wait_for(lambda: not gobgp.received())


def test_leases_end_without_the_one_who_renews_them(lab):
    """But not those that were asked for as they are."""
    bgpd = lab.bgpd(peers=[lab.peer(2)])
    gobgp = lab.real("gobgp", 2)
    gobgp.wait_established(lab.addr(1))
    script = os.path.join(lab.dir, "script.py")
    own = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "advertise_route", "params": {
        "prefix": "10.9.0.0/24", "next_hop": "10.254.0.1", "ttl": "10m"}})
    with open(script, "w", encoding="ascii") as out:
        out.write("print('announce route 10.0.0.0/24 next-hop 10.254.0.1')\n"
                  "print('announce route 10.1.0.0/24 next-hop 10.254.0.1')\n"
                  f"print('{own}')\n"
                  "print('withdraw route 10.1.0.0/24', flush=True)\n"
                  "import sys; sys.stdin.read()\n")
    client = Client(lab.directory("client"), bgpd, "pipe", "--ttl", "9", "--", sys.executable, script)
    lab.daemons.append(client)
    client.spawn()
    wait_for(lambda: gobgp.received().keys() == {"10.0.0.0/24", "10.9.0.0/24"})

    def ends():
        return {r["prefix"]: r["expires_at"] for r in bgpd.call("show_originated")["routes"]}
    first = ends()
    wait_for(lambda: ends()["10.0.0.0/24"] >= first["10.0.0.0/24"] + 4)
    assert len(gobgp.received()) == 2
    assert ends()["10.9.0.0/24"] == first["10.9.0.0/24"]
    client.kill9()
    wait_for(lambda: len(gobgp.received()) == 1)
    assert list(ends()) == ["10.9.0.0/24"]


@pytest.mark.parametrize("more", [(), ("--withdraw-on-down",)], ids=["metric", "withdraw"])
def test_healthcheck(lab, tmp_path, more):
    """ExaBGP's health check and ours, with the same options and one service."""
    service = tmp_path / "well"
    service.touch()
    words = ["healthcheck", "--cmd", f"test -f {service}", "--interval", "0.2", "--fast-interval",
             "0.1", "--rise", "2", "--fall", "2", "--ip", "10.77.0.1", "--ip", "10.77.1.0/24",
             "--next-hop", "10.254.0.7", "--community", "65000:1", "--disabled-community",
             "65000:2", "--increase", "5", "--local-preference", "200", "--as-path", "100",
             "--no-ip-setup", "--no-syslog", *more]
    quoted = " ".join(f'"{word}"' if " " in word else word for word in words)
    pair = Pair(lab)
    client = pair.run(f"{sys.executable} -m exabgp {quoted}", *words)

    def meds():
        return sorted(route.med for route in pair.same_routes().values())

    wait_for(lambda: meds() == [100, 105])
    service.unlink()
    wait_for(lambda: meds() == ([] if more else [1000, 1005]))
    service.touch()
    wait_for(lambda: meds() == [100, 105])
    changes = pair.bgpd.log().count("advertise_route")
    assert changes == (4 if more else 6)  # nothing where nothing changed
    client.stop()
    wait_for(lambda: not pair.behind[0][1].received(lab.addr(1)))
