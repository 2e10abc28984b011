"""Fixtures: those of the tests against other daemons; and the stage. `--write` puts what came into the
documents."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "interop")]

# pylint: disable=wildcard-import,unused-wildcard-import,wrong-import-position
from stage import Stage
from support.lab import *


def pytest_addoption(parser):
    parser.addoption("--write", action="store_true", help="correct the documents; not with -n")


def pytest_configure(config):
    if config.getoption("--write") and hasattr(config, "workerinput"):
        raise pytest.UsageError("--write: not with -n, a document is written by one process")


@pytest.fixture
def stage(lab, request):
    """A stage; that its daemons end in order is part of the test."""
    place = Stage(lab)
    yield place
    problems = place.close()
    if problems and not getattr(request.node, "failed", False):
        pytest.fail("\n".join(problems))
