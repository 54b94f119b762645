"""A real Gitea, for the tests that open, review and merge pull requests on it.

Not here: how a test starts one (tests/gitea_server.py), and how a company gets its forge.
"""

from __future__ import annotations

from pathlib import Path

from machine.go_programs import GoProgram, ensure_program, module_version
from machine.places import GITEA_FILE, PROJECT, write_json
from machine.steps import StepError, run, say

_MODULE = "code.gitea.io/gitea"
_FOLDER = PROJECT / "machine" / "gitea"
# Pages, translations and settings that it reads while it runs.
_STATIC = ("templates", "options", "public")


def gitea_program(folder: Path = _FOLDER) -> GoProgram:
    """What to build: with SQLite as its database, written in Go too (machine/gitea/sqlite), so that no C compiler is needed."""
    linker = f"-s -w -X main.Version={module_version(folder, _MODULE)}"
    takes = " (the first time 5 to 10 minutes, 2 GB of modules)"
    return GoProgram("gitea", folder, _MODULE, linker, tags="sqlite", beside=_STATIC, takes=takes)


def ensure_gitea() -> Path:
    """The program, built where it is not there, and `.machine/gitea.json`, which says where it and its pages are."""
    program = gitea_program()
    version = module_version(program.folder, _MODULE)
    binary = ensure_program(program)
    way_out = f"remove {binary.parent} and run: make gitea"
    said = run([str(binary), "--version"], way_out=way_out, timeout=60).strip()
    if not said.startswith(f"gitea version {version} "):
        raise StepError(f"{binary} says that it is {said!r}, not {version}", way_out=way_out)
    write_json(GITEA_FILE, {"program": str(binary), "version": version, "static": str(binary.parent)})
    say(f"gitea: {version}, {binary}; named in .machine/gitea.json")
    return binary
