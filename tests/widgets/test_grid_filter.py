"""The line in which a filter is typed."""

from __future__ import annotations

import pytest

from widgets.grid_filter import CARET, LONGEST, FilterLine


def typed(*keys: str, text: str = "") -> FilterLine:
    line = FilterLine()
    line.set(text)
    line.begin()
    for key in keys:
        line.key(key, key if len(key) == 1 else None)
    return line


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("a", "b", "backspace"), "a"),
        (("backspace",), ""),
        (("a", "b", "left", "c"), "acb"),
        (("a", "left", "left", "delete"), ""),
        (("a", "b", "ctrl+u"), ""),
        (("o", "n", "e", " ", "t", "w", "o", "ctrl+w"), "one"),
        (("ctrl+w",), ""),
        (("a", "right", "right", "b"), "ab"),
    ],
)
def test_keys_edit(keys: tuple[str, ...], text: str) -> None:
    assert typed(*keys).text == text


def test_a_key_that_means_nothing_is_not_taken() -> None:
    line = typed("a")
    assert not line.key("f5", None)
    assert line.text == "a"


def test_a_paste_is_one_line_and_nothing_but_text() -> None:
    line = typed("x")
    line.paste("abc\n:flatten\n")
    assert line.text == "xabc"
    line.paste("\n\x1b")
    assert line.text == "xabc"


def test_it_does_not_grow_without_end() -> None:
    line = typed("x")
    line.paste("y" * 1000)
    assert len(line.text) == LONGEST
    line.set("z" * 1000)
    assert len(line.text) == LONGEST


def test_the_caret_shows_while_it_is_open() -> None:
    line = typed("a", "b", "left")
    assert line.shown == f"a{CARET}b"
    line.open = False
    assert line.shown == "ab"
