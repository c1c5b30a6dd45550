"""What goes to the terminal thriftily leaves the same picture there as painting everything."""

from __future__ import annotations

import io
import random

import pytest
import scenes
from face_kit import Face, settled
from hypothesis import given
from hypothesis import strategies as st
from paint_meter import Meter
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from tests.glass_kit import Glass
from widgets.terminal import MOST_BEHIND
from widgets.thrift import Line, ThriftyUpdate

SIZE = (120, 40)


@pytest.mark.parametrize(
    "keys",
    [(), ("ctrl+x",), ("n",), ("n", "escape"), ("2", "z"), ("greater_than_sign", "T"), ("2", "j", "j", "k", "G")],
    ids=lambda keys: "-".join(keys) or "none",
)
async def test_same_picture_as_painting_everything(monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...]) -> None:
    rng = random.Random(11)
    tables = scenes.busy()
    glass = Glass(*SIZE)

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
        whole = Glass(*SIZE)
        update = face.app.screen._compositor.render_update(full=True, screen_stack=face.app._background_screens)
        assert isinstance(update, CompositorUpdate)
        whole.feed(update)
        assert glass.cells() == whole.cells()
        assert glass.thrifty_updates >= 2


async def test_redraw_paints_everything_whatever_is_thought_to_stand_there(monkeypatch: pytest.MonkeyPatch) -> None:
    glass = Glass(*SIZE)

    def keep(_app: App[str], _screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            glass.feed(renderable)

    monkeypatch.setattr(App, "_display", keep)
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        before = glass.cells()
        glass.screen.reset()
        face.app.redraw()
        await settled(pilot)
        assert glass.cells() == before


# -- the line itself, on screens made up


WIDTH, HEIGHT = 12, 3
STYLES = [
    Style.parse(text) for text in ("#ff0000 on #000000", "bold #00ff00 on #000000", "#0000ff on #ffffff", "reverse")
]
TEXTS = st.text(alphabet="ab 余额●▁", min_size=0, max_size=8)
ROWS = st.lists(st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), max_size=4), min_size=HEIGHT, max_size=HEIGHT)


def strips(rows: list[list[tuple[str, Style]]]) -> list[Strip]:
    return [
        Strip([Segment(text, style) for text, style in row if text]).adjust_cell_length(WIDTH, STYLES[0]).simplify()
        for row in rows
    ]


def layout(rows: list[Strip]) -> LayoutUpdate:
    return LayoutUpdate([[row] for row in rows], Region(0, 0, WIDTH, HEIGHT))


@given(st.lists(ROWS, min_size=2, max_size=5))
def test_any_row_of_screens_leaves_the_last_one(screens: list[list[list[tuple[str, Style]]]]) -> None:
    line, glass, whole = Line(), Glass(WIDTH, HEIGHT), Glass(WIDTH, HEIGHT)
    for number, rows in enumerate(screens):
        painted = strips(rows)
        if number % 2:
            spans = [(y, 0, WIDTH) for y in range(HEIGHT)]
            update: ChopsUpdate | LayoutUpdate = ChopsUpdate([{0: row} for row in painted], spans, [[WIDTH]] * HEIGHT)
        else:
            update = layout(painted)
        glass.feed(ThriftyUpdate(line, update))
    whole.feed(ThriftyUpdate(Line(), layout(strips(screens[-1]))))
    assert glass.cells() == whole.cells()


def test_what_stands_there_is_not_sent_again() -> None:
    rows = strips([[("abc", STYLES[0])], [("余额", STYLES[1])], []])
    line, glass = Line(), Glass(WIDTH, HEIGHT)
    glass.feed(ThriftyUpdate(line, layout(rows)))
    before = glass.bytes
    glass.feed(ThriftyUpdate(line, layout(strips([[("abc", STYLES[0])], [("余额", STYLES[1])], []]))))
    assert glass.bytes == before


def test_one_digit_costs_a_jump_and_itself() -> None:
    line = Line()
    line.layout(layout(strips([[("67120.5", STYLES[0])], [], []])), ColorSystem.TRUECOLOR)
    sent = line.layout(layout(strips([[("67121.5", STYLES[0])], [], []])), ColorSystem.TRUECOLOR)
    assert sent == "\x1b[1;5H\x1b[38;2;255;0;0;48;2;0;0;0m1\x1b[0m"


def test_digits_of_one_colour_share_it_where_colours_take_turns() -> None:
    line = Line()
    rows = [[("+1", STYLES[0]), ("  ", STYLES[0]), ("-1", STYLES[1])] for _ in range(HEIGHT)]
    after = [[("+2", STYLES[0]), ("  ", STYLES[0]), ("-2", STYLES[1])] for _ in range(HEIGHT)]
    line.layout(layout(strips(rows)), ColorSystem.TRUECOLOR)
    sent = line.layout(layout(strips(after)), ColorSystem.TRUECOLOR)
    assert sent.count("38;2;255;0;0") == 1
    assert sent.count("38;2;0;255;0") == 1


def test_screen_of_another_size_is_painted_whole() -> None:
    line = Line()
    line.layout(layout(strips([[], [], []])), ColorSystem.TRUECOLOR)
    smaller = LayoutUpdate([[Strip([Segment("ab", STYLES[0])])]], Region(0, 0, 2, 1))
    assert "ab" in line.layout(smaller, ColorSystem.TRUECOLOR)


def test_terminal_without_colours_gets_textuals_own() -> None:
    update = ChopsUpdate([{}], [(0, 0, 1)], [[]])
    plain = Console(color_system=None, file=io.StringIO())
    assert ThriftyUpdate(Line(), update).render_segments(plain) == update.render_segments(plain)


# -- a terminal that does not read


async def test_frames_are_left_out_while_the_terminal_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(3)
    tables = scenes.busy()
    glass = Glass(*SIZE)
    backlog = 0

    def keep(_app: App[str], _screen: Screen[object], renderable: object) -> None:
        if isinstance(renderable, CompositorUpdate):
            glass.feed(renderable)

    monkeypatch.setattr(App, "_display", keep)
    face = Face(scenes.busy())
    monkeypatch.setattr(type(face.app), "backlog", property(lambda _app: backlog))
    async with face.app.run_test(size=SIZE) as pilot:

        async def change(number: int) -> None:
            face.link.store.apply(scenes.busy_delta(rng, number, tables))
            face.clock.advance(0.25)
            face.app.flush()
            await settled(pilot)

        await settled(pilot)
        await change(2)
        before, cells = glass.bytes, glass.cells()
        backlog = MOST_BEHIND + 1
        for number in range(3, 40):
            await change(number)
        assert (glass.bytes, glass.cells()) == (before, cells)
        backlog = 0
        await change(40)
        whole = Glass(*SIZE)
        update = face.app.screen._compositor.render_update(full=True, screen_stack=face.app._background_screens)
        assert isinstance(update, CompositorUpdate)
        whole.feed(update)
        assert glass.cells() == whole.cells()


def test_textual_still_has_what_we_lean_on() -> None:
    """Not public: where this fails after an upgrade, widgets/thrift.py and widgets/terminal.py are to be looked at."""
    assert {"chops", "spans", "chop_ends"} <= set(vars(ChopsUpdate([{}], [(0, 0, 1)], [[]])))
    assert {"strips", "region"} <= set(vars(LayoutUpdate([], Region(0, 0, 1, 1))))
    assert callable(CompositorUpdate.render_segments)
    assert callable(App._display)
    writer = WriterThread(io.StringIO())
    writer.write("x")
    assert writer._queue.qsize() == 1
    assert MOST_BEHIND < MAX_QUEUED_WRITES


async def test_nothing_moves_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face(scenes.busy())
    texts: list[str] = []
    meter = Meter(face.app, monkeypatch, keep=texts.append)
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.press("n")
        await face.app.workers.wait_for_complete()
        await meter.begin(pilot)
        texts.clear()
        for _ in range(20):
            face.app.flush()
            await settled(pilot)
        assert face.app.animation_level == "none"
        assert "".join(texts) == ""
