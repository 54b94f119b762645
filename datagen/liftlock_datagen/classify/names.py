"""What a column's name says of its kind, in the light of its table's name and of its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from liftlock_datagen.classify.model import Candidate
from liftlock_datagen.classify.phrases import Phrase, phrases
from liftlock_datagen.classify.tokens import singular, words_of
from liftlock_datagen.spec.model import Kind
from liftlock_datagen.spec.rules import SENSITIVE

_NAMES = frozenset({"name", "nom", "nombre", "nome", "names", "bezeichnung"})
_FLAG_BEGINNINGS = frozenset(
    {"is", "has", "can", "allow", "allows", "should", "ist", "hat", "est", "es", "do", "was", "needs", "use", "wants"}
)
_NUMBERED = frozenset({"number", "nummer", "numero", "code", "id"})
_NUMBERS = frozenset({Kind.NATIONAL_ID, Kind.TAX_ID, Kind.BANK_ACCOUNT, Kind.PAYMENT_CARD, Kind.PHONE, Kind.POSTAL_CODE, Kind.IBAN})
_LINKS = frozenset(["de", "del", "du", "des", "di", "da", "do", "dell", "of", "client", "cliente", "kunde", "contact", "utilisateur"])
_ADDRESS_WORDS = frozenset({"city", "zip", "postcode", "postal", "street", "address", "country", "town", "plz", "ort", "line1", "address1"})


_TELLING = frozenset({Kind.GIVEN_NAME, Kind.FAMILY_NAME, Kind.NATIONAL_ID, Kind.GENDER, Kind.BIRTH_DATE})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a column stands. table: its words in the singular; neighbours: the words of the table's other columns.

    people: the rows are people, by the table's name, or because a column holds first names, genders or the like.
    """

    table: frozenset[str]
    neighbours: frozenset[str] = frozenset()
    people: bool = False

    @property
    def companies(self) -> bool:
        """Whether the rows are companies."""
        return bool(self.table & phrases().companies)


def surroundings(table: str, columns: Iterable[str]) -> Surroundings:
    """Of every column of the table."""
    names = [words_of(column) for column in columns]
    words = frozenset(singular(word) for word in words_of(table))
    telling = any(candidate.kind in _TELLING and candidate.confidence >= 0.8 for name in names for candidate in _said(name))
    return Surroundings(words, frozenset(word for name in names for word in name), bool(words & phrases().people) or telling)


def candidates_by_name(name: str, around: Surroundings) -> list[Candidate]:
    """What the name says, the likeliest first; at most one candidate of a kind."""
    words = words_of(name)
    found: dict[Kind, Candidate] = {}
    for candidate in (*_said(words), *_of_a_name(words, around), *_of_a_state(words, around)):
        before = found.get(candidate.kind)
        if before is None or before.confidence < candidate.confidence:
            found[candidate.kind] = candidate
    return sorted(found.values(), key=lambda item: (-item.confidence, item.kind))


def is_plain_event(name: str) -> bool:
    """Whether a date's name says what happened then, and that was nobody's birth."""
    return bool(set(words_of(name)) & phrases().events)


def _said(words: Sequence[str]) -> Iterator[Candidate]:
    """What phrases and the last word say. A phrase over the last words counts for more than they do one by one: `visitor id`."""
    found = list(_by_phrases(words))
    longest = max((length for length, _ in found), default=0)
    for length, candidate in found:
        if length == longest or longest < 2 or candidate.kind in SENSITIVE:
            yield candidate
    if longest < 2:
        yield from _by_head(words)


def _by_phrases(words: Sequence[str]) -> Iterator[tuple[int, Candidate]]:
    """Each with the number of its words, where it stands at the end of the name; 1 elsewhere."""
    for start in range(len(words)):
        for phrase in (*phrases().beginning.get(words[start], ()), *phrases().beginning["~"]):
            end = start + len(phrase.words)
            if end <= len(words) and all(map(_fits, phrase.words, words[start:end])):
                confidence = phrase.confidence * _share(words, start, end, phrase)
                length = len(phrase.words) if end == len(words) else 1
                yield length, Candidate(phrase.kind, round(confidence, 3), f"its name says {phrase.kind.value}")


def _fits(pattern: str, word: str) -> bool:
    if pattern.startswith("~"):
        return word.endswith(pattern[1:]) and len(word) > len(pattern) - 1
    return word == pattern


def _share(words: Sequence[str], start: int, end: int, phrase: Phrase) -> float:
    """How much of a phrase's confidence is left by the words around it: what follows says more of a name than what comes before."""
    rest = [word for word in words[end:] if not word.isdigit()]
    if not rest:
        before = len([word for word in words[:start] if not word.isdigit()])
        return 1.0 if before == 0 else 0.97 if before == 1 else 0.94
    head = phrases().heads.get(rest[-1], phrase.kind)
    if rest[-1] in _NUMBERED and phrase.kind in _NUMBERS:
        return 0.95
    if phrase.kind is Kind.BIRTH_DATE and head is Kind.MOMENT:
        return 0.97
    if head is not phrase.kind:
        return 0.25
    if rest[-1] in {
        "hash",
        "digest",
        "encrypted",
        "enc",
        "normalized",
        "canonical",
        "lower",
        "raw",
        "old",
        "new",
        "primary",
        "secondary",
        "text",
    }:
        return 0.95
    if rest[0] in _LINKS:
        return 0.95
    return 0.78 if start == 0 and len(rest) == 1 else 0.6  # telefono casa, email privat: languages that put what it is first


def _by_head(words: Sequence[str]) -> Iterator[Candidate]:
    if not words:
        return
    if words[0] in _FLAG_BEGINNINGS and len(words) > 1:
        yield Candidate(Kind.FLAG, 0.8, "its name asks a question")
    kind = phrases().heads.get(words[-1])
    if kind is not None and len(words) > 1:
        yield Candidate(kind, 0.8, f"its name ends as that of a {kind.value} does")


def _of_a_name(words: Sequence[str], around: Surroundings) -> Iterator[Candidate]:
    """`name` says nothing by itself; the table does."""
    if not words or not (words[-1] in _NAMES or words[0] in _NAMES) or len(words) > 3:
        return
    owner = {singular(word) for word in words} - _NAMES
    if owner & phrases().people or (not owner and around.people):
        yield Candidate(Kind.PERSON_NAME, 0.85, "a name, and people are what it names")
    elif owner & phrases().companies or (not owner and around.companies):
        yield Candidate(Kind.COMPANY, 0.8, "a name, and companies are what it names")
    elif owner & phrases().things or (not owner and around.table & phrases().things):
        yield Candidate(Kind.CATEGORY, 0.7, "a name, and things are what it names")
    elif owner:
        yield Candidate(Kind.PERSON_NAME, 0.6, "a name, and nothing says that it is not somebody's")
        yield Candidate(Kind.CATEGORY, 0.45, "a name, and people are not known to be what it names")
    else:
        yield Candidate(Kind.CATEGORY, 0.6, "a name, and neither people nor companies are known to be what it names")
        yield Candidate(Kind.PERSON_NAME, 0.45, "a name may be somebody's")


def _of_a_state(words: Sequence[str], around: Surroundings) -> Iterator[Candidate]:
    """`state` beside a city is a region."""
    if words and words[-1] in {"state", "land", "estado", "stato"} and around.neighbours & _ADDRESS_WORDS:
        yield Candidate(Kind.REGION if words[-1] != "land" else Kind.COUNTRY, 0.75, "it stands beside a city or a postal code")
