"""Wiring of `liftlock data`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from liftlock.core.errors import UsageError
from liftlock.wiring.data_keys import pseudonym_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liftlock.services.data.anonymisation import Anonymisation, CopyAsked
    from liftlock.services.data.certification import Certification
    from liftlock.services.data.classification import Classification
    from liftlock.services.data.generation import Generation, RowsAsked
    from liftlock.services.data.places import DataPlaces, Place
    from liftlock.services.data.planning import Planning
    from liftlock.services.data.profiles import Profiles
    from liftlock.services.data.subsets import Subsets
    from liftlock.wiring.work import Workspace
    from liftlock_datagen.port import DataEngine
    from liftlock_datagen.profile.compare import Comparison
    from liftlock_datagen.profile.model import Profile


def data_engine() -> DataEngine:
    """What works on databases."""
    from liftlock_datagen.postgres import PostgresEngine

    return PostgresEngine()


def data_workspace(repo: Path | None, environment: str | None = None) -> Workspace:
    """The environments repository at work. environment: the one that the command is about, where it names one."""
    from liftlock.wiring import workspace

    return workspace(repo, runs=environment)


def data_places(work: Workspace) -> DataPlaces:
    """Where databases are."""
    from liftlock.services.data.places import DataPlaces

    declared = work.declared_environments()
    if not declared:
        raise UsageError("no environment is declared", hint="declare one in environments/")
    return DataPlaces(
        engine=work.engine,
        runtime=work.parts.runtime,
        secrets=work.parts.secrets,
        declared=work.environment,
        is_protected=work.is_protected,
        project=work.project.name,
        first=next((stage.environment for stage in work.project.pipeline), declared[0]),
        databases=work.project.databases,
        let_build=work.parts.snapshots.let_build,
    )


def profiles(work: Workspace) -> Profiles:
    """Reads the shape of databases."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.profiles import Profiles

    return Profiles(data_engine(), DataFiles(work.root).read, _write)


def declared_database(work: Workspace, text: str) -> str:
    """The database that DB or ENV/DB names; UsageError with the nearest one where liftlock.yaml declares none such."""
    from liftlock.core.config.suggestions import unknown

    if ":" in text:
        place = "PLACE" if "://" in text else text
        raise UsageError("what was given is no database that liftlock.yaml declares", hint=f"say DB or ENV/DB, and --from {place}")
    name = text.rpartition("/")[2]
    if name not in work.project.databases or ".." in text:
        said = text if ".." in text else name
        raise UsageError(unknown("database", said, work.project.databases), hint="liftlock.yaml declares the databases")
    return name


def classification(work: Workspace) -> Classification:
    """Proposes classifications and keeps them up."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.classification import Classification

    return Classification(data_engine(), DataFiles(work.root), work.progress)


def planning(work: Workspace) -> Planning:
    """Shows what an anonymised copy would do."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.planning import Planning

    return Planning(data_engine(), DataFiles(work.root).read)


def generation(work: Workspace) -> Generation:
    """Fills databases with synthetic rows."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.generation import Generation
    from liftlock.services.data.profiles import profile_of
    from liftlock_datagen.profile.file import read_profile_file

    def profile(path: Path | None, database: str) -> tuple[Profile | None, str | None]:
        return profile_of(path, work.root / "data" / f"{database}.profile.json", read_profile_file)

    return Generation(data_engine(), work.progress, DataFiles(work.root).read, profile)


def compared_shapes(work: Workspace, place: Place, profile: Path | None) -> tuple[Comparison, str]:
    """The rows of a place beside the profile in the file, or beside the database's usual one; and the profile's name."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.profiles import profile_of
    from liftlock.services.data.shape_reports import ShapeReports
    from liftlock_datagen.profile.file import read_profile_file

    found, name = profile_of(profile, work.root / "data" / f"{place.database}.profile.json", read_profile_file)
    if found is None or name is None:
        raise UsageError(f"there is no data/{place.database}.profile.json to hold the rows against", hint="name one with --profile FILE")
    return ShapeReports(data_engine(), DataFiles(work.root).read).compare(place, found), name


def write_shapes(path: Path, comparison: Comparison, *, place: str, profile: str) -> None:
    """The page of a comparison; UsageError where the file cannot be written."""
    from liftlock.adapters.data_shapes_page import render_shapes

    try:
        _write(path, render_shapes(comparison, place=place, profile=profile))
    except OSError as err:
        raise UsageError(f"{path} cannot be written: {err.strerror}", hint="name another file") from err


def rows_asked(
    size: str | None, rows: int | None, seed: int | None, locale: str | None, profile: Path | None, tables: Sequence[str]
) -> RowsAsked:
    """What a command line asks for."""
    from liftlock.services.data.generation import RowsAsked

    return RowsAsked(size, rows, seed, locale, profile, tables)


def subsets(work: Workspace) -> Subsets:
    """Says what subsets hold."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.errors import datagen_errors
    from liftlock.services.data.subsets import Subsets

    def salt(reference: str) -> str:
        with datagen_errors():
            return pseudonym_keys(work.root)(reference).domain("subset").hex()

    return Subsets(data_engine(), DataFiles(work.root).read, salt, work.progress)


def certification(work: Workspace) -> Certification:
    """Checks copies."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.adapters.data_pages import render_certificate
    from liftlock.services.data.certification import Certification

    keys = pseudonym_keys(work.root)
    return Certification(data_engine(), work.progress, DataFiles(work.root).read, keys, render_certificate, _write, work.parts.tool)


def anonymisation(work: Workspace) -> Anonymisation:
    """Replaces databases by anonymised copies."""
    from liftlock.adapters.config_files.data_files import DataFiles
    from liftlock.services.data.anonymisation import Anonymisation

    files = DataFiles(work.root)
    return Anonymisation(
        engine=data_engine(),
        progress=work.progress,
        specs=files.read,
        key=pseudonym_keys(work.root),
        file=files.name,
        tool=work.parts.tool,
    )


def copy_asked(
    schema: str, workers: int, key: str | None, *, replace: bool, whole: bool, fresh: bool, spec: str | None = None
) -> CopyAsked:
    """What a command line asks for."""
    from liftlock.services.data.anonymisation import CopyAsked

    return CopyAsked(schema, workers, replace, whole, key, spec, fresh)


def _write(path: Path, text: str) -> None:
    """The whole text or the old file; what is no file, such as /dev/stdout, is written to."""
    from liftlock_engine.files import write_atomically

    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
    else:
        write_atomically(path.resolve(), text)
