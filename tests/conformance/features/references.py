"""Stack references, and values that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from tests.conformance.features.turns import Turn
from tests.fakes.things import Thing


def gives() -> None:
    thing = Thing("a", name="a", size=3)
    pulumi.export("size", thing.size)
    pulumi.export("word", pulumi.Output.secret("hush"))
    pulumi.export("nested", {"plain": 1, "hidden": pulumi.Output.secret([1, 2])})


def takes(name: str) -> Callable[[], object]:
    def program() -> None:
        other = pulumi.StackReference(name)
        pulumi.export("size", other.get_output("size"))
        pulumi.export("word", other.get_output("word"))
        pulumi.export("nested", other.get_output("nested"))
        pulumi.export("none", other.get_output("nothing"))
        Thing("b", name="b", size=other.require_output("size"))

    return program


REFERENCES = [
    Turn("up", gives, stack="base", project="ground"),
    Turn("preview", takes("organization/ground/base")),
    Turn("up", takes("organization/ground/base")),
    Turn("up", takes("organization/ground/base")),
    Turn("up", lambda: pulumi.export("size", 4), stack="base", project="ground"),
    Turn("refresh"),
    Turn("destroy"),
]


def stash(value: Any) -> Callable[[], object]:
    def program() -> None:
        kept = pulumi.Stash("kept", input=value)
        pulumi.export("kept", kept.output)

    return program


def own_outputs() -> None:
    """What the stack itself had at the end of the run before."""
    own = pulumi.StackReference("organization/shop/dev")
    pulumi.export("before", own.get_output("size"))
    pulumi.export("size", 5)


def requires_nothing() -> None:
    pulumi.export("none", pulumi.StackReference("organization/ground/base").require_output("nothing"))


CASES: dict[str, list[Turn]] = {
    "stack references": REFERENCES,
    "stack references by short names": [
        Turn("up", gives, stack="base"),
        Turn("up", takes("base")),
        Turn("up", takes("organization/base")),
    ],
    "a reference to an unknown stack": [Turn("up", takes("organization/ground/nowhere"))],
    "a reference to a foreign organization": [Turn("up", takes("someone/ground/nowhere"))],
    "a reference to the stack itself": [Turn("up", gives), Turn("up", own_outputs), Turn("up", own_outputs)],
    "an output that the other stack has not": [Turn("up", gives, stack="base", project="ground"), Turn("up", requires_nothing)],
    "a stash": [Turn("up", stash(1)), Turn("up", stash(2)), Turn("up", stash(2)), Turn("destroy")],
}
