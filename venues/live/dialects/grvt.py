"""GRVT: EIP-712 orders by a wallet or an API key's secret, in one sub-account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Margin, decimal
from venues.live.dialects.instance import call, field, replace, rising_nonce
from venues.live.dialects.sealed import SealedDialect
from venues.model.instrument import ZERO

CLIENT_BASE = 2**63
"""Client ids below are the venue's own front end's."""
LIFE_S = 29 * 86_400
"""An order lives as long as its signature; the venue takes up to 30 days. ccxt's default ends it after 30 s."""
NS_PER_MS = 1_000_000
STATUSES = {
    "PENDING": "open",
    "OPEN": "open",
    "FILLED": "closed",
    "REJECTED": "rejected",
    "CANCELLED": "canceled",
}
"""ccxt has a word of its own for PENDING, which no other venue uses."""


class Grvt(SealedDialect):
    name = "grvt"
    ccxt_id = "grvt"
    required = ("privateKey",)
    optional = ("accountId",)
    options: ClassVar[Raw] = {
        "builderFee": False,
        "approvedBuilderFee": False,
        "builder": "",
        "builderRate": "0",
        "expirationSeconds": LIFE_S,
    }
    stripped_params = ("builder", "builder_fee")
    client_id_max_len = 20
    max_orders_per_s = 2.5
    max_queries_per_min = 600.0
    always_one_way = True

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        replace(exchange, "initialize_client", _nothing)
        rising_nonce(exchange)
        replace(exchange, "parse_order_status", STATUSES.get)
        if credentials.get("accountId"):
            exchange.options["accountId"] = str(credentials["accountId"])

    def forget_login(self, exchange: CcxtExchange) -> bool:
        """The next private call signs in for another cookie; this one stays for what is just being sent."""
        known = bool(exchange.options.get("signInExpiration"))
        exchange.options["signInExpiration"] = 0
        return known

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        return str(CLIENT_BASE + ids.to_int(text))

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        if not value.isdecimal() or int(value) < CLIENT_BASE:
            return ""
        try:
            return ids.from_int(int(value) - CLIENT_BASE)
        except ValueError:
            return ""

    def raw_client_id(self, raw: Raw) -> str:
        info = raw.get("info")
        return str(
            raw.get("clientOrderId")
            or field(info, "metadata", "client_order_id")
            or field(info, "client_order_id")
            or ""
        )

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """The venue answers the newest first, a thousand at most."""
        return await exchange.fetch_my_trades(symbol, since_ms, 1000)

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        info = field(balance, "info")
        equity = decimal(field(info, "total_equity"))
        asset = field(info, "settle_currency")
        if equity is None or not asset:
            return super().margins(balance)
        profit = decimal(field(info, "unrealized_pnl")) or ZERO
        free = decimal(field(info, "available_balance")) or ZERO
        return {str(asset): Margin(equity - profit, equity, free, decimal(field(info, "maintenance_margin")) or ZERO)}

    async def funding_rates(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        found: list[Raw] = []
        for symbol in symbols:
            market = exchange.market(symbol)
            answer = await call(exchange, "publicMarketPostFullV1Ticker", {"instrument": market["id"]})
            ticker = field(answer, "result") or {}
            rate: Any = ticker.get("funding_rate") or ticker.get("funding_rate_8h_curr")
            settles = ticker.get("next_funding_time")
            if rate is None or settles is None:
                continue
            hours = field(market, "info", "funding_interval_hours") or 8
            found.append(
                {
                    "symbol": symbol,
                    "fundingRate": str(_fraction(rate)),
                    "fundingTimestamp": int(settles) // NS_PER_MS,
                    "interval": f"{hours}h",
                    "markPrice": ticker.get("mark_price"),
                }
            )
        return found


def _fraction(rate: object) -> object:
    """The venue gives its rates in per cent."""
    figure = decimal(str(rate))
    return None if figure is None else figure / 100


async def _nothing(*_: object, **__: object) -> bool:
    return False
