"""A wall clock of a program's own, which a test steps as it likes."""

import os
import struct
import subprocess
import time

SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clock_shim.c")


class WallClock:
    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.path = os.path.join(directory, "step")
        self.library = os.path.join(directory, "clock_shim.so")
        self.step_s = 0
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, SHIM], check=True)
        with open(self.path, "wb") as file:
            file.write(struct.pack("=q", 0))

    def environment(self):
        """For a program to run by this clock. (A sanitizer wants to be the first library.)"""
        return {"LD_PRELOAD": self.library, "WALL_CLOCK_STEP": self.path,
                "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}

    def step(self, seconds):
        """The clock is set forward (or back) at once."""
        self.step_s += seconds
        with open(self.path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", self.step_s))

    def now(self):
        return time.time() + self.step_s
