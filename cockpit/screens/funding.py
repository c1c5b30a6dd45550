"""Funding: all venues side by side by the year, the best carry of each coin, and what each account has paid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.coins import CoinScreen
from widgets.carry import HOLDS, LEAST_LEVERAGE, MOST_LEVERAGE
from widgets.carry_panels import AccruedPanel, CarryPanel
from widgets.funding_matrix import FundingMatrix
from widgets.i18n import N_


class FundingScreen(CoinScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("coins", "funding")]
    NAMES = (N_("funding"), N_("carry"), N_("accounts"))
    HINTS: ClassVar[tuple[str, ...]] = (
        "leverage", "hold", "coin", "funding.spreads", "filter", "sort", "zoom", "move", "flatten", "help", "back",
    )  # fmt: skip
    AUTO_FOCUS: ClassVar[str | None] = "#matrix"

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.matrix = FundingMatrix()
        self.carry = CarryPanel()
        self.accrued = AccruedPanel()
        self.order = (self.matrix, self.carry, self.accrued)

    def coins(self) -> Iterable[str]:
        return {row.base for row in self.cockpit.link.store.funding.values()}

    def show_coin(self, coin: str) -> None:
        self.subject = coin
        self.matrix.show_coin(coin)
        self._reckon(self.carry.leverage, self.carry.hold_days)

    def aside(self, index: int) -> str:
        return self.carry.terms if index == 1 else super().aside(index)

    def _reckon(self, leverage: int, hold_days: int) -> None:
        self.carry.reckon(coin=self.subject, leverage=leverage, hold_days=hold_days)
        self.tell_asides()

    def action_leverage(self, steps: int) -> None:
        leverage = max(LEAST_LEVERAGE, min(MOST_LEVERAGE, self.carry.leverage + steps))
        self._reckon(leverage, self.carry.hold_days)

    def action_hold(self, steps: int) -> None:
        index = HOLDS.index(self.carry.hold_days) + steps
        self._reckon(self.carry.leverage, HOLDS[max(0, min(len(HOLDS) - 1, index))])

    def action_open_spreads(self) -> None:
        """The spreads of the coin under the cursor."""
        coin = self.carry.selected if self.focused_panel is self.carry else self.matrix.selected_coin
        self.cockpit.action_open("spreads", coin)
