"""Holds a copy against its source, and says what may be said of it. Reads both, writes neither."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from liftlock.core.errors import ConfigError, ExitCode, UsageError
from liftlock.core.ports import Progress
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place
from liftlock.services.data.rows_shown import RowsShown
from liftlock_datagen.certificate.model import Certificate, FoundRow, Sides, Verdict
from liftlock_datagen.errors import DatagenError
from liftlock_datagen.masking.keys import PseudonymKey
from liftlock_datagen.port import DataEngine
from liftlock_datagen.spec.model import DataSpec

_SALT = 16
_HASH = re.compile(r"[0-9a-f]{16}")
_EXITS = {Verdict.LEAK: ExitCode.BLOCKED, Verdict.BROKEN: ExitCode.INCOMPLETE, Verdict.INCOMPLETE: ExitCode.INCOMPLETE}


@dataclass(frozen=True, slots=True)
class Certification:
    """specs: the classification of a database, None where there is none. key: what a reference names. render: a certificate as a page.

    write: text into a file. tool: what checks, with its version.
    """

    engine: DataEngine
    progress: Progress
    specs: Callable[[str], DataSpec | None]
    key: Callable[[str], PseudonymKey]
    render: Callable[[Certificate], str]
    write: Callable[[Path, str], None]
    tool: str

    def check(self, source: Place, copy: Place, database: str | None, report: Path | None, *, missing: float | None = None) -> Certificate:
        """The certificate, written as a page where a file is named. Both places are only read, so protected ones will do.

        missing: the share of a table's rows that may have no row in the source; None for what the classification says.
        """
        if source.url == copy.url:
            raise UsageError(f"{source.shown} would be held against itself", hint="--from names the source, --to its copy")
        name = database or source.database
        spec = self.specs(name)
        if spec is None:
            raise (UsageError if database else ConfigError)(
                f"there is no data/{name}.yaml, so nobody has said which columns are sensitive",
                hint=f"propose one: liftlock data init {name}; or name another database with --spec",
            )
        if missing is not None:
            spec = replace(spec, missing=missing)
        self.progress.step(f"data check {copy.shown} against {source.shown}")
        key = self._key(spec)
        naming = _naming(key) if key else secrets.token_bytes(_SALT)
        sides = Sides(source.url, copy.url, source.shown, copy.shown, self.tool)
        with datagen_errors(), self.progress.watching("data check"):
            found = self.engine.check(sides, spec, naming=naming, key=key, on_progress=_shown(self.progress))
        if key is None and any(item.examples for item in found.findings):
            self.progress.step(f"rows are found with: liftlock data check --to {copy.shown} --find HASH --salt {naming.hex()}")
        if report is not None:
            self._write(report, self.render(found))
        return found

    def _key(self, spec: DataSpec) -> PseudonymKey | None:
        """The key, where this machine has it: it helps to match rows, and nothing else needs it."""
        if not spec.key:
            return None
        try:
            return self.key(spec.key)
        except DatagenError as err:
            self.progress.step(f"data check goes without the pseudonym key ({err.message}): rows with pseudonymised keys are not matched")
            return None

    def find(self, copy: Place, positions: Sequence[str], database: str | None, salt: str | None) -> tuple[FoundRow, ...]:
        """Where the rows are that a certificate of this copy names. salt: what the check printed, where it went without a pseudonym key."""
        for text in positions:
            if not _HASH.fullmatch(text):
                raise UsageError("--find names no row of a certificate", hint="it has 16 hexadecimal digits, as the column ROWS shows them")
        naming = _unsalted(salt) if salt else self._naming_of(database or copy.database)
        with datagen_errors(about=copy.shown):
            return self.engine.find_rows(copy.url, positions, naming)

    def _naming_of(self, database: str) -> bytes:
        spec = self.specs(database)
        key = self._key(spec) if spec else None
        if key is None:
            raise UsageError(
                f"rows are named with the pseudonym key of data/{database}.yaml, which is not at hand",
                hint="name the classification with --spec, or say --salt with what the check printed where it had no key",
            )
        return _naming(key)

    def _write(self, path: Path, text: str) -> None:
        try:
            self.write(path, text)
        except OSError as err:
            raise UsageError(f"{path} cannot be written: {err.strerror}", hint="name another file with --report") from err


def _shown(progress: Progress) -> Callable[[str, int, int], None]:
    """Rows of the source are read; cells of the copy are checked."""
    rows, cells = RowsShown(progress), RowsShown(progress, unit="cells")
    return lambda what, done, total: (rows if what.startswith("read ") else cells)(what, done, total)


def _naming(key: PseudonymKey) -> bytes:
    return key.domain("row positions of a certificate")


def _unsalted(salt: str) -> bytes:
    try:
        naming = bytes.fromhex(salt)
    except ValueError:
        naming = b""
    if len(naming) != _SALT:
        raise UsageError("--salt is not what a check prints", hint=f"it has {2 * _SALT} hexadecimal digits")
    return naming


def exit_of(verdict: Verdict) -> ExitCode:
    """What the command's exit status says."""
    return _EXITS.get(verdict, ExitCode.DONE)
