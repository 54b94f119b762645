"""The router's configuration as a pure function of the services: internal names by Host header, public routes by path prefix.

Written for HAProxy 2.6. See machine/images/router/README.md for the contract with the router image.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

PORT = 8080
INTERNAL_PORT = 80

_HEAD = """\
global
    maxconn 1000
    hard-stop-after 30s
    log stdout format raw local0 warning
defaults
    mode http
    log global
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout http-request 10s
    retries 3
    option redispatch
    option idle-close-on-response
    option forwardfor
resolvers docker
    nameserver dns 127.0.0.11:53
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 5s
"""

# A container that restarts may come back with another address.
_FOLLOW = "resolvers docker resolve-prefer ipv4 init-addr libc,none"
_NONE = "_none"


@dataclass(frozen=True, slots=True)
class Backend:
    """One service as the router sees it: its name, the container that serves it, the container's port, its public path prefix."""

    name: str
    container: str
    port: int
    route: str | None


def render_routes(backends: Sequence[Backend], routes_id: str) -> str:
    """The whole configuration file; routes_id is what `GET /-/config` answers once it is in force."""
    public = sorted((b for b in backends if b.route is not None), key=lambda b: (-len(b.route or ""), b.name))
    lines = [_HEAD, "frontend public", f"    bind :{PORT}"]
    lines += ["    http-request return status 200 content-type text/plain string ready if { path /-/ready }"]
    lines += [f"    http-request return status 200 content-type text/plain string {routes_id} if {{ path /-/config }}"]
    lines += [f"    use_backend {b.name} if {_prefix(b.route or '/')}" for b in public]
    lines += [f"    default_backend {_NONE}", "", "frontend internal", f"    bind :{INTERNAL_PORT}"]
    lines += [f"    use_backend {b.name} if {{ req.hdr(host),field(1,:) -i {b.name} }}" for b in backends]
    lines += [f"    default_backend {_NONE}", ""]
    # A frontend's `http-request return` would come before every use_backend, wherever it stands; so nothing is a backend of its own.
    lines += [f"backend {_NONE}", "    http-request return status 404 content-type text/plain string no-route", ""]
    for backend in sorted(backends, key=lambda b: b.name):
        lines += [f"backend {backend.name}", f"    server {backend.container} {backend.container}:{backend.port} {_FOLLOW}", ""]
    return "\n".join(lines)


def routes_version(backends: Sequence[Backend]) -> str:
    """Eight hex digits that stand for exactly these routes."""
    return hashlib.sha256(render_routes(backends, "").encode()).hexdigest()[:8]


def _prefix(route: str) -> str:
    """The condition under which a public request belongs to the route; a prefix matches whole path segments only."""
    stem = route.rstrip("/")
    return "{ path_beg / }" if not stem else f"{{ path {stem} }} || {{ path_beg {stem}/ }}"
