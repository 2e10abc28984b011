"""What all adapters have in common."""

from dataclasses import dataclass

from support.process import Daemon
from support.wait import PATIENCE_S, wait_for

BGP_PORT = 1179


@dataclass
class Neighbor:
    """A session as the real daemon shall configure it."""

    address: str
    asn: int
    passive: bool = False
    port: int = BGP_PORT
    families: tuple = ("ipv4 unicast",)
    password: str = None
    hold_time: int = 24
    route_reflector_client: bool = False
    route_server_client: bool = False  # it is one of the daemon
    route_server: bool = False         # it is one for the daemon
    interface: str = None  # of a link-local address
    local_asn: int = None
    role: str = None           # the daemon's own (RFC 9234), by our name
    role_strict: bool = False


class Peer(Daemon):
    """A real BGP daemon with its address, AS, router id and neighbours.

    A subclass says what it cannot do in `families`, and implements start(), state(), received(),
    announce() and withdraw()."""

    families = ("ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv6 flow")
    more_families = ()  # beside those, where a test asks for them
    only_receives = ()  # those of them that it cannot originate
    originates_ipv4_targets = True  # writes "target:192.0.2.1:8" as it is meant
    only_labels = {}    # by family: the one that all its own routes have
    only_next_hop = {}  # by IP version: the one of its own routes with labels
    originates_stacks = ()  # families in which its own routes can have several labels
    takes_ipv6_next_hops = ()  # families of IPv4 routes that may have them
    originates_ipv6_next_hops = False
    receives_flows = True
    originates_flows = True
    originates_as_path = True
    asks_for_refresh = True  # refresh() sends a ROUTE-REFRESH
    answers_refresh = True   # a ROUTE-REFRESH makes it send its routes again
    md5_when_passive = True

    def __init__(self, directory, address, asn, neighbors, router_id=None, netns=None, routes=(),
                 options=None):
        super().__init__(directory, netns)
        self.address = address
        self.asn = asn
        self.router_id = router_id or address
        self.neighbors = list(neighbors)
        self.routes = list(routes)
        self.options = options or {}

    def start(self):
        raise NotImplementedError

    def state(self, address):
        """The state of a session, in lower case ("established")."""
        raise NotImplementedError

    def established(self, address=None):
        return self.state(address or self.neighbors[0].address) == "established"

    def wait_established(self, address=None, timeout=PATIENCE_S):
        wait_for(lambda: self.established(address), timeout,
                 f"{self.kind}: session with {address or self.neighbors[0].address}")

    def received(self, address=None, family="ipv4 unicast"):
        """What a neighbour (by default the only one) has sent: {key: Route}."""
        raise NotImplementedError

    def received_flows(self, address=None, family="ipv4 flow"):
        """A list with what the daemon tells of each flow (its own words)."""
        raise NotImplementedError

    def announce(self, *routes):
        raise NotImplementedError

    def withdraw(self, *routes):
        raise NotImplementedError
