"""Rules whose result can be seen in the copy alone: everything NULL, everything the same, everything coarse. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from liftlock_datagen.catalog.model import ColumnType, TypeKind
from liftlock_datagen.certificate.blocks import BREAKS, ELEMENT
from liftlock_datagen.masking.choice import TEXTS, UnfitError, coarser
from liftlock_datagen.masking.coarse import coarser as made_coarser
from liftlock_datagen.masking.shapes import UnparsedError
from liftlock_datagen.masking.transformers import Coarser, Fixed, Null
from liftlock_datagen.spec.model import Rule, ValueSpec

Provable = Null | Fixed | Coarser
_ENDLESS = frozenset({b"NaN", b"Infinity", b"-Infinity", b"infinity", b"-infinity"})


def provable(kind: ColumnType, value: ValueSpec) -> Provable | None:
    """What the rule makes of a value of the type; None where the copy alone does not tell whether it did."""
    match value.rule:
        case Rule.EMPTY:
            return Null()
        case Rule.CONSTANT:
            is_text = kind.kind is TypeKind.BASE and kind.name in TEXTS
            return Fixed(value.options.get("value", "")) if is_text else None
        case Rule.GENERALISE:
            try:
                made = coarser(kind, value)
            except UnfitError:
                return None
            return made if isinstance(made, Coarser) else None
        case _:
            return None


def leftovers(made: Provable, cells: Iterable[bytes]) -> int:
    """How many cells hold what the rule would not have left. cells: as text, a NULL is empty, an array has marks between its elements."""
    counts = Counter(cells)
    counts.pop(b"", None)
    return sum(count for cell, count in counts.items() if not all(_is_made(made, part) for part in cell.split(ELEMENT)))


def _is_made(made: Provable, value: bytes) -> bool:
    match made:
        case Null():
            return False
        case Fixed(text=text):
            return value.rstrip() == text.translate(BREAKS).encode().rstrip()
        case Coarser(to="text", width=width):
            return len(value.decode("utf-8", "replace").rstrip()) <= width
        case Coarser(to="number", width=width):
            return value in _ENDLESS or _is_multiple(value, width)
        case Coarser():
            return _is_period(made, value)


def _is_multiple(value: bytes, width: int) -> bool:
    try:
        number = Decimal(value.decode())
    except (InvalidOperation, ValueError):
        return False
    return number == number.to_integral_value() and int(number) % width == 0


def _is_period(made: Coarser, value: bytes) -> bool:
    try:
        return made_coarser(made, [value]) == [value]
    except UnparsedError:
        return False
