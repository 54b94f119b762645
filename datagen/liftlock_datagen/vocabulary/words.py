"""The frozen word lists, read from the package. Their hashes are part of what makes two runs the same."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

from liftlock_datagen.errors import DatagenError, RequestError

Entries = tuple[tuple[str, ...], ...]
MIXED = "mixed"  # people and places of eight countries
LOCALES = ("de_CH", "de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "it_IT", "ja_JP", "nl_NL", "pl_PL", "pt_BR", "sv_SE")

# The fields of list "place".
CITY, POSTAL_CODE, REGION, COUNTRY_CODE, COUNTRY, LOCALE_TAG, REGION_CODE, LATITUDE, LONGITUDE, TIME_ZONE, CURRENCY, LANGUAGE, PHONE = (
    range(13)
)


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """Every list by name. digest: a hash over all of them. locale: one of LOCALES, or MIXED."""

    lists: MappingProxyType[str, Entries]
    digest: str
    locale: str = MIXED

    def column(self, name: str, field: int, max_length: int = 0) -> tuple[str, ...]:
        """One field of a list's entries, those with at most max_length characters (0: all)."""
        return tuple(entry[field] for entry in self.lists[name] if not max_length or len(entry[field]) <= max_length)

    def format_of(self, name: str, otherwise: str) -> str:
        """How the locale writes something (street, phone); `otherwise` where the lists do not say."""
        return next((found for key, found in self.lists.get("format", ()) if key == name), otherwise)


@cache
def load_vocabularies(locale: str = MIXED) -> Vocabularies:
    """The lists as they were frozen; RequestError for an unknown locale, DatagenError where a file is not the manifest's."""
    folder = resources.files("liftlock_datagen") / "vocabulary" / "frozen"
    lists, manifest = _read(folder)
    if locale != MIXED:
        if locale not in LOCALES:
            raise RequestError(f'there are no word lists for locale "{locale}"', hint=f"one of {', '.join((MIXED, *LOCALES))}")
        own, own_manifest = _read(folder / locale)
        lists |= own
        manifest |= {f"{locale}/{name}": expected for name, expected in own_manifest.items()}
    digest = hashlib.blake2b(json.dumps(manifest, sort_keys=True).encode(), digest_size=16).hexdigest()
    return Vocabularies(MappingProxyType(lists), "blake2b:" + digest, locale)


def _read(folder: Traversable) -> tuple[dict[str, Entries], dict[str, str]]:
    manifest: dict[str, str] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    lists: dict[str, Entries] = {}
    for name, expected in sorted(manifest.items()):
        text = (folder / f"{name}.tsv").read_text(encoding="utf-8")
        if "sha256:" + hashlib.sha256(text.encode()).hexdigest() != expected:
            raise DatagenError(
                f"vocabulary/frozen/{name}.tsv is not the list that its manifest names",
                hint="install the package again, or freeze new lists: python -m liftlock_datagen.vocabulary.make",
            )
        lists[name] = tuple(tuple(line.split("\t")) for line in text.splitlines())
    return lists, manifest
