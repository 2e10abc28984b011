"""Fixtures: the fake daemon, and the program as its client."""

import subprocess
import threading

import pytest
from fake_daemon import BGPD, Api, Daemon, run


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


@pytest.fixture
def api(daemon):
    """The fake daemon with answers of its own."""
    return Api(daemon)


@pytest.fixture
def start(daemon, request):
    """Starts the program as a client with pipes; it is killed at the end if it still runs."""

    def begin(*words):
        # pylint: disable=consider-using-with
        process = subprocess.Popen([BGPD, "--port", str(daemon.port), *words], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        request.addfinalizer(lambda: (process.poll() is None and process.kill(), process.wait()))
        return process

    return begin
