"""What a run of an environment needs, found out before the first change and before anything is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from liftlock.core.environment import Environment, EnvironmentClass
from liftlock.core.errors import BlockedError, ConflictError, LiftlockError
from liftlock.core.ledger import Json
from liftlock.core.stack import Lease, lost_databases, port_candidates, port_of, read_lease, secret_keys, stack_values, unproven_images
from liftlock.services.parts import Parts

Renew = Callable[[Environment, Lease | None], Lease | None]
"""The environment and the lease that it holds -> the lease that it gets."""


_CLONE = "clone"
"""The role of a container that copies data before the environment's own; one that a killed run left is dealt with where data are cloned."""


def keep_lease(environment: Environment, held: Lease | None) -> Lease | None:  # noqa: ARG001 - one of two ways to renew
    """A lease is held as it is."""
    return held


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that an engine run needs; secrets are kept out of its representation. lost: databases that would be removed.

    known: how many resources the state has.
    """

    environment: Environment
    port: int
    values: Mapping[str, Json]
    lease: Lease | None
    lost: tuple[str, ...]
    known: int
    secrets: Mapping[str, str] = field(repr=False)


def prepare(parts: Parts, environment: Environment, renew: Renew = keep_lease) -> Prepared:
    """The environment as it can be run now.

    Raises ConflictError where something else runs or listens in its place, LiftlockError where an image is not to be had.
    """
    applied = parts.engine.stack(environment.name)
    # Asked in any case: a Docker engine that is down is said once and before anything is recorded, not by each resource.
    running = [part for part in parts.runtime.parts(environment.project, environment.name) if part.role != _CLONE]
    if applied is None and running:
        raise _unclaimed(environment, len(running))
    _check_digests(parts, environment, applied.values if applied else None)
    port = _choose_port(parts, environment, port_of(applied.values) if applied else None)
    secrets = _collect_secrets(parts, environment, existed=applied is not None)
    lease = renew(environment, read_lease(applied.values) if applied else None)
    lost = lost_databases(environment, applied.values if applied else None)
    known = applied.resources if applied else 0
    return Prepared(environment, port, stack_values(environment, port=port, lease=lease), lease, lost, known, secrets)


def _check_digests(parts: Parts, environment: Environment, applied: Mapping[str, Json] | None) -> None:
    for image in unproven_images(environment, applied):
        if parts.registry.resolve(image.repository, str(image.digest)) is None:
            raise LiftlockError(
                f"{environment.name}: the registry has no {image}",
                hint="it was never pushed or was pruned; push it again, or record another version: liftlock image record",
            )


def _choose_port(parts: Parts, environment: Environment, kept: int | None) -> int:
    """The environment's own port is taken by its own router when it runs; only a port that is new here must be free."""
    if kept is not None and environment.port in {None, kept}:
        return kept
    others = (port_of(stack.values) for stack in parts.engine.stacks() if stack.environment != environment.name)
    candidates = port_candidates(environment, kept, frozenset(port for port in others if port is not None))
    port = parts.runtime.free_port(candidates)
    if port is None:
        wanted = f"port {candidates[0]}" if len(candidates) == 1 else f"every port from {environment.ports[0]} to {environment.ports[1]}"
        raise ConflictError(
            f"{environment.name}: {wanted} is in use on 127.0.0.1",
            hint=f"stop what uses it, or set another `port` in environments/{environment.name}.yaml (`ports` in liftlock.yaml)",
        )
    return port


def _collect_secrets(parts: Parts, environment: Environment, *, existed: bool) -> dict[str, str]:
    """Generated secrets are kept from run to run, references are resolved anew."""
    kept = parts.engine.secrets(environment.name) if existed else {}
    found: dict[str, str] = {}
    for key, reference in secret_keys(environment).items():
        if reference is not None:
            found[key] = parts.secrets.resolve(reference)
        else:
            found[key] = kept.get(key) or parts.secrets.generate()
    return found


def refuse_data_loss(environment: Environment, lost: Sequence[str]) -> None:
    """Raises BlockedError where databases would go that nobody gave up by name."""
    if not lost:
        return
    if environment.protected:
        raise BlockedError(
            f"{environment.name} is protected, and this would remove {', '.join(lost)} with all data",
            hint="declare the database again; the data of a protected environment is not removed",
        )
    options = " ".join(f"--remove-data {name}" for name in lost)
    raise BlockedError(
        f"{environment.name}: {', '.join(lost)} is no longer declared; this would remove it with all data",
        hint=f"declare it again, or say so: liftlock env up {environment.name} {options}",
    )


def _unclaimed(environment: Environment, containers: int) -> ConflictError:
    """Without a state nothing is known of what runs there; making it anew would lose its passwords and leave orphans."""
    ephemeral = environment.cls is EnvironmentClass.EPHEMERAL
    down = "liftlock branch down --branch NAME" if ephemeral else f"liftlock env down {environment.name} --yes"
    return ConflictError(
        f"{environment.name} runs on this Docker engine ({containers} containers), and this checkout has no state of it",
        hint=f"work in the checkout that made it, or copy its .liftlock folder here; to give it up with its data: {down}",
    )
