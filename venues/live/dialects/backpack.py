"""Backpack: Ed25519 signatures, client ids of 32 bits, no stream of fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Margin, Stream, decimal
from venues.live.dialects.instance import call, field
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.live.errors import error_is
from venues.model import OrderRequest, TimeInForce
from venues.model.instrument import ZERO

MASK = 2**32 - 1
BPS = 10_000


class Backpack(SealedDialect):
    """The venue's client id has 32 bits and ours has 48, so the low 32 bits go out (loop, role, serial, attempt) and
    this object remembers which of our ids each stood for. After a restart the desk asks for each of its orders by id,
    which teaches it the ids of the run before."""

    name = "backpack"
    ccxt_id = "backpack"
    options: ClassVar[Raw] = {"brokerId": "", "broker": ""}
    stripped_headers = ("X-Broker-Id",)
    polled: ClassVar[Mapping[Stream, float]] = {Stream.FILLS: 2.0, Stream.FUNDING_RATE: 60.0}
    quotes = ("USDC", "USD", "USDT")
    client_id_max_len = 10
    max_orders_per_s = 10.0
    max_queries_per_min = 1000.0
    funding_interval_s = 3600
    always_one_way = True

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        """Raises `ValueError` where the short id already stands for another order of ours."""
        short = ids.to_int(text) & MASK
        known = self._texts.setdefault(short, text)
        if known != text:
            raise ValueError(f"{text}: its 32-bit id {short} on Backpack already stands for {known}")
        return short

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        return self._texts.get(int(value), "") if value.isdecimal() else ""

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        params: dict[str, object] = {"timeInForce": order.tif.value.upper()}
        if order.post_only:
            params = {"postOnly": True}
            if order.tif is not TimeInForce.GTC:
                raise ValueError(f"{order.client_order_id}: post-only and {order.tif.value} exclude each other")
        if order.reduce_only:
            params["reduceOnly"] = True
        return "limit", params

    async def cancel(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str, params: Raw
    ) -> None:
        # ccxt's own sends `orderId: null` beside a client id
        await call(
            exchange, "privateDeleteApiV1Order", {**params, **_which(exchange, symbol, client_id, venue_order_id)}
        )

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        wanted = _which(exchange, symbol, client_id, venue_order_id)
        try:
            return parsed(exchange, await call(exchange, "privateGetApiV1Order", wanted), symbol)
        except Exception as error:
            # the open order is not there: it has ended, or never was
            if (
                not error_is(error, "OrderNotFound", "BadRequest", "InvalidOrder")
                and "not found" not in str(error).lower()
            ):
                raise
        ended = await call(exchange, "privateGetWapiV1HistoryOrders", {"symbol": wanted["symbol"], "limit": 100})
        for row in ended:
            if (venue_order_id and row.get("id") == venue_order_id) or (
                client_id != "" and str(row.get("clientId")) == str(client_id)
            ):
                return parsed(exchange, row, symbol)
        return None

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """The venue answers the newest first, a thousand at most."""
        return await exchange.fetch_my_trades(symbol, since_ms, 1000)

    async def balance(self, exchange: CcxtExchange) -> Raw:
        """Backpack lends on all assets at once, so equity and margin are the account's, in USDC."""
        return {"info": await call(exchange, "privateGetApiV1CapitalCollateral")}

    def is_liquidation(self, trade: Raw) -> bool:
        """The venue names the kind of an order that it made itself."""
        return bool(field(trade, "info", "systemOrderType"))

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        info = field(balance, "info")
        equity = decimal(field(info, "netEquity"))
        if equity is None:
            return super().margins(balance)
        profit = decimal(field(info, "pnlUnrealized")) or ZERO
        exposure = decimal(field(info, "netExposureFutures")) or ZERO
        fraction = decimal(field(info, "mmf")) or ZERO
        free = decimal(field(info, "netEquityAvailable")) or ZERO
        return {"USDC": Margin(equity - profit, equity, free, abs(exposure) * fraction)}

    async def ask_fees(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        raw = await asking.ask("account", "privateGetApiV1Account")
        maker, taker = decimal(field(raw, "futuresMakerFee")), decimal(field(raw, "futuresTakerFee"))
        limit = decimal(field(raw, "leverageLimit"))
        leverages = {} if limit is None else dict.fromkeys(symbols, limit)
        return msgspec.structs.replace(
            facts,
            leverages=leverages,
            margin_modes=dict.fromkeys(symbols, "cross"),
            maker_fee=None if maker is None else maker / BPS,
            taker_fee=None if taker is None else taker / BPS,
        )


def parsed(exchange: CcxtExchange, row: Raw, symbol: str) -> Raw:
    """A raw order as ccxt's structure."""
    order: Raw = exchange.parse_order(row, exchange.market(symbol))  # type: ignore[attr-defined]  # not in our protocol
    return order


def _which(exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str) -> dict[str, object]:
    wanted: dict[str, object] = {"symbol": exchange.market(symbol)["id"]}
    if client_id == "":
        return {**wanted, "orderId": venue_order_id}
    return {**wanted, "clientId": client_id}
