"""What columns of each kind are called in English, German, French, Spanish, Italian and Portuguese. The data are in phrases.txt.

`email 0.95: e mail, courriel`: names that say the kind, and how sure they alone make us. A phrase is words in a row; "~word" matches a
longer word that ends so (German compounds). `= moment: at, until`: last words that say what a name is of. `@ people: user`: words that
tables are called after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from liftlock_datagen.classify.tokens import words_of
from liftlock_datagen.spec.model import Kind


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row that say a kind, and how sure they make us."""

    words: tuple[str, ...]
    kind: Kind
    confidence: float


@dataclass(frozen=True, slots=True)
class Phrases:
    """beginning: phrases by their first word, open ones under "~". heads: last words. people, companies, things: words of tables' names.

    events: words of what happens on a date.
    """

    beginning: Mapping[str, tuple[Phrase, ...]]
    heads: Mapping[str, Kind]
    people: frozenset[str]
    companies: frozenset[str]
    things: frozenset[str]
    events: frozenset[str]


@cache
def phrases() -> Phrases:
    """The data, read once."""
    beginning: dict[str, list[Phrase]] = {"~": []}
    heads: dict[str, Kind] = {}
    tables: dict[str, set[str]] = {"people": set(), "companies": set(), "things": set(), "events": set()}
    text = resources.files("liftlock_datagen.classify").joinpath("phrases.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        head, colon, rest = line.partition(": ")
        if line.startswith("#") or not colon:
            continue
        names = [name.strip() for name in rest.split(",")]
        mark, _, what = head.rpartition(" ")
        if mark == "=":
            heads |= dict.fromkeys(names, Kind(what))
        elif mark == "@":
            tables[what] |= set(names)
        else:
            for name in names:
                words = (name,) if "~" in name else words_of(name)
                beginning.setdefault("~" if "~" in name else words[0], []).append(Phrase(words, Kind(mark), float(what)))
    frozen = {word: tuple(found) for word, found in beginning.items()}
    people, companies, things, events = (frozenset(tables[name]) for name in ("people", "companies", "things", "events"))
    return Phrases(frozen, heads, people, companies, things, events)
