"""The page itself, as text. Everything that came from the data is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from shop.release import Release

_STYLE = """
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1c2430;background:#f5f6f8}
header{background:var(--tone);color:#fff;padding:2rem 1rem}
main,header>div{max-width:60rem;margin:auto}
main{padding:1.5rem 1rem}
h1{margin:0;font-size:1.9rem}
h2{font-size:1.1rem;margin:2rem 0 .75rem}
header p{margin:.25rem 0 0;opacity:.85}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.75rem}
.tile,table{background:#fff;border-radius:.6rem;box-shadow:0 1px 3px #0002}
.tile{padding:.9rem 1rem}
.tile b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.tile span,th,footer{color:#5b6675;font-size:.85rem}
.tile.new{outline:2px solid var(--tone)}
table{width:100%;border-collapse:collapse;overflow:hidden}
th,td{padding:.55rem .9rem;text-align:left}
th{background:#eceff3}
tr+tr td{border-top:1px solid #eceff3}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
.status{padding:.1rem .55rem;border-radius:1rem;background:#eceff3;font-size:.8rem}
footer{margin-top:2rem}
@media(max-width:40rem){.wide{display:none}}
"""
_TONES = {"v1": "#24507a", "v2": "#0f7a5a", "v3": "#9a2a2a"}


def render_page(release: Release, tables: Mapping[str, int], orders: Mapping[str, Any]) -> str:
    """The shop's numbers and its latest orders."""
    tiles = "".join(_tile(name, rows) for name, rows in tables.items())
    rows = "".join(_row(order) for order in orders["latest"]) or '<tr><td colspan="5">No orders yet.</td></tr>'
    head = '<th>Order</th><th>Customer</th><th>Status</th><th class="wide">Placed</th><th class="number">Total</th>'
    body = f'<h2>In the database</h2><div class="tiles">{tiles}</div><h2>Latest orders</h2><table><tr>{head}</tr>{rows}</table>'
    lead = "Now with loyalty points and vouchers." if release.loyalty else "Good things, sent quickly."
    return _document(release, lead, body)


def render_failure(release: Release, reason: str) -> str:
    """A page that says that there is nothing to show."""
    return _document(release, "Not available", f"<h2>{escape(reason)}</h2>")


def _tile(name: str, rows: int) -> str:
    new = " new" if name == "vouchers" else ""
    return f'<div class="tile{new}"><b>{rows:,}</b><span>{escape(name.replace("_", " "))}</span></div>'


def _row(order: Mapping[str, Any]) -> str:
    placed = str(order["placed_at"])[:16].replace("T", " ")
    return (
        f"<tr><td>#{int(order['id'])}</td><td>{escape(str(order['customer']))}</td>"
        f'<td><span class="status">{escape(str(order["status"]))}</span></td>'
        f'<td class="wide">{escape(placed)}</td><td class="number">{escape(str(order["total"]))} €</td></tr>'
    )


def _document(release: Release, lead: str, body: str) -> str:
    version, commit = escape(release.version), escape(release.commit[:12])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Shop {version}</title><style>:root{{--tone:{_TONES[release.version]}}}{_STYLE}</style></head>"
        f"<body><header><div><h1>Shop</h1><p>{escape(lead)}</p></div></header><main>{body}"
        f"<footer>version {version} · commit <code>{commit}</code></footer></main></body></html>\n"
    )
