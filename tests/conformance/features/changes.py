"""What an option makes of a change: ignored, replacing, kept, protected, deleted with another, secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.features.turns import Turn, opts
from tests.fakes.things import Thing
from tests.fakes.things_plugin import refuse


def labelled(first: Any, second: Any = None, size: int | None = 1, **stated: Any) -> Callable[[], object]:
    """A thing with two labels, of which one has a dot in its name."""
    labels = {"a": first, "b.c": second}
    return lambda: Thing("a", name="a", size=size, labels=labels, opts=opts(**stated))


def named(name: str, **stated: Any) -> Callable[[], object]:
    return lambda: Thing("a", name=name, opts=opts(**stated))


def of_kind(kind: str, **stated: Any) -> Callable[[], object]:
    return lambda: Thing("a", name="a", kind=kind, opts=opts(**stated))


def guests(*names: str, host: str | None = "host") -> Callable[[], object]:
    def program() -> None:
        with_ = Thing("host", name=host) if host else None
        for name in names:
            Thing(name, name=name, opts=opts(deleted_with=with_))

    return program


def nothing() -> None:
    """Declares nothing."""


CASES: dict[str, list[Turn]] = {
    "changes that are ignored": [
        Turn("up", labelled(1, 1)),
        Turn("up", labelled(2, 2, ignore_changes=["labels.a"])),
        Turn("preview", labelled(3, 3, ignore_changes=['labels["b.c"]', "size"], size=4)),
        Turn("up", labelled(3, 3, ignore_changes=['labels["b.c"]', "size"], size=4)),
        Turn("up", labelled(4, 4, ignore_changes=["labels[*]"], size=None)),
        Turn("up", labelled(5, 5, ignore_changes=["*"], size=9)),
        Turn("up", labelled(5, 5, ignore_changes=["nothing", "labels.none.deeper"])),
    ],
    "changes that replace": [
        Turn("up", labelled(1, size=1)),
        Turn("preview", labelled(1, size=2, replace_on_changes=["size"])),
        Turn("up", labelled(1, size=2, replace_on_changes=["size"])),
        Turn("up", labelled(1, size=3, replace_on_changes=["labels.a"])),
        Turn("up", labelled(2, size=3, replace_on_changes=["labels.a"])),
        Turn("up", labelled(3, size=3, replace_on_changes=["*"])),
        Turn("up", labelled(3, size=4, replace_on_changes=["size"], ignore_changes=["size"])),
    ],
    "a thing that is kept when it is replaced": [
        Turn("up", named("one", retain_on_delete=True)),
        Turn("up", named("two", retain_on_delete=True)),
        Turn("destroy"),
    ],
    "first the new one says the program": [
        Turn("up", of_kind("x")),
        Turn("up", of_kind("y", delete_before_replace=False)),
        Turn("up", of_kind("y", delete_before_replace=True)),
    ],
    "deleted with another": [
        Turn("up", guests("one", "two")),
        Turn("up", guests("one")),
        Turn("up", guests("one", host="renamed")),
        Turn("up", nothing),
    ],
    "deleted with another in a destroy": [Turn("up", guests("one")), Turn("destroy")],
    "protected things": [
        Turn("up", named("one", protect=True)),
        Turn("preview", named("two", protect=True)),
        Turn("up", named("two", protect=True)),
        Turn("up", nothing),
        Turn("destroy"),
    ],
    "outputs that become secret": [
        Turn("up", named("one")),
        Turn("up", named("one", additional_secret_outputs=["stamp"])),
        Turn("up", named("one")),
        Turn("refresh"),
    ],
    "a replacement that is cut short": [
        Turn("up", of_kind("x")),
        Turn("up", of_kind("y"), before=lambda world: refuse(world, "create", "a", 1)),
        Turn("preview", of_kind("y")),
        Turn("up", of_kind("y")),
    ],
    "a replacement that is cut short and not wanted any more": [
        Turn("up", of_kind("x")),
        Turn("up", of_kind("y"), before=lambda world: refuse(world, "create", "a", 1)),
        Turn("up", of_kind("x")),
    ],
    "a protected thing whose replacement is cut short": [
        Turn("up", of_kind("x")),
        Turn("up", of_kind("y"), before=lambda world: refuse(world, "create", "a", 1)),
        Turn("up", of_kind("y", protect=True)),
    ],
    "a create that fails once": [Turn("up", named("one"), before=lambda world: refuse(world, "create", "a", 1)), Turn("up", named("one"))],
}
