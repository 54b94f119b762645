"""Rows against time and against memory as an SVG: straight lines of time and flat ones of memory are what they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 400, 340, 50, 40, 46
_COLOURS = ("#1f5fa8", "#b4480f", "#3a7d34")

Points = Sequence[tuple[float, float]]


def rows_against_time(found: Sequence[Mapping[str, Any]]) -> str:
    """The picture, a line for each way. found: rows with `way`, `rows`, `seconds` and `peak_mib`."""
    ways = list(dict.fromkeys(str(row["way"]) for row in found))
    panels = [
        _panel(number * _WIDTH, label, [sorted((float(row["rows"]), float(row[of])) for row in found if row["way"] == way) for way in ways])
        for number, (of, label) in enumerate((("seconds", "seconds"), ("peak_mib", "MiB of the largest process")))
    ]
    names = "".join(
        f'<text x="{_LEFT + 130 * number}" y="18" fill="{_COLOURS[number % 3]}">{way.replace("-", " ")}</text>'
        for number, way in enumerate(ways)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">'
        f'<rect width="{2 * _WIDTH}" height="{_HEIGHT}" fill="#fff"/>{names}{"".join(panels)}</svg>\n'
    )


def _panel(left: float, label: str, lines: Sequence[Points]) -> str:
    most_x = max([1.0, *(x for points in lines for x, _ in points)])
    most_y = max([1.0, *(y for points in lines for _, y in points)])
    right, floor = left + _WIDTH - 40, _HEIGHT - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return left + _LEFT + (right - left - _LEFT) * x / most_x, floor - (floor - _TOP - 14) * y / most_y

    ticks = sorted({x for points in lines for x, _ in points if x >= most_x / 20})
    axis = "".join(f'<text x="{place(x, 0)[0]:.0f}" y="{floor + 16}" text-anchor="middle">{x / 1e6:.2g}</text>' for x in ticks)
    drawn = "".join(_line([place(*point) for point in points], points, _COLOURS[number % 3]) for number, points in enumerate(lines))
    return (
        f'<path d="M{left + _LEFT} {_TOP}V{floor}H{right}" fill="none" stroke="#888"/>{axis}{drawn}'
        f'<text x="{left + _WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">million rows against {label}</text>'
    )


def _line(places: Points, points: Points, colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    (x, y), (_, value) = places[-1], points[-1]
    last = f'<text x="{x + 4:.1f}" y="{y - 6:.1f}" fill="{colour}">{value:.3g}</text>'
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}{last}'
