"""A state in a database or a bucket, read through the real CLI; and what is said where it cannot be had."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from liftlock.adapters.engines.pulumi.configuration import prepared
from liftlock.adapters.engines.pulumi.engine import PulumiEngine
from liftlock.adapters.engines.pulumi.settings import PulumiSettings
from liftlock.adapters.engines.pulumi.workspace import Program, open_stack
from liftlock.core.errors import ConfigError, LiftlockError, UnavailableError
from liftlock_engine.model import StackName
from tests.aws import RunningAws, run_aws
from tests.fakes.environments import QuietProgress
from tests.far_states import FarState, state_in_bucket, state_in_postgres
from tests.postgres import PASSWORD, RunningPostgres, postgres_image, run_postgres
from tests.pulumi_cli import pulumi_cli

WORD = "a-word-4711"
VALUES, SECRETS = {"port": 1}, {"naming": WORD}
FORMS = (PASSWORD, "a%2Fp", "a/p", "word@", "wrong")
pytestmark = [pytest.mark.pulumi, pytest.mark.docker]


@pytest.fixture(scope="module")
def postgres() -> Iterator[RunningPostgres]:
    image = postgres_image()
    if image is None:
        pytest.skip("needs the project's images: run make images")
    with run_postgres(image) as server:
        yield server


@pytest.fixture(scope="module")
def aws() -> Iterator[RunningAws]:
    with run_aws() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The CLI's home, and no credentials but those that a test gives."""
    found = tmp_path / "home"
    monkeypatch.setenv("PULUMI_HOME", str(found))
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return found


def engine(folder: Path, backend: str, keeper: str = "passphrase", word: str = "a passphrase") -> PulumiEngine:
    settings = PulumiSettings("shop", folder / "state", folder / "work", lambda: word, backend, keeper, cli=pulumi_cli())
    return PulumiEngine(settings, QuietProgress())


def refused(folder: Path, backend: str, error: type[LiftlockError], said: str) -> None:
    with pytest.raises(error) as raised:
        engine(folder, backend).stacks()
    assert said in raised.value.message
    assert raised.value.hint
    assert [form for form in FORMS if form in f"{raised.value.message} {raised.value.hint}"] == []


def assert_kept_from_logs(home: Path) -> None:
    """The CLI's own logs, which it packs, or encrypts once it has the stack's key, do not tell the password."""
    said = ""
    for path in (home / "logs").iterdir():
        with suppress(gzip.BadGzipFile):
            said += gzip.decompress(path.read_bytes()).decode()
    assert "127.0.0.1" in said
    assert [form for form in FORMS if form in said] == []


def test_a_database_that_does_not_let_us_in_or_does_not_answer_is_said_without_the_password(
    tmp_path: Path, postgres: RunningPostgres, home: Path
) -> None:
    with state_in_postgres(postgres) as far:
        refused(tmp_path, far.backend.replace("word@", "wrong@"), ConfigError, "access to the state or its key is refused")
        refused(tmp_path, far.backend.replace("/test_", "/nobodys_"), ConfigError, "cannot be used")
        refused(tmp_path, far.backend.replace(f":{postgres.port}/", ":1/"), UnavailableError, "does not answer")
        refused(tmp_path, far.backend.replace("127.0.0.1", "nobody.invalid"), UnavailableError, "does not answer")
        refused(tmp_path, far.backend.replace("sslmode=disable", ""), UnavailableError, "SSL is not enabled")
        assert engine(tmp_path, far.backend).stacks() == []
    assert_kept_from_logs(home)


def test_a_bucket_that_is_not_there_does_not_answer_or_wants_credentials_is_said(
    tmp_path: Path, aws: RunningAws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with state_in_bucket(aws) as far:
        refused(tmp_path, far.backend, ConfigError, "access to the state or its key is refused")
        for name, value in far.variables.items():
            monkeypatch.setenv(name, value)
        bucket = far.backend.partition("?")[0]
        refused(tmp_path, far.backend.replace(bucket, "s3://nobodys"), ConfigError, "cannot be used")
        refused(tmp_path, far.backend.replace(aws.url.rpartition(":")[2], "1"), UnavailableError, "does not answer")
        refused(tmp_path, f"{far.backend}&endpiont=x", ConfigError, "cannot be used")
        assert engine(tmp_path, far.backend).stacks() == []


def begun(folder: Path, far: FarState) -> PulumiEngine:
    """A stack that no run was finished for."""
    found = engine(folder, far.backend, far.keeper)
    cli, work = found._open_cli("dev")
    cli.ask(["stack", "init", "dev", "--no-select", "--secrets-provider", far.keeper], work)
    return found


def made(folder: Path, far: FarState) -> PulumiEngine:
    """A stack without resources, whose configuration has a secret."""
    found = begun(folder, far)
    cli, work = found._open_cli("dev")
    with prepared(found.settings, cli, StackName("shop", "dev"), VALUES, SECRETS, known={}) as config:
        config.commit()
    program = Program(lambda: None)
    open_stack("dev", work, cli, program).up()
    program.close()
    return found


@pytest.fixture(params=["postgres", "bucket"])
def far(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarState]:
    server = request.getfixturevalue("postgres" if request.param == "postgres" else "aws")
    with state_in_postgres(server) if request.param == "postgres" else state_in_bucket(server) as found:
        for name, value in found.variables.items():
            monkeypatch.setenv(name, value)
        yield found


def test_what_is_recorded_far_away_is_there_for_everybody_who_has_the_key(tmp_path: Path, far: FarState) -> None:
    here = made(tmp_path / "here", far)
    there = engine(tmp_path / "there", far.backend, far.keeper)
    for each in (here, there):
        stack = each.stack("dev")
        assert stack is not None
        assert (stack.values, stack.outputs, stack.resources) == (VALUES, {}, 0)
        assert stack.updated is not None
        assert dict(each.secrets("dev")) == SECRETS
        assert [item.environment for item in each.stacks()] == ["dev"]
    assert here.checksum("dev") == there.checksum("dev") is not None
    assert there.stack("other") is None
    held = far.held()
    assert ".pulumi/stacks/shop/dev.json" in held
    assert [name for name, content in held.items() if WORD.encode() in content] == []
    assert [path for path in tmp_path.rglob("*") if path.is_file() and WORD in path.read_text(errors="replace")] == []


def test_a_stack_whose_first_run_was_cut_off_is_there_and_has_nothing_yet(tmp_path: Path, far: FarState) -> None:
    begun(tmp_path / "here", far)
    there = engine(tmp_path / "there", far.backend, far.keeper)
    assert dict(there.secrets("dev")) == {}
    assert [(stack.environment, dict(stack.values), stack.resources) for stack in there.stacks()] == [("dev", {}, 0)]


def test_who_has_another_passphrase_is_told_so(tmp_path: Path, postgres: RunningPostgres, home: Path) -> None:
    with state_in_postgres(postgres) as far:
        made(tmp_path / "here", far)
        with pytest.raises(ConfigError, match="passphrase is wrong") as raised:
            engine(tmp_path / "there", far.backend, word="another-passphrase").secrets("dev")
    assert "another-passphrase" not in f"{raised.value.message} {raised.value.hint}"


def test_a_key_that_is_not_there_or_does_not_answer_is_told_before_anything_is_made(
    tmp_path: Path, aws: RunningAws, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with state_in_bucket(aws) as far:
        for name, value in far.variables.items():
            monkeypatch.setenv(name, value)
        nobodys = far.keeper.replace(far.keeper[10:18], "00000000")
        nowhere = far.keeper.replace(aws.url.rpartition(":")[2], "1")
        for keeper, error, said in ((nobodys, ConfigError, "cannot be used: .*KMS"), (nowhere, UnavailableError, "does not answer: .*KMS")):
            found = engine(tmp_path, far.backend, keeper)
            with pytest.raises(error, match=f"the stack shop/dev: .* {said}"), found.begin("dev", {}, Event()) as run:
                found._create(run)
            assert not found.stacks()
