"""Funding by account and market: rate, yearly, next settlement, and what was paid so far."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from cockpit.link.rows import FundingRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.i18n import N_
from widgets.modes import account_cell, modes_by_name
from widgets.paint import cell
from widgets.panel import Panel, View

NS = 1_000_000_000


class FundingPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"funding", "second"})
    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("account"), 8, left=True),
                Column(N_("coin"), 4, left=True),
                Column(N_("rate %"), 8),
                Column(N_("every"), 5, keep=2),
                Column(N_("yearly"), 7),
                Column(N_("next"), 6),
                Column(N_("paid USD"), 8),
            ),
            title="[b]5[/b] " + N_("Funding"),
            empty=(N_("No funding rate yet."), N_("Rates show here as soon as an account's market is watched.")),
            id="funding",
        )

    def build(self, view: View) -> list[Row]:
        places = {name: place for place, name in enumerate(view.store.accounts)}
        rows = sorted(view.store.funding.values(), key=lambda r: (places.get(r.account, len(places)), r.symbol))
        modes = modes_by_name(view.store)
        out = []
        for row in rows:
            left = fmt.span((row.next_ts - view.now_ns) / NS)
            out.append(self.memo.row(row.key, partial(self._row, row, view, left), row, left, modes))
        return out

    def _row(self, row: FundingRow, view: View, left: str) -> Row:
        return Row(
            row.key,
            (
                account_cell(view.store, row.account),
                cell(row.base, "bright"),
                cell(f"{row.rate * 100:+.4f}", fmt.tone(row.rate)),
                cell(fmt.hours(row.interval_s), "dim"),
                cell(fmt.percent(row.annualised, 1, signed=True), fmt.tone(row.annualised)),
                cell(left),
                cell(fmt.usd(row.accrued_usd, signed=True), fmt.cost_tone(row.accrued_usd)),
            ),
        )
