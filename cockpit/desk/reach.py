"""How far a loop can ever stretch its accounts: the largest gross notional it can come to, by their equity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.desk.deleverage import ASSUMED_MAINTENANCE, PCT, distance_at, leverage
from cockpit.desk.loops import Loop
from cockpit.desk.risk import account_equity_usd
from strategies.protocol import Builds, Leg, Strategy

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ZERO = Decimal(0)
STEP = Decimal("0.01")


class Reach(msgspec.Struct, frozen=True):
    """One account with every loop on it at its largest."""

    account: str
    gross_usd: Decimal
    equity_usd: Decimal | None
    """None while it is not known."""
    leverage: Decimal | None
    """Gross ÷ equity; None where there is no equity or none is known."""
    distance_pct: Decimal | None
    """How far the price may then go before liquidation, %, were it all one position: an estimate."""

    @property
    def words(self) -> str:
        if self.equity_usd is None:
            return f"{self.gross_usd:,.0f} USD on {self.account} (its equity is not known)"
        if self.leverage is None or self.distance_pct is None:
            return f"{self.gross_usd:,.0f} USD on {self.account}, which has no equity"
        away = f"about {self.distance_pct:.0f} % away" if self.distance_pct < PCT else "further than 100 % away"
        return f"{self.leverage:.2f}x on {self.account} (liquidation {away})"


def words_of(reaches: Iterable[Reach]) -> str:
    """For the operator, before a launch and after it."""
    return "leverage at the most " + ", ".join(reach.words for reach in reaches)


def largest_base(strategy: Strategy[Any], params: Any) -> Decimal:
    """Base coin that a loop can ever hold on one leg: what it builds up to and one step, for a cancelled order may
    still have filled."""
    size = strategy.size_base(params)
    top = strategy.max_position_base(params) if isinstance(strategy, Builds) else size
    return max(top, size) + size


def reach_of(
    desk: Desk, strategy: Strategy[Any], params: Any, legs: Mapping[str, Leg], loop_id: str = ""
) -> tuple[Reach, ...]:
    """For each account of a loop to be launched, or of `loop_id` with other parameters. A market without a price
    counts at the venue's last mark of the position, or not at all."""
    names = dict.fromkeys(leg.account for leg in legs.values())
    others = [loop for loop in desk.loops.all.values() if loop.id != loop_id and not loop.state.ended]
    return tuple(_account(desk, name, strategy, params, legs, others, loop_id) for name in names)


def _account(
    desk: Desk,
    name: str,
    strategy: Strategy[Any],
    params: Any,
    legs: Mapping[str, Leg],
    others: list[Loop],
    loop_id: str,
) -> Reach:
    account = desk.accounts[name]
    wanted: dict[str, Decimal] = {}
    ours: dict[str, Decimal] = {}
    for one, base, at in (
        (loop_id, largest_base(strategy, params), legs),
        *((loop.id, largest_base(loop.strategy, loop.params), loop.legs) for loop in others),
    ):
        for symbol in {leg.symbol for leg in at.values() if leg.account == name}:
            held = abs(desk.ledger.base_position(name, symbol, one)) if one else ZERO
            wanted[symbol] = wanted.get(symbol, ZERO) + max(base, held)
            ours[symbol] = ours.get(symbol, ZERO) + (desk.ledger.position(name, symbol, one) if one else ZERO)
    gross = ZERO
    for symbol in {*wanted, *desk.ledger.markets(name)}:
        market = desk.markets.get(name, symbol)
        report = account.positions.get(symbol)
        price = market.value if market is not None else None
        price = price if price is not None else report.mark_price if report is not None else None
        if market is None or price is None:
            continue
        rest = desk.booking.position(name, symbol) - ours.get(symbol, ZERO)
        gross += wanted.get(symbol, ZERO) * price + abs(market.instrument.notional(rest, price))
    equity = account_equity_usd(account, desk.markets.usd_rate)
    times = leverage(gross, equity) if equity is not None else None
    if times is None:
        return Reach(name, gross, equity, None, None)
    away = distance_at(times, _maintenance(desk, name)) * PCT if times else PCT
    return Reach(name, gross, equity, times.quantize(STEP), away.quantize(STEP))


def _maintenance(desk: Desk, name: str) -> Decimal:
    """Maintenance margin ÷ notional as the venue asks it of what is held there; assumed while nothing is."""
    account = desk.accounts[name]
    worth = required = ZERO
    for symbol, report in account.positions.items():
        market = desk.markets.get(name, symbol)
        if market is not None:
            worth += abs(market.instrument.notional(report.qty, report.mark_price))
    for asset, balance in account.balances.items():
        rate = desk.markets.usd_rate(name, asset)
        required += balance.maintenance * rate if rate is not None else ZERO
    return required / worth if worth and required else ASSUMED_MAINTENANCE
