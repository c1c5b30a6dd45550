"""Columns of the journal's rows, in the order in which accounting gets them."""

from __future__ import annotations

FILLS = (
    "ts_event",
    "account",
    "instrument",
    "side",
    "price",
    "qty",
    "base_qty",
    "fee",
    "fee_asset",
    "fee_usd",
    "liquidity",
    "client_order_id",
    "trade_id",
    "loop",
    "role",
)

FUNDING = ("ts_event", "account", "instrument", "cost", "asset", "cost_usd", "rate", "qty", "price", "payment_id")

TRANSFERS = ("ts_event", "account", "kind", "asset", "amount", "amount_usd", "transfer_id")

NUMBERS = frozenset({"price", "qty", "base_qty", "fee", "fee_usd", "cost", "cost_usd", "rate", "amount", "amount_usd"})
"""Columns that the desk sends as text, so that no digit is lost, and that are numbers all the same."""

BY_TABLE = {"fills": FILLS, "funding": FUNDING, "transfers": TRANSFERS}
