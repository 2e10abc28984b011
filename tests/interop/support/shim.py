"""Libraries that are preloaded into a program, so that the system behaves as a test likes."""

import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def preload(directory, source, **environment):
    """The environment for a program with the library of this source, and what that asks for. (A sanitizer
    wants to be the first library.)"""
    os.makedirs(directory, exist_ok=True)
    library = os.path.join(directory, source.replace(".c", ".so"))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, source)], check=True)
    return {"LD_PRELOAD": library, **environment,
            "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
