"""Positions as they once stood, worked out backwards from the fills: what a venue that was rolled back reports."""

from __future__ import annotations

from collections import defaultdict

from venues.model import NS_PER_S, FillReport
from venues.paper.account import ZERO, Account, Position, signed_value

SPAN_NS = 3600 * NS_PER_S
"""How far back a rollback goes."""


def positions_before(account: Account, now: int) -> dict[str, Position]:
    """The account's positions an hour before `now` (ns), by symbol.

    A position that was the same then takes the first other state that the remembered fills show, else it is flat: a
    drill that changes nothing teaches nothing.
    """
    fills: defaultdict[str, list[FillReport]] = defaultdict(list)
    for fill in account.fills.since(0):
        fills[fill.symbol].append(fill)
    return {symbol: _before(position, fills[symbol], now) for symbol, position in account.positions.items()}


def _before(position: Position, fills: list[FillReport], now: int) -> Position:
    instrument = position.instrument
    steps = [(fill.ts_event, instrument.qty_to_lots(fill.qty) * fill.side.sign, fill.price) for fill in fills]
    lots = position.lots - sum(step for _, step, _ in steps)
    # What it cost before the first remembered fill is forgotten: that fill's price stands in for it.
    cost = signed_value(instrument, instrument.lots_to_qty(lots), steps[0][2]) if lots and steps else ZERO
    state = Position(instrument, lots, cost)
    states = [(0, lots, cost)]
    for ts, step, price in steps:
        state.apply(step, price)
        states.append((ts, state.lots, state.cost))
    stood = [Position(instrument, lots, cost) for ts, lots, cost in states if ts <= now - SPAN_NS][-1]
    if stood.lots != position.lots:
        return stood
    for _, lots, cost in states:
        if lots != position.lots:
            return Position(instrument, lots, cost)
    return Position(instrument)
