"""The values that no file sets: a shape's defaults at the paths where a file could set them."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel

from liftlock.adapters.config_files.fields import as_model, fields_of, values_of
from liftlock.core.config.document import Node, Plain
from liftlock.core.config.merge import Path
from liftlock.core.config.quantities import duration_text
from liftlock.core.config.tree import entries_at, node_at


def unset_defaults(model: type[BaseModel], root: Node | None, path: Path = ()) -> dict[Path, Plain]:
    """path -> default of everything that the tree does not set and that has a default worth showing."""
    found: dict[Path, Plain] = {}
    for name, field in fields_of(model):
        place, node = (*path, name), node_at(root, [name])
        nested, values = as_model(field.annotation), values_of(field.annotation)
        if nested is not None and (node is not None or field.default_factory is not None):
            found |= unset_defaults(nested, node, place)
        elif values is not None and (each := as_model(values)) is not None:
            for entry in entries_at(node):
                found |= unset_defaults(each, entry.value, (*place, entry.key.text))
        elif node is None and field.default_factory is None and not field.is_required() and field.default is not None:
            found[place] = duration_text(field.default) if isinstance(field.default, timedelta) else field.default
    return found
