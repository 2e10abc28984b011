"""Scripts made for ExaBGP's process API: ExaBGP runs one towards a GoBGP, `bgpd pipe` runs the same
one towards another. Both get the same answers, and leave the same routes."""

import json
import os
import sys

import pytest

from support.process import Daemon
from support.route import assert_same
from support.wait import wait_for

# Writes one line after the other, waits for the answer to each, and stays.
SCRIPT = """
import sys
lines, answers = sys.argv[1:3]
up = False
while not up:  # events come first
    up = sys.stdin.readline().rstrip().endswith(" up")
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
"""

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


class Client(Daemon):
    """A client of a daemon that goes on, as bgpd pipe with a script."""

    kind = "client"

    def __init__(self, directory, bgpd, *words):
        super().__init__(directory)
        self.words = [bgpd.binary, "--host", bgpd.api_address, *words]

    def argv(self):
        return self.words


def acks(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        return file.read().split()


class Pair:
    """A GoBGP behind ExaBGP, which runs a process, and another one behind BGPd."""

    def __init__(self, lab, asn=65000):
        self.lab = lab
        self.asn = asn
        self.bgpd = lab.bgpd(peers=[lab.peer(4, asn, families=list(FAMILIES))])
        self.reference = lab.real("gobgp", 3, asn=asn, neighbors=[
            lab.neighbor(2, 65000, families=FAMILIES, passive=True)])
        self.ours = lab.real("gobgp", 4, asn=asn,
                             neighbors=[lab.neighbor(1, 65000, families=FAMILIES)])
        self.ours.wait_established(lab.addr(1))

    def run(self, command, *words):
        """Has ExaBGP run a command, and `bgpd WORDS` beside it; returns the latter."""
        lab = self.lab
        config = (f"process script {{ run {command}; encoder text; }}\n"
                  f"neighbor {lab.addr(3)} {{ router-id 10.255.0.2; local-address {lab.addr(2)}; "
                  f"local-as 65000; peer-as {self.asn}; connect 1179; hold-time 9; "
                  f"family {{ {EXABGP_FAMILIES} }} api {{ processes [ script ]; "
                  "neighbor-changes; } }\n")
        exabgp = lab.real("exabgp", 2, options={"config": config}, start=False)
        environment = exabgp.environment()
        exabgp.environment = lambda: {**environment, "exabgp.api.ack": "true"}
        exabgp.start()
        client = Client(lab.directory("client"), self.bgpd, *words)
        lab.daemons.append(client)
        client.spawn()
        return client

    def same_routes(self, family="ipv4 unicast"):
        """The routes, which both have."""
        expected = self.reference.received(self.lab.addr(2), family)
        assert_same(expected, self.ours.received(self.lab.addr(1), family))
        return expected


@pytest.fixture
def scripts(lab):
    """Runs the lines under both; returns the pair, and the answers."""

    def run(lines, asn=65000):
        pair = Pair(lab, asn)
        commands = {}
        for name in ("exabgp", "pipe"):
            directory = os.path.join(lab.dir, name)
            os.makedirs(directory)
            for file, text in (("script.py", SCRIPT), ("lines", lines)):
                with open(os.path.join(directory, file), "w", encoding="ascii") as out:
                    out.write(text)
            commands[name] = [sys.executable] + [os.path.join(directory, file)
                                                 for file in ("script.py", "lines", "answers")]
        pair.run(" ".join(commands["exabgp"]), "pipe", "--encoder", "text", "--",
                 *commands["pipe"])
        wait_for(lambda: all(acks(words[-1])[-1:] == ["end"] for words in commands.values()), 60,
                 "both scripts are through")
        return pair, [acks(commands[name][-1]) for name in ("exabgp", "pipe")]

    return run


def assert_same_answers(lines, answers):
    pairs = list(zip(lines.splitlines(), *answers))
    different = [pair for pair in pairs if pair[1] != pair[2]]
    assert not different and len(pairs) == len(lines.splitlines())


@pytest.mark.parametrize("asn", [65000, 65001], ids=["internal", "external"])
def test_routes(scripts, asn):
    lines = ROUTES
    if asn != 65000:  # ExaBGP sends a path as it is: one without its AS in front it must not send
        lines = lines.replace("as-path [ 100", "as-path [ 65000 100")
    pair, answers = scripts(lines, asn)
    assert_same_answers(lines, answers)
    for family in ("ipv4 unicast", "ipv6 unicast", "ipv4 labeled-unicast", "ipv4 vpn"):
        assert wait_for(lambda family=family: pair.same_routes(family), 20), family
    assert len(pair.same_routes()) == 13


def flows_of(gobgp, address, family):
    """What it has, in an order, without when it came."""
    flows = [json.dumps({"rules": flow["rules"], "attributes": [
        a for a in flow["attributes"] if a["type"] != 14]}, sort_keys=True)
        for flow in gobgp.received_flows(address, family)]
    return sorted(flows)


def test_flows(lab, scripts):
    pair, answers = scripts(FLOWS)
    assert_same_answers(FLOWS, answers)
    for family, count in (("ipv4 flow", 7), ("ipv6 flow", 1)):
        wait_for(lambda family=family, count=count:
                 len(flows_of(pair.reference, lab.addr(2), family)) == count, 20,
                 f"{family} of ExaBGP")
        wait_for(lambda family=family: flows_of(pair.reference, lab.addr(2), family)
                 == flows_of(pair.ours, lab.addr(1), family), 20, f"the same {family}")


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

    wait_for(lambda: meds() == [100, 105], 30)
    service.unlink()
    wait_for(lambda: meds() == ([] if more else [1000, 1005]), 30)
    service.touch()
    wait_for(lambda: meds() == [100, 105], 30)
    changes = pair.bgpd.log().count("advertise_route")
    assert changes == (4 if more else 6)  # nothing where nothing changed
    client.stop()
    wait_for(lambda: not pair.ours.received(lab.addr(1)), 20)
