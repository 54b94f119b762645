"""Makes the golden copy of a database, of rows that somebody vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from liftlock.core.environment import Database, DataSource, Environment
from liftlock.core.errors import PolicyError, UsageError
from liftlock.core.ports.snapshots import Building
from liftlock.core.snapshot import Snapshot, SnapshotOrigin
from liftlock.services.data.anonymisation import CopyAsked, remarks_on
from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import DECLARED, DataPlaces, Place, is_address
from liftlock.services.golden import LOCK, described, make_synthetic
from liftlock.services.parts import Parts
from liftlock_datagen.snapshots.facts import HeldDatabase

_FORMS = f"{DECLARED}; --from says where rows of elsewhere are: ENV/DB, postgresql://…, env:NAME or file:PATH"


@dataclass(frozen=True, slots=True)
class CopyWish:
    """What is asked of a golden copy. source: the place of its rows; otherwise the database itself. name: otherwise by its key.

    anonymise: the rows of the source are anonymised on their way, and lie nowhere else. accept_changes: a person vouches for rows that
    were written since the source was filled by liftlock.
    """

    source: str | None = None
    name: str | None = None
    anonymise: bool = False
    accept_changes: bool = False


@dataclass(frozen=True, slots=True)
class CreateReport:
    """made: whether it is new; the content was there already where it is not. replaced: older copies of its name, now gone.

    remarks: what people should know of it, in words.
    """

    snapshot: Snapshot
    made: bool
    replaced: tuple[str, ...]
    seconds: float
    remarks: tuple[str, ...] = ()


class Anonymises(Protocol):
    """What makes an anonymised copy of one place in another."""

    def require_ready(self, source: Place, target: Place, asked: CopyAsked) -> object:
        """Raises LiftlockError where what the copy needs is not there, before anything is begun."""
        ...

    def run(self, source: Place, target: Place, asked: CopyAsked) -> object:
        """Fills the target."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotCreation:
    """`liftlock data snapshot create`."""

    parts: Parts
    places: DataPlaces
    anonymisation: Anonymises

    def create(self, text: str, environment: str | None, wish: CopyWish) -> CreateReport:
        """The golden copy of a declared database; an older one of its name goes when the new one is whole.

        PolicyError for rows that nobody vouches for: see origin_of.
        """
        began = self.parts.clock.now()
        self._refuse_address(text)
        owner, database = self.places.find(text, environment, forms=_FORMS)
        place = self.places.resolve(wish.source) if wish.source else self.places.reach(owner, database)
        if not wish.anonymise:
            refuse_guarded(place)
        with (
            self.parts.locks.hold(LOCK),
            datagen_errors(about=place.shown),
            self.parts.progress.watching(f"golden copy of {database.name}"),
        ):
            before = self.parts.snapshots.snapshots()
            found = self._made(owner, database, place, wish)
            made = found.volume not in {item.volume for item in before}
            replaced = [item for item in before if made and item.name == found.name and item.database == found.database]
            for item in replaced:
                self.parts.snapshots.remove(item)
        seconds = (self.parts.clock.now() - began).total_seconds()
        return CreateReport(found, made, tuple(item.volume for item in replaced), seconds, remarks_on(found.rows, chosen=wish.anonymise))

    def _refuse_address(self, text: str) -> None:
        """UsageError for the place of the rows where the database is to be named."""
        if is_address(text):
            database = self.places.databases[0] if len(self.places.databases) == 1 else "DB"
            raise UsageError(
                "what was given is an address, and a golden copy is of a database that liftlock.yaml declares",
                hint=f"liftlock data snapshot create {database} --from {'PLACE' if '://' in text else text}, with --anonymise unless"
                " liftlock made its rows",
            )

    def _made(self, owner: Environment, database: Database, place: Place, wish: CopyWish) -> Snapshot:
        if wish.anonymise:
            return self._anonymised(database, place, wish)
        if wish.source is None and database.data.source is DataSource.SYNTHETIC:
            origin = self.parts.data.facts(place.url, counted=False).origin.value
            if origin == SnapshotOrigin.SYNTHETIC:
                return make_synthetic(self.parts, owner, database, place.url, name=wish.name)
        return self._copied(database, place, wish)

    def _anonymised(self, database: Database, place: Place, wish: CopyWish) -> Snapshot:
        shown = f"golden copy of {database.name}"
        self.anonymisation.require_ready(place, Place("", shown, database.name), CopyAsked())
        with self._building(database) as building:
            self.anonymisation.run(place, Place(building.url, shown, database.name), CopyAsked(fresh=True))
            return self._kept(database, place, wish, building, SnapshotOrigin.ANONYMISED)

    def _copied(self, database: Database, place: Place, wish: CopyWish) -> Snapshot:
        """The rows are looked at and copied as of one moment, so that none comes between."""
        with self.parts.data.held(place.url) as held:
            origin = origin_of(place, held, accept_changes=wish.accept_changes)
            if held.written_since and origin is SnapshotOrigin.OTHER:
                self.parts.progress.warn(f"{place.shown}: {held.written_since}; the copy can be restored by name, and nothing else")
            with self._building(database) as building:
                self.parts.progress.step(f"copying {place.shown}")
                self.parts.snapshots.copy(place.url, building, database, moment=held.snapshot)
                if origin is not SnapshotOrigin.OTHER:
                    self.parts.data.vouch(building.url)
                return self._kept(database, place, wish, building, origin)

    @contextmanager
    def _building(self, database: Database) -> Iterator[Building]:
        self.parts.snapshots.sweep()
        with self.parts.snapshots.building(database) as building:
            yield building

    def _kept(self, database: Database, place: Place, wish: CopyWish, building: Building, origin: SnapshotOrigin) -> Snapshot:
        found = described(self.parts, place.shown, database, building, None)
        # What was written to the place since its rows were made may be in the copy, so its content is that of this moment and no other.
        made = f"{found.data or 'rows'}, as they were {found.made:%Y-%m-%d %H:%M:%S} UTC in {place.shown}"
        taken = replace(found, origin=origin, data=made)
        return self.parts.snapshots.keep(building, replace(taken, name=wish.name or f"{database.name}-{taken.key[:8]}"))


def refuse_guarded(place: Place) -> None:
    """PolicyError for a guarded place: whatever it says of its rows, they come into a copy only anonymised. Pure."""
    if place.guarded:
        raise PolicyError(
            f"{place.shown} is guarded, so its rows come into a golden copy only anonymised on the way",
            hint="say --anonymise; or make the copy from an unprotected environment's database: --from ENV/DB",
        )


def origin_of(place: Place, held: HeldDatabase, *, accept_changes: bool) -> SnapshotOrigin:
    """What the rows of a place that is not guarded count as in a golden copy. Pure.

    PolicyError for rows that nobody vouches for: of a database named by its address, or where an anonymised one was written to since.
    The rows of an unprotected environment's own database may be kept, but no environment is ever made from them.
    """
    origin = SnapshotOrigin(held.facts.origin.value)
    if origin is SnapshotOrigin.OTHER and place.environment is None:
        raise PolicyError(
            f"{place.shown} holds rows that were neither made nor anonymised by liftlock, so no golden copy of it is made",
            hint="anonymise them on the way: --anonymise",
        )
    if not held.written_since or accept_changes:
        return origin
    if origin is SnapshotOrigin.ANONYMISED or place.environment is None:
        raise PolicyError(
            f"{place.shown} was {'anonymised' if origin is SnapshotOrigin.ANONYMISED else 'filled'} by liftlock, but {held.written_since}",
            hint="anonymise anew; or see that they are harmless (liftlock data check), then vouch for them with --accept-changes",
        )
    return SnapshotOrigin.OTHER
