"""What a staged change would do, reckoned from the loop's own figures; the desk decides, this only foretells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

from cockpit.link.rows import LoopRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.i18n import _, within
from widgets.paint import Cell, Span

NS_PER_HOUR = 3_600_000_000_000
ENDED = ("done", "stopped")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pair(Generic[T]):
    """A figure as it is and as it would be; None where it is not known."""

    now: T | None
    then: T | None

    @property
    def changes(self) -> bool:
        return self.now != self.then


@dataclass(frozen=True, slots=True)
class Effect:
    cycle_usd: Pair[Decimal]
    """Notional of a cycle: what each leg holds at the most, USD."""
    leverage: tuple[tuple[str, Pair[float]], ...]
    """Of each account of the loop, at the peak of its cycle."""
    hour_usd: Pair[Decimal]
    """The maker's volume in an hour, USD."""
    wear_bps: float | None
    """Wear so far: what is expected to go on."""
    wear_hour_usd: Pair[Decimal]
    """What that comes to in an hour."""
    bound_usd: Pair[Decimal]
    """What the hedges of one cycle may lose to slippage, USD."""
    left_s: Pair[float]
    """Until the last cycle is done, seconds; None for endless loops."""
    budget_bps: Pair[Decimal]
    """Above which the loop pauses; None while it is off."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The figures of a set of parameters that formulas need; None where a strategy has no such parameter."""

    size: Decimal | None
    ceiling: Decimal | None
    """The larger of size and what is built up to, base coin."""
    sleep_s: float
    slippage_bps: Decimal | None
    iterations: int
    budget_bps: Decimal | None

    @property
    def holds(self) -> int:
        """Pauses in a cycle: after each step but the last; n steps up, n down: 2n - 1."""
        if not self.size or not self.ceiling:
            return 1
        steps = -(-self.ceiling // self.size)
        return max(1, 2 * int(steps) - 1)


def number(text: str | None) -> Decimal | None:
    """A finite number, or None."""
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _plan(row: LoopRow, values: Mapping[str, str]) -> _Plan:
    size = number(values.get("size"))
    sleep = number(values.get("sleep"))
    ceiling = number(values.get("max_position")) or size
    return _Plan(
        size=size,
        ceiling=None if size is None or ceiling is None else max(size, ceiling),
        sleep_s=float(sleep) if sleep is not None else 0.0,
        slippage_bps=number(values.get("slippage")),
        iterations=int(number(values.get("iterations", str(row.iterations))) or 0),
        budget_bps=number(values.get("wear_budget")) or None,
    )


def mid(store: Store, row: LoopRow) -> Decimal | None:
    """Mean of bid and ask of the first of the loop's markets that has both; None where none has."""
    for _leg, account, symbol in row.legs:
        market = store.markets.get(f"{account}/{symbol}")
        if market is not None and market.bid and market.ask:
            return (market.bid + market.ask) / 2
    return None


def _times(base: Decimal | None, price: Decimal | None) -> Decimal | None:
    return None if base is None or price is None else base * price


def peak_leverage(store: Store, account: str, row: LoopRow, ceiling: Decimal | None) -> float | None:
    """(Σ |notional| in other markets + in the loop's own market |foreign| + Σ ceilings of the loops in it) ÷ equity.

    Ceilings, not what is held now: a change counts at the cycle's peak. None where a price or the equity is not known,
    or the equity is not above zero."""
    price = mid(store, row)
    owner = store.accounts.get(account)
    symbols = {symbol for _leg, name, symbol in row.legs if name == account}
    if price is None or ceiling is None or owner is None or not owner.equity_usd or owner.equity_usd < 0:
        return None
    gross = ceiling * price * sum(name == account for _leg, name, _symbol in row.legs)
    for position in store.positions.values():
        if position.account != account:
            continue
        if position.symbol not in symbols:
            gross += abs(position.notional_usd)
        elif position.foreign_qty and position.qty:
            gross += abs(position.notional_usd * position.foreign_qty / position.qty)
    for other in store.loops.values():
        if other.id == row.id or other.state in ENDED:
            continue
        own = _plan(other, {**other.params, **other.pending}).ceiling
        shared = sum(name == account and symbol in symbols for _leg, name, symbol in other.legs)
        if own is not None:
            gross += own * price * shared
    return float(gross / owner.equity_usd)


def effect_of(row: LoopRow, staged: Mapping[str, str], store: Store, now_ns: int) -> Effect:
    """Formulas, with `mid` the price of the loop's first market that has one:

    - cycle = ceiling · mid; ceiling = max(size, max_position)
    - a cycle takes (now - start) ÷ cycles done, pauses of the loop included; another holding time or number of steps
      changes it by the difference of holds · sleep
    - volume an hour = 2 · cycle · 3600 s ÷ seconds of a cycle: the maker opens and closes it
    - expected wear = wear so far, in bps; an hour costs volume an hour · bps ÷ 10,000
    - slippage of a cycle at the most = 2 · cycle · slippage ÷ 10,000: both hedges at the bound of the first attempt
    - time left = (iterations - done) · seconds of a cycle
    """
    agreed = {**row.params, **row.pending}
    was, will = _plan(row, agreed), _plan(row, {**agreed, **staged})
    price = mid(store, row)
    took = _cycle_s(row, now_ns)
    takes = None if took is None else took + will.holds * will.sleep_s - was.holds * was.sleep_s
    if takes is not None and takes <= 0:
        takes = None
    cycle = Pair(_times(was.ceiling, price), _times(will.ceiling, price))
    hour = Pair(_hourly(cycle.now, took), _hourly(cycle.then, takes))
    accounts = dict.fromkeys(account for _leg, account, _symbol in row.legs)
    return Effect(
        cycle_usd=cycle,
        leverage=tuple(
            (
                name,
                Pair(peak_leverage(store, name, row, was.ceiling), peak_leverage(store, name, row, will.ceiling)),
            )
            for name in accounts
        ),
        hour_usd=hour,
        wear_bps=row.wear_bps,
        wear_hour_usd=Pair(_cost(hour.now, row.wear_bps), _cost(hour.then, row.wear_bps)),
        bound_usd=Pair(_bound(cycle.now, was.slippage_bps), _bound(cycle.then, will.slippage_bps)),
        left_s=Pair(_left(row, was, took), _left(row, will, takes)),
        budget_bps=Pair(was.budget_bps, will.budget_bps),
    )


def _cycle_s(row: LoopRow, now_ns: int) -> float | None:
    """Seconds that a cycle has taken so far, in the mean; None before the first is done."""
    if not row.iterations_done or not row.started_ts or now_ns <= row.started_ts:
        return None
    return (now_ns - row.started_ts) / 1_000_000_000 / row.iterations_done


def _hourly(cycle_usd: Decimal | None, cycle_s: float | None) -> Decimal | None:
    if cycle_usd is None or cycle_s is None:
        return None
    # whole milliseconds, so that money stays a decimal number
    return 2 * cycle_usd * 3_600_000 / max(1, round(cycle_s * 1000))


def _cost(hour_usd: Decimal | None, bps: float | None) -> Decimal | None:
    if hour_usd is None or bps is None:
        return None
    return hour_usd * Decimal(f"{bps:.4f}") / 10_000


def _bound(cycle_usd: Decimal | None, slippage_bps: Decimal | None) -> Decimal | None:
    return None if cycle_usd is None or slippage_bps is None else 2 * cycle_usd * slippage_bps / 10_000


def _left(row: LoopRow, plan: _Plan, cycle_s: float | None) -> float | None:
    if not plan.iterations or cycle_s is None:
        return None
    return max(0, plan.iterations - row.iterations_done) * cycle_s


# -- in words


def _pair(now: str, then: str) -> list[Span]:
    """Old and new, the new one in the ink of what is staged; one alone where they read the same."""
    if now == then:
        return [(now, "text")]
    return [(f"{now} → ", "dim"), (then, "staged")]


def _multiple(value: float | None) -> str:
    return fmt.NONE if value is None else f"{value:.2f}x"


def _short(value: Decimal | None) -> str:
    return fmt.NONE if value is None else fmt.compact(value)


def effect_parts(effect: Effect) -> list[Cell]:
    """The figures one by one, the most important first; those of the whole loop stand even where nothing changes."""

    def part(label: str, spans: list[Span], unit: str = "") -> Cell:
        return ((f"{label} ", "dim"), *spans, *(((f" {unit}", "dim"),) if unit else ()))

    parts = [part(within("effect", "cycle"), _pair(_short(effect.cycle_usd.now), _short(effect.cycle_usd.then)), "USD")]
    for name, pair in effect.leverage:
        parts.append(part(name, _pair(_multiple(pair.now), _multiple(pair.then))))
    parts.append(part("", _pair(_short(effect.hour_usd.now), _short(effect.hour_usd.then)), _("USD/h"))[1:])
    parts.append(part(_("wear ≈"), [(fmt.bps(effect.wear_bps), "text")], "bps"))
    wear = effect.wear_hour_usd
    if wear.now is not None or wear.then is not None:
        parts.append(part("", _pair(fmt.usd(wear.now, signed=True), fmt.usd(wear.then, signed=True)), _("USD/h"))[1:])
    if effect.bound_usd.changes:
        spans = _pair(fmt.usd(effect.bound_usd.now), fmt.usd(effect.bound_usd.then))
        parts.append(part(_("slippage of a cycle at most"), spans, "USD"))
    if effect.left_s.changes:
        parts.append(part(_("left"), _pair(_span(effect.left_s.now), _span(effect.left_s.then))))
    if effect.budget_bps.changes and _above(effect.wear_bps, effect.budget_bps.then):
        parts.append(((_("! wear so far is above this budget: the loop may pause"), "warn"),))
    return parts


def _above(bps: float | None, budget: Decimal | None) -> bool:
    return bps is not None and budget is not None and Decimal(f"{bps:.4f}") > budget


def _span(seconds: float | None) -> str:
    return fmt.NONE if seconds is None else fmt.span(seconds)
