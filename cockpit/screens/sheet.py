"""A view of one thing of several, a loop or an account: what the store has of it at once, and the rest asked of the
desk as it changes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.order_life import OrderLifeDialog
from cockpit.screens.question import Question
from cockpit.screens.views import ViewScreen
from venues.model import NS_PER_S
from widgets.drawing import About, Told
from widgets.i18n import _
from widgets.panel import View

SOONEST_S = 2
"""Seconds between two questions while things change."""
PHONE_WIDTH, PHONE_HEIGHT = 76, 24
"""Columns and lines below which a window counts as a phone's."""
LATEST_S = 15
"""Seconds after which it is asked again though nothing has changed."""

A = TypeVar("A")


class SheetScreen(ViewScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("sheet")]

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self._asked_ns: int | None = None
        self._asked_of: Hashable = None
        self._told: list[tuple[Question[object], Told[object]]] = []

    def on_resize(self, event: events.Resize) -> None:
        """A window as small as a phone's gets shapes of its own."""
        self.set_class(event.size.width < PHONE_WIDTH or event.size.height < PHONE_HEIGHT, "-phone")

    # -- what a screen says of itself

    def names(self) -> Sequence[str]:
        """What there is to show, in the order that `[` and `]` walk."""
        return ()

    def state_of(self, view: View) -> Hashable:
        """What an answer depends on: another value, and the desk is asked again."""
        return None

    def ask(self) -> None:
        """Put the screen's questions about `subject`."""

    # -- the desk's answers

    def told_by(self, what: str, kind: type[A]) -> tuple[Question[A], Told[A]]:
        """A question and where its last answer stands."""
        told: Told[A] = Told()

        def heard(answer: A) -> None:
            told.value, told.ts = answer, self.cockpit.clock.now_ns()

        question = Question(self, what, kind, heard)
        self._told.append((question, told))  # type: ignore[arg-type]  # each pair is of one kind, the list of several
        return question, told

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        names = self.names()
        if not self.subject and names:
            self.subject = names[0]
        self._ask_in_time(view)
        for question, told in self._told:
            told.error = question.error
        for panel in self.order:
            if isinstance(panel, About):
                panel.about(self.subject)
        super().paint(view, dirty, paused=paused)

    def _ask_in_time(self, view: View) -> None:
        """Ask at once of a new subject, soon of what has changed, and now and then in any case."""
        if not self.subject or view.store.state != "live" or any(question.waits for question, _told in self._told):
            return
        state = (self.subject, self.state_of(view))
        since = None if self._asked_ns is None else (view.now_ns - self._asked_ns) / NS_PER_S
        due = since is None or since >= LATEST_S or (state != self._asked_of and since >= SOONEST_S)
        if due:
            self._asked_ns, self._asked_of = view.now_ns, state
            self.ask()

    # -- keys

    def action_subject(self, steps: int) -> None:
        """The next one, round the end."""
        names = self.names()
        if not names:
            self.cockpit.say(_("there is nothing else to go to"), "warning")
            return
        at = names.index(self.subject) if self.subject in names else -1 if steps > 0 else 0
        self.show_subject(names[(at + steps) % len(names)])

    def show_subject(self, subject: str) -> None:
        """Show another one; answers about the one before are no longer wanted."""
        self.subject = subject
        for question, told in self._told:
            question.forget()
            question.error = ""
            told.value, told.ts, told.error = None, 0, ""
        self._asked_ns = None
        self.cockpit.repaint()
        self.show_hints()

    def open_order(self, order_id: str) -> None:
        """The life of an order, if there is one."""
        if not order_id:
            self.cockpit.say(_("no order is selected"), "warning")
            return
        self.app.push_screen(OrderLifeDialog(order_id, self.cockpit.link.store.orders.get(order_id)))
