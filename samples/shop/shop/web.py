"""The web front end: one page made of what the API says."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from shop.page import render_failure, render_page
from shop.release import Release
from shop.serving import Handler, Reply, json_reply

_PAGE = "text/html"


def web_routes(release: Release, api_url: str) -> dict[str, Handler]:
    """The front end's paths."""
    return {
        "/": lambda: show_page(release, api_url),
        "/healthz": lambda: json_reply({"status": "ok" if release.healthy else "failing"}, 200 if release.healthy else 503),
        "/version": lambda: json_reply({"service": "web", "version": release.version, "commit": release.commit}),
    }


def show_page(release: Release, api_url: str) -> Reply:
    """The page; 502 with a readable one where the API does not answer, 503 in the version that is broken."""
    if not release.healthy:
        return Reply(503, render_failure(release, "This version cannot price an order."), _PAGE)
    try:
        tables, orders = ask(api_url, "/tables"), ask(api_url, "/orders")
    except (OSError, http.client.HTTPException, ValueError):
        return Reply(502, render_failure(release, "The shop's data cannot be read at the moment."), _PAGE)
    return Reply(200, render_page(release, tables, orders), _PAGE)


def ask(api_url: str, path: str) -> Any:
    """The API's JSON; ValueError for any other answer than 200."""
    parts = urlsplit(api_url)
    connection = http.client.HTTPConnection(parts.hostname or "api", parts.port or 80, timeout=5)
    try:
        connection.request("GET", parts.path.rstrip("/") + path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise ValueError(f"{path}: {response.status}")
    return json.loads(body)
