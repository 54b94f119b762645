"""What `data generate` asks for, and of whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from liftlock.core.environment import DataSource, DataSpec
from liftlock.core.errors import LiftlockError, PolicyError, UsageError
from liftlock.services.data.generation import Generation, RowsAsked
from liftlock.services.data.places import Place
from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.errors import DatagenError, TargetError
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.profile.model import Profile, TableProfile
from liftlock_datagen.spec.model import DataSpec as Classification
from liftlock_datagen.spec.model import Size
from liftlock_datagen.synthesis.load import SeedReport
from liftlock_datagen.synthesis.request import RowsRequest
from tests.fakes.environments import QuietProgress
from tests.samples import environment

_ORDERS = TableName("public", "orders")
_PROFILE = Profile({_ORDERS: TableProfile(900), TableName("public", "customers"): TableProfile(100)})
_ADDRESS = Place("postgresql://x", "env:X", "shop")


@dataclass
class _Engine(PostgresEngine):
    """Keeps what it is asked; `broken` is what it says instead, `lost` what it says unless rows may be replaced."""

    asked: list[tuple[RowsRequest, bool, str]] = field(default_factory=list)
    broken: str = ""
    lost: str = ""

    def why_not_written(self, url: str) -> str:
        return ""

    def missing_right(self, url: str) -> tuple[str, str] | None:
        return None

    def generate(
        self,
        url: str,
        request: RowsRequest,
        *,
        replace_rows: bool = False,
        image: str = "",
        on_progress: Callable[[str, int, int], None],
        on_note: Callable[[str], None] = lambda _: None,
    ) -> SeedReport:
        if self.lost and not replace_rows:
            raise TargetError(self.lost, may_be_lost=True)
        if self.broken:
            raise DatagenError(self.broken, hint="mend it")
        self.asked.append((request, replace_rows, image))
        on_progress("public.orders", request.rows, request.rows)
        return SeedReport({"public.orders": request.rows}, 1.0)


def _generation(engine: _Engine, *, profile: Profile | None = None, sizes: dict[str, Size] | None = None, locale: str = "") -> Generation:
    classified = Classification("shop", {}, sizes=sizes or {}, locale=locale or "en_US") if sizes or locale else None

    def found(path: Path | None, _: str) -> tuple[Profile | None, str | None]:
        return (profile, "data/shop.profile.json") if profile else (None, str(path) if path else None)

    return Generation(engine, QuietProgress(), lambda _: classified, found)


def _declared(**changes: object) -> Place:
    base = environment()
    database = replace(base.databases[0], data=DataSpec(DataSource.SYNTHETIC, rows=777, seed=5))
    place = Place("postgresql://x", "dev/shop", "shop", replace(base, databases=(database,)))
    return replace(place, **changes)  # type: ignore[arg-type]


def test_rows_that_others_wrote_are_lost_only_where_somebody_says_so() -> None:
    engine, questions = _Engine(lost="the database holds synthetic rows, and 3 rows were written"), list[str]()

    def agree(question: str) -> bool:
        questions.append(question)
        return True

    with pytest.raises(PolicyError, match="dev/shop: the database holds synthetic rows, and 3 rows were written"):
        _generation(engine).run(_declared(), RowsAsked(), replace_rows=False)
    report = _generation(engine).run(_declared(), RowsAsked(), replace_rows=False, confirm=agree)

    assert (report.total, [replaced for _, replaced, _ in engine.asked]) == (777, [True])
    assert "3 rows were written" in questions[0]


def _request(place: Place, asked: RowsAsked, **given: object) -> RowsRequest:
    engine = _Engine()
    _generation(engine, **given).run(place, asked, replace_rows=False)  # type: ignore[arg-type]
    return engine.asked[0][0]


def test_a_declared_database_gets_what_its_environment_says() -> None:
    engine = _Engine()
    report = _generation(engine).run(_declared(), RowsAsked(), replace_rows=True)
    request, replaced, image = engine.asked[0]
    assert (request, replaced) == (RowsRequest(777, 5), True)
    assert "/postgres@sha256:" in image
    assert (report.place, report.total, report.seed, report.size) == ("dev/shop", 777, 5, None)


def test_a_declared_size_and_locale_decide_unless_the_command_line_says_otherwise() -> None:
    place = _declared()
    assert place.environment is not None
    declared = DataSpec(DataSource.SYNTHETIC, seed=5, size="tiny", locale="de_CH")
    database = replace(place.environment.databases[0], data=declared)
    place = replace(place, environment=replace(place.environment, databases=(database,)))
    assert _request(place, RowsAsked()) == RowsRequest(1000, 5, "de_CH")
    assert _request(place, RowsAsked(rows=7, locale="mixed")) == RowsRequest(7, 5)
    assert _request(place, RowsAsked(size="demo"), sizes={"demo": Size(rows=9)}) == RowsRequest(9, 5, "de_CH")


def test_an_address_without_more_words_gets_the_small_size() -> None:
    assert _request(_ADDRESS, RowsAsked()) == RowsRequest(100_000, 1)


@pytest.mark.parametrize(
    ("asked", "rows", "counts"),
    [
        (RowsAsked(size="tiny"), 1000, {}),
        (RowsAsked(rows=5), 5, {}),
        (RowsAsked(size="tiny", tables=("orders=20",)), 1000, {_ORDERS: 20}),
        (RowsAsked(rows=5, tables=("public.orders=20",)), 20, {_ORDERS: 20}),
        (RowsAsked(size="production"), 1000, {_ORDERS: 900, TableName("public", "customers"): 100}),
        (RowsAsked(size="half"), 500, {}),
        (RowsAsked(size="demo"), 50, {_ORDERS: 40}),
    ],
)
def test_sizes_rows_and_tables(asked: RowsAsked, rows: int, counts: dict[TableName, int]) -> None:
    sizes = {"half": Size(share=0.5), "demo": Size(rows=50, tables={_ORDERS: 40})}
    found = _request(_declared(), asked, profile=_PROFILE, sizes=sizes)
    assert (found.rows, dict(found.counts), found.profile) == (rows, counts, _PROFILE)


def test_the_locale_is_that_of_the_classification_unless_another_is_asked() -> None:
    assert _request(_ADDRESS, RowsAsked()).locale == "mixed"
    assert _request(_ADDRESS, RowsAsked(), locale="de_CH").locale == "de_CH"
    assert _request(_ADDRESS, RowsAsked(locale="fr_FR"), locale="de_CH").locale == "fr_FR"


def test_a_guarded_place_is_refused_before_anything_is_asked() -> None:
    engine = _Engine()
    with pytest.raises(PolicyError, match="data generate: dev/shop is not written to"):
        _generation(engine).run(_declared(guarded=True), RowsAsked(), replace_rows=True)
    assert engine.asked == []


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(UsageError, match="--size and --rows"):
        _request(_ADDRESS, RowsAsked(size="tiny", rows=3))
    with pytest.raises(UsageError, match="says no table and rows"):
        _request(_ADDRESS, RowsAsked(tables=("orders=many",)))
    with pytest.raises(UsageError, match="there is no profile with rows"):
        _request(_ADDRESS, RowsAsked(size="production"))
    with pytest.raises(UsageError, match='there is no size "huge"'):
        _request(_ADDRESS, RowsAsked(size="huge"))


def test_only_tables_that_were_named_have_to_be_there() -> None:
    asked = RowsAsked(size="production", tables=("lines=4",))
    assert _request(_ADDRESS, asked, profile=_PROFILE).named == (TableName("public", "lines"),)


def test_what_the_library_refuses_names_the_place() -> None:
    with pytest.raises(LiftlockError, match="dev/shop: it is full") as caught:
        _generation(_Engine(broken="it is full")).run(_declared(), RowsAsked(), replace_rows=False)
    assert caught.value.hint == "mend it"
