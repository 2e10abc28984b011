"""What a document shows: its fenced blocks, what is to be done with them, and its links.

A block says by its info string how it is checked (play.py has the kinds). What cannot be seen from it
stands in HTML comments, which readers do not see:

    <!-- check: scene             a new stage from here on; a script sets it up
    quickstart
    -->
    <!-- check: run               a script before the next block
    echo 'colour = "red"' >>q.toml
    -->
    <!-- check: do stranger -->   a function of acts.py before the next block
    <!-- check: WORD ... -->      how the next block is run: see OPTIONS
"""

import re
from dataclasses import dataclass, field

ITEM = re.compile(r"^<!-- check: (?P<comment>.*?) *-->\n"
                  r"|^(?P<indent> *)```(?P<kind>[^\n`]*)\n(?P<body>(?:[^\n]*\n)*?)(?P=indent)``` *\n", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^ *```.*?^ *``` *\n", re.MULTILINE | re.DOTALL)

# What may be said of a block, and whether that takes an argument.
OPTIONS = {
    "not run": True,   # "not run: WHY"
    "status": True,    # the exit status of the last command, instead of 0
    "below": True,     # toml: "below top" or "below peer": what has to stand in front of it
    "file": True,      # the block is the content of this file of the stage
    "part": False,     # json: what is shown is a part of the answer
}


class Misunderstood(Exception):
    """A document that cannot be checked as it is."""


@dataclass
class Block:
    document: str
    line: int           # of the opening fence
    kind: str
    text: str
    before: list = field(default_factory=list)   # (word, argument) of "run" and "do"
    options: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.document}:{self.line}"


@dataclass
class Scene:
    """Blocks that are run one after the other on one stage."""
    document: str
    line: int
    script: str
    blocks: list = field(default_factory=list)

    def __str__(self):
        return f"{self.document}:{self.line}"


def _understand(comment, where):
    head, _, script = comment.partition("\n")
    for word in ("scene", "run"):
        if head == word:
            return word, script
        if head.startswith(word + " "):
            return word, head[len(word) + 1:]
    if head.startswith("do "):
        return "do", head[3:].strip()
    for word, takes in OPTIONS.items():
        if head == word or head.startswith((word + " ", word + ":")):
            argument = comment[len(word):].lstrip(": ").strip()
            if takes != bool(argument):
                raise Misunderstood(f"{where}: '{word}' {'needs' if takes else 'takes no'} argument")
            return word, argument
    raise Misunderstood(f"{where}: nobody knows what 'check: {head}' means")


def scenes(document, text):
    """The scenes of a document; the first one has no script."""
    found = [Scene(document, 1, "")]
    before, options, comments = [], {}, 0
    for item in ITEM.finditer(text):
        line = text.count("\n", 0, item.start()) + 1
        where = f"{document}:{line}"
        if item["comment"] is None:
            body = re.sub(f"^{item['indent']}", "", item["body"], flags=re.MULTILINE)
            found[-1].blocks.append(Block(document, line, item["kind"].strip(), body, before, options))
            before, options = [], {}
            continue
        comments += 1
        word, argument = _understand(item["comment"], where)
        if word == "scene":
            if before or options:
                raise Misunderstood(f"{where}: a scene begins between a comment and its block")
            found.append(Scene(document, line, argument))
        elif word in ("run", "do"):
            before.append((word, argument))
        elif word in options:
            raise Misunderstood(f"{where}: '{word}' twice")
        else:
            options[word] = argument
    _check_whole(document, text, found, comments, before or options)
    return [scene for scene in found if scene.blocks or scene.script]


def _check_whole(document, text, found, comments, left):
    """Nothing was overlooked."""
    if left:
        raise Misunderstood(f"{document}: the last comment belongs to no block")
    if len(re.findall(r"^ *```", text, re.MULTILINE)) != 2 * sum(len(s.blocks) for s in found):
        raise Misunderstood(f"{document}: a block is not closed")
    if len(re.findall(r"<!-- *check\b", text)) != comments:
        raise Misunderstood(f"{document}: a comment with 'check' that is no '<!-- check: … -->' on lines of its own")


# --- links ---

def without_code(text):
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def links(text):
    """Targets of links and pictures, those of HTML included."""
    text = without_code(text)
    return (re.findall(r"\]\(([^()\s]+)\)", text)
            + re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
            + re.findall(r'(?:href|src|srcset)="([^"]+)"', text))


def anchors(text):
    """The anchors that headings get on GitHub."""
    found = {}
    for title in re.findall(r"^#{1,6} +(.+?) *#*$", FENCE.sub("", text), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = found[slug] = found.get(slug, -1) + 1
        yield f"{slug}-{count}" if count else slug
    yield from re.findall(r'<a (?:id|name)="([^"]+)"', text)
