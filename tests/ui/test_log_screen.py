"""The log: followed or held, by level and source, each line to be read whole."""

from __future__ import annotations

import scenes
from face_kit import Face, settled
from textual.pilot import Pilot

from cockpit.link.messages import Delta
from cockpit.link.rows import LogRow, Tables
from cockpit.screens.log import LogScreen

SIZE = (100, 20)
LONG = "hedge-2: " + "the venue said a great deal about why it would not take the order, " * 4 + "and no more."


def log(count: int) -> Tables:
    tables = scenes.busy()
    tables.log = [
        LogRow(n, scenes.NOW + n, ("info", "warning", "error")[n % 3], ("desk", "hedge-1")[n % 2], f"line {n}")
        for n in range(1, count + 1)
    ]
    return tables


async def opened(face: Face, pilot: Pilot[str], subject: str = "") -> LogScreen:
    face.app.action_open("log", subject)
    await settled(pilot)
    screen = face.app.screen
    assert isinstance(screen, LogScreen)
    return screen


def say(face: Face, *rows: LogRow) -> None:
    store = face.link.store
    assert store.seq is not None
    assert store.apply(Delta(store.seq + 1, 0, Tables(log=list(rows))))
    face.app.flush()


async def test_it_follows_the_end_until_one_moves_up_and_again_at_the_end() -> None:
    face = Face(log(40))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert screen.panel.selected == "40"
        say(face, LogRow(41, scenes.NOW, "info", "desk", "one more"))
        assert screen.panel.selected == "41"
        assert "follows" in str(screen.panel.border_title)
        await pilot.press("up")
        say(face, LogRow(42, scenes.NOW, "info", "desk", "news"), LogRow(43, scenes.NOW, "info", "desk", "news"))
        assert screen.panel.selected == "40"
        assert "held, 2 new" in str(screen.panel.border_title)
        await pilot.press("G")
        assert screen.panel.selected == "43"
        say(face, LogRow(44, scenes.NOW, "info", "desk", "news"))
        assert screen.panel.selected == "44"
        await pilot.press("F")
        say(face, LogRow(45, scenes.NOW, "info", "desk", "news"))
        assert screen.panel.selected == "44"
        await pilot.press("F")
        await settled(pilot)
        assert screen.panel.selected == "45"


async def test_levels_leave_the_lesser_ones_out() -> None:
    face = Face(log(9))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        counts = [len(screen.panel.rows)]
        for _step in range(3):
            await pilot.press("m")
            await settled(pilot)
            counts.append(len(screen.panel.rows))
        assert counts == [9, 6, 3, 9]


async def test_sources_take_turns() -> None:
    face = Face(log(9))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        seen = []
        for _step in range(3):
            await pilot.press("right_square_bracket")
            await settled(pilot)
            seen.append((screen.panel.source, len(screen.panel.rows)))
        assert seen == [("desk", 4), ("hedge-1", 5), ("", 9)]
        await pilot.press("left_square_bracket")
        await settled(pilot)
        assert screen.panel.source == "hedge-1"


async def test_times_to_the_millisecond_and_as_age() -> None:
    face = Face(log(3))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)

        def first() -> str:
            return "".join(text for text, _ink in screen.panel.rows[0].cells[0])

        assert first() == "09:00:00"
        await pilot.press("t")
        await settled(pilot)
        assert first() == "2026-01-01 09:00:00.000"
        await pilot.press("t")
        face.clock.advance(65)
        face.app.flush()
        await settled(pilot)
        assert first() == "1m04s"


async def test_a_line_that_is_too_long_is_read_whole_below() -> None:
    tables = log(3)
    tables.log.append(LogRow(4, scenes.NOW, "error", "hedge-2", LONG))
    face = Face(tables)
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "and no more." in screen.detail.text
        await pilot.press("up")
        await settled(pilot)
        assert screen.detail.text == ""


async def test_a_subject_is_a_filter_to_begin_with() -> None:
    face = Face(log(30))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot, "desk 2")
        assert [row.key for row in screen.panel.rows] == ["2", "12", *(str(n) for n in range(20, 30, 2))]


async def test_a_held_log_survives_its_lines_being_forgotten() -> None:
    face = Face(log(30))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.press("g")
        for start in range(100, 1_300, 100):
            say(face, *(LogRow(n, scenes.NOW, "info", "desk", "news") for n in range(start, start + 100)))
        await settled(pilot)
        assert screen.panel.rows[0].key == "300"
        assert screen.panel.selected == "300"


async def test_a_row_chosen_with_the_mouse_is_held() -> None:
    face = Face(log(40))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await pilot.click(screen.panel, offset=(20, 3))
        chosen = screen.panel.selected
        assert chosen not in ("", "40")
        say(face, LogRow(41, scenes.NOW, "info", "desk", "news"))
        assert screen.panel.selected == chosen
        assert "held, 1 new" in str(screen.panel.border_title)
