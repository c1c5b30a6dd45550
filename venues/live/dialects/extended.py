"""Extended: Starknet signatures made in Python, orders that live 28 days at most here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Margin, decimal
from venues.live.dialects.instance import call, field, rising_nonce
from venues.live.dialects.sealed import SealedDialect
from venues.model import OrderRequest, TimeInForce
from venues.model.instrument import ZERO

LIFE_MS = 28 * 86_400_000
"""Of a resting order; ccxt's default ends it after an hour."""


class Extended(SealedDialect):
    name = "extended"
    ccxt_id = "extended"
    required = ("apiKey", "privateKey")
    options: ClassVar[Raw] = {"builderFee": False, "builderFeeRate": "0", "builderId": None}
    stripped_params = ("builderFee", "builderId", "builderFeeRate")
    quotes = ("USDC", "USD", "USDT")
    fok = False
    dead_man_switch = True
    client_id_max_len = 64
    max_orders_per_s = 10.0
    max_queries_per_min = 500.0
    funding_interval_s = 3600
    always_one_way = True

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        rising_nonce(exchange)

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        if order.tif is TimeInForce.FOK:
            raise ValueError(f"{order.client_order_id}: Extended has no FOK; IOC would be")
        tif = "IOC" if order.tif is TimeInForce.IOC else "GTT"
        params: dict[str, object] = {"timeInForce": tif, "reduceOnly": order.reduce_only}
        if order.post_only:
            params["postOnly"] = True
        return "limit", params

    async def create(self, exchange: CcxtExchange, symbol: str, order: OrderRequest, params: Raw) -> Raw:
        if order.tif is TimeInForce.GTC:
            now = int(exchange.milliseconds())  # type: ignore[attr-defined]  # ccxt's own
            params = {**params, "expiryEpochMillis": now + LIFE_MS}
        return await super().create(exchange, symbol, order, params)

    async def prepare(self, exchange: CcxtExchange) -> None:
        """The account's vault and public key go into every order; asked for now, not with the first order."""
        await exchange.fetch_extended_account()  # type: ignore[attr-defined]  # ccxt's own

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        found = await super().find_order(exchange, symbol, client_id, venue_order_id)
        # an unknown external id is answered with an empty list, of which ccxt makes an order without an id
        return found if found is not None and found.get("id") else None

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """The venue cannot be asked from a time on: pages are turned until they reach it."""
        return await exchange.fetch_my_trades(symbol, since_ms, None, {"paginate": True})

    async def balance(self, exchange: CcxtExchange) -> Raw:
        return {"info": field(await call(exchange, "v1PrivateGetUserBalance"), "data")}

    def is_liquidation(self, trade: Raw) -> bool:
        return field(trade, "info", "tradeType") in ("LIQUIDATION", "DELEVERAGE")

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        info = field(balance, "info")
        cash, equity = decimal(field(info, "balance")), decimal(field(info, "equity"))
        if cash is None or equity is None:
            return super().margins(balance)
        free = decimal(field(info, "availableForTrade")) or ZERO
        ratio = decimal(field(info, "marginRatio")) or ZERO
        # the venue's margin ratio is maintenance over equity
        return {"USDC": Margin(cash, equity, free, ratio * equity)}

    async def funding_rates(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        found: list[Raw] = []
        for symbol in symbols:
            answer = await call(
                exchange, "v1PublicGetInfoMarketsMarketStats", {"market": exchange.market(symbol)["id"]}
            )
            stats = field(answer, "data") or {}
            if stats.get("fundingRate") is not None:
                found.append(
                    {
                        "symbol": symbol,
                        "fundingRate": str(stats["fundingRate"]),
                        "fundingTimestamp": stats.get("nextFundingRate"),
                        "interval": "1h",
                        "markPrice": stats.get("markPrice"),
                    }
                )
        return found
