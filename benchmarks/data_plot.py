"""Rows against time and against memory as an SVG: straight lines of time and flat ones of memory are what they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 420, 350, 50, 50, 72, 46
_LETTER, _LINE = 7.5, 15  # of a text of this size, about
_COLOURS = ("#1f5fa8", "#b4480f", "#3a7d34")

Points = Sequence[tuple[float, float]]


def rows_against_time(found: Sequence[Mapping[str, Any]]) -> str:
    """The picture, a line for each way. found: rows with `way`, `rows`, `seconds` and `peak_mib`."""
    ways = list(dict.fromkeys(str(row["way"]) for row in found))
    panels = [
        _panel(number * _WIDTH, label, [sorted((float(row["rows"]), float(row[of])) for row in found if row["way"] == way) for way in ways])
        for number, (of, label) in enumerate((("seconds", "seconds"), ("peak_mib", "MiB of the largest process")))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">'
        f'<rect width="{2 * _WIDTH}" height="{_HEIGHT}" fill="#fff"/>{_legend(ways)}{"".join(panels)}</svg>\n'
    )


def _legend(ways: Sequence[str]) -> str:
    drawn, left = "", float(_LEFT)
    for number, way in enumerate(ways):
        colour = _COLOURS[number % 3]
        drawn += f'<path d="M{left:.0f} 20h18" stroke="{colour}" stroke-width="2"/>'
        drawn += f'<text x="{left + 24:.0f}" y="24" fill="{colour}">{way.replace("-", " ")}</text>'
        left += 24 + _LETTER * len(way) + 24
    return drawn


def _panel(left: float, label: str, lines: Sequence[Points]) -> str:
    most_x = max([1.0, *(x for points in lines for x, _ in points)])
    step = _step(max([1.0, *(y for points in lines for _, y in points)]))
    most_y = max([step, *(step * -(-y // step) for points in lines for _, y in points)])
    begin, right, floor = left + _LEFT, left + _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return begin + (right - begin) * x / most_x, floor - (floor - _TOP) * y / most_y

    grid = ""
    for number in range(round(most_y / step) + 1):
        y = place(0, number * step)[1]
        grid += f'<path d="M{begin} {y:.1f}H{right}" stroke="{"#888" if number == 0 else "#e4e4e4"}"/>'
        grid += f'<text x="{begin - 6}" y="{y + 4:.1f}" text-anchor="end">{number * step:g}</text>'
    ticks = sorted({x for points in lines for x, _ in points if x >= most_x / 20})
    axis = "".join(f'<text x="{place(x, 0)[0]:.0f}" y="{floor + 16}" text-anchor="middle">{x / 1e6:.2g}</text>' for x in ticks)
    drawn = "".join(_line([place(*point) for point in points], _COLOURS[number % 3]) for number, points in enumerate(lines) if points)
    ends = [(place(*points[-1])[1], points[-1][1], _COLOURS[number % 3]) for number, points in enumerate(lines) if points]
    return (
        f'<text x="{begin}" y="{_TOP - 16}" font-weight="bold">{label}</text>{grid}{axis}{drawn}{_values(right + 8, ends)}'
        f'<text x="{(begin + right) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">million rows</text>'
    )


def _step(most: float) -> float:
    """Between two lines of the grid: 1, 2 or 5 of some power of ten, so that there are four to ten of them."""
    power = 10.0 ** (len(str(int(most))) - 1)
    return next(power * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if most / (power * part) <= 8)


def _line(places: Points, colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}'


def _values(x: float, ends: Sequence[tuple[float, float, str]]) -> str:
    """The last value of each line beside its end, one below the other where they would lie on top of each other."""
    drawn, free = "", 0.0
    for y, value, colour in sorted(ends):
        free = max(y, free)
        drawn += f'<text x="{x}" y="{free + 4:.1f}" fill="{colour}">{value:.3g}</text>'
        free += _LINE
    return drawn
