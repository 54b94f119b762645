"""Pages about data, from the templates in liftlock_templates. One file each, which asks nothing of anybody else."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from liftlock_datagen.certificate.model import Certificate, Verdict


def render_certificate(certificate: Certificate) -> str:
    """The certificate as a page. Names are escaped; a value is nowhere in it."""
    return _pages().get_template("certificate.html.j2").render(c=certificate, leak=Verdict.LEAK, command=_find_command(certificate))


def _find_command(certificate: Certificate) -> str:
    return f"liftlock data check --to {certificate.copy} --spec {certificate.database} --find HASH"


@cache
def _pages() -> Environment:
    loader = PackageLoader("liftlock_templates", "certificates")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    pages.filters |= {"count": _count, "moment": _moment}
    return pages


def _count(number: float) -> str:
    return f"{number:,.1f}" if isinstance(number, float) and number != int(number) else f"{int(number):,}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
