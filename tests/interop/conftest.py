"""The fixtures of these tests."""

# pylint: disable=wildcard-import,unused-wildcard-import
from support.lab import *


def pytest_collection_modifyitems(items):
    """Those that take long are spread over the first half: when the others end none has just begun."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    apart = len(quick) // (2 * len(slow)) if slow else 0
    for n, item in enumerate(slow):
        quick.insert(n * (apart + 1), item)
    items[:] = quick
