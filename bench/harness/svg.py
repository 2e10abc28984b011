"""Small line plots with two logarithmic axes, as SVG."""

import math

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 78, 150, 44, 54
COLOURS = {"bgpd": "#d62728", "bird": "#1f77b4", "frr": "#2ca02c", "openbgpd": "#9467bd",
           "gobgp": "#ff7f0e", "relay": "#7f7f7f"}


def _escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _decades(low, high):
    return [10.0 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _number(value):
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    if value >= 1_000:
        return f"{value / 1_000:g}k"
    return f"{value:g}"


class _Scale:
    def __init__(self, low, high, start, end):
        self.low, self.high = math.log10(low), math.log10(high)
        self.start, self.end = start, end

    def __call__(self, value):
        share = (math.log10(value) - self.low) / ((self.high - self.low) or 1)
        return self.start + share * (self.end - self.start)


def _axes(out, x, y, xs, decades, title, x_label, y_label):
    out.append(f'<text x="{LEFT}" y="24" font-size="16">{_escape(title)}</text>')
    for value in decades:
        at = y(value)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" '
                   f'stroke="#ddd"/><text x="{LEFT - 8}" y="{at + 4:.1f}" '
                   f'text-anchor="end">{_number(value)}</text>')
    for value in xs:
        at = x(value)
        out.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                   f'stroke="#eee"/><text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" '
                   f'text-anchor="middle">{_number(value)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    out.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{x_label}</text>')
    out.append(f'<text transform="translate(18 {HEIGHT / 2}) rotate(-90)" '
               f'text-anchor="middle">{y_label}</text>')


def plot(title, x_label, y_label, series):
    """series: [(name, label, [(x, y)])]; returns the text of the SVG, None without points."""
    points = [p for _, _, line in series for p in line if p[1] > 0]
    if not points:
        return None
    xs = sorted({p[0] for p in points})
    decades = _decades(min(p[1] for p in points), max(p[1] for p in points))
    x = _Scale(xs[0], xs[-1], LEFT, WIDTH - RIGHT)
    y = _Scale(decades[0], decades[-1], HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    _axes(out, x, y, xs, decades, title, x_label, y_label)
    used = TOP
    for name, label, line in series:
        line = [(a, b) for a, b in sorted(line) if b > 0]
        if not line:
            continue
        colour = COLOURS.get(name, "black")
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>' for a, b in line]
        out.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{used}" width="12" height="12" '
                   f'fill="{colour}"/><text x="{WIDTH - RIGHT + 32}" y="{used + 11}">'
                   f'{_escape(label)}</text>')
        used += 20
    return "\n".join(out + ["</svg>", ""])
