"""A daemon under test or beside it: started, watched, stopped by its pid; its output is kept."""

import os
import signal
import subprocess

from support.wait import PATIENCE_S, wait_for


class Daemon:
    """Base of all daemons. A subclass sets `kind`, and gives argv() and environment()."""

    kind = "daemon"

    def __init__(self, directory, netns=None):
        self.dir = directory
        self.netns = netns
        self.process = None
        self.log_path = os.path.join(directory, "log")
        os.makedirs(directory, exist_ok=True)

    def argv(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def in_netns(self, argv):
        return self.netns.command(argv) if self.netns is not None else argv

    def spawn(self):
        assert self.process is None or self.process.poll() is not None, f"{self.kind} runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.in_netns(self.argv()), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.dir, start_new_session=True,
                env={**os.environ, **self.environment()})

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def run(self, *argv, check=True, timeout=PATIENCE_S, stdin=None):
        """Runs a control program and returns its output."""
        done = subprocess.run(self.in_netns(list(argv)), capture_output=True, text=True,
                              timeout=timeout, check=False, input=stdin,
                              env={**os.environ, **self.environment()})
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} failed ({done.returncode}): {done.stdout}{done.stderr}")
        return done.stdout

    def signal(self, number):
        os.kill(self.process.pid, number)

    def kill9(self):
        """Ends it, with all processes it has made, as a crash does: no NOTIFICATION."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def stop(self, timeout=10):
        """Ends it in order; returns its exit status."""
        if not self.alive():
            return self.process.returncode if self.process is not None else None
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill9()
        status = self.process.returncode
        self.kill9()  # children that outlived it
        return status

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def wait_log(self, text, timeout=PATIENCE_S):
        return wait_for(lambda: text in self.log(), timeout, f"{text!r} in the log of {self.kind}")
