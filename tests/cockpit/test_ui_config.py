"""`[ui]` of the configuration: the desk refuses a mistake, the screen starts all the same and says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.config import Config, ConfigError, config_text, parse_config
from cockpit.ui_config import Glyphs, Language, UiConfig, read_ui


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_desk_names_file_key_value_and_what_would_be_right() -> None:
    with pytest.raises(ConfigError, match=r"config.toml: \[ui\] language = 'fr': expected one of auto, en, zh"):
        parse_config('[ui]\nlanguage = "fr"\n', Path("config.toml"))
    with pytest.raises(ConfigError, match=r"\[ui\] langauge: expected a key that exists; did you mean language\?"):
        parse_config('[ui]\nlangauge = "zh"\n', Path("config.toml"))


def test_each_mistake_costs_its_own_key_alone(tmp_path: Path) -> None:
    file = written(tmp_path, '[ui]\nlanguage = "zh"\nglyphs = "emoji"\ntheme = 7\ncolour = "red"\n')
    ui, wrong = read_ui(file)
    assert ui == UiConfig(language=Language.ZH)
    assert wrong == [
        f"{file}: [ui] colour: expected one of language, glyphs, theme",
        f"{file}: [ui] glyphs = 'emoji': expected one of auto, unicode, ascii; it stays auto",
        f"{file}: [ui] theme = 7: expected text; the default holds",
    ]


def test_ui_that_is_no_table(tmp_path: Path) -> None:
    file = written(tmp_path, "ui = 5\n")
    assert read_ui(file) == (UiConfig(), [f"{file}: ui = 5: expected a table [ui]"])


@pytest.mark.parametrize("text", ["", "not toml at all", '[desk]\npublish_hz = "what"\n'])
def test_what_is_wrong_elsewhere_is_the_desks_matter(tmp_path: Path, text: str) -> None:
    assert read_ui(written(tmp_path, text)) == (UiConfig(), [])


def test_no_file_at_all(tmp_path: Path) -> None:
    assert read_ui(tmp_path / "none.toml") == (UiConfig(), [])
    assert read_ui(tmp_path) == (UiConfig(), [])


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    config = Config(ui=UiConfig(Language.ZH, Glyphs.ASCII, "fathom"))
    file = written(tmp_path, config_text(config))
    assert parse_config(file.read_text(encoding="utf-8"), file) == config
    assert read_ui(file) == (config.ui, [])
