"""The pieces of the leak certificate, each held against the slow and simple way of saying the same."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.certificate.aligned import Alignment, Compared
from liftlock_datagen.certificate.blocks import Block, fold, plain
from liftlock_datagen.certificate.features import Features, forms_of
from liftlock_datagen.certificate.forms import uncover
from liftlock_datagen.certificate.hashing import make_hasher
from liftlock_datagen.certificate.model import Form
from liftlock_datagen.certificate.needles import GLUED, NeedleBuilder, NeedleTable
from liftlock_datagen.certificate.ours import made_of, our_words
from liftlock_datagen.certificate.relations import json_path
from liftlock_datagen.certificate.samples import ValueSample, allowance, chance
from liftlock_datagen.spec.model import Kind

HASHER = make_hasher(b"a key of the tests")
WORDS = st.text("abc1 .@ü", min_size=1, max_size=14)


def rows_of(*rows: tuple[str, ...]) -> Block:
    """A block as COPY would send it."""
    escaped = [[cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for cell in row] for row in rows]
    return Block("".join("\t".join(row) + "\n" for row in escaped).encode(), len(rows[0]))


def table_of(folder: Path, values: list[str], *, common: int = 100, limit: int = 1 << 27) -> NeedleTable:
    """A table of one column's values."""
    builder = NeedleBuilder(HASHER, folder, 1, common, limit)
    for value in values:
        features = Features(HASHER, rows_of((value,)))
        builder.add(features.folded, features.folded_hashed, 0, 0, np.full(1, 7, np.uint64))
    return builder.table()


def simply_found(needles: list[str], data: bytes) -> set[tuple[int, int]]:
    """Where needles are, one comparison after another."""
    found = set()
    for needle in {fold(value.encode()).strip(b" ") for value in needles}:
        for at in range(len(data) - len(needle) + 1):
            end = at + len(needle)
            if len(needle) < 4 or data[at:end] != needle:
                continue
            alone = not (_is_letter(data, at - 1) and _is_letter(data, at)) and not (_is_letter(data, end - 1) and _is_letter(data, end))
            if alone or len(needle) >= GLUED:
                found.add((at, end))
    return found


def _is_letter(data: bytes, at: int) -> bool:
    return 0 <= at < len(data) and (data[at] >= 128 or chr(data[at]).isalnum())


@settings(max_examples=150, deadline=None)
@given(needles=st.lists(WORDS, min_size=1, max_size=8), around=st.lists(st.tuples(WORDS, st.integers(0, 7)), min_size=1, max_size=6))
def test_needles_are_found_exactly_where_they_are(
    tmp_path_factory: pytest.TempPathFactory, needles: list[str], around: list[tuple[str, int]]
) -> None:
    text = "".join(word + needles[number % len(needles)] for word, number in around)
    data = fold(rows_of((text, "end")).data)
    hits = table_of(tmp_path_factory.mktemp("needles"), needles).find(data)
    assert set(zip(hits.begins.tolist(), hits.ends.tolist(), strict=True)) == simply_found(needles, data)


def test_values_that_spill_into_files_are_found_like_those_in_memory(tmp_path: Path) -> None:
    values = [f"person{number}@mail{number % 7}.net" for number in range(300)]
    (tmp_path / "some").mkdir()
    table = table_of(tmp_path / "some", values, limit=2000)
    assert len(list((tmp_path / "some").iterdir())) > 10
    hits = table.find(" ".join(values).encode())
    assert len(set(hits.needles.tolist())) == len(table) == 300
    assert not any(b"person" in file.read_bytes() for file in (tmp_path / "some").iterdir())


def test_what_many_rows_share_is_counted_and_not_looked_for(tmp_path: Path) -> None:
    table = table_of(tmp_path, ["everybody's street"] * 5 + ["one street 5", "abc"], common=4)
    assert len(table) == 1
    assert (table.common[0].values, table.common[0].rows, table.common[0].short) == (1, 5, 1)


@given(st.lists(st.tuples(st.text('a\\nN\t\n"é', max_size=6), st.text("b\\\t\n", max_size=6)), min_size=1, max_size=5))
def test_reading_and_folding_keep_every_cell_in_its_place(rows: list[tuple[str, str]]) -> None:
    block = plain(rows_of(*rows))
    folded = Block(fold(block.data), 2)
    assert block.rows == folded.rows == len(rows)
    for number, cell in enumerate(cell for row in rows for cell in row):
        assert block.cell(number).decode() == cell.replace("\t", " ").replace("\n", " ")


@pytest.mark.parametrize(
    ("kind", "was", "now", "form"),
    [
        (Kind.EMAIL, "ann.lee@a.net", "ann.lee@b.org", Form.LOCAL_PART),
        (Kind.PHONE, "+41 79 123 45 67", "0041791234567", Form.LAST_SEVEN),
        (Kind.PAYMENT_CARD, "4111 1111 1111 1234", "5500000000001234", Form.LAST_FOUR),
        (Kind.PERSON_NAME, "Anna Müller", "Berta MULLER", Form.LAST_WORD),
        (Kind.USERNAME, "Zoë_Ann", "zoe-ann", Form.FOLDED),
        (Kind.USERNAME, "zoe", "zoe", Form.UNCHANGED),
    ],
)
def test_what_is_left_of_a_value_is_recognised(kind: Kind, was: str, now: str, form: Form) -> None:
    forms = forms_of(kind, text=True)
    sides = [Features(HASHER, rows_of((value, "x"))).of(0, forms) for value in (was, now, "quite another thing 99887766")]
    place = forms.index(form)
    assert sides[0][place] == sides[1][place] != 0
    assert sides[0][place] != sides[2][place]


NULL = "\\N"  # as COPY writes it
CELLS = st.sampled_from(["a", "b", "", "c", None])


@settings(max_examples=30, deadline=None)
@given(rows=st.dictionaries(st.integers(0, 40), st.tuples(CELLS, CELLS), max_size=40), limit=st.sampled_from([1 << 27, 64]))
def test_rows_meet_by_their_keys_whatever_their_order(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[int, tuple[str | None, str | None]], limit: int
) -> None:
    source = {key: was for key, (was, _) in rows.items()}
    copy = {key: now for key, (_, now) in sorted(rows.items(), reverse=True) if key % 3}
    alignment = Alignment(tmp_path_factory.mktemp("rows"), "t", [Compared(1, (Form.UNCHANGED,), apart=True)], keyed=True, limit=limit)
    for side, content in enumerate((source, copy)):
        for key, value in content.items():
            line = f"{key}\t{NULL if value is None else value}\n"
            features = Features(HASHER, plain(Block(line.encode(), 2)))
            alignment.add(side, features.cells(0, 0), features, np.zeros(1, np.bool_))
    matched, (column,) = alignment.result()
    assert matched == len(copy)
    assert column.forms[0].rows == sum(bool(value) and source[key] == value for key, value in copy.items())
    assert column.rows == sum(bool(source[key]) for key in copy)
    assert column.filled == sum(source[key] is None and value is not None for key, value in copy.items())
    assert column.emptied == sum(source[key] is not None and value is None for key, value in copy.items())
    assert column.nulls == (list(source.values()).count(None), list(copy.values()).count(None))
    came_from = {now: {source[key] for key in copy if copy[key] == now and source[key]} for now in copy.values() if now}
    assert column.merged == sum(len(values) > 1 for values in came_from.values())


@given(st.lists(st.lists(st.sampled_from([None, "", "N", "\\N", "\\", "a\tN", "\\\\N"]), min_size=3, max_size=3), min_size=1, max_size=4))
def test_a_null_is_no_text_that_looks_like_one(rows: list[list[str | None]]) -> None:
    cells = [["\\N" if cell is None else cell.replace("\\", "\\\\").replace("\t", "\\t") for cell in row] for row in rows]
    block = plain(Block("".join("\t".join(row) + "\n" for row in cells).encode(), 3))
    for place in range(3):
        assert block.nulls(place).tolist() == [row[place] is None for row in rows]


def hashes(values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    return np.asarray((values.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))


def sample_of(values: np.ndarray[tuple[int], np.dtype[np.int64]]) -> ValueSample:
    sample = ValueSample()
    for part in np.array_split(hashes(values), 3):
        sample.add(part)
    return sample


@pytest.mark.parametrize("different", [2, 50, 3000, 200_000])
def test_what_chance_gives_lies_within_what_is_allowed(different: int) -> None:
    dice = np.random.default_rng(5)
    source, copy = (dice.integers(0, different, 100_000) for _ in range(2))
    expected = chance(sample_of(source), sample_of(copy), int((source == copy).sum()), len(np.unique(source[source == copy])))
    assert int((source == copy).sum()) <= allowance(expected.rows)
    assert expected.rows == pytest.approx(100_000 / different, rel=0.25)
    assert not expected.same_counts


def test_a_leak_is_no_evidence_of_chance() -> None:
    source, copy = np.arange(1000), np.arange(1000) + 5000
    copy[:7] = source[:7]
    assert allowance(chance(sample_of(source), sample_of(copy), 7, 7).rows) == 0


def test_the_same_values_in_other_rows_are_recognised() -> None:
    source = np.arange(100_000)
    assert chance(sample_of(source), sample_of(np.roll(source, 1))).same_counts
    assert not chance(sample_of(source), sample_of(source + 50_000)).same_counts
    assert sample_of(source).distinct == pytest.approx(100_000, rel=0.03)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (base64.b64encode(b"ann.lee@mail.net").decode(), Form.BASE64),
        (base64.urlsafe_b64encode("Ünal Öz ÿÿÿ".encode()).decode(), Form.BASE64),
        (b"ann.lee@mail.net".hex(), Form.HEX),
        (base64.b64encode(gzip.compress(b"ann.lee@mail.net", mtime=0)).decode(), Form.COMPRESSED),
        (base64.b64encode(b"ann.lee@mail.net".hex().encode()).decode(), Form.HEX),
        ("x?q=ann.lee%40mail.net", Form.URL),
        ("\\x" + b"ann.lee@mail.net".hex(), Form.BYTES),
    ],
)
def test_what_hides_text_is_opened(text: str, form: Form) -> None:
    found = uncover(plain(rows_of(("first", f"see {text}, please"), ("x", "y"))))
    assert found.texts[form].cells == [1]
    assert b"mail" in found.texts[form].lines[0] or "Ünal".encode() in found.texts[form].lines[0]


def test_ordinary_words_hide_nothing() -> None:
    words = "Donaudampfschifffahrtsgesellschaft 12345678901234567890 internationalization user1234567@mail.example"
    assert not uncover(plain(rows_of((words,)))).texts


def test_our_own_words_are_known() -> None:
    assert not made_of(our_words(), b"12345")
    assert not made_of(our_words(), b"qxzw anna")
    assert made_of(our_words(), b"anna")


def test_paths_become_those_of_the_database() -> None:
    assert json_path("$.contact.email") == '$."contact"."email"'
    assert json_path("$.tags[*]") == '$."tags"[*]'
    assert json_path("$.notes.*") == '$."notes".*'
    assert json_path('$."a.b"[*].c') == '$."a.b"[*]."c"'
