"""What is said of a database that cannot be reached."""

from __future__ import annotations

import pytest

from liftlock_datagen.database.connect import connected, unreachable
from liftlock_datagen.errors import UnreachableError


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ('connection to server at "h", port 1 failed: FATAL:  password authentication failed for user "u"', "the user or the password"),
        ('connection to server at "h", port 1 failed: FATAL:  database "d" does not exist', "name of the database"),
        ('connection to server at "h", port 1 failed: FATAL:  role "u" does not exist', "mend the user"),
        ("failed to resolve host 'h': [Errno -2] Name or service not known", "name of the host"),
        ('connection to server at "h", port 1 failed: FATAL:  the database system is starting up', "wait until"),
        ("connection to server at h failed: fe_sendauth: no password supplied", "PGPASSFILE"),
        ('connection to server at "h", port 1 failed: FATAL:  no pg_hba.conf entry for host "h"', "pg_hba.conf"),
        ('connection to server at "h", port 1 failed: Connection refused', "start the server"),
    ],
)
def test_the_way_out_is_that_of_what_happened(said: str, hint: str) -> None:
    assert hint in (unreachable(said).hint or "")


def test_it_is_one_line_without_the_password() -> None:
    with pytest.raises(UnreachableError) as caught, connected("postgresql://u:s3cretword@127.0.0.1:1/d"):
        pass
    assert caught.value.message.startswith('no connection to the database: connection to server at "127.0.0.1", port 1 failed: ')
    assert "\n" not in caught.value.message
    assert "\t" not in caught.value.message
    assert "s3cretword" not in str(caught.value)
