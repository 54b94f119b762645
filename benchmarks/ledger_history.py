"""Writes a long, sound history by `git fast-import`: a base branch with records and promotions, and the ledger that tells of them."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from liftlock.adapters.ledger_reading import PAGE, PAGES
from liftlock.core.ledger import Entry, Fact, Json, Record, chain, encode

_PEOPLE = {"ada": "Ada <ada@shop.example>", "grace": "Grace <grace@shop.example>", "linus": "Linus <linus@shop.example>"}
_SERVICES = tuple(f"service{number}" for number in range(6))
_PROJECT = """\
version: 1
project: shop
registry: registry.example
forge: {kind: local, url: ../shop.git, base: main}
router: {image: registry.example/liftlock/router@sha256:%s}
ports: {from: 18100, to: 18999}
services:
%s
pipeline:
  - {environment: dev}
  - {environment: staging, from: [dev], gates: {verified: true, approvals: 1}}
  - {environment: prod, from: [staging], gates: {verified: true, approvals: 1}}
"""


def write_history(folder: Path, records: int, *, seed: int = 1) -> None:
    """A bare repository with at least so many records; the same for the same seed."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    with subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE) as git:
        assert git.stdin is not None
        history = _History(git.stdin.write, Random(seed))  # noqa: S311 - a history, not a secret
        while history.records < records:
            history.release()
    if git.returncode:
        raise RuntimeError("git fast-import failed")


class _History:
    """Everything so far. Commit hashes are computed here too, as records name them."""

    def __init__(self, write: Callable[[bytes], object], random: Random) -> None:
        self._write, self._random = write, random
        self._at = datetime(2025, 1, 1, tzinfo=UTC)
        self._last: Record | None = None
        self._page: list[str] = []
        self._images: dict[str, dict[str, tuple[str, str, str]]] = {name: {} for name in ("dev", "staging", "prod")}
        self._files: dict[str, bytes] = {}
        self._pull = 0
        services = "\n".join(f"  {name}: {{repository: shop/{name}, port: 8000, health: {{path: /}}}}" for name in _SERVICES)
        settings = (_PROJECT % ("c" * 64, services)).encode()
        layers = {f"environments/{name}.yaml": b"port: %d\n" % (18001 + at) for at, name in enumerate(self._images)}
        self._tip = self._commit("ada", "Begin", {"liftlock.yaml": settings, **layers}, ())

    @property
    def records(self) -> int:
        return self._last.sequence if self._last else 0

    def release(self) -> None:
        """One or two services get a new image, which goes all the way to prod."""
        changed = {name: self._image(name) for name in self._random.sample(_SERVICES, self._random.choice((1, 1, 2)))}
        if not self._images["dev"]:
            changed = {name: self._image(name) for name in _SERVICES}
        self._images["dev"] |= changed
        release = self._release_id("dev")
        self._tip = self._commit("ada", f"Record\n\nLiftlock-Release: {release}", self._release_file("dev"), (self._tip,))
        self._append(self._entry(Fact.RECORDED, "dev", "ada", release, {**self._named(changed), "commit": self._tip}))
        self._deploy("dev", release)
        for source, target in (("dev", "staging"), ("staging", "prod")):
            self._promote(source, target)

    def _promote(self, source: str, target: str) -> None:
        changed = {name: new for name, new in self._images[source].items() if self._images[target].get(name) != new}
        self._images[target] |= changed
        release, plan = self._release_id(target), "plan-" + self._hex(32)
        self._pull += 1
        pull: dict[str, Json] = {"pull": self._pull, "url": f"https://forge.example/shop/pulls/{self._pull}", "plan": plan}
        self._append(self._entry(Fact.PROMOTION_OPENED, target, "ada", release, {**pull, "source": source, **self._named(changed)}))
        trailers = f"Liftlock-Release: {release}\nLiftlock-Plan: {plan}"
        file = self._release_file(target)
        branch = self._commit("ada", f"Promote\n\n{trailers}", file, (self._tip,), branch="topic")
        gates = f"verified:{source}=passed, digests=passed, approvals=passed"
        message = f"Promote (#{self._pull})\n\n{trailers}\nLiftlock-Gates: {gates}\nApproved-by: {_PEOPLE['grace']}"
        self._tip = self._commit("linus", message, file, (self._tip, branch))
        details = pull | self._named(changed) | {"source": source, "kind": "promote", "gates": gates, "merge_commit": self._tip}
        details |= {"approvers": [_PEOPLE["grace"]], "requested_by": [_PEOPLE["ada"]]}
        self._append(
            self._entry(Fact.APPROVED, target, "grace", release, {**pull, "commit": branch}),
            self._entry(Fact.PROMOTED, target, "linus", release, details),
        )
        self._deploy(target, release)

    def _deploy(self, environment: str, release: str) -> None:
        details: dict[str, Json] = {
            "services": {name: image for name, (image, _, _) in self._images[environment].items()},
            "config": "cfg-0123456789abcdef",
            "data": "data-0123456789abcdef",
            "commit": self._tip,
            "dirty": False,
            "engine": "embedded",
            "seconds": 4.2,
        }
        facts = (Fact.DEPLOYED, Fact.VERIFIED) if self._random.random() > 0.05 else (Fact.DEPLOY_FAILED, Fact.DEPLOYED, Fact.VERIFIED)
        self._append(*(self._entry(fact, environment, "ada", release, details) for fact in facts))

    # --- objects ---------------------------------------------------------------------------------------------------------------------

    def _image(self, service: str) -> tuple[str, str, str]:
        return f"registry.example/shop/{service}@sha256:{self._hex(32)}", f"v{self.records + 1}", self._hex(20)

    def _hex(self, size: int) -> str:
        return self._random.randbytes(size).hex()

    def _named(self, images: Mapping[str, tuple[str, str, str]]) -> dict[str, Json]:
        return {"services": {n: image for n, (image, _, _) in images.items()}, "tags": {n: tag for n, (_, tag, _) in images.items()}}

    def _release_id(self, environment: str) -> str:
        return "rel-" + hashlib.sha256(json.dumps(self._images[environment], sort_keys=True).encode()).hexdigest()[:16]

    def _release_file(self, environment: str) -> dict[str, bytes]:
        lines = [f'  {n}: {{image: "{i}", tag: {t}, commit: "{c}"}}\n' for n, (i, t, c) in sorted(self._images[environment].items())]
        return {f"releases/{environment}.yaml": ("services:\n" + "".join(lines)).encode()}

    def _entry(self, fact: Fact, environment: str, actor: str, release: str, details: Mapping[str, Json]) -> Entry:
        self._at += timedelta(seconds=self._random.randint(60, 600))
        return Entry(fact, environment, _PEOPLE[actor], self._at, release, details)

    def _append(self, *entries: Entry) -> None:
        lines = []
        for entry in entries:
            self._last = chain(self._last, entry)
            lines.append(encode(self._last))
        self._page += lines
        files = b"".join(self._full_pages())
        message = "\n".join([f"{entries[0].fact} {entries[0].environment}", "", *lines, ""]).encode()
        self._put(b"refs/heads/liftlock/ledger", entries[-1].actor, message, files + self._file("record.json", f"{lines[-1]}\n".encode()))

    def _full_pages(self) -> list[bytes]:
        found = []
        while len(self._page) >= PAGE and self._last is not None:
            number = (self._last.sequence - len(self._page)) // PAGE + 1
            found.append(self._file(f"{PAGES}/{number:06}", ("\n".join(self._page[:PAGE]) + "\n").encode()))
            del self._page[:PAGE]
        return found

    def _commit(self, actor: str, message: str, files: Mapping[str, bytes], parents: tuple[str, ...], *, branch: str = "main") -> str:
        """A commit on the base branch, or on a branch of its own; its hash."""
        self._files |= files
        people = f"{_PEOPLE[actor]} {int(self._at.timestamp())} +0000"
        body = "".join([f"tree {self._tree()}\n", *(f"parent {parent}\n" for parent in parents)])
        body += f"author {people}\ncommitter {people}\n\n{message}\n"
        # Objects that are not in a finished pack yet can be named by their branch only.
        before = b"from refs/heads/main\n" if branch != "main" else b""
        before += b"merge refs/heads/topic\n" if len(parents) > 1 else b""
        changes = before + b"".join(self._file(path, text) for path, text in files.items())
        self._put(f"refs/heads/{branch}".encode(), _PEOPLE[actor], f"{message}\n".encode(), changes)
        return _hash("commit", body.encode())

    def _tree(self) -> str:
        folders: dict[str, dict[str, bytes]] = {}
        entries: dict[str, bytes] = {}
        for path, text in self._files.items():
            folder, _, name = path.rpartition("/")
            target = folders.setdefault(folder, {}) if folder else entries
            target[name] = b"100644 %s\0" % name.encode() + bytes.fromhex(_hash("blob", text))
        for folder, inside in folders.items():
            entries[folder] = b"40000 %s\0" % folder.encode() + bytes.fromhex(_hash("tree", b"".join(inside[n] for n in sorted(inside))))
        return _hash("tree", b"".join(entries[name] for name in sorted(entries)))

    def _file(self, path: str, text: bytes) -> bytes:
        return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text)

    def _put(self, ref: bytes, person: str, message: bytes, changes: bytes) -> None:
        people = f"{person} {int(self._at.timestamp())} +0000\n".encode()
        head = b"commit %s\nauthor %scommitter %sdata %d\n%s\n" % (ref, people, people, len(message), message)
        self._write(head + changes + b"\n")


def _hash(kind: str, body: bytes) -> str:
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(body)) + body).hexdigest()  # noqa: S324 - what Git calls the object
