"""Funding of all venues side by side, yearly: coins down, accounts across, or a list where that finds no room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events

from cockpit.link.rows import FundingRow
from widgets import format as fmt
from widgets.carry import Carry, best_carry, by_coin
from widgets.columns import MARGIN, Column, Row
from widgets.grid_columns import ColumnPlan
from widgets.i18n import N_, _
from widgets.modes import account_cell
from widgets.paint import Cell, cell, width_of
from widgets.panel import Panel, View

NS = 1_000_000_000
LAST = Column(N_("next"), 6)
LIST = (
    Column(N_("coin"), 5, left=True),
    Column(N_("account"), 8, left=True),
    Column(N_("yearly"), 8),
    Column(N_("rate %"), 8),
    Column(N_("every"), 5, keep=2),
    LAST,
    Column(N_("paid USD"), 8, keep=1),
)
SIGNS = {"short": ("▲", "up"), "long": ("▼", "down")}
"""Where the best pair is short (funding is highest) and long (lowest)."""


class FundingMatrix(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"funding", "spreads", "accounts", "second"})
    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            LIST,
            title="[b]1[/b] " + N_("Funding a year, ▲ short ▼ long"),
            empty=(
                N_("No funding rate yet."),
                N_("Rates show here as soon as an account's market is watched; [ ] choose a coin."),
            ),
            mark=True,
            id="matrix",
        )
        self.coin = ""
        """Only this one; empty: all."""
        self._listed = False
        """Too many accounts for this window: stays so until the window changes."""

    def show_coin(self, coin: str) -> None:
        """Show one coin; all for an empty name."""
        self.coin = coin
        self.rebuild()

    @property
    def selected_coin(self) -> str:
        """Coin of the row under the cursor."""
        return self.selected.partition("/")[0]

    def build(self, view: View) -> list[Row]:
        coins = by_coin(row for row in view.store.funding.values() if not self.coin or row.base == self.coin)
        trading = {row.account for row in view.store.funding.values()}
        accounts = [name for name in view.store.accounts if name in trading]
        across = (LIST[0], *(Column(name, 7) for name in accounts), Column(N_("gap"), 7), LAST)
        pairs = {coin: best_carry(markets, view.store.spreads) for coin, markets in coins.items()}
        rows = [] if self._listed else self._matrix(view, coins, accounts, pairs)
        if rows and not self._fits(across, rows):
            self._listed = True
        if self._listed:
            self._use(LIST)
            return [self._entry(view, row, pairs[coin]) for coin, markets in coins.items() for row in markets]
        if accounts:
            self._use(across)
        return rows

    def _use(self, columns: Sequence[Column]) -> None:
        """Other columns than before: nothing that was measured for them holds."""
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._plan = ColumnPlan(self._columns)
            self._sieve.column = None
            self._without_room = ()
            self.show(())

    def _fits(self, across: Sequence[Column], rows: Sequence[Row]) -> bool:
        """Whether all columns find room in this window."""
        widths = [
            max(column.width, cell_len(_(column.title)), *(width_of(row.cells[index]) for row in rows))
            for index, column in enumerate(across)
        ]
        return sum(widths) + len(widths) + MARGIN <= self.size.width

    def _matrix(
        self,
        view: View,
        coins: Mapping[str, Sequence[FundingRow]],
        accounts: Sequence[str],
        pairs: Mapping[str, Carry | None],
    ) -> list[Row]:
        rows = []
        for coin, markets in coins.items():
            # of several markets of one coin on an account the first by name stands for it; the list shows all
            first: dict[str, FundingRow] = {}
            for row in sorted(markets, key=lambda row: row.symbol):
                first.setdefault(row.account, row)
            pair = pairs[coin]
            cells = [self._yearly(first.get(name), pair) for name in accounts]
            gap = cell(fmt.percent(pair.gap, 1, signed=True), fmt.tone(pair.gap)) if pair else cell(fmt.NONE, "dim")
            soonest = min(row.next_ts for row in markets)
            rows.append(Row(coin, (cell(coin, "bright"), *cells, gap, cell(countdown(soonest, view)))))
        return rows

    def _yearly(self, row: FundingRow | None, pair: Carry | None) -> Cell:
        """A yearly rate; a sign before it where the best pair is short or long."""
        if row is None:
            return cell(fmt.NONE, "dim")
        text = cell(fmt.percent(row.annualised, 1, signed=True), fmt.tone(row.annualised))
        if pair is None or row not in (pair.long, pair.short):
            return text
        return (SIGNS["short" if row == pair.short else "long"], *text)

    def _entry(self, view: View, row: FundingRow, pair: Carry | None) -> Row:
        return Row(
            f"{row.base}/{row.key}",
            (
                cell(row.base, "bright"),
                account_cell(view.store, row.account),
                self._yearly(row, pair),
                cell(f"{row.rate * 100:+.4f}", fmt.tone(row.rate)),
                cell(fmt.hours(row.interval_s), "dim"),
                cell(countdown(row.next_ts, view)),
                cell(fmt.usd(row.accrued_usd, signed=True), fmt.cost_tone(row.accrued_usd)),
            ),
        )

    def on_resize(self, event: events.Resize) -> None:
        self._listed = False


def countdown(ts: int, view: View) -> str:
    """Time left until `ts`."""
    return fmt.span((ts - view.now_ns) / NS)
