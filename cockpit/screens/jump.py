"""Jump mode: a letter over each panel; pressing it goes there, any other key changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.strip import Strip

from widgets.i18n import _
from widgets.lines import Lines
from widgets.paint import Painted, Span, fit
from widgets.panel import Panel

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


def panel_name(panel: Panel) -> str:
    """The first words of its title, without the number that leads there anyway."""
    title = Content.from_markup(str(panel.border_title or "")).plain
    return title.partition("│")[0].strip()


class JumpLabel(Lines):
    """One letter at the corner of its panel, over it."""

    DEFAULT_CSS = "JumpLabel { layer: above; position: absolute; width: 3; height: 1; }"

    def __init__(self, letter: str, panel: Panel) -> None:
        super().__init__((((f" {letter} ", "badge-warn"),),), classes="jumplabel")
        self.styles.offset = (panel.region.x + 1, panel.region.y)


class JumpBar(Painted, can_focus=True):
    """At the bottom, with the keys, until one was pressed."""

    DEFAULT_CSS = "JumpBar { layer: above; dock: bottom; height: 1; background: $panel; }"

    def __init__(self, panels: Sequence[Panel]) -> None:
        super().__init__(id="jumpbar")
        self._panels = dict(zip(LETTERS, panels, strict=False))
        self._before = panels[0] if panels else None
        self._width: int | None = None

    def on_mount(self) -> None:
        focused = self.screen.focused
        if isinstance(focused, Panel):
            self._before = focused
        self.screen.mount(*(JumpLabel(letter, panel) for letter, panel in self._panels.items()))
        self.focus()

    def on_resize(self, event: events.Resize) -> None:
        """In another window the letters would stand over other panels."""
        if self._width not in (None, event.size.width):
            self._end(None)
        self._width = event.size.width

    def check_consume_key(self, key: str, character: str | None) -> bool:
        return character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        self._end(self._panels.get(event.character or ""))

    def on_blur(self) -> None:
        """A click elsewhere, or a dialog, ends it too."""
        if self.is_attached and self.screen.focused is not None and self.screen.focused is not self:
            self._end(None)

    def _end(self, panel: Panel | None) -> None:
        screen = self.screen
        target = panel or self._before
        # the keys go first: what is removed with them hands them to its neighbour
        if target is not None and (panel is not None or screen.focused in (self, None)):
            screen.set_focus(target, scroll_visible=False)
        screen.query(JumpLabel).remove()
        self.remove()

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        spans: list[Span] = [(f" {_('jump to')} ", "dim")]
        for letter, panel in self._panels.items():
            spans += [(f" {letter} ", "accent"), (panel_name(panel), "text")]
        spans.append((f"   {_('any other key stays here')}", "dim"))
        return self.strip_of(fit(tuple(spans), self.size.width), self.size.width)
