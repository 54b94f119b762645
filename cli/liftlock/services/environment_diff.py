"""Compares two environments: by what was deployed last, by what is declared, or by a release that one of them had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from liftlock.core.config.document import Plain
from liftlock.core.environment_diff import EnvironmentDifference, Side, compare, flattened
from liftlock.core.errors import UsageError
from liftlock.core.history import Origin, running
from liftlock.core.ledger import Fact, Record, images_of
from liftlock.core.ledger_chain import select
from liftlock.core.ports import Ledger
from liftlock.core.ports.past import Declared, Past
from liftlock.core.proposal import release_path
from liftlock.services.origins import origins_of, releases_at

_HAD = frozenset({Fact.DEPLOYED, Fact.DEPLOY_FAILED, Fact.PROMOTED, Fact.RECORDED})


class EnvironmentDiff:
    """Reads the ledger and what it points to in Git."""

    def __init__(self, ledger: Ledger, past: Past) -> None:
        self._ledger, self._past = ledger, past

    def compare(self, left: str, right: str, *, declared: bool = False) -> EnvironmentDifference:
        """How the two differ. Each is `ENV` (its last deployment; where it has none, what is declared) or `ENV@RELEASE`.

        declared: not what runs, but what the base branch declares. UsageError for what neither the ledger nor Git knows.
        """
        self._past.fetch()
        records = self._ledger.records()
        return compare(self._side(records, left, declared=declared), self._side(records, right, declared=declared))

    def _side(self, records: Sequence[Record], named: str, *, declared: bool) -> Side:
        environment, at, release = named.partition("@")
        if at:
            return self._had(records, environment, release)
        found = None if declared else running(records).get(environment)
        if found is None:
            return self._declared(environment)
        origins = origins_of(records, {environment: found}, self._past)
        return self._deployed(found.record, {service: origin for (_, service), origin in origins.items()})

    def _had(self, records: Sequence[Record], environment: str, release: str) -> Side:
        """The latest record of the release in the environment; a deployment of it, where there is one."""
        every = [r for r in select(records, _HAD, environment=environment) if r.entry.release == release]
        if not every:
            raise UsageError(f"{environment} never had {release or 'a release without a name'}",
                             hint=f"liftlock history --env {environment} shows what it had")  # fmt: skip
        deployed = [record for record in every if record.entry.fact in (Fact.DEPLOYED, Fact.DEPLOY_FAILED)]
        if deployed:
            commit = _commit(deployed[-1], "commit")
            return self._deployed(deployed[-1], self._origins(environment, commit, images_of(deployed[-1].entry)))
        return self._at(environment, _commit(every[-1], "merge_commit") or _commit(every[-1], "commit") or "", release)

    def _deployed(self, record: Record, origins: Mapping[str, Origin]) -> Side:
        entry = record.entry
        commit, dirty = _commit(record, "commit"), entry.details.get("dirty") is True
        there = self._past.declared(commit, entry.environment) if commit and not dirty else None
        config, data = entry.details.get("config"), entry.details.get("data")
        return Side(
            environment=entry.environment,
            release=entry.release,
            at=entry.at,
            commit=commit,
            dirty=dirty,
            images=images_of(entry),
            origins=origins,
            config=str(config) if config else there.config if there else None,
            data=str(data) if data else there.data if there else None,
            values=_values(there),
        )

    def _declared(self, environment: str) -> Side:
        return self._at(environment, self._past.tip(), None)

    def _at(self, environment: str, commit: str, release: str | None) -> Side:
        place = (commit, release_path(environment))
        found, there = releases_at(self._past, [place]).get(place), self._past.declared(commit, environment)
        if found is None:
            raise UsageError(f"{environment} was never deployed and releases nothing",
                             hint=f"{place[1]} at {commit[:12] or 'no commit'} is not there or cannot be read; "
                                  "liftlock image record or promote open writes it")  # fmt: skip
        return Side(
            environment=environment,
            release=release,
            at=None,
            commit=commit,
            dirty=False,
            images={name: str(line.image) for name, line in found.services.items()},
            origins={name: Origin(line.tag, line.commit) for name, line in found.services.items()},
            config=there.config if there else None,
            data=there.data if there else None,
            values=_values(there),
        )

    def _origins(self, environment: str, commit: str | None, images: Mapping[str, str]) -> dict[str, Origin]:
        place = (commit or "", release_path(environment))
        found = releases_at(self._past, [place]).get(place)
        lines = found.services if found else {}
        return {
            name: Origin(lines[name].tag, lines[name].commit)
            for name, image in images.items()
            if name in lines and str(lines[name].image) == image
        }


def _commit(record: Record, key: str) -> str | None:
    value = record.entry.details.get(key)
    return value if isinstance(value, str) else None


def _values(declared: Declared | None) -> Mapping[str, Plain] | None:
    return flattened(declared.document) if declared else None
