"""The package `pulumi` itself: references to other stacks, values kept as they first were (Stash), and what SDKs ask of the engine.

Its values may hold Secret, unlike other providers': a reference gives the secrets of another stack on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from liftlock_engine.model import ResourceState, Snapshot
from liftlock_engine.providers.port import Checked, CheckFailure, Diff, Made, ProviderError, Seen
from liftlock_engine.secrecy import has_secret
from liftlock_engine.values import PropertyMap, Value

REFERENCE = "pulumi:pulumi:StackReference"
STASH = "pulumi:index:Stash"


class BuiltinProvider:
    """stacks: what is recorded of a stack by its name, and whether its secrets were opened. find: a resource of this run by URN."""

    package = "pulumi"

    def __init__(
        self,
        stacks: Callable[[str], tuple[Snapshot, bool]],
        find: Callable[[str], ResourceState | None],
        say: Callable[[str], None],
    ) -> None:
        self._stacks = stacks
        self._find = find
        self._say = say

    def check(self, urn: str, type_: str, old_inputs: PropertyMap | None, new_inputs: PropertyMap, *, seed: bytes) -> Checked:  # noqa: ARG002
        """A stash takes `input`; a stack reference is read, never made."""
        if type_ == REFERENCE:
            raise ProviderError("a stack reference is read and not made; pulumi.StackReference does so")
        if type_ != STASH:
            raise ProviderError(f"unrecognized resource type '{type_}'")
        failures = [CheckFailure(key, f'unknown property "{key}"') for key in new_inputs if key != "input"]
        if "input" not in new_inputs:
            failures.append(CheckFailure("input", 'missing required property "input"'))
        return Checked(dict(new_inputs), tuple(failures))

    def diff(
        self,
        urn: str,  # noqa: ARG002
        type_: str,  # noqa: ARG002
        id_: str,  # noqa: ARG002
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,  # noqa: ARG002
        new_inputs: PropertyMap,
        *,
        ignore: tuple[str, ...] = (),  # noqa: ARG002
    ) -> Diff:
        """Another input is an update, which does not change the output."""
        if old_inputs.get("input") == new_inputs.get("input"):
            return Diff()
        return Diff(diffs=("input",))

    def create(self, urn: str, type_: str, inputs: PropertyMap, *, timeout: float | None = None) -> Made:  # noqa: ARG002
        """Nothing outside the state."""
        return Made(str(uuid.uuid4()), self.predict(urn, type_, inputs, None))

    def predict(self, urn: str, type_: str, inputs: PropertyMap, old_outputs: PropertyMap | None) -> PropertyMap:  # noqa: ARG002
        """The output is the first input."""
        return {"input": inputs["input"], "output": (old_outputs or {}).get("output", inputs["input"])}

    def read(self, urn: str, type_: str, id_: str, inputs: PropertyMap | None, outputs: PropertyMap | None) -> Seen:  # noqa: ARG002
        """Of a stack reference, whose id is the other stack's name, its outputs now; a stash is what is recorded of it."""
        if type_ == STASH:
            if outputs is None:
                raise ProviderError("stash can not be imported")
            return Seen(id_, inputs or {}, outputs)
        if type_ != REFERENCE:
            raise ProviderError(f"unrecognized resource type '{type_}'")
        return Seen(id_, {"name": id_}, self._outputs(id_))

    def update(
        self,
        urn: str,
        type_: str,
        id_: str,  # noqa: ARG002
        old_inputs: PropertyMap,  # noqa: ARG002
        old_outputs: PropertyMap,
        new_inputs: PropertyMap,
        *,
        timeout: float | None = None,  # noqa: ARG002
    ) -> PropertyMap:
        """Takes the input; the output stays."""
        return self.predict(urn, type_, new_inputs, old_outputs)

    def delete(self, urn: str, type_: str, id_: str, inputs: PropertyMap, outputs: PropertyMap, *, timeout: float | None = None) -> None:
        """Nothing outside the state."""

    def locate(self, urn: str, type_: str, inputs: PropertyMap, *, since: str = "") -> str | None:  # noqa: ARG002
        """Nothing outside the state."""
        return None

    def invoke(self, token: str, args: PropertyMap) -> PropertyMap:
        """The functions that SDKs call."""
        match token:
            case "pulumi:pulumi:readStackOutputs":
                return self._outputs(str(args["name"]))
            case "pulumi:pulumi:readStackResourceOutputs":
                snapshot, _ = self._stacks(str(args["stackName"]))
                living = (state for state in snapshot.resources if not state.delete)
                found: dict[str, Value] = {state.urn: {"type": state.type, "outputs": dict(state.outputs)} for state in living}
                return {"name": args["stackName"], "outputs": found}
            case "pulumi:pulumi:getResource":
                state = self._find(str(args["urn"]))
                if state is None:
                    raise ProviderError(f"unknown resource {args['urn']}")
                return {"urn": state.urn, "id": state.id, "provider": state.provider, "state": dict(state.outputs)}
            case _:
                raise ProviderError(f"unrecognized function name: '{token}'")

    def cancel(self) -> None:
        """Nothing takes long."""

    def _outputs(self, name: str) -> dict[str, Value]:
        snapshot, opened = self._stacks(name)
        if not opened:
            self._say(f"eliding undecryptable secrets for stack reference '{name}'")
        secret: list[Value] = [key for key in sorted(snapshot.outputs) if has_secret(snapshot.outputs[key])]
        return {"name": name, "outputs": dict(snapshot.outputs), "secretOutputNames": secret}
