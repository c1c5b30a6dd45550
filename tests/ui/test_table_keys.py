"""Filter, sort, columns and copy by their keys, on the overview and on views; remembered, and harmless."""

from __future__ import annotations

import scenes
from face_kit import Face, settled
from textual.pilot import Pilot

from cockpit import locations
from cockpit.screens.columns import ColumnsDialog
from cockpit.screens.overview import OverviewScreen
from cockpit.ui_state import FILE
from widgets.grid import Grid

SIZE = (120, 40)


def panel(face: Face, name: str) -> Grid:
    return face.app.screen.query_one(f"#{name}", Grid)


async def test_a_filter_on_the_overview_takes_the_letters_that_are_keys_elsewhere() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await pilot.press("2", "slash", "x", "p", "q", "X")
        await settled(pilot)
        assert panel(face, "positions").filter_text == "xpqX"
        assert face.link.sent == []
        assert face.app.is_running
        assert isinstance(face.app.screen, OverviewScreen)
        await pilot.press("escape", "slash", "o", "k", "x", "enter")
        await settled(pilot)
        rows = panel(face, "positions").rows
        assert {row.key.partition("/")[0] for row in rows if not row.line} == {"okx"}


async def test_the_filter_goes_before_what_escape_drops() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await pilot.press("greater_than_sign")
        await face.app.workers.wait_for_complete()
        await pilot.press("slash", "h", "enter", "escape")
        await settled(pilot)
        assert panel(face, "loops").filter_text == ""
        assert face.app.staging.of("hedge-1")
        await pilot.press("escape")
        await settled(pilot)
        assert not face.app.staging.of("hedge-1")


async def test_sort_and_columns_are_there_again_in_the_next_session() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await pilot.press("2", "s", "s", "S", "vertical_line")
        await settled(pilot)
        assert isinstance(face.app.screen, ColumnsDialog)
        await pilot.press("down", "down", "down", "right", "enter")
        await settled(pilot)
        positions = panel(face, "positions")
        hidden, by = positions.hidden, positions.sorted_by
        assert len(hidden) == 1
        assert by[1]
    again = Face(scenes.busy())
    async with again.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        positions = panel(again, "positions")
        assert (positions.hidden, positions.sorted_by) == (hidden, by)


async def test_columns_are_left_as_they_were_by_escape_and_one_has_to_stay() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await pilot.press("7", "vertical_line", "right", "escape")
        await settled(pilot)
        assert panel(face, "log").hidden == frozenset()
        await pilot.press("vertical_line", "right", "down", "right", "down", "right", "enter")
        await settled(pilot)
        dialog = face.app.screen
        assert isinstance(dialog, ColumnsDialog)
        assert "one column has to stay" in dialog.keybar.message


async def copied(face: Face, pilot: Pilot[str], *keys: str) -> list[tuple[str, str]]:
    taken: list[tuple[str, str]] = []
    face.app.copy = lambda text, what="": taken.append((text, what))  # instead of a terminal's clipboard
    await pilot.press(*keys)
    await settled(pilot)
    return taken


async def test_what_is_copied_is_the_row_or_the_table_under_the_cursor() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        ((row, what),) = await copied(face, pilot, "7", "G", "y")
        assert row.startswith("09:00:00\thedge-2\tfilled 0.2 of 0.8")
        assert what == "the row"
        ((table, _what),) = await copied(face, pilot, "Y")
        assert table.splitlines()[0] == "UTC\tsource\twhat"
        assert len(table.splitlines()) == 1 + len(scenes.log_rows())


async def test_keys_of_tables_say_so_where_there_is_nothing_to_do() -> None:
    face = Face(scenes.idle())
    async with face.app.run_test(size=SIZE) as pilot:
        for key, word in (("y", "nothing is selected"), ("Y", "nothing is selected"), ("S", "nothing is sorted")):
            await pilot.press("1", key)
            await settled(pilot)
            screen = face.app.screen
            assert isinstance(screen, OverviewScreen)
            assert word in screen.keybar.message


async def test_next_match_says_what_is_missing() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        face.app.action_open("log")
        await settled(pilot)
        screen = face.app.screen
        await pilot.press("n")
        await settled(pilot)
        assert "/ begins" in screen.keybar.message
        await pilot.press("slash", "tab", "z", "z", "z", "enter", "n")
        await settled(pilot)
        assert "nothing has “zzz” in it" in screen.keybar.message


async def test_a_state_folder_that_cannot_be_written_is_told() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        face.app.ui.keep_table = lambda _name, _table: "screen.toml: cannot be written: No space left on device"
        await pilot.press("s")
        await settled(pilot)
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        assert "No space left on device" in screen.keybar.message


async def test_a_message_too_long_for_the_key_bar_says_where_it_stands_whole() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        face.app.say("a long word about what the desk would not do " * 4, "error")
        await settled(pilot)
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        assert ":messages" in screen.keybar.text


async def test_a_mistake_in_what_is_remembered_is_told_and_stops_nothing() -> None:
    state = locations.find().state
    state.mkdir(parents=True)
    (state / FILE).write_text("[tables.log]\nsort = 5\nhidden = ['UTC']\n")
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        assert "tables.log.sort: 5 is no title of a column" in screen.keybar.message
        assert panel(face, "log").hidden == {"UTC"}
