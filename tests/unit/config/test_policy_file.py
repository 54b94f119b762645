"""policy/*.yaml: read strictly, edited by structure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.adapters.config_files.schema import SHAPES
from liftlock.core.config.entries import Known
from liftlock.core.config.text_rules import MOMENT
from liftlock.core.errors import ConfigError, ConflictError
from liftlock.core.moments import ALWAYS, moment_text, parse_moment
from liftlock.core.policy import Freeze, Hold, Rule, Veto
from liftlock.core.policy_edit import add_rule, kind_of, remove_rule, rules_of
from liftlock.core.policy_file import KEYS, parse_policy
from tests.config_repository import inspect, problems

HOLDS = "holds:\n- {id: h, environment: prod, until: 2030-01-01T00:00+02:00, reason: r, owner: o, rollback: rel-0123456789abcdef}\n"
NO_ZONE = "this is no IANA time zone, such as UTC or Europe/Berlin (or the machine has no zone data)"
KNOWN = Known(("dev", "staging", "prod"), ("api", "web"))
OWNER = "Ada <ada@shop.example>"
UNTIL = datetime(2031, 1, 1, 23, tzinfo=UTC)
YEAR_END = Freeze(
    "year-end", ("prod",), ("api",), datetime(2030, 12, 19, 23, tzinfo=UTC), UNTIL, "Europe/Berlin", "sale", OWNER, hotfix=True
)
FREEZES = """\
# Times.
freezes: # the list
  # the sale
  - id: year-end   # every year
    environments: [prod]
    services: [api]
    from: 2030-12-20 00:00
    until: '2031-01-02T00:00:00'
    zone: Europe/Berlin
    reason: sale
    owner: Ada <ada@shop.example>
    hotfix: true

  # the move
  - {id: move, until: 2030-06-01T00:00Z, reason: new rack, owner: ops} # flow
# the end
"""


def fails(kind: str, text: str) -> list[str]:
    """The lines of the error."""
    with pytest.raises(ConfigError) as caught:
        parse_policy({kind: text}, KNOWN)
    return caught.value.message.splitlines()


def test_every_kind_is_read() -> None:
    digest = "sha256:" + "a" * 64
    policy = parse_policy(
        {
            "freezes": FREEZES,
            "vetoes": f"vetoes:\n- {{id: v, digest: '{digest}', until: never, reason: r, owner: o}}\n",
            "holds": HOLDS,
            "people": "people:\n- {name: Ada, keys: [Ada@Shop.example, '@Ada']}\n",
        },
        KNOWN,
    )
    assert policy.freezes == (YEAR_END, Freeze("move", (), (), ALWAYS, datetime(2030, 6, 1, tzinfo=UTC), "UTC", "new rack", "ops"))
    assert policy.vetoes == (Veto("v", None, digest, (), "r", "o", None),)
    assert policy.holds == (Hold("h", "prod", None, None, "r", "o", datetime(2029, 12, 31, 22, tzinfo=UTC), "UTC", "rel-0123456789abcdef"),)
    assert policy.people[0].keys == {"ada@shop.example", "@ada"}


@pytest.mark.parametrize("text", ["", "# none\n", "freezes:\n", "freezes: []\n", "freezes: ~"])
def test_a_file_without_entries_rules_nothing(text: str) -> None:
    assert parse_policy({"freezes": text}, KNOWN).freezes == ()


def test_every_problem_is_told_with_its_place() -> None:
    text = (
        "freezes:\n"
        "  - id: a\n    environments: [prd]\n    services: [wep]\n    until: 2030-01-01T00:00\n    reasn: x\n    owner: o\n"
        "  - {id: a, from: 2031-01-01T00:00Z, until: 2030-01-01T00:00Z, reason: r, owner: ''}\n"
        "  - {id: B, until: tomorrow, zone: Europe/Berlinn, reason: r, owner: o, environments: []}\n"
        "  - x\n"
    )
    assert fails("freezes", text) == [
        "policy/freezes.yaml:2:5 freezes[0]: reason is missing",
        'policy/freezes.yaml:3:20 freezes[0].environments: unknown environment "prd"; did you mean "prod"?',
        'policy/freezes.yaml:4:16 freezes[0].services: unknown service "wep"; did you mean "web"?',
        "policy/freezes.yaml:5:12 freezes[0].until: the time has no zone: add an offset (+01:00, Z), or name the zone",
        'policy/freezes.yaml:6:5 freezes[0].reasn: unknown key "reasn"; did you mean "reason"?',
        'policy/freezes.yaml:8:10 freezes[1].id: "a" is already the id of the entry at line 2',
        "policy/freezes.yaml:8:45 freezes[1].until: the end is not after the start",
        "policy/freezes.yaml:8:82 freezes[1].owner: this is one line of text and not empty",
        "policy/freezes.yaml:9:10 freezes[2].id: an id has only a-z, 0-9 and inner -, at most 60 characters",
        f"policy/freezes.yaml:9:20 freezes[2].until: {MOMENT.says}",
        f'policy/freezes.yaml:9:36 freezes[2].zone: "Europe/Berlinn": {NO_ZONE}',
        "policy/freezes.yaml:9:87 freezes[2].environments: this is a list of environments, such as [environment]; leave it out for all",
        f"policy/freezes.yaml:10:5 freezes[3]: this is a mapping with the keys {', '.join(KEYS['freezes'])}",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("freezes", "- a\n", "1:1 policy/freezes.yaml is a mapping with the key freezes"),
        ("freezes", "freeze: []\n", '1:1 freeze: unknown key "freeze"; did you mean "freezes"?'),
        ("freezes", "freezes: {}\n", "1:10 freezes: this is a list: each entry begins with -"),
        ("freezes", "freezes: [{id: a, reason: r, owner: o}]", "1:11 freezes[0]: until is missing"),
        ("vetoes", "vetoes: [{id: a, release: rel-0123456789abcdef, reason: r, owner: o}]",
         "1:10 vetoes[0]: until is missing: say when it ends, or until: never"),
        ("vetoes", "vetoes: [{id: a, until: never, reason: r, owner: o}]",
         "1:10 vetoes[0]: a veto names either a release (rel-…) or a digest (sha256:…)"),
        ("vetoes", "vetoes: [{id: a, release: v1, until: never, reason: r, owner: o}]",
         "1:27 vetoes[0].release: a release is rel- and 16 hex digits; liftlock history shows them"),
        ("holds", "holds: [{id: a, environment: qa, until: never, reason: r, owner: o}]",
         '1:30 holds[0].environment: unknown environment "qa"; there is dev, prod, staging'),
        ("holds", f"holds: [{{id: a, environment: dev, image: r/a@sha256:{'a' * 64}, until: never, reason: r, owner: o}}]",
         "1:42 holds[0].image: a pin is of one service: name it with service"),
        ("people", "people: [{name: Ada, keys: [ada]}]",
         '1:28 people[0].keys: keys is a list of addresses and accounts: [ada@shop.example, "@ada"]'),
        ("people", "people: [{name: A, keys: ['@x']}, {name: B, keys: ['@X']}]", '1:52 people[1].keys: "@x" is already a key of people[0]'),
    ],
)  # fmt: skip
def test_a_malformed_file_is_refused_where_it_is_wrong(kind: str, text: str, expected: str) -> None:
    assert fails(kind, text) == [f"policy/{kind}.yaml:{expected}"]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2030-03-31T02:30", "Europe/Berlin", "skip this time"),
        ("2030-10-27T02:30", "Europe/Berlin", "show this time twice"),
        ("2030-02-30T02:30", "UTC", "this is no time"),
        ("2030-02-20", "UTC", "a time is a date and a time of day"),
        ("20300220T0230", "UTC", "a time is a date and a time of day"),
        ("2030-02-20T02:30", "../etc/passwd", "no IANA time zone"),
    ],
)
def test_a_time_is_never_guessed(text: str, zone: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse_moment(text, zone)


def test_validate_reads_policy_with_everything_else() -> None:
    found = inspect({"policy/freezes.yaml": "freezes: [{id: a, until: 2030-01-01T00:00Z, reason: r, owner: o}]"})
    assert found.project is not None
    assert [freeze.id for freeze in found.project.policy.freezes] == ["a"]
    assert problems({"policy/holds.yaml": "holds: [{id: a, environment: prod, service: db, until: never, reason: r, owner: o}]"}) == [
        'policy/holds.yaml:1:45 holds[0].service: unknown service "db"; there is api, web'
    ]
    assert problems({"policy/freeze.yaml": ""}) == ['policy/freeze.yaml unknown policy file "freeze"; did you mean "freezes"?']


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_entry_is_added_behind_the_last_and_nothing_else_changes(newline: str) -> None:
    before = FREEZES.replace("\n", newline)
    new = Freeze("x", (), (), ALWAYS, UNTIL, "UTC", "a: b # c", OWNER)
    lines = '  - id: x|    until: "2031-01-01T23:00:00Z"|    reason: "a: b # c"|    owner: "Ada <ada@shop.example>"|'.replace("|", newline)
    after = add_rule(before, new)
    assert after == before.replace(f"# flow{newline}", f"# flow{newline}{lines}")
    assert remove_rule(after, "freezes", "x") == before


def test_an_entry_is_taken_out_and_comments_stay() -> None:
    first = FREEZES.index("  - id: year-end")
    assert remove_rule(FREEZES, "freezes", "year-end") == FREEZES[:first] + FREEZES[FREEZES.index("\n  # the move") :]
    rest = remove_rule(remove_rule(FREEZES, "freezes", "move"), "freezes", "year-end")
    assert rest == "# Times.\nfreezes: [] # the list\n  # the sale\n\n  # the move\n# the end\n"
    assert remove_rule(FREEZES, "freezes", "nothing") == FREEZES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only this\n",
        "freezes:",
        "freezes: # none yet\n",
        "freezes: [] # none",
        "{freezes: []}",
        "{}",
        "freezes: ~\n",
        "---\nfreezes:\n",
    ],
)
def test_a_file_without_entries_gets_its_first(text: str) -> None:
    after = add_rule(text, YEAR_END)
    assert rules_of("freezes", after) == (YEAR_END,)
    assert [line for line in text.splitlines() if line.startswith("#") and line not in after] == []
    assert rules_of("freezes", remove_rule(after, "freezes", "year-end")) == ()


def test_a_missing_file_begins_with_its_schema_and_how_it_is_written() -> None:
    text = add_rule(None, YEAR_END)
    assert text.startswith("# yaml-language-server: $schema=../.liftlock-schema/freezes.json\n")
    assert rules_of("freezes", text) == (YEAR_END,)


def test_the_same_entry_again_changes_nothing_and_another_of_its_id_is_refused() -> None:
    text = add_rule(None, YEAR_END)
    assert add_rule(text, YEAR_END) == text
    with pytest.raises(ConflictError, match="another entry with the id year-end"):
        add_rule(text, Freeze("year-end", (), (), ALWAYS, UNTIL, "UTC", "r", "o"))


def test_a_layout_that_ties_entries_together_is_refused() -> None:
    text = "freezes:\n- &x {id: a, until: 2030-01-01T00:00Z, reason: r, owner: o}\n- {<<: *x, id: b}\n"
    assert [rule.id for rule in rules_of("freezes", text)] == ["a", "b"]
    with pytest.raises(ConfigError, match="editing single lines"):
        remove_rule(text, "freezes", "a")


def test_the_schemas_for_editors_know_the_same_keys() -> None:
    for kind, keys in KEYS.items():
        schema = SHAPES[kind].model_json_schema(by_alias=True)
        (entry,) = schema["$defs"].values()
        assert (list(schema["properties"]), set(entry["properties"])) == ([kind], set(keys))


WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp", "Co"]), min_size=1, max_size=12).filter(str.strip)
IDS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: ALWAYS + timedelta(seconds=seconds + 1))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
NAMES = st.lists(st.sampled_from(["dev", "prod", "yes", "null"]), max_size=2, unique=True).map(tuple)
FREEZE = st.builds(
    lambda name, places, services, start, length, *rest: Freeze(name, places, services, start, start + timedelta(hours=length), *rest),
    IDS, NAMES, NAMES, MOMENTS, st.integers(1, 9000), ZONES, WORDS, WORDS, st.booleans(),
)  # fmt: skip
VETO = st.builds(Veto, IDS, st.just("rel-0123456789abcdef"), st.none(), NAMES, WORDS, WORDS, st.none() | MOMENTS, ZONES)
HOLD = st.builds(Hold, IDS, st.just("prod"), st.none() | st.just("no"), st.none(), WORDS, WORDS, st.none() | MOMENTS, ZONES)


def lists(kind: st.SearchStrategy[Rule]) -> st.SearchStrategy[list[Rule]]:
    return st.lists(kind, min_size=1, max_size=5, unique_by=lambda rule: rule.id)


@given(st.one_of(lists(FREEZE), lists(VETO), lists(HOLD)), st.data())
def test_any_rules_can_be_added_and_taken_out_in_any_order(rules: list[Rule], data: st.DataObject) -> None:
    kind, text = kind_of(rules[0]), None
    for rule in rules:
        text = add_rule(text, rule)
    assert rules_of(kind, text) == tuple(rules)
    for rule in data.draw(st.permutations(rules)):
        rules.remove(rule)
        text = remove_rule(text, kind, rule.id)
        assert rules_of(kind, text) == tuple(rules)
    assert add_rule(None, rule) == add_rule(text, rule).replace(f"{kind}: []", f"{kind}:")


@given(MOMENTS, ZONES)
def test_a_moment_reads_back_in_every_zone(moment: datetime, zone: str) -> None:
    assert parse_moment(moment_text(moment, zone), zone) == moment
