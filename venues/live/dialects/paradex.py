"""Paradex: Starknet signatures made in Python, a bearer token of three minutes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Margin, decimal
from venues.live.dialects.instance import call, field
from venues.live.dialects.sealed import SealedDialect
from venues.model import Instrument, OrderRequest, TimeInForce
from venues.model.instrument import ZERO


class Paradex(SealedDialect):
    """`privateKey` is the Paradex (Starknet) key or that of a subkey, and `walletAddress` the Paradex account; the
    Ethereum wallet's key, from which ccxt could derive both, is not wanted here."""

    name = "paradex"
    ccxt_id = "paradex"
    required = ("privateKey", "walletAddress")
    stripped_headers = ("PARADEX-PARTNER",)
    quotes = ("USD", "USDC", "USDT")
    fok = False
    client_id_max_len = 64
    max_orders_per_s = 100.0
    max_queries_per_min = 600.0
    always_one_way = True

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        exchange.options["paradexAccount"] = {
            "privateKey": str(credentials["privateKey"]),
            "publicKey": "",
            "address": str(credentials["walletAddress"]),
        }

    async def prepare(self, exchange: CcxtExchange) -> None:
        """What every signature needs; asked for now, not with the first order."""
        await exchange.get_system_config()  # type: ignore[attr-defined]  # ccxt's own

    def forget_login(self, exchange: CcxtExchange) -> bool:
        """The next private call fetches another token; this one stays for what is just being signed."""
        known = bool(exchange.options.get("expires"))
        exchange.options["expires"] = 0
        return known

    def instrument(self, market: Raw) -> Instrument | None:
        found = super().instrument(market)
        return None if found is None else msgspec.structs.replace(found, contract_size=Decimal(1))

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        if order.tif is TimeInForce.FOK:
            raise ValueError(f"{order.client_order_id}: Paradex has no FOK through ccxt; IOC would be")
        return super().order_params(order)

    async def balance(self, exchange: CcxtExchange) -> Raw:
        await exchange.authenticate_rest()  # type: ignore[attr-defined]  # ccxt's own
        return {"info": await call(exchange, "privateGetAccount")}

    def is_liquidation(self, trade: Raw) -> bool:
        return str(field(trade, "info", "fill_type")) == "LIQUIDATION"

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        info = field(balance, "info")
        equity = decimal(field(info, "account_value"))
        if equity is None:
            return super().margins(balance)
        cash = decimal(field(info, "total_collateral"))
        return {
            str(field(info, "settlement_asset") or "USDC"): Margin(
                equity if cash is None else cash,
                equity,
                decimal(field(info, "free_collateral")) or ZERO,
                decimal(field(info, "maintenance_margin_requirement")) or ZERO,
            )
        }
