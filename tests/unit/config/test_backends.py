"""Where the state and its key may be, as `engine` in liftlock.yaml says it: wrong ones are refused before anything is asked."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from liftlock.adapters.secret_sources import SecretSources
from liftlock.core.config.text_rules import BACKEND, BACKEND_URL, SECRETS_PROVIDER
from liftlock.core.errors import ConfigError
from liftlock.core.project import EngineKind, EngineSettings
from liftlock.wiring.engines import backend_url


@pytest.mark.parametrize(
    "url",
    [
        "file://~/state",
        "file:///srv/state",
        "s3://shop-state",
        "s3://shop-state/liftlock?region=eu-west-1&profile=shop",
        "s3://state?endpoint=http://minio:9000&s3ForcePathStyle=true&disableSSL=true",
        "gs://shop-state/liftlock",
        "azblob://state?storage_account=shop",
        "postgres://db/state?sslmode=verify-full",
        "postgres://shop@db:5432/state?table=liftlock",
        "postgres://shop@[::1]:5432/state",
        "postgres://",
        "https://api.pulumi.com",
        "env:SHOP_BACKEND",
    ],
)
def test_the_places_that_pulumi_has_for_a_state_can_be_declared(url: str) -> None:
    assert BACKEND.fits(url)


@pytest.mark.parametrize(
    "url",
    [
        "s3:shop-state",
        "s3://",
        "s3:///shop-state",
        "gs://",
        "azblob://?storage_account=shop",
        "file://",
        "file:///srv/state?no_tmp_dir=true",
        "postgresql://db/state",
        "postgres://db:port/state",
        "http://api.pulumi.com",
        "https://",
        "mem://",
        "state",
        "env:shop-backend",
        "postgres://shop:s3cret@db/state",
        "postgres://shop:s3/cr@et@db/state",
        "postgres://db/state?user=shop&password=s3cret",
        "postgres://db/state?sslpassword=s3cret",
        "https://ada:s3cret@pulumi.example",
    ],
)
def test_what_is_no_backend_or_holds_a_password_cannot_be_declared(url: str) -> None:
    assert not BACKEND.fits(url)


@pytest.mark.parametrize(
    "url",
    [
        "awskms://alias/shop?region=eu-west-1",
        "awskms://1234abcd-12ab-34cd-56ef-1234567890ab",
        "awskms:///1234abcd-12ab-34cd-56ef-1234567890ab?endpoint=http://localhost:4566",
        "awskms:///arn:aws:kms:eu-west-1:111122223333:key/1234abcd",
        "gcpkms://projects/shop/locations/europe/keyRings/ring/cryptoKeys/state",
        "azurekeyvault://shop.vault.azure.net/keys/state",
        "azurekeyvault://shop.vault.azure.net/keys/state/1234",
        "hashivault://state",
        "passphrase",
    ],
)
def test_the_keys_that_pulumi_can_use_can_be_declared(url: str) -> None:
    assert SECRETS_PROVIDER.fits(url)


@pytest.mark.parametrize(
    "url",
    [
        "default",
        "awskms://",
        "awskms://arn:aws:kms:eu-west-1:111122223333:key/1234abcd",
        "gcpkms://state",
        "gcpkms://projects/shop/locations/europe/keyRings/ring",
        "azurekeyvault://shop.vault.azure.net/state",
        "hashivault://",
        "vault://state",
    ],
)
def test_what_is_no_key_cannot_be_declared(url: str) -> None:
    assert not SECRETS_PROVIDER.fits(url)


def resolved(backend: str, folder: Path) -> str | None:
    return backend_url(EngineSettings(EngineKind.AUTO, PurePath("state"), "env:P", backend), SecretSources(folder))


def test_a_backend_in_a_variable_may_hold_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgres://shop:s3%2Fcret@db:5432/state"
    monkeypatch.setenv("SHOP_BACKEND", url)
    assert BACKEND_URL.fits(url)
    assert resolved("env:SHOP_BACKEND", tmp_path) == url
    assert resolved("s3://shop-state", tmp_path) == "s3://shop-state"
    assert resolved("file://state", tmp_path) is None


@pytest.mark.parametrize("held", ["postgresql://shop:s3cret@db/state", "postgres://shop:s3/cret@db/state", "shop:s3cret", "env:OTHER"])
def test_a_variable_that_holds_no_backend_is_named_and_its_value_is_not(held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_BACKEND", held)
    with pytest.raises(ConfigError, match="env:SHOP_BACKEND does not hold the URL of a backend") as raised:
        resolved("env:SHOP_BACKEND", tmp_path)
    assert "s3" not in raised.value.message
    assert "%2F" in (raised.value.hint or "")
