"""Resource options, what children inherit, and providers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from tests.conformance.features.turns import FakeProvider, Group, Turn, opts
from tests.fakes.things import Thing


def with_trigger(trigger: Any, name: str | None = None) -> Callable[[], object]:
    return lambda: Thing("a", opts=opts(replacement_trigger=trigger), **({"name": name} if name else {}))


def replaced_with(name: str, *, first: bool | None = None) -> Callable[[], object]:
    def program() -> None:
        base = Thing("base", name=name, opts=opts(delete_before_replace=first))
        Thing("user", size=1, opts=opts(replace_with=[base]))

    return program


def timeouts_and_hidden(size: int) -> Callable[[], object]:
    def program() -> None:
        timeouts = pulumi.CustomTimeouts(create="1m", update="2m", delete="3m", read="4s")
        Thing("a", name="a", size=size, opts=opts(custom_timeouts=timeouts, hide_diffs=["size", 'labels["a.b"]', "ports[0].inner"]))

    return program


def inherited(*, protect: bool) -> Callable[[], object]:
    def program() -> None:
        provider = FakeProvider("other")
        first = Thing("first", name="first")
        group = pulumi.ComponentResource("shop:index:Group", "g", None, opts(protect=protect, providers=[provider], deleted_with=first))
        inner = pulumi.ComponentResource("shop:index:Inner", "i", None, opts(parent=group))
        Thing("a", name="a", opts=opts(parent=inner, retain_on_delete=True))

    return program


def provided(kind: str) -> Callable[[], object]:
    def program() -> None:
        named = {"default": None, "one": "one", "two": "two", "renamed": "three"}[kind]
        aliases = [pulumi.Alias(name="two")] if kind == "renamed" else None
        provider = FakeProvider(named, opts(aliases=aliases)) if named else None
        Thing("a", name="a", opts=opts(provider=provider))

    return program


def downloaded() -> None:
    Thing("a", name="a", opts=opts(plugin_download_url="https://example.test/plugins", version="1.2.3"))


def removed_protection(world_kind: str, *, protect: bool) -> Callable[[], object]:
    return lambda: Thing("a", kind=world_kind, opts=opts(protect=protect))


CASES: dict[str, list[Turn]] = {
    "replacement triggers": [
        Turn("up", with_trigger(None)),
        Turn("up", with_trigger(1)),
        Turn("preview", with_trigger(2)),
        Turn("up", with_trigger(2)),
        Turn("up", with_trigger(2)),
        Turn("up", with_trigger([1])),
    ],
    "replaced with another, which is made first": [Turn("up", replaced_with("one")), Turn("up", replaced_with("two"))],
    "replaced with another, which goes first": [
        Turn("up", replaced_with("one", first=True)),
        Turn("preview", replaced_with("two", first=True)),
        Turn("up", replaced_with("two", first=True)),
    ],
    "timeouts and hidden differences": [
        Turn("up", timeouts_and_hidden(1)),
        Turn("up", timeouts_and_hidden(2)),
        Turn("refresh"),
        Turn("destroy"),
    ],
    "what children inherit": [Turn("up", inherited(protect=False)), Turn("up", inherited(protect=True)), Turn("destroy")],
    "a component whose inputs change": [
        Turn("up", lambda: Group("g", {"size": 1})),
        Turn("preview", lambda: Group("g", {"size": 2})),
        Turn("up", lambda: Group("g", {"size": 2})),
    ],
    "providers": [Turn("up", provided(kind)) for kind in ("default", "one", "two", "renamed", "default")],
    "a plugin from elsewhere": [Turn("up", downloaded)],
    "no default providers": [Turn("up", lambda: Thing("a", name="a"), config={"pulumi:disable-default-providers": ('["fake"]', False)})],
    "protection taken off in the run that replaces": [
        Turn("up", removed_protection("x", protect=True)),
        Turn("up", removed_protection("y", protect=False)),
    ],
}
