"""The ledger as an orphan branch of the environments repository: a commit per append, its message holding the records, one to a line.

The messages are the ledger. Full thousands of records also stand in the tip's tree as pages, so that a long ledger is read by opening
a hundred files instead of a hundred thousand commits; the chain of hashes says whether pages and messages are the same. Nothing else
is needed to read it: a bare clone without any remote will do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from liftlock.adapters.git import LEDGER_BRANCH, Git, signed_by
from liftlock.adapters.git_remote import Access, Remote, keep_ledger, no_access, pause
from liftlock.adapters.ledger_reading import PAGE, PAGES, LedgerReader
from liftlock.core.errors import ConflictError, IncompleteError, UnavailableError, UsageError
from liftlock.core.ledger import Entry, Record, chain, decode, encode
from liftlock.core.ledger_chain import Records
from liftlock.core.ports import Identity

_NOTHING = "0" * 40  # what a reference is before there is one
_FALLBACK = Identity("liftlock", "liftlock@localhost")


class GitLedger:
    """Ledger port on a clone."""

    def __init__(self, root: Path, access: Access = no_access, *, attempts: int = 20) -> None:
        self._git = Git(root)
        self._remote = Remote(self._git, access)
        self._reader = LedgerReader(self._git)
        self._attempts = attempts
        self._read: tuple[str, Records | None] = ("", None)

    def append(self, entries: Sequence[Entry], *, unless: Callable[[Sequence[Record]], bool] | None = None) -> Sequence[Record]:
        """Chains the entries behind the forge's last record and pushes; starts again when another writer was first."""
        if not entries:
            return ()
        for attempt in range(self._attempts):
            tip = self._fetch()
            if unless is not None and unless(self._records(tip)):
                return ()
            last = self._last(tip)
            records: list[Record] = []
            for entry in entries:
                last = chain(last, entry)
                records.append(last)
            commit = self._commit(records, tip)
            try:
                self._remote.push(commit, LEDGER_BRANCH, expected=tip)
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
        """All records in order, their chain checked; IncompleteError names the first one that is broken. Each is parsed when it is used."""
        return self._records(self._git.ref(self._ref))

    def _records(self, tip: str | None) -> Sequence[Record]:
        if tip is None:
            return ()
        if self._read[0] != tip or self._read[1] is None:
            self._read = (tip, self._reader.read(tip))
        return self._read[1] or ()

    def verify(self) -> Sequence[Record]:
        """All records from the commits alone, each parsed; BrokenLedgerError names the first that is broken, or the page that lies."""
        tip = self._git.ref(self._ref)
        return self._reader.verify(tip) if tip is not None else ()

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
        self._remote.fetch("--prune", f"+refs/heads/{LEDGER_BRANCH}*:{ref}*")
        return keep_ledger(self._git, ref, known)

    def _last(self, tip: str | None) -> Record | None:
        if tip is None:
            return None
        try:
            return decode(self._git.run("log", "-1", "--format=%b", tip).out.rstrip("\n").rpartition("\n")[2])
        except ValueError as err:
            raise IncompleteError(
                f"the ledger's last record ({tip}) is broken: {err}",
                hint="nothing can be recorded behind it; find who wrote it: git log " + tip,
            ) from err

    def _commit(self, records: Sequence[Record], parent: str | None) -> str:
        """One commit for all of them; the tree holds the last record too, for whoever opens the branch in a browser."""
        tree = f"100644 blob {self._blob(encode(records[-1]))}\trecord.json\n"
        if pages := self._pages(records, parent):
            tree = f"040000 tree {pages}\t{PAGES}\n" + tree
        parents = ["-p", parent] if parent else []
        made = self._git.line("mktree", given=tree)
        return self._git.line("commit-tree", made, *parents, given=_message(records), env=_signature(records[-1]))

    def _pages(self, records: Sequence[Record], parent: str | None) -> str | None:
        """The tree of all pages that are full with these records; None where there is none yet."""
        there = self._reader.pages(parent) if parent else []
        full = records[-1].sequence // PAGE
        kept = self._git.line("rev-parse", f"{parent}:{PAGES}") if there else None
        if full <= len(there):
            return kept
        try:
            lines = [*(self._reader.read(parent).lines if parent else ()), *(encode(record).encode() for record in records)]
        except IncompleteError:
            return kept  # whoever reads it is told; a fact is not lost for it
        texts = (b"\n".join(lines[at : at + PAGE]).decode(errors="surrogateescape") for at in range(len(there) * PAGE, full * PAGE, PAGE))
        blobs = [*there, *(self._blob(text) for text in texts)]
        return self._git.line("mktree", given="".join(f"100644 blob {blob}\t{number:06}\n" for number, blob in enumerate(blobs, start=1)))

    def _blob(self, text: str) -> str:
        return self._git.line("hash-object", "-w", "--stdin", given=text + "\n")


def _message(records: Sequence[Record]) -> str:
    """A subject for people, the records for programs."""
    entry = records[0].entry
    what = " ".join(word for word in (entry.fact.value, entry.environment, entry.release) if word)
    more = f" and {len(records) - 1} more" if len(records) > 1 else ""
    return "\n".join([" ".join(what.split()) + more, "", *(encode(record) for record in records), ""])


def _signature(record: Record) -> dict[str, str]:
    """In the name of whoever did it, at the time it was done; liftlock's own name where the actor is no person."""
    try:
        author = Identity.parse(record.entry.actor)
    except UsageError:
        author = _FALLBACK
    return signed_by(author) | {"GIT_AUTHOR_DATE": record.entry.at.isoformat(timespec="seconds")}
