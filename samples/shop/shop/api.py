"""The HTTP API: JSON about what is in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shop import database
from shop.release import Release
from shop.serving import Handler, Reply, json_reply


def api_routes(release: Release, url: str) -> dict[str, Handler]:
    """The API's paths, each also under /api, where a router may send people."""

    def read(ask: Callable[[Any], Any]) -> Handler:
        def answer() -> Reply:
            with database.connect(url) as connection:
                return json_reply(ask(connection))

        return answer

    routes: Mapping[str, Handler] = {
        "/healthz": lambda: check_health(release, url),
        "/version": lambda: json_reply({"service": "api", "version": release.version, "commit": release.commit}),
        "/tables": read(lambda connection: database.count_tables(connection, loyalty=release.loyalty)),
        "/customers": read(database.describe_customers),
        "/orders": read(database.describe_orders),
    }
    return {**routes, **{f"/api{path}": handler for path, handler in routes.items()}}


def check_health(release: Release, url: str) -> Reply:
    """200 where the database answers and has the schema that this version needs."""
    if not release.healthy:
        return json_reply({"status": "failing", "reason": "this version cannot price an order"}, 503)
    try:
        with database.connect(url, timeout=2) as connection:
            number = database.schema_number(connection)
    except Exception as err:  # noqa: BLE001 - any failure to ask is the answer; its text could hold the address
        return json_reply({"status": "failing", "reason": f"the database does not answer ({type(err).__name__})"}, 503)
    if number < release.schema:
        return json_reply({"status": "failing", "reason": f"the schema is at {number}, this version needs {release.schema}"}, 503)
    return json_reply({"status": "ok", "schema": number})
