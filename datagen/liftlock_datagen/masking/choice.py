"""Which transformer a rule means for a column's type. Pure; what does not fit is said in words, never passed through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from liftlock_datagen.catalog.model import ColumnType, TypeKind
from liftlock_datagen.masking.transformers import (
    KEEP,
    Addresses,
    Bounds,
    Chosen,
    Coarser,
    Document,
    Elements,
    Fixed,
    Integers,
    Invented,
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
from liftlock_datagen.spec.model import ColumnSpec, Kind, Rule, ValueSpec

INTEGERS: Mapping[str, int] = {"int2": 14, "int4": 30, "int8": 40}
"""Type -> bits of the range in which its ordinary values are permuted."""

TEXTS = frozenset({"text", "varchar", "bpchar", "citext", "name", "xml"})
_DOCUMENTS = frozenset({"json", "jsonb", "hstore", "text", "varchar", "bpchar", "citext"})
_WHOLE = frozenset({"int2", "int4", "int8"})
_DATES = frozenset({"date", "timestamp", "timestamptz"})
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "money"})
_HARDWARE = {"macaddr": 6, "macaddr8": 8}
_GEOMETRIC = frozenset({"point", "line", "lseg", "box", "path", "polygon", "circle"})
_FORMS = {"float4": "float4", "float8": "float8", "interval": "interval", "bit": "bits", "varbit": "bits"} | dict.fromkeys(
    _GEOMETRIC, "geometric"
)
_INTERVALS = ("year", "month", "day", "hour")
SHAPED = frozenset(
    {Kind.IDENTIFIER, Kind.REFERENCE, Kind.NATIONAL_ID, Kind.TAX_ID, Kind.BANK_ACCOUNT, Kind.IBAN, Kind.PAYMENT_CARD, Kind.DEVICE_ID}
)
_SHIFT_DAYS = 180
_EMAIL_TAIL = 7  # of @x.test: the shortest reserved domain
_NO_COUNTRY = 4  # of +999: a country code that is kept free


@dataclass(frozen=True, slots=True)
class Domain:
    """What all columns of one map of pseudonyms have in common, so that one input gives one output in each of them.

    unique: some column of it must hold different values. length: of its shortest text column (0: none is limited). bits: of its smallest
    integer type (0: there is none). uuid: it has a column of that type.
    """

    name: str
    unique: bool = False
    length: int = 0
    bits: int = 0
    uuid: bool = False


class UnfitError(Exception):
    """The rule means nothing for the type. The message says what would."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Chooses transformers for one table. domain: a map by name. key: the columns of the table's primary key. locale: of the words."""

    domain: Callable[[str], Domain]
    key: tuple[str, ...] = ()
    subject: str = ""
    subject_domain: str = ""
    locale: str = "en_US"

    def column(self, kind: ColumnType, spec: ColumnSpec) -> Transformer:
        """The transformer of a column. UnfitError where there is none."""
        if spec.value.kind is Kind.DOCUMENT and spec.value.rule is Rule.KEEP:
            return self.document(kind, spec)
        return self.value(kind, spec.value)

    def document(self, kind: ColumnType, spec: ColumnSpec) -> Transformer:
        """Documents by their paths: in a type of their own, in texts that hold JSON, and in arrays of either."""
        if kind.element is not None:
            return Elements(self.document(kind.element, spec))
        if kind.name not in _DOCUMENTS:
            raise UnfitError(f"{kind} holds no document whose paths could be followed; use another kind")
        paths = tuple((path, self.leaf(value)) for path, value in sorted(spec.paths.items()))
        return Document(paths, store=kind.name == "hstore")

    def value(self, kind: ColumnType, spec: ValueSpec) -> Transformer:
        """The transformer of a value of a type."""
        match spec.rule:
            case Rule.KEEP:
                return KEEP
            case Rule.EMPTY:
                return Null()
            case Rule.CONSTANT:
                return Fixed(_option(spec, "value"))
            case Rule.SYNTHETIC:
                return Seeded(self.pseudonym(kind, spec), self.key)
        if kind.element is not None:
            return Elements(self.value(kind.element, spec))
        match spec.rule:
            case Rule.PSEUDONYM:
                return self.pseudonym(kind, spec)
            case Rule.SHIFT:
                return self.shift(kind, spec)
            case Rule.GENERALISE:
                return coarser(kind, spec)

    def leaf(self, spec: ValueSpec) -> Transformer:
        """The transformer of a value in a document: a text there, or a number."""
        return self.value(ColumnType("text"), spec)

    def pseudonym(self, kind: ColumnType, spec: ValueSpec) -> Transformer:
        """A pseudonym of the column's type."""
        domain = self.domain(spec.pseudonym_domain)
        if kind.element is not None:
            return Elements(self.pseudonym(kind.element, spec))
        if kind.kind is TypeKind.ENUM:
            return Chosen(domain.name, kind.labels)
        if kind.name in INTEGERS:
            return Integers(domain.name, domain.bits or INTEGERS[kind.name])
        if kind.name in TEXTS:
            made = _text(spec, domain, folded=kind.name == "citext")
            return replace(made, locale=self.locale) if isinstance(made, Invented) else made
        return _other(kind, domain)

    def shift(self, kind: ColumnType, spec: ValueSpec) -> Transformer:
        """The same number of days for every row of one subject."""
        if kind.subtype is not None and kind.subtype.name in _DATES:
            bound = self.shift(kind.subtype, spec)
            assert isinstance(bound, Shifted)  # noqa: S101 - what shift gives for a date
            return Bounds(bound)
        if kind.name not in _DATES:
            raise UnfitError(f"{kind} is no date that could be shifted; use generalise, or empty")
        days = _whole(spec.options.get("days", str(_SHIFT_DAYS)), "days")
        return Shifted(spec.pseudonym_domain, days, self.subject, self.subject_domain)


def coarser(kind: ColumnType, spec: ValueSpec) -> Transformer:
    """A coarser value of the same type."""
    if kind.subtype is not None:
        bound = coarser(kind.subtype, spec)
        if not isinstance(bound, Coarser) or bound.to == "text":
            raise UnfitError(f"{kind} cannot be generalised; use empty")
        return Bounds(bound)
    to = _option(spec, "to") if "to" in spec.options or kind.name not in _DATES else "year"
    if kind.name in _DATES:
        if to not in {"year", "month", "decade"}:
            raise UnfitError(f"a date is generalised to year, month or decade, not to {to}")
        return Coarser(to)
    if kind.name == "interval":
        if to not in _INTERVALS:
            raise UnfitError(f"an interval is generalised to {', '.join(_INTERVALS)}, not to {to}")
        return Coarser("interval", _INTERVALS.index(to))
    if kind.name in {"bit", "varbit"} and kind.length and _whole(to, "to") >= kind.length:
        raise UnfitError(f"to: {to} keeps all {kind.length} bits; say fewer, or rule keep")
    if kind.name in _GEOMETRIC - {"line"} | {"money", "bit", "varbit"}:
        return Coarser(_FORMS.get(kind.name, "money"), _whole(to, "to"))
    if kind.name in _NUMBERS - {"money"}:
        width = _whole(to, "to")
        if width == 1 and (kind.name in _WHOLE or (kind.name == "numeric" and not kind.scale)):
            raise UnfitError("to: 1 changes no whole number; say a width from 2 on, or rule keep")
        return Coarser("number", width)
    if kind.name in TEXTS - {"xml"}:
        return Coarser("text", _whole(to, "to"))
    raise UnfitError(f"{kind} cannot be generalised; use pseudonym, synthetic or empty")


def _text(spec: ValueSpec, domain: Domain, *, folded: bool) -> Transformer:
    """A text's pseudonym. In a domain that somebody named it follows the keys there, such as numbers that are written as text."""
    kind = spec.kind
    if spec.domain and domain.bits:
        return Integers(domain.name, domain.bits)
    if spec.domain and domain.uuid:
        return Uuids(domain.name)
    if kind in SHAPED:
        return Letters(domain.name, kind, folded)
    if kind is Kind.PHONE and domain.unique and not domain.length:
        return Letters(domain.name, kind, folded)
    if kind in {Kind.IP_ADDRESS, Kind.MAC_ADDRESS}:
        return Addresses(domain.name, 6 if kind is Kind.MAC_ADDRESS else 0, domain.unique)
    always = kind in {Kind.EMAIL, Kind.USERNAME, Kind.SECRET, Kind.PASSWORD}
    made = Invented(kind, domain.name, domain.length, domain.unique or always)
    return replace(made, bits=room(made)) if made.unique else made


def room(made: Invented) -> int:
    """How many bits of the hash fit into the texts."""
    if not made.length:
        return 64
    if made.kind is Kind.PHONE:
        return min(64, int(10 ** max(0, made.length - _NO_COUNTRY)).bit_length() - 1)
    return max(0, min(64, 5 * (made.length - (_EMAIL_TAIL if made.kind is Kind.EMAIL else 0))))


def _other(kind: ColumnType, domain: Domain) -> Transformer:
    if kind.name == "uuid":
        return Uuids(domain.name)
    if kind.name in {"inet", "cidr"}:
        return Addresses(domain.name, 0, domain.unique)
    if kind.name in _HARDWARE:
        return Addresses(domain.name, _HARDWARE[kind.name], domain.unique)
    if kind.name == "bytea":
        return Noise(domain.name)
    if kind.name in {"numeric", "money"}:
        return Letters(domain.name, Kind.AMOUNT if kind.name == "money" else Kind.NUMBER)
    if kind.name in _FORMS:
        return Reformed(domain.name, _FORMS[kind.name])
    if kind.subtype is not None and kind.subtype.name in _DATES | set(INTEGERS) | {"numeric"}:
        return Spans(domain.name, kind.subtype.name in _DATES, kind.kind is TypeKind.MULTIRANGE)
    if kind.name == "bool":
        return Chosen(domain.name, ("t", "f"))
    raise UnfitError(f"no pseudonym is known for type {kind}; use shift or generalise for dates and numbers, or empty")


def _option(spec: ValueSpec, name: str) -> str:
    if name not in spec.options:
        raise UnfitError(f"rule {spec.rule} needs the option {name}")
    return spec.options[name]


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise UnfitError(f"option {name} is {text!r}; say a whole number from 1 on")
    return int(text)
