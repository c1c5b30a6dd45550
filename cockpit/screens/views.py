"""What all views beside the overview share: one or more panels over the whole screen, and the way back."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.deck import Deck


class ViewScreen(Deck):
    """A view fills `order` with its panels. Escape goes back, once no filter hides rows any more."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("back", "view", "move")]
    HINTS: ClassVar[tuple[str, ...]] = ("move", "filter", "sort", "copy", "flatten", "help", "back")

    def __init__(self, subject: str = "") -> None:
        """`subject` is what it shows one of; "" for the first, or for all."""
        super().__init__()
        self.subject = subject

    def action_back(self) -> None:
        self.dismiss(None)
