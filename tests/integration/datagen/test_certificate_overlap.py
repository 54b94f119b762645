"""What a correct copy has in common with its source is chance, and what was only passed through is not: both, on the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.catalog.read import read_catalog
from liftlock_datagen.certificate.check import check_copy
from liftlock_datagen.certificate.model import Certificate, Form, Sides, Verdict
from liftlock_datagen.certificate.ours import our_words
from liftlock_datagen.masking.cells import ColumnMaker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.snapshots.seal import seal
from liftlock_datagen.spec.model import ColumnSpec, DataSpec, Kind, Rule, TableSpec, ValueSpec
from liftlock_datagen.synthesis.load import seed
from tests.postgres import RunningPostgres

pytestmark = pytest.mark.docker

NAME = TableName("public", "item")
_ALIKE = PseudonymKey(bytes([4]) * 32)


def _spec(kind: Kind, rule: Rule = Rule.PSEUDONYM, **others: ColumnSpec) -> DataSpec:
    columns = {"id": ColumnSpec(ValueSpec(Kind.IDENTIFIER, Rule.KEEP)), "value": ColumnSpec(ValueSpec(kind, rule)), **others}
    return DataSpec("shop", {NAME: TableSpec(NAME, columns)}, digest="spec")


def _check(
    server: RunningPostgres, type_: str, old: Sequence[bytes], new: Sequence[bytes], spec: DataSpec, key: PseudonymKey | None, primary: str
) -> Certificate:
    def filled(values: Sequence[bytes]) -> str:
        rows = ", ".join(f"({number}, '{value.decode()}')" for number, value in enumerate(values))
        return f"CREATE TABLE item (id int {primary}, value {type_}); INSERT INTO item VALUES {rows}"  # noqa: S608 - our values

    with server.database(filled(old)) as source, server.database(filled(new)) as copy:
        sides = Sides(server.url(source), server.url(copy), "production", "copy", "test")
        return check_copy(sides, spec, naming=b"a secret of the tests", key=key, on_progress=lambda *_: None)


def _made(server: RunningPostgres, type_: str, spec: DataSpec, key: PseudonymKey, old: Sequence[bytes]) -> list[bytes]:
    with server.database(f"CREATE TABLE item (id int PRIMARY KEY, value {type_})") as empty, server.connect(empty) as connection:
        column = plan_mask(read_catalog(connection), spec).table(NAME).columns[1]
    return ColumnMaker("item.value", column.transformer, key)(list(old))


CODES = [f"{number * 7 % 10_000:04}".encode() for number in range(10_000)]


def test_all_codes_that_there_are_under_a_permutation_are_chance_and_passed_through_a_leak(postgres: RunningPostgres) -> None:
    spec = _spec(Kind.IDENTIFIER)
    made = _made(postgres, "text", spec, _ALIKE, CODES)
    for key in (None, _ALIKE):
        good = _check(postgres, "text", CODES, made, spec, key, "PRIMARY KEY")
        assert (good.verdict, good.unread) == (Verdict.CHANCE, ())
        bad = _check(postgres, "text", CODES, CODES, spec, key, "PRIMARY KEY")
        leaks = {form.form: form.rows for item in bad.columns for form in item.forms if form.verdict is Verdict.LEAK}
        assert leaks == {Form.UNCHANGED: 10_000}
    together = _check(postgres, "text", CODES, made, spec, None, "")
    assert (together.verdict, together.unread) == (Verdict.CHANCE, ())
    item = spec.tables[NAME]
    masked = {**item.columns, "id": ColumnSpec(ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM))}
    alone = _check(postgres, "text", CODES, made, replace(spec, tables={NAME: replace(item, columns=masked)}), None, "")
    assert any("value: not compared row by row, and it has nearly every value that there is of its shape" in gap for gap in alone.unread)


def _codes(alphabet: str, many: int) -> list[bytes]:
    dice = np.random.default_rng(1)
    return sorted({"".join(dice.choice(list(alphabet), 10)).encode() for _ in range(many)})


@pytest.mark.parametrize("kind", [Kind.IDENTIFIER, Kind.NATIONAL_ID])
def test_codes_of_another_alphabet_that_were_dealt_out_to_other_rows_are_a_leak(postgres: RunningPostgres, kind: Kind) -> None:
    old = _codes("абвгдежзиклмнопрст", 400)
    found = _check(postgres, "text", old, [*old[1:], old[0]], _spec(kind), _ALIKE, "PRIMARY KEY")
    assert {form.form for item in found.columns for form in item.forms if form.verdict is Verdict.LEAK} == {Form.OTHER_ROWS}
    assert {item.verdict for item in found.findings} == {Verdict.LEAK}


@pytest.mark.parametrize(("alphabet", "many"), [("АБВГДЕЖЗИКЛМНОПРСТУФХ", 2000), ("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦ", 500)])
def test_short_codes_of_another_alphabet_meet_by_chance_and_not_all_of_them(postgres: RunningPostgres, alphabet: str, many: int) -> None:
    spec, every = _spec(Kind.IDENTIFIER), ["".join(signs).encode() for signs in product(alphabet, repeat=3)]
    old = [every[place] for place in np.random.default_rng(1).permutation(len(every))[:many]]
    made = _made(postgres, "text", spec, _ALIKE, old)
    good = _check(postgres, "text", old, made, spec, _ALIKE, "PRIMARY KEY")
    assert {(item.place, item.verdict) for item in good.findings} == {("public.item.value", Verdict.CHANCE)}
    assert good.verdict is Verdict.CHANCE
    bad = _check(postgres, "text", old, [*old[1:200], *made[200:], old[0]], spec, _ALIKE, "PRIMARY KEY")
    assert {item.verdict for item in bad.findings} == {Verdict.LEAK}


def test_large_numbers_of_a_small_domain_that_were_dealt_out_to_other_rows_are_a_leak(postgres: RunningPostgres) -> None:
    small = ColumnSpec(ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM, domain="number"))
    spec = _spec(Kind.IDENTIFIER, value=small, s=small)
    rows = """CREATE TABLE item (id int PRIMARY KEY, value int, s smallint);
    INSERT INTO item SELECT i, 40000 + (i + {}) % 33000 * 60000 FROM generate_series(0, 32999) i"""
    with postgres.database(rows.format(0)) as source, postgres.database(rows.format(1)) as copy:
        sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
        found = check_copy(sides, spec, naming=b"x", key=_ALIKE, on_progress=lambda *_: None)
    assert {form.form for item in found.columns for form in item.forms if form.verdict is Verdict.LEAK} == {Form.OTHER_ROWS}


def test_a_shift_of_every_day_there_is_gives_the_same_days(postgres: RunningPostgres) -> None:
    spec = _spec(Kind.MOMENT, Rule.SHIFT)
    dense = "SELECT i, date '1990-01-01' + i + {} FROM generate_series(1, 3000) i"
    rows = "CREATE TABLE item (id int PRIMARY KEY, value date); INSERT INTO item "
    with postgres.database(rows + dense.format(0)) as source:
        for moved, verdict in ((90, Verdict.CLEAN), (0, Verdict.LEAK)):
            with postgres.database(rows + dense.format(moved)) as copy:
                sides = Sides(postgres.url(source), postgres.url(copy), "production", "copy", "test")
                assert check_copy(sides, spec, naming=b"x", on_progress=lambda *_: None).verdict is verdict


def test_a_map_that_leaves_the_values_as_they_are_is_known_by_its_key(postgres: RunningPostgres) -> None:
    spec, old = _spec(Kind.FLAG), [b"ft"[number % 3 > 0 : (number % 3 > 0) + 1] for number in range(200)]
    keys = [PseudonymKey(bytes([number]) * 32) for number in range(40)]
    same = next(key for key in keys if _made(postgres, "bool", spec, key, old) == old)
    other = next(key for key in keys if _made(postgres, "bool", spec, key, [b"f", b"t"]) == [b"t", b"f"])
    verdicts = [_check(postgres, "bool", old, old, spec, key, "PRIMARY KEY").verdict for key in (same, other, None)]
    assert verdicts == [Verdict.CHANCE, Verdict.LEAK, Verdict.LEAK]


@pytest.mark.parametrize("type_", ["inet", "text"])
def test_addresses_for_documentation_meet_by_chance_and_not_when_passed_through(postgres: RunningPostgres, type_: str) -> None:
    spec, old = _spec(Kind.IP_ADDRESS), [f"{('192.0.2', '198.51.100')[n % 2]}.{n % 250}".encode() for n in range(2000)]
    good = _check(postgres, type_, old, _made(postgres, type_, spec, _ALIKE, old), spec, None, "PRIMARY KEY")
    assert good.verdict is Verdict.CHANCE, [item for item in good.columns if item.verdict is Verdict.LEAK]
    assert _check(postgres, type_, old, old, spec, None, "PRIMARY KEY").verdict is Verdict.LEAK


def test_words_of_a_synthetic_source_may_be_in_columns_that_are_kept_and_those_of_people_not(postgres: RunningPostgres) -> None:
    kept = ColumnSpec(ValueSpec(Kind.TECHNICAL, Rule.KEEP))
    spec = _spec(Kind.PERSON_NAME, title=kept)
    first, last = sorted(word.decode().title() for word in our_words() if word.isalpha() and len(word) > 3)[:200:150]
    ours = f"{first} {last}"
    schema = "CREATE TABLE item (id int PRIMARY KEY, value text, title text);"
    with postgres.database(schema) as source, postgres.database(schema) as copy:
        seed(postgres.url(source), rows=50, seed=1, on_progress=lambda *_: None)
        with postgres.connect(source) as connection:
            connection.execute("UPDATE item SET value = %s WHERE id = (SELECT min(id) FROM item)", [ours])
            seal(connection)
            old = [row[0] for row in connection.execute("SELECT id FROM item").fetchall()]
        with postgres.connect(copy) as connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO item VALUES (%s, %s, %s)", [(number, f"Zwq Pxr{number}", ours) for number in old])
            sides = Sides(postgres.url(source), postgres.url(copy), "staging", "copy", "test")
            good = check_copy(sides, spec, naming=b"x", on_progress=lambda *_: None)
            with postgres.connect(source) as other:
                other.execute("UPDATE item SET value = 'Wachtveitl Qorbani' WHERE id = (SELECT max(id) FROM item)")
                seal(other)
            connection.execute("UPDATE item SET title = 'Wachtveitl Qorbani' WHERE id = (SELECT max(id) FROM item)")
            bad = check_copy(sides, spec, naming=b"x", on_progress=lambda *_: None)
    assert [(item.place, item.verdict) for item in good.findings] == [("public.item.title", Verdict.CHANCE)]
    assert {item.verdict for item in bad.findings} == {Verdict.CHANCE, Verdict.LEAK}


def test_a_marker_of_synthetic_rows_excuses_nothing_once_others_were_written(postgres: RunningPostgres) -> None:
    spec = _spec(Kind.PERSON_NAME, note=ColumnSpec(ValueSpec(Kind.NUMBER, Rule.KEEP)))
    words = sorted(word.decode().title() for word in our_words() if word.isalpha() and len(word) > 3)
    names = [f"{words[place]} {words[-1 - place]}" for place in range(40)]
    schema = "CREATE TABLE item (id int PRIMARY KEY, value text, note text);"
    with postgres.database(schema) as source, postgres.database(schema) as copy:
        seed(postgres.url(source), rows=5, seed=1, on_progress=lambda *_: None)
        with postgres.connect(source) as connection, postgres.connect(copy) as other:
            connection.execute("TRUNCATE item")
            connection.cursor().executemany("INSERT INTO item VALUES (%s, %s, %s)", [(n, name, name) for n, name in enumerate(names)])
            other.cursor().executemany("INSERT INTO item VALUES (%s, %s, %s)", [(n, f"Zwq {n}", name) for n, name in enumerate(names)])
        sides = Sides(postgres.url(source), postgres.url(copy), "staging", "copy", "test")
        found = check_copy(sides, spec, naming=b"x", on_progress=lambda *_: None)
    assert [(item.place, item.cells, item.verdict) for item in found.findings] == [("public.item.note", 40, Verdict.LEAK)]


def test_a_marker_of_synthetic_rows_in_the_copy_excuses_nothing_once_others_were_written(postgres: RunningPostgres) -> None:
    """Production's rows, restored into a database that was seeded once."""
    spec = _spec(Kind.PERSON_NAME, note=ColumnSpec(ValueSpec(Kind.NUMBER, Rule.KEEP)))
    words = sorted(word.decode().title() for word in our_words() if word.isalpha() and len(word) > 3)
    rows = [(n, f"{words[n]} {words[-1 - n]}", f"{words[n]} {words[-1 - n]}") for n in range(40)]
    schema = "CREATE TABLE item (id int PRIMARY KEY, value text, note text);"
    with postgres.database(schema) as source, postgres.database(schema) as copy:
        seed(postgres.url(copy), rows=5, seed=1, on_progress=lambda *_: None)
        for side in (source, copy):
            with postgres.connect(side) as connection:
                connection.execute("TRUNCATE item")
                connection.cursor().executemany("INSERT INTO item VALUES (%s, %s, %s)", rows)
        sides = Sides(postgres.url(source), postgres.url(copy), "staging", "copy", "test")
        found = check_copy(sides, spec, naming=b"x", on_progress=lambda *_: None)
    assert found.verdict is Verdict.LEAK
    assert any("other rows were written behind it" in remark for remark in found.remarks)
