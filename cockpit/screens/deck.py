"""A body of several panels: keys go to one of them, which may have half or all of the room, and in a low window the
lower ones take turns."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content

from cockpit.actions.registry import bindings
from cockpit.screens.table_keys import TableKeys
from widgets.i18n import _, titled
from widgets.panel import Panel

NORMAL, HALF, FULL = range(3)
"""How much room the panel with the keys has."""
ROOM_FOR_TURNS = 14
"""Lines of the body below which one panel is shown alone."""
SIZE_CLASSES = {HALF: "-half", FULL: "-zoom"}


class Body(Container):
    """Tells its deck when it has another size: the window has, or strips have come or gone."""

    def on_resize(self) -> None:
        if isinstance(self.screen, Deck):
            self.call_after_refresh(self.screen.lay_out)


class Deck(TableKeys[None]):
    """A screen fills `order` and `NAMES` when it is made; the sheet says how its `#body` is laid out."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("panels", "table")]
    NAMES: ClassVar[tuple[str, ...]] = ()
    """A word for each panel, marked with `N_`: what the panel in turn calls the others."""
    ALWAYS: ClassVar[int] = 1
    """Panels shown in every window; in a low one the others take turns below them."""
    order: tuple[Panel, ...] = ()
    _turn = 0
    _room = NORMAL

    def body(self) -> ComposeResult:
        with Body(id="body"):
            yield from self.order

    def on_mount(self) -> None:
        self._turn = max(self._turn, self.always)
        self.lay_out()

    @property
    def body_height(self) -> int:
        """Lines between the strips and the key bar; 0 before they are laid out."""
        return next((body.size.height for body in self.query("#body")), 0)

    @property
    def always(self) -> int:
        """Panels that the window has room for beside the one in turn."""
        return self.ALWAYS if self.body_height >= ROOM_FOR_TURNS else 0

    @property
    def takes_turns(self) -> bool:
        return self.has_class("-low")

    @property
    def focused_panel(self) -> Panel:
        return self.focused if isinstance(self.focused, Panel) else self.order[0]

    def lay_out(self) -> None:
        """Show the panels that have their place now; the one in turn names those that wait."""
        low, room, own = self.takes_turns, self._room, self.focused_panel
        if self.order.index(own) >= self.always:
            self._turn = self.order.index(own)
        body = self.query_one("#body")
        for size, name in SIZE_CLASSES.items():
            body.set_class(room == size, name)
        turn = self._turn_now()
        beside = self.order[0] if own is not self.order[0] else self.order[min(turn, len(self.order) - 1)]
        for index, panel in enumerate(self.order):
            if room == FULL:
                panel.display = panel is own
            elif room == HALF:
                panel.display = panel is own or panel is beside
            else:
                panel.display = not low or index < self.always or index == turn
        body.set_class(sum(panel.display for panel in self.order) == 1, "-single")
        # a panel that was out of sight has its width only after that
        self.call_after_refresh(self.tell_asides)
        self.cockpit.repaint()

    def tell_asides(self) -> None:
        """Put behind each title what stands there: a screen's own words, and the panels that wait."""
        turns = self.takes_turns and self._room == NORMAL
        for index, panel in enumerate(self.order):
            own = self.aside(index)
            waiting = ""
            if turns and index == self._turn_now():
                title = cell_len(Content.from_markup(titled(panel.title)).plain)
                waiting = self._others(index, panel.size.width - title - cell_len(own) - (10 if own else 7))
            panel.aside = " │ ".join(filter(None, (own, waiting)))

    def aside(self, index: int) -> str:
        """What a screen says behind the title of a panel."""
        return ""

    def _turn_now(self) -> int:
        """Index of the panel in turn: the chosen one, or the first below those that are always shown."""
        return self._turn if self._turn >= self.always else self.always

    def _others(self, index: int, room: int) -> str:
        """Numbers and names of the panels that wait for their turn; their numbers alone where names find no room."""
        waiting = [i for i in range(self.always, len(self.order)) if i != index]
        named = "  ".join(f"{i + 1} {_(self.NAMES[i])}" for i in waiting)
        return named if cell_len(named) <= room else " ".join(str(i + 1) for i in waiting)

    # -- keys

    def action_show_panel(self, number: int) -> None:
        if number > len(self.order):
            return
        if number > self.always:
            self._turn = number - 1
        panel = self.order[number - 1]
        panel.display = True
        self.set_focus(panel, scroll_visible=False)
        if self._room != NORMAL or self.takes_turns:
            self.lay_out()

    def action_panel(self, steps: int) -> None:
        index = self.order.index(self.focused_panel)
        self.action_show_panel((index + steps) % len(self.order) + 1)

    def action_zoom(self) -> None:
        self._resize(NORMAL if self._room == FULL else FULL)

    def action_resize(self, steps: int) -> None:
        self._resize(max(NORMAL, min(FULL, self._room + steps)))

    def _resize(self, room: int) -> None:
        self._room = room
        self.lay_out()

    def action_move(self, steps: int) -> None:
        self.focused_panel.move(steps)

    def action_move_page(self, pages: int) -> None:
        self.focused_panel.move(pages * self.focused_panel.page)

    def action_toggle_display(self) -> None:
        self.cockpit.toggle_display()
