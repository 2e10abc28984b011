"""The daemons under test: a config equivalent to everybody else's, and the command that starts it.

Every peer is an external neighbour that connects to us; everything is accepted and announced. Each
adapter is a class with `available()` and `prepare(topology, directory) -> argv`. Those that can have a
policy (policies.py) have `reload(directory, pid)`, too: `prepare` has written another config."""

import os
import shutil
import signal
import subprocess

ADDRESS = "127.0.0.1"
LAN, LAN_ADDRESS = "10.254", "10.254.255.253"
PORT = 1179
LOCAL_AS = 4200000999  # in no path of a real table
ROUTER_ID = "10.0.0.1"
NEXT_HOP_6 = "2001:db8:fe::ffff"
STATIC_NEXT_HOP = "10.254.0.1"


class Peer:
    def __init__(self, number, asn, on_lan=False):
        first = LAN if on_lan else "127.1"
        self.address = f"{first}.{number // 250}.{number % 250 + 1}"
        self.own_prefix = f"198.18.{number // 250}.{number % 250 + 1}/32"  # in no table
        self.asn = asn


class Topology:
    """What a scenario asks of the daemon's config."""

    def __init__(self, peers, version=4, route_server=False, hold_s=3600, static=(),
                 personal=False, policy=None, on_lan=False):
        self.peers = peers
        self.on_lan = on_lan  # see proc.Lan
        self.address = LAN_ADDRESS if on_lan else ADDRESS  # the daemon's, for its peers
        self.version = version  # of the routes; sessions are IPv4
        self.route_server = route_server
        self.hold_s = hold_s
        self.static = static  # prefixes that the daemon originates itself
        self.personal = personal  # it originates the own_prefix of each peer, for that peer alone
        self.policy = policy  # of policies.py


def _write(directory, name, text, mode=0o600):
    path = os.path.join(directory, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


class Bird:
    name, label = "bird", "BIRD 2"
    binary = "/usr/sbin/bird"
    # When an RTR cache has begun anew, it waits for the retry time, however short, before it asks for
    # everything: it is told what differs instead.
    cache_begins_anew = False
    routes_static = True

    def available(self):
        return os.access(self.binary, os.X_OK)

    def prepare(self, t, directory):
        v = t.version
        any_route = "0.0.0.0/0" if v == 4 else "::/0"
        next_hop = f"next hop address {NEXT_HOP_6};" if v == 6 else ""
        reach, gateway = ("direct", "gateway direct;") if t.on_lan else \
            ("multihop", "igp table nexthops;")
        lines = [
            f"router id {ROUTER_ID};",
            "protocol device {}" if t.on_lan else "",
            "log stderr { warning, error, auth, fatal, bug };",
            f"ipv{v} table nexthops;",
            f"protocol static {{ ipv{v} {{ table nexthops; }}; route {any_route} blackhole; }}",
            "template bgp peers {",
            f"  local {t.address} port {PORT} as {LOCAL_AS};",
            f"  {reach}; passive; strict bind; hold time {t.hold_s};",
            "  rs client;" if t.route_server else "",
            f"  ipv{v} {{ import all; export all; {gateway} {next_hop} }};",
            "}",
        ]
        if t.static:
            lines.append(f"protocol static {{ ipv{v};")
            lines += [f"route {p} blackhole;" for p in t.static]
            lines.append("}")
        lines += t.policy.bird() if t.policy else []
        for i, peer in enumerate(t.peers):
            neighbor = f"neighbor {peer.address} as {peer.asn};"
            if t.policy:
                neighbor += f" ipv{v} {{ {t.policy.bird_channel(i, peer)} }};"
            lines.append(f"protocol bgp p{i} from peers {{ {neighbor} }}")
        conf = _write(directory, "bird.conf", "\n".join(lines) + "\n")
        return [self.binary, "-f", "-c", conf, "-s", f"{directory}/ctl", "-P", f"{directory}/pid"]

    def reload(self, directory, pid):
        out = subprocess.run(["birdc", "-s", f"{directory}/ctl", "configure"],
                             capture_output=True, text=True, check=False).stdout
        return "Reconfig" in out


class Frr:
    name, label = "frr", "FRR"
    binary = "/usr/lib/frr/bgpd"
    routes_static = True

    def available(self):
        return os.access(self.binary, os.X_OK)

    def prepare(self, t, directory):
        v = t.version
        lines = [
            f"router bgp {LOCAL_AS}",
            f" bgp router-id {ROUTER_ID}",
            " no bgp ebgp-requires-policy",
            " no bgp network import-check",
            " no bgp default ipv4-unicast",
        ]
        for peer in t.peers:
            lines += [
                f" neighbor {peer.address} remote-as {peer.asn}",
                f" neighbor {peer.address} passive",
                f" neighbor {peer.address} disable-connected-check",
                f" neighbor {peer.address} timers {max(t.hold_s // 3, 1)} {t.hold_s}",
            ]
        lines.append(f" address-family ipv{v} unicast")
        lines += [f"  network {p}" for p in t.static]
        for peer in t.peers:
            lines.append(f"  neighbor {peer.address} activate")
            if v == 6:
                lines.append(f"  neighbor {peer.address} route-map OUT6 out")
            if t.route_server:
                lines.append(f"  neighbor {peer.address} route-server-client")
        lines.append(" exit-address-family")
        lines += ["route-map OUT6 permit 10", f" set ipv6 next-hop global {NEXT_HOP_6}"]
        conf = _write(directory, "frr.conf", "\n".join(lines) + "\n")
        return [self.binary, "-f", conf, "-i", f"{directory}/pid", "-z", f"{directory}/zserv",
                "--vty_socket", directory, "-P", "0", "-p", str(PORT), "-l", ADDRESS, "-n", "-Z",
                "-S", "--log", "stdout", "--log-level", "warnings"]


class OpenBgpd:
    name, label = "openbgpd", "OpenBGPD"
    binary = "/usr/sbin/bgpd"
    routes_static = True

    def available(self):
        return os.access(self.binary, os.X_OK)

    def prepare(self, t, directory):
        os.makedirs("/run/openbgpd", exist_ok=True)
        v = t.version
        lines = [
            f"AS {LOCAL_AS}",
            f"router-id {ROUTER_ID}",
            "fib-update no",
            "nexthop qualify via default",
            f"listen on {ADDRESS} port {PORT}",
            f'socket "{directory}/sock"',
            f"holdtime {t.hold_s}",
        ]
        if t.route_server:
            lines.append("transparent-as yes")
        lines += [f"network {p} set nexthop {STATIC_NEXT_HOP}" for p in t.static]
        for peer in t.peers:
            lines += [
                f"neighbor {peer.address} {{",
                f"  remote-as {peer.asn}",
                f"  local-address {ADDRESS}",
                "  multihop 2",
                "  passive",
                f"  announce IPv4 {'unicast' if v == 4 else 'none'}",
                f"  announce IPv6 {'unicast' if v == 6 else 'none'}",
                f"  set nexthop {NEXT_HOP_6}" if v == 6 else "",
                "}",
            ]
        lines += ["allow from any", "allow to any"]
        conf = _write(directory, "bgpd.conf", "\n".join(lines) + "\n")
        return [self.binary, "-d", "-f", conf]


class GoBgp:
    name, label = "gobgp", "GoBGP"
    binary = "/usr/bin/gobgpd"
    routes_static = False

    def available(self):
        return os.access(self.binary, os.X_OK)

    def prepare(self, t, directory):
        lines = [
            "[global.config]",
            f"as = {LOCAL_AS}",
            f'router-id = "{ROUTER_ID}"',
            f"port = {PORT}",
            f'local-address-list = ["{ADDRESS}"]',
        ]
        for peer in t.peers:
            lines += [
                "[[neighbors]]",
                "[neighbors.config]",
                f'neighbor-address = "{peer.address}"',
                f"peer-as = {peer.asn}",
                "[neighbors.transport.config]",
                "passive-mode = true",
                f'local-address = "{ADDRESS}"',
                "[neighbors.ebgp-multihop.config]",
                "enabled = true",
                "multihop-ttl = 64",
                "[neighbors.timers.config]",
                f"hold-time = {t.hold_s}",
                f"keepalive-interval = {max(t.hold_s // 3, 1)}",
            ]
            if t.route_server:
                lines += ["[neighbors.route-server.config]", "route-server-client = true"]
            lines += ["[[neighbors.afi-safis]]", "[neighbors.afi-safis.config]",
                      f'afi-safi-name = "ipv{t.version}-unicast"']
        conf = _write(directory, "gobgpd.toml", "\n".join(lines) + "\n")
        return [self.binary, "-f", conf, "-t", "toml", "--api-hosts", f"{ADDRESS}:50051",
                "--pprof-disable", "-l", "warn"]


class Bgpd:
    name, label = "bgpd", "BGPd"
    cache_begins_anew = True
    routes_static = True

    def __init__(self, binary):
        self.binary = binary

    def available(self):
        return os.access(self.binary, os.X_OK)

    def prepare(self, t, directory):
        source = "config" if t.static else "peer"
        if t.personal:
            source = 'config", "peer'
        lines = [
            f'router_id = "{ROUTER_ID}"',
            f"default_as = {LOCAL_AS}",
            f'bgp_socket = "{t.address}:{PORT}"',
            f'api_socket = "{ADDRESS}:8080"',
        ]
        lines += t.policy.bgpd() if t.policy else []
        for i, peer in enumerate(t.peers):
            lines += [
                "[[peers]]",
                f'remote_ip = "{peer.address}"',
                f"remote_as = {peer.asn}",
                "passive = true",
                "multihop = true",
                f"hold_timer = {t.hold_s}",
                f'families = ["ipv{t.version} unicast"]',
                f'advertise_sources = ["{source}"]',
            ]
            if t.route_server:
                lines.append("route_server_client = true")
            lines += t.policy.bgpd_peer(i, peer) if t.policy else []
            for p in [peer.own_prefix] if t.personal else t.static:
                lines += ["[[peers.static_routes]]", f'prefix = "{p}"',
                          f'next_hop = "{STATIC_NEXT_HOP}"']
        conf = _write(directory, "bgpd.toml", "\n".join(lines) + "\n")
        return [self.binary, "run", conf]

    def reload(self, directory, pid):
        os.kill(pid, signal.SIGHUP)
        return True


class Relay:
    """Not a daemon: passes all bytes on. What it takes is what the kernel and the load take."""

    name, label = "relay", "bytes alone (relay)"
    routes_static = False

    def __init__(self, build):
        self.binary = os.path.join(build, "bench", "bgpd-relay")

    def available(self):
        return os.access(self.binary, os.X_OK)

    def prepare(self, t, directory):
        return [self.binary, f"{ADDRESS}:{PORT}"]


def all_daemons(build, bgpd=None):
    return [Relay(build), Bird(), Bgpd(bgpd or os.path.join(build, "bgpd")), Frr(), OpenBgpd(),
            GoBgp()]


def versions():
    """Debian's versions of the packages that are installed."""
    if not shutil.which("dpkg-query"):
        return {}
    names = ["bird2", "frr", "openbgpd", "gobgpd"]
    out = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n"] + names,
                         capture_output=True, text=True, check=False).stdout
    return dict(line.split() for line in out.splitlines() if len(line.split()) == 2)
