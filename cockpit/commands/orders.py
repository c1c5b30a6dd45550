"""`orders`: those at work and the newest that ended or, asked for more closely, those of the journal."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.commands import pages, views
from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.answers import OrdersPage
from cockpit.link.rows import OrderRow
from cockpit.link.store import Store

PAGE = 1_000


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, "Orders at work and the newest that ended; with any option but --json, those of the journal.")
    parser.add_json()
    parser.add_argument("--filter", default="", metavar="WORDS", help="words that all occur in an order, in any column")
    parser.add_argument("--account", default="", help="only this account")
    parser.add_argument("--loop", default="", help="only this loop")
    parser.add_argument("--state", default="", help="only this state: open, filled, canceled, rejected, unknown, …")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="the newest N (default 100)")
    options = parser.parse_args(argv)
    if options.limit < 0:
        raise CommandFailed(
            f"cockpit orders: --limit: {options.limit} is not valid; expected a whole number > 0", USAGE
        )
    wanted = {name: getattr(options, name) for name in ("filter", "account", "loop", "state")}
    if any(wanted.values()) or options.limit:
        return _journaled(wanted, options.limit or 100, as_json=options.json)

    async def look(desk: Talk) -> Store:
        return desk.store

    store = talk(look, tables=True)
    if options.json:
        put_json(views.orders_json(store))
    else:
        put(pages.orders_page(store))
    return 0


def _journaled(wanted: dict[str, str], limit: int, *, as_json: bool) -> int:
    async def ask(desk: Talk) -> tuple[list[OrderRow], int]:
        rows: list[OrderRow] = []
        before = ""
        while True:
            asked = min(PAGE, limit - len(rows))
            page = await desk.sheet(OrdersPage, "orders", **wanted, before=before, limit=str(asked))
            rows += page.rows
            before = page.next
            if not before or len(rows) >= limit:
                return rows, page.total

    rows, total = talk(ask)
    rows.reverse()
    if as_json:
        put_json([views.order_json(row) for row in rows])
    else:
        put(pages.orders_table(rows))
        put(f"{len(rows)} of {total} orders" if len(rows) < total else f"{total} orders")
    return 0
