"""Where the pseudonym key is found, and that it never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock_datagen.errors import DatagenError, KeyReferenceError
from liftlock_datagen.masking.keys import new_key, read_key, write_new_key


def test_a_new_key_can_be_read_from_a_private_file_or_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = write_new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(f"file:{path}", {}) == made
    assert read_key("env:K", {"K": path.read_text()}) == made
    assert read_key("env:K", {"K": made.secret.hex()}) == made
    with pytest.raises(DatagenError, match="never overwritten"):
        write_new_key(path)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_new_key(path)
    path.chmod(0o640)
    with pytest.raises(DatagenError, match=r"may be read by others .*chmod 600"):
        read_key(f"file:{path}", {})


def test_neither_a_key_nor_what_is_none_is_shown() -> None:
    key = new_key()
    made = read_key("env:K", {"K": key})
    assert key not in repr(made)
    assert len(made.id) == 8
    for text in ("s3cret", "0" * 64, key[:-8]):
        with pytest.raises(DatagenError, match="env:K holds no pseudonym key") as caught:
            read_key("env:K", {"K": text})
        assert text not in str(caught.value)
    with pytest.raises(KeyReferenceError, match="variable K is not set"):
        read_key("env:K", {})
    with pytest.raises(DatagenError, match="neither by env:NAME nor by file:PATH"):
        read_key(key, {})


def test_domains_have_unrelated_keys_and_ids_tell_keys_apart() -> None:
    first, second = (read_key("env:K", {"K": new_key()}) for _ in range(2))
    assert len({first.domain("a"), first.domain("b"), second.domain("a")}) == 3
    assert first.id != second.id
