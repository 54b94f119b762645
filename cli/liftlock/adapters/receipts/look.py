"""Witness port on this machine: files, Git's references, and Docker's local socket."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from liftlock.adapters.config_files.files import read_files
from liftlock.adapters.git import LEDGER_BRANCH, Git
from liftlock.adapters.receipts.docker_look import UncertainError, live_objects
from liftlock.adapters.receipts.program import program_fingerprint
from liftlock.core.errors import LiftlockError
from liftlock.core.receipt import Clues

_ROUNDS, _BLOCK = 2**14, 8
_SECRETIVE = ("PASSPHRASE", "TOKEN", "SECRET", "PASSWORD", "CONFIG")
Resolve = Callable[[str], str]


class LocalWitness:
    """Looks at everything that a run of `env up` reads. resolve: the value behind a secret reference."""

    def __init__(self, root: Path, resolve: Resolve) -> None:
        self._root = root
        self._resolve = resolve

    def look(self, clues: Clues) -> Mapping[str, str] | None:
        """The fingerprints; None where anything is uncertain."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            secrets = pool.submit(self._secrets, clues)
            references = pool.submit(self._references, clues)
            try:
                return {
                    "program": program_fingerprint(),
                    "configuration": self._configuration(),
                    "surroundings": _sum(_surroundings()),
                    **self._recorded(clues),
                    "references": references.result(),
                    "secrets": secrets.result(),
                }
            except (OSError, ValueError, KeyError, TypeError, UncertainError, LiftlockError):
                return None

    def _configuration(self) -> str:
        raw = read_files(self._root)
        if raw.problems:
            raise UncertainError(str(raw.problems[0]))
        found = [*sorted(raw.contents.items()), *sorted(raw.data.items())]
        return _sum([[name, hashlib.sha256(data).hexdigest()] for name, data in found])

    def _references(self, clues: Clues) -> str:
        """What is reviewed, which says what is protected; and where the ledger ends, which says what is on record."""
        wanted = [f"refs/remotes/origin/{clues.base}", f"refs/remotes/origin/{LEDGER_BRANCH}"]
        found = Git(self._root).run("for-each-ref", "--format=%(refname) %(objectname)", *wanted).out
        return _sum(found.splitlines())

    def _secrets(self, clues: Clues) -> str:
        """Slow on purpose, and keyed by the passphrase: a guess at a value is no cheaper here than at the state."""
        if not clues.secrets:
            return "none"
        values = [self._resolve(reference) for reference in (clues.passphrase, *clues.secrets)]
        return hashlib.scrypt(json.dumps(values).encode(), salt=bytes.fromhex(clues.salt), n=_ROUNDS, r=_BLOCK, p=1, maxmem=2**26).hex()

    def _recorded(self, clues: Clues) -> dict[str, str]:
        """State and stack configuration, byte for byte, and what stands behind the state's resources."""
        folder = self._root / clues.state
        if any((folder / ".pulumi" / "locks" / "organization" / clues.project / clues.environment).glob("*.json")):
            raise UncertainError("another run has the stack")
        state = (folder / ".pulumi" / "stacks" / clues.project / f"{clues.environment}.json").read_bytes()
        config = (folder / f"Pulumi.{clues.environment}.yaml").read_bytes()
        labels = {"liftlock.project": clues.project, "liftlock.environment": clues.environment}
        live = live_objects(clues.endpoint, labels, objects_of(json.loads(state)))
        return {"state": hashlib.sha256(state).hexdigest(), "config": hashlib.sha256(config).hexdigest(), "live": _sum(live)}


def objects_of(checkpoint: Any) -> list[Mapping[str, Any]]:
    """The resources that objects outside stand behind. UncertainError where something is unfinished or not in one plain piece."""
    latest = checkpoint["checkpoint"]["latest"]
    resources = latest.get("resources") or []
    if latest.get("pending_operations") or any(item.get("delete") or item.get("pendingReplacement") for item in resources):
        raise UncertainError("a run was cut off")
    return [item for item in resources if item.get("custom") and not item["type"].startswith("pulumi:")]


def _surroundings() -> list[Any]:
    """What leads a run to another Docker engine, another engine of ours, or another behaviour of Pulumi's SDK."""
    chosen = {key: value for key, value in os.environ.items() if key.startswith(("DOCKER_", "PULUMI_", "LIFTLOCK_"))}
    chosen.pop("LIFTLOCK_ACTOR", None)
    shown = {key: "" if any(word in key for word in _SECRETIVE) and key != "DOCKER_CONFIG" else value for key, value in chosen.items()}
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    contexts = [[path.name, path.read_text(encoding="utf-8")] for path in sorted(folder.glob("contexts/meta/*/meta.json"))]
    return [shown, _context(folder / "config.json"), contexts, shutil.which("pulumi")]


def _context(path: Path) -> object:
    """The context alone: the rest of the file is logins."""
    return json.loads(path.read_text(encoding="utf-8")).get("currentContext") if path.exists() else None


def _sum(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
