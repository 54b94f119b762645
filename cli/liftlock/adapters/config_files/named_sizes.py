"""Checks the sizes and locales that environments name, against data/<database>.yaml and the profile beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from liftlock.core.config.document import MappingNode, ScalarNode
from liftlock.core.config.merge import Merged
from liftlock.core.config.problems import Problem
from liftlock.core.config.suggestions import unknown
from liftlock.core.config.tree import entries_at, node_at
from liftlock.core.fingerprint import profile_key


def check_sizes(data: Mapping[str, bytes], merged: Merged) -> Iterator[Problem]:
    """What is wrong with `size` and `locale` of the environment's databases. data: the files in data/, by database or profile_key."""
    for entry in entries_at(merged.root, "databases"):
        path = f"databases.{entry.key.text}.data"
        said = node_at(entry.value, ["data"])
        if isinstance(said, MappingNode):
            size, rows, locale = (_scalar(said, key) for key in ("size", "rows", "locale"))
            if size is not None and rows is not None:
                message = f"rows also says how many ({rows.position}); keep one of them, or write rows: null beside size"
                yield Problem(size.position, f"{path}.size", message)
            elif size is not None:
                yield from _check_size(data, entry.key.text, size, f"{path}.size")
            if locale is not None:
                yield from _check_locale(locale, f"{path}.locale")


def _scalar(said: MappingNode, key: str) -> ScalarNode | None:
    node = node_at(said, [key])
    return node if isinstance(node, ScalarNode) and node.text else None


def _check_size(data: Mapping[str, bytes], database: str, node: ScalarNode, path: str) -> Iterator[Problem]:
    from liftlock.adapters.config_files.data_file import read_data  # noqa: PLC0415 - only for those who name a size
    from liftlock_datagen.synthesis.request import SIZES  # noqa: PLC0415

    file, shape = f"data/{database}.yaml", f"data/{database}.profile.json"
    spec = read_data(data[database], database, file)[0] if database in data else None
    if database in data and spec is None:
        yield Problem(node.position, path, f"{file}, which may define it, has mistakes: liftlock config validate lists them")
        return
    known = {**SIZES, **(spec.sizes if spec else {})}
    size = known.get(node.text)
    if size is None:
        yield Problem(node.position, path, f"{unknown('size', node.text, known)}; {file} may define others under sizes:")
    elif size.share is not None and profile_key(database) not in data:
        message = f"this size follows a profile, and there is no {shape}; write one: liftlock data profile PLACE --output {shape}"
        yield Problem(node.position, path, message)


def _check_locale(node: ScalarNode, path: str) -> Iterator[Problem]:
    from liftlock_datagen.vocabulary.words import LOCALES, MIXED  # noqa: PLC0415 - only for those who name a locale

    if node.text not in (*LOCALES, MIXED):
        yield Problem(node.position, path, unknown("locale", node.text, (*LOCALES, MIXED)))
