"""Hyperliquid perpetuals: signed actions, agent wallets, ids of 128 bits, prices of five significant figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange, Raw
from venues.live.dialect import ClientIdCodec, Margin, decimal
from venues.live.dialects.instance import call, field, replace
from venues.live.dialects.sealed import Asking, SealedDialect
from venues.live.errors import error_is
from venues.live.order_end import CANCELED, OrderEnd, canceled, rejected
from venues.model import Instrument, OrderRequest, RejectReason, TimeInForce
from venues.model.instrument import ZERO

PREFIX = "0x" + "636b".rjust(20, "0")
"""Ten bytes that mark an id as ours (`ck` in ASCII); six follow for the number."""
FIGURES = 5
MAX_DECIMALS = 6
HEADROOM = Decimal("1.5")
"""Prices may rise this far before the tick would have to grow."""


class Hyperliquid(SealedDialect):
    """ccxt approves its builder and sets its referrer before the first order, the builder even where `builderFee` is
    off. Both calls are replaced here, so that nothing is signed for others."""

    name = "hyperliquid"
    ccxt_id = "hyperliquid"
    required = ("privateKey", "walletAddress")
    optional = ("vaultAddress",)
    options: ClassVar[Raw] = {
        "builderFee": False,
        "approvedBuilderFee": False,
        "refSet": True,
        "feeInt": 0,
        "fetchMarkets": {"types": ["swap"]},
    }
    quotes = ("USDC", "USD", "USDT")
    fok = False
    dead_man_switch = False
    """Its scheduleCancel asks for a million USD of volume, and ccxt's call cannot disarm it."""
    client_id_max_len = 34
    max_orders_per_s = 20.0
    max_queries_per_min = 600.0
    funding_interval_s = 3600
    always_one_way = True
    met_nobody = "could not immediately match"
    ends: ClassVar[Mapping[str, OrderEnd]] = {
        "iocCancelRejected": CANCELED,
        "marketOrderNoLiquidityRejected": CANCELED,
        "badAloPxRejected": rejected(RejectReason.POST_ONLY),
        "reduceOnlyRejected": rejected(RejectReason.REDUCE_ONLY),
        "perpMarginRejected": rejected(RejectReason.MARGIN),
        "perpMaxPositionRejected": rejected(RejectReason.MARGIN),
        "insufficientSpotBalanceRejected": rejected(RejectReason.MARGIN),
        "minTradeNtlRejected": rejected(RejectReason.MIN_SIZE),
        "tickRejected": rejected(RejectReason.PRICE_BAND),
        "oracleRejected": rejected(RejectReason.PRICE_BAND),
        "tooAggressiveAtOpenInterestCapRejected": rejected(RejectReason.PRICE_BAND),
        "positionIncreaseAtOpenInterestCapRejected": rejected(RejectReason.OTHER),
        "positionFlipAtOpenInterestCapRejected": rejected(RejectReason.OTHER),
        "openInterestIncreaseRejected": rejected(RejectReason.OTHER),
        "rejected": rejected(RejectReason.OTHER),
        "marginCanceled": canceled(RejectReason.MARGIN),
        "reduceOnlyCanceled": canceled(RejectReason.REDUCE_ONLY),
        "liquidatedCanceled": canceled(RejectReason.LIQUIDATION),
        "delistedCanceled": canceled(RejectReason.SYMBOL),
        "selfTradeCanceled": canceled(RejectReason.OTHER),
        "openInterestCapCanceled": canceled(RejectReason.OTHER),
        "vaultWithdrawalCanceled": canceled(RejectReason.OTHER),
        # ccxt has no word for this one
        "scheduledCancel": CANCELED,
    }

    def configure(self, exchange: CcxtExchange, credentials: Raw) -> None:
        super().configure(exchange, credentials)
        for name in ("initialize_client", "handle_builder_fee_approval", "set_ref", "approve_builder_fee"):
            replace(exchange, name, _nothing)
        if credentials.get("vaultAddress"):
            exchange.options["vaultAddress"] = credentials["vaultAddress"]

    def symbol(self, market: Raw) -> str:
        """The coin, as on the venue's own channels (`kPEPE`); ccxt's id is the number of the asset."""
        return str(market.get("baseName") or market["base"])

    def market_id(self, market: Raw) -> str:
        return self.symbol(market)

    def instrument(self, market: Raw) -> Instrument | None:
        """Prices have five significant figures and at most 6 − szDecimals decimals; whole numbers always pass. The
        tick is the one that is still right when the price is half as high again, since it is fixed for the session."""
        found = super().instrument(market)
        mark = decimal(field(market, "info", "markPx"))
        if found is None or not mark:
            return found
        size_decimals = int(field(market, "info", "szDecimals") or 0)
        decimals = min(MAX_DECIMALS - size_decimals, max(0, FIGURES - 1 - (mark * HEADROOM).adjusted()))
        return msgspec.structs.replace(found, tick=Decimal(1).scaleb(-decimals))

    def client_id(self, text: str, ids: ClientIdCodec) -> str | int:
        return f"{PREFIX}{ids.to_int(text):012x}"

    def our_id(self, value: str, ids: ClientIdCodec) -> str:
        low = value.lower()
        if not low.startswith(PREFIX) or len(low) != len(PREFIX) + 12:
            return ""
        try:
            return ids.from_int(int(low.removeprefix(PREFIX), 16))
        except ValueError:
            return ""

    def order_params(self, order: OrderRequest) -> tuple[str, dict[str, object]]:
        if order.tif is TimeInForce.FOK:
            raise ValueError(f"{order.client_order_id}: Hyperliquid has no FOK; IOC would be")
        tif = "alo" if order.post_only else order.tif.value
        return "limit", {"timeInForce": tif, "reduceOnly": order.reduce_only}

    async def find_order(
        self, exchange: CcxtExchange, symbol: str, client_id: str | int, venue_order_id: str
    ) -> Raw | None:
        wanted = int(venue_order_id) if client_id == "" else client_id
        try:
            answer = await call(
                exchange, "publicPostInfo", {"type": "orderStatus", "user": _owner(exchange), "oid": wanted}
            )
        except Exception as error:
            if error_is(error, "OrderNotFound"):  # what ccxt makes of "unknownOid"
                return None
            raise
        row = field(answer, "order")
        if row is None:
            return None
        order: Raw = exchange.parse_order(row, exchange.market(symbol))  # type: ignore[attr-defined]  # not in our protocol
        return order

    async def balance(self, exchange: CcxtExchange) -> Raw:
        state = await call(exchange, "publicPostInfo", {"type": "clearinghouseState", "user": _owner(exchange)})
        kind = await call(exchange, "publicPostInfo", {"type": "userAbstraction", "user": _owner(exchange)})
        found: dict[str, object] = {"info": state}
        if isinstance(kind, str) and kind.strip('"') == "unifiedAccount":
            found["spot"] = await call(
                exchange, "publicPostInfo", {"type": "spotClearinghouseState", "user": _owner(exchange)}
            )
        return found

    def is_liquidation(self, trade: Raw) -> bool:
        return bool(field(trade, "info", "liquidation"))

    def margins(self, balance: Raw) -> Mapping[str, Margin]:
        """USDC. In a unified account the collateral lies in the spot wallet, and the clearing house has the profit."""
        info = field(balance, "info")
        equity = decimal(field(info, "marginSummary", "accountValue"))
        if equity is None:
            return super().margins(balance)
        profit = sum(
            (decimal(field(row, "position", "unrealizedPnl")) or ZERO for row in field(info, "assetPositions") or ()),
            ZERO,
        )
        maintenance = decimal(field(info, "crossMaintenanceMarginUsed")) or ZERO
        free = decimal(field(info, "withdrawable")) or ZERO
        cash = equity - profit
        for row in field(balance, "spot", "balances") or ():
            if row.get("coin") == "USDC":
                total, hold = decimal(row.get("total")) or ZERO, decimal(row.get("hold")) or ZERO
                cash, equity, free = total, total + profit, total - hold
        return {"USDC": Margin(cash, equity, free, maintenance)}

    async def ask_modes(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        owner = _owner(asking.exchange)
        modes, leverages = {}, {}
        for symbol in symbols:
            coin = self.symbol(asking.exchange.market(symbol))
            raw = await asking.ask(
                f"leverage of {symbol}", "publicPostInfo", {"type": "activeAssetData", "user": owner, "coin": coin}
            )
            figure = decimal(field(raw, "leverage", "value"))
            if figure is not None:
                leverages[symbol] = figure
                modes[symbol] = str(field(raw, "leverage", "type"))
        return msgspec.structs.replace(facts, margin_modes=modes, leverages=leverages)

    async def ask_key(self, asking: Asking, facts: AccountFacts) -> AccountFacts:
        """An agent's key may trade and cannot withdraw; the wallet's own key can do everything."""
        exchange = asking.exchange
        account = str(exchange.walletAddress).lower()  # type: ignore[attr-defined]  # not in our protocol
        signer = _signer(exchange).lower()
        if signer == account:
            return msgspec.structs.replace(facts, can_trade=True, can_withdraw=True, key_never_expires=True)
        agents = await asking.ask("agents", "publicPostInfo", {"type": "extraAgents", "user": account})
        for agent in agents or ():
            if str(agent.get("address")).lower() == signer:
                until = agent.get("validUntil")
                return msgspec.structs.replace(
                    facts, can_trade=True, can_withdraw=False, key_expires_ms=int(until) if until else None
                )
        return msgspec.structs.replace(facts, can_trade=False if agents is not None else None, can_withdraw=False)

    async def ask_fees(self, asking: Asking, symbols: Sequence[str], facts: AccountFacts) -> AccountFacts:
        raw = await asking.ask("fees", "publicPostInfo", {"type": "userFees", "user": _owner(asking.exchange)})
        maker, taker = decimal(field(raw, "userAddRate")), decimal(field(raw, "userCrossRate"))
        return msgspec.structs.replace(facts, maker_fee=maker, taker_fee=taker)


def _owner(exchange: CcxtExchange) -> str:
    return str(exchange.options.get("vaultAddress") or exchange.walletAddress)  # type: ignore[attr-defined]  # ccxt's own


def _signer(exchange: CcxtExchange) -> str:
    address: str = exchange.eth_get_address_from_private_key(exchange.privateKey)  # type: ignore[attr-defined]  # ccxt's own
    return address


async def _nothing(*_: object, **__: object) -> bool:
    return True
