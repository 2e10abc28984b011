"""What the documents show is what the program does: their blocks, run as they stand."""

import glob
import os

import pytest

import markdown
from play import Differs, Player
from support.bgpd import CHECKOUT

DOCUMENTS = ["README.md", *sorted(os.path.relpath(path, CHECKOUT)
                                  for path in glob.glob(os.path.join(CHECKOUT, "docs", "*.md")))]


def read(document):
    with open(os.path.join(CHECKOUT, document), encoding="utf-8") as file:
        return file.read()


def all_scenes():
    for document in DOCUMENTS:
        try:
            yield from markdown.scenes(document, read(document))
        except markdown.Misunderstood:
            pass  # test_understood


@pytest.mark.parametrize("document", DOCUMENTS)
def test_understood(document):
    markdown.scenes(document, read(document))


@pytest.mark.parametrize("scene", list(all_scenes()), ids=str)
def test_scene(scene, stage, request):
    player = Player(stage)
    try:
        if request.config.getoption("--write"):
            correct(player, scene)
        else:
            player.play(scene)
        return
    except Differs as differs:
        difference = str(differs)
    pytest.fail(difference, pytrace=False)


def correct(player, scene):
    """Plays the scene and puts what came into the document."""
    fixed = []
    while True:  # again from where it differed
        try:
            player.play(scene)
            break
        except Differs as differs:
            if differs.text is None:
                raise
            fixed.append(differs)
            rest = scene.blocks[[str(block) for block in scene.blocks].index(str(differs.block)) + 1:]
            scene = markdown.Scene(scene.document, scene.line, "", rest)
    for differs in reversed(fixed):  # so that the lines of those in front stay the same
        write(differs)


def write(differs):
    block = differs.block
    path = os.path.join(CHECKOUT, block.document)
    lines = read(block.document).splitlines(keepends=True)
    end = block.line + block.text.count("\n")
    assert "".join(lines[block.line:end]) == block.text, f"{block}: correct it by hand:\n{differs}"
    lines[block.line:end] = [differs.text]
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(lines))
