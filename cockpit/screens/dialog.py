"""Dialogs over the overview: header and strips stay in sight, Cancel has the focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from cockpit.actions.registry import bindings
from cockpit.screens.live import LiveScreen
from widgets.i18n import _
from widgets.paint import Cell, cell
from widgets.prose import Prose

T = TypeVar("T")


class Press(Button):
    """A button of one line that does not flash."""

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(label, id=id, compact=True)
        self.active_effect_duration = 0.0


class Dialog(LiveScreen[T], ModalScreen[T]):
    """A box in the middle. Escape closes it and does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("dialog")]
    HINTS: ClassVar[tuple[str, ...]] = ("cancel",)
    AUTO_FOCUS: ClassVar[str | None] = "#cancel"
    TITLE_TEXT: ClassVar[str] = ""

    def body(self) -> ComposeResult:
        box = Vertical(id="dialog")
        box.border_title = self.title_text()
        with box:
            yield from self.content()

    def title_text(self) -> str:
        """What stands in the border."""
        return _(self.TITLE_TEXT)

    def content(self) -> ComposeResult:
        """What stands in the box."""
        yield from ()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_submit(self) -> None:
        """Nothing to confirm by chord here; a form has."""


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    label: str
    doc: str


class ChoiceDialog(Dialog[str]):
    """One of several ways, or Cancel. Returns the id of the choice, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("up,left,k,h", "app.focus_previous", "previous"),
        ("down,right,j,l", "app.focus_next", "next"),
    ]

    def __init__(self, title: str, lines: Sequence[Cell], choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._lines = tuple(lines)
        self._choices = tuple(choices)

    def title_text(self) -> str:
        return self._title

    def content(self) -> ComposeResult:
        yield Prose((*self._lines, ()))
        for choice in self._choices:
            with Horizontal(classes="choice"):
                yield Press(_(choice.label), id=f"choice-{choice.id}")
                yield Prose((cell(_(choice.doc), "dim"),))
        with Horizontal(classes="choice"):
            yield Press(_("Cancel"), id="cancel")
            yield Prose((cell(_("change nothing"), "dim"),))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        name = event.button.id or ""
        self.dismiss(name.removeprefix("choice-") if name.startswith("choice-") else None)
