"""Every pair of accounts in every coin: both directions after fees, how unusual now is, and the last minute."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import SpreadRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.bars import columns, stretched
from widgets.columns import Column, Row
from widgets.drawing import Drawing, flow
from widgets.edges import LEAST_VALUES, best_edge, round_trip_bps, zscore
from widgets.i18n import N_, _
from widgets.modes import pair_cell
from widgets.paint import Cell, cell
from widgets.panel import Panel, View

NS = 1_000_000_000
SPARK = 7
"""Index of the sparkline's column, which takes the room that is left."""
RESORT_NS = 2 * NS
"""Rows keep their order at least so long, that an operator can put the cursor on one."""
Z_MARKED = 2.0
"""Standard deviations from which a spread is marked as unusual."""
OLD_S = 3.0
"""Age from which a book says that it is old, seconds."""
CHART_LEAST, CHART_MOST = 3, 9
"""Lines of the chart of one spread."""


def by_edge(rows: list[SpreadRow]) -> list[str]:
    """Keys from the best edge down; pairs without books last."""

    def order(row: SpreadRow) -> tuple[bool, float, str]:
        edge, _side = best_edge(row)
        return edge is None, -(edge or 0.0), row.key

    return [row.key for row in sorted(rows, key=order)]


class SpreadTable(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"spreads", "loops", "second"})
    SPILLS = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("coin"), 5, left=True),
                Column(N_("maker › taker"), 13, left=True),
                Column(N_("buy bps"), 7),
                Column(N_("sell bps"), 7),
                Column(N_("z"), 6),
                Column(N_("basis"), 6, keep=2),
                Column(N_("in and out"), 6, keep=3),
                Column(N_("60 s"), 8, flex=True, left=True, keep=1),
            ),
            title="[b]1[/b] " + N_("Spreads after fees, best first"),
            empty=(N_("No spread yet."), N_("Two accounts that trade the same coin make one; [ ] choose a coin.")),
            mark=True,
            id="table",
        )
        self.coin = ""
        """Only this one; empty: all."""
        self._order: list[str] = []
        self._sorted_ns = 0

    def show_coin(self, coin: str) -> None:
        """Show one coin's pairs; all for an empty name."""
        self.coin = coin
        self._sorted_ns = 0
        self.rebuild()

    def build(self, view: View) -> list[Row]:
        rows = {key: row for key, row in view.store.spreads.items() if not self.coin or row.base == self.coin}
        if view.now_ns - self._sorted_ns >= RESORT_NS or rows.keys() != set(self._order):
            self._sorted_ns = view.now_ns
            self._order = by_edge(list(rows.values()))
        traded = {(loop.base, loop.legs[0][1], loop.legs[-1][1]) for loop in view.store.loops.values() if loop.legs}
        return [self._row(view.store, rows[key], traded) for key in self._order]

    def _row(self, store: Store, row: SpreadRow, traded: set[tuple[str, str, str]]) -> Row:
        best, side = best_edge(row)
        z = zscore(row.history)
        cost = round_trip_bps(row)
        own = (row.base, row.a, row.b) in traded
        return Row(
            row.key,
            (
                ((row.base, "bright"), (" ●" if own else "", "up")),
                pair_cell(store, row.a, row.b),
                self._edge(row.buy_a_bps, best=side == "buy"),
                self._edge(row.sell_a_bps, best=side == "sell"),
                cell(score(z), "dim" if z is None else "warn" if abs(z) >= Z_MARKED else "text"),
                cell(fmt.bps(row.history[-1] if row.history else None), "dim"),
                cell(fmt.bps(cost), "dim"),
                cell(fmt.spark(row.history, min(self.column_width(SPARK, 8), 60)), "spark"),
            ),
            sort=(None, None, row.buy_a_bps, row.sell_a_bps, z, None, cost, best),
        )

    def _edge(self, edge: float | None, *, best: bool) -> Cell:
        """A direction's edge; a sign stands before the better one."""
        return (("›" if best else "", "accent"), (fmt.bps(edge), fmt.tone(edge)))


def score(z: float | None) -> str:
    """A z-score with its sign; `!` before one that is unusual."""
    return fmt.NONE if z is None else f"{'!' if abs(z) >= Z_MARKED else ''}{z:+.1f}"


class SpreadChart(Drawing):
    """One pair's last minute, and both books."""

    TABLES: ClassVar[frozenset[str]] = frozenset({"spreads", "markets", "second"})

    def __init__(self) -> None:
        super().__init__(
            title="[b]2[/b] " + N_("The last minute, bps"),
            empty=(N_("No pair is selected."), N_("↑ ↓ choose one above; enter launches it.")),
            id="chart",
        )

    def headline(self, view: View) -> Cell:
        row = view.store.spreads.get(self.subject)
        if row is None or not row.history:
            return ()
        z = zscore(row.history)
        mean = sum(row.history) / len(row.history)
        enough = "" if len(row.history) >= LEAST_VALUES else f" ({len(row.history)}/{LEAST_VALUES})"
        figures: list[Cell] = [
            ((f"{row.base} ", "bright"), *pair_cell(view.store, row.a, row.b)),
            ((f"{_('now')} ", "dim"), (fmt.bps(row.history[-1]), "bright")),
            (("z ", "dim"), (f"{score(z)}{enough}", "warn" if z is not None and abs(z) >= Z_MARKED else "text")),
            ((f"{_('mean')} ", "dim"), (fmt.bps(mean), "text")),
            ((f"{_('low')} ", "dim"), (fmt.bps(min(row.history)), "text")),
            ((f"{_('high')} ", "dim"), (fmt.bps(max(row.history)), "text")),
        ]
        return flow(figures, max(1, self.size.width - 2))[0]

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        row = view.store.spreads.get(self.subject)
        if row is None or not row.history:
            return []
        books = [self._book(view, row.base, name) for name in (row.a, row.b)]
        lines = max(CHART_LEAST, min(CHART_MOST, height - len(books)))
        chart = columns(stretched(row.history, width), min(row.history), max(row.history), lines)
        return [*(cell(line, "spark") for line in chart), *books]

    def _book(self, view: View, coin: str, account: str) -> Cell:
        market = next((m for m in view.store.markets.values() if m.account == account and m.base == coin), None)
        if market is None or market.bid is None or market.ask is None:
            return ((f"{account} ", "text"), (_("no book"), "warn"))
        age = (view.now_ns - market.ts) / NS
        return (
            (f"{account} {market.symbol}", "text"),
            (f"  {_('bid')} ", "dim"), (fmt.price(market.bid), "up"), (f" × {fmt.qty(market.bid_qty)}", "dim"),
            (f"  {_('ask')} ", "dim"), (fmt.price(market.ask), "down"), (f" × {fmt.qty(market.ask_qty)}", "dim"),
            ("  " + _("{age} old").format(age=fmt.span(age)) if age >= OLD_S else "", "warn"),
        )  # fmt: skip
