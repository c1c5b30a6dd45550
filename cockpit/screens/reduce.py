"""Less of everything: a quarter, half or three quarters of every position, confirmed by its own chord."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import ClassVar

from cockpit.link.rows import PositionRow
from cockpit.screens.chord_dialog import ChordDialog
from cockpit.screens.legs import closable, meant
from widgets import format as fmt
from widgets.i18n import N_, _
from widgets.paint import Cell, cell

FRACTIONS = {"0.25": "25 %", "0.5": "50 %", "0.75": "75 %"}
"""What part is closed, as the desk is told, to how it is shown."""


class ReduceDialog(ChordDialog):
    """Returns the fraction as text."""

    HINTS: ClassVar[tuple[str, ...]] = ("reduce", "cancel")
    TITLE_TEXT: ClassVar[str] = N_("REDUCE ALL ACCOUNTS")
    ACTION = "reduce"
    WHAT = N_("Pauses loops, then closes a part of every position, reduce-only.")
    ONCE_MORE = N_("once more reduces · {left} s left · any other key cancels")

    def __init__(self, fraction: str = "0.25") -> None:
        super().__init__(_name(fraction))

    @property
    def fraction(self) -> str:
        return self.choice.removeprefix("part-").replace("_", ".")

    def choices(self) -> dict[str, str]:
        return {_name(fraction): label for fraction, label in FRACTIONS.items()}

    def fate(self, position: PositionRow) -> Cell:
        part = -position.qty * Decimal(self.fraction)
        return cell(f"✓ {fmt.qty(part, signed=True)}", "warn" if position.foreign_qty else "dim")

    def left_over(self) -> list[Cell]:
        """Net of each coin that would not be what it is now, less the part: a leg that cannot be closed."""
        store = self.cockpit.link.store
        part = Decimal(self.fraction)
        left: defaultdict[str, Decimal] = defaultdict(Decimal)
        stuck = set()
        for position in meant(store, ()):
            closes = closable(store.accounts.get(position.account))
            left[position.base] += position.base_qty * (1 - part if closes else 1)
            if not closes:
                stuck.add(position.base)
        lines = [self.open_line(coin, base) for coin, base in left.items() if coin in stuck]
        words = _("{part} of every leg, rounded to the venue's lots").format(part=FRACTIONS[self.fraction])
        return [*lines, cell(words, "dim")]


def _name(fraction: str) -> str:
    """Of the button."""
    return f"part-{fraction.replace('.', '_')}"
