"""A cache that does all that it must not: BGPd says what happened, keeps what it had, and comes back
for more."""

import pytest

from support import rtr
from support.rtr import Cache, count, some_roas, wait_count
from support.wait import stays, wait_for

SESSION = 77


def shown(bgpd):
    return bgpd.call("show_rpki")["caches"][0]


@pytest.fixture
def cache(lab):
    with Cache(lab.addr(2)) as played:
        yield played


def follow(lab, **keys):
    return lab.bgpd({"rpki": {"caches": [rtr.cache(lab, 2, **{"version": 1, **keys})]}})


def respond(connection):
    """A query for differences, and the beginning of its answer."""
    connection.send(rtr.notify(1, SESSION, 6))
    connection.expect(rtr.SERIAL_QUERY)
    connection.send(rtr.pdu(1, rtr.RESPONSE, SESSION))


def garbage(connection):
    connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def zero_octets(connection):
    connection.send(bytes(100))


def short_length(connection):
    connection.send(b"\1\3\0\0\0\0\0\7")


def huge_length(connection):
    connection.send(b"\1\x0a\0\0\xff\xff\xff\xff" + bytes(1000))


def record_too_early(connection):
    connection.send(rtr.notify(1, SESSION, 6))
    connection.expect(rtr.SERIAL_QUERY)
    connection.send(rtr.vrps(1, some_roas(1, first=50)))


def duplicate(connection):
    respond(connection)
    connection.send(rtr.vrps(1, some_roas(1, first=50) * 2))


def known(connection):
    respond(connection)
    connection.send(rtr.vrps(1, some_roas(1)))


def unknown(connection):
    respond(connection)
    connection.send(rtr.vrps(1, some_roas(1, first=50), announce=False))


def bad_prefix(connection):
    respond(connection)
    connection.send(rtr.pdu(1, rtr.IPV4, 0, bytes([1, 33, 33, 0, 10, 0, 0, 0, 0, 0, 0, 1])))


def other_session(connection):
    connection.send(rtr.notify(1, SESSION, 6))
    connection.expect(rtr.SERIAL_QUERY)
    connection.send(rtr.pdu(1, rtr.RESPONSE, SESSION + 1))


def other_version(connection):
    respond(connection)
    connection.send(rtr.vrps(0, some_roas(1, first=50)))


def unknown_version(connection):
    connection.send(rtr.pdu(9, rtr.RESET))


def unknown_type(connection):
    connection.send(rtr.pdu(1, 77))


FAULTS = {
    garbage: (4, "a version of the protocol that is not known"),
    zero_octets: (0, "a length that a PDU of this type cannot have"),
    short_length: (0, "a length that a PDU of this type cannot have"),
    record_too_early: (0, "a record outside of a response"),
    duplicate: (7, "10.0.50.0/24 max 24 AS 64500 is announced twice"),
    known: (7, "10.0.0.0/24 max 24 AS 64500 is announced twice"),
    unknown: (6, "10.0.50.0/24 max 24 AS 64500 is withdrawn and was not there"),
    bad_prefix: (0, "the prefix is longer than an address"),
    other_session: (0, "a Cache Response of session 78 to a query of session 77"),
    other_version: (8, "a PDU of version 0 in a connection of version 1"),
    unknown_version: (4, "a version of the protocol that is not known"),
    unknown_type: (5, "a type of PDU that is not known in this version"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_faults(lab, cache, fault):
    code, text = FAULTS[fault]
    bgpd = follow(lab)
    connection = cache.serve(some_roas(3))
    wait_count(bgpd, 3)
    fault(connection)
    assert connection.expect_report() == (code, text)
    connection.expect_close()
    assert shown(bgpd)["last_error"] == text
    bgpd.wait_log(f"RPKI cache {lab.addr(2)}:{rtr.PORT}: {text}")
    assert count(bgpd) == 3 and shown(bgpd)["in_use"]
    # It may be wrong about what there is: it asks for everything.
    cache.serve(some_roas(4), session=SESSION + 5)
    wait_count(bgpd, 4)


@pytest.mark.parametrize("send", [huge_length, lambda c: c.send(rtr.report(1, 3, b"go \x1b[2J away"))],
                         ids=["unreadable", "readable"])
def test_error_reports(lab, cache, send):
    """They end the connection, and nobody answers them."""
    bgpd = follow(lab)
    connection = cache.serve(some_roas(3))
    wait_count(bgpd, 3)
    send(connection)
    connection.expect_close()
    assert "report" in shown(bgpd)["last_error"] and "\x1b" not in shown(bgpd)["last_error"]
    cache.serve(some_roas(4))
    wait_count(bgpd, 4)


def test_broken_off(lab, cache):
    """Half of an answer is none."""
    bgpd = follow(lab)
    connection = cache.serve(some_roas(3))
    wait_count(bgpd, 3)
    respond(connection)
    connection.send(rtr.vrps(1, some_roas(20, first=50)), rtr.vrp(1, "10.0.0.0/24", 24, 64500, False))
    connection.close()
    again = cache.accept()
    again.expect(rtr.SERIAL_QUERY)
    assert count(bgpd) == 3
    again.send(rtr.pdu(1, rtr.RESPONSE, SESSION), rtr.vrps(1, some_roas(1, first=50)),
               rtr.end(1, SESSION, 6))
    wait_count(bgpd, 4)


def test_no_end(lab, cache):
    """Who sends without end is given up."""
    bgpd = follow(lab, max_records=5000)
    connection = cache.serve(some_roas(3))
    wait_count(bgpd, 3)
    respond(connection)
    with pytest.raises(OSError):
        for first in range(10, 10**7, 1000):
            connection.send(rtr.vrps(1, some_roas(1000, first=first)))
    wait_for(lambda: shown(bgpd)["state"] == "waiting")
    assert "more than 5000 records" in shown(bgpd)["last_error"]
    assert 3500 < shown(bgpd)["connect_in_s"] <= 3600
    assert count(bgpd) == 3 and shown(bgpd)["vrps_ipv4"] == 3
    # A reload that permits more has it tried again.
    bgpd.config["rpki"]["caches"][0]["max_records"] = 6000
    bgpd.reload()
    cache.serve(some_roas(10))
    wait_count(bgpd, 10)


def test_silence_and_expiry(lab, cache):
    """What was said counts until it expires, and not any longer."""
    bgpd = follow(lab, refresh_s=1, expire_s=10)
    connection = cache.serve(some_roas(3))
    wait_count(bgpd, 3)
    connection.expect(rtr.SERIAL_QUERY)  # that nobody answers
    assert count(bgpd) == 3
    wait_count(bgpd, 0)
    connection.expect_close()
    assert "expired" in shown(bgpd)["last_error"] and not shown(bgpd)["in_use"]
    cache.serve(some_roas(4))
    wait_count(bgpd, 4)


def test_no_data_yet(lab, cache):
    """A cache that has just begun says so, and is asked again on the same connection."""
    bgpd = follow(lab)
    connection = cache.accept()
    connection.expect(rtr.RESET_QUERY)
    connection.send(rtr.report(1, 2, b"wait"))
    wait_for(lambda: shown(bgpd)["state"] == "without data")
    connection.expect(rtr.RESET_QUERY)
    connection.send(rtr.pdu(1, rtr.RESPONSE, SESSION), rtr.vrps(1, some_roas(2)),
                    rtr.end(1, SESSION, 1))
    wait_count(bgpd, 2)


def test_local_address(lab, cache):
    bgpd = follow(lab, local_address=lab.addr(9))
    connection = cache.serve(some_roas(1))
    assert connection.sock.getpeername()[0] == lab.addr(9)
    wait_count(bgpd, 1)
    bgpd.reload(rpki={"caches": [{"address": lab.addr(2), "port": rtr.PORT, "local_address": "192.0.2.77"}]})
    wait_for(lambda: "Cannot assign" in (shown(bgpd)["last_error"] or ""))
    assert count(bgpd) == 1


def test_octet_by_octet(lab, cache):
    bgpd = follow(lab)
    connection = cache.accept()
    connection.expect(rtr.RESET_QUERY)
    for octet in rtr.pdu(1, rtr.RESPONSE, SESSION) + rtr.vrps(1, some_roas(5)) + rtr.end(1, SESSION, 1):
        connection.send(bytes([octet]))
    wait_count(bgpd, 5)


def test_aspas(lab, cache):
    """Version 2 as the present draft has it; what is wrong with an ASPA costs the ASPAs alone."""
    bgpd = follow(lab, version=2)
    connection = cache.accept()
    assert connection.expect(rtr.RESET_QUERY)[0] == 2
    connection.send(rtr.pdu(2, rtr.RESPONSE, SESSION), rtr.vrps(2, some_roas(2)),
                    rtr.aspa(64500, [64501, 64502]), rtr.aspa(64501, [0]), rtr.end(2, SESSION, 1))
    wait_for(lambda: shown(bgpd)["aspas"] == 2)
    connection.send(rtr.notify(2, SESSION, 2))
    connection.expect(rtr.SERIAL_QUERY)
    connection.send(rtr.pdu(2, rtr.RESPONSE, SESSION), rtr.aspa(64500, [64509]),
                    rtr.aspa(64501, [0], announce=False), rtr.end(2, SESSION, 2))
    wait_for(lambda: shown(bgpd)["aspas"] == 1)
    assert bgpd.call("show_rpki")["totals"] == {"vrps_ipv4": 2, "vrps_ipv6": 0, "aspas": 1}
    connection.send(rtr.notify(2, SESSION, 3))
    connection.expect(rtr.SERIAL_QUERY)
    connection.send(rtr.pdu(2, rtr.RESPONSE, SESSION), rtr.aspa(64503, [64502, 64501]))
    assert connection.expect_report()[0] == 9
    again = cache.accept()
    assert again.expect(rtr.RESET_QUERY)[0] == 1
    again.send(rtr.pdu(1, rtr.RESPONSE, 9), rtr.vrps(1, some_roas(2)), rtr.end(1, 9, 1))
    wait_for(lambda: shown(bgpd)["version"] == 1)
    wait_for(lambda: shown(bgpd)["aspas"] == 0)
    assert count(bgpd) == 2
    stays(lambda: count(bgpd) == 2, 0.3)
