"""What PostgreSQL's programs are told, and that nobody else sees it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from liftlock_datagen.database.tools import _variables
from liftlock_datagen.errors import DatagenError


def test_all_that_a_url_says_is_handed_on(tmp_path: Path) -> None:
    url = "postgresql://u:pw@h/db?require_auth=scram-sha-256&requirepeer=postgres&sslcrldir=/x&ssl_min_protocol_version=TLSv1.3"
    said = _variables(url, tmp_path)
    assert {said[name] for name in ("PGREQUIREAUTH", "PGREQUIREPEER", "PGSSLCRLDIR", "PGSSLMINPROTOCOLVERSION")} == {
        "scram-sha-256",
        "postgres",
        "/x",
        "TLSv1.3",
    }
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_variable_goes_through_a_file_of_its_own(tmp_path: Path) -> None:
    said = _variables("postgresql://u:pw@h/db?sslpassword=hunter2&keepalives_idle=5", tmp_path)
    file = Path(said["PGSERVICEFILE"])
    assert file.read_text() == "[liftlock]\nkeepalives_idle=5\nsslpassword=hunter2\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(DatagenError) as raised:
        _variables("postgresql://u:pw@h/db?sslpassword=hunter2&service=x", tmp_path)
    assert "hunter2" not in str(raised.value)
