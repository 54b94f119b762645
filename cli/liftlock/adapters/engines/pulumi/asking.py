"""One command of the CLI beside the runs: its answer, or an error in our words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pulumi.automation.errors import CommandError

from liftlock.adapters.engines.pulumi.command import Cli
from liftlock.adapters.engines.pulumi.errors import translated


def asked(cli: Cli, words: Sequence[str], folder: Path, *, what: str, hidden: Iterable[str], said: str = "") -> str:
    """What it printed. what: such as `the stack shop/dev`; said: what it is told on its standard input; hidden: what no error may show."""
    try:
        return cli.ask(words, folder, said=said).stdout
    except CommandError as err:
        raise translated(err, what, hidden) from err
