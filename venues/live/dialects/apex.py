"""ApeX Omni: zkLink signatures by a native library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Margin, decimal
from venues.live.dialects.instance import call, field, replace
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.live.signers import missing, offer_apex_signer
from venues.model import Instrument, OrderRequest, TimeInForce, VenueRejected
from venues.model.instrument import ZERO

TIF = {
    TimeInForce.GTC: "GOOD_TIL_CANCEL",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
}
STATUSES = {
    "PENDING": "open",
    "OPEN": "open",
    "UNTRIGGERED": "open",
    "CANCELING": "canceling",
    "FILLED": "closed",
    "CANCELED": "canceled",
}
"""ccxt calls an order canceled while it is only being canceled, and may still fill."""


class Apex(SealedDialect):
    """`seeds` is the Omni key of the API-management page, with which orders are signed."""

    name = "apex"
    ccxt_id = "apex"
    required = ("apiKey", "secret", "password", "seeds")
    native = "apex"
    stripped_params = ("brokerId",)
    client_id_max_len = 64
    max_orders_per_s = 1.3
    max_queries_per_min = 300.0
    funding_interval_s = 3600
    always_one_way = True

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        exchange.options["seeds"] = str(credentials["seeds"])
        # ccxt 4.5.90 awaits what is a plain function in Python, so no order would ever leave
        sign: Callable[..., str] = exchange.get_zk_contract_signature_obj  # type: ignore[attr-defined]  # ccxt's own

        async def signed(seeds: str, order: Raw) -> str:
            return sign(seeds, order)

        replace(exchange, "get_zk_contract_signature_obj", signed)
        replace(exchange, "parse_order_status", STATUSES.get)

    async def prepare(self, exchange: CcxtExchange) -> None:
        """The signer and the account's number go into every order; got now, not with the first order. Raises
        `VenueRejected` where the signer is missing."""
        if not offer_apex_signer():
            raise VenueRejected("; ".join(f"{found.text}; {found.mend}" for found in missing(self.name)))
        await exchange.get_account_id()  # type: ignore[attr-defined]  # ccxt's own

    def instrument(self, market: Raw) -> Instrument | None:
        found = super().instrument(market)
        # ccxt gives the smallest order as the size of a contract
        return None if found is None else msgspec.structs.replace(found, contract_size=Decimal(1))

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        """ccxt hands on a time in force as it is given, so the venue's own words are."""
        params: dict[str, object] = {"postOnly": True} if order.post_only else {"timeInForce": TIF[order.tif]}
        if order.reduce_only:
            params["reduceOnly"] = "true"
        return "limit", params

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        found = await super().find_order(exchange, symbol, client_id, venue_order_id)
        return found if found is not None and found.get("id") else None

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """ccxt drops the order's ids and the liquidity side, which the venue's answer has."""
        found: list[Raw] = []
        for raw in await exchange.fetch_my_trades(symbol, since_ms):
            info = raw.get("info")
            side = str(field(info, "direction") or field(info, "liquidity") or "").lower()
            known = {
                "order": field(info, "orderId"),
                "clientOrderId": field(info, "clientId") or field(info, "clientOrderId"),
                "takerOrMaker": side if side in ("maker", "taker") else raw.get("takerOrMaker"),
                "fee": raw["fee"]
                if isinstance(raw.get("fee"), Mapping)
                else {"cost": field(info, "fee"), "currency": exchange.market(symbol)["settle"]},
            }
            found.append({**raw, **known})
        return found

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        info = field(balance, "info")
        equity = decimal(field(info, "totalEquityValue"))
        if equity is None:
            return super().margins(balance)
        profit = decimal(field(info, "unrealizedPnl")) or ZERO
        free = decimal(field(info, "availableBalance")) or ZERO
        kept = decimal(field(info, "maintenanceMargin")) or ZERO
        return {"USDT": Margin(equity - profit, equity, free, kept)}

    async def funding_rates(self, exchange: CcxtExchange, symbols: Sequence[str]) -> Sequence[Raw]:
        found: list[Raw] = []
        for symbol in symbols:
            answer = await call(exchange, "publicGetV3Ticker", {"symbol": exchange.market(symbol)["id2"]})
            ticker = field(answer, "data", 0) or {}
            rate = ticker.get("predictedFundingRate") or ticker.get("fundingRate")
            if rate is not None:
                found.append(
                    {
                        "symbol": symbol,
                        "fundingRate": str(rate),
                        "fundingTimestamp": exchange.parse8601(ticker.get("nextFundingTime")),  # type: ignore[attr-defined]  # ccxt's own
                        "interval": "1h",
                        "markPrice": ticker.get("markPrice"),
                    }
                )
        return found

    async def ask_fees(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        account = field(await asking.ask("account", "privateGetV3Account"), "data", "contractAccount")
        maker, taker = decimal(field(account, "makerFeeRate")), decimal(field(account, "takerFeeRate"))
        return msgspec.structs.replace(facts, maker_fee=maker, taker_fee=taker)
