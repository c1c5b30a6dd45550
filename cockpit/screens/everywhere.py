"""What can be done from every screen: opening screens, the emergency, alarms, what ends or looks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cockpit import locations
from cockpit.link.messages import AckAlarm, Flatten, FlattenCancel, Pause, Reduce, Resume, Stop
from cockpit.link.rows import AlarmRow, LoopRow, by_urgency
from cockpit.screens import catalogue
from cockpit.screens.dialog import Choice, ChoiceDialog, Dialog
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.going_live import GoLiveDialog
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.loop_actions import STOP_CHOICES
from cockpit.screens.reduce import ReduceDialog
from cockpit.screens.talking import TalkingApp
from cockpit.setup_port import Setup
from venues.model import NS_PER_S
from widgets.desk_words import said
from widgets.i18n import _, plural
from widgets.loops import legs_text
from widgets.paint import cell
from widgets.strips import at_work
from widgets.words import word


class EverywhereApp(TalkingApp):
    pictures: Path | None = None
    """Where screenshots go; None: into the state folder."""
    setup: Setup | None = None
    """Configuration and keys of this user; None where the cockpit has none of its own."""

    # -- screens

    def action_open(self, name: str, subject: str = "") -> None:
        """Open a screen of the catalogue over the overview; one view takes the place of another."""
        if name not in catalogue.SCREENS:
            known = ", ".join(sorted(catalogue.SCREENS))
            self.say(_("screen {name} is not known; there are {known}").format(name=repr(name), known=known), "error")
            return
        if isinstance(self.screen, Dialog):
            return
        try:
            screen = catalogue.make(name, subject)
        except ImportError as error:
            self.say(_("screen {name} cannot be opened: {error}").format(name=name, error=error), "error")
            return
        if len(self.screen_stack) > 1:
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def action_overview(self) -> None:
        """Close every view."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    # -- everything at once

    def action_launch(self) -> None:
        self.open_launch("hedge", {})

    def open_launch(self, kind: str, given: Mapping[str, str]) -> None:
        """The launch form, filled in as far as is `given`."""
        self.push_screen(LaunchDialog(kind, given))

    def action_stop_entries(self) -> None:
        self.command(Pause("all"), _("all entries stopped; R resumes"))

    def action_resume_all(self) -> None:
        def chosen(answer: str | None) -> None:
            if answer:
                self.command(Resume("all"), _("all loops resumed, entries allowed"))

        lines = (cell(_("Every paused loop trades on, and new loops may open positions again.")),)
        choice = Choice("resume", _("Resume all"), _("loops and entries"))
        self.push_screen(ChoiceDialog(_("Resume everything"), lines, (choice,)), chosen)

    def action_flatten(self) -> None:
        """The first stroke of the chord opens the list, the second one confirms it."""
        if isinstance(self.screen, FlattenDialog):
            self.screen.stroke()
        else:
            self._ask_flatten(())

    def action_flatten_account(self, account: str) -> None:
        """The same list for one account; the chord is that of the flatten of all."""
        if isinstance(self.screen, FlattenDialog):
            self.screen.stroke()
        elif account in self.link.store.accounts:
            self._ask_flatten((account,))
        else:
            self.say(_("account {name} is not known").format(name=repr(account)), "warning")

    def _ask_flatten(self, accounts: tuple[str, ...]) -> None:
        def confirmed(scope: str | None) -> None:
            if scope is not None:
                done = _("the desk has the flatten; it is done when every venue reads flat")
                self.command(Flatten(accounts=accounts, scope=scope), done)

        self.push_screen(FlattenDialog(accounts), confirmed)

    def action_reduce(self, fraction: str = "0.25") -> None:
        """As a flatten, of a part of every position."""
        if isinstance(self.screen, ReduceDialog):
            self.screen.stroke()
            return
        dialog = ReduceDialog(fraction)

        def confirmed(choice: str | None) -> None:
            if choice is not None:
                done = _("the desk has the reduce; the strip says when it is done")
                self.command(Reduce(fraction=dialog.fraction), done)

        self.push_screen(dialog, confirmed)

    def ask_stop(self, row: LoopRow, mode: str = "") -> None:
        """How to stop a loop, or whether to, where the way was chosen already."""

        def chosen(answer: str | None) -> None:
            if answer:
                words = _("{loop}: stop {mode}").format(loop=row.id, mode=answer)
                self.command(Stop(row.id, answer), words)

        detail = said(row.detail) or word("phase", row.phase)
        lines = (cell(legs_text(row), "dim"), ((f"{word('loop', row.state)}, ", "text"), (detail, "text")))
        choices = tuple(each for each in STOP_CHOICES if mode in ("", each.id))
        self.push_screen(ChoiceDialog(_("Stop {loop}").format(loop=row.id), lines, choices), chosen)

    def action_cancel_flatten(self) -> None:
        rows = sorted((r for r in self.link.store.flattens.values() if at_work(r)), key=lambda r: r.ts)
        if not rows:
            self.say(_("no flatten is at work"))
            return
        row = rows[-1]
        kind = word("flatten", row.kind)

        def chosen(answer: str | None) -> None:
            if answer:
                words = _("{kind} {id} called off").format(kind=kind, id=row.id)
                self.command(FlattenCancel(row.id), words)

        lines = (cell(said(row.text)), *(cell(f"▸ {said(leg)}", "warn") for leg in row.legs))
        choice = Choice("off", _("Call it off"), _("what is still open stays open"))
        self.push_screen(ChoiceDialog(_("Call off the {kind}").format(kind=kind), lines, (choice,)), chosen)

    def action_go_live(self) -> None:
        live = [row for row in self.link.store.accounts.values() if row.mode.value == "live"]
        if live:
            self.push_screen(GoLiveDialog(live))
        else:
            self.say(_('no live account is configured; see mode = "live" in the guide'))

    # -- alarms

    def action_acknowledge(self) -> None:
        waiting = self._waiting()
        if waiting:
            self.command(AckAlarm(waiting[0].id), _("acknowledged: {text}").format(text=said(waiting[0].text)))
        else:
            self.say(_("no alarm waits for you"))

    def action_acknowledge_all(self) -> None:
        waiting = self._waiting()
        if waiting:
            count = plural("acknowledged: {count} alarm", "acknowledged: {count} alarms", len(waiting))
            self.command(AckAlarm("all"), count.format(count=len(waiting)))
        else:
            self.say(_("no alarm waits for you"))

    def _waiting(self) -> list[AlarmRow]:
        """Alarms that nobody has acknowledged, as the strips show them from the top."""
        return [row for row in by_urgency(self.link.store.alarms.values()) if not row.acked_ts]

    # -- looking

    def action_toggle_display(self) -> None:
        self.toggle_display()

    def action_screenshot_svg(self) -> None:
        folder = self.pictures or locations.find().pictures
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = self.save_screenshot(f"cockpit-{self.clock.now_ns() // NS_PER_S}.svg", path=str(folder))
        except OSError as error:
            self.say(_("no picture: {error}").format(error=error), "error")
            return
        self.say(_("saved {path}").format(path=path))
