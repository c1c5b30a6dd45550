"""Changed lines, looked for alone, leave the picture that painting everything does."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from rich.console import Console
from rich.segment import Segment
from textual._compositor import Compositor, LayoutUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Static

from tests.glass_kit import Glass
from widgets.paint import Painted
from widgets.spans import Part, SpanCompositor, SpansUpdate
from widgets.thrift import Line, ThriftyUpdate

WIDTH, HEIGHT = 48, 16
NARROW = ("abc", "x", "  ", "▁▂▃", "hedge")
WORDS = (*NARROW, "余额", "多")


class Text(Painted):
    """Lines of words at random."""

    def __init__(self, seed: int, words: tuple[str, ...] = WORDS, **options: Any) -> None:
        super().__init__(**options)
        self._words = words
        self._rng = random.Random(seed)
        self._texts: dict[int, str] = {}

    def change(self) -> None:
        """Some cells of a line, or all of it."""
        y = self._rng.randrange(max(1, self.size.height))
        self._texts.pop(y, None)
        if self._rng.randrange(4):
            self.refresh(Region(0, y, self.size.width, 1))
        else:
            self._texts.clear()
            self.refresh()

    def render_line(self, y: int) -> Strip:
        text = self._texts.setdefault(y, "".join(self._rng.choices(self._words, k=9)))
        return self.strip_of(((text, "text"), (" end", "up")), self.size.width)


class Plain(Static):
    """One of Textual's own."""

    def change(self) -> None:
        self.update("".join(random.Random(self.id).choices(WORDS, k=5)))


class Layers(Screen[None]):
    CSS = """
    Layers { layers: below above; background: #102030; }
    #left { width: 20; border: round red; }
    #scroll { width: 1fr; border: tall blue; }
    #tall { height: 30; }
    #box { height: 9; }
    #over { layer: above; offset: 9 3; width: 24; height: 5; border: heavy green; }
    #foot { height: 1; dock: bottom; }
    """

    def __init__(self, compositor: Compositor) -> None:
        super().__init__()
        self._compositor = compositor

    def compose(self) -> ComposeResult:
        with Vertical():
            with Horizontal(id="box"):
                yield Text(1, id="left")
                with VerticalScroll(id="scroll"):
                    yield Text(2, id="tall")
            yield Plain("plain", id="plain")
        # Textual cuts what is on top at the edges of what lies below: wide characters would show it
        yield Text(3, NARROW, id="over")
        yield Text(4, id="foot")

    def render_update(self, *, full: bool = False) -> Any:
        return self._compositor.render_update(full=full, screen_stack=self.app._background_screens)


class Bench(App[None]):
    """Keeps what would go to the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[SpansUpdate | LayoutUpdate] = []

    def on_mount(self) -> None:
        self.push_screen(Layers(SpanCompositor()))

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if renderable is not None:
            assert isinstance(renderable, (SpansUpdate, LayoutUpdate))
            self.updates.append(renderable)


@pytest.mark.parametrize("thrifty", [True, False])
async def test_the_same_picture_as_painting_everything(thrifty: bool) -> None:
    app, glass, line = Bench(), Glass(WIDTH, HEIGHT), Line()
    rng = random.Random(7)
    spans = 0
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, Layers)
        scroll = screen.query_one("#scroll")
        for number in range(60):
            if number % 13 == 12:
                scroll.scroll_to(y=rng.randrange(20), animate=False)
            elif number == 30:
                screen.query_one("#over").display = False
            else:
                for each in rng.sample(list(screen.query("Text, Plain")), 2):
                    assert isinstance(each, (Text, Plain))
                    each.change()
            await pilot.pause()
            for update in app.updates:
                spans += isinstance(update, SpansUpdate)
                glass.feed(ThriftyUpdate(line, update) if thrifty else update)
            app.updates.clear()
            whole = Glass(WIDTH, HEIGHT)
            whole.feed(screen.render_update(full=True))
            assert glass.cells() == whole.cells(), number
    assert spans > 40


async def test_only_widgets_with_changes_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Bench()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        asked: list[tuple[str | None, int]] = []
        render_lines = Painted.render_lines

        def note(widget: Painted, crop: Region) -> list[Strip]:
            asked.append((widget.id, crop.height))
            return render_lines(widget, crop)

        monkeypatch.setattr(Painted, "render_lines", note)
        foot = app.screen.query_one("#foot")
        foot.refresh(Region(3, 0, 2, 1))
        app.updates.clear()
        await pilot.pause()
        assert asked == [("foot", 1)]
        (update,) = app.updates
        assert isinstance(update, SpansUpdate)
        assert [(part.y, part.first, part.end) for part in update.parts] == [(HEIGHT - 1, 3, 5)]


async def test_nothing_changed_is_nothing_to_send() -> None:
    app = Bench()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, Layers)
        assert app.screen.render_update() is None


def test_what_a_console_gets_is_what_a_terminal_gets() -> None:
    update = SpansUpdate([Part(2, 3, 5, 1, Strip([Segment("abcdef")]))])
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=20)
    printed = "".join(segment.text for segment in console.render(update))
    assert printed == update.render_segments(console) == "\x1b[3;4Hcd"
