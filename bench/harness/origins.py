"""Origin validation by a cache (R scenarios) in the words of BIRD and of BGPd: what is invalid is
rejected, what is valid is marked, on import or on export. origins.c draws the VRPs, and knows what is
what."""

import os
import subprocess

from . import cache, daemons


class OriginsPolicy:
    def __init__(self, load_binary, run, directory):
        self.load_binary, self.run, self.directory = load_binary, run, directory
        self.on_export = run.policy == "origins-export"
        self.cache = cache.Cache(daemons.ADDRESS)

    def prepare(self, version, anew):
        """Has the cache get ready to change to a version of the VRPs."""
        subprocess.run([self.load_binary, "--table", self.run.table, "--senders", "1",
                        "--policy", "origins", "--write-lists", self.directory,
                        "--version", str(version)], check=True)
        with open(os.path.join(self.directory, "vrps.txt")) as f:
            self.cache.prepare(f.read().splitlines(), anew)

    # --- BIRD ---

    def bird(self):
        return f"""
roa4 table vrps;
protocol rpki {{
  roa4 {{ table vrps; }};
  remote {daemons.ADDRESS} port {self.cache.port};
}}
filter judged {{
  if roa_check(vrps, net, bgp_path.last) = ROA_INVALID then reject;
  if roa_check(vrps, net, bgp_path.last) = ROA_VALID then bgp_community.add((64999,1));
  accept;
}}
""".splitlines()

    def bird_channel(self, number, peer):
        if self.on_export:
            return "import all; export filter judged; export table yes;"
        return "import filter judged; import table yes; export all;"

    # --- BGPd ---

    def bgpd(self):
        return ["[[rpki.caches]]", f'address = "{daemons.ADDRESS}"', f"port = {self.cache.port}",
                "[policies.judged]", 'default = "accept"', "rules = [",
                '  { name = "invalid", if = { rov = "invalid" }, then = "reject" },',
                '  { name = "valid", if = { rov = "valid" }, '
                'set = { communities = { add = ["64999:1"] } } },', "]"]

    def bgpd_peer(self, number, peer):
        return [f'{"export" if self.on_export else "import"} = ["judged"]']
