"""What a pull request of ours sets off: the webhooks by which a CI deploys on merge, signed so that nobody else can set it off."""

from __future__ import annotations

import pytest

from tests.integration.forges.desk import Desk
from tests.webhooks import receiving

pytestmark = pytest.mark.gitea
SECRET = "s3cret-of-the-h00k"


def test_opening_pushing_and_merging_each_send_a_signed_webhook(desk: Desk) -> None:
    with receiving() as receiver:
        desk.repository.add_webhook(receiver.url, SECRET, "pull_request", "pull_request_sync", "push")
        pull = desk.open()
        opened = receiver.wait(lambda came: came.event == "pull_request" and came.body["action"] == "opened")
        assert (opened.body["number"], opened.body["pull_request"]["head"]["sha"]) == (1, pull.commit)
        moved = desk.push("topic", "other\n", force=True)
        changed = receiver.wait(lambda came: came.event == "pull_request" and came.body["action"] == "synchronized")
        assert changed.body["pull_request"]["head"]["sha"] == moved
        merged = desk.merge(desk.forge().pull(1))
        closed = receiver.wait(lambda came: came.event == "pull_request" and came.body["action"] == "closed")
        assert closed.body["pull_request"]["merged"] is True
        assert closed.body["pull_request"]["merge_commit_sha"] == merged.merge_commit
    for came in (opened, changed, closed):
        assert came.is_signed_with(SECRET)
        assert not came.is_signed_with("another")
