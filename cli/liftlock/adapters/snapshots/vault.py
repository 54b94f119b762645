"""Golden copies on a Docker engine: made, listed, cloned into environments, removed. Everything carries ownership labels."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import DockerException
from requests.exceptions import RequestException

from liftlock.adapters.docker_client import connect, wrapped
from liftlock.adapters.snapshots import building as servers
from liftlock.adapters.snapshots import labels as words
from liftlock.adapters.snapshots.jobs import Job, Mounted, create_job, find_container, remove_container, remove_volume, run_job
from liftlock.adapters.snapshots.scripts import CLONE
from liftlock.core.environment import Database
from liftlock.core.errors import ConflictError, LiftlockError, UnavailableError
from liftlock.core.ports.snapshots import Building, Target
from liftlock.core.snapshot import Snapshot
from liftlock_stacks.inputs import database_volume

_START_SECONDS = 60.0


class DockerSnapshots:
    """Snapshots port. root: the checkout, by which what its killed runs left is known."""

    def __init__(self, project: str, project_id: str, root: Path) -> None:
        self._project, self._project_id = project, project_id
        self._checkout = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]

    @cached_property
    def _client(self) -> APIClient:
        return connect()

    # --- what there is ------------------------------------------------------------------------------------------------------------------

    def snapshots(self) -> Sequence[Snapshot]:
        """One listing of volumes."""
        return words.read_snapshots(self._volumes())

    def clones(self) -> Mapping[tuple[str, str], str]:
        """From empty volumes beside those of the environments, whose own labels are the program's."""
        found = {}
        for volume in self._volumes():
            said = volume.get("Labels") or {}
            if said.get(words.ROLE) == words.CLONED:
                found[said.get("liftlock.environment", ""), said.get("liftlock.service", "")] = said.get(words.SNAPSHOT, "")
        return found

    def _volumes(self) -> list[dict[str, Any]]:
        with wrapped():
            found: list[dict[str, Any]] = self._client.volumes(filters={"label": self._filters()}).get("Volumes") or []
            return found

    def _filters(self) -> list[str]:
        return [f"{key}={value}" for key, value in self._owned({}).items()]

    def _owned(self, more: Mapping[str, str]) -> dict[str, str]:
        return {
            "liftlock.managed": "true",
            "liftlock.project": self._project,
            "liftlock.project-id": self._project_id,
            **more,
        }

    # --- clones -------------------------------------------------------------------------------------------------------------------------

    def clone(self, snapshot: Snapshot, target: Target) -> bool:
        """An empty volume is the mark of a half-made one. It is there before the data folder, whose own labels never change."""
        volume, client = _volume_of(target), self._client
        name, mark = f"{volume}-clone", f"{volume}-cloning"
        with wrapped():
            self.discard_half_made(target)
            if volume in self._names(volume):
                return False
            said = {str(key): str(value) for key, value in target.labels.items()}
            try:
                client.create_volume(mark, labels={**said, words.ROLE: words.CLONING, "liftlock.service": target.database})
                client.create_volume(volume, labels={**said, words.ROLE: "volume"})
                run_job(client, create_job(client, self._clone_job(name, snapshot, target, said, words.CLONE)), "cloning the data")
                self._record(snapshot, target)
                remove_container(client, name)
                remove_volume(client, mark)
            except BaseException:
                with suppress(DockerException, RequestException, LiftlockError):
                    self.discard_half_made(target)
                raise
        return True

    def discard_half_made(self, target: Target) -> None:
        """By its mark, or by the container that copies, which is all that an older version left."""
        volume, client = _volume_of(target), self._client
        name, mark = f"{volume}-clone", f"{volume}-cloning"
        with wrapped():
            if mark not in self._names(volume) and find_container(client, name) is None:
                return
            remove_container(client, name)
            if not remove_volume(client, volume):
                raise ConflictError(
                    f"volume {volume} is a half-made clone and a container uses it", hint="remove the environment, then try again"
                )
            remove_volume(client, f"{volume}-from")
            remove_volume(client, mark)

    def refill(self, snapshot: Snapshot, target: Target) -> None:
        """As clone, in a data folder that a server uses: it is killed, since what it holds is given up, and started again."""
        volume, client = _volume_of(target), self._client
        name = f"{volume}-restore"
        with wrapped():
            remove_container(client, name)
            server = self._server(target.environment, target.database)
            said = self._owned({"liftlock.environment": target.environment, "liftlock.service": target.database})
            job = create_job(client, self._clone_job(name, snapshot, target, said, words.RESTORE))
            client.stop(server, timeout=0)
            run_job(client, job, "restoring the data")
            self._record(snapshot, target)
            remove_container(client, name)
            client.start(server)
            self._wait_for(server, target)

    def _clone_job(self, name: str, snapshot: Snapshot, target: Target, labels: Mapping[str, str], role: str) -> Job:
        return Job(
            name=name,
            what="cloning the data",
            image=snapshot.image,
            script=CLONE,
            mounts=[Mounted(snapshot.volume, "/from", read_only=True), Mounted(_volume_of(target), "/to")],
            labels={**labels, words.ROLE: role, "liftlock.service": target.database, words.SNAPSHOT: snapshot.name},
            environment={
                "SNAPSHOT": snapshot.volume,
                "POSTGRES_USER": target.database,
                "POSTGRES_PASSWORD": target.password,
                "DISPOSABLE": "yes" if target.disposable else "no",
            },
        )

    def _record(self, snapshot: Snapshot, target: Target) -> None:
        name = f"{_volume_of(target)}-from"
        place = {"liftlock.environment": target.environment, "liftlock.service": target.database}
        remove_volume(self._client, name)
        self._client.create_volume(name, labels=self._owned({**place, words.ROLE: words.CLONED, words.SNAPSHOT: snapshot.name}))

    def let_build(self, environment: str, database: str) -> None:
        """As the superuser, in the server's container."""
        with wrapped():
            servers.administer(self._client, self._server(environment, database), [f"ALTER ROLE {servers.quoted(database)} CREATEDB;"])

    def _server(self, environment: str, database: str) -> str:
        chosen = self._owned({"liftlock.environment": environment, "liftlock.service": database, words.ROLE: "database"})
        found = self._client.containers(all=True, filters={"label": [f"{key}={value}" for key, value in chosen.items()]})
        if not found:
            raise UnavailableError(f"{environment} has no server for {database}", hint=f"liftlock env up {environment}")
        return str(found[0]["Id"])

    def _wait_for(self, server: str, target: Target) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not servers.is_ready(self._client, server, target.database, target.password):
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"the server of {target.environment}/{target.database} does not answer after the restore",
                    hint="its data are restored; look at docker logs of its container, then run liftlock env status",
                )
            time.sleep(0.05)

    def _names(self, start: str) -> set[str]:
        """The volumes whose names begin so."""
        return {item["Name"] for item in self._client.volumes(filters={"name": f"^{start}"}).get("Volumes") or ()}

    # --- making one ---------------------------------------------------------------------------------------------------------------------

    @contextmanager
    def building(self, database: Database) -> Iterator[Building]:
        """The volume is one of a golden copy only when keep says so; until then it goes with the block, or is swept."""
        volume = f"{self._project}-golden-{database.name}-{secrets.token_hex(6)}"
        said = self._owned({words.CHECKOUT: self._checkout, "liftlock.database": database.name})
        client = self._client
        with wrapped():
            client.create_volume(volume, labels={**said, words.ROLE: words.DATA})
            try:
                url = servers.start_server(client, f"{volume}-build", volume, database, {**said, words.ROLE: words.BUILD})
                # For an anonymised copy, which is built beside; and for restores in place, in every clone.
                servers.administer(client, f"{volume}-build", [f"ALTER ROLE {servers.quoted(database.name)} CREATEDB;"])
                yield Building(url, volume)
            finally:
                with suppress(DockerException, RequestException):
                    for name in ("copy", "finish", "build"):
                        remove_container(client, f"{volume}-{name}")
                    if not any(snapshot.volume == volume for snapshot in self.snapshots()):
                        remove_volume(client, volume)

    def copy(
        self,
        source_url: str,
        building: Building,
        database: Database,
        *,
        empty: Sequence[tuple[str, str]] | None = None,
        moment: str | None = None,
    ) -> None:
        """See building.Copying."""
        said = self._owned({words.CHECKOUT: self._checkout, words.ROLE: words.BUILD})
        name = f"{building.volume}-copy"
        job = servers.Copying(source_url, building.url, str(database.image), empty, moment).job(name, said)
        with wrapped():
            try:
                run_job(self._client, create_job(self._client, job), job.what)
            finally:
                remove_container(self._client, name)

    def keep(self, building: Building, snapshot: Snapshot) -> Snapshot:
        """The facts are written last, when the data are on the disk."""
        client, server = self._client, f"{building.volume}-build"
        said = self._owned({words.CHECKOUT: self._checkout, words.ROLE: words.BUILD})
        template = snapshot.size <= servers.TEMPLATE_LIMIT
        with wrapped():
            servers.administer(client, server, ["VACUUM (FREEZE, ANALYZE);"])
            if template:
                servers.make_template(client, server, snapshot.database, building.volume)
            servers.stop_server(client, server)
            remove_container(client, server)
            size = servers.finish(client, f"{building.volume}-finish", snapshot.image, building.volume, said)
            kept = replace(snapshot, volume=building.volume, size=size, template=template)
            client.create_volume(f"{kept.volume}-facts", labels=self._owned(words.facts_labels(kept)))
        return kept

    def add_recipe(self, snapshot: Snapshot, recipe: str) -> None:
        """One more empty volume."""
        with wrapped():
            self._client.create_volume(f"{snapshot.volume}-{recipe}", labels=self._owned(words.recipe_labels(snapshot, recipe)))

    # --- removing -----------------------------------------------------------------------------------------------------------------------

    def remove(self, snapshot: Snapshot) -> None:
        """The facts first: what is half removed is not a copy any more, and is swept."""
        with wrapped():
            marks = [item["Name"] for item in self._volumes() if (item.get("Labels") or {}).get(words.VOLUME) == snapshot.volume]
            for name in sorted(marks, key=lambda name: not name.endswith("-facts")):
                remove_volume(self._client, name)
            remove_volume(self._client, snapshot.volume)

    def sweep(self) -> Sequence[str]:
        """Only of this checkout: another one may be at work on its own."""
        removed: list[str] = []
        with wrapped():
            mine = [*self._filters(), f"{words.CHECKOUT}={self._checkout}"]
            for item in self._client.containers(all=True, filters={"label": [*mine, f"{words.ROLE}={words.BUILD}"]}):
                remove_container(self._client, item["Id"])
                removed.append(item["Names"][0].lstrip("/"))
            whole = {snapshot.volume for snapshot in self.snapshots()}
            for volume in self._client.volumes(filters={"label": [*mine, f"{words.ROLE}={words.DATA}"]}).get("Volumes") or ():
                if volume["Name"] not in whole and remove_volume(self._client, volume["Name"]):
                    removed.append(volume["Name"])
        return removed


def _volume_of(target: Target) -> str:
    return database_volume(f"{target.project}-{target.environment}", target.database)
