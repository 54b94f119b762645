"""The recorded state: Pulumi's layout, secrets, locks, damaged files, a full disk."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest

from liftlock_engine import ConfigValue, LockedError, Operation, PassphraseError, StackName, StateError
from liftlock_engine.checkpoint import Encoder, read_document
from liftlock_engine.passphrase import Crypter
from liftlock_engine.values import Secret
from tests.fakes.things import Thing
from tests.unit.engine.conftest import STACK, Desk

SECRET_TEXT = "canary-4711"


def one() -> None:
    Thing("a", name="a")


def with_secret(size: int = 1, text: str = SECRET_TEXT) -> Any:
    def program() -> None:
        thing = Thing("a", name="a", size=size, token=pulumi.Output.secret(text), tags=["plain", pulumi.Output.secret(text)])
        pulumi.export("token", pulumi.Output.secret(text))
        pulumi.export("name", thing.name)

    return program


def test_the_layout_is_the_file_backends(desk: Desk) -> None:
    desk.up(one)
    base = desk.folder / "state" / ".pulumi"
    assert (base / "meta.yaml").read_text() == "version: 1\n"
    document = json.loads((base / "stacks" / "shop" / "dev.json").read_text())
    assert (document["version"], document["checkpoint"]["stack"]) == (3, "organization/shop/dev")
    latest = document["checkpoint"]["latest"]
    assert [resource["type"] for resource in latest["resources"]] == ["pulumi:pulumi:Stack", "pulumi:providers:fake", "fake:index:Thing"]
    assert latest["resources"][1]["inputs"] == {"__internal": {}, "version": "1.2.3"}
    assert "secrets_providers" not in latest and "pending_operations" not in latest
    kinds = sorted(path.name.split(".")[-2] for path in (base / "history" / "shop" / "dev").glob("*.json"))
    assert kinds == ["checkpoint", "history"]
    assert not list((base / "locks").rglob("*.json"))


def test_the_state_before_the_run_is_kept_as_a_backup(desk: Desk) -> None:
    desk.up(one)
    before = desk.state.read_text()
    desk.up(lambda: Thing("b", name="b"))
    assert desk.state.with_suffix(".json.bak").read_text() == before


def test_secrets_are_encrypted_wherever_they_go(desk: Desk) -> None:
    result = desk.up(with_secret())
    assert result.outputs == {"token": Secret(SECRET_TEXT), "name": "a"}
    for path in (desk.folder / "state").rglob("*"):
        assert not path.is_file() or SECRET_TEXT not in path.read_text()
    assert SECRET_TEXT not in repr(result)
    (thing,) = [state for state in desk.engine.stack(STACK).resources if state.managed]  # type: ignore[union-attr]
    assert isinstance(thing.inputs["token"], Secret) and isinstance(thing.outputs["token"], Secret)
    assert isinstance(thing.inputs["tags"], Secret)  # the whole list: which item it was, a provider need not keep
    assert desk.things.objects()["a"]["inputs"]["token"] == SECRET_TEXT
    assert desk.engine.outputs(STACK)["token"] == Secret(SECRET_TEXT)


def test_unchanged_secrets_keep_their_ciphertext(desk: Desk) -> None:
    desk.up(with_secret())
    before = desk.state.read_bytes()
    assert desk.up(with_secret()).changes == {"same": 2}
    assert desk.state.read_bytes() == before
    desk.up(with_secret(size=2))
    after = json.loads(desk.state.read_text())["checkpoint"]["latest"]["resources"]
    assert [r.get("inputs", {}).get("token") for r in after] == [
        r.get("inputs", {}).get("token") for r in json.loads(before)["checkpoint"]["latest"]["resources"]
    ]


def test_the_passphrase_is_asked_for_once_and_only_where_something_is_secret(desk: Desk) -> None:
    desk.up(one)
    assert desk.asked == 0
    desk.up(with_secret())
    assert desk.asked == 1
    desk.engine.stack(STACK)
    assert desk.asked == 1


@pytest.mark.parametrize("passphrase", ["wrong", None])
def test_a_wrong_passphrase_is_told_before_anything_is_touched(desk: Desk, passphrase: str | None) -> None:
    desk.up(with_secret())
    before = desk.state.read_bytes()
    desk.passphrase = passphrase
    for operation in (Operation.UP, Operation.DESTROY, Operation.PREVIEW):
        with pytest.raises(PassphraseError, match="passphrase"):
            desk.run(operation, with_secret(size=2))
    assert (desk.state.read_bytes(), desk.names) == (before, ["a"])


def test_additional_secret_outputs_are_encrypted(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="plain-name", opts=pulumi.ResourceOptions(additional_secret_outputs=["stamp"])))
    assert "made as" not in desk.state.read_text()


def test_configuration_is_kept_beside_the_state_secrets_encrypted(desk: Desk) -> None:
    def program() -> None:
        config = pulumi.Config()
        pulumi.export("both", pulumi.Output.concat(config.require("plain"), config.require_secret("hidden")))

    config = {"shop:plain": ConfigValue("p-"), "shop:hidden": ConfigValue(SECRET_TEXT, secret=True)}
    assert desk.up(program, config=config).outputs == {"both": Secret(f"p-{SECRET_TEXT}")}
    path = desk.engine.backend.config_path(STACK)
    before = path.read_text()
    assert SECRET_TEXT not in before and "encryptionsalt: v1:" in before and "secure: v1:" in before
    assert desk.up(program).outputs == {"both": Secret(f"p-{SECRET_TEXT}")}
    assert desk.up(program, config=config).succeeded
    assert path.read_text() == before
    assert desk.engine.config(STACK) == config
    path.write_text(f"# mine\n{before}")
    desk.up(program, config={**config, "shop:plain": ConfigValue("q-")})
    assert path.read_text().startswith("# mine\n") and "q-" in path.read_text()


def test_fields_that_the_engine_does_not_know_survive(desk: Desk) -> None:
    desk.up(one)
    document = json.loads(desk.state.read_text())
    document["checkpoint"]["latest"]["resources"][2]["sourcePosition"] = "project:///main.py#4"
    desk.state.write_text(json.dumps(document))
    desk.up(lambda: Thing("a", name="a", size=4))
    assert "project:///main.py#4" in desk.state.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "not a checkpoint"),
        ('{"version": 4, "checkpoint": {}}', "version 4"),
        ('{"version": 3, "checkpoint": {"latest": {"resources": [{}]}}}', "not readable"),
        ('{"version": 3, "checkpoint": {"latest": {"secrets_providers": {"type": "cloud"}}}}', "'cloud'"),
    ],
)
def test_a_state_that_cannot_be_read_is_told_with_its_place(desk: Desk, text: str, said: str) -> None:
    desk.up(one)
    desk.state.write_text(text)
    with pytest.raises(StateError, match=said) as raised:
        desk.up(one)
    assert str(desk.state) in str(raised.value)
    assert desk.state.read_text() == text


def test_a_state_survives_reading_and_writing(desk: Desk) -> None:
    desk.up(with_secret())
    text = desk.state.read_text()
    crypter = Crypter("", lambda: desk.passphrase)
    snapshot = read_document(text, crypter, where="here")
    again = Encoder(crypter).document("shop/dev", snapshot, version="v1", now="now")
    assert json.loads(again)["checkpoint"]["latest"]["resources"] == json.loads(text)["checkpoint"]["latest"]["resources"]


def test_two_runs_at_once_the_second_names_the_first(desk: Desk) -> None:
    said: list[LockedError] = []

    def hook(verb: str, urn: str) -> None:
        if verb == "create":
            with pytest.raises(LockedError) as raised:
                desk.engine.run(Operation.UP, STACK, one)
            said.append(raised.value)
            assert desk.engine.run(Operation.PREVIEW, STACK, one).succeeded  # looking needs no lock

    desk.things.hook = hook
    assert desk.up(one).succeeded
    assert f"@{socket.gethostname()}, process {os.getpid()}, since " in said[0].holder
    assert said[0].holder in str(said[0])


def test_of_runs_that_race_for_the_lock_exactly_one_wins(desk: Desk) -> None:
    inside = threading.Barrier(6, timeout=30)
    done = threading.Event()
    outcomes: list[str] = []

    def race() -> None:
        inside.wait()
        try:
            with desk.engine.backend.lock(STACK, desk.told.append):
                outcomes.append("won")
                done.wait(30)
        except LockedError:
            outcomes.append("lost")
            if outcomes.count("lost") == 5:
                done.set()

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lost"] * 5 + ["won"]


def _strand(desk: Desk, **said: Any) -> Path:
    folder = desk.folder / "state/.pulumi/locks/organization/shop/dev"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "left.json"
    held = {"pid": os.getpid(), "username": "ada", "hostname": socket.gethostname(), "timestamp": datetime.now(UTC).isoformat()}
    path.write_text(json.dumps({**held, **said}))
    return path


def test_the_lock_of_a_dead_process_is_removed_with_a_word(desk: Desk) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True, text=True)
    path = _strand(desk, pid=int(gone.stdout))
    assert desk.up(one).succeeded
    assert not path.exists()
    assert "removed the lock of a run that is gone (ada@" in desk.told[0]


def test_the_lock_of_a_zombie_is_removed(desk: Desk) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note
        _strand(desk, pid=ended.pid)
        assert desk.up(one).succeeded
    assert "removed the lock" in desk.told[0]


def test_the_lock_of_a_process_that_began_after_it_is_removed(desk: Desk) -> None:
    _strand(desk, timestamp=(datetime.now(UTC) - timedelta(days=400)).isoformat())
    assert desk.up(one).succeeded


@pytest.mark.parametrize("said", [{"hostname": "elsewhere", "pid": 1}, {}])
def test_the_lock_of_a_run_that_may_be_alive_stays(desk: Desk, said: dict[str, Any]) -> None:
    path = _strand(desk, **said)
    with pytest.raises(LockedError, match="ada@"):
        desk.up(one)
    assert path.exists()
    path.write_text("{")
    with pytest.raises(LockedError):
        desk.up(one)


def test_a_full_disk_after_a_step_says_what_was_made_and_the_next_run_settles_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync
    full = threading.Event()

    def fsync(handle: int) -> None:
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    desk.things.hook = lambda verb, urn: full.set() if verb == "created" else None

    def program() -> None:
        first = Thing("a", name="a")
        Thing("b", name="b", uses=first.id)

    with pytest.raises(StateError) as raised:
        desk.up(program)
    assert "fake:Thing a was made (a-" in str(raised.value)
    assert "No space left on device" in str(raised.value)
    assert desk.names == ["a"]
    full.clear()
    desk.things.hook = lambda verb, urn: None
    result = desk.up(program)
    assert (result.succeeded, desk.names) == (True, ["a", "b"])


def test_a_disk_full_from_the_start_makes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StateError, match="No space left on device"):
        desk.up(one)
    assert desk.names == []
    assert not list((desk.folder / "state").rglob("*.tmp"))


def test_stacks_are_listed_viewed_and_removed(desk: Desk) -> None:
    assert desk.engine.stack(STACK) is None
    desk.up(one)
    desk.engine.run(Operation.UP, StackName("shop", "prod"), lambda: None)
    assert [name.stack for name in desk.engine.stacks("shop")] == ["dev", "prod"]
    with pytest.raises(StateError, match="still has 3 resources"):
        desk.engine.remove(STACK)
    desk.run(Operation.DESTROY)
    desk.engine.remove(STACK)
    assert [name.stack for name in desk.engine.stacks("shop")] == ["prod"]
    with pytest.raises(StateError, match="has no state"):
        desk.engine.outputs(STACK)


def test_a_finished_run_leaves_what_the_file_backend_would_leave(desk: Desk) -> None:
    config = {"shop:greeting": ConfigValue("hello"), "shop:password": ConfigValue(SECRET_TEXT, secret=True)}
    for program in (one, with_secret(), with_secret()):
        desk.up(program, config=config)
    base = desk.folder / "state" / ".pulumi"
    files = [path for path in base.rglob("*") if path.is_file() and path.suffix != ".attrs"]
    assert {path.relative_to(base).parts[0] for path in files} == {"meta.yaml", "stacks", "history", "backups"}
    for path in files:
        known = json.loads(path.with_name(f"{path.name}.attrs").read_text())
        assert known["md5"] == base64.b64encode(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()).decode(), path
    entry = json.loads(max((base / "history").rglob("*.history.json")).read_text())
    assert entry["config"]["shop:greeting"] == "hello"
    assert entry["config"]["shop:password"]["secure"].startswith("v1:")
    now = desk.state.read_text()
    for kept in ("history/shop/dev/*.checkpoint.json", "backups/shop/dev/dev.*.json"):
        assert len(list(base.glob(kept))) == 3
        assert max(base.glob(kept)).read_text() == now


def test_a_history_that_cannot_be_written_hides_no_other_failure(desk: Desk) -> None:
    desk.up(one)
    history = desk.folder / "state" / ".pulumi" / "history"
    shutil.rmtree(history)
    history.write_text("no folder")
    with pytest.raises(StateError, match="the history entry cannot be written"):
        desk.up(one)

    def broken() -> None:
        raise RuntimeError("of its own")

    assert "of its own" in desk.up(broken).error


@pytest.mark.parametrize("end", ["gz", "zst"])
def test_a_compressed_state_is_refused_and_not_taken_for_none(desk: Desk, end: str) -> None:
    desk.up(one)
    compressed = desk.state.with_name(f"dev.json.{end}")
    compressed.write_bytes(b"")
    for left in (desk.state, compressed):  # where both are there, the latest counts
        with pytest.raises(StateError, match=rf"dev\.json\.{end}: the state is compressed"):
            desk.up(one)
        with pytest.raises(StateError, match="the state is compressed"):
            desk.engine.stack(STACK)
        left.unlink()


def test_a_compressed_state_older_than_the_plain_one_does_not_count(desk: Desk) -> None:
    desk.up(one)
    compressed = desk.state.with_name("dev.json.gz")
    compressed.write_bytes(b"")
    os.utime(compressed, (0, 0))
    assert desk.up(one).changes == {"same": 2}


def test_configuration_under_a_salt_of_its_own_is_read(desk: Desk) -> None:
    desk.up(with_secret())
    other = Crypter("", lambda: desk.passphrase)
    desk.engine.backend.save_config(STACK, {"shop:password": ConfigValue("from elsewhere", secret=True)}, other)
    assert desk.run(Operation.PREVIEW, with_secret()).changes == {"same": 2}
    assert desk.up(with_secret(size=2)).succeeded
    assert desk.engine.config(STACK)["shop:password"].value == "from elsewhere"


def test_what_a_cut_off_write_left_is_removed_by_the_next_run(desk: Desk) -> None:
    desk.up(one)
    locks = desk.folder / "state" / ".pulumi" / "locks" / "organization" / "shop"
    left = [desk.state.with_name(".dev.json.0123abcd.tmp"), locks / ".dev.0123abcd.tmp"]
    others = [desk.state.with_name(".dev.json.json.0123abcd.tmp"), locks / ".dev.x.0123abcd.tmp"]  # of the stacks `dev.json` and `dev.x`
    for path in (*left, *others):
        path.write_text("{")
    desk.up(with_secret())
    assert [path.exists() for path in (*left, *others)] == [False, False, True, True]
