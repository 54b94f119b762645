"""Where packages come from is read from the machine."""

from __future__ import annotations

import pytest

from machine.distribution import PackageSource, apt_files, apt_settings, build_proxies, is_debian_like, mirrors, sources_text

DUMP = """\
APT "";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
Acquire::http::Proxy "http://user:secret@proxy.example:3128";
Acquire::https::Proxy "DIRECT";
"""


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=ubuntu\nID_LIKE="debian"\n', True),
        ("ID=fedora\n", False),
        ('NAME="debian"\nID=alpine\n', False),
        ("", False),
    ],
)
def test_debian_and_its_children_are_known_by_os_release(release: str, expected: bool) -> None:
    assert is_debian_like(release) is expected


@pytest.mark.parametrize(
    "sources",
    [
        "Types: deb\nURIs: https://mirror.example/debian/\nSuites: bookworm\n\nURIs: https://mirror.example/debian-security\n",
        "deb [signed-by=/k] https://mirror.example/debian bookworm main\ndeb https://mirror.example/debian-security b-security main\n",
    ],
)
def test_a_machines_own_mirror_is_used(sources: str) -> None:
    assert mirrors(sources) == ("https://mirror.example/debian", "https://mirror.example/debian-security")


def test_what_is_no_debian_archive_is_not_taken_for_one() -> None:
    assert mirrors("deb http://archive.example/ubuntu noble main\n# deb http://old.example/debian x main\n") == mirrors("")


def test_apt_options_that_matter_to_a_build_are_passed_on_and_no_proxy_among_them() -> None:
    assert apt_settings(DUMP) == (("Acquire::Check-Valid-Until", "false"), ("Acquire::Check-Date", "false"))


def test_proxies_reach_a_build_as_dockers_own_arguments_and_the_environment_wins() -> None:
    assert build_proxies(DUMP, {}) == (("http_proxy", "http://user:secret@proxy.example:3128"),)
    assert dict(build_proxies(DUMP, {"http_proxy": "http://other.example", "no_proxy": "x", "PATH": "/bin"})) == {
        "http_proxy": "http://other.example",
        "no_proxy": "x",
    }


def test_a_proxys_password_is_in_no_file_of_an_image_and_in_no_repr() -> None:
    source = PackageSource(settings=apt_settings(DUMP), proxies=build_proxies(DUMP, {}))
    assert b"secret" not in b"".join(apt_files(source).values())
    assert "secret" not in repr(source)


def test_a_bundle_of_certificates_is_put_where_apt_looks_for_it() -> None:
    files = apt_files(PackageSource(main="https://mirror.example/debian", ca=b"PEM"))
    assert files["liftlock-ca.crt"] == b"PEM"
    assert b"Acquire::https::CAInfo" in files["apt.conf.d/90liftlock"]
    assert b"CAInfo" not in apt_files(PackageSource())["apt.conf.d/90liftlock"]


def test_security_updates_are_among_the_sources() -> None:
    assert "Suites: bookworm-security" in sources_text(
        PackageSource("https://mirror.example/debian", "https://mirror.example/debian-security")
    )


def test_without_an_address_of_its_own_a_machine_leaves_the_images_sources_alone() -> None:
    assert mirrors("") == (None, None)
    assert not any(name.startswith("sources") for name in apt_files(PackageSource()))
