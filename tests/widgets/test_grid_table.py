"""A grid as its operator handles it: filtered while he types, sorted by keys and mouse, columns hidden, copied."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.events import Paste
from textual.geometry import Region
from textual.pilot import Pilot

from widgets.columns import Column, Row
from widgets.grid import Grid
from widgets.paint import cell
from widgets.sifted import Sifted

COLUMNS = (Column("name", 4, left=True), Column("price", 8), Column("extra", 8, keep=1, left=True))


class Bench(App[None]):
    """A grid by itself, keys of a screen below it are recorded."""

    CSS = "Grid { height: 100%; border: round white; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        (key, f"pressed('{key}')", key) for key in ("a", "q", "escape", "enter", "tab", "slash")
    ]

    def __init__(self) -> None:
        super().__init__()
        self.grid = Grid(COLUMNS, title="Things", empty=("Nothing here.",), id="things")
        self.pressed: list[str] = []
        self.arranged = 0
        self.filtered: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.grid

    def action_pressed(self, key: str) -> None:
        self.pressed.append(key)
        if key == "slash":
            self.grid.begin_filter()

    def on_sifted_arranged(self, _event: Sifted.Arranged) -> None:
        self.arranged += 1

    def on_sifted_filtered(self, event: Sifted.Filtered) -> None:
        self.filtered.append(event.grid.filter_text)

    def lines(self) -> list[str]:
        return [self.grid.render_line(y).text.rstrip() for y in range(self.grid.size.height)]

    def names(self) -> list[str]:
        return [line.split()[0].lstrip("▌") for line in self.lines()[1:] if line.strip(" ▌")]

    @property
    def title_text(self) -> str:
        return str(self.grid.border_title)


def row(name: str, price: str = "1", extra: str = "e") -> Row:
    return Row(name, (cell(name), cell(price), cell(extra)))


ROWS = [
    row("btc-1", "67,120", "buy"),
    row("btc-2", "9", "sell"),
    row("eth-1", "3,412", "buy"),
    row("sol-1", "182", "sell"),
]


async def type_in(pilot: Pilot[None], text: str) -> None:
    for char in text:
        await pilot.press({" ": "space", "-": "minus"}.get(char, char))
    await pilot.pause()


async def test_rows_go_as_one_types_and_come_back_with_escape() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.focus()
        await pilot.press("slash")
        assert bench.grid.typing
        await type_in(pilot, "b")
        assert bench.names() == ["btc-1", "btc-2", "eth-1"]
        await type_in(pilot, "uy btc")
        assert bench.names() == ["btc-1"]
        assert "(1 of 4)" in bench.title_text
        assert "buy btc" in bench.title_text
        await pilot.press("enter")
        assert not bench.grid.typing
        assert bench.names() == ["btc-1"]
        await pilot.press("escape")
        assert bench.names() == ["btc-1", "btc-2", "eth-1", "sol-1"]
        assert "/" not in bench.title_text
        assert bench.pressed == ["slash"]
        await pilot.press("escape")
        assert bench.pressed == ["slash", "escape"]


async def test_letters_are_text_while_one_types_and_keys_again_afterwards() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.focus()
        await pilot.press("slash", "a", "q", "enter", "a")
        assert bench.pressed == ["slash", "a"]
        assert bench.grid.filter_text == "aq"


async def test_nothing_left_says_so_and_what_helps() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.filter_by("doge [b]moon[/b]")
        await pilot.pause()
        text = "\n".join(bench.lines())
        assert "doge [b]moon[/b]" in text
        assert "esc" in text
        assert "Nothing here." not in text
        assert "(0 of 4)" in bench.title_text
        bench.grid.filter_by("")
        bench.grid.show([])
        await pilot.pause()
        assert "Nothing here." in "\n".join(bench.lines())


async def test_rows_that_come_later_are_filtered_and_sorted_too() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.filter_by("btc")
        bench.grid.sort_by("price")
        bench.grid.show([*ROWS, row("btc-3", "1,000"), row("xrp-1", "2")])
        await pilot.pause()
        assert bench.names() == ["btc-2", "btc-3", "btc-1"]
        assert "(3 of 6)" in bench.title_text


async def test_the_cursor_stays_on_its_row_while_it_is_found() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)):
        bench.grid.show(ROWS)
        bench.grid.select("eth-1")
        bench.grid.filter_by("buy")
        assert bench.grid.selected == "eth-1"
        bench.grid.filter_by("btc")
        assert bench.grid.selected == "btc-1"


async def test_rows_that_stay_are_walked_through_by_what_is_found() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.focus()
        await pilot.press("slash", "tab")
        await type_in(pilot, "sell")
        assert bench.names() == ["btc-1", "btc-2", "eth-1", "sol-1"]
        assert bench.grid.selected == "btc-2"
        assert "(2 of 4)" in bench.title_text
        await pilot.press("enter")
        assert bench.grid.next_match(1)
        assert bench.grid.selected == "sol-1"
        assert bench.grid.next_match(1)
        assert bench.grid.selected == "btc-2"
        assert bench.grid.next_match(-1)
        assert bench.grid.selected == "sol-1"
        bench.grid.filter_by("doge")
        assert not bench.grid.next_match(1)


async def test_a_paste_into_the_filter_is_one_line_of_text() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.focus()
        bench.grid.post_message(Paste("btc"))
        await pilot.pause()
        assert bench.grid.filter_text == ""
        await pilot.press("slash")
        bench.grid.post_message(Paste("eth\nq\n"))
        await pilot.pause()
        assert bench.grid.filter_text == "eth"
        assert bench.filtered == ["eth"]
        assert bench.pressed == ["slash"]


async def test_losing_the_focus_ends_the_typing_and_keeps_the_filter() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.focus()
        await pilot.press("slash", "b")
        bench.set_focus(None)
        await pilot.pause()
        assert not bench.grid.typing
        assert bench.grid.filter_text == "b"


async def test_sort_walks_the_columns_in_sight_and_ends_where_it_began() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        await pilot.pause()
        bench.grid.sort_next()
        bench.grid.sort_next()
        assert bench.names() == ["btc-2", "sol-1", "eth-1", "btc-1"]
        assert "price ▴" in bench.lines()[0]
        bench.grid.sort_turn()
        assert bench.names() == ["btc-1", "eth-1", "sol-1", "btc-2"]
        assert "price ▾" in bench.lines()[0]
        bench.grid.sort_next()
        bench.grid.sort_next()
        assert bench.grid.sorted_by == ("", False)
        assert bench.names() == [each.key for each in ROWS]
        await pilot.pause()
        assert bench.arranged == 5


async def test_a_column_without_room_is_passed_over_by_the_sort() -> None:
    bench = Bench()
    async with bench.run_test(size=(24, 10)) as pilot:
        bench.grid.show(ROWS)
        await pilot.pause()
        assert "extra" not in bench.lines()[0]
        for _step in range(3):
            bench.grid.sort_next()
        assert bench.grid.sorted_by == ("", False)


async def test_the_sort_of_a_column_that_does_not_exist_is_refused() -> None:
    grid = Grid(COLUMNS)
    with pytest.raises(ValueError, match="'volume' is no column; expected one of name, price, extra"):
        grid.sort_by("volume")


async def test_a_click_on_a_head_sorts_by_it() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        await pilot.pause()
        x = bench.lines()[0].index("price") + 1
        await pilot.click(bench.grid, offset=(x, 1))
        assert bench.grid.sorted_by == ("price", False)
        await pilot.click(bench.grid, offset=(x, 1))
        assert bench.grid.sorted_by == ("price", True)
        await pilot.click(bench.grid, offset=(x, 1))
        assert bench.grid.sorted_by == ("", False)
        await pilot.click(bench.grid, offset=(x, 3))
        assert bench.grid.selected == "btc-2"


async def test_hidden_columns_are_neither_shown_nor_copied() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.hide(["price", "no such"])
        await pilot.pause()
        assert "price" not in bench.lines()[0]
        assert bench.grid.hidden == {"price"}
        assert bench.grid.copy_row() == "btc-1\tbuy"
        bench.grid.hide(["name", "price", "extra"])
        assert bench.grid.hidden == frozenset()


async def test_what_is_copied_is_what_is_shown() -> None:
    bench = Bench()
    async with bench.run_test(size=(24, 10)):
        assert bench.grid.copy_row() == ""
        assert bench.grid.copy_table() == ""
        bench.grid.show([Row("#", line=cell("group")), *ROWS, row("tab\there", "1", "two  blanks")])
        assert bench.grid.copy_row() == "btc-1\t67,120\tbuy"
        bench.grid.filter_by("btc")
        bench.grid.sort_by("price")
        assert bench.grid.copy_table() == "name\tprice\textra\ngroup\nbtc-2\t9\tsell\nbtc-1\t67,120\tbuy"
        bench.grid.filter_by("here")
        assert bench.grid.copy_table().splitlines()[-1] == "tab here\t1\ttwo blanks"


async def test_a_move_of_the_cursor_paints_the_two_rows_alone() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.focus()
        await pilot.pause()
        asked: list[tuple[Region, ...]] = []
        refresh = bench.grid.refresh

        def spy(*regions: Region, **options: bool) -> Grid:
            asked.append(regions)
            return refresh(*regions, **options)

        bench.grid.refresh = spy  # a look at what is asked for
        bench.grid.move(1)
        ((first, second),) = asked
        assert (first.y, second.y) == (1, 2)
        asked.clear()
        bench.grid.show([ROWS[1], ROWS[0], *ROWS[2:]])
        assert [region.y for region in asked[0]] == [1, 2]


async def test_rows_that_come_back_to_what_they_were_are_painted_again() -> None:
    """A cell that changed in place and then, with a move of rows, changed back must not stay on the screen."""
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        await pilot.pause()
        bench.grid.show([row("btc-1", "1"), *ROWS[1:]])
        await pilot.pause()
        bench.grid.show([*ROWS, row("new", "5")])
        await pilot.pause()
        assert "67,120" in bench.screen._compositor.render_strips()[2].text


async def test_nothing_is_done_anew_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(ROWS)
        bench.grid.filter_by("btc")
        bench.grid.sort_by("price")
        await pilot.pause()
        sifted: list[int] = []
        monkeypatch.setattr(bench.grid._sieve, "sift", lambda rows: sifted.append(1))
        painted = bench.grid.lines_painted
        bench.grid.show([row("btc-1", "67,120", "buy"), *ROWS[1:]])
        await pilot.pause()
        assert sifted == []
        assert bench.grid.lines_painted == painted


async def test_the_cursors_row_stays_on_its_line_when_rows_go_above_it() -> None:
    bench = Bench()
    many = [row(f"r{n:02}") for n in range(40)]
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show(many)
        await pilot.pause()
        bench.grid.move(20)
        before = next(y for y, line in enumerate(bench.lines()) if "r20" in line)
        bench.grid.show(many[10:])
        assert "r20" in bench.lines()[before]
        bench.grid.show([*(row(f"n{n}") for n in range(5)), *many[10:]])
        assert "r20" in bench.lines()[before]


async def test_new_rows_show_where_one_stands_at_the_very_top() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 10)) as pilot:
        bench.grid.show([row(f"r{n:02}") for n in range(40)])
        await pilot.pause()
        bench.grid.show([row("new"), *(row(f"r{n:02}") for n in range(40))])
        assert "new" in bench.lines()[1]
        assert bench.grid.selected == "r00"


async def test_texts_are_cut_before_a_late_column_leaves() -> None:
    bench = Bench()
    bench.grid = Grid((Column("name", 4, left=True), Column("price", 5), Column("qty", 5, late=1)))
    async with bench.run_test(size=(24, 6)) as pilot:
        bench.grid.show([Row("a", (cell("a-long-name"), cell("12.34"), cell("99.99")))])
        await pilot.pause()
        assert "99.99" in bench.lines()[1]
        assert "…" in bench.lines()[1]
        await pilot.resize_terminal(16, 6)
        await pilot.pause()
        assert "12.34" in bench.lines()[1]
        assert "qty" not in bench.lines()[0]
