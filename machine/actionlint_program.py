"""actionlint, for the tests that check the workflows which `liftlock init --ci github` writes."""

from __future__ import annotations

import re
from pathlib import Path

from machine.go_programs import GoProgram, ensure_program
from machine.places import ACTIONLINT_FILE, PROJECT, write_json
from machine.steps import StepError, run

_MODULE = "github.com/rhysd/actionlint"
_FOLDER = PROJECT / "machine" / "actionlint"


def actionlint_version(go_mod: str) -> str:
    """`1.7.12`: the version that this go.mod asks for."""
    match = re.search(rf"^\s*(?:require )?{re.escape(_MODULE)} v(\d+\.\d+\.\d+)\b", go_mod, flags=re.MULTILINE)
    if match is None:
        raise StepError(f"{_FOLDER / 'go.mod'} asks for no {_MODULE}", way_out="restore it: git checkout machine/actionlint")
    return match.group(1)


def actionlint_program(folder: Path = _FOLDER) -> GoProgram:
    """What to build."""
    version = actionlint_version((folder / "go.mod").read_text())
    return GoProgram("actionlint", folder, f"{_MODULE}/cmd/actionlint", f"-s -w -X {_MODULE}.version={version}", takes=" (seconds)")


def ensure_actionlint() -> Path:
    """The program, built where it is not there, and `.machine/actionlint.json`, which says where it is."""
    program = actionlint_program()
    version = actionlint_version((program.folder / "go.mod").read_text())
    binary = ensure_program(program)
    way_out = f"remove {binary.parent} and run the same command again"
    said = run([str(binary), "-version"], way_out=way_out, timeout=60).partition("\n")[0].strip()
    if said != version:
        raise StepError(f"{binary} says that it is {said!r}, not {version}", way_out=way_out)
    write_json(ACTIONLINT_FILE, {"program": str(binary), "version": version})
    return binary
