"""The words of a promotion's pull request, from the template in liftlock_templates."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from liftlock.adapters.markdown import cell, code
from liftlock.core.measure import Measure, measure_lines
from liftlock.core.promotion_messages import title
from liftlock.core.promotion_types import PromotionPlan, ServiceChange
from liftlock.core.pull_request_body import PullRequestText, encode_metadata
from liftlock.core.release import ReleasedImage
from liftlock.core.surroundings import Surroundings

_NOTHING = Surroundings()
_SHOWN = 60  # forges refuse bodies of more than 65,536 characters; the commit has every service


def render_pull_request(plan: PromotionPlan, around: Surroundings = _NOTHING) -> PullRequestText:
    """Title and Markdown body; whatever a name or a reason holds stays inside its cell."""
    body = _template("promotion").render(plan=plan, around=around, metadata=encode_metadata(plan.metadata), shown=_SHOWN)
    return PullRequestText(title(plan), body.rstrip() + "\n")


def render_measure(measure: Measure, base: str, metadata: str) -> PullRequestText:
    """The same for a change of policy or a rollback, made on commit `base`."""
    values = {"measure": measure, "lines": measure_lines(measure), "base": base, "metadata": metadata}
    return PullRequestText(measure.title, _template("measure").render(values).rstrip() + "\n")


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("liftlock_templates", "pull_requests")
    markdown = Environment(  # noqa: S701 - this is Markdown, escaped by the filters below
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    markdown.filters |= {"cell": cell, "code": code, "image": _image, "commits": _commits, "short": _short, "moment": _moment}
    return markdown.get_template(f"{name}.md.j2")


def _image(released: ReleasedImage | None) -> str:
    if released is None:
        return "nothing"
    tag = f" ({cell(released.tag)})" if released.tag else ""
    return f"`{released.image.digest.text}`{tag}"


def _short(released: ReleasedImage | None) -> str:
    if released is None:
        return "-"
    return f"`{released.image.digest.short}`{f' ({cell(released.tag)})' if released.tag else ''}"


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="minutes") if moment else "-"


def _commits(change: ServiceChange) -> str:
    old = change.old.commit if change.old else None
    return " → ".join(f"`{code(commit[:12])}`" if commit else "unknown" for commit in (old, change.new.commit))
