"""Text broken into lines."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from widgets.paint import cell, plain
from widgets.prose import wrapped


def lines(text: str, width: int, indent: int = 0) -> list[str]:
    return [plain(line) for line in wrapped(cell(text), width, indent)]


def test_nothing_is_one_empty_line() -> None:
    assert lines("", 10) == [""]


def test_what_fits_stays_as_it_is() -> None:
    assert lines("too late  for this", 20) == ["too late  for this"]


def test_breaks_at_blanks_and_indents_what_follows() -> None:
    assert [line.rstrip() for line in lines("too late for ctrl+x", 9, 2)] == ["too late", "  for", "  ctrl+x"]


def test_a_word_wider_than_the_line_is_broken() -> None:
    assert lines("abcdefgh", 3) == ["abc", "def", "gh"]


@pytest.mark.parametrize("width", range(6, 30))
def test_wide_characters_break_anywhere_and_nothing_is_lost(width: int) -> None:
    text = "一键全平：所有账户, okx 无法连接"
    broken = lines(text, width)
    assert max(map(cell_len, broken)) <= width
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")


def test_inks_stay_with_their_words() -> None:
    spans = (("critical ", "crit"), ("a long tale", "text"))
    assert wrapped(spans, 12, 0)[0][0] == ("critical", "crit")
    assert {ink for line in wrapped(spans, 12, 0)[1:] for _text, ink in line} == {"text"}


def test_badges_stay_whole() -> None:
    assert wrapped(((" CRITICAL ", "badge-crit"), (" x", "text")), 11, 0)[0][0] == (" CRITICAL ", "badge-crit")
