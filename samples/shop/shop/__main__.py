"""`python3 -m shop`: the service that SHOP_SERVICE names."""

from __future__ import annotations

import os

from shop.release import this_release
from shop.serving import Handler, Server


def main() -> None:
    """Serves until told to stop. What a service does not need is not imported."""
    release = this_release(os.environ)
    service = os.environ.get("SHOP_SERVICE", "")
    routes: dict[str, Handler]
    if service == "api":
        from shop.api import api_routes  # noqa: PLC0415

        if not (url := os.environ.get("SHOP_DATABASE_URL")):
            raise SystemExit("shop api: SHOP_DATABASE_URL is not set")
        routes = api_routes(release, url)
    elif service == "web":
        from shop.web import web_routes  # noqa: PLC0415

        routes = web_routes(release, os.environ.get("API_URL", "http://api"))
    else:
        raise SystemExit(f'shop: SHOP_SERVICE is "{service}"; it must be api or web')
    Server(int(os.environ.get("PORT", "8000")), routes).serve_until_told()


if __name__ == "__main__":
    main()
