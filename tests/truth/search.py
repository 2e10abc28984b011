#!/usr/bin/python3
"""Looks for a scenario in which the daemon and the model do not agree.

    search.py [--minutes N] [--seed FIRST]   random ones, in as many processes as there are processors
    search.py --replay FILE                  one, as a failure prints it
"""

import argparse
import itertools
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "interop")]

# pylint: disable=wrong-import-position
from driver import Driver
from scenario import Scenario, random_scenario
from shrink import shrink
from support.lab import Lab, take_address_block

CHECK_S = 60
SHRINKING_CHECK_S = 0.7  # what agrees does so within milliseconds
SHRINK_S = 60


class Searcher:
    """Runs scenarios one after the other, each with a daemon of its own."""

    def __init__(self, octet):
        self.octet = octet
        self.numbers = itertools.count()

    def problem(self, scenario, seconds=None):
        """What is wrong in a run of the scenario; None."""
        directory = tempfile.mkdtemp(prefix="bgpd-truth-")
        lab = Lab(directory, self.octet, next(self.numbers))
        found = []
        try:
            Driver(lab, scenario, seconds or CHECK_S).run()
        except (AssertionError, OSError) as error:
            found.append(f"{type(error).__name__}: {error}")
        found += lab.close()
        shutil.rmtree(directory, ignore_errors=True)
        return "\n".join(found) or None

    def failure(self, scenario, seed=None):
        """None, or what is wrong with the scenario, with the script of a short one like it."""
        problem = self.problem(scenario)
        if problem is None:
            return None
        short = shrink(scenario, lambda s: self.problem(s, SHRINKING_CHECK_S), SHRINK_S)
        of_short = self.problem(short)
        if of_short is None:  # it was only slow, or fails now and then
            short, of_short = scenario, problem
        return f"{of_short}\n\n# seed {seed}; run it again: tests/truth/search.py --replay FILE\n" \
               f"{short.script()}"


def search(deadline, seeds, counter, stop):
    block = take_address_block()
    searcher = Searcher(block.octet)
    while time.monotonic() < deadline and not stop.is_set():
        with seeds.get_lock():
            seed = seeds.value
            seeds.value += 1
        failure = searcher.failure(random_scenario(seed), seed)
        if failure:
            stop.set()
            print(failure, flush=True)
            sys.exit(1)
        with counter.get_lock():
            counter.value += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--replay", metavar="FILE")
    options = parser.parse_args()
    if options.replay:
        with open(options.replay, encoding="utf-8") as file:
            scenario = Scenario.from_script(file.read())
        block = take_address_block()
        problem = Searcher(block.octet).problem(scenario)
        print(problem or "the daemon and the model agree")
        return 1 if problem else 0
    first = random.randrange(1 << 40) if options.seed is None else options.seed
    seeds = multiprocessing.Value("q", first)
    counter = multiprocessing.Value("q", 0)
    stop = multiprocessing.Event()
    deadline = time.monotonic() + options.minutes * 60
    workers = [multiprocessing.Process(target=search, args=(deadline, seeds, counter, stop))
               for _ in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(f"{counter.value} scenarios from seed {first} on: the daemon and the model agree"
          if not stop.is_set() else f"{counter.value} scenarios agree, one does not: see above")
    return max(worker.exitcode or 0 for worker in workers)


if __name__ == "__main__":
    sys.exit(main())
