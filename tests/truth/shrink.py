"""Makes a failing scenario shorter while it fails."""

import time

from scenario import Scenario


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
            candidate = Scenario(scenario.entries, without(scenario.steps, start, size))
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
    return scenario


def smaller_entries(scenario, index):
    """The scenario without one entry, or with less in it. Steps name members by their own numbers,
    but a reload names entries by their place."""
    entry = scenario.entries[index]
    renumbered = any(place >= index for step in scenario.steps if step[0] == "reload"
                     for place, _, _ in step[1])
    used = any(member in step[1:2] for step in scenario.steps for member in entry["members"])
    if not renumbered and not used and len(scenario.entries) > 1:
        yield Scenario(without(scenario.entries, index), scenario.steps)
    if entry["static"]:
        entries = list(scenario.entries)
        entries[index] = {**entry, "static": {}}
        yield Scenario(entries, scenario.steps)
