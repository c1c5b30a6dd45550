"""Wear by UTC day: what is open at midnight is handed from day to day at the mark of midnight."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from cockpit.desk.wear import ZERO, Key, Marks, Prices, Rates, Sums, Wear
from venues.model import NS_PER_S, Instrument

_DAY_NS = 86_400 * NS_PER_S
_NOTHING = Sums()
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_number(ts: int) -> int:
    """UTC days since 1970-01-01 of a stamp in ns."""
    return ts // _DAY_NS


def day_name(number: int) -> str:
    """`2025-11-21`"""
    return date.fromordinal(_EPOCH_ORDINAL + number).isoformat()


def number_of(name: str) -> int:
    """Of `2025-11-21`; raises `ValueError` for anything else."""
    try:
        return date.fromisoformat(name).toordinal() - _EPOCH_ORDINAL
    except ValueError:
        raise ValueError(f"day: {name!r} is not a day; expected the form 2025-11-21") from None


class _Day:
    __slots__ = ("closed", "marks", "rebates_usd", "start", "sums")

    def __init__(self, start: dict[Key, Decimal], marks: dict[Key, Decimal]) -> None:
        self.start = start
        """Position when the day began, venue units."""
        self.marks = marks
        """At the day's end, or the newest known."""
        self.sums: dict[Key, Sums] = {}
        self.rebates_usd = ZERO
        self.closed = False

    def held(self) -> dict[Key, Decimal]:
        """Positions at the day's end."""
        held = dict(self.start)
        for key, sums in self.sums.items():
            held[key] = held.get(key, ZERO) + sums.qty
        return {key: qty for key, qty in held.items() if qty}


class DayBook:
    """Sums of each day. Late fills find their day, and move what every later day began with."""

    def __init__(self, instruments: Callable[[str, str], Instrument]) -> None:
        self._instruments = instruments
        self._days: dict[int, _Day] = {}
        self._order: list[int] = []

    def names(self) -> list[str]:
        """Every day with something on it, oldest first."""
        return [day_name(number) for number in self._order]

    def _before(self, number: int) -> _Day | None:
        at = bisect_left(self._order, number)
        return self._days[self._order[at - 1]] if at else None

    def _day(self, number: int) -> _Day:
        day = self._days.get(number)
        if day is None:
            before = self._before(number)
            held = before.held() if before is not None else {}
            marks = {key: before.marks[key] for key in held} if before is not None else {}
            day = self._days[number] = _Day(held, marks)
            insort(self._order, number)
        return day

    def sums(self, ts: int, key: Key) -> Sums:
        """The sums that an event of `ts` belongs to."""
        day = self._day(day_number(ts))
        sums = day.sums.get(key)
        if sums is None:
            sums = day.sums[key] = Sums()
        return sums

    def fill(self, ts: int, key: Key, qty: Decimal, price: Decimal) -> None:
        """Tell of a signed fill already added to `sums(ts, key)`."""
        number = day_number(ts)
        day = self._days[number]
        if not day.closed or key not in day.marks:
            day.marks[key] = price
        if self._order[-1] != number:
            for later in self._order[bisect_left(self._order, number) + 1 :]:
                after = self._days[later]
                after.start[key] = after.start.get(key, ZERO) + qty
                after.marks.setdefault(key, price)

    def rebate(self, ts: int, usd: Decimal) -> None:
        self._day(day_number(ts)).rebates_usd += usd

    def roll(self, name: str, marks: Marks, prices: Prices) -> dict[Key, Decimal]:
        """Close a day at `marks`; what was used is returned. A day that is closed keeps its marks."""
        number = number_of(name)
        before = self._before(number)
        if number not in self._days and not (before is not None and before.held()):
            return {}
        day = self._day(number)
        keys = day.start.keys() | day.sums.keys()
        if keys and not day.closed:
            for key in keys:
                mark = marks(*key)
                day.marks[key] = day.marks.get(key) or prices.mark(key, None) if mark is None else mark
            day.closed = True
        return {key: day.marks[key] for key in sorted(keys)}

    def wear(self, name: str, marks: Marks, prices: Prices, rates: Rates | None) -> Wear:
        """Nothing for a day on which nothing was. A day marks everything, so no part of it is told as open."""
        number = number_of(name)
        day = self._days.get(number)
        if day is None:
            return Wear()
        before = self._before(number)
        wear = Wear(rebates_usd=day.rebates_usd)
        for key in sorted(day.start.keys() | day.sums.keys()):
            instrument = self._instruments(*key)
            last = self._order[-1] == number and not day.closed
            mark = prices.mark(key, marks) if last else day.marks[key]
            base = quote = ZERO
            held = day.start.get(key, ZERO)
            if held and before is not None:
                opened = before.marks[key]
                base, quote = instrument.base_qty(held, opened), instrument.notional(held, opened)
            sums = day.sums.get(key, _NOTHING)
            trade = (quote + sums.quote - (base + sums.base) * mark) * prices.unit(instrument, rates)
            wear = wear.plus(Wear(sums.fees_usd, trade, sums.funding_usd, sums.volume_usd))
        return wear
