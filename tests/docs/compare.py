"""Whether what came is what the document shows.

What differs from run to run is named in VARIES, and replaced on both sides. "…" in a document stands
for what it leaves out: the rest of a line, a value of JSON or, alone on a line, any lines."""

import difflib
import json
import re

CLOCK = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC)"

# What, as it stands in a text, and why it is not compared.
VARIES = (
    ("<time>", CLOCK, "the clock"),
    ("<unix time>", r"\b1[78]\d{8}\b", "the clock"),
    ("<duration>", r"\b\d\d:\d\d:\d\d\b", "ages and uptimes: how long ago a block in front was run"),
    ("<seconds> s ago", r"\b\d+ s ago\b", "the same"),
    ("<port>", r"(?<=[\d\]]:)(?:3[2-9]|[45]\d|6[0-5])\d{3}\b", "the kernel chooses the port of who connects"),
    ("protection: <count>, from <address> on", r"protection: \d+, from \S+ on", "for how many keys the kernel has room"),
    ("(by <holder>)", r"\(by (?:bgpd, process \d+|a process of root)\)", "the holder's name is looked for a few ms only"),
    ("process <pid>", r"\bprocess \d+\b", "the kernel chooses the process id"),
    ("<ms> ms", r"\b\d+ ms\b", "how fast the machine is"),
)
# Members of JSON whose value is not compared, for the same reasons; whether it is null is.
VARIES_MEMBERS = {"received_at", "age", "connect_time", "uptime", "last_received", "last_sent", "pid",
                  "last_error_at", "last_error_age", "down_since", "down_age", "since", "data_at", "data_age",
                  "read_at", "read_age", "session_id", "refresh_in_s", "expire_in_s", "long_turns",
                  "created_at", "changed_at", "expires_at", "expires_in", "until", "left", "time"}
MAY_BE_NULL = {"longest_turn_ms", "longest_turn_processor_ms", "longest_turn_at", "longest_turn_cause"}  # how fast the machine is


def replaced(text):
    for name, pattern, _ in VARIES:
        text = re.sub(pattern, name, text)
    return text.rstrip()


def _pattern(line):
    return re.compile(".*".join(re.escape(part) for part in replaced(line).split("…")))


def same_line(shown, came):
    return _pattern(shown).fullmatch(replaced(came)) is not None


def same_text(shown, came):
    """Line by line; a line with nothing but "…" stands for any number of them."""
    return _same_lines(shown.rstrip("\n").split("\n"), came.rstrip("\n").split("\n"))


def _same_lines(shown, came):
    for i, line in enumerate(shown):
        if line.strip() == "…":
            return any(_same_lines(shown[i + 1:], came[j:]) for j in range(i, len(came) + 1))
        if i >= len(came) or not same_line(line, came[i]):
            return False
    return len(shown) == len(came)


def difference(shown, came):
    """What differs, as diff shows it."""
    shown, came = shown.rstrip("\n").split("\n"), came.rstrip("\n").split("\n")
    known = {replaced(line): line for line in shown}
    came = [known.get(replaced(line), line) for line in came]
    return "\n".join(difflib.unified_diff(shown, came, "the document shows", "this came", lineterm=""))


def same_json(shown, came, part=False, member=None):
    """With `part`, objects and lists may have more than is shown."""
    if shown == "…":
        return True
    if member in MAY_BE_NULL:
        return True
    if member in VARIES_MEMBERS:
        return (shown is None) == (came is None)
    if isinstance(shown, dict) and isinstance(came, dict):
        if not (set(shown) <= set(came) if part else set(shown) == set(came)):
            return False
        return all(same_json(value, came[key], part, key) for key, value in shown.items())
    if isinstance(shown, list) and isinstance(came, list):
        if part:
            return all(any(same_json(value, other, part, member) for other in came) for value in shown)
        return len(shown) == len(came) and \
            all(same_json(a, b, part, member) for a, b in zip(shown, came))
    if isinstance(shown, str) and isinstance(came, str):
        return same_line(shown, came)
    return type(shown) is type(came) and shown == came


# --- what a document that is corrected keeps ---

def kept_text(shown, came):
    """`came`, with lines as they are shown where they are the same. What a last line "…" left out stays
    out: all after the line in front of it."""
    lines = came.split("\n")
    *_, last, end = ["", "", *shown.rstrip("\n").split("\n")]
    if end == "…" and last in lines:
        came = "\n".join([*lines[:lines.index(last) + 1], "…"])
    known = {replaced(line): line for line in shown.split("\n")}
    return "\n".join(known.get(replaced(line), line) for line in came.split("\n"))


def kept_json(shown, came, member=None):
    """`came`, with values as they are shown where they are the same."""
    if same_json(shown, came, member=member):
        return shown
    if isinstance(came, dict) and isinstance(shown, dict):
        return {key: kept_json(shown.get(key, value), value, key) for key, value in came.items()}
    if isinstance(came, list) and isinstance(shown, list):
        return [kept_json(shown[i], value, member) if i < len(shown) else value
                for i, value in enumerate(came)]
    return came


# --- JSON as the documents have it ---

WIDTH = 98


def _members(value, indent):
    if isinstance(value, dict):
        return [f"{json.dumps(key)}: {pretty(item, indent + 2, len(json.dumps(key)) + 2)}"
                for key, item in value.items()]
    return [pretty(item, indent + 2) for item in value]


def pretty(value, indent=0, used=0):
    """On one line where it fits, else as few lines as hold it."""
    flat = json.dumps(value, ensure_ascii=False)
    if indent + used + len(flat) < WIDTH or not isinstance(value, (dict, list)) or not value:
        return flat
    alone = isinstance(value, list)
    lines, space = [], " " * (indent + 2)
    for member in _members(value, indent):
        fits = lines and "\n" not in lines[-1] + member and len(lines[-1]) + len(member) + 2 < WIDTH
        if fits and not alone:
            lines[-1] += f" {member},"
        else:
            lines.append(f"{space}{member},")
    lines[-1] = lines[-1][:-1]
    opening, closing = "[]" if alone else "{}"
    return "\n".join([opening, *lines, " " * indent + closing])
