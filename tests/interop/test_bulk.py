"""Many routes in one request, in lines, and from files."""

import http.client
import json
import socket

import pytest

from support.rpc import RpcError
from support.wait import stays, wait_for

MANY = 100_000
NDJSON = {"Content-Type": "application/x-ndjson"}


def prefix(n):
    return f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/32"


def lines(*calls):
    return b"".join(json.dumps({"jsonrpc": "2.0", **call}).encode() + b"\n" for call in calls)


def call_of(n, **more):
    return {"method": "advertise_route", "params": {"prefix": prefix(n), "next_hop": "10.254.0.1"}, **more}


def originated(bgpd):
    return bgpd.call("count_routes", list="learned", from_peer="API")["count"]


@pytest.fixture
def bgpd(lab):
    return lab.bgpd(peers=[lab.peer(2, 65002, passive=True)])


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True], ids=["", "state"])
def test_a_real_peer_sees_all_of_a_call(lab, kept):
    """100,000 routes of one call, and their withdrawal, at GoBGP."""
    bgpd = lab.bgpd({"state": {"path": "state.db"}} if kept else {},
                    peers=[lab.peer(2, 65002, passive=True)])
    gobgp = lab.real("gobgp", 2, 65002)
    bgpd.wait_established(lab.addr(2))
    result = bgpd.call("advertise_routes", routes=[prefix(n) for n in range(MANY)], next_hop="10.254.0.1",
                       communities=["65000:7"], all_or_nothing=True)
    assert result == {"advertised": MANY, "failed": 0, "errors": [], "to_no_peer": 0, "warnings": []}

    def count():  # its client takes half a minute to list so many
        families = gobgp.gobgp_json("neighbor", lab.addr(1))["afi_safis"]
        return sum(family["state"].get("accepted", 0) for family in families)
    wait_for(lambda: count() == MANY, 180)
    assert bgpd.call("withdraw_routes", routes=[prefix(n) for n in range(MANY - 1)])["withdrawn"] == MANY - 1
    wait_for(lambda: count() == 1, 180)
    route, = gobgp.received(lab.addr(1)).values()
    assert (route.prefix, set(route.communities)) == (prefix(MANY - 1), {"65000:7"})


def test_all_or_nothing(bgpd, lab):
    """Where one is wrong nothing is announced, also not for a moment."""
    speaker = lab.session(2, 65002)
    routes = [{"prefix": prefix(n)} for n in range(1000)]
    routes[777] = {"prefix": "10.0.0.0/33"}
    with pytest.raises(RpcError) as failed:
        bgpd.call("advertise_routes", routes=routes, next_hop="10.254.0.1", all_or_nothing=True)
    [error] = failed.value.data["errors"]
    assert (error["list"], error["index"], error["data"]["param"]) == ("routes", 777, "prefix")
    stays(lambda: not speaker.received(), 0.3)
    assert originated(bgpd) == 0
    result = bgpd.call("advertise_routes", routes=routes, next_hop="10.254.0.1")
    assert (result["advertised"], result["failed"]) == (999, 1)
    wait_for(lambda: len(speaker.received()) == 999)
    with pytest.raises(RpcError, match="nothing was withdrawn: routes"):
        bgpd.call("withdraw_routes", routes=[prefix(1), "10.99.0.0/16"], all_or_nothing=True)
    with pytest.raises(RpcError, match=r"nothing was withdrawn: routes\[2\]: the API does not advertise"):
        bgpd.call("withdraw_routes", routes=[prefix(1), prefix(2), prefix(1)], all_or_nothing=True)
    stays(lambda: len(speaker.received()) == 999, 0.3)
    assert originated(bgpd) == 999
    aimed = [{"prefix": prefix(1), "to": lab.addr(2)}, prefix(1)]  # two routes
    bgpd.call("advertise_routes", routes=aimed[:1], next_hop="10.254.0.1")
    assert bgpd.call("withdraw_routes", routes=aimed, all_or_nothing=True)["withdrawn"] == 2


def test_a_dry_run_of_many_is_that_of_the_whole(bgpd):
    """What comes earlier in the list counts for what comes later, and nothing is changed."""
    bgpd.call("advertise_route", prefix=prefix(0), next_hop="10.254.0.1")
    for whole in (False, True):
        answer = bgpd.call("withdraw_routes", routes=[prefix(0)], all_or_nothing=whole, dry_run=True)
        assert (answer["withdrawn"], answer["failed"]) == (1, 0)
    answer = bgpd.call("withdraw_routes", routes=[prefix(0), prefix(0), prefix(1)], dry_run=True)
    assert (answer["withdrawn"], [e["index"] for e in answer["errors"]]) == (1, [1, 2])
    assert originated(bgpd) == 1


def test_one_batch_of_many_calls(bgpd):
    """More answers than are kept: they come as they are taken."""
    batch = [{"jsonrpc": "2.0", "id": n, **call_of(n)} for n in range(30_000)]
    answers = bgpd.rpc.exchange(batch)
    assert [a["id"] for a in answers] == list(range(30_000))
    assert all("result" in a for a in answers)
    assert originated(bgpd) == 30_000


def test_who_goes_away_leaves_nothing(bgpd):
    """The beginning of a body is nothing, however long it is."""
    rss = bgpd.rss_kib()
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000000\r\n\r\n"
    for begin in (b'{"jsonrpc":"2.0","id":1,"method":"advertise_routes","params":{"next_hop":"10.254.0.1","routes":['
                  + b",".join(f'"{prefix(n)}"'.encode() for n in range(50_000)),
                  b"[" + b",".join(line for line in lines(*(call_of(n) for n in range(50_000))).splitlines())):
        connection = bgpd.rpc.connect()
        connection.sendall(head + begin)
        wait_for(lambda: bgpd.rss_kib() > rss + 500)
        connection.close()
        wait_for(lambda: bgpd.holds_less_than(rss + 4000))
        assert originated(bgpd) == 0


def test_what_is_held_has_an_end(lab):
    """Bodies beyond api_body_max, and all together beyond twice that, are refused."""
    bgpd = lab.bgpd({"api_body_max": 1 << 20})
    assert bgpd.rpc.http(body=b"[" + b"1," * (1 << 20))[0] == 413
    half = b"[" + b"1," * 400_000
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"
    held = []

    def is_refused():
        """While all of them still arrive, any may be the one that is too much: there is another then."""
        held.append(bgpd.rpc.connect())
        held[-1].sendall(head + half)
        return bgpd.rpc.http(body=b"[" + b"1," * 400_000 + b"1]")[0] == 503

    wait_for(is_refused)
    for connection in held:
        connection.close()
    wait_for(lambda: bgpd.rpc.http(body=b"[" + b"1," * 400_000 + b"1]")[0] == 200)
    assert bgpd.holds_less_than(100_000)


# --- lines ---


def test_lines_are_carried_out_as_they_come(bgpd):
    """A body that has not ended has done what its lines say."""
    connection = http.client.HTTPConnection(bgpd.api_address, 8080)
    connection.sock = bgpd.rpc.connect()
    connection.putrequest("POST", "/")
    connection.putheader("Content-Type", "application/x-ndjson")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()

    def send(data):
        connection.send(b"%x\r\n%s\r\n" % (len(data), data))
    for n in range(5):
        send(lines(call_of(n, id=n))[:-1])
        assert originated(bgpd) == n
        send(b"\n")
        wait_for(lambda: originated(bgpd) == n + 1)
    send(b"{nonsense\n" + lines({"method": "count_routes", "params": {"list": "learned"}, "id": "all"}))
    connection.send(b"0\r\n\r\n")
    response = connection.getresponse()
    assert response.headers["Content-Type"] == "application/x-ndjson"
    answers = [json.loads(line) for line in response.read().splitlines()]
    assert [a["id"] for a in answers] == [0, 1, 2, 3, 4, None, "all"]
    assert answers[5]["error"]["code"] == -32700 and answers[6]["result"]["count"] == 5
    connection.close()


@pytest.mark.slow
def test_many_lines(bgpd):
    """Without answers there may be any number of lines, and little is held of them."""
    def body():
        for begin in range(0, MANY, 5000):
            yield lines(*(call_of(n) for n in range(begin, begin + 5000)))
    before = bgpd.rss_kib()
    connection = http.client.HTTPConnection(bgpd.api_address, 8080)
    connection.sock = bgpd.rpc.connect()
    connection.request("POST", "/", body(), NDJSON, encode_chunked=True)
    assert connection.getresponse().status == 204
    connection.close()
    assert originated(bgpd) == MANY
    assert bgpd.holds_less_than(before + 40_000)
    answers = bgpd.rpc.http(body=lines(*(call_of(n, id=n) for n in range(20_000))), headers=NDJSON)[2]
    assert [json.loads(a)["id"] for a in answers.splitlines()] == list(range(20_000))


def test_who_stops_in_the_middle_of_lines(bgpd):
    """What had arrived is done, what had not is not, and a line is whole or nothing."""
    connection = bgpd.rpc.connect()
    data = lines(*(call_of(n) for n in range(100)))
    connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                       b"Content-Length: 1000000\r\n\r\n" + data + lines(call_of(100))[:-2])
    wait_for(lambda: originated(bgpd) == 100)
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()
    stays(lambda: originated(bgpd) == 100, 0.2)


# --- the command line ---


def run(bgpd, *args, status=0):
    done = bgpd.cli(*args)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def test_a_file(bgpd, lab):
    speaker = lab.session(2, 65002)
    bgpd.write("routes", "# these\n\n"
               "10.1.0.0/16 10.254.0.2 --med 10 -c \"65000:1 65000:2\"\n"
               "10.2.0.0/16 10.3.0.0/16 --next-hop 10.254.0.3\n"
               "10.4.0.0/16\n"
               '{"prefix": "10.5.0.0/16", "tags": ["own"]}\n')
    done = run(bgpd, "advertise", "route", "-f", bgpd.path("routes"), "--next-hop", "10.254.0.1", "--tag", "file",
               "-p", "50")
    assert done.stdout == "advertised: 5\n" and done.stderr == ""
    wait_for(lambda: len(speaker.received()) == 5)
    shown = {r["prefix"]: r for r in bgpd.call("show_originated")["routes"]}
    assert {p[3]: (r["next_hop"], r["multi_exit_disc"], r["tags"]) for p, r in shown.items()} == {
        "1": ("10.254.0.2", 10, ["file"]), "2": ("10.254.0.3", None, ["file"]),
        "3": ("10.254.0.3", None, ["file"]), "4": ("10.254.0.1", None, ["file"]),
        "5": ("10.254.0.1", None, ["own"])}
    assert {r["local_pref"] for r in shown.values()} == {50}
    assert run(bgpd, "withdraw", "route", "-f", bgpd.path("routes")).stdout == "withdrawn: 5\n"
    assert originated(bgpd) == 0


def test_errors_name_the_line(bgpd):
    path = bgpd.path("routes")
    bgpd.write("routes", "10.1.0.0/16 10.254.0.1\n"
               "10.2.0.0/40 10.254.0.1\n"
               "10.3.0.0/16 10.254.0.1 --colour red\n"
               "10.4.0.0/16 10.254.0.1 --host elsewhere\n"
               '{"prefix": "10.5.0.0/16"\n'
               "10.6.0.0/16\n")
    wrong = {2: "prefix: the length of '10.2.0.0/40' must be at most 32", 3: "unknown option --colour",
             4: "--host is no option of a route", 5: "column 24: '}' expected", 6: "next_hop: missing"}
    for whole in (False, True):
        more = ["--all-or-nothing"] if whole else []
        done = run(bgpd, "advertise", "route", "-f", path, *more, status=2)
        local = {n for n in wrong if n in (3, 4, 5)}
        for line, text in wrong.items():
            if line in local or not whole:
                assert f"bgpd: {path}:{line}: {text}" in done.stderr
        assert done.stdout.startswith(f"advertised: {0 if whole else 1}\n")
        assert originated(bgpd) == (0 if whole else 1)
        bgpd.call("withdraw_originated", all=True)
    bgpd.write("routes", "10.1.0.0/16 10.254.0.1\n10.2.0.0/40 10.254.0.1\n")
    done = run(bgpd, "--json", "advertise", "route", "-f", path, "--all-or-nothing", status=2)
    assert json.loads(done.stdout) == {
        "advertised": 0, "failed": 1, "to_no_peer": 0,
        "errors": [{"code": -32602, "message": wrong[2], "line": 2}]}
    assert originated(bgpd) == 0
    assert "no-such-file" in run(bgpd, "advertise", "route", "-f", "no-such-file", status=1).stderr


def test_what_is_shown_can_be_read(bgpd):
    """show originated | advertise leads to the same, of all families."""
    calls = [("advertise_route", dict(prefix="10.1.0.0/16", next_hop="10.254.0.1", as_path="100 {200 300}",
                                      local_pref=7, communities=["65000:1", "target:1:2", "1:2:3"],
                                      origin="EGP", label="a b", owner="o", tags="t u", ttl=600)),
             ("advertise_route", dict(prefix="10.1.0.0/16", next_hop="10.254.0.1", family="ipv4 multicast")),
             ("advertise_route", dict(prefix="2001:db8::/32", next_hop="2001:db8::1", labels=[100, 200])),
             ("advertise_route", dict(prefix="10.1.0.0/16", next_hop="10.254.0.1", rd="65000:1", labels=7)),
             ("advertise_flow", dict(afi=1, action="redirect 65000:7", communities="65000:9",
                                     matches=["destination 192.0.2.1/32", "protocol udp"])),
             ("advertise_route", dict(prefix="10.2.0.0/16", next_hop="10.254.0.1", aggregator="70000:192.0.2.1",
                                      atomic_aggregate=True, originator_id="192.0.2.2",
                                      cluster_list=["192.0.2.3", "192.0.2.4"], aigp=(1 << 63) - 1)),
             ("advertise_flow", dict(afi=1, action="drop", matches=["port 53"], aggregator="65000:192.0.2.1",
                                     originator_id="192.0.2.2", aigp=0)),
             ("advertise_flow", dict(afi=2, action="accept", matches=["destination 2001:db8::/48"])),
             ("advertise_flow", dict(afi=1, action="drop", matches=["port 80", "destination 192.0.2.0/24"]))]
    for method, params in calls:
        bgpd.call(method, **params)

    def state():
        volatile = {"received_at", "age", "created_at", "changed_at", "expires_at", "expires_in", "advertised_to"}
        return [{k: v for k, v in r.items() if k not in volatile} for r in bgpd.call("show_originated")["routes"]]
    before = state()
    text = run(bgpd, "show", "originated", "--format", "ndjson").stdout
    assert len(text.splitlines()) == len(calls)
    bgpd.write("shown", text)
    assert run(bgpd, "withdraw", "route", "-f", bgpd.path("shown")).stdout == f"withdrawn: {len(calls)}\n"
    assert originated(bgpd) == 0
    run(bgpd, "advertise", "flow", "-f", bgpd.path("shown"), "--all-or-nothing")
    after = state()
    assert sorted(after, key=json.dumps) == sorted(before, key=json.dumps)
    assert any(r["expires_in"] for r in bgpd.call("show_originated")["routes"])


@pytest.mark.slow
def test_a_long_file(bgpd):
    """In many requests, and in one; what is wrong has its line in each of them."""
    path = bgpd.path("routes")
    text = [f"{prefix(n)} 10.254.0.1" for n in range(25_000)]
    text[4321] = "10.0.0.0/77"
    text[19_999] = '{"prefix": "x", "next_hop": "10.254.0.1"}'
    bgpd.write("routes", "\n".join(text))
    done = run(bgpd, "advertise", "route", "-f", path, status=2)
    assert done.stdout == "advertised: 24998\nfailed: 2\n"
    assert [line.split(": ")[1] for line in done.stderr.splitlines() if "warning" not in line] == \
        [f"{path}:4322", f"{path}:20000"]
    assert originated(bgpd) == 24_998
    bgpd.call("withdraw_originated", all=True)
    assert run(bgpd, "advertise", "route", "-f", path, "--all-or-nothing", status=2).stdout == \
        "advertised: 0\nfailed: 2\n"
    assert originated(bgpd) == 0


def test_several_and_all(bgpd):
    hop = ["--next-hop", "10.254.0.1"]
    assert run(bgpd, "advertise", "route", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", *hop,
               "--tag", "a").stdout == "advertised: 3\n"
    run(bgpd, "advertise", "route", "10.4.0.0/16", "10.254.0.1", "--owner", "me")
    run(bgpd, "advertise", "flow", "ipv4", "drop", "-m", "destination 192.0.2.1/32", "--tag", "a")
    assert run(bgpd, "withdraw", "route", "10.1.0.0/16", "10.2.0.0/16").stdout == "withdrawn: 2\n"
    done = run(bgpd, "withdraw", "route", "10.1.0.0/16", "10.3.0.0/16", "--all-or-nothing", status=1)
    assert "does not advertise 10.1.0.0/16" in done.stderr
    assert run(bgpd, "withdraw", "route", "--tag", "a").stdout == "withdrawn: 1\n"
    assert run(bgpd, "withdraw", "flow", "--tag", "a").stdout == "withdrawn: 1\n"
    assert run(bgpd, "withdraw", "flow", "--all").stdout == "withdrawn: 0\n"
    assert run(bgpd, "withdraw", "route", "--owner", "me").stdout == "withdrawn: 1\n"
    for words in ([], ["10.1.0.0/16", "--all"], ["-f", "x", "--tag", "a"]):
        assert "one of these is needed" in run(bgpd, "withdraw", "route", *words, status=2).stderr
