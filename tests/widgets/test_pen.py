"""The pen: the least of SGR that turns one ink into another, and a cursor that goes only where it must."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from widgets.pen import BOLD, DIM, PLAIN, RESET, REVERSE, UNDERLINE, Ink, Pen, blank_of, cells_of, ink_of

TRUE = ColorSystem.TRUECOLOR
RED = Ink(0, "38;2;255;0;0", "48;2;0;0;0")
BLUE = Ink(0, "38;2;0;0;255", "48;2;0;0;0")


def text_of(*pieces: tuple[int, int, str, Ink]) -> str:
    pen = Pen()
    for x, y, text, ink in pieces:
        pen.put(x, y, text, cell_len(text), ink)
    return pen.text()


def test_only_the_colour_that_changes_is_sent() -> None:
    painted = text_of((0, 0, "a", RED), (1, 0, "b", RED), (2, 0, "c", BLUE))
    assert painted == f"\x1b[1H\x1b[38;2;255;0;0;48;2;0;0;0mab\x1b[38;2;0;0;255mc{RESET}"


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (BOLD, 0, "22"),
        (BOLD | DIM, DIM, "22;2"),
        (BOLD | UNDERLINE, UNDERLINE, "22"),
        (0, REVERSE, "7"),
        (REVERSE, 0, "27"),
        (UNDERLINE, BOLD, "24;1"),
    ],
)
def test_attributes_are_taken_back_one_by_one(before: int, after: int, codes: str) -> None:
    painted = text_of((0, 0, "a", RED._replace(attributes=before)), (1, 0, "b", RED._replace(attributes=after)))
    assert f"a\x1b[{codes}mb" in painted


def test_the_terminals_own_colours_come_back_without_a_reset() -> None:
    assert text_of((0, 0, "a", RED), (1, 0, "b", PLAIN)) == "\x1b[1H\x1b[38;2;255;0;0;48;2;0;0;0ma\x1b[39;49mb"


def test_nothing_is_reset_where_nothing_was_set() -> None:
    assert text_of((0, 0, "a", PLAIN)) == "\x1b[1Ha"


def test_cursor_goes_on_by_itself_along_a_line_and_by_column_within_it() -> None:
    assert text_of((3, 7, "a", PLAIN), (4, 7, "b", PLAIN), (20, 7, "c", PLAIN), (0, 8, "d", PLAIN)) == (
        "\x1b[8;4Hab\x1b[21Gc\x1b[9Hd"
    )


def test_blank_is_written_in_whatever_ink_there_is_on_the_same_ground() -> None:
    blank = blank_of(BLUE)
    assert text_of((0, 0, "a", RED), (1, 0, "  ", blank), (3, 0, "b", RED)).count("\x1b[3") == 1
    assert RED.covers(blank)
    assert not RED.covers(blank._replace(back="48;2;9;9;9"))
    assert not RED._replace(attributes=UNDERLINE).covers(blank)


def test_reversed_blank_shows_its_colour_and_is_no_mere_blank() -> None:
    badge = RED._replace(attributes=REVERSE)
    assert blank_of(badge) == badge


def test_few_colours_are_few_codes() -> None:
    assert ink_of(Style.parse("bold red on black"), ColorSystem.STANDARD) == (BOLD, "31", "40")
    assert ink_of(None, ColorSystem.STANDARD) == PLAIN


def test_default_colours_have_one_name() -> None:
    assert ink_of(Style.parse("default on default"), TRUE) == PLAIN


def test_nothing_blinks() -> None:
    assert ink_of(Style.parse("blink bold"), TRUE).attributes == BOLD


def test_wide_characters_fill_two_cells_and_marks_none() -> None:
    assert [char for char, _ink in cells_of("余a", None, TRUE)] == ["余", "", "a"]
    assert [char for char, _ink in cells_of("e\u0301x", None, TRUE)] == ["e\u0301", "x"]
    assert [char for char, _ink in cells_of("余\u0301x", None, TRUE)] == ["余\u0301", "", "x"]
