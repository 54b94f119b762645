"""Release files: read strictly, edited line by line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.adapters.config_files.schema import json_schema
from liftlock.core.errors import ConfigError
from liftlock.core.image import Digest, ImageRef
from liftlock.core.release import ReleasedImage
from liftlock.core.release_edit import HEADER, edit_release
from liftlock.core.release_file import parse_like, parse_release


def released(digit: str, tag: str | None = "v1", commit: str | None = "1a2b3c4", name: str = "api") -> ReleasedImage:
    return ReleasedImage(ImageRef(f"127.0.0.1:5480/shop/{name}", Digest("sha256:" + digit * 64)), tag, commit)


A, B = "a" * 64, "b" * 64
TWO = f"""\
# staging
services:
  # the API
  api: {{image: "127.0.0.1:5480/shop/api@sha256:{A}", tag: v1, commit: 1a2b3c4}} # kept
  web:
    image: '127.0.0.1:5480/shop/web@sha256:{A}'
    tag: "v1"   # as pushed
    commit: 1a2b3c4

# the end
"""


def test_a_release_is_read_with_tag_and_commit_as_written() -> None:
    text = f"services: {{api: {{image: r/api@sha256:{A}, tag: 1.10, commit: 1234567}}}}"
    found = parse_release(text, "releases/dev.yaml").services["api"]
    assert (str(found.image), found.tag, found.commit) == (f"r/api@sha256:{A}", "1.10", "1234567")


@pytest.mark.parametrize("text", ["", "\ufeff", "# nothing yet\n", "services:\n", "services: {}\n", "---\n", "services: ~"])
def test_a_file_without_services_releases_nothing(text: str) -> None:
    assert parse_release(text, "releases/dev.yaml").services == {}


def test_a_tag_where_a_digest_belongs_is_refused_with_its_place_and_the_way_out() -> None:
    text = "services:\n  web: {}\n  api: {image: shop/api:latest, tga: v1}\n"
    with pytest.raises(ConfigError) as caught:
        parse_release(text, "releases/dev.yaml")
    assert caught.value.message.splitlines() == [
        "releases/dev.yaml:2:3 services.web: image is missing",
        'releases/dev.yaml:3:16 services.api.image: "latest" is a tag; use a digest (run: liftlock image resolve api)',
        'releases/dev.yaml:3:33 services.api.tga: unknown key "tga"; did you mean "tag"?',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "r.yaml:1:1 a release file is a mapping with the key services"),
        ("services: 3\n", "r.yaml:1:11 services: this is a mapping of service: {image, tag, commit}"),
        ("service: {}\n", 'r.yaml:1:1 service: unknown key "service"; did you mean "services"?'),
        (
            "services: {a: {image: r/a@sha256:12}}\n",
            'r.yaml:1:23 services.a.image: "r/a@sha256:12" is not repository@sha256: and 64 hex digits',
        ),
        ("services: {a: }", 'r.yaml:1:12 services.a: this is a mapping: {image: "repository@sha256:…", tag: …, commit: …}'),
    ],
)
def test_a_malformed_release_is_refused_where_it_is_wrong(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_release(text, "r.yaml")
    assert caught.value.message == expected


def test_a_new_file_has_a_header_and_one_line_per_service() -> None:
    text = edit_release(None, {"web": released("b", name="web"), "api": released("a", tag=None)})
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "services:",
        f'  api: {{image: "127.0.0.1:5480/shop/api@sha256:{A}", commit: 1a2b3c4}}',
        f'  web: {{image: "127.0.0.1:5480/shop/web@sha256:{B}", tag: v1, commit: 1a2b3c4}}',
    ]
    assert text.startswith("#")


def test_an_edit_changes_only_the_scalars_that_differ() -> None:
    text = edit_release(TWO, {"api": released("b", "v2", "beef123"), "web": released("b", "v2", "1e5", "web")})
    expected = TWO.replace(f'api@sha256:{A}", tag: v1, commit: 1a2b3c4', f'api@sha256:{B}", tag: v2, commit: beef123')
    expected = expected.replace(f"web@sha256:{A}", f"web@sha256:{B}").replace('"v1"   #', '"v2"   #')
    assert text == expected.replace("    commit: 1a2b3c4", '    commit: "1e5"')


def test_an_edit_that_changes_nothing_returns_the_same_text() -> None:
    assert edit_release(TWO, dict(parse_release(TWO, "r").services)) == TWO


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_new_service_gets_a_line_behind_the_last_one(newline: str) -> None:
    before = TWO.replace("\n", newline)
    line = f'  new: {{image: "127.0.0.1:5480/shop/api@sha256:{A}", tag: v1, commit: 1a2b3c4}}{newline}'
    after = edit_release(before, {"new": released("a")})
    assert after == before.replace(f"    commit: 1a2b3c4{newline}", f"    commit: 1a2b3c4{newline}{line}")


def test_a_key_that_comes_or_goes_rewrites_only_that_service() -> None:
    after = edit_release(TWO, {"web": released("b", None, None, "web")})
    assert after == TWO[: TWO.index("  web:")] + f'  web: {{image: "127.0.0.1:5480/shop/web@sha256:{B}"}}\n\n# the end\n'


def test_an_alias_is_written_out_and_its_anchor_stays() -> None:
    before = f"services:\n  api: &x {{image: r/a@sha256:{A}}}\n  web: *x # same\n"
    assert edit_release(before, {"web": released("b", None, None)}) == before.replace(
        "*x", f'{{image: "127.0.0.1:5480/shop/api@sha256:{B}"}}'
    )


def test_a_change_that_an_anchor_would_carry_elsewhere_is_refused() -> None:
    before = f"services:\n  api: {{image: &x r/a@sha256:{A}}}\n  web: {{image: *x}}\n"
    with pytest.raises(ConfigError, match="editing single lines") as caught:
        edit_release(before, {"api": released("b", None, None)}, "releases/dev.yaml")
    assert caught.value.hint is not None and "anchors" in caught.value.hint


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (f"services:\n  <<: {{api: {{image: r/a@sha256:{A}}}}} # shared\n# end\n", "\n  {}"),
        (f"services: {{<<: {{api: {{image: r/a@sha256:{A}}}}}}}\n", ", {}"),
    ],
    ids=["block", "flow"],
)
def test_a_service_that_a_merge_key_brings_in_is_set_beside_it(before: str, line: str) -> None:
    added = line.format(f'api: {{image: "127.0.0.1:5480/shop/api@sha256:{B}"}}')
    after = edit_release(before, {"api": released("b", None, None)})
    assert after.replace(added, "") == before
    assert str(parse_release(after, "r").services["api"].image.digest) == f"sha256:{B}"


def test_an_anchor_that_all_its_users_change_with_is_written_out() -> None:
    before = f"services:\n  api: {{image: &x r/a@sha256:{A}}}\n  web: {{image: *x}} # same\n"
    after = edit_release(before, {"api": released("b", None, None), "web": released("b", None, None, "web")})
    assert after.splitlines()[1:] == [
        f'  api: {{image: "127.0.0.1:5480/shop/api@sha256:{B}"}}',
        f'  web: {{image: "127.0.0.1:5480/shop/web@sha256:{B}"}} # same',
    ]


def test_the_schema_for_editors_and_the_reader_know_the_same_keys() -> None:
    schema = json_schema("release")
    assert list(schema["properties"]) == ["services"]
    assert list(schema["$defs"]["ReleasedService"]["properties"]) == ["image", "tag", "commit"]
    assert ".liftlock-schema/release.json" in HEADER


LABELS = st.one_of(
    st.none(),
    st.from_regex(r"[0-9a-f]{1,40}", fullmatch=True),
    st.sampled_from(["null", "yes", "1.0", "0x1f", "2024-01-01", "~", "v1: x", "a #b", "{", "it's", '"', "🚀", "\\n"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cf", "Cn", "Co"]), min_size=1, max_size=12),
)
IMAGES = st.builds(
    lambda digest, tag, commit: ReleasedImage(ImageRef("127.0.0.1:5480/shop/x", Digest("sha256:" + digest * 64)), tag, commit),
    st.sampled_from("0123456789abcdef"),
    LABELS,
    LABELS,
)
NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
SERVICES = st.dictionaries(NAMES, IMAGES, max_size=4)


@st.composite
def release_texts(draw: st.DrawFn) -> str:
    """A valid release file in one of the layouts that people write."""
    services = draw(SERVICES)
    lines = [draw(st.sampled_from(["# head", ""])), "services:" if services else draw(st.sampled_from(["services:", "services: {}", ""]))]
    for name, image in services.items():
        scalars = {"image": str(image.image), "tag": image.tag, "commit": image.commit}
        parts = [f"{key}: {edit_quote(value, draw)}" for key, value in scalars.items() if value is not None]
        if draw(st.booleans()):
            lines.append(f"  {name}: {{{', '.join(parts)}}}" + draw(st.sampled_from(["", "  # why"])))
        else:
            lines += [f"  {name}:" + draw(st.sampled_from(["", " # why"])), *(f"      {part}" for part in parts)]
        lines += draw(st.sampled_from([[], ["  # between"], [""]]))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))


def edit_quote(value: str, draw: st.DrawFn) -> str:
    return "'" + value.replace("'", "''") + "'" if draw(st.booleans()) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(release_texts(), SERVICES)
@settings(max_examples=150, deadline=None)
def test_any_edit_reads_back_exactly_and_leaves_the_other_lines_alone(text: str, changes: dict[str, ReleasedImage]) -> None:
    before = dict(parse_release(text, "r.yaml").services)
    after = edit_release(text, changes)
    assert dict(parse_release(after, "r.yaml").services) == {**before, **changes}
    untouched = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    untouched += [line for name in before.keys() - changes.keys() for line in text.splitlines() if line.startswith(f"  {name}:")]
    assert not [line for line in untouched if line not in after.splitlines()]
    assert edit_release(after, changes) == after


LINES = [
    f'  api: {{image: "r/api@sha256:{A}", tag: v1, commit: 1a2b3c4}} # kept',
    f'  web: {{image: "r/web@sha256:{A}"}}',
    f"  old: {{image: r/old@sha256:{A}}}",
    f'  job: &job {{image: "r/job@sha256:{A}"}}',
    "  two: *job",
    "  # nothing",
]
REPLACED = [
    f'  api: {{image: "r/api@sha256:{B}", tag: v2, commit: 1a2b3c4}} # kept',
    f'  api: {{image: "r/api@sha256:{B}", tag: null, commit: "null"}} # kept',
    f'  api: {{image: "r/api@sha256:{B}", tag: v1, tag: v2}} # kept',
    f'  api: {{image: "r/API@sha256:{B}"}} # kept',
    f'  api: {{image: "r/api@sha256:{B}"}} # other',
    f'  api: {{image: "r/api@sha256:{B[1:]}"}} # kept',
    f'  web: {{image: "r/web@sha256:{B}", commit: 1e5}}',
    f'  web: {{image: "r/web@sha256:{B}", tag: "a #b"}}',
    f'   web: {{image: "r/web@sha256:{B}"}}',
    f'  job: {{image: "r/job@sha256:{B}"}}',
    f'  web: &web {{image: "r/web@sha256:{B}"}}',
    f'# web: {{image: "r/web@sha256:{B}"}}',
]


def read_or_refused(known: str | None, text: str) -> object:
    try:
        return parse_like(known, text, "r.yaml")
    except ConfigError as err:
        return err.message


@given(
    st.lists(st.sampled_from(LINES), max_size=6, unique=True),
    st.lists(st.tuples(st.integers(0, 7), st.sampled_from([*REPLACED, *LINES])), max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=400)
def test_reading_by_the_lines_that_differ_is_reading_all_of_it(lines: list[str], changes: list[tuple[int, str]], newline: str) -> None:
    known = newline.join(["services:", *lines, ""])
    changed = ["services:", *lines, ""]
    for at, line in changes:
        changed[min(at, len(changed) - 1)] = line
    text = newline.join(changed)
    if not isinstance(read_or_refused(None, known), str):
        assert read_or_refused(known, text) == read_or_refused(None, text)


def test_an_edit_of_one_line_reads_that_line_alone() -> None:
    known = "services:\n" + "".join(f'  s{n}: {{image: "r/s{n}@sha256:{A}", tag: v1}}\n' for n in range(3))
    text = known.replace(f's1@sha256:{A}", tag: v1', f's1@sha256:{B}", tag: v2')
    assert parse_like(known, text, "r.yaml").services["s1"] == ReleasedImage(ImageRef("r/s1", Digest(f"sha256:{B}")), "v2")
