"""Everything that liftlock proposes is one pull request made of typed edits: a promotion, a rollback, a change of policy. Pure.

The edits are applied to the base's own texts by structure. The branch is named by what it changes, so whoever proposes the same change
meets the same branch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import assert_never

from liftlock.core.ledger import Json
from liftlock.core.policy import Rule
from liftlock.core.policy_edit import add_rule, kind_of, remove_rule, rule_values, rules_of
from liftlock.core.policy_file import KINDS, policy_path
from liftlock.core.release import ReleasedImage
from liftlock.core.release_edit import edit_release
from liftlock.core.release_file import parse_like, parse_release

RELEASES = PurePosixPath("releases")
Texts = Mapping[PurePosixPath, str | None]
"""The files that edits are about, by path; None where there is no such file."""


class ProposalKind(StrEnum):
    """What is proposed. The target is an environment, or for POLICY the kind of rule: freezes, vetoes, holds."""

    PROMOTE = "promote"
    HOTFIX = "hotfix"
    ROLLBACK = "rollback"
    ROLLFORWARD = "rollforward"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class ReleaseEdit:
    """These services of the environment get these images."""

    environment: str
    images: Mapping[str, ReleasedImage]


@dataclass(frozen=True, slots=True)
class AddRule:
    """The rule is set."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class RemoveRule:
    """The rule is taken away. kind: freezes, vetoes or holds."""

    kind: str
    id: str


PolicyEdit = AddRule | RemoveRule
Edit = ReleaseEdit | PolicyEdit


@dataclass(frozen=True, slots=True)
class Open:
    """Push the branch and open a pull request for it."""

    branch: str
    kind: str = field(default="open", init=False)


@dataclass(frozen=True, slots=True)
class Adopt:
    """The pull request is there and as it should be: nothing to write."""

    number: int
    kind: str = field(default="adopt", init=False)


@dataclass(frozen=True, slots=True)
class Update:
    """Make the pull request's branch and body anew."""

    number: int
    branch: str
    reason: str
    kind: str = field(default="update", init=False)


@dataclass(frozen=True, slots=True)
class Close:
    """The pull request proposes what nobody wants any more."""

    number: int
    reason: str
    kind: str = field(default="close", init=False)


@dataclass(frozen=True, slots=True)
class LeaveAlone:
    """A person changed the branch: it is theirs. hinders: it is in the way of what was asked for."""

    number: int
    reason: str
    hinders: bool
    kind: str = field(default="leave-alone", init=False)


Action = Open | Adopt | Update | Close | LeaveAlone


def release_path(environment: str) -> PurePosixPath:
    """Where an environment's release is declared."""
    return RELEASES / f"{environment}.yaml"


def path_of(edit: Edit) -> PurePosixPath:
    """The one file that an edit changes."""
    match edit:
        case ReleaseEdit(environment=environment):
            return release_path(environment)
        case AddRule(rule=rule):
            return policy_path(kind_of(rule))
        case RemoveRule(kind=kind):
            return policy_path(kind)


def writable_paths(kind: ProposalKind, target: str) -> frozenset[PurePosixPath]:
    """The only files that a proposal of this kind and target may change."""
    match kind:
        case ProposalKind.PROMOTE | ProposalKind.HOTFIX:
            return frozenset({release_path(target)})
        case ProposalKind.ROLLBACK | ProposalKind.ROLLFORWARD:
            return frozenset({release_path(target), policy_path("vetoes"), policy_path("holds")})
        case ProposalKind.POLICY:
            return frozenset({policy_path(target)})
        case _:
            assert_never(kind)


def apply_edits(texts: Texts, edits: Sequence[Edit]) -> dict[PurePosixPath, str]:
    """path -> new text of each file that the edits change. ConfigError where a text cannot be edited by structure.

    Edits that are made already change nothing: applying the same edits to the result gives the same texts.
    """
    changed: dict[PurePosixPath, str] = {}
    for edit in edits:
        path = path_of(edit)
        before = changed.get(path, texts.get(path))
        match edit:
            case ReleaseEdit(images=images):
                after = edit_release(before, images, str(path))
            case AddRule(rule=rule):
                after = add_rule(before, rule)
            case RemoveRule(kind=kind, id=name):
                after = remove_rule(before, kind, name)
        if after != before and (before is not None or after):
            changed[path] = after
    return {path: text for path, text in changed.items() if text != texts.get(path)}


def find_edits(before: Texts, after: Texts) -> tuple[Edit, ...]:
    """The edits that lead from one set of texts to the other, in one order whatever they were made in; ConfigError for unreadable texts."""
    edits: list[Edit] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if path.parent == RELEASES:
            was, now = parse_release(old or "", str(path)).services, parse_like(old, new or "", str(path)).services
            # Most are the very same object, which says it sooner than their values.
            images = {name: image for name, image in now.items() if (old_image := was.get(name)) is not image and old_image != image}
            edits += [ReleaseEdit(path.stem, images)] if images else []
        elif path.stem in KINDS:
            had, has = rules_of(path.stem, old), rules_of(path.stem, new)
            edits += [RemoveRule(path.stem, rule.id) for rule in had if rule not in has]
            edits += [AddRule(rule) for rule in has if rule not in had]
    return tuple(edits)


def branch_name(kind: ProposalKind, target: str, edits: Sequence[Edit]) -> str:
    """The branch of exactly this change of this target, whoever makes it and whenever. Tags and source commits of images do not count."""
    change = {"kind": kind.value, "target": target, "edits": sorted((edit_values(edit) for edit in edits), key=json.dumps)}
    digest = hashlib.sha256(json.dumps(change, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return f"liftlock/{kind.value}-{target}-{digest[:12]}"


def edit_values(edit: Edit) -> dict[str, Json]:
    """The edit as JSON values."""
    match edit:
        case ReleaseEdit(environment=environment, images=images):
            return {"environment": environment, "images": {name: str(new.image) for name, new in images.items()}}
        case AddRule(rule=rule):
            return {"add": {"kind": kind_of(rule), **rule_values(rule)}}
        case RemoveRule(kind=kind, id=name):
            return {"remove": {"kind": kind, "id": name}}


def read_branch(branch: str) -> tuple[ProposalKind, str] | None:
    """Kind and target of a branch that branch_name gives; None for any other."""
    match = re.fullmatch(rf"liftlock/({'|'.join(ProposalKind)})-([a-z][-a-z0-9]*)-[0-9a-f]{{12}}", branch)
    return (ProposalKind(match[1]), match[2]) if match else None


def released_images(edits: Sequence[Edit], environment: str) -> Mapping[str, ReleasedImage]:
    """service -> new image of what the edits release into the environment."""
    released = (edit for edit in edits if isinstance(edit, ReleaseEdit) and edit.environment == environment)
    return {name: new for edit in released for name, new in edit.images.items()}
