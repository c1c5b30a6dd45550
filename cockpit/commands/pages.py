"""The same tables for people: what verbs print without `--json`."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.link.rows import OrderRow, WearRow, by_urgency
from cockpit.link.store import Store
from cockpit.render import NONE, number, plain, table, usd, when


def status_page(store: Store) -> str:
    parts = []
    desk = store.desk
    if desk is not None:
        denied = "  ENTRIES DENIED (lift with `cockpit resume all`)" if desk.entries_denied else ""
        parts.append(f"desk {desk.pid}, version {desk.version}, since {when(desk.started_ts)} UTC{denied}")
        parts.append(f"watchdog: {desk.watchdog or 'none'}; looking: {', '.join(desk.clients) or 'nobody'}")
    parts += [
        f"ALARM {row.shown_level}: {row.text}"
        + (f" (x{row.count})" if row.count > 1 else "")
        + (f" (acknowledged by {row.acked_by})" if row.acked_ts else "")
        for row in by_urgency(store.alarms.values())
    ]
    parts += [f"{row.kind} {row.id}: {row.state}: {row.text}" for row in store.flattens.values()]
    parts += ["", accounts_page(store), "", loops_page(store)]
    if store.positions:
        parts += ["", positions_page(store)]
    return "\n".join(parts)


def accounts_page(store: Store) -> str:
    rows = [
        [
            row.name,
            row.venue,
            row.mode.upper() + (f" {row.live}" if row.live == "read-only" else ""),
            row.health,
            row.state,
            usd(row.equity_usd),
            usd(row.free_usd),
            number(row.leverage, 2),
            str(row.open_orders),
            usd(row.unexplained_usd),
            "; ".join(part for part in (row.live if row.live != "read-only" else "", row.note) if part),
        ]
        for row in store.accounts.values()
    ]
    headers = (
        "account",
        "venue",
        "mode",
        "health",
        "state",
        "equity",
        "free",
        "leverage",
        "orders",
        "unexplained",
        "note",
    )
    return table(headers, rows, right="equity free leverage orders unexplained")


def positions_page(store: Store) -> str:
    rows = [
        [
            row.account,
            row.symbol,
            number(row.qty),
            number(row.base_qty, 6),
            number(row.entry, 2),
            number(row.mark, 2),
            number(row.liq, 2),
            usd(row.notional_usd),
            usd(row.unrealised_usd),
        ]
        for row in store.positions.values()
    ]
    headers = ("account", "instrument", "qty", "base", "entry", "mark", "liq", "notional", "unrealised")
    return table(headers, rows, right="qty base entry mark liq notional unrealised")


def loops_page(store: Store) -> str:
    if not store.loops:
        return "no loops; start one with `cockpit launch hedge --maker A --taker B --ticker BTC --size 0.01`"
    rows = []
    for row in store.loops.values():
        progress = f"{row.iterations_done}/{row.iterations or '∞'}"
        legs = " ⇄ ".join(account for _leg, account, _symbol in row.legs)
        size = row.params.get("size", NONE)
        wear = number(row.wear_bps, 2)
        cells = [row.id, row.mode.upper(), row.strategy, row.state, row.phase, row.base, legs, size, progress, wear]
        rows.append([*cells, usd(row.wear_usd), usd(row.volume_usd), row.detail])
    names = "loop mode kind state phase coin accounts size done bps wear volume detail"
    return table(names.split(), rows, right="size done bps wear volume")


def orders_page(store: Store) -> str:
    return orders_table(sorted(store.orders.values(), key=lambda row: (row.ts, row.client_order_id)))


def orders_table(rows: Sequence[OrderRow]) -> str:
    cells = [
        [
            when(row.ts),
            row.account,
            row.symbol,
            row.loop or NONE,
            row.role,
            row.side,
            number(row.qty),
            number(row.filled),
            number(row.price),
            row.status,
            row.text,
        ]
        for row in rows
    ]
    headers = ("time", "account", "instrument", "loop", "role", "side", "qty", "filled", "price", "status", "text")
    return table(headers, cells, right="qty filled price")


def alarms_page(store: Store) -> str:
    if not store.alarms:
        return "no alarms"
    rows = [
        [row.id, row.shown_level, when(row.since), str(row.count), row.acked_by or NONE, row.action or NONE, row.text]
        for row in by_urgency(store.alarms.values())
    ]
    return table(("id", "level", "since", "count", "acknowledged", "done", "text"), rows, right="count")


def alarm_history_page(rows: list[dict[str, object]]) -> str:
    """Rows of the journal: one for each time that an alarm stood."""
    if not rows:
        return "no alarms"
    lines = []
    for row in rows:
        stamps = [int(str(row.get(name) or 0)) for name in ("first_ts", "ended_ts", "escalated_ts")]
        level = "escalated" if stamps[2] else plain(row.get("level"))
        acked, done = plain(row.get("acked_by")), plain(row.get("action"))
        cells = [when(stamps[0]), when(stamps[1]), plain(row.get("id")), level, plain(row.get("count"))]
        lines.append([*cells, acked or NONE, done or NONE, plain(row.get("text"))])
    headers = ("from", "to", "id", "level", "count", "acknowledged", "done", "text")
    return table(headers, lines, right="count")


def wear_page(rows: list[WearRow]) -> str:
    lines = [
        [
            row.scope,
            row.name,
            number(row.wear_bps, 3),
            usd(row.wear_usd),
            usd(row.fees_usd),
            usd(row.trade_usd),
            usd(row.funding_usd),
            usd(row.open_usd),
            usd(row.volume_usd),
            usd(row.unexplained_usd),
        ]
        for row in rows
    ]
    headers = ("scope", "name", "bps", "wear", "fees", "trade", "funding", "open", "volume", "unexplained")
    return table(headers, lines, right="bps wear fees trade funding open volume unexplained")


def rows_page(rows: list[dict[str, object]], columns: tuple[str, ...]) -> str:
    """Rows of a query; stamps as times."""
    lines = []
    for row in rows:
        lines.append(
            [
                when(value) if name == "ts_event" and isinstance(value, int) else plain(value)
                for name, value in ((name, row.get(name)) for name in columns)
            ]
        )
    return table(columns, lines, right="price qty base_qty fee fee_usd amount cost")
