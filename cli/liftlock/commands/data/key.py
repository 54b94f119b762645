"""`liftlock data key`: the key that pseudonyms are made with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liftlock.commands.app import Commands

app = Commands(add_completion=False)

OutputOption = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, for its owner alone (0600).")]


@app.callback()
def key() -> None:
    """Make the key that pseudonyms are made with. Keep it where the data are not: who has both can undo the pseudonyms."""


@app.command()
def new(output: OutputOption = None) -> None:
    """Make a key, and print it or write it to a file. A file that is there is never overwritten.

    Example: liftlock data key new --output ../data.key
    """
    from liftlock.wiring import data_keys as wiring

    if output is None:
        typer.echo(wiring.new_key())
        return
    made = wiring.write_key(output)
    typer.echo(f"key {made} written to {output}; say in data/DB.yaml: key: {wiring.reference_of(output)}", err=True)
    typer.echo(f'  or, where key: env:NAME stands there: export NAME="$(cat {output})"', err=True)
