"""The rules of staged deleveraging: how near a liquidation is, which stage that is, and how much is cut. Pure.

The nearer an account comes to its liquidation, the more of its pairs is closed, both legs alike, so that the venue
never has to do it. Each stage cuts once, however long the price lingers there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from venues.model import Instrument

ZERO = Decimal(0)
ONE = Decimal(1)
PCT = Decimal(100)

ASSUMED_MAINTENANCE = Decimal("0.01")
"""Maintenance margin ÷ notional where a venue has not shown its own yet: above what venues ask of the large coins."""


class Stages(msgspec.Struct, frozen=True):
    """When to cut and how much: one entry for each stage, mildest first. Percentages."""

    enabled: bool = True
    distance_pct: tuple[Decimal, ...] = (Decimal(15), Decimal(10), Decimal(6))
    """How near the mark has come to a liquidation price, % of the mark."""
    margin_pct: tuple[Decimal, ...] = (Decimal(40), Decimal(60), Decimal(80))
    """Maintenance margin ÷ equity, %; at 100 the venue liquidates."""
    cut_pct: tuple[Decimal, ...] = (Decimal(25), Decimal(50), Decimal(100))
    """Share of what a loop holds that entering the stage closes, %."""
    beyond_pct: tuple[Decimal, ...] = (Decimal(2), Decimal(4), Decimal(6))
    """How far past the liquidation price of a leg out of reach before its winning partner is cut, % of that price."""
    rearm_pct: Decimal = Decimal(20)
    """A stage ends when its thresholds are cleared by this much, % of them."""
    early: Decimal = Decimal("1.5")
    """A losing leg whose pair is out of reach is cut this many times as far from its liquidation."""
    early_s: Decimal = Decimal(120)
    """From when on, seconds out of reach."""


def distance(qty: Decimal, liquidation: Decimal | None, price: Decimal) -> Decimal | None:
    """How far the price may go before a signed position is liquidated, fraction of `price`; 0 where it has passed."""
    if not qty or liquidation is None or price <= 0:
        return None
    gap = (price - liquidation) / price
    return max(gap if qty > 0 else -gap, ZERO)


def margin_ratio(maintenance: Decimal, equity: Decimal) -> Decimal:
    """Maintenance ÷ equity; 1, which is liquidation, where no equity is left to speak of."""
    if maintenance <= 0:
        return ZERO
    return min(maintenance / equity, ONE) if equity > 0 else ONE


def stage_at(away: Decimal | None, margin: Decimal | None, stages: Stages, *, factor: Decimal = ONE) -> int:
    """The deepest stage whose threshold is met, 0 for none. `away` and `margin` are fractions; with a `factor` the
    thresholds lie that many times as far from the liquidation."""
    found = 0
    for number, (near, used) in enumerate(zip(stages.distance_pct, stages.margin_pct, strict=True), start=1):
        close = away is not None and away * PCT <= near * factor
        if close or (margin is not None and margin * PCT * factor >= used):
            found = number
    return found


def reached(away: Decimal | None, margin: Decimal | None, stages: Stages, held: int, *, factor: Decimal = ONE) -> int:
    """The stage after `held`: at once a deeper one, a milder one only when the thresholds are well cleared."""
    deepest = stage_at(away, margin, stages, factor=factor)
    lingering = stage_at(away, margin, stages, factor=factor * (ONE + stages.rearm_pct / PCT))
    return max(deepest, min(held, lingering))


def passed(qty: Decimal, liquidation: Decimal, price: Decimal, stages: Stages) -> int:
    """The stage of a winning leg whose partner, a signed `qty`, is out of reach: 0 until the price has gone past the
    partner's liquidation and the further margin, for until then the pair may still be whole."""
    beyond = (liquidation - price if qty > 0 else price - liquidation) / liquidation * PCT
    return sum(1 for threshold in stages.beyond_pct if beyond >= threshold)


def estimated_liquidation(base: Decimal, entry: Decimal, equity: Decimal) -> Decimal:
    """Where a signed position of `base` coins would use up an account's `equity` (quote currency, as it stood at
    `entry`): P = entry − (equity − m · |base| · entry) ÷ base, m the assumed maintenance. For a venue that is out of
    reach and never told."""
    buffer = max(equity - ASSUMED_MAINTENANCE * abs(base) * entry, ZERO)
    return max(entry - buffer / base, ZERO)


class Held(msgspec.Struct, frozen=True):
    """What a loop holds in one market."""

    instrument: Instrument
    qty: Decimal
    """Signed, venue units."""
    price: Decimal


def kept(held: Mapping[str, Held], fraction: Decimal) -> dict[str, Decimal]:
    """Signed size to be left of each position when `fraction` of a pair is cut: the same base coin on both sides,
    and no more than the smaller side has, so that the cut evens a pair out that was not. Rounded to the nearest lot
    that is not larger than what is there."""
    base = {key: at.instrument.base_qty(at.qty, at.price) for key, at in held.items()}
    sides = [sum((abs(b) for b in base.values() if (b > 0) is long), ZERO) for long in (True, False)]
    even = min(sides) or max(sides)
    out: dict[str, Decimal] = {}
    for key, at in held.items():
        side = sides[0 if base[key] > 0 else 1]
        left = at.instrument.round_qty(abs(at.qty) * even / side * (ONE - fraction), nearest=True) if side else ZERO
        left = min(left, abs(at.qty))
        out[key] = left if at.qty > 0 else -left
    return out


def leverage(gross_usd: Decimal, equity_usd: Decimal) -> Decimal | None:
    """Gross notional ÷ equity; None where there is no equity."""
    return gross_usd / equity_usd if equity_usd > 0 else None


def distance_at(leverage: Decimal, maintenance: Decimal) -> Decimal:
    """How far the price may go against one position of that leverage, fraction: (1/λ − m) ÷ (1 + m), the short's,
    which is the nearer one. 0 where it is liquidated as it is opened."""
    return max((ONE / leverage - maintenance) / (ONE + maintenance), ZERO) if leverage > 0 else ONE


def check(stages: Stages) -> tuple[str, Sequence[Decimal], str] | None:
    """What is wrong with a set of stages: (field, value, what would be right); None where nothing is."""
    count = len(stages.cut_pct)
    for name, falling, top in (
        ("distance_pct", True, Decimal(100)),
        ("margin_pct", False, Decimal(100)),
        ("cut_pct", False, Decimal(100)),
        ("beyond_pct", False, Decimal(100)),
    ):
        values: tuple[Decimal, ...] = getattr(stages, name)
        if not values or len(values) != count:
            return name, values, f"as many numbers as cut_pct has, {count}" if count else "at least one number"
        if not all(0 < value <= top for value in values):
            return name, values, f"numbers above 0, at most {top}"
        if not all(a > b if falling else a <= b if name == "cut_pct" else a < b for a, b in pairwise(values)):
            return name, values, "the mildest stage first: " + ("falling" if falling else "rising") + " numbers"
    return None
