"""What differs between two sets of inputs, path by path, and what that costs: nothing, a change in place, or a new object. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from liftlock_engine.providers.docker.meaning import DEFAULTS, canonical, is_absent, plain, same
from liftlock_engine.providers.docker.properties import Kind, Property
from liftlock_engine.providers.docker.schema import RESOURCES
from liftlock_engine.providers.port import Diff, DiffKind, PropertyDiff
from liftlock_engine.values import UNKNOWN, PropertyMap

_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def diff_inputs(type_: str, old: PropertyMap, new: PropertyMap, ignore: tuple[str, ...] = ()) -> Diff:
    """The differences as Pulumi reports them. An object whose name the program chose must go before its successor comes."""
    resource = RESOURCES[type_]
    detailed: dict[str, PropertyDiff] = {}
    for name, prop in sorted(resource.properties.items()):
        before, after = plain(old.get(name)), plain(new.get(name))
        for path, kind in _differences(name, before, after, prop):
            if not any(_covers(pattern, path) for pattern in ignore):
                removed = prop.removal_replaces and is_absent(after)
                detailed[path] = PropertyDiff(_replacing(kind) if prop.replaces or removed else kind)
    replaces = tuple(sorted({_top(path) for path, change in detailed.items() if change.kind.replaces}))
    made_up: Any = new.get(DEFAULTS, ())
    return Diff(
        detailed=detailed,
        diffs=tuple(sorted({_top(path) for path in detailed})),
        replaces=replaces,
        delete_before_replace=bool(replaces) and resource.named and "name" not in made_up,
    )


def _replacing(kind: DiffKind) -> DiffKind:
    return DiffKind(f"{kind.value}-replace")


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _covers(pattern: str, path: str) -> bool:
    expression = re.escape(pattern).replace(r"\[\*\]", r"\[\d+\]").replace(r"\*", r"[^.\[]+")
    return re.match(rf"{expression}(?=$|[.\[])", path) is not None


def _differences(path: str, old: Any, new: Any, prop: Property) -> Iterator[tuple[str, DiffKind]]:
    if same(old, new, prop):
        return
    if new is UNKNOWN or old is UNKNOWN:
        yield path, DiffKind.ADD if is_absent(old) else DiffKind.UPDATE
    elif is_absent(old):
        yield path, DiffKind.ADD
    elif is_absent(new):
        yield path, DiffKind.DELETE
    else:
        yield from _inner_differences(path, old, new, prop)


def _inner_differences(path: str, old: Any, new: Any, prop: Property) -> Iterator[tuple[str, DiffKind]]:
    match prop.kind:
        case Kind.OBJECT:
            for name, inner in sorted(prop.fields.items()):
                yield from _differences(f"{path}.{name}", old.get(name), new.get(name), inner)
        case Kind.MAP:
            for name in sorted({*old, *new}):
                step = f".{name}" if _SIMPLE_KEY.fullmatch(name) else f'["{name}"]'
                yield from _differences(path + step, old.get(name), new.get(name), Property(Kind.STRING))
        case Kind.LIST:
            changed = range(max(len(old), len(new)))
            yield from _element_differences(path, dict(enumerate(old)), dict(enumerate(new)), changed, prop)
        case Kind.SET:
            removed, added = _only_in(old, new, prop), _only_in(new, old, prop)
            yield from _element_differences(path, removed, added, sorted({*removed, *added}), prop)
        case _:
            yield path, DiffKind.UPDATE


def _element_differences(
    path: str, old: dict[int, Any], new: dict[int, Any], indexes: range | list[int], prop: Property
) -> Iterator[tuple[str, DiffKind]]:
    for index in indexes:
        yield from _differences(f"{path}[{index}]", old.get(index), new.get(index), prop.item or prop)


def _only_in(elements: list[Any], others: list[Any], prop: Property) -> dict[int, Any]:
    inner = prop.item or prop
    left = [canonical(other, inner) for other in others]
    only = {}
    for index, element in enumerate(elements):
        meaning = canonical(element, inner)
        if meaning in left:
            left.remove(meaning)
        else:
            only[index] = element
    return only
