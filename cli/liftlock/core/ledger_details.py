"""The details of a record, parsed when somebody looks into them. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import Json

_DECODE = json.JSONDecoder().raw_decode  # json.loads without looking for blanks, of which a canonical text has none around it


class Details(Mapping[str, Json]):
    """From their canonical text. fail: the error for one that cannot be parsed."""

    __slots__ = ("_fail", "_parsed", "_text")

    def __init__(self, text: bytes, fail: Callable[[str], IncompleteError]) -> None:
        self._text, self._fail = text, fail
        self._parsed: dict[str, Json] | None = None

    def _read(self) -> dict[str, Json]:
        if self._parsed is None:
            try:
                text = self._text.decode()
                parsed, end = _DECODE(text)
                if end != len(text) or not isinstance(parsed, dict):
                    raise ValueError("its details are no object")
            except (ValueError, RecursionError) as err:
                raise self._fail(str(err)) from err
            self._parsed, self._text = parsed, b""
        return self._parsed

    def __getitem__(self, key: str) -> Json:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __contains__(self, key: object) -> bool:
        return key in self._read()

    def get(self, key: str, default: Any = None) -> Any:
        return self._read().get(key, default)

    def __repr__(self) -> str:
        return repr(self._read())

    def may_hold(self, words: Collection[bytes]) -> bool:
        """Whether one of the words can stand in a text of the details; looked up without parsing them. Escapes can spell any word."""
        return self._parsed is not None or b"\\u" in self._text or any(word in self._text for word in words)


def may_hold(details: Mapping[str, Json], words: Collection[bytes]) -> bool:
    """False only where none of the words (of plain letters) stands in a text of the details; cheaper than to look into each."""
    return not isinstance(details, Details) or details.may_hold(words)
