"""From a created container to one that does what was asked of it: running, healthy, or ended with its exit code."""

from __future__ import annotations

import time
from typing import Any

from liftlock_engine.providers.docker.connection import Connection, MissingError, said_by
from liftlock_engine.providers.docker.container_live import is_stopped
from liftlock_engine.providers.docker.failure import LAST_LINES, absent_network, last_health_output, masked, taken_port, told
from liftlock_engine.providers.docker.meaning import Plain
from liftlock_engine.providers.docker.own_check import OwnCheck
from liftlock_engine.providers.port import ProviderError, UnreachableError
from liftlock_engine.values import PropertyMap

# A program that cannot run at all (wrong arguments, a missing file) ends within this time of its start.
_SETTLING_SECONDS = 0.05
_RESTARTS_TOLERATED = 3
_FOREVER = 10.0**9


class Starter:
    """Starts containers and watches them until they are as asked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def bring_up(
        self, what: str, id_: str, inputs: PropertyMap, deadline: float | None, *, paused: bool = False
    ) -> tuple[Plain, str | None]:
        """The container as Docker describes it in the end, and its whole log where it was asked for."""
        if not inputs.get("start", True):
            return self._inspect(what, id_), None
        self._start(what, id_, inputs, paused=paused)
        healthy = self._await_health(what, id_, inputs, deadline) if inputs.get("wait") else None
        if inputs.get("attach"):
            return self._await_end(what, id_, inputs, deadline)
        if healthy is not None:
            return healthy, None
        return self._settled(what, id_, inputs) if inputs.get("mustRun") else self._inspect(what, id_), None

    def _start(self, what: str, id_: str, inputs: PropertyMap, *, paused: bool) -> None:
        try:
            with self._connection.api(f"starting {what}") as api:
                if paused:
                    api.unpause(id_)
                else:
                    api.start(id_)
        except UnreachableError:
            raise
        except ProviderError as err:
            raise ProviderError(masked(self._start_failure(what, said_by(err)), inputs)) from err

    def _start_failure(self, what: str, said: str) -> str:
        port, network = taken_port(said), absent_network(said)
        if network is not None:
            return f"{what} does not start: there is no network {network!r}; create it first"
        if port is None:
            return f"{what} does not start: {said}"
        holders = self._holders(port)
        whom = f"by container {', '.join(holders)}" if holders else "by another program (see `ss -ltnp`)"
        return f"{what} does not start: port {port} is taken {whom}; free it, declare another external port, or leave it out ({said})"

    def _holders(self, port: str) -> list[str]:
        number = port.rpartition(":")[2]
        if not number.isdigit():
            return []
        with self._connection.api(f"looking who has port {number}") as api:
            return sorted(name.lstrip("/") for found in api.containers(filters={"publish": number}) for name in found["Names"][:1])

    def _settled(self, what: str, id_: str, inputs: PropertyMap) -> Plain:
        self._connection.pause(_SETTLING_SECONDS, f"watching the start of {what}")
        inspected = self._inspect(what, id_)
        if is_stopped(inspected) or inspected.get("RestartCount") or inspected["State"].get("Restarting"):
            raise self._failed(what, id_, "it ended right after its start", inputs)
        return inspected

    def _await_health(self, what: str, id_: str, inputs: PropertyMap, deadline: float | None) -> Plain:
        seconds: Any = inputs.get("waitTimeout") or 60
        until = min(time.monotonic() + seconds, deadline or _FOREVER)
        check = OwnCheck(self._connection, id_, what)
        for elapsed in self._connection.looks(f"waiting for {what} to become healthy", until):
            inspected = self._inspect(what, id_)
            state = inspected["State"]
            if is_stopped(inspected):
                raise self._failed(what, id_, "it ended before it was healthy", inputs)
            if inspected.get("RestartCount", 0) > _RESTARTS_TOLERATED:
                raise self._failed(what, id_, "it keeps ending and being restarted", inputs)
            match (state.get("Health") or {}).get("Status"):
                case "healthy":
                    return inspected
                case "unhealthy":
                    raise self._failed(what, id_, f"its health check fails{last_health_output(inspected)}", inputs)
                case None | "none":
                    raise ProviderError(f"{what}: wait is set, but neither the resource nor the image has a health check; declare one")
                case _ if check.passes(inspected, elapsed):
                    return inspected
                case _:
                    continue
        reason = f"not healthy within {seconds:g} s{last_health_output(self._inspect(what, id_))}"
        raise self._failed(what, id_, reason, inputs)

    def _await_end(self, what: str, id_: str, inputs: PropertyMap, deadline: float | None) -> tuple[Plain, str | None]:
        for _ in self._connection.looks(f"waiting for {what} to end", deadline or _FOREVER):
            inspected = self._inspect(what, id_)
            state = inspected["State"]
            if is_stopped(inspected) and state.get("Status") in ("exited", "dead"):
                break
        else:
            raise self._failed(what, id_, "it did not end in time", inputs)
        # A job that failed is not made: recorded as it is, the same program run again would not try it again.
        if state["ExitCode"] != 0:
            raise self._failed(what, id_, "it failed", inputs)
        logs = masked(self._log(id_, "all"), inputs) if inputs.get("logs") else None
        return inspected, logs

    def _failed(self, what: str, id_: str, reason: str, inputs: PropertyMap) -> ProviderError:
        return ProviderError(told(what, reason, self._inspect(what, id_), self._log(id_, LAST_LINES), inputs))

    def _log(self, id_: str, tail: int | str) -> str:
        try:
            with self._connection.api(f"reading the log of container {id_[:12]}") as api:
                log: bytes = api.logs(id_, stdout=True, stderr=True, tail=tail)
                return log.decode(errors="replace")
        except UnreachableError:
            raise
        except ProviderError:  # a log driver that cannot be read
            return ""

    def _inspect(self, what: str, id_: str) -> Plain:
        try:
            with self._connection.api(f"looking at {what}") as api:
                inspected: Plain = api.inspect_container(id_)
                return inspected
        except MissingError as err:
            raise ProviderError(f"{what} was removed by someone else while it was being started; run again") from err
