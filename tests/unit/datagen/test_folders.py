"""A folder of many modules says what each is there for."""

from __future__ import annotations

import re
from pathlib import Path

from liftlock_datagen import synthesis


def test_every_module_of_synthesis_has_its_place_in_the_list() -> None:
    modules = {path.stem for path in Path(*synthesis.__path__).glob("*.py")} - {"__init__"}
    lines = re.findall(r"^- [^:]+:([^.]+)\.", synthesis.__doc__ or "", re.MULTILINE)
    listed = [name for names in lines for name in re.findall(r"\w+", names)]
    assert sorted(listed) == sorted(modules)
