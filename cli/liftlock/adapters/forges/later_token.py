"""A token that is looked up when the first request needs it: what asks the forge for nothing needs no token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property


class LaterToken:
    """Credentials in one header. find: the token; asked once."""

    def __init__(self, header: str, prefix: str, find: Callable[[], str]) -> None:
        self._header, self._prefix, self._find = header, prefix, find

    def headers(self) -> Mapping[str, str]:
        """The one header."""
        return {self._header: self._prefix + self._secret}

    @cached_property
    def _secret(self) -> str:
        return self._find()
