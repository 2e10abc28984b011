"""Who may do what: tokens with names and roles, and what clients on this machine may do without one."""

import http.client
import json
import os
import pwd
import socket
import ssl
import subprocess
import tempfile

import pytest

from support import netns
from support.clock import WallClock
from support.rpc import RpcClient, RpcError
from support.wait import stays, wait_for

PREFIX = "192.0.2.0/24"
FORBIDDEN = -32003


def new_token(bgpd, name, role, *more):
    """Makes a token by the command line, and adds it to the daemon's file; returns it."""
    made = json.loads(bgpd.cli("--json", "token", "new", name, "--role", role, *more, check=True).stdout)
    with open(bgpd.path("tokens.toml"), "a", encoding="utf-8") as file:
        file.write(made["table"])
    os.chmod(bgpd.path("tokens.toml"), 0o640)
    return made["token"]


def refused(bgpd, token, method, **params):
    """The code and the message of the error of a call with a token."""
    with_token(bgpd, token)
    with pytest.raises(RpcError) as caught:
        bgpd.call(method, **params)
    return caught.value.code, caught.value.message


def with_token(bgpd, token):
    bgpd.rpc.token = token
    return bgpd


def advertise(bgpd, token, prefix, **more):
    return with_token(bgpd, token).call("advertise_route", prefix=prefix, next_hop="10.254.0.1", **more)


@pytest.fixture
def guarded(lab):
    """BGPd that lets in nobody without a token, and the tokens by their names. 2 is a GoBGP, 3 a
    speaker, each in a group of its own."""
    bgpd = lab.bgpd({"groups": {"edge": {}, "core": {}}, "api_tokens": "tokens.toml",
                     "api_loopback": "none"},
                    peers=[lab.peer(2, 65002, name="gobgp", group="edge"),
                           lab.peer(3, 65003, passive=True, group="core")], start=False)
    tokens = {
        "admin": new_token(bgpd, "admin", "full"),
        "eye": new_token(bgpd, "eye", "read"),
        "injector": new_token(bgpd, "injector", "originate", "--prefix", f"{PREFIX} le 32",
                              "--prefix", "2001:db8::/32 le 64", "--to", "edge"),
        "other": new_token(bgpd, "other", "originate", "--prefix", "0.0.0.0/0 le 32"),
    }
    with_token(bgpd, tokens["admin"]).start()
    return bgpd, tokens


def test_roles(guarded):
    bgpd, tokens = guarded
    for token in (None, "bgpd_" + "0" * 64, tokens["eye"][:-1]):
        for method in ("version", "show_peers", "reload"):
            assert refused(bgpd, token, method)[0] == FORBIDDEN
    assert with_token(bgpd, tokens["eye"]).call("show_peers")
    assert refused(bgpd, tokens["eye"], "reload") == \
        (FORBIDDEN, 'reload is forbidden: the role of the token is "read"')
    assert refused(bgpd, tokens["injector"], "reload") == \
        (FORBIDDEN, 'reload is forbidden: the role of the token is "originate"')
    assert with_token(bgpd, tokens["injector"]).call("show_peers")
    assert with_token(bgpd, tokens["admin"]).call("reload")["keys_changed"] == []
    bgpd.wait_log("(eye): reload: reload is forbidden")
    bgpd.wait_log("(admin): reload")
    log = bgpd.log()
    assert not any(token in log for token in tokens.values())


def test_originate(guarded, lab):
    """What is announced with a token goes to those it is for, and is its holder's alone."""
    bgpd, tokens = guarded
    gobgp = lab.real("gobgp", 2, 65002)
    core = lab.session(3, 65003)
    bgpd.wait_established(lab.addr(2), lab.addr(3))
    route = advertise(bgpd, tokens["injector"], PREFIX)
    assert route["owner"] == "injector" and route["to"] == ["edge"] and route["advertised_to"] == 1
    wait_for(lambda: PREFIX in gobgp.received())
    stays(lambda: PREFIX not in core.received(), 0.2)
    bgpd.wait_log(f"(injector): advertise_route {PREFIX}")

    for to, code in (("gobgp", None), (lab.addr(2), None), (lab.addr(3), FORBIDDEN), ("core", FORBIDDEN),
                     (lab.network(), FORBIDDEN), ("0.0.0.0/0", FORBIDDEN), ("nobody", FORBIDDEN)):
        if code:
            assert refused(bgpd, tokens["injector"], "advertise_route", prefix=PREFIX,
                           next_hop="10.254.0.1", to=[to])[0] == code, to
        else:
            advertise(bgpd, tokens["injector"], PREFIX, to=[to])
            with_token(bgpd, tokens["injector"]).call("withdraw_route", prefix=PREFIX, to=[to])
    assert refused(bgpd, tokens["injector"], "advertise_route", prefix="198.51.100.0/24",
                   next_hop="10.254.0.1")[0] == FORBIDDEN
    assert refused(bgpd, tokens["injector"], "advertise_flow", afi=1, action="traffic-rate 0",
                   matches=["port 80"])[0] == FORBIDDEN
    with_token(bgpd, tokens["injector"]).call("advertise_flow", afi=1, action="traffic-rate 0",
                                              matches=["destination 192.0.2.1/32"])

    other = dict(prefix=PREFIX, next_hop="10.254.0.2", to=["edge"])
    assert refused(bgpd, tokens["other"], "advertise_route", **other) == \
        (FORBIDDEN, f"{PREFIX} belongs to injector, not to the holder of this token")
    assert refused(bgpd, tokens["other"], "withdraw_route", prefix=PREFIX, to=["edge"])[0] == FORBIDDEN
    assert refused(bgpd, tokens["other"], "withdraw_originated", owner="injector")[0] == FORBIDDEN
    assert with_token(bgpd, tokens["other"]).call("withdraw_originated", all=True)["withdrawn"] == 0
    assert gobgp.received()[PREFIX].next_hop == "10.254.0.1"
    assert with_token(bgpd, tokens["injector"]).call("withdraw_originated", all=True)["withdrawn"] == 2
    wait_for(lambda: PREFIX not in gobgp.received())
    with_token(bgpd, tokens["admin"])


def test_reload(guarded):
    """A token that is no longer in the file is none; a file that is wrong changes nothing."""
    bgpd, tokens = guarded
    path = bgpd.path("tokens.toml")
    with open(path, encoding="utf-8") as file:
        good = file.read()

    def rewrite(text, mode=0o640):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    for text, mode, problem in ((good + "[tokens.x]\nrole = 'all'\n", 0o640, "unknown role 'all'"),
                                (good, 0o644, "everybody may read or change it"), ("[", 0o640, "tokens.toml:1:"),
                                (good.replace("[tokens.eye]", "[tokens.admin]"), 0o640, "tokens.toml:")):
        rewrite(text, mode)
        with_token(bgpd, tokens["admin"])
        with pytest.raises(RpcError) as caught:
            bgpd.call("reload")
        assert caught.value.code == -32004 and any(problem in line for line in caught.value.data["errors"])
        assert with_token(bgpd, tokens["eye"]).call("version")
    os.unlink(path)
    assert refused(bgpd, tokens["admin"], "reload")[0] == -32004
    rewrite(good.split("[tokens.eye]")[0])
    assert with_token(bgpd, tokens["admin"]).call("reload")["keys_changed"] == ["api_tokens"]
    assert refused(bgpd, tokens["eye"], "version")[0] == FORBIDDEN
    with_token(bgpd, tokens["admin"])
    assert bgpd.reload(api_loopback="read")["keys_changed"] == ["api_loopback"]
    assert with_token(bgpd, None).call("version")
    assert refused(bgpd, None, "reload")[0] == FORBIDDEN
    with_token(bgpd, tokens["admin"])


def test_start_with_a_bad_file(lab):
    """What cannot be put in force keeps the daemon from starting."""
    bgpd = lab.bgpd({"api_tokens": "tokens.toml"}, start=False)
    bgpd.write_config()
    bgpd.write("tokens.toml", "[tokens.a]\nrole = 'full'\nsha256 = 'x'\n")
    for words in (("run",), ("check",)):
        done = bgpd.cli(*words, bgpd.path("config.toml"))
        assert done.returncode == 1
        assert "tokens.toml:3:10: sha256 must be the SHA-256 of the token" in done.stdout + done.stderr


def test_token_command(lab):
    """The token of a file is nowhere else; what is wrong with the command is said."""
    bgpd = lab.bgpd(start=False)
    output = bgpd.path("a.token")
    table = bgpd.cli("token", "new", "a.b", "--role", "read", "--output", output, check=True).stdout
    assert table.startswith('[tokens."a.b"]\nrole = "read"\nsha256 = "')
    with open(output, encoding="ascii") as file:
        token = file.read()
    assert token.strip() not in table and os.stat(output).st_mode & 0o777 == 0o600
    printed = bgpd.cli("token", "new", "a", "--role", "full", check=True).stdout
    assert printed.count("bgpd_") == 1 and "[tokens.a]" in printed
    for words, problem in ((("a", "--role", "read", "--output", output), "File exists"),
                           (("a b", "--role", "read"), '"a b" is no name'),
                           (("a",), "--role is missing"), (("a", "--role", "x"), "expected read, originate or full"),
                           (("a", "--role", "originate"), "--prefix is missing"),
                           (("a", "--role", "full", "--to", "x"), "are for the role originate"),
                           (("a", "--role", "originate", "--prefix", "x"), '"x": expected a prefix')):
        done = bgpd.cli("token", "new", *words)
        assert done.returncode == (1 if "File" in problem else 2) and problem in done.stderr
        assert done.stdout == ""


# --- sockets in the file system ---

class LocalRpc(RpcClient):
    """The API at a socket in the file system, as a user of this machine."""

    def __init__(self, path, uid=0, gid=0):
        super().__init__("localhost", 0)
        self.path, self.uid, self.gid = path, uid, gid

    def connect(self, timeout=30):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        os.setegid(self.gid)
        os.seteuid(self.uid)
        try:
            connection.connect(self.path)
        finally:
            os.seteuid(0)
            os.setegid(0)
        return connection


NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def by_path(lab):
    """BGPd that listens at a path, and a folder that others may look into."""
    folder = tempfile.mkdtemp(prefix="bgpd-socket-", dir="/tmp")
    os.chmod(folder, 0o755)
    path = os.path.join(folder, "api.sock")
    bgpd = lab.bgpd({"api_socket": f"unix:{path}"}, start=False)
    bgpd.rpc = LocalRpc(path)
    yield bgpd.start(), path
    bgpd.finish()
    lab.daemons.remove(bgpd)
    assert os.listdir(folder) == []
    os.rmdir(folder)


def test_local_socket(by_path):
    """Who may write to the socket is let in, and the log says who it was."""
    bgpd, path = by_path
    assert os.stat(path).st_mode & 0o777 == 0o660
    assert bgpd.call("show_info")["api_sockets"] == [f"unix:{path}"]
    nobody = LocalRpc(path, NOBODY.pw_uid, NOBODY.pw_gid)
    with pytest.raises(PermissionError):
        nobody.call("version")
    changed = bgpd.reload(api_socket_mode="0666")
    assert changed["keys_changed"] == ["api_socket_mode"] and changed["sockets_opened"] == 0
    assert nobody.call("version")
    nobody.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1")
    bgpd.wait_log(f"API: unix:nobody: advertise_route {PREFIX}")
    bgpd.reload(api_socket_mode="0660", api_socket_group="nogroup", api_loopback="read")
    assert os.stat(path).st_gid == NOBODY.pw_gid
    assert nobody.call("version")
    assert refused(bgpd, None, "withdraw_route", prefix=PREFIX)[0] == FORBIDDEN
    bgpd.reload(by_signal=True, api_loopback="full")
    wait_for(lambda: bgpd.log().count("api_loopback changed") == 2)
    assert bgpd.call("withdraw_route", prefix=PREFIX)


def test_local_client(by_path, lab):
    """The command line finds the daemon there."""
    bgpd, path = by_path
    for words, environment in ((["--host", f"unix:{path}"], {}), ([], {"BGPD_HOST": f"unix:{path}"})):
        done = subprocess.run([bgpd.binary, *words, "--json", "version"], capture_output=True, text=True, check=True,
                              env={**os.environ, "BGPD_CLIENT_FILE": "", **environment})
        assert json.loads(done.stdout)["pid"] == bgpd.process.pid
    for there, problem in (("nothing", "No such file or directory"), (os.path.dirname(path), "Connection refused")):
        done = subprocess.run([bgpd.binary, "--host", f"unix:{there}", "version"], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 3 and f"no daemon answers at unix:{there}: {problem}" in done.stderr
    other = lab.bgpd({"api_socket": f"unix:{path}"}, n=2, start=False)
    other.write_config()
    done = subprocess.run([other.binary, "run", other.path("config.toml")], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"API: cannot listen on unix:{path}: another process listens there" in done.stderr
    assert bgpd.call("version")["pid"] == bgpd.process.pid


def test_local_socket_after_a_crash(by_path):
    """What a daemon that was killed has left is replaced; what is no socket is not, and is tried again."""
    bgpd, path = by_path
    bgpd.kill9()
    assert os.path.exists(path)
    bgpd.start()
    other = path + "2"
    with open(other, "w", encoding="ascii"):
        pass
    answer = bgpd.reload(api_socket=[f"unix:{path}", f"unix:{other}"])
    assert any("which is no socket; this is tried again" in line for line in answer["failed"])
    assert any("no socket" in line for line in bgpd.call("show_info")["waiting_for"])
    os.unlink(other)
    wait_for(lambda: bgpd.call("show_info")["waiting_for"] == [])
    assert LocalRpc(other).call("version")
    assert bgpd.reload(api_socket=f"unix:{path}")["sockets_closed"] == 1
    assert not os.path.exists(other)


# --- TLS ---

def make_certificate(directory, name="here", days=30):
    """A certificate for 127.0.0.0/8 addresses of this test, and its key, by openssl; their paths."""
    certificate, key = (os.path.join(directory, f"{name}.{end}") for end in ("crt", "key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, capture_output=True)
    os.chmod(key, 0o600)
    return certificate, key


def told(bgpd):
    """The name in the certificate that a new connection is told."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(bgpd.rpc.connect()) as connection:
        text = ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))
    done = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=text, capture_output=True, text=True,
                          check=True)
    return done.stdout.strip().rsplit("=", 1)[1].strip()


def client(bgpd, *words, scheme="https", environment=None):
    return subprocess.run(
        bgpd.in_netns([bgpd.binary, "--host", f"{scheme}://{bgpd.api_address}:8080", *words]), capture_output=True,
        text=True, check=False, env={**os.environ, "BGPD_CLIENT_FILE": "", **(environment or {})})


@pytest.fixture
def secure(lab):
    namespace = lab.namespace()
    bgpd = lab.bgpd({"bgp_socket": "127.0.0.1:1179", "api_socket": "127.0.0.1:8080"}, start=False, netns=namespace)
    bgpd.api_address = bgpd.rpc.address = "127.0.0.1"
    certificate, key = make_certificate(bgpd.dir)
    bgpd.config["api_tls"] = {"certificate": "here.crt", "key": "here.key"}
    bgpd.rpc.tls = ssl.create_default_context(cafile=certificate)
    return bgpd.start(), certificate, key


def test_tls(secure):
    """The API over TLS, to our client, curl and others; what is no TLS, or not vouched for, gets nothing."""
    bgpd, certificate, _ = secure
    pid = bgpd.process.pid
    assert bgpd.call("version")["pid"] == pid
    done = client(bgpd, "--ca", certificate, "--json", "version")
    assert json.loads(done.stdout)["pid"] == pid, done.stderr
    assert client(bgpd, "--json", "version", environment={"BGPD_CA": certificate}).returncode == 0
    done = client(bgpd, "version")
    assert done.returncode == 3 and "no daemon that can be trusted answers at 127.0.0.1:8080" in done.stderr
    assert client(bgpd, "version", scheme="http").returncode == 3
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "version"})
    done = subprocess.run(bgpd.in_netns(["curl", "-sS", "--cacert", certificate, "https://localhost:8080/", "-H",
                                         "Content-Type: application/json", "-d", request]), capture_output=True,
                          text=True, check=True)
    assert json.loads(done.stdout)["result"]["pid"] == pid
    for version in ("-tls1_1", "-tls1_2", "-tls1_3"):
        done = subprocess.run(bgpd.in_netns(["openssl", "s_client", "-connect", "127.0.0.1:8080", version, "-cipher",
                                             "ALL:@SECLEVEL=0", "-brief"]), input="", capture_output=True, text=True,
                              check=False)
        assert ("CONNECTION ESTABLISHED" in done.stderr) == (version != "-tls1_1"), done.stderr
    # What the library refuses by itself is said inside of the session, too.
    with bgpd.rpc.tls.wrap_socket(bgpd.rpc.connect(), server_hostname="127.0.0.1") as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n")
        answer = b""
        while block := connection.recv(4096):
            answer += block
    assert answer.startswith(b"HTTP/1.1 400") and b"application/json" in answer


def test_tls_lists(secure):
    """Long lists come whole, whoever else connects and says nothing, or garbage, and nobody holds up the loop."""
    bgpd, _, _ = secure
    routes = [{"prefix": f"10.{n >> 8}.{n & 255}.0/24", "next_hop": "10.254.0.1"} for n in range(3000)]

    def long_turns():
        return bgpd.call("show_info")["loop"]["long_turns"]

    def is_served_at_once():
        """A turn is long, too, in the middle of which the machine did something else; but not each time."""
        before = long_turns()
        silent = [bgpd.rpc.connect() for _ in range(20)]
        for connection in silent[10:]:
            connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00" if connection is silent[10]
                               else b"GET / HTTP/1.1\r\n\r\n")
        answers = bgpd.rpc.exchange([{"jsonrpc": "2.0", "id": n, "method": "advertise_route", "params": route}
                                     for n, route in enumerate(routes)])
        assert len(answers) == 3000 and not any("error" in answer for answer in answers)
        assert len(bgpd.call("show_routes_learned")) == 3000
        more = long_turns() - before
        for connection in silent:
            connection.close()
        return more == 0

    wait_for(is_served_at_once)


def test_tls_reload(secure):
    """New connections are told the new certificate, those that are there go on; a bad pair changes nothing."""
    bgpd, certificate, key = secure
    kept = http.client.HTTPConnection("localhost")
    kept.sock = bgpd.rpc.tls.wrap_socket(bgpd.rpc.connect(), server_hostname="127.0.0.1")

    def ask_kept():
        kept.request("POST", "/", '{"jsonrpc": "2.0", "id": 1, "method": "version"}', {"Content-Type": "application/json"})
        return "result" in json.loads(kept.getresponse().read())

    assert ask_kept()
    other, other_key = make_certificate(bgpd.dir, "there")
    for pair, problem in (({"certificate": "here.crt", "key": "there.key"}, "it is not the key of the certificate"),
                          ({"certificate": "there.key", "key": "there.key"}, "there.key' cannot be used"),
                          ({"certificate": "here.crt", "key": "here.crt"}, "everybody may read or change it"),
                          ({"certificate": "none.crt", "key": "here.key"}, "No such file or directory"),
                          ({"certificate": "here.crt"}, "key is missing in api_tls")):
        with pytest.raises(RpcError) as caught:
            bgpd.reload(api_tls=pair)
        assert any(problem in line for line in caught.value.data["errors"]), caught.value.data
        assert told(bgpd) == "here" and ask_kept()
    bgpd.config["api_tls"] = {"certificate": "here.crt", "key": "here.key"}
    bgpd.write_config()
    os.replace(other, certificate)
    os.replace(other_key, key)
    assert bgpd.call("reload")["keys_changed"] == ["api_tls"]
    assert told(bgpd) == "there"
    assert ask_kept()
    del bgpd.config["api_tls"]
    bgpd.write_config()
    bgpd.rpc.tls = ssl.create_default_context(cafile=certificate)
    assert bgpd.call("reload")["keys_changed"] == ["api_tls"]
    bgpd.rpc.tls = None
    assert bgpd.call("version")
    assert ask_kept()
    kept.close()
    assert bgpd.reload(api_tls={"certificate": "here.crt", "key": "here.key"})["keys_changed"] == ["api_tls"]
    assert told(bgpd) == "there"
    assert client(bgpd, "version", scheme="http").returncode == 3


def test_tokens_in_the_clear(lab):
    """Where tokens would go over a network without TLS that is warned of."""
    bgpd = lab.bgpd({"api_socket": "0.0.0.0:8080", "api_tokens": "tokens.toml"}, start=False)
    bgpd.write("tokens.toml", "")
    bgpd.write_config()
    assert "in the clear" not in bgpd.cli("check", bgpd.path("config.toml"), check=True).stdout
    new_token(bgpd, "a", "read")
    done = bgpd.cli("check", bgpd.path("config.toml"), check=True)
    assert "tokens that are sent to the API at 0.0.0.0:8080 go over the network in the clear" in done.stdout


# --- who has done what ---

def test_audit(guarded):
    """Every change is in the list, with who made it, what exactly, and how it ended; refused ones, too."""
    bgpd, tokens = guarded
    advertise(bgpd, tokens["injector"], PREFIX, ttl="10m", communities=["65001:1"])
    refused(bgpd, tokens["injector"], "advertise_route", prefix="10.0.0.0/8", next_hop="10.254.0.1")
    refused(bgpd, tokens["eye"], "withdraw_route", prefix=PREFIX)
    for _ in range(20):
        refused(bgpd, None, "show_peers")
    with_token(bgpd, tokens["admin"]).call("reload")
    changes = with_token(bgpd, tokens["eye"]).call("show_audit")["changes"]
    assert [(c["owner"], c["method"], c["what"], c["error"], c["repeats"]) for c in changes] == [
        ("injector", "advertise_route", f"{PREFIX} next hop 10.254.0.1, communities 65001:1, ttl 10m", None, 0),
        ("injector", "advertise_route", "10.0.0.0/8 next hop 10.254.0.1",
         "10.0.0.0/8 is outside of the prefixes of the token", 0),
        ("eye", "withdraw_route", PREFIX, 'withdraw_route is forbidden: the role of the token is "read"', 0),
        (None, "show_peers", "", 'show_peers is forbidden: it takes a bearer token (api_loopback is "none")', 19),
        ("admin", "reload", "", None, 0)]
    assert all(c["address"] == "127.0.0.1" or c["address"] == bgpd.api_address for c in changes)
    assert len(bgpd.call("show_audit", owner="injector", prefix="192.0.2.0/25")["changes"]) == 0
    assert len(bgpd.call("show_audit", owner="injector", prefix="192.0.0.0/16")["changes"]) == 1
    bgpd.write("eye.token", tokens["eye"] + "\n")
    table = bgpd.cli("--token-file", bgpd.path("eye.token"), "show", "audit", "--owner", "injector", check=True).stdout
    assert table.splitlines()[0].split() == ["Time", "Owner", "Address", "Method", "What", "Outcome"]
    assert table.splitlines()[1].endswith("done") and "outside of the prefixes" in table.splitlines()[2]
    lines = bgpd.cli("--token-file", bgpd.path("eye.token"), "--format", "ndjson", "show", "audit", check=True).stdout
    assert [json.loads(line)["number"] for line in lines.splitlines()] == [c["number"] for c in changes]
    csv = bgpd.cli("--token-file", bgpd.path("eye.token"), "--format", "csv", "show", "audit", check=True).stdout
    assert csv.startswith("number,time,owner,token,address,method,what,error,repeats\n") and csv.count("\n") == 6
    with_token(bgpd, tokens["admin"])
    assert bgpd.reload(api_audit=2)["keys_changed"] == ["api_audit"]
    assert [c["method"] for c in bgpd.call("show_audit")["changes"] if c["token"]] == ["reload", "reload"]


def test_audit_of_what_no_client_asked_for(lab):
    """So are reloads by SIGHUP, leases that end, also while the daemon is down, and going back by itself."""
    clock = WallClock(lab.directory("clock"))
    bgpd = lab.bgpd({"state": {"path": "state.db"}}, peers=[lab.peer(2, 65002, passive=True, name="two")],
                    environment=clock.environment())

    def changes():
        return [(c["owner"], c["token"], c["address"], c["method"], c["what"], c["error"])
                for c in bgpd.call("show_audit")["changes"] if c["address"] in ("SIGHUP", "daemon")]
    bgpd.reload(by_signal=True)
    expected = [(None, False, "SIGHUP", "reload", "", None)]
    wait_for(lambda: changes() == expected)
    bgpd.config["colour"] = "red"
    bgpd.reload(by_signal=True)
    expected += [(None, False, "SIGHUP", "reload", "", "the configuration file has errors; nothing was changed")]
    wait_for(lambda: changes() == expected)
    del bgpd.config["colour"]
    bgpd.config["poll_interval"] = 7
    bgpd.write_config()
    bgpd.call("reload", confirm="1s")
    expected += [(None, False, "daemon", "rollback", "nobody has confirmed the reload in time", None)]
    wait_for(lambda: changes() == expected)
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1", ttl="1s", owner="ddos", to="two")
    expected += [("ddos", False, "daemon", "withdraw_route", f"{PREFIX} to two, its lease has ended", None)]
    wait_for(lambda: changes() == expected)
    bgpd.call("advertise_flow", afi=1, action="drop", matches=["destination 10.0.0.0/8", "port 80"], ttl="1s")
    expected += [(None, False, "daemon", "withdraw_flow", "destination 10.0.0.0/8; port =80, its lease has ended", None)]
    wait_for(lambda: changes() == expected)
    assert len(bgpd.call("show_audit", owner="ddos", prefix=PREFIX)["changes"]) == 2
    bgpd.call("advertise_route", prefix=PREFIX, next_hop="10.254.0.1", ttl="1h", owner="ddos")
    bgpd.stop()
    clock.step(3601)  # the lease ends
    bgpd.start()
    expected = [("ddos", False, "daemon", "withdraw_route", f"{PREFIX}, its lease has ended", None)]
    wait_for(lambda: changes() == expected)


def test_audit_of_leases(lab):
    """However many leases end, they wash away nothing that clients did."""
    bgpd = lab.bgpd({"api_audit": 100})
    bgpd.call("advertise_routes", routes=[{"prefix": f"10.{n >> 8}.{n & 255}.0/24", "next_hop": "10.254.0.1",
                                           "ttl": "1s"} for n in range(3000)])
    wait_for(lambda: bgpd.call("show_originated")["routes"] == [])
    changes = bgpd.call("show_audit")["changes"]
    assert [c["method"] for c in changes] == ["advertise_routes"] + 100 * ["withdraw_route"]
    first, *leases = [c["number"] for c in changes]
    assert leases == list(range(2902, 3002)) and first < 2902  # some may have ended before the call was over


def test_audit_of_many(lab):
    """A call with many routes is one entry; a batch has one for each, and the oldest go."""
    bgpd = lab.bgpd({"api_audit": 1000})
    routes = [{"prefix": f"10.{n >> 8}.{n & 255}.0/24", "next_hop": "10.254.0.1"} for n in range(20000)]
    bgpd.call("advertise_routes", routes=routes)
    [change] = bgpd.call("show_audit")["changes"]
    assert change["method"] == "advertise_routes" and len(change["what"]) < 1100
    bgpd.rpc.exchange([{"jsonrpc": "2.0", "id": n, "method": "advertise_route", "params": route}
                       for n, route in enumerate(routes[:3000])])
    changes = bgpd.call("show_audit")["changes"]
    assert [c["number"] for c in changes] == list(range(2002, 3002))
    assert changes[-1]["what"].startswith(routes[2999]["prefix"])


def test_default_socket(lab):
    """Where nothing says where the daemon is, the client looks at the service's socket."""
    if not netns.available():
        pytest.skip("needs root for a /run of its own")
    bgpd = lab.bgpd({"api_socket": "unix:/run/bgpd/api.sock"}, start=False)
    bgpd.write_config()
    script = """mount -t tmpfs none /run
        mkdir /run/bgpd
        "$0" run "$1" 2>"$2" &
        tries=600
        until "$0" --json version; do kill -0 $!; tries=$((tries - 1)); [ $tries -gt 0 ]; sleep 0.1; done
        ! "$0" -p 65000 version >/dev/null 2>&1 || exit 9
        kill $!
        wait $!
        [ ! -e /run/bgpd/api.sock ]"""
    done = subprocess.run(["unshare", "-m", "sh", "-ec", script, bgpd.binary, bgpd.path("config.toml"),
                           bgpd.path("log")], capture_output=True, text=True, check=False,
                          env={**{k: v for k, v in os.environ.items() if not k.startswith("BGPD_")},
                               "BGPD_CLIENT_FILE": ""})
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["name"] == "bgpd"
