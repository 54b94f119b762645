"""What a feature's programs are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from tests.fakes.things import Thing


@dataclass(frozen=True)
class Turn:
    """One step. before: done to the world first. stack: another one than the case's."""

    operation: str
    program: Callable[[], Any] = lambda: None
    before: Callable[[Path], None] = lambda world: None
    config: dict[str, tuple[str, bool]] = field(default_factory=dict)
    stack: str = "dev"
    project: str = "shop"


def opts(**stated: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(**stated)


class Group(pulumi.ComponentResource):
    """A component with one thing in it."""

    def __init__(self, name: str, props: Any = None, options: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("shop:index:Group", name, props, options)
        self.thing = Thing(f"{name}-part", name=f"{name}-part", opts=opts(parent=self))
        self.register_outputs({"size": self.thing.size})


class FakeProvider(pulumi.ProviderResource):
    """The fake package's provider."""

    def __init__(self, name: str, options: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fake", name, {}, pulumi.ResourceOptions.merge(opts(version="1.2.3"), options))
