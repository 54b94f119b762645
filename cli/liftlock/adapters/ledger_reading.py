"""Reads the ledger's lines out of Git: its full pages from the tip's tree, the rest from the commits' messages.

Pages are only a faster way to the same lines: where they are not there, or do not fit the messages after them, the messages are read
from the first one on.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from liftlock.adapters.git import Git
from liftlock.core.ledger_chain import BrokenLedgerError, Records, read_chain, select

PAGE = 1000
"""How many records stand in one page."""
PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Commits:
    """The lines that commits' messages hold, oldest first. starts: for each commit its hash and the position of its first line."""

    lines: list[bytes]
    starts: list[tuple[int, str]]

    def place(self, at: int) -> str:
        """The commit that holds the line."""
        return next((commit for start, commit in reversed(self.starts) if start <= at), "")


class LedgerReader:
    """Lines and records of the ledger at a commit of its branch."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def read(self, tip: str) -> Records:
        """All records up to the tip, their chain checked. BrokenLedgerError names the first one that is broken, and its commit."""
        pages = self.pages(tip)
        if not pages:
            return self.read_commits(tip)
        if (lines := self._joined(tip, pages)) is not None:
            with contextlib.suppress(BrokenLedgerError):
                return read_chain(lines, lambda at: self.commits(tip).place(at))
        found = self.read_commits(tip)  # names the commit where it is the messages that are broken
        self._check_pages(tip, found)
        return found

    def verify(self, tip: str) -> Records:
        """All records from the commits alone, every one parsed, and the pages compared with them."""
        found = self.read_commits(tip)
        for record in select(found):
            len(record.entry.details)  # they say themselves what is wrong
        self._check_pages(tip, found)
        return found

    def _check_pages(self, tip: str, records: Records) -> None:
        if (wrong := self.wrong_page(tip, records)) is not None:
            raise BrokenLedgerError(
                f"page {wrong} of the ledger ({tip}) does not hold what its commits say",
                hint=f"the commits are whole: find who wrote the page: git log {tip} -- {PAGES}/{wrong:06}",
            )

    def read_commits(self, tip: str) -> Records:
        """The same from the commits' messages alone, whatever the pages say."""
        found = self.commits(tip)
        return read_chain(found.lines, found.place)

    def wrong_page(self, tip: str, records: Records) -> int | None:
        """The number of the first page that does not hold what the records are."""
        for number, blob in enumerate(self.pages(tip), start=1):
            held = self._git.data("cat-file", "blob", blob)
            if held != b"".join(line + b"\n" for line in records.lines[(number - 1) * PAGE : number * PAGE]):
                return number
        return None

    def pages(self, commit: str) -> list[str]:
        """The blobs of the pages in the commit's tree, in order."""
        answer = self._git.run("ls-tree", "--format=%(objectname) %(path)", commit, f"{PAGES}/", ok=(0, 128))
        named = dict(line.split(" ", 1)[::-1] for line in answer.out.splitlines())
        blobs: list[str] = []
        while (blob := named.get(f"{PAGES}/{len(blobs) + 1:06}")) is not None:
            blobs.append(blob)
        return blobs

    def commits(self, tip: str, *, limit: int | None = None) -> Commits:
        """What the messages hold; limit: of the latest commits only. A commit that holds nothing counts as an empty line."""
        few = [] if limit is None else [f"-{limit}"]
        log = self._git.data("log", "-z", *few, "--reverse", "--first-parent", "--format=%H%n%b", tip, timeout=120)
        lines: list[bytes] = []
        starts: list[tuple[int, str]] = []
        for commit in log.split(b"\0"):
            if commit:
                name, _, body = commit.partition(b"\n")
                starts.append((len(lines), name.decode()))
                lines += body.strip(b"\n").split(b"\n")
        return Commits(lines, starts)

    def _joined(self, tip: str, pages: list[str]) -> list[bytes] | None:
        """The pages' lines and those behind them; None where the last commits do not go on from the last page."""
        lines, latest = self._paged(pages), self.commits(tip, limit=PAGE).lines
        follows = b',"sequence":%d}}' % (len(pages) * PAGE + 1)
        start = next((at for at, line in enumerate(latest) if line.endswith(follows)), len(latest))
        lines += latest[start:]
        return lines if lines[-1] == latest[-1] else None

    def _paged(self, pages: list[str]) -> list[bytes]:
        data = self._git.data("cat-file", "--batch=%(objectsize)", "--buffer", given="".join(f"{blob}\n" for blob in pages))
        lines: list[bytes] = []
        at = 0
        for _ in pages:
            start = data.index(b"\n", at) + 1
            end = start + int(data[at : start - 1])
            lines += data[start : end - 1].split(b"\n")
            at = end + 1
        return lines
