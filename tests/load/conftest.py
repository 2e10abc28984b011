"""Fixtures: those of the tests against other daemons, and `watched`."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "interop")]

# pylint: disable=wildcard-import,unused-wildcard-import,wrong-import-position
from support.lab import *
from watch import watched
