"""Which object and which record a resource is: reads, imports, aliases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi

from tests.conformance.features.turns import Turn, opts
from tests.fakes.things import Thing, Things


def owned() -> None:
    Thing("a", name="a", size=1)


def read_back(which: str) -> Callable[[], object]:
    def program() -> None:
        thing = Thing("a", opts=opts(id=which))
        pulumi.export("size", thing.size)

    return program


def exists_outside(world: Path) -> None:
    """Somebody made two things."""
    for name in ("x", "y"):
        Things(world).put(f"{name}-1", "elsewhere", {"name": name, "size": 7})


def imported(size: int, which: str | None = None, name: str = "x", **stated: Any) -> Callable[[], object]:
    return lambda: Thing("a", name=name, size=size, opts=opts(import_=which, **stated))


def renamed(options: pulumi.ResourceOptions, name: str = "new", parent: str | None = None) -> Callable[[], object]:
    def program() -> None:
        group = pulumi.ComponentResource("shop:index:Group", parent) if parent else None
        Thing(name, name="a", opts=pulumi.ResourceOptions.merge(options, opts(parent=group)))

    return program


def grouped(
    name: str, type_: str = "shop:index:Group", options: pulumi.ResourceOptions | None = None, under: str = ""
) -> Callable[[], object]:
    def program() -> None:
        above = pulumi.ComponentResource("shop:index:Above", under) if under else None
        own = pulumi.ResourceOptions.merge(options, opts(parent=above))
        group = pulumi.ComponentResource(type_, name, None, own)
        Thing(f"{name}-part", name="part", opts=opts(parent=group))
        Thing("other", name="other", opts=opts(parent=group))

    return program


def read_later() -> None:
    """Reads by an id that is known only when the other thing is made."""
    first = Thing("first", name="first", size=2)
    pulumi.export("size", Thing("same", opts=opts(id=first.id)).size)


class OldThing(pulumi.CustomResource):
    """A thing of a type that there was once."""

    def __init__(self, resource_name: str, options: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        super().__init__("fake:index:OldThing", resource_name, inputs, pulumi.ResourceOptions.merge(opts(version="1.2.3"), options))


def retyped(*aliases: pulumi.Alias) -> Callable[[], object]:
    return lambda: Thing("a", name="a", opts=opts(aliases=list(aliases)))


def two_of_one_alias() -> None:
    first = Thing("x", opts=opts(aliases=[pulumi.Alias(name="old")]))
    Thing("y", opts=opts(aliases=[pulumi.Alias(name="old")], depends_on=[first]))


def old_beside_its_successor() -> None:
    """A resource that has taken the place of an old one, and then the old one."""
    first = Thing("x", opts=opts(aliases=[pulumi.Alias(name="old")]))
    Thing("old", opts=opts(depends_on=[first]))


CASES: dict[str, list[Turn]] = {
    "reading what the stack made": [Turn("up", owned), Turn("up", read_back("x-1"), before=exists_outside), Turn("up", owned)],
    "an import": [
        Turn("preview", imported(7, "x-1"), before=exists_outside),
        Turn("up", imported(7, "x-1")),
        Turn("up", imported(7, "x-1")),
        Turn("up", imported(8)),
    ],
    "an import that differs": [Turn("up", imported(8, "x-1"), before=exists_outside)],
    "an import that would be replaced": [
        Turn("preview", imported(7, "x-1", "other"), before=exists_outside),
        Turn("up", imported(7, "x-1", "other")),
    ],
    "an import with ignored changes": [Turn("up", imported(9, "x-1", ignore_changes=["size"]), before=exists_outside)],
    "an import in place of another": [Turn("up", owned), Turn("up", imported(7, "x-1"), before=exists_outside)],
    "an import of nothing": [Turn("up", imported(7, "z-1"))],
    "reading by an id that comes later": [Turn("preview", read_later), Turn("up", read_later), Turn("preview", read_later)],
    "reading what is not there": [Turn("up", read_back("nowhere"))],
    "an alias of the type": [Turn("up", lambda: OldThing("a", name="a")), Turn("up", retyped(pulumi.Alias(type_="fake:index:OldThing")))],
    "an alias of type, name and parent at once": [
        Turn("up", grouped("one")),
        Turn("up", retyped(pulumi.Alias(name="other", parent="urn:pulumi:dev::shop::shop:index:Group::one"))),
    ],
    "an alias of two resources": [Turn("up", lambda: Thing("old")), Turn("up", two_of_one_alias)],
    "an alias of what is declared too": [Turn("up", lambda: Thing("old")), Turn("up", old_beside_its_successor)],
    "an alias of nothing": [Turn("up", retyped(pulumi.Alias(name="none", project="elsewhere", stack="gone")))],
    "an alias of the name": [Turn("up", renamed(opts(), "old")), Turn("up", renamed(opts(aliases=[pulumi.Alias(name="old")])))],
    "an alias that is a URN": [
        Turn("up", renamed(opts(), "old")),
        Turn("up", renamed(opts(aliases=["urn:pulumi:dev::shop::fake:index:Thing::old"]))),
    ],
    "an alias without a parent": [
        Turn("up", renamed(opts(), "a")),
        Turn("up", renamed(opts(aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]), "a", parent="g")),
    ],
    "a component renamed": [Turn("up", grouped("one")), Turn("up", grouped("two", options=opts(aliases=[pulumi.Alias(name="one")])))],
    "a component of another type": [
        Turn("up", grouped("one")),
        Turn("up", grouped("one", "shop:index:Other", opts(aliases=[pulumi.Alias(type_="shop:index:Group")]))),
    ],
    "a component under another": [
        Turn("up", grouped("one")),
        Turn("up", grouped("one", options=opts(aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]), under="top")),
    ],
}
