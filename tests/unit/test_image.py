"""A tag never becomes a reference; a digest always does."""

import pytest

from liftlock.core.errors import ConfigError
from liftlock.core.image import ImageRef
from liftlock.core.release import release_id

DIGEST = "sha256:" + "ab" * 32


def test_a_digest_reference_is_read_and_written_unchanged() -> None:
    text = f"127.0.0.1:5000/shop/api@{DIGEST}"
    assert str(ImageRef.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["shop/api:v1", "shop/api", "127.0.0.1:5000/shop/api", "shop/api@v1", "shop/api@sha256:abc", "Shop@" + DIGEST]
)
def test_anything_but_a_digest_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        ImageRef.parse(text)


def test_the_message_names_the_tag() -> None:
    with pytest.raises(ConfigError, match='"latest" is a tag'):
        ImageRef.parse("127.0.0.1:5000/shop/api")


def test_a_release_is_the_same_in_any_order() -> None:
    one, two = ImageRef.parse(f"shop/a@{DIGEST}"), ImageRef.parse(f"shop/b@{DIGEST}")
    assert release_id({"a": one, "b": two}) == release_id({"b": two, "a": one}) != release_id({"a": one})
