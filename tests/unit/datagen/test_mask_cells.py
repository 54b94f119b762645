"""What becomes of values: unique where promised, of the same form, by the key alone, and never passed through unread."""

from __future__ import annotations

import ipaddress
import json
import re
import tracemalloc
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock_datagen.catalog.model import ColumnType
from liftlock_datagen.classify.checksums import is_iban
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.cells import ColumnMaker
from liftlock_datagen.masking.choice import Choice, Domain
from liftlock_datagen.masking.digests import FoldedDigests, digest_words
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.literals import escaped, read_array, unescaped
from liftlock_datagen.masking.transformers import (
    KEEP,
    Addresses,
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
    Seeded,
    Shifted,
    Transformer,
    Uuids,
)
from liftlock_datagen.spec.model import Kind, Rule, ValueSpec
from liftlock_datagen.vocabulary.words import CITY, LOCALES, MIXED, load_vocabularies

KEY = PseudonymKey(bytes(range(32)))
OTHER = PseudonymKey(bytes(range(1, 33)))
EMAIL = Invented(Kind.EMAIL, "email", unique=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


def changed(transformer: Transformer, *values: str, key: PseudonymKey = KEY, by: list[str] | None = None) -> list[str]:
    cells = [escaped(value.encode()) for value in values]
    made = ColumnMaker("t.c", transformer, key)(cells, None if by is None else [value.encode() for value in by])
    return [unescaped(cell).decode() for cell in made]


LENGTHS = [
    (kind, length, unique) for kind in Kind for length in (0, 7, 20, 40) for unique in (False, True) if length > 7 or kind is not Kind.EMAIL
]


@settings(max_examples=60, deadline=None)
@given(values=st.lists(TEXTS, unique=True, min_size=1, max_size=8), wanted=st.sampled_from(LENGTHS))
def test_made_texts_fit_their_column_and_hold_no_control_characters(values: list[str], wanted: tuple[Kind, int, bool]) -> None:
    kind, length, unique = wanted
    choice = Choice(lambda name: Domain(name, unique=unique, length=length))
    made = choice.pseudonym(ColumnType("varchar", length=length or None), ValueSpec(kind, Rule.PSEUDONYM))
    if isinstance(made, Invented):
        for text in changed(made, *(value[: length or None] for value in values)):
            assert text.isprintable()
            assert 0 < len(text) <= (length or len(text))


@pytest.mark.parametrize("locale", [MIXED, *LOCALES])
def test_words_are_those_of_the_locale_and_fit_in_every_length(locale: str) -> None:
    lists = load_vocabularies(locale)
    for kind in (Kind.CITY, Kind.GIVEN_NAME, Kind.STREET, Kind.PHONE, Kind.FREE_TEXT, Kind.EMAIL):
        for length in (0, 30) if kind is Kind.EMAIL else (0, 8, 15, 30):
            made = Invented(kind, "d", length, unique=kind is Kind.EMAIL, locale=locale)
            texts = changed(made, *(f"{number:08}" for number in range(20)))
            assert all(text.isprintable() and 0 < len(text) <= (length or 99) for text in texts)
    assert set(changed(Invented(Kind.CITY, "d", locale=locale), *map(str, range(50)))) <= set(lists.column("place", CITY))
    form, street = lists.format_of("street", "N S"), changed(Invented(Kind.STREET, "d", locale=locale), "old")[0]
    assert street[0 if form[0] == "N" else -1].isdigit()


def test_phones_are_the_free_ones_of_the_locale() -> None:
    phones = changed(Invented(Kind.PHONE, "phone", locale="de_CH"), *map(str, range(50)))
    assert all(re.fullmatch(r"\+41 30 \d{7}", phone) for phone in phones)
    assert len(set(phones)) == 50
    assert all(re.fullmatch(r"\+4130\d{7}", phone) for phone in changed(Invented(Kind.PHONE, "phone", 12, locale="de_CH"), "1", "2"))


@settings(max_examples=40, deadline=None)
@given(values=st.lists(TEXTS, unique_by=str.lower, min_size=2, max_size=30))
@pytest.mark.parametrize(
    "made", [EMAIL, Invented(Kind.USERNAME, "u", 20, unique=True), Invented(Kind.PERSON_NAME, "n", unique=True), Uuids("id")]
)
def test_texts_that_are_unique_by_construction_differ_also_in_lower_case(values: list[str], made: Transformer) -> None:
    assert len({text.lower() for text in changed(made, *values)}) == len(values)


def test_an_e_mail_address_has_one_pseudonym_however_its_case_is_written_and_the_spellings_still_differ() -> None:
    usual, shouted, mixed = changed(EMAIL, "anna@shop.ch", "ANNA@SHOP.CH", "Anna@shop.ch")
    assert usual.lower() == shouted.lower() == mixed.lower() == usual
    assert len({usual, shouted, mixed}) == 3
    assert usual.endswith("@example.com")


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.integers(-(1 << 63) + 1, (1 << 63) - 1), unique=True, max_size=30), bits=st.sampled_from([14, 30, 40]))
def test_integers_stay_different_keep_their_sign_and_their_type(values: list[int], bits: int) -> None:
    images = [int(text) for text in changed(Integers("id", bits), *map(str, values))]
    assert len(set(images)) == len(values)
    for value, image in zip(values, images, strict=True):
        assert (value > 0) - (value < 0) == (image > 0) - (image < 0)
        for size in (end for end in (15, 31, 63) if end > bits):
            assert abs(value) >= 1 << size or abs(image) < 1 << size


def test_no_size_of_integer_passes_as_it_is() -> None:
    for bits in range(20, 63):
        values = [(1 << bits) + step * 7919 for step in range(50)]
        images = [int(text) for text in changed(Integers("id", 14), *map(str, values))]
        assert sum(value == image for value, image in zip(values, images, strict=True)) <= 1, bits


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(
        st.from_regex(r"\A[A-Za-z0-9 /.-]{1,24}\Z").filter(lambda text: re.search(r"\w", text) is not None), unique=True, max_size=20
    )
)
def test_a_permuted_text_has_the_form_of_the_old_one(values: list[str]) -> None:
    shapes = (re.compile(r"\d"), re.compile(r"[a-z]"), re.compile(r"[A-Z]"))
    images = changed(Letters("code"), *values)
    assert len(set(images)) == len(values)
    for value, image in zip(values, images, strict=True):
        assert len(value) == len(image)
        assert all(bool(shape.match(a)) == bool(shape.match(b)) for shape in shapes for a, b in zip(value, image, strict=True))


def test_numbers_of_cards_accounts_and_phones_cannot_exist() -> None:
    cards = changed(Letters("card", Kind.PAYMENT_CARD), "4111111111111111", "5500005555555559", "4111 1111 1111 1111")
    assert not any(luhn(card) for card in cards)
    assert changed(Letters("iban", Kind.IBAN), "CH9300762011623852957")[0][2:4] == "00"
    assert re.fullmatch(r"\+999\d{11}", changed(Letters("phone", Kind.PHONE), "+41790000001")[0])
    phones = changed(Invented(Kind.PHONE, "phone"), *map(str, range(50)))
    assert all(re.fullmatch(r"\+1-\d{3}-555-01\d\d", phone) for phone in phones)


@settings(max_examples=40, deadline=None)
@given(
    bodies=st.lists(st.integers(0, 10**11 - 1), unique=True, min_size=2, max_size=40),
    kind=st.sampled_from([Kind.PAYMENT_CARD, Kind.IBAN]),
)
def test_numbers_with_check_digits_stay_different_and_none_passes_its_check(bodies: list[int], kind: Kind) -> None:
    proof, passes = (card_of, luhn) if kind is Kind.PAYMENT_CARD else (iban_of, is_iban)
    numbers = [proof(f"{body:011}") for body in bodies]
    wrong = [number[:-1] + str((int(number[-1]) + 1 + body % 9) % 10) for number, body in zip(numbers, bodies, strict=True)]
    assert all(map(passes, numbers))
    made = changed(Letters("n", kind), *numbers, *dict.fromkeys(wrong))
    assert len(set(made)) == len(made)
    assert not any(passes(number) for number in made if number[2:].isdigit())
    assert all(len(number) == len(numbers[0]) for number in made)


def test_codes_of_any_alphabet_stay_different_and_keep_their_form() -> None:
    codes = [f"{letter}{number:02}" for letter in "ÄÖÜäßéЖ部가ع" for number in range(100)]
    made = changed(Letters("code"), *codes)
    assert len(set(made)) == len(codes)
    assert all((new[0].isupper(), new[0].isascii()) == (old[0].isupper(), False) for old, new in zip(codes, made, strict=True))
    assert all(new[0].isalpha() and new[1:].isdigit() for new in made)
    assert sum(map(str.__eq__, codes, made)) < 20
    assert made == [changed(Letters("code"), code)[0] for code in codes]


def test_a_code_of_other_letters_does_not_pass_as_it_is_whatever_stands_beside_it() -> None:
    alone, beside = changed(Letters("code"), "Zürich-7"), changed(Letters("code"), "AB12", "Zürich-7", "x")
    assert alone[0] == beside[1] != "Zürich-7"
    assert re.fullmatch(r"[A-Z].[a-z]{4}-\d", alone[0])
    for made, text in ((Letters("phone", Kind.PHONE), "079\u00a0777"), (Letters("code"), "\U0001f525"), (Letters("code"), "\u2014\u2014")):
        assert re.search(rf"[a-z2-7]{{{len(text)}}}$", changed(made, text)[0])  # nothing of it is known to have another form


def test_short_numbers_in_a_column_of_cards_meet_only_when_they_are_alike() -> None:
    last_four = [f"{number:04}" for number in range(10_000)]
    assert sorted(changed(Letters("n", Kind.PAYMENT_CARD), *last_four)) == last_four


def test_a_card_made_anew_cannot_be_one() -> None:
    made = changed(Seeded(Letters("n", Kind.PAYMENT_CARD), ("id",)), *["4111111111111111"] * 200, by=list(map(str, range(200))))
    assert len(set(made)) == 200
    assert not any(map(luhn, made))


def card_of(body: str) -> str:
    return next(number for number in (f"4111{body}{check}" for check in range(10)) if luhn(number))


def iban_of(body: str) -> str:
    return next(number for number in (f"CH{check:02}00{body}0000" for check in range(2, 99)) if is_iban(number))


def test_phones_with_and_without_a_plus_never_meet() -> None:
    made = Letters("phone", Kind.PHONE)
    assert len(set(changed(made, *(f"+{number}" for number in range(10, 100)), *map(str, range(10, 100))))) == 180


def luhn(card: str) -> bool:
    figures = [int(letter) for letter in card if letter.isdigit()]
    return sum(sum(divmod(figure * (1 + place % 2), 10)) for place, figure in enumerate(reversed(figures))) % 10 == 0


def test_addresses_are_of_the_reserved_networks() -> None:
    reserved = [ipaddress.ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
    made = changed(Addresses("ip"), "10.1.2.3", "8.8.8.0/24", "2a00::1") + changed(Addresses("ip", unique=True), "8.8.4.4")
    assert all(any(ipaddress.ip_interface(text).ip in network for network in reserved) for text in made)
    assert int(changed(Addresses("mac", 6), "ac:de:48:00:11:22")[0][:2], 16) & 3 == 2


def test_numerics_keep_their_digits_and_scale() -> None:
    made = changed(Letters("n", Kind.NUMBER), "12.50", "-0.05", "0.00", "123456789012345678901234567890.1")
    assert [re.sub(r"[1-9]\d*|(?<=[1-9])0", "d", text)[:1] for text in made] == ["d", "-", "0", "d"]
    assert [len(text) for text in made] == [5, 5, 4, 32]
    assert made[2] == "0.00"


def test_null_stays_null_and_the_empty_text_stays_empty_but_where_the_rule_says_otherwise() -> None:
    for transformer in (EMAIL, Integers("id", 30), Letters("c"), Coarser("text", 2), Elements(EMAIL), Noise("b"), Seeded(EMAIL)):
        assert ColumnMaker("t.c", transformer, KEY)([b"\\N", b""]) == [b"\\N", b""]
    assert ColumnMaker("t.c", Null(), KEY)([b"\\N", b"", b"x"]) == [b"\\N"] * 3
    assert ColumnMaker("t.c", Fixed("a\tb"), KEY)([b"\\N", b"", b"x"]) == [b"\\N", b"a\\tb", b"a\\tb"]


def test_dates_of_one_subject_move_alike_and_keep_their_time() -> None:
    made = changed(
        Shifted("d", 30, "person", "person"), "2020-02-28 10:00:00.5+00", "2020-03-01", "infinity", "2021-01-01", by=["1", "1", "1", "2"]
    )
    assert made[0][10:] == " 10:00:00.5+00"
    first, second = (int(re.sub(r"\D", "", text[:10])) for text in made[:2])
    assert 1 < second - first < 80  # two days, perhaps over the end of a month
    assert made[0][:10] != "2020-02-28"
    assert made[2] == "infinity"


def test_dates_of_rows_without_a_subject_do_not_all_move_alike() -> None:
    days = [f"2020-{month:02}-01" for month in range(1, 13)]
    made = ColumnMaker("t.c", Shifted("d", 90, "person", "person"), KEY)([day.encode() for day in days], [b"\\N"] * 12)
    moves = {date.fromisoformat(new.decode()) - date.fromisoformat(day) for day, new in zip(days, made, strict=True)}
    assert len(moves) > 6


def test_coarser_values_lose_what_is_below_the_step() -> None:
    assert changed(Coarser("year"), "1987-05-04", "1987-05-04 12:30:00+00") == ["1987-01-01", "1987-01-01 00:00:00+00"]
    assert changed(Coarser("decade"), "1987-05-04") == ["1980-01-01"]
    assert changed(Coarser("number", 10), "47", "-1", "12.75", "NaN") == ["40", "-10", "10", "NaN"]
    assert changed(Coarser("text", 2), "8045", "80") == ["80", ""]


def test_arrays_are_changed_element_by_element() -> None:
    [made] = changed(Elements(Fixed("x,y")), '{"a b",NULL,"",{"c\\"d",e}}')
    assert made == '{"x,y",NULL,"",{"x,y","x,y"}}'
    assert read_array("[2:3]={1,2}").written([b"10", b"20"]) == '[2:3]={"10","20"}'
    assert changed(Elements(EMAIL), "{a@b.ch}")[0] == '{"' + changed(EMAIL, "a@b.ch")[0] + '"}'


DOCUMENT = Document(
    (
        ("$.contact.email", EMAIL), ("$.tags[*]", KEEP), ("$.notes.*", Fixed("-")), ("$.born", Null()), ("$.n", Integers("i", 30)),
        ("$.kept", KEEP),
    )
)  # fmt: skip


def key_of(name: str) -> str:
    """The pseudonym of a key that is data."""
    [made] = json.loads(changed(Document((("$.*", Fixed("-")),)), json.dumps({name: 1}))[0])
    return str(made)


def test_documents_are_changed_path_by_path() -> None:
    old = '{"contact": {"email": "a@b.ch"}, "tags": ["x", 1.50, null], "notes": {"a": "s", "b": ""}, "born": "1990", "n": 7,'
    old += ' "kept": {"deep": [1]}}'
    new = json.loads(changed(DOCUMENT, old)[0])
    assert new["contact"]["email"] == changed(EMAIL, "a@b.ch")[0]
    assert (new["tags"], new["notes"], new["born"], new["kept"]) == (
        ["x", 1.5, None],
        {key_of("a"): "-", key_of("b"): ""},
        None,
        {"deep": [1]},
    )
    assert isinstance(new["n"], int)
    assert "1.50" in changed(DOCUMENT, old)[0]


def test_keys_that_no_path_names_are_data_and_never_pass_unless_the_place_is_kept() -> None:
    for plan, text in ((Document((("$.*", EMAIL),)), '{"anna@shop.ch": "x"}'), (Document((("$.*.mail", EMAIL),)), '{"anna@shop.ch": {}}')):
        [made] = json.loads(changed(plan, text)[0])
        assert re.fullmatch(r"k[a-z2-7]{15}", made)
        assert key_of("anna@shop.ch") == made != key_of("urs@shop.ch")
    assert "anna" not in changed(Document((("$.*", EMAIL),), store=True), '"anna@shop.ch"=>"x"')[0]
    assert "en" in json.loads(changed(Document((("$.*", KEEP), ("$.mail", EMAIL))), '{"en": "x", "mail": "a@b.ch"}')[0])


def test_a_value_made_anew_in_a_document_says_nothing_of_the_old_one() -> None:
    plan = Document((("$.mails[*]", Seeded(EMAIL, ("id",))), ("$.code", Seeded(Letters("c"), ("id",)))))
    first, other, third = (
        json.loads(changed(plan, text, by=[row])[0])
        for text, row in (
            ('{"mails": ["a@b.ch", "c@d.ch"], "code": "AB12"}', "1"),
            ('{"mails": ["x@y.ch", "a@b.ch"], "code": "ZZ99"}', "1"),
            ('{"mails": ["a@b.ch", "c@d.ch"], "code": "AB12"}', "2"),
        )
    )
    assert first == other != third
    assert len({*first["mails"], *third["mails"]}) == 4


def test_documents_in_texts_and_in_arrays_are_followed_too() -> None:
    mail = Document((("$.mail", EMAIL),))
    [pseudonym] = changed(EMAIL, "a@b.ch")
    assert changed(mail, '{"mail":"a@b.ch"}') == [json.dumps({"mail": pseudonym})]
    [made] = changed(Elements(mail), '{"{\\"mail\\": \\"a@b.ch\\"}",NULL}')
    assert pseudonym in made
    assert "a@b.ch" not in made


def test_a_document_of_which_nothing_changes_keeps_its_bytes() -> None:
    assert changed(Document((("$.a", KEEP),)), '{"a":  1.0}') == ['{"a":  1.0}']


def test_a_key_that_stands_twice_hides_nothing() -> None:
    assert changed(Document((("$.a.b", KEEP),)), '{"a": {"x": "s3cret"}, "a": {"b": 1}}') == ['{"a": {"b": 1}}']


KEYS_OR_TEXTS = st.sampled_from(["", "a", "b", 'q"', "3", "4", "b3", "é", "a: 1", "\\"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | KEYS_OR_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS_OR_TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(documents=st.lists(VALUES, min_size=2, max_size=12))
def test_documents_that_stay_are_judged_alike_whichever_came_before(documents: list[object]) -> None:
    plan = Document((("$.a", KEEP), ("$.b[*].a", KEEP), ("$.3.*.b", KEEP), ("$[*]", KEEP)))
    remembering = ColumnMaker("t.c", plan, KEY)
    for document in documents:
        cell = escaped(json.dumps(document, ensure_ascii=False).encode())
        assert _outcome(remembering, cell) == _outcome(ColumnMaker("t.c", plan, KEY), cell)


def _outcome(maker: ColumnMaker, cell: bytes) -> list[bytes] | str:
    try:
        return maker([cell])
    except DatagenError as err:
        return err.message


def test_documents_that_differ_in_the_digits_of_a_key_are_not_alike() -> None:
    maker = ColumnMaker("t.c", Document((("$.a3", KEEP), ("$.b", KEEP))), KEY)
    assert maker([b'{"a3": 1}', b'{"b": 7}']) == maker([b'{"a3": 1}', b'{"b": 7}'])
    assert maker([b'{"b": 8}', b'{"a3": 2}']) == [b'{"b": 8}', b'{"a3": 2}']
    with pytest.raises(DatagenError, match="not classified"):
        maker([b'{"b": 8}', b'{"a4": 2}'])


def test_the_digests_of_addresses_are_those_of_each_whatever_was_asked_before() -> None:
    digests = FoldedDigests(bytes(32))
    one, other = [b"Ann@shop.org", "zoë@Shop.org".encode()], ["ZOË@shop.org".encode(), b"ann@shop.org"]
    _, first, second = digests(one)
    assert digests(one)[1].tolist() == first.tolist()
    lowered, swapped, tails = digests(other)
    assert lowered == ["zoë@shop.org".encode(), b"ann@shop.org"]
    assert (swapped.tolist(), tails.tolist()) == (first.tolist()[::-1], second.tolist()[::-1])
    assert FoldedDigests(bytes(32))(one)[1].tolist() == first.tolist() == digest_words(bytes(32), lowered[::-1])[0].tolist()


def test_hstore_is_changed_key_by_key() -> None:
    made = changed(Document((("$.email", EMAIL), ("$.a", KEEP)), store=True), '"a"=>"x\\"y", "email"=>NULL')
    assert made == ['"a"=>"x\\"y", "email"=>NULL']


@pytest.mark.parametrize(
    "text",
    [
        '{"contact": {"phone": "s3cret"}}',
        '{"s3cret": 1}',
        '{"contact": {"s3cret": 1}}',
        '{"contact": "s3cret"}',
        '["s3cret"]',
        '"s3cret"',
        '{"tags": {"s3cret": 1}}',
    ],
)
def test_a_path_that_nobody_classified_stops_the_run_without_its_value(text: str) -> None:
    with pytest.raises(DatagenError, match=r"^t\.c: a document holds a \w+ at \$(\.contact|\.tags)? that is not classified") as caught:
        changed(DOCUMENT, text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (Integers("i", 30), "s3cret"), (Shifted("d", 9), "s3cret-44 BC"), (Coarser("year"), "s3cret-99"), (Coarser("number", 5), "s3cret"),
        (Addresses("ip"), "s3cret"), (DOCUMENT, "{s3cret"), (Elements(EMAIL), "s3cret"), (Letters("n", Kind.NUMBER), "s3cret"),
        (Document((), store=True), "s3cret"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_never_passes_and_never_shows(made: Transformer, value: str) -> None:
    with pytest.raises(DatagenError, match=r"^t\.c: ") as caught:
        changed(made, value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


EVERY: list[Transformer] = [
    EMAIL, Invented(Kind.PERSON_NAME, "n"), Invented(Kind.FREE_TEXT, "f"), Invented(Kind.STREET, "s"), Letters("c"), Uuids("u"),
    Elements(EMAIL), Chosen("c", tuple("abcdefgh")), Seeded(EMAIL),
]  # fmt: skip


@pytest.mark.parametrize("made", EVERY)
def test_the_result_does_not_depend_on_the_blocks_or_on_what_came_before(made: Transformer) -> None:
    values = [f"{{value{number % 700}x}}".encode() for number in range(2000)]
    whole = ColumnMaker("t.c", made, KEY)(values)
    column = ColumnMaker("t.c", made, KEY)
    starts = range(1995, -1, -7)
    parts = {start: column(values[start : start + 7]) for start in starts}
    assert [cell for start in reversed(starts) for cell in parts[start]] == whole
    direct = ColumnMaker("t.c", made, KEY)
    many = [b"{v%d}" % number for number in range(50_000)]
    first = direct(many)
    assert first == ColumnMaker("t.c", made, KEY)(many[:100]) + direct(many[100:])
    assert direct([b"\\N", *many[:100], b""]) == [b"\\N", *first[:100], b""]
    assert direct(many[:100], plain=True) == first[:100]


def test_what_a_column_remembers_is_bounded_by_bytes_whatever_the_values_are() -> None:
    column = ColumnMaker("t.c", Invented(Kind.FREE_TEXT, "f"), KEY)
    long = [b"%d " % number + b"x" * 50_000 for number in range(60)]
    before = column(long * 10)
    tracemalloc.start()
    for start in range(0, 1200, 60):
        column([b"%d " % number + b"y" * 50_000 for number in range(start, start + 60)] + long * 2)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 60 << 20
    assert column(long) == before[:60]


@pytest.mark.parametrize("made", EVERY)
def test_another_key_changes_nearly_all_values(made: Transformer) -> None:
    values = [f"{{value{number}x and more of it}}" for number in range(500)]
    same = sum(a == b for a, b in zip(changed(made, *values), changed(made, *values, key=OTHER), strict=True))
    assert same < (100 if isinstance(made, Chosen) else 40)


def test_two_domains_give_one_input_two_pseudonyms() -> None:
    assert changed(Letters("a"), "AB1234") != changed(Letters("b"), "AB1234")
    assert changed(Invented(Kind.EMAIL, "a", unique=True), "x@y.ch") != changed(EMAIL, "x@y.ch")
