"""Binance USDⓈ-M futures: the account over REST: balances, positions, trades, income."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from venues.model import BalanceReport, LiquiditySide, PositionStatusReport, TransferKind
from venues.served.binanceusdm_settings import MAX_NOTIONAL, Settings
from venues.served.binanceusdm_words import Params, ms, plain
from venues.served.house import House, HouseAccount, HouseFill, HouseMarket, number_of

CENT = Decimal("1e-8")
ZERO = Decimal(0)
_TRANSFERS = {
    TransferKind.DEPOSIT: "TRANSFER",
    TransferKind.WITHDRAWAL: "TRANSFER",
    TransferKind.REBATE: "REFERRAL_KICKBACK",
}


def rounded(number: Decimal) -> str:
    """Figures that the venue itself rounds: eight places. Fees, funding and profit of a trade stay exact."""
    return plain(number.quantize(CENT))


class Accounts:
    """Handlers of one dialect, as `binanceusdm_orders.Orders`."""

    def __init__(self, house: House, settings: Settings) -> None:
        self._house = house
        self._settings = settings

    # -- balances and positions ----------------------------------------------------------------------------------

    async def balance(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        return [
            {
                "accountAlias": account.name,
                "asset": row.asset,
                "balance": plain(row.cash),
                "crossWalletBalance": plain(row.cash),
                "crossUnPnl": rounded(row.equity - row.cash),
                "availableBalance": rounded(row.free),
                "maxWithdrawAmount": rounded(max(ZERO, min(row.free, row.cash))),
                "marginAvailable": True,
                "updateTime": ms(row.ts_event),
            }
            for row in await account.venue.balances()
        ]

    async def account_v2(self, account: HouseAccount, params: Params) -> dict[str, object]:
        return await self._account(account, every=True)

    async def account_v3(self, account: HouseAccount, params: Params) -> dict[str, object]:
        return await self._account(account, every=False)

    async def _account(self, account: HouseAccount, *, every: bool) -> dict[str, object]:
        balances = await account.venue.balances()
        held = {row.symbol: row for row in await account.venue.positions()}
        orders = {order.symbol for order in account.orders.values()}
        assets = [self._asset(row) for row in balances]
        rows = [
            self._account_position(account, market, held.get(symbol), every=every)
            for symbol, market in self._house.markets.items()
            if every or symbol in held or symbol in orders
        ]
        totals = {
            "totalInitialMargin": sum((row.equity - row.free for row in balances), ZERO),
            "totalMaintMargin": sum((row.maintenance for row in balances), ZERO),
            "totalWalletBalance": sum((row.cash for row in balances), ZERO),
            "totalUnrealizedProfit": sum((row.equity - row.cash for row in balances), ZERO),
            "totalMarginBalance": sum((row.equity for row in balances), ZERO),
            "totalPositionInitialMargin": sum((row.equity - row.free for row in balances), ZERO),
            "totalOpenOrderInitialMargin": ZERO,
            "totalCrossWalletBalance": sum((row.cash for row in balances), ZERO),
            "totalCrossUnPnl": sum((row.equity - row.cash for row in balances), ZERO),
            "availableBalance": sum((row.free for row in balances), ZERO),
            "maxWithdrawAmount": sum((max(ZERO, min(row.free, row.cash)) for row in balances), ZERO),
        }
        head: dict[str, object] = {
            "feeTier": 0,
            "canTrade": True,
            "canDeposit": True,
            "canWithdraw": False,
            "updateTime": 0,
            "multiAssetsMargin": False,
            "tradeGroupId": -1,
        }
        return {
            **(head if every else {}),
            **{name: rounded(total) for name, total in totals.items()},
            "assets": assets,
            "positions": rows,
        }

    def _asset(self, row: BalanceReport) -> dict[str, object]:
        initial = rounded(row.equity - row.free)
        return {
            "asset": row.asset,
            "walletBalance": plain(row.cash),
            "unrealizedProfit": rounded(row.equity - row.cash),
            "marginBalance": rounded(row.equity),
            "maintMargin": rounded(row.maintenance),
            "initialMargin": initial,
            "positionInitialMargin": initial,
            "openOrderInitialMargin": "0",
            "crossWalletBalance": plain(row.cash),
            "crossUnPnl": rounded(row.equity - row.cash),
            "availableBalance": rounded(row.free),
            "maxWithdrawAmount": rounded(max(ZERO, min(row.free, row.cash))),
            "marginAvailable": True,
            "updateTime": ms(row.ts_event),
        }

    def _account_position(
        self, account: HouseAccount, market: HouseMarket, row: PositionStatusReport | None, *, every: bool
    ) -> dict[str, object]:
        symbol = market.symbol
        qty, unrealised = (row.qty, row.unrealised) if row is not None else (ZERO, ZERO)
        notional = row.qty * row.mark_price * market.instrument.contract_size if row is not None else ZERO
        initial = rounded(abs(notional) / self._settings.leverage_of(account.name, symbol))
        shown: dict[str, object] = {
            "symbol": symbol,
            "positionSide": "BOTH",
            "positionAmt": plain(qty),
            "unrealizedProfit": rounded(unrealised),
            "isolatedMargin": "0",
            "notional": rounded(notional),
            "isolatedWallet": "0",
            "initialMargin": initial,
            "maintMargin": rounded(abs(notional) * self._house.profile.maintenance_rate),
            "updateTime": ms(row.ts_event) if row is not None else 0,
        }
        if every:
            shown |= {
                "positionInitialMargin": initial,
                "openOrderInitialMargin": "0",
                "leverage": str(self._settings.leverage_of(account.name, symbol)),
                "isolated": self._settings.margin_type(account.name, symbol) == "isolated",
                "entryPrice": rounded(row.entry_price) if row is not None else "0",
                "breakEvenPrice": rounded(row.entry_price) if row is not None else "0",
                "maxNotional": plain(MAX_NOTIONAL),
                "bidNotional": "0",
                "askNotional": "0",
            }
        return shown

    async def risk_v2(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        held = {row.symbol: row for row in await account.venue.positions()}
        return [
            self._risk(account, market, held.get(market.symbol), old=True)
            for market in params.markets(self._house.markets)
        ]

    async def risk_v3(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        """Only symbols with a position or an open order."""
        held = {row.symbol: row for row in await account.venue.positions()}
        orders = {order.symbol for order in account.orders.values()}
        markets = [
            market for market in params.markets(self._house.markets) if market.symbol in held or market.symbol in orders
        ]
        return [self._risk(account, market, held.get(market.symbol), old=False) for market in markets]

    def _risk(
        self, account: HouseAccount, market: HouseMarket, row: PositionStatusReport | None, *, old: bool
    ) -> dict[str, object]:
        symbol, mark = market.symbol, market.mark() or ZERO
        leverage = self._settings.leverage_of(account.name, symbol)
        notional = row.qty * row.mark_price * market.instrument.contract_size if row is not None else ZERO
        initial = rounded(abs(notional) / leverage)
        liquidation = row.liq_price if row is not None else None
        shown: dict[str, object] = {
            "symbol": symbol,
            "positionAmt": plain(row.qty) if row is not None else "0",
            "entryPrice": rounded(row.entry_price) if row is not None else "0",
            "breakEvenPrice": rounded(row.entry_price) if row is not None else "0",
            "markPrice": rounded(row.mark_price if row is not None else mark),
            "unRealizedProfit": rounded(row.unrealised) if row is not None else "0",
            "liquidationPrice": rounded(liquidation) if liquidation is not None else "0",
            "positionSide": "BOTH",
            "notional": rounded(notional),
            "isolatedMargin": "0",
            "isolatedWallet": "0",
            "updateTime": ms(row.ts_event) if row is not None else 0,
        }
        if old:
            return shown | {
                "leverage": str(leverage),
                "maxNotionalValue": plain(MAX_NOTIONAL),
                "marginType": self._settings.margin_type(account.name, symbol),
                "isAutoAddMargin": "false",
            }
        return shown | {
            "marginAsset": market.instrument.settle,
            "initialMargin": initial,
            "maintMargin": rounded(abs(notional) * self._house.profile.maintenance_rate),
            "positionInitialMargin": initial,
            "openOrderInitialMargin": "0",
            "adl": 0,
            "bidNotional": "0",
            "askNotional": "0",
        }

    # -- what happened -------------------------------------------------------------------------------------------

    async def user_trades(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        symbol, limit = params.market(self._house.markets).symbol, params.limit(500, 1000)
        start, end = params.whole("startTime", 0), params.whole("endTime", 1 << 62)
        first, order = params.whole("fromId", 0), params.whole("orderId", 0)
        found = [
            told
            for told in account.fills.since(0)
            if told.fill.symbol == symbol
            and told.number >= first
            and order in (0, told.order.number)
            and start <= ms(told.fill.ts_event) <= end
        ]
        chosen = found[:limit] if first or start else found[-limit:]
        return [self._trade(told) for told in chosen]

    def _trade(self, told: HouseFill) -> dict[str, object]:
        fill = told.fill
        return {
            "symbol": fill.symbol,
            "id": told.number,
            "orderId": told.order.number,
            "side": fill.side.name,
            "price": plain(fill.price),
            "qty": plain(fill.qty),
            "realizedPnl": plain(told.realised),
            "quoteQty": plain(fill.qty * fill.price),
            "commission": plain(fill.fee),
            "commissionAsset": fill.fee_asset,
            "time": ms(fill.ts_event),
            "positionSide": "BOTH",
            "buyer": fill.side.sign > 0,
            "maker": fill.liquidity is LiquiditySide.MAKER,
        }

    async def income(self, account: HouseAccount, params: Params) -> list[dict[str, object]]:
        limit, kind = params.limit(100, 1000), params.get("incomeType")
        start, end = params.whole("startTime", 0), params.whole("endTime", 1 << 62)
        symbol, page = params.get("symbol"), max(1, params.whole("page", 1))
        found = [
            row
            for stamp, row in sorted(self._incomes(account), key=lambda pair: pair[0])
            if start <= stamp <= end and kind in ("", row["incomeType"]) and symbol in ("", row["symbol"])
        ]
        if start or "page" in params:
            return found[(page - 1) * limit : page * limit]
        return found[-limit:]

    def _incomes(self, account: HouseAccount) -> Iterable[tuple[int, dict[str, object]]]:
        for told in account.fills.since(0):
            fill, trade = told.fill, str(told.number)
            settle = self._house.markets[fill.symbol].instrument.settle
            yield _income(fill.symbol, "COMMISSION", -fill.fee, fill.fee_asset, fill.ts_event, told.number, trade)
            if told.realised:
                yield _income(fill.symbol, "REALIZED_PNL", told.realised, settle, fill.ts_event, told.number, trade)
        for paid in account.funding.since(0):
            number = number_of(paid.payment_id)
            yield _income(paid.symbol, "FUNDING_FEE", -paid.cost, paid.asset, paid.ts_event, number, "")
        for moved in account.transfers.since(0):
            number, kind = number_of(moved.transfer_id), _TRANSFERS.get(moved.kind, "TRANSFER")
            yield _income("", kind, moved.signed, moved.asset, moved.ts_event, number, "")


def _income(
    symbol: str, kind: str, amount: Decimal, asset: str, ts: int, number: int, trade: str
) -> tuple[int, dict[str, object]]:
    stamp = ms(ts)
    return stamp, {
        "symbol": symbol,
        "incomeType": kind,
        "income": plain(amount),
        "asset": asset,
        "info": kind,
        "time": stamp,
        "tranId": number,
        "tradeId": trade,
    }
