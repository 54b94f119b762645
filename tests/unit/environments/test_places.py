"""Which database a PLACE names, and which ones are guarded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from liftlock.core.environment import Database, Environment, EnvironmentClass
from liftlock.core.errors import ConfigError, LiftlockError, PolicyError, UnavailableError, UsageError
from liftlock.core.image import ImageRef
from liftlock.core.ports import Health, RunningPart
from liftlock.services.data.places import DataPlaces
from tests.fakes.environments import FakeEngine, FakeRuntime, FakeSecrets

IMAGE = ImageRef.parse("registry.example/postgres@sha256:" + "0" * 64)
DEV = Environment(
    project="shop",
    name="dev",
    cls=EnvironmentClass.PERSISTENT,
    protected=False,
    router=IMAGE,
    services=(),
    databases=(Database("shop", IMAGE, published=True), Database("hidden", IMAGE)),
    port=None,
    ports=(18100, 18999),
    ttl=None,
)


@dataclass
class _Engine(FakeEngine):
    def secrets(self, environment: str) -> dict[str, str]:
        return {"database/shop/password": "hunter2"}


@dataclass
class _Runtime(FakeRuntime):
    running: list[RunningPart] = field(default_factory=list)

    def parts(self, project: str, environment: str | None = None) -> list[RunningPart]:
        return [part for part in self.running if environment in {None, part.environment}]


@dataclass
class _Secrets(FakeSecrets):
    value: str = ""

    def resolve(self, reference: str) -> str:
        return self.value


def _server(environment: str, port: int) -> RunningPart:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return RunningPart(environment, "shop", "database", "image", Health.HEALTHY, moment, ((5432, port),))


def _places(*running: RunningPart, value: str = "", protected: frozenset[str] = frozenset({"prod"})) -> DataPlaces:
    def declared(name: str) -> Environment:
        if name in {"dev", "prod"}:
            return replace(DEV, name=name, protected=name == "prod")
        if name == "feature/x":
            return replace(DEV, name="feature-x-abc123", ttl=timedelta(hours=1))
        raise UsageError(f"unknown environment {name}")

    engine = _Engine()
    return DataPlaces(
        engine=engine,
        runtime=_Runtime(engine, running=list(running)),
        secrets=_Secrets(value=value),
        declared=declared,
        is_protected=protected.__contains__,
        project="shop",
        first="dev",
        databases=("shop", "hidden"),
    )


def test_a_protected_target_is_refused_as_such_also_where_it_does_not_run_or_is_not_published() -> None:
    for text in ("prod/shop", "prod/hidden"):
        with pytest.raises(PolicyError, match=r"data generate: prod/.* is not written to: prod is protected"):
            _places().resolve_target(text, None, "data generate")
    with pytest.raises(UnavailableError):
        _places().resolve_target("dev/shop", None, "data generate")
    with pytest.raises(PolicyError, match="env:URL is not written to"):
        _places(value="postgresql://u@db.firm.example/shop").resolve_target("env:URL", None, "data generate")


def test_a_protected_target_is_refused_as_such_before_what_else_is_missing_of_it() -> None:
    def unreleased(name: str) -> Environment:
        raise ConfigError(f"nothing is released in {name}")

    places = replace(_places(protected=frozenset({"prod"})), declared=unreleased)
    for text, environment in (("prod/shop", None), ("shop", "prod")):
        with pytest.raises(PolicyError, match="data generate: prod/shop is not written to: prod is protected"):
            places.resolve_target(text, environment, "data generate")
    with pytest.raises(ConfigError, match="nothing is released in dev"):
        places.resolve_target("shop", None, "data generate")


def test_the_role_of_an_environments_database_may_create_databases_before_it_is_written_to_and_only_then() -> None:
    allowed: list[tuple[str, str]] = []
    places = replace(_places(_server("dev", 40123)), let_build=lambda *place: allowed.append(place))
    places.resolve("dev/shop")
    assert allowed == []
    places.resolve_target("dev/shop", None, "data generate")
    assert allowed == [("dev", "shop")]


@pytest.mark.parametrize(("text", "environment"), [("shop", None), ("shop", "dev"), ("dev/shop", None), ("dev/shop", "prod")])
def test_a_declared_database_is_reached_through_its_published_port(text: str, environment: str | None) -> None:
    place = _places(_server("dev", 40123)).resolve(text, environment)

    assert (place.shown, place.database, place.guarded) == ("dev/shop", "shop", False)
    assert place.url == "postgresql://shop:hunter2@127.0.0.1:40123/shop"
    assert "hunter2" not in repr(place)


def test_a_branch_may_have_slashes() -> None:
    assert _places(_server("feature-x-abc123", 40123)).resolve("feature/x/shop").shown == "feature-x-abc123/shop"


def test_a_protected_environments_database_is_read_and_not_written() -> None:
    place = _places(_server("prod", 40123)).resolve("prod/shop")

    with pytest.raises(PolicyError, match="prod is protected"):
        place.require_writable("generate")


def test_the_base_branch_may_protect_what_this_checkout_does_not() -> None:
    assert _places(_server("dev", 1), protected=frozenset({"dev"})).resolve("shop").guarded


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("shpo", UsageError, 'did you mean "shop"'),
        ("staging/shop", UsageError, "unknown environment"),
        ("", UsageError, "names no database"),
        ("/shop", UsageError, "names no database"),
        ("host=x password=hunter2", UsageError, "what was given names no database"),
        ("mysql://u:hunter2@h/db", UsageError, "what was given is no address"),
        ("env:mysql://u:hunter2@h/db", UsageError, "what was given is no address"),
        ("u:hunter2@h/shop", UsageError, "what was given names no database"),
        ("u:hunter2/shop", UsageError, "what was given names no database"),
        ("shop", UnavailableError, "does not run"),
        ("hidden", ConfigError, "not published"),
    ],
)
def test_what_cannot_be_reached_is_said_without_a_password(text: str, error: type[LiftlockError], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        _places().resolve(text)
    assert "hunter2" not in raised.value.message + str(raised.value.hint)


@pytest.mark.parametrize(
    ("url", "guarded"),
    [
        ("postgresql://u:hunter2@127.0.0.1:5555/shop", False),
        ("postgresql://u:hunter2@127.0.0.1:40123/shop", True),  # where prod's database listens
        ("postgresql://u:hunter2@db.example:5432/shop", True),
        ("postgresql://u:hunter2@127.0.0.1:5555/shop_prod", True),
    ],
)
def test_an_address_is_guarded_unless_it_is_this_machines_own(url: str, guarded: bool) -> None:
    places = _places(_server("prod", 40123), value=url)

    for text in (url, "env:SOURCE", "file:source.url"):
        place = places.resolve(text)
        assert (place.url, place.guarded) == (url, guarded)
        assert "hunter2" not in place.shown + repr(place)


def test_a_reference_that_holds_no_address_is_named_without_what_it_holds() -> None:
    with pytest.raises(LiftlockError, match="env:SOURCE: this is no address") as raised:
        _places(value="mysql://u:hunter2@h/db").resolve("env:SOURCE")
    assert "hunter2" not in raised.value.message
