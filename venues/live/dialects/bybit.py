"""Bybit linear perpetuals, unified trading accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import BookStep, Margin, decimal
from venues.live.dialects.instance import call, field
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.model import RejectReason
from venues.model.instrument import ZERO


class Bybit(SealedDialect):
    name = "bybit"
    ccxt_id = "bybit"
    options: ClassVar[Raw] = {
        "defaultType": "swap",
        "fetchMarkets": {"types": ["linear"]},
        # every account is a unified one by now; ccxt would ask before the first order
        "enableUnifiedMargin": False,
        "enableUnifiedAccount": True,
    }
    stripped_headers = ("Referer",)
    book_depth = 50
    dead_man_switch = False
    """Its switch (disconnected-cancel-all) follows the private socket and is granted by request only."""
    client_id_key = "orderLinkId"
    max_orders_per_s = 10.0
    max_queries_per_min = 2400.0
    fills_window_ms = 7 * 86_400_000
    codes: ClassVar[Mapping[str, RejectReason]] = {
        "10002": RejectReason.NONCE,
        "10006": RejectReason.RATE_LIMIT,
        "110003": RejectReason.PRICE_BAND,
        "110004": RejectReason.MARGIN,
        "110007": RejectReason.MARGIN,
        "110012": RejectReason.MARGIN,
        "110017": RejectReason.REDUCE_ONLY,
        "110072": RejectReason.DUPLICATE_ID,
        "110094": RejectReason.MIN_SIZE,
        "170213": RejectReason.OTHER,
    }

    def raw_client_id(self, raw: Raw) -> str:
        return str(raw.get("clientOrderId") or field(raw, "info", "orderLinkId") or "")

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        which = {"orderId": venue_order_id} if client_id == "" else {"orderLinkId": client_id}
        market = exchange.market(symbol)
        for endpoint in ("privateGetV5OrderRealtime", "privateGetV5OrderHistory"):
            answer = await call(exchange, endpoint, {"category": "linear", "symbol": market["id"], **which})
            row = field(answer, "result", "list", 0)
            if row is not None:
                order: Raw = exchange.parse_order(row, market)  # type: ignore[attr-defined]  # not in our protocol
                return order
        return None

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """The venue answers the newest first, so pages are turned until they reach `since_ms`."""
        paging = {} if since_ms is None else {"paginate": True}
        return await exchange.fetch_my_trades(symbol, since_ms, 100, paging)

    def is_liquidation(self, trade: Raw) -> bool:
        return field(trade, "info", "execType") in ("BustTrade", "AdlTrade")

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        account = field(balance, "info", "result", "list", 0)
        found: dict[str, Margin] = {}
        for coin in field(account, "coin") or ():
            cash, equity = decimal(coin.get("walletBalance")), decimal(coin.get("equity"))
            if cash is None or equity is None or not (cash or equity):
                continue
            used = (decimal(coin.get("totalOrderIM")) or ZERO) + (decimal(coin.get("totalPositionIM")) or ZERO)
            found[str(coin["coin"])] = Margin(cash, equity, equity - used, decimal(coin.get("totalPositionMM")) or ZERO)
        return found or super().margins(balance)

    def book_step(self, message: Raw) -> BookStep | None:
        """`u` counts one up with each message of a topic; 1 is a snapshot after a restart of the service."""
        topic = str(message.get("topic") or "")
        if not topic.startswith("orderbook."):
            return None
        update, market = field(message, "data", "u"), field(message, "data", "s")
        if update is None or market is None:
            return None
        snapshot = message.get("type") == "snapshot" or int(update) == 1
        return BookStep(str(market), int(update), None if snapshot else int(update) - 1)

    async def ask_key(self, asking: Asking, facts: AccountFacts) -> AccountFacts:
        raw = field(await asking.ask("rights of the key", "privateGetV5UserQueryApi"), "result")
        if raw is None:
            return facts
        rights = field(raw, "permissions") or {}
        expires = asking.exchange.parse8601(field(raw, "expiredAt"))  # type: ignore[attr-defined]  # not in our protocol
        bound_to_ip = "*" not in (field(raw, "ips") or ["*"])
        return msgspec.structs.replace(
            facts,
            can_trade=int(field(raw, "readOnly") or 0) == 0 and bool(rights.get("ContractTrade")),
            can_withdraw="Withdraw" in (rights.get("Wallet") or ()),
            key_expires_ms=None if bound_to_ip or not expires else int(expires),
            key_never_expires=bound_to_ip,
            fee_tier=str(field(raw, "vipLevel") or ""),
        )
