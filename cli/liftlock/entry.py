"""Where the program begins: Ctrl-C while the command line is still being loaded ends it in a line, as it does later."""

import sys

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which is not loaded yet


def run() -> None:
    """Loads the command line and runs it."""
    try:
        from liftlock.main import run as begin  # noqa: PLC0415 - loading is what may be interrupted
    except KeyboardInterrupt:
        sys.stderr.write("liftlock: interrupted; nothing was begun\n")
        sys.exit(_INTERRUPTED)
    begin()
