"""Palette, help, jump mode, clipboard, suspend."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
import scenes
from face_kit import Face, at_rest, settled
from textual.containers import VerticalScroll

from cockpit.actions.registry import ACTIONS, BY_ID, at_place, places
from cockpit.keymap import Keymap
from cockpit.link.inprocess import InProcessLink
from cockpit.link.messages import Pause
from cockpit.screens import clipboard
from cockpit.screens.command_line import CommandLine
from cockpit.screens.help import HelpDialog, message_lines, two_columns
from cockpit.screens.jump import JumpBar, JumpLabel
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.palette import PaletteDialog, ranked, score
from widgets.lines import Lines
from widgets.paint import cell, plain
from widgets.panel import Panel


def said(face: Face) -> str:
    return " | ".join(text for _ts, _level, text in face.app.said)


# -- palette


def test_letters_in_their_order_and_starts_of_words_first() -> None:
    assert score("xyz", "Pause the selected loop") is None
    assert score("pl", "Pause loop") is not None
    start, middle = score("sl", "Selected loop"), score("sl", "Pause less")
    assert start is not None
    assert middle is not None
    assert start > middle


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_id_and_every_command_finds_its_action(action: object) -> None:
    for name in filter(None, (action.id, action.command)):  # type: ignore[attr-defined]  # parametrize has no types
        assert ranked(ACTIONS, name)[0].id == action.id  # type: ignore[attr-defined]  # as above


def test_words_find_what_they_mean() -> None:
    assert ranked(ACTIONS, "flat")[0].id == "flatten"
    assert ranked(ACTIONS, "next theme")[0].id == "theme"
    assert ranked(ACTIONS, "stop loop")[0].id == "stop"


async def test_palette_runs_the_action_on_the_screen_it_was_called_from() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p", *"pause sel", "enter")
        await at_rest(face, pilot)
        assert face.link.sent == [Pause("hedge-1")]
        assert isinstance(face.app.screen, OverviewScreen)


async def test_palette_lists_only_what_works_here_and_esc_does_nothing() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        face.app.action_open("log")
        await at_rest(face, pilot)
        await pilot.press("ctrl+p")
        await at_rest(face, pilot)
        palette = face.app.screen
        assert isinstance(palette, PaletteDialog)
        shown = {row.key for row in palette.found.rows}
        assert {"log.follow", "flatten", "orders"} <= shown
        assert not {"pause", "size.up", "cancel"} & shown
        await pilot.press(*"zzzz", "enter")
        await at_rest(face, pilot)
        assert face.app.screen is palette
        await pilot.press("escape")
        await at_rest(face, pilot)
        assert face.link.sent == []


async def test_palette_walks_with_arrows_and_opens_the_line_for_what_wants_words() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+p", "down", "down", "up")
        await at_rest(face, pilot)
        palette = face.app.screen
        assert isinstance(palette, PaletteDialog)
        assert palette.found.selected == palette.found.rows[1].key
        palette.entry.put("set")
        await settled(pilot)
        await pilot.press("enter")
        await at_rest(face, pilot)
        assert face.app.screen.query_one(CommandLine).entry.text == "set "


# -- help


def help_text(face: Face) -> str:
    return "\n".join(column.text for column in face.app.screen.query(".helpcolumn").results(Lines))


async def test_help_is_that_of_the_screen_one_is_on() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        await at_rest(face, pilot)
        assert "Pause the selected loop" in help_text(face)
        await pilot.press("escape", "L")
        await at_rest(face, pilot)
        await pilot.press("question_mark")
        await at_rest(face, pilot)
        assert "Pause the selected loop" not in help_text(face)
        assert BY_ID["log.follow"].help in help_text(face)


async def test_help_filters_by_words_and_says_where_nothing_fits() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        await pilot.press("question_mark", "slash", *"flat all")
        await at_rest(face, pilot)
        assert "Flatten all" in help_text(face)
        assert "Next theme" not in help_text(face)
        await pilot.press(*"xyz")
        await at_rest(face, pilot)
        assert "No key has these words" in help_text(face)
        await pilot.press("escape")
        await at_rest(face, pilot)
        assert isinstance(face.app.screen, HelpDialog)
        assert "Next theme" in help_text(face)
        await pilot.press("escape")
        await at_rest(face, pilot)
        assert isinstance(face.app.screen, OverviewScreen)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)])
async def test_help_scrolls_and_cuts_no_line(size: tuple[int, int]) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=size) as pilot:
        await pilot.press("question_mark")
        await at_rest(face, pilot)
        scroll = face.app.screen.query_one(VerticalScroll)
        assert scroll.max_scroll_x == 0
        for column in face.app.screen.query(".helpcolumn").results(Lines):
            for line in column.text.splitlines():
                assert len(line) <= column.size.width
        await pilot.press("end")
        await at_rest(face, pilot)
        assert scroll.scroll_y == scroll.max_scroll_y


def test_two_columns_keep_groups_whole() -> None:
    left, right = two_columns([[cell("a")] * 4, [cell("b")] * 3, [cell("c")] * 2])
    assert [plain(line) for line in left] == ["a"] * 4
    assert [plain(line) for line in right] == ["b"] * 3 + ["c"] * 2


def test_long_messages_are_broken_at_blanks_and_none_is_lost() -> None:
    text = "one two three four five " + "x" * 50
    lines = message_lines("09:00 ", text, "text", 20)
    assert all(len(plain(line)) <= 20 for line in lines)
    assert "".join(plain(line)[6:] for line in lines).replace(" ", "") == text.replace(" ", "")


# -- jump mode


async def test_jump_goes_to_the_panel_of_the_letter() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await at_rest(face, pilot)
        await pilot.press("ctrl+o")
        await at_rest(face, pilot)
        panels = [node for node in face.app.screen.focus_chain if isinstance(node, Panel)]
        labels = list(face.app.screen.query(JumpLabel))
        assert len(labels) == len(panels) > 3
        for label, panel in zip(labels, panels, strict=True):
            assert (label.region.x, label.region.y) == (panel.region.x + 1, panel.region.y)
        await pilot.press("d")
        await at_rest(face, pilot)
        assert face.app.screen.focused is panels[2]
        assert not face.app.screen.query("JumpBar, JumpLabel")


@pytest.mark.parametrize("key", ["escape", "X", "enter", "q", "5"])
async def test_any_other_key_ends_jump_mode_and_does_nothing_else(key: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await at_rest(face, pilot)
        before = face.app.screen.focused
        await pilot.press("ctrl+o")
        await at_rest(face, pilot)
        assert face.app.screen.query(JumpBar)
        await pilot.press(key)
        await at_rest(face, pilot)
        assert not face.app.screen.query("JumpBar, JumpLabel")
        assert face.app.screen.focused is before
        assert face.link.sent == []
        assert not face.link.closed


# -- clipboard


def decoded(sequence: str) -> str:
    return base64.b64decode(sequence.partition("52;c;")[2].partition("\a")[0]).decode()


def test_osc_52_plain() -> None:
    sequence = clipboard.sequence("账户 a\tb", {})
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\a")
    assert decoded(sequence) == "账户 a\tb"


def test_tmux_gets_it_plain_and_wrapped_with_escapes_doubled() -> None:
    sequence = clipboard.sequence("x", {"TMUX": "/tmp/tmux-0/default,1,0"})
    plain_one, _begin, wrapped = sequence.partition("\x1bPtmux;")
    assert decoded(plain_one) == "x"
    assert wrapped.startswith("\x1b\x1b]52;c;")
    assert wrapped.endswith("\x1b\\")


def test_screen_gets_it_in_pieces() -> None:
    sequence = clipboard.sequence("x" * 2000, {"STY": "1.pts-0"})
    pieces = sequence.removesuffix("\x1b\\").split("\x1b\\")
    assert all(piece.startswith("\x1bP") and len(piece) <= clipboard.SCREEN_CHUNK + 2 for piece in pieces)
    assert decoded("".join(piece.removeprefix("\x1bP") for piece in pieces)) == "x" * 2000


async def test_copy_writes_to_the_terminal_and_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.delenv("STY", raising=False)
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        written: list[str] = []
        driver = face.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", written.append)
        face.app.copy("a\tb\nc\td", "table")
        await settled(pilot)
        assert any(decoded(text) == "a\tb\nc\td" for text in written if "52;c;" in text)
        assert "copied table: 2 lines" in said(face)
        written.clear()
        face.app.copy("x" * (clipboard.LIMIT + 1), "table")
        await settled(pilot)
        assert not any("52;c;" in text for text in written)
        assert "not copied: 100 kB" in said(face)


# -- the shell


async def test_suspend_is_refused_where_the_desk_would_stand_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    face = Face(scenes.busy(), keymap=Keymap())
    stopped: list[bool] = []
    suspend: Callable[[object], None] = lambda _app: stopped.append(True)  # noqa: E731  # two lines for a list
    monkeypatch.setattr(type(face.app), "action_suspend_process", suspend)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+z")
        await at_rest(face, pilot)
        assert stopped == [True]
        monkeypatch.setattr(face.app, "link", InProcessLink.__new__(InProcessLink))
        face.app.action_suspend()
        assert stopped == [True]
        assert "must not stand still" in said(face)
        monkeypatch.undo()


async def test_a_resize_ends_jump_mode() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await at_rest(face, pilot)
        await pilot.press("ctrl+o")
        await at_rest(face, pilot)
        await pilot.resize_terminal(120, 40)
        await at_rest(face, pilot)
        assert not face.app.screen.query("JumpBar, JumpLabel")
        assert isinstance(face.app.screen.focused, Panel)


def test_places_hold_every_scope_but_those_of_replay_and_welcome() -> None:
    covered = {action.id for scopes in places().values() for action in at_place(scopes)}
    assert {action.id for action in ACTIONS} == covered
