"""The page that shows generated rows beside the profile that they were made from: one HTML file, plots as inline SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from liftlock.core.sizes import size_text
from liftlock_datagen.profile.compare import Bins, ColumnComparison, Comparison, Curves, ShareOf
from liftlock_datagen.profile.model import Unit

WIDTH, HEIGHT = 300, 110
_MOST_BARS = 8
_CLOSE, _FAR = 0.1, 0.25


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled pair of bars, as parts of the widest."""

    label: str
    profiled: float
    made: float
    profiled_text: str
    made_text: str


def render_shapes(comparison: Comparison, *, place: str, profile: str) -> str:
    """The whole page. place, profile: what is compared, for people."""
    distances = comparison.distances
    close = sum(distance <= _CLOSE for distance in distances)
    return _template().render(
        comparison=comparison, place=place, profile=profile, compared=len(distances), close=close,
        rows=_rows(comparison), width=WIDTH, height=HEIGHT,
    )  # fmt: skip


@cache
def _template() -> Template:
    loader = PackageLoader("liftlock_templates", "reports")
    pages = Environment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    pages.filters |= {
        "area": _area, "line": _line, "curve": _curve, "end": _end, "share": _share, "count": _count, "bytes": size_text, "bars": _bars,
        "verdict": _verdict, "plain": plain_name, "far": _far,
    }  # fmt: skip
    return pages.get_template("data_shapes.html.j2")


def plain_name(column: ColumnComparison) -> str:
    """What is compared of the column, in a word or two."""
    if column.bins is not None:
        return "distribution"
    if column.shares:
        return "shares of values"
    return "fan-out and common values" if column.curves is not None else "counts"


def _rows(comparison: Comparison) -> list[Bar]:
    """Each side by its own largest table."""
    profiled = [table.profiled.rows or 0 for table in comparison.tables]
    made = [table.made.rows or 0 for table in comparison.tables]
    names = [str(table.name) for table in comparison.tables]
    return [
        Bar(name, one / max(1, *profiled), other / max(1, *made), _count(one), _count(other))
        for name, one, other in zip(names, profiled, made, strict=True)
    ]


def _bars(shares: Sequence[ShareOf]) -> list[Bar]:
    """The first values, and all others in one bar."""
    shown, rest = list(shares[:_MOST_BARS]), shares[_MOST_BARS:]
    if rest:
        shown.append(ShareOf(f"{len(rest)} more", sum(item.profiled for item in rest), sum(item.made for item in rest)))
    most = max([1e-9, *(max(item.profiled, item.made) for item in shown)])
    return [Bar(item.value, item.profiled / most, item.made / most, _share(item.profiled), _share(item.made)) for item in shown]


def _steps(masses: Sequence[float], bins: Bins) -> list[tuple[float, float]]:
    most = max([1e-9, *bins.profiled, *bins.made])
    points = []
    for place, mass in enumerate(masses):
        height = HEIGHT - HEIGHT * mass / most
        points += [(WIDTH * place / len(masses), height), (WIDTH * (place + 1) / len(masses), height)]
    return points


def _area(bins: Bins) -> str:
    """The profiled distribution as a filled path."""
    return _path([(0.0, float(HEIGHT)), *_steps(bins.profiled, bins), (float(WIDTH), float(HEIGHT))]) + "Z"


def _line(bins: Bins) -> str:
    """The generated distribution as a line."""
    return _path(_steps(bins.made, bins))


def _curve(curves: Curves, which: str) -> str:
    """One of the curves as a line, "profiled" or "made"."""
    points = curves.profiled if which == "profiled" else curves.made
    return _path([(WIDTH * x, HEIGHT - HEIGHT * y) for x, y in points])


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _end(bins: Bins, which: str) -> str:
    """The lower or upper end of the axis, as people write it."""
    value = bins.low if which == "low" else bins.high
    match bins.unit:
        case Unit.NUMBER:
            return f"{value:,.10g}"
        case Unit.DAY | Unit.MOMENT:
            seconds = value * 86400 if bins.unit is Unit.DAY else value
            return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _share(share: float) -> str:
    return f"{share * 100:.1f} %" if 0 < share < 0.995 else f"{share * 100:.0f} %"


def _count(count: float | None) -> str:
    return "?" if count is None else f"{abs(count):,.0f}"  # no -0


def _far(column: ColumnComparison) -> str:
    """What the distance means, in words."""
    share = _share(column.distance or 0.0)
    if column.bins is not None:
        return f"{share} of the rows lie in another range than profiled"
    if column.shares:
        return f"{share} of the rows have another value than profiled"
    return f"the most common values have up to {share} of the rows more or fewer than profiled"


def _verdict(distance: float | None) -> str:
    """close, near, far, or nothing to judge."""
    if distance is None:
        return "none"
    return "close" if distance <= _CLOSE else "near" if distance <= _FAR else "far"
