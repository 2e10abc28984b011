"""Routes to try a family with, and how BGPd is told of them."""

from support.nlri import has_labels, has_rd
from support.route import Route

RDS = ("65000:1", "192.0.2.1:65535", "4200000000:7")  # of the three types
LABELS = (16, 1048575, 100)
# A session between IPv6 addresses, or of an IPv6 family.
NEXT_HOPS = {"4": "10.254.0.9", "6": "2001:db8:fe::9"}


def prefix(family, number):
    return f"2001:db8:{number:x}::/48" if family.startswith("ipv6") else f"10.{number}.0.0/16"


def samples(family, label=None, next_hop=None, as_path=()):
    """Three routes of a family: where it has RDs, two of the same prefix. `label`, where it has labels:
    the one for all of them."""
    numbers = (20, 20, 21) if has_rd(family) else (20, 22, 21)
    return [Route(prefix(family, number), next_hop or NEXT_HOPS[family[3]], as_path, "IGP",
                  communities=["65000:4"], extended=["target:65000:7", "target:192.0.2.1:8"],
                  family=family, rd=RDS[index] if has_rd(family) else None,
                  labels=[LABELS[index] if label is None else label] if has_labels(family) else ())
            for index, number in enumerate(numbers)]


def key_params(route):
    """The parameters of withdraw_route."""
    params = {"prefix": route.prefix, "family": route.family}
    return {**params, "rd": route.rd} if route.rd else params


def route_params(route):
    """Those of advertise_route, and an entry of static_routes."""
    params = {**key_params(route), "next_hop": route.next_hop, "origin": route.origin,
              "as_path": [str(asn) for asn in route.as_path],
              "communities": sorted(route.communities | route.extended | route.large)}
    for name, value in (("labels", list(route.labels)), ("multi_exit_disc", route.med),
                        ("local_pref", route.local_pref)):
        if value not in (None, []):
            params[name] = value
    return params
