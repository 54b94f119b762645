"""What happens to a pull request on the local forge, as JSON, and the pull request that a list of events makes. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from liftlock.core.errors import IncompleteError
from liftlock.core.ports import Check, CheckState, Identity, PullRequest, PullState, Review


@dataclass(frozen=True, slots=True)
class Opened:
    """It was opened for branch `head`, which was at `commit`."""

    by: Identity
    at: datetime
    title: str
    body: str
    head: str
    base: str
    commit: str


@dataclass(frozen=True, slots=True)
class Edited:
    """It has another title and body."""

    by: Identity
    at: datetime
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Somebody judged one commit of it."""

    by: Identity
    at: datetime
    approved: bool
    commit: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A check said something of one commit of it."""

    by: Identity
    at: datetime
    commit: str
    name: str
    state: str
    url: str | None
    description: str


@dataclass(frozen=True, slots=True)
class Merged:
    """Its `commit` came into the base branch with `merge_commit`."""

    by: Identity
    at: datetime
    commit: str
    merge_commit: str


@dataclass(frozen=True, slots=True)
class Closed:
    """It was closed without merging when its branch was at `commit`."""

    by: Identity
    at: datetime
    commit: str
    reason: str


Event = Opened | Edited | Reviewed | Checked | Merged | Closed
_KINDS: Mapping[str, type[Event]] = {kind.__name__.lower(): kind for kind in (Opened, Edited, Reviewed, Checked, Merged, Closed)}


def encode_events(events: Sequence[Event]) -> str:
    """The events as JSON, oldest first."""
    return json.dumps([_to_json(event) for event in events], indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def decode_events(text: str) -> tuple[Event, ...]:
    """The events that the JSON holds; IncompleteError where it is none of ours."""
    try:
        events = tuple(_from_json(item) for item in json.loads(text))
        if not events or not isinstance(events[0], Opened):
            raise ValueError("it does not begin with an opening")
    except (ValueError, KeyError, TypeError) as err:
        raise IncompleteError(
            f"a pull request on the local forge cannot be read: {err}", hint="git log refs/liftlock/pulls/* shows who wrote it"
        ) from err
    return events


def pull_request(number: int, events: Sequence[Event], *, url: str, heads: Mapping[str, str]) -> PullRequest:
    """The pull request after these events. heads: full reference name -> commit, for the branches that are there now."""
    opened = events[0]
    if not isinstance(opened, Opened):
        raise TypeError("the first event opens the pull request")
    pull = PullRequest(number, opened.title, opened.body, opened.head, opened.base, opened.commit, opened.by, PullState.OPEN, url)
    pull = replace(pull, opened_at=opened.at, whole=True)
    for event in events[1:]:
        pull = _after(pull, event)
    if pull.state is PullState.OPEN:
        pull = replace(pull, commit=heads.get(f"refs/heads/{pull.head}", pull.commit))
    return replace(pull, checks=_checks(events, pull.commit))


def _checks(events: Sequence[Event], commit: str) -> tuple[Check, ...]:
    """The last word of each check on the commit."""
    said = [event for event in events if isinstance(event, Checked) and event.commit == commit]
    last = {event.name: Check(event.name, CheckState(event.state), event.url, event.description) for event in said}
    return tuple(last[name] for name in sorted(last))


def _after(pull: PullRequest, event: Event) -> PullRequest:
    match event:
        case Opened() | Checked():
            return pull
        case Edited():
            return replace(pull, title=event.title, body=event.body)
        case Reviewed():
            return replace(pull, reviews=(*pull.reviews, Review(event.by, event.approved, event.commit, event.at)), commit=event.commit)
        case Merged():
            merged = replace(pull, state=PullState.MERGED, commit=event.commit, merge_commit=event.merge_commit)
            return replace(merged, merged_at=event.at, merged_by=event.by)
        case Closed():
            return replace(pull, state=PullState.CLOSED, commit=event.commit)
        case _:
            assert_never(event)


def _to_json(event: Event) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in event.__slots__}
    return {**values, "event": type(event).__name__.lower(), "by": str(event.by), "at": event.at.isoformat()}


def _from_json(item: dict[str, Any]) -> Event:
    kind = _KINDS[item["event"]]
    values = {name: value for name, value in item.items() if name not in ("event", "by", "at")}
    return kind(by=Identity.parse(item["by"]), at=datetime.fromisoformat(item["at"]), **values)
