"""The real Pulumi CLI and its language host for Python, for the tests that run it beside the embedded engine.

Not here: how a user gets it. That is Pulumi's own installer.
"""

from __future__ import annotations

from pathlib import Path

from machine.go_programs import GoProgram, ensure_program, module_version
from machine.places import PROJECT, PULUMI_FILE, write_json
from machine.steps import StepError, run, say

_MODULE = "github.com/pulumi/pulumi"
CLI_MODULE = f"{_MODULE}/pkg/v3"
_FOLDER = PROJECT / "machine" / "pulumi"


def cli_program(folder: Path = _FOLDER) -> GoProgram:
    """What to build."""
    version = module_version(folder, CLI_MODULE)
    linker = f"-s -w -X {_MODULE}/sdk/v3/go/common/version.Version=v{version}"
    return GoProgram("pulumi", folder, f"{_MODULE}/pkg/v3/cmd/pulumi", linker, takes=" (the first time 5 to 10 minutes, 1.5 GB of modules)")


def language_host() -> GoProgram:
    """What `pulumi up` starts in a project in Python: a server, and the script with which it runs the program."""
    name = "pulumi-language-python"
    return GoProgram(name, PROJECT / "machine" / "pulumi_python", f"{_MODULE}/sdk/v3/python/cmd/{name}", beside=(f"../{name}-exec",))


def ensure_pulumi() -> Path:
    """The CLI, built where it is not there, and `.machine/pulumi.json`, which says where it is."""
    program = cli_program()
    version = module_version(program.folder, CLI_MODULE)
    cli = ensure_program(program)
    said = run([str(cli), "version"], way_out=f"remove {cli.parent} and run: make pulumi", timeout=60).strip()
    if said != f"v{version}":
        raise StepError(f"{cli} says that it is {said}, not v{version}", way_out=f"remove {cli.parent} and run: make pulumi")
    host = ensure_program(language_host())
    write_json(PULUMI_FILE, {"cli": str(cli), "version": version, "language_hosts": str(host.parent)})
    say(f"pulumi: {version}, {cli}; named in .machine/pulumi.json")
    return cli
