"""Values that are made of numbers: floats, intervals, geometric values, strings of bits and ranges. Each in PostgreSQL's text form.

What is not of the form that its type has is an error, never passed through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from liftlock_datagen.masking.digests import digest_stream, digest_words
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Reformed, Spans

Change = Callable[[Sequence[bytes], Sequence[bytes]], list[bytes]]

_NUMBER = re.compile(r"(\d+)(\.\d+)?(?:e([+-])?(\d+))?")
_FORMS = {
    "float4": re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|-?Infinity"),
    "geometric": re.compile(r"(?:[-+.,()\[\]{}<>e\d]|NaN|Infinity)+"),
    "interval": re.compile(r"(?:[+-]?\d+ (?:years?|mons?|days?)(?: |$))*(?:[+-]?\d+:\d\d:\d\d(?:\.\d+)?)?|-?infinity"),
    "bits": re.compile(r"[01]+"),
}
_FORMS["float8"] = _FORMS["float4"]
_LARGEST_EXPONENT = {"float4": 36}
_MOST_DIGITS = 8  # of a part of an interval, so that none leaves its type
_RANGE = re.compile(r'([\[(])("?)([^",\])]*)\2,("?)([^",\])]*)\4([\])])')
_FIRST_DAY, _DAYS = np.datetime64("1970-01-01"), 20_000


def reformed(made: Reformed, key: bytes, inputs: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
    """For each old value one of the same form, its digits from the hash of the input. Zeros, signs and exponents stay."""
    fills: dict[str, Callable[[str, Iterator[int]], str]] = {"interval": _interval, "bits": _bits}
    fill = fills.get(made.form) or partial(_decimals, largest=_LARGEST_EXPONENT.get(made.form, 300))
    texts = []
    for given, value in zip(inputs, old, strict=True):
        text = value.decode()
        if _FORMS[made.form].fullmatch(text) is None:
            raise UnparsedError(f"a value is not of the form of its type ({made.form})")
        texts.append(fill(text, iter(digest_stream(key, given, len(value)))).encode())
    return texts


def _decimals(text: str, drawn: Iterator[int], largest: int) -> str:
    def new(found: re.Match[str]) -> str:
        body = _filled(found[1] + (found[2] or ""), drawn)
        return body if found[4] is None else f"{body}e{found[3] or '+'}{min(int(found[4]), largest)}"

    return _NUMBER.sub(new, text)


def _interval(text: str, drawn: Iterator[int]) -> str:
    def new(found: re.Match[str]) -> str:
        if found[1] is None:
            return _filled(found[0][-_MOST_DIGITS:], drawn)
        return ":" + "".join(str(1 + next(drawn) % 5) for _ in found[1])  # of minutes and seconds

    return re.sub(r":(\d\d)|\d+", new, text)


def _bits(text: str, drawn: Iterator[int]) -> str:
    return "".join(str(next(drawn) & 1) for _ in text)


def _filled(figures: str, drawn: Iterator[int]) -> str:
    """Other digits, none of them zero; a zero stays."""
    if not figures.strip("0."):
        return figures
    return "".join(letter if letter == "." else str(1 + next(drawn) % 9) for letter in figures)


# --- ranges -------------------------------------------------------------------------------------------------------------------------


def bounded(change: Change, inputs: Sequence[bytes], old: Sequence[bytes], *, closed: bool) -> list[bytes]:
    """Each range with its bounds changed, both by the range's own input. closed: with both bounds in it, so that none becomes empty."""
    out = []
    for given, value in zip(inputs, old, strict=True):
        found = _ranges(value.decode())
        bounds = [bound.encode() for match in found for bound in (match[3], match[5]) if bound]
        new = iter(change([given] * len(bounds) if inputs is not old else bounds, bounds))
        parts = [
            _written(match, *(next(new).decode() if bound else "" for bound in (match[3], match[5])), closed=closed) for match in found
        ]
        text = value.decode()
        out.append((("{" + ",".join(parts) + "}" if text.startswith("{") else parts[0]) if found else text).encode())
    return out


def _ranges(text: str) -> list[re.Match[str]]:
    found = list(_RANGE.finditer(text))
    if (text != "empty" and _RANGE.sub("", text).strip("{,}")) or not (found or text in {"empty", "{}"}):
        raise UnparsedError("a value is no range that can be read")
    return found


def _written(match: re.Match[str], low: str, high: str, *, closed: bool) -> str:
    first, last = ("[", "]") if closed else (match[1], match[6])
    return f"{first}{_quoted(low)},{_quoted(high)}{last}"


def _quoted(bound: str) -> str:
    return f'"{bound}"' if bound else ""


def spans(made: Spans, key: bytes, inputs: Sequence[bytes]) -> list[bytes]:
    """A range for each input: of 1 to 30 days from 1970 on, or of 1 to 30 whole numbers from 1 on."""
    first, second = digest_words(key, inputs)
    texts = []
    for low, size in zip((first % np.uint64(_DAYS)).tolist(), (second % np.uint64(30) + np.uint64(1)).tolist(), strict=True):
        ends = [_FIRST_DAY + low, _FIRST_DAY + low + size] if made.dates else [low + 1, low + 1 + size]
        text = f"[{ends[0]},{ends[1]})"
        texts.append(("{" + text + "}" if made.several else text).encode())
    return texts
