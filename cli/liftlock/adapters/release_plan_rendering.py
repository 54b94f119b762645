"""The words of a release plan, from the template in liftlock_templates."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from liftlock.adapters.markdown import cell, code, line
from liftlock.core.release_plan import ReleasePlan


def render_release_plan(plan: ReleasePlan) -> str:
    """The document as Markdown; whatever a name or a reason holds stays inside its cell."""
    return _template().render(plan=plan, named=_named).rstrip() + "\n"


@cache
def _template() -> Template:
    loader = PackageLoader("liftlock_templates", "release_plans")
    markdown = Environment(  # noqa: S701 - this is Markdown, escaped by the filters below
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    markdown.filters |= {"cell": cell, "code": code, "line": line, "moment": _moment}
    return markdown.get_template("release_plan.md.j2")


def _named(digest: str | None, tag: str | None) -> str:
    if digest is None:
        return "nothing"
    return f"`{code(digest)}`" + (f" ({cell(tag)})" if tag else "")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
