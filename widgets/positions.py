"""Accounts and what they hold: one head per account, one row per position."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import ClassVar

from cockpit.link.rows import AccountRow, PositionRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.i18n import N_, _, plural
from widgets.paint import Cell, Span, cell, plain, width_of
from widgets.panel import Panel, View
from widgets.words import word

HEALTH = {"live": ("●", "up"), "stale": ("◌", "warn"), "down": ("▼", "crit"), "suspect": ("▲", "crit")}
"""Sign and ink of a venue's health."""
STATE_INKS = {"active": "dim", "reducing": "warn", "halted": "crit"}
FEW = 4
"""Accounts that always show their positions."""
WIDE_HEAD = 76
"""Columns from which an account's head says in words that all is well."""
LIQ_WARN, LIQ_CRIT = Decimal("0.10"), Decimal("0.05")
"""Distance to liquidation, fraction of the mark, from which it is marked."""


def liq_distance(row: PositionRow) -> Decimal | None:
    """How far the mark may go before liquidation, fraction of the mark; None where there is no such price."""
    if row.liq is None or not row.mark:
        return None
    return abs(row.mark - row.liq) / row.mark


def margin_ink(ratio: float | None) -> str:
    """Ink of a margin ratio, 1 being liquidation."""
    if ratio is None:
        return "dim"
    return "crit" if ratio >= 0.8 else "warn" if ratio >= 0.5 else "text"


def summary(positions: Sequence[PositionRow]) -> Cell:
    """What stands for positions that are folded away: how many, the nearest liquidation, whether any is amiss."""
    if not positions:
        return ()
    count = plural("{count} position", "{count} positions", len(positions)).format(count=len(positions))
    spans: list[Span] = [(f"  {count}", "dim")]
    near = min((distance for row in positions if (distance := liq_distance(row)) is not None), default=None)
    if near is not None:
        ink = "crit" if near < LIQ_CRIT else "warn" if near < LIQ_WARN else "text"
        figure = f"{'!' if near < LIQ_WARN else ''}{fmt.percent(near)}"
        spans += [(f"  {_('liq')} ", "dim"), (figure, ink)]
    if any(row.qty != row.ledger_qty for row in positions):
        spans.append((f"  ▲ {_('differs from the ledger')}", "crit"))
    return tuple(spans)


class PositionsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"accounts", "positions"})
    SPILLS = True
    _folds = False
    """More accounts and positions than there is room for: positions show below the account under the cursor alone,
    below none while other panels have the keys."""

    def __init__(self, *, folds: bool = True) -> None:
        """`folds`: whether positions may be left out where there is no room for all."""
        self._may_fold = folds
        super().__init__(
            (
                Column(N_("market"), 10, left=True),
                Column(N_("qty"), 8, keep=1),
                Column(N_("base qty"), 8),
                Column(N_("entry"), 9, keep=2),
                Column(N_("mark"), 9),
                Column(N_("liq dist"), 8),
                Column(N_("unreal. USD"), 9),
                Column(N_("notional"), 10, keep=3),
                Column(N_("liq price"), 9, keep=4),
            ),
            title="[b]2[/b] " + N_("Accounts and positions"),
            empty=(
                N_("No account is connected."),
                N_("Accounts come from the desk's config; cockpit doctor tells what is missing."),
            ),
            id="positions",
        )

    def build(self, view: View) -> list[Row]:
        held: dict[str, list[PositionRow]] = {}
        for position in view.store.positions.values():
            held.setdefault(position.account, []).append(position)
        accounts = view.store.accounts
        full = len(accounts) + len(view.store.positions) > self.page
        self._folds = self._may_fold and full and len(accounts) > FEW and self._sieve.idle
        own = self.selected.removeprefix("#").partition("/")[0] if self.has_focus else ""
        rows: list[Row] = []
        for account in accounts.values():
            positions = held.get(account.name, [])
            folded = self._folds and account.name != own
            head = f"#{account.name}"
            looked_at = self.memo.looks_at(head)
            held_words = summary(positions) if folded and looked_at else ()
            make = partial(self._account, account, held_words)
            rows.append(self.memo.row(head, make, account, plain(held_words) if looked_at else None))
            for position in () if folded else sorted(positions, key=lambda position: position.symbol):
                rows.append(self.memo.row(position.key, partial(self._row, position), position))
        return rows

    @property
    def follows_cursor(self) -> bool:
        return self._folds or super().follows_cursor

    def _account(self, account: AccountRow, held: Cell) -> Row:
        line, note = self._account_lines(account, held)
        return Row(f"#{account.name}", line=line, note=note, stop=True)

    def _account_lines(self, row: AccountRow, held: Cell) -> tuple[Cell, Cell]:
        """An account's line, and a second one for what the first has no room for and what must be seen."""
        room = self.size.width - 2
        sign, ink = HEALTH[row.health]
        short = room < WIDE_HEAD
        first: list[Span] = [
            (f"{sign} ", ink),
            (row.name, "bright"),
            (f" {word('mode', row.mode.value).upper()}", row.mode.value),
        ]
        # in a narrow window the words for what is as it should be make room for figures
        if not (short and row.health == "live"):
            first.append((f" {word('health', row.health.value)}", ink))
        if not (short and row.state == "active"):
            first.append((f" {word('trading', row.state)}", STATE_INKS.get(row.state, "warn")))
        second: list[Span] = []
        for part, must in self._head_parts(row, held, short=short):
            if not second and width_of((*first, *part)) <= room:
                first += part
            elif must:
                second += part
        return tuple(first), tuple(second)

    def _head_parts(self, row: AccountRow, held: Cell, *, short: bool) -> list[tuple[Cell, bool]]:
        """What stands in an account's head, in order, and whether it must."""
        lever = fmt.NONE if row.leverage is None else f"{row.leverage:.2f}x"
        parts: list[tuple[Cell, bool]] = [
            (((f"  {_('equity')} ", "dim"), (fmt.usd(row.equity_usd), "text")), True),
            (((f"  {_('margin')} ", "dim"), (fmt.percent(row.margin_ratio), margin_ink(row.margin_ratio))), True),
            (((f"  {'' if short else _('lev') + ' '}", "dim"), (lever, "text")), True),
        ]
        if held:
            parts.append((held, any(ink in ("warn", "crit") for _text, ink in held)))
        if row.live:
            # what may be done with real money stands before its figures, so that it is not what finds no room
            parts.insert(0, (((f"  {said(row.live)}", "warn"),), True))
        if row.note:
            parts.append((((f"  {said(row.note)}", "warn"),), True))
        if row.unexplained_usd:
            odd = fmt.usd(row.unexplained_usd, signed=True)
            parts.append((((f"  {_('unexplained')} ", "dim"), (odd, "warn")), True))
        parts.append((((f"  {_('free')} ", "dim"), (fmt.usd(row.free_usd), "text")), False))
        parts.append((((f"  {_('orders')} ", "dim"), (str(row.open_orders), "text")), False))
        return parts

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
            ledger = fmt.qty(row.ledger_qty, signed=True)
            spans.append((f"▲ {_('ledger says {qty}, the venue differs').format(qty=ledger)} ", "crit"))
        if row.foreign_qty:
            foreign = fmt.qty(row.foreign_qty, signed=True)
            spans.append((_("foreign {qty}: not ours, never hedged by us").format(qty=foreign), "warn"))
        return tuple(spans)
