"""Which releases of a source may be promoted at all: newest first, never older than what the target has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from liftlock.core.candidates import candidates
from liftlock.core.image import ImageRef
from liftlock.core.ledger import Entry, Fact, images_of
from liftlock.core.release import Release, ReleasedImage
from tests.ledger_records import deployed, fact, image, records


def release(**services: str) -> Release:
    return Release({name: ReleasedImage(ImageRef.parse(image(text))) for name, text in services.items()})


def ran(name: str, **services: str) -> Entry:
    return deployed("dev", name, images={service: image(text) for service, text in services.items()})


def found(declared: Release, target: Release, *entries: Entry, services: tuple[str, ...] | None = None, config: str = "") -> list[str]:
    listed = list(candidates("dev", replace(declared, config=config), records(*entries), target, services))
    assert listed[0].record is None
    return [candidate.release for candidate in listed[1:]]


def test_what_ran_before_the_declared_release_follows_newest_first_down_to_what_the_target_has() -> None:
    history = [ran(f"r{n}", api=f"v{n}", web="w") for n in range(1, 5)]
    assert found(release(api="v5", web="w"), release(api="v2", web="w"), *history) == ["r4", "r3"]
    assert found(release(api="v5", web="w"), release(), *history) == ["r4", "r3", "r2", "r1"]
    assert found(release(api="v4", web="w"), release(api="v4", web="w"), *history) == []


def test_a_release_that_is_older_in_one_service_is_none() -> None:
    history = [ran("r1", api="v1", web="w1"), ran("r2", api="v2", web="w1"), ran("r3", api="v2", web="w2")]
    assert found(release(api="v3", web="w2"), release(api="v1", web="w2"), *history) == ["r3"]
    assert found(release(api="v3", web="w2"), release(api="v1", web="w2"), *history, services=("api",)) == ["r3", "r2"]


def test_an_image_that_never_ran_in_the_source_is_newer_than_what_ran_before_it_was_known() -> None:
    hotfix = fact(Fact.RECORDED, "dev", "r9", services={"api": image("fix")})
    history = [ran("r1", api="v1"), ran("r2", api="v2"), hotfix, ran("r3", api="v3")]
    assert found(release(api="v4"), release(api="fix"), *history) == ["r3"]


def test_releases_with_other_configuration_or_uncommitted_files_are_none() -> None:
    now, before = (deployed("dev", name, images={"api": image(name)}, config=name[:2]) for name in ("c2-r3", "c1-r2"))
    dirty = deployed("dev", "r4", images={"api": image("r4")}, config="c2", dirty=True)
    assert found(release(api="v5"), release(), before, now, dirty, config="c2") == ["c2-r3"]


def test_other_environments_and_records_without_images_are_none() -> None:
    other = deployed("prod", "r1", images={"api": image("v1")})
    assert found(release(api="v5"), release(), other, fact(Fact.DEPLOYED, "dev", "r2")) == []


HISTORIES = st.lists(st.fixed_dictionaries({"api": st.sampled_from("abcd"), "web": st.sampled_from("abcd")}), min_size=1, max_size=10)


@given(HISTORIES, st.fixed_dictionaries({"api": st.sampled_from("abcd"), "web": st.sampled_from("abcd")}))
def test_nothing_that_a_candidate_changes_ran_before_what_the_target_has(
    history: list[Mapping[str, str]], target: Mapping[str, str]
) -> None:
    chain = records(*(ran(str(sorted(step.items())), **step) for step in history))
    listed = candidates("dev", release(**history[-1]), chain, release(**target), None)
    for candidate in [one for one in listed if one.record is not None]:
        for service, text in target.items():
            if candidate.images[service] != image(text):
                last = max((r.sequence for r in chain if images_of(r.entry)[service] == image(text)), default=0)
                assert candidate.record is not None
                assert candidate.record > last
