"""The files of a new environments repository."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_FOLDER = "environments_repository"
_NAMES = {"gitignore": ".gitignore"}


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service to declare. sample: its part in the shop sample ("api", "web"), "" for any other."""

    name: str
    repository: str
    port: int
    sample: str = ""


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What the templates need. Every text is ready to stand in YAML; images are repository@sha256:… or None where none is known."""

    project: str
    id: str
    registry: str
    forge_kind: str
    forge: str
    token: str | None
    services: tuple[ServiceFacts, ...]
    sample: bool
    router: str | None = None
    postgres: str | None = None


def render_repository(facts: RepositoryFacts) -> dict[str, str]:
    """File texts by path relative to the repository."""
    environment = Environment(
        loader=PackageLoader("liftlock_templates", _FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape([]),  # not HTML: the facts are YAML already
    )
    files: dict[str, str] = {}
    for template in environment.list_templates(extensions=["j2"]):
        name = template.removesuffix(".j2")
        files[_NAMES.get(name, name)] = environment.get_template(template).render(asdict(facts))
    return files
