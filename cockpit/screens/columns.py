"""Which columns of a table are shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button

from cockpit.screens.dialog import Dialog, Press
from widgets.columns import Column
from widgets.fields import Field, FieldList
from widgets.i18n import N_, _
from widgets.paint import cell
from widgets.prose import Prose

FRAME = 6
"""Lines of the box that are not columns: border, a hint of two lines, buttons."""


class ColumnsDialog(Dialog[frozenset[str]]):
    """One line a column; returns the titles of those to be hidden, None for no change."""

    AUTO_FOCUS: ClassVar[str | None] = "FieldList"
    HINTS: ClassVar[tuple[str, ...]] = ("move", "fields", "cancel")
    TITLE_TEXT: ClassVar[str] = N_("Columns")

    def __init__(self, columns: Sequence[Column], hidden: Collection[str]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._hidden = frozenset(hidden)
        self.fields = FieldList()

    def content(self) -> ComposeResult:
        yield self.fields
        yield Prose((cell(_("← → shows or hides, enter takes it over; what finds no room is left out anyway"), "dim"),))
        with Horizontal(id="buttons"):
            yield Press(_("Take over"), id="submit")
            yield Press(_("Cancel"), id="cancel")

    def on_mount(self) -> None:
        shown, hidden = _("shown"), _("hidden")
        self.fields.load([
            Field(_(c.title), now := hidden if c.title in self._hidden else shown, choices=(shown, hidden), free=False,
                was=now)
            for c in self._columns
        ])  # fmt: skip
        self.query_one("#dialog").styles.height = len(self._columns) + FRAME

    def on_field_list_submitted(self) -> None:
        self.action_submit()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "submit":
            self.action_submit()
        else:
            self.action_cancel()

    def action_submit(self) -> None:
        pairs = zip(self._columns, self.fields.fields, strict=True)
        hidden = frozenset(column.title for column, field in pairs if field.value != _("shown"))
        if len(hidden) == len(self._columns):
            self.cockpit.say(_("one column has to stay"), "warning")
            return
        self.dismiss(hidden)
