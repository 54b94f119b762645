"""What a plan of an anonymised copy decides, and what it refuses before anything is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock_datagen.catalog.model import (
    Catalog,
    Check,
    Column,
    ColumnType,
    ForeignKey,
    Index,
    IndexPart,
    PartitionKey,
    Table,
    TableKind,
    TableName,
    TypeKind,
)
from liftlock_datagen.classify.model import Proposal
from liftlock_datagen.errors import DatagenError, PlanError, ProblemCode, RequestError
from liftlock_datagen.masking.cells import ColumnMaker
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.masking.outcomes import Guarantee
from liftlock_datagen.masking.plan import plan_mask
from liftlock_datagen.masking.references import followed
from liftlock_datagen.masking.transformers import Document, Elements, Integers, Invented, Led, Letters, Seeded
from liftlock_datagen.review.build import review
from liftlock_datagen.spec.model import (
    AcceptedProblem,
    ColumnSpec,
    DataSpec,
    Kind,
    Privacy,
    Rows,
    Rule,
    TableSpec,
    ValueSpec,
    VirtualReference,
)
from tests.unit.datagen.catalogs import column, key, refers, table, unique

Said = dict[str, tuple[Kind, Rule] | ValueSpec]


def spec_of(subject: str = "", **tables: Said) -> DataSpec:
    """A classification: table -> column -> kind and rule."""
    made = {}
    for name, columns in tables.items():
        values = {place: said if isinstance(said, ValueSpec) else ValueSpec(*said) for place, said in columns.items()}
        made[TableName("public", name)] = TableSpec(
            TableName("public", name), {place: ColumnSpec(value) for place, value in values.items()}, subject=subject
        )
    return DataSpec("shop", made)


def masked(spec: DataSpec, *tables: Table) -> MaskPlan:
    return plan_mask(Catalog(tables), spec)


def codes(plan: MaskPlan) -> list[tuple[str | None, ProblemCode]]:
    return [(problem.column, problem.code) for problem in plan.problems]


KEPT = (Kind.IDENTIFIER, Rule.KEEP)
CUSTOMERS = table("customers", *key(), column("email"), unique("email"), column("full_name"))


def test_what_is_not_classified_stops_the_run() -> None:
    plan = masked(spec_of(customers={"id": KEPT}), CUSTOMERS, table("notes", *key()))
    assert codes(plan) == [
        ("email", ProblemCode.UNCLASSIFIED_COLUMN),
        ("full_name", ProblemCode.UNCLASSIFIED_COLUMN),
        (None, ProblemCode.UNCLASSIFIED_TABLE),
    ]
    with pytest.raises(PlanError, match=r"public\.customers\.email \[unclassified-column\]"):
        plan.required()


def test_a_source_without_tables_is_the_wrong_one() -> None:
    with pytest.raises(RequestError, match="the source has no tables"):
        masked(spec_of(customers={"id": KEPT})).required()


def test_an_e_mail_address_stays_unique_and_a_name_need_not() -> None:
    said: Said = {"id": KEPT, "email": (Kind.EMAIL, Rule.PSEUDONYM), "full_name": (Kind.PERSON_NAME, Rule.PSEUDONYM)}
    columns = {found.name: found for found in masked(spec_of(customers=said), CUSTOMERS).required().tables[0].columns}
    assert columns["email"].guarantee is Guarantee.PRESERVED
    assert columns["full_name"].guarantee is Guarantee.NOT_GUARANTEED
    assert [name for name, found in columns.items() if found.transformer != columns["id"].transformer] == ["email", "full_name"]


def test_words_come_from_the_lists_of_the_classifications_locale_which_must_exist() -> None:
    said: Said = {"id": KEPT, "email": (Kind.EMAIL, Rule.PSEUDONYM), "full_name": (Kind.PERSON_NAME, Rule.PSEUDONYM)}
    swiss = masked(replace(spec_of(customers=said), locale="de_CH"), CUSTOMERS).required()
    made = [mask.transformer.inner if isinstance(mask.transformer, Led) else mask.transformer for mask in swiss.tables[0].changed]
    assert [found.locale for found in made if isinstance(found, Invented)] == ["de_CH"] * 2
    with pytest.raises(DatagenError, match="xx_YY"):
        masked(replace(spec_of(customers=said), locale="xx_YY"), CUSTOMERS)


def test_a_unique_column_makes_its_whole_domain_unique_everywhere() -> None:
    named = table("aliases", *key(), column("alias"), unique("alias"))
    said: Said = {"id": KEPT, "alias": ValueSpec(Kind.PERSON_NAME, Rule.PSEUDONYM)}
    other: Said = {"id": KEPT, "email": (Kind.EMAIL, Rule.PSEUDONYM), "full_name": (Kind.PERSON_NAME, Rule.PSEUDONYM)}
    plan = masked(spec_of(aliases=said, customers=other), named, CUSTOMERS).required()
    found = [mask.transformer for made in plan.tables for mask in made.columns if mask.name in {"alias", "full_name"}]
    assert found == [Invented(Kind.PERSON_NAME, "person-name", unique=True)] * 2


def test_a_pseudonymised_key_reaches_the_columns_that_refer_to_it_through_others() -> None:
    tables = (
        table("customers", column("id", "int4"), unique("id", primary=True)),
        table("orders", *key(), column("customer_id", "int8"), refers("customer_id", "customers"), unique("customer_id")),
        table("notes", *key(), column("customer_id", "int8"), refers("customer_id", "orders", "customer_id")),
    )
    reference = (Kind.REFERENCE, Rule.KEEP)
    spec = spec_of(
        customers={"id": ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM, domain="customer")},
        orders={"id": KEPT, "customer_id": reference},
        notes={"id": KEPT, "customer_id": reference},
    )
    plan = masked(spec, *tables).required()
    assert [mask.transformer for made in plan.tables for mask in made.changed] == [Integers("customer", 30)] * 3


def test_a_reference_of_another_domain_than_its_target_is_a_problem() -> None:
    orders = table("orders", *key(), column("customer_id", "int8"), refers("customer_id", "customers"))
    spec = spec_of(
        customers={"id": ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM, domain="customer")},
        orders={"id": KEPT, "customer_id": ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM, domain="order")},
    )
    assert codes(masked(spec, table("customers", *key()), orders)) == [("customer_id", ProblemCode.REFERENCE_MISMATCH)]


def test_a_rule_that_loses_uniqueness_is_a_problem_also_over_an_expression() -> None:
    lowered = Index("by_lower", (IndexPart(None, "lower(name)"),), unique=True, primary=False, definition="")
    people = table("people", column("code", "varchar", length=9), unique("code"), column("name"), lowered)
    spec = spec_of(
        people={
            "code": ValueSpec(Kind.POSTAL_CODE, Rule.GENERALISE, options={"to": "2"}),
            "name": ValueSpec(Kind.PERSON_NAME, Rule.CONSTANT, options={"value": "x"}),
        }
    )
    assert codes(masked(spec, people)) == [("code", ProblemCode.UNIQUENESS_LOST), ("name", ProblemCode.UNIQUENESS_LOST)]


def test_a_unique_text_without_room_for_its_hash_is_a_problem() -> None:
    people = table("people", column("login", "varchar", length=6), unique("login"))
    assert codes(masked(spec_of(people={"login": (Kind.USERNAME, Rule.PSEUDONYM)}), people)) == [
        ("login", ProblemCode.UNIQUE_DOMAIN_TOO_SMALL)
    ]


@pytest.mark.parametrize(("length", "rows", "fits"), [(24, 10**7, True), (20, 100_000, True), (16, 10_000, False), (3, 10, False)])
def test_a_unique_phone_takes_a_form_that_fits_its_column_or_is_a_problem(length: int, rows: int, fits: bool) -> None:
    people = table("people", column("phone", "varchar", length=length), unique("phone"))
    spec = spec_of(people={"phone": (Kind.PHONE, Rule.PSEUDONYM)})
    plan = plan_mask(Catalog((people,)), spec, rows={people.name: rows})
    assert codes(plan) == ([] if fits else [("phone", ProblemCode.UNIQUE_DOMAIN_TOO_SMALL)])
    [mask] = plan.tables[0].columns
    cells = [b"+41 79 %07d" % number for number in range(500)]
    made = ColumnMaker("t.c", mask.transformer, PseudonymKey(bytes(32)))(cells)
    assert all(0 < len(phone) <= length and phone.startswith(b"+999"[:length]) for phone in made)
    assert not fits or len(set(made)) == len(cells)


def test_a_unique_phone_of_any_length_keeps_its_form() -> None:
    people = table("people", column("phone"), unique("phone"))
    [mask] = masked(spec_of(people={"phone": (Kind.PHONE, Rule.PSEUDONYM)}), people).required().tables[0].columns
    assert mask.transformer == Letters("phone", Kind.PHONE)


def test_nulls_in_columns_that_take_none_and_checks_that_nothing_proves_are_problems() -> None:
    check = Check("adult", "((born < '2005-01-01'::date))")
    people = table("people", *key(), column("born", "date"), column("note"), check, Check("some", "(length(note) > 0)"))
    said: Said = {"id": KEPT, "born": (Kind.BIRTH_DATE, Rule.SHIFT), "note": (Kind.FREE_TEXT, Rule.EMPTY)}
    assert codes(masked(spec_of("id", people=said), people)) == [
        ("born", ProblemCode.UNPROVED_CHECK),
        ("note", ProblemCode.NULL_NOT_ALLOWED),
    ]


def test_a_problem_that_somebody_accepted_is_none() -> None:
    people = table("people", *key(), column("born", "date"), Check("adult", "((born < '2005-01-01'::date))"))
    spec = spec_of("id", people={"id": KEPT, "born": (Kind.BIRTH_DATE, Rule.SHIFT)})
    accepted = replace(spec, accepted=(AcceptedProblem("unproved-check:public.people.born", "180 days do not matter"),))
    assert codes(masked(spec, people)) == [("born", ProblemCode.UNPROVED_CHECK)]
    masked(accepted, people).required()


def test_a_type_without_pseudonyms_is_named_and_passes_nothing() -> None:
    people = table("people", column("area", "tsquery"), column("born", "date"))
    said: Said = {"area": (Kind.COORDINATES, Rule.PSEUDONYM), "born": (Kind.BIRTH_DATE, Rule.PSEUDONYM)}
    assert {code for _, code in codes(masked(spec_of(people=said), people))} == {ProblemCode.UNSUPPORTED_TRANSFORM}


@pytest.mark.parametrize(
    ("kind", "expression", "kept"),
    [
        (Kind.EMAIL, "lower(code)", True),
        (Kind.EMAIL, "lower((code)::text)", True),
        (Kind.EMAIL, '"left"(code, 4)', False),
        (Kind.IDENTIFIER, "lower(code)", False),  # AB and cd may become QX and qx
    ],
)
def test_an_expression_index_stays_unique_only_where_the_expression_drops_nothing(kind: Kind, expression: str, kept: bool) -> None:
    index = Index("by", (IndexPart(None, expression),), unique=True, primary=False, definition="")
    plan = masked(spec_of(people={"code": (kind, Rule.PSEUDONYM)}), table("people", column("code"), index))
    assert codes(plan) == ([] if kept else [("code", ProblemCode.UNIQUENESS_LOST)])


def test_a_partial_index_over_what_changes_and_nulls_that_count_as_alike_are_problems() -> None:
    code, status = column("code"), column("status", nullable=True)
    said: Said = {"code": KEPT, "status": ValueSpec(Kind.PERSON_NAME, Rule.PSEUDONYM)}
    for predicate, kept in (("(status = 'open'::text)", False), ("(status IS NOT NULL)", True)):
        plan = masked(spec_of(people=said), table("people", code, status, unique("code", where=predicate)))
        assert codes(plan) == ([] if kept else [("status", ProblemCode.UNIQUENESS_LOST)])
    alike = replace(unique("status"), nulls_distinct=False)
    empty: Said = {"code": KEPT, "status": (Kind.PERSON_NAME, Rule.EMPTY)}
    assert codes(masked(spec_of(people=empty), table("people", code, status, alike))) == [("status", ProblemCode.UNIQUENESS_LOST)]
    assert codes(masked(spec_of(people=empty), table("people", code, status, unique("status")))) == []


def test_texts_and_documents_of_a_named_domain_follow_its_keys() -> None:
    tables = (table("customers", *key()), table("events", column("subject"), column("body", "jsonb")))
    person = ValueSpec(Kind.IDENTIFIER, Rule.PSEUDONYM, domain="person")
    spec = spec_of(customers={"id": person}, events={"subject": person, "body": ValueSpec(Kind.DOCUMENT, Rule.KEEP)})
    events = spec.tables[TableName("public", "events")]
    body = ColumnSpec(ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.id": person})
    spec = replace(spec, tables={**spec.tables, events.name: replace(events, columns={**events.columns, "body": body})})
    subject, document = (found.transformer for found in masked(spec, *tables).required().tables[1].columns)
    assert subject == Integers("person", 40)
    assert document == Document((("$.id", Integers("person", 40)),))


def test_a_partitioned_tables_columns_are_classified_once_and_its_key_is_kept() -> None:
    day = PartitionKey("r", (IndexPart("day", "day"),), "RANGE (day)")
    root = replace(table("visits", column("day", "date")), kind=TableKind.PARTITIONED, partition_key=day)
    part = replace(table("visits_1", column("day", "date")), partition_of=root.name)
    plan = masked(spec_of(visits={"day": (Kind.MOMENT, Rule.SHIFT)}), root, part)
    assert [found.name.name for found in plan.tables] == ["visits"]
    assert codes(plan) == [("day", ProblemCode.PARTITION_KEY), ("day", ProblemCode.SHIFT_WITHOUT_SUBJECT)]


def test_dates_that_all_rows_would_move_alike_are_a_problem() -> None:
    people = table(
        "people", *key(), column("born", "date"), Column("seen", ColumnType("_date", TypeKind.ARRAY, element=ColumnType("date")))
    )
    said: Said = {"id": KEPT, "born": (Kind.BIRTH_DATE, Rule.SHIFT), "seen": (Kind.MOMENT, Rule.SHIFT)}
    assert codes(masked(spec_of(people=said), people)) == [(name, ProblemCode.SHIFT_WITHOUT_SUBJECT) for name in ("born", "seen")]
    assert codes(masked(spec_of("id", people=said), people)) == []


def test_a_range_moves_by_a_subject_too_or_it_is_a_problem() -> None:
    stays = table("stays", *key(), Column("nights", ColumnType("daterange", TypeKind.RANGE, subtype=ColumnType("date"))))
    said: Said = {"id": KEPT, "nights": (Kind.MOMENT, Rule.SHIFT)}
    assert codes(masked(spec_of(stays=said), stays)) == [("nights", ProblemCode.SHIFT_WITHOUT_SUBJECT)]
    assert codes(masked(spec_of("id", stays=said), stays)) == []


def test_a_reference_to_nothing_is_a_problem_and_does_not_pass_as_it_is() -> None:
    logins = table("logins", *key(), column("user_email"))
    spec = spec_of(customers={"id": KEPT, "email": (Kind.EMAIL, Rule.PSEUDONYM), "full_name": (Kind.PERSON_NAME, Rule.PSEUDONYM)},
                   logins={"id": KEPT, "user_email": (Kind.REFERENCE, Rule.KEEP)})  # fmt: skip
    assert codes(masked(spec, CUSTOMERS, logins)) == [("user_email", ProblemCode.REFERENCE_WITHOUT_TARGET)]
    reference = VirtualReference("who", logins.name, ("user_email",), CUSTOMERS.name, ("email",))
    plan = masked(replace(spec, references=(reference,)), CUSTOMERS, logins).required()
    assert [mask.value.kind for mask in plan.tables[1].changed] == [Kind.EMAIL]


@pytest.mark.parametrize(("kind", "follows"), [("text", True), ("varchar", True), ("_jsonb", True), ("bytea", False), ("xml", False)])
def test_the_paths_of_a_document_are_followed_or_it_is_a_problem(kind: str, follows: bool) -> None:
    array = Column("body", ColumnType(kind, TypeKind.ARRAY, element=ColumnType("jsonb"))) if kind == "_jsonb" else column("body", kind)
    events = table("events", array)
    body = ColumnSpec(ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.mail": ValueSpec(Kind.EMAIL, Rule.PSEUDONYM)})
    plan = masked(DataSpec("shop", {events.name: TableSpec(events.name, {"body": body})}), events)
    assert codes(plan) == ([] if follows else [("body", ProblemCode.UNSUPPORTED_TRANSFORM)])
    inner = Document((("$.mail", Invented(Kind.EMAIL, "email", unique=True)),))
    assert not follows or plan.tables[0].columns[0].transformer == (Elements(inner) if kind == "_jsonb" else inner)


def test_what_is_made_anew_in_a_document_has_a_map_of_its_own() -> None:
    events = table("events", *key(), column("body", "jsonb"))
    body = ColumnSpec(ValueSpec(Kind.DOCUMENT, Rule.KEEP), {"$.mail": ValueSpec(Kind.EMAIL, Rule.SYNTHETIC)})
    said = TableSpec(events.name, {"id": ColumnSpec(ValueSpec(*KEPT)), "body": body})
    [_, mask] = masked(DataSpec("shop", {events.name: said}), events).required().tables[0].columns
    made = Invented(Kind.EMAIL, "synthetic public.events.body $.mail", unique=True)
    assert mask.transformer == Document((("$.mail", Seeded(made, ("id",))),))


@pytest.mark.parametrize(("kind", "changes"), [("int4", False), ("numeric", False), ("float8", True), ("text", True)])
def test_generalising_a_whole_number_to_1_is_a_problem(kind: str, changes: bool) -> None:
    people = table("people", column("postcode", kind))
    said: Said = {"postcode": ValueSpec(Kind.POSTAL_CODE, Rule.GENERALISE, options={"to": "1"})}
    assert codes(masked(spec_of(people=said), people)) == ([] if changes else [("postcode", ProblemCode.UNSUPPORTED_TRANSFORM)])


def test_a_plan_and_its_review_count_alike_and_an_unchanged_document_is_kept() -> None:
    events = table("events", *key(), column("body", "jsonb"), column("meta", "jsonb"), column("email"))
    mail, kept = ValueSpec(Kind.EMAIL, Rule.PSEUDONYM), ValueSpec(Kind.TECHNICAL, Rule.KEEP)
    document = ValueSpec(Kind.DOCUMENT, Rule.KEEP)
    columns = {
        "id": ColumnSpec(ValueSpec(*KEPT)),
        "body": ColumnSpec(document, {"$.mail": mail, "$.new": ValueSpec(Kind.EMAIL, Rule.SYNTHETIC), "$.size": kept}),
        "meta": ColumnSpec(document, {"$.size": kept}),
        "email": ColumnSpec(mail),
    }
    empty = table("audit", column("what"))
    spec = DataSpec(
        "shop",
        {events.name: TableSpec(events.name, columns), empty.name: TableSpec(empty.name, {"what": ColumnSpec(mail)}, rows=Rows.NONE)},
    )
    catalog = Catalog((empty, events))
    plan = plan_mask(catalog, spec).required()
    wanted = {Privacy.KEPT: 3, Privacy.PSEUDONYMISED: 2, Privacy.ANONYMISED: 0, Privacy.SYNTHETIC: 1}
    assert plan.privacy == review(catalog, spec, Proposal({})).counts == wanted
    assert [found.privacy for found in plan.table(events.name).columns][1:3] == [Privacy.PSEUDONYMISED, Privacy.KEPT]


def test_a_column_that_a_composite_key_leads_back_to_itself_follows_the_other_key() -> None:
    company, partner = TableName("public", "company"), TableName("public", "partner")
    keys = (
        ForeignKey("within", ("company_id", "parent_id"), partner, ("company_id", "id")),
        ForeignKey("owner", ("company_id",), company, ("id",)),
    )
    found = followed(Catalog((Table(partner, (), foreign_keys=keys),)), DataSpec("erp", {}))
    assert found == {(partner, "company_id"): (company, "id"), (partner, "parent_id"): (partner, "id")}
