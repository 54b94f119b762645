"""The classification of a database's columns as frozen data. Parsed in spec/parse.py, proposed in classify/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from liftlock_datagen.catalog.model import TableName


class Kind(StrEnum):
    """What a value is, whatever its type. The first group says who a person is or what they own; the last one says nothing of anybody."""

    PERSON_NAME = "person-name"
    GIVEN_NAME = "given-name"
    FAMILY_NAME = "family-name"
    EMAIL = "email"
    PHONE = "phone"
    USERNAME = "username"
    PASSWORD = "password"  # noqa: S105 - a kind of column
    SECRET = "secret"  # noqa: S105 - tokens, keys, recovery codes
    STREET = "street"
    CITY = "city"
    REGION = "region"
    POSTAL_CODE = "postal-code"
    COUNTRY = "country"
    COORDINATES = "coordinates"
    BIRTH_DATE = "birth-date"
    GENDER = "gender"
    NATIONAL_ID = "national-id"
    TAX_ID = "tax-id"
    IBAN = "iban"
    BANK_ACCOUNT = "bank-account"
    PAYMENT_CARD = "payment-card"
    IP_ADDRESS = "ip-address"
    MAC_ADDRESS = "mac-address"
    DEVICE_ID = "device-id"
    URL = "url"
    COMPANY = "company"
    HEALTH = "health"
    FREE_TEXT = "free-text"
    DOCUMENT = "document"  # JSON; its paths are classified one by one
    FILE = "file"

    IDENTIFIER = "identifier"  # a key that says nothing by itself
    REFERENCE = "reference"  # a foreign key: follows what it refers to
    AMOUNT = "amount"
    NUMBER = "number"
    CATEGORY = "category"
    FLAG = "flag"
    MOMENT = "moment"
    TECHNICAL = "technical"


class Rule(StrEnum):
    """What happens to a value in an anonymised copy."""

    KEEP = "keep"
    PSEUDONYM = "pseudonym"  # a realistic value of the same kind, by the key: the same in, the same out, everywhere in its domain
    GENERALISE = "generalise"  # coarser: a year, a range, the beginning of a postal code
    SHIFT = "shift"  # a date moved by a number of days that its subject's rows share
    SYNTHETIC = "synthetic"  # a new value that does not depend on the old one
    CONSTANT = "constant"
    EMPTY = "empty"  # NULL


class Privacy(StrEnum):
    """What may honestly be said of a column afterwards."""

    KEPT = "kept"
    PSEUDONYMISED = "pseudonymised"
    ANONYMISED = "anonymised"
    SYNTHETIC = "synthetic"


PRIVACY: Mapping[Rule, Privacy] = MappingProxyType(
    {
        Rule.KEEP: Privacy.KEPT,
        Rule.PSEUDONYM: Privacy.PSEUDONYMISED,
        Rule.SHIFT: Privacy.PSEUDONYMISED,
        Rule.GENERALISE: Privacy.ANONYMISED,
        Rule.EMPTY: Privacy.ANONYMISED,
        Rule.CONSTANT: Privacy.ANONYMISED,
        Rule.SYNTHETIC: Privacy.SYNTHETIC,
    }
)


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """What one column, or one path of a JSON column, holds and what happens to it.

    domain: values of one domain share one map of pseudonyms; "" is the domain of the kind. options: of the rule, as text.
    confidence (0 to 1) and reason: of the proposal; None and "" where a person wrote it. line: in the file.
    """

    kind: Kind
    rule: Rule
    domain: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    confidence: float | None = None
    reason: str = ""
    line: int = 0

    @property
    def privacy(self) -> Privacy:
        """What may be said of the values afterwards."""
        return PRIVACY[self.rule]

    @property
    def pseudonym_domain(self) -> str:
        """The map that the pseudonyms come from."""
        return self.domain or self.kind.value


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column. paths: of a document: `$.contact.email`, `$.tags[*]`, `$.notes.*` (any key). One that is not here stops the run.

    undecided: paths that the file names and nobody has classified yet, with their lines.
    """

    value: ValueSpec
    paths: Mapping[str, ValueSpec] = field(default_factory=dict)
    undecided: Mapping[str, int] = field(default_factory=dict)


class Rows(StrEnum):
    """Which rows of a table an anonymised copy takes."""

    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table. quasi_identifiers: kept or generalised columns that together may tell who somebody is; the k-anonymity gate counts them.

    subject: the column that says whom a row is about, for dates that are shifted alike. row_key: of a table without a usable key, columns
    that together tell its rows apart, for a check; none: all that are known in a copy. undecided: columns that the file names and nobody
    has classified yet (they are not in columns), with their lines.
    """

    name: TableName
    columns: Mapping[str, ColumnSpec]
    rows: Rows = Rows.ALL
    quasi_identifiers: tuple[str, ...] = ()
    subject: str = ""
    row_key: tuple[str, ...] = ()
    line: int = 0
    undecided: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VirtualReference:
    """A reference that the database does not declare. when: column -> value; it holds for rows that have it (polymorphic references)."""

    name: str
    table: TableName
    columns: tuple[str, ...]
    target: TableName
    target_columns: tuple[str, ...]
    when: tuple[tuple[str, str], ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class SubsetRoot:
    """Where a subset begins: a share of the table's rows (chosen by the key, so the same each time), or those that a condition picks."""

    table: TableName
    percent: float | None = None
    where: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class SubsetSpec:
    """Roots, and how many children of one parent are taken along per table (0: none; absent: all). whole: tables that are taken whole."""

    roots: tuple[SubsetRoot, ...]
    children: Mapping[TableName, int] = field(default_factory=dict)
    whole: tuple[TableName, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows synthesis makes: over all tables, or for some by name. share: of the profile's row counts (1.0 is production)."""

    rows: int | None = None
    share: float | None = None
    tables: Mapping[TableName, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AcceptedProblem:
    """A problem that somebody decided to live with. Its id is that of the problem: code and place."""

    problem: str
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class DataSpec:
    """A whole file. key: where the pseudonym key is found (`env:NAME`, `file:PATH`); the key itself is never in the file.

    k: how many rows must share each combination of quasi-identifiers (1: no gate). overlap: the largest share of a pseudonymised column's
    rows that may by chance look like the original. missing: the largest share of a table's rows in a copy that may have no row in the
    source any more, so that a check cannot compare them. canaries: texts that people planted in the source's sensitive columns, and that
    say nothing of anybody: the check must find them there, and nowhere in a copy. digest: of the file's content.
    """

    database: str
    tables: Mapping[TableName, TableSpec]
    key: str = ""
    locale: str = "en_US"
    sizes: Mapping[str, Size] = field(default_factory=dict)
    references: tuple[VirtualReference, ...] = ()
    subset: SubsetSpec | None = None
    k: int = 1
    overlap: float = 0.0
    missing: float = 0.0
    accepted: tuple[AcceptedProblem, ...] = ()
    canaries: tuple[str, ...] = ()
    file: str = ""
    digest: str = ""

    def value(self, table: TableName, column: str) -> ValueSpec | None:
        """What is said of a column; None where nothing is."""
        found = self.tables.get(table)
        spec = found.columns.get(column) if found else None
        return spec.value if spec else None
