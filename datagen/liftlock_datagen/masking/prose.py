"""Sentences in the place of free text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from liftlock_datagen.masking.digests import digest_words
from liftlock_datagen.primitives.bits import draw, reduce_bits
from liftlock_datagen.vocabulary.words import load_vocabularies


@cache
def _tape(locale: str) -> tuple[str, tuple[int, ...]]:
    """A long run of sentences, and where each of them begins."""
    sentences = load_vocabularies(locale).column("opinion", 0)
    order = draw(7, np.arange(5000, dtype=np.uint64))
    chosen = [sentences[int(number) % len(sentences)] for number in order]
    starts, size = [], 0
    for sentence in chosen:
        starts.append(size)
        size += len(sentence) + 1
    return " ".join(chosen) + " ", tuple(starts)


def prose(locale: str, key: bytes, inputs: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
    """Sentences of about the old text's length, never longer, and not empty."""
    tape, starts = _tape(locale)
    first, _ = digest_words(key, inputs)
    texts = []
    for place, value in zip(reduce_bits(first, len(starts)).tolist(), old, strict=True):
        length = len(value) if value.isascii() else len(value.decode())
        begin = starts[place]
        text = tape[begin : begin + length + 1]
        while len(text) <= length:
            text += tape[: length + 1 - len(text)]
        end = text.rfind(" ", 1)
        texts.append((text[: min(end, length)] if end > 0 else text[:length]).encode())
    return texts
