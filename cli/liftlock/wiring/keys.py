"""Where a project's state and the passphrase of its secrets are; and keys that are derived while the rest is still loaded."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from liftlock.adapters.secret_sources import SecretSources
from liftlock.core.branch import branch_environment
from liftlock.core.errors import LiftlockError
from liftlock.core.project import EngineKind, EngineSettings, Project


def begin_key(root: Path, project: Project, environment: str, *, creates: bool) -> None:
    """Begins to derive the key that a run of the environment will need, which takes as long as loading what runs it.

    environment: its name, or a branch's. creates: whether there is to be one where there is none yet. Never fails, never waits.
    """
    settings = project.engine
    if settings.choice.kind is not EngineKind.EMBEDDED:
        return
    from liftlock_engine import FileBackend, StackName
    from liftlock_engine.passphrase import derive_ahead

    backend = FileBackend(state_folder(root, settings))
    salt = backend.salt(StackName(project.name, environment))
    if not salt:
        with suppress(LiftlockError):  # what is no name of a branch is said where it is used
            salt = backend.salt(StackName(project.name, branch_environment(environment)))
    if salt or creates:
        derive_ahead(salt, passphrase_of(root, settings.passphrase))


@functools.cache
def passphrase_of(root: Path, reference: str) -> Callable[[], str]:
    """Asks for the passphrase, once in this process, whichever thread needs it first."""
    kept, lock = functools.cache(lambda: SecretSources(root).resolve(reference)), threading.Lock()

    def answer() -> str:
        with lock:
            return kept()

    return answer


def state_folder(root: Path, settings: EngineSettings) -> Path:
    """The folder of the state; for a state elsewhere, of the stacks' configuration."""
    return root / Path(settings.files or settings.state).expanduser()
