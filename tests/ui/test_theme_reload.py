"""Themes while the cockpit runs: the user's file is read again as he edits it, and T remembers what he chose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import scenes
from face_kit import Face, settled
from textual.pilot import Pilot

from cockpit.ui_config import UiConfig
from cockpit.ui_state import UiState
from themes.loader import built_in
from widgets.paint import Painted


def write(folder: Path, text: str, at: int) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at, at))


def dressed(tmp_path: Path, *, theme: str = "", state: str = "state") -> Face:
    """A cockpit as the command starts it: the user's folder, his configuration, what he left."""
    face = Face(scenes.busy())
    ui = UiConfig(theme=theme)
    face.app.dress(tmp_path / "themes", "", ui, UiState.load(tmp_path / state))
    return face


def ink(face: Face, name: str) -> str:
    """Colour in which an ink is painted now, as `#rrggbb`."""
    colour = face.app.screen.query_one("#positions", Painted).ink(name).color
    assert colour is not None
    assert colour.triplet is not None
    return colour.triplet.hex


async def next_second(face: Face, pilot: Pilot[str]) -> None:
    face.clock.advance(1.0)
    face.app.flush()
    await settled(pilot)
    await settled(pilot)


async def test_edited_theme_shows_within_a_second(tmp_path: Path) -> None:
    write(tmp_path / "themes", '[variables]\nup = "#112233"\n', 1)
    face = dressed(tmp_path, theme="mine")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert (face.app.theme, ink(face, "up")) == ("mine", "#112233")
        write(tmp_path / "themes", '[variables]\nup = "#445566"\n', 2)
        await next_second(face, pilot)
        assert ink(face, "up") == "#445566"


async def test_mistake_while_editing_is_told_and_the_theme_stays(tmp_path: Path) -> None:
    write(tmp_path / "themes", '[variables]\nup = "#112233"\n', 1)
    face = dressed(tmp_path, theme="mine")
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        write(tmp_path / "themes", '[variables]\nup = "#4455\n', 2)
        await next_second(face, pilot)
        assert ink(face, "up") == "#112233"
        assert face.app.screen.keybar.message.startswith("✗ themes/mine.toml line 2: not TOML")
        write(tmp_path / "themes", '[variables]\nup = "#445566"\n', 3)
        await next_second(face, pilot)
        assert ink(face, "up") == "#445566"


async def test_theme_that_goes_leaves_the_default_and_comes_back_by_itself(tmp_path: Path) -> None:
    write(tmp_path / "themes", '[variables]\nup = "#112233"\n', 1)
    face = dressed(tmp_path, theme="mine")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        (tmp_path / "themes" / "mine.toml").unlink()
        await next_second(face, pilot)
        assert face.app.theme == "harbor"
        assert "theme 'mine' is not there" in face.app.screen.keybar.message
        write(tmp_path / "themes", '[variables]\nup = "#445566"\n', 2)
        await next_second(face, pilot)
        assert (face.app.theme, ink(face, "up")) == ("mine", "#445566")


@pytest.mark.parametrize("text", ["what is this\n", 'primary = "blueish"\n', "[variables]\nupp = 3\n"])
async def test_cockpit_starts_with_mistakes_and_says_which_line(tmp_path: Path, text: str) -> None:
    write(tmp_path / "themes", text, 1)
    face = dressed(tmp_path, theme="mine")
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        assert "themes/mine.toml line " in face.app.screen.keybar.message


async def test_configured_theme_that_does_not_exist_is_told_with_what_there_is(tmp_path: Path) -> None:
    face = dressed(tmp_path, theme="neon")
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        assert face.app.theme == "harbor"
        assert "theme 'neon' is not there; harbor is used" in face.app.screen.keybar.message


async def test_t_walks_through_ours_and_the_users_and_is_remembered(tmp_path: Path) -> None:
    write(tmp_path / "themes", "dark = true\n", 1)
    face = dressed(tmp_path)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        seen = []
        for _ in range(len(built_in()) + 1):
            await pilot.press("T")
            await settled(pilot)
            seen.append(face.app.theme)
            assert face.app.theme in face.app.screen.keybar.message
        assert sorted(seen) == sorted([*built_in(), "mine"])
        assert seen[-1] == "harbor"
        await pilot.press("T")
        await settled(pilot)
        left = face.app.theme
    assert left != "harbor"
    again = dressed(tmp_path)
    assert again.app.theme == left


async def test_changed_configuration_counts_more_than_what_was_left(tmp_path: Path) -> None:
    face = dressed(tmp_path)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("T")
        await settled(pilot)
    assert dressed(tmp_path).app.theme == "daylight"
    assert dressed(tmp_path, theme="fathom").app.theme == "fathom"


def test_unknown_theme_on_the_command_line_is_refused(tmp_path: Path) -> None:
    face = Face(scenes.busy())
    with pytest.raises(ValueError, match="theme: 'neon' does not exist; expected one of harbor, daylight"):
        face.app.dress(tmp_path, "neon", UiConfig(), UiState())


def test_unknown_glyphs_are_refused() -> None:
    with pytest.raises(ValueError, match="glyphs: 'braille' is not valid; expected one of auto, unicode, ascii"):
        Face(scenes.busy()).app.use_glyphs("braille")
