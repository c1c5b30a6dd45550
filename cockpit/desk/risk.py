"""Pre-trade checks. They say no before an order leaves, and name what was wrong and what the limit is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.markets import Market
from strategies.protocol import Role
from venues.model import NS_PER_S, InstrumentError, OrderRequest

ZERO = Decimal(0)
BPS = Decimal(10_000)

CLOSING_ROLES = frozenset({Role.HEDGE, Role.UNWIND, Role.FLATTEN, Role.REDUCE})
"""Roles that lower exposure: size limits do not hold them back, for a limit must never keep a leg naked."""


class RiskLimits(msgspec.Struct, frozen=True):
    """Limits of the whole desk, in USD and bps."""

    max_order_notional_usd: Decimal = Decimal(50_000)
    max_position_notional_usd: Decimal = Decimal(250_000)
    max_leverage: Decimal = Decimal(5)
    max_naked_usd: Decimal = Decimal(5_000)
    """Exposure of one loop above which it opens nothing more."""
    max_naked_s: Decimal = Decimal(3)
    """How long exposure above the tolerance may last before it is alarmed."""
    price_band_bps: Decimal = Decimal(200)
    """How far from the mid an order's limit may be."""
    max_orders_per_s: int = 20
    """Orders a strategy may send to one account in a second."""
    unexplained_usd: Decimal = Decimal(1)
    """Unexplained difference of an account's equity above which it is alarmed."""
    stale_s: Decimal = Decimal(5)
    """Silence of an account's market data after which it is STALE."""


class Most(NamedTuple):
    """A limit that holds, and its name and figure for a refusal."""

    usd: Decimal
    """USD; of leverage a factor."""
    name: str
    why: str = ""

    @property
    def words(self) -> str:
        return f"{self.name} {self.usd}{self.why}"


class Risk:
    """Checks one order against the limits."""

    def __init__(
        self,
        limits: RiskLimits,
        naked_usd: Callable[[str], Decimal],
        usd_rate: Callable[[str, str], Decimal | None],
        crossed: Callable[[OrderRequest, Role, Account], str] = lambda _order, _role, _account: "",
    ) -> None:
        """`crossed`: why an order would trade with one of our own on another account of the venue, or ""."""
        self.limits = limits
        self._crossed = crossed
        self._usd_rate = usd_rate
        self._naked_usd = naked_usd
        self._sent: dict[str, deque[int]] = {}
        self.entries_denied = ""
        """Why no loop may open anything; empty while it may."""

    def refusal(
        self,
        order: OrderRequest,
        *,
        role: Role,
        loop: str,
        account: Account,
        market: Market,
        position: Decimal,
        now: int,
        named: bool = False,
    ) -> str:
        """Why `order` may not leave; empty where it may. `position` is the account's signed ledger position in the
        market, venue units."""
        no = account.refusal(role, order.reduce_only, named=named)
        if no:
            return no
        if role is Role.OPEN and self.entries_denied:
            return f"entries are denied: {self.entries_denied}"
        instrument = market.instrument
        try:
            instrument.check_order(order.qty, order.price, reduce_only=order.reduce_only)
        except InstrumentError as error:
            return str(error)
        value = market.value
        if value is None:
            return f"{order.symbol} on {account.name} has no price to check the order against"
        off = abs(order.price / value - 1) * BPS
        if off > self.limits.price_band_bps:
            return (
                f"price {order.price} is {off:.0f} bps from the mid {value:.8g}, "
                f"the band is {self.limits.price_band_bps} bps"
            )
        if no := self._crossed(order, role, account):
            return no
        if role in CLOSING_ROLES:
            return ""
        return self._size(order, role, loop, account, market, position, value) or self._rate(account.name, now)

    def _size(
        self,
        order: OrderRequest,
        role: Role,
        loop: str,
        account: Account,
        market: Market,
        position: Decimal,
        value: Decimal,
    ) -> str:
        limits = self.limits
        instrument = market.instrument
        notional = instrument.notional(order.qty, order.price)
        most = self.most_order_usd(account)
        if notional > most.usd:
            return f"order value {notional:.2f} USD is over {most.words}"
        after = position + order.side.sign * order.qty
        if abs(after) <= abs(position):
            return ""
        held = abs(instrument.notional(after, value))
        most = self.most_position_usd(account)
        if held > most.usd:
            return f"position would be worth {held:.2f} USD, over {most.words}"
        equity = account_equity_usd(account, self._usd_rate)
        if equity is not None:
            gross = held
            for symbol, report in account.positions.items():
                if symbol != order.symbol:
                    other = account.venue.instruments.get(symbol)
                    gross += abs(other.notional(report.qty, report.mark_price)) if other is not None else ZERO
            most = self.most_leverage(account)
            if equity <= 0 or gross / equity > most.usd:
                return (
                    f"leverage of {account.name} would be over {most.words}: "
                    f"{gross:.2f} USD on {equity:.2f} USD of equity"
                )
        if role is Role.OPEN:
            naked = self._naked_usd(loop)
            if naked > limits.max_naked_usd:
                return f"loop {loop} has {naked:.2f} USD unhedged, over max_naked_usd {limits.max_naked_usd}"
        return ""

    # -- the desk's limits, or tighter ones of the account

    def most_order_usd(self, account: Account) -> Most:
        """Largest order there."""
        own = account.ceiling.order_usd if account.ceiling is not None else None
        return self._most(account, own, "max_order_notional_usd", self.limits.max_order_notional_usd)

    def most_position_usd(self, account: Account) -> Most:
        """Largest position in one market there."""
        own = account.ceiling.position_usd if account.ceiling is not None else None
        return self._most(account, own, "max_position_notional_usd", self.limits.max_position_notional_usd)

    def most_leverage(self, account: Account) -> Most:
        """Gross notional ÷ equity there."""
        own = account.ceiling.leverage if account.ceiling is not None else None
        return self._most(account, own, "max_leverage", self.limits.max_leverage)

    def _most(self, account: Account, own: Decimal | None, name: str, desk: Decimal) -> Most:
        if own is None or own >= desk or account.ceiling is None:
            return Most(desk, name)
        return Most(own, f"{name} of {account.name}", f" ({account.ceiling.words})")

    def _rate(self, account: str, now: int) -> str:
        sent = self._sent.setdefault(account, deque())
        while sent and now - sent[0] > NS_PER_S:
            sent.popleft()
        if len(sent) >= self.limits.max_orders_per_s:
            return f"{len(sent)} orders went to {account} within a second, max_orders_per_s is the limit"
        sent.append(now)
        return ""


def account_equity_usd(account: Account, usd_rate: Callable[[str, str], Decimal | None]) -> Decimal | None:
    """Equity over all assets as the venue last reported, USD; None before it has, or without a price for a coin."""
    if not account.balances:
        return None
    total = ZERO
    for asset, balance in account.balances.items():
        rate = usd_rate(account.name, asset)
        if rate is None:
            return None
        total += balance.equity * rate
    return total
