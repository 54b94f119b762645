"""Pulumi's installer is run only as Pulumi gave it, and what it leaves must work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from liftlock.adapters.engines.pulumi.installer import URL, fetch_installer, run_installer
from liftlock.adapters.engines.pulumi.versions import CliMissingError
from liftlock.core.errors import LiftlockError, UnavailableError

Answer = Callable[[httpx.Request], httpx.Response]


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


def downgrade(request: httpx.Request) -> httpx.Response:
    if request.url.scheme == "https":
        return httpx.Response(302, headers={"location": "http://get.example/install.sh"})
    return httpx.Response(200, text="#!/bin/sh\n")


def test_the_installer_is_what_pulumis_site_gives() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, text="#!/bin/sh\necho hello\n")

    assert fetch_installer(httpx.MockTransport(answer)) == "#!/bin/sh\necho hello\n"
    assert asked == [URL]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refuse, "cannot be fetched"),
        (downgrade, "leads to http://"),
        (lambda _: httpx.Response(403, text="#!/bin/sh\n"), "HTTP 403"),
        (lambda _: httpx.Response(200, text="<html>log in first</html>"), "no installer"),
    ],
)
def test_what_is_no_installer_is_not_run_and_the_way_out_is_named(answer: Answer, said: str) -> None:
    with pytest.raises(UnavailableError, match=said) as raised:
        fetch_installer(httpx.MockTransport(answer))
    assert "engine.kind: embedded" in (raised.value.hint or "")


def script(version: str) -> str:
    return f"""#!/bin/sh
[ "$1 $2" = "--no-edit-path --install-root" ] || exit 9
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho {version}\\n' > "$3/bin/pulumi"
chmod +x "$3/bin/pulumi"
"""


def test_what_it_installs_is_told_and_the_users_shell_is_not_edited(tmp_path: Path) -> None:
    installed = run_installer(script("v3.256.0"), tmp_path)
    assert (installed.path, installed.version) == (tmp_path / "bin" / "pulumi", "3.256.0")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (script("v3.223.0"), LiftlockError, "3.224.0 or newer is needed"),
        (script("hello"), CliMissingError, "does not say its version"),
        ("#!/bin/sh\necho no room left >&2\nexit 1\n", LiftlockError, "no room left"),
        ("#!/bin/sh\n", CliMissingError, "does not say its version"),
    ],
)
def test_an_installation_that_is_of_no_use_is_an_error(tmp_path: Path, text: str, error: type[LiftlockError], said: str) -> None:
    with pytest.raises(error, match=said):
        run_installer(text, tmp_path)
