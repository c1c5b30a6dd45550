"""Days past: volume and wear as bars, the value of a unit as a line, and every figure in a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cockpit.link.answers import DayLine
from widgets import format as fmt
from widgets.bars import bar, buckets, columns, stretched
from widgets.columns import Column, Row
from widgets.drawing import Drawing
from widgets.i18n import N_, _
from widgets.paint import Cell, cell
from widgets.panel import Panel, View

FROM_WHEN = N_("Days show from the first fill on; each one closes at 00:00 UTC.")
VOLUME_BAR, WEAR_BAR = 2, 5
"""Indexes of the columns with bars."""
WEAR_WIDTH = 10
CHART_LEAST = 3
"""Lines of the chart at the least."""


class DayBars(Panel):
    """A line a day, newest first. Wear that was paid and wear that was received have inks and signs of their own."""

    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("day"), 10, left=True),
                Column(N_("volume"), 7),
                Column(N_("USD on the maker's side"), 10, left=True, flex=True),
                Column(N_("wear bps"), 6),
                Column(N_("wear USD"), 8, keep=1),
                Column(N_("wear"), WEAR_WIDTH, left=True, keep=2),
            ),
            title="[b]1[/b] " + N_("Volume and wear by day"),
            empty=(N_("No day is booked yet."), FROM_WHEN),
            mark=True,
            id="bars",
        )
        self.days: tuple[DayLine, ...] = ()

    def tell(self, days: Sequence[DayLine]) -> None:
        """Show these, oldest first."""
        self.days = tuple(days)
        self.rebuild()

    def build(self, view: View) -> list[Row]:
        most = max((float(day.volume_usd) for day in self.days), default=0.0)
        worst = max((abs(day.wear_bps) for day in self.days if day.wear_bps is not None), default=0.0)
        width = self.column_width(VOLUME_BAR, 10)
        rows = []
        for day in reversed(self.days):
            tone = fmt.cost_tone(day.wear_usd)
            rows.append(
                Row(
                    day.day,
                    (
                        cell(day.day, "bright"),
                        cell(fmt.compact(day.volume_usd)),
                        cell(bar(float(day.volume_usd), most, width), "spark"),
                        cell(fmt.bps(day.wear_bps), tone),
                        cell(fmt.usd(day.wear_usd, signed=True), tone),
                        cell(bar(abs(day.wear_bps or 0.0), worst, WEAR_WIDTH), tone),
                    ),
                )
            )
        return rows


class DayTable(Panel):
    """Every figure of every day, newest first."""

    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("day"), 10, left=True),
                Column(N_("volume USD"), 10),
                Column(N_("wear USD"), 8),
                Column(N_("fees"), 7, keep=1),
                Column(N_("trade"), 7, keep=1),
                Column(N_("funding"), 7, keep=1),
                Column(N_("equity USD"), 10, keep=3),
                Column(N_("unit"), 7, keep=2),
            ),
            title="[b]3[/b] " + N_("Days, paid is plus"),
            empty=(N_("No day is booked yet."), FROM_WHEN),
            mark=True,
            id="days",
        )
        self.days: tuple[DayLine, ...] = ()

    def tell(self, days: Sequence[DayLine]) -> None:
        """Show these, oldest first."""
        self.days = tuple(days)
        self.rebuild()

    def build(self, view: View) -> list[Row]:
        return [self._row(day) for day in reversed(self.days)]

    def _row(self, day: DayLine) -> Row:
        def cost(value: Decimal) -> Cell:
            return cell(fmt.usd(value, signed=True), fmt.cost_tone(value))

        return Row(
            day.day,
            (
                cell(day.day, "bright"),
                cell(fmt.usd(day.volume_usd)),
                cost(day.wear_usd),
                cost(day.fees_usd),
                cost(day.trade_usd),
                cost(day.funding_usd),
                cell(fmt.usd(day.equity_usd), "text" if day.equity_usd is not None else "dim"),
                cell(unit(day.unit_value)),
            ),
        )


class UnitValue(Drawing):
    """The value of one unit over all days, whatever was deposited or withdrawn."""

    def __init__(self) -> None:
        super().__init__(
            title="[b]2[/b] " + N_("Value of a unit"),
            empty=(N_("No day has closed with every account's equity known."), FROM_WHEN),
            id="unit",
        )
        self.points: tuple[tuple[str, float], ...] = ()
        """(day, value), oldest first."""

    def tell(self, days: Sequence[DayLine]) -> None:
        """Show these, oldest first; days without a value are left out."""
        self.points = tuple((day.day, day.unit_value) for day in days if day.unit_value is not None)
        self.rebuild()

    def headline(self, view: View) -> Cell:
        if not self.points:
            return ()
        values = [value for _day, value in self.points]
        change, drop = values[-1] / values[0] - 1, worst_drop(values)
        return (
            (unit(values[-1]), "bright"),
            (f"  {fmt.percent(change, 2, signed=True)} ", fmt.tone(change)),
            (_("since {day}").format(day=self.points[0][0]), "dim"),
            (f"  {_('worst drop')} ", "dim"),
            (fmt.percent(-drop, 2, signed=True), "down" if drop else "dim"),
        )

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        if not self.points:
            return []
        values = [value for _day, value in self.points]
        low, high = min(values), max(values)
        scale = max(len(unit(low)), len(unit(high))) + 1
        lines = max(CHART_LEAST, height - 1)
        room = max(1, width - scale)
        # few days are stretched over the width, many are averaged
        shown = stretched(values, room) if len(values) < room else buckets(values, room)
        chart = columns(shown, low, high, lines)
        labels = {0: unit(high), lines - 1: unit(low)}
        ends = f"{self.points[0][0]}{self.points[-1][0]:>{max(1, room - len(self.points[0][0]))}}"
        return [
            *(((f"{labels.get(y, ''):>{scale - 1}} ", "dim"), (line, "spark")) for y, line in enumerate(chart)),
            ((" " * scale, "text"), (ends if len(self.points) > 1 else self.points[0][0], "dim")),
        ]


def unit(value: float | None) -> str:
    """A unit's value to a tenth of a basis point of the first day's."""
    return fmt.NONE if value is None else f"{value:.5f}"


def worst_drop(values: Sequence[float]) -> float:
    """The deepest fall from a high before it, as a fraction of that high; 0 where it never fell."""
    high, worst = values[0], 0.0
    for value in values:
        high = max(high, value)
        worst = max(worst, 1 - value / high)
    return worst
