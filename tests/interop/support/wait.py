"""Waiting for a condition: the only way in which the tests let time pass."""

import time

# How long what must come is waited for, where nothing is said of when: longer than any daemon lets pass by its
# design, and than a machine with too much to do holds it up.
PATIENCE_S = 60


def wait_for(condition, timeout=PATIENCE_S, what="", interval=0.05):
    """Polls until `condition()` is true, and returns its value.

    An AssertionError of the condition itself counts as "not yet", so that a comparison can be
    waited for with all the detail that pytest prints about it. Conditions that take long, such as those
    that ask a daemon by its own client, are looked at less often, so that others get on."""
    deadline = time.monotonic() + timeout
    while True:
        begun = time.monotonic()
        problem = None
        try:
            value = condition()
            if value:
                return value
        except AssertionError as error:
            problem = error
            value = str(error)
        if time.monotonic() >= deadline:
            if problem is not None:
                raise problem
            raise AssertionError(f"not within {timeout} s: {what or condition} (last: {value!r})")
        time.sleep(min(max(interval, 2 * (time.monotonic() - begun)), 0.5))


def stays(condition, seconds=0.5, what="", interval=0.05):
    """Asserts that `condition()` is true for a while: for things that must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"not true any more: {what or condition}"
        time.sleep(interval)
