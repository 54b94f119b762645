"""Values as people read them."""

from __future__ import annotations

from datetime import timedelta


def age(span: timedelta | None) -> str:
    """A duration in its largest unit: 45s, 12m, 3h, 5d; `-` where it is not known, a leading minus where it is over."""
    if span is None:
        return "-"
    seconds = int(abs(span.total_seconds()))
    sign = "-" if span < timedelta(0) and seconds else ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{sign}{seconds // size}{unit}"
    return f"{sign}{seconds}s"


def short_digest(digest: str | None) -> str:
    """The first twelve hex digits."""
    return digest[7:19] if digest else "-"
