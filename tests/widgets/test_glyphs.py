"""Stand-ins of ASCII: one for every glyph that is painted, each as wide as the glyph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from widgets.glyphs import STAND_INS, TABLE, Ascii, g, to_ascii, use_ascii, wants_ascii

ROOT = Path(__file__).resolve().parents[2]
PAINTING = ("widgets", "cockpit/screens", "cockpit/actions", "cockpit/host", "cockpit/desk", "strategies")
TEXTUALS = "╭╮╰╯─│┏┓┗┛━┃╔╗╚╝═║┌┐└┘▔▁▏▕█▄▀▊▎🮇"
"""What Textual itself draws borders and scrollbars with."""


@pytest.fixture
def unicode_after() -> Iterator[None]:
    yield
    use_ascii(False)


def painted_glyphs() -> set[str]:
    """Every character above ASCII in what paints or speaks, but for writing."""
    found: set[str] = set()
    for folder in PAINTING:
        for path in (ROOT / folder).rglob("*.py"):
            if path.name not in ("glyphs.py", "desk_words.py"):
                found.update(char for char in path.read_text(encoding="utf-8") if not char.isascii())
    return {char for char in found if not char.isalpha() and cell_len(char) == 1}


def test_every_glyph_that_is_painted_has_a_stand_in() -> None:
    assert {char for char in painted_glyphs() | set(TEXTUALS) if ord(char) not in TABLE} == set()


@pytest.mark.parametrize("glyph", STAND_INS)
def test_glyph_and_stand_in_take_one_column(glyph: str) -> None:
    assert cell_len(glyph) == 1
    assert len(STAND_INS[glyph]) == 1
    assert STAND_INS[glyph].isascii()
    assert STAND_INS[glyph].isprintable()


def test_signs_that_stand_side_by_side_stay_apart() -> None:
    for together in ("●◌▼▲", "✓✗!", "▁▄▇", "↑↓", "●○◌", "△▲■"[1:], "→←"):
        assert len({to_ascii(char) for char in together}) == len(together), together


def test_boxes_keep_their_shape() -> None:
    assert to_ascii("╭── Log ──╮") == "+-- Log --+"
    assert to_ascii("│ row │┃") == "| row ||"


def test_what_has_no_stand_in_keeps_its_width() -> None:
    assert to_ascii("余额 5") == "???? 5"
    assert to_ascii("é☃") == "??"


def test_ascii_comes_through_as_it_is() -> None:
    text = "net +1,204.50 USD"
    assert to_ascii(text) is text


def test_g_answers_by_what_is_in_use(unicode_after: None) -> None:
    assert g("●") == "●"
    use_ascii(True)
    assert g("●") == "*"


def test_filter_leaves_styles_alone() -> None:
    segments = [Segment("● desk"), Segment("▁▇")]
    assert [each.text for each in Ascii().apply(segments, Color(0, 0, 0))] == ["* desk", "_^"]


@pytest.mark.parametrize(
    ("environ", "ascii_only"),
    [
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "en_US.utf8"}, False),
        ({"LANG": "zh_CN.UTF-8"}, False),
        ({"LANG": "zh_CN.GB18030"}, True),
        ({"LANG": "de_DE"}, True),
        ({"LANG": "de_DE.ISO-8859-15@euro"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),
        # Python itself puts LC_CTYPE=C.UTF-8 into its environment where the locale is C.
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_ALL": "", "LANG": "en_US.UTF-8"}, False),
    ],
)
def test_locale_decides(environ: Mapping[str, str], ascii_only: bool) -> None:
    assert wants_ascii("auto", environ) is ascii_only


@pytest.mark.parametrize(("setting", "ascii_only"), [("ascii", True), ("unicode", False)])
@pytest.mark.parametrize("lang", ["C", "en_US.UTF-8"])
def test_setting_wins_over_the_locale(setting: str, ascii_only: bool, lang: str) -> None:
    assert wants_ascii(setting, {"LANG": lang}) is ascii_only
