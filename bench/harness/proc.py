"""Processes: a network namespace, starting and stopping by pid, and what /proc says of them."""

import os
import subprocess
import sys
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
INSIDE = "BGPD_BENCH_NAMESPACE"

# Next hops need a route for daemons that ask the kernel for one; nothing is ever forwarded.
NAMESPACE_SETUP = """
ip link set lo up
ip address add 10.254.255.254/32 dev lo
ip -6 address add 2001:db8:fe::ffff/128 dev lo nodad
ip route add default dev lo
ip -6 route add default dev lo
exec "$@"
"""


def enter_namespace():
    """Runs this program again in a network namespace of its own, so that no other daemon on the
    machine is met and no port is taken."""
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "1"
    unshare = ["unshare", "--net", "--"]
    if os.geteuid() != 0:
        unshare[1:1] = ["--user", "--map-root-user"]
    argv = unshare + ["sh", "-ec", NAMESPACE_SETUP, "sh", sys.executable] + sys.argv
    os.execvp(argv[0], argv)


class Lan:
    """A network that the daemon shares with others, who are in another namespace: for daemons that are
    particular about who is a neighbour. They have the addresses `first`.(n / 250).(n % 250 + 1)."""

    def __init__(self, address, first, count):
        self.holder = subprocess.Popen(["unshare", "--net", "--", "sh", "-c",
                                        "echo ready; exec sleep infinity"], stdout=subprocess.PIPE)
        try:
            self.holder.stdout.readline()
            _ip(["link add lan type veth peer name lan netns " + str(self.holder.pid),
                 f"address add {address}/16 dev lan", "link set lan up"])
            members = [f"{first}.{n // 250}.{n % 250 + 1}" for n in range(count)]
            _ip([f"address add {m}/16 dev lan" for m in members] + ["link set lan up"],
                self.enter())
        except Exception:
            self.stop()
            raise

    def enter(self):
        """What a command is started by, so that it runs there."""
        return ["nsenter", "--target", str(self.holder.pid), "--net", "--"]

    def stop(self):
        self.holder.kill()
        self.holder.wait()
        subprocess.run(["ip", "link", "delete", "lan"], stderr=subprocess.DEVNULL, check=False)


def _ip(commands, prefix=()):
    subprocess.run([*prefix, "ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True,
                   check=True)


def _children():
    """Parent pid -> pids."""
    tree = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as f:
                parent = int(f.read().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        tree.setdefault(parent, []).append(int(name))
    return tree


def family(pid):
    """A process and all that it started."""
    tree, found, ahead = _children(), [], [pid]
    while ahead:
        at = ahead.pop()
        found.append(at)
        ahead += tree.get(at, [])
    return found


def _status(pid):
    values = {}
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            key, _, value = line.partition(":")
            if key in ("VmRSS", "VmHWM"):
                values[key] = int(value.split()[0])
    return values


def sample(pid):
    """CPU seconds used so far, RSS and peak RSS in kB; sums where there are several processes."""
    cpu, rss, peak = 0.0, 0, 0
    for one in family(pid):
        try:
            with open(f"/proc/{one}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            status = _status(one)
        except OSError:
            continue
        cpu += (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
        rss += status.get("VmRSS", 0)
        peak += status.get("VmHWM", 0)
    return {"cpu": cpu, "rss_kb": rss, "peak_kb": peak}


def wait_idle(pid, limit_s=5.0):
    """Waits until the daemon does nothing, so that its start is not part of what is measured."""
    deadline = time.monotonic() + limit_s
    before = sample(pid)["cpu"]
    while time.monotonic() < deadline:
        time.sleep(0.25)
        now = sample(pid)["cpu"]
        if now - before < 0.011:
            return
        before = now


class Process:
    """A child with its output in a file, ended by its pid."""

    def __init__(self, argv, log_path, **options):
        self.log_path = log_path
        with open(log_path, "ab") as log:
            options.setdefault("stdout", log)
            self.popen = subprocess.Popen(argv, stderr=log, **options)
        self.pid = self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def stop(self):
        if self.running():
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()

    def log_tail(self, lines=5):
        with open(self.log_path, errors="replace") as f:
            return "".join(f.readlines()[-lines:]).strip()
