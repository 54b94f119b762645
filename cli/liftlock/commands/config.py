"""`liftlock config`: check the declared files and explain where every value comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from liftlock.commands.app import Commands
from liftlock.commands.output import JsonOption, print_json, print_table
from liftlock.commands.repository import RepoOption
from liftlock.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from liftlock.adapters.config_files.loader import Inspection
    from liftlock.core.config.provenance import Provenance

app = Commands("Check the declared files and explain where every value comes from.", add_completion=False)

EnvironmentArgument = Annotated[str, typer.Argument(metavar="ENV", help="An environment, or a class of ephemeral ones.")]


@app.command()
def validate(repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Check every file and report all problems at once. Exits 78 where there is one."""
    from liftlock import wiring

    found = wiring.inspect_configuration(repo)
    if as_json:
        print_json("config-validate", _as_json(found))
    elif found.project is not None:
        _show_sound(found)
    if found.project is None:
        if as_json:
            raise typer.Exit(ExitCode.CONFIG)
        raise wiring.configuration_error(found)


@app.command()
def explain(
    environment: EnvironmentArgument,
    path: Annotated[str | None, typer.Argument(metavar="[PATH]", help="Such as services.api.env; everything without it.")] = None,
    repo: RepoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which file and line set each value, and what that value replaced."""
    from liftlock import wiring

    found = wiring.explain_configuration(repo, environment, path)
    if as_json:
        print_json("config-explain", {"environment": environment, "values": found})
        return
    print_table(["path", "value", "set at", "replaces"], [_row(item) for item in found], empty="nothing is set there")


@app.command()
def show(environment: EnvironmentArgument, repo: RepoOption = None, as_json: JsonOption = False) -> None:
    """Show the environment with all layers merged, as it would be brought up. Secrets are shown by reference only."""
    from liftlock import wiring
    from liftlock.core.config.shown import environment_document, yaml_text

    document = environment_document(wiring.resolve_configuration(repo, environment))
    print_json("config-show", document) if as_json else typer.echo(yaml_text(document), nl=False)


@app.command()
def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A kind of file or of --json result, such as release or env-status; a list without it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the JSON Schema of one kind of file or of result, for editors and other tools."""
    from liftlock import wiring
    from liftlock.commands.results import result_shapes

    files, results = wiring.configuration_schemas(), sorted(result_shapes())
    if name is not None:
        typer.echo(json.dumps(_schema_of(name, files, results), indent=2, ensure_ascii=False))
    elif as_json:
        print_json("config-schemas", {"files": [{"name": kind, "files": pattern} for kind, pattern in files.items()], "results": results})
    else:
        print_table(["name", "of"], [*files.items(), *((kind, "a result of --json") for kind in results)], empty="")


def _schema_of(name: str, files: Mapping[str, str], results: Sequence[str]) -> dict[str, object]:
    from liftlock import wiring
    from liftlock.commands.result_schema import result_schema
    from liftlock.commands.results import result_shapes
    from liftlock.core.config.suggestions import unknown

    if name in files:
        return wiring.configuration_schema(name)
    if name in results:
        return result_schema(name, result_shapes()[name])
    raise UsageError(unknown("schema", name, [*files, *results]), hint="liftlock config schema lists them")


def _show_sound(found: Inspection) -> None:
    assert found.project is not None  # noqa: S101 - the caller looked
    typer.echo(f"checked {len(found.checked)} files: {', '.join(found.checked)}")
    typer.echo(f"environments: {', '.join(found.project.environments)}")
    for note in found.notes:
        typer.echo(f"note: {note}")
    typer.echo("no problems")


def _as_json(found: Inspection) -> dict[str, object]:
    return {
        "valid": found.project is not None,
        "checked": found.checked,
        "environments": found.project.environments if found.project else [],
        "problems": found.problems,
        "notes": found.notes,
    }


def _row(item: Provenance) -> tuple[str, str, str, str]:
    from liftlock.core.config.shown import flow_text

    value = "(removed)" if item.value is None else flow_text(item.value)
    lost = ", ".join(f"{flow_text(before.value)} ({before.place})" for before in reversed(item.overridden))
    return item.path, value, item.place, lost
