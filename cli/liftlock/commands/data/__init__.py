"""`liftlock data`: rows for lower environments. One module here per command."""

from __future__ import annotations

from liftlock.commands.app import Commands, Later, Root


class _Data(Root):
    later: tuple[Later, ...] = ()


app = Commands(cls=_Data, add_completion=False)


@app.callback()
def data() -> None:
    """Make data for lower environments: classify, generate, anonymise, prove, and keep golden copies."""
