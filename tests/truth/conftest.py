"""The fixtures of these tests."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "interop")]

# pylint: disable=wildcard-import,unused-wildcard-import,wrong-import-position
from support.lab import *
