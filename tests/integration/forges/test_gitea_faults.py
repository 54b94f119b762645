"""What goes wrong between liftlock and a real Gitea: tokens, conflicts, races, forks, a forge that is away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from liftlock.adapters.forges.credentials import Token
from liftlock.adapters.forges.gitea import GiteaForge
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.adapters.forges.http_waits import Patience
from liftlock.core.errors import ConflictError, LiftlockError, UnavailableError, UsageError
from liftlock.core.ports import Check, CheckState, PullRequest, PullState
from tests.git_repositories import ADA, GRACE, git
from tests.gitea_server import OWNER, Gitea, gitea_forge
from tests.integration.forges.desk import FILE, Desk
from tests.waiting import eventually

pytestmark = pytest.mark.gitea


def test_a_conflict_is_told_from_a_recheck_by_its_persistence(desk: Desk) -> None:
    pull = desk.open()
    desk.push("main", "elsewhere\n")
    with pytest.raises(ConflictError, match="conflicts with main"):
        desk.merge(pull, patience=1)
    assert desk.forge().pull(1).state is PullState.OPEN


def test_merges_of_different_files_in_a_row_all_get_through_while_gitea_looks_at_the_others_anew(desk: Desk) -> None:
    pulls = [desk.open(f"topic-{n}", path=f"releases/s{n}.yaml") for n in range(4)]
    for pull in pulls:
        assert desk.merge(pull, patience=20).state is PullState.MERGED
    assert [desk.text(f"releases/s{n}.yaml") for n in range(4)] == ["new\n"] * 4


def test_merges_at_once_all_get_through_and_nothing_is_lost(desk: Desk) -> None:
    pulls = [desk.open(f"topic-{n}", path=f"releases/s{n}.yaml") for n in range(3)]
    with ThreadPoolExecutor(3) as pool:
        merged = list(pool.map(lambda pull: desk.merge(pull, patience=120), pulls))
    assert {pull.state for pull in merged} == {PullState.MERGED}
    assert [desk.text(f"releases/s{n}.yaml") for n in range(3)] == ["new\n"] * 3


def test_of_many_that_open_the_same_at_once_one_pull_request_stays(desk: Desk) -> None:
    desk.push("topic", "new\n")

    def attempt(_: int) -> PullRequest | None:
        try:
            return desk.forge().open_pull(title="Change it", body="", head="topic", base="main", author=ADA)
        except ConflictError:
            return None

    with ThreadPoolExecutor(8) as pool:
        opened = [pull for pull in pool.map(attempt, range(8)) if pull is not None]
    standing = desk.forge().list_pulls(state=PullState.OPEN)
    assert [pull.number for pull in opened] == [pull.number for pull in standing]
    assert len(standing) == 1
    desk.git.fetch()
    assert desk.head("topic") == standing[0].commit


def test_closing_and_merging_at_once_end_in_one_of_the_two(desk: Desk) -> None:
    pull = desk.open()

    def attempt(merges: bool) -> PullState | None:
        try:
            return (desk.merge(pull) if merges else desk.forge(GRACE).close(1, reason="no", by=GRACE)).state
        except LiftlockError as err:
            assert isinstance(err, ConflictError | UsageError | UnavailableError), err
            return None

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(attempt, [True, False]))
    assert desk.forge().pull(1).state in ends


def test_the_reason_of_a_closing_is_kept_and_said_once(desk: Desk) -> None:
    desk.open()
    for _ in range(2):
        desk.forge(GRACE).close(1, reason="superseded by #2", by=GRACE)
    said = [review["body"] for review in desk.repository.api("GET", "/pulls/1/reviews")]
    assert said == ["superseded by #2"]


def test_a_branch_that_somebody_pushed_to_since_is_not_deleted(desk: Desk) -> None:
    pull = desk.open()
    desk.repository.api("PATCH", "/pulls/1", {"state": "closed"})
    moved = desk.push("topic", "mine now\n", force=True)
    assert desk.forge(GRACE).close(1, reason="no", by=GRACE).state is PullState.CLOSED
    desk.git.fetch()
    assert desk.head("topic") == moved != pull.commit


def test_a_branch_of_a_fork_is_never_taken_for_ours(gitea: Gitea, desk: Desk, tmp_path: Path) -> None:
    desk.repository.api("POST", "/forks", {"name": f"{desk.repository.name}-fork"}, as_="root", expect=(202,))
    clone = desk.repository.clone(tmp_path / "fork", "root")
    fork = desk.repository.url_of("root").replace(f"{OWNER}/{desk.repository.name}", f"root/{desk.repository.name}-fork")
    (clone / FILE).write_text("from outside\n")
    git(clone, "commit", "--all", "--quiet", "--message", "From outside")
    eventually(lambda: git_pushes(clone, fork, "HEAD:liftlock/promote-staging-0123456789ab"))
    body = {"title": "Mine", "head": "root:liftlock/promote-staging-0123456789ab", "base": "main"}
    desk.repository.api("POST", "/pulls", body)
    assert [pull.head for pull in desk.forge().list_pulls()] == ["root:liftlock/promote-staging-0123456789ab"]


def git_pushes(clone: Path, url: str, what: str) -> bool:
    try:
        git(clone, "push", "--quiet", url, what)
    except AssertionError:
        return False
    return True


def test_every_page_of_a_long_list_is_read(desk: Desk) -> None:
    pull = desk.open()
    for number in range(53):
        desk.repository.api("POST", f"/statuses/{pull.commit}", {"context": f"check-{number:02}", "state": "success"})
        desk.repository.api("POST", "/pulls/1/reviews", {"event": "COMMENT", "body": str(number)})
    desk.approve(pull, GRACE)
    found = desk.forge().pull(1)
    assert [check.name for check in found.checks] == [f"check-{number:02}" for number in range(53)]
    assert [review.reviewer.login for review in found.reviews] == ["grace"]


def test_the_accounts_behind_the_commits_are_known(desk: Desk) -> None:
    desk.push("topic", "new\n", author=GRACE)
    pull = desk.forge().open_pull(title="Hers", body="", head="topic", base="main", author=ADA)
    assert (pull.author.login, [person.login for person in pull.contributors]) == ("ada", ["grace"])


@pytest.mark.parametrize(
    ("scopes", "reads", "scope"),
    [(("read:repository",), True, "write:repository"), (("write:issue",), False, "read:repository"), (("read:user",), False, "repository")],
)
def test_a_token_that_is_too_narrow_is_said_with_the_scope_that_it_needs(
    gitea: Gitea, desk: Desk, scopes: tuple[str, ...], reads: bool, scope: str
) -> None:
    desk.open()
    forge = gitea_forge(desk.repository, ADA, token=gitea.new_token("ada", *scopes))
    if reads:
        assert forge.pull(1).number == 1
    with pytest.raises(UsageError) as refused:
        forge.close(1, reason="no", by=ADA)
    assert scope in f"{refused.value.message} {refused.value.hint}"


def test_a_wrong_token_is_said_and_never_shown(desk: Desk) -> None:
    wrong = "0123456789abcdef0123456789abcdef01234567"
    with pytest.raises(UsageError) as refused:
        gitea_forge(desk.repository, ADA, token=wrong).list_pulls()
    assert "does not accept the token" in refused.value.message
    assert wrong not in f"{refused.value.message} {refused.value.hint}"


def test_a_repository_that_is_not_there_is_said_so(gitea: Gitea) -> None:
    forge = GiteaForge(gitea.connection(gitea.account(ADA).token), f"{OWNER}/nowhere")
    with pytest.raises(UsageError, match="nowhere: not there, or not for this token"):
        forge.pull(1)


def test_a_status_of_a_commit_that_was_never_pushed_is_the_users_mistake(desk: Desk) -> None:
    with pytest.raises(UsageError, match="not on the forge"):
        desk.forge().set_status("0" * 40, Check("liftlock/promotion", CheckState.PASSED))


def test_a_forge_that_is_away_is_infrastructure() -> None:
    http = ForgeHttp("Gitea", "http://127.0.0.1:9", Token("Authorization", "token ", "x"), patience=Patience(attempts=2, first=0.01))
    try:
        with pytest.raises(UnavailableError, match="cannot be reached"):
            GiteaForge(http, "shop/environments").list_pulls()
    finally:
        http.close()


def test_what_the_token_may_do_is_found_without_changing_anything(gitea: Gitea, desk: Desk) -> None:
    assert desk.forge().describe("main") == "Gitea 1.26.0, token may write"
    narrow = gitea_forge(desk.repository, ADA, token=gitea.new_token("ada", "read:repository"))
    with pytest.raises(UsageError, match="write:repository"):
        narrow.describe("main")
    assert desk.forge().list_pulls() == []
