"""An exchange with a route server (P2, P3, P5) in the words of BIRD and of BGPd: bogons, a prefix list
for each member, origin validation, and a community by which members say who is not to be told.
exchange.c draws the lists, and knows who has to be told what."""

import json
import os
import subprocess

BOGONS = (65536, 131071)  # and 23456
RULE_WITHOUT_BOGONS = 2  # see exchange.h: the version from which on they are let through
VRPS_FILE = "vrps.json"


class ExchangePolicy:
    """What the route server asks of its members. Those have consecutive AS numbers."""

    def __init__(self, load_binary, run, directory, sender_as, import_table):
        self.load_binary, self.run, self.directory = load_binary, run, directory
        self.sender_as = sender_as
        self.bird_import_table = import_table
        self.change(0)

    def change(self, version):
        self.version = version
        subprocess.run([self.load_binary, "--table", self.run.table, "--members",
                        "--senders", str(self.run.senders), "--sender-as", str(self.sender_as),
                        "--traits", "members", "--policy", "members",
                        "--write-lists", self.directory,
                        "--version", str(version)], check=True)

    def _lines(self, name):
        with open(os.path.join(self.directory, name)) as f:
            return f.read().splitlines()

    def _vrps(self):
        return [line.split() for line in self._lines("vrps.txt")]

    # --- BIRD ---

    def bird(self):
        lines = ["ipv4 table master4 sorted;", "roa4 table vrps;",
                 "protocol static { roa4 { table vrps; };"]
        lines += [f"route {p} max {longest} as {asn};" for p, longest, asn in self._vrps()]
        lines += ["}", f"define bogons = [ 23456, {BOGONS[0]}..{BOGONS[1]} ];",
                  "function is_good() {"]
        if self.version < RULE_WITHOUT_BOGONS:
            lines.append("  if bgp_path ~ bogons then return false;")
        lines += ["  if roa_check(vrps, net, bgp_path.last) = ROA_INVALID then return false;",
                  "  return true;", "}"]
        for n in range(self.run.senders):
            lines.append(f"define member_{n} = [")
            lines.append(",\n".join(map(_bird_entry, self._lines(f"member-{n}.txt"))))
            lines += ["];", f"filter from_{n} {{ if !is_good() then reject; "
                      f"if net !~ member_{n} then reject; accept; }}"]
        return lines

    def bird_channel(self, number, peer):
        table = "import table yes;" if self.bird_import_table else ""
        return (f"import filter from_{number}; export where !((0, {peer.asn}) ~ bgp_community); "
                f"secondary yes; {table}")

    # --- BGPd ---

    def bgpd(self):
        roas = [{"prefix": p, "maxLength": int(longest), "asn": int(asn)}
                for p, longest, asn in self._vrps()]
        with open(os.path.join(self.directory, VRPS_FILE), "w") as f:
            json.dump({"roas": roas}, f)
        lines = ["[rpki]", f'files = ["{VRPS_FILE}"]', "[as_sets]",
                 f'bogons = [23456, "{BOGONS[0]}-{BOGONS[1]}"]', "[prefix_sets]"]
        members = range(self.run.senders)
        lines += [f'member-{n} = {{ file = "member-{n}.txt" }}' for n in members]
        rules = [("bogons", 'as_in_path = "bogons"')] if self.version < RULE_WITHOUT_BOGONS else []
        rules.append(("invalid", 'rov = "invalid"'))
        if self.version >= RULE_WITHOUT_BOGONS:
            lines.remove(f'bogons = [23456, "{BOGONS[0]}-{BOGONS[1]}"]')
        lines += ["[policies.good]", "rules = ["]
        lines += [f'  {{ name = "{n}", if = {{ {i} }}, then = "reject" }},' for n, i in rules]
        lines.append("]")
        for n in members:
            lines += [f"[policies.from-{n}]", 'default = "reject"',
                      f'rules = [ {{ if = {{ prefix = "member-{n}" }}, then = "accept" }} ]']
        return lines + ["[policies.told]", 'rules = [ { name = "not-to-peer", if = { community = '
                        '"0:{peer.as}" }, then = "reject" } ]']

    def bgpd_peer(self, number, peer):
        return [f'import = ["good", "from-{number}"]', 'export = ["told"]']


def _bird_entry(line):
    prefix, *le = line.split(" le ")
    return f"{prefix}{{{prefix.split('/')[1]},{le[0]}}}" if le else prefix
