"""Chooses a generator for a text column: the first that fits its length and obeys its rules. Pure."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from typing import assert_never

from liftlock_datagen.errors import Problem, ProblemCode
from liftlock_datagen.synthesis.demands import CaseKept, Matching, describe
from liftlock_datagen.synthesis.draws import Permuted, Uniform
from liftlock_datagen.synthesis.forms import Code, Listed
from liftlock_datagen.synthesis.generators import Generator, Pattern, Scaled, Title, Variants
from liftlock_datagen.synthesis.limits import Limits
from liftlock_datagen.synthesis.patterns import Parts, read_pattern
from liftlock_datagen.synthesis.person_makers import Identified, PersonName, Phone, Street
from liftlock_datagen.synthesis.regular import python_pattern
from liftlock_datagen.synthesis.sampling import sample_texts
from liftlock_datagen.synthesis.semantics import text_candidates
from liftlock_datagen.synthesis.subjects import Subject, capacity_of, spread
from liftlock_datagen.vocabulary.words import Vocabularies

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LETTERS = 12


def choose_text(subject: Subject, vocabularies: Vocabularies) -> Generator | Problem:
    """The first candidate that fits the length and, as a sample shows, all rules; codes and patterns come last."""
    limits = subject.limits
    candidates = text_candidates(subject.table, subject.column.name, vocabularies, limits.max_length)
    if subject.unique:
        candidates = [_made_unique(candidate) for candidate in candidates]
        candidates = [candidate for candidate in candidates if capacity_of(candidate)]
    for generator in [*candidates, *_codes(limits, unique=subject.unique), *_patterns(limits, unique=subject.unique)]:
        if fits(generator, limits, vocabularies):
            return generator
    rules = " and ".join(map(describe, limits.rules)) or f"{limits.min_length} to {limits.max_length} characters"
    return subject.problem(ProblemCode.UNPLANNABLE_CHECK, f"no text is known that meets {rules}")


def _made_unique(generator: Generator) -> Generator:
    match generator:
        case Phone() | PersonName() | Street() | Title() | Identified():
            return replace(generator, unique=True)
        case Scaled(Uniform(), Code() as code):
            return Scaled(Permuted(0, len(code.alphabet) ** code.length - 1), code)
        case _:
            return generator


def _codes(limits: Limits, *, unique: bool) -> list[Generator]:
    length = max(limits.min_length, min(limits.max_length or 10, _CODE_LETTERS))
    if length > _CODE_LETTERS:
        return []
    alphabets = (_CROCKFORD, _CROCKFORD.lower(), string.digits, string.ascii_uppercase, string.ascii_lowercase)
    return [Scaled(spread(0, len(letters) ** length - 1, unique=unique), Code("", letters, length)) for letters in alphabets]


def _patterns(limits: Limits, *, unique: bool) -> list[Generator]:
    """Texts that match by construction: all ways to match, then each way by itself, then the shortest of each."""
    wanted = [rule for rule in limits.rules if isinstance(rule, Matching) and not rule.negated]
    found = [ways for rule in wanted if (ways := read_pattern(rule.pattern)) is not None]
    fixed = [texts for ways in found if len(texts := _fixed_texts(ways)) > 1]
    lists: list[Generator] = [Scaled(spread(0, len(texts) - 1, unique=unique), Listed(texts)) for texts in fixed]
    several: list[Generator] = [] if unique else [Variants(tuple(map(Pattern, ways))) for ways in found if len(ways) > 1]
    single = [parts for ways in found for parts in ways]
    shortest = [tuple((letters, least, max(1, least)) for letters, least, _ in parts) for parts in single]
    alone = sorted((Pattern(parts, unique) for parts in [*single, *shortest]), key=capacity_of, reverse=True) if unique else []
    return [*lists, *several, *(alone or [Pattern(parts, unique) for parts in [*single, *shortest]])]


def _fixed_texts(ways: tuple[Parts, ...]) -> tuple[str, ...]:
    """The texts that match, where each way is one text."""
    if any(len(letters) > 1 or least != most for parts in ways for letters, least, most in parts):
        return ()
    return tuple(dict.fromkeys("".join(letters * least for letters, least, _ in parts) for parts in ways))


def fits(generator: Generator, limits: Limits, vocabularies: Vocabularies) -> bool:
    """Whether a sample of the texts keeps to the limits."""
    sample = sample_texts(generator, vocabularies)
    if limits.max_length and sample.longest > limits.max_length:
        return False
    fitting = all(len(text) >= limits.min_length and text not in limits.excluded for text in sample.texts)
    return fitting and all(meets(text, rule) for rule in limits.rules for text in sample.texts)


def meets(text: str, rule: Matching | CaseKept) -> bool:
    """Whether the text obeys the rule."""
    match rule:
        case Matching(_, pattern, ignore_case, negated):
            return bool(re.search(python_pattern(pattern), text, re.IGNORECASE if ignore_case else 0)) is not negated
        case CaseKept(_, "lower"):
            return text == text.lower()
        case CaseKept(_, "upper"):
            return text == text.upper()
        case CaseKept():
            return text == text.strip()
        case _:
            assert_never(rule)
