"""Makes Pulumi's protocol importable without the rest of its SDK, which takes longer than all else that a plugin needs.

Only for a process that is nothing but a plugin: programs cannot run in it afterwards.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def import_protocol_only() -> None:
    """Puts empty packages in the place of `pulumi`, `pulumi.runtime` and `pulumi.runtime.proto`; their submodules load as ever."""
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package pulumi is not installed")
    folder = Path(next(iter(spec.submodule_search_locations)))
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        module = ModuleType(name)
        module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
