"""The command line's root: collects the commands and is the only place that catches."""

from __future__ import annotations

import errno
import gc
import sys
from typing import Annotated

import typer

from liftlock import __version__
from liftlock.commands.app import Commands, Later, Root, interrupted_text
from liftlock.commands.output import has_printed, print_error
from liftlock.core.errors import ExitCode, LiftlockError, UsageError


class _Liftlock(Root):
    later = (
        Later(
            "init",
            "init:init",
            "Write a new environments repository, commit it, and push it to its forge; with --ci, add pipelines to one that is there.",
        ),
        Later("doctor", "doctor:doctor", "Look at everything that liftlock needs: Git, Docker, engine, registry, forge."),
        Later("engine", "engine", "Show which engine runs the environments, and where its state is."),
        Later("config", "config", "Check the declared files and explain where every value comes from."),
        Later("env", "env", "Create, show and remove environments."),
        Later("branch", "branch", "Make, list and remove environments of branches."),
        Later("data", "data", "Make data for lower environments: classify, generate, anonymise, prove, and keep golden copies."),
        Later("image", "image", "Resolve tags to digests, record them for an environment, verify that the registry has them."),
        Later("promote", "promote", "Move a proved release to the next environment through a reviewed pull request."),
        Later("evidence", "evidence", "Record smoke tests, judgements and health checks of what an environment runs, and list them."),
        Later(
            "release-plan",
            "release_plan:release_plan",
            "Write a promotion as a document: what, where, gates, order, rollback, people, times.",
        ),
        Later(
            "rollback",
            "measures:rollback",
            "Go back to a release that was healthy, and veto the present one, in one pull request.",
        ),
        Later("freeze", "measures:freeze", "Let nothing enter these environments for a while, by a pull request."),
        Later("thaw", "measures:thaw", "End a freeze before its time, by a pull request that somebody else approves."),
        Later("veto", "measures:veto", "Keep a release or an image out of environments that lack it, by a pull request."),
        Later("unveto", "measures:unveto", "Lift a veto, by a pull request that somebody else approves."),
        Later("hold", "measures:hold", "Keep an environment, or one service of it, as it is, by a pull request."),
        Later("release", "measures:release", "Release a hold, by a pull request that somebody else approves."),
        Later("policy", "policy", "Show the rules that people set for a while: freezes, vetoes and holds."),
        Later("drift", "drift:drift", "Show what differs between declared configuration, what was last applied and what is live."),
        Later("history", "history:history", "Show what was recorded, promoted and deployed where, when and by whom, newest first."),
        Later("who-has", "history:who_has", "Show which environments run an image, since when, by their last deployment."),
        Later(
            "metrics",
            "metrics:metrics",
            "Show how often each environment and service is deployed, how fast, how often that fails and how long failures last.",
        ),
        Later("audit", "audit", "Hold what is in Git against the ledger, and write down who did what."),
        Later("diff", "history:diff", "Show how two environments differ: images, source commits, configuration, data."),
    )


app = Commands(cls=_Liftlock, name="liftlock", add_completion=True)


def _version(show: bool) -> None:
    if show:
        typer.echo(f"liftlock {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None:
    """Environments from declared configuration, digests promoted by pull request, seeded data, drift as a diff."""


def run() -> None:
    """Entry point: runs a command and turns what it raises into one message and one exit code."""
    gc.set_threshold(10_000)  # by default Python looks for cycles so often that it costs a short run a tenth of its time
    outcome = _outcome()
    gc.freeze()  # what is left goes with the process; else Python looks through all of it once more, a tenth of a second
    sys.exit(outcome)


def _outcome() -> int:
    try:
        code = int(app(standalone_mode=False) or ExitCode.DONE)
    except LiftlockError as err:
        return report(err)
    except typer.Abort:
        return report(UsageError("not done: it was not confirmed"))
    except typer.TyperException as err:
        _plain(err)
        # Typer's own exit code is 2, which here means that changes were found.
        err.show() if hasattr(err, "show") else print(f"error: {err}", file=sys.stderr)  # noqa: T201
        return _document(UsageError(_said(err)), ExitCode.USAGE)
    except OSError as err:
        if err.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        return report(
            LiftlockError(
                f"there is no room left: {err.filename or 'where the output goes'}: {err.strerror}",
                hint="make room, then run the same command again",
            )
        )
    if code == ExitCode.INTERRUPTED:
        message = f"interrupted; {interrupted_text(sys.argv[1:])}"
        print(f"liftlock: {message}", file=sys.stderr)  # noqa: T201
        return _document(LiftlockError(message), code)
    return code


def report(err: LiftlockError) -> int:
    """Says the error on stderr, and as a document on stdout where --json is asked for; the exit code it asks for."""
    print(f"error: {err.message}", file=sys.stderr)  # noqa: T201
    if err.hint:
        print(f"  hint: {err.hint}", file=sys.stderr)  # noqa: T201
    return _document(err, int(err.exit_code))


def _document(err: LiftlockError, code: int) -> int:
    """Looks at the words themselves: they may be those that could not be parsed."""
    if "--json" in sys.argv[1:] and not has_printed():
        print_error(err, code)
    return code


def _plain(err: typer.TyperException) -> None:
    """Leaves out what the library that checks values puts before our own words."""
    if isinstance(getattr(err, "message", None), str):
        err.message = err.message.replace("Value error, ", "")


def _said(err: typer.TyperException) -> str:
    return str(err.format_message()) if hasattr(err, "format_message") else str(err)
