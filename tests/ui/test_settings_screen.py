"""Settings: what holds and where it is said; what can be changed is seen at once and written; keys are names only."""

from __future__ import annotations

import scenes
from face_kit import Face
from fake_setup import FakeSetup, sheet
from textual.pilot import Pilot

from cockpit.screens.add_account import AddAccountDialog
from cockpit.screens.settings import SettingsScreen
from widgets.i18n import language
from widgets.paint import plain


def face_with(setup: FakeSetup | None) -> Face:
    face = Face(scenes.busy())
    face.app.setup = setup
    return face


async def press(face: Face, pilot: Pilot[str], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
        await face.app.workers.wait_for_complete()
        await pilot.pause()
        face.app.flush()


def screen_of(face: Face) -> SettingsScreen:
    assert isinstance(face.app.screen, SettingsScreen)
    return face.app.screen


async def test_without_a_configuration_it_says_so() -> None:
    face = face_with(None)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "comma")
        assert "no configuration" in face.app.screen.keybar.message
        await press(face, pilot, "enter", "a", "r")
        assert "no configuration" in face.app.screen.keybar.message


async def test_a_setting_that_cannot_be_written_stays() -> None:
    setup = FakeSetup(first=False)
    setup.trouble = "config.toml: language: expected something else"
    face = face_with(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "comma")
        screen_of(face).settings.select("ui.language")
        await press(face, pilot, "enter")
        assert "expected something else" in face.app.screen.keybar.message
        assert language() == "en"


async def test_what_the_desk_reads_is_not_changed_here() -> None:
    setup = FakeSetup(first=False)
    face = face_with(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "comma")
        screen_of(face).settings.select("risk.max_leverage")
        await press(face, pilot, "enter")
        assert "the desk reads it when it starts" in face.app.screen.keybar.message
        assert not setup.changed
    assert not face.link.sent


async def test_language_and_theme_change_at_once_and_are_written() -> None:
    setup = FakeSetup(first=False)
    face = face_with(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "comma")
        screen = screen_of(face)
        screen.settings.select("ui.theme")
        await press(face, pilot, "enter")
        assert face.app.theme == "daylight"
        screen.settings.select("ui.language")
        await press(face, pilot, "enter", "enter")
        assert language() == "zh"
        assert setup.changed == [("ui", "theme", "daylight"), ("ui", "language", "en"), ("ui", "language", "zh")]


async def test_mistakes_in_files_are_shown_whole() -> None:
    setup = FakeSetup(first=False)
    setup.read = sheet()
    face = face_with(setup)
    async with face.app.run_test(size=(160, 50)) as pilot:
        await press(face, pilot, "comma")
        screen = screen_of(face)
        (mistake,) = screen.settings.sheet.mistakes if screen.settings.sheet else ("",)
        told = " ".join(plain(row.line).strip() for row in screen.places.rows if row.key.startswith("wrong/"))
        assert told == f"✗ {mistake}"
        said = {row.key: plain(row.cells[2]) for row in screen.settings.rows}
        assert said["risk.max_leverage"] == "config.toml:9"


async def test_an_account_can_be_added_later_too() -> None:
    setup = FakeSetup(first=False)
    face = face_with(setup)
    async with face.app.run_test(size=(80, 24)) as pilot:
        await press(face, pilot, "comma", "a")
        assert isinstance(face.app.screen, AddAccountDialog)
        await press(face, pilot, "escape")
        assert isinstance(face.app.screen, SettingsScreen)
