"""Numbers for planning: the same ones for the same beginning, on every machine."""

from __future__ import annotations

from dataclasses import dataclass

_MASK = (1 << 64) - 1


@dataclass
class Dice:
    """Numbers that depend on nothing but how many were thrown: splitmix64 over a counter."""

    state: int

    def below(self, size: int) -> int:
        """0 … size - 1."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        word = self.state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
        return int((word ^ (word >> 31)) % size)
