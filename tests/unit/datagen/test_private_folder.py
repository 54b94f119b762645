"""Folders that nobody else reads and that do not stay."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

from liftlock_datagen.database.private_folder import private_folder


def test_only_its_owner_may_read_it_and_it_goes(tmp_path: Path) -> None:
    with private_folder(tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_goes_and_what_lives_stays(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from liftlock_datagen.database.private_folder import private_folder\n"
        "with private_folder(Path(sys.argv[1])) as folder:\n"
        "    Path(folder, 'schema.dump').write_text('secret'); print(folder, flush=True); time.sleep(600)"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        killed, living = (Path((run.stdout.readline() if run.stdout else "").strip()) for run in runs)
        os.kill(runs[0].pid, signal.SIGKILL)
        runs[0].wait()
        assert Path(killed, "schema.dump").exists()
        with private_folder(tmp_path):
            assert not killed.exists()
            assert Path(living, "schema.dump").exists()
    finally:
        for run in runs:
            run.kill()
            run.communicate()
