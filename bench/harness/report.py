"""Tables and plots out of the records of a run."""

import os
import re
import statistics

from . import scenarios, svg

REFERENCE = "bird"


def _good(records, scenario, daemon, key):
    return [r[key] for r in records if r["scenario"] == scenario and r["daemon"] == daemon and
            r["status"] == "ok" and r.get(key) is not None]


def _median(records, scenario, daemon, key):
    values = _good(records, scenario, daemon, key)
    return statistics.median(values) if values else None


def _seconds(value):
    return f"{value:.0f} s" if value >= 100 else f"{value:.1f} s" if value >= 10 else \
        f"{value:.2f} s" if value >= 0.1 else f"{value:.3f} s" if value >= 0.01 else \
        f"{value:.4f} s"


def _megabytes(kb):
    return f"{kb / 1024:,.0f} MB"


def _ratio(records, scenario, daemon, key):
    own, other = (_median(records, scenario, d, key) for d in (daemon, REFERENCE))
    return f" ×{own / other:.2f}" if own is not None and other else ""


def _cell_missing(records, scenario, daemon):
    for r in records:
        if r["scenario"] == scenario and r["daemon"] == daemon:
            return f"not in {r['timeout_s']} s" if r["status"] == "timeout" else "failed"
    return "–"


def _cell(records, scenario, daemon, key, form):
    values = _good(records, scenario, daemon, key)
    if not values:
        return _cell_missing(records, scenario, daemon)
    text = form(statistics.median(values))
    if len(values) > 1:
        low, high = form(min(values)).split()[0], form(max(values)).split()[0]
        text += f" ({low}–{high})"
    return text + (_ratio(records, scenario, daemon, key) if key != "cpu" else "")


def _table(title, records, names, labels, titles, key, form):
    scenarios = [s for s in titles if any(r["scenario"] == s for r in records)]
    if not scenarios:
        return []
    lines = [f"### {title}", "", "| scenario | " + " | ".join(labels[n] for n in names) + " |",
             "|---" * (len(names) + 1) + "|"]
    for s in scenarios:
        cells = [_cell(records, s, n, key, form) for n in names]
        lines.append(f"| **{s}** {titles[s]} | " + " | ".join(cells) + " |")
    return lines + [""]


def _generator(records, titles):
    """The share of the time that the load generator was busy: it must not be the bottleneck."""
    lines = ["### Load generator", "",
             "CPU seconds of the load generator over the seconds of the run, largest of all runs.",
             "", "| scenario | daemon | seconds | load generator's CPU |", "|---|---|---|---|"]
    for s in titles:
        busy = [(r["load_cpu"] / r["seconds"], r) for r in records
                if r["scenario"] == s and r["status"] == "ok" and r.get("seconds")
                and r["daemon"] != "relay"]
        if busy:
            share, r = max(busy, key=lambda b: b[0])
            lines.append(f"| {s} | {r['daemon']} | {_seconds(r['seconds'])} | "
                         f"{_seconds(r['load_cpu'])} ({100 * share:.0f} %) |")
    return lines + [""] if len(lines) > 6 else []


def _memory_returned(records, names, labels):
    lines = []
    for n in names:
        later, idle = (_median(records, "S5", n, k) for k in ("rss_later_kb", "idle_rss_kb"))
        if later is not None and idle is not None:
            lines.append(f"- {labels[n]}: idle {_megabytes(idle)}, after S5 {_megabytes(later)}")
    for r in records:
        if r["scenario"] == "MEM" and r["status"] == "ok":
            parts = r["rss_parts_kb"]
            shown = ", ".join(_megabytes(parts[i]) for i in (0, 9, 49) if i < len(parts))
            lines.append(f"- {labels[r['daemon']]}, RSS after a drop, round 1, 10, 50: {shown}")
    return ["### Memory given back", ""] + lines + [""] if lines else []


def _api(records):
    lines = []
    for r in records:
        if "api" in r:
            a = r["api"]
            lines.append(
                f"- {a['routes']:,} routes, {a['bytes'] / 1e6:.0f} MB in {a['seconds']:.2f} s; "
                f"first byte after {1000 * (a['first_byte'] or 0):.0f} ms; {a['calls']} other "
                f"calls, p99 {1000 * (a['p99'] or 0):.1f} ms; longest time between keepalives "
                f"{a['keepalive_gap']:.1f} s at a hold time of 9 s")
    return ["### API under load (S11)", ""] + lines + [""] if lines else []


def _policies(records, names, labels):
    """What is measured with a policy over the same without, what was held back, BGPd's turns."""
    names = [n for n in names if n in scenarios.POLICY_DAEMONS]
    rows, notes = [], []
    for scenario, base in scenarios.POLICY_PAIRS:
        cells = [_over(records, n, scenario, base) for n in names]
        if any(cells):
            rows.append(f"| {scenario} / {base} | " + " | ".join(c or "–" for c in cells) + " |")
    for scenario in dict.fromkeys(s for s, _ in scenarios.POLICY_PAIRS):
        for r in records:
            if r["scenario"] == scenario and r["status"] == "ok":
                seen = r["load"]
                notes.append(f"- {scenario}: {seen['absent']:,} of {seen['expected']:,} prefixes "
                             "are not to be held by a peer, and are not")
                break
    for r in records:
        if r.get("turns") and r["status"] == "ok":
            (before, _), (after, cause) = r["turns"]
            calls = r["small_calls"]
            notes.append(f"- {r['scenario']}, round {r['round']}: {labels[r['daemon']]}'s longest "
                         f"turn so far is {after} ms ({cause}), before it was {before} ms; "
                         f"{calls['calls']} calls of the API meanwhile, p99 "
                         f"{1000 * (calls['p99'] or 0):.1f} ms")
    for r in records:
        if r.get("ready_s") is not None and r["status"] == "ok":
            notes.append(f"- {r['scenario']}, round {r['round']}: {labels[r['daemon']]} had all "
                         f"sessions {_seconds(r['ready_s'])} after its start; from the first byte "
                         f"on it took {_seconds(r['announced_s'])}")
    if not rows and not notes:
        return []
    head = ["### What policies cost", "", "| | " + " | ".join(f"{labels[n]}: time, CPU, RSS"
                                                             for n in names) + " |",
            "|---" * (len(names) + 1) + "|"] if rows else ["### What policies cost"]
    return head + rows + [""] + notes + [""]


def _over(records, daemon, scenario, base):
    found = []
    for key in ("seconds", "cpu", "rss_kb"):
        own, other = (_median(records, s, daemon, key) for s in (scenario, base))
        if own is None or not other:
            return None
        found.append(f"×{own / other:.2f}")
    return ", ".join(found)


def _failures(records, labels):
    seen = dict.fromkeys((labels[r["daemon"]], r["scenario"], r["status"]) for r in records
                         if r["status"] not in ("ok", "timeout"))
    lines = [f"- {d}, {s}: {why}" for d, s, why in seen]
    return ["### Failed", ""] + lines + [""] if lines else []


def markdown(result, titles):
    records, labels = result["records"], result["labels"]
    names = [n for n in labels if any(r["daemon"] == n for r in records)]
    m = result["machine"]
    lines = [
        f"Run of {result['date']}, {result['rounds']} rounds in turns: `{result['command']}`",
        "",
        f"Machine: {m['cpus']} × {m['cpu']}, {m['memory_mb'] // 1024} GB, Linux {m['kernel']}; "
        f"load average {m['load_before']:.2f} before and {m['load_after']:.2f} after. Packages: "
        + ", ".join(f"{k} {v}" for k, v in result["versions"].items()) + ".",
        "",
        "Median (lowest–highest) ×ratio to BIRD 2.",
        "",
    ]
    lines += _table("Seconds from the first byte sent until the last receiver holds everything",
                    records, names, labels, titles, "seconds", _seconds)
    lines += _table("RSS at that point", records, names, labels, titles, "rss_kb", _megabytes)
    lines += _table("Peak RSS", records, names, labels, titles, "peak_kb", _megabytes)
    lines += _table("CPU seconds of the daemon", records, names, labels, titles, "cpu", _seconds)
    lines += _generator(records, titles) + _memory_returned(records, names, labels)
    lines += _policies(records, names, labels)
    lines += _api(records) + _failures(records, labels)
    return "\n".join(lines)


PLOTS = [
    ("prefixes", "seconds", "time-prefixes", "Time against prefixes (1 sender → 1 receiver)",
     "prefixes", "seconds", 1.0),
    ("prefixes", "rss_kb", "memory-prefixes", "Memory against prefixes (1 sender → 1 receiver)",
     "prefixes", "MB", 1 / 1024),
    ("peers", "seconds", "time-peers", "Time against peers (100 prefixes each, to all)",
     "peers", "seconds", 1.0),
    ("peers", "rss_kb", "memory-peers", "Memory against peers (100 prefixes each, to all)",
     "peers", "MB", 1 / 1024),
]


def plots(result):
    """[(file name part, SVG)] of what there is to draw."""
    records, labels, found = result["records"], result["labels"], []
    for axis, key, name, title, x_label, y_label, factor in PLOTS:
        series = []
        for daemon, label in labels.items():
            if daemon == "relay" and key == "rss_kb":
                continue
            xs = sorted({int(r["scenario"].split("=")[1]) for r in records
                         if r["scenario"].startswith(axis + "=")})
            values = [(x, _median(records, f"{axis}={x}", daemon, key)) for x in xs]
            series.append((daemon, label, [(x, v * factor) for x, v in values if v]))
        text = svg.plot(title, x_label, y_label, series)
        if text:
            found.append((name, text))
    return found


def growth_table(result):
    """Per prefix, as a table: what the plots show."""
    records, labels = result["records"], result["labels"]
    lines = []
    for axis in ("prefixes", "peers"):
        xs = sorted({int(r["scenario"].split("=")[1]) for r in records
                     if r["scenario"].startswith(axis + "=")})
        names = [n for n in labels if any(r["daemon"] == n and r["scenario"].startswith(axis + "=")
                                          for r in records)]
        if not xs:
            continue
        lines += [f"### Growth with {axis}", "",
                  f"| {axis} | " + " | ".join(labels[n] for n in names) + " |",
                  "|---" * (len(names) + 1) + "|"]
        for x in xs:
            cells = []
            for n in names:
                s, kb = (_median(records, f"{axis}={x}", n, k) for k in ("seconds", "rss_kb"))
                cells.append(f"{_seconds(s)}, {_megabytes(kb)}" if s is not None else
                             _cell_missing(records, f"{axis}={x}", n))
            lines.append(f"| {x:,} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def fill_document(path, text, images):
    """Puts the results between the markers of docs/performance.md, and the plots beside it."""
    with open(path) as f:
        document = f.read()
    pictures = "".join(f"\n![{name}](performance-{name}.svg)\n" for name, _ in images)
    filled, n = re.subn(r"(<!-- results -->\n).*?(<!-- /results -->)",
                        lambda m: m[1] + text + "\n" + pictures + m[2], document, flags=re.S)
    if n != 1:
        raise SystemExit(f"{path} has no <!-- results --> … <!-- /results -->")
    with open(path, "w") as f:
        f.write(filled)
    for name, image in images:
        with open(os.path.join(os.path.dirname(path), f"performance-{name}.svg"), "w") as f:
            f.write(image)
