"""Sheets of the desk as text for people."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.commands.pages import orders_table
from cockpit.link.answers import NO_BOUND, AccountSheet, ChangeLine, FillLine, History, LoopSheet, OrderLife
from cockpit.render import NONE, number, table, usd, when

BAR = 40


def order_page(life: OrderLife) -> str:
    steps = [[when(event.ts), event.status, number(event.filled), event.text] for event in life.events]
    parts = [orders_table([life.order]), "", table(("time", "state", "filled", "text"), steps, right="filled")]
    return "\n".join([*parts, "", fills_table(life.fills)])


def fills_table(fills: Sequence[FillLine]) -> str:
    if not fills:
        return "no fills"
    rows = [
        [
            when(row.ts),
            row.account,
            row.symbol,
            row.loop or NONE,
            row.role,
            row.side,
            number(row.qty),
            number(row.price),
            f"{row.fee:f} {row.fee_asset}",
            row.liquidity,
            row.trade_id,
        ]
        for row in fills
    ]
    headers = ("time", "account", "instrument", "loop", "role", "side", "qty", "price", "fee", "liquidity", "trade")
    return table(headers, rows, right="qty price fee")


def account_page(sheet: AccountSheet) -> str:
    balances = [[row.asset, number(row.cash), usd(row.usd)] for row in sheet.balances]
    funding = [[row.symbol, usd(row.paid_usd), str(row.payments), when(row.last_ts)] for row in sheet.funding]
    return "\n".join(
        [
            f"account {sheet.account}, fees paid {usd(sheet.fees_usd)} USD",
            *(f"  {note}" for note in sheet.notes),
            "",
            table(("asset", "cash", "usd"), balances, right="cash usd"),
            "",
            table(("instrument", "funding_paid", "payments", "last"), funding, right="funding_paid payments"),
            "",
            fills_table(sheet.fills[::-1]),
        ]
    )


def loop_page(sheet: LoopSheet) -> str:
    most = max((bucket.count for bucket in sheet.hedge_ms), default=0)
    bars = [
        [
            "more" if bucket.up_to >= NO_BOUND else f"≤ {bucket.up_to:g} ms",
            str(bucket.count),
            "█" * round(bucket.count / most * BAR) if most else "",
        ]
        for bucket in sheet.hedge_ms
    ]
    owed = [
        [str(row.number), when(row.ts), number(row.base), when(row.covered_ts)] for row in reversed(sheet.obligations)
    ]
    return "\n".join(
        [
            f"loop {sheet.loop}, longest exposure {number(sheet.max_naked_ms, 1)} ms",
            "",
            table(("fill_to_hedge", "hedges", ""), bars, right="fill_to_hedge hedges"),
            "",
            table(("obligation", "time", "base", "covered"), owed, right="obligation base"),
            "",
            audit_page(sheet.changes),
        ]
    )


def history_page(history: History) -> str:
    rows = [
        [
            day.day,
            usd(day.volume_usd),
            number(day.wear_bps, 3),
            usd(day.wear_usd),
            usd(day.fees_usd),
            usd(day.trade_usd),
            usd(day.funding_usd),
            usd(day.equity_usd),
            number(day.unit_value, 6),
        ]
        for day in history.days
    ]
    headers = ("day", "volume", "bps", "wear", "fees", "trade", "funding", "equity", "unit")
    return table(headers, rows, right="volume bps wear fees trade funding equity unit")


def audit_page(lines: Sequence[ChangeLine]) -> str:
    if not lines:
        return "nobody has changed anything"
    rows = [
        [when(row.ts), row.origin, row.loop or NONE, row.text, f"refused: {row.answer}" if row.answer else ""]
        for row in lines
    ]
    return table(("time", "who", "loop", "what", "answer"), rows)
