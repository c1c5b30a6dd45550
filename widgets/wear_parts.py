"""Wear of one loop by its parts: what was paid to the right of zero, what was received to the left."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from rich.cells import cell_len

from cockpit.link.rows import WearRow
from widgets import format as fmt
from widgets.bars import WHOLE, bar
from widgets.drawing import Drawing
from widgets.i18n import N_, _
from widgets.paint import Cell
from widgets.panel import View

KEPT = 600
"""Seconds of wear that are remembered while the screen is open."""


def part_bps(part: Decimal, volume: Decimal) -> float | None:
    """A part of wear in basis points of the maker's volume; None while nothing was traded."""
    return float(part / volume * 10_000) if volume else None


def parts_of(row: WearRow) -> list[tuple[str, Decimal]]:
    """Name and USD of each part; they add up to the wear. What is only marked is taken out of the trading."""
    return [
        (_("fees"), row.fees_usd),
        (_("trading"), row.trade_usd - row.open_usd),
        (_("open, marked"), row.open_usd),
        (_("funding"), row.funding_usd),
    ]


def around_zero(parts: Sequence[tuple[str, Decimal]], volume: Decimal, width: int) -> list[Cell]:
    """A line for each part: name, bar around the zero in the middle, USD, bps."""
    name_width = max(cell_len(name) for name, _value in parts)
    figures = [(fmt.usd(value, signed=True), fmt.bps(part_bps(value, volume))) for _name, value in parts]
    usd_width = max(len(usd) for usd, _bps in figures)
    bps_width = max(len(bps) for _usd, bps in figures)
    half = max(2, (width - name_width - usd_width - bps_width - 13) // 2)
    most = max((abs(value) for _name, value in parts), default=Decimal(0))
    lines: list[Cell] = []
    for (name, value), (usd, bps) in zip(parts, figures, strict=True):
        left, right = _received(value, most, half), bar(float(value), float(most), half)
        lines.append(
            (
                (name + " " * (name_width - cell_len(name) + 1), "dim"),
                (left, "up"),
                ("│", "rule"),
                (right, "down"),
                (f" {usd:>{usd_width}} USD", fmt.cost_tone(value)),
                (f" {bps:>{bps_width}} bps", "dim"),
            )
        )
    return lines


def _received(value: Decimal, most: Decimal, width: int) -> str:
    """A bar that grows to the left from the zero at its right end, to the half column; for what is below zero."""
    if value >= 0 or not most:
        return " " * width
    halves = max(1, round(float(-value / most) * width * 2))
    return ("╺" * (halves % 2) + WHOLE * (halves // 2)).rjust(width)


class WearPartsPanel(Drawing):
    TABLES: ClassVar[frozenset[str]] = frozenset({"wear", "second"})

    def __init__(self) -> None:
        super().__init__(
            title="[b]3[/b] " + N_("Wear by part, paid is plus"),
            empty=(N_("Nothing was traded yet."), N_("Fees, trading and funding show with the first fill.")),
            id="wearparts",
        )
        self._trail: deque[tuple[int, Decimal]] = deque(maxlen=KEPT)

    def about(self, subject: str) -> None:
        if subject != self.subject:
            self._trail.clear()
        super().about(subject)

    def _row(self, view: View) -> WearRow | None:
        row = view.store.wear.get(f"loop/{self.subject}")
        traded = row is not None and (row.volume_usd or row.wear_usd or row.fees_usd or row.open_usd)
        return row if traded else None

    def headline(self, view: View) -> Cell:
        row = self._row(view)
        if row is None:
            return ()
        ink = fmt.cost_tone(row.wear_usd)
        volume = _("on {volume} USD").format(volume=fmt.compact(row.volume_usd))
        return (
            (f"{_('wear')} ", "dim"),
            (f"{fmt.bps(row.wear_bps)} bps", "bright"),
            (f"  {fmt.usd(row.wear_usd, signed=True)} USD", ink),
            (f"  {volume}", "dim"),
        )

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        row = self._row(view)
        if row is None:
            return []
        second = view.now_ns // 1_000_000_000
        if not self._trail or self._trail[-1][0] != second:
            self._trail.append((second, row.wear_usd))
        else:
            self._trail[-1] = (second, row.wear_usd)
        lines = around_zero(parts_of(row), row.volume_usd, width)
        return [*lines, *self._since(width)]

    def _since(self, width: int) -> list[Cell]:
        """How it accrued while the screen was open."""
        (first, was), (_last, now) = self._trail[0], self._trail[-1]
        values = tuple(float(value) for _second, value in self._trail)
        if len(set(values)) < 2:
            return []
        words = _("since {time}").format(time=fmt.utc(first * 1_000_000_000))
        gained = fmt.usd(now - was, signed=True)
        room = max(4, min(60, width - cell_len(words) - len(gained) - 6))
        return [
            (
                (f"{words} ", "dim"),
                (fmt.spark(values, room), "spark"),
                (f" {gained} USD", fmt.cost_tone(now - was)),
            )
        ]
