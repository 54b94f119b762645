"""GitHub's own description of its API, and prism, which holds requests and answers against it, for the tests of GitHub's adapter.

Both are npm packages, locked with hashes in machine/github_api/. The description is 12 MB of JSON that nobody here wrote: it is fetched,
never committed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from machine.node import ensure_node, install_packages
from machine.places import GITHUB_API_FILE, PROJECT, cache_folder, one_at_a_time, write_json
from machine.steps import StepError, say

_FOLDER = PROJECT / "machine" / "github_api"
_DESCRIPTION = Path("node_modules/@octokit/openapi/generated/api.github.com.json")


def ensure_github_description() -> Path:
    """The packages, installed where they are not there, and `.machine/github_api.json`, which says where they are."""
    node = ensure_node()
    key = hashlib.sha256((_FOLDER / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = cache_folder() / "github-api" / key
    if not folder.exists():
        with one_at_a_time("github-api"):
            if not folder.exists():
                partial = folder.with_name(f"{key}.partial")
                shutil.rmtree(partial, ignore_errors=True)
                install_packages(node, _FOLDER, partial, os.environ, title="fetching GitHub's description of its API, and prism (100 MB)")
                _keep_one(partial / _DESCRIPTION)
                partial.replace(folder)
    prism = folder / "node_modules/@stoplight/prism-cli/dist/index.js"
    for path in (prism, folder / _DESCRIPTION):
        if not path.exists():
            raise StepError(f"{path} is not there", way_out=f"remove {folder} and run the same command again")
    write_json(
        GITHUB_API_FILE, {"node": node.node, "packages": str(folder), "prism": str(prism), "description": str(folder / _DESCRIPTION)}
    )
    say(f"GitHub's description: {folder}; named in .machine/github_api.json")
    return folder


def _keep_one(description: Path) -> None:
    """The package describes every GitHub there is, in 390 MB; the tests read one of them."""
    for path in description.parent.glob("*.json"):
        if path != description:
            path.unlink()
