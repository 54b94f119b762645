"""Rows against time and memory as an SVG: a straight line of time and a flat one of memory is what they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 360, 70, 46


def rows_against_time(found: Sequence[Mapping[str, Any]]) -> str:
    """The picture. found: rows with `done`, `seconds` and `peak_mib`."""
    points = sorted((float(row["done"]), float(row["seconds"]), float(row["peak_mib"])) for row in found)
    most = [max([1.0, *(point[axis] for point in points)]) for axis in range(3)]
    lines = [_line(points, most, axis, colour, label) for axis, colour, label in ((1, "#1f5fa8", "seconds"), (2, "#b4480f", "peak MiB"))]
    ticks = [
        f'<text x="{_x(rows, most[0]):.0f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{rows / 1e6:g}</text>' for rows, *_ in points
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
        f'<path d="M{_LEFT} 20V{_HEIGHT - _BOTTOM}H{_WIDTH - 90}" fill="none" stroke="#888"/>'
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">million rows, end to end into PostgreSQL</text>'
        f"{''.join(ticks)}{''.join(lines)}</svg>\n"
    )


def _line(points: Sequence[tuple[float, ...]], most: Sequence[float], axis: int, colour: str, label: str) -> str:
    places = [(_x(point[0], most[0]), _y(point[axis], most[axis])) for point in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = "".join(_mark(x, y, f"{point[axis]:g}", colour) for (x, y), point in zip(places, points, strict=True))
    end = places[-1] if places else (_LEFT, 20.0)
    name = f'<text x="{end[0] + 24:.0f}" y="{end[1] + 14:.0f}" fill="{colour}">{label}</text>'
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}{name}'


def _mark(x: float, y: float, text: str, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/><text x="{x + 5:.1f}" y="{y - 6:.1f}" fill="{colour}">{text}</text>'


def _x(value: float, most: float) -> float:
    return _LEFT + (_WIDTH - 90 - _LEFT) * value / most


def _y(value: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - 40) * value / most
