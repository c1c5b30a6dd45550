"""The first screen of a new user: one key to the paper desk, another to an account of his own."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Button

from cockpit.actions.registry import bindings
from cockpit.screens.add_account import AddAccountDialog
from cockpit.screens.dialog import Dialog, Press
from cockpit.setup_port import Setup, SetupError
from widgets.desk_words import said
from widgets.i18n import N_, _
from widgets.paint import Cell, cell
from widgets.prose import Prose


def _why() -> Cell:
    first = _("A maker order rests on one venue, each of its fills is hedged on another:")
    second = _("volume, funding or spread are earned while the net exposure stays near zero.")
    return ((f"{first} {second}", "text"),)


def _words() -> list[Cell]:
    return [
        (
            (_("enter"), "accent"),
            ("  ", "text"),
            (_("the paper desk: four accounts, no money, no keys asked for"), "bright"),
        ),
        cell("       " + _("then n proposes a hedge loop, tab and enter launch it"), "dim"),
        (
            ("a", "accent"),
            ("      ", "text"),
            (_("add an account at a venue, step by step; it only watches at first"), "text"),
        ),
        (("?", "accent"), ("      ", "text"), (_("the keys"), "text")),
        (("q", "accent"), ("      ", "text"), (_("leave; nothing has been started"), "text")),
    ]


class WelcomeDialog(Dialog[None]):
    """Leaves only once a desk runs, or with the cockpit."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("welcome")]
    HINTS: ClassVar[tuple[str, ...]] = ("welcome.start", "welcome.add", "detach.any")
    AUTO_FOCUS: ClassVar[str | None] = "#submit"
    TITLE_TEXT: ClassVar[str] = N_("Welcome to cockpit")

    def __init__(self, setup: Setup) -> None:
        super().__init__()
        self._setup = setup
        self._note = Prose(((),), id="note")
        self._busy = False

    def content(self) -> ComposeResult:
        yield Prose((_why(),), id="why")
        yield Prose(_words(), id="words")
        yield self._note
        with Horizontal(id="buttons"):
            yield Press(_("Paper desk"), id="submit")
            yield Press(_("Add an account"), id="add")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "add":
            self.action_add()
        else:
            self.action_start()

    def action_cancel(self) -> None:
        """Escape has nothing to go back to here."""
        self.say(_("enter starts the paper desk, q leaves"), "dim")

    def say(self, text: str, ink: str = "dim") -> None:
        self._note.show((cell(text, ink),))

    def action_start(self) -> None:
        if not self._busy:
            self._busy = True
            self.say(_("starting the desk …"))
            self.run_worker(self._start(), group="setup")

    async def _start(self) -> None:
        try:
            await self._setup.start_desk()
        except SetupError as error:
            self.say(f"✗ {said(str(error))}", "crit")
            return
        finally:
            self._busy = False
        self.dismiss(None)
        self.cockpit.call_later(self.cockpit.say, _("your desk runs; n launches a loop, ? shows the keys"))

    def action_add(self) -> None:
        def added(lines: tuple[str, ...] | None) -> None:
            if lines:
                self.say("✓ " + "; ".join(map(said, lines)) + ". " + _("enter starts the desk"), "up")

        self.app.push_screen(AddAccountDialog(self._setup), added)
