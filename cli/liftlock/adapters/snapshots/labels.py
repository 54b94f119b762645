"""A golden copy in the labels of Docker volumes.

One volume holds the data. A second, empty one holds the facts; it is made last, and only it makes the copy one: Docker makes a volume
with its labels or not at all. Each further recipe that the copy serves is an empty volume, too. Labels of a volume never change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from liftlock.core.snapshot import Snapshot, SnapshotOrigin

ROLE = "liftlock.role"
DATA, FACTS, RECIPE, BUILD = "golden-data", "golden-facts", "golden-recipe", "golden-build"
CLONE, CLONING, RESTORE, CLONED = "clone", "cloning", "restore", "cloned"
SNAPSHOT = "liftlock.snapshot"
VOLUME = "liftlock.snapshot.volume"
CHECKOUT = "liftlock.snapshot.checkout"
_FACTS = "liftlock.snapshot.facts"
_RECIPE = "liftlock.snapshot.recipe"

Labels = dict[str, str]


def facts_labels(snapshot: Snapshot) -> Labels:
    """The labels that make the copy one."""
    facts = {
        "name": snapshot.name,
        "database": snapshot.database,
        "origin": snapshot.origin.value,
        "catalog": snapshot.catalog,
        "data": snapshot.data,
        "tool": snapshot.tool,
        "image": snapshot.image,
        "source": snapshot.source,
        "rows": snapshot.rows,
        "size": snapshot.size,
        "made": snapshot.made.isoformat(),
        "template": snapshot.template,
        "recipes": sorted(snapshot.recipes),
    }
    return {ROLE: FACTS, VOLUME: snapshot.volume, _FACTS: json.dumps(facts, sort_keys=True)}


def recipe_labels(snapshot: Snapshot, recipe: str) -> Labels:
    """The labels of one more recipe."""
    return {ROLE: RECIPE, VOLUME: snapshot.volume, _RECIPE: recipe}


def read_snapshots(volumes: Iterable[Mapping[str, Any]]) -> list[Snapshot]:
    """The whole copies among the volumes, oldest first. Facts of another version of liftlock that cannot be read are passed over."""
    listed = [{**(volume.get("Labels") or {}), "": str(volume["Name"])} for volume in volumes]
    data = {labels[""] for labels in listed if labels.get(ROLE) == DATA}
    recipes: dict[str, set[str]] = {}
    for labels in listed:
        if labels.get(ROLE) == RECIPE:
            recipes.setdefault(labels.get(VOLUME, ""), set()).add(labels.get(_RECIPE, ""))
    found = [_snapshot(labels, recipes) for labels in listed if labels.get(ROLE) == FACTS and labels.get(VOLUME) in data]
    return sorted((item for item in found if item is not None), key=lambda item: (item.made, item.volume))


def _snapshot(labels: Mapping[str, str], recipes: Mapping[str, set[str]]) -> Snapshot | None:
    try:
        facts: dict[str, Any] = json.loads(labels[_FACTS])
        return Snapshot(
            name=str(facts["name"]),
            database=str(facts["database"]),
            origin=SnapshotOrigin(facts["origin"]),
            catalog=str(facts["catalog"]),
            data=str(facts["data"]),
            tool=str(facts["tool"]),
            image=str(facts["image"]),
            source=str(facts["source"]),
            rows=int(facts["rows"]),
            size=int(facts["size"]),
            made=datetime.fromisoformat(facts["made"]),
            volume=labels[VOLUME],
            template=bool(facts["template"]),
            recipes=frozenset(map(str, facts["recipes"])) | recipes.get(labels[VOLUME], set()),
        )
    except (KeyError, TypeError, ValueError):
        return None
