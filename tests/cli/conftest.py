"""Fixtures: the fake daemon, and the program as its client."""

import threading

import pytest
from fake_daemon import Daemon, run


@pytest.fixture
def daemon():
    server = Daemon()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bgpd(daemon):
    """Runs the program as a client of the fake daemon."""

    def client(*args, **kwargs):
        return run("--port", daemon.port, *args, **kwargs)

    return client
