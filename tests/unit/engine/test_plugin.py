"""A provider as a Pulumi plugin: what an engine says over gRPC, and what it gets back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from liftlock_engine.plugin.install import install, sdk_version
from liftlock_engine.plugin.packages import Package, open_package
from liftlock_engine.plugin.serving import start
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.signatures import UNKNOWN_TEXT
from liftlock_engine.values import UNKNOWN, PropertyMap, Secret, Value
from liftlock_engine.wire import read_struct, write_struct
from tests.fakes.things import TYPE, Things

URN = f"urn:pulumi:dev::shop::{TYPE}::box"
NOTHING = empty_pb2.Empty()


@dataclass
class Line:
    """An engine's line to a plugin, and the world behind it."""

    things: Things
    call: Any  # the generated stub has no types

    def create(self, inputs: PropertyMap, *, preview: bool = False) -> Any:
        """A create of `box`."""
        return self.call.Create(provider_pb2.CreateRequest(urn=URN, type=TYPE, properties=write_struct(inputs), preview=preview))

    def check(self, inputs: PropertyMap, olds: PropertyMap | None = None) -> Any:
        """A check of `box`."""
        olds = {} if olds is None else olds
        request = provider_pb2.CheckRequest(urn=URN, type=TYPE, olds=write_struct(olds), news=write_struct(inputs), randomSeed=b"\1\2\3\4")
        return self.call.Check(request)

    def diff(self, old: PropertyMap, new: PropertyMap, *ignore: str) -> Any:
        """A diff of `box`, whose outputs say something else than its inputs."""
        outputs = write_struct({**old, "stamp": "made"})
        request = provider_pb2.DiffRequest(
            id="1", urn=URN, type=TYPE, olds=outputs, old_inputs=write_struct(old), news=write_struct(new), ignoreChanges=ignore
        )
        return self.call.Diff(request)

    def refused(self, method: str, request: Any) -> tuple[grpc.StatusCode, str]:
        """The code and the words of a call that fails."""
        with pytest.raises(grpc.RpcError) as raised:
            getattr(self.call, method)(request)
        error: Any = raised.value
        return error.code(), error.details()


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """A plugin on the fake provider."""
    things = Things(tmp_path / "world")
    yield from _line(Package("fake", "1.2.3", things, lambda: {"name": "fake"}), things)


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[Line]:
    """A plugin on the docker provider; nothing here reaches Docker."""
    yield from _line(open_package("docker", "5.2.0", ("owner",)), Things(tmp_path / "none"))


def _line(package: Package, things: Things) -> Iterator[Line]:
    server, port = start(package)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Line(things, provider_pb2_grpc.ResourceProviderStub(channel))
    server.stop(None).wait()


def test_handshake_asks_for_plain_values_only(line: Line) -> None:
    answer = line.call.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert not (answer.accept_secrets or answer.accept_resources or answer.accept_outputs)


def test_plugin_tells_its_version_and_its_schema(line: Line) -> None:
    assert line.call.GetPluginInfo(NOTHING).version == "1.2.3"
    assert json.loads(line.call.GetSchema(provider_pb2.GetSchemaRequest()).schema) == {"name": "fake"}


@pytest.mark.parametrize("method", ["Parameterize", "Construct", "Call", "GetMapping"])
def test_what_a_provider_does_not_have_is_unimplemented(line: Line, method: str) -> None:
    request = getattr(provider_pb2, f"{method}Request")()
    assert line.refused(method, request)[0] is grpc.StatusCode.UNIMPLEMENTED


def test_check_completes_inputs_and_takes_empty_old_inputs_for_none(line: Line) -> None:
    assert read_struct(line.check({"size": 1}).inputs) == {"size": 1, "name": "box-0102030", "__defaults": ["name"]}
    assert read_struct(line.check({"size": 1}, {"name": "box-old"}).inputs)["name"] == "box-old"


def test_check_keeps_unknown_values_of_every_type(line: Line) -> None:
    unknown_number = "3eeb2bf0-c639-47a8-9e75-3b44932eb421"
    checked = read_struct(line.check({"name": "a", "size": unknown_number, "kind": UNKNOWN}).inputs)
    assert checked["size"] is UNKNOWN
    assert checked["kind"] is UNKNOWN


def test_check_gives_failures_by_property(line: Line) -> None:
    answer = line.check({"size": -1})
    assert [(failure.property, failure.reason) for failure in answer.failures] == [("size", "a size is not negative")]


def test_diff_says_kinds_replacements_and_order(line: Line) -> None:
    kinds = provider_pb2.PropertyDiff
    answer = line.diff({"name": "a", "size": 1, "kind": "x"}, {"name": "a", "kind": "y", "uses": "z"})
    assert {path: item.kind for path, item in answer.detailedDiff.items()} == {
        "size": kinds.DELETE,
        "kind": kinds.UPDATE_REPLACE,
        "uses": kinds.ADD_REPLACE,
    }
    assert (list(answer.diffs), list(answer.replaces)) == (["kind", "size", "uses"], ["kind", "uses"])
    assert answer.hasDetailedDiff
    assert answer.deleteBeforeReplace
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME


def test_diff_without_a_difference_says_so_and_compares_inputs_with_inputs(line: Line) -> None:
    assert line.diff({"name": "a"}, {"name": "a"}).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert line.diff({"name": "a"}, {"name": "a", "size": 2}, "size").changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_object_lives_through_create_read_update_and_delete(line: Line) -> None:
    made = line.create({"name": "a", "size": 1})
    assert read_struct(made.properties)["stamp"] == f"made as {made.id}"
    empty = write_struct({})
    seen = line.call.Read(provider_pb2.ReadRequest(id=made.id, urn=URN, type=TYPE, inputs=empty, properties=made.properties))
    assert (seen.id, read_struct(seen.inputs)["size"]) == (made.id, 1)
    common = {"id": made.id, "urn": URN, "type": TYPE, "old_inputs": write_struct({"name": "a", "size": 1})}
    news = write_struct({"name": "a", "size": 2})
    assert read_struct(line.call.Update(provider_pb2.UpdateRequest(olds=made.properties, news=news, **common)).properties)["size"] == 2
    line.call.Delete(provider_pb2.DeleteRequest(properties=made.properties, **common))
    assert line.things.objects() == {}
    gone = line.call.Read(provider_pb2.ReadRequest(id=made.id, urn=URN, type=TYPE, properties=made.properties))
    assert gone.id == ""


def test_previews_foresee_and_make_nothing(line: Line) -> None:
    foreseen = line.create({"name": "a", "size": UNKNOWN}, preview=True)
    assert read_struct(foreseen.properties) == {"name": "a", "size": UNKNOWN, "stamp": UNKNOWN}
    assert line.things.objects() == {}
    made = line.create({"name": "a", "size": 1})
    request = provider_pb2.UpdateRequest(
        id=made.id, urn=URN, type=TYPE, olds=made.properties, news=write_struct({"name": "a", "size": 2}), preview=True
    )
    assert read_struct(line.call.Update(request).properties)["size"] == 2
    assert line.things.objects()["a"]["inputs"]["size"] == 1


def test_providers_never_see_a_secrets_wrapper(line: Line) -> None:
    assert read_struct(line.create({"name": "a", "kind": Secret("s3")}).properties)["kind"] == "s3"


def test_old_engines_say_the_type_in_the_urn_only(docker: Line) -> None:
    urn = "urn:pulumi:dev::shop::my:index:Part$docker:index/volume:Volume::v"
    answer = docker.call.Check(provider_pb2.CheckRequest(urn=urn, news=write_struct({"name": "v"})))
    assert not answer.failures


def test_failures_keep_the_providers_words(line: Line) -> None:
    line.create({"name": "a"})
    request = provider_pb2.CreateRequest(urn=URN, type=TYPE, properties=write_struct({"name": "a"}))
    assert line.refused("Create", request) == (grpc.StatusCode.FAILED_PRECONDITION, "the name a is taken")


def test_an_unreachable_service_leaves_the_object_in_doubt(line: Line) -> None:
    line.things.reachable = False
    request = provider_pb2.CreateRequest(urn=URN, type=TYPE, properties=write_struct({"name": "a"}))
    assert line.refused("Create", request) == (grpc.StatusCode.UNKNOWN, "the world does not answer")


def test_a_failed_create_is_a_plain_failure_and_never_a_partial_one(line: Line) -> None:
    def fail(verb: str, urn: str) -> None:
        if verb == "created":
            raise ProviderError("it does not get well")

    line.things.hook = fail
    with pytest.raises(grpc.RpcError) as raised:
        line.create({"name": "a"})
    error: Any = raised.value
    assert "grpc-status-details-bin" not in dict(error.trailing_metadata() or ())
    assert line.things.objects() == {}


def test_functions_answer_and_unknown_ones_are_named(line: Line) -> None:
    answer = line.call.Invoke(provider_pb2.InvokeRequest(tok="fake:index:count", args=write_struct({})))
    assert read_struct(getattr(answer, "return")) == {"count": 0}
    code, words = line.refused("Invoke", provider_pb2.InvokeRequest(tok="fake:index:other", args=write_struct({})))
    assert (code, words) == (grpc.StatusCode.FAILED_PRECONDITION, "no function fake:index:other")


def test_assets_are_refused_by_name(line: Line) -> None:
    asset: Value = {"4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", "text": "x"}
    request = provider_pb2.CreateRequest(urn=URN, type=TYPE, properties=write_struct({"name": "a", "kind": asset}))
    code, words = line.refused("Create", request)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "assets" in words


def test_cancel_reaches_the_provider_and_the_plugin_still_answers(line: Line) -> None:
    line.call.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    line.call.Cancel(NOTHING)
    assert line.things.cancelled.is_set()
    assert line.call.GetPluginInfo(NOTHING).version == "1.2.3"


def test_options_of_the_docker_provider_are_checked_and_compared(docker: Line) -> None:
    def config(**options: Any) -> Any:
        return write_struct({"version": "5.2.0", **options})

    assert not docker.call.CheckConfig(provider_pb2.CheckRequest(news=config(host="unix:///run/docker.sock"))).failures
    assert not docker.call.CheckConfig(provider_pb2.CheckRequest(news=config(host=UNKNOWN_TEXT))).failures
    refused = docker.call.CheckConfig(provider_pb2.CheckRequest(news=config(sshOpts=["-p", "22"]))).failures
    assert "sshOpts" in refused[0].reason
    answer = docker.call.DiffConfig(provider_pb2.DiffRequest(old_inputs=config(host="tcp://a:1"), news=config(host="tcp://b:1")))
    assert (list(answer.diffs), list(answer.replaces)) == (["host"], [])
    assert docker.call.Configure(provider_pb2.ConfigureRequest(args=config(host="unix:///run/docker.sock"))).supportsPreview
    code, words = docker.refused("Configure", provider_pb2.ConfigureRequest(args=config(host="ssh://there")))
    assert (code, "ssh://there" in words) == (grpc.StatusCode.FAILED_PRECONDITION, True)


def test_docker_schema_describes_what_the_provider_takes(docker: Line) -> None:
    schema = json.loads(docker.call.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    container = schema["resources"]["docker:index/container:Container"]
    assert (schema["name"], schema["version"], container["requiredInputs"]) == ("docker", "5.2.0", ["image"])
    assert "gpus" not in container["inputProperties"]
    assert container["inputProperties"]["envs"]["willReplaceOnChanges"]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The installed executable, started as an engine does."""
    executable = install(tmp_path / "home", owner_labels=("a label",))
    assert executable == tmp_path / "home" / "plugins" / f"resource-docker-v{sdk_version()}" / "pulumi-resource-docker"
    pipe = subprocess.PIPE
    with subprocess.Popen([executable, "127.0.0.1:1"], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path) as started:
        yield started
        started.kill()


def _version_over(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        return str(provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(NOTHING).version)


def test_executable_prints_its_port_and_nothing_else_and_ends_on_the_engines_signal(process: subprocess.Popen[str]) -> None:
    assert _version_over(process) == sdk_version()
    process.terminate()
    assert process.wait(20) == 0
    assert process.stdout is not None
    assert process.stderr is not None
    assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_executable_ends_when_its_engine_is_gone(process: subprocess.Popen[str]) -> None:
    assert _version_over(process) == sdk_version()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(20) == 0


def test_installing_again_changes_nothing(tmp_path: Path) -> None:
    first = install(tmp_path).stat()
    assert install(tmp_path).stat().st_ino == first.st_ino


def test_plugin_process_does_without_the_rest_of_the_sdk() -> None:
    program = (
        "from liftlock_engine.plugin.bare_protocol import import_protocol_only; import_protocol_only();"
        "import liftlock_engine.plugin.serving, sys;"
        "assert 'pulumi.runtime.proto.provider_pb2' in sys.modules;"
        "assert 'pulumi.resource' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
