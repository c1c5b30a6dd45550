"""OKX USDT and USDC swaps, net mode; quantities are contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Margin, decimal
from venues.live.dialects.instance import field
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.model import OrderRequest, RejectReason
from venues.model.instrument import ZERO

OURS = "ck"


class Okx(SealedDialect):
    name = "okx"
    ccxt_id = "okx"
    required = ("apiKey", "secret", "password")
    optional = ("brokerTag",)
    options: ClassVar[Raw] = {"defaultType": "swap", "fetchMarkets": {"types": ["swap"]}, "brokerId": OURS}
    dead_man_switch = True
    client_id_key = "clOrdId"
    client_id_max_len = 32
    max_orders_per_s = 30.0
    max_queries_per_min = 600.0
    codes: ClassVar[Mapping[str, RejectReason]] = {
        "50011": RejectReason.RATE_LIMIT,
        "50061": RejectReason.RATE_LIMIT,
        "50102": RejectReason.NONCE,
        "51000": RejectReason.OTHER,
        "51001": RejectReason.SYMBOL,
        "51006": RejectReason.PRICE_BAND,
        "51008": RejectReason.MARGIN,
        "51016": RejectReason.DUPLICATE_ID,
        "51020": RejectReason.MIN_SIZE,
        "51022": RejectReason.HALTED,
        "51116": RejectReason.PRICE_BAND,
        "51119": RejectReason.MARGIN,
        "51127": RejectReason.MARGIN,
        "51131": RejectReason.MARGIN,
        "51136": RejectReason.PRICE_BAND,
        "51169": RejectReason.REDUCE_ONLY,
        "51205": RejectReason.REDUCE_ONLY,
    }

    def __init__(self) -> None:
        self._tag = ""

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        self._tag = str(credentials.get("brokerTag") or "")
        if self._tag and not (self._tag.isascii() and self._tag.isalnum() and len(self._tag) <= 16):
            raise ValueError(f"brokerTag is {self._tag!r}; OKX's are up to 16 letters and digits")

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        """Letters and digits only, so the number goes out."""
        return f"{OURS}{ids.to_int(text)}"

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        number = value.removeprefix(OURS)
        if number == value or not number.isdecimal():
            return ""
        try:
            return ids.from_int(int(number))
        except ValueError:
            return ""

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        kind, params = super().order_params(order)
        if self._tag:
            params["tag"] = self._tag
        return kind, {**params, "tdMode": "cross"}

    async def cancel_all_after(
        self, exchange: CcxtExchange, symbols: Sequence[str], seconds: float, params: Raw
    ) -> None:
        """For the whole account. The venue takes 0 or 10 to 120 s."""
        await exchange.cancel_all_orders_after(0 if seconds == 0 else round(min(max(seconds, 10.0), 120.0)) * 1000)

    async def set_leverage(self, exchange: CcxtExchange, symbol: str, leverage: int, params: Raw) -> None:
        await exchange.set_leverage(leverage, symbol, {**params, "mgnMode": "cross"})

    async def fills(self, exchange: CcxtExchange, symbol: str, since_ms: int | None) -> Sequence[Raw]:
        """The venue answers the newest first, so pages are turned until they reach `since_ms`."""
        paging = {} if since_ms is None else {"paginate": True}
        return await exchange.fetch_my_trades(symbol, since_ms, None, paging)

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        found: dict[str, Margin] = {}
        for row in field(balance, "info", "data", 0, "details") or ():
            cash, equity = decimal(row.get("cashBal")), decimal(row.get("eq"))
            if cash is None or equity is None or not (cash or equity):
                continue
            free = decimal(row.get("availEq")) or decimal(row.get("availBal")) or ZERO
            found[str(row["ccy"])] = Margin(cash, equity, free, decimal(row.get("mmr")) or ZERO)
        return found or super().margins(balance)

    async def ask_modes(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        account = field(await asking.ask("account", "privateGetAccountConfig"), "data", 0)
        if account is not None:
            rights = str(account.get("perm") or "").split(",")
            facts = msgspec.structs.replace(
                facts,
                one_way=account.get("posMode") == "net_mode",
                can_trade="trade" in rights,
                can_withdraw="withdraw" in rights,
                key_never_expires=bool(account.get("ip")),
                fee_tier=str(account.get("level") or ""),
            )
        leverages = {}
        for symbol in symbols:
            raw = await asking.ask(f"leverage of {symbol}", "fetch_leverage", symbol, {"mgnMode": "cross"})
            figure = decimal(str(raw["longLeverage"])) if raw and raw.get("longLeverage") is not None else None
            if figure is not None:
                leverages[symbol] = figure
        return msgspec.structs.replace(facts, leverages=leverages, margin_modes=dict.fromkeys(leverages, "cross"))
