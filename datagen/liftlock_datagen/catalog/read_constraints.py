"""Turns rows of pg_catalog into what they say of a table: indexes, keys, checks, triggers, policies."""

from __future__ import annotations

from collections.abc import Sequence

from liftlock_datagen.catalog import constraints
from liftlock_datagen.catalog.read_types import Row
from liftlock_datagen.catalog.types import TableName


def partition_key_of(row: Row, columns: Sequence[Row]) -> constraints.PartitionKey | None:
    """How the table is split; None where it is not."""
    if row["strategy"] is None:
        return None
    names = {column["number"]: column["name"] for column in columns}
    parts = [
        constraints.IndexPart(names.get(number), names.get(number) or row["partition_expressions"])
        for number in row["partition_attributes"]
    ]
    return constraints.PartitionKey(row["strategy"], tuple(parts), row["partition_key"])


def index_of(row: Row, constraint: Row | None) -> constraints.Index:
    """An index. constraint: the row of the one that it is behind."""
    keys = len(row["parts"])
    return constraints.Index(
        name=row["name"],
        parts=tuple(constraints.IndexPart(column, text) for column, text in zip(row["columns"][:keys], row["parts"], strict=True)),
        unique=row["unique"],
        primary=row["primary"],
        definition=row["definition"],
        predicate=row["predicate"],
        constraint=constraint["definition"] if constraint else None,
        comment=(constraint or row)["comment"],
        movable=row["movable"],
        nulls_distinct=row["nulls_distinct"],
        deferrable=row["deferrable"],
        deferred=bool(constraint and constraint["deferred"]),
        method=row["method"],
        included=tuple(row["columns"][keys:]),
        exclusion=row["exclusion"],
        parent=TableName(row["parent_schema"], row["parent_name"]) if row["parent_name"] else None,
    )


def exclusion_of(row: Row, index: constraints.Index) -> constraints.Exclusion:
    """An exclusion constraint. index: the one that it is kept by."""
    return constraints.Exclusion(
        name=row["name"],
        parts=index.parts,
        operators=tuple(row["operators"]),
        definition=row["definition"],
        predicate=index.predicate,
        method=index.method,
        deferrable=row["deferrable"],
        deferred=row["deferred"],
        comment=row["comment"],
    )


def foreign_key_of(row: Row) -> constraints.ForeignKey:
    """A foreign key."""
    return constraints.ForeignKey(
        name=row["name"],
        columns=tuple(row["columns"]),
        target=TableName(row["target_schema"], row["target_name"]),
        target_columns=tuple(row["target_columns"]),
        definition=row["definition"],
        match=constraints.Match(row["match"]),
        validated=row["validated"],
        comment=row["comment"],
        deferrable=row["deferrable"],
        deferred=row["deferred"],
        on_delete=constraints.Action(row["on_delete"]),
        on_update=constraints.Action(row["on_update"]),
        inherited=row["inherited"],
    )


def check_of(row: Row) -> constraints.Check:
    """A CHECK of the table."""
    return constraints.Check(row["name"], row["expression"], None, row["validated"], row["inherited"])


def trigger_of(row: Row) -> constraints.Trigger:
    """A trigger."""
    function = TableName(row["function_schema"], row["function_name"])
    return constraints.Trigger(row["name"], row["definition"], function, row["enabled"], row["inherited"], row["before"], row["refuses"])


def policy_of(row: Row) -> constraints.Policy:
    """A row security policy."""
    return constraints.Policy(row["name"], row["command"], row["permissive"], tuple(row["roles"]), row["using"], row["check"])
