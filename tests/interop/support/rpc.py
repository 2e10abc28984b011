"""A JSON-RPC 2.0 client for BGPd's API, with just enough HTTP control to test it."""

import http.client
import itertools
import json
import socket

from support.netns import make_socket
from support.wait import PATIENCE_S


class RpcError(Exception):
    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('message')} {error.get('data')}")
        self.code = error.get("code")
        self.message = error.get("message")
        self.data = error.get("data")


class RpcClient:
    def __init__(self, address, port, netns=None):
        self.address = address
        self.port = port
        self.netns = netns
        self.ids = itertools.count(1)
        self.token = None
        self.tls = None  # an ssl.SSLContext

    def connect(self, timeout=PATIENCE_S):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        connection = make_socket(self.netns, family, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        connection.connect((self.address, self.port))
        return connection

    def http(self, method="POST", body=b"", headers=None, path="/", timeout=PATIENCE_S):
        """One HTTP exchange on a connection of its own: (status, headers, body)."""
        connection = http.client.HTTPConnection(self.address, self.port)
        connection.sock = self.connect(timeout)
        if self.tls:
            connection.sock = self.tls.wrap_socket(connection.sock, server_hostname=self.address)
        try:
            connection.request(method, path, body,
                               headers if headers is not None
                               else {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def exchange(self, document):
        """Posts any JSON document; returns the decoded answer, None for an empty one."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        status, _, answer = self.http(body=body, headers=headers)
        assert status in (200, 204), f"HTTP {status}: {answer[:300]!r}"
        return json.loads(answer) if answer else None

    def call(self, method, *args, **kwargs):
        """Calls a method with positional or named parameters; raises RpcError."""
        assert not (args and kwargs)
        request = {"jsonrpc": "2.0", "id": next(self.ids), "method": method}
        if args or kwargs:
            request["params"] = list(args) if args else kwargs
        answer = self.exchange(request)
        assert answer["jsonrpc"] == "2.0" and answer["id"] == request["id"], answer
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]
