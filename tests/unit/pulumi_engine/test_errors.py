"""What the CLI says when it fails becomes an error that says what to do, and tells no password."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import create_command_error

from liftlock.adapters.engines.pulumi.errors import is_stranded, translated
from liftlock.adapters.engines.pulumi.settings import PulumiSettings
from liftlock.core.errors import ConfigError, ConflictError, LiftlockError, UnavailableError


def failed(stderr: str) -> LiftlockError:
    return translated(create_command_error(CommandResult("", stderr, 255)), "the stack shop/dev", ["hunter22"])


def locked(host: str, pid: int) -> str:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file "
        f"with `pulumi cancel`.\n  file:///s/lock.json: created by ada@{host} (pid {pid}) at {since}"
    )


def test_a_lock_names_its_holder() -> None:
    error = failed(locked("build-7", 4711))
    assert isinstance(error, ConflictError)
    assert "ada@build-7, process 4711" in error.message
    assert isinstance(failed("error: [409] Conflict: Another update is currently in progress."), ConflictError)


def test_a_lock_is_stranded_only_with_proof_that_its_owner_is_dead() -> None:
    dead = 2**22 + 1  # above the highest process id of Linux
    for host, pid, stranded in ((socket.gethostname(), dead, True), (socket.gethostname(), os.getpid(), False), ("elsewhere", dead, False)):
        assert is_stranded(create_command_error(CommandResult("", locked(host, pid), 255))) is stranded
    assert not is_stranded(create_command_error(CommandResult("", "error: [409] Conflict: Another update", 255)))


@pytest.mark.parametrize(
    ("said", "error", "means"),
    [
        ("getting secrets manager: incorrect passphrase", ConfigError, "the passphrase is missing or wrong"),
        ("passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …", ConfigError, "the passphrase is missing or wrong"),
        ("failed to ping PostgreSQL: pq: password authentication failed for user (28P01)", ConfigError, "access"),
        ("get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found", ConfigError, "access"),
        ("missing google credentials: unable to find gcp credentials: google: could not find default credentials.", ConfigError, "access"),
        ("unable to open bucket azblob://state: azureblob: Options.AccountName is required", ConfigError, "access"),
        ("PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", ConfigError, "access"),
        ("could not list bucket: blob (code=NotFound): operation error S3: ListObjectsV2, NoSuchBucket: …", ConfigError, "cannot be used"),
        ('failed to ping PostgreSQL: pq: database "nobodys" does not exist (3D000)', ConfigError, "cannot be used"),
        ("secrets (code=NotFound): operation error KMS: Encrypt, NotFoundException: Key … does not exist", ConfigError, "cannot be used"),
        ('open bucket s3://state?bogus=1: unknown query parameter "bogus"', ConfigError, "cannot be used"),
        ("failed to ping PostgreSQL: dial tcp 127.0.0.1:1: connect: connection refused", UnavailableError, "does not answer"),
        ("failed to ping PostgreSQL: dial tcp: lookup nobody.invalid on 10.0.0.1:53: no such host", UnavailableError, "does not answer"),
        ("operation error KMS: Encrypt, request send failed, Post: dial tcp: i/o timeout", UnavailableError, "does not answer"),
        ("write /s/.pulumi/stacks/shop/dev.json: no space left on device", LiftlockError, "no room left"),
    ],
)
def test_what_stops_the_cli_is_told_by_what_a_person_can_do_about_it(said: str, error: type[LiftlockError], means: str) -> None:
    found = failed(f"error: {said}")
    assert type(found) is error
    assert found.message.startswith("the stack shop/dev: ")
    assert means in found.message
    assert found.hint


def test_errors_say_the_clis_reason_without_secrets_and_passwords() -> None:
    error = failed("warning: x\nerror: cannot reach postgres://shop:s3cret@db/state with hunter22")
    assert "cannot reach postgres://shop:[secret]@db/state with [secret]" in error.message
    assert "warning" not in error.message


@pytest.mark.parametrize(
    ("backend", "told", "password"),
    [
        ("postgres://shop:s3%2Fcret@db:5432/state?sslmode=disable", "postgres://shop@db:5432/state?sslmode=disable", "s3/cret"),
        ("postgres://db/state?password=s3cret&table=shop&user=shop", "postgres://db/state?table=shop&user=shop", "s3cret"),
        ("postgres://:s3cret@/state", "postgres:///state", "s3cret"),
        ("postgres://shop@[::1]/state?sslmode=verify-full", "postgres://shop@[::1]/state?sslmode=verify-full", None),
        ("s3://state?endpoint=http%3A%2F%2Fminio&region=x", "s3://state?endpoint=http%3A%2F%2Fminio&region=x", None),
        ("postgres://", "postgres://", None),
    ],
)
def test_the_cli_has_a_password_apart_from_the_url_that_it_writes_down(backend: str, told: str, password: str | None) -> None:
    settings = PulumiSettings("shop", Path("state"), Path("work"), lambda: "a passphrase", backend)
    found = settings.variables()
    assert (found["PULUMI_BACKEND_URL"], found.get("PGPASSWORD")) == (told, password)
    assert (password is None) == (not settings.hidden)
    assert password is None or password in settings.hidden.values()
