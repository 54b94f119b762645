"""Holds generated rows against the profile that they were made from, for a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from liftlock.services.data.errors import datagen_errors
from liftlock.services.data.places import Place
from liftlock_datagen.port import DataEngine
from liftlock_datagen.profile.compare import Comparison, compare_profiles
from liftlock_datagen.profile.model import Profile
from liftlock_datagen.spec.model import DataSpec


@dataclass(frozen=True, slots=True)
class ShapeReports:
    """specs: the classification of a database, None where there is none."""

    engine: DataEngine
    specs: Callable[[str], DataSpec | None]

    def compare(self, place: Place, profile: Profile) -> Comparison:
        """The figures of the place's rows beside those of the profile. Reads the statistics only."""
        with datagen_errors(about=place.shown):
            made = self.engine.profile(place.url, self.specs(place.database), like=profile)
        return compare_profiles(profile, made.profile)
