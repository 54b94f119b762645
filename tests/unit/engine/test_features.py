"""Stack references, transforms, messages and functions. tests/conformance/test_features.py compares the same with the real engine."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from liftlock_engine import EventKind, Operation, StackName
from liftlock_engine.providers.port import ProviderError
from liftlock_engine.references import parse_reference
from liftlock_engine.values import UNKNOWN, Secret
from tests.conformance.features.transforms import order_of_transforms
from tests.conformance.features.turns import opts
from tests.fakes.things import Thing
from tests.unit.engine.conftest import Desk

# --- stack references ---


def test_a_stack_reference_gives_outputs_and_keeps_secrets_secret(desk: Desk) -> None:
    other = StackName("ground", "base")

    def gives() -> None:
        pulumi.export("size", 3)
        pulumi.export("word", pulumi.Output.secret("hush"))

    def takes() -> None:
        found = pulumi.StackReference("organization/ground/base")
        pulumi.export("size", found.require_output("size"))
        pulumi.export("word", found.get_output("word"))
        pulumi.export("none", found.get_output("nothing"))

    desk.engine.run(Operation.UP, other, gives)
    result = desk.up(takes)
    assert result.outputs == {"size": 3, "word": Secret("hush")}
    assert desk.asked == 2, "once for each run"
    assert "hush" not in desk.state.read_text()
    reference = desk.recorded("organization/ground/base")
    assert (reference.external, reference.provider_urn) == (True, "urn:pulumi:dev::shop::pulumi:providers:pulumi::default")


def test_a_reference_to_no_stack_fails_by_its_name(desk: Desk) -> None:
    result = desk.up(lambda: pulumi.StackReference("organization/ground/nowhere"))
    assert 'unknown stack "organization/ground/nowhere"' in result.error


@pytest.mark.parametrize(
    ("text", "name"), [("base", "shop/base"), ("organization/base", "shop/base"), ("organization/ground/base", "ground/base")]
)
def test_stack_names_are_those_of_the_file_backend(text: str, name: str) -> None:
    assert str(parse_reference(text, "shop")) == name


@pytest.mark.parametrize("text", ["", "someone/base", "organization/", "organization//base", "organization/a/b/c"])
def test_other_stack_names_are_refused(text: str) -> None:
    with pytest.raises(ProviderError):
        parse_reference(text, "shop")


def test_secrets_of_another_stack_that_do_not_open_are_left_out(desk: Desk) -> None:
    def gives() -> None:
        pulumi.export("word", pulumi.Output.secret("hush"))

    desk.engine.run(Operation.UP, StackName("ground", "base"), gives)
    desk.passphrase = "another"
    result = desk.up(lambda: pulumi.StackReference("organization/ground/base"))
    assert result.succeeded
    assert [item.message for item in result.diagnostics] == ["eliding undecryptable secrets for stack reference 'organization/ground/base'"]


# --- transforms ---


def test_transforms_run_from_the_resource_to_the_stack(desk: Desk) -> None:
    assert desk.up(order_of_transforms).succeeded
    sizes = {name: item["inputs"]["size"] for name, item in desk.things.objects().items()}
    assert sizes == {"a": (1 + 1) * 2 + 1, "b": 1 * 2 + 1, "c": 1 + 1}


def test_a_transform_that_raises_fails_the_registration_with_its_words(desk: Desk) -> None:
    def change(args: pulumi.ResourceTransformArgs) -> None:
        raise ValueError("not like this")

    result = desk.up(lambda: Thing("a", name="a", opts=opts(transforms=[change])))
    assert "a transform of fake:index:Thing a failed" in result.error and "not like this" in result.error
    assert desk.names == []


# --- messages and functions ---


def test_messages_of_the_moment_are_told_and_not_kept(desk: Desk) -> None:
    def program() -> None:
        thing = Thing("a", name="a")
        pulumi.log.debug("for nobody")
        pulumi.log.info("for you", resource=thing)
        pulumi.log.info("just now", ephemeral=True)
        pulumi.log.warn("mind this")

    result = desk.up(program)
    told = [(event.message, event.ephemeral) for event in desk.events if event.kind is EventKind.DIAGNOSTIC]
    assert sorted(told) == [("for you", False), ("just now", True), ("mind this", False)]
    kept = {item.message: item.urn.rsplit("::", 1)[-1] for item in result.diagnostics}
    assert kept == {"for you": "a", "mind this": ""}


def test_a_function_waits_in_a_preview_for_what_it_depends_on(desk: Desk) -> None:
    def program() -> None:
        thing = Thing("a", name="a")
        group = pulumi.ComponentResource("shop:index:Group", "g")
        Thing("b", name="b", opts=opts(parent=group))
        for name, needed in (("thing", thing), ("group", group)):
            asked = pulumi.InvokeOutputOptions(depends_on=[needed], version="1.2.3")
            pulumi.export(name, pulumi.runtime.invoke_output("fake:index:count", {}, asked).apply(lambda found: found["count"]))

    assert desk.run(Operation.PREVIEW, program).outputs == {"thing": UNKNOWN, "group": UNKNOWN}
    outputs = desk.up(program).outputs
    assert (outputs["thing"] in (1, 2), outputs["group"]) == (True, 2), "b may be made before a is asked about, and is part of the group"


def test_a_stash_keeps_its_first_value(desk: Desk) -> None:
    def program(value: int) -> Any:
        return lambda: pulumi.export("kept", pulumi.Stash("kept", input=value).output)

    assert desk.up(program(1)).outputs == {"kept": 1}
    assert desk.up(program(2)).outputs == {"kept": 1}


def test_an_error_that_the_program_logs_fails_nothing(desk: Desk) -> None:
    desk.up(lambda: Thing("a", name="a"))
    result = desk.up(lambda: pulumi.log.error("this is wrong"))
    assert (result.succeeded, result.error, result.changes) == (True, "", {"delete": 1, "same": 1})
    assert [(item.severity.value, item.message) for item in result.diagnostics] == [("error", "this is wrong")]


def test_a_program_may_go_on_without_a_function_that_fails(desk: Desk) -> None:
    def program() -> None:
        try:
            pulumi.runtime.invoke("fake:index:nothing", {}, pulumi.InvokeOptions(version="1.2.3"))
        except Exception as err:  # noqa: BLE001 - what the SDK raises
            pulumi.export("reason", str(err))

    result = desk.up(program)
    reason = "invoke of fake:index:nothing failed: invocation of fake:index:nothing returned an error: no function fake:index:nothing"
    assert (result.succeeded, result.outputs) == (True, {"reason": reason})
