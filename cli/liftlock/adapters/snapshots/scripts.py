"""What the containers run that copy data folders and databases, for the shell of any PostgreSQL image, as root.

Values come as environment variables: nothing is put together into a program, and no password stands in a list of processes.
"""

from __future__ import annotations

from typing import Final

MARK: Final = "liftlock-golden"

# /from: a golden copy, /to: the data folder that becomes one. The mark is what says that the copy was finished; a clone has none.
CLONE: Final = f"""set -eu
[ "$(cat /from/{MARK} 2>/dev/null)" = "$SNAPSHOT" ] || {{ echo 'the golden copy is not whole, or is gone'; exit 3; }}
find /to -mindepth 1 -delete
how=
if cp --reflink=auto --version >/dev/null 2>&1; then how=--reflink=auto; fi
cp -a $how /from/. /to/
rm -f /to/{MARK}
# Our own image sets the role's password at every start; others only when they make the data folder.
if ! command -v serve-postgres >/dev/null 2>&1; then
  server=$(command -v postgres)
  printf "ALTER ROLE \\"%s\\" PASSWORD '%s'\\n" "$POSTGRES_USER" "$POSTGRES_PASSWORD" > /tmp/password.sql
  chmod 644 /tmp/password.sql
  su -s /bin/sh postgres -c "$server --single -D /to postgres < /tmp/password.sql" >/dev/null
  rm -f /tmp/password.sql
fi
if [ "$DISPOSABLE" = no ]; then sync; fi
"""

# /to: the data folder of a server that has ended. Only the newest piece of its log is needed after a clean end; the rest is a reserve.
FINISH: Final = f"""set -eu
cd /to
[ ! -e postmaster.pid ] || {{ echo 'the server did not end cleanly'; exit 3; }}
said=$(pg_controldata -D /to)
printf '%s\\n' "$said" | grep -q '^Database cluster state: *shut down$' || {{ echo 'the server did not end cleanly'; exit 3; }}
last=$(printf '%s\\n' "$said" | sed -n "s/^Latest checkpoint's REDO WAL file: *//p")
[ -f "pg_wal/$last" ] || {{ echo 'the log of the server is not where it should be'; exit 3; }}
find pg_wal -maxdepth 1 -type f ! -name "$last" ! -name '*.history' -delete
printf %s "$SNAPSHOT" > {MARK}
sync
du -sk . | cut -f1
"""

# $@: more arguments of pg_dump. A dump that fails makes the whole transaction fail. Of errors of the restore only the code is shown: their
# text may quote rows.
COPY: Final = """set -eu
{ PGPASSWORD=$SOURCE_PASSWORD pg_dump --no-owner --no-privileges --no-security-labels --no-tablespaces \
  --no-publications --no-subscriptions "$@" -d "$SOURCE" || echo 'SELECT 1 / 0;'; } \
| PGPASSWORD=$TARGET_PASSWORD psql -X -q -1 -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate -o /dev/null -d "$TARGET"
"""

# In the server that is built: statements of the superuser, one by one.
ADMINISTER: Final = """set -eu
user=postgres
psql -X -q -U postgres -d postgres -c 'SELECT' >/dev/null 2>&1 || user=$POSTGRES_USER
printf '%s\\n' "$STATEMENTS" | psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate -U "$user" -d "$POSTGRES_DB"
"""
