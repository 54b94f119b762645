"""The gate on attestations: what somebody with a trusted key signed about exactly these digests. Pure.

Nothing that is not signed by whom the rule trusts counts, for or against. One attestation that fulfils the rule is enough for an image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from liftlock.core.attestation import Envelope, Found, Statement, Unreadable, read_statement
from liftlock.core.gates.result import GateResult, count, failed, passed, pending, unknown, warned
from liftlock.core.image import Digest
from liftlock.core.project import AttestationMode, AttestationRule
from liftlock.core.slsa import builder_of, is_builder, source_of

KEY = "attestation"
_LONGEST = 200
_TOLD = 3  # of what is in the way, so that a reason stays readable


@dataclass(frozen=True, slots=True)
class Attested:
    """What is attested of one image. good: where the attestation is that fulfils the rule.

    contrary: what is signed and speaks against the rule. useless: what is attached and is no evidence, and why. unasked: why the registry
    could not be asked.
    """

    good: str | None = None
    contrary: tuple[str, ...] = ()
    useless: tuple[str, ...] = ()
    unasked: str | None = None


NOT_ASKED = Attested(unasked="not asked: another gate is in the way")


def weigh(rule: AttestationRule, image: Digest, found: Iterable[Found], signed: Callable[[Envelope], bool]) -> Attested:
    """What the things found beside the image come to. signed: whether it is by whom the rule trusts. Stops at the first that is enough."""
    contrary: list[str] = []
    useless: list[str] = []
    for item in found:
        if isinstance(item, Unreadable):
            useless.append(f"{item.place}: {item.reason}")
        elif not signed(item):
            useless.append(f"{item.place}: no signature of it is by {rule.signer}")
        else:
            about, reason = _judge(rule, image, item)
            if reason is None:
                return Attested(good=item.place)
            (contrary if about else useless).append(f"{item.place}: {reason}")
    return Attested(contrary=tuple(contrary), useless=tuple(useless))


def attestation_gate(rule: AttestationRule, attested: Mapping[str, Attested]) -> GateResult:
    """Passes when every image (`repository@digest`) has what the rule asks for. One that only warns says what is missing."""
    result = judge_attested(rule, attested)
    if result.passed or rule.mode is AttestationMode.ENFORCE:
        return result
    return warned(KEY, result.reason)


def judge_attested(rule: AttestationRule, attested: Mapping[str, Attested]) -> GateResult:
    """Whether every image has what the rule asks for, whatever becomes of one that has not."""
    lacking = {image: said for image, said in attested.items() if said.good is None}
    wrong = [f"{image} ({_some(said.contrary)})" for image, said in lacking.items() if said.contrary]
    if wrong:
        return failed(KEY, f"what is attested is not what {rule.predicate} must say here: {_some(wrong)}")
    unasked = [f"{image} ({said.unasked})" for image, said in lacking.items() if said.unasked is not None]
    without = [f"{image} ({_some(said.useless) or 'nothing is attached'})" for image, said in lacking.items() if said.unasked is None]
    if without:
        return pending(KEY, f"no {rule.predicate} signed by {rule.signer} for {_some(without)}")
    if unasked:
        return unknown(KEY, f"the registry could not be asked for {_some(unasked)}")
    where = [f"{image}: {said.good}" for image, said in attested.items()]
    return passed(KEY, f"{rule.predicate} by {rule.signer} for {count(len(attested), 'image')}", _some(where))


def _judge(rule: AttestationRule, image: Digest, envelope: Envelope) -> tuple[bool, str | None]:
    """Whether a signed envelope is what the rule is about, and why it does not fulfil it; None where it does."""
    try:
        statement = read_statement(envelope)
    except ValueError as err:
        return False, str(err)
    if image.text not in statement.digests:
        return False, "it is about other images"
    if statement.predicate_type != rule.predicate:
        return False, f"it is {_shown(statement.predicate_type)}"
    return True, _against(rule, statement)


def _against(rule: AttestationRule, statement: Statement) -> str | None:
    builder, source = builder_of(statement.predicate), source_of(statement.predicate)
    if rule.builder is not None and (builder is None or not is_builder(rule.builder, builder)):
        return f"built by {_shown(builder or 'nobody who is named')}, not by {rule.builder}"
    if rule.source is not None and source != rule.source:
        return f"built from {_shown(source or 'no repository that is named')}, not from {rule.source}"
    return None


def _shown(text: str) -> str:
    """A builder signs what it was told, also by strangers: no line end and nothing that steers a terminal gets out of it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_LONGEST])


def _some(items: Iterable[str]) -> str:
    every = list(items)
    more = f", and {len(every) - _TOLD} more" if len(every) > _TOLD else ""
    return ", ".join(every[:_TOLD]) + more
