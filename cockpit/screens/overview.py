"""The overview: loops, accounts and positions, spreads, wear, funding, log, on one screen."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from cockpit.actions.registry import bindings
from cockpit.link.messages import AckAlarm, FlattenCancel, Pause, Resume, Stop
from cockpit.link.rows import AlarmRow, LoopRow, by_urgency
from cockpit.screens.dialog import Choice, ChoiceDialog
from cockpit.screens.edit import EditDialog
from cockpit.screens.going_live import GoLiveDialog
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.live import LiveScreen
from cockpit.screens.views import LogScreen, OrdersScreen
from widgets.funding import FundingPanel
from widgets.logview import LogPanel
from widgets.loops import LoopsPanel, legs_text
from widgets.paint import cell
from widgets.panel import Panel, View
from widgets.positions import PositionsPanel
from widgets.spreads import SpreadsPanel
from widgets.strips import at_work
from widgets.wear import WearPanel

BY_WIDTH = [(0, "-narrow"), (110, "-normal"), (150, "-wide")]
BY_HEIGHT = [(0, "-low"), (34, "-tall")]
"""Classes of the overview by the window's size; the sheet arranges the panels by them."""
ALWAYS = 2
"""Panels shown in every window; in a low one the others take turns below them."""
NAMES = ("loops", "positions", "spreads", "wear", "funding", "log")
STOP_CHOICES = (
    Choice("cycle", "After this cycle", "finish what is open, then end"),
    Choice("now", "Now", "cancel, hedge what is owed, keep what is open"),
    Choice("flatten", "Flatten it", "cancel, hedge, then close its positions"),
)


class OverviewScreen(LiveScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("overview", "loop", "move")]
    HORIZONTAL_BREAKPOINTS = BY_WIDTH
    VERTICAL_BREAKPOINTS = BY_HEIGHT
    AUTO_FOCUS: ClassVar[str | None] = "#loops"
    HINTS: ClassVar[tuple[str, ...]] = (
        "launch", "size", "cycles", "edit", "pause", "resume", "stop", "detach", "orders", "log", "zoom",
        "stop.entries", "display", "theme", "flatten", "help",
    )  # fmt: skip
    STAGED_HINTS: ClassVar[tuple[str, ...]] = (
        "apply", "drop", "size", "cycles", "edit", "flatten", "help",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.loops = LoopsPanel()
        self.order: tuple[Panel, ...] = (
            self.loops,
            PositionsPanel(),
            SpreadsPanel(),
            WearPanel(),
            FundingPanel(),
            LogPanel(keep=200),
        )
        self._titles = [str(panel.border_title) for panel in self.order]
        self._turn: Panel = self.order[ALWAYS]

    def body(self) -> ComposeResult:
        with Container(id="body"):
            yield from self.order

    def on_mount(self) -> None:
        super().on_mount()
        self._arrange()

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._arrange)

    def show_hints(self) -> None:
        from cockpit.actions.registry import hints

        row = self.selected()
        staged = row is not None and bool(self.cockpit.staging.of(row.id))
        self.keybar.hints(hints(*(self.STAGED_HINTS if staged else self.HINTS)))

    # -- panels

    @property
    def focused_panel(self) -> Panel:
        return self.focused if isinstance(self.focused, Panel) else self.loops

    def _arrange(self) -> None:
        """In a low window one of the lower panels is shown at a time; its title lists the others."""
        low = self.has_class("-low")
        zoomed = self.query_one("#body").has_class("-zoom")
        for index, panel in enumerate(self.order):
            mine = panel is self.focused_panel
            panel.display = mine if zoomed else (not low or index < ALWAYS or panel is self._turn)
            title = self._titles[index]
            if low and panel is self._turn and not zoomed:
                others = (f"{i + 1} {NAMES[i]}" for i in range(ALWAYS, len(NAMES)) if i != index)
                title += f"[dim] │ {'  '.join(others)}[/dim]"
            if panel.border_title != title:
                panel.border_title = title
        self.cockpit.repaint()

    def action_show_panel(self, number: int) -> None:
        panel = self.order[number - 1]
        if number > ALWAYS:
            self._turn = panel
        zoomed = self.query_one("#body").has_class("-zoom")
        panel.display = True
        self.set_focus(panel, scroll_visible=False)
        if zoomed or self.has_class("-low"):
            self._arrange()

    def action_panel(self, steps: int) -> None:
        index = self.order.index(self.focused_panel)
        self.action_show_panel((index + steps) % len(self.order) + 1)

    def action_zoom(self) -> None:
        self.query_one("#body").toggle_class("-zoom")
        self._arrange()

    def action_move(self, steps: int) -> None:
        self.focused_panel.move(steps)

    def action_move_page(self, pages: int) -> None:
        self.focused_panel.move(pages * self.focused_panel.page)

    def on_grid_moved(self) -> None:
        self.show_hints()

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        if "staged" in dirty:
            self.show_hints()

    # -- the selected loop

    def selected(self) -> LoopRow | None:
        return self.cockpit.link.store.loops.get(self.loops.selected)

    def _chosen(self) -> LoopRow | None:
        """The selected loop, or a word that there is none."""
        row = self.selected()
        if row is None:
            self.cockpit.say("no loop is selected; n launches one", "warning")
        return row

    def action_stage(self, name: str, steps: int) -> None:
        if (row := self._chosen()) is None:
            return
        if row.state in ("done", "stopped"):
            self.cockpit.say(f"{row.id} has ended; n launches a new one", "warning")
            return
        self.cockpit.stage(row, name, steps)

    def action_apply(self) -> None:
        if (row := self._chosen()) is not None:
            self.cockpit.send_staged(row.id)

    def action_drop(self) -> None:
        row = self.selected()
        if row is not None and self.cockpit.staging.drop(row.id):
            self.cockpit.staged_changed()
        self.cockpit.say("")

    def action_edit(self) -> None:
        if (row := self._chosen()) is not None:
            self.app.push_screen(EditDialog(row, self.cockpit.staging.of(row.id)))

    def action_pause(self) -> None:
        if (row := self._chosen()) is not None:
            self.cockpit.command(Pause(row.id), f"{row.id}: pause")

    def action_resume(self) -> None:
        if (row := self._chosen()) is not None:
            self.cockpit.command(Resume(row.id), f"{row.id}: resume")

    def action_stop(self) -> None:
        row = self._chosen()
        if row is None:
            return

        def chosen(mode: str | None) -> None:
            if mode:
                self.cockpit.command(Stop(row.id, mode), f"{row.id}: stop {mode}")

        lines = (cell(legs_text(row), "dim"), ((f"{row.state}, ", "text"), (row.detail or row.phase, "text")))
        self.app.push_screen(ChoiceDialog(f"Stop {row.id}", lines, STOP_CHOICES), chosen)

    # -- everything at once

    def action_launch(self) -> None:
        self.app.push_screen(LaunchDialog("hedge"))

    def action_stop_entries(self) -> None:
        self.cockpit.command(Pause("all"), "all entries stopped; R resumes")

    def action_resume_all(self) -> None:
        def chosen(answer: str | None) -> None:
            if answer:
                self.cockpit.command(Resume("all"), "all loops resumed, entries allowed")

        lines = (cell("Every paused loop trades on, and new loops may open positions again."),)
        choice = Choice("resume", "Resume all", "loops and entries")
        self.app.push_screen(ChoiceDialog("Resume everything", lines, (choice,)), chosen)

    def action_acknowledge(self) -> None:
        waiting = self._waiting()
        if waiting:
            self.cockpit.command(AckAlarm(waiting[0].id), f"acknowledged: {waiting[0].text}")
        else:
            self.cockpit.say("no alarm waits for you")

    def action_acknowledge_all(self) -> None:
        waiting = self._waiting()
        if waiting:
            count = f"{len(waiting)} alarm{'s' if len(waiting) > 1 else ''}"
            self.cockpit.command(AckAlarm("all"), f"acknowledged: {count}")
        else:
            self.cockpit.say("no alarm waits for you")

    def _waiting(self) -> list[AlarmRow]:
        """Alarms that nobody has acknowledged, as the strips show them from the top."""
        return [row for row in by_urgency(self.cockpit.link.store.alarms.values()) if not row.acked_ts]

    def action_cancel_flatten(self) -> None:
        rows = sorted((r for r in self.cockpit.link.store.flattens.values() if at_work(r)), key=lambda r: r.ts)
        if not rows:
            self.cockpit.say("no flatten is at work")
            return
        row = rows[-1]

        def chosen(answer: str | None) -> None:
            if answer:
                self.cockpit.command(FlattenCancel(row.id), f"{row.kind} {row.id} called off")

        lines = (cell(row.text), *(cell(f"▸ {leg}", "warn") for leg in row.legs))
        choice = Choice("off", "Call it off", "what is still open stays open")
        self.app.push_screen(ChoiceDialog(f"Call off the {row.kind}", lines, (choice,)), chosen)

    def action_go_live(self) -> None:
        live = [row for row in self.cockpit.link.store.accounts.values() if row.mode.value == "live"]
        if live:
            self.app.push_screen(GoLiveDialog(live))
        else:
            self.cockpit.say('no live account is configured; see mode = "live" in the guide')

    def action_orders(self) -> None:
        self.app.push_screen(OrdersScreen())

    def action_log(self) -> None:
        self.app.push_screen(LogScreen())

    def action_toggle_display(self) -> None:
        self.cockpit.toggle_display()
