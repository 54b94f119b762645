"""One run at a time for one target, from whatever checkout or machine: an advisory lock of the target's server, and who has it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from liftlock_datagen.database.connect import Connection
from liftlock_datagen.database.leftovers import lock_of
from liftlock_datagen.errors import BusyError

LINGERING: Final = 10.0
"""Seconds that a server may take to notice that its client is gone."""
_PAUSE = 0.1
_HINT = "wait for it to end, then run the same command again; a killed one counts until the server sees that it is gone"
_HOLDER = """
SELECT format('process %%s of role %%s, from %%s, connected since %%s UTC', a.pid, a.usename, coalesce(host(a.client_addr), 'this server'),
              to_char(a.backend_start AT TIME ZONE 'UTC', 'HH24:MI:SS'))
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid::bigint = %s AND l.objid::bigint = %s
"""


def claim(keeper: Connection, target: str, on_note: Callable[[str], None], patience: float = LINGERING) -> None:
    """Takes the target for as long as the connection lives, which may claim it again. BusyError with who has it, after so many seconds.

    on_note: told that, and for whom, it waits.
    """
    ends, said = time.monotonic() + patience, False
    while not (keeper.execute("SELECT pg_try_advisory_lock(%s, %s)", lock_of(target)).fetchone() or (False,))[0]:
        text = f"another run is building {target} at this moment{_holder(keeper, target)}"
        if time.monotonic() >= ends:
            raise BusyError(text, hint=_HINT)
        if not said:
            on_note(f"{text}; waiting up to {patience:.0f} s for it to end")
            said = True
        time.sleep(_PAUSE)


def _holder(keeper: Connection, target: str) -> str:
    """Empty where nobody has it any more, or the role may not see who."""
    first, second = lock_of(target)
    row = keeper.execute(_HOLDER, [first, second % 2**32]).fetchone()
    return f" ({row[0]})" if row and row[0] else ""
