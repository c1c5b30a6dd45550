"""`order`, `account`, `loop`, `history`, `audit`: what screens ask the desk for, on the command line."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cockpit.commands import sheet_pages as pages
from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.answers import AccountSheet, ChangeLine, History, LoopSheet, OrderLife

PAGE = 1_000
"""Lines of one answer."""


def main(verb: str, argv: Sequence[str]) -> int:
    answer, page, as_json = {
        "order": _order,
        "account": _account,
        "loop": _loop,
        "history": _history,
        "audit": _audit,
    }[verb](argv)
    if as_json:
        put_json(answer)
    else:
        put(page)
    return 0


def _order(argv: Sequence[str]) -> tuple[msgspec.Struct, str, bool]:
    parser = Parser("order", "The whole life of an order: every state it was in, and its fills.")
    parser.add_argument("id", metavar="ID", help="our id or the venue's")
    parser.add_json()
    options = parser.parse_args(argv)

    async def ask(desk: Talk) -> OrderLife:
        return await desk.sheet(OrderLife, "order", id=options.id)

    life = talk(ask)
    return life, pages.order_page(life), options.json


def _account(argv: Sequence[str]) -> tuple[msgspec.Struct, str, bool]:
    parser = Parser("account", "One account in full. `cockpit accounts` has all of them at a glance.")
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_json()
    options = parser.parse_args(argv)

    async def ask(desk: Talk) -> AccountSheet:
        return await desk.sheet(AccountSheet, "account", account=options.account)

    sheet = talk(ask)
    return sheet, pages.account_page(sheet), options.json


def _loop(argv: Sequence[str]) -> tuple[msgspec.Struct, str, bool]:
    parser = Parser("loop", "One loop in full. `cockpit status` has all of them at a glance.")
    parser.add_argument("loop", metavar="LOOP")
    parser.add_json()
    options = parser.parse_args(argv)

    async def ask(desk: Talk) -> LoopSheet:
        return await desk.sheet(LoopSheet, "loop", loop=options.loop)

    sheet = talk(ask)
    return sheet, pages.loop_page(sheet), options.json


def _history(argv: Sequence[str]) -> tuple[msgspec.Struct, str, bool]:
    parser = Parser("history", "Volume, wear, equity and the value of one unit of the fund by UTC day, oldest first.")
    parser.add_argument("--days", default="", metavar="N", help="the newest N (default 90)")
    parser.add_json()
    options = parser.parse_args(argv)

    async def ask(desk: Talk) -> History:
        return await desk.sheet(History, "history", days=options.days)

    days = talk(ask)
    return days, pages.history_page(days), options.json


def _audit(argv: Sequence[str]) -> tuple[tuple[msgspec.Struct, ...], str, bool]:
    parser = Parser("audit", "Who changed what, newest first: every command, taken or refused.")
    parser.add_argument("--loop", default="", help="only this loop")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="at the most N (default 200)")
    parser.add_json()
    options = parser.parse_args(argv)
    if options.limit < 1:
        raise CommandFailed(f"cockpit audit: --limit: {options.limit} is not valid; expected a whole number > 0", USAGE)

    async def ask(desk: Talk) -> tuple[ChangeLine, ...]:
        lines: tuple[ChangeLine, ...] = ()
        while len(lines) < options.limit:
            asked = min(PAGE, options.limit - len(lines))
            before = str(lines[-1].ts) if lines else ""
            page = await desk.sheet(tuple[ChangeLine, ...], "audit", loop=options.loop, limit=str(asked), before=before)
            lines += page
            if len(page) < asked:
                break
        return lines

    lines = talk(ask)
    return lines, pages.audit_page(lines), options.json
