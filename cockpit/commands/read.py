"""`status`, `accounts`, `fills`, `wear`: reading without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from cockpit.commands import pages, views
from cockpit.commands.columns import FILLS
from cockpit.commands.failure import CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.spans import add_span, span_of
from cockpit.commands.talk import Talk, talk
from cockpit.link.store import Store

_TABLES: dict[str, tuple[str, Callable[[Store], object], Callable[[Store], str]]] = {
    "status": ("Everything at a glance.", views.status_json, pages.status_page),
    "accounts": ("Accounts, their state and their positions.", views.accounts_json, pages.accounts_page),
}


def main(verb: str, argv: Sequence[str]) -> int:
    if verb == "fills":
        return _fills(argv)
    if verb == "wear":
        return _wear(argv)
    description, as_json, as_page = _TABLES[verb]
    parser = Parser(verb, description)
    parser.add_json()
    options = parser.parse_args(argv)

    async def look(desk: Talk) -> Store:
        return desk.store

    store = talk(look, tables=True)
    if options.json:
        put_json(as_json(store))
    else:
        put(as_page(store))
    return 0


def _wear(argv: Sequence[str]) -> int:
    parser = Parser("wear", "What was lost per volume: by loop, by account, by day, in total. Positive is paid.")
    parser.add_json()
    parser.add_argument("--by", choices=("loop", "account", "day", "total"), help="only this view")
    options = parser.parse_args(argv)

    async def look(desk: Talk) -> Store:
        return desk.store

    store = talk(look, tables=True)
    rows = [row for row in store.wear.values() if options.by in (None, row.scope)]
    if options.json:
        put_json([msgspec.structs.asdict(row) for row in rows])
    else:
        put(pages.wear_page(rows))
    return 0


def _fills(argv: Sequence[str]) -> int:
    parser = Parser("fills", "Fills from the journal, oldest first.")
    parser.add_json()
    add_span(parser)
    parser.add_argument("--account", default="", help="only this account")
    parser.add_argument("--loop", default="", help="only this loop")
    parser.add_argument(
        "--limit", type=int, default=0, metavar="N", help="only the newest N (default: 50, all with --from)"
    )
    options = parser.parse_args(argv)
    start, end = span_of(options.start, options.end)
    limit = options.limit or (0 if options.start else 50)
    if limit < 0:
        raise CommandFailed(f"cockpit fills: --limit: {limit} is not valid; expected a whole number > 0", 2)

    async def look(desk: Talk) -> list[dict[str, object]]:
        return await desk.rows("fills", **{"from": start, "to": end}, account=options.account, loop=options.loop)

    rows = talk(look)
    rows = [
        row for row in rows if options.account in ("", row.get("account")) and options.loop in ("", row.get("loop"))
    ]
    rows = rows[-limit:] if limit else rows
    if options.json:
        put_json(rows)
    else:
        put(pages.rows_page(rows, FILLS))
    return 0
