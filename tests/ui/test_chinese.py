"""The screens in Chinese: nothing is cut, nothing is out of line, and the language changes while they run."""

from __future__ import annotations

import pytest
import scenes
from face_kit import settled
from language_kit import DIALOGS, OVERVIEW, dialog_of, eventful, face_of, go, lines_of
from rich.cells import cell_len
from sizes_kit import SIZES, layout_faults, text_faults

from cockpit.screens.catalogue import SCREENS
from cockpit.screens.live import LiveScreen
from widgets import i18n
from widgets.grid import Grid

SMALL = (80, 24)
VERTICALS = "│┃"
CORNERS = {"╭": "╰", "┏": "┗", "╮": "╯", "┓": "┛"}
"""Upper corner of a border to the lower one that has to stand below it."""


pytestmark = pytest.mark.usefixtures("chinese")


def columns_of(line: str) -> dict[int, str]:
    """Column to the character that begins there."""
    out = {}
    at = 0
    for char in line:
        out[at] = char
        at += cell_len(char)
    return out


def border_faults(lines: list[str]) -> list[str]:
    """One line for each border whose side leaves its column before the lower corner."""
    grid = [columns_of(line) for line in lines]
    faults = []
    for y, row in enumerate(grid):
        for x, char in row.items():
            if char not in CORNERS:
                continue
            for below in range(y + 1, len(grid)):
                there = grid[below].get(x, "")
                if there == CORNERS[char]:
                    break
                if there not in VERTICALS or not there:
                    faults.append(f"border of line {y}, column {x}: {there!r} in line {below}: {lines[below]!r}")
                    break
            else:
                faults.append(f"border of line {y}, column {x} has no end")
    return faults


@pytest.mark.parametrize("place", [OVERVIEW, *DIALOGS])
async def test_lines_fill_the_window_and_borders_stand_in_one_column(place: str) -> None:
    face = face_of(eventful() if place in (OVERVIEW, "call off", "go live") else scenes.busy())
    async with face.app.run_test(size=SMALL) as pilot:
        await go(face, pilot, place)
        lines = lines_of(face)
        assert [cell_len(line) for line in lines] == [80] * 24
        if place != "command line":  # which lies over what is below it
            assert border_faults(dialog_of(face) or lines) == []


async def test_lines_and_borders_of_every_screen() -> None:
    face = face_of(scenes.busy())
    faults = []
    async with face.app.run_test(size=SMALL) as pilot:
        for place in SCREENS:
            await go(face, pilot, place)
            lines = lines_of(face)
            assert [cell_len(line) for line in lines] == [80] * 24, place
            faults += [(place, fault) for fault in border_faults(lines)]
    assert faults == []


def test_a_border_that_is_out_of_line_is_found() -> None:
    assert border_faults(["╭──╮", "│中│", "╰──╯"]) == []
    assert border_faults(["╭──╮", "│中 │", "╰──╯"])
    assert border_faults(["╭──╮", "│  │"])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_nothing_is_out_of_place_in_any_window(size: tuple[int, int]) -> None:
    face = face_of(scenes.busy())
    faults = []
    async with face.app.run_test(size=size) as pilot:
        for place in (OVERVIEW, *SCREENS):
            await go(face, pilot, place)
            screen = face.app.screen
            assert isinstance(screen, LiveScreen)
            faults += [(place, fault) for fault in (*layout_faults(screen), *text_faults(screen))]
    assert faults == []


async def test_no_title_is_cut() -> None:
    face = face_of(scenes.busy())
    cut = []
    async with face.app.run_test(size=SMALL) as pilot:
        for place in (OVERVIEW, *SCREENS):
            await go(face, pilot, place)
            for grid in face.app.screen.query(Grid):
                if grid.display and grid.rows and grid.size.area:
                    head = grid.render_line(0).text
                    titles = [i18n._(grid._columns[index].title) for index in grid.shown_columns()]
                    cut += [(place, grid, title) for title in titles if title not in head]
    assert cut == []


async def test_another_language_takes_hold_at_once_on_every_screen() -> None:
    i18n.use("en")
    face = face_of(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await go(face, pilot, OVERVIEW)
        assert "Loops" in "\n".join(lines_of(face))
        await go(face, pilot, "orders")
        face.app.use_language("zh")
        await settled(pilot)
        orders = "\n".join(lines_of(face))
        assert "订单" in orders
        assert "filled" not in orders.replace("filled,", "")
        await pilot.press("escape")
        await settled(pilot)
        overview = "\n".join(lines_of(face))
        assert "循环" in overview
        assert "Loops" not in overview
        assert "运行" in overview
        face.app.use_language("en")
        await settled(pilot)
        back = "\n".join(lines_of(face))
        assert "running" in back
        assert "循环" not in back


async def test_a_language_that_does_not_exist_changes_nothing() -> None:
    face = face_of(scenes.busy())
    async with face.app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        with pytest.raises(ValueError, match="language: 'xx' is not known; expected one of en, zh"):
            face.app.use_language("xx")
        assert i18n.language() == "zh"
