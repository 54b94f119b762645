"""The attestation gate as a user meets it: commands, real Git, and a registry that holds what cosign attaches."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.attesting import ADA as KEY
from tests.attesting import BUILDER, MALLORY, Signer, provenance
from tests.config_repository import FILES, REGISTRY
from tests.git_repositories import git, make_clone, make_forge
from tests.integration.promotion.test_commands import GRACE, User, prove
from tests.json_results import validated
from tests.registries import REVISION, Answer, serving

RULE = (
    'gates: {{verified: true, approvals: 1, attestation: {{mode: {mode}, key: "file:keys/cosign.pub", builder: '
    '"https://ci.example/builders/container", source: "https://forge.example/shop/app"}}}}'
)


@dataclass
class Registry:
    """Has v1 of api and web, and whatever is attached to them; down: answers with an error for all of that."""

    attached: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def __call__(self, path: str, authorization: str | None, host: str) -> Answer:
        for service in ("api", "web"):
            image = self.image(service)
            digest = "sha256:" + hashlib.sha256(image).hexdigest()
            if path in (f"/v2/shop/{service}/manifests/v1", f"/v2/shop/{service}/manifests/{digest}"):
                return 200, {}, image
        if self.down:
            return 503, {}, b"{}"
        return (200, {}, self.attached[path]) if path in self.attached else (404, {}, b"{}")

    def image(self, service: str) -> bytes:
        return json.dumps({"schemaVersion": 2, "annotations": {REVISION: service}}).encode()

    def attest(self, service: str, by: Signer = KEY, builder: str = BUILDER) -> None:
        """What `cosign attest` does."""
        image = "sha256:" + hashlib.sha256(self.image(service)).hexdigest()
        envelope = json.dumps(by.envelope(provenance(image, builder=builder))).encode()
        digest = "sha256:" + hashlib.sha256(envelope).hexdigest()
        layer = {"mediaType": "application/vnd.dsse.envelope.v1+json", "digest": digest, "size": len(envelope)}
        self.attached[f"/v2/shop/{service}/blobs/{digest}"] = envelope
        self.attached[f"/v2/shop/{service}/manifests/{image.replace(':', '-')}.att"] = json.dumps({"layers": [layer]}).encode()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def mode() -> str:
    return "enforce"


@pytest.fixture
def user(tmp_path: Path, registry: Registry, mode: str) -> Iterator[User]:
    with serving(registry) as host:
        files = {name: text.replace(REGISTRY, host) for name, text in FILES.items() if name != "releases/dev.yaml"}
        settings = files["liftlock.yaml"].replace("../shop.git", "../forge.git")
        files["liftlock.yaml"] = settings.replace("gates: {verified: true, approvals: 1}", RULE.format(mode=mode))
        files["keys/cosign.pub"] = KEY.public
        forge = make_forge(tmp_path, files)
        found = User(make_clone(forge, tmp_path / "clone"), forge, {})
        prove(found)
        yield found


def test_a_promotion_waits_for_its_attestations_and_says_so_until_it_is_merged(user: User, registry: Registry) -> None:
    said = user.run("promote plan --to staging --explain", expect=4)
    assert "attestation" in said
    assert "nothing is attached" in said
    registry.attest("api")
    assert "/shop/web@sha256:" in user.run("promote open --to staging", expect=4)
    registry.attest("web", by=MALLORY)
    assert "no signature of it is by a key in keys/cosign.pub" in user.run("promote plan --to staging --explain", expect=4)
    registry.attest("web")
    assert ".att/" in user.run("promote plan --to staging --explain", expect=2)
    assert "opened pull request #1" in user.run("promote open --to staging")
    user.run("promote approve 1", as_=GRACE)
    registry.down = True
    assert "could not be asked" in user.run("promote merge 1", expect=4)
    registry.down = False
    assert "merged pull request #1" in user.run("promote merge 1")


def test_a_plan_says_of_every_gate_whether_its_word_is_known(user: User, registry: Registry) -> None:
    registry.down = True
    plan = validated(user.run("promote plan --to staging --json", expect=4))
    gates = {gate["key"]: (gate["phase"], gate["unknown"]) for gate in plan["gates"]}
    assert gates["attestation"] == ("pending", True)
    assert gates["digests"] == ("passed", False)
    registry.down = False
    registry.attest("api", builder="https://evil.example")
    registry.attest("web")
    plan = validated(user.run("promote plan --to staging --json", expect=4))
    assert [gate["phase"] for gate in plan["gates"] if gate["key"] == "attestation"] == ["failed"]


def test_what_is_released_can_be_checked_at_any_time(user: User, registry: Registry) -> None:
    registry.attest("api")
    registry.attest("web")
    user.run("promote open --to staging")
    user.run("promote approve 1", as_=GRACE)
    user.run("promote merge 1")
    assert "passed" in user.run("image verify staging")
    assert "passed" not in user.run("image verify dev")  # which asks for none
    registry.attest("web", by=MALLORY)
    assert "no signature of it is by a key" in user.run("image verify staging", expect=4)
    registry.down = True
    found = validated(user.run("image verify staging --json", expect=3))
    assert [item["attestation"] for item in found["items"]] == ["pending", "pending"]


@pytest.mark.parametrize("mode", ["warn"])
def test_a_warning_is_told_and_in_nobodys_way(user: User) -> None:
    assert "warned" in user.run("promote plan --to staging --explain", expect=2)
    assert "opened pull request #1" in user.run("promote open --to staging")
    user.run("promote approve 1", as_=GRACE)
    user.run("promote merge 1")
    assert "attestation=warned" in git(user.clone, "log", "-1", "--format=%b")
    assert "warned" in user.run("image verify staging")


def test_the_keys_are_those_of_the_base_branch_not_of_the_work_tree(user: User, registry: Registry) -> None:
    registry.attest("api", by=MALLORY)
    registry.attest("web", by=MALLORY)
    (user.clone / "keys" / "cosign.pub").write_text(MALLORY.public)
    user.run("promote plan --to staging", expect=4)
