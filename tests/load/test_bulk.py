"""100,000 routes in one request: nobody else notices, and the memory is that of what they are."""

import json

import pytest

from watch import SLOW

MANY = 100_000


def prefix(n):
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/32"


def batch():
    return json.dumps([{"jsonrpc": "2.0", "id": n, "method": "advertise_route",
                        "params": {"prefix": prefix(n), "next_hop": "10.254.0.1"}} for n in range(MANY)])


def bulk(**more):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "advertise_routes", "params": {
        "routes": [{"prefix": prefix(n), "communities": [f"65000:{n % 100}"]} for n in range(MANY)],
        "next_hop": "10.254.0.1", **more}})


def lines():
    return "".join(json.dumps({"jsonrpc": "2.0", "method": "advertise_route",
                               "params": {"prefix": prefix(n), "next_hop": "10.254.0.1"}}) + "\n"
                   for n in range(MANY))


@pytest.mark.parametrize("kept", [False, True], ids=["", "state"])
@pytest.mark.parametrize("form", ["batch", "bulk", "whole", "lines"])
def test_many_routes_in_one_request(watched, form, kept):
    body = {"batch": batch, "bulk": bulk, "whole": lambda: bulk(all_or_nothing=True), "lines": lines}[form]()
    bgpd = watched.start({"state": {"path": "state.db"}} if kept else {})
    content_type = "application/x-ndjson" if form == "lines" else "application/json"
    status, _, answer = bgpd.rpc.http(body=body.encode(), headers={"Content-Type": content_type},
                                      timeout=60 * SLOW)
    assert status == (204 if form == "lines" else 200)
    if form == "batch":
        assert len(json.loads(answer)) == MANY
    elif form != "lines":
        assert json.loads(answer)["result"]["advertised"] == MANY
    assert bgpd.call("count_routes", list="learned", from_peer="API")["count"] == MANY
    watched.wait_memory(60_000)  # some 250 bytes for each of them, and what heap is left
