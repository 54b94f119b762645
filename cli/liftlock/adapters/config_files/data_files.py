"""The files data/*.yaml of an environments repository."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from liftlock.adapters.config_files.data_edit import apply_update
from liftlock.adapters.config_files.data_file import read_data
from liftlock.adapters.config_files.data_text import render_file
from liftlock.adapters.config_files.files import DATA
from liftlock.core.config.document import Position
from liftlock.core.config.problems import Problem, config_error
from liftlock.core.config.suggestions import unknown
from liftlock_datagen.classify.update import SpecUpdate
from liftlock_datagen.spec.model import DataSpec

_NAME = re.compile(r"[\w-][\w.-]*")


class DataFiles:
    """Reads and writes the classifications, each by its database's name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def name(self, database: str) -> str:
        """The file's path in the repository."""
        return f"{DATA}/{database}.yaml"

    def read(self, database: str) -> DataSpec | None:
        """What the file says; None where there is no such file, ConfigError with every mistake where it is wrong."""
        if not _NAME.fullmatch(database):  # a database named by its address may be called anything: no way out of the folder
            return None
        path = self._root / self.name(database)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            self._refuse_misspelt(database)
            return None
        except OSError as err:
            raise config_error([Problem(Position(self.name(database)), "", f"the file cannot be read: {err.strerror}")]) from err
        return self._parsed(database, content)

    def _refuse_misspelt(self, database: str) -> None:
        """ConfigError for a file that only a person would take for the database's: without it nobody would have classified anything."""
        for path in sorted((self._root / DATA).glob("*.yaml")):
            if path.stem.strip().casefold() == database.casefold():
                problem = f"the name is not that of database {database}, so it is not read; rename it to {database}.yaml"
                hint = f"if it is of another database and holds here too: --spec {path.stem}"
                raise config_error([Problem(Position(f"{DATA}/{path.name}"), "", problem)], hint=hint)

    def parsed(self, database: str, text: str) -> DataSpec:
        """What such a text says; ConfigError likewise."""
        return self._parsed(database, text.encode())

    def _parsed(self, database: str, content: bytes) -> DataSpec:
        spec, problems = read_data(content, database, self.name(database))
        if spec is None:
            raise config_error(problems, hint="every line is one thing to mend; liftlock config validate checks again")
        return spec

    def updated(self, database: str, update: SpecUpdate) -> str:
        """The file's text after the update; that of a new file where there is none."""
        try:
            text = (self._root / self.name(database)).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return render_file(database, update)
        return apply_update(text, self.name(database), update)

    def write(self, database: str, text: str) -> None:
        """Puts the text there, whole or not at all."""
        path = self._root / self.name(database)
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(text.encode())
        beside.replace(path)

    def inspect(self, declared: Collection[str] | None) -> tuple[tuple[str, ...], list[Problem]]:
        """The files that are there, and everything that is wrong in them. declared: the databases, None where they are not known."""
        names, problems = [], []
        for path in sorted((self._root / DATA).glob("*.yaml")):
            name = self.name(path.stem)
            names.append(name)
            if declared is not None and path.stem not in declared:
                problems.append(
                    Problem(Position(name), "", f"the file's name is the database's: {unknown('database', path.stem, declared)}")
                )
            try:
                problems += read_data(path.read_bytes(), path.stem, name)[1]
            except OSError as err:
                problems.append(Problem(Position(name), "", f"the file cannot be read: {err.strerror}"))
        return tuple(names), problems
