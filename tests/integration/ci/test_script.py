"""ci/liftlock.sh before a liftlock that ends as the test says: exit codes, secrets, and what is left behind."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from liftlock_templates.ci_files import render_ci
from tests.ci_projects import pipelines
from tests.git_repositories import git

SECRETS = {"LIFTLOCK_FORGE_TOKEN": "tok-3n", "LIFTLOCK_PASSPHRASE": "pass phrase", "LIFTLOCK_REGISTRY_PASSWORD": "re gi"}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A checkout with the script, and a liftlock that writes down how it was called and ends with the next code of the file codes."""
    work = tmp_path / "work"
    (work / "ci").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    for path in ("ci/liftlock.sh", "ci/requirements.txt"):
        (work / path).write_text(render_ci("github", pipelines()["one-service"])[path])
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(work))
    program = tmp_path / "liftlock"
    program.write_text(
        "#!/bin/sh\n"
        f'cd "{tmp_path}"\nprintf "%s\\n" "$*" >> calls\nenv > environment\n'
        'if [ -n "${DOCKER_CONFIG:-}" ]; then cp "$DOCKER_CONFIG/config.json" login.json; echo "$DOCKER_CONFIG" > folder; fi\n'
        "code=$(head -n 1 codes 2> /dev/null || echo 0)\nsed -i 1d codes 2> /dev/null || true\n"
        'if [ "$*" = "promote status --json" ]; then echo \'{"items": [{"number": 3}, {"number": 8}]}\'; exit 0; fi\n'
        'echo "out $code"\nexit "${code:-0}"\n'
    )
    program.chmod(0o755)
    return tmp_path


@pytest.fixture
def run(place: Path) -> Run:
    def run(*words: str, codes: str = "", expect: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        (place / "codes").write_text(codes.replace(" ", "\n") + "\n" if codes else "")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("LIFTLOCK_", "GITHUB_", "TF_BUILD", "DOCKER_"))}
        ours = {"LIFTLOCK_PROGRAM": str(place / "liftlock"), "LIFTLOCK_PAUSE": "0", "HOME": str(place / "home")}
        done = subprocess.run(
            ["sh", "ci/liftlock.sh", *words],
            cwd=place / "work",
            env={**plain, **ours, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    return run


def calls(place: Path) -> list[str]:
    return (place / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("codes", "expect", "tries"),
    [
        ("0", 0, 1),
        ("1", 1, 1),
        ("2", 2, 1),
        ("3", 3, 1),
        ("4", 0, 1),
        ("6", 0, 1),
        ("5 0", 0, 2),
        ("5 5 0", 5, 2),
        ("69 69 0", 0, 3),
        ("69 69 69 69 0", 69, 4),
        ("64", 64, 1),
        ("78", 78, 1),
        ("69 4", 0, 2),
    ],
)
def test_each_exit_code_is_what_a_pipeline_needs(place: Path, run: Run, codes: str, expect: int, tries: int) -> None:
    done = run("promote", "merge", "1", "--json", codes=codes, expect=expect)
    assert calls(place) == ["promote merge 1 --json"] * tries
    assert done.stdout.count("out") == 1, "only the last try's output appears"


@pytest.mark.parametrize("code", ["4", "6"])
def test_a_platform_with_a_third_colour_gets_the_code_itself(run: Run, code: str) -> None:
    run("env", "up", "dev", codes=code, expect=int(code), LIFTLOCK_BLOCKED_EXIT="keep")


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("GITHUB_ACTIONS", "::notice title=liftlock::blocked"),
        ("TF_BUILD", "result=SucceededWithIssues"),
        ("OTHER", "liftlock: blocked"),
    ],
)
def test_blocked_is_said_in_the_platforms_words(run: Run, variable: str, said: str) -> None:
    assert said in run("promote", "merge", "1", codes="4", **{variable: "true"}).stderr


def test_no_secret_is_printed_or_left_behind(place: Path, run: Run) -> None:
    done = run("image", "verify", "dev", LIFTLOCK_REGISTRY_USER="ada", **SECRETS)
    assert not [value for value in SECRETS.values() if value in done.stdout + done.stderr]
    assert not Path((place / "folder").read_text().strip()).exists(), "the registry's login goes with the job"
    left = [path for folder in ("work", "home") for path in (place / folder).rglob("*") if path.is_file()]
    holding = [path for path in left if any(value.encode() in path.read_bytes() for value in SECRETS.values())]
    assert holding == [place / "home" / ".liftlock" / "shop" / "passphrase"], "where liftlock looks for it"


def test_the_registrys_login_is_as_docker_keeps_it(place: Path, run: Run) -> None:
    run("image", "verify", "dev", LIFTLOCK_REGISTRY_USER="ada", **SECRETS)
    assert json.loads((place / "login.json").read_text()) == {"auths": {"127.0.0.1:5000": {"auth": "YWRhOnJlIGdp"}}}


def test_the_forges_token_goes_to_the_forge_and_to_no_other_host(place: Path, run: Run) -> None:
    run("promote", "status", "1", LIFTLOCK_REGISTRY_USER="ada", **SECRETS)
    told = (place / "environment").read_text().splitlines()
    lines = dict(line.partition("=")[::2] for line in told if line.startswith(("GIT_", "LIFTLOCK_")))
    for host, answer in (("github.com", "password=tok-3n"), ("other.example", "")):
        environment = {**lines, "PATH": os.environ["PATH"], "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "GIT_CONFIG_NOSYSTEM": "1"}
        asked = subprocess.run(
            ["git", "credential", "fill"],
            input=f"protocol=https\nhost={host}\n\n",
            env={**environment, "GIT_CONFIG_GLOBAL": os.devnull},
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        assert (answer in asked.stdout) if answer else ("tok-3n" not in asked.stdout + asked.stderr)


def test_state_and_passphrase_outlive_the_checkout_and_the_tree_stays_clean(place: Path, run: Run) -> None:
    work = place / "work"
    run("env", "up", "dev", LIFTLOCK_REGISTRY_USER="ada", **SECRETS)
    kept = place / "home" / ".liftlock" / "shop"
    assert (work / ".liftlock").resolve() == kept
    assert (kept / "passphrase").read_text() == "pass phrase\n"
    assert stat.S_IMODE((kept / "passphrase").stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    (work / "ci-out").mkdir()
    (work / "ci-out" / "drift.json").write_text("{}")
    assert git(work, "status", "--porcelain") == "?? ci/"
    git(work, "clean", "-ffdxq", "--exclude=ci")
    run("drift", "--json")
    assert (work / ".liftlock" / "passphrase").exists()


@pytest.mark.parametrize("first", ["image", "statuses", "signatures"])
def test_no_command_makes_a_state_that_goes_with_the_checkout(place: Path, run: Run, first: str) -> None:
    run(*{"image": ("image", "record")}.get(first, (first,)))
    assert (place / "work" / ".liftlock").is_symlink()


def test_a_state_that_is_there_stays_where_it_is(place: Path, run: Run) -> None:
    (place / "work" / ".liftlock").mkdir()
    run("env", "up", "dev")
    assert not (place / "work" / ".liftlock").is_symlink()


def test_a_variable_that_azure_did_not_find_counts_as_unset(place: Path, run: Run) -> None:
    run("env", "up", "dev", **{name: f"$({name})" for name in (*SECRETS, "LIFTLOCK_REGISTRY_USER")})
    environment = (place / "environment").read_text()
    assert not [name for name in SECRETS if f"{name}=" in environment]
    assert not (place / "login.json").exists()


def test_the_sweep_gives_every_proposal_its_turn(place: Path, run: Run) -> None:
    (place / "work" / "releases").mkdir()
    (place / "work" / "releases" / "dev.yaml").write_text("services: {}\n")
    (place / "work" / "ci-out").mkdir()
    done = run("sweep", "ci-out", "dev:staging", "staging:prod", codes="1 0 0 4 0 5 5", expect=1)
    assert calls(place) == [
        "promote open --from dev --to staging",
        "promote status --json",
        "promote status 3 --set-status",
        "promote merge 3 --json",
        "promote status 8 --set-status",
        "promote merge 8 --json",
        "promote merge 8 --json",
    ]
    assert "the next sweep looks again" in done.stderr


def test_targets_are_those_of_merges_that_were_done(place: Path, run: Run) -> None:
    for number, (outcome, target) in enumerate((("merged", "staging"), ("blocked", "prod"), ("already-merged", "qa"))):
        (place / "work" / f"merged-{number}.json").write_text(json.dumps({"outcome": outcome, "target": target}))
    assert run("targets", *(f"merged-{number}.json" for number in range(3))).stdout == '["qa", "staging"]\n'
    assert run("targets", "ci-out/*.json").stdout == "[]\n"


def test_drift_that_sees_no_environment_is_no_clean_answer(place: Path, run: Run) -> None:
    program = place / "liftlock"
    program.write_text('#!/bin/sh\necho \'{"schema": "liftlock/drift/v1", "environments": []}\'\n')
    run("drift", "--json")
    (place / "work" / "releases").mkdir()
    (place / "work" / "releases" / "dev.yaml").write_text("services: {}\n")
    done = run("drift", "--json", expect=3)
    assert json.loads(done.stdout)["environments"] == []
    assert "no environment has a state here" in done.stderr


def test_half_a_login_is_a_mistake_and_no_change_or_drift(run: Run) -> None:
    assert "set both" in run("drift", LIFTLOCK_REGISTRY_PASSWORD="x", expect=64).stderr


def test_without_a_word_it_says_how_it_is_used(run: Run) -> None:
    assert "usage: sh ci/liftlock.sh" in run(expect=64).stderr


def test_a_deployment_that_fails_proposes_the_way_back_and_still_fails(run: Run, place: Path) -> None:
    run("deploy", "prod", codes="1 0", expect=1)
    assert calls(place) == ["env up prod --yes", "rollback prod --reason its deployment failed in CI"]


@pytest.mark.parametrize(("codes", "expect"), [("0", 0), ("3", 3), ("4", 0), ("78", 78), ("130", 130)])
def test_any_other_end_of_a_deployment_proposes_nothing(run: Run, place: Path, codes: str, expect: int) -> None:
    run("deploy", "prod", codes=codes, expect=expect)
    assert calls(place) == ["env up prod --yes"]


def test_a_way_back_that_cannot_be_proposed_is_said(run: Run) -> None:
    done = run("deploy", "prod", codes="1 64", expect=1)
    assert "no way back could be proposed (exit code 64)" in done.stdout + done.stderr


@pytest.mark.parametrize(("codes", "expect"), [("", 0), ("2 0", 2), ("0 4", 4), ("0 78", 78), ("69 0 0", 0)])
def test_the_classification_is_held_against_the_branch_and_a_gap_fails_the_job(place: Path, run: Run, codes: str, expect: int) -> None:
    (place / "work/data").mkdir()
    (place / "work/data/shop.yaml").write_text("tables: {}\n")
    done = run("data", "feature/x", codes=codes, expect=expect, GITHUB_STEP_SUMMARY=str(place / "summary"))
    words = ("data init shop --env=feature/x --no-sample --check", "data plan shop --env=feature/x --strict --markdown")
    assert list(dict.fromkeys(calls(place))) == list(words)
    assert (place / "summary").read_text() in done.stdout
    assert (place / "work/ci-out/data-shop.md").read_text().startswith("out ")


def test_a_project_without_classified_data_has_nothing_to_hold_against_the_branch(place: Path, run: Run) -> None:
    run("data", "feature/x")
    assert not (place / "calls").exists()
