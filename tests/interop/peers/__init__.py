"""Adapters for real BGP daemons: one way to start, feed and read them all."""

from peers.base import Neighbor, Peer
from peers.bird import Bird
from peers.exabgp import ExaBgp
from peers.frr import Frr
from peers.gobgp import GoBgp
from peers.openbgpd import OpenBgpd

ALL = {peer.kind: peer for peer in (Bird, Frr, OpenBgpd, GoBgp, ExaBgp)}

__all__ = ["ALL", "Bird", "ExaBgp", "Frr", "GoBgp", "Neighbor", "OpenBgpd", "Peer"]
