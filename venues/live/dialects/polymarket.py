"""Polymarket's perpetuals (not its prediction markets)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Margin, decimal
from venues.live.dialects.instance import field
from venues.live.dialects.sealed import SealedDialect
from venues.model import Instrument
from venues.model.instrument import ZERO

PREFIX = "636b".rjust(20, "0")
FIGURES = 5
HEADROOM = Decimal("1.5")


class Polymarket(SealedDialect):
    name = "polymarket"
    ccxt_id = "polymarket"
    required = ("privateKey",)
    quotes = ("USD", "USDC", "PUSD")
    client_id_max_len = 34
    max_orders_per_s = 10.0
    max_queries_per_min = 600.0
    funding_interval_s = 3600
    always_one_way = True

    def symbol(self, market: Raw) -> str:
        """The venue's own name; its ids are numbers."""
        return str(field(market, "info", "symbol") or market["id"])

    def instrument(self, market: Raw) -> Instrument | None:
        """Prices have at most five significant figures, so the tick grows with the price: it is the one that is still
        right when the mark is half as high again."""
        found = super().instrument(market)
        mark = decimal(field(market, "info", "mark_price"))
        if found is None or not mark:
            return found
        by_figures = Decimal(1).scaleb((mark * HEADROOM).adjusted() - FIGURES + 1)
        return msgspec.structs.replace(found, tick=max(found.tick, by_figures))

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        """128 bits, in hex."""
        return f"0x{PREFIX}{ids.to_int(text):012x}"

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        low = value.lower().removeprefix("0x")
        if not low.startswith(PREFIX) or len(low) != len(PREFIX) + 12:
            return ""
        try:
            return ids.from_int(int(low.removeprefix(PREFIX), 16))
        except ValueError:
            return ""

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        if client_id == "":
            return await super().find_order(exchange, symbol, client_id, venue_order_id)
        for order in await exchange.fetch_orders(symbol):  # type: ignore[attr-defined]  # not in our protocol
            if str(order.get("clientOrderId") or "").lower() == str(client_id):
                known: Raw = order
                return known
        return None

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        margin = field(balance, "info", "margin")
        equity = decimal(field(margin, "total_account_value"))
        if equity is None:
            return super().margins(balance)
        profit = decimal(field(margin, "total_unrealized_pnl")) or ZERO
        free = decimal(field(margin, "available_order_margin")) or ZERO
        return {
            "PUSD": Margin(equity - profit, equity, free, decimal(field(margin, "total_maintenance_margin")) or ZERO)
        }
