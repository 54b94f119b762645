"""What a transformer promises, and what it does in a few words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from liftlock_datagen.masking.transformers import (
    Addresses,
    Bounds,
    Chosen,
    Coarser,
    Document,
    Elements,
    Fixed,
    Integers,
    Invented,
    Keep,
    Led,
    Letters,
    Noise,
    Null,
    Reformed,
    Seeded,
    Shifted,
    Spans,
    Transformer,
    Uuids,
)


class Guarantee(StrEnum):
    """Whether different values stay different."""

    PRESERVED = "preserved"  # by construction: a bijection, or at least 64 bits of the keyed hash in each value
    NOT_GUARANTEED = "not-guaranteed"
    LOSSY = "lossy"


def guarantee_of(transformer: Transformer) -> Guarantee:
    """Whether different values stay different under it."""
    match transformer:
        case Keep() | Integers() | Uuids() | Letters():
            return Guarantee.PRESERVED
        case Invented(unique=unique) | Addresses(unique=unique):
            return Guarantee.PRESERVED if unique else Guarantee.NOT_GUARANTEED
        case Shifted(subject=subject):
            return Guarantee.NOT_GUARANTEED if subject else Guarantee.PRESERVED
        case Elements(element=inner) | Bounds(bound=inner):
            return guarantee_of(inner)
        case Seeded(inner=inner):
            return guarantee_of(inner)
        case Led() | Document() | Reformed() | Spans():
            return Guarantee.NOT_GUARANTEED
        case _:
            return Guarantee.LOSSY


def document_paths(transformer: Transformer) -> Mapping[str, Transformer]:
    """What happens at each path of the documents that it changes."""
    match transformer:
        case Document(paths=paths):
            return dict(paths)
        case Elements(element=inner):
            return document_paths(inner)
        case _:
            return {}


def describe(transformer: Transformer) -> str:
    """What happens, in a few words, for the table that people review."""
    match transformer:
        case Elements(element=inner):
            return f"each element: {describe(inner)}"
        case Bounds(bound=inner):
            return f"each bound: {describe(inner)}"
        case Led(inner=inner, lead=lead):
            return f"{inner.kind} that agrees with {lead.column}"
        case Seeded(inner=inner):
            return f"new, not from the old value: {describe(inner)}"
        case Document(paths=paths):
            changed = sum(not isinstance(inner, Keep) for _, inner in paths)
            return f"{changed} of {len(paths)} paths changed" if changed else f"kept, with no other path than these {len(paths)}"
        case Shifted(days=days, subject=subject):
            return f"moved by up to {days} days" + (f", alike for each {subject}" if subject else "")
        case Coarser(to=to, width=width):
            return f"cut to {to} of {width}" if width else f"cut to {to}"
        case Keep() | Null() | Fixed() | Noise():
            return _PLAIN[type(transformer).__name__]
        case _:
            return _of_map(transformer)


_PLAIN = {
    "Keep": "kept",
    "Null": "becomes NULL",
    "Fixed": "becomes a fixed text",
    "Noise": "random bytes of the same number",
}


def _of_map(transformer: Invented | Integers | Letters | Uuids | Addresses | Chosen | Reformed | Spans) -> str:
    match transformer:
        case Invented(kind=kind, domain=domain, unique=unique):
            return f"{kind} from the map {domain}" + (", unique" if unique else "")
        case Addresses(domain=domain):
            return f"reserved address from the map {domain}"
        case Reformed(domain=domain) | Spans(domain=domain):
            return f"other numbers of its form, from the map {domain}"
        case Chosen(domain=domain):
            return f"one of a list, from the map {domain}"
        case Integers(domain=domain) | Letters(domain=domain) | Uuids(domain=domain):
            return f"permuted by the map {domain}"
