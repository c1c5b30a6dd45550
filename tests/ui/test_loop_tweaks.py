"""Live tweaks: the strip, the effect beside the change, bounds, undo, and the edit form, key by key."""

from __future__ import annotations

import msgspec
import scenes
from face_kit import Face, overview, press

from cockpit.link.client import LinkError
from cockpit.link.messages import Ack, SetParams, Verb
from cockpit.link.rows import LoopRow, Tables
from cockpit.screens.edit import EditDialog

SIZE = (120, 40)


def changed(**params: str) -> Tables:
    """The busy desk, the first loop with other parameters."""
    tables = scenes.busy()
    row = tables.loops[0]
    tables.loops[0] = msgspec.structs.replace(row, params={**row.params, **params})
    return tables


def replaced(row: LoopRow) -> Tables:
    tables = scenes.busy()
    tables.loops[0] = row
    return tables


# -- the effect


async def test_a_staged_change_stands_beside_its_effect_and_goes_with_it() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = overview(face)
        assert screen.effect.size.height == 0
        await press(face, pilot, "greater_than_sign")
        text = screen.effect.text
        assert "size 0.05 → 0.051" in text
        assert "cycle 3.36k → 3.42k USD" in text
        assert "lighter" in text
        assert "extended" in text
        assert "USD/h" in text
        assert "wear ≈ +1.21 bps" in text
        assert screen.effect.size.height > 0
        await press(face, pilot, "escape")
        assert screen.effect.text == ""


async def test_on_a_phone_the_effect_takes_three_lines_and_says_all_that_matters() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        await press(face, pilot, "greater_than_sign", "right_curly_bracket")
        effect = overview(face).effect
        assert effect.size.height == 3
        for words in ("cycle", "lighter", "extended", "USD/h", "wear ≈"):
            assert words in effect.text


# -- bounds


async def test_a_step_beyond_the_bound_is_refused_and_the_bound_is_named() -> None:
    face = Face(changed(slippage="500"))
    async with face.app.run_test(size=SIZE) as pilot:
        screen = overview(face)
        await press(face, pilot, "m")
        while screen.mix.chosen != "slippage":
            await press(face, pilot, "right")
        await press(face, pilot, "greater_than_sign")
        assert "expected <= 500 bps" in screen.keybar.message
        assert face.app.staging.of("hedge-1") == {}


async def test_the_last_cycle_is_not_stepped_into_no_end() -> None:
    face = Face(changed(iterations="1"))
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "left_curly_bracket")
        assert "leads no further" in overview(face).keybar.message
        assert face.app.staging.of("hedge-1") == {}


async def test_a_loop_that_has_ended_takes_no_change() -> None:
    tables = scenes.busy()
    tables.loops[0] = scenes.loop("hedge-1", "BTC", "lighter", "extended", state="done")
    face = Face(tables)
    async with face.app.run_test(size=SIZE) as pilot:
        for key in ("greater_than_sign", "e"):
            await press(face, pilot, key)
            assert "hedge-1 has ended" in overview(face).keybar.message
        assert face.app.staging.of("hedge-1") == {}


async def test_exact_values_are_staged_and_checked_too() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE):
        row = face.link.store.loops["hedge-1"]
        face.app.tweaks.put(row, "wear_budget", "2.5")
        await face.app.workers.wait_for_complete()
        assert face.app.staging.of("hedge-1") == {"wear_budget": "2.5"}
        face.app.tweaks.put(row, "colour", "red")
        await face.app.workers.wait_for_complete()
        assert "has no parameter colour" in overview(face).keybar.message
        assert face.link.sent == []


async def test_parameters_that_the_desk_does_not_tell_are_not_guessed() -> None:
    face = Face(scenes.busy())
    face.link.strategies = Ack("1", ok=False, error="shutting down")
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign")
        assert "shutting down" in overview(face).keybar.message
        await press(face, pilot, "m")
        assert "shutting down" in overview(face).mix.text
        assert face.app.staging.of("hedge-1") == {}


# -- the strip


async def test_strip_opens_takes_the_arrows_and_closes() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        screen = overview(face)
        assert not overview(face).mix.display
        await press(face, pilot, "m")
        assert screen.mix.has_focus
        assert "size" in screen.mix.text
        await press(face, pilot, "right", "greater_than_sign")
        assert face.app.staging.of("hedge-1") == {"iterations": "21"}
        await press(face, pilot, "left", "left", "greater_than_sign")
        assert "deadline" in screen.keybar.message, "it goes round, and a text has no steps"
        await press(face, pilot, "escape")
        assert face.app.staging.of("hedge-1") == {}
        assert overview(face).mix.display
        await press(face, pilot, "escape")
        assert not overview(face).mix.display
        assert screen.loops.has_focus
        await press(face, pilot, "greater_than_sign")
        assert face.app.staging.of("hedge-1") == {"size": "0.051"}


async def test_strip_goes_with_the_loop_that_is_chosen() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "m", "j", "greater_than_sign")
        assert face.app.staging.of("hedge-2") == {"size": "0.81"}
        assert "hedge-2" in overview(face).mix.text
        await press(face, pilot, "enter")
        assert face.link.sent == [SetParams("hedge-2", {"size": "0.81"})]


async def test_strip_takes_one_line_of_a_low_window_and_shows_the_chosen_one() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(60, 20)) as pilot:
        screen = overview(face)
        await press(face, pilot, "m")
        assert screen.mix.size.height == 1
        for _ in range(6):
            await press(face, pilot, "right")
            assert f"▸{screen.mix.chosen}" in screen.mix.text


async def test_no_loop_no_strip() -> None:
    face = Face(scenes.idle())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "m")
        assert "no loop is selected" in overview(face).keybar.message
        assert not overview(face).mix.display


# -- undo


async def test_undo_sends_the_old_values_once() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign", "right_curly_bracket", "enter")
        face.change(changed(size="0.051", iterations="21"))
        await press(face, pilot, "u")
        assert face.link.sent[1:] == [SetParams("hedge-1", {"size": "0.05", "iterations": "20"})]
        assert "undone, size 0.051 → 0.05, iterations 21 → 20" in overview(face).keybar.message
        await press(face, pilot, "u")
        assert len(face.link.sent) == 2
        assert "nothing to undo" in overview(face).keybar.message


async def test_undo_of_what_still_waits_for_the_safe_point() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign", "enter")
        row = face.link.store.loops["hedge-1"]
        face.change(replaced(msgspec.structs.replace(row, pending={"size": "0.0510"})))
        await press(face, pilot, "u")
        assert face.link.sent[1:] == [SetParams("hedge-1", {"size": "0.05"})]


async def test_undo_without_a_change_of_ones_own_says_so() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "u")
        assert "no change was sent from here" in overview(face).keybar.message
        assert face.link.sent == []


async def test_undo_is_refused_where_somebody_else_has_changed_it_since() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign", "enter")
        face.change(changed(size="0.2"))
        await press(face, pilot, "u")
        assert len(face.link.sent) == 1
        assert "size of hedge-1 is 0.2 by now" in overview(face).keybar.message


async def test_undo_before_the_desk_shows_the_change_waits_for_it() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign", "enter", "u")
        assert len(face.link.sent) == 1
        assert "does not show size 0.051" in overview(face).keybar.message
        face.change(changed(size="0.051"))
        await press(face, pilot, "u")
        assert len(face.link.sent) == 2


async def test_undo_after_the_loop_has_ended_sends_nothing() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign", "enter")
        tables = scenes.busy()
        tables.loops[0] = scenes.loop("hedge-1", "BTC", "lighter", "extended", state="done")
        face.change(tables)
        await press(face, pilot, "u")
        assert len(face.link.sent) == 1
        assert "hedge-1 has ended" in overview(face).keybar.message


async def test_a_refused_change_cannot_be_undone_and_a_refused_undo_can_be_tried_again() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        face.link.answer = lambda _verb: Ack("1", ok=False, error="not now")
        await press(face, pilot, "greater_than_sign", "enter", "u")
        assert "nothing to undo" in overview(face).keybar.message
        face.link.answer = lambda _verb: Ack("1", ok=True)
        await press(face, pilot, "enter")
        face.change(changed(size="0.051"))
        face.link.answer = lambda _verb: Ack("1", ok=False, error="not now")
        await press(face, pilot, "u")
        face.link.answer = lambda _verb: Ack("1", ok=True)
        await press(face, pilot, "u")
        assert face.link.sent[-2:] == [SetParams("hedge-1", {"size": "0.05"})] * 2


async def test_a_change_without_an_answer_can_be_undone_once_the_desk_shows_it() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "greater_than_sign")
        send = face.link.send

        async def lost(verb: Verb, **_more: object) -> Ack:
            raise LinkError("no answer in 10 s", "1", unknown=True)

        face.link.send = lost  # type: ignore[method-assign]  # the line goes dead under the test's hand
        await press(face, pilot, "enter")
        assert "may have been done all the same" in overview(face).keybar.message
        face.link.send = send  # type: ignore[method-assign]
        face.change(changed(size="0.051"))
        await press(face, pilot, "escape", "u")
        assert face.link.sent == [SetParams("hedge-1", {"size": "0.05"})]


# -- the form


async def test_form_refuses_what_breaks_a_bound_and_the_desk_is_not_asked() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "e", "0", "enter")
        form = face.app.screen
        assert isinstance(form, EditDialog)
        assert "expected > 0 base" in form.help.text
        assert face.link.sent == []
        await press(face, pilot, "0", "full_stop", "0", "6", "enter")
        assert face.link.sent == [SetParams("hedge-1", {"size": "0.06"})]


async def test_what_the_form_sent_can_be_undone() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=SIZE) as pilot:
        await press(face, pilot, "e", "0", "full_stop", "0", "6", "enter")
        face.change(changed(size="0.06"))
        await press(face, pilot, "u")
        assert face.link.sent[-1] == SetParams("hedge-1", {"size": "0.05"})
