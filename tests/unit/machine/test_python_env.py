"""The environment is what the locks say."""

from __future__ import annotations

import re

from machine.places import PROJECT
from machine.python_env import inputs_hash, uv_settings


def _locked_uv(name: str) -> list[str]:
    found = re.search(r"^uv==.*?(?=^\S|\Z)", (PROJECT / name).read_text(), flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return re.findall(r"uv==\S+|sha256:\w+", found[0])


def test_uv_installs_itself_in_the_version_that_it_then_finds_locked() -> None:
    assert _locked_uv("bootstrap.lock") == _locked_uv("requirements.lock")


def test_no_lock_names_a_registry() -> None:
    assert "://" not in (PROJECT / "bootstrap.lock").read_text() + (PROJECT / "requirements.lock").read_text()


def test_the_stamp_changes_with_each_lock() -> None:
    assert len(inputs_hash(PROJECT)) == 64


def test_pips_index_and_certificates_are_uvs_too_unless_uv_is_told_otherwise() -> None:
    config = ":env:.cert='/etc/ca.pem'\nglobal.index-url='https://index.example/simple'\nglobal.find-links='/wheels'\n"
    assert uv_settings(config, {}) == {"SSL_CERT_FILE": "/etc/ca.pem", "UV_DEFAULT_INDEX": "https://index.example/simple"}
    assert uv_settings(config, {"SSL_CERT_FILE": "x", "UV_DEFAULT_INDEX": "y"}) == {}
