"""Resolution: layers become one environment, and every value knows its place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath

import pytest

from liftlock.adapters.config_files.environments import explain, resolve_environment
from liftlock.core.config.loaded import LoadedProject
from liftlock.core.environment import DataSource, DataSpec, EnvironmentClass, Secret
from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.image import Digest, ImageRef
from liftlock.core.project import AttestationMode, AttestationRule, Gates, IdentitySigner, KeySigner, Stage
from liftlock.core.release import release_id
from tests.config_repository import FILES, REGISTRY, A, B, C, inspect


def loaded(changes: dict[str, str] | None = None) -> LoadedProject:
    found = inspect(changes)
    assert found.project is not None, found.problems
    return found.project


def test_the_project_is_what_liftlock_yaml_says() -> None:
    project = loaded().project
    assert project.services == (("api", f"{REGISTRY}/shop/api"), ("web", f"{REGISTRY}/shop/web"))
    assert project.stage("staging") == Stage("staging", ("dev",), Gates(verified=True, approvals=1))
    assert str(project.engine.state) == ".liftlock/state"


def test_what_must_be_attested_is_what_liftlock_yaml_says() -> None:
    rule = (
        'gates: {attestation: {mode: off, key: "file:keys/cosign.pub", builder: "https://ci.example/b", '
        'source: "git+https://forge.example/shop/app.git"}}'
    )
    project = loaded({"liftlock.yaml": FILES["liftlock.yaml"].replace("gates: {approvals: 2}", rule)}).project
    stage = project.stage("prod")
    assert stage is not None
    assert stage.gates.attestation == AttestationRule(
        AttestationMode.OFF,
        "https://slsa.dev/provenance/v1",
        KeySigner(PurePosixPath("keys/cosign.pub")),
        builder="https://ci.example/b",
        source="https://forge.example/shop/app",
    )


def test_an_identity_may_be_trusted_in_place_of_a_key() -> None:
    rule = 'gates: {attestation: {identity: "https://ci.example/b", issuer: "https://issuer.example", root: "file:keys/root.json"}}'
    stage = loaded({"liftlock.yaml": FILES["liftlock.yaml"].replace("gates: {approvals: 2}", rule)}).project.stage("prod")
    assert stage is not None and stage.gates.attestation is not None
    signer = IdentitySigner("https://ci.example/b", "https://issuer.example", PurePosixPath("keys/root.json"))
    assert (stage.gates.attestation.mode, stage.gates.attestation.signer) == (AttestationMode.ENFORCE, signer)


def test_an_environment_is_resolved_with_its_release() -> None:
    environment = resolve_environment(loaded(), "dev")
    api, web = environment.services
    assert (environment.name, environment.cls, environment.port, environment.ports) == (
        "dev",
        EnvironmentClass.PERSISTENT,
        18001,
        (18100, 18999),
    )
    assert (api.image, web.image) == (ImageRef(f"{REGISTRY}/shop/api", Digest(A)), ImageRef(f"{REGISTRY}/shop/web", Digest(B)))
    assert (api.memory_mib, dict(api.env), api.databases) == (128, {"LOG_LEVEL": "debug", "WORKERS": "2"}, ("shop",))
    assert (api.secrets, web.route) == ((("STRIPE_KEY", Secret("env:SHOP_STRIPE_KEY")),), "/")
    assert (api.health.interval, api.health.start_period) == (timedelta(seconds=1), timedelta(seconds=30))
    assert environment.router == ImageRef(f"{REGISTRY}/liftlock/router", Digest(C))
    images = {"api": api.image, "web": web.image}
    assert environment.release_id == release_id(images, environment.config, environment.data) != release_id(images)


def test_mappings_merge_scalars_replace_and_null_removes() -> None:
    staging = resolve_environment(loaded(), "staging", release_text=FILES["releases/dev.yaml"])
    assert (staging.services[0].memory_mib, dict(staging.services[0].env)) == (256, {"LOG_LEVEL": "warn"})


def test_an_environment_may_leave_out_a_service() -> None:
    dev = resolve_environment(loaded({"environments/dev.yaml": "services: {web: null}\n"}), "dev")
    assert [service.name for service in dev.services] == ["api"]


def test_an_instance_of_an_ephemeral_class_has_its_own_name_and_starts_from_another_release() -> None:
    branch = resolve_environment(loaded(), "branch", ephemeral="feature-checkout-1a2b3c")
    assert (branch.name, branch.cls, branch.ttl) == ("feature-checkout-1a2b3c", EnvironmentClass.EPHEMERAL, timedelta(hours=72))
    assert branch.databases[0].data == DataSpec(DataSource.SYNTHETIC, 5000, 7)
    assert branch.databases[0].published
    assert branch.services == resolve_environment(loaded(), "dev").services


def test_an_incomplete_release_names_the_services_and_the_next_step() -> None:
    with pytest.raises(ConfigError, match=r"releases/prod\.yaml: nothing is released for api, web in prod") as caught:
        resolve_environment(loaded(), "prod")
    assert caught.value.hint == "run: liftlock promote open --from staging --to prod"


def test_a_release_given_as_text_is_checked_like_a_file() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_environment(loaded(), "prod", release_text="services:\n  apii: {image: x@sha256:1}\n  api: {image: api:v1}\n")
    assert caught.value.message.splitlines() == [
        'releases/prod.yaml:2:3 services.apii: unknown service "apii"; did you mean "api"? (services are declared in liftlock.yaml)',
        'releases/prod.yaml:2:17 services.apii.image: "x@sha256:1" is not repository@sha256: and 64 hex digits',
        'releases/prod.yaml:3:16 services.api.image: "v1" is a tag; use a digest (run: liftlock image resolve api)',
    ]


@pytest.mark.parametrize(("name", "instance"), [("nowhere", None), ("branch", None), ("dev", "dev-1")])
def test_an_environment_of_the_wrong_name_or_class_is_refused(name: str, instance: str | None) -> None:
    with pytest.raises(UsageError):
        resolve_environment(loaded(), name, ephemeral=instance)


def test_a_declared_environment_is_suggested_for_a_misspelt_one() -> None:
    with pytest.raises(UsageError, match='unknown environment "stagin"; did you mean "staging"') as raised:
        resolve_environment(loaded(), "stagin")
    assert str(raised.value.hint).endswith("a branch's is made by: liftlock branch up --branch NAME")


def test_explain_names_the_line_of_a_value_and_of_what_it_replaced() -> None:
    (found,) = explain(loaded(), "staging", "services.api.env.LOG_LEVEL")
    assert (found.value, found.place) == ("warn", "environments/staging.yaml:7")
    assert [(lost.value, lost.place) for lost in found.overridden] == [("info", "liftlock.yaml:15"), ("debug", "environments/base.yaml:4")]


def test_explain_names_what_a_null_removed() -> None:
    (found,) = explain(loaded(), "staging", "services.api.env.WORKERS")
    assert (found.value, found.place, [lost.place for lost in found.overridden]) == (
        None,
        "environments/staging.yaml:8",
        ["liftlock.yaml:15"],
    )


def test_explain_covers_the_release_the_settings_and_the_defaults() -> None:
    found = {item.path: item for item in explain(loaded(), "dev")}
    assert found["services.api.image"].place == "releases/dev.yaml:2"
    assert found["router.image"].place == "liftlock.yaml:6"
    assert (found["services.web.health.interval"].value, found["services.web.health.interval"].place) == ("1s", "(default)")
    assert (found["class"].value, found["databases.shop.published"].value) == ("persistent", False)
    assert list(found) == sorted(found, key=lambda path: path.split("."))


def test_explain_of_an_unknown_path_suggests_the_nearest() -> None:
    with pytest.raises(UsageError, match=r'services\.api: unknown path "memry"; did you mean "memory"\?'):
        explain(loaded(), "dev", "services.api.memry")


def test_anchors_and_merge_keys_are_followed_to_where_they_are_written() -> None:
    text = "services:\n  api: &common\n    memory: 64\n    env: {A: b}\n  web:\n    <<: *common\n    memory: 32\n"
    found = {item.path: item for item in explain(loaded({"environments/dev.yaml": text}), "dev")}
    assert (found["services.web.memory"].value, found["services.web.memory"].line) == (32, 7)
    assert (found["services.web.env.A"].value, found["services.web.env.A"].line) == ("b", 4)
