"""`order`, `account`, `loop`, `history`, `audit`: what screens ask the desk for, on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from cockpit.commands import sheet_pages as pages
from cockpit.commands.failure import USAGE, CommandFailed, Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.answers import AccountSheet, ChangeLine, History, LoopSheet, OrderLife

PAGE = 1_000
"""Lines of one answer."""

Sheet = TypeVar("Sheet", OrderLife, AccountSheet, LoopSheet, History)
Shown: TypeAlias = tuple[msgspec.Struct, str, bool]
"""(answer, page, whether it is wanted as JSON)"""


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


def _order(argv: Sequence[str]) -> Shown:
    parser = Parser("order", "The whole life of an order: every state it was in, and its fills.")
    parser.add_argument("id", metavar="ID", help="our id or the venue's")
    return _one(parser, argv, OrderLife, pages.order_page)


def _account(argv: Sequence[str]) -> Shown:
    parser = Parser("account", "One account in full. `cockpit accounts` has all of them at a glance.")
    parser.add_argument("account", metavar="ACCOUNT")
    return _one(parser, argv, AccountSheet, pages.account_page)


def _loop(argv: Sequence[str]) -> Shown:
    parser = Parser("loop", "One loop in full. `cockpit status` has all of them at a glance.")
    parser.add_argument("loop", metavar="LOOP")
    return _one(parser, argv, LoopSheet, pages.loop_page)


def _history(argv: Sequence[str]) -> Shown:
    parser = Parser("history", "Volume, wear, equity and the value of one unit of the fund by UTC day, oldest first.")
    parser.add_argument("--days", default="", metavar="N", help="the newest N (default 90)")
    return _one(parser, argv, History, pages.history_page)


def _one(parser: Parser, argv: Sequence[str], kind: type[Sheet], page: Callable[[Sheet], str]) -> Shown:
    """Ask for one sheet: the query has the verb's name, and its arguments are those of the command line."""
    parser.add_json()
    asked = vars(parser.parse_args(argv))
    as_json = asked.pop("json")
    verb = parser.prog.split()[-1]

    async def ask(desk: Talk) -> Sheet:
        return await desk.sheet(kind, verb, **asked)

    sheet = talk(ask)
    return sheet, page(sheet), as_json


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
