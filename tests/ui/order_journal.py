"""A journal of many orders that answers as the desk does, made of arithmetic so that it takes no room."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import scenes

from cockpit.link.answers import FillLine, LoopSheet, ObligationLine, OrderEvent, OrderLife, OrdersPage
from cockpit.link.messages import Ack, Query
from cockpit.link.rows import OrderRow
from venues.model import NS_PER_MS, NS_PER_S, LiquiditySide, OrderStatus, Side
from widgets.order_list import finds

MS = NS_PER_MS
STATUSES = (OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.FILLED, OrderStatus.REJECTED)


def order(number: int) -> OrderRow:
    """The `number`th order since the journal began, from 0; ended long ago."""
    coin = tuple(scenes.MARKS)[number % 3]
    hedge = number % 2 == 1
    account = "okx" if hedge else "lighter"
    status = STATUSES[number % 4]
    return OrderRow(
        client_order_id=f"ck90-1{'h' if hedge else 'o'}{number}-0",
        venue_order_id=str(700_000 + number),
        account=account,
        symbol=scenes.SYMBOLS[account].format(coin),
        loop=f"hedge-{number % 5}",
        role="hedge" if hedge else "open",
        side=Side.SELL if hedge else Side.BUY,
        qty=scenes.SIZES[coin],
        filled=scenes.SIZES[coin] if status is OrderStatus.FILLED else Decimal(0),
        price=scenes.MARKS[coin] + number % 100,
        status=status,
        ts=scenes.NOW - (70_000 - number) * NS_PER_S,
        text="post-only would have taken" if status is OrderStatus.REJECTED else "",
    )


class OrderJournal:
    """`orders` of the desk over `count` orders, the newest has the highest number."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[dict[str, str]] = []

    def __call__(self, query: Query) -> Ack:
        self.asked.append(query.args)
        limit = int(query.args.get("limit", "100"))
        before = query.args.get("before", "")
        start = self._number(before) - 1 if before else self.count - 1
        words = tuple(query.args.get("filter", "").casefold().split())
        rows: list[OrderRow] = []
        at = start
        while at >= 0 and len(rows) < limit:
            row = order(at)
            if not words or finds(row, words):
                rows.append(row)
            at -= 1
        more = any(finds(order(n), words) for n in range(at, max(-1, at - 8), -1))
        total = sum(finds(order(n), words) for n in range(self.count)) if words else self.count
        return answer(OrdersPage(tuple(rows), rows[-1].client_order_id if more else "", total))

    @staticmethod
    def _number(client_order_id: str) -> int:
        return int(client_order_id.split("-")[1][2:])


def answer(value: object) -> Ack:
    """An acknowledgement that carries a value."""
    return Ack("1", ok=True, result=msgspec.Raw(msgspec.json.encode(value)))


def life() -> OrderLife:
    """A hedge that was sent at once, filled in two parts, 41 ms after its intent."""
    start = scenes.NOW - 60 * NS_PER_S
    row = msgspec.structs.replace(
        order(9), client_order_id="ck90-2h4-0", loop="hedge-2", qty=Decimal("0.8"), filled=Decimal("0.8"),
        status=OrderStatus.FILLED, ts=start, text="",
    )  # fmt: skip
    events = (
        OrderEvent(start, OrderStatus.PENDING, Decimal(0)),
        OrderEvent(start + 120_000, OrderStatus.IN_FLIGHT, Decimal(0)),
        OrderEvent(start + 18 * MS, OrderStatus.OPEN, Decimal(0)),
        OrderEvent(start + 19 * MS, OrderStatus.PARTIALLY_FILLED, Decimal("0.2")),
        OrderEvent(start + 41 * MS, OrderStatus.FILLED, Decimal("0.8"), "bound 5 bps"),
    )
    fills = tuple(
        FillLine(
            start + after * MS, row.account, row.symbol, row.side, Decimal(qty), row.price, Decimal(fee), "USDT",
            Decimal(fee), LiquiditySide.TAKER, row.loop, row.role, f"t{after}", row.client_order_id,
        )
        for after, qty, fee in ((19, "0.2", "0.034"), (41, "0.6", "0.102"))
    )  # fmt: skip
    return OrderLife(row, events, fills)


def sheet() -> LoopSheet:
    """Of the loop of `life`: the obligation that it worked off."""
    start = scenes.NOW - 60 * NS_PER_S
    owed = ObligationLine(4, start - 1 * MS, Decimal("-0.8"), start + 41 * MS)
    return LoopSheet("hedge-2", (), (owed,), ())
