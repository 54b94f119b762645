"""The shape of each file, as pydantic models. They check one file at a time; what spans files is checked in liftlock.core.config.

Every field has a description and an example: `liftlock config schema` hands them to editors. The parts that files are made of are in the
modules beside this one.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from liftlock.adapters.config_files.gate_shapes import PolicyApprovals, Stage
from liftlock.adapters.config_files.service_shapes import Database, DatabaseValues, Ports, Router, Service, ServiceValues
from liftlock.adapters.config_files.settings_shapes import Engine, Forge, Signing
from liftlock.adapters.config_files.shape_types import Duration, Image, Name, Port, ProjectId, Registry, Shape, Written


class ProjectFile(Shape):
    """liftlock.yaml: what holds for every environment."""

    version: Literal[1] = Field(description="The version of this format.", examples=[1])
    project: Name = Field(description="The project's name; part of every object's name.", examples=["shop"])
    id: ProjectId = Field(
        default="",
        description="Tells this project from another of its name on one Docker engine; written by init.",
        examples=["3f9a1c2e"],
    )
    registry: Registry = Field(description="The registry that holds the project's images.", examples=["127.0.0.1:5000"])
    forge: Forge = Field(
        description="Where pull requests are opened, reviewed and merged.",
        examples=[{"kind": "local", "url": "../shop.git", "base": "main"}],
    )
    engine: Engine = Field(default_factory=Engine, description="What runs the environments.", examples=[{"kind": "auto"}])
    router: Router = Field(
        description="What gives each environment its URL.", examples=[{"image": "registry.example/router@sha256:" + "0" * 64}]
    )
    ports: Ports = Field(
        default_factory=lambda: Ports.model_validate({}),
        description="Ports for environments that declare none.",
        examples=[{"from": 18100, "to": 18999}],
    )
    services: dict[Name, Service] = Field(
        min_length=1, description="The services, by name.", examples=[{"api": {"repository": "shop/api", "port": 8000}}]
    )
    databases: dict[Name, Database] = Field(
        default_factory=dict,
        description="The databases, by name.",
        examples=[{"shop": {"image": "registry.example/postgres@sha256:" + "0" * 64}}],
    )
    pipeline: list[Stage] = Field(
        min_length=1,
        description="The order in which a release rises.",
        examples=[[{"environment": "dev"}, {"environment": "prod", "from": ["dev"]}]],
    )
    signing: Signing | None = Field(
        default=None,
        description="Signs the ledger's record of every promotion.",
        examples=[{"key": "env:LIFTLOCK_SIGNING_KEY", "public": "file:keys/liftlock.pub"}],
    )
    policy: PolicyApprovals = Field(
        default_factory=PolicyApprovals, description="Who must agree to a change of policy.", examples=[{"approvals": 1, "tighten": 0}]
    )


class _EnvironmentValues(Shape):
    cls: Literal["persistent", "ephemeral"] = Field(
        default="persistent", alias="class", description="ephemeral: a class of environments, one per branch.", examples=["ephemeral"]
    )
    protected: bool = Field(
        default=False, description="Destroying it needs more than a flag, and it takes no synthetic data.", examples=[True]
    )
    port: Port | None = Field(
        default=None, description="The loopback port of its URL; otherwise one of liftlock.yaml's ports.", examples=[18080]
    )
    ttl: Duration | None = Field(default=None, description="How long an ephemeral environment lives.", examples=["72h"])


class EnvironmentFile(_EnvironmentValues):
    """environments/NAME.yaml: what differs in one environment. Mappings merge, scalars and lists replace, null removes."""

    extends: Name | None = Field(default=None, description="The environment file that this one builds on.", examples=["base"])
    release: Name | None = Field(default=None, description="For an ephemeral class: whose release it starts from.", examples=["dev"])
    services: dict[Name, ServiceValues | None] = Field(
        default_factory=dict, description="By service; null leaves it out.", examples=[{"api": {"memory": 256}}]
    )
    databases: dict[Name, DatabaseValues | None] = Field(
        default_factory=dict, description="By database; null leaves it out.", examples=[{"shop": {"published": True}}]
    )


class ReleasedService(Shape):
    """One service's line of a release."""

    image: Image = Field(description="repository@sha256:…, registry included.", examples=["registry.example/shop/api@sha256:" + "0" * 64])
    tag: Written | None = Field(default=None, description="The tag that it had, for people.", examples=["v1"])
    commit: Written | None = Field(default=None, description="The source commit that it was built from.", examples=["1a2b3c4"])


class ReleaseFile(Shape):
    """releases/NAME.yaml: which digest each service runs. Written by liftlock; the only file that a promotion edits."""

    services: dict[Name, ReleasedService] = Field(
        default_factory=dict,
        description="By service.",
        examples=[{"api": {"image": "registry.example/shop/api@sha256:" + "0" * 64, "tag": "v1"}}],
    )


class MergedService(Service):
    """A service with its release."""

    image: Image = Field(description="What the release says.", examples=["registry.example/shop/api@sha256:" + "0" * 64])
    tag: Written | None = Field(default=None, description="The tag that it had.", examples=["v1"])
    commit: Written | None = Field(default=None, description="Its source commit.", examples=["1a2b3c4"])


class MergedEnvironment(_EnvironmentValues):
    """One environment when all layers are put together."""

    router: Router = Field(description="As in liftlock.yaml.", examples=[{"image": "registry.example/router@sha256:" + "0" * 64}])
    ports: Ports = Field(
        default_factory=lambda: Ports.model_validate({}), description="As in liftlock.yaml.", examples=[{"from": 18100, "to": 18999}]
    )
    services: dict[Name, MergedService] = Field(
        default_factory=dict, description="By service.", examples=[{"api": {"repository": "shop/api", "port": 8000}}]
    )
    databases: dict[Name, Database] = Field(
        default_factory=dict, description="By database.", examples=[{"shop": {"image": "registry.example/postgres@sha256:" + "0" * 64}}]
    )
