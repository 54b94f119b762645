"""Carries out a subset's plan: which rows. A semi-naive fixpoint: only what is new is followed, until nothing is.

Only reads, in the caller's snapshot; it needs no right but SELECT and works on a standby. What it knows of rows is a file of addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql

from liftlock_datagen.catalog.model import TableName
from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.private_folder import private_folder
from liftlock_datagen.errors import DatagenError, SpecError
from liftlock_datagen.spec.model import SubsetRoot
from liftlock_datagen.subset import statements
from liftlock_datagen.subset.conditions import called
from liftlock_datagen.subset.plan import Reference, Stored, SubsetPlan
from liftlock_datagen.subset.store import Cause, Found, KeyStore, Way, coded

_BATCH = 50_000
_READ = 20_000

OnRows = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class SubsetSelection:
    """The chosen rows. May be handed to other processes, which read in the same snapshot; it is gone when the block of `selected` ends."""

    path: Path
    numbers: Mapping[TableName, int]
    whole: frozenset[TableName]

    def conditions(self, table: TableName) -> Iterator[str]:
        """SQL conditions on the stored table (named as ONLY …), which together pick its rows, each once, in their order on disk.

        None for a table without rows; `true` for one that is taken whole.
        """
        if table in self.whole:
            yield "true"
            return
        store = KeyStore(self.path)
        try:
            for rows in store.rows(self.numbers[table], _READ):
                yield statements.condition(rows).as_string(None)
        finally:
            store.close()

    def rows(self) -> Mapping[TableName, int]:
        """How many rows of each stored table are taken, without those that are taken whole."""
        store = KeyStore(self.path)
        try:
            counts = store.counts()
        finally:
            store.close()
        return {name: counts.get(number, 0) for name, number in self.numbers.items() if name not in self.whole}


@contextmanager
def selected(
    connection: Connection, plan: SubsetPlan, *, salt: str, on_rows: OnRows = lambda _: None, folder: Path | None = None
) -> Iterator[SubsetSelection]:
    """Finds the rows. The selection can be used inside the block, while the connection's transaction lasts.

    Args:
        connection: in a transaction of isolation level REPEATABLE READ, read-only is enough.
        salt: shares and limits are drawn with it: the same salt chooses the same rows.
        on_rows: told how many rows are taken, now and then.
        folder: where the file of addresses is put; the system's for temporary files otherwise.

    Raises:
        DatagenError: no room for the file. psycopg.Error: the source refused (a condition of a root, a missing right).
    """
    with private_folder(folder) as place:
        path = Path(place, "rows.sqlite")
        store = KeyStore(path, create=True)
        try:
            Search(connection, plan, store, salt, on_rows).run()
        finally:
            store.close()
        yield SubsetSelection(path, {table.name: table.number for table in plan.tables}, plan.whole)


class Search:
    """The fixpoint."""

    def __init__(self, connection: Connection, plan: SubsetPlan, store: KeyStore, salt: str, on_rows: OnRows) -> None:
        self._connection = connection
        self._plan = plan
        self._store = store
        self._on_rows = on_rows
        self._by_number = {table.number: table for table in plan.tables}
        self._seen = 0
        for name, value in (*statements.SETTINGS, ("search_path", plan.search_path), (statements.SALT, salt)):
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        self._oids = _oids(connection, plan)

    def run(self) -> None:
        """Roots, then whatever they bring along."""
        _require_steady(self._connection, self._plan.roots)
        for place, root in enumerate(self._plan.roots):
            self._begin(root, Cause(Way.ROOT, place))
        for table in self._plan.tables:
            if table.name in self._plan.whole:
                for reference in self._upwards(table):
                    self._take(statements.parents(self._plan, table, reference, None), Cause(Way.NEEDED, reference.number), table)
        while self._step():
            pass

    def _step(self) -> bool:
        """Follows one batch; False where nothing is left. Children first: what is taken as one needs no second visit."""
        batch = self._store.next_down(_BATCH)
        if batch is not None:
            table = self._by_number[batch[0]]
            for reference in self._plan.references:
                if reference.parent in table.within and reference.limit != 0:
                    query = statements.children(self._plan, table, reference, batch[1])
                    self._take(query, Cause(Way.BELONGS, reference.number), table)
            return True
        above = self._store.next_up(_BATCH)
        if above is not None:
            table = self._by_number[above[0]]
            for reference in self._upwards(table):
                # a row that came as the child of a declared key has its one parent there
                known = coded(Cause(Way.BELONGS, reference.number)) if reference.declared else None
                rows = [row for row, via in above[1] if via != known]
                if rows:
                    self._take(statements.parents(self._plan, table, reference, rows), Cause(Way.NEEDED, reference.number), table)
        return above is not None

    def _upwards(self, table: Stored) -> list[Reference]:
        return [reference for reference in self._plan.references if reference.child in table.within]

    def _begin(self, root: SubsetRoot, cause: Cause) -> None:
        query = statements.root_rows(self._plan, root)
        if root.percent is not None:
            self._take(query, cause, None)
            return
        # What a person wrote goes through a cursor: PostgreSQL takes nothing there but one SELECT.
        found: list[Found] = []
        with self._connection.cursor(f"roots_{cause.number}") as cursor:
            cursor.itersize = _BATCH
            for oid, tid in cursor.execute(query):
                known = self._known((str(oid).encode(), str(tid).encode()), coded(cause), None)
                found += [known] if known is not None else []
                if len(found) >= _BATCH:
                    self._keep(found, down=True)
        self._keep(found, down=True)

    def _take(self, query: sql.Composed, cause: Cause, source: Stored | None) -> None:
        found: list[Found] = []
        down, via = cause.way is not Way.NEEDED, coded(cause)
        with self._connection.cursor() as cursor, cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(query)) as copy:
            for line in copy:
                known = self._known(bytes(line).rstrip().split(b"\t"), via, source)
                if known is not None:
                    found.append(known)
                if len(found) >= _BATCH:
                    self._keep(found, down=down)
        self._keep(found, down=down)

    def _known(self, fields: Sequence[bytes], via: int, source: Stored | None) -> Found | None:
        """What was read, as the store takes it; None for a row that is there anyway or that nobody asked for."""
        number = self._oids.get(int(fields[0]))
        if number is None or self._by_number[number].name in self._plan.whole:
            return None
        row = statements.row_of(fields[1])
        if source is None or len(fields) == 2:
            return number, row, via, None, None
        return number, row, via, source.number, statements.row_of(fields[2])

    def _keep(self, found: list[Found], *, down: bool) -> None:
        if found:
            self._store.take(found, down=down)
            self._seen += len(found)
            self._on_rows(self._seen)
            found.clear()


def _require_steady(connection: Connection, roots: Sequence[SubsetRoot]) -> None:
    """SpecError where a condition calls a function that may act, or may say something else of a row next time."""
    for root in roots:
        names = sorted(called(root.where)) if root.percent is None else []
        query = "SELECT DISTINCT proname FROM pg_proc WHERE proname = ANY(%s) AND (provolatile = 'v' OR prokind = 'p') ORDER BY 1"
        volatile = [str(name) for (name,) in connection.execute(query, [names]).fetchall()]
        if volatile:
            raise SpecError(
                f"{root.table}: the subset's condition calls {', '.join(volatile)}, which may act or change its mind (VOLATILE)",
                hint="choose rows by what their columns hold",
            )


def _oids(connection: Connection, plan: SubsetPlan) -> Mapping[int, int]:
    """oid -> number of every stored table."""
    query = "SELECT n.nspname, c.relname, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
    found = {TableName(schema, name): int(oid) for schema, name, oid in connection.execute(query).fetchall()}
    missing = [str(table.name) for table in plan.tables if table.name not in found]
    if missing:
        raise DatagenError(f"{', '.join(missing)}: gone since the catalog was read", hint="run the same command again")
    return {found[table.name]: table.number for table in plan.tables}
