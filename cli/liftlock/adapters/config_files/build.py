"""Checked shapes to the types that everything else works with, and back to a document for people."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath

from liftlock.adapters.config_files import gate_shapes, service_shapes, settings_shapes, shapes
from liftlock.core.environment import (
    Database,
    DataSource,
    DataSpec,
    Environment,
    EnvironmentClass,
    HealthCheck,
    Migration,
    Secret,
    Service,
)
from liftlock.core.gates.calendar import DAYS
from liftlock.core.image import ImageRef
from liftlock.core.project import (
    AttestationMode,
    AttestationRule,
    DockerProvider,
    EngineKind,
    EngineSettings,
    ForgeKind,
    ForgeSettings,
    Gates,
    IdentitySigner,
    Judgement,
    KeySigner,
    MergeMethod,
    PolicyApprovals,
    Project,
    SigningSettings,
    Stage,
    Window,
)
from liftlock.core.slsa import repository_address


def build_project(file: shapes.ProjectFile) -> Project:
    """liftlock.yaml as the project."""
    return Project(
        name=file.project,
        id=file.id,
        registry=file.registry,
        forge=_forge(file.forge),
        engine=_engine(file.engine),
        services=tuple((name, f"{file.registry}/{service.repository}") for name, service in file.services.items()),
        databases=tuple(file.databases),
        policy=PolicyApprovals(file.policy.approvals, file.policy.tighten),
        pipeline=tuple(Stage(stage.environment, tuple(stage.upstream), _gates(stage.gates)) for stage in file.pipeline),
        signing=SigningSettings(file.signing.key, _key_file(file.signing.public)) if file.signing else None,
    )


def _signer(rule: gate_shapes.Attestation) -> KeySigner | IdentitySigner:
    if rule.key is not None:
        return KeySigner(_key_file(rule.key))
    # The shape has seen to it that all three are there.
    return IdentitySigner(rule.identity or "", rule.issuer or "", _key_file(rule.root or ""))


def _key_file(reference: str) -> PurePosixPath:
    return PurePosixPath(reference.removeprefix("file:"))


def _gates(gates: gate_shapes.Gates) -> Gates:
    judgement = gates.judgement
    return Gates(
        verified=gates.verified,
        approvals=gates.approvals,
        approvers=tuple(gates.approvers),
        soak=gates.soak,
        smoke=gates.smoke,
        windows=tuple(
            Window(frozenset(map(DAYS.index, item.days)), item.opens, item.closes, item.zone, item.hotfix) for item in gates.windows
        ),
        checks=tuple(gates.checks),
        judgement=Judgement(tuple(judgement.by), judgement.valid) if judgement else None,
        attestation=_attestation(gates.attestation) if gates.attestation else None,
    )


def _attestation(rule: gate_shapes.Attestation) -> AttestationRule:
    return AttestationRule(
        mode=AttestationMode(rule.mode),
        predicate=rule.predicate,
        signer=_signer(rule),
        builder=rule.builder,
        source=repository_address(rule.source) if rule.source else None,
    )


def _forge(forge: settings_shapes.Forge) -> ForgeSettings:
    return ForgeSettings(ForgeKind(forge.kind), forge.url, forge.base, forge.token, forge.api, MergeMethod(forge.merge), forge.queue)


def _engine(engine: settings_shapes.Engine) -> EngineSettings:
    return EngineSettings(
        EngineKind(engine.kind),
        PurePath(engine.state),
        engine.passphrase,
        engine.backend,
        engine.secrets_provider,
        DockerProvider(engine.docker_provider),
    )


def build_environment(merged: shapes.MergedEnvironment, *, project: Project, name: str) -> Environment:
    """The merged values as the environment."""
    return Environment(
        project=project.name,
        project_id=project.id,
        name=name,
        cls=EnvironmentClass(merged.cls),
        protected=merged.protected,
        router=ImageRef.parse(merged.router.image),
        services=tuple(_service(service, values) for service, values in merged.services.items()),
        databases=tuple(_database(database, values) for database, values in merged.databases.items()),
        port=merged.port,
        ports=(merged.ports.first, merged.ports.last),
        ttl=merged.ttl,
    )


def _service(name: str, values: shapes.MergedService) -> Service:
    health = values.health
    return Service(
        name=name,
        image=ImageRef.parse(values.image),
        port=values.port,
        health=HealthCheck(health.path, health.interval, health.timeout, health.retries, health.start_period),
        env=tuple(values.env.items()),
        secrets=tuple((variable, Secret(reference)) for variable, reference in values.secrets.items()),
        databases=tuple(values.databases),
        migration=Migration(tuple(values.migration.command)) if values.migration else None,
        memory_mib=values.memory,
        route=values.route,
        command=tuple(values.command) if values.command else None,
    )


def _database(name: str, values: service_shapes.Database) -> Database:
    said = values.data
    data = DataSpec(DataSource(said.source), said.rows, said.seed, said.snapshot, said.size, said.locale)
    return Database(name, ImageRef.parse(values.image), values.memory, values.published, data)
