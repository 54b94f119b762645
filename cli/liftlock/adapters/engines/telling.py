"""What a run tells, in a person's words. Both engines tell the same steps, in Pulumi's operation names."""

from __future__ import annotations

from collections.abc import Callable

from liftlock.core.ports import Passed, Progress

_DOING = {
    "create": "creating",
    "create-replacement": "creating",
    "update": "updating",
    "delete": "removing",
    "delete-replaced": "removing",
    "import": "importing",
    "import-replacement": "importing",
    "refresh": "reading",
    "read": "reading",
}
_DID = {"creating": "created", "updating": "updated", "removing": "removed", "importing": "imported"}
_READS = {"refresh", "read"}


class RunTeller:
    """Passes on the steps that touch an object, as they begin and end, and what the program says.

    asked: whether a person asked to stop; what they stop has not failed. clean: takes the secrets out of a text.
    """

    def __init__(self, progress: Progress, *, asked: Callable[[], bool], clean: Callable[[str], str] = str) -> None:
        self._progress, self._asked, self._clean = progress, asked, clean
        self._labels: dict[str, str] = {}
        self._owners: dict[str, str] = {}

    def begins(self, operation: str, urn: str, type_: str, *, planning: bool = False) -> None:
        """A step begins. In a preview only reading takes time."""
        doing = _DOING.get(operation)
        if doing is not None and is_object(type_) and (not planning or operation in _READS):
            self._progress.item(self._label(urn, type_), doing)

    def ends(self, operation: str, urn: str, type_: str, seconds: float | None, *, planning: bool = False) -> None:
        """A step is done. A resource that did not change is only counted."""
        if not is_object(type_):
            return
        name = self._label(urn, type_)
        if operation in _READS:
            self._progress.passed(name, Passed.READ)
        elif operation == "same":
            self._progress.passed(name, Passed.SAME)
        elif planning:
            self._progress.passed(name, Passed.PLANNED)
        elif (doing := _DOING.get(operation)) is not None:
            self._progress.item(name, _DID[doing], seconds or 0.0)

    def fails(self, operation: str, urn: str, type_: str, seconds: float | None) -> None:
        """A step could not be done; its reason is told at the end."""
        if operation in _DOING and is_object(type_):
            self._progress.item(self._label(urn, type_), "stopped" if self._asked() else "FAILED", seconds or 0.0)

    def says(self, severity: str, message: str, urn: str) -> None:
        """A message of the program or the engine. Errors are part of the result, which names each of them."""
        text, name = self._clean(message.strip()), short_name(urn)
        about = "" if not urn or name in text or urn.rpartition("::")[0].endswith("pulumi:pulumi:Stack") else f"{name}: "
        if text and severity == "warning":
            self._progress.warn(f"{about}{text}")
        elif text and severity in {"info", "info#err"}:
            self._progress.note(f"{about}{text}")

    def _label(self, urn: str, type_: str) -> str:
        """The resource's name; with its type where another resource has that name too."""
        if urn not in self._labels:
            name = short_name(urn)
            owner = self._owners.setdefault(name, urn)
            self._labels[urn] = name if owner == urn else f"{name} ({type_.rpartition(':')[2]})"
        return self._labels[urn]


def is_object(type_: str) -> bool:
    """Whether the type stands for something real; components, providers and stacks are bookkeeping."""
    return not type_.startswith(("pulumi:", "liftlock:"))


def short_name(urn: str) -> str:
    """A resource's name, the end of its URN."""
    return urn.rpartition("::")[2]
