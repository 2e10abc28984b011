"""The check fails when a document and the program differ: each case below is a document that is right,
and what makes it wrong."""

import pytest

import markdown
from play import Differs, Player
from test_documents import read

GOOD = '''# Title

<!-- check: scene
cat >bgpd.toml <<END
router_id = "192.0.2.1"
default_as = 65001
[[peers]]
remote_ip = "192.0.2.2"
remote_as = 65002
passive = true
END
bgpd run bgpd.toml
-->
```console
$ bgpd check bgpd.toml
bgpd.toml: ok, 1 peer
$ bgpd show neighbors
 Neighbor   Router ID     AS  MsgRcvd  MsgSent  Uptime  State   PfxRcd  PfxAcc  PfxAdv  Down For
 192.0.2.2  -          65002        0        0       -  Active       -       -       -  00:00:00

1 neighbor: 0 established, 1 down; routes: 0 received, 0 accepted, 0 advertised
```

<!-- check: below top -->
```toml
[[peers]]
remote_ip = "192.0.2.2"
remote_as = 65002
```

```json
{"jsonrpc": "2.0", "id": 1, "method": "version"}
```
```json
{"jsonrpc": "2.0", "id": 1, "result": {"name": "bgpd", "version": "…", "uptime": "00:00:01",
 "router_id": "192.0.2.1", "pid": 1}}
```

```log
2026-11-22T20:36:49.501Z info    API: listening on 127.0.0.1:8080
```

<!-- check: not run: a drawing -->
```
a -> b
```
'''

# What is replaced by what.
WRONG = {
    "output": ("Active ", "Idle   "),
    "output left out": (" 192.0.2.2  -          65002        0        0       -  Active       -       -       -  00:00:00\n",
                        ""),
    "output that does not come": ("1 peer\n", "1 peer\nor so\n"),
    "command": ("$ bgpd show neighbors", "$ bgpd show neighbours-of-mine"),
    "exit status": ("$ bgpd check bgpd.toml", "$ bgpd check bgpd.toml; false"),
    "key": ('remote_as = 65002\n```', 'remote_asn = 65002\n```'),
    "value": ('remote_as = 65002\n```', 'remote_as = 0\n```'),
    "member": ('"name": "bgpd", ', ""),
    "further member": ('"name": "bgpd", ', '"name": "bgpd", "more": null, '),
    "value of a member": ('"router_id": "192.0.2.1", "pid"', '"router_id": "192.0.2.9", "pid"'),
    "type": ('"uptime": "00:00:01"', '"uptime": null'),
    "method": ('"method": "version"', '"method": "versions"'),
    "answer left out": ('```json\n{"jsonrpc": "2.0", "id": 1, "result"', '```log\n{"jsonrpc": "2.0", "id": 1, "result"'),
    "line of the log": ("API: listening on", "API listens on"),
    "level of a line": ("501Z info ", "501Z debug "),
    "scene": ("bgpd run bgpd.toml", "bgpd show neighbors"),
    "block without a check": ("<!-- check: not run: a drawing -->\n", ""),
}
# What is not even run.
MISUNDERSTOOD = {
    "no reason": ("not run: a drawing", "not run"),
    "no such option": ("check: below top", "check: beneath top"),
    "no block": ("```\na -> b\n```\n", ""),
    "not closed": ("a -> b\n```\n", "a -> b\n"),
    "not a comment of its own": ("<!-- check: below top -->", "So <!-- check: below top -->"),
    "twice": ("<!-- check: below top -->", "<!-- check: below top -->\n<!-- check: below peer -->"),
}


def changed(old, new):
    assert GOOD.count(old) == 1 or old == "```json\n{"
    return GOOD.replace(old, new)


def play(stage, text, **options):
    player = Player(stage, **options)
    for scene in markdown.scenes("test.md", text):
        player.play(scene)


def test_good(stage):
    play(stage, GOOD)


@pytest.mark.parametrize("case", WRONG)
def test_wrong(stage, case):
    with pytest.raises((Differs, ValueError)):
        play(stage, changed(*WRONG[case]), patience_s=0.3)


def test_wrong_readme(stage):
    """The real one, with another community in what its second daemon got."""
    text = read("README.md")
    head, tail = text.split("**4. What the neighbor got.**")
    assert tail.count("65001:1\n") == 1
    with pytest.raises(Differs, match="65001:2"):
        play(stage, head + tail.replace("65001:1\n", "65001:2\n"), patience_s=0.3)


@pytest.mark.parametrize("case", MISUNDERSTOOD)
def test_misunderstood(case):
    with pytest.raises(markdown.Misunderstood):
        markdown.scenes("test.md", changed(*MISUNDERSTOOD[case]))


def test_links():
    text = "# A title\n\n[a](#a-title) [b](docs/b.md#c) `[c](d)`\n\n```\n[e](f)\n```\n<img src=\"g.svg\">\n"
    assert markdown.links(text) == ["#a-title", "docs/b.md#c", "g.svg"]
    assert list(markdown.anchors(text)) == ["a-title"]
    assert list(markdown.anchors("# `x` and Y's\n# Z\n## Z\n")) == ["x-and-ys", "z", "z-1"]
