"""What an account holds, with what holds it up: margin, distance to liquidation, what is foreign."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from cockpit.link.rows import AccountRow, PositionRow
from widgets import format as fmt
from widgets.account_summary import positions_of
from widgets.columns import Column, Row
from widgets.drawing import About
from widgets.i18n import N_, _
from widgets.moves import MoveMeter
from widgets.paint import Cell, Span, cell
from widgets.panel import View
from widgets.positions import LIQ_CRIT, LIQ_WARN, liq_distance


def margin_share(row: PositionRow, account: AccountRow | None, gross: Decimal) -> Decimal | None:
    """The part of the account's used margin that falls on a position, USD: (equity - free) · |notional| ÷ Σ |notional|.

    Venues tell margin by account; this is a share of it by size, not what the venue would set aside for it alone."""
    if account is None or account.equity_usd is None or account.free_usd is None or not gross:
        return None
    return (account.equity_usd - account.free_usd) * abs(row.notional_usd) / gross


class AccountPositions(About):
    TABLES: ClassVar[frozenset[str]] = frozenset({"positions", "accounts", "second"})
    SPILLS: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("market"), 8, left=True),
                Column(N_("qty"), 7),
                Column(N_("entry"), 8, keep=2),
                Column(N_("mark"), 8, keep=1),
                Column(N_("liq price"), 8, keep=5),
                Column(N_("liq dist"), 7),
                Column(N_("daily moves"), 6),
                Column(N_("margin USD"), 8, keep=7),
                Column(N_("unreal. USD"), 8),
                Column(N_("notional"), 9, keep=3),
                Column(N_("base qty"), 8, keep=6),
            ),
            title="[b]2[/b] " + N_("Positions"),
            empty=(N_("No position."), N_("What a fill leaves open stands here.")),
            mark=True,
            id="held",
        )
        self.moves: MoveMeter | None = None
        """Who watches how far markets move; without one daily moves are not known."""

    def build(self, view: View) -> list[Row]:
        held = positions_of(view.store, self.subject)
        gross = sum((abs(row.notional_usd) for row in held), Decimal(0))
        account = view.store.accounts.get(self.subject)
        return [self._row(row, margin_share(row, account, gross)) for row in held]

    def _row(self, row: PositionRow, margin: Decimal | None) -> Row:
        side = fmt.tone(row.base_qty)
        distance = liq_distance(row)
        daily = None if self.moves is None else self.moves.daily(row.key)
        moves = None if distance is None or not daily else float(distance) / daily
        near = distance is not None and distance < LIQ_WARN
        ink = "dim" if distance is None else "crit" if distance < LIQ_CRIT else "warn" if near else "text"
        return Row(
            row.key,
            (
                cell(row.symbol, "bright"),
                cell(fmt.qty(row.qty, signed=True), side),
                cell(fmt.price(row.entry), "dim"),
                cell(fmt.price(row.mark)),
                cell(fmt.price(row.liq), "dim"),
                cell(("!" if near else "") + fmt.percent(distance), ink),
                cell(fmt.NONE if moves is None else f"{moves:.1f}", ink if moves is not None else "dim"),
                cell(fmt.usd(margin), "dim"),
                cell(fmt.usd(row.unrealised_usd, signed=True), fmt.tone(row.unrealised_usd)),
                cell(fmt.usd(row.notional_usd), "dim"),
                cell(fmt.qty(row.base_qty, signed=True), side),
            ),
            note=self._note(row),
        )

    def _note(self, row: PositionRow) -> Cell:
        spans: list[Span] = []
        if row.qty != row.ledger_qty:
            words = _("ledger says {qty}, the venue differs").format(qty=fmt.qty(row.ledger_qty, signed=True))
            spans.append((f"▲ {words}  ", "crit"))
        if row.foreign_qty:
            words = _("foreign {qty}: not ours, never hedged by us").format(qty=fmt.qty(row.foreign_qty, signed=True))
            spans.append((words, "warn"))
        return tuple(spans)
