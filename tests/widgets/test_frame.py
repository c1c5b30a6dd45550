"""Lines between borders, put together our way, are those that Textual makes."""

from __future__ import annotations

import pytest
from textual._styles_cache import StylesCache
from textual.app import App, ComposeResult
from textual.strip import Strip

from widgets.frame import FramedLines
from widgets.lean import LeanStrip
from widgets.paint import Painted

LOOKS = {
    "bare": "",
    "border": "border: round red; border-title-align: right;",
    "sides": "border-left: thick green; border-right: heavy blue;",
    "left": "border-left: outer yellow;",
    "padded": "border: round red; padding: 1 2;",
    "outlined": "outline: heavy red;",
    "tinted": "border: round red; tint: blue 40%;",
    "faint": "border: round red; opacity: 50%;",
    "faint text": "border: round red; text-opacity: 50%;",
    "hatched": "border: round red; hatch: cross green 50%;",
    "ground": "background: #203040; border: tall white;",
}


class Text(Painted):
    def render_line(self, y: int) -> Strip:
        # the third line is shorter than the widget
        return self.strip_of((("line ", "text"), (f"{y}", "up")), self.size.width - 3 * (y == 2))


class Bench(App[None]):
    def __init__(self, look: str, *, ours: bool) -> None:
        super().__init__()
        self.CSS = f"Text {{ width: 20; height: 8; {look} }}"  # type: ignore[misc]  # one class for all looks
        self.text = Text()
        self.text.border_title = "title"
        if not ours:
            self.text._styles_cache = StylesCache()

    def compose(self) -> ComposeResult:
        yield self.text


async def painted(look: str, *, ours: bool) -> list[list[tuple[str, str]]]:
    app = Bench(look, ours=ours)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert isinstance(app.text._styles_cache, FramedLines) is ours
        app.text.refresh()
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        return [[(segment.text, str(segment.style)) for segment in strip.simplify()] for strip in strips]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_the_same_is_painted(look: str) -> None:
    assert await painted(look, ours=True) == await painted(look, ours=False)


async def test_another_look_is_seen_at_once() -> None:
    app = Bench(LOOKS["border"], ours=True)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        app.text.styles.border = ("heavy", "blue")
        await pilot.pause()
        assert app.screen._compositor.render_strips()[3].text.startswith("┃line 2")


def test_a_lean_strip_answers_as_the_other() -> None:
    strip = Strip.blank(12)
    lean = LeanStrip(strip, 12)
    assert lean.crop(2, 5) == strip.crop(2, 5)
    assert list(lean.divide([4, 12])) == list(strip.divide([4, 12]))
    assert lean.adjust_cell_length(20).cell_length == 20
    with pytest.raises(AttributeError):
        _ = lean.nothing_of_the_sort
