"""`Pulumi.<stack>.yaml`: a stack's configuration and the salt of its secrets. Comments and unknown keys are kept."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftlock_engine.errors import StateError
from liftlock_engine.files import remove_unfinished, write_atomically
from liftlock_engine.model import ConfigValue
from liftlock_engine.passphrase import Crypter


def read_config(path: Path, crypter: Crypter) -> dict[str, ConfigValue]:
    """The configuration in clear; crypter takes over the file's salt where it has none. Empty where there is no file."""
    document = _load(path)
    salt = str(document.get("encryptionsalt") or "")
    crypter.salt = crypter.salt or salt
    own = crypter if salt in ("", crypter.salt) else crypter.resalted(salt)  # the file was made anew after the state was
    return {key: _read(raw, own, f"{path.name}#{key}") for key, raw in (document.get("config") or {}).items()}


def recorded_config(path: Path) -> dict[str, object]:
    """The configuration as a run's history entry has it: as on file, secrets encrypted, numbers and truth values as text."""
    values = {key: _plain(raw) for key, raw in (_load(path).get("config") or {}).items()}
    return {key: raw if isinstance(raw, str | dict | list) else json.dumps(raw) for key, raw in values.items()}


def write_config(path: Path, config: Mapping[str, ConfigValue], crypter: Crypter) -> None:
    """Makes the file say `config`, and writes it only where that changes it."""
    document = _load(path)
    wanted = {key: _write(value, crypter, f"{path.name}#{key}") for key, value in config.items()}
    before = {key: _plain(raw) for key, raw in (document.get("config") or {}).items()}
    if before == wanted and (not crypter.salt or document.get("encryptionsalt") == crypter.salt):
        return
    if crypter.salt:
        document["encryptionsalt"] = crypter.salt
    current = document.setdefault("config", {})
    for key in [key for key in current if key not in wanted]:
        del current[key]
    current.update(wanted)
    _save(path, document)


def _read(raw: object, crypter: Crypter, place: str) -> ConfigValue:
    plain = _plain(raw)
    if isinstance(plain, dict) and set(plain) == {"secure"}:
        return ConfigValue(crypter.decrypt(place, str(plain["secure"])), secret=True)
    found, secret = _reveal(plain, crypter, place)
    return ConfigValue(found if isinstance(found, str) else json.dumps(found), secret=secret)


def _reveal(raw: Any, crypter: Crypter, place: str) -> tuple[Any, bool]:
    if isinstance(raw, dict):
        if set(raw) == {"secure"}:
            return crypter.decrypt(place, str(raw["secure"])), True
        pairs = {key: _reveal(value, crypter, f"{place}.{key}") for key, value in raw.items()}
        return {key: value for key, (value, _) in pairs.items()}, any(secret for _, secret in pairs.values())
    if isinstance(raw, list):
        items = [_reveal(value, crypter, f"{place}[{index}]") for index, value in enumerate(raw)]
        return [value for value, _ in items], any(secret for _, secret in items)
    return raw, False


def _write(value: ConfigValue, crypter: Crypter, place: str) -> object:
    return {"secure": crypter.encrypt(place, value.value)} if value.secret else value.value


def _plain(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {str(key): _plain(value) for key, value in raw.items()}
    return [_plain(value) for value in raw] if isinstance(raw, list) else raw


def _load(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    from ruamel.yaml import YAML  # noqa: PLC0415 - most runs have no such file
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        document = YAML().load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as err:
        raise StateError(f"{path}: not readable as YAML ({err})") from err
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise StateError(f"{path}: expected a mapping with the key `config`")
    return document


def _save(path: Path, document: dict[str, Any]) -> None:
    from ruamel.yaml import YAML  # noqa: PLC0415 - as above

    text = io.StringIO()
    yaml = YAML()
    yaml.width = 4096  # ciphertexts stay on one line, as Pulumi writes them
    yaml.dump(document, text)
    try:
        remove_unfinished(path.parent, path.name)
        write_atomically(path, text.getvalue())
    except OSError as err:
        raise StateError(f"{path}: the stack's configuration cannot be written ({err.strerror})") from err
