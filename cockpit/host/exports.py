"""Rows of the journal as they are exported and printed: fills, funding, transfers, alarms, obligations."""

from __future__ import annotations

import msgspec

from cockpit.desk.journal_read import JournalReader
from cockpit.host.asked import Args, json_rows, span


def fills(reader: JournalReader, args: Args) -> msgspec.Raw:
    """Oldest first."""
    start, end = span(args)
    rows = reader.fills(from_ts=start, to_ts=end, account=args.get("account") or None, loop=args.get("loop") or None)
    return json_rows(
        {
            "ts_event": row.ts_event,
            "account": row.account,
            "instrument": row.symbol,
            "side": row.side,
            "price": row.price,
            "qty": row.qty,
            "base_qty": row.base_qty,
            "fee": row.fee,
            "fee_asset": row.fee_asset,
            "fee_usd": row.fee_usd,
            "liquidity": row.liquidity,
            "client_order_id": row.client_order_id,
            "trade_id": row.trade_id,
            "loop": row.loop,
            "role": row.role,
        }
        for row in rows
    )


def funding(reader: JournalReader, args: Args) -> msgspec.Raw:
    """Oldest first."""
    start, end = span(args)
    return json_rows(
        {
            "ts_event": row.ts_event,
            "account": row.account,
            "instrument": row.symbol,
            "cost": row.cost,
            "asset": row.asset,
            "cost_usd": row.cost * row.rate_usd,
            "rate": row.rate,
            "qty": row.qty,
            "price": row.price,
            "payment_id": row.payment_id,
        }
        for row in reader.funding(from_ts=start, to_ts=end)
    )


def transfers(reader: JournalReader, args: Args) -> msgspec.Raw:
    """Oldest first."""
    start, end = span(args)
    return json_rows(
        {
            "ts_event": row.ts_event,
            "account": row.account,
            "kind": row.kind,
            "asset": row.asset,
            "amount": row.amount,
            "amount_usd": row.amount * row.rate_usd,
            "transfer_id": row.transfer_id,
        }
        for row in reader.transfers(from_ts=start, to_ts=end)
    )


def alarms(reader: JournalReader, args: Args) -> msgspec.Raw:
    """Those that stood in the span, over or not, oldest first."""
    start, end = span(args)
    return json_rows(row for row in reader.alarms() if row.first_ts < end and (row.active or row.ended_ts >= start))


def obligations(reader: JournalReader, args: Args) -> msgspec.Raw:
    """All of a loop's, and what is still owed by the journal alone."""
    loop = args.get("loop", "")
    owed = msgspec.json.encode(reader.owed(loop))
    rows = bytes(json_rows(reader.obligations(loop)))
    return msgspec.Raw(b'{"obligations":' + rows + b',"owed":' + owed + b"}")
