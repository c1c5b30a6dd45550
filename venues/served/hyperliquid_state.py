"""What Hyperliquid says of its markets and of an account's money, on `/info` and in its streams."""

from __future__ import annotations

from decimal import Decimal

from venues.model import BalanceReport, FundingPayment, Instrument, PositionStatusReport, Side
from venues.served.house import House, HouseFill, HouseMarket, HouseOrder
from venues.served.hyperliquid_wallet import Wallet
from venues.served.hyperliquid_wire import (
    FillIds,
    Json,
    average,
    fill_row,
    full_order,
    mid,
    ms,
    number,
    open_order,
    order_state,
    size_decimals,
)

ZERO = Decimal(0)


class States:
    """Reads the house. Assets are numbered in the order of its markets; the coin's name is its base coin."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.assets: list[HouseMarket] = list(house.markets.values())
        self.by_coin = {market.instrument.base: market for market in self.assets}
        self.max_leverage = int(house.profile.max_leverage)

    def coin(self, symbol: str) -> str:
        return self.house.markets[symbol].instrument.base

    # -- markets -------------------------------------------------------------------------------------------------

    def meta(self) -> Json:
        universe = [
            {
                "szDecimals": size_decimals(market.instrument),
                "name": market.instrument.base,
                "maxLeverage": self.max_leverage,
                "marginTableId": self.max_leverage,
            }
            for market in self.assets
        ]
        tiers = {"description": "", "marginTiers": [{"lowerBound": "0.0", "maxLeverage": self.max_leverage}]}
        return {"universe": universe, "marginTables": [[self.max_leverage, tiers]], "collateralToken": 0}

    def spot_meta(self) -> Json:
        usdc = {
            "name": "USDC",
            "szDecimals": 8,
            "weiDecimals": 8,
            "index": 0,
            "tokenId": "0x" + "0" * 32,
            "isCanonical": True,
            "evmContract": None,
            "fullName": None,
            "deployerTradingFeeShare": "0.0",
        }
        return {"tokens": [usdc], "universe": []}

    def context(self, market: HouseMarket) -> Json:
        """The asset context. There is no oracle but the mark, and no day's statistics."""
        instrument, middle = market.instrument, mid(market)
        mark = market.mark() or middle or ZERO
        best = [market.best(Side.BUY), market.best(Side.SELL)]
        impact = [number(instrument.ticks_to_price(level[0])) for level in best if level is not None]
        return {
            "funding": number(market.funding().rate),
            "openInterest": "0.0",
            "prevDayPx": number(mark),
            "dayNtlVlm": "0.0",
            "premium": "0.0",
            "oraclePx": number(mark),
            "markPx": number(mark),
            "midPx": None if middle is None else number(middle),
            "impactPxs": impact if len(impact) == 2 else None,
            "dayBaseVlm": "0.0",
        }

    def mids(self) -> Json:
        rows = {coin: mid(market) for coin, market in self.by_coin.items()}
        return {coin: number(price) for coin, price in rows.items() if price is not None}

    # -- orders and fills ----------------------------------------------------------------------------------------

    def open_row(self, wallet: Wallet, order: HouseOrder) -> Json:
        return open_order(order, self.coin(order.symbol), wallet.oid(order), wallet.cloid(order))

    def full_row(self, wallet: Wallet, order: HouseOrder) -> Json:
        return full_order(order, self.coin(order.symbol), wallet.oid(order), wallet.cloid(order))

    def full_state(self, wallet: Wallet, order: HouseOrder) -> Json:
        return order_state(order, self.full_row(wallet, order))

    def update(self, wallet: Wallet, order: HouseOrder) -> Json:
        """As the stream of order updates has it."""
        return order_state(order, self.open_row(wallet, order))

    def fill(self, wallet: Wallet, told: HouseFill) -> Json:
        ids = FillIds(wallet.oid(told.order), wallet.tid(told), wallet.cloid(told.order), wallet.address)
        market = self.house.markets[told.fill.symbol]
        return fill_row(told, market.instrument.base, ids, market.mark())

    def open_orders(self, wallet: Wallet | None, *, full: bool) -> list[Json]:
        """The newest first."""
        if wallet is None:
            return []
        orders = sorted(wallet.house.orders.values(), key=lambda order: order.number, reverse=True)
        orders = [order for order in orders if order.qty.is_finite()]
        return [self.full_row(wallet, order) if full else self.open_row(wallet, order) for order in orders]

    # -- an account ----------------------------------------------------------------------------------------------

    async def clearinghouse(self, wallet: Wallet | None) -> Json:
        """Positions and margin as the venue has them now. Of nobody: an empty account, as the venue answers it."""
        if wallet is None:
            return self._summary([], ZERO, ZERO, ZERO, ZERO, ZERO)
        positions = await wallet.house.venue.positions()
        equity, maintenance = self.balance(await wallet.house.venue.balances())
        rows: list[Json] = []
        notional = signed = used = ZERO
        for position in positions:
            instrument = self.house.markets[position.symbol].instrument
            value = instrument.notional(position.qty, position.mark_price)
            leverage = wallet.leverage_of(instrument, self.max_leverage)
            margin = abs(value) / leverage.value
            rows.append({"type": "oneWay", "position": self._position(wallet, instrument, position, value, margin)})
            notional, signed, used = notional + abs(value), signed + value, used + margin
        return self._summary(rows, equity, notional, equity - signed, used, maintenance)

    def balance(self, balances: tuple[BalanceReport, ...]) -> tuple[Decimal, Decimal]:
        """(equity, maintenance margin) in the settle asset."""
        settle = self.assets[0].instrument.settle
        row = next((balance for balance in balances if balance.asset == settle), None)
        return (row.equity, row.maintenance) if row is not None else (ZERO, ZERO)

    def _summary(
        self, rows: list[Json], equity: Decimal, notional: Decimal, raw: Decimal, used: Decimal, maintenance: Decimal
    ) -> Json:
        summary = {
            "accountValue": number(equity),
            "totalNtlPos": number(notional),
            "totalRawUsd": number(raw),
            "totalMarginUsed": average(used),
        }
        return {
            "marginSummary": summary,
            "crossMarginSummary": dict(summary),
            "crossMaintenanceMarginUsed": number(maintenance),
            "withdrawable": average(max(ZERO, equity - used)),
            "assetPositions": rows,
            "time": self.house.now_ms(),
        }

    def _position(
        self, wallet: Wallet, instrument: Instrument, report: PositionStatusReport, value: Decimal, margin: Decimal
    ) -> Json:
        leverage, symbol = wallet.leverage_of(instrument, self.max_leverage), report.symbol
        return {
            "coin": instrument.base,
            "szi": number(report.qty),
            "leverage": {"type": "cross" if leverage.cross else "isolated", "value": leverage.value},
            "entryPx": average(report.entry_price),
            "positionValue": number(abs(value)),
            "unrealizedPnl": number(report.unrealised),
            "returnOnEquity": average(report.unrealised / margin) if margin else "0.0",
            "liquidationPx": None if report.liq_price is None else average(report.liq_price),
            "marginUsed": average(margin),
            "maxLeverage": self.max_leverage,
            "cumFunding": {
                "allTime": number(wallet.funding_paid(symbol)),
                "sinceOpen": number(wallet.funding_paid(symbol, wallet.opened.get(symbol, 0))),
                "sinceChange": number(wallet.funding_paid(symbol, wallet.changed.get(symbol, 0))),
            },
        }

    async def covers(self, wallet: Wallet, market: HouseMarket, side: Side, qty: Decimal, price: Decimal) -> bool:
        """Does the account's equity cover the margin, at the leverages that it set, with one more order in the book?

        For each market the larger of |position + open buys| and |position − open sells|, at the mark ÷ leverage."""
        equity, _ = self.balance(await wallet.house.venue.balances())
        needed = ZERO
        for symbol, other in self.house.markets.items():
            instrument = other.instrument
            buys = sells = ZERO
            for order in wallet.house.orders.values():
                if order.symbol == symbol and order.qty.is_finite() and not order.reduce_only:
                    buys += order.remaining if order.side is Side.BUY else ZERO
                    sells += order.remaining if order.side is Side.SELL else ZERO
            if other is market:
                buys += qty if side is Side.BUY else ZERO
                sells += qty if side is Side.SELL else ZERO
            held = wallet.house.position(instrument).qty
            most = max(abs(held + buys), abs(held - sells), abs(held))
            if most:
                leverage = wallet.leverage_of(instrument, self.max_leverage)
                needed += abs(instrument.notional(most, other.mark() or price)) / leverage.value
        lessens = wallet.house.position(market.instrument).qty * side.sign < 0
        held_here = abs(wallet.house.position(market.instrument).qty)
        return needed <= equity or (lessens and qty <= held_here)

    def funding_row(self, payment: FundingPayment) -> Json:
        """One settlement; `usdc` is what came in."""
        return {
            "time": ms(payment.ts_event),
            "coin": self.coin(payment.symbol),
            "usdc": number(-payment.cost),
            "szi": number(payment.qty),
            "fundingRate": number(payment.rate),
            "nSamples": None,
        }
