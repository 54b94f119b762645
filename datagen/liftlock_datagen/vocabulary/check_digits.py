"""Check digits: each takes a matrix of digits, one row per number, and gives the right digit of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

CheckDigit = Callable[[NDArray[np.int64]], NDArray[np.int64]]


def luhn(digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Payment cards, IMEI, Swedish personal numbers."""
    doubled = digits.copy()
    doubled[:, ::-1][:, ::2] *= 2
    found: NDArray[np.int64] = -(doubled // 10 + doubled % 10).sum(axis=1) % 10
    return found


def weighted(weights: Sequence[int], modulus: int) -> CheckDigit:
    """The digit that makes the weighted sum a multiple of 10; for modulus 11 the rest itself, 0 where it has two digits."""

    def check(digits: NDArray[np.int64]) -> NDArray[np.int64]:
        total = digits @ np.array(weights, np.int64)
        rest: NDArray[np.int64] = -total % 10 if modulus == 10 else total % 11
        return np.where(rest > 9, 0, rest)

    return check


def eleven_minus(weights: Sequence[int]) -> CheckDigit:
    """11 minus the weighted sum modulo 11, 0 where that has two digits: Brazilian CPF, Japanese My Number."""

    def check(digits: NDArray[np.int64]) -> NDArray[np.int64]:
        rest = 11 - digits @ np.array(weights, np.int64) % 11
        return np.where(rest > 9, 0, rest)

    return check
