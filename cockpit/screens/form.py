"""A form over fields: arrows walk, typing edits, the desk's complaint lands on the field it names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button

from cockpit.link.client import LinkError
from cockpit.link.messages import Verb
from cockpit.screens.dialog import Dialog, Press
from widgets.desk_words import said
from widgets.fields import Field, FieldList
from widgets.i18n import N_, _
from widgets.lines import Lines
from widgets.paint import Cell, cell, wrapped

FRAME = 7
"""Lines of the box that are not fields: border, help, buttons, one blank."""


class FormDialog(Dialog[None]):
    """Stays open, with everything typed, until the desk has said yes."""

    AUTO_FOCUS: ClassVar[str | None] = "FieldList"
    HINTS: ClassVar[tuple[str, ...]] = ("move", "fields", "submit", "cancel")
    SUBMIT_LABEL: ClassVar[str] = N_("Apply")
    BINDINGS: ClassVar[list[BindingType]] = [
        ("left,up", "app.focus_previous", "previous"),
        ("right,down", "app.focus_next", "next"),
        # With priority, so that tab and enter that come in one burst over a slow line are taken in their order.
        Binding("tab", "next_stop", "next", show=False, priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.fields = FieldList()
        self.help = Lines(((), (), ()), id="fieldhelp")
        self._note: tuple[Cell, ...] = ((), ())
        self._busy = False

    def content(self) -> ComposeResult:
        yield self.fields
        yield self.help
        with Horizontal(id="buttons"):
            yield Press(_(self.SUBMIT_LABEL), id="submit")
            yield Press(_("Cancel"), id="cancel")

    def load(self, fields: Sequence[Field]) -> None:
        """Fill the form; the box grows to what it holds, as far as the window lets it."""
        self.fields.load(fields)
        self.query_one("#dialog").styles.height = len(fields) + FRAME

    def action_next_stop(self) -> None:
        """From the fields to the buttons, and round."""
        self.focus_next()

    def on_field_list_moved(self) -> None:
        self._explain()

    def on_field_list_submitted(self, _event: FieldList.Submitted) -> None:
        """Enter in a field: the next one, and from the last one to the button."""
        self.cockpit.enter.taken()
        if self.fields.at_end:
            self.query_one("#submit", Button).focus()
        else:
            self.fields.go(self.fields.index + 1)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id != "submit":
            self.action_cancel()
        elif self.cockpit.enter.repeats():
            self.say(_("a held key confirms nothing: let go, then enter once more"), "warn")
        else:
            self.action_submit()

    def say(self, text: str, ink: str = "dim") -> None:
        """Two lines under the help; what stands there stays until the next word."""
        width = self.help.size.width or self.app.size.width - 6
        lines: list[Cell] = [cell(line, ink) for line in wrapped(text, width, 2)]
        self._note = (*lines, (), ())[:2]
        self._explain()

    def _explain(self) -> None:
        field = self.fields.current
        doc: Cell = () if field is None else ((f"{field.name}  ", "accent"), (said(field.doc), "dim"))
        self.help.show((doc, *self._note))

    def verb(self) -> Verb | None:
        """The command that the form stands for; None where there is nothing to send."""
        return None

    def done_text(self) -> str:
        """What the key bar says once the desk has taken it."""
        return _("done")

    def action_submit(self) -> None:
        verb = self.verb()
        if verb is None:
            self.say(_("nothing is changed"))
        elif not self._busy:
            self._busy = True
            self.run_worker(self._send(verb), group="form")

    async def _send(self, verb: Verb) -> None:
        """Send, and close on yes; on no keep everything and show where it hurts."""
        self.say(_("asking the desk …"))
        try:
            ack = await self.cockpit.link.send(verb)
        except LinkError as error:
            self.say(f"✗ {said(str(error))}", "crit")
            return
        finally:
            self._busy = False
        if not ack.ok:
            self.fields.mark_error(ack.error)
            self.say(f"✗ {said(ack.error)}", "crit")
            self.fields.focus()
            return
        text = self.done_text()
        self.dismiss(None)
        self.cockpit.call_later(self.cockpit.say, text)
