"""The Pulumi CLI and the embedded engine take stacks over from each other, at any point: one state, one configuration, one passphrase."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from liftlock_engine import LockedError, StackName
from tests.conformance.cases import docker_says
from tests.conformance.cli import NEEDS_CLI
from tests.conformance.facts import checkpoint_resources
from tests.conformance.hands import CONFIG, ENGINES, PASSPHRASE, PROJECT, STACK, Hands, Shop, configured, join_hands, soon

pytestmark = [*NEEDS_CLI, pytest.mark.usefixtures("no_leftovers")]
NO_IMAGE = "sha256:" + "0" * 64


@pytest.mark.parametrize("maker", ENGINES)
def test_what_one_engine_made_the_other_takes_over(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", Shop()).changes == {"create": 5}
    for operation, program in (("preview", Shop()), ("up", Shop()), ("refresh", None), ("preview_refresh", None)):
        done = second.run(operation, program)
        assert done.unchanged, (operation, done)
        assert (done.errors, done.warnings) == ("", "")
    assert second.run("up", Shop(memory=64, more=True)).changes == {"create": 1, "same": 4, "update": 1}
    assert first.run("preview", Shop(memory=64, more=True)).unchanged
    assert first.run("up", Shop(internal=True)).changes == {"delete": 1, "replace": 2, "same": 3}
    done = second.run("destroy")
    assert (done.succeeded, done.errors, done.warnings) == (True, "", "")
    assert docker_says("ps", "-aq", "--filter", "name=ref-hand-") == ""


@pytest.mark.parametrize("maker", ENGINES)
def test_after_a_failed_run_the_other_engine_goes_on(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    failed = first.run("up", Shop(image=NO_IMAGE))
    assert not failed.succeeded
    assert "is not on this machine" in failed.errors
    done = second.run("up", Shop())
    assert (done.changes, done.errors) == ({"create": 1, "same": 4}, "")
    assert first.run("preview", Shop()).unchanged
    assert second.run("destroy").succeeded


@pytest.mark.parametrize("maker", ENGINES)
def test_a_replacement_that_one_engine_began_the_other_ends(hands: Hands, maker: str) -> None:
    first, second = hands.both(maker)
    assert first.run("up", Shop()).succeeded
    assert not first.run("up", Shop(image=NO_IMAGE)).succeeded
    marked = [resource["urn"] for resource in _resources(hands) if resource.get("pendingReplacement")]
    assert [urn.rsplit("::", 1)[1] for urn in marked] == ["box"]
    assert docker_says("ps", "-aq", "--filter", "name=ref-hand-box") == ""
    assert second.run("up", Shop()).succeeded
    assert first.run("preview", Shop()).unchanged
    assert second.run("refresh").unchanged
    assert first.run("destroy").succeeded


@pytest.mark.parametrize("maker", ENGINES)
def test_a_killed_run_holds_its_lock_and_the_other_engine_cleans_up_after_it(hands: Hands, maker: str) -> None:
    with hands.running(maker, "up", Shop(waits=True), lambda: docker_says("ps", "-q", "--filter", "name=ref-hand-box") != "") as run:
        (holder,) = hands.holders
        for engine in ENGINES:
            assert f"{holder.pid}" in _refused(hands, engine), engine
        hands.kill(run)
    assert hands.pending == ["creating"]
    if maker == "embedded":
        assert f"pid {holder.pid}" in _refused(hands, "pulumi")  # the CLI frees no lock by itself
        hands.cli.stack("cancel", "--yes", STACK)
    first, second = hands.both(maker)
    assert soon(lambda: second.run("up", Shop()).succeeded)
    assert maker == "embedded" or any(f"process {holder.pid}" in said for said in hands.embedded.told)
    assert hands.embedded.run("up", Shop()).unchanged
    assert len(docker_says("ps", "-aq", "--filter", "name=ref-hand-").split()) == 1
    assert first.run("destroy").succeeded
    assert docker_says("ps", "-aq", "--filter", "name=ref-hand-") == ""


def test_lock_of_another_machines_cli_stays(hands: Hands) -> None:
    hands.embedded.run("up", Shop(image=NO_IMAGE))
    folder = hands.cli.stack.checkpoint.parents[2] / "locks" / "organization" / PROJECT / STACK
    theirs = folder / "5a0e7a4c-9d2e-4a52-9d5b-1f3d5d0a7c11.json"
    theirs.write_text('{"pid":1,"username":"ann","hostname":"elsewhere","timestamp":"2026-01-02T03:04:05.000000006Z"}')
    assert "ann@elsewhere" in _refused(hands, "embedded")
    assert "ann@elsewhere" in _refused(hands, "pulumi")
    hands.cli.stack("cancel", "--yes", STACK)
    assert hands.embedded.run("destroy").succeeded


def test_cli_commands_say_of_an_embedded_stack_what_they_say_of_their_own(tmp_path: Path) -> None:
    said, left, kept = {}, {}, {}
    for maker in ENGINES:
        with join_hands(tmp_path / maker) as hands:
            if maker == "embedded":
                configured(hands.embedded.engine)
            else:
                hands.cli.stack.configure(CONFIG)
            for operation, program in (("up", Shop()), ("up", Shop()), ("up", Shop(more=True)), ("refresh", None)):
                assert hands.hand(maker).run(operation, program).succeeded
            assert not hands.hand(maker).run("up", Shop(more=True, image=NO_IMAGE)).succeeded
            said[maker], left[maker] = _told_by_commands(hands), _files(hands)
            assert hands.hand(maker).run("destroy").succeeded
            if maker == "embedded":
                hands.embedded.engine.remove(StackName(PROJECT, STACK))
            else:
                hands.cli.stack("stack", "rm", "--yes", STACK)
            kept[maker] = [*_files(hands), hands.embedded.engine.backend.config_path(StackName(PROJECT, STACK)).exists()]
    assert said["embedded"] == said["pulumi"]
    assert left["embedded"] == left["pulumi"]
    assert kept["embedded"] == kept["pulumi"]


def test_an_export_of_an_embedded_stack_is_imported_and_nothing_changes(hands: Hands) -> None:
    hands.embedded.run("up", Shop())
    cli = hands.cli.stack
    exported = cli.folder / "exported.json"
    cli("stack", "export", "--stack", STACK, "--file", str(exported))
    cli("stack", "import", "--stack", STACK, "--file", str(exported))
    assert hands.cli.run("preview", Shop()).unchanged
    assert hands.embedded.run("up", Shop()).unchanged
    assert hands.embedded.run("destroy").succeeded


def test_configuration_set_by_the_cli_reaches_the_embedded_engine(hands: Hands) -> None:
    assert hands.embedded.run("up", Shop()).succeeded
    cli = hands.cli.stack
    for words in (("shop:greeting", "good day"), ("--secret", "shop:password", "owl-3"), ("--path", "shop:data.list[0]", "7")):
        cli("config", "set", "--stack", STACK, *words)
    assert hands.embedded.run("up", Shop()).changes["replace"] == 1  # the password is in the container's environment
    assert json.loads(cli("stack", "output", "--stack", STACK, "--json", "--show-secrets"))["password"] == "owl-3"
    assert hands.cli.run("up", Shop()).unchanged
    theirs, ours = json.loads(cli("stack", "history", "--stack", STACK, "--json", "--show-secrets"))[:2]
    assert ours["config"] == theirs["config"]
    assert ours["config"]["shop:password"]["value"] == "owl-3"
    assert hands.embedded.run("destroy").succeeded


def _told_by_commands(hands: Hands) -> dict[str, Any]:
    """What commands print, without times, ids and ciphertexts."""
    cli = hands.cli.stack

    def ask(*args: str) -> Any:
        return json.loads(cli(*args, "--stack", STACK, "--json"))

    listed = json.loads(cli("stack", "ls", "--json"))
    exported = json.loads(cli("stack", "export", "--stack", STACK, "--show-secrets"))
    entries = ask("stack", "history", "--show-secrets")
    return {
        "ls": [{key: value for key, value in stack.items() if key not in ("lastUpdate", "current")} for stack in listed],
        "output": (ask("stack", "output"), ask("stack", "output", "--show-secrets")),
        "config": (ask("config"), ask("config", "--show-secrets"), cli("config", "get", "shop:password", "--stack", STACK)),
        "history": [{key: entry[key] for key in ("kind", "result", "resourceChanges", "config")} for entry in entries],
        "history keys": [sorted(entry) for entry in entries],
        "export": sorted(exported["deployment"].keys() - {"metadata"}),
        "resources": [
            (item["urn"], item["type"], sorted(item.keys() - {"sourcePosition", "stackTrace"}), _bare(item.get("inputs")))
            for item in sorted(exported["deployment"]["resources"], key=lambda item: str(item["urn"]))
        ],
    }


def _bare(value: Any) -> Any:
    return json.loads(re.sub(r"[0-9a-f]{64}", "<id>", json.dumps(value)))


def _files(hands: Hands) -> dict[str, list[str]]:
    """The kinds of files in the state's folder, and the keys that each kind has at its top."""
    base = hands.cli.stack.checkpoint.parents[2]
    found: dict[str, list[str]] = {}
    for path in sorted(path for path in base.rglob("*") if path.is_file()):
        name = re.sub(r"\d{10,}", "<moment>", str(path.relative_to(base)))
        text = path.read_text()
        keys = sorted(json.loads(text)) if text.startswith("{") else [text]
        found[name] = keys
    return found


def _resources(hands: Hands) -> tuple[Any, ...]:
    return checkpoint_resources(hands.cli.stack.checkpoint, PASSPHRASE)


def _refused(hands: Hands, engine: str) -> str:
    """What an engine says that may not start, whatever it is to do."""
    said = ""
    for operation, program in (("refresh", None), ("destroy", None), ("up", Shop())):
        if engine == "embedded":
            with pytest.raises(LockedError) as raised:
                hands.embedded.run(operation, program)
            said = str(raised.value)
        else:
            done = hands.cli.run(operation, program)
            assert not done.succeeded
            assert "the stack is currently locked" in done.errors
            said = done.errors
    return said
