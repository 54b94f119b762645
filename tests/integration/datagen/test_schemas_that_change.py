"""Migrations that come in the middle of a real command: nothing of them is lost, and nothing half done is swapped in."""

from __future__ import annotations

import pytest

from tests.integration.datagen.desk import CLASSIFICATION, COMMANDS, ROWS, Desk, ended, repository

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]

_LATER = """
  later:
    columns:
      id: {kind: identifier, rule: keep}
"""


@pytest.mark.parametrize("migration", ["ALTER TABLE later ADD COLUMN secret text", "DROP TABLE later"])
def test_a_migration_of_the_source_ends_the_copy(desk: Desk, migration: str) -> None:
    """One worker copies the customers first, so it has not come to the other table."""
    (repository(desk.folder) / "data/shop.yaml").write_text(CLASSIFICATION.rstrip() + _LATER, encoding="utf-8")
    with desk.server.connect(desk.source) as connection:
        connection.execute("CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (1)")
    with desk.in_the_middle(*COMMANDS["anonymise"], "--workers", "1") as running, desk.server.connect(desk.source) as connection:
        connection.execute(migration.encode())
    struck = ended(running)

    assert struck.code == 5, struck.err
    assert "the source's schema changed during the run; nothing was swapped in" in struck.err
    assert struck.has_a_way_out
    assert (desk.old_rows(), desk.beside) == (ROWS, [])


@pytest.mark.parametrize("command", [COMMANDS["generate"], (*COMMANDS["anonymise"], "--schema", "target")], ids=["generate", "anonymise"])
def test_a_migration_of_the_target_is_not_lost(desk: Desk, command: tuple[str, ...]) -> None:
    with desk.in_the_middle(*command) as running, desk.server.connect(desk.target) as connection:
        connection.execute("CREATE INDEX by_email ON customers (lower(email)); CREATE TYPE colour AS ENUM ('red')")
    struck = ended(running)

    assert struck.code == 5, struck.err
    assert f"the schema of {desk.target} changed during the run" in struck.err
    assert struck.has_a_way_out
    assert desk.beside == []
    assert desk.old_rows() == ROWS

    again = desk.run(*command)
    assert again.code == 0, again.err
    assert desk.old_rows() == 0
    assert desk.ask(desk.target, "SELECT to_regclass('by_email') IS NOT NULL AND to_regtype('colour') IS NOT NULL") is True
