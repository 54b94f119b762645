"""Images: what a tag names now, what an environment is to run, and whether the registry has all of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from liftlock.core.errors import BlockedError, ConflictError, LiftlockError, UnavailableError, UsageError
from liftlock.core.gates.attestation import attestation_gate, judge_attested
from liftlock.core.gates.result import GatePhase, GateResult
from liftlock.core.ledger import Entry, Fact, Json
from liftlock.core.ports import Checkout, Clock, Identity, ImageFacts, Ledger, Registry, Repository
from liftlock.core.project import AttestationMode, Project, Stage
from liftlock.core.proposal import release_path
from liftlock.core.release import Release, ReleasedImage
from liftlock.core.release_edit import edit_release
from liftlock.services.attested_images import AttestationParts, AttestedImages
from liftlock.services.releases import Fingerprints, declared_release

_ATTEMPTS = 10


class Availability(StrEnum):
    """What the registry says of a released image."""

    PRESENT = "present"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ImageCheck:
    """One released image and what the registry said of it. reason: why something of it is unknown.

    attestation: what the environment's rule on attestations says of it, None where there is no rule; attested: where it was read, or why
    it is not fulfilled.
    """

    service: str
    image: str
    tag: str | None
    availability: Availability
    reason: str | None = None
    attestation: GatePhase | None = None
    attested: str | None = None


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    """What a tag names now."""

    image: str
    tag: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What was recorded. changed: service -> new image; commit is None where nothing was to change.

    checkout: why the local checkout was not brought along, None where it was. warning: what is not attested, where that is only told.
    """

    environment: str
    release: str
    changed: Mapping[str, ReleasedImage]
    commit: str | None
    checkout: str | None
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class ImageParts:
    """Everything outside that images need."""

    repository: Repository
    checkout: Checkout
    ledger: Ledger
    registry: Registry
    clock: Clock
    fingerprint: Fingerprints
    attestations: AttestationParts


class Images:
    """Resolves, records and verifies images."""

    def __init__(self, project: Project, parts: ImageParts) -> None:
        self._project = project
        self._parts = parts

    def resolve(self, text: str) -> ResolvedImage:
        """What `SERVICE[:TAG]`, `REPOSITORY:TAG` or `REPOSITORY@sha256:…` names now."""
        repository, reference = self._named(text)
        facts = self._facts(repository, reference)
        return ResolvedImage(str(facts.image), reference, facts.commit)

    def record(self, environment: str, tags: Mapping[str, str], actor: Identity) -> RecordReport:
        """Writes what these services' tags name now into the environment's release, as one commit on the base branch."""
        self._check_first(environment)
        images = {service: self._released(service, tag) for service, tag in sorted(tags.items())}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._record(environment, images, actor)
            except ConflictError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def verify(self, environment: str) -> Sequence[ImageCheck]:
        """Asks the registry for every image of the environment's release on the base branch."""
        stage = self._stage(environment)
        self._parts.repository.fetch()
        base = self._parts.repository.head(self._project.forge.base)
        released = sorted(self._release(base, environment).services.items())
        checks = [self._check(service, image) for service, image in released]
        rule = stage.gates.asks_attestation
        if rule is None:
            return checks
        attested = AttestedImages(rule, self._parts.attestations, self._parts.repository, base).look_at([new.image for _, new in released])
        return [_with_attestation(check, attestation_gate(rule, {check.image: attested[check.image]})) for check in checks]

    def every_service(self, tag: str) -> dict[str, str]:
        """service -> the same tag, for all services of the project."""
        return {service: tag for service, _ in self._project.services}

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _record(self, environment: str, images: Mapping[str, ReleasedImage], actor: Identity) -> RecordReport:
        parts, path = self._parts, release_path(environment)
        parts.repository.fetch()
        base = parts.repository.head(self._project.forge.base)
        before = self._release(base, environment)
        changed = {name: new for name, new in images.items() if before.services.get(name) != new}
        release = before.with_images(changed)
        if not changed:
            return RecordReport(environment, release.id, {}, None, parts.checkout.fast_forward(self._project.forge.base))
        warning = self._admit(environment, base, changed)
        text = edit_release(parts.repository.read(base, path), changed)
        message = _message(environment, release.id, before, changed)
        commit = parts.repository.commit_files(
            base=base, branch=self._project.forge.base, files={path: text}, message=message, author=actor
        )
        details: dict[str, Json] = {
            "services": {name: str(new.image) for name, new in changed.items()},
            "tags": {name: new.tag for name, new in changed.items() if new.tag},
            "commits": {name: new.commit for name, new in changed.items() if new.commit},
            "commit": commit,
        }
        parts.ledger.append([Entry(Fact.RECORDED, environment, str(actor), parts.clock.now(), release.id, details)])
        return RecordReport(environment, release.id, changed, commit, parts.checkout.fast_forward(self._project.forge.base), warning)

    def _admit(self, environment: str, base: str, changed: Mapping[str, ReleasedImage]) -> str | None:
        """What is to be told of images that enter without the attestation that the stage asks for; BlockedError where they must not."""
        rule = self._stage(environment).gates.asks_attestation
        if rule is None:
            return None
        looked = AttestedImages(rule, self._parts.attestations, self._parts.repository, base)
        judged = judge_attested(rule, looked.look_at([new.image for new in changed.values()]))
        if not judged.passed and rule.mode is AttestationMode.ENFORCE:
            raise BlockedError(
                f"{environment}: {judged.reason}", hint="attest the image by its digest, then record it: docs/attestations.md"
            )
        return None if judged.passed else judged.reason

    def _stage(self, environment: str) -> Stage:
        stage = self._project.stage(environment)
        if stage is None:
            raise self._unknown(environment)
        return stage

    def _check_first(self, environment: str) -> None:
        stage = self._stage(environment)
        if stage.upstream:
            raise UsageError(
                f"{environment} gets its releases from {' and '.join(stage.upstream)}, not from a build",
                hint=f"run: liftlock promote open --from {stage.upstream[0]} --to {environment}",
            )

    def _released(self, service: str, tag: str) -> ReleasedImage:
        facts = self._facts(self._repository_of(service), tag)
        return ReleasedImage(facts.image, None if tag.startswith("sha256:") else tag, facts.commit)

    def _facts(self, repository: str, reference: str) -> ImageFacts:
        facts = self._parts.registry.resolve(repository, reference)
        if facts is None:
            raise LiftlockError(f"the registry has no {reference} of {repository}", hint="push it first, or check the name and the tag")
        return facts

    def _named(self, text: str) -> tuple[str, str]:
        """Repository and reference: a service's name stands for its repository; without a tag it is `latest`."""
        name, at, digest = text.partition("@")
        if not at:
            head, colon, tag = name.rpartition(":")
            name, digest = (head, tag) if colon and "/" not in tag else (name, "latest")
        known = dict(self._project.services)
        return (known.get(name, name), digest) if name in known or "/" in name else (self._repository_of(name), digest)

    def _repository_of(self, service: str) -> str:
        known = dict(self._project.services)
        if service not in known:
            near = difflib.get_close_matches(service, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"liftlock.yaml declares: {', '.join(sorted(known))}"
            raise UsageError(f"{self._project.name} has no service {service!r}", hint=hint)
        return known[service]

    def _release(self, commit: str, environment: str) -> Release:
        return declared_release(self._parts.repository, self._parts.fingerprint, commit, environment)

    def _check(self, service: str, released: ReleasedImage) -> ImageCheck:
        image = released.image
        try:
            found = self._parts.registry.resolve(image.repository, image.digest.text)
        except UnavailableError as err:
            return ImageCheck(service, str(image), released.tag, Availability.UNKNOWN, err.message)
        return ImageCheck(service, str(image), released.tag, Availability.PRESENT if found else Availability.MISSING)

    def _unknown(self, environment: str) -> UsageError:
        known = ", ".join(stage.environment for stage in self._project.pipeline)
        return UsageError(f"{environment} is not in the pipeline", hint=f"liftlock.yaml lists: {known}")


def _message(environment: str, release: str, before: Release, changed: Mapping[str, ReleasedImage]) -> str:
    names = [f"{name} {new.tag or new.image.digest.short}" for name, new in changed.items()]
    subject = ", ".join(names) if len(names) <= 3 else f"{len(names)} services"
    lines = []
    for name, new in changed.items():
        old = before.services.get(name)
        lines.append(f"- {name}: {old.image.digest if old else 'nothing'} -> {new.image}")
    return "\n".join([f"Record {subject} for {environment}", "", *lines, "", f"Liftlock-Release: {release}"])


def _with_attestation(check: ImageCheck, gate: GateResult) -> ImageCheck:
    reason = check.reason or (gate.reason if gate.unknown else None)
    return replace(check, reason=reason, attestation=gate.phase, attested=gate.evidence or gate.reason)
