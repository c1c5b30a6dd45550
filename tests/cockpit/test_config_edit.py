"""Changes of the configuration that leave the rest of it alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cockpit.config import Config, ConfigError, config_text, parse_config
from cockpit.config_edit import lines_of, put_in_place, read_text, with_account, with_value
from venues.model import Mode

FILE = Path("config.toml")
MINE = """\
# my own words
[ui]   # the screen
theme = "harbor"  # I like this one

[desk]
publish_hz = 5

[[account]]
name = "extended"
venue = "extended"
"""


def test_a_file_that_is_no_toml_is_left_alone() -> None:
    with pytest.raises(ConfigError, match="valid TOML"):
        with_account("[ui\n", "okx-main", "okx", FILE)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ConfigError, match="a name that no other account has"):
        with_account(MINE, "extended", "okx", FILE)


def test_a_value_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="language"):
        with_value(MINE, "ui", "language", "klingon", FILE)


def test_accounts_written_inline_are_refused_and_not_mangled() -> None:
    inline = 'account = [{ name = "a", venue = "lighter" }]\n'
    with pytest.raises(ConfigError):
        with_account(inline, "okx-main", "okx", FILE)


def test_one_value_changes_and_its_comment_stays() -> None:
    after = with_value(MINE, "ui", "theme", "daylight", FILE)
    assert after == MINE.replace('"harbor"', '"daylight"')


def test_a_value_that_was_not_there_goes_into_its_section() -> None:
    after = with_value(MINE, "ui", "language", "zh", FILE)
    assert parse_config(after, FILE).ui.language == "zh"
    assert set(MINE.splitlines()) <= set(after.splitlines())


def test_a_section_that_was_not_there_is_added() -> None:
    for before in ("", "[desk]\npublish_hz = 5", MINE.replace("[ui]   # the screen\ntheme", "[ui]\ntheme")):
        after = with_value(before, "ui", "glyphs", "ascii", FILE)
        assert parse_config(after, FILE).ui.glyphs == "ascii"
        assert after.startswith(before.split("[ui]")[0])


def test_an_account_is_added_read_only_and_the_rest_stays() -> None:
    after = with_account(MINE, "okx-main", "okx", FILE)
    assert after.startswith(MINE)
    added = parse_config(after, FILE).accounts[-1]
    assert (added.name, added.venue, added.mode, added.read_only) == ("okx-main", "okx", Mode.LIVE, True)


@pytest.mark.parametrize("before", [None, "", "[ui]\n"])
def test_the_paper_accounts_stay_beside_the_first_live_one(before: str | None) -> None:
    after = parse_config(with_account(before, "okx-main", "okx", FILE), FILE)
    assert [account.name for account in after.accounts] == [
        *(account.name for account in Config().accounts),
        "okx-main",
    ]


def test_lines_are_told_by_section() -> None:
    lines = lines_of(MINE)
    assert lines[("ui", "theme")] == 3
    assert lines[("desk", "publish_hz")] == 6
    assert lines[("account.1", "name")] == 9
    assert lines_of(config_text(Config()))[("risk", "max_leverage")] > 1


# -- writing


def test_it_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "config" / "config.toml"
    put_in_place(file, None, MINE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    put_in_place(file, MINE, MINE + "\n")
    assert read_text(file) == MINE + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"], "nothing is left beside it"


def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("theirs = 1\n")
    with pytest.raises(ConfigError, match="no file there yet"):
        put_in_place(file, None, MINE)
    with pytest.raises(ConfigError, match="nobody else to change it"):
        put_in_place(file, MINE, MINE + "\n")
    assert file.read_text() == "theirs = 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_that_is_linked_stays_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    kept.write_text(MINE)
    file = tmp_path / "config.toml"
    file.symlink_to(kept)
    put_in_place(file, MINE, MINE + "\n")
    assert file.is_symlink()
    assert kept.read_text() == MINE + "\n"


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="a folder that can be written to"):
        put_in_place(tmp_path / "config" / "config.toml", None, MINE)
    assert read_text(tmp_path / "nowhere.toml") is None
