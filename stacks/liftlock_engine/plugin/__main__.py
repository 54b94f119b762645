"""`python -m liftlock_engine.plugin docker`: what the executable `pulumi-resource-docker` runs."""

from __future__ import annotations

import argparse
import os
import sys

from liftlock_engine.plugin.bare_protocol import import_protocol_only
from liftlock_engine.plugin.packages import PACKAGES, open_package


def main() -> None:
    """Serves one package until it is told to end. The engine's address and its logging flags come after our own options; unused."""
    parser = argparse.ArgumentParser(prog="liftlock_engine.plugin")
    parser.add_argument("package", choices=PACKAGES)
    parser.add_argument("--sdk-version", required=True, help="version of the SDK that this serves")
    parser.add_argument(
        "--owner-label", action="append", default=[], help="a label that, equal to what the inputs declare, marks an object as ours"
    )
    chosen, _ = parser.parse_known_args()
    import_protocol_only()
    from liftlock_engine.plugin.serving import serve  # noqa: PLC0415 - after the line above

    serve(open_package(chosen.package, chosen.sdk_version, tuple(chosen.owner_label)))
    sys.stdout.flush()
    os._exit(0)  # a call that would not end in time keeps its thread; the process does not wait for it


if __name__ == "__main__":
    main()
