"""Container image references. A tag is a name for people; only a digest identifies what runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from liftlock.core.errors import ConfigError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = re.compile(r"(?:[a-z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A sha256 content digest, in its text form `sha256:` + 64 hex digits."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Digest:
        """The digest that the text spells; ConfigError for anything else, a tag included."""
        if not _DIGEST.fullmatch(text):
            raise ConfigError(f'"{text}" is not a digest', hint="a digest is sha256: and 64 hex digits; liftlock image resolve finds it")
        return cls(text)

    @property
    def short(self) -> str:
        """The first twelve hex digits, for people."""
        return self.text[7:19]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, order=True)
class ImageRef:
    """`repository@sha256:…`: the only way in which an image reaches a plan."""

    repository: str
    digest: Digest

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """The reference that the text spells; ConfigError where it names a tag or nothing immutable."""
        repository, at, digest = text.partition("@")
        if not at:
            tag = repository.rpartition("/")[2].partition(":")[2] or "latest"
            raise ConfigError(f'"{text}": "{tag}" is a tag; use a digest', hint="run: liftlock image resolve " + text)
        if not _REPOSITORY.fullmatch(repository):
            raise ConfigError(f'"{text}": "{repository}" is not a repository name')
        return cls(repository, Digest.parse(digest))

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}"
