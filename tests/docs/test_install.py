"""What `make install` leaves behind is what docs/operations.md says."""

import os
import re
import subprocess

import pytest

from support.bgpd import BINARY, CHECKOUT

BUILD = os.path.dirname(BINARY)
CHECK_INSTALL = os.path.join(CHECKOUT, "tools", "check-install")


@pytest.fixture
def machine(stage):
    """A machine on which BGPd has been installed with the default prefix."""
    root = os.path.join(stage.dir, "root")
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root],
                   check=True, capture_output=True)
    done = stage.enter(["mount", "--bind", f"{root}/usr/local", "/usr/local"])
    assert done.returncode == 0, done.stderr
    return stage


def run(stage, *argv, **environment):
    done = stage.enter(list(argv), env={**os.environ, "SYSTEMD_OFFLINE": "1", **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_unit(machine):
    """Where systemd looks for units, and nothing in it is wrong."""
    assert run(machine, "systemd-analyze", "--man=no", "verify", "bgpd.service") == ""
    unit = run(machine, "cat", "/usr/local/lib/systemd/system/bgpd.service")
    assert "ExecStart=/usr/local/sbin/bgpd run /etc/bgpd/bgpd.toml\n" in unit
    for file, first in (("bash-completion/completions/bgpd", "# Completion of bgpd for bash"),
                        ("zsh/site-functions/_bgpd", "#compdef bgpd"),
                        ("fish/vendor_completions.d/bgpd.fish", "# Completion of bgpd for fish")):
        assert run(machine, "cat", f"/usr/local/share/{file}").startswith(first)
    document, = re.findall(r"Documentation=file:(\S+)", unit)
    run(machine, "test", "-f", document)


def test_enable(machine):
    os.makedirs(os.path.join(machine.dir, "etc/systemd/system"))
    assert "/usr/local/lib/systemd/system/bgpd.service" in run(machine, "systemctl", "enable", "bgpd")


def test_drop_in(machine):
    """The one that operations.md shows."""
    with open(os.path.join(CHECKOUT, "docs", "operations.md"), encoding="utf-8") as file:
        text, = re.findall(r"override.conf -->\n```ini\n(.*?)```", file.read(), re.DOTALL)
    folder = os.path.join(machine.dir, "etc/systemd/system/bgpd.service.d")
    os.makedirs(folder)
    with open(os.path.join(folder, "override.conf"), "w", encoding="ascii") as file:
        file.write(text)
    assert run(machine, "systemd-analyze", "--man=no", "verify", "bgpd.service") == ""


# --- another daemon of the same name ---

def check_install(destdir, prefix, path="/nowhere"):
    return subprocess.run([CHECK_INSTALL, destdir, prefix], capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}"})


def program(folder, text="#!/bin/sh\necho another bgpd\n"):
    os.makedirs(folder)
    name = os.path.join(folder, "bgpd")
    with open(name, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(name, 0o755)
    return name


def test_other_program_stays(tmp_path):
    other = program(str(tmp_path / "usr/sbin"))
    done = check_install(str(tmp_path), "/usr")
    assert done.returncode == 1 and other in done.stderr


def test_own_program_is_replaced(tmp_path):
    folder = tmp_path / "usr/sbin"
    folder.mkdir(parents=True)
    os.symlink(BINARY, folder / "bgpd")
    assert check_install(str(tmp_path), "/usr").returncode == 0


def test_other_program_is_told_of(tmp_path):
    other = program(str(tmp_path / "other"))
    done = check_install("", str(tmp_path / "prefix"), os.path.dirname(other))
    assert done.returncode == 0
    assert f"{other} is another BGP daemon" in done.stdout
    # Who builds a package installs into a folder, for another machine.
    assert other not in check_install(str(tmp_path), "/prefix", os.path.dirname(other)).stdout
