"""Resource hooks and error hooks."""

from __future__ import annotations

from collections.abc import Callable

import pulumi

from tests.conformance.features.turns import Group, Turn, opts
from tests.fakes.things import Thing
from tests.fakes.things_plugin import refuse


def seen_by(args: pulumi.ResourceHookArgs) -> str:
    """All that a hook is told; as its error it is compared."""
    told = (args.urn, args.id, args.name, args.type, args.old_inputs, args.new_inputs, args.old_outputs, args.new_outputs)
    return repr([sorted(item.items()) if isinstance(item, dict) else item for item in told])


def hooked(size: int, kind: str = "x", *, fails: str = "", ignored: bool = False) -> Callable[[], object]:
    """Hooks of every kind; the one named raises."""

    def program() -> None:
        def make(kind_: str) -> pulumi.ResourceHook:
            def run(args: pulumi.ResourceHookArgs) -> None:
                if kind_ == fails:
                    raise ValueError(f"no {kind_}: {seen_by(args)}")

            return pulumi.ResourceHook(kind_, run, pulumi.ResourceHookOptions(ignore_errors=ignored))

        binding = pulumi.ResourceHookBinding(
            before_create=[make("before_create")],
            after_create=[make("after_create")],
            before_update=[make("before_update")],
            after_update=[make("after_update")],
            before_delete=[make("before_delete")],
            after_delete=[make("after_delete")],
        )
        Thing("a", name="a", size=size, kind=kind, opts=opts(hooks=binding))

    return program


def without_hooked(*names: str) -> Callable[[], object]:
    def program() -> None:
        for name in names:
            pulumi.ResourceHook(name, lambda args: None)

    return program


def component_with_hooks(size: int, *, fails: str = "") -> Callable[[], object]:
    def program() -> None:
        def run(args: pulumi.ResourceHookArgs) -> None:
            if fails:
                raise ValueError(f"no {fails}")

        binding = pulumi.ResourceHookBinding(
            after_create=[pulumi.ResourceHook("made", run)], after_update=[pulumi.ResourceHook("changed", run)]
        )
        Group("g", {"size": size}, opts(hooks=binding))

    return program


def in_previews(*, fails: bool) -> Callable[[], object]:
    def program() -> None:
        def run(args: pulumi.ResourceHookArgs) -> None:
            if fails:
                raise ValueError(f"no: {seen_by(args)}")

        hook = pulumi.ResourceHook("look", run, pulumi.ResourceHookOptions(on_dry_run=True))
        Thing("a", name="a", size=1, opts=opts(hooks=pulumi.ResourceHookBinding(before_create=[hook])))

    return program


def bare_and_async() -> None:
    """Functions that are no hooks yet, one of them to be awaited."""

    async def waits(args: pulumi.ResourceHookArgs) -> None:
        raise ValueError("no more")

    Thing("a", name="a", opts=opts(hooks=pulumi.ResourceHookBinding(before_create=[waits])))


def of_one_name() -> None:
    for _ in range(2):
        pulumi.ResourceHook("twice", lambda args: None)


def raising_on_error() -> None:
    def run(args: pulumi.ErrorHookArgs) -> bool:
        raise ValueError(f"no: {args.failed_operation} {args.errors}")

    hook = pulumi.ErrorHook("asks", run)
    Thing("a", name="a", opts=opts(hooks=pulumi.ResourceHookBinding(on_error=[hook])))


def on_error(*, again: bool) -> Callable[[], object]:
    def program() -> None:
        hook = pulumi.ErrorHook("again", lambda args: again)
        Thing("a", name="a", size=1, opts=opts(hooks=pulumi.ResourceHookBinding(on_error=[hook])))

    return program


HOOKS = [
    Turn("preview", hooked(1)),
    Turn("up", hooked(1)),
    Turn("up", hooked(2)),
    Turn("up", hooked(2, "y")),
    Turn("up", without_hooked("before_delete", "after_delete")),
]


CASES: dict[str, list[Turn]] = {
    "hooks": HOOKS,
    "a hook before a create fails": [Turn("up", hooked(1, fails="before_create")), Turn("up", hooked(1))],
    "a hook after a create fails": [Turn("up", hooked(1, fails="after_create")), Turn("up", hooked(1))],
    "a hook before an update fails": [Turn("up", hooked(1)), Turn("up", hooked(2, fails="before_update"))],
    "a hook after an update fails": [Turn("up", hooked(1)), Turn("up", hooked(2, fails="after_update"))],
    "a hook before a delete fails": [
        Turn("up", hooked(1)),
        Turn("up", hooked(1, "y", fails="before_delete")),
        Turn("up", hooked(1, "y")),
    ],
    "a hook after a delete fails": [Turn("up", hooked(1)), Turn("up", hooked(1, "y", fails="after_delete")), Turn("up", hooked(1, "y"))],
    "hooks in previews": [Turn("preview", in_previews(fails=False)), Turn("preview", in_previews(fails=True))],
    "a function that is no hook yet": [Turn("up", bare_and_async)],
    "two hooks of one name": [Turn("up", of_one_name)],
    "an error hook that fails": [Turn("up", raising_on_error, before=lambda world: refuse(world, "create", "a", 1))],
    "hooks that fail and are ignored": [Turn("up", hooked(1, fails="before_create", ignored=True))],
    "a delete with hooks that nothing registers": [Turn("up", hooked(1)), Turn("up", without_hooked("before_delete")), Turn("destroy")],
    "hooks of components": [Turn("up", component_with_hooks(1)), Turn("up", component_with_hooks(2))],
    "a hook of a component fails": [Turn("up", component_with_hooks(1, fails="made"))],
    "an error hook tries again": [Turn("up", on_error(again=True), before=lambda world: refuse(world, "create", "a", 2))],
    "an error hook gives up": [Turn("up", on_error(again=False), before=lambda world: refuse(world, "create", "a", 2))],
}
