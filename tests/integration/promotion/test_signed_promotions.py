"""Promotions signed by the commands: with real Git, and keys found as liftlock.yaml says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from liftlock.adapters.ledger import GitLedger
from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.attestation import TrustedKeys
from liftlock.core.ledger import Fact, Record
from liftlock.core.promotion_record import why_unproved
from tests.attesting import GRACE as KEY
from tests.attesting import MALLORY
from tests.config_repository import FILES, REGISTRY
from tests.git_repositories import git, make_clone, make_forge
from tests.integration.promotion.test_commands import GRACE, User, prove
from tests.registries import serving_tags

SIGNING = 'signing: {key: "file:../signing.pem", public: "file:keys/liftlock.pub"}\n'


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """Whose project signs, with the key beside the clone."""
    tags = {f"shop/{service}:v1": f"{service}v1" for service in ("api", "web")}
    with serving_tags(tags) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        files["liftlock.yaml"] = files["liftlock.yaml"].replace("../shop.git", "../forge.git") + SIGNING
        files["keys/liftlock.pub"] = KEY.public
        forge = make_forge(tmp_path, files)
        (tmp_path / "signing.pem").write_text(KEY.private)
        found = User(make_clone(forge, tmp_path / "clone"), forge, tags)
        prove(found)
        found.run("promote open --to staging")
        found.run("promote approve 1", as_=GRACE)
        yield found


def promoted(user: User) -> list[Record]:
    return [record for record in GitLedger(user.clone).records() if record.entry.fact is Fact.PROMOTED]


def test_a_merged_promotion_is_on_record_once_and_signed(user: User) -> None:
    user.run("promote merge 1")
    user.run("promote merge 1")
    [record] = promoted(user)
    assert why_unproved(record.entry, lambda envelope: OfflineSignatures().signed(envelope, TrustedKeys(KEY.public))) is None
    assert KEY.private not in str(record)


def test_the_auditor_names_a_promotion_that_the_key_did_not_sign(user: User) -> None:
    user.run("promote merge 1")
    assert "unproved" not in user.run("audit verify")
    [record] = promoted(user)
    forged = replace(record.entry, release="rel-other")
    GitLedger(user.clone).append([forged])
    assert "the record says something else than what was signed" in user.run("audit verify", expect=6)


def test_the_auditor_finds_out_a_ledger_that_was_written_anew_without_signatures(user: User) -> None:
    user.run("promote merge 1")
    [record] = promoted(user)
    unsigned = replace(record.entry, details={name: value for name, value in record.entry.details.items() if name != "signed"})
    kept = [unsigned if item == record else item.entry for item in GitLedger(user.clone).records()]
    git(user.forge, "update-ref", "-d", "refs/heads/liftlock/ledger")
    git(user.clone, "update-ref", "-d", "refs/remotes/origin/liftlock/ledger")
    GitLedger(user.clone).append(kept)
    assert "it is not signed, though liftlock.yaml asked for it by then" in user.run("audit verify", expect=6)


def test_without_its_key_nothing_is_merged(user: User) -> None:
    key = user.clone.parent / "signing.pem"
    key.unlink()
    assert "file:../signing.pem" in user.run("promote merge 1", expect=78)
    key.write_text(MALLORY.private)
    said = user.run("promote merge 1", expect=78)
    assert "do not belong together" in said
    assert MALLORY.private.splitlines()[1] not in said
    assert promoted(user) == []
    assert "ready" in user.run("promote status 1")
    key.write_text(KEY.private)
    user.run("promote merge 1")
    assert len(promoted(user)) == 1


def test_the_public_key_is_the_one_of_the_base_branch(user: User) -> None:
    (user.clone.parent / "signing.pem").write_text(MALLORY.private)
    (user.clone / "keys" / "liftlock.pub").write_text(MALLORY.public)
    assert "do not belong together" in user.run("promote merge 1", expect=78)
