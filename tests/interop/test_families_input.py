"""What a peer can send in the families with labels and RDs, well-formed or not (RFC 4364, RFC 4659, RFC
8277, RFC 7606)."""

import ipaddress

import pytest

import speaker as sp
from support.bgpd import families
from support.nlri import has_labels, has_prefixes, has_rd, prefix_nlri, rd_bytes, route_nlri, \
    withdrawn_nlri
from support.route import Route
from support.samples import NEXT_HOPS, prefix, samples
from support.wait import wait_for

FAMILIES = [family for family in families() if has_prefixes(family)]
LABELED = [family for family in FAMILIES if has_labels(family)]
VPN = [family for family in FAMILIES if has_rd(family)]
ATTRIBUTES = sp.attribute(sp.ORIGIN, b"\0") + sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))
NO_RD = bytes(8)
LABEL, OTHER_LABEL = bytes.fromhex("000641"), bytes.fromhex("000651")  # 100 and 101, at the bottom


def packed(*addresses):
    return b"".join(ipaddress.ip_address(a).packed for a in addresses)


def reach(family, nlris, next_hop=None, attributes=ATTRIBUTES):
    """The body of an UPDATE that announces these bytes."""
    if next_hop is None:
        next_hop = (NO_RD if has_rd(family) else b"") + packed(NEXT_HOPS[family[3]])
    return sp.update_body(sp.mp_reach(family, next_hop, nlris) + attributes)


def unreach(family, nlris):
    return sp.update_body(sp.mp_unreach(family, nlris))


class Pair:
    """BGPd with a peer (2) that sends, and one (3) that is told; both external."""

    def __init__(self, lab):
        options = {"passive": True, "families": FAMILIES, "advertise_sources": ["peer"]}
        self.bgpd = lab.bgpd(peers=[lab.peer(n, 65000 + n, **options) for n in (2, 3)])
        self.source = lab.session(2, 65002, families=FAMILIES)
        self.target = lab.session(3, 65003, families=FAMILIES, labels=10)
        self.address = lab.addr(2)
        self.bgpd.wait_established(lab.addr(2), lab.addr(3))
        wait_for(lambda: set(self.target.end_of_ribs()) == set(FAMILIES))

    def send(self, body):
        self.source.send(sp.UPDATE, body)

    def learned(self, family):
        return self.bgpd.learned(self.address, family)

    def only(self, family, **fields):
        """Waits until there is one route of a family, with these fields, and the other peer has it."""
        def told(routes):
            assert len(routes) == 1, routes
            route, = routes.values()
            return {name: getattr(route, name) for name in fields} == fields and route
        wait_for(lambda: told(self.learned(family)))
        return wait_for(lambda: told(self.target.received(family)))

    def none(self, family):
        wait_for(lambda: not self.learned(family) and not self.target.received(family))

    def check(self):
        """Both sessions have gone on."""
        assert not self.source.closed.is_set() and not self.target.closed.is_set()


def plain(family, label=LABEL, rd="65000:1", number=20):
    """The bytes of one route."""
    return prefix_nlri(prefix(family, number), rd if has_rd(family) else None,
                       label if has_labels(family) else b"")


def front_bits(family):
    return 24 + 64 * has_rd(family)


# NLRI that cannot be read, by what is wrong with them.
UNREADABLE = {
    "label cut off": lambda f: bytes([front_bits(f) + 16]) + b"\0\6",
    "prefix cut off": lambda f: plain(f)[:-1],
    "second one cut off": lambda f: plain(f) + plain(f, number=21)[:-1],
    "no room for a label": lambda f: b"\x10\0\6",
    "length 0": lambda f: b"\0",
    "no room for label and RD": lambda f: bytes([front_bits(f) - 8]) + bytes(front_bits(f) // 8),
}


@pytest.mark.parametrize("where", ["announced", "withdrawn"])
@pytest.mark.parametrize("case", UNREADABLE)
@pytest.mark.parametrize("family", LABELED)
def test_unreadable(lab, family, case, where):
    """The session ends with a NOTIFICATION (RFC 7606 §5.3), and all its routes go; the other one does
    not notice."""
    pair = Pair(lab)
    pair.send(reach(family, plain(family)))
    pair.only(family)
    data = UNREADABLE[case](family)
    pair.send(reach(family, data) if where == "announced" else unreach(family, data))
    assert pair.source.wait_notification()[0] == 3
    pair.source.wait_closed()
    pair.none(family)
    assert not pair.target.closed.is_set()


@pytest.mark.parametrize("family", LABELED)
def test_prefix_too_long(lab, family):
    """One that ends where its length says is left out, and others beside it are used."""
    pair = Pair(lab)
    bits = 32 if family.startswith("ipv4") else 128
    long = bytes([front_bits(family) + bits + 1]) + LABEL + rd_bytes("65000:1") * has_rd(family) \
        + b"\x20" * (bits // 8 + 1)
    pair.send(reach(family, long + plain(family)))
    pair.only(family, prefix=prefix(family, 20))
    assert pair.bgpd.detail(pair.address)["problems"] == 1
    pair.send(unreach(family, long + plain(family)))
    pair.none(family)
    pair.check()


BAD_NEXT_HOPS = {
    "empty": b"", "of 3": b"\x0a\xfe\0", "an RD alone": NO_RD, "of 13": NO_RD + b"\x0a\xfe\0\1\0",
    "of 17": bytes(17), "of 23": bytes(23),
}


@pytest.mark.parametrize("case", BAD_NEXT_HOPS)
@pytest.mark.parametrize("family", LABELED)
def test_next_hop_length(lab, family, case):
    """What is announced with it cannot be located (RFC 7606 §7.11)."""
    pair = Pair(lab)
    pair.send(reach(family, plain(family), BAD_NEXT_HOPS[case]))
    code, _, _ = pair.source.wait_notification()
    assert code == 3
    assert not pair.target.closed.is_set()


@pytest.mark.parametrize("family", VPN)
def test_next_hop_without_rd(lab, family):
    """An address alone is not a next hop there (RFC 4364 §4.3.2)."""
    pair = Pair(lab)
    pair.send(reach(family, plain(family), packed(NEXT_HOPS[family[3]])))
    assert pair.source.wait_notification()[0] == 3
    assert not pair.target.closed.is_set()


@pytest.mark.parametrize("family", VPN)
def test_rd_of_next_hop_means_nothing(lab, family):
    """It is 0 in what goes on, whatever it was."""
    pair = Pair(lab)
    hop = NEXT_HOPS[family[3]]
    pair.send(reach(family, plain(family), rd_bytes("65000:9") + packed(hop)))
    pair.only(family, next_hop=hop)
    pair.check()


MAPPED = "::ffff:10.254.0.9"
LOCAL = "fe80::9"


@pytest.mark.parametrize("family", [family for family in LABELED if family.startswith("ipv6")])
@pytest.mark.parametrize("hops, expected", [
    ([MAPPED], MAPPED), (["2001:db8:fe::9", LOCAL], "2001:db8:fe::9")],
    ids=["IPv4-mapped", "link-local beside it"])
def test_ipv6_next_hops(lab, family, hops, expected):
    """6PE and 6VPE over IPv4 (RFC 4798 §2, RFC 4659 §3.2.1.2), and a link-local address beside the
    global one, which does not leave its link."""
    pair = Pair(lab)
    front = NO_RD if has_rd(family) else b""
    pair.send(reach(family, plain(family), b"".join(front + packed(hop) for hop in hops)))
    pair.only(family, next_hop=str(ipaddress.ip_address(expected)))
    pair.check()


WITHDRAWN_LABELS = {
    "RFC 8277": "800000", "zero": "000000", "zero with the S bit": "000001", "as announced": "000641",
    "another": "000ff1", "a stack": "000640000c81",
}


@pytest.mark.parametrize("label", WITHDRAWN_LABELS)
@pytest.mark.parametrize("family", LABELED)
def test_withdrawn_whatever_the_label(lab, family, label):
    """RFC 8277 §2.4: RD and prefix say what is withdrawn. What was announced with a stack goes, too."""
    pair = Pair(lab)
    for announced in (LABEL, bytes.fromhex("000640000c81")):
        pair.send(reach(family, plain(family, announced)))
        pair.only(family)
        pair.send(unreach(family, plain(family, bytes.fromhex(WITHDRAWN_LABELS[label]))))
        pair.none(family)
    pair.check()


@pytest.mark.parametrize("family", LABELED)
def test_labels_replace_each_other(lab, family):
    """One UPDATE after the other, and twice in one: the last label counts, and there is one route."""
    pair = Pair(lab)
    for label in ("000641", "000651", "000640000c81", "fffff1"):
        pair.send(reach(family, plain(family, bytes.fromhex(label))))
    pair.only(family, labels=(0xfffff,))
    pair.send(reach(family, plain(family, LABEL) + plain(family, OTHER_LABEL)))
    pair.only(family, labels=(101,))
    pair.check()


@pytest.mark.parametrize("family", LABELED)
def test_reserved_bits_mean_nothing(lab, family):
    """RFC 8277 §2.2: neither a label of its own nor news for others."""
    pair = Pair(lab)
    pair.send(reach(family, plain(family, bytes.fromhex("00064f"))))
    pair.only(family, labels=(100,))
    count = len(pair.target.updates())
    pair.send(reach(family, plain(family, bytes.fromhex("000641"))))
    pair.send(reach(family, plain(family, number=21)))
    wait_for(lambda: len(pair.target.received(family)) == 2)
    assert len(pair.target.updates()) == count + 1


@pytest.mark.parametrize("family", LABELED)
def test_label_without_s_bit(lab, family):
    """Where no label has the bit there is one (RFC 8277 §2.2); what is sent on has it."""
    pair = Pair(lab)
    network = "10.20.0.0/16" if family.startswith("ipv4") else "2a00:20::/32"
    rd = "65000:1" if has_rd(family) else None
    pair.send(reach(family, prefix_nlri(network, rd, bytes.fromhex("000640"))))
    pair.only(family, labels=(100,), prefix=network)
    assert any(u.mp_raw == prefix_nlri(network, rd, LABEL) for u in pair.target.updates())
    pair.check()


@pytest.mark.parametrize("family", FAMILIES[1:])
def test_announced_and_withdrawn_at_once(lab, family):
    """RFC 4271 §4.3: the announcement counts, whatever the labels; what else is withdrawn goes."""
    pair = Pair(lab)
    pair.send(reach(family, plain(family) + plain(family, number=21)))
    wait_for(lambda: len(pair.target.received(family)) == 2)
    zero = bytes(3)
    gone = sp.mp_unreach(family, plain(family, zero) + plain(family, zero, number=21))
    pair.send(reach(family, plain(family, OTHER_LABEL), attributes=ATTRIBUTES + gone))
    pair.only(family, prefix=prefix(family, 20), labels=(101,) if has_labels(family) else ())
    pair.check()


@pytest.mark.parametrize("family", LABELED)
def test_treated_as_withdrawn(lab, family):
    """What comes with a bad attribute withdraws the route of that RD and prefix, whatever its label."""
    pair = Pair(lab)
    pair.send(reach(family, plain(family)))
    pair.only(family)
    bad = sp.attribute(sp.ORIGIN, b"\7") + sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))
    pair.send(reach(family, plain(family, OTHER_LABEL), attributes=bad))
    pair.none(family)
    pair.check()


RDS = ("0000fde800000001", "0000fde800000002", "0001c00002010007", "0002fa56ea000007",
       "0002000000010007", "00077f0000010203", "ffffffffffffffff", "0000000000000000")


@pytest.mark.parametrize("family", VPN)
def test_what_tells_routes_apart(lab, family):
    """The same prefix under RDs of all types, known or not, is as many routes, and each goes alone."""
    pair = Pair(lab)

    def one(rd):
        return bytes([88 + 16]) + LABEL + bytes.fromhex(rd) + b"\x20\x01"

    def views(**filters):
        return pair.bgpd.call("show_routes", family=family, **filters)["routes"]
    for rd in RDS:
        pair.send(reach(family, one(rd)))
    wait_for(lambda: len(views()) == len(RDS))
    texts = {view["rd"] for view in views()}
    assert len(texts) == len(RDS) and {"65000:1", "192.0.2.1:7", "4200000000:7"} < texts
    for rd in texts:
        view, = views(rd=rd)
        assert (view["rd"], view["labels"]) == (rd, [100])
    pair.send(unreach(family, one(RDS[0])))
    wait_for(lambda: {view["rd"] for view in views()} == texts - {"65000:1"})
    pair.send(unreach(family, b"".join(map(one, RDS[1:]))))
    wait_for(lambda: not views())
    pair.check()


@pytest.mark.parametrize("family", LABELED)
def test_default_route_and_bits_after_the_prefix(lab, family):
    pair = Pair(lab)
    front = LABEL + rd_bytes("65000:1") * has_rd(family)
    pair.send(reach(family, bytes([front_bits(family)]) + front))
    pair.only(family, prefix="0.0.0.0/0" if family.startswith("ipv4") else "::/0")
    pair.send(unreach(family, bytes([front_bits(family)]) + front))
    pair.none(family)
    pair.send(reach(family, bytes([front_bits(family) + 12]) + front + b"\x2a\x0f"))
    pair.only(family, prefix="42.0.0.0/12" if family.startswith("ipv4") else "2a00::/12")
    pair.check()


@pytest.mark.parametrize("family", FAMILIES[2:])
def test_next_hop_of_the_other_version(lab, family):
    """An IPv6 next hop of IPv4 routes needs RFC 8950, which is not offered between IPv4 addresses: the
    routes are not used. Of IPv6 routes an IPv4 one has no length that could be."""
    pair = Pair(lab)
    front = NO_RD if has_rd(family) else b""
    if family.startswith("ipv4"):
        pair.send(reach(family, plain(family)))
        pair.only(family)
        pair.send(reach(family, plain(family), front + packed("2001:db8:fe::9")))
        pair.none(family)
        pair.check()
    else:
        pair.send(reach(family, plain(family), front + packed("10.254.0.9")))
        assert pair.source.wait_notification()[0] == 3


def test_every_family_has_routes_of_its_own(lab):
    """The same prefix in all families of a version: each has its own, and they go one by one."""
    pair = Pair(lab)
    for family in FAMILIES:
        route = samples(family, as_path=(65002,))[0]
        route.extended = frozenset()
        pair.source.announce(route)
    wait_for(lambda: all(len(pair.learned(family)) == 1 for family in FAMILIES))
    for family in FAMILIES:
        pair.source.withdraw(samples(family)[0])
        wait_for(lambda f=family: not pair.learned(f))
    pair.check()


@pytest.mark.parametrize("family", LABELED)
def test_a_label_for_each_prefix(lab, family):
    """Thousands of prefixes with a label each, as a router has that gives them out by prefix."""
    pair = Pair(lab)
    count = 2000
    network = "10.{}.{}.0/24" if family.startswith("ipv4") else "2001:db8:{:x}:{:x}::/64"
    routes = [Route(network.format(*divmod(n, 256)), NEXT_HOPS[family[3]], (65002,), family=family,
                    rd="65000:1" if has_rd(family) else None, labels=[16 + n])
              for n in range(count)]
    for start in range(0, count, 100):
        pair.send(reach(family, b"".join(map(route_nlri, routes[start:start + 100]))))
    wait_for(lambda: len(pair.target.received(family)) == count)
    got = pair.target.received(family)
    assert all(got[r.key].labels == r.labels for r in routes)
    pair.send(unreach(family, b"".join(map(withdrawn_nlri, routes[:100]))))
    wait_for(lambda: set(pair.target.received(family)) == {r.key for r in routes[100:]})
