"""What a script cannot do for a document: peers and clients that do what is rarely done. A comment
`<!-- check: do NAME -->` calls one of these, with the stage."""

import socket

import speaker as sp
from speaker import Speaker
from support.wait import wait_for

ACTS = {}


def act(function):
    ACTS[function.__name__] = function
    return function


def peer(stage, address, asn, **options):
    """A peer that has connected to 127.0.0.1:1179."""
    options.setdefault("router_id", "192.0.2.2")
    speaker = Speaker(address, asn, netns=stage.netns, **options)
    stage.lab.speakers.append(speaker)
    return speaker.connect("127.0.0.1")


def must(stage, script):
    done = stage.shell(script)
    assert done.returncode == 0, done.stdout + done.stderr


@act
def sessions_that_end(stage):
    one = peer(stage, "127.0.0.2", 65002).establish()
    must(stage, "until_true up 127.0.0.2; bgpd neighbor disable 127.0.0.2 -m 'maintenance until noon'; "
         "bgpd neighbor enable 127.0.0.2")
    one.wait_closed()
    two = peer(stage, "127.0.0.2", 65002).establish()
    must(stage, "until_true up 127.0.0.2")
    two.close()
    must(stage, "until_true sh -c '! bgpd show neighbors 127.0.0.2 | grep Established'")
    peer(stage, "127.0.0.2", 65002, hold_time=3, keepalives=False).establish().wait_closed()


@act
def connections_that_are_refused(stage):
    peer(stage, "127.0.0.9", 65002).wait_closed()
    garbage = peer(stage, "127.0.0.4", 65002)
    garbage.send_raw(b"GET / HTTP/1.0\r\n\r\n" + b" " * 40)
    garbage.wait_closed()
    wrong = peer(stage, "127.0.0.3", 65002)
    wrong.send_open()
    wrong.wait_closed()
    first = peer(stage, "127.0.0.5", 65002).establish()
    peer(stage, "127.0.0.5", 65002).wait_closed()
    assert not first.closed.is_set()


@act
def one_who_comes_again(stage):
    for _ in range(15):
        peer(stage, "127.0.7.9", 65002).wait_closed()


@act
def malformed_updates(stage):
    offender = peer(stage, "127.0.0.6", 65002).establish()
    for attribute, announced in ((bytes.fromhex("c00803010203"), b"\x10\x0a\x01"),
                                 (bytes.fromhex("40060109"), b"\x10\x0a\x02"),
                                 (bytes.fromhex("900e00180001011020010db8000000000000000000000001000a6440"), b"")):
        offender.send(sp.UPDATE, sp.update_body(
            sp.attribute(sp.ORIGIN, b"\0") + sp.attribute(sp.AS_PATH, sp.as_path_value((65002,)))
            + sp.attribute(sp.NEXT_HOP, bytes((10, 254, 0, 2))) + attribute, announced))


def connections(stage, address, count, to):
    """Connections to the API that say nothing."""
    for _ in range(count):
        sock = stage.netns.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.bind((address, 0))
        sock.connect((to, 8080))
        stage.open.append(sock)


@act
def too_many_clients(stage):
    connections(stage, "10.9.9.1", 97, "10.9.9.1")
    wait_for(lambda: any("there are 96" in line for line in stage.log()))
    connections(stage, "127.0.0.7", 129, "127.0.0.1")


@act
def peer_from_afar(stage):
    """TTL 64, as any connection has it, where 255 is asked for."""
    speaker = Speaker("192.0.2.2", 65002, netns=stage.netns)
    stage.lab.speakers.append(speaker)
    speaker.connect("192.0.2.1", 179).wait_closed()


@act
def peer_behind_eth0(stage):
    """A neighbor in a namespace of its own, at the other end of eth0."""
    other = stage.lab.namespace("b")
    stage.netns.add_link("eth0", other, "eth0", "192.0.2.1/24", "192.0.2.2/24")
    speaker = Speaker("192.0.2.2", 65002, netns=other)
    stage.lab.speakers.append(speaker)
    stage.neighbor = speaker


@act
def eth0_goes_down(stage):
    stage.neighbor.connect("192.0.2.1", 179).establish()
    must(stage, "until_true up 192.0.2.2; ip link set eth0 down")
