"""The route policies of the P scenarios, in the words of BIRD and of BGPd. What they have to make of
a table, outcome.c finds for the load generator a third time."""

import ipaddress
import os
import random

MARK, MARK_ALL = 1, 2  # 64999:1, 64999:2: the communities that the receivers look for
CLASSES = 100  # of peers, in ClassesPolicy: peer n is of class n % 100
TIER1 = [174, 701, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6461, 6762]
WATCHED = [400000 + 7 * i for i in range(2000)]
LENGTHS = (9, 24)
LONGEST_PATH = 50
SET_FILE = "own.txt"


def _list(values):
    return ", ".join(str(v) for v in values)


# --- the prefix set ---

def draw_entries(prefixes, count):
    """[(prefix, le or None)]: a fifth are prefixes of the table, some with what is below them; the
    others are their neighbours and halves that the table does not have."""
    rng = random.Random(7)
    table = {_split(p) for p in prefixes}
    entries = {}
    for prefix in rng.sample(prefixes, count // 5):
        address, length = _split(prefix)
        entries[address, length] = 24 if 20 <= length <= 22 else None
    while len(entries) < count:
        address, length = _split(rng.choice(prefixes))
        bit = 1 << (32 - length)
        for other in ((address ^ bit, length), (address, length + 1)):
            if other not in table and len(entries) < count:
                entries.setdefault(other, None)
    return [(_text(*key), le) for key, le in entries.items()]


def _split(prefix):
    address, length = prefix.split("/")
    return int(ipaddress.IPv4Address(address)), int(length)


def _text(address, length):
    return f"{ipaddress.IPv4Address(address)}/{length}"


def fewer(entries):
    """Without a tenth of those that are in the table."""
    return [e for i, e in enumerate(entries) if i >= len(entries) // 5 or i % 10]


def write_entries(entries, directory):
    path = os.path.join(directory, SET_FILE)
    with open(path, "w") as f:
        for prefix, le in entries:
            f.write(f"{prefix} le {le}\n" if le else f"{prefix}\n")
    return path


# --- policies: what stands in front of the peers, and what each of them has ---

class ImportPolicy:
    """A prefix set and ten rules, as people write them for what they learn from others."""

    bird_import_table = False

    def __init__(self, entries, version=0, import_table=False):
        self.entries = entries
        self.version = version  # see outcome.h
        self.bird_import_table = import_table

    def bird(self):
        lengths = f"{{{LENGTHS[0]},{LENGTHS[1]}}}"
        mark = f"bgp_community.add((64999,{MARK}));"
        own = ",\n".join(f"{p}{{{p.split('/')[1]},{le}}}" if le else p for p, le in self.entries)
        origins = mark if self.version < 2 else "reject;"
        all_routes = "" if self.version < 1 else \
            f"bgp_local_pref = 150; bgp_community.add((64999,{MARK_ALL}));"
        return f"""
define own = [
{own}
];
define bogon_asns = [ 23456, 64496..131071 ];
define tier1 = [ {_list(TIER1)} ];
define watched = [ {_list(WATCHED)} ];
filter learned {{
  if bgp_path ~ bogon_asns then reject;
  if bgp_path.len > {LONGEST_PATH} then reject;
  if net !~ [ 0.0.0.0/0{lengths} ] then reject;
  if net ~ own then reject;
  if (65535,666) ~ bgp_community then reject;
  if bgp_path ~ tier1 then reject;
  if (65000,80) ~ bgp_community then {{ bgp_local_pref = 80; {mark} }}
  if bgp_community ~ [ (65000,200..299) ] then {{ bgp_local_pref = 120; {mark} }}
  if bgp_path.last ~ watched then {{ {origins} }}
  if bgp_path ~ [= * 7018 ? =] then {{ bgp_med = 50; {mark} }}
  if bgp_path.len = 3 then {{ {mark} }}
  {all_routes}
  accept;
}}
""".splitlines()

    def bird_channel(self, number, peer):
        table = "import table yes;" if self.bird_import_table else ""
        return f"import filter learned; export all; {table}"

    def bgpd(self):
        def adds(mark, *more):
            return "set = { " + "".join(m + ", " for m in more) + \
                f'communities = {{ add = ["64999:{mark}"] }} }}'
        origins = adds(MARK) if self.version < 2 else 'then = "reject"'
        rules = [
            ("bogon-asns", 'as_in_path = "bogons"', 'then = "reject"'),
            ("long-path", f'as_path_length = "{LONGEST_PATH + 1}-65535"', 'then = "reject"'),
            ("length", f'not = {{ prefix_length = "{LENGTHS[0]}-{LENGTHS[1]}" }}',
             'then = "reject"'),
            ("own", 'prefix = "own"', 'then = "reject"'),
            ("blackhole", 'community = "65535:666"', 'then = "reject"'),
            ("tier1", 'as_in_path = "tier1"', 'then = "reject"'),
            ("low", 'community = "65000:80"', adds(MARK, "local_pref = 80")),
            ("high", 'community = "65000:200-299"', adds(MARK, "local_pref = 120")),
            ("origins", 'origin_as = "watched"', origins),
            ("expression", 'as_path = "_7018_[0-9]+$"', adds(MARK, "med = 50")),
            ("short", "as_path_length = 3", adds(MARK)),
        ]
        lines = ["[prefix_sets]", f'own = {{ file = "{SET_FILE}" }}', "[as_sets]",
                 'bogons = [23456, "64496-131071"]', f"tier1 = [{_list(TIER1)}]",
                 f"watched = [{_list(WATCHED)}]", "[policies.learned]", 'default = "accept"',
                 "rules = ["]
        lines += [f'  {{ name = "{n}", if = {{ {i} }}, {what} }},' for n, i, what in rules]
        if self.version >= 1:
            lines.append(f'  {{ name = "all", {adds(MARK_ALL, "local_pref = 150")} }},')
        return lines + ["]"]

    def bgpd_peer(self, number, peer):
        return ['import = ["learned"]']


class PeerAsPolicy:
    """One export policy for all: a peer is not told what has the community 0:<its AS>."""

    def bird(self):
        return """
function may_be_told(int peer_as) {
  if (0, peer_as) ~ bgp_community then return false;
  return true;
}""".splitlines()

    def bird_channel(self, number, peer):
        return f"import all; export where may_be_told({peer.asn});"

    def bgpd(self):
        return ["[policies.told]", "rules = [",
                '  { name = "not-to-peer", if = { community = "0:{peer.as}" }, then = "reject" },',
                "]"]

    def bgpd_peer(self, number, peer):
        return ['export = ["told"]']


class ClassesPolicy:
    """As many export policies as there are peers, a hundred at most: each rejects another community."""

    def __init__(self, peers):
        self.classes = min(peers, CLASSES)

    def bird(self):
        return []

    def bird_channel(self, number, peer):
        n = number % self.classes
        return f"import all; export where ! ((65000,{n}) ~ bgp_community);"

    def bgpd(self):
        lines = []
        for n in range(self.classes):
            lines += [f"[policies.told-{n}]", "rules = [",
                      f'  {{ name = "not-{n}", if = {{ community = "65000:{n}" }}, '
                      'then = "reject" },', "]"]
        return lines

    def bgpd_peer(self, number, peer):
        return [f'export = ["told-{number % self.classes}"]']
