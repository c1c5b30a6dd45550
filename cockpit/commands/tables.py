"""`spreads`, `funding`, `log`: tables of the desk as they stand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cockpit.commands.failure import Parser
from cockpit.commands.output import put, put_json
from cockpit.commands.talk import Talk, talk
from cockpit.link.rows import FundingRow, LogRow, SpreadRow
from cockpit.link.store import Store
from cockpit.render import number, plain, table, usd, when

TEXTS = {
    "spreads": "Every pair of venues on one coin: bps earned by trading in each direction, after fees.",
    "funding": "Funding rates of all venues side by side, with what was paid so far.",
    "log": "The newest lines of the desk's log, oldest first.",
}


def main(verb: str, argv: Sequence[str]) -> int:
    parser = Parser(verb, TEXTS[verb])
    parser.add_json()
    options = parser.parse_args(argv)

    async def look(desk: Talk) -> Store:
        return desk.store

    rows, page = shown(verb, talk(look, tables=True))
    if options.json:
        put_json(rows)
    else:
        put(page)
    return 0


def shown(verb: str, store: Store) -> tuple[Sequence[msgspec.Struct], str]:
    """The verb's rows, and the same for people."""
    if verb == "spreads":
        spreads = list(store.spreads.values())
        return spreads, spreads_page(spreads)
    if verb == "funding":
        funding = sorted(store.funding.values(), key=lambda row: (row.base, row.annualised))
        return funding, funding_page(funding)
    lines = list(store.log)
    return lines, log_page(lines)


def spreads_page(rows: Sequence[SpreadRow]) -> str:
    cells = [[row.base, row.a, row.b, number(row.buy_a_bps, 2), number(row.sell_a_bps, 2)] for row in rows]
    return table(("coin", "a", "b", "buy_a", "sell_a"), cells, right="buy_a sell_a")


def funding_page(rows: Sequence[FundingRow]) -> str:
    cells = [
        [
            row.base,
            row.account,
            row.symbol,
            f"{row.rate * 100:.5f}%",
            f"{row.annualised * 100:.2f}%",
            when(row.next_ts),
            usd(row.accrued_usd),
        ]
        for row in rows
    ]
    headers = ("coin", "account", "instrument", "rate", "a_year", "next", "paid")
    return table(headers, cells, right="rate a_year paid")


def log_page(rows: Sequence[LogRow]) -> str:
    return "\n".join(f"{when(row.ts)}  {row.level:<7}  {plain(row.source)}  {row.text}" for row in rows)
