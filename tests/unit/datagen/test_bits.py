"""Random bits are a function of key and counter, the same on every machine and for ever; permutations lose and repeat nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liftlock_datagen.primitives.bits import derive_key, draw, permute, reduce_bits, scatter, skewed, uniform

KEYS = st.integers(0, 2**64 - 1)


def counters(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.arange(count, dtype=np.uint64)


def test_bits_never_change_between_versions() -> None:
    assert derive_key(7, "public.orders", "total") == 1671544495895976756
    assert draw(42, counters(3)).tolist() == [12058926934050108962, 13679457532755275413, 2949826092126892291]
    assert permute(42, counters(5), 5).tolist() == [4, 2, 1, 3, 0]


@given(KEYS, st.integers(1, 3000))
def test_a_permutation_visits_every_number_once(key: int, size: int) -> None:
    assert sorted(permute(key, counters(size), size).tolist()) == list(range(size))


@given(KEYS, st.integers(1, 3000))
def test_scattering_visits_every_number_once(key: int, size: int) -> None:
    assert sorted(scatter(key, counters(size), size).tolist()) == list(range(size))


@given(KEYS, st.integers(1, 2**62))
def test_a_permutation_of_a_large_domain_stays_in_it_and_repeats_nothing(key: int, size: int) -> None:
    count = min(size, 500)
    found = permute(key, counters(count), size).tolist()
    assert len(set(found)) == count
    assert max(found) < size


@given(KEYS, st.integers(1, 2**32))
def test_reductions_stay_in_range(key: int, size: int) -> None:
    for found in (uniform(key, counters(100), size), skewed(key, counters(100), size), reduce_bits(draw(key, counters(100)), size)):
        assert int(found.max()) < size


@given(KEYS, st.integers(2, 2**61))
def test_uniform_numbers_fill_large_ranges_too(key: int, size: int) -> None:
    found = uniform(key, counters(400), size)
    assert int(found.max()) < size
    assert int(found.max()) >= size // 2


def test_skewed_numbers_prefer_small_ones() -> None:
    found = skewed(5, counters(100_000), 1000)
    share = float((found < 100).mean())
    assert 0.31 < share < 0.35  # s (1 - ln s) for s = 0.1 is 0.330
    assert 0.09 < float((uniform(5, counters(100_000), 1000) < 100).mean()) < 0.11


@given(st.integers(), st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_different_paths_have_different_keys(seed: int, one: list[str], other: list[str]) -> None:
    assert (derive_key(seed, *one) == derive_key(seed, *other)) is (one == other)
