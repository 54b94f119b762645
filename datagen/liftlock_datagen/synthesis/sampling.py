"""Texts that a generator would give, so that a plan can see whether they obey a column's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.primitives.encoding import join
from liftlock_datagen.synthesis.forms import Listed, Word
from liftlock_datagen.synthesis.generators import Generator, Null, Reference, Scaled
from liftlock_datagen.synthesis.plan_data import LoadPlan
from liftlock_datagen.synthesis.sources import SourceReader
from liftlock_datagen.synthesis.texts import TextMaker
from liftlock_datagen.vocabulary.words import Vocabularies

_SAMPLE = 400
_LAST_ROW = (1 << 31) - 1  # its number is the longest that a text may hold
_NOWHERE = TableName("", "")


@dataclass(frozen=True, slots=True)
class Sample:
    """Some texts (all, where the generator has a list), and how long the longest can be at most."""

    texts: tuple[str, ...]
    longest: int


def sample_texts(generator: Generator, vocabularies: Vocabularies) -> Sample:
    """Texts of the generator for the first rows and for the last that can be."""
    match generator:
        case Null() | Reference():
            return Sample((), 0)
        case Scaled(_, Listed(values)):
            return Sample(values, max(map(len, values)))
        case Scaled(_, Word(vocabulary, field, max_length)):
            words = vocabularies.column(vocabulary, field, max_length)
            return Sample(words, max(map(len, words)))
    maker = TextMaker(SourceReader(LoadPlan(0, 0, (), "", "")), vocabularies)
    rows = np.append(np.arange(_SAMPLE, dtype=np.uint64), np.uint64(_LAST_ROW))
    pieces = maker.pieces(generator, _NOWHERE, "sample", rows)
    width = sum(len(piece) if isinstance(piece, bytes) else piece.shape[1] for piece in pieces)
    texts = join([*pieces, b"\n"], len(rows)).decode().split("\n")[:-1]
    return Sample(tuple(texts), width)
