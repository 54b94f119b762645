"""The signed promotion record: what was promoted, signed on its way into the ledger, and no word of it changed since."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.adapters.signing_ledger import SigningLedger
from liftlock.adapters.trust import OfflineSignatures
from liftlock.core.attestation import Envelope, TrustedKeys, read_envelope, read_statement
from liftlock.core.errors import ConfigError
from liftlock.core.ledger import Entry, Fact, Json, Record, chain, decode, encode
from liftlock.core.promotion_record import PROMOTION, check_promotions, why_unproved
from tests.attesting import ADA as KEY
from tests.attesting import GRACE as NEW_KEY
from tests.attesting import MALLORY, Signer
from tests.fakes.promotion import START, FakeLedger, digest_of

IMAGE = f"registry.example/shop/api@{digest_of('api')}"
DETAILS: dict[str, Json] = {
    "source": "dev",
    "services": {"api": IMAGE, "again": IMAGE},
    "plan": "plan-1",
    "gates": "verified:dev=passed, approvals=passed",
    "approvers": ["Grace <grace@shop.example>"],
    "pull": 7,
    "url": "https://forge.example/shop/environments/pulls/7",
    "merge_commit": "c" * 40,
    "tags": {"api": "v1"},
}
PROMOTED = Entry(Fact.PROMOTED, "staging", "Ada <ada@shop.example>", START, "rel-1", DETAILS)
KEYS = KEY.public + NEW_KEY.public


def confirmed(envelope: Envelope) -> bool:
    return OfflineSignatures().signed(envelope, TrustedKeys(KEYS))


def never(commits: Sequence[str]) -> tuple[str, ...]:
    """At none of these commits were promotions to be signed."""
    return ()


def signing(ledger: FakeLedger, by: Signer = KEY, public: str = KEYS) -> SigningLedger:
    return SigningLedger(ledger, private=lambda: by.private, public=lambda: public)


def recorded(*entries: Entry, by: Signer = KEY) -> list[Record]:
    ledger = FakeLedger()
    signing(ledger, by, by.public).append(entries)
    return ledger.kept


def forged(record: Record, **changes: Any) -> Record:
    """The record with another content, chained as if nothing had happened."""
    return chain(None, replace(record.entry, **changes))


@pytest.mark.parametrize("by", [KEY, NEW_KEY], ids=["ECDSA P-256", "Ed25519"])
def test_a_promotion_is_signed_on_its_way_into_the_ledger_and_proved_out_of_it(by: Signer) -> None:
    [record] = recorded(PROMOTED, by=by)
    again = decode(encode(record))
    assert why_unproved(again.entry, confirmed) is None
    assert {name: value for name, value in again.entry.details.items() if name != "signed"} == DETAILS


def test_the_statement_is_in_toto_and_names_each_digest_once() -> None:
    [record] = recorded(PROMOTED)
    envelope = read_envelope("x", json.dumps(record.entry.details["signed"]).encode())
    assert isinstance(envelope, Envelope)
    statement = read_statement(envelope)
    assert (statement.predicate_type, len(json.loads(envelope.payload)["subject"])) == (PROMOTION, 1)
    assert statement.digests == {digest_of("api").text}
    assert statement.predicate == {
        "from": "dev",
        "to": "staging",
        "release": "rel-1",
        "plan": "plan-1",
        "gates": "verified:dev=passed, approvals=passed",
        "approvers": ["Grace <grace@shop.example>"],
        "pull": 7,
        "url": "https://forge.example/shop/environments/pulls/7",
        "mergeCommit": "c" * 40,
        "recordedBy": "Ada <ada@shop.example>",
        "time": START.isoformat(),
        "services": {"api": IMAGE, "again": IMAGE},
        "more": {"tags": {"api": "v1"}},
    }


def test_nothing_but_promotions_is_signed_and_nothing_twice() -> None:
    [approved, promoted] = recorded(replace(PROMOTED, fact=Fact.APPROVED), PROMOTED)
    assert "signed" not in approved.entry.details
    [again] = recorded(promoted.entry, by=MALLORY)
    assert again.entry == promoted.entry


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": "prod"},
        {"release": "rel-2"},
        {"actor": "Mallory <mallory@evil.example>"},
        {"at": START + timedelta(seconds=1)},
    ],
)
def test_a_record_whose_words_were_changed_is_not_proved(changes: dict[str, Any]) -> None:
    [record] = recorded(PROMOTED)
    assert why_unproved(forged(record, **changes).entry, confirmed) == "the record says something else than what was signed"


@settings(deadline=None)
@given(st.sampled_from(sorted(DETAILS)), st.none() | st.text() | st.integers() | st.lists(st.text(), max_size=2))
def test_no_detail_can_be_changed_or_taken_away(name: str, value: Json) -> None:
    [record] = recorded(PROMOTED)
    details = {**record.entry.details, name: value}
    if value is None:
        del details[name]
    assert (why_unproved(forged(record, details=details).entry, confirmed) is None) is (details == record.entry.details)


def test_a_detail_cannot_be_added() -> None:
    [record] = recorded(PROMOTED)
    assert why_unproved(forged(record, details={**record.entry.details, "hotfix": True}).entry, confirmed) is not None


def test_a_forged_record_is_named_whatever_is_wrong_with_its_signature() -> None:
    [good] = recorded(PROMOTED)
    [other] = recorded(PROMOTED, by=MALLORY)
    broken = replace(PROMOTED, details={**DETAILS, "signed": {"payload": "%"}})
    text = base64.b64encode(b"not JSON").decode()
    signature: dict[str, Json] = {
        "keyid": "",
        "sig": base64.b64encode(KEY.sign(b"DSSEv1 28 application/vnd.in-toto+json 8 not JSON")).decode(),
    }
    odd = replace(
        PROMOTED, details={**DETAILS, "signed": {"payloadType": "application/vnd.in-toto+json", "payload": text, "signatures": [signature]}}
    )
    ledger = FakeLedger()
    ledger.append([PROMOTED, good.entry, PROMOTED, other.entry, broken, odd, replace(PROMOTED, fact=Fact.DEPLOYED)])
    found = check_promotions(ledger.records(), confirmed, never)
    assert [(item.sequence, item.reason.partition(":")[0]) for item in found] == [
        (3, "it is not signed, and promotions before it are"),
        (4, "its signature is by none of the project's keys"),
        (5, "its signature cannot be read"),
        (6, "the record says something else than what was signed"),
    ]


def test_a_signed_promotion_cannot_be_told_twice() -> None:
    [good] = recorded(PROMOTED)
    ledger = FakeLedger()
    ledger.append([good.entry, good.entry])
    assert [item.reason for item in check_promotions(ledger.records(), confirmed, never)] == [
        "it repeats record 1 with that one's signature"
    ]


def test_promotions_older_than_signing_are_left_out() -> None:
    ledger = FakeLedger()
    ledger.append([PROMOTED, PROMOTED])
    assert check_promotions(ledger.records(), confirmed, never) == ()


def test_a_ledger_that_was_written_anew_without_signatures_is_found_out() -> None:
    ledger = FakeLedger()
    older = replace(PROMOTED, details={**DETAILS, "merge_commit": "a" * 40})
    ledger.append([older, PROMOTED, older])
    found = check_promotions(ledger.records(), confirmed, lambda commits: [commit for commit in commits if commit == "c" * 40])
    assert [(item.sequence, item.reason) for item in found] == [(2, "it is not signed, though liftlock.yaml asked for it by then")]


def test_a_key_that_the_project_does_not_know_signs_nothing() -> None:
    ledger = FakeLedger()
    with pytest.raises(ConfigError, match="do not belong together"):
        signing(ledger, MALLORY).append([PROMOTED])
    assert ledger.kept == []


def test_the_key_is_asked_for_only_when_something_is_promoted() -> None:
    asked: list[str] = []

    def private() -> str:
        asked.append("asked")
        return KEY.private

    ledger = SigningLedger(FakeLedger(), private, lambda: KEYS)
    ledger.append([replace(PROMOTED, fact=Fact.APPROVED)])
    assert asked == []
    ledger.append([PROMOTED])
    ledger.append([PROMOTED])
    assert asked == ["asked"]
    assert len(ledger.records()) == 3
