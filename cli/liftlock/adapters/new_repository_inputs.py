"""What the options of `init` name on this machine: the images file, and the forge's path."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from liftlock.core.config.text_rules import ONE_LINE
from liftlock.core.errors import ConfigError, UsageError
from liftlock.core.initialisation import KnownImages, NewRepository, parse_forge, parse_images
from liftlock.core.project import ForgeKind, ForgeSettings


def read_images(path: Path | None) -> KnownImages:
    """The images that the file names; none without a file."""
    if path is None:
        return KnownImages()
    try:
        return parse_images(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: the images file cannot be read: {reason}", hint="make images in liftlock's source writes it") from err


def with_forge(plan: NewRepository, given: str | None) -> NewRepository:
    """The plan with the forge that was given, a web address or a path from the working directory; one beside the folder without it.

    liftlock.yaml names an absolute path as it is, a relative one as seen from the repository, so that both can be moved together.
    """
    if given is None:
        return plan
    far = parse_forge(given)
    if far is not None:
        return replace(plan, forge=far, bare=None)
    path = _local_path(given)
    absolute = Path(os.path.normpath(Path.cwd() / path))
    if absolute == Path(plan.folder) or Path(plan.folder) in absolute.parents:
        raise UsageError(f"{given}: the forge cannot lie inside the environments repository", hint="give a path beside it")
    setting = str(absolute) if path.is_absolute() else Path(os.path.relpath(absolute, plan.folder)).as_posix()
    return replace(plan, forge=ForgeSettings(ForgeKind.LOCAL, setting), bare=absolute)


_PATH_OR_URL = "--forge takes the path of a bare Git repository, or a repository's web address"


def _local_path(given: str) -> Path:
    if not given or not ONE_LINE.fits(given):
        raise UsageError(_PATH_OR_URL, hint="for example --forge ../shop.git")
    if given.startswith("file://"):
        return Path(unquote(urlsplit(given).path))
    if "://" in given or (":" in given.partition("/")[0] and not Path(given).exists()):
        raise UsageError(_PATH_OR_URL, hint="for example --forge ../shop.git, or --forge https://github.com/OWNER/REPOSITORY")
    return Path(given).expanduser()
