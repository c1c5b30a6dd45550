"""What goes to the terminal thriftily leaves the same picture there as painting everything."""

from __future__ import annotations

import io
import random

import pyte
import pytest
import scenes
from face_kit import Face, settled
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.app import App
from textual.screen import Screen

from widgets.thrift import RESET, Pen, ThriftyUpdate, codes

SIZE = (120, 40)


class Glass:
    """A terminal that is fed what the app sends."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(*SIZE)
        self._stream = pyte.Stream(self.screen)
        self.thrifty_updates = 0

    def feed(self, update: CompositorUpdate) -> None:
        self.thrifty_updates += isinstance(update, ThriftyUpdate)
        terminal = Console(color_system="truecolor", force_terminal=True, file=io.StringIO())
        self._stream.feed(update.render_segments(terminal).replace("\n", ""))

    def cells(self) -> list[list[tuple[object, ...]]]:
        """What the eye sees: of a blank only the background."""
        rows = [[self.screen.buffer[y][x] for x in range(SIZE[0])] for y in range(SIZE[1])]
        return [[(c.data, c.bg) if c.data == " " else (c.data, c.bg, c.fg, c.bold) for c in row] for row in rows]


@pytest.mark.parametrize("keys", [(), ("ctrl+x",), ("n",), ("2", "z"), ("greater_than_sign", "T")])
async def test_same_picture_as_painting_everything(monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]) -> None:
    rng = random.Random(11)
    tables = scenes.busy()
    glass = Glass()

    def keep(_app: App[str], _screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            glass.feed(renderable)

    monkeypatch.setattr(App, "_display", keep)
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await face.app.workers.wait_for_complete()
        for number in range(6):
            face.link.store.apply(scenes.busy_delta(rng, 2 + number, tables))
            face.clock.advance(0.25)
            face.app.flush()
            await settled(pilot)
        whole = Glass()
        update = face.app.screen._compositor.render_update(full=True, screen_stack=face.app._background_screens)
        assert isinstance(update, CompositorUpdate)
        whole.feed(update)
        assert glass.cells() == whole.cells()
        assert glass.thrifty_updates >= 2


def pen_text(*segments: Segment) -> str:
    pen = Pen(ColorSystem.TRUECOLOR)
    pen.write(segments)
    return pen.text()


def test_only_the_colour_that_changes_is_sent() -> None:
    red, blue = Style.parse("#ff0000 on #000000"), Style.parse("#0000ff on #000000")
    assert pen_text(Segment("a", red), Segment("b", red), Segment("c", blue)) == (
        f"\x1b[0;38;2;255;0;0;48;2;0;0;0mab\x1b[38;2;0;0;255mc{RESET}"
    ).replace("\x1b[0;", "\x1b[", 1)


def test_attributes_are_taken_back_by_a_reset() -> None:
    bold, light = Style.parse("bold #ff0000 on #000000"), Style.parse("#ff0000 on #000000")
    assert pen_text(Segment("a", bold), Segment("b", light)).endswith("\x1b[0;38;2;255;0;0;48;2;0;0;0mb" + RESET)


def test_text_without_a_style_is_not_painted_in_the_last_one() -> None:
    assert pen_text(Segment("a", Style.parse("#ff0000 on #000000")), Segment("b")).endswith(f"\x1b[0mb{RESET}")


def test_few_colours_are_few_codes() -> None:
    assert codes(Style.parse("bold red on black"), ColorSystem.STANDARD) == ("1", "31", "40")
    assert codes(None, ColorSystem.STANDARD) == ("", "", "")


def test_terminal_without_colours_gets_textuals_own() -> None:
    update = ChopsUpdate([{}], [(0, 0, 1)], [[]])
    plain = Console(color_system=None, file=io.StringIO())
    assert ThriftyUpdate(update).render_segments(plain) == update.render_segments(plain)
