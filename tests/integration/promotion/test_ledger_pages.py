"""A long ledger: its pages say what its commits say, and whoever forges one or the other is named."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from liftlock.adapters.git import Git
from liftlock.adapters.ledger import GitLedger
from liftlock.adapters.ledger_reading import PAGE, LedgerReader
from liftlock.core.errors import IncompleteError
from liftlock.core.ledger import Entry, Fact, Record, chain, encode
from tests.git_repositories import git, make_clone, make_forge

REF = "refs/heads/liftlock/ledger"
START = datetime(2026, 3, 1, tzinfo=UTC)


def facts(count: int, first: int = 0) -> list[Entry]:
    return [
        Entry(Fact.DEPLOYED, f"env{n % 3}", "Ada <ada@shop.example>", START + timedelta(minutes=n), f"rel-{n}", {"n": n})
        for n in range(first, first + count)
    ]


@pytest.fixture
def forge(tmp_path: Path) -> Path:
    return make_forge(tmp_path, {"a": "b"})


@pytest.fixture
def clone(forge: Path, tmp_path: Path) -> Path:
    return make_clone(forge, tmp_path / "clone")


def read(forge: Path) -> Sequence[Record]:
    return list(GitLedger(forge).records())


def put_commit(forge: Path, body: str, tree: str, parent: str | None = REF) -> str:
    """A commit on the ledger's branch that liftlock did not make."""
    made = git(forge, "commit-tree", tree, *(["-p", parent] if parent else []), "-m", f"deployed prod\n\n{body}")
    git(forge, "update-ref", REF, made)
    return made


def with_pages(forge: Path, folder: Path, texts: Sequence[str]) -> str:
    """A tree whose pages hold these texts."""
    folder.mkdir()
    lines = []
    for number, text in enumerate(texts, start=1):
        (folder / str(number)).write_text(text, encoding="utf-8")
        lines.append(f"100644 blob {git(forge, 'hash-object', '-w', str(folder / str(number)))}\t{number:06}")
    (folder / "tree").write_text("".join(f"{line}\n" for line in lines))
    return Git(forge).line("mktree", given="040000 tree " + Git(forge).line("mktree", given=(folder / "tree").read_text()) + "\tpages\n")


def pages(forge: Path) -> list[str]:
    return [git(forge, "cat-file", "blob", blob) + "\n" for blob in LedgerReader(Git(forge)).pages(REF)]


def test_records_of_one_append_share_a_commit_and_are_read_in_order(forge: Path, clone: Path) -> None:
    written = [*GitLedger(clone).append(facts(2)), *GitLedger(clone).append(facts(3, 2))]
    assert git(forge, "rev-list", "--count", REF) == "2"
    assert git(forge, "log", "-1", "--format=%s", REF) == "deployed env2 rel-2 and 2 more"
    assert read(forge) == written


def test_every_full_thousand_is_a_page_and_a_bare_clone_reads_the_same_through_pages_and_through_commits(forge: Path, clone: Path) -> None:
    ledger, written = GitLedger(clone), list[Record]()
    for count, full in ((PAGE - 1, 0), (1, 1), (1, 1), (PAGE * 2, 3), (5, 3)):
        written += ledger.append(facts(count, len(written)))
        assert len(pages(forge)) == full
        assert read(forge) == written
    assert pages(forge) == ["".join(encode(record) + "\n" for record in written[at : at + PAGE]) for at in range(0, PAGE * 3, PAGE)]
    assert list(LedgerReader(Git(forge)).read_commits(REF)) == written


def test_pages_that_somebody_took_out_are_not_needed_and_come_back(forge: Path, clone: Path) -> None:
    written = list(GitLedger(clone).append(facts(PAGE + 1)))
    last = chain(written[-1], facts(1)[0])
    put_commit(forge, encode(last), git(forge, "hash-object", "-t", "tree", "-w", "/dev/null"))
    assert pages(forge) == []
    assert read(forge) == [*written, last]
    GitLedger(clone).append(facts(PAGE))
    assert len(pages(forge)) == 2


def test_a_ledger_of_one_commit_per_record_and_without_pages_is_read_and_carried_on(forge: Path, clone: Path) -> None:
    records: list[Record] = []
    tree, parent = git(forge, "hash-object", "-t", "tree", "-w", "/dev/null"), None
    for entry in facts(5):
        records.append(chain(records[-1] if records else None, entry))
        parent = put_commit(forge, encode(records[-1]), tree, parent)
    assert read(forge) == records
    records += GitLedger(clone).append(facts(PAGE, 5))
    assert read(forge) == records
    assert len(pages(forge)) == 1


@pytest.mark.parametrize("at", [0, PAGE // 2, PAGE - 1])
def test_a_forged_page_is_named_where_the_commits_are_whole(forge: Path, clone: Path, tmp_path: Path, at: int) -> None:
    written = list(GitLedger(clone).append(facts(PAGE + 3)))
    lines = pages(forge)[0].splitlines()
    lines[at] = lines[at].replace('"fact":"deployed"', '"fact":"destroyed"')
    put_commit(forge, encode(chain(written[-1], facts(1)[0])), with_pages(forge, tmp_path / "t", ["\n".join(lines) + "\n"]))
    for attempt in (GitLedger(forge).records, GitLedger(forge).verify):
        with pytest.raises(IncompleteError, match=r"page 1 of the ledger"):
            attempt()


def test_a_page_of_another_whole_chain_is_named_too(forge: Path, clone: Path, tmp_path: Path) -> None:
    last = GitLedger(clone).append(facts(PAGE))[-1]
    other: list[Record] = []
    for entry in facts(PAGE, 7):
        other.append(chain(other[-1] if other else None, entry))
    forged = with_pages(forge, tmp_path / "t", ["".join(encode(record) + "\n" for record in other)])
    put_commit(forge, encode(chain(last, facts(1)[0])), forged)
    with pytest.raises(IncompleteError, match=r"page 1 of the ledger"):
        read(forge)


@pytest.mark.parametrize("change", ["content", "order", "deletion", "tail"])
def test_a_record_forged_in_the_middle_is_named_with_its_commit(forge: Path, clone: Path, change: str) -> None:
    bodies = [encode(record) for record in GitLedger(clone).append(facts(9))]
    match change:
        case "content":
            bodies[4] = bodies[4].replace("rel-4", "rel-5")
        case "order":
            bodies[4], bodies[5] = bodies[5], bodies[4]
        case "deletion":
            del bodies[4]
        case "tail":
            other = [chain(None, fact) for fact in facts(1, 5)]
            for entry in facts(4, 50):
                other.append(chain(other[-1], entry))
            bodies[4:] = [encode(record) for record in other]
    tree, parent = git(forge, "rev-parse", f"{REF}^{{tree}}"), None
    made = [parent := put_commit(forge, body, tree, parent) for body in bodies]
    with pytest.raises(IncompleteError, match=rf"ledger record 5 \({made[4]}\) is broken"):
        read(forge)


def test_a_record_that_cannot_be_parsed_is_named_when_it_is_used(forge: Path, clone: Path) -> None:
    written = GitLedger(clone).append(facts(3))
    text = encode(written[-1]).partition('"record":')[2][:-1].replace('"n":2', '"n":two')
    odd = f'{{"hash":"{hashlib.sha256(text.encode()).hexdigest()}","record":{text}}}'
    made = put_commit(forge, "\n".join([*map(encode, written[:-1]), odd]), git(forge, "rev-parse", f"{REF}^{{tree}}"), None)
    records = GitLedger(forge).records()
    assert records[1] == written[1]
    for attempt in (lambda: [len(record.entry.details) for record in records], GitLedger(forge).verify):
        with pytest.raises(IncompleteError, match=rf"ledger record 3 \({made}\) is broken"):
            attempt()


def test_facts_of_a_newer_liftlock_are_carried_on(forge: Path, clone: Path) -> None:
    GitLedger(clone).append([Entry(Fact("teleported"), "dev", "Ada <ada@shop.example>", START)])
    GitLedger(clone).append(facts(1))
    assert [record.entry.fact for record in read(forge)] == ["teleported", Fact.DEPLOYED]
