"""Copies a schema with pg_dump and pg_restore, in two halves: what rows need, and what is better built behind them.

Objects belong to the role that the caller names; owners and rights of the source stay there. Extensions come along, values of sequences do
not: they are data.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from liftlock_datagen.database.connect import connected
from liftlock_datagen.database.tools import PostgresTools, find_tools

_LEFT_OUT = ("--no-owner", "--no-privileges", "--no-tablespaces", "--no-security-labels", "--no-subscriptions", "--no-publications")
_OWN_SCHEMA = "liftlock_data"
_NEW_SETTING = 17  # since this version the tools set transaction_timeout, which no earlier server knows


class Section(StrEnum):
    """The halves of a schema: tables, types, functions; and indexes, keys, triggers, policies, rules."""

    BEFORE_ROWS = "pre-data"
    BEHIND_ROWS = "post-data"


@dataclass(frozen=True, slots=True)
class SchemaCopy:
    """A schema that was read, ready to be made elsewhere."""

    tools: PostgresTools
    archive: Path

    def make(self, target_url: str, section: Section, *, role: str = "", jobs: int = 1) -> None:
        """Makes one half in the target. role: who owns what is made. jobs: how many indexes are built at a time."""
        arguments = ["--no-owner", "--no-privileges", f"--section={section.value}", *([f"--role={role}"] if role else [])]
        with connected(target_url) as connection:
            server = connection.info.server_version // 10000
        if self.tools.major >= _NEW_SETTING > server:
            self._by_script(target_url, arguments)
            return
        arguments += ["--exit-on-error", *([f"--jobs={jobs}"] if section is Section.BEHIND_ROWS else [])]
        # a connection string that says nothing leaves all to the environment
        arguments += ["--dbname=application_name=liftlock-datagen", str(self.archive)]
        self.tools.run(target_url, "pg_restore", arguments, self.archive.parent)

    def _by_script(self, target_url: str, arguments: Sequence[str]) -> None:
        """As text, without the setting that newer tools make and older servers do not know."""
        script = self.archive.with_suffix(".sql")
        self.tools.run(target_url, "pg_restore", [*arguments, f"--file={script}", str(self.archive)], script.parent)
        text = script.read_bytes()
        script.write_bytes(text.replace(b"\nSET transaction_timeout = 0;\n", b"\n", 1))
        self.tools.run(target_url, "psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script)], script.parent)


@contextmanager
def copied_schema(source_url: str, *, image: str = "", snapshot: str = "") -> Iterator[SchemaCopy]:
    """Reads the schema of the source; only reads. The copy is usable inside the block.

    Args:
        source_url: of a role that may read the catalog and lock the tables for reading.
        image: an image of PostgreSQL whose pg_dump is used where this machine has none that is new enough.
        snapshot: an exported snapshot, so that the schema is that of the rows read in it.

    Raises:
        DatagenError: no pg_dump that knows the server's version, or it failed.
    """
    with connected(source_url) as connection:
        major = connection.info.server_version // 10000
    tools = find_tools(major, image=image)
    with tempfile.TemporaryDirectory(prefix="liftlock-schema-") as folder:
        archive = Path(folder, "schema.dump")
        arguments = ["--schema-only", "--format=custom", f"--file={archive}", f"--exclude-schema={_OWN_SCHEMA}", *_LEFT_OUT]
        arguments += [f"--snapshot={snapshot}"] if snapshot else []
        tools.run(source_url, "pg_dump", arguments, archive.parent)
        yield SchemaCopy(tools, archive)
