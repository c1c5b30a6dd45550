"""Binance USD-M futures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Margin, Stream, decimal
from venues.live.dialects.instance import call, field, replace
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.model import RejectReason
from venues.model.instrument import ZERO

INCOME = ("TRANSFER", "COMMISSION_REBATE", "REFERRAL_KICKBACK")
"""Kinds of income that are neither trading nor funding."""
PATHS = {"/fapi/": "linear", "/futures/data/": "linear", "/dapi/": "inverse", "/papi/": "portfolioMargin"}
"""What stands in a URL, and ccxt's table of errors for it."""
OURS = "ck"
"""In the place of ccxt's broker marks in ids that ccxt makes up; a mark that Binance pays for begins with `x-`."""

FORCED = ("autoclose-", "adl_autoclose", "settlement_autoclose-")
"""How the client ids of the venue's own closing orders begin."""


class BinanceUsdm(SealedDialect):
    name = "binanceusdm"
    ccxt_id = "binanceusdm"
    optional = ("brokerTag",)
    options: ClassVar[Raw] = {
        "broker": dict.fromkeys(("spot", "margin", "future", "swap", "option", "inverse"), OURS),
        "warnOnFetchOpenOrdersWithoutSymbol": False,
    }
    dead_man_switch = True
    max_orders_per_s = 30.0
    max_queries_per_min = 1200.0
    fills_page = 500
    fills_window_ms = 7 * 86_400_000
    codes: ClassVar[Mapping[str, RejectReason]] = {
        "-1015": RejectReason.RATE_LIMIT,
        "-1021": RejectReason.NONCE,
        "-1121": RejectReason.SYMBOL,
        "-2018": RejectReason.MARGIN,
        "-2019": RejectReason.MARGIN,
        "-2022": RejectReason.REDUCE_ONLY,
        "-2023": RejectReason.LIQUIDATION,
        "-4003": RejectReason.MIN_SIZE,
        "-4016": RejectReason.PRICE_BAND,
        "-4024": RejectReason.PRICE_BAND,
        "-4116": RejectReason.DUPLICATE_ID,
        "-4118": RejectReason.REDUCE_ONLY,
        "-4131": RejectReason.PRICE_BAND,
        "-4164": RejectReason.MIN_SIZE,
        "-5021": RejectReason.FOK,
        "-5022": RejectReason.POST_ONLY,
    }

    def __init__(self) -> None:
        self._prefix = ""
        self._forced: set[str] = set()
        """Orders by which the venue closed a position, by its own id."""

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        _errors_by_path(exchange)
        tag = str(credentials.get("brokerTag") or "")
        if not tag:
            return
        if not tag.isascii() or not tag.isalnum() or len(tag) > 10:
            raise ValueError(f"brokerTag is {tag!r}; Binance's are up to 10 letters and digits, without the x-")
        self._prefix = f"x-{tag}-"

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        return self._prefix + text

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        return super().our_id(value.removeprefix(self._prefix), ids)

    async def cancel_all_after(
        self, exchange: CcxtExchange, symbols: Sequence[str], seconds: float, params: Raw
    ) -> None:
        for symbol in symbols:
            await call(
                exchange,
                "fapiPrivatePostCountdownCancelAll",
                {"symbol": exchange.market(symbol)["id"], "countdownTime": round(seconds * 1000)},
            )

    def raw_client_id(self, raw: Raw) -> str:
        """Trades do not say whose order it was that closed them: what an order says of it is kept for its trades."""
        said = super().raw_client_id(raw) or str(field(raw, "info", "c") or "")
        if said.startswith(FORCED):
            self._forced.add(str(raw.get("order") or raw.get("id") or ""))
        return said

    def is_liquidation(self, trade: Raw) -> bool:
        return self.raw_client_id(trade).startswith(FORCED) or str(trade.get("order") or "") in self._forced

    async def transfers(self, exchange: CcxtExchange, since_ms: int) -> Sequence[Raw]:
        """Money in and out of the futures wallet, which deposits and withdrawals of the spot wallet are not."""
        found: list[Raw] = []
        for kind in INCOME:
            params = {"incomeType": kind, "startTime": since_ms, "limit": 1000}
            for row in await call(exchange, "fapiPrivateGetIncome", params):
                amount = decimal(row.get("income")) or ZERO
                if amount:
                    way = "transfer_in" if amount > 0 else "transfer_out"
                    found.append(
                        {
                            "id": f"{kind}-{row.get('tranId')}",
                            "type": way if kind == "TRANSFER" else "rebate",
                            "currency": row.get("asset"),
                            "amount": str(abs(amount)),
                            "timestamp": row.get("time"),
                        }
                    )
        return found

    def before_redial(self, exchange: CcxtExchange, stream: Stream) -> None:
        """A socket on a listen key that has expired opens, and stays silent: the key is asked for anew."""
        if stream in (Stream.ORDERS, Stream.FILLS):
            for kind in ("linear", "swap", "future"):
                if isinstance(exchange.options.get(kind), dict):
                    exchange.options[kind]["lastAuthenticatedTime"] = 0

    def ends_session(self, message: Raw) -> bool:
        return message.get("e") == "listenKeyExpired"

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        found: dict[str, Margin] = {}
        for asset in field(balance, "info", "assets") or ():
            cash, equity = decimal(asset.get("walletBalance")), decimal(asset.get("marginBalance"))
            if cash is None or equity is None or not (cash or equity):
                continue
            found[str(asset["asset"])] = Margin(
                cash,
                equity,
                decimal(asset.get("availableBalance")) or ZERO,
                decimal(asset.get("maintMargin")) or ZERO,
            )
        return found or super().margins(balance)

    async def ask_key(self, asking: Asking, facts: AccountFacts) -> AccountFacts:
        raw = await asking.ask("rights of the key", "sapiGetAccountApiRestrictions")
        if raw is None:
            return facts
        expiry = field(raw, "tradingAuthorityExpirationTime")
        return msgspec.structs.replace(
            facts,
            can_trade=field(raw, "enableFutures"),
            can_withdraw=field(raw, "enableWithdrawals"),
            key_expires_ms=int(expiry) if expiry else None,
            key_never_expires=field(raw, "ipRestrict") is True and not expiry,
        )


def _errors_by_path(exchange: CcxtExchange) -> None:
    """ccxt finds what an error code means by the host, so that the same answer of another address is another error."""
    tables: Mapping[str, Raw] = exchange.exceptions  # type: ignore[attr-defined]  # ccxt's own

    def of(url: str | None, kind: str) -> Raw:
        table = next((name for part, name in PATHS.items() if part in (url or "")), "spot")
        found: Raw = tables[table].get(kind) or {}
        return found

    replace(exchange, "get_exceptions_by_url", of)
