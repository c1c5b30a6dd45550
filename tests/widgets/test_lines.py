"""Lines: which columns count as changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.lines import changed_columns
from widgets.paint import Cell, cell

spans = st.lists(st.tuples(st.text("ab ", max_size=4), st.sampled_from(["text", "up"])), max_size=4).map(tuple)


def test_nothing_changed() -> None:
    assert changed_columns(cell("abc"), cell("abc")) == (0, 0)
    assert changed_columns((("ab", "up"), ("c", "up")), cell("abc", "up")) == (0, 0)


def test_a_figure_in_the_middle() -> None:
    assert changed_columns(cell("net 1.20 USD"), cell("net 1.35 USD")) == (6, 2)


def test_shorter_text_clears_what_stood_there() -> None:
    assert changed_columns(cell("abcdef"), cell("ab")) == (2, 4)


def test_another_ink_is_a_change() -> None:
    assert changed_columns(cell("abc"), (("a", "text"), ("b", "up"), ("c", "text"))) == (1, 1)


@given(spans, spans)
def test_outside_the_changed_columns_all_is_as_before(old: Cell, new: Cell) -> None:
    first, count = changed_columns(old, new)
    before = [(char, ink) for text, ink in old for char in text]
    after = [(char, ink) for text, ink in new for char in text]
    size = max(len(before), len(after))
    before += [(" ", "text")] * (size - len(before))
    after += [(" ", "text")] * (size - len(after))
    after[first : first + count] = before[first : first + count]
    assert before == after
