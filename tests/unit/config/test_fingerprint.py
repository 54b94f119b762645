"""What voids evidence: everything that changes an environment's behaviour, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.config_files.environments import environment_fingerprints, resolve_environment
from liftlock.adapters.config_files.files import RawFiles
from liftlock.adapters.config_files.loader import inspect_files
from liftlock.core.environment import DataSource, DataSpec, Environment, EnvironmentClass, HealthCheck, Migration, Secret
from liftlock.core.fingerprint import Fingerprint, configuration_hash, data_version
from liftlock.core.release import Release, ReleasedImage, release_id
from tests.config_repository import FILES, A, B, inspect
from tests.samples import environment, image, service


def fingerprint(name: str = "staging", changes: Mapping[str, str | None] | None = None) -> Fingerprint:
    inspection = inspect(changes)
    assert inspection.project is not None, inspection.problems
    return environment_fingerprints(inspection.project, [name])[name]


def database(**changes: object) -> Environment:
    (found,) = environment().databases
    return environment(databases=(type(found)(**{"name": found.name, "image": found.image, **changes}),))  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("0123456789abcdef")), st.randoms())
def test_the_order_of_the_images_does_not_change_a_releases_id(fills: dict[str, str], order: random.Random) -> None:
    images = {name: image(name, fill) for name, fill in fills.items()}
    names = list(images)
    order.shuffle(names)
    permuted = {name: images[name] for name in names}
    assert release_id(images, "cfg-1", "data-1") == release_id(permuted, "cfg-1", "data-1")
    assert len({release_id(images, config, data) for config in ("", "cfg-1") for data in ("", "cfg-1")}) == 4


def test_tags_commits_and_services_that_are_left_out_do_not_change_a_releases_id() -> None:
    plain = Release({"api": ReleasedImage(image("api"))}, "cfg-1", "data-1")
    tagged = Release({"api": ReleasedImage(image("api"), "v1", "1a2b3c4")}, "cfg-1", "data-1")
    assert tagged.id == plain.id
    more = Release({**plain.services, "web": ReleasedImage(image("web"))}, "cfg-1", "data-1", frozenset({"web", "worker"}))
    assert more.id == plain.id
    assert more.with_images({"worker": ReleasedImage(image("worker"))}).id == plain.id
    assert more.with_images({"api": ReleasedImage(image("api", "b"))}).id != plain.id


@pytest.mark.parametrize(
    "changed",
    [
        environment(name="other"),
        environment(port=18001),
        environment(ports=(20000, 20010)),
        environment(ttl=timedelta(hours=1)),
        environment(protected=True),
        environment(cls=EnvironmentClass.EPHEMERAL),
        environment(services=(service(image=image("api", "b")),)),
        environment(services=(service(env=(("LOG_LEVEL", "info"),)),)),
    ],
    ids=["name", "port", "ports", "ttl", "protected", "class", "image", "nothing"],
)
def test_what_does_not_change_behaviour_keeps_the_configuration_hash(changed: Environment) -> None:
    assert configuration_hash(changed) == configuration_hash(environment())


@pytest.mark.parametrize(
    "changed",
    [
        environment(router=image("router", "a")),
        environment(services=(service(port=8001),)),
        environment(services=(service(health=HealthCheck(timeout=timedelta(seconds=3))),)),
        environment(services=(service(health=HealthCheck(path="/ready")),)),
        environment(services=(service(env=(("LOG_LEVEL", "debug"),)),)),
        environment(services=(service(env=(("LOG_LEVEL", "info"), ("MORE", ""))),)),
        environment(services=(service(secrets=(("TOKEN", Secret("env:OTHER")),)),)),
        environment(services=(service(databases=()),)),
        environment(services=(service(migration=Migration(("migrate", "--fast"))),)),
        environment(services=(service(migration=None),)),
        environment(services=(service(memory_mib=256),)),
        environment(services=(service(route=None),)),
        environment(services=(service(command=("serve",)),)),
        environment(services=(service(), service("web"))),
        database(memory_mib=64),
        database(published=True),
        database(image=image("postgres", "d")),
        environment(databases=()),
    ],
    ids=str,
)
def test_what_changes_behaviour_changes_the_configuration_hash(changed: Environment) -> None:
    assert configuration_hash(changed) != configuration_hash(environment())


def test_data_is_its_source_its_size_its_seed_and_the_file_that_describes_it() -> None:
    specs = [DataSpec(), *(DataSpec(DataSource.SYNTHETIC, rows, seed) for rows, seed in ((10, 1), (11, 1), (10, 2)))]
    versions = [data_version(database(data=spec), {}) for spec in specs]
    assert len({*versions, data_version(database(data=specs[0]), {"shop": "1"}), data_version(environment(databases=()), {})}) == 6
    assert data_version(environment(), {"other": "1"}) == versions[0]


def test_a_size_a_locale_and_the_profile_that_a_size_follows_are_data_and_change_nothing_where_they_are_not_said() -> None:
    plain, shape = DataSpec(DataSource.SYNTHETIC), {"shop.profile": "1"}
    assert data_version(database(data=plain), {}) == "data-fe3de8674e66be93"  # what main made before sizes were known
    assert data_version(database(data=plain), shape) == data_version(database(data=plain), {})
    sized = [(replace(plain, size=size), files) for size in ("tiny", "small") for files in ({}, shape, {"shop.profile": "2"})]
    assert (
        len({data_version(database(data=data), files) for data, files in [*sized, (plain, {}), (replace(plain, locale="de_CH"), {})]}) == 8
    )


def test_an_environments_id_is_the_one_that_a_promotion_reckons_with() -> None:
    loaded = inspect({"environments/dev.yaml": "extends: base\nservices: {web: null}\n"}).project
    assert loaded is not None
    built, found = resolve_environment(loaded, "dev"), environment_fingerprints(loaded, ["dev"])["dev"]
    lines = {name: ReleasedImage(image, "v1") for name, image in (("api", built.services[0].image), ("web", image("web")))}
    assert (built.config, built.data, built.common) == (found.config, found.data, found.common)
    assert found.left_out == {"web"}
    assert Release(lines, found.config, found.data, found.left_out).id == built.release_id


def test_the_spelling_of_a_value_does_not_matter_and_what_it_says_does() -> None:
    base = "services:\n  api:\n    memory: 128\n    env: {LOG_LEVEL: debug}\n"
    assert FILES["environments/base.yaml"] == base
    assert fingerprint("prod", {"environments/base.yaml": base.replace("128", '"128MiB" # as before')}).config == fingerprint("prod").config
    assert fingerprint("prod", {"environments/base.yaml": base.replace("128", "129")}).config != fingerprint("prod").config


def test_a_release_does_not_change_the_fingerprint_and_need_not_be_there() -> None:
    assert fingerprint("dev", {"releases/dev.yaml": None}) == fingerprint("dev")
    assert fingerprint("dev", {"releases/dev.yaml": FILES["releases/dev.yaml"].replace(A, B)}) == fingerprint("dev")


def test_the_common_part_is_the_same_in_every_environment_and_holds_what_none_of_them_sets_alone() -> None:
    before = fingerprint("staging")
    assert before.common == fingerprint("prod").common == fingerprint("dev").common
    own = fingerprint("staging", {"environments/staging.yaml": FILES["environments/staging.yaml"].replace("warn", "error")})
    assert (own.common, own.config != before.config) == (before.common, True)
    shared = fingerprint("staging", {"environments/base.yaml": FILES["environments/base.yaml"].replace("debug", "trace")})
    assert (shared.common != before.common, shared.config) == (True, before.config)  # staging overrides it


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("WORKERS: 2", "WORKERS: 3", True),
        ("liftlock/router@", "liftlock/proxy@", True),
        ("{path: /healthz, interval: 1s", "{path: /healthz, interval: 2s", True),
        ("approvals: 2", "approvals: 1", False),
        ("from: 18100", "from: 18200", False),
        ("../shop.git", "../other.git", False),
    ],
)
def test_of_the_settings_only_what_environments_run_counts_as_common(old: str, new: str, changes: bool) -> None:
    assert old in FILES["liftlock.yaml"]
    assert (fingerprint(changes={"liftlock.yaml": FILES["liftlock.yaml"].replace(old, new)}).common != fingerprint().common) is changes


def test_a_file_in_the_data_folder_is_part_of_the_data() -> None:
    raw = {name: text.encode() for name, text in FILES.items()}
    versions = set()
    for data in ({}, {"shop": b"a"}, {"shop": b"b"}, {"other": b"a"}):
        loaded = inspect_files(inspect().project.root, RawFiles(raw, (), data)).project  # type: ignore[union-attr]
        assert loaded is not None
        versions.add(environment_fingerprints(loaded, ["dev"])["dev"].data)
    assert len(versions) == 3
