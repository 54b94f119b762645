"""Transformations, transforms, and functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from tests.conformance.features.turns import FakeProvider, Turn, opts
from tests.fakes.things import Thing


def _size(args: pulumi.ResourceTransformArgs) -> int:
    props: Mapping[str, Any] = args.props
    return int(props.get("size", 0))


def bigger(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if args.type_ != "fake:index:Thing":
        return None
    return pulumi.ResourceTransformResult({**args.props, "size": _size(args) + 1}, args.opts)


def doubled(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if args.type_ != "fake:index:Thing":
        return None
    return pulumi.ResourceTransformResult({**args.props, "size": _size(args) * 2}, args.opts)


def old_style(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if args.type_ != "fake:index:Thing":
        return None
    return pulumi.ResourceTransformationResult({**args.props, "size": 11}, pulumi.ResourceOptions.merge(args.opts, opts(protect=False)))


def transformations() -> None:
    Thing("own", name="own", opts=opts(transformations=[old_style]))
    group = pulumi.ComponentResource("shop:index:Group", "g", None, opts(transformations=[old_style]))
    Thing("child", name="child", opts=opts(parent=group))


def stack_transformation() -> None:
    pulumi.runtime.register_stack_transformation(old_style)
    Thing("a", name="a")


def order_of_transforms() -> None:
    pulumi.runtime.register_resource_transform(bigger)
    group = pulumi.ComponentResource("shop:index:Group", "g", None, opts(transforms=[doubled]))
    Thing("a", name="a", size=1, opts=opts(parent=group, transforms=[bigger]))
    Thing("b", name="b", size=1, opts=opts(parent=group))
    Thing("c", name="c", size=1)


def every_option() -> None:
    first = Thing("first", name="first")
    provider = FakeProvider("other")

    def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.name != "a":
            return None
        changed = opts(
            protect=True,
            ignore_changes=["size"],
            replace_on_changes=["kind"],
            version="1.2.3",
            aliases=[pulumi.Alias(name="formerly")],
            custom_timeouts=pulumi.CustomTimeouts(create="5m", read="10s"),
            retain_on_delete=True,
            deleted_with=first,
            delete_before_replace=True,
            additional_secret_outputs=["stamp"],
            depends_on=[first],
            provider=provider,
            replace_with=[first],
        )
        return pulumi.ResourceTransformResult(args.props, changed)

    Thing("a", name="a", kind="x", opts=opts(transforms=[change]))


def transform_of_secrets_and_outputs() -> None:
    first = Thing("first", name="first")

    def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.name != "a":
            return None
        return pulumi.ResourceTransformResult({**args.props, "kind": pulumi.Output.secret("hidden")}, args.opts)

    Thing("a", name="a", size=7, uses=first.id, opts=opts(transforms=[change]))
    Thing("b", name="b", uses=first.id, size=pulumi.Output.secret(3), opts=opts(transforms=[lambda args: None]))


def stack_transform_of_secrets_and_outputs() -> None:
    def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.name != "a":
            return None
        return pulumi.ResourceTransformResult({**args.props, "size": 9}, args.opts)

    pulumi.runtime.register_resource_transform(change)
    first = Thing("first", name="first")
    Thing("a", name="a", uses=first.id, kind=pulumi.Output.secret("hidden"))


def failing_transform() -> None:
    def change(args: pulumi.ResourceTransformArgs) -> None:
        raise ValueError("not like this")

    Thing("a", name="a", opts=opts(transforms=[change]))


def invoke_transforms() -> None:
    def change(args: pulumi.InvokeTransformArgs) -> pulumi.InvokeTransformResult | None:
        return pulumi.InvokeTransformResult({**args.args, "add": 10}, args.opts)

    pulumi.runtime.register_invoke_transform(change)
    pulumi.export("count", pulumi.runtime.invoke("fake:index:count", {}, pulumi.InvokeOptions(version="1.2.3")).value["count"])


def functions(size: int) -> Callable[[], object]:
    def program() -> None:
        provider = FakeProvider("other")
        thing = Thing("a", name="a", size=size)
        group = pulumi.ComponentResource("shop:index:Group", "g", None, opts(providers=[provider]))
        after = pulumi.InvokeOutputOptions(depends_on=[thing], version="1.2.3")
        pulumi.export("after", pulumi.runtime.invoke_output("fake:index:count", {}, after).apply(lambda found: found["count"]))
        by_parent = pulumi.InvokeOptions(parent=group, version="1.2.3")
        pulumi.export("byParent", pulumi.runtime.invoke("fake:index:echo", {"add": 1}, by_parent).value["add"])
        by_provider = pulumi.InvokeOptions(provider=provider)
        pulumi.export("byProvider", pulumi.runtime.invoke("fake:index:echo", {"add": 2}, by_provider).value["add"])
        secret = pulumi.InvokeOutputOptions(version="1.2.3")
        hidden = pulumi.runtime.invoke_output("fake:index:echo", {"add": pulumi.Output.secret(3)}, secret)
        pulumi.export("hidden", hidden.apply(lambda found: found["add"]))

    return program


def awaited_transform() -> None:
    async def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        return pulumi.ResourceTransformResult({**args.props, "size": 5}, args.opts) if args.name == "a" else None

    pulumi.runtime.register_resource_transform(change)
    Thing("a", name="a")


def failing_invoke_transform() -> None:
    def change(args: pulumi.InvokeTransformArgs) -> pulumi.InvokeTransformResult | None:
        raise ValueError("not like that")

    pulumi.runtime.register_invoke_transform(change)
    pulumi.runtime.invoke("fake:index:count", {}, pulumi.InvokeOptions(version="1.2.3"))


def failing_stack_transform() -> None:
    def change(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.name == "a":
            raise ValueError("not like this")
        return None

    pulumi.runtime.register_resource_transform(change)
    Thing("a", name="a")
    Thing("b", name="b")


CASES: dict[str, list[Turn]] = {
    "transformations": [Turn("up", transformations), Turn("up", transformations)],
    "a stack transformation": [Turn("up", stack_transformation)],
    "the order of transforms": [Turn("preview", order_of_transforms), Turn("up", order_of_transforms), Turn("up", order_of_transforms)],
    "a transform of every option": [Turn("up", every_option), Turn("up", every_option)],
    "transforms of secrets and outputs": [
        Turn("preview", transform_of_secrets_and_outputs),
        Turn("up", transform_of_secrets_and_outputs),
    ],
    "stack transforms of secrets and outputs": [
        Turn("preview", stack_transform_of_secrets_and_outputs),
        Turn("up", stack_transform_of_secrets_and_outputs),
    ],
    "a transform that fails": [Turn("up", failing_transform)],
    "a stack transform that fails": [Turn("up", failing_stack_transform)],
    "a transform that is awaited": [Turn("up", awaited_transform)],
    "an invoke transform that fails": [Turn("up", failing_invoke_transform)],
    "invoke transforms": [Turn("up", invoke_transforms)],
    "functions": [Turn("preview", functions(1)), Turn("up", functions(1)), Turn("preview", functions(2)), Turn("up", functions(2))],
}
