"""Small plots as inline SVG: no library, no script, colours from the page's own variables.

Every function returns one ``<svg>`` of the same width that reads at 375 px; texts are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from evals.intervals import Estimate

WIDTH, HEIGHT = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 42, 12, 12, 40  # margins of the plots with two axes
MARKED = 25  # a line with more points than this is drawn without dots

Point = tuple[float, float]


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
        f'class="{kind}"/>'
    )


def bars(title: str, estimates: Mapping[str, Estimate]) -> str:
    """Draw a horizontal bar from 0 to 1 for each estimate, with its interval and value."""
    row, left, right = 27, 100, 86
    scale = WIDTH - left - right
    parts = []
    for n, (label, found) in enumerate(estimates.items()):
        y = n * row + 4
        middle = y + row / 2 - 3
        parts += [
            _text(left - 8, middle + 4, label, anchor="end"),
            _rect(left, y, scale, row - 7, "track"),
            _rect(left, y, scale * found.value, row - 7, "bar"),
            _line(left + scale * found.low, middle, left + scale * found.high, middle, "whisker"),
            _text(left + scale + 8, middle + 4, f"{found.value:.2f}", "strong"),
            _text(left + scale + 44, middle + 4, f"n={found.cases}", "soft"),
        ]
    return _svg(title, len(estimates) * row + 4, parts)


def curves(
    title: str,
    series: Mapping[str, Sequence[Point]],
    x_label: str,
    x_range: Point,
    y_range: Point = (0.0, 1.0),
    x_ticks: Sequence[float] = (),
) -> str:
    """Draw up to three lines over common axes, each named in the legend under them."""

    def at(point: Point) -> Point:
        x = (point[0] - x_range[0]) / ((x_range[1] - x_range[0]) or 1)
        y = (point[1] - y_range[0]) / ((y_range[1] - y_range[0]) or 1)
        return LEFT + x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM)

    parts = []
    for step in range(5):
        value = y_range[0] + (y_range[1] - y_range[0]) * step / 4
        y = at((x_range[0], value))[1]
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y, "grid"))
        parts.append(_text(LEFT - 6, y + 4, f"{value:.2f}", "soft", "end"))
    parts += [
        _text(at((tick, 0))[0], HEIGHT - BOTTOM + 15, f"{tick:g}", "soft", "middle")
        for tick in x_ticks
    ]
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 6, x_label, "soft", "end"))
    for n, (label, points) in enumerate(series.items()):
        placed = [at(point) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" class="line line-{n}"/>')
        if len(placed) <= MARKED:
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="dot-{n}"/>' for x, y in placed
            ]
        parts.append(_rect(LEFT + 130 * n, HEIGHT - 15, 10, 10, f"dot-{n}"))
        parts.append(_text(LEFT + 130 * n + 15, HEIGHT - 6, label, "soft"))
    return _svg(title, HEIGHT, parts)


def confusion(title: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Draw a table of counts, expected (rows) by given (columns); the diagonal is what is right."""
    columns = list(dict.fromkeys(name for row in counts.values() for name in row))
    left, top, height = 80, 24, 44
    width = (WIDTH - left) / max(len(columns), 1)
    parts = [
        _text(left + (n + 0.5) * width, 14, name, "soft", "middle")
        for n, name in enumerate(columns)
    ]
    for m, (expected, row) in enumerate(counts.items()):
        y = top + m * height
        parts.append(_text(left - 8, y + height / 2 + 4, expected, "soft", "end"))
        for n, given in enumerate(columns):
            count = row.get(given, 0)
            kind = "none" if not count else "good" if given == expected else "bad"
            parts.append(_rect(left + n * width + 2, y + 2, width - 4, height - 4, f"cell {kind}"))
            middle = left + (n + 0.5) * width
            parts.append(_text(middle, y + height / 2 + 6, str(count), "count", "middle"))
    return _svg(title, top + len(counts) * height, parts)


def round_up(value: float) -> float:
    """Return a round number that is not below ``value``: half steps of its first digit."""
    if value <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(value)) / 2
    return math.ceil(value / step) * step


def histogram(
    title: str, values: Sequence[float], x_label: str, largest: float, bins: int = 20
) -> str:
    """Draw how often values fall into each of ``bins`` equal steps from 0 to ``largest``.

    Larger ones are in the last step, which then says so.
    """
    counts = [0] * bins
    for value in values:
        counts[min(int(bins * value / largest), bins - 1)] += 1
    step = (WIDTH - LEFT - RIGHT) / bins
    height = HEIGHT - TOP - BOTTOM
    parts = [_line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "grid")]
    for n, count in enumerate(counts):
        tall = height * count / max(counts)
        parts.append(_rect(LEFT + n * step + 1, HEIGHT - BOTTOM - tall, step - 2, tall, "bar"))
    parts.append(_text(LEFT - 6, TOP + 8, str(max(counts)), "soft", "end"))
    parts.append(_text(LEFT - 6, HEIGHT - BOTTOM + 4, "0", "soft", "end"))
    more = "+" if max(values, default=0) > largest else ""
    for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        x = LEFT + share * (WIDTH - LEFT - RIGHT)
        label = f"{share * largest:g}{more if share == 1 else ''}"
        parts.append(_text(x, HEIGHT - BOTTOM + 15, label, "soft", anchor))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 6, x_label, "soft", "end"))
    return _svg(title, HEIGHT, parts)
