"""What tells an environments repository from any other folder."""

from __future__ import annotations

SETTINGS = "liftlock.yaml"
