"""Wiring of what the ledger and the base branch tell, also in a bare clone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from liftlock.wiring.configuration import load_configuration

if TYPE_CHECKING:
    from liftlock.adapters.past import Declarations
    from liftlock.core.ledger import Record
    from liftlock.core.ports import Ledger
    from liftlock.core.ports.past import Past
    from liftlock.core.promotion_record import Unproved
    from liftlock.services.audit import Audit
    from liftlock.services.environment_diff import EnvironmentDiff
    from liftlock.services.history import History
    from liftlock.services.metrics import DeliveryMetrics


def history(repo: Path | None, *, offline: bool) -> History:
    """Tells what the ledger holds; a bare clone without configuration will do."""
    from liftlock.services.history import History

    ledger, past, root = _records(repo, offline=offline)
    return History(ledger, past, declared=(lambda: load_configuration(root).environments) if root else None)


def environment_diff(repo: Path | None, *, offline: bool) -> EnvironmentDiff:
    """Compares environments; likewise."""
    from liftlock.services.environment_diff import EnvironmentDiff

    return EnvironmentDiff(*_records(repo, offline=offline)[:2])


def delivery_metrics(repo: Path | None, *, offline: bool) -> DeliveryMetrics:
    """Measures delivery; likewise."""
    from liftlock.services.metrics import DeliveryMetrics

    return DeliveryMetrics(*_records(repo, offline=offline)[:2])


def audit(repo: Path | None, *, offline: bool, base: str | None = None) -> Audit:
    """Holds Git against the ledger; likewise."""
    from liftlock.services.audit import Audit

    ledger, past, _ = _records(repo, offline=offline, base=base)

    def unproved(records: Sequence[Record]) -> Sequence[Unproved]:
        from liftlock.wiring.signing import unproved_promotions

        return unproved_promotions(records, past)

    return Audit(ledger, past, unproved)


def _records(repo: Path | None, *, offline: bool, base: str | None = None) -> tuple[Ledger, Past, Path | None]:
    """Ledger and base branch; and the environments repository, None where it is a bare clone."""
    from liftlock.adapters.config_files.repository import find_repository
    from liftlock.adapters.git import is_bare
    from liftlock.adapters.ledger import GitLedger
    from liftlock.adapters.past import GitPast
    from liftlock.wiring.clones import later_access

    start = repo or Path()
    bare = is_bare(start)
    root = start if bare else find_repository(start)
    access = later_access(root, lambda: load_configuration(root).project.forge)
    return GitLedger(root), GitPast(root, _declarations(root), access, base=base, offline=offline), None if bare else root


def _declarations(root: Path) -> Declarations:
    """Loads what reads configuration only when it is asked: most looks back need none."""
    from liftlock.adapters.past import Declarations

    def reading() -> ModuleType:
        from liftlock.adapters import past_declarations

        return past_declarations

    return Declarations(
        base=lambda: reading().base_branch(root),
        project=lambda commit: reading().project_at(root, commit),
        declared=lambda commit, environment: reading().declared_at(root, commit, environment),
    )
