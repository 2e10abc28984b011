#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets: small inputs that reach every part of a parser.

Run it after changing it and commit what it writes: fuzz/make_seeds.py
"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"

OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = 1, 2, 3, 4, 5
# First byte of a fuzz_message input: what was negotiated.
AS4, IBGP, EXT_NEXT_HOP, EXT_MESSAGE = 0x01, 0x02, 0x04, 0x08


def message(kind, body=b""):
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def framed(flags, *messages):
    """A stream of whole messages."""
    return bytes([flags, 0]) + b"".join(messages)


def bare(flags, kind, body):
    """The body of one message, framed by the target."""
    return bytes([flags, kind]) + body


def attr(flags, kind, value):
    if len(value) > 255:
        return struct.pack("!BBH", flags | 0x10, kind, len(value)) + value
    return struct.pack("!BBB", flags, kind, len(value)) + value


def update(attrs=b"", nlri=b"", withdrawn=b""):
    return struct.pack("!H", len(withdrawn)) + withdrawn + struct.pack("!H", len(attrs)) + attrs + nlri


def open_body(*parameters, asn=65000, hold=180, bgp_id=b"\x02\x02\x02\x02"):
    params = b"".join(parameters)
    return struct.pack("!BHH", 4, asn, hold) + bgp_id + bytes([len(params)]) + params


def capabilities(*caps):
    value = b"".join(bytes([code, len(data)]) + data for code, data in caps)
    return bytes([2, len(value)]) + value


ORIGIN = attr(0x40, 1, b"\0")
AS_PATH4 = attr(0x40, 2, b"\2\2" + struct.pack("!II", 65001, 4200000000))
AS_PATH2 = attr(0x40, 2, b"\2\2" + struct.pack("!HH", 65001, 23456))
AS_SET4 = attr(0x40, 2, b"\2\1" + struct.pack("!I", 65001) + b"\1\2" + struct.pack("!II", 1, 2))
NEXT_HOP = attr(0x40, 3, b"\x0a\xfe\0\1")
MED = attr(0x80, 4, b"\0\0\0\x0a")
LOCAL_PREF = attr(0x40, 5, b"\0\0\0\xc8")
ATOMIC = attr(0x40, 6, b"")
AGGREGATOR4 = attr(0xC0, 7, struct.pack("!I", 65001) + b"\1\1\1\1")
AGGREGATOR2 = attr(0xC0, 7, struct.pack("!H", 23456) + b"\1\1\1\1")
COMMUNITIES = attr(0xC0, 8, b"\xfd\xe8\0\1\xff\xff\xff\1")
ORIGINATOR = attr(0x80, 9, b"\3\3\3\3")
CLUSTERS = attr(0x80, 10, b"\4\4\4\4\5\5\5\5")
EXT_COMMUNITIES = attr(
    0xC0,
    16,
    b"\0\2\xfd\xe8\0\0\0\1" b"\1\2\xc0\0\2\1\0\1" b"\2\3\0\0\0\1\0\1"
    b"\x80\6\0\0\x46\xbb\x80\0" b"\x80\7\0\0\0\0\0\3" b"\x80\x09\0\0\0\0\0\x2e" b"\x80\x08\0\6\0\0\1\x2e",
)
AS4_PATH = attr(0xC0, 17, b"\2\1" + struct.pack("!I", 4200000000))
AS4_AGGREGATOR = attr(0xC0, 18, struct.pack("!I", 4200000000) + b"\1\1\1\1")
IPV6_EXT = attr(0xC0, 25, b"\0\2\x20\1\x0d\xb8" + b"\0" * 11 + b"\1\0\7")
AIGP = attr(0x80, 26, b"\1\0\x0b" + b"\0" * 7 + b"\x64")
LARGE = attr(0xC0, 32, struct.pack("!III", 65000, 1, 2))
OTC = attr(0xC0, 35, struct.pack("!I", 65001))
UNKNOWN = attr(0xC0, 200, b"\1\2\3\4")

V4_NLRI = b"\x08\x0a" b"\x18\xc0\0\2" b"\0" b"\x20\xc0\0\2\1"
V6_NLRI = b"\x20\x20\1\x0d\xb8" b"\0"
V6_NEXT_HOP = bytes.fromhex("20010db800fe00000000000000000001")
LINK_LOCAL = bytes.fromhex("fe800000000000000000000000000001")
FLOW4 = bytes.fromhex("0b0118c00002038106048119")
FLOW4_ALL = bytes.fromhex("0118c00002" "0208cb" "038106" "04038945" "8b911f90" "05121f40d51f90"
                          "068635" "078108" "088401" "090002c210" "0a8264" "0b812e" "0c8005")
FLOW6 = bytes.fromhex("12012000" "20010db8" "02684012" "3456789a" "038106")
FLOW6_ODD = bytes.fromhex("12012000" "20010db8" "02684124" "68acf134" "0d8105")


def reach(afi, safi, next_hop, nlri):
    return attr(0x80, 14, struct.pack("!HBB", afi, safi, len(next_hop)) + next_hop + b"\0" + nlri)


def unreach(afi, safi, nlri=b""):
    return attr(0x80, 15, struct.pack("!HB", afi, safi) + nlri)


EBGP = ORIGIN + AS_PATH4
FLOW4_LONG = bytes([len(FLOW4_ALL)]) + FLOW4_ALL

RD0 = struct.pack("!HHI", 0, 65000, 1)
RD1 = struct.pack("!H4sH", 1, b"\xc0\0\2\1", 1)
RD2 = struct.pack("!HIH", 2, 4200000000, 1)
RD_UNKNOWN = struct.pack("!HIH", 3, 1, 1)


def label(value, bottom=True):
    return struct.pack("!I", value << 4 | bottom)[1:]


def nlri(prefix, bits, *before):
    """A prefix of so many bits after labels and an RD."""
    head = b"".join(before)
    return bytes([8 * len(head) + bits]) + head + prefix


MESSAGES = {
    "open_plain": bare(AS4, OPEN, open_body()),
    "open_capabilities": bare(AS4, OPEN, open_body(capabilities(
        (1, b"\0\1\0\1"), (1, b"\0\2\0\1"), (1, b"\0\1\0\x85"), (2, b""), (5, b"\0\1\0\1\0\2"),
        (6, b""), (8, b"\0\1\x04\2\0\2\x80\xff"), (9, b"\3"), (64, b"\x80\x78\0\1\1\x80"), (65, b"\0\0\xfd\xe8"),
        (69, b"\0\1\1\3"), (70, b""), (71, b"\0\1\1\x80\0\x0e\x10"), (73, b"\2r1\1x")))),
    "open_separate": bare(AS4, OPEN, open_body(
        capabilities((1, b"\0\1\0\1")), capabilities((2, b"")), capabilities((65, b"\0\1\0\x0a")), asn=23456)),
    "open_extended": bare(AS4, OPEN, open_body()[:-1] + b"\xff\xff\0\x09\2\0\6\x41\4\0\0\xfd\xe8"),
    "open_roles": bare(AS4, OPEN, open_body(capabilities((9, b"\4"), (9, b"\4"), (9, b"\0"), (9, b"\7")))),
    "open_auth": bare(AS4, OPEN, open_body(b"\1\1\0")),
    "notification": bare(0, NOTIFICATION, b"\6\2\5hello"),
    "notification_hold": bare(0, NOTIFICATION, b"\4\0"),
    "refresh": bare(0, REFRESH, b"\0\1\0\1"),
    "refresh_short": bare(0, REFRESH, b"\0\1\0"),
    "update_v4": bare(AS4, UPDATE, update(EBGP + NEXT_HOP + MED, V4_NLRI)),
    "update_everything": bare(AS4 | IBGP, UPDATE, update(
        EBGP + NEXT_HOP + MED + LOCAL_PREF + ATOMIC + AGGREGATOR4 + COMMUNITIES + ORIGINATOR + CLUSTERS
        + EXT_COMMUNITIES + IPV6_EXT + AIGP + LARGE + OTC + UNKNOWN, V4_NLRI, b"\x10\x0a\1")),
    "update_as2": bare(0, UPDATE, update(
        ORIGIN + AS_PATH2 + NEXT_HOP + AGGREGATOR2 + AS4_PATH + AS4_AGGREGATOR, V4_NLRI)),
    "update_set": bare(AS4, UPDATE, update(ORIGIN + AS_SET4 + NEXT_HOP, V4_NLRI)),
    "update_v6": bare(AS4, UPDATE, update(reach(2, 1, V6_NEXT_HOP, V6_NLRI) + EBGP)),
    "update_v6_link_local": bare(AS4 | IBGP, UPDATE, update(
        reach(2, 1, V6_NEXT_HOP + LINK_LOCAL, V6_NLRI) + EBGP + LOCAL_PREF)),
    "update_v4_over_v6": bare(AS4 | EXT_NEXT_HOP, UPDATE, update(reach(1, 1, V6_NEXT_HOP, V4_NLRI) + EBGP)),
    "update_flow4": bare(AS4, UPDATE, update(
        reach(1, 133, b"", FLOW4 + FLOW4_LONG) + EBGP + EXT_COMMUNITIES)),
    "update_flow6": bare(AS4, UPDATE, update(reach(2, 133, b"", FLOW6 + FLOW6_ODD[:18] + b"\x02") + EBGP)),
    "update_flow6_offset": bare(AS4, UPDATE, update(reach(2, 133, b"", FLOW6_ODD) + EBGP)),
    "update_vpn4": bare(AS4, UPDATE, update(reach(1, 128, bytes(8) + b"\x0a\xfe\0\1", nlri(
        b"\x0a\1", 16, label(100), RD0) + nlri(b"\x0a", 8, label(101), RD1)) + EBGP + EXT_COMMUNITIES)),
    "update_vpn4_over_v6": bare(AS4 | EXT_NEXT_HOP, UPDATE, update(
        reach(1, 128, bytes(8) + V6_NEXT_HOP, nlri(b"\x0a\1", 16, label(100), RD0)) + EBGP)),
    "update_vpn6": bare(AS4 | IBGP, UPDATE, update(
        reach(2, 128, bytes(8) + V6_NEXT_HOP + bytes(8) + LINK_LOCAL,
              nlri(b"\x20\1\x0d\xb8", 32, label(100), RD2)) + EBGP + unreach(
            2, 128, nlri(b"\x20\1\x0d\xb8", 32, b"\x80\0\0", RD0)))),
    "update_labeled4": bare(AS4, UPDATE, update(reach(1, 4, b"\x0a\xfe\0\1", nlri(
        b"\x0a\1", 16, label(16, False), label(17)) + nlri(b"\x0a", 8, label(3))) + EBGP)),
    "update_labeled6": bare(AS4, UPDATE, update(
        reach(2, 4, V6_NEXT_HOP, nlri(b"\x20\1\x0d\xb8", 32, label(2))) + EBGP)),
    "update_multicast": bare(AS4, UPDATE, update(
        reach(1, 2, b"\x0a\xfe\0\1", V4_NLRI) + EBGP + unreach(2, 2, V6_NLRI))),
    "update_mixed": bare(AS4, UPDATE, update(
        reach(2, 1, V6_NEXT_HOP, V6_NLRI) + EBGP + NEXT_HOP + unreach(2, 1, V6_NLRI), V4_NLRI, V4_NLRI)),
    "update_withdraw": bare(AS4, UPDATE, update(withdrawn=V4_NLRI)),
    "update_withdraw_flow": bare(AS4, UPDATE, update(unreach(1, 133, FLOW4))),
    "update_end_of_rib": bare(AS4, UPDATE, update()),
    "update_end_of_rib_flow6": bare(AS4, UPDATE, update(unreach(2, 133))),
    "stream": framed(AS4, message(OPEN, open_body(capabilities((65, b"\0\0\xfd\xe8")))), message(KEEPALIVE),
                     message(UPDATE, update(EBGP + NEXT_HOP, V4_NLRI)), message(REFRESH, b"\0\1\1\1"),
                     message(NOTIFICATION, b"\6\4\3bye")),
    "stream_extended": framed(AS4 | EXT_MESSAGE, message(UPDATE, update(EBGP + NEXT_HOP, V4_NLRI * 400))),
    "stream_bad_marker": framed(AS4, b"\xfe" + message(KEEPALIVE)[1:]),
    "stream_bad_type": framed(AS4, message(9)),
}

FLOW_TEXTS = {
    "flow4": "4destination 192.0.2.0/24\nprotocol tcp udp\nport >=137 <=139 =8080",
    "flow4_all": "4source 203.0.113.0/24; protocol =6; destination-port >8000 <=8080; source-port !=53 | 54;"
                 " icmp-type echo-request; icmp-code <1; packet-length >100&<0x200; dscp 46",
    "flow4_bits": "4tcp-flags =syn+ack&!rst | 0x102\nfragment dont-fragment+first-fragment | !=is-fragment",
    "flow4_joint": "4tcp-flags syn !ack",
    "flow4_range": "4next-header 6\nport 80 1000-2000&!=1500 | 443",
    "flow4_bool": "4port true false",
    "flow6": "6destination 2001:db8::/32\nsource ::1234:5678:9a00:0/65-104\nflow-label 5\nfragment last-fragment",
    "flow6_icmp": "6protocol icmp6\nicmp-type packet-too-big neighbor-solicitation",
    "action_rate": "atraffic-rate 24000",
    "action_bits": "arate-limit 10 Mbit/s",
    "action_drop": "adrop",
    "action_accept": "aaccept",
    "action_redirect": "aredirect 65000:1",
    "action_redirect_ip": "aredirect 2001:db8::1",
    "action_sample": "atraffic-action sample-terminal",
    "action_mark": "amark 46",
    "community": "c65000:99",
    "community_number": "c101",
    "community_name": "cgraceful-shutdown",
    "community_large": "c65000:1:2",
    "community_target": "ctarget:65000:1.1.1.1",
    "community_target4": "crt:1.10:5",
    "community_target_ip": "csoo:192.0.2.1:5",
    "community_target6": "ctarget:[2001:db8::1]:5",
    "community_redirect_ip": "ccopy-ip:192.0.2.1",
    "community_rate": "ctraffic-rate:65000:1.5e9",
    "community_hex": "c0x030c000000000008",
    "path": "p64500 64501 {64502 64503} 1.10",
    "prefix": "n10.1.2.3/8",
    "prefix6": "n2001:db8::/32",
    "endpoint": "n[::1]:179",
    "family": "nipv6-unicast",
}

CONFIGS = {
    "parameters": """include = []
router_id = "10.0.0.1"
default_as = 65000
[parameters]
mode = "tag"
then = { mode = { tag = "accept", reject = "reject" } }
a = ["$b", "5:$n"]
b = ["1:$n", "$c"]
c = []
n = 5
addresses_of_as = []
[policies.p]
default = "$then"
rules = [
  { when = "$n", if = { community = "$a", not = { next_hop = ["peer", "$addresses_of_as"] } }, set = { when = { mode = ["tag"] }, mark = "$mode" } },
  { when = { mode = "reject" }, then = "$then" },
]
tests = [{ parameters = { n = 6 }, route = { prefix = "9.0.0.0/8", rov = "valid" }, expect = { result = "accept" } }]
[groups.g]
import = "p"
parameters = { n = 7 }
[[peers]]
group = "g"
remote_ip = "10.0.0.2"
remote_as = 65001
parameters = { mode = "reject" }
""",
    "mended": """router_id = 10.0.0.1
default_as 65000
[[peers]
remote_ip = fe80::1%eth0
remote_as = 1
hold_timer = 9
hold_timer = 9
families = ["ipv4 unicast"
advertise_sources = [api, config]
max_prefixes = { ipv4 unicast = 1
[peers]
remote_ip = "::1"
description = \"\"\"a
""",
    "policies": """router_id = "1.1.1.1"
default_as = 65000
ebgp_requires_policy = true
[groups.g]
import = ["in", "last"]
export = "out"
[[peers]]
group = "g"
name = "a"
remote_ip = "127.0.0.2"
remote_as = 65001
keep_filtered = false
channels."ipv6 unicast" = { import = "last", export = [] }
[prefix_sets]
nets = ["10.0.0.0/8 le 32", "2001:db8::/32 ge 48 le 64"]
[as_sets]
tier1 = [174, "64512-65534"]
[community_sets]
action = ["65000:*", "target:65000:*", "0:{peer.as}"]
[prefix_origin_sets]
objects = ["10.0.0.0/8 le 24 64500", "2001:db8::/32 *"]
[policies.in]
default = "reject"
rules = [
  { name = "nets", if = { prefix = "nets", not = { prefix_origin = "objects" } }, then = "reject" },
  { if = { any = [{ not = { prefix_length = "8-24" } }, { all = [{ as_path = "^1( 1)*$" }] }], origin_as = "tier1" },
    set = { local_pref = "+5", communities = { add = ["{local.as}:1:{peer.as}"], remove = ["action"] } } },
  { if.source = "a", set = { prepend = { as = "self", count = 2 }, mark = "m" }, then = "accept" },
]
tests = [
  { route = { prefix = "10.1.0.0/16", as_path = "65001" }, expect = { result = "reject", rule = "nets" } },
  { route = { prefix = "9.0.0.0/9", peer = "a", med = 5 }, expect = { rule = 3, marks = ["m"], med = 5 } },
  { route = { prefix = "9.0.0.0/9", direction = "export", source = "api", peer = { as = 5, name = "a" } },
    expect = { rule = "default", as_path = [], communities = [], next_hop = "192.0.2.1" } },
]
[policies.last]
[[policies.last.rules]]
if.med = [1, "5-7"]
then = "next"
[policies.out]
default = "accept"
""",
    "validation": """router_id = "1.1.1.1"
default_as = 65000
[rpki]
vrps = ["192.0.2.0/24 le 26 64500", "2001:db8::/32 1.10", "198.51.100.0/24 0", "192.0.2.0/24 ge 25 1", "x 1"]
aspas = ["64500: 64501 64502", "64501: 0", "64501:", ": 1", "1: 2 2 x"]
[policies.rov]
rules = [{ if = { rov = ["invalid", "bad"] }, then = "reject" }, { if.aspa = "valid", set.med = 1 }]
tests = [{ route = { prefix = "192.0.2.0/24", rov = "valid", aspa = "no" }, expect = { result = "next" } }]
[[peers]]
remote_ip = "127.0.0.2"
remote_as = 65001
role = "provider"
import = ["rov"]
export = ["rov"]
reject_aspa_invalid = false
""",
    "policies_wrong": """router_id = "1.1.1.1"
[[peers]]
remote_ip = "127.0.0.2"
remote_as = 65000
import = ["q", "p", "p", 5]
[prefix_sets]
a = ["10.0.0.0/33", 5]
none = { file = "none.txt" }
[policies.p]
default = drop
[[policies.p.rules]]
if = { any = [], not = {}, med = 8-24, medd = 1 }
set = { local_pref = [], communities = { add = "x", replace = {} } }
then = reject
[[policies.p.tests]]
route = { prefix = "10.0.0.0/33", source = "x", peer = { as = 0 } }
expect = { rule = 9, as_path = "x" }
""",
    "minimal": """router_id = "1.1.1.1"
[[peers]]
remote_ip = "127.0.0.2"
remote_as = 65000
local_as = 65000
""",
    "full": """router_id = "1.1.1.1"
default_as = 65000
cluster_id = "9.9.9.9"
bgp_socket = ["127.0.0.1:1179", "[::1]:1179"]
api_socket = "0.0.0.0:8080"
poll_interval = 30

[groups.edge]
hold_timer = 90
passive = true

[[peers]]
group = "edge"
remote_ip = "127.0.0.0/28"
description = "lab"
remote_as = 65001
enabled = false
dest_port = 1179
families = ["ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow"]
advertise_sources = ["api", "config", "peer"]
md5_password = "secret"
multihop = 2
max_prefixes = { "ipv4 unicast" = 1000 }
next_hop_self = true
channels."ipv6 unicast" = { max_prefixes = { limit = 9, warn_percent = 50, action = "warn", count = "accepted" } }

  [[peers.static_routes]]
  prefix = "9.9.9.0/24"
  next_hop = "10.254.0.1"
  origin = "EGP"
  as_path = ["100", "1.10"]
  local_pref = 200
  multi_exit_disc = 5
  communities = ["101", "65000:99", "target:65000:1.1.1.1", "65000:1:2", "redirect:6:302"]
  aggregator = "1.10:192.0.2.2"
  atomic_aggregate = true
  originator_id = "192.0.2.3"
  cluster_list = ["192.0.2.4", "192.0.2.5"]
  aigp = 100

  [[peers.static_flows]]
  afi = 1
  action = "traffic-rate 24000"
  matches = ["source 192.168.2.0/24", "destination-port >8000 <=8080", "packet-length >100"]
  as_path = ["65000", "500"]

[[peers]]
remote_ip = "::2"
remote_as = 65000
router_id = "2.2.2.2"
local_address = "::1"
ttl_security = true
route_reflector_client = true

  [[peers.static_routes]]
  prefix = "3001:100::/48"
  next_hop = "3001:1::1"

  [[peers.static_routes]]
  prefix = "3001:100::/48"
  next_hop = "3001:1::1"
  rd = "65000:7"
  labels = [100, 200]

  [[peers.static_routes]]
  prefix = "10.7.0.0/16"
  next_hop = "3001:1::1"
  family = "ipv4 multicast"

  [[peers.static_flows]]
  afi = 2
  action = "redirect 6:302"
  matches = ["destination 3001:10:11::/64", "protocol tcp", "tcp-flags syn"]
""",
    "wrong": """router_id = 5
nonsense = true
[[peers]]
remote_ip = "x"
remote_as = -1
families = ["ipv5 unicast"]
[[peers.static_routes]]
prefix = "1.2.3.4/99"
family = "ipv4 flow"
rd = "1:x"
labels = [-1, "2"]
[peers.static_flows]
afi = 3
""",
    "syntax": "router_id = \"1.1.1.1\n[[peers]\n",
}


# First byte of a fuzz_nlri input: the number of the family.
NLRI = {
    "unicast4": bytes([0]) + nlri(b"", 0) + nlri(b"\x0a", 8) + nlri(b"\xc0\0\2\1", 32),
    "unicast6": bytes([1]) + nlri(b"\x20\1\x0d\xb8", 32) + nlri(b"\x20\1\x0d\xb8" + b"\1" * 12, 127),
    "flow4": bytes([2]) + b"\x06\1\x08\x0a\3\x81\6" + b"\x03\3\x81\x11",
    "flow6": bytes([3]) + b"\x07\1\x08\0\x20\3\x81\6",
    "multicast4": bytes([4]) + nlri(b"\x0a\1", 16) + nlri(b"\x0a", 8),
    "multicast6": bytes([5]) + nlri(b"\x20\1\x0d\xb8", 32),
    "labeled4": bytes([6]) + nlri(b"\x0a\1", 16, label(100)) + nlri(b"\x0a", 8, label(3)),
    "labeled4_stack": bytes([6]) + nlri(b"\x0a\1", 16, label(16, False), label(17, False), label(18)),
    "labeled4_withdrawn": bytes([6]) + nlri(b"\x0a\1\2", 24, b"\x80\0\0") + nlri(b"\x0a", 8, b"\0\0\0"),
    "labeled4_no_bottom": bytes([6]) + nlri(b"\x0a\1\2", 24, label(16, False)),
    "labeled4_most": bytes([6]) + nlri(b"\x0a", 8, *[label(i, i == 10) for i in range(1, 11)]),
    "labeled6": bytes([7]) + nlri(b"\x20\1\x0d\xb8", 32, label(1048575)),
    "vpn4": bytes([8]) + nlri(b"\x0a\1", 16, label(100), RD0) + nlri(b"", 0, label(0), RD1),
    "vpn4_types": bytes([8]) + b"".join(nlri(b"\x0a", 8, label(9), rd) for rd in (RD1, RD2, RD_UNKNOWN)),
    "vpn4_stack": bytes([8]) + nlri(b"\x0a\1", 16, label(100, False), label(200), RD0),
    "vpn4_no_bottom": bytes([8]) + nlri(b"\x0a\1\2\3", 32, label(100, False), RD2),
    "vpn4_withdrawn": bytes([8]) + nlri(b"\x0a\1\2\3", 32, b"\x80\0\0", RD0),
    "vpn4_too_long": bytes([8]) + nlri(b"\x0a\1\2\3\4", 40, label(100), RD0) + nlri(b"\x0a", 8, label(1), RD0),
    "vpn6": bytes([9]) + nlri(b"\x20\1\x0d\xb8", 32, label(100), RD0) + nlri(b"\1" * 16, 128, label(7), RD2),
}


def write(target, seeds):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in seeds.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)


def netlink(kind, head, *attributes, flags=0, seq=0):
    """A message of rtnetlink(7): header, head, attributes (type, value)."""
    body = head
    for number, value in attributes:
        body += struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, flags, seq, 0) + body


def link(kind, index, flags, name):
    return netlink(kind, struct.pack("=BxHiII", 0, 1, index, flags, 0), (3, name + b"\0"))


def address(kind, family, bits, index, own, flags=0):
    return netlink(kind, struct.pack("=BBBBI", family, bits, 0, 0, index), (1, own), (2, own),
                   (8, struct.pack("=I", flags)))


NETLINK = {
    "links": link(16, 1, 0x10049, b"lo") + link(16, 2, 0x11043, b"eth0") + link(17, 2, 0, b"eth0"),
    "addresses": address(20, 2, 24, 2, bytes([192, 0, 2, 1])) +
    address(20, 10, 64, 2, bytes.fromhex("fe80000000000000") + bytes(7) + b"\1", 0x40) +
    address(21, 2, 24, 2, bytes([192, 0, 2, 1])),
    "done": netlink(3, bytes(4), flags=2, seq=1),
    "error": netlink(2, struct.pack("=i", -1) + bytes(16), seq=1),
}

# First byte of a fuzz_policy_sets input: a file of prefixes, an entry of one, a file of prefixes with
# origins, one of AS numbers, or an expression with a path in the second line.
POLICY_SETS = {
    "prefix_lines": "p# customers\n10.0.0.0/8 le 24 # more\n\n192.0.2.0/24\r\n2001:db8::/32 ge 48 le 64\n::/0\n",
    "prefix_nested": "p10.0.0.0/8 ge 9 le 12\n10.0.0.0/9 le 10\n10.0.0.0/8\n10.1.0.0/16 ge 24\n",
    "prefix_long": "p2001:db8::1/128\n2001:db8::/64 ge 65 le 127\n2001:db8::/63 ge 70\n",
    "prefix_bgpq4": """p{ "NN": [
    { "prefix": "192.0.2.0\\/24", "exact": true },
    { "prefix": "10.0.0.0\\/8", "exact": false,
      "greater-equal": 25, "less-equal": 26 },
    { "prefix": "2001:db8::\\/32", "exact": false, "less-equal": 48 }
] }
""",
    "prefix_strings": 'p{"NN":["10.0.0.0/8 le 24"]}',
    "prefix_host_bits": "p192.0.2.0/24\n10.0.0.1/8\n",
    "prefix_no_json": 'p{"NN": [{"prefix": "10.0.0.0/8", "exact": fal',
    "entry": "e10.0.0.0/8 ge 9 le 24",
    "entry6": "e2001:db8::/32 le 128",
    "entry_bad": "e10.0.0.0/8 ge 25 le 24 eq",
    "origin_lines": "o10.0.0.0/8 le 24 AS174\n10.0.0.0/8 *\n\n2001:db8::/32 1.10 # more\n10.0.0.0/9 174\n",
    "origin_json": 'o{"NN": ["10.0.0.0/8 ge 9 le 10 0", "::/0 *"]}',
    "origin_bad": "o10.0.0.0/8 1-2\n",
    "as_lines": "aAS174\n3356 # Lumen\n64512-65534\n1.10-1.20\n",
    "as_bgpq4": 'a{"NN": [\n  174,3356,\n  "64512-65534"\n]}\n',
    "as_zero": "a0\n0-5\n",
    "as_bad": "aAS\n",
    "regex": "r^65001( 65001)*$\n65001 65001",
    "regex_between": "r_(174|3356)_[0-9]+_\n1 174 2",
    "regex_set": "r[^0-9 ,]+.?{1,3}\n65001 {65003 65004}",
    "regex_count": "r^([0-9]+_){2,}[1-3]{0,9}$\n1 2 3",
    "regex_hard": "r(([0-9]+)* *)*[{,]\n1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24",
    "regex_bad": "r(65001[\n1",
}

# A fuzz_policy_values input: the name of a match, and a word a line.
POLICY_VALUES = {
    "prefix": "prefix\nnets\n192.0.2.0/24 ge 25\n2001:db8::/32 le 48",
    "prefix_origin": "prefix_origin\nobjects\n192.0.2.0/24 ge 25 64500\n2001:db8::/32 *",
    "prefix_length": "prefix_length\n8-24\n32",
    "family": "family\nipv4 unicast\nipv6-flow",
    "rd": "rd\n65000:1\n192.0.2.1:*\n0x0003000000000001\n*:1-9",
    "route_target": "route_target\n{peer.as}:*\ntarget:1.10:5\ncomms",
    "flow_prefix": "flow_destination\n10.0.0.0/8",
    "flow_has": "flow_has\nnext-header\ndrop\nredirect-ip",
    "as_path": "as_path\n^1( 1)*_\n[{]2",
    "origin_as": "origin_as\nAS174\n1.10\nases\n{neighbor.as}",
    "as_in_path": "as_in_path\n{peer.as}\n{local.as}\n64512-65534",
    "rov": "rov\nvalid\nnot-found",
    "aspa": "aspa\ninvalid\nunknown",
    "as_behind_first": "as_behind_first\n{peer.as}\n174\n64512-65534",
    "prefix_within": "prefix_within\n10.0.0.0/8\n2001:db8::/32 ge 48",
    "unique_length": "as_path_unique_length\n1-3",
    "flag": "has_private_as\ntrue",
    "community": "community\n65000:1\n65000:100-199\n*:*:{peer.as}\nno-export\ncomms",
    "community_extended": "community\ntarget:*:{peer.address}\nsoo:192.0.2.1:1-5\nmark:*\n0x0102030405060708",
    "community_ipv6": "community\nredirect:[2001:db8::1]:{origin.as}\ntarget:[2001:db8::1]:*",
    "community_every": "community\n*",
    "community_all": "community_all\n0:{peer.as}\n1:*:*\ntarget:{peer.as}:{peer.address}",
    "community_count": "community_count\n0-2",
    "communities": "communities\n65000:* # ours\n1:1:1\n{peer.as}:{local.as}\ntarget:{peer.as}:7\n",
    "communities_json": 'communities\n{"a": ["65000:1", "65000:1:*"]}',
    "next_hop": "next_hop\nself\n{peer.address}\n192.0.2.1\nnets\n2001:db8::/32 le 64",
    "origin": "origin\nigp\nincomplete",
    "aigp": "aigp\n0-18446744073709551615",
    "source": "source\napi\nfe80::1%eth0\n192.0.2.0/24\npeer\n{peer.name}\n{peer.address}",
    "mark": "mark\na\nfrom:b",
    "nearest": "community\nno-exprt",
}



def rtr_pdu(version, kind, flags=0, body=b""):
    return struct.pack("!BBHI", version, kind, flags, 8 + len(body)) + body


def rtr(version, *pdus, piece=0):
    """What a cache sends to a router that begins with this version, in pieces of so many octets."""
    return bytes([version, piece]) + b"".join(pdus)


def rtr_end(version, serial):
    timers = struct.pack("!III", 3600, 600, 7200) if version > 0 else b""
    return rtr_pdu(version, 7, 77, struct.pack("!I", serial) + timers)


def rtr_vrp4(version, announce, third=2):
    return rtr_pdu(version, 4, 0, bytes([announce, 24, 26, 0, 192, 0, third, 0, 0, 0, 0xfb, 0xf4]))


def rtr_vrp6(version, announce):
    return rtr_pdu(version, 6, 0, bytes([announce, 32, 48, 0]) + bytes.fromhex("20010db8") + bytes(12) +
                   b"\0\0\0\1")


def rtr_aspa(announce, customer, *providers):
    return rtr_pdu(2, 11, announce << 8, struct.pack(f"!{1 + len(providers)}I", customer, *providers))


def rtr_data(version):
    return (rtr_pdu(version, 3, 77) + rtr_vrp4(version, 1) + rtr_vrp4(version, 1, 3) +
            rtr_vrp6(version, 1))


RTR = {
    **{f"session_{v}": rtr(v, rtr_data(v), rtr_end(v, 1), rtr_pdu(v, 0, 77, b"\0\0\0\2"), rtr_pdu(v, 3, 77),
                           rtr_vrp4(v, 0), rtr_vrp6(v, 0), rtr_vrp6(v, 1), rtr_end(v, 2), piece=7 * v)
       for v in (0, 1, 2)},
    "aspas": rtr(2, rtr_data(2), rtr_aspa(1, 9, 1, 2), rtr_aspa(1, 8, 0), rtr_end(2, 1),
                 rtr_pdu(2, 0, 77, b"\0\0\0\2"), rtr_pdu(2, 3, 77), rtr_aspa(1, 9, 3), rtr_aspa(0, 8),
                 rtr_end(2, 2)),
    "reset": rtr(1, rtr_data(1), rtr_end(1, 1), rtr_pdu(1, 0, 77, b"\0\0\0\2"), rtr_pdu(1, 8), rtr_data(1),
                 rtr_end(1, 2)),
    "new_session": rtr(1, rtr_data(1), rtr_end(1, 1), rtr_pdu(1, 0, 78, b"\0\0\0\2"), rtr_pdu(1, 3, 77),
                       rtr_vrp4(1, 1, 9), rtr_end(1, 2)),
    "downwards": rtr(2, rtr_pdu(1, 10, 4, bytes(8)), rtr_data(1), rtr_end(1, 1)),
    "answers_lower": rtr(2, rtr_data(0), rtr_end(0, 1)),
    "no_data": rtr(1, rtr_pdu(1, 10, 2, bytes(4) + b"\0\0\0\2no"), rtr_pdu(1, 0, 77, bytes(4)), rtr_data(1)),
    "router_key": rtr(1, rtr_pdu(1, 3, 77), rtr_pdu(1, 9, 0x100, bytes(30)), rtr_end(1, 1)),
    "twice": rtr(1, rtr_data(1), rtr_vrp4(1, 1)),
    "unknown": rtr(1, rtr_data(1), rtr_vrp4(1, 0, 9)),
    "too_early": rtr(1, rtr_vrp4(1, 1)),
    "bad_providers": rtr(2, rtr_data(2), rtr_aspa(1, 9, 2, 1), rtr_data(1), rtr_end(1, 1)),
}

VRP_JSON = {
    "rpki_client": '{"metadata": {"roas": 1},\n"roas": [\n{ "asn": 64500, "prefix": "192.0.2.0/24", '
                   '"maxLength": 26, "ta": "ripe", "expires": 1800000000 },\n{ "asn": 1, "prefix": '
                   '"2001:db8::/32", "maxLength": 32, "expires": 5 }\n],\n"bgpsec_keys": [],\n"aspas": [ '
                   '{ "customer_asid": 64500, "expires": 1800000000, "providers": [ 2, 1 ] } ] }',
    "routinator": '{"roas":[{"asn":"AS64500","prefix":"10.0.0.0/8","maxLength":8,"source":[{"type":"roa"}]}],'
                  '"aspas":[{"customer":"AS1","providers":["AS2","AS3"],"ta":"N/A"},'
                  '{"customer":"AS1","providers":["AS4"]}]}',
    "empty": '{"roas":[]}',
    "neither": '{"vrps":[1,{"a":"b\\"]"}]}',
}

EXA = {
    "route": "announce route 10.0.0.0/24 next-hop 192.0.2.1 origin egp med 5 local-preference 7 name x",
    "seldom": "announce route 10.0.0.0/24 next-hop 192.0.2.1 aggregator ( 65000:192.0.2.2 ) atomic-aggregate "
              "originator-id 192.0.2.3 cluster-list [ 192.0.2.4 192.0.2.5 ] aigp 0x1FF",
    "path": "announce route 2001:db8::/32 next-hop self as-path [ 1 2, 1.10 ( 3 4 ) ] community no_export",
    "communities": "announce route 10.0.0.0/24 next-hop 192.0.2.1 community [1:2 0xFFFF029A 7] large-community "
                   "1:2:3 extended-community [ target:1:2 target4:1:3 70000L:1 origin4:1:2 redirect:1:2 "
                   "l2info:19:0:1500:111 bandwidth:1:125 0x0002FDE800000001 redirect-to-nexthop ]",
    "vpn": "announce ipv4 mpls-vpn 10.0.0.0/24 rd 192.0.2.1:1 label [ 100 200 ] next-hop 192.0.2.1",
    "split": "announce route 10.0.0.0/23 { next-hop 192.0.2.1; split /24; watchdog dog; withdraw; }",
    "nlri": "withdraw attributes next-hop self nlri 10.1.0.0/24 10.2.0.0/24;",
    "selectors": "neighbor 192.0.2.1 local-ip 192.0.2.2 local-as 1 peer-as 2 router-id 1.2.3.4 family-allowed "
                 "in-open, peer * announce route-refresh ipv6 nlri-mpls",
    "flow": "announce flow route blah { match { source 10.0.0.1/32; destination-port [ =80 >8080&<8088 ]; protocol "
            "tcp; tcp-flags [ syn+ack !fin =urgent ]; fragment !is-fragment; } then { redirect 65000:1; mark 10; "
            "action sample-terminal; copy 192.0.2.9; community [ 1:2 ]; } }",
    "flow6": "announce ipv6 flow destination 2001:db8::/64/32 next-header [ udp ] flow-label >100&<2000 "
             "packet-length !=40 port true icmp-type traceroute rate-limit 9600",
    "escaped": "announce flow route {\\n match {\\n source 10.0.0.3/32;\\n }\\n next-hop 1.1.1.1;\\n then {\\n "
               "redirect-to-nexthop;\\n }\\n }\\n\\n",
    "others": "show neighbor 192.0.2.1 summary",
    "teardown": "neighbor 2001:db8::1 teardown 6",
    "quoted": "announce watchdog \"a b\" # why",
}

write("fuzz_message", MESSAGES)
write("fuzz_nlri", NLRI)
write("fuzz_flow_text", FLOW_TEXTS)
write("fuzz_config", CONFIGS)
write("fuzz_netlink", NETLINK)
write("fuzz_rtr", RTR)
write("fuzz_vrp_json", VRP_JSON)

JSONRPC = {
    "call": b'{"jsonrpc":"2.0","id":1,"method":"show_peers","params":["127.0.0.2",1.5,-7,true,null]}',
    "batch": b'[{"jsonrpc":"2.0","method":"m"},{"jsonrpc":"2.0","id":"x\\u00e4","method":"n","params":{}},7]',
    "many": b'{"jsonrpc":"2.0","id":1,"method":"advertise_routes","params":{"next_hop":"10.0.0.1",'
            b'"routes":["10.0.0.0/8",{"prefix":"10.1.0.0/16"}],"flows":[{"afi":1,"matches":["port 80"]}]}}',
    "lines": b'{"jsonrpc":"2.0","id":1,"method":"m"}\n\n{"jsonrpc":"2.0","method":"m"}\r\n[]\n',
    "wrong": b'[{"jsonrpc":"2.0","id":99999999999999999999,"method":"a\\u0000b","method":"b"},]',
}
write("fuzz_jsonrpc", JSONRPC)

ROUTE_LINES = {
    "words": b'10.0.0.0/8 10.0.0.1 --med 10 -c "65000:1 target:1:2" -a 1 2 --ttl 10m',
    "several": b'10.0.0.0/8 11.0.0.0/8 --next-hop=10.0.0.1 -l 100,200 --rd 65000:1 # why',
    "flow": b'ipv4 drop -m "destination 192.0.2.1/32" "protocol udp"',
    "object": b'{"prefix": "10.0.0.0/8", "next_hop": "10.0.0.1", "to": ["a"]}',
    "shown": b'{"source": "API", "afi": "IPv4", "safi": "Flowspec", "rules": ["port =80"], "actions": '
             b'["traffic-rate 0"], "prefix": "port =80", "expires_in": 60, "next_hop": null}',
}
write("fuzz_route_lines", ROUTE_LINES)
write("fuzz_policy_sets", POLICY_SETS)
write("fuzz_policy_values", POLICY_VALUES)
write("fuzz_exa", EXA)
