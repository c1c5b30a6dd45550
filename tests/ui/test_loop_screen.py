"""The loop screen: what it asks, what its keys do, and what happens when answers stay away."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import scenes
from face_kit import Face, press, settled, words
from sheets import ack, loop_sheet, told
from textual.pilot import Pilot

from cockpit.link.client import LinkError
from cockpit.link.messages import Ack, Pause, Query, SetParams, Verb
from cockpit.screens.loop import LoopScreen
from cockpit.screens.order_life import OrderLifeDialog
from cockpit.screens.overview import OverviewScreen
from widgets.panel import Panel

SIZE = (120, 40)


async def opened(face: Face, pilot: Pilot[str], loop: str = "hedge-1") -> LoopScreen:
    await settled(pilot)
    face.app.action_open("loop", loop)
    await face.app.workers.wait_for_complete()
    await settled(pilot)
    screen = face.app.screen
    assert isinstance(screen, LoopScreen)
    return screen


def shows(face: Face, kind: type[object]) -> bool:
    return isinstance(face.app.screen, kind)


def panel(screen: LoopScreen, name: str) -> Panel:
    return next(each for each in screen.order if each.id == name)


def asked(face: Face, what: str) -> list[Query]:
    return [query for query in face.link.asked if query.what == what]


# -- unhappy paths


async def test_a_refused_question_is_told_and_the_store_is_shown_all_the_same() -> None:
    face = told(scenes.busy())
    face.link.answers["loop"] = Ack("1", ok=False, error="loop: 'hedge-1' is not known")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        face.app.flush()
        assert "is not known" in words(panel(screen, "obligations"))
        assert "●holding" in words(panel(screen, "cycle"))


async def test_an_answer_of_another_shape_is_told() -> None:
    face = told(scenes.busy())
    face.link.answers["loop"] = ack({"loop": 7})
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "cannot be read" in words(panel(screen, "changes"))


async def test_an_answer_that_never_comes_leaves_the_screen_alive_and_is_not_asked_for_twice() -> None:
    face = told(scenes.busy())
    gate = asyncio.Event()
    send = face.link.send

    async def held(verb: Verb, **_more: object) -> Ack:
        if isinstance(verb, Query) and verb.what == "loop":
            await gate.wait()
            raise LinkError("no answer in 10 s", "1", unknown=True)
        return await send(verb)

    face.link.send = held  # type: ignore[method-assign]  # the desk's answer in the test's hand
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        face.app.action_open("loop", "hedge-1")
        await settled(pilot)
        screen = face.app.screen
        assert isinstance(screen, LoopScreen)
        for _ in range(5):
            face.clock.advance(20)
            face.change(scenes.busy())
            await settled(pilot)
        assert "asking the desk" in words(panel(screen, "obligations"))
        assert len(asked(face, "orders")) == 1, "nothing more is asked while an answer is out"
        await pilot.press("greater_than_sign")
        await settled(pilot)
        assert face.app.staging.of("hedge-1") == {"size": "0.051"}
        gate.set()
        await face.app.workers.wait_for_complete()
        await settled(pilot)
        assert "no answer in 10 s" in words(panel(screen, "obligations"))


async def test_an_answer_about_the_loop_before_is_not_shown_under_the_next() -> None:
    face = told(scenes.busy())
    gate = asyncio.Event()
    send = face.link.send

    async def held(verb: Verb, **_more: object) -> Ack:
        if isinstance(verb, Query) and verb.what == "loop" and verb.args["loop"] == "hedge-1":
            await gate.wait()
            return ack(loop_sheet("hedge-1"))
        if isinstance(verb, Query) and verb.what == "loop":
            return ack(msgspec.structs.replace(loop_sheet("hedge-2"), changes=()))
        return await send(verb)

    face.link.send = held  # type: ignore[method-assign]  # the desk's answer in the test's hand
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        face.app.action_open("loop", "hedge-1")
        await settled(pilot)
        screen = face.app.screen
        assert isinstance(screen, LoopScreen)
        await pilot.press("right_square_bracket")
        await settled(pilot)
        gate.set()
        await face.app.workers.wait_for_complete()
        await settled(pilot)
        assert "anna@kestrel" not in words(panel(screen, "changes"))


async def test_a_silent_desk_is_not_asked_and_what_was_told_says_how_old_it_is() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        before = len(face.link.asked)
        for _ in range(4):
            face.clock.advance(15)
            face.app.flush()
            await settled(pilot)
        assert len(face.link.asked) == before
        assert "1m00s ago" in words(panel(screen, "obligations"))
        assert "-0.05" in words(panel(screen, "obligations"))


async def test_a_loop_that_ends_meanwhile_keeps_its_sheet_and_takes_no_change() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        tables = scenes.busy()
        tables.loops[0] = scenes.loop("hedge-1", "BTC", "lighter", "extended", state="done")
        face.change(tables)
        await settled(pilot)
        assert "anna@kestrel" in words(panel(screen, "changes"))
        assert "ended: nothing changes any more" in words(panel(screen, "params"))
        await press(face, pilot, "greater_than_sign")
        assert "hedge-1 has ended" in screen.keybar.message
        tables.loops = tables.loops[1:]
        face.change(tables)
        await settled(pilot)
        assert panel(screen, "cycle").rows == ()
        for key in ("p", "r", "x", "e", "greater_than_sign"):
            await press(face, pilot, key)
            assert "no loop hedge-1" in screen.keybar.message
        assert face.link.sent == []


async def test_without_any_loop_every_panel_says_what_would_be_there() -> None:
    face = told(scenes.idle())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot, "")
        assert screen.subject == ""
        assert asked(face, "loop") == []
        await press(face, pilot, "right_square_bracket")
        assert "nothing else to go to" in screen.keybar.message


# -- what it asks


async def test_it_asks_once_and_again_only_when_something_has_changed_or_time_has_gone() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        assert [query.args["loop"] for query in asked(face, "loop")] == ["hedge-1"]
        for _ in range(10):
            face.clock.advance(1)
            face.change(scenes.busy())
            await settled(pilot)
        assert len(asked(face, "loop")) == 1
        tables = scenes.busy()
        tables.loops[0] = msgspec.structs.replace(tables.loops[0], hedges=32)
        face.change(tables)
        await face.app.workers.wait_for_complete()
        assert len(asked(face, "loop")) == 2
        face.clock.advance(16)
        face.change(tables)
        await face.app.workers.wait_for_complete()
        assert len(asked(face, "loop")) == 3


async def test_without_a_subject_the_first_loop_is_shown() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot, "")
        assert screen.subject == "hedge-1"


# -- keys


async def test_arrows_choose_a_parameter_and_the_nudge_is_its_own() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert screen.params.chosen == "size"
        await press(face, pilot, "down", "down", "greater_than_sign")
        assert face.app.staging.of("hedge-1") == {"fill_timeout": "6"}
        assert "5 → 6" in words(screen.params)
        assert "fill_timeout 5 → 6" in screen.effect.text
        await press(face, pilot, "enter")
        assert face.link.sent == [SetParams("hedge-1", {"fill_timeout": "6"})]


async def test_fixed_parameters_are_listed_and_not_nudged() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        screen.params.select("maker")
        await press(face, pilot, "greater_than_sign")
        assert "maker: fixed at launch" in screen.keybar.message
        assert face.app.staging.of("hedge-1") == {}


async def test_escape_drops_what_is_staged_before_it_goes_back() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await press(face, pilot, "greater_than_sign", "escape")
        assert shows(face, LoopScreen)
        assert face.app.staging.of("hedge-1") == {}
        await press(face, pilot, "escape")
        assert shows(face, OverviewScreen)


async def test_brackets_walk_the_loops_round_the_end() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await press(face, pilot, "right_square_bracket")
        assert screen.subject == "hedge-2"
        assert "hedge-2" in [query.args["loop"] for query in asked(face, "loop")]
        await press(face, pilot, "right_square_bracket")
        assert screen.subject == "hedge-1"
        await press(face, pilot, "left_square_bracket", "p")
        assert face.link.sent == [Pause("hedge-2")]


async def test_enter_on_the_overview_opens_the_loop_and_sends_while_something_is_staged() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(face, pilot, "j", "greater_than_sign", "enter")
        assert face.link.sent == [SetParams("hedge-2", {"size": "0.81"})]
        assert shows(face, OverviewScreen)
        await press(face, pilot, "enter")
        screen = face.app.screen
        assert isinstance(screen, LoopScreen)
        assert screen.subject == "hedge-2"
        assert len(face.link.sent) == 1


async def test_enter_on_an_order_opens_its_life() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await opened(face, pilot)
        await press(face, pilot, "5", "enter")
        assert isinstance(face.app.screen, OrderLifeDialog)


async def test_m_goes_to_the_parameters() -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        await press(face, pilot, "3")
        assert not screen.params.has_focus
        await press(face, pilot, "m")
        assert screen.params.has_focus


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_numbers_bring_each_panel_into_a_low_window(size: tuple[int, int]) -> None:
    face = told(scenes.busy())
    async with face.app.run_test(size=size) as pilot:
        screen = await opened(face, pilot)
        for number, each in enumerate(screen.order, 1):
            await press(face, pilot, str(number))
            assert each.display
            assert each.has_focus
            assert sum(panel.display for panel in screen.order) <= 2


async def test_parameters_of_a_strategy_that_the_desk_does_not_tell_show_their_values() -> None:
    face = told(scenes.busy())
    face.link.strategies = Ack("1", ok=False, error="shutting down")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        assert "shutting down" in words(screen.params)
        assert "0.05" in words(screen.params)


async def test_a_desk_that_does_not_tell_the_parameters_is_asked_again_after_seconds_and_not_with_every_paint() -> None:
    face = told(scenes.busy())
    good, face.link.strategies = face.link.strategies, Ack("1", ok=False, error="shutting down")
    async with face.app.run_test(size=SIZE) as pilot:
        screen = await opened(face, pilot)
        for _ in range(8):
            face.app.repaint()
            await face.app.workers.wait_for_complete()
        assert len(asked(face, "strategies")) == 1
        face.link.strategies = good
        face.clock.advance(6)
        face.change(scenes.busy())
        await face.app.workers.wait_for_complete()
        await settled(pilot)
        assert "fixed at launch" in words(screen.params)
