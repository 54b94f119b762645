"""What `init` will write, decided before anything is touched: names, images, and where repository and forge go. Pure."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

from liftlock.core.config.text_rules import NAME, PROJECT_ID, REGISTRY, REPOSITORY
from liftlock.core.errors import ConfigError, LiftlockError, UsageError
from liftlock.core.image import ImageRef
from liftlock.core.project import EngineKind, EngineSettings, ForgeKind, ForgeSettings, Gates, Project, Stage

DEFAULT_REGISTRY = "127.0.0.1:5000"
_EXAMPLE = "--forge https://github.com/OWNER/REPOSITORY, or --forge gitea:https://HOST/OWNER/REPOSITORY"
_ENDINGS = re.compile(r"[-_.]?(environments?|envs?|deploy|gitops)$")
_REMAKE = "run make images again in liftlock's source, or leave --images out and write the digests by hand"


@dataclass(frozen=True, slots=True)
class NewService:
    """A service to declare. sample: its part in the shop sample, "" for any other."""

    name: str
    repository: str
    port: int
    sample: str = ""


_REVIEWED = Gates(verified=True, approvals=1)
PIPELINE = (Stage("dev"), Stage("staging", ("dev",), _REVIEWED), Stage("prod", ("staging",), _REVIEWED))
"""What liftlock.yaml.j2 declares."""
FORGE_TOKEN = "env:LIFTLOCK_FORGE_TOKEN"  # noqa: S105 - where it is, not what it is
_HOSTS = {"github.com": ForgeKind.GITHUB, "gitlab.com": ForgeKind.GITLAB, "codeberg.org": ForgeKind.GITEA}
SHOP = (NewService("api", "shop/api", 8000, "api"), NewService("web", "shop/web", 8000, "web"))


@dataclass(frozen=True, slots=True)
class KnownImages:
    """What `make images` pushed: the registry and, where it has them, the router and PostgreSQL by digest."""

    registry: str | None = None
    router: ImageRef | None = None
    postgres: ImageRef | None = None


@dataclass(frozen=True, slots=True)
class NewRepository:
    """The plan. folder is absolute; forge is how liftlock.yaml names it; bare: the absolute path of a local one, None for any other."""

    folder: PurePath
    forge: ForgeSettings
    bare: PurePath | None
    project: str
    registry: str
    services: tuple[NewService, ...]
    images: KnownImages
    id: str

    @property
    def sample(self) -> bool:
        """Whether it declares the shop sample."""
        return self.services == SHOP

    @property
    def declared(self) -> Project:
        """What its liftlock.yaml declares, as far as CI files need it: also where router or databases are still to be filled in."""
        return Project(
            name=self.project,
            registry=self.registry,
            forge=self.forge,
            engine=EngineSettings(EngineKind.AUTO, PurePath(".liftlock/state"), "file:.liftlock/passphrase"),
            services=tuple((service.name, f"{self.registry}/{service.repository}") for service in self.services),
            databases=("shop",) if self.sample else (),
            pipeline=PIPELINE,
            id=self.id,
        )


def plan_repository(
    folder: PurePath,
    *,
    project: str | None = None,
    registry: str | None = None,
    services: Sequence[str] = (),
    images: KnownImages | None = None,
    id: str,
) -> NewRepository:
    """The plan for an absolute folder, with its forge beside it; UsageError names the option that does not fit."""
    known = images or KnownImages()
    name = project or project_name(folder)
    if not NAME.fits(name):
        raise UsageError(f'"{name}" is not a project name: {NAME.says}', hint="name the project: liftlock init DIR --project NAME")
    if not id or not PROJECT_ID.fits(id):
        raise UsageError(f'--id "{id}": {PROJECT_ID.says}', hint="leave it out for a random one")
    host = registry or known.registry or DEFAULT_REGISTRY
    if not REGISTRY.fits(host):
        raise UsageError(f'"{host}" is not a registry: {REGISTRY.says}', hint="for example --registry 127.0.0.1:5000")
    declared = tuple(parse_service(text) for text in services) or SHOP
    names = [service.name for service in declared]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f'--service names "{twice}" twice', hint="give each service a name of its own")
    bare = folder.parent / f"{name}.git"
    return NewRepository(folder, ForgeSettings(ForgeKind.LOCAL, f"../{bare.name}"), bare, name, host, declared, known, id)


def parse_forge(given: str) -> ForgeSettings | None:
    """The forge that a web address, perhaps with its kind before it (`gitea:https://…`), names; None where it is a path.

    UsageError where the kind cannot be told, or the address holds what it should not.
    """
    kind, _, rest = given.partition(":")
    named = ForgeKind(kind) if kind in {"github", "gitea", "gitlab"} else None
    address = rest if named else given
    if not address.startswith(("https://", "http://")):
        if named:
            raise UsageError(f"--forge {given}: after {kind}: comes the repository's web address", hint=f"for example {_EXAMPLE}")
        return None
    try:
        url = urlsplit(address)
        plain = url.hostname is not None and not (url.username or url.password or url.query or url.fragment) and url.path.strip("/")
    except ValueError:
        plain = None
    if not plain:
        raise UsageError("--forge: this is not a repository's web address, without a user or a token in it", hint=f"for example {_EXAMPLE}")
    known = named or _HOSTS.get(url.hostname or "")
    if known is None:
        hint = f"say it: --forge github:{given}, gitea:{given} or gitlab:{given}"
        raise UsageError(f"--forge {given}: which kind of forge is {url.hostname}?", hint=hint)
    return ForgeSettings(known, address.rstrip("/").removesuffix(".git"), token=FORGE_TOKEN)


def project_name(folder: PurePath) -> str:
    """The project that a folder's name suggests: shop-environments is shop."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")
    return _ENDINGS.sub("", name).strip("-") or name


def parse_service(text: str) -> NewService:
    """`name=repository:port`; UsageError for anything else."""
    match = re.fullmatch(r"(?P<name>[^=]+)=(?P<repository>[^:]+):(?P<port>[0-9]{1,5})", text)
    if match is None:
        raise UsageError(f'--service "{text}" is not NAME=REPOSITORY:PORT', hint="for example --service api=shop/api:8000")
    name, repository, port = match["name"], match["repository"], int(match["port"])
    for rule, value in ((NAME, name), (REPOSITORY, repository)):
        if not rule.fits(value):
            raise UsageError(f'--service "{text}": "{value}": {rule.says}', hint="for example --service api=shop/api:8000")
    if not 1 <= port <= 65535 or name == "router":
        reason = "router is the name of liftlock's own part" if name == "router" else "a port is between 1 and 65535"
        raise UsageError(f'--service "{text}": {reason}', hint="for example --service api=shop/api:8000")
    return NewService(name, repository, port)


def parse_images(text: str, file: str) -> KnownImages:
    """What `make images` wrote; ConfigError where the text is something else."""
    try:
        content = json.loads(text)
        images = content["images"]
        found = {role: ImageRef.parse(str(images[role])) if role in images else None for role in ("router", "postgres")}
        registry = content["registry"]
    except json.JSONDecodeError as err:
        raise ConfigError(f"{file}:{err.lineno}:{err.colno} this is not JSON ({err.msg})", hint=_REMAKE) from err
    except (KeyError, TypeError, AttributeError) as err:
        raise ConfigError(f"{file}: this is not what make images writes: registry and images are missing", hint=_REMAKE) from err
    except LiftlockError as err:
        raise ConfigError(f"{file}: {err.message}", hint=_REMAKE) from err
    if not isinstance(registry, str) or not REGISTRY.fits(registry):
        raise ConfigError(f"{file}: registry: {REGISTRY.says}", hint=_REMAKE)
    return KnownImages(registry, found["router"], found["postgres"])


def next_steps(plan: NewRepository, folder: PurePath, *, sound: bool) -> tuple[str, ...]:
    """What a person types next."""
    tags = " ".join(f"{service.name}={'v1' if plan.sample else 'TAG'}" for service in plan.services)
    steps = [f"cd {shlex.quote(str(folder))}"]
    if not sound:
        steps.append("liftlock config validate      # names the images that liftlock.yaml still lacks")
    if plan.bare is None:
        steps.append("git push -u origin main         # the repository has to be there, and empty")
    return (*steps, "liftlock doctor", f"liftlock image record --env dev {tags}", "liftlock env up dev")
