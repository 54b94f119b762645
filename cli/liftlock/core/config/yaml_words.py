"""The YAML parser's complaints in plain words, with what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

from ruamel.yaml.error import MarkedYAMLError

_PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"found character '\\t'", "a tab is used for indentation; use spaces"),
    (r"mapping values are not allowed", 'a ":" is not expected here; put the text in quotes, or check the indentation'),
    (r"could not find expected ':'", 'a ":" is missing after this key'),
    (r"expected <block end>, but found", "this line does not fit the lines above; check its indentation"),
    (r"expected ',' or '([\]}])', but got '<stream end>'", r'the file ends before the closing "\1"'),
    (r"expected ',' or '([\]}])', but got", r'a "," or the closing "\1" is missing here'),
    (r"found unexpected end of stream", "the file ends inside quotes; close them"),
    (r"found unexpected document separator", "the quotes are not closed before this line"),
    (r"found unknown escape character '(.)'", r'"\\\1" is no escape in double quotes; use single quotes or "\\\\"'),
    (r"found character '(.)' that cannot start", r'text cannot begin with "\1"; put it in quotes'),
    (r"expected the node content, but found '(.+)'", r'a value is missing before "\1"'),
    (r"expected '<document start>'", "text stands outside the document; remove it, or check the indentation"),
)
_OPENERS = re.compile(r"while (?:scanning|parsing) (?:a|an) (quoted scalar|double-quoted scalar|flow sequence|flow mapping)")
_OPENED = {"quoted scalar": "quotes", "double-quoted scalar": "quotes", "flow sequence": '"["', "flow mapping": '"{"'}


def plain_words(err: MarkedYAMLError, line_of: Callable[[int], int]) -> str:
    """What is wrong, as a person would say it; the parser's own words where none are known."""
    problem = str(err.problem or err.context or "not YAML")
    words = next(
        (re.match(pattern, problem) and _say(pattern, text, problem) for pattern, text in _PROBLEMS if re.match(pattern, problem)), None
    )
    opener = _OPENERS.match(str(err.context or ""))
    since = ""
    if opener and err.context_mark is not None:
        since = f" (the {_OPENED[opener[1]]} opened at line {line_of(err.context_mark.index)})"
    return (words or f"not valid YAML: {problem}") + since


def _say(pattern: str, text: str, problem: str) -> str:
    match = re.match(pattern, problem)
    return match.expand(text) if match else text
