"""Why a run failed, in words that both engines share. A message that none of the patterns knows stays as it is, and so must be the same."""

from __future__ import annotations

import re
from collections.abc import Iterable

MEMORY_ABOVE_SWAP = "the memory limit is above the swap limit"
_ECHO = re.compile(r"(update|preview|destroy) failed")
"""Pulumi ends a failed run with it; the reason stands in another message."""
_PREFIX = re.compile(r"\A(?:an unhandled error occurred|Preview failed): ")
_REASONS = (
    (re.compile(r'resource "([^"]+)" cannot be (\w+)\nbecause it is protected'), r"\1 cannot be \2: it is protected"),
    (re.compile(r'unable to (replace) resource "([^"]+)"\nas it is currently marked'), r"\2 cannot be \1d: it is protected"),
    (re.compile(r"Duplicate resource URN '([^']+)'; try giving it a unique name"), r"there are two of \1"),
    (re.compile(r"Missing required configuration variable '([^']+)'"), r"the configuration \1 is missing"),
    (re.compile(r"(previously-imported resources .*? from your program);"), r"\1"),
    (re.compile(r"unknown stack \"([^\"]+)\""), r"there is no stack \1"),
    (re.compile(r"organization name must be 'organization'"), "the stack is of a foreign organization"),
    (re.compile(r'Pulumi CLI version \S+ does not satisfy the version range "([^"]+)"'), r"the version is not in the range \1"),
    (re.compile(r"resource hook already registered for name (.*)"), r"there are two hooks \1"),
    (re.compile(r'hook "[^"]+" was not registered'), r"\g<0>"),
    (re.compile(r"\Aa transform of .*? failed: (.*?):\n"), r"a transform failed: \1"),
    (re.compile(r"transform\b.*Invoke callback \S+ error: (.*?):\n", re.DOTALL), r"a transform failed: \1"),
    (re.compile(r"\A.*?Traceback .*\n(\w+): (.*)\Z", re.DOTALL), r"the program raised \1: \2"),
    (re.compile(r"\Athe program failed: (\w+): (.*)"), r"the program raised \1: \2"),
    (re.compile(r"unable to pull image (sha256:\w+)|image (\S+) is not on this machine"), r"there is no image \1\2"),
    (re.compile(r"Memory limit should be smaller than already set memoryswap limit"), MEMORY_ABOVE_SWAP),
)


def reasons(errors: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The reasons by resource, each once: Pulumi tells most errors twice. errors: (URN or empty, message)."""
    return frozenset((urn, reason_of(message.strip())) for urn, message in errors if not _ECHO.fullmatch(message.strip()))


def reason_of(told: str) -> str:
    """The message in the shared words."""
    message = _PREFIX.sub("", told)
    for pattern, words in _REASONS:
        if found := pattern.search(message):
            return found.expand(words)
    return message
