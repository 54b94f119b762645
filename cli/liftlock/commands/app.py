"""How the command line is put together: a command's module is loaded when the command is used, and help is plain text, quickly there."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Command(TyperCommand):
    """A command that its group's help describes by its whole first sentence."""

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - long ones are wrapped, not cut
        """The first sentence, in one line."""
        text = " ".join((self.help or "").partition("\n\n")[0].split())
        sentence, stop, _ = text.partition(". ")
        return f"{sentence}." if stop else text


class Commands(typer.Typer):
    """A group of commands: `app = Commands("What they are for.")`, then Typer's own ways."""

    def __init__(self, help: str = "", *, cls: type[TyperGroup] = TyperGroup, **options: Any) -> None:
        said: dict[str, Any] = {"help": help} if help else {}  # an empty one would hide the callback's
        said |= {"no_args_is_help": not options.get("invoke_without_command"), **options}
        super().__init__(cls=cls, rich_markup_mode=None, pretty_exceptions_enable=False, **said)

    def command(self, name: str | None = None, **options: Any) -> Callable[[_Function], _Function]:
        """Adds a command."""
        return super().command(name, **{"cls": Command, **options})


class Later(Command):
    """Stands for a command of the root until it is used. place: `module` with an `app`, or `module:function`."""

    def __init__(self, name: str, place: str, help: str) -> None:
        super().__init__(name, help=help, rich_markup_mode=None)
        self._place = place

    def load(self) -> Any:
        """The real command."""
        module, _, function = self._place.partition(":")
        found = importlib.import_module(f"liftlock.commands.{module}")
        if not function:
            return get_command(found.app)
        alone = Commands(add_completion=False)
        alone.command(self.name)(getattr(found, function))
        return get_command(alone)


def interrupted_text(words: Sequence[str]) -> str:
    """What an interrupted command line leaves behind, and what the next run does. words: as they were typed."""
    match [word for word in words if not word.startswith("-")][:2]:
        case ["data", "snapshot"]:
            return "a golden copy is whole or not there; the same command again makes good what was left half done"
        case ["data", "anonymise"]:
            return "the target is as it was, or was replaced as a whole; the same command again goes on from what was copied"
        case ["data", *_]:
            return "each database and file is as it was, or was replaced as a whole; the next run starts anew and removes what is left over"
        case _:
            return "what was done is recorded, the next run goes on from there"


class Root(TyperGroup):
    """The root of the command line. later: its commands, in order."""

    later: tuple[Later, ...] = ()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {**{str(command.name): command for command in self.later}, **self.commands}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Typer's own way, but for `… --help`: to look at parameters Typer loads a library that takes longer than all the rest."""
        *words, last = args or [""]
        if last == "--help" and not any(word.startswith("-") for word in words) and not ctx.resilient_parsing:
            self._explain(ctx, words)
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the words name, loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _loaded(command), rest

    def _explain(self, ctx: Any, words: Sequence[str]) -> None:
        command: Any = self
        for word in words:
            if not isinstance(command, TyperGroup):
                break
            command = _loaded(command.commands.get(word))
            if command is None:
                return  # the usual way says what is wrong
            ctx = type(ctx)(command, info_name=word, parent=ctx)
        typer.echo(command.get_help(ctx))
        raise typer.Exit


def _loaded(command: Any) -> Any:
    return command.load() if isinstance(command, Later) else command
