"""What a launch or a live change is refused for, before anything has happened."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cockpit.desk.loops import Loop
from cockpit.desk.pairing import pair_refusal
from cockpit.desk.reach import Reach, largest_base, reach_of, words_of
from strategies.params import ParamError, change_params, text_of
from strategies.protocol import Leg, Role
from venues.model import InstrumentKind

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

MAX_TOLERANCE_SHARE = Decimal("0.2")
"""A launch whose tolerance is a larger share of its size is refused: rounding would be most of the risk."""


class LaunchError(ValueError):
    """A command that cannot be done, in words that name what was wrong and what would be right."""


class Checks:
    """Holds a loop against the accounts, the markets, the other loops and the limits of risk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def resolve(self, leg: Leg) -> Leg:
        """The leg with the venue's own symbol for the coin. Raises `ParamError`."""
        account = self._desk.accounts.get(leg.account)
        if account is None:
            names = ", ".join(sorted(self._desk.accounts))
            raise ParamError(leg.name, leg.account, f"a configured account: {names}")
        instruments = self._desk.markets.instruments(leg.account)
        if leg.symbol in instruments:
            symbol = leg.symbol
        else:
            coin = leg.symbol.upper()
            order = (InstrumentKind.LINEAR, InstrumentKind.INVERSE, InstrumentKind.SPOT)
            found = sorted(
                (i for i in instruments.values() if i.base == coin), key=lambda i: (order.index(i.kind), i.symbol)
            )
            if not found:
                traded = ", ".join(sorted({i.base for i in instruments.values()}))
                raise ParamError("ticker", leg.symbol, f"a coin that {leg.account} trades: {traded}")
            symbol = found[0].symbol
        return Leg(leg.name, leg.account, symbol, leg.hedged_by)

    def free(self, legs: Mapping[str, Leg], *, mix: bool = False) -> None:
        """Whether a loop on these legs may be launched now; `mix`: the operator asked for paper and live in one."""
        for leg in legs.values():
            for other in self._desk.loops.all.values():
                if other.state.ended:
                    continue
                if any((leg.account, leg.symbol) == (at.account, at.symbol) for at in other.legs.values()):
                    raise LaunchError(
                        f"{leg.name}: {leg.account} {leg.symbol} is traded by loop {other.id} already; "
                        f"stop it first, or use another account"
                    )
            no = self._desk.accounts[leg.account].refusal(Role.OPEN, False)
            if no:
                raise LaunchError(f"{leg.name}: {no}")
        no = pair_refusal(self._desk, legs, mix=mix)
        if no:
            raise LaunchError(no)
        if self._desk.risk.entries_denied:
            raise LaunchError(f"entries are denied: {self._desk.risk.entries_denied}; `resume all` lifts it")

    def tolerance(self, loop: Loop) -> None:
        size = loop.strategy.size_base(loop.params)
        self.limit(loop, size)
        for book in loop.books.values():
            for leg in (*book.hedged, book.hedge):
                if self._desk.markets.of(leg.account, leg.symbol).value is None:
                    raise LaunchError(f"{leg.name}: {leg.account} {leg.symbol} has no price yet; try again in a moment")
            tolerance = book.tolerance()
            if tolerance > size * MAX_TOLERANCE_SHARE:
                share = tolerance / size * 100
                raise LaunchError(
                    f"size: {size} is too small for this pair: what cannot be hedged ({tolerance:.6f}) is "
                    f"{share:.0f} % of it; expected at least {tolerance / MAX_TOLERANCE_SHARE:.6f}"
                )
            detail = f"tolerance {tolerance:.8f}, {tolerance / size * 100:.1f} % of the size"
            self._desk.alarms.say("info", loop.id, detail)
        self._desk.alarms.say("info", loop.id, words_of(self.leverage(loop, loop.params)))

    def leverage(self, loop: Loop, params: Any) -> tuple[Reach, ...]:
        """How far the loop could stretch its accounts with `params`. Raises `ParamError` over `max_leverage`."""
        largest = largest_base(loop.strategy, params)
        reaches = reach_of(self._desk, loop.strategy, params, loop.legs, loop.id)
        for reach in reaches:
            limit, name, why = self._desk.risk.most_leverage(self._desk.accounts[reach.account])
            if reach.equity_usd is not None and reach.gross_usd > limit * reach.equity_usd:
                size = loop.strategy.size_base(params)
                builds = largest > 2 * size
                raise ParamError(
                    "max_position" if builds else "size",
                    text_of(largest - size),
                    f"less: {reach.account} could come to {reach.gross_usd:,.0f} USD on {reach.equity_usd:,.0f} USD of "
                    f"equity, a step beyond the largest position counted; {name} is {limit}{why}",
                )
        return reaches

    def limit(self, loop: Loop, size: Decimal) -> None:
        """An order that risk would deny each time is refused here, once."""
        for leg in loop.legs.values():
            limit, name, why = self._desk.risk.most_order_usd(self._desk.accounts[leg.account])
            value = self._desk.markets.of(leg.account, leg.symbol).value
            if value is not None and size * value > limit:
                raise ParamError("size", f"{size:f}", f"at most {limit / value:.6f}: {name} is {limit} USD{why}")

    def size(self, loop: Loop, changes: Mapping[str, object]) -> None:
        """A new size must still be large against the tolerance and the venues' minima, and nothing may stretch an
        account further than the limit of leverage."""
        trial = change_params(loop.staged if loop.staged is not None else loop.params, changes)
        size = loop.strategy.size_base(trial)
        if size != loop.strategy.size_base(loop.params):
            self._new_size(loop, size)
        if largest_base(loop.strategy, trial) > largest_base(loop.strategy, loop.params):
            self.leverage(loop, trial)

    def _new_size(self, loop: Loop, size: Decimal) -> None:
        self.limit(loop, size)
        least = loop.tolerance() / MAX_TOLERANCE_SHARE
        if size < least:
            raise ParamError("size", str(size), f"at least {least:.6f}: less cannot be hedged well on this pair")
