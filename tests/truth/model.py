"""What BGPd should know and tell, worked out the naive way: from the RFCs and docs/, over plain lists.

A scenario has entries of the configuration, each with its members (the speakers that connect to
it), and steps. The model takes the steps one by one, and says at any time which paths there are and
why one is not used, which of them may be the best, and what each member should hold. It keeps no
table but what was announced: everything else is worked out anew each time that it is asked for."""

import copy
import ipaddress
import math
from dataclasses import dataclass, replace

from policy import Neighbor, Noted, Scene, asks_for_validation, asns, evaluate, rov_state
from support.route import Route

LOCAL_AS = 65000
DEFAULT_LOCAL_PREF = 100
NO_EXPORT, NO_ADVERTISE, NO_EXPORT_SUBCONFED = "65535:65281", "65535:65282", "65535:65283"
ORIGINS = ("IGP", "EGP", "Incomplete")
API = "API"

# Why a path is not used, in the words of the API, in the order in which it is looked for.
AS_LOOP = "AS path loop"
FIRST_AS = "AS path does not begin with the peer's AS"
ORIGINATOR_LOOP = "originator id is ours"
CLUSTER_LOOP = "cluster list loop"
NEXT_HOP_IS_US = "next hop is our own address"
LEAK_BELOW = "route leak: ONLY_TO_CUSTOMER from a customer or route server client"
LEAK_PEER = "route leak: ONLY_TO_CUSTOMER of another AS than the peer's"

# Roles of ours (RFC 9234 §5): the neighbour is a provider, a peer or a route server; a customer, a
# peer or the client of one. They are about the unicast families.
LOOKS_UP, LOOKS_DOWN = ("customer", "peer", "rs-client"), ("provider", "peer", "rs")
UNICAST = ("ipv4 unicast", "ipv6 unicast")
# Of flows that are held against unicast routes (RFC 8955 §6, RFC 9117):
NO_DESTINATION = "flow without a destination prefix"
NO_ROUTE = "no unicast route to the flow's destination"
OTHER_ORIGINATOR = "flow is not from the originator of the unicast route to its destination"
OTHER_AS = "flow is not from the AS that the unicast route to its destination is from"
MORE_SPECIFIC = "another AS has a unicast route within the flow's destination"


@dataclass
class Session:
    """A member that is up. The entry's settings are looked at when needed: a reload changes them."""

    member: int
    entry: dict
    router_id: str
    routes: dict  # key: Route, as announced
    role: str  # ours: that of the entry when it came up

    @property
    def internal(self):
        return self.entry["as"] == self.local_as

    @property
    def local_as(self):
        return self.entry.get("local_as", LOCAL_AS)


@dataclass
class Path:
    """A learned one."""

    received: Route
    session: Session
    why_not: str  # it is not used; None: it may be
    noted: Noted  # what the import policy made of it

    @property
    def route(self):
        return self.noted.route

    @property
    def source(self):
        return self.session.member

    @property
    def local_pref(self):
        pref = self.route.local_pref
        return DEFAULT_LOCAL_PREF if pref is None else pref


def mapped(address):
    """An IPv4 address as one of IPv6."""
    return str(ipaddress.ip_address(f"::ffff:{address}"))


def neighbor_as(route):
    """The AS whose MEDs compare: None where the path begins with a set."""
    if not route.as_path:
        return 0
    return route.as_path[0] if isinstance(route.as_path[0], int) else None


class Model:
    def __init__(self, scenario, address_of):
        self.scenario = scenario
        self.address_of = address_of
        self.entries = [dict(entry) for entry in scenario.entries]
        self.cluster_id = address_of(1)
        self.policies = copy.deepcopy(scenario.policies)
        self.sessions = {}  # member: Session
        self.api = {}  # key: Route
        self.judged = {}  # what judge() has found since something changed
        self.best = {}  # key: source of the best path, as the daemon says: flows are held against it

    # --- what happens ---

    def entry_of(self, member):
        return next(entry for entry in self.entries if member in entry["members"])

    def configured(self):
        """Entries or policies have changed."""
        self.judged.clear()

    def take_best(self, best):
        self.best = best

    def up(self, member, router_id):
        entry = self.entry_of(member)
        self.sessions[member] = Session(member, entry, router_id, {}, entry["role"])

    def down(self, member):
        return self.sessions.pop(member, None)

    def announce(self, member, route):
        session = self.sessions[member]
        if not session.internal:  # RFC 7606 §7.5, 7.9, 7.10: discarded
            route = replace(route, local_pref=None, originator_id=None, cluster_list=())
        if self.is_one_too_many(session, route):
            session.routes.pop(route.key, None)
        else:
            session.routes[route.key] = route

    @staticmethod
    def limits(session):
        """How many routes of each family are taken, and how many that are used."""
        limit = session.entry["limit"] or math.inf
        return [limit if session.entry["count"] == count else math.inf
                for count in ("received", "accepted")]

    def is_one_too_many(self, session, route):
        """Whether an announced route has no place. One that is known may be replaced, but by one that
        is used only where that is one itself, or has a place."""
        most_received, most_accepted = self.limits(session)
        accepted = self.accepted(session, route.family)
        more_received = route.key not in session.routes
        more_accepted = route.key not in accepted and self.judge(session, route).why_not is None
        return (more_received and len(self.received(session, route.family)) >= most_received) \
            or (more_accepted and len(accepted) >= most_accepted)

    def withdraw(self, member, prefix):
        self.sessions[member].routes.pop(prefix, None)

    # --- policies ---

    def neighbor(self, session):
        address = self.address_of(session.member)
        return Neighbor(address, session.entry["name"] or address, session.entry["group"], session.entry["as"], session.local_as,
                        session.internal)

    def attached(self, entry, direction, family):
        """The chain for a family: the nearest word counts."""
        group = self.policies["groups"].get(entry["group"], {"channels": {}})
        for table in (entry["channels"].get(family, {}), group["channels"].get(family, {}), entry, group):
            if table.get(direction) is not None:
                return table[direction]
        return []

    def evaluate(self, direction, to, noted, source):
        """What the policies of a session say of a route: (why not, what becomes of it)."""
        family = noted.route.family
        scene = Scene(direction, source, self.neighbor(to), self.own_next_hop(family))
        return evaluate(self.policies["policies"], self.policies, self.attached(to.entry, direction, family),
                        noted, scene)

    def rov(self, route, local_as):
        return rov_state(route, self.policies["rpki"]["vrps"], local_as)

    # --- what BGPd knows ---

    def judge(self, session, route):
        """The path that a route of a session is."""
        key = (id(session), id(route))  # both live as long as the path that is found
        held = self.is_validated(session, route)  # against others, which may change at any time
        found = None if held else self.judged.get(key)
        if found is None:
            why_not, noted = self.reject(session, route), Noted(route)
            if why_not is None and held:
                why_not = self.infeasible(session, route)
            if why_not is None:
                why_not, noted = self.evaluate("import", session, noted, self.neighbor(session))
                noted = replace(noted, rov=self.rov(noted.route, session.local_as))
            found = self.judged[key] = Path(route, session, why_not, noted)
        return found

    def reject(self, session, route):
        """Why a learned path is not used, whatever policies say; None when it may be."""
        ours = {LOCAL_AS} | {entry.get("local_as", LOCAL_AS) for entry in self.entries}
        if sum(asn in ours for asn in asns(route.as_path)) > session.entry["allow_own_as"]:
            return AS_LOOP
        if not session.internal and session.entry["enforce_first_as"] \
                and neighbor_as(route) != session.entry["as"]:
            return FIRST_AS
        if route.originator_id == self.address_of(1):
            return ORIGINATOR_LOOP
        if self.cluster_id in route.cluster_list:
            return CLUSTER_LOOP
        if route.next_hop == self.address_of(1):
            return NEXT_HOP_IS_US
        return self.leak(session, route)

    @staticmethod
    def leak(session, route):
        """What is for customers only, and comes from where it cannot."""
        if route.family not in UNICAST or route.only_to_customer is None:
            return None
        if session.role in ("provider", "rs"):
            return LEAK_BELOW
        is_its_own = route.only_to_customer == session.entry["as"]
        return LEAK_PEER if session.role == "peer" and not is_its_own else None

    @staticmethod
    def marked(session, route):
        """A learned route with the mark that it came with, or counts as having come with."""
        is_marked = route.only_to_customer is not None
        if is_marked or route.family not in UNICAST or session.role not in LOOKS_UP:
            return route
        return replace(route, only_to_customer=session.entry["as"])

    @staticmethod
    def mark(to, route):
        """On its way to a member."""
        is_marked = route.only_to_customer is not None
        if is_marked or route.family not in UNICAST or to.role not in LOOKS_DOWN:
            return route
        return replace(route, only_to_customer=to.local_as)

    # --- flows: RFC 8955 §6, RFC 9117 §4 ---

    @staticmethod
    def is_validated(session, route):
        """Which flows have a place where few do depends on which were feasible when they came."""
        return route.family == "ipv4 flow" and session.entry["validate_flows"] \
            and not session.entry["limit"]

    def best_unicast(self):
        """(network, session, route as received) of the best paths; those of BGPd itself have no session."""
        for prefix, source in self.best.items():
            session = self.sessions.get(source)
            route = self.api.get(prefix) if source == API else session and session.routes.get(prefix)
            if route is not None and route.family == "ipv4 unicast":
                yield ipaddress.ip_network(prefix), session, route

    def infeasible(self, session, flow):
        """Why a flow must not be used, by the unicast routes to its destination; None when it may be."""
        word, _, rest = flow.prefix.partition("; ")[0].partition(" ")
        if word != "destination":
            return NO_DESTINATION
        if session.internal and not flow.as_path:
            return None
        to = ipaddress.ip_network(rest)
        routes = list(self.best_unicast())
        _, other, route = max((r for r in routes if to.subnet_of(r[0])), default=(None, None, None),
                              key=lambda r: r[0].prefixlen)
        if route is None:
            return NO_ROUTE
        if other is None or not self.same_originator(session, flow, other, route):
            return OTHER_ORIGINATOR
        asn = neighbor_as(route) or 0
        if not session.internal and (asn == 0 or neighbor_as(flow) != asn):
            return OTHER_AS
        if any((neighbor_as(r) or 0) != asn for net, _, r in routes
               if net != to and net.subnet_of(to)):
            return MORE_SPECIFIC
        return None

    def same_originator(self, session, flow, other, route):
        a, b = flow.originator_id, route.originator_id
        if a and b:
            return a == b
        if not a and not b:
            return session.member == other.member
        direct = other if a else session
        return (a or b) == self.address_of(direct.member) or \
            (direct.internal and (a or b) == direct.router_id)

    def is_kept(self, path):
        """What is filtered may be dropped rather than kept."""
        if path.why_not is None or path.session.entry["keep_filtered"] or not path.why_not.startswith("policy "):
            return True
        chain = self.attached(path.session.entry, "import", path.received.family)
        return asks_for_validation(self.policies["policies"], chain)

    def received(self, session, family):
        return [route for route in session.routes.values()
                if route.family == family and self.is_kept(self.judge(session, route))]

    def accepted(self, session, family):
        """The keys of the routes that may be used."""
        return {route.key for route in self.received(session, family)
                if self.judge(session, route).why_not is None}

    def prefixes(self):
        found = set(self.api)
        for session in self.sessions.values():
            found |= session.routes.keys()
        for entry in self.entries:
            found |= entry["static"].keys()
        return found

    def learned(self, prefix):
        paths = [self.judge(session, session.routes[prefix]) for session in self.sessions.values()
                 if prefix in session.routes]
        return [path for path in paths if self.is_kept(path)]

    def usable(self, prefix):
        """The learned paths among which selection chooses."""
        return [path for path in self.learned(prefix) if path.why_not is None]

    # --- selection: RFC 4271 §9.1.2.2, RFC 4456 §9, RFC 5004 ---

    def identity(self, path):
        """What decides when all else is equal: smaller is better."""
        router_id = path.route.originator_id or path.session.router_id
        return (int(ipaddress.IPv4Address(router_id)), len(path.route.cluster_list),
                int(ipaddress.ip_address(self.address_of(path.session.member))))

    @staticmethod
    def survivors(paths):
        """The paths that only their identity tells apart."""
        for key in (lambda p: -p.noted.weight, lambda p: -p.local_pref, lambda p: len(p.route.as_path),
                    lambda p: ORIGINS.index(p.route.origin)):
            best = min(map(key, paths), default=None)
            paths = [path for path in paths if key(path) == best]
        med = {}
        for path in paths:
            asn = neighbor_as(path.route)
            med[asn] = min(med.get(asn, 1 << 32), path.route.med or 0)
        paths = [path for path in paths if neighbor_as(path.route) is None
                 or (path.route.med or 0) == med[neighbor_as(path.route)]]
        external = [path for path in paths if not path.session.internal]
        return external or paths

    def api_comes_first(self, prefix):
        """A route of the API is the best, but where a policy has given a learned one a weight."""
        return prefix in self.api and all(path.noted.weight == 0 for path in self.usable(prefix))

    def winner(self, paths):
        return min(self.survivors(paths), key=self.identity, default=None)

    def may_be_best(self, prefix):
        """The sources whose path may be the best: the winner of selection, and the external paths
        that are equal to it, which stay where they were the best before (RFC 5004)."""
        if self.api_comes_first(prefix):
            return {API}
        equal = self.survivors(self.usable(prefix))
        if not equal:
            return set()
        allowed = {self.winner(equal).source}
        if not equal[0].session.internal:
            allowed |= {path.source for path in equal}
        return allowed

    # --- what a member is told ---

    def expected(self, member, best):
        """{prefix: Route} that a member should hold, where `best` says for each prefix which source
        has the best path."""
        told = {}
        to = self.sessions[member]
        for prefix in self.prefixes():
            route = self.told(to, prefix, best.get(prefix))
            if route is not None:
                told[prefix] = route
        return told

    def told(self, to, prefix, best):
        """The best path or nothing; a client of the route server: the first that it may have."""
        if "config" in to.entry["advertise_sources"] and prefix in to.entry["static"]:
            return self.fitting(to, self.originated(to, to.entry["static"][prefix], "config"))
        for path in self.ranked(to, prefix, best):
            route = self.originated(to, self.api[prefix], "api") if path is API else self.passed_on(to, path)
            route = self.fitting(to, route)
            if route is not None or not to.entry["route_server_client"]:
                return route
        return None

    @staticmethod
    def fitting(to, route):
        """A route, if it is one, and has no more labels than a member takes (RFC 8277 §2.1)."""
        return route if route is not None and len(route.labels) <= to.entry["labels"] else None

    def ranked(self, to, prefix, best):
        """The paths that may be told to a member by their source, API or learned ones: the best one first,
        then each time the one that is selected among those that are left."""
        sources = to.entry["advertise_sources"]
        left = self.usable(prefix) if "peer" in sources else []
        if "api" in sources and prefix in self.api:
            left.append(API)
        first = [path for path in left if best == (API if path is API else path.source)]
        while left:
            path = first.pop() if first else self.selected(left)
            left = [other for other in left if other is not path]
            yield path

    def selected(self, paths):
        learned = [path for path in paths if path is not API]
        has_weight = any(path.noted.weight for path in learned)
        return API if API in paths and not has_weight else self.winner(learned)

    def originated(self, to, route, source):
        why_not, noted = self.evaluate("export", to, Noted(route, rov=self.rov(route, LOCAL_AS)), source)
        route = noted.route
        if why_not is not None:
            return None
        if self.is_next_hop(to, route):
            return None  # RFC 4271 §5.1.3
        route = self.mark(to, route)
        if to.internal:
            pref = DEFAULT_LOCAL_PREF if route.local_pref is None else route.local_pref
            return replace(route, local_pref=pref)
        return replace(route, local_pref=None, as_path=(to.local_as, *route.as_path))

    def is_next_hop(self, to, route):
        address = self.address_of(to.member)
        return route.next_hop in (address, mapped(address))

    def passed_on(self, to, path):
        source, route = path.session, path.route
        if source is to:
            return None
        other_as = source.local_as != to.local_as
        border = not to.internal or (source.internal and other_as)
        transparent = not to.internal and to.entry["route_server_client"] \
            and source.entry["route_server_client"]
        if not transparent or to.entry["interpret_communities"]:
            if NO_ADVERTISE in route.communities:
                return None
            if border and {NO_EXPORT, NO_EXPORT_SUBCONFED} & route.communities:
                return None
        if not border and source.internal and not source.entry["route_reflector_client"] \
                and not to.entry["route_reflector_client"]:
            return None
        marked = self.marked(source, route).only_to_customer is not None
        if marked and route.family in UNICAST and to.role in LOOKS_UP:
            return None
        why_not, noted = self.evaluate("export", to, path.noted, self.neighbor(source))
        return None if why_not is not None else self.changed(to, source, noted, border, transparent)

    def changed(self, to, source, noted, border, transparent):
        """How the attributes of a learned path look to a member."""
        route = self.mark(to, self.marked(source, noted.route))
        as_path = route.as_path
        if not (transparent and as_path):
            passed = [] if source.local_as == to.local_as else [source.local_as]
            as_path = (*([] if to.internal else [to.local_as]), *passed, *as_path)
        own_hop = not route.labels and ((border and not transparent) or
                                        (to.entry["next_hop_self"] and not source.internal))
        result = replace(
            route, as_path=as_path, local_pref=None,
            next_hop=self.own_next_hop(route.family) if own_hop and "next_hop" not in noted.kept
            else route.next_hop,
            med=None if border and not transparent and "med" not in noted.kept else route.med)
        if to.internal:
            result.local_pref = DEFAULT_LOCAL_PREF if border or route.local_pref is None \
                else route.local_pref
        if border:
            return replace(result, originator_id=None, cluster_list=())
        if source.internal:
            return replace(result, cluster_list=(self.cluster_id, *route.cluster_list),
                           originator_id=route.originator_id or source.router_id)
        return result

    def own_next_hop(self, family):
        own = self.address_of(1)
        return {"ipv4 unicast": own, "ipv6 unicast": mapped(own)}.get(family)
