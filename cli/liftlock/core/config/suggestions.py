"""The nearest valid name for one that was misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The valid name that the person most likely meant; None where nothing is near."""
    names = list(valid)
    folded = {candidate.lower().replace("_", "-"): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower().replace("_", "-"), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def unknown(kind: str, name: str, valid: Iterable[str]) -> str:
    """`unknown service "apii"; did you mean "api"?`, or the list of what there is."""
    names = sorted(valid)
    message = f'unknown {kind} "{shown(name)}"'
    suggestion = nearest(name, names)
    if suggestion is not None:
        return f'{message}; did you mean "{suggestion}"?'
    return f"{message}; there is {', '.join(names)}" if names else f"{message}; there is none"


def shown(text: str, limit: int = 60) -> str:
    """Text of a file as it may stand in a message: on one line, without control characters, not endless."""
    clean = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
