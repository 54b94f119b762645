"""`liftlock policy`: the rules that people set for a while."""

from __future__ import annotations

from liftlock.commands.app import Commands
from liftlock.commands.measure_text import show_rules
from liftlock.commands.output import JsonOption, print_json
from liftlock.commands.repository import RepoOption

app = Commands("Show the rules that people set for a while: freezes, vetoes and holds.", add_completion=False)


@app.callback()
def policy() -> None:
    """Show the rules that people set for a while: freezes, vetoes and holds."""


@app.command("list")
def list_rules(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Show what holds now, what is to come, and what has ended, as the forge's base branch has it."""
    from liftlock import wiring

    rules = wiring.measures(repo).rules()
    print_json("policy-list", rules) if as_json else show_rules(rules)
