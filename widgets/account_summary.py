"""One account at a glance: what it is worth, how near a liquidation is, what it may do, and what is said of it."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from cockpit.link.answers import AccountSheet
from cockpit.link.rows import AccountRow, PositionRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.bars import bar
from widgets.desk_words import said
from widgets.drawing import Drawing, Told, flow
from widgets.i18n import N_, _
from widgets.modes import mode_name
from widgets.paint import Cell, Span, width_of, wrapped
from widgets.panel import View
from widgets.positions import HEALTH, STATE_INKS, liq_distance, margin_ink
from widgets.words import word

BAR_MOST = 50
"""Columns of the margin's bar at the most."""


def positions_of(store: Store, account: str) -> list[PositionRow]:
    """An account's positions, by market."""
    return sorted((row for row in store.positions.values() if row.account == account), key=lambda row: row.symbol)


def nearest(store: Store, account: str) -> PositionRow | None:
    """The position that is liquidated first as far as distances tell; None where no price is known."""
    known = [(distance, row) for row in positions_of(store, account) if (distance := liq_distance(row)) is not None]
    return min(known, key=lambda pair: (pair[0], pair[1].symbol))[1] if known else None


def margin_bar(ratio: float, width: int) -> Cell:
    """Maintenance margin ÷ equity on a bar whose right end is the liquidation."""
    room = max(4, min(BAR_MOST, width))
    return (("▕", "rule"), (bar(ratio, 1.0, room), margin_ink(ratio)), ("▏", "rule"))


class AccountSummary(Drawing):
    TABLES: ClassVar[frozenset[str]] = frozenset({"accounts", "positions", "wear", "second"})

    def __init__(self, told: Told[AccountSheet]) -> None:
        super().__init__(
            title="[b]1[/b] " + N_("Account"),
            empty=(
                N_("No such account."),
                N_("[ and ] go to the accounts there are, as the desk's config has them."),
            ),
            id="summary",
        )
        self.told = told

    def headline(self, view: View) -> Cell:
        row = view.store.accounts.get(self.subject)
        if row is None:
            return ()
        sign, ink = HEALTH[row.health]
        spans: list[Span] = [
            (f" {mode_name(row.mode.value)} ", f"badge-{row.mode.value}"),
            (f" {row.name}", "bright"),
            (f" {row.venue}" if row.venue != row.name else "", "dim"),
            (f"  {sign} {word('health', row.health.value)}", ink),
            (f"  {word('trading', row.state)}", STATE_INKS.get(row.state, "warn")),
        ]
        limits = self._limits(row)
        return (*spans, ("  ", "text"), *limits) if limits and self._fits(spans, limits) else tuple(spans)

    def _limits(self, row: AccountRow) -> Cell:
        """What may be done with real money."""
        return ((said(row.live), "warn"),) if row.live else ()

    def _fits(self, spans: list[Span], limits: Cell) -> bool:
        return width_of((*spans, *limits)) + 2 <= self.size.width - 2

    def draw(self, view: View, width: int, height: int) -> list[Cell]:
        row = view.store.accounts.get(self.subject)
        if row is None:
            return []
        lines = [self._margin(row, width)]
        limits = self._limits(row)
        if limits and limits[0] not in self.headline(view):
            lines += [((line, "warn"),) for line in wrapped(limits[0][0], width, 2)]
        for text in self._notes(row):
            lines += [((line, "warn"),) for line in wrapped(f"△ {text}", width, 2)]
        lines += flow(self._figures(row, view.store), width)
        if note := self.told.note(view.now_ns):
            lines.append(note)
        return lines

    def _margin(self, row: AccountRow, width: int) -> Cell:
        ratio = row.margin_ratio
        label: Cell = ((f"{_('margin')} ", "dim"), (f"{fmt.percent(ratio)} ", margin_ink(ratio)))
        if ratio is None:
            return (*label, (f"({_('the venue has not said')})", "dim"))
        tail = f" {_('liquidated at 100%')}"
        used = cell_len(label[0][0]) + len(label[1][0])
        room = width - used - cell_len(tail) - 2
        drawn = margin_bar(ratio, room if room >= 10 else width - used - 2)
        return (*label, *drawn, (tail, "dim")) if room >= 10 else (*label, *drawn)

    def _figures(self, row: AccountRow, store: Store) -> list[Cell]:
        def figure(label: str, text: str, ink: str = "text", unit: str = "") -> Cell:
            return ((f"{label} ", "dim"), (text, ink), (f" {unit}" if unit else "", "dim"))

        used = None if row.equity_usd is None or row.free_usd is None else row.equity_usd - row.free_usd
        leverage = fmt.NONE if row.leverage is None else f"{row.leverage:.2f}x"
        parts = [
            figure(_("equity"), fmt.usd(row.equity_usd), "bright", "USD"),
            figure(_("free"), fmt.usd(row.free_usd), unit="USD"),
            figure(_("in margin"), fmt.usd(used), unit="USD"),
            figure(_("leverage"), leverage),
            figure(_("orders"), str(row.open_orders)),
        ]
        near = nearest(store, row.name)
        if near is not None:
            away = liq_distance(near)
            parts.append(figure(_("nearest liquidation"), f"{fmt.percent(away)} {near.symbol}"))
        wear = store.wear.get(f"account/{row.name}")
        if wear is not None:
            parts.append(figure(_("wear"), fmt.usd(wear.wear_usd, signed=True), fmt.cost_tone(wear.wear_usd), "USD"))
        if self.told.value is not None:
            parts.append(figure(_("fees"), fmt.usd(self.told.value.fees_usd), unit="USD"))
        if row.unexplained_usd:
            text = fmt.usd(row.unexplained_usd, signed=True)
            parts.append(figure(_("unexplained"), f"!{text}", "warn", "USD"))
        return parts

    def _notes(self, row: AccountRow) -> list[str]:
        """What is wrong or limited, each once; what the headline says of a live account not again."""
        sheet = self.told.value
        notes = [row.note, *(sheet.notes if sheet is not None else ())]
        return [said(text) for text in dict.fromkeys(notes) if text and text != row.live]
