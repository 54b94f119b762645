"""Edits of policy/*.yaml by structure: a rule is added or taken out, and every other line stays as it was. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from liftlock.core.config.entries import NEVER
from liftlock.core.config.lists import add_item, remove_item
from liftlock.core.config.scalars import plain_text
from liftlock.core.errors import ConfigError, ConflictError
from liftlock.core.moments import ALWAYS, moment_text
from liftlock.core.policy import Freeze, Hold, Rule, Veto
from liftlock.core.policy_file import parse_policy, policy_path

_WHAT = {
    "freezes": (
        "Times in which nothing enters an environment. A veto is stronger than a freeze, a freeze than a window.",
        "liftlock freeze and liftlock thaw",
    ),
    "vetoes": (
        "Releases and digests that must reach no environment which does not have them yet. The strongest rule.",
        "liftlock veto and liftlock unveto",
    ),
    "holds": (
        "Environments (or one service of one) that stay as they are until the hold is released.",
        "liftlock hold and liftlock release",
    ),
}


def rules_of(kind: str, text: str | None) -> tuple[Rule, ...]:
    """The rules of one file as they stand, in its order; ConfigError where it cannot be read."""
    policy = parse_policy({kind: text}) if text is not None else parse_policy({})
    rules: Mapping[str, tuple[Rule, ...]] = {"freezes": policy.freezes, "vetoes": policy.vetoes, "holds": policy.holds}
    return rules[kind]


def kind_of(rule: Rule) -> str:
    """Which file a rule belongs into."""
    match rule:
        case Freeze():
            return "freezes"
        case Veto():
            return "vetoes"
        case Hold():
            return "holds"


def add_rule(text: str | None, rule: Rule) -> str:
    """The text with the rule behind the others; None begins a new file. A rule that is there already changes nothing.

    ConflictError where another rule has its id; ConfigError where the text is no such file.
    """
    kind = kind_of(rule)
    before, file = rules_of(kind, text), str(policy_path(kind))
    if rule in before:
        return text or ""
    if any(known.id == rule.id for known in before):
        raise ConflictError(f"{file} has another entry with the id {rule.id}", hint="give this one another name: --id NAME")
    lines = [f"{key}: {value}" for key, value in rule_values(rule).items()]
    after = add_item(_header(kind) if text is None else text, file, kind, lines, "{" + ", ".join(lines) + "}")
    return _checked(after, kind, (*before, rule))


def remove_rule(text: str | None, kind: str, name: str) -> str:
    """The text without the rule of that id; one that is not there changes nothing."""
    before = rules_of(kind, text)
    index = next((place for place, rule in enumerate(before) if rule.id == name), None)
    if text is None or index is None:
        return text or ""
    after = remove_item(text, str(policy_path(kind)), kind, index)
    return _checked(after, kind, before[:index] + before[index + 1 :])


def rule_values(rule: Rule) -> Mapping[str, str]:
    """key -> value as YAML writes it, in the order of the file; what says nothing is left out."""
    match rule:
        case Freeze():
            own = {"environments": _list(rule.environments), "services": _list(rule.services)}
            own["from"] = "" if rule.start == ALWAYS else _moment(rule.start, rule.zone)
        case Veto():
            own = {"release": _text(rule.release), "digest": _text(rule.digest), "environments": _list(rule.environments)}
        case Hold():
            own = {"environment": _text(rule.environment), "service": _text(rule.service), "image": _text(rule.image)}
    fields = {"id": rule.id, **own, "until": _moment(rule.until, rule.zone)}
    fields |= {"zone": _text(None if rule.zone == "UTC" else rule.zone), "reason": _text(rule.reason), "owner": _text(rule.owner)}
    if isinstance(rule, Freeze) and rule.hotfix:
        fields["hotfix"] = "true"
    if isinstance(rule, Hold):
        fields["rollback"] = _text(rule.rollback)
    return {key: value for key, value in fields.items() if value}


def _header(kind: str) -> str:
    what, commands = _WHAT[kind]
    return f"""\
# yaml-language-server: $schema=../.liftlock-schema/{kind}.json
# {what}
# Each has a reason, an owner and an end. {commands} open a pull request that edits this file.
"""


def _checked(text: str, kind: str, expected: tuple[Rule, ...]) -> str:
    """The text, if it reads back as exactly what was asked for; otherwise nothing is handed out."""
    file = str(policy_path(kind))
    try:
        found, reason = rules_of(kind, text), ""
    except ConfigError as err:
        found, reason = (), f" ({err.message.splitlines()[0]})"
    if reason or found != expected:
        raise ConfigError(
            f"{file}: the change cannot be made by editing single lines{reason}",
            hint="the file uses anchors or a layout that ties entries together; write each entry in lines of its own",
        )
    return text


def _text(value: str | None) -> str:
    return plain_text(value) if value is not None else ""


def _list(names: tuple[str, ...]) -> str:
    return f"[{', '.join(map(plain_text, names))}]" if names else ""


def _moment(moment: datetime | None, zone: str) -> str:
    return plain_text(moment_text(moment, zone)) if moment is not None else NEVER
