"""Creates, previews, shows and removes environments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from liftlock.core.deploy_gate import DeployRules, refuse_deployment
from liftlock.core.deployment import Source, entries_for, needs_record, removal_entry
from liftlock.core.deployment_messages import failure_text, reasons_text
from liftlock.core.environment import Environment
from liftlock.core.errors import BlockedError, ConfigError, DeploymentError, PolicyError, UnavailableError, UsageError
from liftlock.core.ports import Identity, Passed, StackResult, StepOperation
from liftlock.core.stack import (
    read_lease,
    url,
    url_host,
)
from liftlock.services.filling import fill_databases
from liftlock.services.golden import clone_before, keep_after
from liftlock.services.parts import Parts
from liftlock.services.preparation import Prepared, Renew, keep_lease, prepare, refuse_data_loss
from liftlock.services.reports import DownReport, UpReport
from liftlock.services.unchanged import Receiver, Watch

VERIFY_SECONDS = 15.0

Declare = Callable[[], tuple[Environment, Source]]
"""The environment as it is declared at the moment of asking, and the state of the repository that says so."""


class Environments:
    """Use cases of `liftlock env`."""

    def __init__(self, parts: Parts, fetch: Callable[[], None] = lambda: None) -> None:
        """fetch: brings the forge's branches here, the ledger among them; UnavailableError where it cannot be reached."""
        self._parts = parts
        self._fetch = fetch

    def preview(self, environment: Environment) -> StackResult:
        """What `up` would change; nothing is touched and nothing is recorded."""
        prepared = prepare(self._parts, environment)
        with self._parts.progress.watching(f"{environment.name}: preview", prepared.known):
            return self._parts.engine.preview(environment.name, prepared.values, prepared.secrets)

    def up(
        self,
        name: str,
        declare: Declare,
        *,
        actor: Identity,
        renew: Renew = keep_lease,
        remove_data: frozenset[str] = frozenset(),
        rules: Callable[[], DeployRules] = DeployRules,
        watch: Watch = lambda: None,
        again: str = "",
    ) -> UpReport:
        """Makes the environment what is declared, fills its databases, asks it as a user would, and records the outcome.

        declare is asked only when nobody else works on the environment, so that a run that waited deploys what holds then.
        remove_data: databases that may be removed with their data. rules: what must be proved before. watch: where to look so
        that a next run may see that it need not run. again: the command that does this once more. Raises DeploymentError when a
        part failed; the failure is recorded and what succeeded is kept. BlockedError where the release may not come here yet.
        """
        with self._parts.locks.hold(name):
            receiver = Receiver(self._parts.receipts, self._parts.witness)
            before = receiver.begin(name, watch)
            environment, source = declare()
            self._admit(environment, rules())
            port, state, report = self._up(environment, actor, source, renew, remove_data, again or f"liftlock env up {name}")
            receiver.end(before, watch, environment, port, state, report)
            return report

    def _up(
        self, environment: Environment, actor: Identity, source: Source, renew: Renew, remove_data: frozenset[str], again: str
    ) -> tuple[int, str, UpReport]:
        parts = self._parts
        began = parts.clock.now()
        prepared = prepare(parts, environment, renew)
        refuse_data_loss(environment, [name for name in prepared.lost if name not in remove_data])
        clones = clone_before(parts, prepared)
        parts.progress.step(f"{environment.name}: release {environment.release_id}, {len(environment.services)} services")
        with parts.progress.watching(environment.name, prepared.known):
            result = parts.engine.up(environment.name, prepared.values, prepared.secrets, progress=parts.progress)
        if result.failures:
            self._record(prepared, result, result.failures, actor, source)
            raise self._not_deployed(prepared, result, again)
        rows = fill_databases(self._parts, prepared.environment, clones, lambda database: _address(prepared, result, database))
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
            clones=clones.names(),
        )
        self._leave_copies(prepared, result, report)
        return prepared.port, result.checksum, report

    def _admit(self, environment: Environment, rules: DeployRules) -> None:
        """Asks the forge for newer evidence only where what is here does not do: a deployment needs no network for its gate."""
        if rules.stage is None and not rules.vetoes:
            return
        now, what = self._parts.clock.now(), f"{environment.name}: {environment.release_id} is not deployed"
        refusal = refuse_deployment(environment, rules, self._parts.ledger.records(), now)
        if refusal is None:
            return
        if refusal.policy:
            raise PolicyError(f"{what}: {refusal.reason}", hint=refusal.hint)
        offline = ""
        try:
            self._fetch()
        except (UnavailableError, UsageError) as err:
            offline = f" (by the ledger as it was last fetched: {err.message})"
        refusal = refuse_deployment(environment, rules, self._parts.ledger.records(), now)
        if refusal is not None:
            raise BlockedError(f"{what}: {refusal.reason}{offline}", hint=refusal.hint)

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

    def _leave_copies(self, prepared: Prepared, result: StackResult, report: UpReport) -> None:
        """Golden copies of what this run filled: when all is proved and recorded, so that nothing is lost if somebody stops here."""
        for database in prepared.environment.databases:
            if report.rows.get(database.name) and database.name not in report.clones:
                keep_after(self._parts, prepared.environment, database, _address(prepared, result, database.name))

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


def _address(prepared: Prepared, result: StackResult, database: str) -> str:
    """The database's URL, from the machine that runs liftlock."""
    ports = result.outputs.get("databases")
    port = ports.get(database) if isinstance(ports, dict) else None
    if not isinstance(port, int):
        raise ConfigError(
            f"environment {prepared.environment.name}: database {database} takes synthetic data but is not published",
            hint=f"set databases.{database}.published: true for this environment",
        )
    password = prepared.secrets[f"database/{database}/password"]
    return f"postgresql://{database}:{password}@127.0.0.1:{port}/{database}"


def _not_proved(environment: Environment, failures: Mapping[str, str], again: str) -> DeploymentError:
    logs = "; ".join(f"liftlock env logs {environment.name} {service}" for service in failures)
    return DeploymentError(
        reasons_text(f"{environment.name}: release {environment.release_id} is deployed, but not proved healthy", failures),
        hint=f"it runs as it is and is not promoted; see why: {logs}; then run: {again}",
        failures=failures,
    )


def _seconds(began: datetime, ended: datetime) -> float:
    return (ended - began).total_seconds()
