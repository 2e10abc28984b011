"""A wall clock of a program's own, which a test steps as it likes."""

import os
import struct
import time

from support.shim import preload


class WallClock:
    def __init__(self, directory):
        self.path = os.path.join(directory, "step")
        self.step_s = 0
        self.preloaded = preload(directory, "clock_shim.c", WALL_CLOCK_STEP=self.path)
        with open(self.path, "wb") as file:
            file.write(struct.pack("=q", 0))

    def environment(self):
        """For a program to run by this clock."""
        return self.preloaded

    def step(self, seconds):
        """The clock is set forward (or back) at once."""
        self.step_s += seconds
        with open(self.path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", self.step_s))

    def now(self):
        return time.time() + self.step_s
