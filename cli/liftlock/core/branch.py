"""Names and leases of ephemeral environments. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime, timedelta

from liftlock.core.errors import UsageError
from liftlock.core.stack import Lease

# A DNS label holds 63; project, service and version are put around the name, and container names are DNS names inside the network.
_STEM = 24
_HASH = 6


def branch_environment(branch: str) -> str:
    """The DNS-safe name of a branch's environment: a readable stem and a hash of the whole branch name.

    Two branches never share a name because they look alike, and no branch can take the name of a declared environment.
    """
    if not branch.strip() or any(unicodedata.category(char) == "Cc" for char in branch):
        raise UsageError(f"{branch!r} is not a branch name", hint="give the Git branch: liftlock branch up --branch feature/checkout")
    plain = unicodedata.normalize("NFKD", branch).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_STEM].strip("-")
    if not stem or not stem[0].isalpha():
        stem = f"b-{stem}".strip("-")
    return f"{stem}-{hashlib.sha256(branch.encode()).hexdigest()[:_HASH]}"


def new_lease(branch: str, owner: str, now: datetime, ttl: timedelta) -> Lease:
    """A lease that begins now."""
    return Lease(branch, owner, now, now + ttl)


def renewed(lease: Lease, now: datetime, ttl: timedelta) -> Lease:
    """The same lease, good for at least another ttl from now; never shorter than it was."""
    return Lease(lease.branch, lease.owner, lease.created, max(lease.expires, now + ttl))
