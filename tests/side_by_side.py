"""Which tests wait for each other where a run has several workers, as `make test` has: those that share something on the machine.

All others are handed out file by file, in their order. How many workers there are is said in machine/checks.py.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadFileScheduling

ONE_AFTER_ANOTHER = {
    "tests/conformance/": "conformance",  # their containers have the names that were recorded
    "tests/contract/": "docker",
    "tests/e2e/": "docker",
    "tests/integration/docker_provider/": "docker",
    "tests/integration/engines/": "docker",
    "tests/integration/machine/": "docker",
    "tests/integration/test_golden_copies.py": "docker",
}
"""Start of a test's name -> what its tests share. On the same engine, what starts and stops containers would only slow each other down."""


LONG = "tests/unit/engine/test_histories.py"  # minutes each, with nothing shared


_VERSION = re.compile(r"[\[-]postgres-\d+[]-]")


def shared_by(nodeid: str) -> str:
    """What a test shares with others, after which it runs and on their worker: its file's fixtures, or the server of its version."""
    version = _VERSION.search(nodeid)
    if version is not None:
        return version.group().strip("[-]")
    alone = nodeid if nodeid.startswith(LONG) else nodeid.split("::", 1)[0]
    return next((shared for start, shared in ONE_AFTER_ANOTHER.items() if nodeid.startswith(start)), alone)


class SideBySide(LoadFileScheduling):
    """Hands out together what shares something."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_by(nodeid)
