"""Nothing is left out: every command, method and target of make stands in the documents, and what they
name is there. (The tables of keys, methods and reasons are compared by unit tests.)"""

import glob
import os
import re
import signal
import subprocess

import pytest

import markdown
from support.bgpd import BINARY, CHECKOUT
from test_documents import DOCUMENTS, read

ALL = [*DOCUMENTS, "CONTRIBUTING.md", "CHANGELOG.md", "ARCHITECTURE.md"]


def bgpd(*args):
    return subprocess.run([BINARY, *args], capture_output=True, text=True, check=True).stdout


def commands():
    """The paths of all commands, such as ("show", "routes"); groups do not count."""
    rows = bgpd("help").split("\nCommands:\n")[1].split("\n\n")[0]
    return [tuple(path.split()) for path in re.findall(r"^  ([a-z]+(?: [a-z]+(?![\w|]))*)", rows, re.MULTILINE)]


def inline_code(document):
    """Each piece of code within the text, on one line."""
    text = markdown.FENCE.sub("", re.sub(r"<!--.*?-->", "", read(document), flags=re.DOTALL))
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]


def test_commands_have_a_place():
    assert ("show", "routes", "learned") in commands()
    text = read("docs/cli.md")
    missing = [path for path in commands() if path != ("help",) and f"$ bgpd help {' '.join(path)}\n" not in text]
    assert not missing


@pytest.mark.parametrize("document", ALL)
def test_commands_that_are_named(document):
    known = set(commands()) | {("help",)}
    groups = {path[:1] for path in known}
    for code in inline_code(document):
        if not code.startswith("bgpd ") or "://" in code:
            continue
        words = [word for word in code.split()[1:] if re.fullmatch(r"[a-z]{2,}", word)]
        options = re.findall(r"--[a-z-]+", code)
        path = next((tuple(words[:n]) for n in (3, 2, 1) if tuple(words[:n]) in known | groups), ())
        assert path or not words or document == "CHANGELOG.md", f"{document}: `{code}` is no command"
        explained = bgpd("help", *path)
        assert all(option in explained for option in options), f"{document}: `{code}`: no such option"


@pytest.mark.parametrize("document", ALL)
def test_targets_that_are_named(document):
    done = subprocess.run(["make", "-s", "-C", CHECKOUT, "help"], capture_output=True, text=True, check=True)
    targets = re.findall(r"^ +make (\S+)", done.stdout, re.MULTILINE)
    named = [code.split()[1] for code in inline_code(document) if re.match(r"make [a-z]", code)]
    assert set(named) <= set(targets)
    if document == "CONTRIBUTING.md":
        assert {"test", "asan", "guard", "lint", "fuzz", "fmt"} <= set(named)


def modules_that_are_named():
    """Each folder of src/ with the modules that "What is where" gives a place to."""
    text = read("ARCHITECTURE.md").split("\n## What is where\n")[1].split("\nAround `src/`")[0]
    parts = re.split(r"^\*\*(\w+)\*\*", text, flags=re.MULTILINE)
    for folder, part in zip(parts[1::2], parts[2::2]):
        rows = re.findall(r"^\|([^|]*)\|", part, re.MULTILINE)
        yield from (f"{folder}/{name.split('.')[0]}" for row in rows for name in re.findall(r"`([^`]+)`", row))


def test_modules_have_a_place():
    files = glob.glob("*/*.*", root_dir=os.path.join(CHECKOUT, "src"))
    there = {os.path.splitext(name)[0] for name in files if name.endswith((".c", ".h", ".cc"))}
    assert "base/err" in there
    assert set(modules_that_are_named()) == there


def test_services_have_a_place():
    """Those that work in a turn of the loop, by their names."""
    sources = [read(name) for name in glob.glob("src/daemon/*.c", root_dir=CHECKOUT)]
    rows = [row for source in sources for row in re.findall(r"^const struct service \w+ = \{.*?\};", source, re.M | re.S)]
    working = {re.search(r'\.name = "(\w+)"', row)[1] for row in rows if ".work = " in row}
    assert "sweep" in working
    table = read("ARCHITECTURE.md").split("\n| service | its work | share |\n")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == working
    causes = read("docs/api.md").split("`longest_turn_cause` (")[1].split(")")[0]
    assert set(re.findall(r'"(\w+)"', causes)) == working | {"api", "timers"}


def test_methods_have_examples():
    text = read("docs/api.md")
    reference, examples = text.split("\n## Examples\n")
    methods = re.findall(r"^### `([a-z_.]+)`", reference, re.MULTILINE)
    assert "show_peers" in methods
    missing = [method for method in methods if f'"method": "{method}"' not in examples]
    assert not missing


def test_signals(stage):
    """Those that are said to be ignored are, the others are caught, and none that would end it is left out."""
    done = stage.shell("bgpd run examples/quickstart.toml; cat /proc/$(bgpd --json version | jq .pid)/status")
    masks = {name: int(mask, 16) for name, mask in re.findall(r"^(Sig\w+):\s*(\w+)$", done.stdout, re.MULTILINE)}
    rows = re.findall(r"^\| (SIG[^|]*) \| ([^|]*) \|$", read("docs/operations.md"), re.MULTILINE)
    named = set()
    for names, effect in rows:
        for name in re.findall(r"SIG\w+", names):
            number = getattr(signal, name, 16)  # SIGSTKFLT is not known to all versions of Python
            named.add(number)
            assert masks["SigIgn" if "ignored" in effect else "SigCgt"] >> (number - 1) & 1, name
    faults = {signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV,
              signal.SIGSYS, signal.SIGXCPU, signal.SIGXFSZ}
    harmless = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
    stops = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    assert set(range(1, 32)) - faults - harmless - stops - {signal.SIGKILL} == named


def test_examples_are_good():
    for name in glob.glob(os.path.join(CHECKOUT, "examples", "*.toml")):
        bgpd("check", name)
