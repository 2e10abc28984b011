"""The fixtures of these tests."""

# pylint: disable=wildcard-import,unused-wildcard-import
from support.lab import *
