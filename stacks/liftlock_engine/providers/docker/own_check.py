"""A container's own health check, run at once: Docker runs it for the first time when a whole interval has passed."""

from __future__ import annotations

from typing import Any

from liftlock_engine.providers.docker.connection import Connection
from liftlock_engine.providers.docker.meaning import Plain
from liftlock_engine.providers.port import ProviderError, UnreachableError

_FIRST_PAUSE = 0.1
_PAUSE_PER_SECOND = 0.25  # a container that is slow to come up is asked less and less often
_TIMEOUT = 30.0  # Docker's, where none is declared
_SHELL = ("/bin/sh", "-c")


def check_command(inspected: Plain) -> tuple[str, ...]:
    """What Docker would run inside the container; empty where it has no check."""
    config: Any = inspected["Config"]
    kind, *words = (config.get("Healthcheck") or {}).get("Test") or ("NONE",)
    match kind:
        case "CMD":
            return tuple(words)
        case "CMD-SHELL":
            return (*(config.get("Shell") or _SHELL), *words)
        case _:
            return ()


class OwnCheck:
    """The same command as Docker's, one at a time. Only its success counts: what a failure means is Docker's to decide."""

    def __init__(self, connection: Connection, id_: str, what: str) -> None:
        self._connection = connection
        self._id = id_
        self._doing = f"checking {what}"
        self._running = ""
        self._began = 0.0
        self._next = 0.0

    def passes(self, inspected: Plain, elapsed: float) -> bool:
        """Whether the check succeeded since it was last asked. Never waits. elapsed: seconds since the container was started."""
        try:
            return self._advance(inspected, elapsed)
        except UnreachableError:
            raise
        except ProviderError:  # it ended or was paused in between: the next look at the container tells
            self._running, self._next = "", elapsed + 1.0
            return False

    def _advance(self, inspected: Plain, elapsed: float) -> bool:
        if self._running:
            return self._is_done(inspected, elapsed)
        command = check_command(inspected)
        if command and elapsed >= self._next:
            with self._connection.api(self._doing) as api:
                self._running = str(api.exec_create(self._id, list(command), stdout=False, stderr=False)["Id"])
                api.exec_start(self._running, detach=True)
            self._began = elapsed
        return False

    def _is_done(self, inspected: Plain, elapsed: float) -> bool:
        with self._connection.api(self._doing) as api:
            found = api.exec_inspect(self._running)
        nanoseconds = inspected["Config"]["Healthcheck"].get("Timeout") or 0
        if found["Running"]:
            if elapsed - self._began > (nanoseconds / 1e9 or _TIMEOUT):
                self._next = float("inf")  # it hangs; another one would hang beside it
                self._running = ""
            return False
        self._running, self._next = "", elapsed + max(_FIRST_PAUSE, elapsed * _PAUSE_PER_SECOND)
        return bool(found["ExitCode"] == 0)
