"""The user's own themes: read again as their files change, and never a reason to stop."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit.user_themes import MOST_BYTES, MOST_FILES, Themes
from themes.loader import built_in

OURS = tuple(built_in())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "themes"
    path.mkdir()
    return path


def write(folder: Path, name: str, text: str, at: int = 1) -> None:
    """`at` stands for the time of the change, so that no test waits for a clock."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at, at))


def test_without_a_folder_there_are_ours(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "nowhere"):
        themes = Themes(folder)
        assert tuple(themes.by_name) == OURS
        assert themes.troubles == ()
        assert not themes.look()


def test_users_themes_come_behind_ours(folder: Path) -> None:
    write(folder, "mine.toml", 'primary = "#ff00ff"\n')
    themes = Themes(folder)
    assert tuple(themes.by_name) == (*OURS, "mine")
    assert themes.get("mine").primary == "#ff00ff"


def test_theme_of_one_of_our_names_takes_its_place(folder: Path) -> None:
    write(folder, "harbor.toml", 'primary = "#ff00ff"\n')
    themes = Themes(folder)
    assert tuple(themes.by_name) == OURS
    assert themes.get("harbor").primary == "#ff00ff"


def test_change_of_a_file_is_seen_at_the_next_look_and_only_then(folder: Path) -> None:
    write(folder, "mine.toml", 'primary = "#ff00ff"\n')
    themes = Themes(folder)
    assert not themes.look()
    write(folder, "mine.toml", 'primary = "#00ff00"\n', at=2)
    assert themes.look()
    assert themes.get("mine").primary == "#00ff00"
    assert not themes.look()


def test_new_file_and_removed_file_are_seen(folder: Path) -> None:
    themes = Themes(folder)
    write(folder, "mine.toml", 'primary = "#ff00ff"\n')
    assert themes.look()
    assert "mine" in themes.by_name
    (folder / "mine.toml").unlink()
    assert themes.look()
    assert "mine" not in themes.by_name


def test_file_that_breaks_keeps_the_theme_as_it_was_and_says_so(folder: Path) -> None:
    write(folder, "mine.toml", 'primary = "#ff00ff"\n')
    themes = Themes(folder)
    write(folder, "mine.toml", 'primary = "#ff00ff"\nup = \n', at=2)
    assert themes.look()
    assert themes.get("mine").primary == "#ff00ff"
    (trouble,) = themes.troubles
    assert trouble.startswith("themes/mine.toml line 2: not TOML")
    assert trouble.endswith("it stays as it was")
    write(folder, "mine.toml", 'primary = "#00ff00"\n', at=3)
    assert themes.look()
    assert themes.troubles == ()


def test_file_that_was_never_right_is_left_out(folder: Path) -> None:
    write(folder, "mine.toml", "what is this\n")
    themes = Themes(folder)
    assert tuple(themes.by_name) == OURS
    assert "themes/mine.toml line 1" in themes.troubles[0]
    assert "left out; harbor is there" in themes.troubles[0]


def test_wrong_colour_costs_that_colour_alone(folder: Path) -> None:
    write(folder, "mine.toml", 'primary = "#ff00ff"\naccent = "shiny"\n')
    themes = Themes(folder)
    assert themes.get("mine").primary == "#ff00ff"
    assert themes.get("mine").accent == themes.get("harbor").accent
    assert "themes/mine.toml line 2: accent is 'shiny'" in themes.troubles[0]


def test_bytes_that_are_no_text_are_told_with_their_line(folder: Path) -> None:
    (folder / "mine.toml").write_bytes(b'# fine\nname = "\xff"\n')
    themes = Themes(folder)
    assert themes.troubles[0].startswith("themes/mine.toml line 2: expected UTF-8 text")


def test_file_too_long_for_a_theme_is_not_read(folder: Path) -> None:
    write(folder, "mine.toml", "#" * (MOST_BYTES + 1))
    assert f"longer than {MOST_BYTES} bytes" in Themes(folder).troubles[0]


def test_folder_in_place_of_a_file_and_dangling_link_are_told(folder: Path) -> None:
    (folder / "a.toml").mkdir()
    (folder / "b.toml").symlink_to(folder / "nowhere")
    themes = Themes(folder)
    assert [text.partition(":")[0] for text in themes.troubles] == ["themes/a.toml", "themes/b.toml"]
    assert all("cannot be read" in text for text in themes.troubles)
    assert not themes.look()


def test_editors_leavings_and_other_files_are_passed_over(folder: Path) -> None:
    for name in (".mine.toml.swp", ".mine.toml", "mine.toml~", "notes.txt"):
        write(folder, name, "what is this")
    themes = Themes(folder)
    assert tuple(themes.by_name) == OURS
    assert themes.troubles == ()


def test_no_more_than_a_bounded_number_of_files_is_read(folder: Path) -> None:
    for number in range(MOST_FILES + 5):
        write(folder, f"t{number:03}.toml", "dark = true\n")
    assert len(Themes(folder).by_name) == len(OURS) + MOST_FILES


def test_theme_that_was_wanted_and_is_not_there_is_told_until_it_is(folder: Path) -> None:
    themes = Themes(folder)
    themes.wanted = "mine"
    assert "theme 'mine' is not there; harbor is used" in themes.troubles[0]
    write(folder, "mine.toml", "dark = true\n")
    assert themes.look()
    assert themes.troubles == ()
