"""Runs the blocks of a scene and compares. One function for each kind of block: KINDS."""

import json
import re
import time

import acts
from compare import difference, kept_json, kept_text, pretty, same_json, same_line, same_text

BELOW = {
    "top": 'router_id = "192.0.2.1"\ndefault_as = 65001\n',
    "peer": 'router_id = "192.0.2.1"\ndefault_as = 65001\n[[peers]]\nremote_ip = "192.0.2.2"\nremote_as = 65002\n',
}
POST = "curl -s http://127.0.0.1:8080/ -H 'Content-Type: application/json' --data-binary @request.json"


class Differs(Exception):
    """What the document shows is not what came. `text` is what the block should be, where that is
    known."""

    def __init__(self, block, shown, came, text=None):
        super().__init__(f"{block}\n{difference(shown, came)}")
        self.block = block
        self.text = text


class Player:
    def __init__(self, stage, patience_s=45.0):
        self.stage = stage
        self.patience_s = patience_s
        self.request = None  # the JSON block that waits for its answer

    def play(self, scene):
        if scene.script:
            self.must(scene, scene.script)
        for block in scene.blocks:
            self.play_block(block)
        if self.request is not None:
            raise Differs(self.request, "a request", "no answer after it")

    def play_block(self, block):
        for word, argument in block.before:
            if word == "do":
                acts.ACTS[argument](self.stage)
            else:
                self.must(block, argument)
        if "not run" in block.options:
            return
        if block.kind not in KINDS:
            raise Differs(block, f"```{block.kind}", "no kind of block that is checked: "
                          f"{', '.join(KINDS)}; or say '<!-- check: not run: WHY -->'")
        KINDS[block.kind](self, block)

    def must(self, where, script):
        done = self.stage.shell(script)
        if done.returncode != 0:
            raise Differs(where, script, f"status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def patiently(self, again, attempt):
        """What attempt() returns: (right, result). Where that only reads it is asked again until it
        is right or patience ends."""
        deadline = time.monotonic() + (self.patience_s if again else 0)
        while True:
            right, result = attempt()
            if right or time.monotonic() >= deadline:
                return right, result
            time.sleep(0.1)

    # --- kinds ---

    def console(self, block):
        """Commands after "$ ", and what they print."""
        front, *parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        if front.strip() or not parts:
            raise Differs(block, block.text, "a console block begins with '$ COMMAND'")
        status = int(block.options.get("status", 0))
        came = [self.command(block, part, 0) for part in parts[:-1]]
        came.append(self.command(block, parts[-1], status))
        if any(part is not None for part in came):
            text = "".join("$ " + (new or old) for new, old in zip(came, parts))
            raise Differs(block, block.text, text, text)

    def command(self, block, part, status):
        """Runs one command. Returns None when it printed what is shown, else what should stand there."""
        command, shown = self.split(part)

        def attempt():
            done = self.stage.shell(f"{{ {command}\n}} 2>&1")
            return same_text(shown, done.stdout) and done.returncode == status, done

        right, done = self.patiently(re.search(r"\bshow\b", command), attempt)
        if right:
            return None
        if done.returncode != status:
            raise Differs(block, part, f"{command}\n{done.stdout}{done.stderr}(status {done.returncode})")
        output = kept_text(shown.rstrip("\n"), done.stdout.rstrip("\n"))
        return "\n".join([command, *filter(None, [output])]) + ("\n\n" if part.endswith("\n\n") else "\n")

    @staticmethod
    def split(part):
        """The command, with its further lines where they end in a backslash, and its output."""
        lines = part.split("\n")
        end = 1
        while lines[end - 1].endswith("\\"):
            end += 1
        return "\n".join(lines[:end]), "\n".join(lines[end:])

    def script(self, block):
        done = self.must(block, block.text)
        if '"error"' in done.stdout:
            raise Differs(block, block.text, done.stdout)

    def toml(self, block):
        below = BELOW[block.options["below"]] if "below" in block.options else ""
        name = block.options.get("file", "block.toml")
        self.stage.write(name, below + block.text)
        done = self.stage.shell(f"bgpd check {name}")
        if done.returncode != 0 or done.stderr:
            raise Differs(block, block.text, done.stdout + done.stderr)

    def json(self, block):
        if self.request is None:
            self.request = block
            return
        asked, self.request = self.request, None
        self.stage.write("request.json", asked.text.rstrip("\n"))
        shown = json.loads(block.text)

        def attempt():
            came = json.loads(self.must(asked, POST).stdout)
            return same_json(shown, came, "part" in block.options), came

        right, came = self.patiently('"method": "show' in asked.text, attempt)
        if not right:
            came = pretty(kept_json(shown, came))
            raise Differs(block, block.text, came, None if "part" in block.options else came + "\n")

    def log(self, block):
        """Lines that daemons of the stage have logged, in any order."""
        lines = block.text.rstrip("\n").split("\n")

        def attempt():
            logged = self.stage.log()
            missing = [line for line in lines if not any(same_log_line(line, other) for other in logged)]
            return not missing, missing

        right, missing = self.patiently(True, attempt)
        if not right:
            raise Differs(block, "\n".join(missing), "\n".join(self.stage.log()))

    def file(self, block):
        if "file" not in block.options:
            raise Differs(block, block.text, "say which file: '<!-- check: file NAME -->'")
        self.stage.write(block.options["file"], block.text)


def same_log_line(shown, came):
    """A line without its time is shown as the journal has it."""
    shown, came = (re.sub(r"^\S+Z ", "", line) for line in (shown, came))
    return same_line(re.sub(r"^(\w+) +", r"\1 ", shown), re.sub(r"^(\w+) +", r"\1 ", came))


KINDS = {"console": Player.console, "sh": Player.script, "toml": Player.toml, "json": Player.json,
         "log": Player.log, "ini": Player.file}
