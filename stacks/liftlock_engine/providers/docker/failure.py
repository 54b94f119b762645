"""Why a container failed, told with its last words and without its secrets. Pure."""

from __future__ import annotations

import re
from typing import Any

from liftlock_engine.disclosure import (
    HEALTH_TITLE,
    LINE_MARK,
    LOG_TITLE,
    MASK,
    SHORTEST,
    WITHHELD,
    holds_short,
    passwords_in,
    secret_forms,
    without,
)
from liftlock_engine.providers.docker.meaning import Plain
from liftlock_engine.values import PropertyMap

LAST_LINES = 10
_HEALTH_SHOWN = 300
_SECRET_NAME = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|DSN|PRIVATE|SALT|COOKIE|SESSION|CONN", re.IGNORECASE)
# Beside a variable named like a secret (TOKEN_TTL=60, AUTH=on) these are settings; a declared secret is hidden by who declared it.
_SETTING = re.compile(r"\d*|on|off|yes|no", re.IGNORECASE)
_TAKEN = re.compile(r"port is already allocated|address already in use", re.IGNORECASE)
_NO_NETWORK = re.compile(r"network (?P<name>\S+) not found")
_BINDING = re.compile(r"(?:Bind for|listen (?:tcp|udp)[46]?) (?P<ip>[0-9a-f.:\[\]]*?):(?P<port>\d+)")


def masked(text: str, inputs: PropertyMap) -> str:
    """The text without any value that the container was given and that may be secret."""
    forms = _forms(inputs)
    text = without(text, forms, MASK)
    for short in sorted((form for form in forms if len(form) < SHORTEST), key=len, reverse=True):
        text = MASK.join(piece.replace(short, MASK) for piece in text.split(MASK))
    return text


def _forms(inputs: PropertyMap) -> frozenset[str]:
    values: set[str] = set()
    envs: Any = inputs.get("envs") or ()
    for env in envs:
        name, _, value = str(env).partition("=")
        suspect = _SECRET_NAME.search(name) is not None
        least = 1 if suspect else 9
        values |= {part for part in (value, *value.splitlines()) if len(part) >= least and not _is_setting(part)}
        values |= passwords_in(value)
    return secret_forms(values)


def _is_setting(value: str) -> bool:
    return len(value) < SHORTEST and _SETTING.fullmatch(value) is not None


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
    head = re.sub(rf"({re.escape(HEALTH_TITLE)} .{{{_HEALTH_SHOWN}}}).*", r"\1", masked(message, inputs))
    said = _last_words(log, _forms(inputs))
    return f"{head}\n{said}" if said else f"{head}; its log is empty"


def _last_words(log: str, forms: frozenset[str]) -> str:
    """The end of the log. Masked before it is cut into lines: a secret may have several."""
    clean = without(log, forms, MASK)
    lines = [line.rstrip() for line in clean.splitlines() if line.strip()][-LAST_LINES:]
    if not lines:
        return ""
    if holds_short("\n".join(lines), forms):
        return WITHHELD
    return "\n".join([LOG_TITLE, *(f"{LINE_MARK}{line}" for line in lines)])


def last_health_output(inspected: Plain) -> str:
    """What the last health check printed, on one line; cut by `told`, after its secrets are masked."""
    log = ((inspected["State"].get("Health") or {}).get("Log") or [{}])[-1]
    output = " ".join(str(log.get("Output") or "").split())
    return f"{HEALTH_TITLE} {output}" if output else ""


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
