"""Why a container failed, told with its last words and without its secrets. Pure."""

from __future__ import annotations

import re
from typing import Any

from liftlock_engine.providers.docker.meaning import Plain
from liftlock_engine.values import PropertyMap

MASK = "[masked]"
LAST_LINES = 10
_SECRET_NAME = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|DSN|PRIVATE|SALT|COOKIE|SESSION|CONN", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"://[^:/@\s]*:([^@\s]+)@")
_TAKEN = re.compile(r"port is already allocated|address already in use", re.IGNORECASE)
_NO_NETWORK = re.compile(r"network (?P<name>\S+) not found")
_BINDING = re.compile(r"(?:Bind for|listen (?:tcp|udp)[46]?) (?P<ip>[0-9a-f.:\[\]]*?):(?P<port>\d+)")


def masked(text: str, inputs: PropertyMap) -> str:
    """The text without any value that the container was given and that may be secret."""
    for value in sorted(_maybe_secret(inputs), key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def _maybe_secret(inputs: PropertyMap) -> set[str]:
    values: set[str] = set()
    envs: Any = inputs.get("envs") or ()
    for env in envs:
        name, _, value = str(env).partition("=")
        least = 1 if _SECRET_NAME.search(name) else 9
        values |= {part for part in (value, *value.splitlines()) if len(part) >= least}
        values |= set(_PASSWORD_IN_URL.findall(value))
    return values - {""}


def told(what: str, reason: str, inspected: Plain | None, log: str, inputs: PropertyMap) -> str:
    """One message: which container, the reason, how it ended, and its last lines."""
    state = (inspected or {}).get("State") or {}
    facts = []
    if inspected is not None and not state.get("Running"):
        facts.append(f"exit code {state.get('ExitCode')}")
    if state.get("OOMKilled"):
        facts.append("killed for want of memory: raise its memory limit")
    if state.get("Error"):
        facts.append(str(state["Error"]))
    message = f"{what}: {reason}" + (f" ({'; '.join(facts)})" if facts else "")
    lines = [line.rstrip() for line in log.splitlines() if line.strip()][-LAST_LINES:]
    tail = "\n".join(f"  | {line}" for line in lines)
    return masked(f"{message}\nlast lines of its log:\n{tail}" if tail else f"{message}; its log is empty", inputs)


def last_health_output(inspected: Plain) -> str:
    """What the last health check printed, on one line."""
    log = ((inspected["State"].get("Health") or {}).get("Log") or [{}])[-1]
    output = " ".join(str(log.get("Output") or "").split())
    return f"; its last health check said: {output[:300]}" if output else ""


def taken_port(said: str) -> str | None:
    """The `ip:port` that Docker could not have, if that is what it says."""
    if not _TAKEN.search(said):
        return None
    binding = _BINDING.search(said)
    return f"{binding['ip']}:{binding['port']}" if binding else "a declared port"


def absent_network(said: str) -> str | None:
    """The network that Docker could not find, if that is what it says."""
    found = _NO_NETWORK.search(said)
    return found["name"] if found else None
