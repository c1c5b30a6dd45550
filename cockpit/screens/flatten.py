"""The emergency: what a flatten would close, what it could not, and the chord that confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from cockpit.link.rows import PositionRow
from cockpit.screens.chord_dialog import ChordDialog
from cockpit.screens.legs import kept_partners, remaining
from widgets.i18n import N_, _
from widgets.paint import Cell, cell
from widgets.words import word

SCOPES = {
    "pairs": N_("where a venue cannot be closed, its partner leg is kept too"),
    "all": N_("close every leg that can be closed"),
}


class FlattenDialog(ChordDialog):
    """Returns the scope, `pairs` or `all`."""

    HINTS: ClassVar[tuple[str, ...]] = ("flatten", "cancel")
    TITLE_TEXT: ClassVar[str] = N_("FLATTEN ALL ACCOUNTS")
    ACTION = "flatten"
    WHAT = N_("Halts loops, cancels orders, closes reduce-only until every venue is flat.")
    ONCE_MORE = N_("once more flattens · {left} s left · any other key cancels")

    def __init__(self, accounts: Sequence[str] = ()) -> None:
        super().__init__("pairs", accounts)
        self._kept: frozenset[str] = frozenset()

    @property
    def scope(self) -> str:
        return self.choice

    def title_text(self) -> str:
        if not self.accounts:
            return super().title_text()
        return _("FLATTEN {accounts} ALONE").format(accounts=", ".join(self.accounts))

    def choices(self) -> dict[str, str]:
        return {name: word("flatten", name) for name in SCOPES}

    def _paint_body(self) -> None:
        self._kept = frozenset(kept_partners(self.cockpit.link.store, self.scope, self.accounts))
        super()._paint_body()

    def fate(self, position: PositionRow) -> Cell:
        if position.key in self._kept:
            return cell(f"‖ {_('kept as partner')}", "warn")
        if position.foreign_qty:
            return cell(f"✓ {_('foreign too')}", "warn")
        return cell(f"✓ {_('reduce-only')}", "dim")

    def left_over(self) -> list[Cell]:
        left = remaining(self.cockpit.link.store, self.scope, self.accounts)
        lines = [self.open_line(coin, base) for coin, base in left.items()]
        return [*lines, ((f"{word('flatten', self.scope)}: ", "accent"), (_(SCOPES[self.scope]), "dim"))]
