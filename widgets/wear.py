"""Wear by total, day, loop and account, and the parts it comes from. Costs: plus is paid, minus is received."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import WearRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.i18n import N_
from widgets.modes import account_cell, loop_cell
from widgets.paint import Cell, cell
from widgets.panel import Panel, View
from widgets.words import word

SCOPES = ("total", "day", "loop", "account")


class WearPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"wear"})
    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("scope"), 9, left=True),
                Column("bps", 6),
                Column("USD", 7),
                Column(N_("fees"), 6, keep=1),
                Column(N_("trade"), 6, keep=1),
                Column(N_("funding"), 7, keep=1),
                Column(N_("unexp"), 5, keep=2),
                Column(N_("volume"), 6),
                Column(N_("open USD"), 8, keep=3),
            ),
            title="[b]4[/b] " + N_("Wear, paid is plus"),
            empty=(N_("Nothing was traded yet."), N_("Wear shows with the first fill; n launches a loop.")),
            id="wear",
        )

    def build(self, view: View) -> list[Row]:
        def order(row: WearRow) -> tuple[int, str]:
            return SCOPES.index(row.scope) if row.scope in SCOPES else len(SCOPES), row.name

        return [self._row(row, view.store) for row in sorted(view.store.wear.values(), key=order)]

    def _row(self, row: WearRow, store: Store) -> Row:
        whole = row.scope in ("total", "day")
        name = word("wear", "total") if row.scope == "total" else fmt.day(row.name)
        odd = bool(row.unexplained_usd)
        return Row(
            row.key,
            (
                self._scope_name(row, name, store) if not whole else cell(name, "bright"),
                cell(fmt.bps(row.wear_bps), fmt.cost_tone(row.wear_bps)),
                cell(fmt.usd(row.wear_usd, signed=True), fmt.cost_tone(row.wear_usd)),
                cell(fmt.usd(row.fees_usd), fmt.cost_tone(row.fees_usd)),
                cell(fmt.usd(row.trade_usd), fmt.cost_tone(row.trade_usd)),
                cell(fmt.usd(row.funding_usd), fmt.cost_tone(row.funding_usd)),
                cell(("!" if odd else "") + fmt.usd(row.unexplained_usd), "warn" if odd else "dim"),
                cell(fmt.compact(row.volume_usd)),
                cell(fmt.usd(row.open_usd), "dim"),
            ),
        )

    def _scope_name(self, row: WearRow, name: str, store: Store) -> Cell:
        return loop_cell(store, name) if row.scope == "loop" else account_cell(store, name)
