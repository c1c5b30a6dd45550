"""Accounts and what they hold: one head per account, one row per position."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import AccountRow, PositionRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.paint import Cell, Span, cell, width_of
from widgets.panel import Panel, View

HEALTH = {"live": ("●", "up"), "stale": ("◌", "warn"), "down": ("▼", "crit"), "suspect": ("▲", "crit")}
"""Sign and ink of a venue's health."""
STATE_INKS = {"active": "dim", "reducing": "warn", "halted": "crit"}
LIQ_WARN, LIQ_CRIT = 0.10, 0.05
"""Distance to liquidation, fraction of the mark, from which it is marked."""


def liq_distance(row: PositionRow) -> float | None:
    """How far the mark may go before liquidation, fraction of the mark; None where there is no such price."""
    if row.liq is None or not row.mark:
        return None
    return float(abs(row.mark - row.liq) / row.mark)


def margin_ink(ratio: float | None) -> str:
    """Ink of a margin ratio, 1 being liquidation."""
    if ratio is None:
        return "dim"
    return "crit" if ratio >= 0.8 else "warn" if ratio >= 0.5 else "text"


class PositionsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"accounts", "positions"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column("market", 10, left=True),
                Column("qty", 8),
                Column("base qty", 8),
                Column("entry", 9),
                Column("mark", 9),
                Column("liq dist", 8),
                Column("unreal. USD", 9),
                Column("notional", 10, keep=3),
                Column("liq price", 9, keep=4),
            ),
            title="[b]2[/b] Accounts and positions",
            empty=(
                "No account is connected.",
                "Accounts come from the desk's config; cockpit doctor tells what is missing.",
            ),
            id="positions",
        )

    def build(self, view: View) -> list[Row]:
        rows: list[Row] = []
        for account in view.store.accounts.values():
            rows.append(Row(f"#{account.name}", line=self._head(account)))
            rows += [
                self._row(position)
                for position in sorted(view.store.positions.values(), key=lambda p: p.symbol)
                if position.account == account.name
            ]
        return rows

    def _head(self, row: AccountRow) -> Cell:
        sign, ink = HEALTH[row.health]
        spans: list[Span] = [
            (f"{sign} ", ink),
            (row.name, "bright"),
            (f" {row.mode.upper()}", row.mode.value),
            (f" {row.health}", ink),
            (f" {row.state}", STATE_INKS.get(row.state, "warn")),
            ("  equity ", "dim"),
            (fmt.usd(row.equity_usd), "text"),
            ("  margin ", "dim"),
            (fmt.percent(row.margin_ratio), margin_ink(row.margin_ratio)),
            ("  lev ", "dim"),
            (fmt.NONE if row.leverage is None else f"{row.leverage:.2f}x", "text"),
        ]
        if row.live:
            # what may be done with real money stands before its figures, so that it is not what finds no room
            spans[5:5] = [(f"  {row.live}", "warn")]
        more: list[Cell] = [
            (("  free ", "dim"), (fmt.usd(row.free_usd), "text")),
            (("  orders ", "dim"), (str(row.open_orders), "text")),
        ]
        if row.note:
            more.insert(0, (("  ", "dim"), (row.note, "warn")))
        if row.unexplained_usd:
            more.insert(0, (("  unexplained ", "dim"), (fmt.usd(row.unexplained_usd, signed=True), "warn")))
        for part in more:
            if width_of((*spans, *part)) <= self.size.width - 2 or part[-1][0] == row.note:
                spans += part
        return tuple(spans)

    def _row(self, row: PositionRow) -> Row:
        side = fmt.tone(row.base_qty)
        distance = liq_distance(row)
        near = distance is not None and distance < LIQ_WARN
        near_ink = "dim" if distance is None else "crit" if distance < LIQ_CRIT else "warn" if near else "text"
        cells = (
            cell(f"  {row.symbol}"),
            cell(fmt.qty(row.qty, signed=True), side),
            cell(fmt.qty(row.base_qty, signed=True), side),
            cell(fmt.price(row.entry), "dim"),
            cell(fmt.price(row.mark)),
            cell(("!" if near else "") + fmt.percent(distance), near_ink),
            cell(fmt.usd(row.unrealised_usd, signed=True), fmt.tone(row.unrealised_usd)),
            cell(fmt.usd(row.notional_usd), "dim"),
            cell(fmt.price(row.liq), "dim"),
        )
        return Row(row.key, cells, note=self._note(row))

    def _note(self, row: PositionRow) -> Cell:
        spans: list[Span] = []
        if row.qty != row.ledger_qty:
            spans.append((f"▲ ledger says {fmt.qty(row.ledger_qty, signed=True)}, the venue differs ", "crit"))
        if row.foreign_qty:
            spans.append((f"foreign {fmt.qty(row.foreign_qty, signed=True)}: not ours, never hedged by us", "warn"))
        return tuple(spans)
