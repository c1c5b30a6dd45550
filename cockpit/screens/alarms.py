"""Alarms: what stands and wants somebody, and what is over."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.link.messages import AckAlarm
from cockpit.link.rows import AlarmRow
from cockpit.screens.dialog import Choice, ChoiceDialog
from cockpit.screens.question import Question
from cockpit.screens.views import ViewScreen
from widgets.alarms import AlarmsPanel, PastAlarm, PastAlarmsPanel, whole
from widgets.desk_words import said
from widgets.detail import Detail
from widgets.i18n import N_, _, plural
from widgets.paint import cell, plain
from widgets.panel import View

ROOM_FOR_BOTH = 12
"""Lines of the body from which what stands and what is over are both shown."""
ASK_AGAIN_S = 30.0
"""How old the history may get before it is asked for again."""


class AlarmsScreen(ViewScreen):
    """`subject` is a filter to begin with. Keys mean the alarm under the cursor, not the one on top."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("alarms")]
    HINTS: ClassVar[tuple[str, ...]] = (
        "move", "alarms.ack", "alarms.ack.all", "alarms.drop", "filter", "flatten", "help", "back",
    )  # fmt: skip
    NAMES: ClassVar[tuple[str, ...]] = (N_("standing"), N_("over"))

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.standing = AlarmsPanel()
        self.past = PastAlarmsPanel()
        self.order = (self.standing, self.past)
        self.detail = Detail()
        self._ids: frozenset[str] = frozenset()
        self.question = Question(self, "alarms", tuple[PastAlarm, ...], self.past.tell)

    def body(self) -> ComposeResult:
        yield from super().body()
        yield self.detail

    def on_mount(self) -> None:
        if self.subject:
            self.standing.filter_by(self.subject)
        self.question.ask()

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        ids = frozenset(view.store.alarms)
        ended = bool(self._ids - ids)
        self._ids = ids
        live = view.store.state == "live"
        again = self.question.again(live=live) or (live and self.question.outdated(ASK_AGAIN_S))
        if again or (ended and not self.question.waits and not self.question.refused):
            self.question.ask()
        self._tell()
        self.tell_asides()

    def aside(self, index: int) -> str:
        if self.order[index] is not self.past:
            return ""
        return plain(self.question.words(self.cockpit.clock.now_ns(), fresh_s=ASK_AGAIN_S))

    def on_grid_moved(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """The alarm under the cursor whole: what it says, what was done, what helps."""
        if self.focused_panel is self.past:
            row = self.past.alarm(self.past.selected)
            self.detail.tell("" if row is None else whole(row.id, row.text, row.action))
        else:
            now = self.cockpit.link.store.alarms.get(self.standing.selected)
            self.detail.tell("" if now is None else whole(now.id, now.text, now.action))

    @property
    def always(self) -> int:
        return 2 if self.body_height >= ROOM_FOR_BOTH else 0

    # -- keys

    def _chosen(self) -> AlarmRow | None:
        """The alarm under the cursor, or a word that there is none."""
        row = self.cockpit.link.store.alarms.get(self.standing.selected)
        if row is None:
            self.cockpit.say(_("no alarm stands"))
        return row

    def action_ack(self) -> None:
        row = self._chosen()
        if row is None:
            return
        if row.acked_ts:
            self.cockpit.say(_("{who} has it already; it stands until its cause is gone").format(who=row.acked_by))
            return
        self.cockpit.command(AckAlarm(row.id), _("acknowledged: {text}").format(text=said(row.text)))

    def action_ack_all(self) -> None:
        waiting = [row for row in self.cockpit.link.store.alarms.values() if not row.acked_ts]
        if not waiting:
            self.cockpit.say(_("no alarm waits for you"))
            return
        done = plural("acknowledged: {count} alarm", "acknowledged: {count} alarms", len(waiting))
        self.cockpit.command(AckAlarm("all"), done.format(count=len(waiting)))

    def action_drop_alarm(self) -> None:
        row = self._chosen()
        if row is None:
            return

        def chosen(answer: str | None) -> None:
            if answer:
                self.cockpit.command(AckAlarm(row.id, drop=True), _("dropped: {text}").format(text=said(row.text)))

        lines = (cell(said(row.text)), cell(_("Its cause may still be there; it comes back when it is raised again.")))
        choice = Choice("drop", _("Drop it"), _("off the list for everybody"))
        self.app.push_screen(ChoiceDialog(_("Drop an alarm"), lines, (choice,)), chosen)
