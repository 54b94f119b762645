"""Containers on the real engine: made as asked, seen as they are, changed, removed, and nothing left behind on failure."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock_engine.providers.docker import DockerProvider
from liftlock_engine.providers.docker.diff import diff_inputs
from liftlock_engine.providers.port import ProviderError, UnreachableError
from tests.integration.docker_provider.conftest import CONTAINER, NETWORK, OWNER, VOLUME, Yard, urn

pytestmark = [pytest.mark.docker, pytest.mark.timeout(120)]


def test_an_untouched_container_reads_as_declared(yard: Yard) -> None:
    yard.create(NETWORK, "net")
    yard.create(VOLUME, "vol")
    inputs, made = yard.container(
        envs=["A=1", "B=two"],
        restart="unless-stopped",
        memory=64,
        user="boatman",
        workingDir="/tmp",
        networksAdvanced=[{"name": yard.name("net"), "aliases": ["box"]}],
        volumes=[{"volumeName": yard.name("vol"), "containerPath": "/data"}, {"containerPath": "/scratch"}],
        mounts=[{"target": "/mnt", "type": "tmpfs", "tmpfsOptions": {"sizeBytes": 1048576}}],
        ports=[{"internal": 8081}, {"internal": 8080, "ip": "127.0.0.1"}],
        healthcheck={"tests": ["CMD", "true"], "interval": "90s", "timeout": "1s", "retries": 3, "startInterval": "1s"},
        tmpfs={"/run": "size=1m"},
        hosts=[{"host": "lock", "ip": "10.1.2.3"}],
        capabilities={"adds": ["NET_ADMIN"], "drops": ["CHOWN"]},
        ulimits=[{"name": "nofile", "soft": 64, "hard": 128}],
        dns=["1.1.1.1"],
        groupAdds=["20"],
        sysctls={"net.core.somaxconn": "64"},
        logOpts={"max-size": "1m"},
        shmSize=32,
        stopTimeout=3,
        init=True,
        readOnly=True,
        hostname="lock",
    )
    seen = yard.read(CONTAINER, made.id, inputs)
    assert seen.id == made.id
    assert seen.inputs == inputs
    outputs: Any = made.outputs
    assert [port["internal"] for port in outputs["ports"]] == [8081, 8080]
    assert all(port["external"] >= 1024 for port in outputs["ports"])
    assert outputs["networkDatas"][0]["ipAddress"]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    envs=st.dictionaries(st.sampled_from("ABCD"), st.text("xyz= ", max_size=5)),
    labels=st.dictionaries(st.sampled_from(["a", "b.c"]), st.text("xyz", max_size=3)),
    extra=st.fixed_dictionaries({}, optional={"memory": st.integers(8, 64), "tty": st.booleans(), "entrypoints": st.just(["sleep"])}),
)
def test_any_reasonable_container_reads_as_declared(
    yard: Yard, envs: dict[str, str], labels: dict[str, str], extra: dict[str, Any]
) -> None:
    told = [*yard.labels, *({"label": label, "value": value} for label, value in labels.items())]
    command = {"command": ["1000"]} if "entrypoints" in extra else {}
    envs_said = [f"{name}={value}" for name, value in envs.items()]
    inputs, made = yard.container(envs=envs_said, labels=told, start=False, **(extra | command))
    assert yard.read(CONTAINER, made.id, inputs).inputs == inputs
    yard.delete(CONTAINER, made.id, inputs)


def test_changes_by_hand_show_at_their_properties(yard: Yard) -> None:
    yard.create(NETWORK, "net")
    inputs, made = yard.container(memory=64, restart="no")
    yard.api.update_container(made.id, mem_limit="128m", memswap_limit=-1, restart_policy={"Name": "always"})
    yard.api.connect_container_to_network(made.id, yard.name("net"))
    yard.api.disconnect_container_from_network(made.id, "bridge")
    seen = yard.read(CONTAINER, made.id, inputs)
    assert set(diff_inputs(CONTAINER, inputs, seen.inputs).diffs) == {"memory", "restart", "networksAdvanced"}
    assert seen.inputs["memory"] == 128


def test_a_change_by_hand_is_repaired_in_place(yard: Yard) -> None:
    inputs, made = yard.container(memory=64)
    yard.api.update_container(made.id, mem_limit="128m", memswap_limit=-1)
    seen = yard.read(CONTAINER, made.id, inputs)
    outputs = yard.provider.update(urn(CONTAINER, "box"), CONTAINER, made.id, seen.inputs, seen.outputs, inputs)
    assert outputs["memory"] == 64
    assert yard.read(CONTAINER, made.id, inputs).inputs == inputs


@pytest.mark.parametrize("how", ["stop", "pause"])
def test_a_stopped_container_is_seen_and_started_again(yard: Yard, how: str) -> None:
    inputs, made = yard.container()
    if how == "stop":
        yard.api.stop(made.id, timeout=0)
    else:
        yard.api.pause(made.id)
    seen = yard.read(CONTAINER, made.id, inputs)
    assert seen.inputs["mustRun"] is False
    assert seen.outputs["exitCode"] == (137 if how == "stop" else 0)
    yard.provider.update(urn(CONTAINER, "box"), CONTAINER, made.id, seen.inputs, seen.outputs, inputs)
    assert yard.read(CONTAINER, made.id, inputs).inputs == inputs
    assert yard.api.inspect_container(made.id)["State"]["Status"] == "running"


def test_a_container_recreated_by_hand_is_found_by_name_and_labels(yard: Yard) -> None:
    inputs, made = yard.container(envs=["A=1"])
    yard.api.remove_container(made.id, force=True)
    body = {"Image": yard.image, "Cmd": ["sleep", "1000"], "Env": ["A=2"], "Labels": {OWNER: yard.token}}
    again = yard.raw(body, yard.name("box"))
    yard.api.start(again)
    seen = yard.read(CONTAINER, made.id, inputs)
    assert seen.id == again
    assert set(diff_inputs(CONTAINER, inputs, seen.inputs).detailed) == {"envs[0]"}
    assert yard.provider.locate(urn(CONTAINER, "box"), CONTAINER, inputs) == again


def test_a_strangers_container_of_the_same_name_is_not_taken_for_ours(yard: Yard) -> None:
    inputs = yard.checked(CONTAINER, "box")
    yard.raw({"Image": yard.image, "Labels": {}}, yard.name("box"))
    assert yard.read(CONTAINER, "0" * 64, inputs).id is None
    assert yard.provider.locate(urn(CONTAINER, "box"), CONTAINER, inputs) is None
    with pytest.raises(ProviderError, match="which is not ours"):
        yard.provider.create(urn(CONTAINER, "box"), CONTAINER, inputs)
    assert yard.containers() == [yard.name("box")]


def test_what_an_interrupted_run_left_under_our_name_makes_room(yard: Yard) -> None:
    body = {"Image": yard.image, "Cmd": ["sleep", "1000"], "Labels": {OWNER: yard.token}}
    left = yard.raw(body, yard.name("box"))
    inputs, made = yard.container()
    assert made.id != left
    assert yard.read(CONTAINER, made.id, inputs).inputs == inputs


def test_a_job_is_waited_for_and_its_exit_code_and_log_are_recorded(yard: Yard) -> None:
    inputs, made = yard.container(command=["sh", "-c", "echo done"], attach=True, logs=True, mustRun=False)
    assert made.outputs["exitCode"] == 0
    assert made.outputs["containerLogs"] == "done\n"
    assert yard.read(CONTAINER, made.id, inputs).inputs == inputs


def test_a_finite_job_leaves_its_record_and_no_container(yard: Yard) -> None:
    _, made = yard.container(command=["sh", "-c", "echo $WHO"], envs=["WHO=lock"], attach=True, logs=True, mustRun=False, rm=True)
    assert (made.outputs["exitCode"], made.outputs["containerLogs"]) == (0, "lock\n")
    assert yard.containers() == []


def test_uploaded_files_are_there_before_the_start(yard: Yard) -> None:
    _, made = yard.container(
        command=["sh", "-c", "cat /etc/motd; /tmp/run"],
        uploads=[{"file": "/etc/motd", "content": "hello "}, {"file": "/tmp/run", "content": "#!/bin/sh\necho there", "executable": True}],
        attach=True,
        logs=True,
        mustRun=False,
    )
    assert made.outputs["containerLogs"] == "hello there\n"


def test_waiting_ends_when_the_container_is_healthy(yard: Yard) -> None:
    started = time.monotonic()
    yard.container(wait=True, healthcheck={"tests": ["CMD", "true"], "interval": "200ms", "timeout": "1s"})
    assert time.monotonic() - started < 25


@pytest.mark.parametrize(
    "check",
    [["CMD", "cat", "/tmp/ready"], ["CMD-SHELL", 'test "$WANTED" = "$(cat /tmp/ready)"']],
)
def test_waiting_does_not_wait_for_dockers_first_interval(yard: Yard, check: list[str]) -> None:
    _, made = yard.container(
        command=["sh", "-c", "sleep 0.3; printf yes > /tmp/ready; exec sleep 600"],
        envs=["WANTED=yes"],
        wait=True,
        waitTimeout=60,
        healthcheck={"tests": check, "interval": "300s", "timeout": "5s"},
    )
    assert yard.api.inspect_container(made.id)["State"]["Health"]["Status"] == "starting"


FAILURES: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    (
        {"command": ["sh", "-c", "echo token $API_TOKEN is bad; exit 3"], "envs": ["API_TOKEN=s3cr3t"]},
        ("ended right after its start", "exit code 3", "token [masked] is bad"),
    ),
    ({"command": ["no-such-program"]}, ("does not start", "no-such-program")),
    (
        {
            "wait": True,
            "healthcheck": {"tests": ["CMD-SHELL", "echo not yet; exit 1"], "interval": "100ms", "timeout": "5s", "retries": 2},
        },
        ("its health check fails", "not yet"),
    ),
    (
        {"wait": True, "waitTimeout": 1, "healthcheck": {"tests": ["CMD", "false"], "interval": "100ms", "timeout": "5s", "retries": 500}},
        ("not healthy within 1 s",),
    ),
    (
        {"wait": True, "command": ["sh", "-c", "sleep 0.2; exit 4"], "healthcheck": {"tests": ["CMD", "false"], "interval": "9s"}},
        ("ended before it was healthy", "exit code 4"),
    ),
    (
        {
            "wait": True,
            "waitTimeout": 30,
            "healthcheck": {"tests": ["CMD", "sleep", "600"], "interval": "100ms", "timeout": "200ms", "retries": 2},
        },
        ("its health check fails",),
    ),
    ({"wait": True}, ("neither the resource nor the image has a health check",)),
    ({"command": ["sh", "-c", "exit 9"], "attach": True}, ("it failed", "exit code 9")),
    ({"command": ["sh", "-c", "exit 9"], "attach": True, "mustRun": False}, ("it failed", "exit code 9")),
    ({"command": ["sh", "-c", "exit 5"], "restart": "always"}, ("ended right after its start",)),
    ({"networksAdvanced": [{"name": "lltp-no-such-network"}]}, ("there is no network 'lltp-no-such-network'",)),
]


@pytest.mark.parametrize(("inputs", "words"), FAILURES, ids=[words[0][:30] for _, words in FAILURES])
def test_a_failed_start_says_why_and_leaves_nothing(yard: Yard, inputs: dict[str, Any], words: tuple[str, ...]) -> None:
    said = _failure(yard, inputs)
    for word in words:
        assert word in said
    assert yard.name("box") in said
    assert "s3cr3t" not in said
    assert yard.containers() == []


def _failure(yard: Yard, inputs: dict[str, Any]) -> str:
    """Why the container does not start. On a busy machine one that is about to end may outlive the look at it: then once more."""
    for _ in range(5):
        try:
            yard.container(**inputs)
        except ProviderError as err:
            return str(err)
        yard.clear()
    pytest.fail("the container started five times")


def test_a_port_in_use_names_who_has_it(yard: Yard) -> None:
    _, made = yard.container("first", ports=[{"internal": 80, "ip": "127.0.0.1"}])
    outputs: Any = made.outputs
    port = outputs["ports"][0]["external"]
    with pytest.raises(ProviderError, match=f"port 127.0.0.1:{port} is taken by container {yard.name('first')}"):
        yard.container("second", ports=[{"internal": 80, "external": port, "ip": "127.0.0.1"}])
    assert yard.containers() == [yard.name("first")]


def test_a_port_of_another_program_is_told_apart(yard: Yard) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ProviderError, match="is taken by another program"):
            yard.container(ports=[{"internal": 80, "external": port, "ip": "127.0.0.1"}])
    assert yard.containers() == []


@pytest.mark.parametrize(
    ("image", "words"),
    [("sha256:" + "0" * 64, "an image id cannot be pulled"), ("127.0.0.1:1/shop/api@sha256:" + "0" * 64, "127.0.0.1:1 does not answer")],
)
def test_an_image_that_cannot_be_had_says_what_to_do(yard: Yard, image: str, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        yard.container(image=image)
    assert yard.containers() == []


def test_a_tag_and_an_id_of_one_image_are_the_same(yard: Yard) -> None:
    inputs, made = yard.container(image="liftlock-test/tiny:1")
    assert yard.read(CONTAINER, made.id, inputs).inputs == inputs
    by_id = {**inputs, "image": yard.image}
    assert yard.read(CONTAINER, made.id, by_id).inputs == by_id
    assert yard.read(CONTAINER, made.id, {**inputs, "image": yard.other_image}).inputs["image"] == yard.image


def test_cancelling_ends_a_wait_soon_and_leaves_nothing(yard: Yard) -> None:
    timer = threading.Timer(0.8, yard.provider.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(ProviderError, match="cancelled"):
        yard.container(wait=True, healthcheck={"tests": ["CMD", "false"], "interval": "30s"})
    timer.join()
    assert time.monotonic() - started < 25
    assert yard.containers() == []


def test_removal_is_idempotent_and_keeps_the_grace(yard: Yard) -> None:
    command = ["sh", "-c", 'trap "exit 0" TERM; echo > /tmp/ready; while true; do sleep 0.1; done']
    healthcheck = {"tests": ["CMD", "cat", "/tmp/ready"], "interval": "100ms", "timeout": "5s", "retries": 100}
    inputs, made = yard.container(command=command, destroyGraceSeconds=60, wait=True, healthcheck=healthcheck)
    started = time.monotonic()
    yard.delete(CONTAINER, made.id, inputs)
    yard.delete(CONTAINER, made.id, inputs)
    assert time.monotonic() - started < 30
    assert yard.read(CONTAINER, made.id, inputs).id is None


def test_many_containers_at_once(yard: Yard) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda n=n: made.append(yard.container(f"box{n}", start=False)[1].id)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 12


def test_a_daemon_that_is_gone_is_unreachable_and_not_an_absent_container() -> None:
    provider = DockerProvider("unix:///nonexistent/docker.sock")
    with pytest.raises(UnreachableError, match="does not answer"):
        provider.read(urn(CONTAINER, "x"), CONTAINER, "0" * 64, {"name": "x"}, None)


def test_a_daemon_that_goes_away_in_the_middle_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    version = b'{"ApiVersion": "1.41"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(version), version)

    def answer_once(daemon: socket.socket) -> None:
        daemon.accept()[0].close()  # the knock
        with daemon.accept()[0] as caller:
            caller.recv(4096)
            daemon.close()  # and no more: the daemon is gone
            caller.sendall(answer)

    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(path))
        daemon.listen()
        thread = threading.Thread(target=answer_once, args=(daemon,))
        thread.start()
        provider = DockerProvider(f"unix://{path}")
        with pytest.raises(UnreachableError, match="does not answer while looking at container"):
            provider.read(urn(CONTAINER, "x"), CONTAINER, "0" * 64, {"name": "x"}, None)
        thread.join()
        provider.close()
