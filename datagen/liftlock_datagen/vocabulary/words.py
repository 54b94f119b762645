"""The frozen word lists, read from the package. Their hashes are part of what makes two runs the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from liftlock_datagen.errors import DatagenError

Entries = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """Every list by name. digest: a hash over all of them."""

    lists: MappingProxyType[str, Entries]
    digest: str

    def column(self, name: str, field: int, max_length: int = 0) -> tuple[str, ...]:
        """One field of a list's entries, those with at most max_length characters (0: all)."""
        return tuple(entry[field] for entry in self.lists[name] if not max_length or len(entry[field]) <= max_length)


@cache
def load_vocabularies() -> Vocabularies:
    """The lists as they were frozen; DatagenError where a file is not the one that the manifest names."""
    folder = resources.files("liftlock_datagen") / "vocabulary" / "frozen"
    manifest: dict[str, str] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    lists = {}
    for name, expected in sorted(manifest.items()):
        text = (folder / f"{name}.tsv").read_text(encoding="utf-8")
        if "sha256:" + hashlib.sha256(text.encode()).hexdigest() != expected:
            raise DatagenError(
                f"vocabulary/frozen/{name}.tsv is not the list that its manifest names",
                hint="install the package again, or freeze new lists: python -m liftlock_datagen.vocabulary.make",
            )
        lists[name] = tuple(tuple(line.split("\t")) for line in text.splitlines())
    digest = hashlib.blake2b(json.dumps(manifest, sort_keys=True).encode(), digest_size=16).hexdigest()
    return Vocabularies(MappingProxyType(lists), "blake2b:" + digest)
