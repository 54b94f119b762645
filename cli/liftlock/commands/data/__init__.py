"""`liftlock data`: rows for lower environments. One module here per command."""

from __future__ import annotations

from liftlock.commands.app import Commands, Later, Root


class _Data(Root):
    # In the order of use: a copy of what is there, copies of what was made, rows from the schema.
    later = (
        Later("init", "data.init:init", "Propose what every column holds into data/DB.yaml; later runs add what is new."),
        Later("plan", "data.plan:plan", "Show what an anonymised copy does to each column, and every problem, before any write."),
        Later("key", "data.key", "Make the key that pseudonyms are made with."),
        Later("subset", "data.subset:subset", "Show which rows the subset of data/DB.yaml takes, and why one of them."),
        Later("anonymise", "data.anonymise:anonymise", "Replace a database by an anonymised copy of another, as its file says."),
        Later("check", "data.check:check", "Prove that no sensitive value of a source is left in a copy, or say where one is."),
        Later("snapshot", "data.snapshot", "Keep golden copies of databases, and put databases back to them."),
        Later("profile", "data.profile:profile", "Write the shape of a database from its statistics; no row is read."),
        Later("generate", "data.generate:generate", "Fill a migrated database with synthetic rows at a size, in the shape of a profile."),
        Later("report", "data.report:report", "Write a page that shows generated rows beside the profile: plots, no row."),
    )


app = Commands(cls=_Data, add_completion=False)


@app.callback()
def data() -> None:
    """Make data for lower environments: classify, generate, anonymise, prove, and keep golden copies.

    Rows from the schema alone: data generate. A copy in which nobody is named: data init, plan, key new, anonymise, check, in this order.
    """
