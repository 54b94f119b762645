"""actionlint, for the tests that check the workflows which `liftlock init --ci github` writes."""

from __future__ import annotations

from pathlib import Path

from machine.go_programs import GoProgram, ensure_program, module_version
from machine.places import ACTIONLINT_FILE, PROJECT, write_json
from machine.steps import StepError, run

_MODULE = "github.com/rhysd/actionlint"
_FOLDER = PROJECT / "machine" / "actionlint"


def actionlint_program(folder: Path = _FOLDER) -> GoProgram:
    """What to build."""
    version = module_version(folder, _MODULE)
    return GoProgram("actionlint", folder, f"{_MODULE}/cmd/actionlint", f"-s -w -X {_MODULE}.version={version}", takes=" (seconds)")


def ensure_actionlint() -> Path:
    """The program, built where it is not there, and `.machine/actionlint.json`, which says where it is."""
    program = actionlint_program()
    version = module_version(program.folder, _MODULE)
    binary = ensure_program(program)
    way_out = f"remove {binary.parent} and run the same command again"
    said = run([str(binary), "-version"], way_out=way_out, timeout=60).partition("\n")[0].strip()
    if said != version:
        raise StepError(f"{binary} says that it is {said!r}, not {version}", way_out=way_out)
    write_json(ACTIONLINT_FILE, {"program": str(binary), "version": version})
    return binary
