"""Fills the databases of an environment that ask for synthetic rows."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.core.environment import Database, DataSource, Environment, EnvironmentClass
from liftlock.core.errors import PolicyError
from liftlock.services.golden import Clones
from liftlock.services.parts import Parts


def fill_databases(parts: Parts, environment: Environment, clones: Clones, address: Callable[[str], str]) -> dict[str, int]:
    """Rows loaded into each database; one that was cloned, or is filled already, is left alone. address: of a database.

    PolicyError where one has other rows than those that are asked for: they stay.
    """
    rows: dict[str, int] = {}
    for database in environment.databases:
        if database.name in clones.made:
            rows[database.name] = clones.made[database.name].rows
        elif database.data.source is DataSource.SYNTHETIC:
            url = address(database.name)
            with parts.progress.watching(f"{environment.name}: data of {database.name}"):
                rows[database.name] = _seed(parts, environment, database, url)
    return rows


def _seed(parts: Parts, environment: Environment, database: Database, url: str) -> int:
    try:
        return parts.seeder.seed(url, database, progress=parts.progress)
    except PolicyError as err:
        place = f"{environment.name}/{database.name}"
        ours = environment.cls is EnvironmentClass.EPHEMERAL
        keep = "say --data none" if ours else f"declare databases.{database.name}.data.source: none"
        raise PolicyError(
            f"{place}: {err.message}",
            hint=f"to lose what is there, and have synthetic rows: liftlock data generate {place} --yes; to keep it: {keep}",
        ) from err
