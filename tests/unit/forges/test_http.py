"""The HTTP client that all forges share, against a server that answers from a script."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftlock.adapters.forges.credentials import Token
from liftlock.adapters.forges.http import ForgeHttp
from liftlock.adapters.forges.http_waits import Patience
from liftlock.core.errors import ConfigError, IncompleteError, LiftlockError, UnavailableError, UsageError
from tests.unit.forges.http_world import Reply, Scripted, scripted

SECRET = "tOkEn-4711-secret"
NOW = 1_700_000_000.0


@dataclass
class World:
    """The client with its server; slept and said: what waiting would have been, and what the person saw of it."""

    server: Scripted
    http: ForgeHttp
    slept: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def client(*replies: Reply, patience: Patience | None = None, api: str = "") -> Iterator[World]:
    with scripted(*replies) as server:
        slept: list[float] = []
        said: list[str] = []
        credentials = Token("Authorization", "Bearer ", SECRET)
        http = ForgeHttp(
            "Forge",
            api or server.url,
            credentials,
            patience=patience or Patience(read=5),
            notice=said.append,
            sleep=slept.append,
            now=lambda: NOW,
            jitter=lambda: 1.0,
        )
        try:
            yield World(server, http, slept, said)
        finally:
            http.close()


def test_json_goes_in_and_comes_out_with_the_token_in_its_header() -> None:
    with client(Reply(201, {"number": 7, "user": {"login": "ada"}})) as world:
        made = world.http.send("POST", "/pulls", json={"title": "ü"}).object()
    (method, path, headers, content) = world.server.asked[0]
    assert (method, path, headers["authorization"], content) == ("POST", "/pulls", f"Bearer {SECRET}", '{"title":"ü"}'.encode())
    assert (made.number("number"), made.object("user").text("login")) == (7, "ada")


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_read_is_tried_again_with_growing_waits(status: int) -> None:
    with client(Reply(status), Reply(status), Reply(200, {})) as world:
        assert world.http.get("/x").status == 200
    assert world.slept == [0.5, 1.0]


def test_a_connection_that_is_cut_is_tried_again_for_a_read() -> None:
    with client(Reply(0), Reply(200, {})) as world:
        assert world.http.get("/x").status == 200
    assert world.server.lines == ["GET /x", "GET /x"]


@pytest.mark.parametrize("reply", [Reply(0), Reply(502)])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_write_that_may_have_happened_is_not_sent_again(reply: Reply, method: str) -> None:
    with client(reply, Reply(200, {})) as world, pytest.raises(UnavailableError, match="not known whether it was done"):
        world.http.send(method, "/x", json={})
    assert len(world.server.asked) == 1


def test_a_write_is_sent_again_where_the_caller_looks_first() -> None:
    with client(Reply(502), Reply(200, {})) as world:
        assert world.http.send("POST", "/x", json={}, repeatable=True).status == 200


def test_a_write_that_a_rate_limit_turned_away_is_sent_again_after_the_time_named() -> None:
    with client(Reply(429, {"message": "slow down"}, {"retry-after": "7"}), Reply(201, {})) as world:
        assert world.http.send("POST", "/x", json={}).status == 201
    assert (world.slept, world.said) == ([7.0], ["Forge: rate limit; waiting 7 s"])


def test_no_requests_left_means_waiting_for_the_reset() -> None:
    limited = Reply(403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW + 20:.0f}"})
    with client(limited, Reply(200, [])) as world:
        assert world.http.get("/x").objects() == ()
    assert world.slept == [21.0]


def test_a_secondary_limit_without_a_time_waits_a_minute() -> None:
    with client(Reply(403, {"message": "You have exceeded a secondary rate limit."}), Reply(200, {})) as world:
        world.http.get("/x")
    assert world.slept == [60.0]


def test_a_limit_that_lasts_longer_than_patience_is_given_up_at_once_with_its_end() -> None:
    with client(Reply(429, None, {"retry-after": "3600"})) as world, pytest.raises(UnavailableError) as raised:
        world.http.get("/x")
    assert world.slept == []
    assert raised.value.hint == "run the same command again after 23:13:20 UTC"


def test_waiting_is_bounded_in_all() -> None:
    with client(Reply(429, None, {"retry-after": "100"})) as world, pytest.raises(UnavailableError, match="rate limit"):
        world.http.get("/x")
    assert sum(world.slept) <= 300


def test_a_forge_that_is_not_there_is_given_up_after_some_tries() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        with (
            client(Reply(), api=f"http://127.0.0.1:{taken.getsockname()[1]}") as world,
            pytest.raises(UnavailableError, match="cannot be reached"),
        ):
            world.http.send("POST", "/x", json={})
    assert len(world.slept) == Patience().attempts - 1


def test_a_forge_that_says_nothing_in_time_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with (
            client(Reply(), api=api, patience=Patience(attempts=2, read=0.05)) as world,
            pytest.raises(UnavailableError, match="ReadTimeout"),
        ):
            world.http.get("/x")


def test_a_page_names_the_next_and_all_come() -> None:
    first = Reply(200, [{"n": 1}], {"link": '<{url}/x?page=2>; rel="next", <{url}/x?page=2>; rel="last"'})
    with client(first, Reply(200, [{"n": 2}])) as world:
        assert [item.number("n") for item in world.http.pages("/x", params={"per_page": 1})] == [1, 2]
    assert world.server.lines == ["GET /x?per_page=1", "GET /x?page=2"]


def test_a_page_on_another_host_is_not_followed() -> None:
    with (
        client(Reply(200, [], {"link": '<https://elsewhere.example/x>; rel="next"'})) as world,
        pytest.raises(IncompleteError, match="elsewhere"),
    ):
        list(world.http.pages("/x"))


def test_what_did_not_change_is_not_sent_again() -> None:
    with client(Reply(200, {"n": 1}, {"etag": '"a"', "link": ""}), Reply(304), Reply(200, {"n": 2}, {"etag": '"b"'}), Reply(304)) as world:
        found = [world.http.get("/x").object().number("n") for _ in range(4)]
    assert found == [1, 1, 2, 2]
    assert [headers.get("if-none-match") for _, _, headers, _ in world.server.asked] == [None, '"a"', '"a"', '"b"']


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(200, b"<html>login</html>", {"content-type": "text/html"}), r"not JSON \(text/html\)"),
        (Reply(200, b'{"cut": '), "not JSON"),
        (Reply(200, [1]), r"body.* is not an object|GET /x is not an object"),
        (Reply(200, {"number": "7"}), r"GET /x: body\.number is not a whole number"),
        (Reply(200, None), "is not an object"),
    ],
)
def test_an_answer_of_another_shape_says_where_it_is_wrong(reply: Reply, said: str) -> None:
    with client(reply) as world, pytest.raises(IncompleteError, match=said):
        world.http.get("/x").object().number("number")


def test_an_answer_without_end_is_cut() -> None:
    with client(Reply(200, b" " * (33 * 1024 * 1024))) as world, pytest.raises(IncompleteError, match="larger than"):
        world.http.get("/x")


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [(401, UsageError, "Pulls: write"), (403, UsageError, "Pulls: write"), (404, UsageError, "Pulls: write"), (500, UnavailableError, "")],
)
def test_a_refusal_says_what_the_forge_said_and_what_the_token_needs(status: int, error: type[LiftlockError], hint: str) -> None:
    with client(Reply(status, {"message": "Not you", "errors": [{"message": "no\nline"}]})) as world, pytest.raises(error) as raised:
        world.http.send("POST", "/x", json={}, needs="Pulls: write")
    assert "Not you; no line" in str(raised.value)
    assert hint in (raised.value.hint or "")


def test_a_status_that_the_caller_accepts_is_an_answer() -> None:
    with client(Reply(409, {"message": "Head moved"})) as world:
        answer = world.http.send("PUT", "/x", json={}, accept=(409,))
    assert (answer.status, answer.said) == (409, "Head moved")


def test_a_redirect_on_the_same_host_is_followed() -> None:
    with client(Reply(301, None, {"location": "/repositories/1"}), Reply(200, {"id": 1})) as world:
        assert world.http.get("/repos/a/b").object().number("id") == 1


def test_a_redirect_elsewhere_never_gets_the_token() -> None:
    with (
        scripted(Reply(200, {})) as other,
        client(Reply(302, None, {"location": f"{other.url}/steal"})) as world,
        pytest.raises(IncompleteError, match="not its API"),
    ):
        world.http.get("/x")
    assert other.asked == []


@pytest.mark.parametrize("target", ["http://[broken", "https://elsewhere.example:99999999/x", "\x7f://x"])
def test_a_redirect_to_what_is_no_address_is_an_error_of_ours(target: str) -> None:
    with client(Reply(302, None, {"location": target})) as world, pytest.raises(LiftlockError):
        world.http.get("/x")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.sampled_from([Reply(0), Reply(502), Reply(503), Reply(504), Reply(429), Reply(500), Reply(200, {}), Reply(401)]),
            st.integers(0, 2000).map(lambda seconds: Reply(429, None, {"retry-after": str(seconds)})),
            st.integers(-100, 2000).map(
                lambda ahead: Reply(403, None, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW + ahead:.0f}"})
            ),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["GET", "POST"]),
)
def test_whatever_a_forge_answers_tries_and_waits_are_bounded_and_a_write_is_done_once(replies: list[Reply], method: str) -> None:
    with client(*replies) as world:
        with suppress(LiftlockError):
            world.http.send(method, "/x", json={} if method == "POST" else None)
        tried = len(world.server.asked)
    seen = [*replies, *[replies[-1]] * tried][:tried]
    assert tried <= Patience().attempts
    assert all(seconds >= 0 for seconds in world.slept)
    assert sum(world.slept) <= Patience().waiting
    maybe_done = [reply for reply in seen if reply.status in (0, 200, 401, 500, 502, 503, 504)]
    assert method == "GET" or len(maybe_done) <= 1


def test_a_redirect_circle_ends() -> None:
    with client(Reply(302, None, {"location": "/x"})) as world, pytest.raises(UnavailableError, match="redirects"):
        world.http.get("/x")


@pytest.mark.parametrize(
    "base",
    [
        "http://forge.example/api",
        "https://ada:pass@forge.example",
        "ftp://forge.example",
        "forge.example",
        "http://127.forge.example",
        "http://localhost.forge.example",
    ],
)
def test_an_address_that_would_tell_the_token_is_refused(base: str) -> None:
    with pytest.raises(ConfigError) as raised:
        ForgeHttp("Forge", base)
    assert "pass" not in str(raised.value).replace("password", "")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "forge.localhost"])
def test_this_machine_needs_no_encryption(host: str) -> None:
    ForgeHttp("Forge", f"http://{host}:3000").close()


@pytest.mark.parametrize(
    "act",
    [
        lambda http: http.get("/x", needs="Pulls: read"),
        lambda http: http.send("POST", "/x", json={}),
        lambda http: list(http.pages("/x")),
    ],
)
@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 503])
def test_the_token_is_in_no_message_repr_or_log(act: Callable[[ForgeHttp], object], status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with client(Reply(status, {"message": f"Bad credentials: Bearer {SECRET}"})) as world, pytest.raises(LiftlockError) as raised:
        act(world.http)
    shown = f"{raised.value} {raised.value.hint} {raised.value!r} {world.http!r} {Token('A', '', SECRET)!r} {world.said}"
    assert SECRET not in shown + caplog.text
