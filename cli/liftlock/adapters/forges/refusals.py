"""A status that nobody accepted, as the error that it means on every forge. No I/O."""

from __future__ import annotations

from liftlock.adapters.forges.answers import Answer, one_line
from liftlock.core.errors import LiftlockError, UnavailableError, UsageError


def refusal(name: str, answer: Answer, needs: str = "") -> LiftlockError:
    """A status that nobody accepted, as the error that it means on every forge."""
    said = f": {answer.said}" if answer.said else ""
    asked = one_line(answer.headers.get("x-accepted-github-permissions", "")) or needs  # GitHub itself knows it best
    takes = f" with {asked}" if asked else ""
    match answer.status:
        case 401:
            return UsageError(f"{answer.place}: {name} does not accept the token{said}", hint=f"give forge.token a valid one{takes}")
        case 403:
            return UsageError(f"{answer.place}: {name} forbids it{said}", hint=f"give forge.token one{takes or ' that may do it'}")
        case 404:
            return UsageError(f"{answer.place}: not there, or not for this token{said}", hint=f"check forge.url, and use a token{takes}")
        case 400 | 405 | 406 | 409 | 410 | 415 | 422:
            return UsageError(f"{answer.place}: {name} refuses it ({answer.status}){said}")
        case _:
            return UnavailableError(f"{answer.place}: {name} answered {answer.status}{said}", hint="look at its state, then try again")
