"""Links of all documents lead somewhere, from where they stand in the source and from where they are
installed."""

import os
import subprocess

import pytest

import markdown
from support.bgpd import BINARY, CHECKOUT

SKIPPED = ("build", ".", "subprojects")


def documents(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(SKIPPED)]
        yield from (os.path.join(folder, name) for name in files if name.endswith(".md"))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def dead_links(root):
    for document in documents(root):
        for link in markdown.links(read(document)):
            if "://" in link:
                continue  # elsewhere: it is not there that a test looks
            path, _, anchor = link.partition("#")
            target = os.path.join(os.path.dirname(document), path) if path else document
            if not os.path.exists(target):
                yield f"{document}: {link}: there is no {target}"
            elif anchor and anchor not in set(markdown.anchors(read(target))):
                yield f"{document}: {link}: no heading has this anchor"


def test_source():
    assert not list(dead_links(CHECKOUT))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What `make install` puts below the prefix, from the build of the program under test."""
    root = tmp_path_factory.mktemp("installed")
    build = os.path.dirname(BINARY)
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", str(root)],
                   check=True, capture_output=True)
    return str(root)


def test_installed(installed):
    found = list(documents(installed))
    assert {"README.md", "operations.md"} <= {os.path.basename(path) for path in found}
    assert not list(dead_links(installed))
