"""What one does to the selected loop, on every screen that has one."""

from __future__ import annotations

from textual.app import ComposeResult

from cockpit.link.messages import Pause, Resume
from cockpit.link.rows import LoopRow
from cockpit.screens.dialog import Choice
from cockpit.screens.edit import EditDialog
from cockpit.screens.live import LiveScreen
from cockpit.screens.mixing import Mixing
from cockpit.screens.tweaks import ENDED
from widgets.i18n import N_, _
from widgets.panel import View
from widgets.params import EffectLines

EFFECT_LINES, FEW_LINES = 3, 2
"""Lines that a staged change and its effect may take; fewer where the window is low, and wide enough for them."""
FEW_FROM = 76
"""Columns from which few lines say all that matters."""

STOP_CHOICES = (
    Choice("cycle", N_("After this cycle"), N_("finish what is open, then end")),
    Choice("now", N_("Now"), N_("cancel, hedge what is owed, keep what is open")),
    Choice("flatten", N_("Flatten it"), N_("cancel, hedge, then close its positions")),
)


class LoopActions(LiveScreen[None]):
    """A screen says which loop is meant (`selected`), which parameter keys nudge (`chosen_param`), and what enter does
    while nothing is staged (`drill`)."""

    def __init__(self) -> None:
        super().__init__()
        self.effect = EffectLines()
        self.mix = Mixing(self)

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self.mix
        yield self.effect

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        row = self.selected()
        low = self.has_class("-low")
        most = FEW_LINES if low and self.size.width >= FEW_FROM else EFFECT_LINES
        self.mix.paint(view, low=low)
        self.effect.update_from(view, row.id if row is not None else "", most=most)
        self.set_class(self.mix.display or bool(self.effect.text), "-mixing")

    def selected(self) -> LoopRow | None:
        """The loop that keys mean; None where there is none."""
        return None

    def chosen_param(self) -> str:
        """The parameter that `<` and `>` nudge."""
        return self.mix.chosen

    def drill(self) -> None:
        """Enter, while nothing is staged."""
        self.cockpit.say(_("nothing is staged; < > change the size, { } the cycles"), "warning")

    def chosen(self) -> LoopRow | None:
        """The selected loop, or a word that there is none."""
        row = self.selected()
        if row is None:
            self.cockpit.say(_("no loop is selected; n launches one"), "warning")
        return row

    def is_staged(self) -> bool:
        """Whether the selected loop has changes that were not sent yet."""
        row = self.selected()
        return row is not None and bool(self.cockpit.staging.of(row.id))

    # -- tweaks

    def action_nudge(self, steps: int) -> None:
        self.action_stage(self.chosen_param(), steps)

    def action_stage(self, name: str, steps: int) -> None:
        if (row := self.chosen()) is not None:
            self.cockpit.tweaks.nudge(row, name, steps)

    def action_apply(self) -> None:
        if self.cockpit.enter.repeats():
            self.cockpit.say(_("a held key sends nothing: let go, then enter once more"), "warning")
        elif self.is_staged() and (row := self.selected()) is not None:
            self.cockpit.tweaks.send(row.id)
        else:
            self.drill()

    def action_drop(self) -> None:
        row = self.selected()
        if row is not None:
            self.cockpit.tweaks.drop(row.id)
        self.cockpit.say("")

    def action_mix(self) -> None:
        """Open the strip of live parameters and go there; once more closes it."""
        if not self.mix.display:
            if self.chosen() is not None:
                self.mix.open()
        elif self.mix.has_focus:
            self.mix.close()
            self.focus_body()
        else:
            self.mix.focus(scroll_visible=False)
        self.cockpit.staged_changed()

    def focus_body(self) -> None:
        """Give the keys back to the panels."""
        if self.AUTO_FOCUS:
            self.query(self.AUTO_FOCUS).first().focus(scroll_visible=False)

    def action_undo(self) -> None:
        self.cockpit.tweaks.undo()

    def action_edit(self) -> None:
        if (row := self.chosen()) is None:
            return
        if row.state in ENDED:
            self.cockpit.say(_("{loop} has ended; n launches a new one").format(loop=row.id), "warning")
        else:
            self.app.push_screen(EditDialog(row, self.cockpit.staging.of(row.id)))

    # -- steering

    def action_pause(self) -> None:
        if (row := self.chosen()) is not None:
            self.cockpit.command(Pause(row.id), _("{loop}: pause").format(loop=row.id))

    def action_resume(self) -> None:
        if (row := self.chosen()) is not None:
            self.cockpit.command(Resume(row.id), _("{loop}: resume").format(loop=row.id))

    def action_stop(self) -> None:
        if (row := self.chosen()) is not None:
            self.cockpit.ask_stop(row)
