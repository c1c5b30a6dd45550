"""The grid: what fits, what is cut, where the cursor stays, what is painted again."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Region

from widgets.columns import Column, Row
from widgets.grid import Grid
from widgets.paint import cell, fit, width_of

COLUMNS = (
    Column("name", 4, left=True),
    Column("price", 5),
    Column("extra", 8, keep=1),
    Column("rare", 8, keep=2),
)


class Bench(App[None]):
    """A grid by itself."""

    CSS = "Grid { height: 100%; }"

    def __init__(self, *, fold_notes: bool = False) -> None:
        super().__init__()
        self.grid = Grid(COLUMNS, empty=("Nothing here.", "Press n."), mark=True, fold_notes=fold_notes)

    def compose(self) -> ComposeResult:
        yield self.grid

    def lines(self) -> list[str]:
        """What stands in the grid, trailing blanks gone."""
        return [self.grid.render_line(y).text.rstrip() for y in range(self.grid.size.height)]


def row(key: str, price: str = "1", note: str = "") -> Row:
    cells = (cell(key), cell(price), cell("e"), cell("r"))
    return Row(key, cells, note=cell(note) if note else ())


async def test_empty_grid_says_so() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 6)):
        text = "\n".join(bench.lines())
        assert "Nothing here." in text
        assert "Press n." in text
        assert "price" not in text


async def test_columns_leave_before_numbers_are_cut() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 6)) as pilot:
        bench.grid.show([row("a", "123,456.78")])
        await pilot.pause()
        assert "rare" in bench.lines()[0]
        await pilot.resize_terminal(28, 6)
        await pilot.pause()
        head, first = bench.lines()[:2]
        assert "rare" not in head
        assert "extra" in head
        await pilot.resize_terminal(18, 6)
        await pilot.pause()
        head, first = bench.lines()[:2]
        assert "extra" not in head
        assert "123,456.78" in first


async def test_texts_are_cut_before_numbers() -> None:
    bench = Bench()
    async with bench.run_test(size=(20, 6)) as pilot:
        bench.grid.show([row("a-very-long-name", "123,456.78")])
        await pilot.pause()
        first = bench.lines()[1]
        assert "123,456.78" in first
        assert "…" in first


async def test_columns_grow_with_their_numbers_and_stay_aligned() -> None:
    bench = Bench()
    async with bench.run_test(size=(60, 6)) as pilot:
        bench.grid.show([row("a", "1"), row("b", "1,000,000.00")])
        await pilot.pause()
        _head, first, second = bench.lines()[:3]
        assert first.index("1") == second.index("1,000,000.00") + len("1,000,000.00") - 1


async def test_cursor_stays_on_its_key_when_rows_move() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 6)):
        bench.grid.show([row("a"), row("b"), row("c")])
        bench.grid.move(1)
        assert bench.grid.selected == "b"
        bench.grid.show([row("c"), row("b"), row("a")])
        assert bench.grid.selected == "b"
        bench.grid.show([row("c"), row("a")])
        assert bench.grid.selected == "c"
        bench.grid.show([])
        assert bench.grid.selected == ""
        bench.grid.move(1)
        bench.grid.select("gone")
        assert bench.grid.selected == ""


async def test_cursor_skips_heads_of_groups_and_scrolls_them_into_sight() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 4)):
        rows = [Row("#1", line=cell("first group")), row("a"), row("b"), Row("#2", line=cell("second")), row("c")]
        bench.grid.show(rows)
        assert bench.grid.selected == "a"
        bench.grid.move(100)
        assert bench.grid.selected == "c"
        assert "second" in "\n".join(bench.lines())
        bench.grid.move(-100)
        assert bench.grid.selected == "a"
        assert "first group" in bench.lines()[1]


async def test_grid_of_heads_alone_scrolls() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 4)):
        bench.grid.show([Row(f"#{n}", line=cell(f"group {n}")) for n in range(9)])
        bench.grid.move(2)
        assert "group 2" in bench.lines()[1]
        assert bench.grid.border_subtitle == "↑2 ↓4"


async def test_notes_of_the_selected_row_alone_where_there_is_no_room_for_all() -> None:
    bench = Bench(fold_notes=True)
    async with bench.run_test(size=(40, 5)) as pilot:
        bench.grid.show([row("a", note="note of a"), row("b", note="note of b")])
        assert "note of b" in "\n".join(bench.lines())
        await pilot.resize_terminal(40, 4)
        await pilot.pause()
        assert "note of a" in "\n".join(bench.lines())
        assert "note of b" not in "\n".join(bench.lines())
        bench.grid.move(1)
        assert "note of a" not in "\n".join(bench.lines())
        assert "note of b" in "\n".join(bench.lines())


async def test_only_the_cell_that_changed_is_painted_again() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 6)) as pilot:
        bench.grid.show([row("a", "10"), row("b", "20")])
        await pilot.pause()
        asked: list[tuple[Region, ...]] = []
        refresh = bench.grid.refresh

        def spy(*regions: Region, **options: bool) -> Grid:
            asked.append(regions)
            return refresh(*regions, **options)

        bench.grid.refresh = spy  # a look at what is asked for
        bench.grid.show([row("a", "10"), row("b", "21")])
        ((region,),) = asked
        assert region.y == 2
        assert region.height == 1
        assert region.width < 10
        asked.clear()
        bench.grid.show([row("a", "10"), row("b", "21")])
        assert asked == []
        assert "21" in bench.lines()[2]


async def test_click_selects_and_wheel_scrolls() -> None:
    bench = Bench()
    async with bench.run_test(size=(40, 4)) as pilot:
        bench.grid.show([row(f"r{n}") for n in range(9)])
        await pilot.pause()
        await pilot.click(bench.grid, offset=(3, 2))
        assert bench.grid.selected == "r1"
        bench.grid._scroll(3)
        assert "r3" in bench.lines()[1]


def test_fit_counts_wide_characters() -> None:
    assert width_of(fit(cell("账户账户"), 5)) <= 5
    assert fit(cell("abc"), 3) == cell("abc")
    assert fit((("ab", "up"), ("cdef", "down")), 4) == (("ab", "up"), ("c…", "down"))
    assert fit(cell("abc"), 0) == (("", "text"),)
