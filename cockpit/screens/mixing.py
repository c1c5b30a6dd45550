"""The mixing strip under the overview: it takes the arrow keys while it has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.learning import Learning
from widgets.panel import View
from widgets.params import MixStrip

if TYPE_CHECKING:
    from cockpit.screens.loop_actions import LoopActions


class Mixing(MixStrip, can_focus=True):
    """Left and right choose a parameter, `<` and `>` of the screen nudge it, up and down go to another loop."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("mix")]

    def __init__(self, owner: LoopActions) -> None:
        super().__init__()
        self._owner = owner
        self._learning = Learning(owner, self.know)
        self.display = False

    def open(self) -> None:
        self.display = True
        self.focus(scroll_visible=False)

    def close(self) -> None:
        self.display = False
        self.chosen = "size"

    def paint(self, view: View, *, low: bool) -> None:
        """Bring it up to date, where it is open."""
        if not self.display:
            return
        row = self._owner.selected()
        self._learning.look(row, view)
        self.update_from(view, row.id if row is not None else "", low=low)

    # -- keys

    def action_choose(self, steps: int) -> None:
        self.choose(steps)
        self._owner.cockpit.staged_changed()

    def action_close(self) -> None:
        """First drop what is staged, then close."""
        if self._owner.is_staged():
            self._owner.action_drop()
        else:
            self._owner.action_mix()
