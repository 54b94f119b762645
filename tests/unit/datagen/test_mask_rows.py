"""Blocks of rows: only the planned columns change, whatever the blocks are, and subjects and keys of rows reach where they are needed."""

from __future__ import annotations

import pytest

from liftlock_datagen.catalog.model import Catalog, Table, TableName
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import TableMask
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.rows import RowMasker
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from tests.unit.datagen.catalogs import column, key, table

KEY = PseudonymKey(bytes(range(32)))
KEPT = ValueSpec(Kind.IDENTIFIER, Rule.KEEP)


def mask(made: Table, subject: str = "", **columns: ValueSpec) -> TableMask:
    said = TableSpec(made.name, {name: ColumnSpec(value) for name, value in columns.items()}, subject=subject)
    return plan_mask(Catalog((made,)), DataSpec("d", {made.name: said})).required().tables[0]


def rows(block: bytes) -> list[list[str]]:
    return [line.split("\t") for line in block.decode().split("\n")[:-1]]


PEOPLE = table("people", *key(), column("email", nullable=True), column("note", nullable=True))
BLOCK = b"1\ta@b.ch\tone\\ttwo\n2\t\\N\t\n3\t\t\\N\n4\ta@b.ch\tx\\\\N\n"


def test_columns_that_are_kept_keep_their_bytes() -> None:
    made = mask(PEOPLE, id=KEPT, email=ValueSpec(Kind.EMAIL, Rule.PSEUDONYM), note=KEPT)
    found = rows(RowMasker(made, KEY)(BLOCK))
    assert [(row[0], row[2]) for row in found] == [(row[0], row[2]) for row in rows(BLOCK)]
    assert [row[1] for row in found[1:3]] == ["\\N", ""]
    assert found[0][1] == found[3][1] != "a@b.ch"
    assert not made.raw
    assert mask(PEOPLE, id=KEPT, email=KEPT, note=KEPT).raw


def test_rows_do_not_depend_on_their_block() -> None:
    made = mask(PEOPLE, id=KEPT, email=ValueSpec(Kind.EMAIL, Rule.SYNTHETIC), note=ValueSpec(Kind.FREE_TEXT, Rule.PSEUDONYM))
    whole = RowMasker(made, KEY)(BLOCK)
    assert b"".join(RowMasker(made, KEY)(line + b"\n") for line in BLOCK.split(b"\n")[:-1]) == whole
    first, _, _, last = rows(whole)
    assert first[1] != last[1]  # made from the row's key, so alike values become different ones


def test_a_table_without_a_key_is_told_apart_by_place_and_the_place_is_not_written() -> None:
    made = mask(table("log", column("who"), column("what")), who=ValueSpec(Kind.USERNAME, Rule.SYNTHETIC), what=KEPT)
    masker = RowMasker(made, KEY)
    assert masker.columns == ("who", "what", "ctid")
    found = rows(masker(b"anna\tx\t(0,1)\nanna\ty\t(0,2)\n"))
    assert [len(row) for row in found] == [2, 2]
    assert [row[1] for row in found] == ["x", "y"]
    assert found[0][0] != found[1][0]


def test_dates_move_with_the_old_subject_also_where_that_is_changed_too() -> None:
    visits = table("visits", column("person", "int4"), column("day", "date"), column("later", "date"))
    person, day = ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM, "person"), ValueSpec(Kind.MOMENT, Rule.SHIFT, options={"days": "90"})
    found = rows(
        RowMasker(mask(visits, "person", person=person, day=day, later=day), KEY)(b"7\t2024-05-10\t2024-05-20\n8\t2024-05-10\t\\N\n")
    )
    other = rows(RowMasker(mask(visits, "person", person=KEPT, day=day, later=day), KEY)(b"7\t2024-05-10\t2024-05-20\n"))
    assert found[0][1] != "2024-05-10"
    assert found[1][2] == "\\N"
    assert found[0][0] != other[0][0] == "7"


def test_rows_of_another_width_are_an_error_without_their_content() -> None:
    made = mask(PEOPLE, id=KEPT, email=ValueSpec(Kind.EMAIL, Rule.PSEUDONYM), note=KEPT)
    with pytest.raises(DatagenError, match=r"public\.people: the rows that came do not have 3 columns") as caught:
        RowMasker(made, KEY)(b"1\tcanary\n")
    assert "canary" not in str(caught.value)
    assert made.name == TableName("public", "people")
