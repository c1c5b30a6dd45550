"""Fields edited in place: nothing typed is lost, choices stay choices."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from widgets.fields import Field, FieldList


class Form(App[None]):
    BINDINGS = [("q", "quit", "quit")]  # noqa: RUF012 (as textual has it)

    def __init__(self, *fields: Field) -> None:
        super().__init__()
        self.list = FieldList()
        self._given = fields
        self.submitted = 0

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.load(self._given)
        self.list.focus()

    def on_field_list_submitted(self) -> None:
        self.submitted += 1

    def text(self) -> str:
        return "\n".join(self.list.render_line(y).text.rstrip() for y in range(self.list.size.height))


def size() -> Field:
    return Field("size", "0.05", was="0.05", unit="base", bounds="> 0")


def side() -> Field:
    return Field("side", "buy", was="buy", choices=("buy", "sell"), free=False)


async def typed(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await pilot.pause()


async def test_first_character_replaces_and_the_rest_appends() -> None:
    form = Form(size())
    async with form.run_test() as pilot:
        await typed(pilot, *"0.1")
        assert form.list.values() == {"size": "0.1"}
        assert "0.05 → 0.1" in form.text()


async def test_editing_in_the_middle() -> None:
    form = Form(size())
    async with form.run_test() as pilot:
        await typed(pilot, "left", "left", "1", "end", "backspace", "home", "delete", "9")
        assert form.list.values() == {"size": "9.10"}
        await typed(pilot, "ctrl+u")
        assert form.list.values() == {}


async def test_letters_are_text_and_never_bindings() -> None:
    form = Form(size())
    async with form.run_test() as pilot:
        await typed(pilot, "q", "space", "q")
        assert form.list.values() == {"size": "q q"}
        assert form.is_running


async def test_choices_are_walked_and_never_typed() -> None:
    form = Form(side())
    async with form.run_test() as pilot:
        await typed(pilot, "right")
        assert form.list.values() == {"side": "sell"}
        await typed(pilot, "space")
        assert form.list.values() == {"side": "buy"}
        await typed(pilot, "s")
        assert form.list.values() == {"side": "sell"}
        await typed(pilot, "z", "left")
        assert form.list.values() == {"side": "buy"}


async def test_free_choice_may_be_typed() -> None:
    form = Form(Field("ticker", "BTC", choices=("BTC", "ETH")))
    async with form.run_test() as pilot:
        await typed(pilot, *"XRP")
        assert form.list.values() == {"ticker": "XRP"}
        await typed(pilot, "right")
        assert form.list.values() == {"ticker": "BTC"}


async def test_enter_submits_and_arrows_walk() -> None:
    form = Form(size(), side())
    async with form.run_test() as pilot:
        await typed(pilot, "enter", "down", "down", "enter")
        assert form.submitted == 2
        assert form.list.at_end
        await typed(pilot, "pageup")
        assert form.list.index == 0


async def test_error_goes_to_the_field_it_names_and_away_with_an_edit() -> None:
    form = Form(side(), size())
    async with form.run_test() as pilot:
        assert form.list.mark_error("size: 'x' is not valid")
        assert form.list.index == 1
        assert "✗ 'x' is not valid" in form.text()
        assert not form.list.mark_error("the desk is busy")
        form.list.mark_error("size: 'x' is not valid")
        await typed(pilot, "1")
        assert "✗" not in form.text()


async def test_required_field_says_so_while_it_is_empty() -> None:
    form = Form(Field("maker", "", required=True))
    async with form.run_test() as pilot:
        assert "required" in form.text()
        await typed(pilot, "a")
        assert "required" not in form.text()


async def test_list_longer_than_the_window_scrolls_to_the_cursor() -> None:
    form = Form(*(Field(f"field{n}", str(n)) for n in range(40)))
    async with form.run_test(size=(60, 10)) as pilot:
        await typed(pilot, *["pagedown"] * 6)
        assert "field39" in form.text()
        await typed(pilot, *["pageup"] * 6)
        assert "field0 " in form.text()
