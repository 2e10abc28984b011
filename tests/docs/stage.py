"""Where the blocks of a scene are run: a network namespace, with /etc and a working directory of its
own, so that documents can name ports and files as they are on a machine that runs nothing else."""

import os
import re
import signal
import subprocess

from support.bgpd import BINARY, CHECKOUT
from support.wait import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
ETC = ("passwd", "group", "shadow", "gshadow", "hosts", "host.conf", "nsswitch.conf", "login.defs", "ld.so.cache")
TIMEOUT_S = 120


class Stage:
    def __init__(self, lab):
        self.lab = lab
        self.dir = os.path.join(lab.dir, "stage")
        self.work = os.path.join(self.dir, "work")
        self.logs = os.path.join(self.dir, "logs")
        self.netns = lab.namespace()
        self.open = []  # sockets that acts leave
        for name in ("work/build", "logs", "bin", "etc/bgpd"):
            os.makedirs(os.path.join(self.dir, name))
        for name in ("Makefile", "examples", "tools", "docs"):
            os.symlink(os.path.join(CHECKOUT, name), os.path.join(self.work, name))
        for name in ("work/build/bgpd", "bin/bgpd"):
            os.symlink(BINARY, os.path.join(self.dir, name))
        subprocess.run(["cp", "-a", *(f"/etc/{n}" for n in ETC if os.path.exists(f"/etc/{n}")),
                        os.path.join(self.dir, "etc")], check=True)
        self.holder = self.hold()

    def hold(self):
        """The process that keeps the mounts. It makes them itself, where none but it can see them:
        nobody enters before it says so."""
        script = f"mount --bind {self.dir}/etc /etc && echo ready && exec cat"
        # pylint: disable=consider-using-with
        holder = subprocess.Popen(
            self.netns.command(["unshare", "-m", "--propagation", "private", "sh", "-c", script]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert holder.stdout.readline() == b"ready\n"
        return holder

    def enter(self, argv, **options):
        inside = ["nsenter", "-t", str(self.holder.pid), "-n", "-m", f"--wd={self.work}"]
        return subprocess.run(inside + argv, capture_output=True, text=True, check=False,
                              timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, **options)

    def environment(self):
        report = f"log_path={self.dir}/report"
        return {**os.environ, "PATH": f"{self.dir}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                "LOGS": self.logs, "BASH_ENV": os.path.join(HERE, "prelude.sh"),
                "ASAN_OPTIONS": f"{report}:{os.environ.get('ASAN_OPTIONS', '')}",
                "UBSAN_OPTIONS": f"{report}:{os.environ.get('UBSAN_OPTIONS', '')}"}

    def shell(self, script):
        """Runs it in bash, with the functions of prelude.sh."""
        return self.enter(["bash", "-c", script], env=self.environment())

    def write(self, name, text):
        """Into a file of the working directory; the rest of the stage is seen from within alone."""
        assert not os.path.isabs(name), f"{name}: only files of the working directory"
        with open(os.path.join(self.work, name), "w", encoding="utf-8") as file:
            file.write(text)

    def log(self):
        """The lines of all daemons."""
        lines = []
        for name in sorted(os.listdir(self.logs)):
            if name.endswith(".log"):
                with open(os.path.join(self.logs, name), encoding="utf-8", errors="replace") as file:
                    lines += file.read().splitlines()
        return lines

    def pids(self):
        done = subprocess.run(["ip", "netns", "pids", self.netns.name], capture_output=True, text=True,
                              check=False)
        return {int(pid) for pid in done.stdout.split()} - {self.holder.pid}

    def close(self):
        """Ends all that was started. Returns what was wrong with the end of a daemon."""
        for sock in self.open:
            sock.close()
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        try:
            wait_for(lambda: not self.pids(), what="all processes of the stage end")
        finally:
            for pid in self.pids():
                os.kill(pid, signal.SIGKILL)
            self.holder.kill()
            self.holder.wait()
        return self.problems()

    def problems(self):
        found = []
        for name in os.listdir(self.dir):
            if name.startswith("report"):
                with open(os.path.join(self.dir, name), encoding="utf-8") as file:
                    found.append(file.read())
        for name in os.listdir(self.logs):
            if name.endswith(".status"):
                with open(os.path.join(self.logs, name), encoding="ascii") as file:
                    status = file.read().strip()
                if status != "0":
                    found.append(f"a daemon ended with status {status}")
        found += [line for line in self.log() if re.search(r"Sanitizer|runtime error:", line)]
        return found
