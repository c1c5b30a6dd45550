"""Orders of the journal a page at a time, and the whole life of one."""

from __future__ import annotations

from cockpit.desk import journal_pages as pages
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_rows import JournaledFill, JournaledOrder
from cockpit.desk.refusals import LaunchError
from cockpit.host.asked import Args, whole
from cockpit.link.answers import FillLine, OrderEvent, OrderLife, OrdersPage
from cockpit.link.rows import ZERO, OrderRow
from venues.model import OrderStatus

PAGE, LONGEST_PAGE = 100, 1_000
MOST_WORDS = 8
MOST_STEPS = 1_000
"""Steps and fills told of one order."""
STATES = (pages.OPEN, *OrderStatus)


def orders_page(reader: JournalReader, args: Args) -> OrdersPage:
    """See `OrdersPage`. Raises `LaunchError`."""
    limit = whole(args, "limit", PAGE, LONGEST_PAGE)
    state = args.get("state", "")
    if state and state not in STATES:
        raise LaunchError(f"state: {state!r} is not known; expected one of {', '.join(dict.fromkeys(STATES))}")
    words = args.get("filter", "").split()
    if len(words) > MOST_WORDS:
        raise LaunchError(f"filter: {len(words)} words; expected at the most {MOST_WORDS}")
    before = args.get("before", "")
    if before and reader.order(before) is None:
        raise LaunchError(f"before: {before!r} is no order; expected `next` of the page before")
    wanted = pages.OrderFilter(words, account=args.get("account", ""), loop=args.get("loop", ""), state=state)
    # One more than asked for says whether there is another page.
    found = pages.orders(reader, wanted, before=before, limit=limit + 1)
    shown = found[:limit]
    return OrdersPage(
        rows=tuple(map(order_row, shown)),
        next=shown[-1].client_order_id if len(found) > limit else "",
        # A first page that is the only one has them all; what one types is seldom in many.
        total=len(found) if not before and len(found) <= limit else pages.count_orders(reader, wanted),
    )


def order_life(reader: JournalReader, args: Args) -> OrderLife:
    """See `OrderLife`. Raises `LaunchError`."""
    id_ = args.get("id", "")
    order = pages.order(reader, id_)
    if order is None:
        raise LaunchError(f"id: {id_!r} is no order of this journal; expected a client order id or a venue's")
    fills = pages.fills_of_order(reader, order.client_order_id, MOST_STEPS)
    events = [OrderEvent(order.ts, OrderStatus.PENDING, ZERO)]
    events += [
        OrderEvent(step.ts, step.status, step.filled_qty, step.reason)
        for step in pages.steps(reader, order.client_order_id, MOST_STEPS)
    ]
    if events[-1].status is not order.status:
        # Its steps are older than what is kept of them.
        last = max([order.ts, *(fill.ts_init for fill in fills)])
        events.append(OrderEvent(last, order.status, order.filled_qty, order.reason))
    return OrderLife(order_row(order), tuple(events), tuple(map(fill_line, fills)))


def order_row(row: JournaledOrder) -> OrderRow:
    """As journaled; `ts` is when it was meant."""
    return OrderRow(
        client_order_id=row.client_order_id,
        venue_order_id=row.venue_order_id,
        account=row.account,
        symbol=row.symbol,
        loop=row.loop,
        role=row.role,
        side=row.side,
        qty=row.qty,
        filled=row.filled_qty,
        price=row.price,
        status=row.status,
        ts=row.ts,
        text=row.reason,
    )


def fill_line(row: JournaledFill) -> FillLine:
    return FillLine(
        ts=row.ts_event,
        account=row.account,
        symbol=row.symbol,
        side=row.side,
        qty=row.qty,
        price=row.price,
        fee=row.fee,
        fee_asset=row.fee_asset,
        fee_usd=row.fee_usd,
        liquidity=row.liquidity,
        loop=row.loop,
        role=row.role,
        trade_id=row.trade_id,
        client_order_id=row.client_order_id,
    )
