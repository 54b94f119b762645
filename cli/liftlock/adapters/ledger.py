"""The ledger as an orphan branch of the environments repository: one commit per record, its message holding the record itself.

Everything is read by one `git log`, also in a bare clone without any remote.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from liftlock.adapters.git import LEDGER_BRANCH, Git, fetch_refs, keep_ledger, pause, push, signed_by
from liftlock.core.errors import ConflictError, IncompleteError, UnavailableError, UsageError
from liftlock.core.ledger import Entry, Record, chain, decode, encode, read_chain
from liftlock.core.ports import Identity

_NOTHING = "0" * 40  # what a reference is before there is one
_FALLBACK = Identity("liftlock", "liftlock@localhost")


class GitLedger:
    """Ledger port on a clone."""

    def __init__(self, root: Path, *, attempts: int = 20) -> None:
        self._git = Git(root)
        self._attempts = attempts
        self._read: tuple[str, tuple[Record, ...]] = ("", ())

    def append(self, entries: Sequence[Entry]) -> Sequence[Record]:
        """Chains the entries behind the forge's last record and pushes; starts again when another writer was first."""
        if not entries:
            return ()
        for attempt in range(self._attempts):
            tip = self._fetch()
            last = self._last(tip)
            records: list[Record] = []
            for entry in entries:
                last = chain(last, entry)
                records.append(last)
            commit = self._commit(records, tip)
            try:
                push(self._git, commit, LEDGER_BRANCH, expected=tip)
            except ConflictError:
                pause(attempt)
                continue
            # Where Git has done so already, or another process has since fetched more, there is nothing to do.
            self._git.run("update-ref", self._ref, commit, tip or _NOTHING, ok=range(256))
            return records
        raise UnavailableError(
            f"{self._attempts} other writers were faster: the facts are not in the ledger",
            hint="run the same command again: it records them then",
        )

    def records(self) -> Sequence[Record]:
        """All records in order, checked against their chain; IncompleteError names the first one that is broken."""
        tip = self._git.ref(self._ref)
        if tip is None:
            return ()
        if self._read[0] != tip:
            log = self._git.run("log", "-z", "--reverse", "--first-parent", "--format=%H%n%b", tip, timeout=120).out
            pairs = (commit.partition("\n") for commit in log.split("\0") if commit)
            self._read = (tip, read_chain((place, body.strip("\n")) for place, _, body in pairs))
        return self._read[1]

    @property
    def _ref(self) -> str:
        """A bare clone keeps the forge's branches as its own."""
        return f"refs/heads/{LEDGER_BRANCH}" if self._bare else f"refs/remotes/origin/{LEDGER_BRANCH}"

    @cached_property
    def _bare(self) -> bool:
        return self._git.line("rev-parse", "--is-bare-repository") == "true"

    def _fetch(self) -> str | None:
        """The tip as the forge has it now."""
        ref = self._ref
        known = self._git.ref(ref)
        fetch_refs(self._git, "--prune", f"+refs/heads/{LEDGER_BRANCH}*:{ref}*")
        return keep_ledger(self._git, ref, known)

    def _last(self, tip: str | None) -> Record | None:
        if tip is None:
            return None
        try:
            return decode(self._git.run("log", "-1", "--format=%b", tip).out.strip("\n"))
        except ValueError as err:
            raise IncompleteError(
                f"the ledger's last record ({tip}) is broken: {err}",
                hint="nothing can be recorded behind it; find who wrote it: git log " + tip,
            ) from err

    def _commit(self, records: Sequence[Record], parent: str | None) -> str:
        """One commit per record; the tree holds the record too, for whoever opens the branch in a browser."""
        tip = parent
        for record in records:
            blob = self._git.line("hash-object", "-w", "--stdin", given=encode(record) + "\n")
            tree = self._git.line("mktree", given=f"100644 blob {blob}\trecord.json\n")
            parents = ["-p", tip] if tip else []
            tip = self._git.line("commit-tree", tree, *parents, given=_message(record), env=_signature(record))
        return tip or ""


def _message(record: Record) -> str:
    """A subject for people, the record for programs."""
    entry = record.entry
    what = " ".join(word for word in (entry.fact.value, entry.environment, entry.release) if word)
    return f"{' '.join(what.split())}\n\n{encode(record)}\n"


def _signature(record: Record) -> dict[str, str]:
    """In the name of whoever did it, at the time it was done; liftlock's own name where the actor is no person."""
    try:
        author = Identity.parse(record.entry.actor)
    except UsageError:
        author = _FALLBACK
    return signed_by(author) | {"GIT_AUTHOR_DATE": record.entry.at.isoformat(timespec="seconds")}
