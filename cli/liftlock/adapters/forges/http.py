"""HTTP for all forges' APIs: JSON in and out, tries again where that is safe, waits for rate limits in sight of the person.

    http = ForgeHttp("GitHub", "https://api.github.com", Token("Authorization", "Bearer ", secret), notice=progress.note)
    pull = http.get("/repos/a/b/pulls/7", needs="Pull requests: read").object()   # needs: named where the token is too narrow
    made = http.send("POST", "/repos/a/b/pulls", json={...}, accept=(422,), needs="Pull requests: write")
    reviews = http.pages("/repos/a/b/pulls/7/reviews", params={"per_page": 100})

Every method returns an answer of status 2xx or one that the caller accepts; all else is an error in liftlock's words. The token is in no
message, repr or log, and goes to no other host than the API's own. Not here: what a status means to a pull request; that is the adapter's.
"""

from __future__ import annotations

import json as jsonlib
import random
import time
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

import httpx

from liftlock.adapters.forges.answers import Answer, Fields, one_line
from liftlock.adapters.forges.credentials import Credentials, Nobody
from liftlock.adapters.forges.http_memory import Memory
from liftlock.adapters.forges.http_safety import checked_address, origin, scrubbed
from liftlock.adapters.forges.http_waits import Patience, Wait, rate_limit, said_wait
from liftlock.adapters.forges.refusals import refusal
from liftlock.adapters.loopback import is_loopback
from liftlock.core.errors import IncompleteError, UnavailableError
from liftlock.core.ledger import Json

_LIMIT = 32 * 1024 * 1024
_REDIRECTS = 3
_PAGES = 1000
_SAFE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_PASSING = frozenset({502, 503, 504})

Params = Mapping[str, str | int]


class ForgeHttp:
    """Requests to one API. name: the forge in messages. sleep, now, jitter: injected so that tests do not wait."""

    def __init__(
        self,
        name: str,
        base: str,
        credentials: Credentials | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        notice: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._name = name
        self._base = checked_address(name, base)
        self._credentials = credentials or Nobody()
        self._patience = patience or Patience()
        self._notice, self._sleep, self._now, self._jitter = notice, sleep, now, jitter
        self._memory = Memory()
        self._client = httpx.Client(
            timeout=httpx.Timeout(self._patience.read, connect=self._patience.connect),
            headers={"User-Agent": "liftlock", "Accept": "application/json", **(headers or {})},
            trust_env=not is_loopback(self._base.host),  # no proxy reaches this machine's own loopback
        )
        self._closing = weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return f"ForgeHttp({self._name!r}, {str(self._base)!r})"

    def close(self) -> None:
        """Gives the connections back; happens by itself when nobody holds this any more."""
        self._closing()

    def get(self, path: str, *, params: Params | None = None, accept: Collection[int] = (), needs: str = "") -> Answer:
        """What is there. What was read before is only asked for its change (ETag), which costs most forges' rate limits nothing."""
        return self.send("GET", path, params=params, accept=accept, needs=needs)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Mapping[str, Json] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Collection[int] = (),
        needs: str = "",
        repeatable: bool = False,
    ) -> Answer:
        """One request. path: below the base, or a full address of the same API. needs: the permission that it takes, for the message.

        A POST or PATCH whose answer was lost is not sent again unless it is `repeatable`: sending it twice does no harm, or the caller
        looks first. What never reached the forge, and what a rate limit turned away, is sent again in any case.
        """
        request = _Request(method, self._url(path, params), json, dict(headers or {}), repeatable or method in _SAFE)
        answer = self._follow(request)
        if answer.status in accept or answer.status in range(200, 300):
            return answer
        raise refusal(self._name, answer, needs)

    def pages(self, path: str, *, params: Params | None = None, needs: str = "", under: str | None = None) -> Iterator[Fields]:
        """All objects of a list that comes in pages, by its `Link` headers. under: the field that holds the list, where one does."""
        yield from self.pages_from(self.get(path, params=params, needs=needs), needs=needs, under=under)

    def pages_from(self, first: Answer, *, needs: str = "", under: str | None = None) -> Iterator[Fields]:
        """The same, where the first page has been read."""
        answer = first
        for _ in range(_PAGES):
            yield from answer.objects() if under is None else answer.object().objects(under)
            following = httpx.Response(200, headers={"link": answer.headers.get("link", "")}).links.get("next", {}).get("url")
            if not following:
                return
            answer = self.get(following, needs=needs)
        raise IncompleteError(f"{answer.place}: more than {_PAGES} pages", hint="close what is not needed any more")

    # --- how -------------------------------------------------------------------------------------------------------------------------

    def _url(self, path: str, params: Params | None) -> httpx.URL:
        try:
            url = httpx.URL(path if path.startswith(("http:", "https:")) else str(self._base) + path)
        except httpx.InvalidURL as err:
            raise IncompleteError(f"{self._name} names an address that is none", hint="is forge.api a forge's API?") from err
        if origin(url) != origin(self._base):
            raise IncompleteError(
                f"{self._name} points to {url.host}, which is not its API at {self._base.host}",
                hint="the token is not sent there; see forge.api",
            )
        return url.copy_merge_params(dict(params)) if params else url

    def _follow(self, request: _Request) -> Answer:
        """The answer at the end of the redirects, which must stay on the same host: the token goes nowhere else."""
        for _ in range(_REDIRECTS + 1):
            answer = self._persist(request)
            target = answer.headers.get("location")
            followed = (301, 302, 307, 308) if request.method == "GET" else (307, 308)
            if answer.status not in followed or not target:
                return answer
            request = replace(request, url=self._joined(request.url, target))
        raise UnavailableError(f"{answer.place}: more than {_REDIRECTS} redirects", hint="check forge.url and forge.api in liftlock.yaml")

    def _joined(self, url: httpx.URL, target: str) -> httpx.URL:
        try:
            return self._url(str(url.join(target)), None)
        except httpx.InvalidURL as err:
            raise IncompleteError(f"{self._name} redirects to an address that is none", hint="is forge.api a forge's API?") from err

    def _persist(self, request: _Request) -> Answer:
        """The first answer that is worth having. Bounded: by the number of tries, and by the seconds waited in all."""
        waited = 0.0
        for attempt in range(1, self._patience.attempts + 1):
            wait = self._try(request, attempt)
            if isinstance(wait, Answer):
                return wait
            if attempt == self._patience.attempts or waited + wait.seconds > self._patience.waiting:
                raise UnavailableError(f"{self._place(request)}: {wait.reason}", hint=said_wait(wait, self._now()))
            if wait.seconds >= 1:
                self._notice(f"{self._name}: {wait.reason}; waiting {wait.seconds:.0f} s")
            self._sleep(wait.seconds)
            waited += wait.seconds
        raise AssertionError("the last try returns or raises")

    def _try(self, request: _Request, attempt: int) -> Answer | Wait:
        """The answer, or for how long to wait before the next try."""
        backoff = min(self._patience.longest, self._patience.first * 2 ** (attempt - 1)) * (0.5 + self._jitter() / 2)
        try:
            answer = self._exchange(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as err:
            return Wait(backoff, f"cannot be reached ({type(err).__name__})")
        except httpx.HTTPError as err:
            if not request.repeatable:
                raise self._lost(request, type(err).__name__) from err
            return Wait(backoff, f"does not answer ({type(err).__name__})")
        limited = rate_limit(answer, self._now(), backoff)
        if limited is not None:
            return limited
        if answer.status in _PASSING:
            if not request.repeatable:
                raise self._lost(request, str(answer.status))
            return Wait(backoff, f"answers {answer.status}")
        return answer

    def _exchange(self, request: _Request) -> Answer:
        key = str(request.url) + request.headers.get("Accept", "")
        kept = self._memory.find(key) if request.method == "GET" else None
        credentials = self._credentials.headers()
        headers = {**request.headers, **credentials, **({"If-None-Match": kept[0]} if kept else {})}
        ends = time.monotonic() + self._patience.whole
        with self._client.stream(request.method, request.url, json=request.json, headers=headers) as response:
            if response.status_code == 304 and kept:
                self._memory.keep(key, *kept)
                return kept[1]
            content = self._read(response, request, ends)
        answer = Answer(response.status_code, self._place(request), self._parsed(response, content, request, credentials), response.headers)
        if request.method == "GET" and answer.status == 200 and "etag" in response.headers:
            self._memory.keep(key, response.headers["etag"], answer)
        return answer

    def _read(self, response: httpx.Response, request: _Request, ends: float) -> bytes:
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > _LIMIT:
                raise IncompleteError(
                    f"{self._place(request)}: the answer is larger than {_LIMIT} bytes", hint="is forge.api a forge's API?"
                )
            if time.monotonic() > ends:
                raise httpx.ReadTimeout(f"not whole after {self._patience.whole:.0f} s")
        return bytes(content)

    def _parsed(self, response: httpx.Response, content: bytes, request: _Request, credentials: Mapping[str, str]) -> Json:
        """The body; of an answer that is no success, whatever text it has serves as its message."""
        if not content.strip():
            return None
        try:
            body: Json = jsonlib.loads(content)
        except ValueError as err:
            if response.is_success:
                kind = one_line(response.headers.get("content-type", "no type"))
                raise IncompleteError(
                    f"{self._place(request)}: the answer is not JSON ({kind})", hint="is forge.api a forge's API?"
                ) from err
            return None
        return body if response.is_success else scrubbed(body, credentials)

    def _place(self, request: _Request) -> str:
        return f"{self._name} at {self._base.host}, {request.method} {request.url.path}"

    def _lost(self, request: _Request, why: str) -> UnavailableError:
        return UnavailableError(
            f"{self._place(request)}: no answer ({why}), so it is not known whether it was done",
            hint="run the same command again: it looks at what is there first",
        )


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: httpx.URL
    json: Mapping[str, Json] | None = field(repr=False)
    headers: dict[str, str]
    repeatable: bool
