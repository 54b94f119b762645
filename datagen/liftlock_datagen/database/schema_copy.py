"""Copies a schema with pg_dump and pg_restore, in two halves: what rows need, and what is better built behind them.

Objects belong to the role that the caller names; owners and rights of the source stay there. Extensions come along, values of sequences do
not: they are data. What leads to other servers stays away where the caller says so, and event triggers with it: they are the server's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from psycopg import sql

from liftlock_datagen.catalog.model import Outside
from liftlock_datagen.database.connect import connected, database_of
from liftlock_datagen.database.private_folder import private_folder
from liftlock_datagen.database.tools import PostgresTools, find_tools
from liftlock_datagen.errors import ChangedError

_LEFT_OUT = ("--no-owner", "--no-privileges", "--no-tablespaces", "--no-security-labels", "--no-subscriptions", "--no-publications")
_AWAY_KINDS = ("FOREIGN DATA WRAPPER", "SERVER", "USER MAPPING", "EVENT TRIGGER")
_AWAY = (*(f"{kind} - " for kind in _AWAY_KINDS), *(f"COMMENT - {kind} " for kind in _AWAY_KINDS))
_OWN_SCHEMA = "liftlock_data"
_NEW_SETTING = 17  # since this version the tools set transaction_timeout, which no earlier server knows


class Section(StrEnum):
    """The halves of a schema: tables, types, functions; and indexes, keys, triggers, policies, rules."""

    BEFORE_ROWS = "pre-data"
    BEHIND_ROWS = "post-data"


@dataclass(frozen=True, slots=True)
class SchemaCopy:
    """A schema that was read, ready to be made elsewhere. wanted: the file that lists the entries that are made; None for all."""

    tools: PostgresTools
    archive: Path
    wanted: Path | None = None

    def make(self, target_url: str, section: Section, *, role: str = "", jobs: int = 1) -> None:
        """Makes one half in the target. role: who owns what is made. jobs: how many indexes are built at a time."""
        arguments = ["--no-owner", "--no-privileges", f"--section={section.value}", *([f"--role={role}"] if role else [])]
        arguments += [f"--use-list={self.wanted}"] if self.wanted else []
        with connected(target_url) as connection:
            server = connection.info.server_version // 10000
        if self.tools.major >= _NEW_SETTING > server:
            self._by_script(target_url, arguments)
            return
        arguments += ["--exit-on-error", *([f"--jobs={jobs}"] if section is Section.BEHIND_ROWS else [])]
        # a connection string that says nothing leaves all to the environment
        arguments += ["--dbname=application_name=liftlock-datagen", str(self.archive)]
        self.tools.run(target_url, "pg_restore", arguments, self.archive.parent)

    def digest(self, source_url: str, *sections: Section) -> str:
        """A hash of these halves as SQL; of the first one, what rows go into, where none is named.

        source_url: of a server that the tools can reach.
        """
        script = self.archive.with_suffix(".sql")
        arguments = [f"--use-list={self.wanted}"] if self.wanted else []
        arguments += [f"--section={section.value}" for section in sections or (Section.BEFORE_ROWS,)]
        arguments += ["--no-owner", "--no-privileges", f"--file={script}", str(self.archive)]
        self.tools.run(source_url, "pg_restore", arguments, script.parent)
        # newer tools fence what they write with a word of chance
        lines = [line for line in script.read_bytes().splitlines() if not line.startswith((b"\\restrict ", b"\\unrestrict "))]
        return hashlib.blake2b(b"\n".join(lines), digest_size=16).hexdigest()

    def require_same(self, url: str) -> None:
        """ChangedError where the database, which all of this was read from, has another schema by now."""
        with private_folder() as folder:
            now = SchemaCopy(self.tools, _dumped(self.tools, url, folder))
            if now.digest(url, *Section) != self.digest(url, *Section):
                raise ChangedError(
                    f"the schema of {database_of(url)} changed during the run, by a migration perhaps; nothing was swapped in",
                    hint="run the same command again: it takes the new schema",
                )

    def _by_script(self, target_url: str, arguments: Sequence[str]) -> None:
        """As text, without the setting that newer tools make and older servers do not know."""
        script = self.archive.with_suffix(".sql")
        self.tools.run(target_url, "pg_restore", [*arguments, f"--file={script}", str(self.archive)], script.parent)
        text = script.read_bytes()
        script.write_bytes(text.replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1))
        self.tools.run(target_url, "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)], script.parent)


@contextmanager
def copied_schema(
    source_url: str, *, image: str = "", snapshot: str = "", without: Collection[Outside] | None = None
) -> Iterator[SchemaCopy]:
    """Reads the schema of the source; only reads. The copy is usable inside the block.

    Args:
        source_url: of a role that may read the catalog and lock the tables for reading.
        image: an image of PostgreSQL whose pg_dump is used where this machine has none that is new enough.
        snapshot: an exported snapshot, so that the schema is that of the rows read in it.
        without: what leads to other servers, and needs to stay away; None where the copy is of the database itself and all of it is wanted.

    Raises:
        DatagenError: no pg_dump that knows the server's version, or it failed.
    """
    with connected(source_url) as connection:
        major = connection.info.server_version // 10000
    tools = find_tools(major, image=image)
    with private_folder() as folder:
        more = [f"--snapshot={snapshot}"] if snapshot else []
        more += [f"--exclude-table={_pattern(item)}" for item in without or () if item.relation is not None]
        archive = _dumped(tools, source_url, folder, *more)
        yield SchemaCopy(tools, archive, None if without is None else _listed(tools, source_url, archive, without))


def _dumped(tools: PostgresTools, url: str, folder: Path, *more: str) -> Path:
    """An archive of the schema, in the folder. more: arguments of pg_dump."""
    archive = Path(folder, "schema.dump")
    archive.touch(mode=0o600)
    arguments = ["--schema-only", "--format=custom", f"--file={archive}", f"--exclude-schema={_OWN_SCHEMA}", *_LEFT_OUT, *more]
    tools.run(url, "pg_dump", arguments, folder)
    return archive


def _pattern(item: Outside) -> str:
    """The relation's name as pg_dump takes it: between quotes nothing is special."""
    assert item.relation is not None  # noqa: S101 - asked only for those that have one
    return sql.Identifier(item.relation.schema, item.relation.name).as_string(None)


def _listed(tools: PostgresTools, url: str, archive: Path, without: Collection[Outside]) -> Path:
    """A file with the entries of the archive that are wanted."""
    every, wanted = archive.with_suffix(".all"), archive.with_suffix(".list")
    tools.run(url, "pg_restore", ["--list", f"--file={every}", str(archive)], archive.parent)
    lines = every.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    kept = [line for line in lines if not _leads_away(line, without)]
    wanted.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8", errors="surrogateescape")
    return wanted


def _leads_away(line: str, without: Collection[Outside]) -> bool:
    """Whether an entry (`number; class oid KIND schema name owner`) is one that stays away, or a comment on such a one."""
    number, _, said = line.partition("; ")
    parts = said.split(" ", 2)
    if not number.isdigit() or len(parts) < 3:
        return False
    what = parts[2]
    if what.startswith(_AWAY) or (parts[0].isdigit() and (int(parts[0]), int(parts[1])) in {item.number for item in without}):
        return True
    return any(what.startswith(text) for item in without for text in _comments(item))


def _comments(item: Outside) -> Iterator[str]:
    """How an entry begins that comments on it. PostgreSQL names it with its schema, the archive says that apart."""
    schema, dot, name = item.identity.partition(".")
    if item.kind == "extension":
        yield f"COMMENT - EXTENSION {item.identity} "
    if item.relation is None and dot:
        yield f"COMMENT {_plain(schema)} {item.kind.upper()} {name} "


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
