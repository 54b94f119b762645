"""Creating and removing environments, decided without Docker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from liftlock.core.deploy_gate import DeployRules
from liftlock.core.deployment import Source
from liftlock.core.environment import DataSource, DataSpec, Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, ConfigError, ConflictError, DeploymentError, LiftlockError, PolicyError, UnavailableError
from liftlock.core.ledger import Entry, Fact
from liftlock.core.policy import Veto
from liftlock.core.ports import Identity, ImageFacts
from liftlock.core.project import Stage
from liftlock.core.receipt import Clues
from liftlock.core.stack import port_of, read_lease
from liftlock.services.branches import Branches
from liftlock.services.environments import Environments
from liftlock.services.parts import Parts
from liftlock.services.reports import UpReport
from liftlock.services.status import Status
from liftlock.services.unchanged import Unchanged
from tests.fakes.environments import (
    FakeDataEngine,
    FakeEngine,
    FakeLocks,
    FakeProbe,
    FakeReceipts,
    FakeRuntime,
    FakeSecrets,
    FakeSeeder,
    FakeSnapshots,
    FakeWitness,
    QuietProgress,
)
from tests.fakes.promotion import FakeClock, FakeLedger, FakeRegistry
from tests.samples import environment, image, service

ADA = Identity("Ada", "ada@shop.example")
COMMIT = Source("c" * 40, dirty=False)


@dataclass
class World:
    """Fakes of everything outside, and the use cases on them."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    clock: FakeClock = field(default_factory=FakeClock)
    probe: FakeProbe = field(default_factory=FakeProbe)
    seeder: FakeSeeder = field(default_factory=FakeSeeder)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    locks: FakeLocks = field(default_factory=FakeLocks)
    receipts: FakeReceipts = field(default_factory=FakeReceipts)
    snapshots: FakeSnapshots = field(default_factory=FakeSnapshots)
    progress: QuietProgress = field(default_factory=QuietProgress)
    catalog: str = "catalog"
    at_the_forge: Sequence[Entry] = ()
    offline: bool = False
    fetched: int = 0

    def __post_init__(self) -> None:
        self.witness = FakeWitness(self.engine)
        self.runtime = FakeRuntime(self.engine)
        for name in ("api", "web"):
            for fill in "abc":
                found = image(name, fill)
                self.registry.tags[found.repository, str(found.digest)] = ImageFacts(found, None)

    @property
    def parts(self) -> Parts:
        return Parts(
            engine=self.engine,
            runtime=self.runtime,
            registry=self.registry,
            ledger=self.ledger,
            secrets=self.secrets,
            locks=self.locks,
            seeder=self.seeder,
            probe=self.probe,
            clock=self.clock,
            progress=self.progress,
            receipts=self.receipts,
            witness=self.witness,
            snapshots=self.snapshots,
            data=FakeDataEngine(self.seeder, self.catalog),
            tool="liftlock 1",
        )

    @property
    def environments(self) -> Environments:
        return Environments(self.parts, self.fetch)

    def fetch(self) -> None:
        self.fetched += 1
        if self.offline:
            raise UnavailableError("the forge does not answer")
        self.ledger.append(self.at_the_forge)
        self.at_the_forge = ()

    def up(self, declared: Environment, remove_data: frozenset[str] = frozenset(), rules: DeployRules | None = None) -> UpReport:
        def watch() -> Clues:
            return Clues(declared.name, declared.project, ".liftlock/state", "unix:///docker.sock", "main", (), "file:p", "00")

        return self.environments.up(
            declared.name,
            lambda: (declared, COMMIT),
            actor=ADA,
            remove_data=remove_data,
            rules=lambda: rules or DeployRules(),
            watch=watch,
        )

    def check(self, name: str = "dev") -> UpReport | None:
        return Unchanged(self.receipts, self.witness, self.probe, self.locks, self.clock).check(name)

    @property
    def url(self) -> str:
        stack = self.engine.stack("dev")
        assert stack is not None
        return f"http://dev.shop.localhost:{port_of(stack.values)}"

    def facts(self) -> list[Fact]:
        return [record.entry.fact for record in self.ledger.records()]


def test_a_first_run_deploys_and_leaves_its_proof() -> None:
    world = World()
    report = world.up(environment())
    assert report.changed == 1
    assert report.url.startswith("http://dev.shop.localhost:")
    assert world.facts() == [Fact.DEPLOYED, Fact.VERIFIED]
    assert {record.entry.release for record in world.ledger.records()} == {environment().release_id}


def test_a_second_run_changes_nothing_and_records_nothing() -> None:
    world = World()
    world.up(environment())
    report = world.up(environment())
    assert (report.changed, report.recorded) == (0, False)
    assert len(world.facts()) == 2


def test_a_run_that_was_cut_off_before_it_was_recorded_is_recorded_by_the_next() -> None:
    world = World()
    world.up(environment())
    forgetful = World(engine=world.engine)
    assert forgetful.up(environment()).recorded


def test_a_failed_deployment_is_recorded_with_its_reason_and_is_no_evidence() -> None:
    world = World()
    world.engine.broken["api"] = "its health check fails\nlast lines of its log:\n  customer 17 not found"
    with pytest.raises(DeploymentError, match="customer 17"):
        world.up(environment())
    assert world.facts() == [Fact.DEPLOY_FAILED]
    assert world.ledger.records()[0].entry.details["failures"] == {"api": "its health check fails"}


def test_an_environment_that_does_not_answer_is_said_to_be_deployed_and_not_proved() -> None:
    world = World(probe=FakeProbe(503))
    with pytest.raises(DeploymentError, match=r"is deployed, but not proved healthy(.|\n)*HTTP 503"):
        world.up(environment())
    assert Fact.VERIFIED not in world.facts()


def test_a_failed_deployment_says_what_was_kept_what_still_serves_and_what_to_type_next() -> None:
    world = World()
    world.up(environment())
    world.engine.broken["api"] = "its health check fails"
    with pytest.raises(DeploymentError) as failed:
        world.up(environment(services=(service("api", image=image("api", "b")), service("web"))))
    assert failed.value.message.splitlines()[1:] == [
        "  api: its health check fails",
        "kept: created web",
        f"still serving: {world.url} answers (HTTP 200) with what ran before",
    ]
    assert failed.value.hint == "mend the cause, then run: liftlock env up dev"


def test_an_environment_that_does_not_answer_names_the_logs_to_look_at_and_the_next_command() -> None:
    world = World(probe=FakeProbe(503))
    with pytest.raises(DeploymentError) as failed:
        world.up(environment())
    assert failed.value.hint is not None
    assert "see why: liftlock env logs dev api; then run: liftlock env up dev" in failed.value.hint


def test_a_removal_that_fails_names_what_is_gone_and_the_next_command() -> None:
    world = World()
    world.up(environment())
    world.engine.stuck["api"] = "it is in use"
    with pytest.raises(DeploymentError) as failed:
        world.environments.down("dev", "shop", actor=ADA, protected=False)
    assert failed.value.message == "dev could not be removed whole\n  api: it is in use"
    assert (failed.value.hint, failed.value.failures) == ("mend the cause, then run: liftlock env down dev --yes", {"api": "it is in use"})
    del world.engine.stuck["api"]
    assert world.environments.down("dev", "shop", actor=ADA, protected=False).names == ("api",)


def test_a_branch_that_fails_is_told_the_command_that_was_typed() -> None:
    world = World()
    world.engine.broken["api"] = "no"
    branches = Branches(world.parts, world.environments)
    with pytest.raises(DeploymentError) as failed:
        branches.up("feature/x", lambda name: (environment(name), COMMIT), owner=ADA, ttl=None, again="liftlock branch up -i api=v2")
    assert failed.value.hint == "mend the cause, then run: liftlock branch up -i api=v2"
    with pytest.raises(DeploymentError) as failed:
        branches.up("feature/x", lambda name: (environment(name), COMMIT), owner=ADA, ttl=None)
    assert failed.value.hint == "mend the cause, then run: liftlock branch up --branch feature/x"


def test_a_digest_that_the_registry_lost_stops_the_run_before_the_engine() -> None:
    world = World()
    declared = environment(services=(service("api", image=image("api", "9")),))
    with pytest.raises(LiftlockError, match="registry has no"):
        world.up(declared)
    assert world.engine.stack("dev") is None


def test_generated_secrets_are_kept_from_run_to_run() -> None:
    world = World()
    world.up(environment())
    before = dict(world.engine.secrets("dev"))
    world.up(environment(services=(service("api", image=image("api", "b")),)))
    assert world.engine.secrets("dev") == before
    assert before["service/api/TOKEN"] == "value of env:TOKEN"


def test_a_declared_port_in_use_is_a_conflict_and_a_chosen_one_is_kept() -> None:
    world = World()
    world.runtime.used_ports = {8080}
    with pytest.raises(ConflictError, match="8080"):
        world.up(environment(port=8080))
    world.up(environment())
    stack = world.engine.stack("dev")
    assert stack is not None
    world.runtime.used_ports = {port_of(stack.values) or 0}
    world.up(environment())
    again = world.engine.stack("dev")
    assert again is not None
    assert port_of(again.values) == port_of(stack.values)


def test_two_environments_never_get_one_port() -> None:
    world = World()
    names = [f"e{i}" for i in range(5)]
    for name in names:
        world.up(environment(name, ports=(18100, 18104)))
    assert len({port_of(stack.values) for stack in world.engine.stacks()}) == 5
    with pytest.raises(ConflictError, match="every port from 18100 to 18104"):
        world.up(environment("e6", ports=(18100, 18104)))


def test_a_protected_environment_is_not_removed() -> None:
    world = World()
    world.up(environment("prod"))
    with pytest.raises(BlockedError, match="protected"):
        world.environments.down("prod", "shop", actor=ADA, protected=True)
    assert world.engine.stack("prod") is not None


def test_what_runs_without_a_state_here_is_not_taken_over() -> None:
    world = World()
    world.up(environment())
    del world.engine.stacks_by_name["dev"]
    with pytest.raises(ConflictError, match="no state of it"):
        world.up(environment())


def test_removing_what_is_not_there_is_fine() -> None:
    world = World()
    report = world.environments.down("dev", "shop", actor=ADA, protected=False)
    assert not report.existed
    assert world.runtime.swept == ["dev"]


def test_synthetic_data_needs_a_published_database_and_is_loaded_once() -> None:
    world = World()
    database = replace(environment().databases[0], published=True, data=DataSpec(DataSource.SYNTHETIC, 1000, 7))
    declared = environment(databases=(database,))
    assert world.up(declared).rows == {"shop": 1000}
    assert world.up(declared).rows == {"shop": 0}
    assert "generated" in world.seeder.asked[0][0]


@pytest.mark.parametrize(
    ("cls", "keep"), [(EnvironmentClass.PERSISTENT, "databases.shop.data.source: none"), (EnvironmentClass.EPHEMERAL, "--data none")]
)
def test_rows_that_are_there_stay_and_the_ways_out_are_named(cls: EnvironmentClass, keep: str) -> None:
    world = World(seeder=FakeSeeder(held="there are other rows"))
    database = replace(environment().databases[0], published=True, data=DataSpec(DataSource.SYNTHETIC, 1000, 7))
    with pytest.raises(PolicyError, match=r"^dev/shop: there are other rows$") as raised:
        world.up(environment(databases=(database,), cls=cls))
    assert "liftlock data generate dev/shop --yes" in str(raised.value.hint)
    assert str(raised.value.hint).endswith(keep)


def test_synthetic_data_without_a_way_in_is_a_mistake_of_the_configuration() -> None:
    world = World()
    database = replace(environment().databases[0], name="other", data=DataSpec(DataSource.SYNTHETIC, 1000, 7))
    world.engine.published = False
    with pytest.raises(ConfigError, match="not published"):
        world.up(environment(databases=(database,)))


def test_one_run_at_a_time_on_one_environment() -> None:
    world = World()
    world.locks.held.add("dev")
    with pytest.raises(ConflictError):
        world.up(environment())


def test_a_branch_is_made_listed_renewed_and_removed() -> None:
    world = World()
    branches = Branches(world.parts, world.environments)

    def declare(name: str) -> tuple[Environment, Source]:
        return environment(name, cls=EnvironmentClass.EPHEMERAL, ttl=timedelta(hours=8)), COMMIT

    report = branches.up("feature/x", declare, owner=ADA, ttl=None)
    (listed,) = branches.list("shop")
    assert (listed.branch, listed.owner, listed.expired) == ("feature/x", "Ada", False)
    assert timedelta(hours=7, minutes=59) < listed.ttl_left <= timedelta(hours=8)
    world.clock.moment += timedelta(hours=9)
    assert branches.list("shop")[0].expired
    branches.up("feature/x", declare, owner=Identity("Eve", "eve@shop.example"), ttl=None)
    (renewed,) = branches.list("shop")
    assert (renewed.owner, renewed.expired) == ("Ada", False)
    assert renewed.age > timedelta(hours=9)
    assert branches.down("feature/x", "shop", actor=ADA).existed
    assert branches.list("shop") == ()
    assert not branches.down("feature/x", "shop", actor=ADA).existed
    assert world.facts()[-1] is Fact.BRANCH_DOWN
    assert world.facts().count(Fact.BRANCH_DOWN) == 1
    assert report.environment.startswith("feature-x-")


def test_a_lease_is_not_given_to_a_declared_environment() -> None:
    world = World()
    world.up(environment())
    stack = world.engine.stack("dev")
    assert stack is not None
    assert read_lease(stack.values) is None


def test_status_shows_what_runs_not_what_was_asked_for() -> None:
    world = World()
    world.up(environment())
    world.engine.broken["api"] = "no"
    with pytest.raises(DeploymentError):
        world.up(environment(services=(service("api", image=image("api", "b")),)))
    (dev, absent) = Status(world.engine, world.runtime, world.ledger, world.clock, world.snapshots).show("shop", ["dev", "absent"])
    assert dev.release == environment().release_id
    assert (dev.healthy, absent.exists, absent.parts) == (True, False, ())


def test_bringing_up_a_branchs_environment_by_its_name_keeps_its_lease() -> None:
    world = World()
    branches = Branches(world.parts, world.environments)

    def declare(name: str) -> tuple[Environment, Source]:
        return environment(name, cls=EnvironmentClass.EPHEMERAL, ttl=timedelta(hours=8)), COMMIT

    name = branches.up("feature/x", declare, owner=ADA, ttl=None).environment
    assert world.up(declare(name)[0]).changed == 0
    assert [status.branch for status in branches.list("shop")] == ["feature/x"]


def test_a_database_is_not_removed_without_a_word_and_never_from_a_protected_environment() -> None:
    world = World()
    world.up(environment())
    gone = environment(services=(service(databases=()),), databases=())
    with pytest.raises(BlockedError, match=r"shop is no longer declared(.|\n)*"):
        world.up(gone)
    with pytest.raises(BlockedError, match="protected"):
        world.up(replace(gone, protected=True), remove_data=frozenset({"other"}))
    assert world.up(gone, remove_data=frozenset({"shop"})).environment == "dev"


def test_what_was_removed_is_no_evidence_any_more() -> None:
    world = World()
    world.up(environment())
    world.environments.down("dev", "shop", actor=ADA, protected=False)
    assert world.facts()[-1] is Fact.DESTROYED


def test_a_run_that_waited_deploys_what_is_declared_when_its_turn_comes() -> None:
    world = World()
    asked: list[bool] = []

    def declare() -> tuple[Environment, Source]:
        asked.append("dev" in world.locks.held)
        return environment(), COMMIT

    world.environments.up("dev", declare, actor=ADA)
    assert asked == [True]


STAGING = DeployRules(Stage("staging", ("dev",)))


def test_what_was_never_proved_upstream_is_not_deployed_and_nothing_is_touched() -> None:
    world = World()
    with pytest.raises(BlockedError, match=r"staging: rel-\w+ is not deployed: .* never proved healthy in dev$") as caught:
        world.up(environment("staging"), rules=STAGING)
    assert caught.value.hint == "promote what dev has proved: liftlock promote plan --from dev --to staging --explain"
    assert (world.engine.stack("staging"), world.facts()) == (None, [])


def test_what_was_proved_upstream_is_deployed_without_asking_the_forge() -> None:
    world = World()
    world.up(environment("dev"))
    world.offline = True
    assert world.up(environment("staging"), rules=STAGING).changed == 1
    assert world.fetched == 0


def test_a_proof_that_is_only_at_the_forge_is_fetched_when_it_is_needed() -> None:
    other, world = World(), World()
    other.up(environment("dev"))
    world.at_the_forge = [record.entry for record in other.ledger.records()]
    assert world.up(environment("staging"), rules=STAGING).changed == 1
    assert world.fetched == 1


def test_a_refusal_without_the_forge_says_how_old_its_ledger_may_be() -> None:
    world = World(offline=True)
    with pytest.raises(BlockedError, match=r"\(by the ledger as it was last fetched: the forge does not answer\)"):
        world.up(environment("staging"), rules=STAGING)


def test_a_common_configuration_that_changed_is_proved_upstream_first() -> None:
    world = World()
    world.up(environment("dev", common="cfg-1", config="cfg-1"))
    changed = environment("staging", common="cfg-2", config="cfg-2")
    with pytest.raises(BlockedError) as caught:
        world.up(changed, rules=STAGING)
    assert caught.value.hint == "prove it there first: liftlock env up dev"
    world.up(environment("dev", common="cfg-2", config="cfg-2"))
    assert world.up(changed, rules=STAGING).changed == 1


def test_a_vetoed_release_is_not_deployed_and_the_forge_is_not_asked() -> None:
    world = World()
    veto = Veto("V1", None, image("api").digest.text, (), "it leaks", "Ada", None)
    with pytest.raises(PolicyError, match="is vetoed by V1: it leaks"):
        world.up(environment("dev"), rules=DeployRules(vetoes=(veto,)))
    assert (world.fetched, world.facts()) == (0, [])
