"""What a configuration can get wrong, and the line that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.adapters.config_files.files import RawFiles
from liftlock.adapters.config_files.loader import inspect_files
from tests.config_repository import FILES, LIFTLOCK, A, inspect, problems, settings


def test_a_sound_repository_has_no_problems_and_notes_what_is_not_released() -> None:
    found = inspect()
    assert found.problems == ()
    assert found.project is not None
    assert found.project.environments == ("dev", "staging", "prod", "branch")
    assert [str(note).partition(";")[0] for note in found.notes] == [
        "releases/prod.yaml nothing is released for api, web yet",
        "releases/staging.yaml nothing is released for api, web yet",
    ]


def test_all_problems_of_all_files_are_reported_together_in_order() -> None:
    found = problems(
        {
            "liftlock.yaml": LIFTLOCK.replace("registry: ", "registyr: ").replace("port: 8000\n    route", "port: 80000\n    route"),
            "environments/dev.yaml": "extends: bas\n",
            "environments/staging.yaml": "extends: base\nservices:\n  apii: {}\n",
            "releases/dev.yaml": "services:\n  api: {image: shop/api:latest}\n",
        }
    )
    assert found == [
        'environments/dev.yaml:1:10 extends: unknown environment file "bas"; did you mean "base"? (environments/bas.yaml)',
        'environments/staging.yaml:3:3 services.apii: unknown service "apii"; did you mean "api"?',
        "liftlock.yaml registry: registry is missing",
        'liftlock.yaml:3:1 registyr: unknown key "registyr"; did you mean "registry"?',
        "liftlock.yaml:19:11 services.web.port: 80000 is out of range; at most 65535",
        'releases/dev.yaml:2:16 services.api.image: "latest" is a tag; use a digest (run: liftlock image resolve api)',
    ]


_PROD = "prod, from: [staging], gates: {approvals: 2}"
_ATTESTED = "prod, from: [staging], gates: {attestation: "

SETTINGS = [
    (
        _PROD,
        _ATTESTED + "{mode: enforce}}",
        "liftlock.yaml:28:63 pipeline[2].gates.attestation: say who must have signed it: key, or identity",
    ),
    (
        _PROD,
        _ATTESTED + '{key: "file:k", identity: i, issuer: j, root: "file:r"}}',
        "liftlock.yaml:28:63 pipeline[2].gates.attestation: say who",
    ),
    (_PROD, _ATTESTED + "{identity: i, issuer: j}}", "liftlock.yaml:28:63 pipeline[2].gates.attestation: say who must have signed it"),
    (
        _PROD,
        _ATTESTED + '{mode: strict, key: "file:k"}}',
        'liftlock.yaml:28:70 pipeline[2].gates.attestation.mode: "strict" is not off, warn or enforce',
    ),
    (
        _PROD,
        _ATTESTED + '{key: "env:KEY"}}',
        "liftlock.yaml:28:69 pipeline[2].gates.attestation.key: a public key is a file of this repository",
    ),
    (
        _PROD,
        _ATTESTED + '{key: "file:../k"}}',
        "liftlock.yaml:28:69 pipeline[2].gates.attestation.key: a public key is a file of this repository",
    ),
    (
        _PROD,
        _ATTESTED + '{key: "file:k", predicate: "https://spdx.dev/Document", source: x}}',
        "liftlock.yaml:28:63 pipeline[2].gates.attestation: builder and source are what SLSA",
    ),
    ("version: 1", "version: 2", 'liftlock.yaml:1:10 version: "2" is not 1'),
    (
        "project: shop",
        "project: Shop",
        "liftlock.yaml:2:10 project: a name begins with a letter and has only a-z, 0-9 and inner -, at most 40",
    ),
    ("project: shop", "project: 7", "liftlock.yaml:2:10 project: this is text; put it in quotes"),
    ("kind: local", "kind: githup", 'liftlock.yaml:4:15 forge.kind: "githup" is not'),
    (
        "  image: 127.0.0.1:5480/liftlock/router@",
        "  # image: ",
        "liftlock.yaml:5:1 router: router is missing; it is the reverse proxy's image",
    ),
    ("from: 18100", "from: 19999", "liftlock.yaml:7:26 ports.to: 18999 is below ports.from (19999); the range would be empty"),
    ("from: 18100", "from: 80", "liftlock.yaml:7:15 ports.from: 80 is out of range; at least 1024"),
    ("  api:\n    repo", "  Api:\n    repo", "liftlock.yaml:9:3 services.Api: a name begins with a letter"),
    ("  api:\n    repo", "  router:\n    repo", 'liftlock.yaml:9:3 services.router: "router" is the host name of liftlock\'s own router'),
    (
        "shop/api\n",
        "127.0.0.1:5480/shop/api:v1\n",
        "liftlock.yaml:10:17 services.api.repository: a repository is a path below the registry",
    ),
    (
        "interval: 1s",
        "interval: 1",
        "liftlock.yaml:12:40 services.api.health.interval: a duration is a number with its unit: 500ms, 30s, 5m, 72h, 3d",
    ),
    ("[shop]", "[shp]", 'liftlock.yaml:13:17 services.api.databases[0]: unknown database "shp"; did you mean "shop"?'),
    ("WORKERS: 2", "WORK-ERS: 2", "liftlock.yaml:15:28 services.api.env.WORK-ERS: an environment variable has only letters"),
    (
        "WORKERS: 2",
        "STRIPE_KEY: 2",
        "liftlock.yaml:15:28 services.api.env.STRIPE_KEY: this variable is also under secrets (liftlock.yaml:16:15)",
    ),
    ("WORKERS: 2", "SHOP_DATABASE_URL: x", "liftlock.yaml:15:28 services.api.env.SHOP_DATABASE_URL: liftlock sets this variable"),
    ("WORKERS: 2", "WORKERS: [2]", "liftlock.yaml:15:37 services.api.env.WORKERS: this is text; put it in quotes"),
    ("route: /", "rout: /", 'liftlock.yaml:20:5 services.web.rout: unknown key "rout"; did you mean "route"?'),
    ("route: /", "route: shop", "liftlock.yaml:20:12 services.web.route: a path begins with / and has no spaces"),
    (
        "port: 8000\n    health",
        "port: 8000\n    route: /\n    health",
        'liftlock.yaml:21:12 services.web.route: in dev, "/" already leads to api',
    ),
    (
        "liftlock/postgres@" + "sha256:" + "c" * 64,
        "liftlock/postgres:15",
        'liftlock.yaml:24:12 databases.shop.image: "15" is a tag; use a digest',
    ),
    (
        "{environment: dev}",
        "{environment: dve}",
        'liftlock.yaml:26:19 pipeline[0].environment: unknown environment "dve"; did you mean "dev"?',
    ),
    (
        "{environment: dev}",
        "{environment: staging}",
        'liftlock.yaml:27:19 pipeline[1].environment: "staging" is already in the pipeline at line 26',
    ),
    (
        "{environment: dev}",
        "{environment: branch}",
        'liftlock.yaml:26:19 pipeline[0].environment: "branch" is a class of ephemeral environments',
    ),
    ("from: [dev]", "from: [deev]", 'liftlock.yaml:27:35 pipeline[1].from[0]: unknown environment "deev"; did you mean "dev"?'),
    (
        "{environment: dev}",
        "{environment: dev, from: [prod]}",
        "liftlock.yaml:26:19 pipeline: environments wait for each other: dev <- prod <- staging <- dev",
    ),
    ("{environment: dev}", "{environment: dev, from: [dev]}", "liftlock.yaml:26:19 pipeline: environments wait for each other: dev <- dev"),
    ("approvals: 2", "approvals: yes", "liftlock.yaml:28:61 pipeline[2].gates.approvals: this is a whole number, without quotes"),
    ("project: shop", "project: shop\nproject: shop", 'liftlock.yaml:3:1 duplicate key "project"; it is already set at line 2'),
    (
        "project: shop",
        "project: shop: x",
        'liftlock.yaml:2:14 a ":" is not expected here; put the text in quotes, or check the indentation',
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), SETTINGS, ids=[new for _, new, _ in SETTINGS])
def test_a_mistake_in_liftlock_yaml_is_named_with_its_place(old: str, new: str, expected: str) -> None:
    found = problems(settings(old, new))
    assert [line for line in found if line.startswith(expected)], found


ENVIRONMENTS = [
    ("port: 0\n", "environments/dev.yaml:1:7 port: 0 is out of range; at least 1"),
    ("port: 18002\n", "environments/staging.yaml:2:7 port: 18002 is already the port of dev (environments/dev.yaml:1:7)"),
    ("extends: staging\nport: 1\n", None),
    ("extends: dev\n", "environments/dev.yaml:1:10 extends: files extend each other: dev -> dev"),
    ("services: {api: {memory: 128MB}}\n", "environments/dev.yaml:1:26 services.api.memory: memory is a whole number of MiB (128)"),
    ("services: {api: {memory: 3}}\n", "environments/dev.yaml:1:26 services.api.memory: memory is at least 6 MiB"),
    ("services: {api: {databases: []}}\n", 'environments/dev.yaml:1:18 services.api.databases: "databases" holds for every environment'),
    ("services: {api: {secrets: {K: hunter2}}}\n", "environments/dev.yaml:1:31 services.api.secrets.K: a secret is never written here"),
    ("services: [api]\n", "environments/dev.yaml:1:11 services: this is a mapping (key: value)"),
    ("databases: {shp: {}}\n", 'environments/dev.yaml:1:13 databases.shp: unknown database "shp"; did you mean "shop"?'),
    ("databases: {shop: null}\n", 'liftlock.yaml:13:17 services.api.databases: dev leaves out the database "shop" but keeps this service'),
    (
        "databases: {shop: {data: {source: prod}}}\n",
        'environments/dev.yaml:1:35 databases.shop.data.source: "prod" is not none, synthetic or anonymised',
    ),
    (
        "protected: true\ndatabases: {shop: {data: {source: synthetic}}}\n",
        "environments/dev.yaml:2:35 databases.shop.data.source: dev is protected",
    ),
    ("ttl: 3h\n", "environments/dev.yaml:1:6 ttl: dev is persistent and is never removed by age"),
    ("release: prod\n", "environments/dev.yaml:1:10 release: dev is persistent and has a release of its own"),
    ("protected: yes\n", "environments/dev.yaml:1:12 protected: this is true or false, without quotes"),
    ("class: ephemerl\n", 'environments/dev.yaml:1:8 class: "ephemerl" is not persistent or ephemeral; did you mean "ephemeral"?'),
    ("- a\n", "environments/dev.yaml:1:1 the file is a mapping of key: value lines"),
    ("services:\n\tapi: {}\n", "environments/dev.yaml:2:1 a tab is used for indentation; use spaces"),
    ("a: *x\n", 'environments/dev.yaml:1:4 alias "*x" has no anchor "&x" before it'),
    ("a: !!python/object:os.system {}\n", "environments/dev.yaml:1:4 YAML tags (a word that begins with !) are not used in these files"),
    ("a: 1\n---\nb: 2\n", 'environments/dev.yaml:2:1 a second document begins here ("---"); keep one per file'),
    ("[a]: 1\n", "environments/dev.yaml:1:1 a key must be one plain word"),
    ("a: {b: 1\n", 'environments/dev.yaml:2:1 the file ends before the closing "}" (the "{" opened at line 1)'),
    ("a: 'x\n", "environments/dev.yaml:2:1 the file ends inside quotes; close them (the quotes opened at line 1)"),
    ("a: @x\n", 'environments/dev.yaml:1:4 text cannot begin with "@"; put it in quotes'),
    ("a: \x07\n", "environments/dev.yaml:1:4 character U+0007 is not allowed in YAML; remove it"),
    ("[" * 5000, "environments/dev.yaml:1:34 nested deeper than 32 levels; no setting lies that deep"),
    (b"a: b\nb: \xff\n", "environments/dev.yaml:2:4 byte 0xff is not UTF-8; save the file as UTF-8"),
    ("x" * 4_000_001, "environments/dev.yaml the file has 4000001 characters, more than 4000000"),
]


@pytest.mark.parametrize(("text", "expected"), ENVIRONMENTS, ids=[str(expected)[:60] for _, expected in ENVIRONMENTS])
def test_a_mistake_in_an_environment_is_named_with_its_place(text: str | bytes, expected: str | None) -> None:
    found = problems({"environments/dev.yaml": text})
    assert [line for line in found if line.startswith(expected)] if expected else not found, found


SIZES = [
    ("size: small", {}, None),
    ("size: small, locale: de_CH", {}, None),
    ("size: small, rows: 5", {}, "databases.shop.data.size: rows also says how many (environments/dev.yaml:1:65)"),
    ("size: smal", {}, 'databases.shop.data.size: unknown size "smal"; did you mean "small"?'),
    ("size: production", {}, "databases.shop.data.size: this size follows a profile, and there is no data/shop.profile.json"),
    ("size: production", {"shop.profile": b"{}"}, None),
    ("size: demo", {"shop": b"sizes: {demo: {rows: 5}}\n"}, None),
    ("size: demo", {"shop": b"sizes: [\n"}, "databases.shop.data.size: data/shop.yaml, which may define it, has mistakes"),
    ("locale: xx", {}, 'databases.shop.data.locale: unknown locale "xx"'),
]


@pytest.mark.parametrize(("data", "files", "expected"), SIZES)
def test_a_size_or_a_locale_that_nobody_knows_is_named(data: str, files: dict[str, bytes], expected: str | None) -> None:
    text = f"databases: {{shop: {{data: {{source: synthetic, {data}}}}}}}\n"
    raw = {name: content.encode() for name, content in {**FILES, "environments/dev.yaml": text}.items()}
    found = [str(problem) for problem in inspect_files(Path("repository"), RawFiles(raw, (), files)).problems]
    assert [line for line in found if expected in line] if expected else not found, found


def test_no_message_repeats_the_value_of_a_secret() -> None:
    text = "services:\n  api:\n    secrets:\n      KEY: hunter2\n      OTHER: [hunter2]\n    secret: hunter2\n"
    found = problems({"environments/dev.yaml": text, **settings("env:SHOP_STRIPE_KEY", "hunter2")})
    assert len(found) == 4
    assert "hunter2" not in "".join(found)


def test_a_cycle_of_extends_is_told_at_each_file_and_never_followed() -> None:
    found = problems({"environments/base.yaml": "extends: dev\n"})
    assert found == [
        "environments/base.yaml:1:10 extends: files extend each other: base -> dev -> base",
        "environments/dev.yaml:1:10 extends: files extend each other: dev -> base -> dev",
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ttl: 72h\n": ""}, "environments/branch.yaml ttl: an ephemeral environment needs a ttl, for example ttl: 72h"),
        ({"ttl: 72h": "ttl: 72h\nport: 1"}, "environments/branch.yaml:4:7 port: every branch's environment of branch would get this port"),
        ({"ttl: 72h": "ttl: 72h\nprotected: true"}, "environments/branch.yaml protected: branch is ephemeral and cannot be protected"),
        ({"release: dev": "release: dve"}, 'environments/branch.yaml:4:10 release: unknown environment "dve"; did you mean "dev"?'),
    ],
)
def test_an_ephemeral_class_is_checked(changes: dict[str, str], expected: str) -> None:
    text = FILES["environments/branch.yaml"]
    for old, new in changes.items():
        text = text.replace(old, new)
    found = problems({"environments/branch.yaml": text})
    assert [line for line in found if line.startswith(expected)], found


def test_a_port_inherited_by_two_environments_is_told_once() -> None:
    changes = {
        "environments/base.yaml": "port: 1\n",
        "environments/dev.yaml": "extends: base\n",
        "environments/staging.yaml": "extends: base\n",
    }
    changes |= {"environments/branch.yaml": FILES["environments/branch.yaml"] + "port: null\n"}
    assert problems(changes) == ["environments/base.yaml:1:7 port: dev and staging both inherit port 1 from here; set it in each of them"]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (
            "releases/dev.yaml",
            "services:\n  apii: {}\n",
            'releases/dev.yaml:2:3 services.apii: unknown service "apii"; did you mean "api"?',
        ),
        ("releases/dve.yaml", "", 'releases/dve.yaml unknown environment "dve"; did you mean "dev"?'),
        (
            "releases/dev.yaml",
            f"services: {{api: {{image: evil/api@{A}}}}}",
            'releases/dev.yaml:1:25 services.api.image: this is an image of "evil/api"; liftlock.yaml says that api is "127.0.0.1',
        ),
        ("environments/Dev_2.yaml", "", "environments/Dev_2.yaml the file's name is the environment's: a name begins with"),
    ],
)
def test_files_fit_together(file: str, text: str, expected: str) -> None:
    found = problems({file: text})
    assert [line for line in found if line.startswith(expected)], found


def test_aliases_that_grow_without_end_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "more than 400000 values once aliases are followed" in problems({"environments/dev.yaml": "\n".join(lines)})[0]


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("extends", "\ufeffextends")])
def test_windows_line_endings_and_a_byte_order_mark_make_no_difference(change: tuple[str, str]) -> None:
    text = FILES["environments/staging.yaml"].replace(*change)
    assert inspect({"environments/staging.yaml": text}).problems == ()
    assert problems({"environments/staging.yaml": text + "prt: 1\n"}) == [
        'environments/staging.yaml:9:1 prt: unknown key "prt"; did you mean "port"?'
    ]


def test_an_unreadable_file_is_told_once_and_others_are_still_checked() -> None:
    assert problems({"environments/base.yaml": "a: 'x", "environments/prod.yaml": "extends: base\nprotect: true\n"}) == [
        "environments/base.yaml:1:6 the file ends inside quotes; close them (the quotes opened at line 1)",
        'environments/prod.yaml:2:1 protect: unknown key "protect"; did you mean "protected"?',
    ]


def test_a_variable_that_sounds_secret_is_noted_not_refused() -> None:
    found = inspect({"environments/dev.yaml": "extends: base\nservices: {api: {env: {DB_PASSWORD: x}}}\n"})
    assert found.problems == ()
    assert str(found.notes[0]).startswith("environments/dev.yaml:2:24 services.api.env.DB_PASSWORD: this sounds like a secret")
