"""Creates, previews, shows and removes environments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from liftlock.core.deployment import Source, entries_for, needs_record, removal_entry
from liftlock.core.deployment_messages import failure_text, reasons_text
from liftlock.core.environment import DataSource, Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, ConfigError, ConflictError, DeploymentError, LiftlockError
from liftlock.core.ledger import Json
from liftlock.core.ports import Identity, Passed, StackResult, StepOperation
from liftlock.core.stack import (
    Lease,
    lost_databases,
    port_candidates,
    port_of,
    read_lease,
    secret_keys,
    stack_values,
    unproven_images,
    url,
    url_host,
)
from liftlock.services.parts import Parts
from liftlock.services.reports import DownReport, UpReport
from liftlock.services.unchanged import Receiver, Watch

VERIFY_SECONDS = 15.0

Declare = Callable[[], tuple[Environment, Source]]
"""The environment as it is declared at the moment of asking, and the state of the repository that says so."""

Renew = Callable[[Environment, Lease | None], Lease | None]
"""The environment and the lease that it holds -> the lease that it gets."""


def _keep_lease(environment: Environment, held: Lease | None) -> Lease | None:  # noqa: ARG001 - one of two ways to renew
    return held


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that an engine run needs; secrets are kept out of its representation. lost: databases that would be removed.

    known: how many resources the state has.
    """

    environment: Environment
    port: int
    values: Mapping[str, Json]
    lease: Lease | None
    lost: tuple[str, ...]
    known: int
    secrets: Mapping[str, str] = field(repr=False)


class Environments:
    """Use cases of `liftlock env`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def preview(self, environment: Environment) -> StackResult:
        """What `up` would change; nothing is touched and nothing is recorded."""
        prepared = self._prepare(environment, _keep_lease)
        with self._parts.progress.watching(f"{environment.name}: preview", prepared.known):
            return self._parts.engine.preview(environment.name, prepared.values, prepared.secrets)

    def up(
        self,
        name: str,
        declare: Declare,
        *,
        actor: Identity,
        renew: Renew = _keep_lease,
        remove_data: frozenset[str] = frozenset(),
        watch: Watch = lambda: None,
        again: str = "",
    ) -> UpReport:
        """Makes the environment what is declared, fills its databases, asks it as a user would, and records the outcome.

        declare is asked only when nobody else works on the environment, so that a run that waited deploys what holds then.
        remove_data: databases that may be removed with their data. watch: where to look so that a next run may see that it
        need not run. again: the command that does this once more. Raises DeploymentError when a part failed; the failure is
        recorded and what succeeded is kept.
        """
        with self._parts.locks.hold(name):
            receiver = Receiver(self._parts.receipts, self._parts.witness)
            before = receiver.begin(name, watch)
            environment, source = declare()
            port, state, report = self._up(environment, actor, source, renew, remove_data, again or f"liftlock env up {name}")
            receiver.end(before, watch, environment, port, state, report)
            return report

    def _up(
        self, environment: Environment, actor: Identity, source: Source, renew: Renew, remove_data: frozenset[str], again: str
    ) -> tuple[int, str, UpReport]:
        parts = self._parts
        began = parts.clock.now()
        prepared = self._prepare(environment, renew)
        _refuse_data_loss(environment, [name for name in prepared.lost if name not in remove_data])
        parts.progress.step(f"{environment.name}: release {environment.release_id}, {len(environment.services)} services")
        with parts.progress.watching(environment.name, prepared.known):
            result = parts.engine.up(environment.name, prepared.values, prepared.secrets, progress=parts.progress)
        if result.failures:
            self._record(prepared, result, result.failures, actor, source)
            raise self._not_deployed(prepared, result, again)
        rows = self._seed(prepared, result)
        failures = self._verify(prepared)
        recorded = self._record(prepared, result, failures, actor, source)
        if failures:
            raise _not_proved(environment, failures, again)
        report = UpReport(
            environment=environment.name,
            url=url(environment.name, environment.project, prepared.port),
            release=environment.release_id,
            engine=parts.engine.name,
            changes=result.changes,
            rows=rows,
            services={service.name: str(service.image) for service in environment.services},
            seconds=_seconds(began, parts.clock.now()),
            recorded=recorded,
        )
        return prepared.port, result.checksum, report

    def down(self, environment: str, project: str, *, actor: Identity, protected: bool, again: str = "") -> DownReport:
        """Removes everything of the environment and nothing else, and records it; an environment that is not there is fine.

        again: the command that does this once more.
        """
        if protected:
            raise BlockedError(
                f"{environment} is protected and is not removed",
                hint=f"set `protected: false` in environments/{environment}.yaml by a reviewed change first",
            )
        with self._parts.locks.hold(environment):
            return self._down(environment, project, actor, again or f"liftlock env down {environment} --yes")

    def _down(self, environment: str, project: str, actor: Identity, again: str) -> DownReport:
        parts = self._parts
        began = parts.clock.now()
        parts.progress.step(f"{environment}: removing")
        parts.receipts.drop(environment)
        stack = parts.engine.stack(environment)
        with parts.progress.watching(environment, stack.resources if stack else 0):
            result = parts.engine.down(environment, progress=parts.progress)
        if result.failures:
            text = failure_text(f"{environment} could not be removed whole", result)
            raise DeploymentError(text, hint=f"mend the cause, then run: {again}", failures=result.failures)
        leftovers = parts.runtime.sweep(project, environment)
        existed = stack is not None or bool(leftovers)
        if existed:
            lease = read_lease(stack.values) if stack else None
            parts.ledger.append([removal_entry(environment, lease, actor=actor, at=parts.clock.now())])
        names = (*(change.name for change in result.changes if change.operation is StepOperation.DELETE), *leftovers)
        return DownReport(environment, existed, len(names), _seconds(began, parts.clock.now()), names)

    def _prepare(self, environment: Environment, renew: Renew) -> Prepared:
        applied = self._parts.engine.stack(environment.name)
        # Asked in any case: a Docker engine that is down is said once and before anything is recorded, not by each resource.
        running = self._parts.runtime.parts(environment.project, environment.name)
        if applied is None and running:
            raise _unclaimed(environment, len(running))
        self._check_digests(environment, applied.values if applied else None)
        port = self._choose_port(environment, port_of(applied.values) if applied else None)
        secrets = self._collect_secrets(environment, existed=applied is not None)
        lease = renew(environment, read_lease(applied.values) if applied else None)
        lost = lost_databases(environment, applied.values if applied else None)
        known = applied.resources if applied else 0
        return Prepared(environment, port, stack_values(environment, port=port, lease=lease), lease, lost, known, secrets)

    def _check_digests(self, environment: Environment, applied: Mapping[str, Json] | None) -> None:
        for image in unproven_images(environment, applied):
            if self._parts.registry.resolve(image.repository, str(image.digest)) is None:
                raise LiftlockError(
                    f"{environment.name}: the registry has no {image}",
                    hint="it was never pushed or was pruned; push it again, or record another version: liftlock image record",
                )

    def _choose_port(self, environment: Environment, kept: int | None) -> int:
        """The environment's own port is taken by its own router when it runs; only a port that is new here must be free."""
        if kept is not None and environment.port in {None, kept}:
            return kept
        others = (port_of(stack.values) for stack in self._parts.engine.stacks() if stack.environment != environment.name)
        candidates = port_candidates(environment, kept, frozenset(port for port in others if port is not None))
        port = self._parts.runtime.free_port(candidates)
        if port is None:
            wanted = (
                f"port {candidates[0]}" if len(candidates) == 1 else f"every port from {environment.ports[0]} to {environment.ports[1]}"
            )
            raise ConflictError(
                f"{environment.name}: {wanted} is in use on 127.0.0.1",
                hint=f"stop what uses it, or set another `port` in environments/{environment.name}.yaml (`ports` in liftlock.yaml)",
            )
        return port

    def _collect_secrets(self, environment: Environment, *, existed: bool) -> dict[str, str]:
        """Generated secrets are kept from run to run, references are resolved anew."""
        kept = self._parts.engine.secrets(environment.name) if existed else {}
        found: dict[str, str] = {}
        for key, reference in secret_keys(environment).items():
            if reference is not None:
                found[key] = self._parts.secrets.resolve(reference)
            else:
                found[key] = kept.get(key) or self._parts.secrets.generate()
        return found

    def _seed(self, prepared: Prepared, result: StackResult) -> dict[str, int]:
        """Fills each database that asks for synthetic rows; one that is filled already is left alone."""
        ports = result.outputs.get("databases")
        rows: dict[str, int] = {}
        for database in prepared.environment.databases:
            if database.data.source is DataSource.NONE:
                continue
            port = ports.get(database.name) if isinstance(ports, dict) else None
            if not isinstance(port, int):
                raise ConfigError(
                    f"environment {prepared.environment.name}: database {database.name} takes synthetic data but is not published",
                    hint=f"set databases.{database.name}.published: true for this environment",
                )
            password = prepared.secrets[f"database/{database.name}/password"]
            address = f"postgresql://{database.name}:{password}@127.0.0.1:{port}/{database.name}"
            with self._parts.progress.watching(f"{prepared.environment.name}: data of {database.name}"):
                rows[database.name] = self._parts.seeder.seed(
                    address, rows=database.data.rows, seed=database.data.seed, progress=self._parts.progress
                )
        return rows

    def _verify(self, prepared: Prepared) -> dict[str, str]:
        """Asks every public route through the router; service -> what is wrong."""
        environment, progress = prepared.environment, self._parts.progress
        host = url_host(environment.name, environment.project)
        wrong: dict[str, str] = {}
        with progress.watching(f"{environment.name}: proof"):
            for service in environment.services:
                if service.route is None:
                    continue
                progress.item(service.name, f"asked for {service.route}")
                status = self._parts.probe.get(prepared.port, service.route, host=host, timeout=VERIFY_SECONDS)
                progress.passed(service.name, Passed.SAME)
                if not 200 <= status < 400:
                    wrong[service.name] = f"{service.route} answers {f'HTTP {status}' if status else 'nothing'} at the environment's URL"
        return wrong

    def _record(self, prepared: Prepared, result: StackResult, failures: Mapping[str, str], actor: Identity, source: Source) -> bool:
        """Writes what happened to the ledger; a run that changed nothing and has its proof on record leaves no new one."""
        environment = prepared.environment
        changed = any(change.operation is not StepOperation.SAME for change in result.changes)
        ledger = self._parts.ledger
        if not failures and not changed and not needs_record(ledger.records(), environment.name, environment.release_id):
            return False
        ledger.append(
            entries_for(
                environment,
                failures=failures,
                actor=actor,
                at=self._parts.clock.now(),
                source=source,
                engine=self._parts.engine.name,
                seconds=result.seconds,
                lease=prepared.lease,
            )
        )
        return True

    def _not_deployed(self, prepared: Prepared, result: StackResult, again: str) -> DeploymentError:
        environment = prepared.environment
        status = self._parts.probe.get(prepared.port, "/", host=url_host(environment.name, environment.project), timeout=0.5)
        address = url(environment.name, environment.project, prepared.port)
        serving = f"{address} answers (HTTP {status}) with what ran before" if 200 <= status < 400 else ""
        return DeploymentError(
            failure_text(f"{environment.name}: release {environment.release_id} was not deployed", result, serving=serving),
            hint=f"mend the cause, then run: {again}",
            failures=result.failures,
        )


def _not_proved(environment: Environment, failures: Mapping[str, str], again: str) -> DeploymentError:
    logs = "; ".join(f"liftlock env logs {environment.name} {service}" for service in failures)
    return DeploymentError(
        reasons_text(f"{environment.name}: release {environment.release_id} is deployed, but not proved healthy", failures),
        hint=f"it runs as it is and is not promoted; see why: {logs}; then run: {again}",
        failures=failures,
    )


def _refuse_data_loss(environment: Environment, lost: Sequence[str]) -> None:
    if not lost:
        return
    if environment.protected:
        raise BlockedError(
            f"{environment.name} is protected, and this would remove {', '.join(lost)} with all data",
            hint="declare the database again; the data of a protected environment is not removed",
        )
    options = " ".join(f"--remove-data {name}" for name in lost)
    raise BlockedError(
        f"{environment.name}: {', '.join(lost)} is no longer declared; this would remove it with all data",
        hint=f"declare it again, or say so: liftlock env up {environment.name} {options}",
    )


def _unclaimed(environment: Environment, containers: int) -> ConflictError:
    """Without a state nothing is known of what runs there; making it anew would lose its passwords and leave orphans."""
    ephemeral = environment.cls is EnvironmentClass.EPHEMERAL
    down = "liftlock branch down --branch NAME" if ephemeral else f"liftlock env down {environment.name} --yes"
    return ConflictError(
        f"{environment.name} runs on this Docker engine ({containers} containers), and this checkout has no state of it",
        hint=f"work in the checkout that made it, or copy its .liftlock folder here; to give it up with its data: {down}",
    )


def _seconds(began: datetime, ended: datetime) -> float:
    return (ended - began).total_seconds()
