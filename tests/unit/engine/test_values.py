"""Paths, secrecy, the wire, URNs: the small pure parts."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import alias_pb2, resource_pb2

from liftlock_engine.errors import PassphraseError, RefusedError
from liftlock_engine.goals import aliases_of, goal_of
from liftlock_engine.model import StackName
from liftlock_engine.passphrase import Crypter
from liftlock_engine.paths import covers, keep_old, parse_path
from liftlock_engine.secrecy import conceal, has_secret, reveal
from liftlock_engine.urns import Urn, name_of, short, urn_of
from liftlock_engine.values import UNKNOWN, Secret, Value
from liftlock_engine.wire import read_struct, write_struct

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values: st.SearchStrategy[Any] = st.recursive(
    leaves | st.just(UNKNOWN), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=12
)
maps = st.dictionaries(st.text(min_size=1), values | values.map(Secret), max_size=4)


@given(maps)
def test_what_goes_over_the_wire_comes_back(properties: dict[str, Value]) -> None:
    assert read_struct(write_struct(properties)) == properties


def test_output_values_are_unwrapped() -> None:
    signature = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    sent: dict[str, Value] = {"known": {**signature, "value": 1, "secret": True}, "open": {**signature}}
    assert read_struct(write_struct(sent)) == {"known": Secret(1), "open": UNKNOWN}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ("a[*]", ("a", "*")),
        ('["a.b"].c', ("a.b", "c")),
        ('a["x y"][2]', ("a", "x y", 2)),
        ("*", ("*",)),
    ],
)
def test_property_paths_are_read(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path


def test_a_path_covers_what_lies_under_it() -> None:
    assert covers(parse_path("ports[*].internal"), parse_path("ports[3].internal"))
    assert not covers(parse_path("ports[0]"), parse_path("ports"))
    with pytest.raises(ValueError, match="no property path"):
        parse_path("a[")


@pytest.mark.parametrize(
    ("ignored", "kept"),
    [
        (("size",), {"size": 1, "tags": ["n", "m"], "deep": {"a": 9, "b": 8}}),
        (("gone",), {"size": 2, "tags": ["n", "m"], "deep": {"a": 9, "b": 8}, "gone": "x"}),
        (("tags[0]",), {"size": 2, "tags": ["o", "m"], "deep": {"a": 9, "b": 8}}),
        (("tags[*]",), {"size": 2, "tags": ["o", "m"], "deep": {"a": 9, "b": 8}}),
        (("deep.a", "deep.b"), {"size": 2, "tags": ["n", "m"], "deep": {"a": 0}}),
        (("*",), {"size": 1, "tags": ["o"], "deep": {"a": 0}, "gone": "x"}),
    ],
)
def test_ignored_paths_keep_their_old_value(ignored: tuple[str, ...], kept: dict[str, Value]) -> None:
    new: dict[str, Value] = {"size": 2, "tags": ["n", "m"], "deep": {"a": 9, "b": 8}}
    old: dict[str, Value] = {"size": 1, "tags": ["o"], "deep": {"a": 0}, "gone": "x"}
    assert keep_old(new, old, ignored) == kept


def test_secrecy_follows_objects_by_key_and_lists_wholly() -> None:
    like: dict[str, Value] = {"a": {"x": Secret(1), "y": 2}, "b": ["p", Secret("q")], "c": 3}
    concealed = conceal({"a": {"x": 1, "y": 2}, "b": ["p", "q"], "c": 3, "d": 4}, like, always=("d", "absent"))
    assert concealed == {"a": {"x": Secret(1), "y": 2}, "b": Secret(["p", "q"]), "c": 3, "d": Secret(4)}


@given(maps)
def test_nothing_secret_is_left_after_revealing(properties: dict[str, Value]) -> None:
    assert not has_secret(reveal(properties))
    assert reveal(conceal(reveal(properties), properties)) == reveal(properties)  # type: ignore[arg-type]


def test_a_secret_never_shows_itself() -> None:
    assert "hunter2" not in repr({"password": Secret("hunter2")})


def test_secrets_have_pulumis_form() -> None:
    crypter = Crypter("", lambda: "reference")
    ciphertext = crypter.encrypt("here", '"hunter2"')
    _, salt, proof = crypter.salt.split(":", 2)
    key = hashlib.pbkdf2_hmac("sha256", b"reference", base64.b64decode(salt), 1_000_000, 32)
    for text, plain in ((ciphertext, b'"hunter2"'), (proof, b"pulumi")):
        version, nonce, sealed = text.split(":")
        assert (version, AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None)) == ("v1", plain)
    assert crypter.encrypt("here", '"hunter2"') == ciphertext != crypter.encrypt("there", '"hunter2"')


def test_a_salt_of_the_pulumi_cli_opens_with_its_passphrase_only() -> None:
    crypter = Crypter("", lambda: "right")
    ciphertext = crypter.encrypt("", "1")
    assert Crypter(crypter.salt, lambda: "right").decrypt("", ciphertext) == "1"
    with pytest.raises(PassphraseError, match="wrong"):
        Crypter(crypter.salt, lambda: "left").decrypt("", ciphertext)
    with pytest.raises(PassphraseError, match="damaged"):
        Crypter("nonsense", lambda: "right").encrypt("", "1")


def test_urns_name_their_parents_types() -> None:
    root = urn_of("dev", "shop", "", "pulumi:pulumi:Stack", "shop-dev")
    group = urn_of("dev", "shop", root, "shop:index:Group", "g")
    part = urn_of("dev", "shop", group, "docker:index/container:Container", "a::b")
    assert part == "urn:pulumi:dev::shop::shop:index:Group$docker:index/container:Container::a::b"
    assert (Urn.parse(part).type, name_of(part), short(part)) == ("docker:index/container:Container", "a::b", "docker:Container a::b")
    assert str(Urn.parse(part)) == part


STACK = StackName("shop", "dev")


def test_aliases_of_every_kind_become_urns() -> None:
    parent = urn_of("dev", "shop", "", "shop:index:Group", "web")
    old_parent = urn_of("dev", "shop", "", "shop:index:Old", "www")
    spec = alias_pb2.Alias.Spec
    request = resource_pb2.RegisterResourceRequest(
        type="fake:index:Thing",
        name="web-net",
        parent=parent,
        aliases=[
            alias_pb2.Alias(urn="urn:pulumi:dev::shop::t:t:T::plain"),
            alias_pb2.Alias(spec=spec(name="before")),
            alias_pb2.Alias(spec=spec(type="fake:index:Former")),
            alias_pb2.Alias(spec=spec(noParent=True)),
            alias_pb2.Alias(spec=spec(stack="test", project="store")),
        ],
    )
    assert aliases_of(request, STACK, (old_parent,)) == (
        "urn:pulumi:dev::shop::t:t:T::plain",
        "urn:pulumi:dev::shop::shop:index:Group$fake:index:Thing::before",
        "urn:pulumi:dev::shop::shop:index:Group$fake:index:Former::web-net",
        "urn:pulumi:dev::shop::fake:index:Thing::web-net",
        "urn:pulumi:test::store::shop:index:Group$fake:index:Thing::web-net",
        "urn:pulumi:dev::shop::shop:index:Old$fake:index:Thing::www-net",
        "urn:pulumi:dev::shop::shop:index:Old$fake:index:Thing::before",
        "urn:pulumi:dev::shop::shop:index:Old$fake:index:Former::www-net",
        "urn:pulumi:test::store::shop:index:Old$fake:index:Thing::www-net",
    )


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1h2m3s", 3723), ("1.5s", 1.5), ("250ms", 0.25)])
def test_durations_are_read_as_go_writes_them(text: str, seconds: float) -> None:
    timeouts = resource_pb2.RegisterResourceRequest.CustomTimeouts(create=text)
    request = resource_pb2.RegisterResourceRequest(type="fake:index:Thing", name="a", customTimeouts=timeouts)
    assert goal_of(request, STACK).timeouts.create == seconds


@pytest.mark.parametrize("field", ["remote", "envVarMappings"])
def test_unsupported_fields_of_a_registration_are_refused_by_name(field: str) -> None:
    said: dict[str, Any] = {"remote": True, "envVarMappings": {"A": "B"}}
    request = resource_pb2.RegisterResourceRequest(type="fake:index:Thing", name="a", **{field: said[field]})
    with pytest.raises(RefusedError, match="does not support"):
        goal_of(request, STACK)


def test_a_field_that_this_engine_does_not_know_is_refused_by_name() -> None:
    request = resource_pb2.RegisterResourceRequest(type="fake:index:Thing", name="a", acceptSecrets=True, accepts_byte_string=True)
    assert goal_of(request, STACK).name == "a"
    request.pluginChecksums["linux-amd64"] = b"sum"
    with pytest.raises(RefusedError, match=r"Thing::a: the embedded engine does not know `pluginChecksums`"):
        goal_of(request, STACK)


def test_json_of_a_document_stays_json() -> None:
    assert json.loads(json.dumps(reveal({"a": Secret([1, {"b": Secret("c")}])}))) == {"a": [1, {"b": "c"}]}
