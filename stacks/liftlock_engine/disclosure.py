"""Finds secrets in texts that programs print, in the forms that programs print them in. Pure.

Non-goal: what is encrypted, hashed or cut in the middle is not found.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterable

LOG_TITLE = "last lines of its log:"
HEALTH_TITLE = "; its last health check said:"
LINE_MARK = "  | "
MASK = "[masked]"
WITHHELD = "log withheld: it holds a short secret; see liftlock env logs"
SHORTEST = 4
"""What is shorter is not masked: a mask at every `a` and `1` spoils the text, and tells by its places what it hides."""
_LONG_LINE = 8
_LONG_CORE = 6
_PASSWORD_IN_TEXT = re.compile(r"://[^:/@\s]*:([^@\s]+)@|(?:passw(?:or)?d|pwd)=([^\s&;'\"]+)", re.IGNORECASE)
_BESIDES_UNRESERVED = ("", "/", "!'()*")
_LOG = re.compile(rf"{re.escape(LOG_TITLE)}(?P<said>(?:\n{re.escape(LINE_MARK)}.*)+)")
_HEALTH = re.compile(rf"{re.escape(HEALTH_TITLE)} (?P<said>.*)")


def secret_forms(secrets: Iterable[str]) -> frozenset[str]:
    """Every text that gives one of the secrets away: itself, its parts that are secret alone, and all of them quoted or encoded."""
    return frozenset(form for secret in secrets for part in _parts(secret) for form in _written(part) if form.strip())


def passwords_in(value: str) -> set[str]:
    """The passwords in a URL or connection string, as they stand there and as they are."""
    found = {password for either in _PASSWORD_IN_TEXT.findall(value) for password in either if password}
    return found | {urllib.parse.unquote(password) for password in found}


def without(text: str, forms: Iterable[str], mask: str) -> str:
    """The text with a mask over every occurrence; where two overlap there is one mask over both. Forms shorter than SHORTEST stay."""
    found = {
        (at.start(), at.start() + len(form))
        for form in forms
        if len(form) >= SHORTEST
        for at in re.finditer(f"(?={re.escape(form)})", text)
    }
    pieces: list[str] = []
    end = 0
    for start, stop in sorted(found):
        if start >= end:
            pieces += [text[end:start], mask]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])


def holds_short(text: str, forms: Iterable[str], *masks: str) -> bool:
    """Whether a form that is too short to be masked occurs outside the masks."""
    for mask in (MASK, *masks):
        text = text.replace(mask, "\0")
    return any(form in text for form in forms if len(form) < SHORTEST)


def withheld(text: str, forms: Iterable[str], *masks: str) -> str:
    """The text without the words of a container, where those hold a secret that is too short to be masked."""
    known = [form for form in forms if len(form) < SHORTEST]

    def judge(found: re.Match[str]) -> str:
        said = found["said"].replace(f"\n{LINE_MARK}", "\n")
        if not holds_short(said, known, *masks):
            return found[0]
        return WITHHELD if found[0].startswith(LOG_TITLE) else f"{HEALTH_TITLE} [withheld: it holds a short secret]"

    return _HEALTH.sub(judge, _LOG.sub(judge, text)) if known else text


def _parts(secret: str) -> set[str]:
    """The secret and what of it is one alone: the lines of a key, the password in a URL or connection string."""
    lines = {line for raw in secret.splitlines() if len(line := raw.strip()) >= _LONG_LINE}
    return {secret, secret.strip(), " ".join(secret.split()), *lines, *passwords_in(secret)}


def _written(part: str) -> set[str]:
    """The part as languages quote it, URLs spell it, and base64 holds it."""
    raw = part.encode("utf-8", "surrogatepass")
    quoted = {urllib.parse.quote(raw, safe=safe) for safe in _BESIDES_UNRESERVED} | {urllib.parse.quote_plus(raw)}
    return {
        part,
        repr(part)[1:-1],
        ascii(part)[1:-1],
        json.dumps(part)[1:-1],
        json.dumps(part, ensure_ascii=False)[1:-1],
        *quoted,
        *(re.sub("%..", lambda code: code[0].lower(), form) for form in quoted),
        *_in_base64(raw),
    }


def _in_base64(raw: bytes) -> set[str]:
    """Alone, and what is the same wherever it stands in something longer (`user:password` of an Authorization header)."""
    whole = base64.b64encode(raw).decode()
    forms = {whole, whole.rstrip("=")}
    for before in range(3):
        bits = 8 * (before + len(raw))
        core = base64.b64encode(bytes(before) + raw).decode()[-(-8 * before // 6) : bits // 6]
        forms |= {core} if len(core) >= _LONG_CORE else set()
    return forms | {form.replace("+", "-").replace("/", "_") for form in forms}
