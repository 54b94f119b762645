"""The ledger's branch under writers at once, forgers, and in a bare clone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from liftlock.adapters.git_repository import GitRepository
from liftlock.adapters.ledger import GitLedger
from liftlock.core.errors import IncompleteError, UnavailableError
from liftlock.core.ledger import Entry, Fact, encode
from tests.git_repositories import git, make_clone, make_forge

REF = "refs/heads/liftlock/ledger"


def fact(text: str) -> Entry:
    return Entry(Fact.DEPLOYED, text, "Ada <ada@shop.example>", datetime(2026, 3, 1, tzinfo=UTC), "rel-1")


@pytest.fixture
def forge(tmp_path: Path) -> Path:
    return make_forge(tmp_path, {"a": "b"})


def forge_record(forge: Path, body: str) -> None:
    """Puts a commit with this body behind the ledger's last one, as somebody with write access could."""
    tree = git(forge, "rev-parse", f"{REF}^{{tree}}")
    made = git(forge, "commit-tree", tree, "-p", REF, "-m", f"deployed prod\n\n{body}")
    git(forge, "update-ref", REF, made)


def test_ten_writers_at_once_in_clones_of_their_own_lose_nothing(forge: Path, tmp_path: Path) -> None:
    ledgers = [GitLedger(make_clone(forge, tmp_path / f"c{n}")) for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda pair: pair[1].append([fact(f"env{pair[0]}")]), enumerate(ledgers)))
    reader = make_clone(forge, tmp_path / "reader")
    records = GitLedger(reader).records()
    assert sorted(record.entry.environment for record in records) == sorted(f"env{n}" for n in range(10))


def test_ten_writers_at_once_in_one_clone_lose_nothing(forge: Path, tmp_path: Path) -> None:
    clone = make_clone(forge, tmp_path / "clone")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda n: GitLedger(clone).append([fact(f"env{n}")]), range(10)))
    assert len(GitLedger(clone).records()) == 10


def test_a_bare_clone_without_its_forge_tells_everything(forge: Path, tmp_path: Path) -> None:
    written = GitLedger(make_clone(forge, tmp_path / "clone")).append([fact("dev"), fact("prod")])
    git(forge, "clone", "--quiet", "--bare", str(forge), str(tmp_path / "bare.git"))
    git(tmp_path / "bare.git", "remote", "remove", "origin")
    assert list(GitLedger(tmp_path / "bare.git").records()) == list(written)


def test_the_commits_are_readable_by_people(forge: Path, tmp_path: Path) -> None:
    record = GitLedger(make_clone(forge, tmp_path / "clone")).append([fact("dev")])[0]
    assert git(forge, "log", "-1", "--format=%an %s", REF) == "Ada deployed dev rel-1"
    assert git(forge, "show", f"{REF}:record.json") == encode(record)


@pytest.mark.parametrize("body", ["", "not json", '{"hash":"' + "0" * 64 + '","record":{}}'])
def test_a_forged_record_is_named_and_nothing_is_read(forge: Path, tmp_path: Path, body: str) -> None:
    GitLedger(make_clone(forge, tmp_path / "clone")).append([fact("dev")])
    forge_record(forge, body)
    with pytest.raises(IncompleteError, match=r"ledger record 2 .* is broken"):
        GitLedger(make_clone(forge, tmp_path / "reader")).records()


def test_a_copied_record_is_out_of_its_place(forge: Path, tmp_path: Path) -> None:
    records = GitLedger(make_clone(forge, tmp_path / "clone")).append([fact("dev"), fact("prod")])
    forge_record(forge, encode(records[0]))
    with pytest.raises(IncompleteError, match=r"record 3 .* does not follow"):
        GitLedger(make_clone(forge, tmp_path / "reader")).records()


def test_nothing_is_appended_behind_a_forged_record(forge: Path, tmp_path: Path) -> None:
    ledger = GitLedger(make_clone(forge, tmp_path / "clone"))
    ledger.append([fact("dev")])
    forge_record(forge, "not json")
    with pytest.raises(IncompleteError, match="last record"):
        ledger.append([fact("dev")])


def test_a_ledger_that_was_cut_short_is_noticed_by_every_clone_that_knew_more(forge: Path, tmp_path: Path) -> None:
    clone = make_clone(forge, tmp_path / "clone")
    ledger = GitLedger(clone)
    written = [*ledger.append([fact("dev")]), *ledger.append([fact("prod")])]
    git(forge, "update-ref", REF, f"{REF}~1")
    for attempt in (GitRepository(clone).fetch, lambda: ledger.append([fact("x")])):
        with pytest.raises(IncompleteError, match="was rewritten"):
            attempt()
    assert list(ledger.records()) == list(written)
    git(forge, "update-ref", "-d", REF)
    with pytest.raises(IncompleteError, match="was rewritten"):
        ledger.append([fact("x")])


def test_a_forge_that_is_gone_is_unavailable_and_says_where(forge: Path, tmp_path: Path) -> None:
    clone = make_clone(forge, tmp_path / "clone")
    forge.rename(tmp_path / "moved.git")
    with pytest.raises(UnavailableError, match=r"forge\.git"):
        GitLedger(clone).append([fact("dev")])
