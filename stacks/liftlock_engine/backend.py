"""Pulumi's file backend: where a stack's state, lock, history and configuration lie, and how they are written."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liftlock_engine import locks
from liftlock_engine.checkpoint import Encoder, read_document
from liftlock_engine.errors import StateError
from liftlock_engine.files import remove_unfinished, sidecar, sidecar_text, write_atomically, write_together
from liftlock_engine.model import ConfigValue, Snapshot, StackName
from liftlock_engine.passphrase import Crypter
from liftlock_engine.stack_config import read_config, write_config

_SALT_IN_STATE = re.compile(r'"salt":\s*"(v1:[^"]*)"')
_SALT_IN_CONFIG = re.compile(r"^encryptionsalt:\s*[\"']?(v1:[^\"'\s]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FileBackend:
    """root: the folder that holds `.pulumi`; config_folder: the one of `Pulumi.<stack>.yaml` (default: root)."""

    root: Path
    config_folder: Path | None = None

    def state_path(self, name: StackName) -> Path:
        """The stack's checkpoint file."""
        return self._base / "stacks" / name.project / f"{name.stack}.json"

    def config_path(self, name: StackName) -> Path:
        """The stack's configuration file."""
        return (self.config_folder or self.root) / f"Pulumi.{name.stack}.yaml"

    def stacks(self, project: str) -> tuple[StackName, ...]:
        """The stacks of a project that have a state, by name."""
        return tuple(StackName(project, path.stem) for path in sorted((self._base / "stacks" / project).glob("*.json")))

    def exists(self, name: StackName) -> bool:
        """Whether the stack has a state, be it one that only the Pulumi CLI reads."""
        return self.state_path(name).exists() or _compressed(self.state_path(name)) is not None

    def checksum(self, name: StackName) -> str:
        """SHA-256 of the checkpoint file, byte for byte; empty where there is none."""
        try:
            return hashlib.sha256(self.state_path(name).read_bytes()).hexdigest()
        except FileNotFoundError:
            return ""

    def load(self, name: StackName, crypter: Crypter) -> Snapshot:
        """The recorded state; empty where there is none."""
        path = self.state_path(name)
        _refuse_compressed(path)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Snapshot()
        except (OSError, UnicodeDecodeError) as err:
            raise StateError(f"{path}: the state cannot be read ({err})") from err
        return read_document(text, crypter, where=str(path))

    def salt(self, name: StackName) -> str:
        """The stack's encryption salt (`v1:<salt>:<proof>`); empty where it has none."""
        for path, pattern in ((self.state_path(name), _SALT_IN_STATE), (self.config_path(name), _SALT_IN_CONFIG)):
            with contextlib.suppress(OSError, UnicodeDecodeError):
                if found := pattern.search(path.read_text(encoding="utf-8")):
                    return found[1]
        return ""

    def config(self, name: StackName, crypter: Crypter) -> dict[str, ConfigValue]:
        """The stack's configuration in clear."""
        return read_config(self.config_path(name), crypter)

    def save_config(self, name: StackName, config: Mapping[str, ConfigValue], crypter: Crypter) -> None:
        """Makes the stack's configuration file say `config`."""
        write_config(self.config_path(name), config, crypter)

    def lock(self, name: StackName, report: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
        """Holds the stack's lock; LockedError names who holds it already."""
        return locks.hold(self.lock_folder(name), what=f"the stack {name}", report=report)

    def require_free(self, name: StackName, report: Callable[[str], None]) -> None:
        """LockedError where another run holds the stack's lock; a dead run's is taken away. For who lets another program take it."""
        locks.refuse_if_held(self.lock_folder(name), f"the stack {name}", report)

    def lock_folder(self, name: StackName) -> Path:
        """Where the stack's lock lies while a run goes."""
        return self._base / "locks" / "organization" / name.project / name.stack

    def writer(self, name: StackName, crypter: Crypter) -> StateWriter:
        """What writes the stack's state during a run."""
        return StateWriter(self, name, Encoder(crypter))

    def remove(self, name: StackName) -> None:
        """Removes the stack's state, history and configuration; the .bak file stays, as with the Pulumi CLI."""
        path = self.state_path(name)
        bak = path.with_suffix(".json.bak")
        for file, kept in ((path, bak), (sidecar(path), sidecar(bak))):
            with contextlib.suppress(FileNotFoundError):
                file.replace(kept)
        tags = path.with_suffix(".pulumi-tags")
        for file in (tags, sidecar(tags)):
            file.unlink(missing_ok=True)
        shutil.rmtree(self._base / "history" / name.project / name.stack, ignore_errors=True)
        self.config_path(name).unlink(missing_ok=True)

    def write_meta(self) -> None:
        """Says which layout the folder has; Pulumi reads it before anything else."""
        meta = self.meta_path()
        if not meta.exists():
            write_atomically(meta, "version: 1\n")

    def meta_path(self) -> Path:
        """Where the folder's layout is said."""
        return self._base / "meta.yaml"

    def record_paths(self, name: StackName) -> tuple[Path, Path, Path]:
        """New places for what a finished run leaves: its entry, its checkpoint, and the backup of that."""
        moment = time.time_ns()
        history = self._base / "history" / name.project / name.stack
        backup = self._base / "backups" / name.project / name.stack / f"{name.stack}.{moment}.json"
        return history / f"{name.stack}-{moment}.history.json", history / f"{name.stack}-{moment}.checkpoint.json", backup

    @property
    def _base(self) -> Path:
        return self.root / ".pulumi"


class StateWriter:
    """Writes one stack's checkpoints. The first write of a run keeps the state before the run as .bak."""

    def __init__(self, backend: FileBackend, name: StackName, encoder: Encoder) -> None:
        self._backend = backend
        self._name = name
        self.encoder = encoder
        self._backed_up = False
        self.writes = 0

    def write(self, snapshot: Snapshot) -> None:
        """Records the snapshot; StateError where that fails, the recorded state untouched."""
        path = self._backend.state_path(self._name)
        try:
            if not self._backed_up:
                self._back_up(path)
            write_atomically(path, self._document(snapshot))
        except OSError as err:
            raise StateError(f"{path}: the state cannot be written ({err.strerror})") from err
        self.writes += 1

    def write_history(self, entry: Mapping[str, object]) -> None:
        """Keeps the run's entry, its checkpoint and a backup of that, as Pulumi's file backend does; every file gets its sidecar."""
        state = self._backend.state_path(self._name)
        try:
            checkpoint = state.read_text(encoding="utf-8")
            history, then, backup = self._backend.record_paths(self._name)
            texts = {history: json.dumps(entry), then: checkpoint, backup: checkpoint}
            written = self._written(state, checkpoint) if self.writes else {}
            write_together(texts | {sidecar(path): sidecar_text(text) for path, text in (texts | written).items()})
        except OSError as err:
            raise StateError(f"{self._name}: the history entry cannot be written ({err.strerror})") from err

    def _written(self, state: Path, checkpoint: str) -> dict[Path, str]:
        """The files that this run wrote before, whose sidecars are still the old ones."""
        others = (state.with_suffix(".json.bak"), self._backend.meta_path())
        return {state: checkpoint} | {path: path.read_text(encoding="utf-8") for path in others if path.exists()}

    def _document(self, snapshot: Snapshot) -> str:
        return self.encoder.document(str(self._name), snapshot, version=_version(), now=now())

    def _sweep(self, path: Path) -> None:
        for name in (path.name, f"{path.name}.bak"):
            remove_unfinished(path.parent, name)
            remove_unfinished(path.parent, f"{name}.attrs")
        for folder in {file.parent for file in self._backend.record_paths(self._name)}:
            remove_unfinished(folder, "*")

    def _back_up(self, path: Path) -> None:
        self._backend.write_meta()
        self._sweep(path)
        if path.exists():
            write_atomically(path.with_suffix(".json.bak"), path.read_text(encoding="utf-8"))
        self._backed_up = True


def _refuse_compressed(path: Path) -> None:
    found = _compressed(path)
    if found is not None:
        raise StateError(
            f"{found}: the state is compressed; the embedded engine reads plain JSON only",
            hint="Unset PULUMI_DIY_BACKEND_GZIP and PULUMI_DIY_BACKEND_ZSTD, then run `pulumi refresh`: it writes plain JSON.",
        )


def _compressed(path: Path) -> Path | None:
    """The compressed state where there is one; of several files Pulumi takes the latest, so an older one is what a crash left."""
    others = [other for end in (".gz", ".zst") if (other := path.with_name(path.name + end)).exists()]
    plain = path.stat().st_mtime_ns if others and path.exists() else 0
    return next((other for other in others if other.stat().st_mtime_ns >= plain), None)


def now() -> str:
    """This moment as checkpoints write it."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@functools.cache
def _version() -> str:
    # The checkpoint's manifest must carry a Pulumi version: the one whose protocol this engine speaks.
    return f"v{importlib.metadata.version('pulumi')}"
