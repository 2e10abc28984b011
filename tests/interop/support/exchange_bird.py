"""The route server of an exchange point in the words of BIRD 2: filters as generators of such configurations write
them, one for what each member sends and one for what it is told, made from nothing but the members and the options."""

import re

from peers.bird import Bird
from support.exchange import BITS, BLACKHOLE, BY_OBJECT, BY_ROA, IN_LIST, LENGTHS, LONGER, NEVER_VIA, NOT_IN_LIST, \
    NOT_OF_ORIGINS, OF_ORIGINS, OF_SAME_AS, RS, SITE_BLACKHOLE, TRANSIT_FREE, WHITE

# Special purpose networks, with all that lies within; of a default route only itself.
MARTIANS = {
    4: ("0.0.0.0/0", "0.0.0.0/8+", "10.0.0.0/8+", "100.64.0.0/10+", "127.0.0.0/8+", "169.254.0.0/16+",
        "172.16.0.0/12+", "192.0.0.0/24+", "192.0.2.0/24+", "192.88.99.0/24+", "192.168.0.0/16+", "198.18.0.0/15+",
        "198.51.100.0/24+", "203.0.113.0/24+", "224.0.0.0/3+"),
    6: ("::/0", "::/8+", "64:ff9b:1::/48+", "100::/64+", "2001::/23+", "2001:db8::/32+", "2002::/16+", "3fff::/20+",
        "5f00::/16+", "fc00::/7+", "fe80::/10+", "fec0::/10+", "ff00::/8+"),
}
# The reasons by which routes are rejected.
PATH_LENGTH, BOGON, BLACKLIST, NEXT_HOP, FIRST_AS, BAD_ASN, TRANSIT, ORIGIN = 1, 2, 3, 5, 6, 7, 8, 9
NOT_GLOBAL, OF_MEMBER, PREFIX, LENGTH, ROV, NEVER = 10, 11, 12, 13, 14, 15


def listed(items):
    return "[ " + ", ".join(map(str, items)) + " ]"


def entries(prefixes):
    return listed(f"{e.prefix}{{{e.low},{e.high}}}" for e in prefixes)


def within(prefixes, version):
    return listed(f"{p}{{{p.split('/')[1]},{BITS[version]}}}" for p in prefixes)


def pair(community):
    return f"({community.replace(':', ', ')})"


IS_BLACKHOLE = f"({pair(BLACKHOLE)} ~ bgp_community || {pair(SITE_BLACKHOLE)} ~ bgp_community)"


HAS_ROA = "roa_check(vrps, net, bgp_path.last) = ROA_VALID"


def any_of(conditions):
    return "(" + " || ".join(conditions) + ")"


def standard(first, second):
    return [] if None in (first, second) else [f"({first}, {second}) ~ bgp_community"]


def large(function, value):
    return [f"({RS}, {function}, {value}) ~ bgp_large_community"]


def extended(first, second):
    return [f"(ro, {first}, {second}) ~ bgp_ext_community"]


def asked(member, first, function):
    """Whether a route says something about a member, in any of the three kinds."""
    return any_of(standard(first, member.as16) + large(function, member.asn) + extended(first, member.asn))


def asked_of_all(first, function):
    return any_of(standard(first, RS) + large(function, 0) + extended(first, RS))


# --- what members send ---

def refusal(exchange):
    """What becomes of a route that is not wanted. BIRD keeps what is filtered as the filter has left it."""
    then = "accept" if exchange.reject_mode == "tag" else "reject"
    return [f"function refuse(int reason) {{ bgp_local_pref = 0; "
            f"bgp_large_community.add(({RS}, 1101, reason)); {then}; }}"]


def definitions(exchange):
    version = exchange.version
    return [
        f"define MARTIANS = {listed(MARTIANS[version])};",
        "define BOGON_ASNS = [ 0, 23456, 64496..131071, 4200000000..4294967295 ];",
        f"define TRANSIT_FREE = {listed(TRANSIT_FREE)};", f"define NEVER_VIA = {listed(NEVER_VIA)};",
        f"define NOT_WANTED = {within(exchange.blacklist, version)};",
        *refusal(exchange),
        f"roa{version} table vrps;", f"protocol static {{ roa{version} {{ table vrps; }};",
        *[f"  route {v.prefix} max {v.longest} as {v.asn};" for v in exchange.vrps], "}"]


def next_hop_check(exchange, member):
    allowed = {"strict": [], "listed": member.next_hops,
               "same_as": [m.address for m in exchange.members if m.asn == member.asn]}[exchange.next_hop_policy]
    return any_of(["bgp_next_hop = from"] + [f"bgp_next_hop = {address}" for address in allowed])


def of_pairs(pairs):
    """One condition for each."""
    return [f"(net ~ {entries([pair.entry])}" + ("" if pair.asn is None else f" && bgp_path.last = {pair.asn}") + ")"
            for pair in pairs]


def all_lists(member, version):
    """What is within the prefixes of a member's lists."""
    return within([e.prefix for e in member.prefixes + member.white_prefixes], version)


def prefix_checks(exchange, member):
    """What a member may announce by the registries."""
    version = exchange.version
    all_within = within([e.prefix for e in member.prefixes], version)
    allowed = [f"net ~ {entries(member.prefixes)}"]
    if member.white_prefixes:
        allowed.append(f"net ~ {entries(member.white_prefixes)}")
    if exchange.irr_more_specifics:
        allowed.append(f"net ~ {all_within}")
    if exchange.roas_as_route_objects:
        allowed.append(HAS_ROA)
    if member.blackhole:
        allowed.append(f"({IS_BLACKHOLE} && net ~ {all_lists(member, version)})")
    return allowed + of_pairs(exchange.route_objects + member.white_routes)


def tags(exchange, member):
    """What the registries say of a route that is not rejected."""
    def tag(condition, code):
        return f"if {condition} then bgp_large_community.add(({RS}, 1001, {code}));"
    longer = []
    if exchange.irr_more_specifics:
        longer.append(f"net ~ {within([e.prefix for e in member.prefixes], exchange.version)}")
    if member.blackhole:
        longer.append(f"({IS_BLACKHOLE} && net ~ {all_lists(member, exchange.version)})")
    origins = listed(member.origins + member.white_origins)
    steps = [tag(f"net ~ {entries(member.prefixes + member.white_prefixes)}", IN_LIST)]
    if longer:
        steps.append(tag(any_of(longer), LONGER))
    lines = [tag(f"bgp_path.last ~ {origins}", OF_ORIGINS), tag(f"bgp_path.last !~ {origins}", NOT_OF_ORIGINS),
             "\n  else ".join(steps), f"else {{ bgp_large_community.add(({RS}, 1001, {NOT_IN_LIST}));"]
    if exchange.roas_as_route_objects:
        lines.append(tag(HAS_ROA, BY_ROA))
    if exchange.route_objects:
        lines.append(tag(any_of(of_pairs(exchange.route_objects)), BY_OBJECT))
    lines.append("}")
    if member.white_routes:
        lines.append(tag(any_of(of_pairs(member.white_routes)), WHITE))
    if exchange.next_hop_policy == "same_as":
        lines.append(tag("bgp_next_hop != from", OF_SAME_AS))
    return lines


def blackholing(exchange, member):
    permitted = any_of([f"net ~ {all_lists(member, exchange.version)}"] + of_pairs(member.white_routes))
    lines = [f"if {IS_BLACKHOLE} && {permitted} then {{"]
    if exchange.blackhole_next_hop:
        lines.append(f"  bgp_next_hop = {exchange.blackhole_next_hop};")
    lines += [f"  bgp_community.delete([{pair(SITE_BLACKHOLE)}]);", f"  bgp_community.add({pair(BLACKHOLE)});"]
    if exchange.blackhole_no_export:
        lines.append("  bgp_community.add((65535, 65281));")
    return lines + [f"  bgp_large_community.add(({RS}, 1000, 3));", "  accept;", "}"]


def validation(exchange):
    if not exchange.rov:
        return []
    invalid = f"refuse({ROV});" if exchange.reject_rov_invalid else \
        f"{{ bgp_local_pref = 0; bgp_large_community.add(({RS}, 1000, 4)); }}"
    lines = [f"if roa_check(vrps, net, bgp_path.last) = ROA_INVALID then {invalid}"]
    return lines + [
        f"if roa_check(vrps, net, bgp_path.last) = {state} then bgp_large_community.add(({RS}, 1000, {code}));"
        for state, code in (("ROA_VALID", 1), ("ROA_UNKNOWN", 2))]


def import_filter(exchange, member):
    low, high = LENGTHS[exchange.version]
    lines = [f"bgp_large_community.delete([({RS}, 1000, *), ({RS}, 1001, *), ({RS}, 1101, *)]);"]
    if exchange.graceful_shutdown:
        lines.append("if (65535, 0) ~ bgp_community then bgp_local_pref = 0;")
    lines += [f"if bgp_path.len < 1 || bgp_path.len > {exchange.path_length} then refuse({PATH_LENGTH});",
              f"if bgp_path.first != {member.asn} then refuse({FIRST_AS});"]
    if exchange.reject_as_sets:
        # Of a path with a set the second is the AS in front of the first one.
        lines.append(f"if bgp_path.last != bgp_path.last_nonaggregated then refuse({BAD_ASN});")
    lines += [f"if bgp_path ~ BOGON_ASNS then refuse({BAD_ASN});",
              f"if delete(bgp_path, {member.asn}) ~ TRANSIT_FREE then refuse({TRANSIT});",
              f"if bgp_path ~ NEVER_VIA then refuse({NEVER});",
              f"if !{next_hop_check(exchange, member)} then refuse({NEXT_HOP});",
              f"if net ~ NOT_WANTED then refuse({BLACKLIST});",
              f"if net ~ {within(member.blacklist, exchange.version)} then refuse({OF_MEMBER});",
              f"if net ~ MARTIANS then refuse({BOGON});"]
    if exchange.version == 6:
        lines.append(f"if net !~ [ 2000::/3+ ] then refuse({NOT_GLOBAL});")
    if exchange.enforce_origins:
        origins = [f"bgp_path.last ~ {listed(member.origins + member.white_origins)}"]
        lines.append(f"if !{any_of(origins + of_pairs(member.white_routes))} then refuse({ORIGIN});")
    if exchange.enforce_prefixes:
        lines.append(f"if !{any_of(prefix_checks(exchange, member))} then refuse({PREFIX});")
    if exchange.tag_registries:
        lines += tags(exchange, member)
    if member.blackhole:
        lines += blackholing(exchange, member)
    lines.append(f"if net.len < {low} || net.len > {high} then refuse({LENGTH});")
    return ["filter from_%s {" % member.name, *("  " + line for line in lines + validation(exchange)), "  accept;", "}"]


# --- what members are told ---

def export_filter(exchange, member):
    lines = []
    if exchange.reject_mode == "tag":
        lines.append(f"if bgp_large_community ~ [({RS}, 1101, *)] then reject;")
    if exchange.rov and not exchange.reject_rov_invalid:
        lines.append(f"if ({RS}, 1000, 4) ~ bgp_large_community then reject;")
    if not member.announce_blackholes:
        lines.append(f"if {pair(BLACKHOLE)} ~ bgp_community then reject;")
    to_nobody = any_of(standard(0, RS) + large(0, 0) + extended(0, RS))
    lines += [f"if {asked(member, 0, 0)} then reject;", f"if {to_nobody} && !{asked(member, RS, 1)} then reject;"]
    prepends = [(asked(member, 65500 + n, 100 + n), n) for n in (3, 2, 1)] \
        + [(asked_of_all(65500 + n, 100 + n), n) for n in (3, 2, 1)]
    lines.append("\n  else ".join(f"if {condition} then {{ " + "bgp_path.prepend(bgp_path.first); " * n + "}"
                                  for condition, n in prepends))
    lines += [f"if {asked(member, n, n)} || {asked_of_all(n, n)} then bgp_community.add((65535, {n}));"
              for n in (65281, 65282)]
    large_ones = f"({RS}, 0..999, *), ({RS}, 1002..4294967295, *)" if exchange.tell_tags else f"({RS}, *, *)"
    lines += [f"bgp_community.delete([(0, *), ({RS}, *), (65501..65503, *), (65281..65282, *)]);",
              f"bgp_large_community.delete([{large_ones}]);",
              "bgp_ext_community.delete([" + ", ".join(
                  f"(ro, {n}, *)" for n in (0, RS, 65501, 65502, 65503, 65281, 65282)) + "]);"]
    return ["filter to_%s {" % member.name, *("  " + line for line in lines), "  accept;", "}"]


class BirdExchange(Bird):
    """BIRD as the route server. No path is hidden: with `secondary` it tries one path after the other, which wants
    tables that are sorted, and next hops that need no other route, so that members are on a link."""

    def __init__(self, directory, address, exchange, netns):
        super().__init__(directory, address, RS, [], netns=netns, router_id="10.255.1.2")
        self.exchange = exchange

    def config(self):
        exchange = self.exchange
        table = f"master{exchange.version}"
        lines = [f"router id {self.router_id};", "log stderr { warning, error, auth, fatal, bug };",
                 f"ipv{exchange.version} table {table} sorted;", "protocol device {}", *definitions(exchange)]
        for member in exchange.members:
            lines += import_filter(exchange, member) + export_filter(exchange, member) + [
                f"protocol bgp {member.name} {{",
                f"  local {self.address} port 1179 as {RS}; neighbor {member.address} as {member.asn};",
                "  direct; strict bind; passive; rs client; hold time 240; interpret communities off;",
                "  enforce first as off; connect delay time 1; error wait time 1, 2;",
                f"  ipv{exchange.version} {{ table {table}; import keep filtered; secondary; gateway direct;",
                f"    import filter from_{member.name}; export filter to_{member.name}; }};", "}"]
        return "\n".join(lines) + "\n"

    def counts(self):
        """How many routes each member has there, filtered or not."""
        text = self.birdc('show protocols all "m*"')
        found = {}
        for part in re.split(r"^(?=m\d+ )", text, flags=re.M):
            routes = re.search(r"Routes:\s+(\d+) imported, (\d+) filtered", part)
            if routes:
                found[part.split()[0]] = int(routes[1]) + int(routes[2])
        return found

    def reasons(self):
        """{(number of the member, prefix): code or None}"""
        found = {}
        for what in ("", "filtered "):
            member = prefix = None
            for line in self.birdc(f"show route {what}all table master{self.exchange.version}").splitlines():
                head = re.match(r"(\S+/\d+)?\s+\w+ \[m(\d+) ", line)
                if head:
                    prefix, member = head[1] or prefix, int(head[2])
                    found[member, prefix] = None
                elif line.startswith("\tBGP.large_community"):
                    code = re.search(rf"\({RS}, 1101, (\d+)\)", line)
                    if code:
                        found[member, prefix] = int(code[1])
        return found
