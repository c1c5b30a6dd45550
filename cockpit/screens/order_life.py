"""The whole life of one order, over whatever screen it was asked from."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.link.answers import LoopSheet, ObligationLine, OrderLife
from cockpit.link.rows import OrderRow
from cockpit.screens.dialog import Dialog
from cockpit.screens.question import Question
from cockpit.screens.table_keys import TableKeys
from widgets.i18n import N_
from widgets.order_life import LifeGrid, facts, obligation_number
from widgets.paint import cell
from widgets.panel import View
from widgets.prose import Prose


class OrderLifeDialog(Dialog[None], TableKeys[None]):
    """Asks again when the order changes in the store; what the store has is shown before the desk has answered."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("move", "table")]
    HINTS: ClassVar[tuple[str, ...]] = ("move", "copy", "copy.table", "cancel")
    AUTO_FOCUS: ClassVar[str | None] = "#life"
    TITLE_TEXT: ClassVar[str] = N_("Order")

    def __init__(self, client_order_id: str, row: OrderRow | None = None) -> None:
        super().__init__()
        self._order_id = client_order_id
        self._row = row
        self._owed: ObligationLine | None = None
        self._seen: OrderRow | None = None
        """The order in the store when the desk was asked last."""
        self.facts = Prose(((),))
        self.grid = LifeGrid()
        self.foot = Prose(((),))
        self.question = Question(self, "order", OrderLife, self._heard)
        self._obligations = Question(self, "loop", LoopSheet, self._heard_loop)

    def content(self) -> ComposeResult:
        yield self.facts
        yield self.grid
        yield self.foot

    def on_mount(self) -> None:
        self._ask()

    def _ask(self) -> None:
        self._seen = self.cockpit.link.store.orders.get(self._order_id)
        self.question.ask({"id": self._order_id})
        row = self._seen or self._row
        if row is not None and row.loop and obligation_number(self._order_id) is not None:
            self._obligations.ask({"loop": row.loop})

    def _heard(self, life: OrderLife) -> None:
        self._row = life.order
        self.grid.tell(life)

    def _heard_loop(self, sheet: LoopSheet) -> None:
        number = obligation_number(self._order_id)
        self._owed = next((line for line in sheet.obligations if line.number == number), None)

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        live = view.store.orders.get(self._order_id)
        changed = live is not None and live != self._seen
        again = self.question.again(live=view.store.state == "live")
        if (changed and not self.question.waits) or again:
            self._ask()
        row = live or self._row
        self.facts.show(facts(row, self._owed) if row is not None else (cell(self._order_id, "dim"),))
        self.foot.show((self.question.words(view.now_ns),))

    def action_move(self, steps: int) -> None:
        self.grid.move(steps)

    def action_move_page(self, pages: int) -> None:
        self.grid.move(pages * self.grid.page)
