"""The real Pulumi CLI and its language host for Python, for the tests that run it beside the embedded engine.

Not here: how a user gets it. That is Pulumi's own installer.
"""

from __future__ import annotations

import re
from pathlib import Path

from machine.go_programs import GoProgram, ensure_program
from machine.places import PROJECT, PULUMI_FILE, write_json
from machine.steps import StepError, run, say

_MODULE = "github.com/pulumi/pulumi"
_FOLDER = PROJECT / "machine" / "pulumi"


def module_version(go_mod: str) -> str:
    """`3.256.0`: the version of the CLI that this go.mod asks for."""
    match = re.search(rf"^\s*(?:require )?{re.escape(_MODULE)}/pkg/v3 v(\d+\.\d+\.\d+)\b", go_mod, flags=re.MULTILINE)
    if match is None:
        raise StepError(f"{_FOLDER / 'go.mod'} asks for no {_MODULE}/pkg/v3", way_out="restore it: git checkout machine/pulumi")
    return match.group(1)


def cli_program(folder: Path = _FOLDER) -> GoProgram:
    """What to build."""
    version = module_version((folder / "go.mod").read_text())
    linker = f"-s -w -X {_MODULE}/sdk/v3/go/common/version.Version=v{version}"
    return GoProgram("pulumi", folder, f"{_MODULE}/pkg/v3/cmd/pulumi", linker, takes=" (the first time 5 to 10 minutes, 1.5 GB of modules)")


def language_host() -> GoProgram:
    """What `pulumi up` starts in a project in Python: a server, and the script with which it runs the program."""
    name = "pulumi-language-python"
    return GoProgram(name, PROJECT / "machine" / "pulumi_python", f"{_MODULE}/sdk/v3/python/cmd/{name}", beside=(f"../{name}-exec",))


def ensure_pulumi() -> Path:
    """The CLI, built where it is not there, and `.machine/pulumi.json`, which says where it is."""
    program = cli_program()
    version = module_version((program.folder / "go.mod").read_text())
    cli = ensure_program(program)
    said = run([str(cli), "version"], way_out=f"remove {cli.parent} and run: make pulumi", timeout=60).strip()
    if said != f"v{version}":
        raise StepError(f"{cli} says that it is {said}, not v{version}", way_out=f"remove {cli.parent} and run: make pulumi")
    host = ensure_program(language_host())
    write_json(PULUMI_FILE, {"cli": str(cli), "version": version, "language_hosts": str(host.parent)})
    say(f"pulumi: {version}, {cli}; named in .machine/pulumi.json")
    return cli
