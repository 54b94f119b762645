"""A sound environments repository for tests, as text by path; a test changes what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from liftlock.adapters.config_files.files import RawFiles
from liftlock.adapters.config_files.loader import Inspection, inspect_files

REGISTRY = "127.0.0.1:5480"
A, B, C = ("sha256:" + digit * 64 for digit in "abc")

LIFTLOCK = f"""\
version: 1
project: shop
registry: {REGISTRY}
forge: {{kind: local, url: ../shop.git, base: main}}
router:
  image: {REGISTRY}/liftlock/router@{C}
ports: {{from: 18100, to: 18999}}
services:
  api:
    repository: shop/api
    port: 8000
    health: {{path: /healthz, interval: 1s, timeout: 2s}}
    databases: [shop]
    migration: {{command: [python3, -m, shop.migrate]}}
    env: {{LOG_LEVEL: info, WORKERS: 2}}
    secrets: {{STRIPE_KEY: "env:SHOP_STRIPE_KEY"}}
  web:
    repository: shop/web
    port: 8000
    route: /
    env: {{API_URL: http://api}}
databases:
  shop:
    image: {REGISTRY}/liftlock/postgres@{C}
pipeline:
  - {{environment: dev}}
  - {{environment: staging, from: [dev], gates: {{verified: true, approvals: 1}}}}
  - {{environment: prod, from: [staging], gates: {{approvals: 2}}}}
"""
FILES = {
    "liftlock.yaml": LIFTLOCK,
    "environments/base.yaml": "services:\n  api:\n    memory: 128\n    env: {LOG_LEVEL: debug}\n",
    "environments/dev.yaml": "extends: base\nport: 18001\n",
    "environments/staging.yaml": (
        "extends: base\nport: 18002\nservices:\n  api:\n    memory: 256MiB\n    env:\n      LOG_LEVEL: warn\n      WORKERS: null\n"
    ),
    "environments/prod.yaml": "extends: base\nport: 18003\nprotected: true\n",
    "environments/branch.yaml": (
        "extends: base\nclass: ephemeral\nttl: 72h\nrelease: dev\n"
        "databases:\n  shop:\n    published: true\n    data: {source: synthetic, rows: 5000, seed: 7}\n"
    ),
    "releases/dev.yaml": (
        f'services:\n  api: {{image: "{REGISTRY}/shop/api@{A}", tag: v1, commit: 1a2b3c4}}\n'
        f'  web: {{image: "{REGISTRY}/shop/web@{B}", tag: v1, commit: 1a2b3c4}}\n'
    ),
}


def inspect(changes: Mapping[str, str | bytes | None] | None = None) -> Inspection:
    """What is found in the sample with these files changed (None: removed)."""
    files: dict[str, str | bytes | None] = {**FILES, **(changes or {})}
    raw = {name: text.encode() if isinstance(text, str) else text for name, text in files.items() if text is not None}
    return inspect_files(Path("repository"), RawFiles(raw, ()))


def problems(changes: Mapping[str, str | bytes | None]) -> list[str]:
    """The lines that validate would print."""
    return [str(problem) for problem in inspect(changes).problems]


def settings(old: str, new: str) -> dict[str, str]:
    """liftlock.yaml with one text replaced."""
    assert old in LIFTLOCK
    return {"liftlock.yaml": LIFTLOCK.replace(old, new)}


def write(root: Path, files: Mapping[str, str] = FILES) -> Path:
    """The files on disk."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
