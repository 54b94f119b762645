"""Says how many tests a run left out because they need the real Pulumi CLI: nobody shall take a run without them for all of it.

And gives every run the same Ctrl-C, wherever it was started.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence

import pytest

_left_out = pytest.StashKey[int]()


class _LeftOut:
    """Counts them while pytest collects."""

    def __init__(self, config: pytest.Config) -> None:
        config.stash[_left_out] = 0
        self._config = config

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._config.stash[_left_out] += sum(item.get_closest_marker("pulumi") is not None for item in items)


def pytest_configure(config: pytest.Config) -> None:
    """Called by pytest."""
    config.pluginmanager.register(_LeftOut(config))
    # A shell switches Ctrl-C off for what it starts in the background, and that is passed on to whatever a test starts and then stops.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Called by pytest."""
    if count := config.stash[_left_out]:
        tests = "1 test that runs" if count == 1 else f"{count} tests that run"
        terminalreporter.write_line(f"left out: {tests} the real Pulumi CLI; run them with: make engines", yellow=True)
