"""Funding by account and market: rate, yearly, next settlement, and what was paid so far."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import FundingRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.modes import account_cell
from widgets.paint import cell
from widgets.panel import Panel, View

NS = 1_000_000_000


class FundingPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"funding", "second"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column("account", 8, left=True),
                Column("coin", 4, left=True),
                Column("rate %", 8),
                Column("every", 5, keep=2),
                Column("yearly", 7),
                Column("next", 6),
                Column("paid USD", 8),
            ),
            title="[b]5[/b] Funding",
            empty=("No funding rate yet.", "Rates show here as soon as an account's market is watched."),
            id="funding",
        )

    def build(self, view: View) -> list[Row]:
        places = {name: place for place, name in enumerate(view.store.accounts)}
        rows = sorted(view.store.funding.values(), key=lambda r: (places.get(r.account, len(places)), r.symbol))
        return [self._row(row, view) for row in rows]

    def _row(self, row: FundingRow, view: View) -> Row:
        hours = row.interval_s / 3600
        return Row(
            row.key,
            (
                account_cell(view.store, row.account),
                cell(row.base, "bright"),
                cell(f"{row.rate * 100:+.4f}", fmt.tone(row.rate)),
                cell(f"{hours:g}h", "dim"),
                cell(fmt.percent(row.annualised, 1, signed=True), fmt.tone(row.annualised)),
                cell(fmt.span((row.next_ts - view.now_ns) / NS)),
                cell(fmt.usd(row.accrued_usd, signed=True), fmt.cost_tone(row.accrued_usd)),
            ),
        )
