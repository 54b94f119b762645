"""What `data anonymise` wants to have before anything is begun."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from liftlock.core.errors import ConfigError
from liftlock.services.data.anonymisation import Anonymisation, CopyAsked
from liftlock.services.data.places import Place
from liftlock_datagen.errors import DatagenError, KeyReferenceError, Problem, ProblemCode, UnreachableError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.masking.model import MaskPlan
from liftlock_datagen.postgres import PostgresEngine
from liftlock_datagen.spec.model import DataSpec
from tests.fakes.environments import QuietProgress

_SOURCE, _TARGET = Place("postgresql://a", "env:A", "shop"), Place("postgresql://b", "env:B", "shop")
_UNDECIDED = Problem("public.people", "email", ProblemCode.UNCLASSIFIED_COLUMN, "nobody said what it holds")


@dataclass
class _Engine(PostgresEngine):
    """Finds these problems, or fails."""

    problems: tuple[Problem, ...] = ()
    fails: DatagenError | None = None

    def plan_mask(self, source_url: str, spec: DataSpec) -> MaskPlan:
        if self.fails:
            raise self.fails
        return MaskPlan((), self.problems, "", "")


def _ready(engine: _Engine, reference: str = "env:NONE") -> object:
    def no_key(_: str) -> PseudonymKey:
        raise KeyReferenceError("variable NONE is not set", hint="make one")

    spec = DataSpec("shop", {}, key=reference, file="data/shop.yaml")
    use = Anonymisation(engine, QuietProgress(), lambda _: spec, no_key, lambda name: f"data/{name}.yaml", "liftlock 1")
    return use.require_ready(_SOURCE, _TARGET, CopyAsked())


@pytest.mark.parametrize(
    ("reference", "missing"), [("env:NONE", "variable NONE is not set"), ("", "data/shop.yaml does not say where the pseudonym key is")]
)
def test_a_missing_key_is_told_together_with_what_else_speaks_against_a_copy(reference: str, missing: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _ready(_Engine((_UNDECIDED,)), reference)
    assert raised.value.message.splitlines() == [
        "env:A -> env:B: no rows were written: 1 part(s) of the schema cannot be planned:",
        "  public.people.email [unclassified-column]: nobody said what it holds",
        f"and {missing}",
    ]


@pytest.mark.parametrize("engine", [_Engine(), _Engine(fails=UnreachableError("no connection"))])
def test_a_missing_key_is_told_alone_where_nothing_else_is_known(engine: _Engine) -> None:
    with pytest.raises(ConfigError, match=r"^variable NONE is not set$") as raised:
        _ready(engine)
    assert raised.value.hint == "make one"
