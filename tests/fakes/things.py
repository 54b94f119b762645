"""A provider for tests whose world is a folder: one file per object, so that a killed process leaves exactly what it had made.

Objects have unique names, as in Docker. `size` changes in place, `kind` and `name` need a new object, `uses` follows a replaced thing
and keeps it from being removed; what is `within` a thing goes with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi

from liftlock_engine.backend import now
from liftlock_engine.providers.port import (
    Checked,
    CheckFailure,
    Diff,
    DiffKind,
    Made,
    PropertyDiff,
    ProviderError,
    Seen,
    UnreachableError,
    is_older,
)
from liftlock_engine.values import UNKNOWN, PropertyMap, Value

TYPE = "fake:index:Thing"
_REPLACING = ("kind", "name", "uses", "within")
Hook = Callable[[str, str], object]


class Thing(pulumi.CustomResource):
    """The fake package's one resource, as an SDK would have it."""

    name: pulumi.Output[str]
    size: pulumi.Output[int]
    stamp: pulumi.Output[str]

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any) -> None:
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version="1.2.3"), opts)
        super().__init__(TYPE, resource_name, {"name": None, "size": None, "stamp": None, **inputs}, opts)


class Things:
    """The provider. hook(verb, urn): called before and after each change (`create`, `created`, …); may raise or kill."""

    package = "fake"

    def __init__(self, world: Path, hook: Hook = lambda verb, urn: None) -> None:
        self.world = world
        self.hook = hook
        self.reachable = True
        self.in_preview_calls: list[str] = []
        self.cancelled = threading.Event()
        world.mkdir(parents=True, exist_ok=True)

    # --- the world ---

    def objects(self) -> dict[str, dict[str, Any]]:
        """Everything that exists, by name."""
        found = []
        for path in sorted(self.world.glob("*.json")):
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile by another thread
                found.append(json.loads(path.read_text()))
        return {item["inputs"]["name"]: item for item in found}

    def put(self, id_: str, urn: str, inputs: PropertyMap) -> None:
        """Writes one object."""
        path = self.world / f"{inputs['name']}.json"
        temporary = path.with_suffix(f".{uuid.uuid4().hex[:6]}.tmp")
        temporary.write_text(json.dumps(self._as_kept(id_, urn, inputs)))
        temporary.replace(path)

    def _as_kept(self, id_: str, urn: str, inputs: PropertyMap) -> dict[str, Any]:
        before = self.objects().get(str(inputs["name"]), {})
        made = before["made"] if before.get("id") == id_ else now()
        return {"id": id_, "urn": urn, "inputs": dict(inputs), "made": made}

    def remove(self, name: str) -> None:
        """Removes one object, if it is there."""
        (self.world / f"{name}.json").unlink(missing_ok=True)

    def timeouts(self) -> list[str]:
        """The times that calls were given, such as `create 60`."""
        told = self.world / "timeouts.txt"
        return told.read_text().splitlines() if told.exists() else []

    def _note(self, verb: str, timeout: float | None) -> None:
        if timeout is not None:
            with (self.world / "timeouts.txt").open("a") as told:
                told.write(f"{verb} {timeout:g}\n")

    def _find(self, id_: str) -> dict[str, Any] | None:
        return next((item for item in self.objects().values() if item["id"] == id_), None)

    def _reach(self) -> None:
        if not self.reachable:
            raise UnreachableError("the world does not answer")

    # --- the port ---

    def check(self, urn: str, type_: str, old_inputs: PropertyMap | None, new_inputs: PropertyMap, *, seed: bytes) -> Checked:
        inputs: dict[str, Value] = {key: value for key, value in new_inputs.items() if value is not None}
        if inputs.get("size") == -1:
            return Checked({}, (CheckFailure("size", "a size is not negative"),))
        defaults: list[Value] = []
        if "name" not in inputs:
            inputs["name"] = (old_inputs or {}).get("name") or f"{urn.rsplit('::', 1)[1]}-{seed.hex()[:7]}"
            defaults.append("name")
        return Checked({**inputs, "__defaults": defaults})

    def diff(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        new_inputs: PropertyMap,
        *,
        ignore: tuple[str, ...] = (),
    ) -> Diff:
        detailed: dict[str, PropertyDiff] = {}
        for key in sorted({*old_inputs, *new_inputs} - {"__defaults", *ignore}):
            before, after = old_inputs.get(key), new_inputs.get(key)
            if before != after:
                kind = DiffKind.ADD if before is None else DiffKind.DELETE if after is None else DiffKind.UPDATE
                detailed[key] = PropertyDiff(DiffKind(f"{kind}-replace") if key in _REPLACING else kind)
        replaces = tuple(key for key, item in detailed.items() if item.kind.replaces)
        return Diff(detailed, tuple(detailed), replaces, delete_before_replace="name" not in replaces)

    def create(self, urn: str, type_: str, inputs: PropertyMap, *, timeout: float | None = None) -> Made:
        self._reach()
        self._note("create", timeout)
        self.hook("create", urn)
        if str(inputs["name"]) in self.objects():
            raise ProviderError(f"the name {inputs['name']} is taken")
        for key in ("uses", "within"):
            if key in inputs and self._find(str(inputs[key])) is None:
                raise ProviderError(f"{key} {inputs[key]}, which is not there")
        id_ = f"{inputs['name']}-{uuid.uuid4().hex[:8]}"
        self.put(id_, urn, inputs)
        try:
            self.hook("created", urn)
        except UnreachableError:
            raise  # nobody can clean up
        except ProviderError:
            self.remove(str(inputs["name"]))
            raise
        return Made(id_, self._outputs(id_, inputs))

    def predict(self, urn: str, type_: str, inputs: PropertyMap, old_outputs: PropertyMap | None) -> PropertyMap:
        self.in_preview_calls.append(urn)
        stamp = (old_outputs or {}).get("stamp", UNKNOWN)
        return {key: value for key, value in inputs.items() if not key.startswith("__")} | {"stamp": stamp}

    def read(self, urn: str, type_: str, id_: str, inputs: PropertyMap | None, outputs: PropertyMap | None) -> Seen:
        self._reach()
        self.hook("read", urn)
        found = self._find(id_)
        if found is None and inputs is not None:
            same_name = self.objects().get(str(inputs.get("name")))
            found = same_name if same_name is not None and same_name["urn"] == urn else None
        if found is None:
            return Seen(None)
        return Seen(found["id"], found["inputs"], self._outputs(found["id"], found["inputs"]))

    def update(
        self,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        new_inputs: PropertyMap,
        *,
        timeout: float | None = None,
    ) -> PropertyMap:
        self._reach()
        self._note("update", timeout)
        self.hook("update", urn)
        if self._find(id_) is None:
            raise ProviderError(f"{id_} is gone")
        self.put(id_, urn, new_inputs)
        self.hook("updated", urn)
        return self._outputs(id_, new_inputs)

    def delete(self, urn: str, type_: str, id_: str, inputs: PropertyMap, outputs: PropertyMap, *, timeout: float | None = None) -> None:
        self._reach()
        self._note("delete", timeout)
        self.hook("delete", urn)
        objects = self.objects()
        going = {id_}
        while within := {item["id"] for item in objects.values() if item["inputs"].get("within") in going} - going:
            going |= within
        users = [item for item in objects.values() if item["inputs"].get("uses") in going and item["id"] not in going]
        if users:
            raise ProviderError(f"{id_} is in use by {users[0]['id']}")
        for name, item in objects.items():
            if item["id"] in going:
                self.remove(name)
        self.hook("deleted", urn)

    def locate(self, urn: str, type_: str, inputs: PropertyMap, *, since: str = "") -> str | None:
        self._reach()
        found = self.objects().get(str(inputs["name"]))
        left = found is not None and found["urn"] == urn and not is_older(found.get("made", ""), since)
        return str(found["id"]) if found is not None and left else None

    def invoke(self, token: str, args: PropertyMap) -> PropertyMap:
        self._reach()
        if token == "fake:index:echo":
            return dict(args)
        if token != "fake:index:count":
            raise ProviderError(f"no function {token}")
        return {"count": len(self.objects())}

    def cancel(self) -> None:
        self.cancelled.set()

    def _outputs(self, id_: str, inputs: PropertyMap) -> dict[str, Value]:
        shown = {key: value for key, value in inputs.items() if not key.startswith("__")}
        return {**shown, "id": id_, "stamp": f"made as {id_}", "pid": os.getpid() * 0}


class ThingsInMemory(Things):
    """The same world in memory: for many short histories in one process."""

    def __init__(self, hook: Hook = lambda verb, urn: None) -> None:
        super().__init__(Path(tempfile.gettempdir()), hook)
        self._objects: dict[str, dict[str, Any]] = {}

    def objects(self) -> dict[str, dict[str, Any]]:
        return dict(self._objects)

    def put(self, id_: str, urn: str, inputs: PropertyMap) -> None:
        self._objects[str(inputs["name"])] = self._as_kept(id_, urn, inputs)

    def remove(self, name: str) -> None:
        self._objects.pop(name, None)
