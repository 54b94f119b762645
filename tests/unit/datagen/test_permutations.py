"""Keyed bijections: every value has one image in the domain and no two share one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.masking.digests import siphash
from liftlock_datagen.masking.permutations import Permutation, permuted

KEYS = st.binary(min_size=32, max_size=32)


def test_siphash_gives_the_value_that_its_authors_published() -> None:
    first, second = (np.uint64(int.from_bytes(bytes(range(start, start + 8)), "little")) for start in (0, 8))
    message = np.array([int.from_bytes(bytes(range(8)), "little")], np.uint64)
    assert int(siphash(first, second, message)[0]) == 0x93F5F5799A932462


@settings(max_examples=30, deadline=None)
@given(key=KEYS, size=st.integers(1, 70_000))
def test_every_number_of_a_domain_is_the_image_of_exactly_one(key: bytes, size: int) -> None:
    images = Permutation(key, size)(np.arange(size, dtype=np.uint64))
    assert np.array_equal(np.sort(images), np.arange(size, dtype=np.uint64))


@settings(max_examples=30, deadline=None)
@given(key=KEYS, size=st.integers(1 << 17, 1 << 90), data=st.data())
def test_large_domains_are_kept_and_differences_too(key: bytes, size: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(0, size - 1), unique=True, max_size=20))
    permutation = Permutation(key, size)
    images = [permutation.single(value) for value in values]
    assert len(set(images)) == len(values)
    assert all(0 <= image < size for image in images)


@settings(max_examples=30, deadline=None)
@given(key=KEYS, sizes=st.lists(st.integers(2, 1 << 62) | st.integers(2, 300), min_size=1, max_size=8), data=st.data())
def test_numbers_of_many_permutations_together_become_what_each_becomes_alone(key: bytes, sizes: list[int], data: st.DataObject) -> None:
    known = [Permutation(key, size) for size in sizes]
    which = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=20))
    values = [data.draw(st.integers(0, sizes[number] - 1)) for number in which]
    images = permuted(known, np.array(which, np.int64), np.array(values, np.uint64))
    assert images.tolist() == [known[number].single(value) for number, value in zip(which, values, strict=True)]


def test_another_key_moves_nearly_every_number_elsewhere() -> None:
    for size in (60_000, 1 << 40):
        values = np.arange(50_000, dtype=np.uint64)
        first, second = (Permutation(key * 32, size)(values) for key in (b"a", b"b"))
        assert int((first == second).sum()) < 10
        assert int((first == values).sum()) < 10
