"""Says how many tests a run left out because they need what must be built first: nobody shall take a run without them for all of it.

And gives every run the same Ctrl-C, wherever it was started. No property has a deadline: how quick an example is depends on the machine.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.side_by_side import SideBySide

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from tests.gitea_server import Gitea
    from tests.github_description import Described

settings.register_profile("liftlock", deadline=None)
settings.load_profile("liftlock")

_left_out = pytest.StashKey[Counter[str]]()
_NEEDS = {
    "pulumi": ("the real Pulumi CLI", "make engines"),
    "gitea": ("a real Gitea", "make forges"),
    "versions": ("PostgreSQL of other versions", "make versions"),
    "prism": ("GitHub's own description", "make forges"),
}


class _LeftOut:
    """Counts them while pytest collects."""

    def __init__(self, config: pytest.Config) -> None:
        config.stash[_left_out] = Counter()
        self._config = config

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._config.stash[_left_out].update(marker for item in items for marker in _NEEDS if item.get_closest_marker(marker) is not None)


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest."""
    config.pluginmanager.register(_LeftOut(config))
    # A shell switches Ctrl-C off for what it starts in the background, and that is passed on to whatever a test starts and then stops.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SideBySide:
    """Called by pytest-xdist, in a run with workers."""
    return SideBySide(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Called by pytest. A worker hands up what it counted."""
    if hasattr(session.config, "workeroutput"):
        counted = session.config.stash[_left_out]
        session.config.workeroutput["left_out"] = dict(counted)


def pytest_testnodedown(node: WorkerController) -> None:
    """Called by pytest-xdist for each worker that ends. Each has collected, and left out, the same."""
    node.config.stash[_left_out] = Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Called by pytest."""
    for marker, count in sorted(config.stash[_left_out].items()):
        needed, command = _NEEDS[marker]
        tests = "1 test that needs" if count == 1 else f"{count} tests that need"
        terminalreporter.write_line(f"left out: {tests} {needed}; run them with: {command}", yellow=True)


@pytest.fixture(scope="session")
def gitea(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    """One real Gitea for all tests of a run; each makes a repository of its own there."""
    from tests.gitea_server import running_gitea

    with running_gitea(tmp_path_factory.mktemp("gitea")) as server:
        yield server


@pytest.fixture(scope="session")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    """GitHub's own description, which every request and every answer is held against on its way; one test at a time uses it."""
    from tests.github_description import running_prism

    with running_prism(tmp_path_factory.mktemp("prism")) as made:
        yield made
