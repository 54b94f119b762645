"""An environment's release as a commit declares it: the one way to its id for plans, pull requests and the ledger."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.core.fingerprint import Fingerprint
from liftlock.core.ports import Repository
from liftlock.core.proposal import release_path
from liftlock.core.release import Release
from liftlock.core.release_file import parse_release

Fingerprints = Callable[[str, str], Fingerprint]
"""Commit and environment -> the hashes of what the environment's declaration there comes to."""


def declared_release(repository: Repository, fingerprint: Fingerprints, commit: str, environment: str) -> Release:
    """The images of the release file at the commit, with the configuration and the data that are declared beside it."""
    path = release_path(environment)
    found = fingerprint(commit, environment)
    services = parse_release(repository.read(commit, path) or "", str(path)).services
    return Release(services, found.config, found.data, found.left_out)
