"""Exposure by coin over all accounts: what is net, and how much stands behind it on both sides."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import ZERO
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.exposure import Exposure, by_coin
from widgets.i18n import N_, _
from widgets.paint import cell
from widgets.panel import Panel, View

ALL = "*"
"""Key of the sum's row: no coin is called so."""


class ExposurePanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"positions"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("coin"), 4, left=True),
                Column(N_("net"), 8),
                Column(N_("net USD"), 9),
                Column(N_("gross USD"), 9),
                Column(N_("long USD"), 9, keep=2),
                Column(N_("short USD"), 9, keep=2),
                Column(N_("accounts"), 4, keep=3),
            ),
            title="[b]6[/b] " + N_("Exposure"),
            empty=(N_("No position is open."), N_("Net and gross by coin show here; n launches a loop.")),
            id="exposure",
        )

    def build(self, view: View) -> list[Row]:
        lines = by_coin(view.store.positions.values())
        rows = [self._row(line) for line in lines]
        if len(lines) > 1:
            rows.append(self._sum(lines))
        return rows

    def _row(self, line: Exposure) -> Row:
        return Row(
            line.coin,
            (
                cell(line.coin, "bright"),
                cell(fmt.qty(line.net_base, signed=True), fmt.tone(line.net_base)),
                cell(fmt.usd(line.net_usd, signed=True), fmt.tone(line.net_usd)),
                cell(fmt.usd(line.gross_usd)),
                cell(fmt.usd(line.long_usd), "dim"),
                cell(fmt.usd(line.short_usd), "dim"),
                cell(str(line.accounts), "dim"),
            ),
        )

    def _sum(self, lines: list[Exposure]) -> Row:
        net = sum((line.net_usd for line in lines), ZERO)
        return Row(
            ALL,
            (
                cell(_("all"), "bright"),
                cell(fmt.NONE, "dim"),
                cell(fmt.usd(net, signed=True), fmt.tone(net)),
                cell(fmt.usd(sum((line.gross_usd for line in lines), ZERO)), "bright"),
                cell(fmt.usd(sum((line.long_usd for line in lines), ZERO)), "dim"),
                cell(fmt.usd(sum((line.short_usd for line in lines), ZERO)), "dim"),
                cell(fmt.NONE, "dim"),
            ),
        )
