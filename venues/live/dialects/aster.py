"""Aster perpetuals: Binance's dialect, signed as EIP-712 by a key of the account's or by one that it has approved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import Margin, Stream, decimal
from venues.live.dialects.binanceusdm import BinanceUsdm
from venues.live.dialects.instance import call, field, replace
from venues.live.dialects.sealed import SealedDialect
from venues.model import OrderRequest, TimeInForce
from venues.model.instrument import ZERO


class Aster(SealedDialect):
    name = "aster"
    ccxt_id = "aster"
    required = ("privateKey",)
    optional = ("walletAddress",)
    options: ClassVar[Raw] = {
        "builderFee": False,
        "approvedBuilderFee": False,
        "builder": "",
        "builderRate": "0",
        "fetchOpenOrders": {"warnIfNoSymbol": False},
    }
    stripped_params = ("builder", "feeRate", "builderName", "maxFeeRate")
    codes = BinanceUsdm.codes
    dead_man_switch = True
    max_orders_per_s = 30.0
    max_queries_per_min = 1200.0
    fills_page = 500
    fills_window_ms = 7 * 86_400_000

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        """With `walletAddress` the key is that of a signer which this wallet has approved, so that the wallet's own
        key, which could withdraw, need not be here. ccxt would take the signer for the wallet."""
        super().configure(exchange, credentials)
        _rising_microseconds(exchange)
        # ccxt looks for a word in the host, which another endpoint has not
        replace(exchange, "get_account_type_from_url", lambda _url: "swap")
        wallet, key = str(credentials.get("walletAddress") or ""), str(credentials["privateKey"])
        if not wallet:
            return
        address, digest = _ccxt(exchange, "eth_get_address_from_private_key"), _ccxt(exchange, "hash")
        encode, keccak = _ccxt(exchange, "encode"), "keccak"
        exchange.options["cachedWalletAddress"] = wallet
        exchange.options["privateKeyHashForCachedWalletAddress"] = digest(encode(key), keccak, "hex")
        exchange.options["signerAddress"] = address(key)

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        """ccxt sends `postOnly` on beside GTX, a parameter that the venue does not know."""
        params: dict[str, object] = {"timeInForce": "GTX" if order.post_only else order.tif.value.upper()}
        if order.post_only and order.tif is not TimeInForce.GTC:
            raise ValueError(f"{order.client_order_id}: post-only and {order.tif.value} exclude each other")
        if order.reduce_only:
            params["reduceOnly"] = "true"
        return "limit", params

    async def cancel_all_after(
        self, exchange: CcxtExchange, symbols: Sequence[str], seconds: float, params: Raw
    ) -> None:
        for symbol in symbols:
            await call(
                exchange,
                "fapiPrivatePostV3CountdownCancelAll",
                {"symbol": exchange.market(symbol)["id"], "countdownTime": round(seconds * 1000)},
            )

    def before_redial(self, exchange: CcxtExchange, stream: Stream) -> None:
        """A socket on a listen key that has expired opens, and stays silent: the key is asked for anew."""
        times = exchange.options.get("lastAuthenticatedTime")
        if isinstance(times, dict):
            times["swap"] = 0

    def ends_session(self, message: Raw) -> bool:
        return message.get("e") == "listenKeyExpired"

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        rows = field(balance, "info")
        if isinstance(rows, Mapping):
            rows = rows.get("assets")
        found: dict[str, Margin] = {}
        for row in rows or ():
            cash = decimal(row.get("walletBalance") or row.get("balance"))
            if not cash:
                continue
            profit = decimal(row.get("unrealizedProfit") or row.get("crossUnPnl")) or ZERO
            found[str(row["asset"])] = Margin(
                cash,
                cash + profit,
                decimal(row.get("availableBalance")) or ZERO,
                decimal(row.get("maintMargin")) or ZERO,
            )
        return found or super().margins(balance)


def _rising_microseconds(exchange: CcxtExchange) -> None:
    """Give each signed request a nonce above the last; ccxt's are whole milliseconds, the same for two in one."""
    sign = _ccxt(exchange, "sign")
    last = 0

    def numbered(path: str, api: Any = "public", method: str = "GET", given: Any = None, *rest: Any) -> Any:
        nonlocal last
        if "Private" in str(api):
            last = max(last + 1, int(_ccxt(exchange, "milliseconds")()) * 1000)
            given = {"nonce": str(last), **(given or {})}
        return sign(path, api, method, given or {}, *rest)

    setattr(exchange, "sign", numbered)  # noqa: B010  # the protocol does not know it


def _ccxt(exchange: CcxtExchange, name: str) -> Callable[..., Any]:
    """One of ccxt's own helpers, which are not part of what we use elsewhere."""
    found: Callable[..., Any] = getattr(exchange, name)
    return found
