"""A tag is the content: what changes an image changes its tag, and nothing else does."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from machine.builds import ContextFile, Image, context_tar, read_context

FILES = (ContextFile("Dockerfile", b"FROM x"), ContextFile("run", b"#!/bin/sh", executable=True))
BASE = Image("liftlock/base", FILES)
ROLE = Image("liftlock/role", FILES, ("BASE", BASE), (("VERSION", "v1"),))


def test_an_image_is_called_by_repository_and_content() -> None:
    assert ROLE.local == f"liftlock/role:{ROLE.tag}"
    assert len(ROLE.tag) == 16


def test_a_changed_file_argument_or_image_below_gives_another_tag() -> None:
    changed_base = replace(BASE, context=(ContextFile("Dockerfile", b"FROM y"),))
    others = [
        replace(ROLE, context=(FILES[0], replace(FILES[1], content=b"#!/bin/bash"))),
        replace(ROLE, context=(FILES[0], replace(FILES[1], executable=False))),
        replace(ROLE, context=(FILES[0], replace(FILES[1], path="start"))),
        replace(ROLE, args=(("VERSION", "v2"),)),
        replace(ROLE, below=("BASE", changed_base)),
    ]
    assert len({ROLE.tag, *(other.tag for other in others)}) == 6


def test_a_name_for_people_leaves_the_tag_alone() -> None:
    assert replace(ROLE, names=("v1",)).tag == ROLE.tag


@given(st.permutations(FILES))
def test_the_order_of_files_does_not_matter(order: list[ContextFile]) -> None:
    assert replace(ROLE, context=tuple(order)).tag == ROLE.tag


@given(st.lists(st.tuples(st.text("ab/", min_size=1), st.binary(max_size=8)), max_size=4), st.binary(max_size=8))
def test_moving_bytes_between_files_gives_another_tag(files: list[tuple[str, bytes]], tail: bytes) -> None:
    context = tuple(ContextFile(path, content) for path, content in dict(files).items())
    assert replace(ROLE, context=context).tag != replace(ROLE, context=(*context, ContextFile("z", tail))).tag


def test_a_context_has_the_files_and_their_modes_but_no_documentation(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "start").write_text("#!/bin/sh")
    (tmp_path / "files" / "start").chmod(0o755)
    (tmp_path / "README.md").write_text("for people")
    files = read_context(tmp_path, extra={"apt/sources.list": b"x"})
    assert files == (ContextFile("files/start", b"#!/bin/sh", executable=True), ContextFile("apt/sources.list", b"x"))


def test_the_tar_holds_what_was_given_and_is_the_same_each_time() -> None:
    packed = context_tar(FILES)
    assert packed == context_tar(FILES)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert {entry.name: entry.mode for entry in tar} == {"Dockerfile": 0o644, "run": 0o755}
