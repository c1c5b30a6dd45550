"""The command line: what it does, keeps and completes, and what it does with mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenes
from face_kit import Face, at_rest, overview, press, say

from cockpit.link.messages import Ack, AckAlarm, Pause, Resume, SetParams, Stop, Verb
from cockpit.screens.command_line import CommandLine
from cockpit.screens.dialog import ChoiceDialog
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.held import HELD_NS
from cockpit.screens.launch import LaunchDialog
from cockpit.screens.live import LiveScreen
from cockpit.screens.overview import OverviewScreen
from cockpit.screens.reduce import ReduceDialog
from venues.model import NS_PER_S
from widgets import i18n


def line(face: Face) -> CommandLine:
    return face.app.screen.query_one(CommandLine)


@pytest.mark.parametrize(
    ("text", "verbs"),
    [
        ("pause", [Pause("hedge-1")]),
        ("pause hedge-2", [Pause("hedge-2")]),
        ("pause HEDGE-2", [Pause("hedge-2")]),
        ("pause all", [Pause("all")]),
        ("resume hedge-2", [Resume("hedge-2")]),
        ("stop hedge-2 cycle", [Stop("hedge-2", "cycle")]),
        ("ack a1", [AckAlarm("a1")]),
        ("ack all", [AckAlarm("all")]),
        ("ack", [AckAlarm("a1")]),
    ],
)
async def test_lines_that_send_at_once(text: str, verbs: list[Verb]) -> None:
    tables = scenes.busy()
    tables.alarms = [scenes.alarm()]
    face = Face(tables)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, text)
        assert face.link.sent == verbs
        assert not face.app.screen.query(CommandLine)
        assert face.app.screen.focused is not None


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("size 0.5", {"size": "0.5"}),
        ("iter 20", {}),
        ("iter 30", {"iterations": "30"}),
        ("set slippage 7", {"slippage": "7"}),
        ("set SLIPPAGE 7", {"slippage": "7"}),
    ],
)
async def test_lines_that_stage_exactly_that(text: str, changes: dict[str, str]) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, text)
        assert face.link.sent == []
        assert face.app.staging.of("hedge-1") == changes
        if changes:
            face.clock.advance(HELD_NS / NS_PER_S)
            await pilot.press("enter")
            await at_rest(face, pilot)
            assert face.link.sent == [SetParams("hedge-1", changes)]


@pytest.mark.parametrize("way", ["line", "palette"])
async def test_enter_that_is_still_held_down_sends_nothing(way: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        if way == "line":
            await say(face, pilot, "size 0.06")
        else:
            await press(face, pilot, "ctrl+p", *"size.up", "enter")
        assert face.app.staging.of("hedge-1")
        for _repeat in range(20):
            face.clock.advance(0.6)
            await press(face, pilot, "enter")
        assert face.link.sent == []
        assert "let go" in overview(face).keybar.message
        face.clock.advance(0.8)
        await press(face, pilot, "enter")
        assert [type(verb) for verb in face.link.sent] == [SetParams]


async def test_what_is_asked_for_by_its_name_is_done_at_once() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, "size 0.06")
        await say(face, pilot, "apply")
        assert face.link.sent == [SetParams("hedge-1", {"size": "0.06"})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("size wurst", "size: wurst is not valid"),
        ("size -1", "bound"),
        ("set wurst 3", "parameter: 'wurst' is not known"),
        ("set maker okx", "fixed at launch"),
        ("pause hedge-9", "loop: 'hedge-9' is not known; expected one of hedge-1, hedge-2"),
        ("acct wurst", "account: 'wurst' is not known"),
        ("flatten wurst", "account: 'wurst' is not known"),
        ("reduce 30", "expected one of 25, 50, 75"),
        ("theme wurst", "theme: 'wurst' is not known"),
        ("lang fr", "language: 'fr' is not known"),
        ("stop hedge-1 wurst", "expected one of cycle, now, flatten"),
        ("launch hedge size", "expected NAME=VALUE"),
        ("launch hedge wurst=3", "parameter: 'wurst'"),
        ("launch wurst size=3", "no strategy 'wurst'"),
        ("ack a9", "alarm: 'a9' is not known"),
        ("filter.wurst", "no command"),
    ],
)
async def test_a_line_with_a_mistake_stays_with_what_would_be_right(text: str, words: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 40)) as pilot:
        await say(face, pilot, text)
        assert line(face).entry.text == text
        assert words in line(face).words.text
        assert face.link.sent == []
        assert face.app.staging.all == {}
        await pilot.press("escape")
        await at_rest(face, pilot)
        assert not face.app.screen.query(CommandLine)


async def test_a_desk_that_does_not_answer_is_a_mistake_that_keeps_the_line() -> None:
    face = Face(scenes.busy())
    face.link.cut = True
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, "size 0.5")
        assert line(face).entry.text == "size 0.5"
        assert "not connected" in line(face).words.text


async def test_no_loop_here_is_a_mistake_that_says_where_one_is() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 40)) as pilot:
        face.app.action_open("log")
        await at_rest(face, pilot)
        await say(face, pilot, "size 0.5")
        assert "no loop is selected here" in line(face).words.text
        await pilot.press("escape")
        await at_rest(face, pilot)
        await say(face, pilot, "pause")
        assert "does not work on this screen" in line(face).words.text
        assert face.link.sent == []


async def test_a_refused_command_is_told_in_the_key_bar_and_the_line_is_in_the_history() -> None:
    face = Face(scenes.busy())
    face.link.answer = lambda _verb: Ack("1", ok=False, error="hedge-1 has ended")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, "pause")
        screen = face.app.screen
        assert isinstance(screen, LiveScreen)
        assert "has ended" in screen.keybar.message
        await pilot.press("colon", "up")
        await at_rest(face, pilot)
        assert line(face).entry.text == "pause"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("flatten", FlattenDialog),
        ("flatten okx", FlattenDialog),
        ("reduce 75", ReduceDialog),
        ("reduce 75%", ReduceDialog),
        ("stop hedge-1", ChoiceDialog),
        ("stop hedge-1 flatten", ChoiceDialog),
        ("launch hedge maker=okx", LaunchDialog),
    ],
)
async def test_lines_that_ask_first(text: str, kind: type) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, text)
        assert isinstance(face.app.screen, kind)
        assert face.link.sent == []


async def test_the_reduce_and_flatten_of_a_line_are_those_that_were_said() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, "reduce 75")
        assert isinstance(face.app.screen, ReduceDialog)
        assert face.app.screen.fraction == "0.75"
        await pilot.press("escape")
        await at_rest(face, pilot)
        await say(face, pilot, "flatten okx")
        assert isinstance(face.app.screen, FlattenDialog)
        assert {row.key.split("/")[0] for row in face.app.screen.legs.rows} == {"okx"}
        assert "would stay open" in face.app.screen.remain.text


async def test_launch_fills_the_form_in() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, "launch hedge maker=okx taker=backpack ticker=SOL size=3")
        form = face.app.screen
        assert isinstance(form, LaunchDialog)
        values = form.fields.values()
        assert (values["maker"], values["taker"], values["ticker"], values["size"]) == ("okx", "backpack", "SOL", "3")


@pytest.mark.parametrize("screen", ["log", "orders", "history"])
async def test_commands_of_screens_work_from_screens(screen: str) -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await say(face, pilot, screen)
        assert screen in type(face.app.screen).__name__.lower()
        assert len(face.app.screen_stack) == 2
        await say(face, pilot, "spreads BTC")
        assert "spreads" in type(face.app.screen).__name__.lower()
        assert len(face.app.screen_stack) == 2
        await say(face, pilot, "overview")
        assert isinstance(face.app.screen, OverviewScreen)


async def test_theme_and_language() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        try:
            await say(face, pilot, "theme daylight")
            assert face.app.theme == "daylight"
            await say(face, pilot, "lang zh")
            assert i18n.language() == "zh"
        finally:
            i18n.use("en")


async def test_tab_completes_and_shows_what_there_is() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon", *"pau", "tab")
        await at_rest(face, pilot)
        assert line(face).entry.text == "pause "
        assert "hedge-1" in line(face).words.text
        await pilot.press("h", "tab", "2")
        await at_rest(face, pilot)
        assert line(face).entry.text == "pause hedge-2"


async def test_editing_keys_and_history_keep_what_is_being_typed(tmp_path: Path) -> None:
    face = Face(scenes.busy(), history=tmp_path / "commands")
    face.app.history.add("pause hedge-1")
    face.app.history.add("orders")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon", *"ack")
        await pilot.press("up", "up", "up", "down")
        await at_rest(face, pilot)
        assert line(face).entry.text == "orders"
        await pilot.press("down")
        await at_rest(face, pilot)
        assert line(face).entry.text == "ack"
        await pilot.press("home", "delete", "right", "backspace", "end", "x", "left", "left", "ctrl+u")
        await at_rest(face, pilot)
        assert line(face).entry.text == "kx"
        await pilot.press("ctrl+e", "space", *"yz", "ctrl+w")
        await at_rest(face, pilot)
        assert line(face).entry.text == "kx "
        await pilot.press("escape")
        await at_rest(face, pilot)
        assert not face.app.screen.query(CommandLine)
        assert face.link.sent == []


async def test_panels_go_on_while_one_types_and_keys_are_text() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon", "q", "X", "x")
        await at_rest(face, pilot)
        assert line(face).entry.text == "qXx"
        assert face.link.sent == []
        tables = scenes.busy()
        tables.loops = [scenes.loop("hedge-9", "BTC", "lighter", "extended")]
        face.change(tables)
        screen = face.app.screen
        assert isinstance(screen, OverviewScreen)
        assert [row.key for row in screen.loops.rows] == ["hedge-9"]


async def test_the_chord_works_over_the_line_and_the_line_is_there_afterwards() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await pilot.press("colon", "p", "ctrl+x")
        await at_rest(face, pilot)
        assert isinstance(face.app.screen, FlattenDialog)
        await pilot.press("escape")
        await at_rest(face, pilot)
        assert line(face).entry.text == "p"


async def test_at_sixty_columns_the_line_lies_over_the_key_bar() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        await pilot.press("colon", *"pause ")
        await at_rest(face, pilot)
        region = line(face).region
        assert (region.y, region.bottom, region.width) == (18, 20, 60)
