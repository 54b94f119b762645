"""How long which releases have been healthy in an environment without a break, from the ledger. Pure.

The time of a release begins when it was proved healthy there. It goes on while the environment stays healthy with it or with something
newer, so frequent releases starve nobody. It ends with a failed deployment, failed health evidence, a removal, a vetoed release, a
deployment that was never proved or came from uncommitted files, or a step back to something older.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from liftlock.core.evidence import EvidenceKind
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.record_times import believed_times


@dataclass(frozen=True, slots=True)
class Proof:
    """A release that has been healthy since then. record: where it was proved; deployed: its deployment."""

    release: str
    since: datetime
    record: Record
    deployed: Record

    @property
    def images(self) -> Mapping[str, str]:
        """service -> `repository@digest`; empty where the records name none."""
        return images_of(self.deployed.entry) or images_of(self.record.entry)


@dataclass(frozen=True, slots=True)
class Occupancy:
    """What the ledger proves of an environment now. proofs: unbroken ones, in the order of their releases, none where it is not healthy.

    deployed: the last deployment or removal. broken: what ended the time of everything before it, if something did.
    ignored: proofs that do not count because their records come from the future.
    """

    environment: str
    proofs: tuple[Proof, ...]
    deployed: Record | None
    broken: Record | None
    ignored: tuple[Record, ...]

    def proof(self, fits: Callable[[Proof], bool]) -> Proof | None:
        """The oldest unbroken proof that fits."""
        return next((proof for proof in self.proofs if fits(proof)), None)


def occupancy(
    environment: str, records: Sequence[Record], now: datetime, *, vetoed: Callable[[Record], bool] = lambda _: False
) -> Occupancy:
    """What has been healthy there, and since when. vetoed: whether a deployment is of something that must not run."""
    reading = _Reading(vetoed)
    for record, at in believed_times(records, now):
        if record.entry.environment == environment:
            reading.take(record, at)
    return Occupancy(
        environment=environment,
        proofs=tuple(reading.run.values()) if reading.healthy else (),
        deployed=reading.deployed,
        broken=reading.broken,
        ignored=tuple(reading.ignored),
    )


@dataclass
class _Reading:
    """vetoed: see occupancy. order: release -> when it first came. run: the unbroken proofs. proved: the last deployment was, once."""

    vetoed: Callable[[Record], bool]
    order: dict[str, int] = field(default_factory=dict)
    run: dict[str, Proof] = field(default_factory=dict)
    deployed: Record | None = None
    broken: Record | None = None
    healthy: bool = False
    proved: bool = False
    ignored: list[Record] = field(default_factory=list)

    def take(self, record: Record, at: datetime | None) -> None:
        match record.entry.fact:
            case Fact.DEPLOYED:
                self._deployed(record)
            case Fact.VERIFIED:
                self._verified(record, at)
            case Fact.DEPLOY_FAILED | Fact.DESTROYED | Fact.BRANCH_DOWN:
                self.deployed = record
                self._break(record)
            case Fact.EVIDENCE:
                self._examined(record, at)
            case _:
                pass

    def _deployed(self, record: Record) -> None:
        release = record.entry.release or ""
        place = self.order.setdefault(release, len(self.order))
        if self.deployed is not None and not self.healthy:
            self._break(self.deployed)
        if record.entry.details.get("dirty") is True or self.vetoed(record):
            self._break(record)
        self.run = {name: proof for name, proof in self.run.items() if self.order[name] <= place}
        self.deployed, self.healthy, self.proved = record, False, False

    def _verified(self, record: Record, at: datetime | None) -> None:
        if not self._is_sound(record):
            return
        if at is None:
            self.ignored.append(record)
        else:
            self.proved = True
            self._prove(record, at)

    def _examined(self, record: Record, at: datetime | None) -> None:
        details = record.entry.details
        if details.get("kind") != EvidenceKind.HEALTH.value or self.deployed is None or record.entry.release != self.deployed.entry.release:
            return
        if details.get("passed") is not True:
            self._break(record)
        elif self.proved and at is not None and self._is_sound(record):
            self._prove(record, at)

    def _prove(self, record: Record, at: datetime) -> None:
        release, deployed = record.entry.release, self.deployed
        if release is None or deployed is None:
            return
        self.healthy = True
        self.run.setdefault(release, Proof(release, at, record, deployed))

    def _is_sound(self, record: Record) -> bool:
        """Whether a proof can be one of what was deployed last."""
        deployed = self.deployed
        if deployed is None or deployed.entry.fact is not Fact.DEPLOYED or deployed.entry.release != record.entry.release:
            return False
        return deployed.entry.details.get("dirty") is not True and not self.vetoed(deployed)

    def _break(self, record: Record) -> None:
        self.run.clear()
        self.healthy, self.broken = False, record
