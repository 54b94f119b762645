"""Where a command finds a database: one that is declared and runs in an environment, or one that somebody names by its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from liftlock.core.config.suggestions import unknown
from liftlock.core.environment import Database, Environment
from liftlock.core.errors import ConfigError, PolicyError, UnavailableError, UsageError
from liftlock.core.ports import Engine, Runtime, Secrets
from liftlock.services.data.errors import datagen_errors
from liftlock_datagen.database.address import SCHEMES, Address, parse_address
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.port import DataEngine

_POSTGRES_PORT = 5432
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_INSTEAD = "write into a database of an unprotected environment: ENV/DB"
_REFERENCES = ("env:", "file:")
DECLARED = "say DB (of --env) or ENV/DB"
_FORMS = "say DB, ENV/DB, postgresql://…, env:NAME or file:PATH"


@dataclass(frozen=True, slots=True)
class Place:
    """A database that can be reached. url holds its password and is never shown; shown is for people.

    database: its name. environment: whose it is, None for one that was named by its address.
    guarded: nothing may be written there: a protected environment's, on another machine, or of a name that says production.
    """

    url: str = field(repr=False)
    shown: str
    database: str
    environment: Environment | None = None
    guarded: bool = False

    @property
    def name(self) -> str:
        """What tells the database from others whatever address it has today; empty where only the address does."""
        owner = self.environment
        return f"{owner.project}/{owner.name}/{self.database}" if owner is not None else ""

    def require_writable(self, what: str) -> None:
        """PolicyError where the place is guarded. what: what would be done, such as "generate"."""
        if self.guarded:
            raise _refusal(what, self.shown, self.environment.name if self.environment is not None else None)

    def require_standing(self, what: str, engine: DataEngine) -> None:
        """The same, and what the server says of itself: an address of this machine may be a tunnel to another."""
        self.require_writable(what)
        if self.environment is not None:
            return
        with datagen_errors(about=self.shown):
            reason = engine.why_not_written(self.url)
        if reason:
            raise PolicyError(f"{what}: {self.shown} is not written to: {reason}", hint=_INSTEAD)


def is_address(text: str) -> bool:
    """Whether the text names a database by its address, or says where that is found."""
    return "://" in text or text.startswith((*SCHEMES, *_REFERENCES))


def missing_right(place: Place, engine: DataEngine) -> str:
    """What a plan says of the right that is missing to carry it out there; empty where nothing is, or where liftlock gives it itself."""
    if place.environment is not None or place.guarded:
        return ""
    with suppress(DatagenError):  # one that cannot be asked is told of by the run
        missing = engine.missing_right(place.url)
        return f"{place.shown} [missing-right]: {missing[0]}; {missing[1]}" if missing else ""
    return ""


@dataclass(frozen=True, slots=True)
class DataPlaces:
    """declared: the environment of a name, as declared. is_protected: here or on the forge's base branch, whichever is stricter.

    first: the environment that is meant where none is named. let_build: lets the role of an environment's database create databases.
    """

    engine: Engine
    runtime: Runtime
    secrets: Secrets
    declared: Callable[[str], Environment]
    is_protected: Callable[[str], bool]
    project: str
    first: str
    databases: Sequence[str]
    let_build: Callable[[str, str], None] = lambda *_: None

    def resolve(self, text: str, environment: str | None = None) -> Place:
        """The place that the text names. environment: for a database named alone.

        Raises UsageError for what names nothing, UnavailableError where the environment does not run, ConfigError where its database
        is not published or a reference leads nowhere.
        """
        if text.startswith(SCHEMES):
            return self._address(text, None)
        if "://" in text:
            raise UsageError("what was given is no address of a PostgreSQL database", hint=_FORMS)
        if text.startswith(_REFERENCES):
            return self._address(self.secrets.resolve(text).strip(), text)
        return self.reach(*self.find(text, environment))

    def resolve_target(self, text: str, environment: str | None, what: str) -> Place:
        """The place that the text names, to be written to by `what`. As resolve; PolicyError first where it is guarded, running or not."""
        if not text.startswith((*SCHEMES, *_REFERENCES)):
            if name := self.protected(text, environment):
                raise _refusal(what, f"{name}/{text.rpartition('/')[2]}", name)
            owner, database = self.find(text, environment)
            if self.guards(owner):
                raise _refusal(what, f"{owner.name}/{database.name}", owner.name)
            place = self.reach(owner, database)
            self.let_build(owner.name, database.name)
            return place
        place = self.resolve(text)
        place.require_writable(what)
        return place

    def find(self, text: str, environment: str | None = None, *, forms: str = _FORMS) -> tuple[Environment, Database]:
        """The declared database that `DB` or `ENV/DB` names, whether it runs or not. forms: what the hint says may be typed."""
        name, database = self._named(text, environment, forms)
        found = self.declared(name)
        for item in found.databases:
            if item.name == database:
                return found, item
        raise UsageError(f"{found.name}: {unknown('database', database, [item.name for item in found.databases])}", hint=forms)

    def protected(self, text: str, environment: str | None = None, *, forms: str = _FORMS) -> str:
        """The environment that the text names, if it is protected and known by that name, whatever else of it is missing; otherwise ""."""
        name, _ = self._named(text, environment, forms)
        return name if _NAME.fullmatch(name) and self.is_protected(name) else ""

    def _named(self, text: str, environment: str | None, forms: str) -> tuple[str, str]:
        """The names of environment and database that the text says, whether there are such or not."""
        name, slash, database = text.rpartition("/")
        if not _NAME.fullmatch(database) or (slash and not name) or ":" in name:
            raise UsageError(f"{_mention(text)} names no database", hint=forms)
        return name or environment or self.first, database

    def _address(self, url: str, reference: str | None) -> Place:
        with datagen_errors(about=reference):
            address = parse_address(url)
        shown = reference or str(address)
        guarded = not address.is_local or address.looks_like_production or self._is_of_a_protected(address)
        return Place(url, shown, address.database, None, guarded)

    def _is_of_a_protected(self, address: Address) -> bool:
        """Whether a protected environment's database listens there. Without Docker none does."""
        if not address.is_local or not address.ports:
            return False
        try:
            running = self.runtime.parts(self.project)
        except UnavailableError:
            return False
        parts = (part for part in running if {public for _, public in part.ports} & address.ports)
        return any(self.is_protected(part.environment) for part in parts)

    def reach(self, environment: Environment, database: Database) -> Place:
        """The place of a declared database; UnavailableError where it does not run, ConfigError where it is not published."""
        shown = f"{environment.name}/{database.name}"
        port = self._port(environment, database)
        password = self.engine.secrets(environment.name).get(f"database/{database.name}/password")
        if password is None:
            raise UnavailableError(f"{shown}: its password is not known", hint=f"run: {_up(environment)}")
        return Place(
            url=f"postgresql://{database.name}:{password}@127.0.0.1:{port}/{database.name}",
            shown=shown,
            database=database.name,
            environment=environment,
            guarded=self.guards(environment),
        )

    def guards(self, environment: Environment) -> bool:
        """Whether nothing may be written to its databases."""
        return environment.protected or self.is_protected(environment.name)

    def _port(self, environment: Environment, database: Database) -> int:
        """Asked of what runs: a server that was started again has another port than the state says."""
        running = self.runtime.parts(environment.project, environment.name)
        found = [part for part in running if part.role == "database" and part.service == database.name]
        ports = [public for part in found for private, public in part.ports if private == _POSTGRES_PORT]
        if ports:
            return ports[0]
        if not database.published:
            raise ConfigError(
                f"environments/{environment.name}.yaml: database {database.name} is not published, so it cannot be reached from here",
                hint=f"set databases.{database.name}.published: true, then: {_up(environment)}",
            )
        raise UnavailableError(f"{environment.name}/{database.name} does not run", hint=f"run: {_up(environment)}")


def _refusal(what: str, shown: str, environment: str | None) -> PolicyError:
    reason = (
        f"{environment} is protected"
        if environment is not None
        else "it is not known as a database of an environment on this machine that may be lost"
    )
    return PolicyError(f"{what}: {shown} is not written to: {reason}", hint=_INSTEAD)


def _up(environment: Environment) -> str:
    return f"liftlock env up {environment.name}" if environment.ttl is None else "liftlock branch up"


def _mention(text: str) -> str:
    """What was typed, unless it may hold a password."""
    return f'"{text}"' if len(text) <= 60 and not {"@", "=", ":"} & set(text) else "what was given"
