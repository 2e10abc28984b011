"""Makes a failing scenario shorter while it fails."""

import copy
import time
from dataclasses import replace


def without(items, start, count=1):
    return items[:start] + items[start + count:]


def shrink(scenario, fails, seconds):
    """The shortest scenario found in `seconds` for which `fails(scenario)` is true, as it is for the
    one given: first without ever smaller runs of steps, then with less of a configuration."""
    deadline = time.monotonic() + seconds
    size = len(scenario.steps) // 2
    while size >= 1:
        start = 0
        while start < len(scenario.steps) and time.monotonic() < deadline:
            candidate = replace(scenario, steps=without(scenario.steps, start, size))
            if fails(candidate):
                scenario = candidate
            else:
                start += size
        size //= 2
    for index in range(len(scenario.entries) - 1, -1, -1):
        for candidate in smaller_entries(scenario, index):
            if time.monotonic() < deadline and fails(candidate):
                scenario = candidate
                break
    for name in scenario.policies["policies"]:
        scenario = with_fewer_rules(scenario, name, fails, deadline)
    return scenario


def smaller_entries(scenario, index):
    """The scenario without one entry, or with less in it. Steps name members by their own numbers,
    but a reload names entries by their place."""
    entry = scenario.entries[index]
    renumbered = any(place >= index for step in scenario.steps if step[0] == "reload"
                     for place, _, _ in step[1])
    used = any(member in step[1:2] for step in scenario.steps for member in entry["members"])
    if not renumbered and not used and len(scenario.entries) > 1:
        yield replace(scenario, entries=without(scenario.entries, index))
    if entry["static"]:
        entries = list(scenario.entries)
        entries[index] = {**entry, "static": {}}
        yield replace(scenario, entries=entries)


def with_fewer_rules(scenario, name, fails, deadline):
    """Rules are taken from the end of a policy on, so that those before keep their numbers."""
    index = len(scenario.policies["policies"][name]["rules"]) - 1
    while index >= 0 and time.monotonic() < deadline:
        policies = copy.deepcopy(scenario.policies)
        del policies["policies"][name]["rules"][index]
        candidate = replace(scenario, policies=policies)
        if fails(candidate):
            scenario = candidate
        index -= 1
    return scenario
