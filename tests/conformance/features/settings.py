"""Configuration, messages, functions that fail, and references to resources."""

from __future__ import annotations

from collections.abc import Callable

import pulumi

from tests.conformance.features.turns import FakeProvider, Turn, opts
from tests.fakes.things import Thing

CONFIG = {
    "shop:word": ("plain", False),
    "shop:hidden": ("hush", True),
    "shop:number": ("7", False),
    "shop:list": ('["a", {"b": true}]', False),
    "shop:secrets": ('{"a": "hush too"}', True),
    "other:word": ("of another", False),
}


def configured() -> None:
    own, other = pulumi.Config(), pulumi.Config("other")
    pulumi.export("word", own.require("word"))
    pulumi.export("hidden", own.require_secret("hidden"))
    pulumi.export("number", own.require_int("number"))
    pulumi.export("list", own.require_object("list"))
    pulumi.export("secrets", own.require_secret_object("secrets").apply(lambda found: found["a"]))
    pulumi.export("other", other.get("word"))
    pulumi.export("none", own.get("none") or "nothing")
    Thing("a", name="a", kind=own.get_secret("hidden"), size=own.get_int("number"))


def misread() -> None:
    pulumi.Config().require_int("word")


def missing() -> None:
    pulumi.Config("other").require_secret("nothing")


def logging(*, error: bool) -> Callable[[], object]:
    def program() -> None:
        thing = Thing("a", name="a")
        pulumi.log.debug("for nobody")
        pulumi.log.info("for you")
        pulumi.log.warn("mind this", resource=thing)
        if error:
            pulumi.log.error("this is wrong", resource=thing)

    return program


def asking(token: str) -> Callable[[], object]:
    def program() -> None:
        Thing("a", name="a")
        pulumi.export("found", pulumi.runtime.invoke(token, {}, pulumi.InvokeOptions(version="1.2.3")).value)

    return program


def raising() -> None:
    Thing("a", name="a")
    raise ValueError("not today")


def raising_late() -> None:
    thing = Thing("a", name="a")
    pulumi.export("size", thing.id.apply(lambda id_: 1 // 0))


def twice() -> None:
    first = Thing("a", name="a")
    Thing("a", name="b", uses=first.id)


def exported() -> None:
    thing = Thing("a", name="a", size=1)
    pulumi.export("thing", thing)
    pulumi.export("all", [thing, {"it": thing.id}])


def taken_by_urn() -> None:
    thing = Thing("a", name="a", size=3)
    again = thing.urn.apply(lambda urn: Thing("again", opts=opts(urn=urn)))
    pulumi.export("size", again.apply(lambda found: found.size))


def nowhere_by_urn() -> None:
    Thing("again", opts=opts(urn="urn:pulumi:dev::shop::fake:index:Thing::nothing"))


def provider_of_component() -> None:
    provider = FakeProvider("other")
    group = pulumi.ComponentResource("shop:index:Group", "g", None, opts(provider=provider))
    Thing("a", name="a", opts=opts(parent=group))
    listed = pulumi.ComponentResource("shop:index:Group", "h", None, opts(providers={"fake": provider}))
    inner = Thing("b", name="b", opts=opts(parent=listed))
    Thing("c", name="c", opts=opts(parent=inner))
    after = pulumi.InvokeOutputOptions(parent=inner, version="1.2.3")
    pulumi.export("found", pulumi.runtime.invoke_output("fake:index:echo", {"add": 1}, after).apply(lambda found: found["add"]))


CASES: dict[str, list[Turn]] = {
    "configuration": [Turn("preview", configured, config=CONFIG), Turn("up", configured, config=CONFIG), Turn("destroy", config=CONFIG)],
    "configuration of another type": [Turn("up", misread, config=CONFIG)],
    "missing configuration": [Turn("up", missing, config=CONFIG)],
    "messages": [Turn("up", logging(error=False)), Turn("preview", logging(error=True)), Turn("up", logging(error=True))],
    "a function that is not there": [Turn("up", asking("fake:index:nothing"))],
    "a program that raises": [Turn("up", raising), Turn("up", raising)],
    "a program that raises when a value is there": [Turn("preview", raising_late), Turn("up", raising_late)],
    "two resources of one name": [Turn("up", twice)],
    "resources as outputs": [Turn("preview", exported), Turn("up", exported), Turn("up", exported)],
    "resources by their URN": [Turn("up", taken_by_urn)],
    "no resource by that URN": [Turn("up", nowhere_by_urn)],
    "a component's provider": [Turn("up", provider_of_component), Turn("up", provider_of_component)],
}
