"""Places with an engine and a runtime, on fakes or on Docker, where things can be changed behind the engine's back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import docker

from liftlock.adapters.docker_runtime import DockerRuntime
from liftlock.adapters.engines.embedded import EmbeddedEngine
from liftlock.adapters.engines.pulumi.settings import PulumiSettings
from liftlock.core.environment import Database, Environment, Migration
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Json
from liftlock.core.ports import Engine, Runtime
from liftlock.core.stack import stack_values
from liftlock_engine import FileBackend, StackName
from tests.fakes.environments import FakeEngine, FakeRuntime, QuietProgress
from tests.pulumi_cli import pulumi_cli
from tests.samples import environment, service

_IMAGES = Path(__file__).parents[2] / ".machine" / "images.json"
TOKEN, PASSWORD, NAMING = "tOkEn-4711-of-api", "pAsSwOrD-4711", "nAmInG-4711"
SECRETS = {
    "service/api/TOKEN": TOKEN,
    "service/web/TOKEN": TOKEN,
    "database/shop/password": PASSWORD,
    "naming": NAMING,
}


class Place(Protocol):
    """One project somewhere. The environment `dev` is up in it, others are not there."""

    @property
    def project(self) -> str: ...

    @property
    def engine(self) -> Engine: ...

    @property
    def runtime(self) -> Runtime: ...

    @property
    def healthy(self) -> Mapping[str, Json]:
        """What dev was brought up with."""
        ...

    def name(self, service: str) -> str:
        """The name of the service's resource."""
        ...

    def small(self, environment: str) -> Mapping[str, Json]:
        """Another environment, of one service without a database."""
        ...

    def failing(self) -> AbstractContextManager[Mapping[str, Json]]:
        """dev with a `web` that cannot come up and says the token while it fails."""
        ...

    def tamper(self, service: str) -> None:
        """Changes the service's memory outside of the engine."""
        ...

    def lose(self, service: str) -> None:
        """Removes what the service runs in outside of the engine."""
        ...

    def stray(self, environment: str) -> None:
        """Something labelled as the environment's that no state knows of."""
        ...

    def cut_off(self) -> AbstractContextManager[Engine]:
        """The engine while nothing of the place answers."""
        ...

    def held(self, environment: str) -> AbstractContextManager[None]:
        """While another run has the environment."""
        ...

    def files(self) -> str:
        """Everything that the engine wrote down."""
        ...


def changed(values: Mapping[str, Json], service: str, **changes: Json) -> dict[str, Json]:
    """The values with some of one service's replaced."""
    copy: dict[str, Any] = json.loads(json.dumps(values))
    for item in copy["services"]:
        if item["name"] == service:
            item.update(changes)
    return copy


def without(values: Mapping[str, Json], service: str) -> dict[str, Json]:
    """The values without one service."""
    copy: dict[str, Any] = json.loads(json.dumps(values))
    copy["services"] = [item for item in copy["services"] if item["name"] != service]
    return copy


@dataclass
class FakePlace:
    """On the fakes."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    project: str = "shop"

    def __post_init__(self) -> None:
        self.runtime = FakeRuntime(self.engine)
        both = (service("api", memory_mib=128), service("web", databases=(), migration=None))
        self.healthy = stack_values(environment(services=both), port=18100)

    def name(self, service: str) -> str:
        return service

    def small(self, environment_name: str) -> Mapping[str, Json]:
        return stack_values(environment(environment_name, services=(service("web", databases=()),), databases=()), port=18101)

    @contextmanager
    def failing(self) -> Iterator[Mapping[str, Json]]:
        self.engine.broken["web"] = f"it said {TOKEN}"
        yield changed(self.healthy, "web", memory=65)
        del self.engine.broken["web"]

    def tamper(self, service: str) -> None:
        self.engine.live["dev", service]["memory"] = 77

    def lose(self, service: str) -> None:
        del self.engine.live["dev", service]

    def stray(self, environment: str) -> None:
        self.engine.live[environment, "stray"] = {"image": "x", "memory": None}

    @contextmanager
    def cut_off(self) -> Iterator[Engine]:
        self.engine.unreachable = True
        yield self.engine
        self.engine.unreachable = False

    @contextmanager
    def held(self, environment: str) -> Iterator[None]:
        self.engine.held[environment] = "process 4711"
        yield
        del self.engine.held[environment]

    def files(self) -> str:
        return repr(self.engine.stacks())


class DockerPlace:
    """On the Docker engine, with the project's own images, under a project name that nobody else has."""

    def __init__(self, folder: Path) -> None:
        self.project = f"llct{uuid.uuid4().hex[:8]}"
        self._folder = folder
        self._client = docker.from_env()
        self._images = json.loads(_IMAGES.read_text())["images"]
        self.docker_runtime = DockerRuntime()
        self.runtime: Runtime = self.docker_runtime
        self.engine: Engine = self._engine(None)
        self.healthy = self._values("dev", databases=True)

    def _engine(self, endpoint: str | None) -> Engine:
        return EmbeddedEngine(self.project, self._folder, lambda: "a passphrase", endpoint, QuietProgress())

    def _values(self, name: str, *, databases: bool) -> Mapping[str, Json]:
        port = self.runtime.free_port(range(28100, 28999))
        assert port is not None
        return stack_values(self._environment(name, databases=databases), port=port)

    def _environment(self, name: str, *, databases: bool) -> Environment:
        shop, router = self._images["shop"]["v1"], ImageRef.parse(self._images["router"])
        api = service("api", image=ImageRef.parse(shop["api"]), route=None, migration=Migration(("python3", "-m", "shop.migrate")))
        web = service("web", image=ImageRef.parse(shop["web"]), databases=(), migration=None, env=(("API_URL", "http://api"),))
        store = Database("shop", ImageRef.parse(self._images["postgres"]), published=True)
        services, stores = ((api, web), (store,)) if databases else ((web,), ())
        return replace(environment(name, services=services, databases=stores, router=router), project=self.project)

    def name(self, service: str) -> str:
        return f"service-{service}"

    def small(self, environment: str) -> Mapping[str, Json]:
        return self._values(environment, databases=False)

    def failing(self) -> AbstractContextManager[Mapping[str, Json]]:
        tell: list[Json] = ["python3", "-c", "import os, sys; print('it said', os.environ['TOKEN']); sys.exit(3)"]
        return nullcontext(changed(self.healthy, "web", migration=tell))

    def tamper(self, service: str) -> None:
        self._container(service).update(mem_limit=100 << 20, memswap_limit=-1)

    def lose(self, service: str) -> None:
        self._container(service).remove(force=True)

    def stray(self, environment: str) -> None:
        labels = {"liftlock.managed": "true", "liftlock.project": self.project, "liftlock.environment": environment}
        self._client.containers.create(self._images["router"], name=f"{self.project}-{environment}-stray", labels=labels)
        self._client.networks.create(f"{self.project}-{environment}", labels=labels)

    def cut_off(self) -> AbstractContextManager[Engine]:
        return nullcontext(self._engine(f"unix://{self._folder}/nobody.sock"))

    def held(self, environment: str) -> AbstractContextManager[None]:
        return FileBackend(self._folder).lock(StackName(self.project, environment), lambda text: None)

    def files(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in self._folder.rglob("*") if path.is_file())

    def _container(self, service: str) -> Any:
        labels = [f"liftlock.project={self.project}", "liftlock.environment=dev", f"liftlock.service={service}", "liftlock.role=service"]
        (found,) = self._client.containers.list(all=True, filters={"label": labels})
        return found

    def close(self) -> None:
        """Removes everything that carries the project's label."""
        chosen: dict[str, Any] = {"label": [f"liftlock.project={self.project}"]}
        for item in self._client.containers.list(all=True, filters=chosen):
            item.remove(force=True, v=True)
        for network in self._client.networks.list(filters=chosen):
            network.remove()
        for volume in self._client.volumes.list(filters=chosen):
            volume.remove(force=True)
        self._client.close()
        if (client := vars(self.docker_runtime).get("_client")) is not None:
            client.close()


class PulumiPlace(DockerPlace):
    """The same on the real Pulumi CLI, with our provider as its plugin."""

    def _settings(self, endpoint: str | None) -> PulumiSettings:
        return PulumiSettings(
            project=self.project,
            state=self._folder,
            work=self._folder / "work",
            passphrase=lambda: "a passphrase",
            docker_endpoint=endpoint,
            cli=pulumi_cli(),
        )

    def _engine(self, endpoint: str | None) -> Engine:
        from liftlock.adapters.engines.pulumi.engine import PulumiEngine

        return PulumiEngine(self._settings(endpoint), QuietProgress())


class FarPulumiPlace(PulumiPlace):
    """The same with a state that only the CLI reads and writes, as in a bucket."""

    def _settings(self, endpoint: str | None) -> PulumiSettings:
        return replace(super()._settings(endpoint), state=self._folder / "configuration", backend=f"file://{self._folder}")


PLACES = {"docker": DockerPlace, "pulumi": PulumiPlace, "pulumi far away": FarPulumiPlace}


def has_images() -> bool:
    """Whether the project's images were made on this machine."""
    return _IMAGES.exists()
