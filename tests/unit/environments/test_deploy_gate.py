"""What may be deployed into a stage: only what was proved upstream under the same common configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.core import deploy_gate
from liftlock.core.deploy_gate import DeployRules, Refusal
from liftlock.core.environment import Environment
from liftlock.core.ledger import Entry, Fact, Json, Record, chain
from liftlock.core.policy import Veto
from liftlock.core.project import Gates, Stage
from tests.fakes.promotion import START
from tests.git_repositories import ADA
from tests.samples import environment, image, service


def refuse_deployment(environment: Environment, rules: DeployRules, records: Sequence[Record]) -> Refusal | None:
    return deploy_gate.refuse_deployment(environment, rules, records, START)


PROD = DeployRules(Stage("prod", ("staging",), Gates(verified=True)))


@dataclass
class History:
    """Records in the making."""

    records: list[Record]

    def add(self, fact: Fact, name: str, declared: Environment | None = None, **more: Json) -> History:
        details: dict[str, Json] = {}
        if declared is not None:
            images: dict[str, Json] = {item.name: str(item.image) for item in declared.services}
            details = {"services": images, "config": declared.config, "data": declared.data, "common": declared.common, "dirty": False}
        release = declared.release_id if declared else None
        entry = Entry(fact, name, str(ADA), START, release, {**details, **more})
        self.records.append(chain(self.records[-1] if self.records else None, entry))
        return self


def declared(name: str = "prod", fills: str = "a", common: str = "cfg-1", config: str = "cfg-own") -> Environment:
    """Services a, b, ...: as many as there are hex digits."""
    names = ("api", "web", "worker")
    services = tuple(service(item, image=image(item, fill)) for item, fill in zip(names, fills, strict=False))
    return environment(name, services=services, common=common, config=config)


def proved(*upstream: Environment) -> list[Record]:
    history = History([])
    for item in upstream:
        history.add(Fact.DEPLOYED, item.name, item).add(Fact.VERIFIED, item.name, item)
    return history.records


@pytest.mark.parametrize(
    "rules",
    [
        DeployRules(),
        DeployRules(Stage("prod")),
        DeployRules(Stage("prod", ("staging",), Gates(verified=False))),
        DeployRules(Stage("prod", (), Gates(verified=True))),
    ],
    ids=["no stage", "first", "no gate", "no upstream"],
)
def test_where_nothing_must_be_proved_everything_is_deployed(rules: DeployRules) -> None:
    assert refuse_deployment(declared(), rules, ()) is None


def test_what_was_proved_upstream_with_the_same_common_configuration_is_deployed_under_its_own() -> None:
    assert refuse_deployment(declared(fills="ab"), PROD, proved(declared("staging", "ab", config="cfg-staging"))) is None


def test_images_may_have_been_proved_in_different_deployments() -> None:
    assert refuse_deployment(declared(fills="ab"), PROD, proved(declared("staging", "ac"), declared("staging", "cb"))) is None


@pytest.mark.parametrize(
    ("records", "reason", "hint"),
    [
        ((), "never proved healthy in staging", "liftlock promote plan --from staging --to prod --explain"),
        (proved(declared("staging", "b")), "never proved healthy in staging", "liftlock promote plan"),
        (proved(declared("dev", "a")), "never proved healthy in staging", "liftlock promote plan"),
        (proved(declared("staging", "a", common="cfg-2")), "has changed since staging proved api healthy", "liftlock env up staging"),
        (History([]).add(Fact.DEPLOYED, "staging", declared("staging")).records, "never proved", "liftlock promote plan"),
        (History([]).add(Fact.VERIFIED, "staging", declared("staging"), dirty=True).records, "never proved", "liftlock promote plan"),
        (History([]).add(Fact.VERIFIED, "staging", services={"web": str(image("api"))}).records, "never proved", "liftlock promote plan"),
        (proved(declared("prod", "a", config="cfg-other")), "never proved", "liftlock promote plan"),
    ],
)
def test_anything_less_is_refused_with_what_to_do(records: Sequence[Record], reason: str, hint: str) -> None:
    refusal = refuse_deployment(declared(), PROD, records)
    assert refusal is not None
    assert reason in refusal.reason
    assert hint in refusal.hint


def test_every_upstream_environment_must_have_proved_it_but_for_services_that_it_does_not_have() -> None:
    rules = DeployRules(Stage("prod", ("staging", "load"), Gates(verified=True)))
    records = proved(declared("staging", "ab"), declared("load", "a"))
    refusal = refuse_deployment(declared(fills="ab"), rules, records)
    assert refusal is not None
    assert "web that were never proved healthy in load" in refusal.reason
    assert refuse_deployment(declared(fills="ab"), replace(rules, left_out={"load": frozenset({"web"})}), records) is None


def test_what_runs_already_may_be_brought_up_again_until_it_is_removed() -> None:
    history = History([]).add(Fact.DEPLOYED, "prod", declared()).add(Fact.DEPLOY_FAILED, "prod", declared(fills="b"))
    assert refuse_deployment(declared(), PROD, history.records) is None
    assert refuse_deployment(declared(config="cfg-other"), PROD, history.records) is not None
    assert refuse_deployment(declared(), PROD, history.add(Fact.DESTROYED, "prod").records) is not None


@pytest.mark.parametrize("kind", ["hotfix", "rollback"])
def test_a_hotfix_or_a_rollback_on_record_needs_no_proof_until_another_promotion(kind: str) -> None:
    history = History([]).add(Fact.PROMOTED, "prod", declared(), kind=kind)
    assert refuse_deployment(declared(), PROD, history.records) is None
    assert refuse_deployment(declared(fills="b"), PROD, history.records) is not None
    assert refuse_deployment(declared(fills="ab"), PROD, history.records) is not None
    again = history.add(Fact.PROMOTED, "prod", declared())
    assert refuse_deployment(declared(), PROD, again.records) is not None


def test_an_ordinary_promotion_on_record_is_no_proof() -> None:
    assert refuse_deployment(declared(), PROD, History([]).add(Fact.PROMOTED, "prod", declared()).records) is not None
    assert refuse_deployment(declared(), PROD, History([]).add(Fact.PROMOTED, "dev", declared(), kind="hotfix").records) is not None


STEPS = st.lists(
    st.tuples(
        st.sampled_from([Fact.DEPLOYED, Fact.VERIFIED, Fact.DEPLOY_FAILED, Fact.DESTROYED, Fact.PROMOTED]),
        st.sampled_from(["dev", "staging", "load"]),
        st.sampled_from(["aa", "ab", "ba", "bb"]),
        st.sampled_from(["cfg-1", "cfg-2"]),
        st.booleans(),
    ),
    max_size=12,
)


@given(STEPS, st.sampled_from(["aa", "ab", "bb"]), st.sampled_from(["cfg-1", "cfg-2"]))
def test_whatever_happened_what_is_let_in_was_verified_everywhere_upstream_with_its_common_configuration(
    steps: list[tuple[Fact, str, str, str, bool]], fills: str, common: str
) -> None:
    history = History([])
    for fact, name, images, shared, dirty in steps:
        history.add(fact, name, declared(name, images, shared), dirty=dirty)
    rules = DeployRules(Stage("prod", ("staging", "load"), Gates(verified=True)))
    let_in = refuse_deployment(declared(fills=fills, common=common), rules, history.records) is None
    proofs = {
        (name, service, fill)
        for fact, name, images, shared, dirty in steps
        for service, fill in enumerate(images)
        if fact is Fact.VERIFIED and shared == common and not dirty
    }
    assert let_in == all((name, service, fill) in proofs for name in ("staging", "load") for service, fill in enumerate(fills))


def vetoed(*, release: str | None = None, digest: str | None = None, until: datetime | None = None, where: str = "prod") -> DeployRules:
    return DeployRules(vetoes=(Veto("V1", release, digest, (where,), "it leaks", "Ada", until),))


def test_a_vetoed_digest_does_not_enter_and_need_not_leave() -> None:
    rules = vetoed(digest=image("api").digest.text)
    refusal = refuse_deployment(declared(fills="ab"), rules, ())
    assert refusal is not None
    assert (refusal.policy, "vetoed by V1: it leaks (Ada)" in refusal.reason) == (True, True)
    runs = History([]).add(Fact.DEPLOYED, "prod", declared(fills="ab"))
    assert refuse_deployment(declared(fills="ab", config="cfg-other"), rules, runs.records) is None
    assert refuse_deployment(declared(fills="ab"), rules, runs.add(Fact.DESTROYED, "prod").records) is not None
    assert refuse_deployment(declared(fills="bb"), rules, ()) is None


def test_a_vetoed_release_does_not_enter_under_the_name_that_another_environment_gives_it() -> None:
    in_staging = declared("staging", "ab", config="cfg-staging")
    records = History([]).add(Fact.DEPLOYED, "staging", in_staging).records
    refusal = refuse_deployment(declared(fills="ab"), vetoed(release=in_staging.release_id), records)
    assert refusal is not None
    assert refusal.policy
    assert refuse_deployment(declared(fills="aa"), vetoed(release=in_staging.release_id), records) is None


def test_a_veto_that_is_over_or_of_another_environment_is_none() -> None:
    digest = image("api").digest.text
    assert refuse_deployment(declared(), vetoed(digest=digest, until=START - timedelta(hours=1)), ()) is None
    assert refuse_deployment(declared(), vetoed(digest=digest, where="staging"), ()) is None
