"""References between stacks of one backend: their names, as Pulumi's file backend takes them, and what they give."""

from __future__ import annotations

from liftlock_engine.backend import FileBackend
from liftlock_engine.errors import EngineError, PassphraseError
from liftlock_engine.model import Snapshot, StackName
from liftlock_engine.passphrase import Crypter, PassphraseSupplier
from liftlock_engine.providers.port import ProviderError


def parse_reference(text: str, project: str) -> StackName:
    """The stack of `<stack>`, `organization/<stack>` or `organization/<project>/<stack>`; ProviderError where the text is none of these.

    project: of the program that refers, for the first two.
    """
    parts = text.split("/")
    if not text or len(parts) > 3:
        raise ProviderError(f'"{text}" is no stack name; write organization/<project>/<stack>')
    if len(parts) > 1 and parts[0] != "organization":
        raise ProviderError(f"organization name must be 'organization', it is {parts[0]!r}; write organization/<project>/<stack>")
    named = parts[1] if len(parts) == 3 else project
    if not named:
        raise ProviderError("project names may not be empty")
    if not parts[-1]:
        raise ProviderError("a stack name may not be empty")
    return StackName(named, parts[-1])


class _Elided(Crypter):
    """Reads a state whose secrets do not open: each is an empty object, as with Pulumi."""

    def __init__(self) -> None:
        super().__init__("", lambda: None)

    def decrypt(self, place: str, ciphertext: str) -> str:  # noqa: ARG002 - the place does not matter here
        return "{}"


class Stacks:
    """The other stacks of one backend, as a program of `project` sees them. passphrase: opens their secrets."""

    def __init__(self, backend: FileBackend, project: str, passphrase: PassphraseSupplier) -> None:
        self._backend = backend
        self._project = project
        self._passphrase = passphrase

    def snapshot(self, reference: str) -> tuple[Snapshot, bool]:
        """What is recorded of a stack, and whether its secrets could be opened; ProviderError where there is no such stack."""
        name = parse_reference(reference, self._project)
        if not self._backend.exists(name):
            where = f"the state in {self._backend.root} has no such stack"
            raise ProviderError(f'unknown stack "{reference}": {where}; run the program that makes it first, or correct the name')
        try:
            try:
                return self._backend.load(name, Crypter("", self._passphrase)), True
            except PassphraseError:
                return self._backend.load(name, _Elided()), False
        except EngineError as err:
            raise ProviderError(f"stack {reference}: {err.message}") from err
