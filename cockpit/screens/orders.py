"""Every order of the journal: those at work, and what has ended, paged in as one scrolls, filtered by the desk."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.link.answers import OrdersPage
from cockpit.screens.order_life import OrderLifeDialog
from cockpit.screens.question import Question
from cockpit.screens.views import ViewScreen
from widgets.i18n import _
from widgets.order_list import PAGE
from widgets.orders import OrdersPanel
from widgets.paint import Cell, Span
from widgets.panel import View
from widgets.prose import Prose
from widgets.sifted import Sifted

DEBOUNCE_S = 0.25
"""Between the last key in the filter and the question to the desk."""


class OrdersScreen(ViewScreen):
    """`subject` is a filter to begin with."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("orders")]
    HINTS: ClassVar[tuple[str, ...]] = ("move", "order.life", "filter", "sort", "copy", "flatten", "help", "back")
    NAMES: ClassVar[tuple[str, ...]] = ("orders",)

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.panel = OrdersPanel()
        self.order = (self.panel,)
        self.foot = Prose(((),), id="foot")
        self._page = 0
        """The page that was asked for last."""
        self._edits = 0
        """How often the filter has changed: a question waits until it stands."""
        self.question = Question(self, "orders", OrdersPage, self._heard)

    def body(self) -> ComposeResult:
        yield from super().body()
        yield self.foot

    def on_mount(self) -> None:
        if self.subject:
            self.panel.filter_by(self.subject)
        else:
            self._ask(0)

    # -- asking

    def _ask(self, number: int) -> None:
        args = {"limit": str(PAGE), "before": self.panel.orders.before(number)}
        if self.panel.filter_text:
            args["filter"] = self.panel.filter_text
        self._page = number
        self.question.ask({name: value for name, value in args.items() if value})

    def _heard(self, page: OrdersPage) -> None:
        self.panel.orders.take(self._page, page)
        if not self.panel.filter_text:
            self.panel.all_orders = page.total
        self.panel.rebuild()
        self.panel.recount()

    def _look_around(self) -> None:
        """Ask for what lies ahead of the cursor, one page at a time."""
        if self.question.waits or self.question.refused:
            return
        orders = self.panel.orders
        row = self.panel.order(self.panel.selected)
        if orders.overrun and (row is None or (self.panel.rows[:1] and self.panel.rows[0].key == self.panel.selected)):
            orders.restart(orders.words)
        number = orders.wanted(row)
        if number is not None:
            self._ask(number)

    def on_grid_moved(self) -> None:
        self._look_around()

    def on_sifted_filtered(self, event: Sifted.Filtered) -> None:
        event.stop()
        self.question.forget()
        self._edits += 1
        edits = self._edits

        def stands() -> None:
            if edits == self._edits and self.is_mounted:
                self._ask(0)

        self.cockpit.after(DEBOUNCE_S, stands)

    # -- painting

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        if self.question.again(live=view.store.state == "live"):
            self._ask(self._page)
        self.foot.show((self._foot(view),))

    def _foot(self, view: View) -> Cell:
        orders = self.panel.orders
        spans: list[Span] = [(" ", "text")]
        if orders.total is None:
            spans.append((_("{count} from the desk's tables").format(count=f"{len(self.panel.rows):,}"), "dim"))
        else:
            text = _("{count} of {total} at hand").format(count=f"{orders.at_hand:,}", total=f"{orders.total:,}")
            spans.append((text, "dim"))
            if self.panel.sorted_by[0] and orders.at_hand < orders.total:
                spans.append((" · " + _("these are sorted, not the whole journal"), "warn"))
        return (*spans, (" · ", "rule"), *self.question.words(view.now_ns))

    # -- keys

    def action_life(self) -> None:
        """The whole life of the order under the cursor."""
        row = self.panel.order(self.panel.selected)
        if row is None:
            self.cockpit.say(_("no order is selected"), "warning")
        else:
            self.app.push_screen(OrderLifeDialog(row.client_order_id, row))
