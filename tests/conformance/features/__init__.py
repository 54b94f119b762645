"""Small programs, a case per feature of Pulumi, that both engines run step by step on a world of fake things."""

from __future__ import annotations

from tests.conformance.features import changes, hooks, identities, options, references, settings, transforms
from tests.conformance.features.turns import Turn

CASES: dict[str, list[Turn]] = {
    **references.CASES,
    **transforms.CASES,
    **hooks.CASES,
    **options.CASES,
    **changes.CASES,
    **settings.CASES,
    **identities.CASES,
}
