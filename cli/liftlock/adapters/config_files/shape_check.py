"""Checks a document against its shape and says what is wrong in our words, with the place in the file. No value of a secret is repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from liftlock.adapters.config_files.fields import fields_of, model_at
from liftlock.adapters.config_files.service_shapes import Service, ServiceValues
from liftlock.core.config.document import Document, MappingNode, Node, Plain, Position
from liftlock.core.config.problems import Problem
from liftlock.core.config.suggestions import nearest, shown, unknown
from liftlock.core.config.tree import path_text, place_of, to_plain

_M = TypeVar("_M", bound=BaseModel)
_KEY = "[key]"
_TYPES = {
    "string_type": "this is text; put it in quotes",
    "int_type": "this is a whole number, without quotes",
    "bool_type": "this is true or false, without quotes",
    "dict_type": "this is a mapping (key: value)",
    "model_type": "this is a mapping (key: value)",
    "list_type": "this is a list ([a, b] or lines that begin with -)",
    "too_short": "this must not be empty",
    "int_parsing_size": "this number is too large",
}
_WHAT_NEXT = {
    ("router",): "; it is the reverse proxy's image by digest: router: {image: REGISTRY/liftlock/router@sha256:…} (make images prints it)",
    ("router", "image"): "; write it as repository@sha256:… (make images prints it)",
    ("databases", "*", "image"): "; write PostgreSQL's image as repository@sha256:… (make images prints it)",
    ("services",): "; declare the services: NAME: {repository: PROJECT/NAME, port: 8000}",
    ("pipeline",): "; name the environments in the order in which a release rises",
    ("forge",): "; say where pull requests live: {kind: local, url: ../PROJECT.git}",
}


def check_shape(document: Document, model: type[_M]) -> tuple[_M | None, list[Problem]]:
    """The document as a model, or None and every place where it does not fit."""
    root = document.root
    if root is not None and not isinstance(root, MappingNode):
        return None, [Problem(root.position, "", "the file is a mapping of key: value lines")]
    return check_node(root, model, Position(document.file))


def check_node(root: MappingNode | None, model: type[_M], whole: Position) -> tuple[_M | None, list[Problem]]:
    """As check_shape, for a tree of any origin; whole: the place of what is wrong with the tree as such."""
    return check_values(to_plain(root) if root is not None else {}, root, model, whole)


def check_values(values: Plain, root: MappingNode | None, model: type[_M], whole: Position) -> tuple[_M | None, list[Problem]]:
    """As check_node, for values that are not exactly the tree's; what is wrong is looked up there."""
    try:
        return model.model_validate(values), []
    except ValidationError as err:
        return None, [_problem(detail, root, model, whole) for detail in err.errors(include_url=False)]


def _problem(detail: ErrorDetails, root: Node | None, model: type[BaseModel], whole: Position) -> Problem:
    path = tuple(part for part in detail["loc"] if part != _KEY)
    at_key = detail["type"] in ("extra_forbidden", "missing") or _KEY in detail["loc"]
    position = place_of(root, path, key=at_key) if root is not None else whole
    if position == getattr(root, "position", None) and detail["type"] == "missing":
        position = whole
    return Problem(position, shown(path_text(path), 120), _message(detail, path, model))


def _message(detail: ErrorDetails, path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path, model)
    if kind == "missing":
        pattern = tuple("*" if i % 2 and path[0] in ("services", "databases") else str(part) for i, part in enumerate(path))
        return f"{path[-1]} is missing{_WHAT_NEXT.get(pattern, '')}"
    if kind == "literal_error":
        return _not_one_of(detail["input"], str(context["expected"]))
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{detail['input']} is out of range; {'at least' if 'ge' in context else 'at most'} {context.get('ge', context.get('le'))}"
    if kind == "value_error":
        return str(context["error"])
    return _TYPES.get(kind) or detail["msg"][:1].lower() + detail["msg"][1:]


def _not_one_of(given: object, expected: str) -> str:
    names = [name.strip("' ") for name in expected.replace(" or ", ",").split(",")]
    close = nearest(str(given), names)
    listed = " or ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f'"{shown(str(given))}" is not {listed}' + (f'; did you mean "{close}"?' if close and len(names) > 1 else "")


def _unknown_key(path: Sequence[str | int], model: type[BaseModel]) -> str:
    key, owner = str(path[-1]), model_at(model, path[:-1])
    if owner is ServiceValues and key in Service.model_fields:
        return f'"{key}" holds for every environment; set it in liftlock.yaml'
    return unknown("key", key, [name for name, _ in fields_of(owner)] if owner else [])
