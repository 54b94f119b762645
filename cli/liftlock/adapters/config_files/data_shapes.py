"""The shape of data/*.yaml: what the columns of a database hold and what an anonymised copy does with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from liftlock.adapters.config_files.shape_types import NonEmpty, Reference, Shape
from liftlock.core.config.suggestions import unknown
from liftlock_datagen.spec.model import Kind, Rows, Rule
from liftlock_datagen.spec.names import parse_table

UNDECIDED = "unclassified"
_EMAIL = {"kind": "email", "rule": "pseudonym"}
_REFERENCE = {
    "name": "comment-post",
    "table": "public.comments",
    "columns": ["subject_id"],
    "target": "public.posts",
    "target-columns": ["id"],
    "when": {"subject_type": "Post"},
}


@dataclass(frozen=True, slots=True)
class _OneOf:
    """One word of a closed set; another one is answered with the nearest."""

    what: str
    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "enum": list(self.words)}

    def _check(self, value: str) -> str:
        if value not in self.words:
            raise ValueError(unknown(self.what, value, self.words))
        return value


@dataclass(frozen=True, slots=True)
class _TableText:
    """`schema.table`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, value: str) -> str:
        if parse_table(value) is None:
            raise ValueError("a table is SCHEMA.NAME; a part with a dot or a quote stands in double quotes: '\"my.schema\".orders'")
        return value


@dataclass(frozen=True, slots=True)
class _OrUndecided:
    """For editors: a place may also say that nobody has decided yet. The loader takes those out before it checks."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"enum": [UNDECIDED, None]}]}


KindText = Annotated[str, _OneOf("kind", tuple(kind.value for kind in Kind))]
RuleText = Annotated[str, _OneOf("rule", tuple(rule.value for rule in Rule))]
TableText = Annotated[str, _TableText()]
Column = Annotated[str, Field(min_length=1)]


class DataValue(Shape):
    """What one column, or one path of a JSON column, holds and what happens to it."""

    kind: KindText = Field(description="What a value is, whatever its type.", examples=["email"])
    rule: RuleText | None = Field(
        default=None,
        description="What happens to a value in an anonymised copy. A document whose paths are classified needs none.",
        examples=["pseudonym"],
    )
    domain: NonEmpty | None = Field(
        default=None,
        description="Values of one domain share one map of pseudonyms; without it the kind's.",
        examples=["sku"],
    )
    options: dict[str, str] = Field(default_factory=dict, description="Options of the rule.", examples=[{"to": "year"}])
    reason: NonEmpty | None = Field(default=None, description="Why, for whoever asks later.", examples=["a public catalogue"])


class DataColumn(DataValue):
    """A column; a document's paths are classified one by one."""

    paths: dict[str, Annotated[DataValue, _OrUndecided()]] = Field(
        default_factory=dict,
        description="By path of a document: $.contact.email, $.tags[*], $.notes.* (any key). A path that is not here stops the run.",
        examples=[{"$.contact.email": _EMAIL}],
    )


class DataTable(Shape):
    """A table."""

    rows: Annotated[str, _OneOf("choice of rows", tuple(rows.value for rows in Rows))] = Field(
        default="all", description="all, or none: the table stays empty in an anonymised copy, and its columns need no classification."
    )
    quasi_identifiers: list[Column] = Field(
        default_factory=list,
        alias="quasi-identifiers",
        description="Columns that together may tell who somebody is; the gate k counts their combinations.",
        examples=[["birth_date", "postal_code", "gender"]],
    )
    subject: Column | None = Field(
        default=None,
        description="The column that says whom a row is about: its dates are shifted alike.",
        examples=["customer_id"],
    )
    row_key: list[Column] = Field(
        default_factory=list,
        alias="row-key",
        description="Of a table without a unique key: columns that together tell its rows apart, by which data check compares them.",
        examples=[["device_id", "measured_at"]],
    )
    columns: dict[Column, Annotated[DataColumn, _OrUndecided()]] = Field(
        default_factory=dict, description="By column. One that is not here stops the run.", examples=[{"email": _EMAIL}]
    )


class DataSize(Shape):
    """How many rows synthesis makes."""

    rows: int | None = Field(default=None, ge=1, description="Over all tables.", examples=[100_000])
    share: float | None = Field(default=None, gt=0, description="Of the profile's row counts; 1.0 is production.", examples=[0.1])
    tables: dict[TableText, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="For some tables by name.", examples=[{"public.orders": 5000}]
    )


class DataReference(Shape):
    """A reference that the database does not declare."""

    name: NonEmpty = Field(description="Names it in messages; unique in the file.", examples=["comment-post"])
    table: TableText = Field(description="The table that refers.", examples=["public.comments"])
    columns: list[Column] = Field(min_length=1, description="Its columns, in the order of target-columns.", examples=[["subject_id"]])
    target: TableText = Field(description="The table that is referred to.", examples=["public.posts"])
    target_columns: list[Column] = Field(alias="target-columns", min_length=1, description="Its columns.", examples=[["id"]])
    when: dict[Column, str] = Field(
        default_factory=dict, description="Column -> value: it holds for the rows that have it.", examples=[{"subject_type": "Post"}]
    )


class DataRoot(Shape):
    """Where a subset begins."""

    table: TableText = Field(description="The table.", examples=["public.customers"])
    percent: float | None = Field(default=None, gt=0, le=100, description="A share of its rows, chosen by the key.", examples=[5])
    where: NonEmpty | None = Field(default=None, description="Or the rows that an SQL condition picks.", examples=["country = 'CH'"])


class DataSubset(Shape):
    """Which rows an anonymised copy takes."""

    roots: list[DataRoot] = Field(min_length=1, description="Where it begins.", examples=[[{"table": "public.customers", "percent": 5}]])
    children: dict[TableText, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict,
        description="How many rows of the table are taken along for one parent; all without it.",
        examples=[{"public.events": 100}],
    )
    whole: list[TableText] = Field(default_factory=list, description="Tables that are taken whole.", examples=[["public.countries"]])


class DataAccepted(Shape):
    """A problem that somebody decided to live with."""

    problem: NonEmpty = Field(description="Its id, as liftlock data plan shows it.", examples=["kept-sensitive:public.shops.city"])
    reason: NonEmpty = Field(description="Why that is right.", examples=["the shops' addresses are public"])


class DataFile(Shape):
    """data/DATABASE.yaml: what the columns of a database hold, and what an anonymised copy does with them."""

    version: Literal[1] = Field(default=1, description="The version of this format.", examples=[1])
    key: Reference | None = Field(
        default=None,
        description="Where the key of the pseudonyms is found; never the key itself.",
        examples=["env:DATA_KEY"],
    )
    locale: NonEmpty = Field(default="en_US", description="The language and country of made-up values.", examples=["de_CH"])
    k: int = Field(
        default=1, ge=1, description="How many rows must share each combination of quasi-identifiers; 1 is no gate.", examples=[5]
    )
    overlap: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="The largest share of a pseudonymised column's rows that may by chance look like the original.",
        examples=[0.01],
    )
    missing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="The largest share of a table's rows in a copy that may have no row in the source any more, and are not compared.",
        examples=[0.02],
    )
    tables: dict[TableText, DataTable] = Field(
        default_factory=dict, description="By table. One that is not here stops the run.", examples=[{"public.customers": {}}]
    )
    references: list[DataReference] = Field(
        default_factory=list, description="References that the database does not declare.", examples=[[_REFERENCE]]
    )
    subset: DataSubset | None = Field(default=None, description="Which rows an anonymised copy takes; all without it.")
    sizes: dict[NonEmpty, DataSize] = Field(
        default_factory=dict, description="Named sizes of liftlock data generate.", examples=[{"tiny": {"rows": 1000}}]
    )
    canaries: list[Annotated[str, Field(min_length=12, max_length=200, pattern=r"^\S+( \S+)*$")]] = Field(
        default_factory=list,
        description="Texts that somebody planted in sensitive columns of the source: data check must find them there, and not in a copy.",
        examples=[["canary-5d7e@canary.invalid"]],
    )
    accepted: list[DataAccepted] = Field(default_factory=list, description="Problems of the plan that somebody decided to live with.")
